/* modnn.c -- MoDNN as DeepThings measured it, and the communication of MeDNN's table I.
 *
 * Zhao, Barijough, Gerstlauer, DeepThings, IEEE TCAD 37(11), 2018, figures of communication ("MB", which are MiB) and
 * of latency: YOLOv2's first 16 layers.  Gated: bytes for 1, 2 and 3 nodes within 0.01 MiB, 17.03 s of one node within
 * 2 %; rate and speed are fitted to that bar and to one of fused tiles.  With more nodes their program needs about
 * half a second more for each, to synchronise after every layer, which is not modelled: printed, not gated.
 *
 * Mao, Yang, Wen, Wu, Song, Nixon, Chen, Li, Chen, MeDNN, ICCAD 2017, table I: convolutions of CaffeNet, 43.8 Mbps, a
 * delay of 5 ms.  Gated: communication of 2, 3 and 4 workers within 15 %: halos of the four convolutions behind the
 * first, over two hops, and the result to the owner.  Its pools must have been computed from what a node has: with an
 * exchange before each pool it would be more than a quarter more.  The table tells computation and communication
 * apart, so here phones compute in no time; as fast as theirs (0.3755 GMAC/s) a part of the communication hides behind
 * the slowest stripe, 7 of 13 rows, which is printed beside it. */
#include "tests/fixtures/air.h"
#include "tests/fixtures/shipped.h"
#include "tests/published/published.h"

#include <stdio.h>

static const double MIB = 1 << 20;

static void deepthings_bytes_of_modnn(void **state)
{
    static const double published[] = {9.87, 10.92, 12.87};

    (void)state;
    print_published_head("MoDNN, MiB a frame, 1 to 3 devices (gated: 0.01)");
    for (int n = 1; n <= 3; n++) {
        char words[64];
        double mib;

        snprintf(words, sizeof words, "algorithm.nodes=%d", n);
        mib = shipped_metric("modnn", words, "frame_bytes") / MIB;
        print_published(words, published[n - 1], mib);
        assert_true(fabs(mib - published[n - 1]) <= 0.01);
    }
}

static void deepthings_seconds_of_modnn(void **state)
{
    static const double published[] = {17.03, 10.21, 8.50};

    (void)state;
    print_published_head("MoDNN, seconds a frame, 1 to 3 devices (gated: one device, 2 %)");
    for (int n = 1; n <= 3; n++) {
        char words[64];
        double error;

        snprintf(words, sizeof words, "algorithm.nodes=%d", n);
        error = print_published(words, published[n - 1],
                                shipped_metric("modnn", words, "mean_latency_seconds"));
        if (n == 1)
            assert_true(fabs(error) <= 0.02);
    }
}

static double communication_ms(int workers, const char *exchange, double gflop_per_second)
{
    const double speeds[] = {gflop_per_second, gflop_per_second, gflop_per_second, gflop_per_second,
                             gflop_per_second};
    char text[512];
    struct simulated run;
    double ms;

    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nworkload: {model: bvlc_alexnet}\nalgorithm: {name: "
             "modnn, nodes: %d, layers: 9, exchange: %s}\nrequests: {arrival: one}\n",
             air_platform("mednn", speeds, 5, 43.8, 5, ""), workers, exchange);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", text, run.err.text);
    ms = 1000 * (metric_of(&run, "mean_halo_seconds") + metric_of(&run, "mean_gather_seconds"));
    simulated_release(&run);
    return ms;
}

static void mednn_table_1(void **state)
{
    static const double published[] = {134, 198, 275};

    (void)state;
    print_published_head("MeDNN table I, communication in ms, 2 to 4 workers (gated: 15 %)");
    for (int n = 2; n <= 4; n++) {
        const double expected = published[n - 2];
        char what[64];

        snprintf(what, sizeof what, "%d workers", n);
        assert_true(
            fabs(print_published(what, expected, communication_ms(n, "convolution", 1e6))) <= 0.15);
        print_published("    computing 0.3755 GMAC/s", expected,
                        communication_ms(n, "convolution", 0.751));
        print_published("    exchanging before each layer", expected,
                        communication_ms(n, "layer", 1e6));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deepthings_bytes_of_modnn),
        cmocka_unit_test(deepthings_seconds_of_modnn),
        cmocka_unit_test(mednn_table_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
