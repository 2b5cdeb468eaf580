/* modnn.c -- stripes on machines: their seconds worked out by hand once more, and what the unexpected does. */
#include "tests/fixtures/air.h"
#include "tests/fixtures/shipped.h"

#include "algorithms/inference/rules/stripes.h"

#include <stdio.h>
#include <string.h>

static const double MBITS = 17.3, LATENCY_MS = 3, GFLOP = 2.7;
enum { LAYERS = 7 };

static struct simulated run_on(const char *platform, const char *options, const char *rest)
{
    char text[1024];

    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nworkload: {model: vgg16}\nalgorithm: {name: modnn, "
             "%s}\n%s\n",
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

    return air_platform("stripes", speeds, 5, MBITS, LATENCY_MS, "");
}

static double seconds_on(const char *platform, const char *options)
{
    struct simulated run = fine_on(platform, options, "requests: {arrival: one}");
    const double seconds = seconds_of(&run);

    simulated_release(&run);
    return seconds;
}

static double moving(int64_t bytes)
{
    return (double)bytes / (MBITS * 1e6 / 8);
}

/* ---- by hand ---- */

/* Two equal nodes, so that halos of both go at once: what is sent takes the time of the sum, and the latency once.  A
 * block lasts as long as its larger stripe; that of the other comes earlier, and only the larger's halo and result are
 * waited for if the other's has gone by then. */
static void two_equal_nodes_take_what_they_must(void **state)
{
    const double equal[] = {1, 1}, a = LATENCY_MS / 1000;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct windows_chain chain;
    struct stripes stripes;
    double seconds;

    (void)state;
    if (!windows_open(arena, sim_model_load(arena, "vgg16", &err), LAYERS, &chain, &err))
        fail_msg("%s", err.text);
    stripes = stripes_open(arena, &chain, equal, 2, STRIPES_EACH_LAYER);
    seconds = a + moving(chain.layers[0].in.bytes);
    seconds += a + moving(stripes_first_bytes(&stripes, 0) + stripes_first_bytes(&stripes, 1));
    for (int l = 0; l < LAYERS; l++) {
        const int64_t halos =
            l == 0 ? 0
                   : stripes_halo_bytes(&stripes, l, 0, 1) + stripes_halo_bytes(&stripes, l, 1, 0);

        assert_int_equal(windows_length(stripes.blocks[l].outputs[0]),
                         windows_length(stripes.blocks[l].outputs[1])); /* 224, 112, 56 are even */
        if (halos > 0)
            seconds += 2 * (a + moving(halos));
        seconds += (double)chain.layers[l].layer->macs / (GFLOP * 1e9);
    }
    seconds += a + moving(chain.layers[LAYERS - 1].out.bytes);
    assert_close(seconds_on(equal_hosts(), "nodes: 2, layers: 7"), seconds, 1e-9);
    sim_arena_close(arena);
}

static void one_node_sends_no_halo(void **state)
{
    const double a = LATENCY_MS / 1000, frame = moving(INT64_C(3) * 224 * 224 * 4);
    const double flop = 2.0 * (86704128 + 1849688064), result = moving(INT64_C(64) * 224 * 224 * 4);

    (void)state;
    assert_close(seconds_on(equal_hosts(), "nodes: 1, layers: 2"),
                 3 * a + 2 * frame + flop / (GFLOP * 1e9) + result, 1e-9);
}

static void the_stages_of_the_longest_way_add_up_to_the_latency(void **state)
{
    static const char *const stages[] = {"mean_frame_seconds",      "mean_scatter_seconds",
                                         "mean_node_wait_seconds",  "mean_compute_seconds",
                                         "mean_halo_seconds",       "mean_gather_seconds",
                                         "mean_owner_wait_seconds", "mean_owner_seconds"};
    static const char *const behind[] = {"none", "owner", "dense", "sparse"};

    (void)state;
    for (int b = 0; b < 4; b++) {
        char options[96];
        struct simulated run;
        double sum = 0;

        snprintf(options, sizeof options, "nodes: 3, sources: 2, fully_connected: %s", behind[b]);
        run =
            fine_on(equal_hosts(), options, "requests: {arrival: poisson, rate: 0.05, count: 13}");
        for (int s = 0; s < 8; s++)
            sum += metric_of(&run, stages[s]);
        assert_close(sum, metric_of(&run, "mean_latency_seconds"), 1e-9);
        assert_close(metric_of(&run, "requests_answered"), 13, 0);
        assert_close(number_at(run.summary, "bytes"), 13 * metric_of(&run, "frame_bytes"), 0);
        simulated_release(&run);
    }
}

/* Equal stripes wait for the slowest, of a fifth of the speed; shares of 5, 5 and 1 of 11 wait for nobody. */
static void stripes_follow_what_devices_can_do(void **state)
{
    const double speeds[] = {1, 5, 5, 1};
    const char *platform = air_platform("biased", speeds, 4, 1e5, 0.001, "");
    const double by_speed = seconds_on(platform, "nodes: 3, layers: 7, partition: by_speed");
    const double equal = seconds_on(platform, "nodes: 3, layers: 7, partition: equal");

    (void)state;
    assert_close(equal / by_speed, 11.0 / 3, 0.05);
}

/* The last of three equal stripes is on a slow device, and moving takes latency alone.  What it needs itself has been
 * with the owner for long when it is done; yet it waits for its own rows to come there and for halos to be passed on. */
static void halos_are_passed_on_when_all_are_there(void **state)
{
    const double speeds[] = {9, 9, 9, 0.5}, equal[] = {1, 1, 1}, a = 0.05;
    const char *platform = air_platform("late", speeds, 4, 1e8, 1000 * a, "");
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct windows_chain chain;
    struct stripes stripes;
    double seconds = 5 * a; /* frame, first stripe, halo there and from there, result */

    (void)state;
    if (!windows_open(arena, sim_model_load(arena, "vgg16", &err), 2, &chain, &err))
        fail_msg("%s", err.text);
    stripes = stripes_open(arena, &chain, equal, 3, STRIPES_EACH_LAYER);
    for (int l = 0; l < 2; l++)
        seconds += 2 * (double)chain.layers[l].layer->macs / (0.5 * 1e9) *
                   windows_length(stripes.blocks[l].outputs[2]) / chain.layers[l].out.rows;
    assert_close(seconds_on(platform, "nodes: 3, layers: 2, partition: equal"), seconds, 1e-4);
    sim_arena_close(arena);
}

/* AlexNet's pools overlap: without an exchange before them some rows of the convolution are computed twice. */
static void fewer_exchanges_cost_work_and_save_bytes(void **state)
{
    static const char *const exchanges[] = {"layer", "convolution"};
    double bytes[2], flop[2];

    (void)state;
    for (int e = 0; e < 2; e++) {
        char text[512];
        struct simulated run;

        snprintf(text, sizeof text,
                 "platform: %s\nworkload: {model: alexnet}\nalgorithm: {name: modnn, nodes: 3, "
                 "layers: 7, exchange: %s}\nrequests: {arrival: one}\n",
                 equal_hosts(), exchanges[e]);
        run = simulate(text, NULL);
        assert_int_equal(run.code, 0);
        bytes[e] = number_at(run.summary, "bytes");
        flop[e] = number_at(run.summary, "flop");
        simulated_release(&run);
    }
    assert_true(bytes[1] < bytes[0]);
    assert_true(flop[1] > 1.001 * flop[0]);
}

/* ---- products ---- */

/* VGG-16's products of 25,088, 4,096 and 4,096 numbers: all inputs to each of three nodes, and outputs back. */
static void dense_products_send_all_inputs_to_all(void **state)
{
    struct simulated run =
        fine_on(equal_hosts(), "nodes: 3, fully_connected: dense", "requests: {arrival: one}");

    (void)state;
    assert_close(metric_of(&run, "product_frame_bytes"),
                 4.0 * (3 * (25088 + 4096 + 4096) + 4096 + 4096 + 1000), 0);
    simulated_release(&run);
}

static void pruned_products_send_less_the_better_they_are_shared_out(void **state)
{
    struct simulated sparse =
        fine_on(equal_hosts(), "nodes: 4, fully_connected: sparse", "requests: {arrival: one}");
    struct simulated dense =
        fine_on(equal_hosts(), "nodes: 4, fully_connected: dense", "requests: {arrival: one}");
    const double in_order = metric_of(&sparse, "product_bytes_without_clustering");

    (void)state;
    assert_true(metric_of(&sparse, "product_frame_bytes") <
                metric_of(&sparse, "product_bytes_without_fgcp"));
    assert_true(metric_of(&sparse, "product_bytes_without_fgcp") < in_order);
    assert_true(in_order < metric_of(&dense, "product_frame_bytes"));
    assert_true(seconds_of(&sparse) < seconds_of(&dense));
    simulated_release(&sparse);
    simulated_release(&dense);
}

static void the_owner_takes_as_long_as_its_products_do(void **state)
{
    const double without = seconds_on(equal_hosts(), "nodes: 2"),
                 with = seconds_on(equal_hosts(), "nodes: 2, fully_connected: owner");

    (void)state;
    assert_close(with - without, 2.0 * (102760448 + 16777216 + 4096000) / (GFLOP * 1e9), 1e-6);
}

/* ---- what is not foreseen ---- */

static struct simulated with_fault(const char *on_loss, const char *fault)
{
    char options[96], rest[512];

    snprintf(options, sizeof options, "nodes: 3, layers: 7, on_loss: %s", on_loss);
    snprintf(rest, sizeof rest,
             "requests: {arrival: fixed, rate: 0.1, count: 5}\n"
             "hosts: {owner: [h-0], node: [h-1, h-2, h-3]}\nfaults: [%s]",
             fault);
    return fine_on(equal_hosts(), options, rest);
}

static void a_dead_device_loses_what_is_under_way_and_the_rest_is_cut_anew(void **state)
{
    struct simulated run = with_fault("retry", "{host: h-2, at: 11.9s, factor: 0}");
    struct simulated whole = with_fault("retry", "{host: h-2, at: 99s, factor: 0.5}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 4, 0);
    assert_close(metric_of(&run, "requests_lost"), 1, 0);
    assert_true(metric_of(&run, "mean_compute_seconds") >
                1.3 * metric_of(&whole, "mean_compute_seconds"));
    simulated_release(&run);
    simulated_release(&whole);
}

static void the_owner_infers_what_is_under_way(void **state)
{
    struct simulated run = with_fault("local", "{host: h-2, at: 11.9s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 5, 0);
    assert_close(metric_of(&run, "requests_fell_back"), 1, 0);
    simulated_release(&run);
}

static void when_all_devices_are_dead_the_run_ends(void **state)
{
    struct simulated run = with_fault("fail", "{host: 'h-[123]', at: 11.9s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 1, 0);
    assert_close(metric_of(&run, "requests_lost"), 4, 0);
    simulated_release(&run);
}

static void frames_of_a_dead_source_are_lost(void **state)
{
    struct simulated run = with_fault("retry", "{host: h-1, at: 27s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 3, 0);
    assert_close(metric_of(&run, "requests_lost"), 2, 0);
    simulated_release(&run);
}

static void a_link_that_comes_back_loses_nothing(void **state)
{
    struct simulated run = with_fault("retry", "{link: air, at: 10.2s, for: 3s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 5, 0);
    simulated_release(&run);
}

static void what_does_not_get_through_is_inferred_where_it_is(void **state)
{
    struct simulated run = with_fault("local", "{link: air, at: 9s, for: 25s, factor: 0}");

    (void)state;
    assert_close(metric_of(&run, "requests_answered"), 5, 0);
    assert_close(metric_of(&run, "requests_fell_back"), 3, 0);
    simulated_release(&run);
}

static void a_slow_device_makes_all_wait(void **state)
{
    struct simulated run = with_fault("retry", "{host: h-2, at: 0s, factor: 0.25}");
    struct simulated whole = with_fault("retry", "{host: h-2, at: 99s, factor: 0.5}");

    (void)state;
    assert_true(metric_of(&run, "mean_compute_seconds") >
                3.5 * metric_of(&whole, "mean_compute_seconds"));
    simulated_release(&run);
    simulated_release(&whole);
}

static void a_device_that_cannot_hold_the_model_is_refused(void **state)
{
    const double speeds[] = {1, 1, 1, 1, 1};
    const char *platform = air_platform("little", speeds, 5, MBITS, LATENCY_MS, "12MB");
    struct simulated fine = run_on(platform, "nodes: 4, layers: 7", "requests: {arrival: one}");
    struct simulated refused = run_on(platform, "nodes: 1, layers: 7", "requests: {arrival: one}");
    struct simulated owner =
        run_on(platform, "nodes: 4, layers: 7, fully_connected: owner", "requests: {arrival: one}");

    (void)state;
    assert_int_equal(fine.code, 0);
    assert_int_equal(refused.code, 2);
    assert_non_null(strstr(refused.err.text, "The weights and the largest stripe need 27.91 MB"));
    assert_int_equal(owner.code, 2);
    assert_non_null(strstr(owner.err.text, "The weights of what the owner may have to infer need"));
    simulated_release(&fine);
    simulated_release(&refused);
    simulated_release(&owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_equal_nodes_take_what_they_must),
        cmocka_unit_test(one_node_sends_no_halo),
        cmocka_unit_test(the_stages_of_the_longest_way_add_up_to_the_latency),
        cmocka_unit_test(stripes_follow_what_devices_can_do),
        cmocka_unit_test(halos_are_passed_on_when_all_are_there),
        cmocka_unit_test(fewer_exchanges_cost_work_and_save_bytes),
        cmocka_unit_test(dense_products_send_all_inputs_to_all),
        cmocka_unit_test(pruned_products_send_less_the_better_they_are_shared_out),
        cmocka_unit_test(the_owner_takes_as_long_as_its_products_do),
        cmocka_unit_test(a_dead_device_loses_what_is_under_way_and_the_rest_is_cut_anew),
        cmocka_unit_test(the_owner_infers_what_is_under_way),
        cmocka_unit_test(when_all_devices_are_dead_the_run_ends),
        cmocka_unit_test(frames_of_a_dead_source_are_lost),
        cmocka_unit_test(a_link_that_comes_back_loses_nothing),
        cmocka_unit_test(what_does_not_get_through_is_inferred_where_it_is),
        cmocka_unit_test(a_slow_device_makes_all_wait),
        cmocka_unit_test(a_device_that_cannot_hold_the_model_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
