/* BranchyNet as runs: who leaves where by real inference, what costs come from, and what crosses the tiers. */
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TIERS                                                                                      \
    "platform: platforms/device_edge_cloud.xml\n"                                                  \
    "hosts: {device: [\"device-*\"], edge: [\"edge-*\"], cloud: [cloud]}\n"                        \
    "requests: {arrival: fixed, rate: 9, count: 70}\ntrace: none\n"

static struct simulated run_with(const char *algorithm, const char *more)
{
    char text[1024];
    struct simulated run;

    snprintf(text, sizeof text, TIERS "algorithm: {name: branchynet, %s}\n%s", algorithm, more);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", algorithm, run.err.text);
    return run;
}

static double latency_with(const char *algorithm, const char *more)
{
    struct simulated run = run_with(algorithm, more);
    const double seconds = metric_of(&run, "mean_latency_seconds");

    simulated_release(&run);
    return seconds;
}

/* Element i of a metric that is a list. */
static double of_list(const struct simulated *run, const char *name, size_t i)
{
    const json_t *metric = json_object_get(json_object_get(run->summary, "metrics"), name);

    assert_true(json_is_array(metric));
    return json_number_value(json_array_get(metric, i));
}

/* ---- what costs come from ---- */

/* Devices of 20 Gflop/s, no tier boundary: some leave after 3 ms, the others after 11.5 ms. */
static void given_times_and_the_flop_that_take_them_are_the_same(void **state)
{
    (void)state;
    assert_close(latency_with("tiers: [0, 0], exit_rates: [0.571, 0.429], "
                              "exit_seconds: [0.003, 0.0115]",
                              ""),
                 latency_with("tiers: [0, 0], exit_rates: [0.571, 0.429], "
                              "segment_flop: [6e7, 1.7e8]",
                              ""),
                 1e-9);
    assert_close(
        latency_with("tiers: [0, 0], exit_rates: [0, 1], exit_seconds: [0.003, 0.0115]", ""),
        0.0115, 1e-9);
}

/* AlexNet behind pool1 and pool2 (flop by hand, twice the products of its table), as given flop and bytes. */
static void layers_of_a_workload_cost_what_their_flop_do(void **state)
{
    static const char layers[] =
        "exit_rates: [0.37, 0.41, 0.22], exit_layers: [2, 4], head_flop: [3.1e7, 1.3e8]";
    static const char flop[] =
        "exit_rates: [0.37, 0.41, 0.22], segment_flop: [171553600, 577897600, 839925760], "
        "cut_bytes: [186624, 129792]";

    (void)state;
    assert_close(latency_with(layers, "workload: {model: alexnet}\n"), latency_with(flop, ""),
                 1e-9);
}

/* Nothing is on the device: the sample goes to the cloud, and 10^10 flop take a millisecond there. */
static void a_sample_goes_to_where_the_first_exit_is(void **state)
{
    struct simulated run = run_with("tiers: [2, 2], exit_rates: [1, 0], segment_flop: [1e10, 1], "
                                    "sample_bytes: 61300, answer_bytes: 7",
                                    "");

    (void)state;
    assert_close(number_at(run.summary, "bytes"), 70 * (61300 + 7), 0);
    assert_close(metric_of(&run, "mean_latency_seconds"), 2 * 22e-3 + (61300 + 7) / 7.6625e6 + 1e-3,
                 1e-9);
    simulated_release(&run);
}

/* ---- real inference ---- */

#define LEARNING "learning: digits, epochs: 4, train_samples: 500, batch: 8, "

static void a_threshold_of_nothing_sends_all_to_the_last_exit_and_a_huge_one_to_the_first(
    void **state)
{
    struct simulated none, all;

    (void)state;
    skip_without_digits();
    none = run_with(LEARNING "thresholds: [0, 0]", "");
    all = run_with(LEARNING "thresholds: [900, 900]", "");
    assert_close(of_list(&none, "exit_shares", 2), 1, 0);
    assert_close(of_list(&all, "exit_shares", 0), 1, 0);
    for (size_t e = 0; e < 3; e++) /* what the exits know does not depend on who leaves */
        assert_close(of_list(&none, "exit_accuracies", e), of_list(&all, "exit_accuracies", e), 0);
    assert_close(metric_of(&none, "accuracy"), of_list(&none, "exit_accuracies", 2), 0);
    assert_close(metric_of(&all, "accuracy"), of_list(&all, "exit_accuracies", 0), 0);
    simulated_release(&none);
    simulated_release(&all);
}

static void both_spellings_of_confidence_are_one_rule(void **state)
{
    struct simulated entropy, negative;

    (void)state;
    skip_without_digits();
    entropy = run_with(LEARNING "thresholds: [2.1, 1.7]", "");
    negative = run_with(LEARNING "thresholds: [-2.1, -1.7], confidence: negative_entropy", "");
    for (size_t e = 0; e < 3; e++)
        assert_close(of_list(&entropy, "exit_shares", e), of_list(&negative, "exit_shares", e), 0);
    assert_true(of_list(&entropy, "exit_shares", 0) > 0 && of_list(&entropy, "exit_shares", 0) < 1);
    assert_close(seconds_of(&entropy), seconds_of(&negative), 0);
    simulated_release(&entropy);
    simulated_release(&negative);
}

/* Tensors of 4 x 4 x 4 and 8 x 4 x 4 numbers of 4 bytes, and layers whose products stand in tests/unit/exits.c's like:
 * conv1 2304, a head of 160; conv2 4608, head 320; conv3 18432, head 2048 + 320. */
static void what_the_learned_network_costs_is_that_of_its_own_layers(void **state)
{
    struct simulated run;
    const double to_cloud = 2.5e-3 + 256 / 12.5e6 + 20.5e-3 + 512 / 7.6625e6, back = 22e-3;
    double device = 2 * (2304 + 160), edge = 2 * (4608 + 320), cloud = 2 * (18432 + 2048 + 320);

    (void)state;
    skip_without_digits();
    /* rectifiers and poolings: an operation a number of the output, and of the windows */
    device += 256 + 256 + 64;
    edge += 128 + 128;
    cloud += 256 + 256 + 32;
    run = run_with(LEARNING "thresholds: [0, 0], answer_bytes: 0", "");
    assert_close(number_at(run.summary, "bytes"), 70 * (256 + 512), 0);
    assert_close(metric_of(&run, "mean_latency_seconds"),
                 to_cloud + back + device / 20e9 + edge / 500e9 + cloud / 10e12, 1e-9);
    simulated_release(&run);
}

static void weights_and_seeds_change_what_is_learned(void **state)
{
    struct simulated even, first, other;

    (void)state;
    skip_without_digits();
    even = run_with(LEARNING "thresholds: [2.1, 1.7]", "");
    first = run_with(LEARNING "thresholds: [2.1, 1.7], exit_weights: [1, 0.01, 0.01]", "");
    other = run_with(LEARNING "thresholds: [2.1, 1.7]", "seed: 8\n");
    assert_true(of_list(&first, "exit_accuracies", 2) < of_list(&even, "exit_accuracies", 2));
    assert_true(of_list(&other, "exit_accuracies", 0) != of_list(&even, "exit_accuracies", 0));
    simulated_release(&even);
    simulated_release(&first);
    simulated_release(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_times_and_the_flop_that_take_them_are_the_same),
        cmocka_unit_test(layers_of_a_workload_cost_what_their_flop_do),
        cmocka_unit_test(a_sample_goes_to_where_the_first_exit_is),
        cmocka_unit_test(
            a_threshold_of_nothing_sends_all_to_the_last_exit_and_a_huge_one_to_the_first),
        cmocka_unit_test(both_spellings_of_confidence_are_one_rule),
        cmocka_unit_test(what_the_learned_network_costs_is_that_of_its_own_layers),
        cmocka_unit_test(weights_and_seeds_change_what_is_learned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
