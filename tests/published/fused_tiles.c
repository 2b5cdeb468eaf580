/* fused_tiles.c -- DeepThings: Zhao, Barijough, Gerstlauer, IEEE TCAD 37(11), 2018, work sharing of fused tiles.
 *
 * YOLOv2's first 16 layers.  Gated: bytes a frame, 13.79 MiB in 3x3 (its "MB" are MiB) within 0.01, whatever the
 * number of devices; by the rule of its program (src/ftp.c) 11.67 MiB in 2x2 and computing 1.5291 and 1.2473 times
 * what the undivided layers do; 25.87 s of 3x3 on one device within 2 %.  The air's 70.8 Mbps and 0.82 GMAC/s of a
 * core are fitted to that bar and to MoDNN's on one device, so that it says no more than that both are consistent.
 * 4x4 and more devices are predictions: printed, not gated. */
#include "tests/fixtures/shipped.h"
#include "tests/published/published.h"

#include "algorithms/inference/rules/stripes.h"
#include "algorithms/inference/rules/tiles.h"

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

/* Weights, and input and output of the layer that needs most: what one device holds, less than that of the whole. */
static void memory_of_a_device(void **state)
{
    static const double published[] = {58, 68, 61}, equal[] = {1, 1, 1, 1};
    static const char *const what[] = {"tiles 3x3", "tiles 5x5", "stripes of 4"};
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct windows_chain chain = {0};
    struct tiles coarse = {0}, fine = {0};
    struct stripes one, four;
    double ours[3], weights = 0;

    (void)state;
    assert_true(windows_open(arena, sim_model_load(arena, "yolov2", &err), 16, &chain, &err));
    assert_true(tiles_open(arena, &chain, 3, 3, &coarse, &err));
    assert_true(tiles_open(arena, &chain, 5, 5, &fine, &err));
    one = stripes_open(arena, &chain, equal, 1, STRIPES_EACH_LAYER);
    four = stripes_open(arena, &chain, equal, 4, STRIPES_EACH_LAYER);
    for (int l = 0; l < chain.count; l++)
        weights += (double)chain.layers[l].layer->parameter_bytes;
    ours[0] = (double)tiles_largest_bytes(&coarse) + weights;
    ours[1] = (double)tiles_largest_bytes(&fine) + weights;
    ours[2] = (double)stripes_held_bytes(&four, 1);
    print_published_head("memory of a device, per cent less than undivided (gated: 0.5)");
    for (int i = 0; i < 3; i++) {
        const double less = 100 * (1 - ours[i] / (double)stripes_held_bytes(&one, 0));

        print_published(what[i], published[i], less);
        assert_true(fabs(less - published[i]) <= 0.5);
    }
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_a_frame),
        cmocka_unit_test(what_is_computed_more_than_once),
        cmocka_unit_test(seconds_a_frame),
        cmocka_unit_test(memory_of_a_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
