/* compressed_sizes.c -- bytes of a gradient, dense and compressed, as papers print them ("MB" there is MiB).
 *
 * Lin et al., Deep gradient compression, ICLR 2018, table 3, AlexNet (bvlc_alexnet, 60,965,224 parameters):
 *   baseline 232.56    TernGrad 29.18    DGC 0.39
 *
 * Dense sizes are gated to the digits printed.
 * TernGrad (class weights float, the others in 2 bits) has its place here, from bytes really packed by
 * algorithms/codecs/.  So has DGC, which is printed beside ours only: how the paper counts is not in the paper. */
#include "tests/fixtures/simulate.h"
#include "tests/published/published.h"

#define MIB 1048576.0

/* Convolutions (maps, inputs per group, kernel) and fully connected layers (maps, inputs, 1), each with a bias
 * per map: Krizhevsky, Sutskever and Hinton, NIPS 2012, as Caffe's bvlc_alexnet has it. */
static const int alexnet[][3] = {{96, 3, 11},   {256, 48, 5},    {384, 256, 3},   {384, 192, 3},
                                 {256, 192, 3}, {4096, 9216, 1}, {4096, 4096, 1}, {1000, 4096, 1}};

static long long alexnet_parameters(void)
{
    long long all = 0;

    for (size_t i = 0; i < sizeof alexnet / sizeof alexnet[0]; i++)
        all += (long long)alexnet[i][0] * (alexnet[i][1] * alexnet[i][2] * alexnet[i][2] + 1);
    return all;
}

/* One worker pushes to one server, and pulls as much. */
static double pushed_bytes(long long gradient_bytes)
{
    char text[512];
    struct simulated run;
    double bytes;

    snprintf(text, sizeof text,
             "platform: %s\nalgorithm: {name: parameter_server, workers: 1, servers: 1, placement: "
             "dedicated, gradient_bytes: %lld}\ntrace: none\n",
             star_platform(2, 37), gradient_bytes);
    run = simulate(text, NULL);
    seconds_of(&run);
    bytes = number_at(run.summary, "bytes") / 2;
    simulated_release(&run);
    return bytes;
}

static void a_dense_gradient_has_the_published_size(void **state)
{
    double mebibytes;

    (void)state;
    assert_int_equal(alexnet_parameters(), 60965224);
    mebibytes = pushed_bytes(4 * alexnet_parameters()) / MIB;
    print_published_head("bytes that a worker pushes in an iteration, MiB");
    print_published("AlexNet, dense", 232.56, mebibytes);
    assert_true(fabs(mebibytes - 232.56) <= 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dense_gradient_has_the_published_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
