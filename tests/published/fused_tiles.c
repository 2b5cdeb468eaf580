/* fused_tiles.c -- DeepThings: Zhao, Barijough, Gerstlauer, IEEE TCAD 37(11), 2018, work sharing of fused tiles.
 *
 * YOLOv2's first 16 layers.  Gated: bytes a frame, 13.79 MiB in 3x3 (its "MB" are MiB) within 0.01, whatever the
 * number of devices; by the rule of its program (src/ftp.c) 11.67 MiB in 2x2 and computing 1.5291 and 1.2473 times
 * what the undivided layers do; 25.87 s of 3x3 on one device within 2 %.  The air's 70.8 Mbps and 0.82 GMAC/s of a
 * core are fitted to that bar and to MoDNN's on one device, so that it says no more than that both are consistent.
 * 4x4 and more devices are predictions: printed, not gated. */
#include "tests/fixtures/shipped.h"
#include "tests/published/published.h"

#include <stdio.h>

static const double MIB = 1 << 20;

static void bytes_a_frame(void **state)
{
    static const struct {
        const char *words;
        double mib;
    } rows[] = {{"algorithm.grid=3x3 algorithm.nodes=1", 13.79},
                {"algorithm.grid=3x3 algorithm.nodes=2", 13.79},
                {"algorithm.grid=3x3 algorithm.nodes=6", 13.79},
                {"algorithm.grid=2x2 algorithm.nodes=3", 11.67}};

    (void)state;
    print_published_head("fused tiles, MiB a frame (gated: 0.01)");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct simulated run = shipped_fine("fused_tiles", NULL, rows[i].words);
        const double mib = number_at(run.summary, "bytes") / MIB;

        print_published(rows[i].words, rows[i].mib, mib);
        assert_true(fabs(mib - rows[i].mib) <= 0.01);
        simulated_release(&run);
    }
}

static void what_is_computed_more_than_once(void **state)
{
    (void)state;
    print_published_head("fused tiles, MACs over those of the undivided layers (gated: 0.0001)");
    assert_true(fabs(print_published("2x2", 1.2473,
                                     shipped_metric("fused_tiles", "algorithm.grid=2x2",
                                                    "redundant_compute"))) <= 5e-5);
    assert_true(fabs(print_published("3x3", 1.5291,
                                     shipped_metric("fused_tiles", "algorithm.grid=3x3",
                                                    "redundant_compute"))) <= 5e-5);
}

static void seconds_a_frame(void **state)
{
    static const struct {
        const char *words;
        double seconds, tolerance;
    } rows[] = {{"algorithm.grid=3x3 algorithm.nodes=1", 25.87, 0.02},
                {"algorithm.grid=3x3 algorithm.nodes=2", 15.60, INFINITY},
                {"algorithm.grid=3x3 algorithm.nodes=3", 11.01, INFINITY},
                {"algorithm.grid=4x4 algorithm.nodes=1", 32.50, INFINITY},
                {"algorithm.grid=4x4 algorithm.nodes=2", 17.53, INFINITY},
                {"algorithm.grid=4x4 algorithm.nodes=3", 13.52, INFINITY}};

    (void)state;
    print_published_head("fused tiles, seconds a frame (gated: 3x3 on one device, 2 %)");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_true(fabs(print_published(
                        rows[i].words, rows[i].seconds,
                        shipped_metric("fused_tiles", rows[i].words, "mean_latency_seconds"))) <=
                    rows[i].tolerance);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_a_frame),
        cmocka_unit_test(what_is_computed_more_than_once),
        cmocka_unit_test(seconds_a_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
