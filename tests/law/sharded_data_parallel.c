/* Sharded data parallelism: its closed forms worked out by hand, the same learning at every stage, and what goes wrong. */
#include "sim/base/random.h"
#include "tests/fixtures/on_star.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double B = 123.4e6, A = 37e-6, SPEED = 7.3e9;

static const struct on_star star = {"sharded_data_parallel", 23, 37e-6};

/* ---- bytes ---- */

static void stages_move_2_n_minus_1_g_bytes_and_stage_3_half_as_much_again(void **state)
{
    static const int workers[] = {1, 2, 3, 7, 13};
    const double g = 1000003;

    (void)state;
    for (int i = 0; i < 5; i++)
        for (int stage = 0; stage < 4; stage++)
            for (int units = 1; units <= 5; units += 2) {
                const double n = workers[i], halves = stage == 3 ? 3 : 2;
                char parameters[256];
                struct simulated run;

                snprintf(parameters, sizeof parameters,
                         "workers: %d, stage: %d, units: %d, gradient_bytes: 1000003", workers[i],
                         stage, units);
                run = on_star_fine(&star, parameters, "iterations: 3\n");
                assert_close(number_at(run.summary, "bytes"), 3 * halves * (n - 1) * g, 0);
                assert_close(number_at(run.summary, "messages"), 3 * halves * n * (n - 1) * units,
                             0);
                simulated_release(&run);
            }
}

static void a_stage_has_a_number_and_a_name(void **state)
{
    static const char *const names[] = {"none", "optimizer", "gradients", "parameters"};

    (void)state;
    for (int stage = 0; stage < 4; stage++) {
        char parameters[256], named[256];

        snprintf(parameters, sizeof parameters, "stage: %d, gradient_bytes: 1000003", stage);
        snprintf(named, sizeof named, "stage: %s, gradient_bytes: 1000003", names[stage]);
        assert_close(on_star_metric(&star, named, "", "memory_bytes"),
                     on_star_metric(&star, parameters, "", "memory_bytes"), 0);
        assert_close(on_star_seconds(&star, named, ""), on_star_seconds(&star, parameters, ""), 0);
    }
}

/* ---- seconds ---- */

/* Three units of 7 x 15,873 bytes on seven workers. */
static const double SHARD = 15873;
#define THREE_UNITS "workers: 7, units: 3, gradient_bytes: 333333"

static double gather(void)
{
    return 6 * (A + SHARD / B);
}

static void without_overlap_seconds_add_up(void **state)
{
    const double f = 0.37, reduction = gather() + 6 * f * SHARD / SPEED, c = 0.0123;
    const double sums[] = {2 * 3 * gather() + 3 * (reduction - gather()),
                           3 * gather() + 3 * reduction, 3 * gather() + 3 * reduction,
                           6 * gather() + 3 * reduction};

    (void)state;
    for (int stage = 0; stage < 4; stage++) {
        char parameters[256];
        struct simulated run;

        snprintf(parameters, sizeof parameters,
                 THREE_UNITS ", stage: %d, overlap: no, flop_per_byte: 0.37, compute_seconds: %g",
                 stage, c);
        run = on_star_fine(&star, parameters, "iterations: 2\n");
        assert_close(seconds_of(&run), 2 * (c + sums[stage]), 1e-9);
        assert_close(metric_of(&run, "exposed_communication_seconds"), sums[stage], 1e-9);
        assert_close(metric_of(&run, "scaling_efficiency"), c / (c + sums[stage]), 1e-9);
        simulated_release(&run);
    }
}

/* Passes are long enough to hide all but what nothing can hide: the first gather of each, the last reduction. */
static void overlap_exposes_the_ends_of_the_passes(void **state)
{
    const double c = 0.09;
    const double exposed[] = {2 * gather(), gather() + 3 * gather(), gather() + 3 * gather(),
                              3 * gather()};

    (void)state;
    assert_true(c / 9 > 2 * gather());
    for (int stage = 0; stage < 4; stage++) {
        char parameters[256];
        struct simulated run;

        snprintf(parameters, sizeof parameters,
                 THREE_UNITS ", stage: %d, flop_per_byte: 0, compute_seconds: %g", stage, c);
        run = on_star_fine(&star, parameters, "iterations: 2\n");
        assert_close(seconds_of(&run), 2 * (c + exposed[stage]), 1e-9);
        assert_close(metric_of(&run, "exposed_communication_seconds"), exposed[stage], 1e-9);
        simulated_release(&run);
    }
}

/* Units take longer on the network than to compute: without prefetch a gather begins when the unit before is over; with
 * it the network never waits in the forward pass. */
static void prefetching_hides_gathers_behind_computations(void **state)
{
    const double c = 9 * gather() / 4; /* a unit: gather / 4 forward, gather / 2 backward */
    char parameters[256];
    double seconds[2];

    (void)state;
    for (int prefetch = 0; prefetch < 2; prefetch++) {
        snprintf(parameters, sizeof parameters,
                 THREE_UNITS ", stage: 3, flop_per_byte: 0, compute_seconds: %.17g, prefetch: %d",
                 c, prefetch);
        seconds[prefetch] = on_star_seconds(&star, parameters, "");
    }
    /* Forward 3 (1 + 1/4).  Backward, gathers and reductions in turn: 1 + 1/2, then a reduction before each gather. */
    assert_close(seconds[0], gather() * (3.75 + 1.5 + 2.5 + 2.5 + 1), 1e-9);
    /* Forward 3 gathers and the last unit.  Backward: the network is busy with gathers 1, 2, reduction 1 ... */
    assert_close(seconds[1], gather() * (3.25 + 6), 1e-9);
}

static bool seconds_are_checked(const struct simulated *run)
{
    const json_t *laws = json_object_get(run->summary, "laws"), *law;
    size_t i;

    json_array_foreach (laws, i, law) {
        if (strcmp(json_string_value(json_object_get(law, "quantity")), "seconds") == 0)
            return json_is_true(json_object_get(law, "checked"));
    }
    return false;
}

/* Every run checks its laws; most of these have equal shards, and no additions beside the passes. */
static void laws_hold_for_parameters_that_nobody_chose(void **state)
{
    struct sim_random *random = sim_random_open(11, 3);
    int checked = 0;

    (void)state;
    for (int i = 0; i < 60; i++) {
        const unsigned n = 1 + sim_random_below(random, 9), units = 1 + sim_random_below(random, 9);
        const unsigned stage = sim_random_below(random, 4), prefetch = sim_random_below(random, 5);
        const unsigned bytes =
            units * n * sim_random_below(random, 9999) + (sim_random_below(random, 4) == 0 ? 1 : 0);
        const bool overlap = sim_random_below(random, 2) == 1, adds = sim_random_below(random, 2);
        char parameters[300];
        struct simulated run;

        snprintf(
            parameters, sizeof parameters,
            "workers: %u, units: %u, gradient_bytes: %u, stage: %u, overlap: %s, prefetch: %u, "
            "flop_per_byte: %d, compute_seconds: %g",
            n, units, bytes, stage, overlap ? "yes" : "no", prefetch, adds ? 3 : 0,
            0.01 * sim_random_uniform(random));
        run = on_star_fine(&star, parameters, "iterations: 2\n");
        checked += seconds_are_checked(&run);
        simulated_release(&run);
    }
    assert_true(checked > 20);
    sim_random_close(random);
}

static void a_unit_has_layers_of_at_least_so_many_bytes(void **state)
{
    static const char workload[] = "platform: platforms/one_switch.xml\n"
                                   "workload: {model: lenet5}\n";
    /* LeNet-5: c1 156, c3 2,416, c5 48,120, f6 10,164, output 850 parameters; pools have none. */
    const double bytes = 2 * (156 + 2416 + 48120 + 10164 + 850.0);
    struct simulated each = on_star_fine(&star, "", workload),
                     two = on_star_fine(&star, "unit_bytes: 5000", workload);

    (void)state;
    assert_close(number_at(each.summary, "bytes"), 3 * 7 * bytes, 0);
    assert_close(number_at(each.summary, "messages"), 3 * 8 * 7 * 5, 0);
    assert_close(metric_of(&each, "gathered_bytes"), 2 * (48120 + 10164), 0);
    /* c1 and c3 make 5,144 bytes; c5; f6; the output is left. */
    assert_close(number_at(two.summary, "bytes"), 3 * 7 * bytes, 0);
    assert_close(number_at(two.summary, "messages"), 3 * 8 * 7 * 4, 0);
    simulated_release(&each);
    simulated_release(&two);
}

/* ---- memory ---- */

static void memory_is_that_of_zero(void **state)
{
    const double p = 7.5e9, n = 16;
    const double bytes[] = {16 * p, 4 * p + 12 * p / n, 2 * p + 14 * p / n, 16 * p / n};

    (void)state;
    for (int stage = 0; stage < 4; stage++) {
        char parameters[256];

        snprintf(parameters, sizeof parameters,
                 "workers: 16, units: 5, gradient_bytes: 15GB, overlap: no, stage: %d", stage);
        assert_close(on_star_metric(&star, parameters, "", "memory_bytes"), bytes[stage], 1e-12);
        /* On top: a unit that is gathered, and its gradient until it is reduced. */
        assert_close(on_star_metric(&star, parameters, "", "peak_memory_bytes"),
                     bytes[stage] + (stage == 3   ? 2
                                     : stage == 2 ? 1
                                                  : 0) *
                                        2 * p / 5,
                     1e-12);
    }
    assert_close(on_star_metric(&star,
                                "workers: 16, units: 5, gradient_bytes: 15GB, bytes_per_number: 4, "
                                "state_bytes_per_parameter: 8, stage: 0",
                                "", "memory_bytes"),
                 16 * p / 2, 1e-12);
}

static void prefetched_units_take_memory(void **state)
{
    (void)state;
    for (int prefetch = 0; prefetch < 7; prefetch++) {
        char parameters[256];

        snprintf(parameters, sizeof parameters,
                 "workers: 3, units: 5, gradient_bytes: 5MB, prefetch: %d", prefetch);
        assert_close(on_star_metric(&star, parameters, "", "gathered_bytes"),
                     1e6 * (prefetch < 4 ? prefetch + 1 : 5), 0);
    }
}

static void what_does_not_fit_into_memory_is_said(void **state)
{
    static const char sixteen_gb[] = "platform: platforms/one_switch.xml\n";
    struct simulated states = on_star_run(&star, "stage: 0, gradient_bytes: 4GB", sixteen_gb);
    struct simulated gathered = on_star_run(&star, "stage: 3, gradient_bytes: 12GB", sixteen_gb);

    (void)state;
    assert_int_equal(states.code, 1);
    assert_string_equal(
        states.err.text,
        "worker-0 gave up at 0 s: parameters, gradients and states of the optimizer "
        "need 32.00 GB here, but the memory of its host is 16.00 GB: shard more "
        "(stage), take more workers or smaller units.");
    assert_int_equal(gathered.code, 1);
    assert_non_null(strstr(gathered.err.text, "need 24.00 GB here"));
    simulated_release(&states);
    simulated_release(&gathered);
    assert_close(on_star_metric(&star, "stage: 3, gradient_bytes: 4GB, units: 4", sixteen_gb,
                                "memory_bytes"),
                 4e9, 1e-12);
}

/* ---- learning ---- */

static void every_stage_learns_the_same_to_the_last_bit(void **state)
{
    static const char more[] = "iterations: 13\nseed: 5\n";
    double checksum = 0;

    (void)state;
    for (int stage = 0; stage < 4; stage++)
        for (int overlap = 0; overlap < 2; overlap++) {
            char parameters[256];
            double found;

            snprintf(
                parameters, sizeof parameters,
                "workers: 7, units: 5, gradient_bytes: 100kB, compute_seconds: 10ms, learning: "
                "mlp, momentum: 0.9, stage: %d, overlap: %s, prefetch: %d",
                stage, overlap ? "yes" : "no", stage);
            found = on_star_metric(&star, parameters, more, "weights_checksum");
            checksum = stage == 0 && overlap == 0 ? found : checksum;
            assert_close(found, checksum, 0);
        }
    assert_true(
        on_star_metric(&star,
                       "workers: 7, units: 5, gradient_bytes: 100kB, learning: mlp, momentum: "
                       "0.8",
                       more, "weights_checksum") != checksum);
}

/* Also where a unit has fewer numbers than there are workers, so that some have no shard of it. */
static void it_learns_what_dense_training_learns(void **state)
{
    static const char *const parameters[] = {
        "workers: 7, units: 3, gradient_bytes: 100kB, learning: softmax, momentum: 0.9, "
        "data: synthetic",
        "workers: 13, units: 61, gradient_bytes: 100kB, learning: softmax, momentum: 0.9"};
    static const int workers[] = {7, 13};

    (void)state;
    for (int i = 0; i < 2; i++) {
        char text[512];
        struct simulated dense;

        snprintf(text, sizeof text,
                 "platform: %s\nalgorithm: {name: parameter_server, workers: %d, gradient_bytes: "
                 "100kB, learning: softmax, momentum: 0.9}\niterations: 5\ntrace: none\n",
                 star_platform(23, A * 1e6), workers[i]);
        dense = simulate(text, NULL);
        assert_int_equal(dense.code, 0);
        assert_close(on_star_metric(&star, parameters[i], "iterations: 5\n", "weights_projection"),
                     metric_of(&dense, "weights_projection"), 1e-12);
        assert_close(on_star_metric(&star, parameters[i], "iterations: 5\n", "test_accuracy"),
                     metric_of(&dense, "test_accuracy"), 1e-12);
        simulated_release(&dense);
    }
}

/* ---- stragglers, unequal hosts, the dead ---- */

static void stragglers_and_slow_hosts_slow_all_stages(void **state)
{
    (void)state;
    for (int stage = 0; stage < 4; stage++) {
        char plain[256], jitter[300];
        double sum = 0, seconds;

        snprintf(plain, sizeof plain,
                 "workers: 6, units: 4, gradient_bytes: 1MB, compute_seconds: 0.3, stage: %d",
                 stage);
        snprintf(jitter, sizeof jitter, "%s, compute_jitter: 0.5", plain);
        seconds = on_star_seconds(&star, plain, "");
        for (int seed = 1; seed <= 4; seed++) {
            char text[32];

            snprintf(text, sizeof text, "seed: %d\n", seed);
            sum += on_star_seconds(&star, jitter, text);
        }
        assert_true(sum / 4 > seconds + 0.05);
        /* A host of half the speed computes 0.3 s longer, and the others wait for it. */
        assert_close(on_star_seconds(&star, plain, "faults: [{host: h-2, at: 0, factor: 0.5}]\n"),
                     seconds + 0.3, 0.02);
    }
}

static void a_dead_worker_ends_every_stage_and_none_hangs(void **state)
{
    static const char *const times[] = {"0.1ms", "20ms", "55ms", "99ms"};

    (void)state;
    for (int stage = 0; stage < 4; stage++)
        for (int t = 0; t < 4; t++)
            for (int overlap = 0; overlap < 2; overlap++) {
                char parameters[256], faults[64];
                struct simulated run;

                snprintf(parameters, sizeof parameters,
                         "workers: 5, units: 3, gradient_bytes: 1MB, compute_seconds: 0.1, stage: "
                         "%d, overlap: %s",
                         stage, overlap ? "yes" : "no");
                snprintf(faults, sizeof faults, "faults: [{host: h-3, at: %s, factor: 0}]\n",
                         times[t]);
                run = on_star_run(&star, parameters, faults);
                assert_int_equal(run.code, 1);
                assert_non_null(
                    strstr(run.err.text,
                           "another worker is dead or out of reach, and its shards with it"));
                simulated_release(&run);
            }
}

/* ---- what does not go together ---- */

static void expect_refusal(const char *parameters, const char *more, const char *sentence)
{
    struct simulated run = on_star_run(&star, parameters, more);

    assert_int_equal(run.code, 2);
    assert_non_null(strstr(run.err.text, sentence));
    simulated_release(&run);
}

static void what_does_not_go_together_is_refused(void **state)
{
    (void)state;
    expect_refusal("units: 3", "workload: {model: lenet5}\n",
                   "algorithm.units: the workload has layers, and unit_bytes says how many make a "
                   "unit; leave this out, or the workload.");
    expect_refusal("unit_bytes: 3", "",
                   "algorithm.unit_bytes is for the layers of a workload, and there is none; give "
                   "units, or a workload.");
    expect_refusal("gradient_bytes: 3", "workload: {model: lenet5}\n", "algorithm.gradient_bytes");
    expect_refusal("stage: 4", "", "stage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_move_2_n_minus_1_g_bytes_and_stage_3_half_as_much_again),
        cmocka_unit_test(a_stage_has_a_number_and_a_name),
        cmocka_unit_test(without_overlap_seconds_add_up),
        cmocka_unit_test(overlap_exposes_the_ends_of_the_passes),
        cmocka_unit_test(prefetching_hides_gathers_behind_computations),
        cmocka_unit_test(laws_hold_for_parameters_that_nobody_chose),
        cmocka_unit_test(a_unit_has_layers_of_at_least_so_many_bytes),
        cmocka_unit_test(memory_is_that_of_zero),
        cmocka_unit_test(prefetched_units_take_memory),
        cmocka_unit_test(what_does_not_fit_into_memory_is_said),
        cmocka_unit_test(every_stage_learns_the_same_to_the_last_bit),
        cmocka_unit_test(it_learns_what_dense_training_learns),
        cmocka_unit_test(stragglers_and_slow_hosts_slow_all_stages),
        cmocka_unit_test(a_dead_worker_ends_every_stage_and_none_hangs),
        cmocka_unit_test(what_does_not_go_together_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
