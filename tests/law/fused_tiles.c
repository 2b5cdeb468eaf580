/* fused_tiles.c -- tiles on machines: their seconds worked out by hand once more, and what the unexpected does. */
#include "tests/fixtures/air.h"
#include "tests/fixtures/shipped.h"

#include "algorithms/inference/rules/tiles.h"

#include <stdio.h>
#include <string.h>

static const double MBITS = 17.3, LATENCY_MS = 3, GFLOP = 2.7;

static struct simulated run_on(const char *platform, const char *options, const char *rest)
{
    char text[1024];

    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nworkload: {model: vgg16}\nalgorithm: {name: "
             "fused_tiles, layers: 7, %s}\n%s\n",
             platform, options, rest);
    return simulate(text, NULL);
}

static struct simulated fine_on(const char *platform, const char *options, const char *rest)
{
    struct simulated run = run_on(platform, options, rest);

    if (run.code != 0)
        fail_msg("%s", run.err.text);
    return run;
}

static const char *equal_hosts(void)
{
    const double speeds[] = {GFLOP, GFLOP, GFLOP, GFLOP, GFLOP};

    return air_platform("tiles", speeds, 5, MBITS, LATENCY_MS, "");
}

static double moving(int64_t bytes)
{
    return LATENCY_MS / 1000 + (double)bytes / (MBITS * 1e6 / 8);
}

/* One device: frame, and then tile by tile there, computed, and back. */
static double by_hand(int down, int across)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct windows_chain chain = {0};
    struct tiles tiles = {0};
    double seconds;

    if (!windows_open(arena, sim_model_load(arena, "vgg16", &err), 7, &chain, &err) ||
        !tiles_open(arena, &chain, down, across, &tiles, &err))
        fail_msg("%s", err.text);
    seconds = moving(INT64_C(3) * 224 * 224 * 4);
    for (int t = 0; t < tiles.count; t++) {
        seconds += moving(tiles_first_bytes(&tiles, t)) + moving(tiles_last_bytes(&tiles, t));
        for (int l = 0; l < 7; l++)
            seconds +=
                2 * (double)chain.layers[l].layer->macs * tiles_share(&tiles, l, t) / (GFLOP * 1e9);
    }
    sim_arena_close(arena);
    return seconds;
}

static void one_device_computes_tile_after_tile(void **state)
{
    static const int grids[][2] = {{1, 1}, {2, 3}, {4, 1}};

    (void)state;
    for (int g = 0; g < 3; g++) {
        char options[64];
        struct simulated run;

        snprintf(options, sizeof options, "nodes: 1, grid: %dx%d", grids[g][0], grids[g][1]);
        run = fine_on(equal_hosts(), options, "requests: {arrival: one}");
        assert_close(seconds_of(&run), by_hand(grids[g][0], grids[g][1]), 1e-9);
        simulated_release(&run);
    }
}

static void the_stages_of_the_longest_way_add_up_to_the_latency(void **state)
{
    static const char *const stages[] = {"mean_frame_seconds",   "mean_gateway_wait_seconds",
                                         "mean_tile_seconds",    "mean_node_wait_seconds",
                                         "mean_compute_seconds", "mean_result_seconds"};
    struct simulated run = fine_on(equal_hosts(), "nodes: 3, sources: 2, grid: 3x3",
                                   "requests: {arrival: poisson, rate: 0.4, count: 17}");
    double sum = 0;

    (void)state;
    for (int s = 0; s < 6; s++)
        sum += metric_of(&run, stages[s]);
    assert_close(sum, metric_of(&run, "mean_latency_seconds"), 1e-9);
    assert_close(metric_of(&run, "requests_answered"), 17, 0);
    simulated_release(&run);
}

/* Bytes are those of the tiles, whoever computes them and however many frames there are. */
static void bytes_do_not_depend_on_who_computes(void **state)
{
    double first = 0;

    (void)state;
    for (int nodes = 1; nodes <= 4; nodes++) {
        char options[64];
        struct simulated run;

        snprintf(options, sizeof options, "nodes: %d, grid: 3x2", nodes);
        run = fine_on(equal_hosts(), options, "requests: {arrival: fixed, rate: 5, count: 3}");
        if (nodes == 1)
            first = number_at(run.summary, "bytes");
        assert_close(number_at(run.summary, "bytes"), first, 0);
        assert_close(first, 3 * metric_of(&run, "frame_bytes"), 0);
        simulated_release(&run);
    }
}

/* Twelve tiles of two seconds and more: a device at a tenth of the speed has one, and the other has eleven; halves
 * would take it six times its own. */
static void whoever_is_fast_has_more_tiles(void **state)
{
    const double speeds[] = {GFLOP, GFLOP, GFLOP / 10, GFLOP};
    const char *platform = air_platform("unequal", speeds, 4, 1e4, 0.01, "");
    struct simulated shared =
        fine_on(platform, "nodes: 2, grid: 4x3",
                "requests: {arrival: one}\nhosts: {gateway: [h-0], node: [h-1, h-2]}");
    struct simulated alone =
        fine_on(platform, "nodes: 1, grid: 4x3",
                "requests: {arrival: one}\nhosts: {gateway: [h-0], node: [h-2]}");

    (void)state;
    assert_true(seconds_of(&shared) < 0.2 * seconds_of(&alone));
    simulated_release(&shared);
    simulated_release(&alone);
}

/* ---- what is not foreseen ---- */

static const char ARRIVALS[] = "requests: {arrival: fixed, rate: 0.1, count: 5}\n"
                               "hosts: {gateway: [h-0], node: [h-1, h-2, h-3]}\n";

static struct simulated with_fault(const char *on_loss, const char *fault)
{
    char options[96], rest[512];

    snprintf(options, sizeof options, "nodes: 3, grid: 3x3, on_loss: %s", on_loss);
    snprintf(rest, sizeof rest, "%sfaults: [%s]", ARRIVALS, fault);
    return fine_on(equal_hosts(), options, rest);
}

static void a_dead_device_loses_the_frame_of_its_tile_and_no_other(void **state)
{
    struct simulated run = with_fault("retry", "{host: h-2, at: 11s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 4, 0);
    assert_close(metric_of(&run, "requests_lost"), 1, 0);
    simulated_release(&run);
}

static void the_gateway_computes_what_the_dead_had(void **state)
{
    struct simulated run = with_fault("local", "{host: h-2, at: 11s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 5, 0);
    assert_close(metric_of(&run, "requests_fell_back"), 1, 0);
    simulated_release(&run);
}

static void frames_of_a_dead_source_are_lost(void **state)
{
    struct simulated run = with_fault("fail", "{host: h-1, at: 25s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 3, 0);
    assert_close(metric_of(&run, "requests_lost"), 2, 0);
    simulated_release(&run);
}

static void when_all_devices_are_dead_the_run_ends(void **state)
{
    struct simulated run = with_fault("retry", "{host: 'h-[123]', at: 11s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 1, 0);
    assert_close(metric_of(&run, "requests_lost"), 4, 0);
    simulated_release(&run);
}

static void a_link_that_comes_back_delays_and_loses_nothing(void **state)
{
    struct simulated run = with_fault("retry", "{link: air, at: 10.2s, for: 3s, factor: 0}");
    struct simulated undisturbed = with_fault("retry", "{link: air, at: 99s, factor: 0.5}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 5, 0);
    assert_true(metric_of(&run, "mean_latency_seconds") >
                metric_of(&undisturbed, "mean_latency_seconds") + 0.5);
    simulated_release(&run);
    simulated_release(&undisturbed);
}

static void what_does_not_get_through_is_computed_where_it_is(void **state)
{
    struct simulated run = with_fault("local", "{link: air, at: 9s, for: 25s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 5, 0);
    assert_close(metric_of(&run, "requests_fell_back"), 3, 0);
    simulated_release(&run);
}

/* 4 (1,792 + 36,928 + 73,856 + 147,584 + 295,168) bytes of weights, and 8 x 64 x 224 x 224 of the undivided maps. */
static void a_device_that_cannot_hold_the_model_is_refused(void **state)
{
    const double speeds[] = {1, 1};
    const char *platform = air_platform("small", speeds, 2, MBITS, LATENCY_MS, "20MB");
    struct simulated fine = run_on(platform, "nodes: 1, grid: 4x4", "requests: {arrival: one}");
    struct simulated refused = run_on(platform, "nodes: 1, grid: 1x1", "requests: {arrival: one}");

    (void)state;
    assert_int_equal(fine.code, 0);
    assert_int_equal(refused.code, 2);
    assert_non_null(strstr(refused.err.text, "The weights and the largest tile need 27.91 MB"));
    assert_non_null(strstr(refused.err.text, "ask for a finer grid, or for fewer layers"));
    simulated_release(&fine);
    simulated_release(&refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_device_computes_tile_after_tile),
        cmocka_unit_test(the_stages_of_the_longest_way_add_up_to_the_latency),
        cmocka_unit_test(bytes_do_not_depend_on_who_computes),
        cmocka_unit_test(whoever_is_fast_has_more_tiles),
        cmocka_unit_test(a_dead_device_loses_the_frame_of_its_tile_and_no_other),
        cmocka_unit_test(the_gateway_computes_what_the_dead_had),
        cmocka_unit_test(frames_of_a_dead_source_are_lost),
        cmocka_unit_test(when_all_devices_are_dead_the_run_ends),
        cmocka_unit_test(a_link_that_comes_back_delays_and_loses_nothing),
        cmocka_unit_test(what_does_not_get_through_is_computed_where_it_is),
        cmocka_unit_test(a_device_that_cannot_hold_the_model_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
