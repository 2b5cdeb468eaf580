/* compressed_sizes.c -- bytes of a gradient, dense and compressed, as papers print them ("MB" there is MiB).
 *
 * Lin et al., Deep gradient compression, ICLR 2018, table 3, AlexNet (bvlc_alexnet, 60,965,224 parameters):
 *   baseline 232.56    TernGrad 29.18    DGC 0.39
 *
 * Dense sizes, and TernGrad's (class weights float, all others really packed in 2 bits), are gated to the digits
 * printed.  DGC's is printed beside ours only: how the paper counts is not in the paper. */
#include "algorithms/codecs/ternary.h"
#include "algorithms/codecs/top_k.h"
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

/* Bytes on the network in one iteration. */
static double bytes_of(const char *algorithm, const char *more)
{
    char text[512];
    struct simulated run;
    double bytes;

    snprintf(text, sizeof text, "platform: %s\nalgorithm: {name: %s}\ntrace: none\n%s",
             star_platform(2, 37), algorithm, more);
    run = simulate(text, NULL);
    seconds_of(&run);
    bytes = number_at(run.summary, "bytes");
    simulated_release(&run);
    return bytes;
}

/* One worker pushes to one server, and pulls as much. */
static double pushed_bytes(long long gradient_bytes)
{
    char algorithm[128];

    snprintf(algorithm, sizeof algorithm,
             "parameter_server, workers: 1, servers: 1, placement: dedicated, gradient_bytes: %lld",
             gradient_bytes);
    return bytes_of(algorithm, "") / 2;
}

static const char workload[] = "workload: {model: bvlc_alexnet, batch: 1}\n";

/* Weights and offsets of a fully connected layer are two layers; a convolution is one. */
static bool is_full(size_t row)
{
    return alexnet[row][2] == 1;
}

static size_t weights_of(size_t row)
{
    const size_t weights =
        (size_t)(alexnet[row][0] * alexnet[row][1] * alexnet[row][2] * alexnet[row][2]);

    return weights + (is_full(row) ? 0 : (size_t)alexnet[row][0]);
}

enum { ROWS = sizeof alexnet / sizeof alexnet[0], PIECE = 1 << 20 /* 4 codes fill a byte */ };

/* Bytes of `count` numbers that are drawn, packed and unpacked again, piece by piece. */
static size_t packed(size_t count, struct sim_random *random, struct sim_arena *arena)
{
    double *values = sim_new(arena, double, PIECE), *back = sim_new(arena, double, PIECE);
    unsigned char *bytes = sim_new(arena, unsigned char, PIECE);
    size_t byte_count = 0;

    for (size_t done = 0; done < count; done += PIECE) {
        const size_t n = count - done < PIECE ? count - done : PIECE;
        const struct ternary_scale scale = {.bound = INFINITY, .scaler = 0.5F};

        for (size_t i = 0; i < n; i++)
            values[i] = sim_random_uniform(random) - 0.5;
        ternary_encode(values, n, &scale, random, bytes);
        ternary_decode(bytes, n, scale.scaler, back);
        for (size_t i = 0; i < n; i++)
            assert_true(back[i] == 0 || (fabs(back[i]) == 0.5 && back[i] * values[i] >= 0));
        byte_count += ternary_bytes(n);
    }
    return byte_count;
}

/* The last layer's weights stay floats, its offsets do not; 4 bytes for the scaler of each ternary layer. */
static void ternary_gradients_have_the_published_size(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(1, 1);
    double bytes = 4.0 * (double)weights_of(ROWS - 1);

    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        if (row < ROWS - 1)
            bytes += (double)packed(weights_of(row), random, arena) + TERNARY_SCALER_BYTES;
        if (is_full(row))
            bytes += (double)packed((size_t)alexnet[row][0], random, arena) + TERNARY_SCALER_BYTES;
    }
    print_published("AlexNet, TernGrad", 29.18, bytes / MIB);
    assert_true(fabs(bytes / MIB - 29.18) <= 0.005);
    /* one worker's average has the levels -1, 0, 1: as much comes back */
    assert_true(bytes_of("terngrad, workers: 1, placement: dedicated", workload) == 2 * bytes);
    sim_random_close(random);
    sim_arena_close(arena);
}

/* Two workers send each other their message; exact thresholds find a thousandth of each layer. */
static void sparse_gradients_are_printed_beside_the_published_size(void **state)
{
    const double bytes =
        bytes_of("deep_gradient_compression, workers: 2, sample_share: 1", workload) / 2;
    size_t kept = 0;

    (void)state;
    for (size_t row = 0; row < ROWS; row++) {
        kept += top_k_count(weights_of(row), 0.999);
        if (is_full(row))
            kept += top_k_count((size_t)alexnet[row][0], 0.999);
    }
    print_published("AlexNet, DGC at 99.9 % (not gated)", 0.39, bytes / MIB);
    assert_true(bytes == 6.0 * (double)kept);
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
        cmocka_unit_test(ternary_gradients_have_the_published_size),
        cmocka_unit_test(sparse_gradients_are_printed_beside_the_published_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
