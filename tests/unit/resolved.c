/* resolved.c -- defaults, where files are looked for, and the scenario with every default filled in. */
#include "tests/unit/reading.h"

#include <glob.h>

static void what_is_left_out_has_its_default(void **state)
{
    struct reading r;
    char *json;

    (void)state;
    read_text(&r, PLATFORM RING, NULL);
    assert_true(r.fine);
    assert_string_equal(r.scenario.path, "t.yaml");
    assert_string_equal(r.scenario.name, "t");
    assert_string_equal(r.scenario.platform, "platforms/one_switch.xml");
    assert_string_equal(r.scenario.network.name, "textbook");
    assert_string_equal(r.scenario.network.options[0], "network/model:CM02");
    assert_string_equal(r.scenario.network.options[1], "network/crosstraffic:0");
    assert_string_equal(r.scenario.network.options[2], "network/TCP-gamma:0");
    assert_null(r.scenario.network.options[3]);
    assert_int_equal(r.scenario.iterations, 1);
    assert_int_equal(r.scenario.seed, 1);
    assert_int_equal(r.scenario.trace, SIM_TRACE_SUMMARY);
    assert_int_equal(r.scenario.hosts.count, 0);
    assert_false(r.scenario.hosts.round_robin);
    assert_int_equal(r.scenario.fault_count, 0);
    assert_null(r.scenario.study);
    json = json_dumps(r.scenario.resolved, 0);
    assert_string_equal(
        json,
        "{\"platform\": \"platforms/one_switch.xml\", \"network\": \"textbook\", "
        "\"algorithm\": {\"name\": \"ring_allreduce\", \"workers\": 8, \"gradient_bytes\": "
        "100000000, "
        "\"flop_per_byte\": 0.25, \"compute_seconds\": 0, \"compute_jitter\": 0, \"chunks\": 1, "
        "\"chunks_at_once\": 16}, \"hosts\": {\"share\": \"none\"}, \"iterations\": 1, \"seed\": "
        "1, "
        "\"trace\": \"summary\", "
        "\"simulation\": \"auto\", \"allow_oom\": \"no\", \"faults\": []}");
    free(json);
    finish(&r);
}

static void values_are_read_into_base_units(void **state)
{
    struct reading r;
    const struct sim_fault *f;

    (void)state;
    read_text(
        &r,
        PLATFORM
        "network: tcp\nalgorithm:\n  name: parameter_server\n  gradient_bytes: 123.4kB\n"
        "  placement: dedicated\n  compute_seconds: 7ms\niterations: 1e3\nseed: 999999999999999\n"
        "trace: paje\nhosts: {worker: 7, server: [node-1, 'node-[2-3]'], share: round_robin}\n"
        "faults: [{link: l, at: 2us, for: 3ms, every: 1m, factor: 0.3}, {peer: worker-3, factor: "
        "0}]\n",
        NULL);
    assert_true(r.fine);
    assert_string_equal(r.scenario.network.options[0], "network/model:LV08");
    assert_int_equal(r.scenario.iterations, 1000);
    assert_int_equal(r.scenario.seed, 999999999999999);
    assert_int_equal(r.scenario.trace, SIM_TRACE_PAJE);
    assert_true(r.scenario.hosts.round_robin);
    assert_int_equal(r.scenario.hosts.count, 2);
    assert_int_equal(r.scenario.hosts.rules[0].count, 7);
    assert_null(r.scenario.hosts.rules[0].patterns);
    assert_string_equal(r.scenario.hosts.rules[1].role, "server");
    assert_string_equal(r.scenario.hosts.rules[1].patterns[1], "node-[2-3]");
    assert_int_equal(r.scenario.fault_count, 2);
    f = r.scenario.faults;
    assert_int_equal(f[0].kind, SIM_FAULT_LINK);
    assert_string_equal(f[0].name, "l");
    assert_close(f[0].at_seconds, 2e-6, 1e-15);
    assert_close(f[0].for_seconds, 3e-3, 1e-15);
    assert_close(f[0].every_seconds, 60, 0);
    assert_close(f[0].factor, 0.3, 0);
    assert_int_equal(f[1].kind, SIM_FAULT_PEER);
    assert_true(f[1].for_seconds < 0 && f[1].every_seconds == 0 && f[1].at_seconds == 0 &&
                f[1].factor == 0);
    finish(&r);
}

static void everything_that_was_said_is_in_the_resolved_scenario(void **state)
{
    struct reading r;
    char *json;

    (void)state;
    read_text(&r,
              PLATFORM "network: {model: CM02, options: {network/TCP-gamma: 7}}\n"
                       "algorithm: {name: parameter_server, workers: 7, gradient_bytes: 1000003, "
                       "compute_seconds: 7ms}\n"
                       "hosts: {worker: 'node-*', server: 3, share: round_robin}\niterations: "
                       "11\nseed: 13\ntrace: full\nsimulation: full\n"
                       "faults: [{host: a, at: 0.5, for: 0.125, every: 0.25, factor: 0.75}, {peer: "
                       "b, factor: 0}]\n",
              NULL);
    assert_string_equal(r.err.text, "");
    json = json_dumps(r.scenario.resolved, 0);
    assert_string_equal(
        json, "{\"platform\": \"platforms/one_switch.xml\", "
              "\"network\": {\"model\": \"CM02\", \"options\": {\"network/TCP-gamma\": \"7\"}}, "
              "\"algorithm\": {\"name\": \"parameter_server\", \"workers\": 7, "
              "\"gradient_bytes\": 1000003, \"flop_per_byte\": 0.25, "
              "\"compute_seconds\": 0.0070000000000000001, \"compute_jitter\": 0, "
              "\"learning\": \"off\", \"data\": \"synthetic\", \"hidden_width\": 32, "
              "\"mini_batch\": 8, \"evaluate_every\": 10, "
              "\"learning_rate\": 0.10000000000000001, \"momentum\": 0, \"servers\": 1, "
              "\"placement\": \"colocated\", \"consistency\": \"bsp\", \"delay\": 0, "
              "\"replicas\": 0}, "
              "\"hosts\": {\"worker\": [\"node-*\"], \"server\": 3, \"share\": \"round_robin\"}, "
              "\"iterations\": 11, \"seed\": 13, \"trace\": \"full\", \"simulation\": \"full\", "
              "\"allow_oom\": \"no\", \"faults\": [{\"host\": \"a\", \"at\": 0.5, \"factor\": "
              "0.75, \"for\": 0.125, "
              "\"every\": 0.25}, "
              "{\"peer\": \"b\", \"at\": 0.0, \"factor\": 0.0}]}");
    free(json);
    finish(&r);
}

/* ---- the resolved scenario is itself a scenario ---- */

struct rounds {
    const char *name, *text;
};

static struct rounds rounds[] = {
    {"all defaults", PLATFORM RING},
    {"numbers that no decimal fraction is equal to",
     PLATFORM "algorithm: {name: ring_allreduce, flop_per_byte: 0.1, compute_seconds: 1.1us, "
              "compute_jitter: 1e-7}\n"},
    {"a large and odd number of bytes",
     PLATFORM "algorithm: {name: ring_allreduce, gradient_bytes: 999999999999999}\n"},
    {"a choice",
     PLATFORM "algorithm: {name: parameter_server, placement: dedicated, servers: 3}\n"},
    {"the tcp network", PLATFORM RING "network: tcp\n"},
    {"a network of SimGrid's own",
     PLATFORM RING "network: {model: CM02, options: {network/TCP-gamma: 4194304}}\n"},
    {"a network without options", PLATFORM RING "network: {model: LV08}\n"},
    {"hosts by count, name and pattern",
     PLATFORM "algorithm: parameter_server\nhosts: {server: 2, worker: ['node-[1-7]', node-0]}\n"},
    {"hosts whose names look like something else",
     PLATFORM RING "hosts: {worker: [\"7\", \"a: b\", \"#\", \"~\", \"\xc3\xa9\"]}\n"},
    {"hosts shared round robin", PLATFORM RING "hosts: {share: round_robin}\n"},
    {"faults of every kind", PLATFORM RING
     "faults: [{host: node-1, at: 0.1, factor: 0}, {link: l, at: 1.1us, for: 7ms, factor: 0.3},\n"
     "  {peer: worker-2, at: 1s, for: 1.7ms, every: 3.3ms, factor: 0.7}, {peer: worker-3, factor: "
     "0}]\n"},
    {"numbers of the run",
     PLATFORM RING "iterations: 1000003\nseed: 999999999999999\ntrace: none\n"},
};

static void resolves_to_itself(void **state)
{
    const struct rounds *round = *state;
    struct reading first, second;
    char *once, *twice;

    read_text(&first, round->text, NULL);
    assert_string_equal(first.err.text, "");
    once = json_dumps(first.scenario.resolved, 0);
    read_text(&second, once, NULL);
    assert_string_equal(second.err.text, "");
    twice = json_dumps(second.scenario.resolved, 0);
    assert_string_equal(once, twice);
    assert_memory_equal(first.scenario.parameters, second.scenario.parameters,
                        first.scenario.algorithm->parameters_size);
    assert_string_equal(first.scenario.network.name, second.scenario.network.name);
    for (int i = 0;
         first.scenario.network.options[i] != NULL || second.scenario.network.options[i] != NULL;
         i++)
        assert_string_equal(first.scenario.network.options[i], second.scenario.network.options[i]);
    free(once);
    free(twice);
    finish(&first);
    finish(&second);
}

/* ---- finding files ---- */

static void a_platform_is_found_here_then_beside_the_scenario_then_among_the_shipped(void **state)
{
    const struct sim_catalogue elsewhere = {sim_algorithms, "platforms"};
    static const char *const cases[][3] = {
        {"t.yaml", "platforms/one_switch.xml", "platforms/one_switch.xml"},
        {"platforms/t.yaml", "one_switch.xml", "platforms/one_switch.xml"},
        {"t.yaml", "one_switch.xml", "platforms/one_switch.xml"},
        {"scenarios/t.yaml", "../platforms/torus.xml", "scenarios/../platforms/torus.xml"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        struct reading r;

        snprintf(text, sizeof text, "platform: %s\n" RING, cases[i][1]);
        read_bytes(&r, cases[i][0], text, strlen(text), NULL, &elsewhere);
        assert_string_equal(r.err.text, "");
        assert_string_equal(r.scenario.platform, cases[i][2]);
        finish(&r);
    }
}

static char *resolved_of(const struct sim_scenario *scenario)
{
    return json_dumps(scenario->resolved, JSON_INDENT(1));
}

static void is_read_and_resolves_to_itself(const char *path)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct sim_scenario scenario, again;
    char *once, *twice;

    if (!sim_scenario_read(&scenario, path, NULL, &shipped, arena, &err))
        fail_msg("%s", err.text);
    assert_string_equal(sim_text(arena, "%s.yaml", scenario.name), strrchr(path, '/') + 1);
    assert_int_equal(scenario.study != NULL, strstr(path, "/studies/") != NULL);
    once = resolved_of(&scenario);
    if (!sim_scenario_parse(&again, "t.yaml", once, strlen(once), NULL, &shipped, arena, &err))
        fail_msg("%s, resolved: %s", path, err.text);
    twice = resolved_of(&again);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
    sim_scenario_release(&scenario);
    sim_scenario_release(&again);
    sim_arena_close(arena);
}

static void every_shipped_scenario_is_read_and_resolves_to_itself(void **state)
{
    glob_t found;

    (void)state;
    assert_int_equal(glob("scenarios/*.yaml", 0, NULL, &found), 0);
    assert_int_equal(glob("scenarios/studies/*.yaml", GLOB_APPEND, NULL, &found), 0);
    assert_true(found.gl_pathc > 70);
    for (size_t i = 0; i < found.gl_pathc; i++)
        is_read_and_resolves_to_itself(found.gl_pathv[i]);
    globfree(&found);
}

/* A folder may have any name that the file system takes, also one that JSON cannot hold. */
static void a_folder_whose_name_is_no_UTF8_is_refused_or_resolved_but_never_half(void **state)
{
    struct reading r;

    (void)state;
    read_in_odd_folder(&r, "platform: p.xml\n" RING);
    if (r.fine)
        assert_non_null(r.scenario.resolved);
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest reading[] = {
        cmocka_unit_test(what_is_left_out_has_its_default),
        cmocka_unit_test(values_are_read_into_base_units),
        cmocka_unit_test(everything_that_was_said_is_in_the_resolved_scenario),
        cmocka_unit_test(a_platform_is_found_here_then_beside_the_scenario_then_among_the_shipped),
        cmocka_unit_test(every_shipped_scenario_is_read_and_resolves_to_itself),
        cmocka_unit_test(a_folder_whose_name_is_no_UTF8_is_refused_or_resolved_but_never_half),
    };

    return cmocka_run_group_tests(reading, NULL, NULL) + RUN_CASES(resolves_to_itself, rounds);
}
