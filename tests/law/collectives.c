/* Collectives in the simulator: the values of every one, its laws, what contention and stragglers do to it. */
#include "tests/fixtures/collective_case.h"
#include "tests/fixtures/simulate.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH = 331 };

static const double B = 123.4e6, A = 37e-6;

/* ---- values ---- */

static void worker(struct sim_peer *me)
{
    const struct collective *wanted = me->parameters;
    const enum collective_result result = collective_way(me->plan)->result;
    const int n = wanted->workers, chunks = wanted->chunks;
    double *values = sim_new(me->plan->arena, double, LENGTH), expected;
    double *original = sim_new(me->plan->arena, double, LENGTH);
    const struct sim_buffer buffer = {.bytes = wanted->bytes,
                                      .values = values,
                                      .original = original,
                                      .count = LENGTH,
                                      .flop_per_byte = 0.25};
    int count;
    const struct sim_lane *lanes = collective_lanes(me->plan, me->index, &buffer, &count);

    for (int i = 0; i < LENGTH; i++)
        values[i] = original[i] = collective_before(result, n, chunks, me->index, i, LENGTH);
    if (sim_lanes(me, lanes, count, wanted->chunks_at_once) != SIM_OK)
        sim_give_up(me, "failed");
    for (int i = 0; i < LENGTH; i++)
        if (collective_after(result, n, chunks, me->index, i, LENGTH, &expected) &&
            values[i] != expected)
            sim_give_up(me, "has %g in element %d, not %g", values[i], i, expected);
}

static const char *bytes_name(const struct collective_case *with)
{
    return with->algorithm->parameters[1].name;
}

static struct simulated run_case(const struct collective_case *with, bool real, int n,
                                 long long bytes, const char *more_parameters, const char *more)
{
    static const struct sim_role roles[] = {{"worker", worker, ""}, {0}};
    struct sim_algorithm played = *with->algorithm;
    const struct sim_algorithm *const algorithms[] = {&played, NULL};
    char text[1024];

    if (real)
        played.roles = roles;
    snprintf(text, sizeof text, "algorithm: {name: %s, workers: %d, %s: %lld%s%s}\ntrace: none\n%s",
             with->algorithm->name, n, bytes_name(with), bytes, collective_case_keys(with),
             more_parameters, more);
    return simulate(text, algorithms);
}

static void expect_fine(struct simulated run, const struct collective_case *with, int n)
{
    if (run.code != 0)
        fail_msg("%s, %d workers: %s", with->name, n, run.err.text);
    simulated_release(&run);
}

static const struct collective_case *end(void)
{
    return collective_cases + collective_case_count;
}

static bool takes(const struct collective_case *with, int n)
{
    return with->takes == NULL || with->takes(n);
}

static const char *on_star(int hosts, const char *more)
{
    static char text[256];

    snprintf(text, sizeof text, "platform: %s\n%s", star_platform(hosts, A * 1e6), more);
    return text;
}

static void values_are_right_for_any_number_of_workers(void **state)
{
    static const int workers[] = {1, 2, 3, 5, 8, 16, 33};

    (void)state;
    for (const struct collective_case *with = collective_cases; with < end(); with++)
        for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++)
            if (takes(with, workers[i]))
                expect_fine(run_case(with, true, workers[i], 1000003, "", on_star(33, "")), with,
                            workers[i]);
}

static void values_are_right_in_chunks_and_wherever_workers_are(void **state)
{
    static const char torus[] =
        "platform: platforms/torus.xml\nhosts: {worker: [node-3, node-30, node-1*, node-2?]}\n";
    static const char shared[] = "hosts: {share: round_robin}\n";

    (void)state;
    for (const struct collective_case *with = collective_cases; with < end(); with++) {
        expect_fine(run_case(with, true, 9, 1000003, ", chunks: 7, chunks_at_once: 3", torus), with,
                    9);
        expect_fine(run_case(with, true, 12, 1000003, ", chunks: 3", on_star(5, shared)), with, 12);
    }
}

/* ---- laws: each run checks those that hold, and a broken one is exit code 1 ---- */

static void laws_hold_for_any_number_of_workers_and_bytes(void **state)
{
    static const int workers[] = {1, 2, 3, 4, 7, 8, 12, 23};
    static const long long bytes[] = {0, 1000003, 16 * 9 * 1001};

    (void)state;
    for (const struct collective_case *with = collective_cases; with < end(); with++)
        for (size_t i = 0; i < sizeof workers / sizeof workers[0]; i++)
            for (size_t j = 0; j < sizeof bytes / sizeof bytes[0]; j++)
                if (takes(with, workers[i]))
                    expect_fine(run_case(with, false, workers[i], bytes[j],
                                         ", compute_seconds: 0.0123", on_star(23, "")),
                                with, workers[i]);
}

static void laws_hold_for_chunks_and_iterations(void **state)
{
    (void)state;
    for (const struct collective_case *with = collective_cases; with < end(); with++) {
        expect_fine(run_case(with, false, 9, 1000003, ", chunks: 7", on_star(9, "")), with, 9);
        expect_fine(run_case(with, false, 8 + (with->takes != NULL), 16 * 9 * 1001, "",
                             on_star(9, "iterations: 3\n")),
                    with, 8);
        expect_fine(run_case(with, false, 6, 1000003, "", on_star(9, "iterations: 3\n")), with, 6);
    }
}

/* ---- bandwidths ---- */

static void bandwidths_are_those_of_nccl_tests(void **state)
{
    const double n = 6, g = 6 * 166667, t = 2 * (n - 1) * (A + g / n / B);
    struct simulated run = simulate_file(
        "scenarios/ring_allreduce.yaml",
        (const char *[]){"platform=build/star/9-37.xml", "algorithm.workers=6",
                         "algorithm.gradient_bytes=1000002", "algorithm.flop_per_byte=0",
                         "algorithm.compute_seconds=0.5", "iterations=3", NULL});

    (void)state;
    assert_close(metric_of(&run, "algorithm_bandwidth_bytes_per_second"), g / t, 1e-9);
    assert_close(metric_of(&run, "bus_bandwidth_bytes_per_second"), g / t * 2 * (n - 1) / n, 1e-9);
    simulated_release(&run);
}

static bool ends_with(const char *name, const char *ending)
{
    return strlen(name) > strlen(ending) &&
           strcmp(name + strlen(name) - strlen(ending), ending) == 0;
}

static void each_kind_of_collective_has_its_bus_factor(void **state)
{
    const double n = 6, factors[] = {[COLLECTIVE_ALL_REDUCE] = 2 * (n - 1) / n,
                                     [COLLECTIVE_REDUCE_SCATTER] = (n - 1) / n,
                                     [COLLECTIVE_ALL_GATHER] = (n - 1) / n,
                                     [COLLECTIVE_ALL_TO_ALL] = (n - 1) / n,
                                     [COLLECTIVE_BROADCAST] = 1};
    static const struct {
        const char *ending;
        enum collective_result result;
    } kinds[] = {{"allreduce", COLLECTIVE_ALL_REDUCE},
                 {"reduce_scatter", COLLECTIVE_REDUCE_SCATTER},
                 {"allgather", COLLECTIVE_ALL_GATHER},
                 {"alltoall", COLLECTIVE_ALL_TO_ALL},
                 {"broadcast", COLLECTIVE_BROADCAST}};

    (void)state;
    for (const struct collective_case *with = collective_cases; with < end(); with++) {
        struct simulated run = run_case(with, false, 6, 1000003, "", on_star(6, ""));
        const double ratio = metric_of(&run, "bus_bandwidth_bytes_per_second") /
                             metric_of(&run, "algorithm_bandwidth_bytes_per_second");
        bool is_known = false;

        for (size_t k = 0; k < 5; k++)
            if (ends_with(with->algorithm->name, kinds[k].ending)) {
                assert_close(ratio, factors[kinds[k].result], 1e-12);
                is_known = true;
            }
        assert_true(is_known);
        simulated_release(&run);
    }
}

/* ---- stragglers, unequal hosts, the dead ---- */

static double seconds_with(const struct collective_case *with, const char *parameters,
                           const char *more)
{
    struct simulated run = run_case(with, false, 6, 1000003, parameters, on_star(6, more));
    const double seconds = seconds_of(&run);

    assert_int_equal(run.code, 0);
    simulated_release(&run);
    return seconds;
}

static void stragglers_and_slow_hosts_slow_every_collective(void **state)
{
    (void)state;
    for (const struct collective_case *with = collective_cases; with < end(); with++) {
        const double plain = seconds_with(with, ", compute_seconds: 0.05", "");

        double sum = 0;

        for (int seed = 1; seed <= 4; seed++) {
            char text[16];

            snprintf(text, sizeof text, "seed: %d\n", seed);
            sum += seconds_with(with, ", compute_seconds: 0.05, compute_jitter: 0.5", text);
        }
        if (!(sum / 4 > plain + 0.005))
            fail_msg("%s is not slowed by stragglers", with->name);
        if (!(seconds_with(with, ", compute_seconds: 0.05",
                           "faults: [{host: h-0, at: 0, factor: 0.5}]\n") > plain + 0.03))
            fail_msg("%s is not slowed by a slow host", with->name);
    }
}

static void a_dead_worker_ends_every_collective_and_none_hangs(void **state)
{
    (void)state;
    for (const struct collective_case *with = collective_cases; with < end(); with++) {
        struct simulated run =
            run_case(with, false, 6, 1000003, "",
                     on_star(6, "faults: [{host: h-3, at: 0.1ms, factor: 0}]\n"));

        if (run.code != 1)
            fail_msg("%s ends with %d when a worker dies", with->name, run.code);
        simulated_release(&run);
    }
}

/* ---- contention: 16 workers, 4 behind each of 4 cards ---- */

static double behind_cards(const char *algorithm, const char *bytes)
{
    char text[512];
    struct simulated run;
    double seconds;

    snprintf(text, sizeof text,
             "platform: tests/fixtures/four_cards.xml\nalgorithm: {name: %s, workers: 16, "
             "gradient_bytes: %s}\ntrace: none\n",
             algorithm, bytes);
    run = simulate(text, NULL);
    seconds = seconds_of(&run);
    assert_int_equal(run.code, 0);
    simulated_release(&run);
    return seconds;
}

static void halving_with_the_farthest_partner_first_loses_on_shared_cards(void **state)
{
    static const char farthest[] = "rabenseifner_allreduce, first_partner: farthest",
                      nearest[] = "rabenseifner_allreduce, first_partner: nearest";
    const double ratio = behind_cards(farthest, "100MB") / behind_cards("ring_allreduce", "100MB");

    (void)state;
    print_message("farthest first is %.3f times slower than the ring at 100 MB (3.2 by bytes)\n",
                  ratio);
    assert_true(ratio > 2.5 && ratio < 3.2);
    assert_true(behind_cards(farthest, "1kB") < behind_cards("ring_allreduce", "1kB"));
    assert_true(behind_cards(nearest, "100MB") < behind_cards("ring_allreduce", "100MB"));
}

/* ---- pipelining ---- */

static void chunks_make_a_pipeline_of_the_double_tree(void **state)
{
    const struct collective_case *tree = collective_cases;
    const double g = 16e6, bound = 2 * g * 15 / 16 / B;
    struct simulated one, many;

    (void)state;
    while (strcmp(tree->name, "double_binary_tree_allreduce") != 0)
        tree++;
    one = run_case(tree, false, 16, (long long)g, "", on_star(16, ""));
    many = run_case(tree, false, 16, (long long)g, ", chunks: 64, chunks_at_once: 16",
                    on_star(16, ""));
    print_message("16 workers, %g s at least: %g s with 1 chunk, %g s with 64\n", bound,
                  seconds_of(&one), seconds_of(&many));
    assert_true(seconds_of(&many) > bound);
    assert_true(seconds_of(&many) < 1.4 * bound);
    simulated_release(&one);
    simulated_release(&many);
}

/* While one chunk is added the other is on its way. */
static void chunks_hide_the_additions_of_a_ring(void **state)
{
    const char *whole[] = {"algorithm.flop_per_byte=20", NULL};
    const char *chunked[] = {"algorithm.flop_per_byte=20", "algorithm.chunks=8",
                             "algorithm.chunks_at_once=2", NULL};
    const char *free_additions[] = {"algorithm.flop_per_byte=0", NULL};
    struct simulated one = simulate_file("scenarios/ring_allreduce.yaml", whole),
                     many = simulate_file("scenarios/ring_allreduce.yaml", chunked),
                     none = simulate_file("scenarios/ring_allreduce.yaml", free_additions);

    (void)state;
    assert_true(seconds_of(&many) < seconds_of(&one));
    assert_true(seconds_of(&many) > seconds_of(&none));
    simulated_release(&one);
    simulated_release(&many);
    simulated_release(&none);
}

static void rails_need_nodes_of_one_size(void **state)
{
    struct simulated run = simulate("platform: platforms/one_switch.xml\nalgorithm: {name: "
                                    "hierarchical_allreduce, workers: 7, members_per_node: 4}\n",
                                    NULL);

    (void)state;
    assert_int_equal(run.code, 2);
    assert_non_null(strstr(run.err.text, "rails need nodes of one size"));
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right_for_any_number_of_workers),
        cmocka_unit_test(values_are_right_in_chunks_and_wherever_workers_are),
        cmocka_unit_test(laws_hold_for_any_number_of_workers_and_bytes),
        cmocka_unit_test(laws_hold_for_chunks_and_iterations),
        cmocka_unit_test(bandwidths_are_those_of_nccl_tests),
        cmocka_unit_test(each_kind_of_collective_has_its_bus_factor),
        cmocka_unit_test(stragglers_and_slow_hosts_slow_every_collective),
        cmocka_unit_test(a_dead_worker_ends_every_collective_and_none_hangs),
        cmocka_unit_test(halving_with_the_farthest_partner_first_loses_on_shared_cards),
        cmocka_unit_test(chunks_make_a_pipeline_of_the_double_tree),
        cmocka_unit_test(chunks_hide_the_additions_of_a_ring),
        cmocka_unit_test(rails_need_nodes_of_one_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
