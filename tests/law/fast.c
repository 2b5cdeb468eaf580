/* Fast equals full, on a few random cases (tests/law/long/fast_property.c has thousands); and why fast is refused. */
#include "tests/fixtures/collective_case.h"
#include "tests/fixtures/random_case.h"
#include "tests/fixtures/same_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 700, CASES = 36, MOST_WORKERS = 9 };

/* ---- the same ---- */

static void fast_equals_full(void **state)
{
    (void)state;
    for (uint64_t c = FIRST; c < FIRST + CASES; c++)
        random_case_holds(c, MOST_WORKERS, c % 6 == 0);
}

/* `fast` refuses what is not fast: so this is that each is. */
static void every_collective_is_fast_on_a_star(void **state)
{
    (void)state;
    for (int c = 0; c < collective_case_count; c++) {
        const struct collective_case *with = &collective_cases[c];
        struct simulated run;
        char text[512];

        if (strcmp(with->algorithm->name, "double_binary_tree_allreduce") == 0)
            continue; /* two trees at once */
        snprintf(text, sizeof text,
                 "platform: %s\nsimulation: fast\ntrace: none\n"
                 "algorithm: {name: %s, workers: 12, %s: 1234577%s, compute_seconds: 0.00713, "
                 "compute_jitter: 0.31}\n",
                 star_platform(13, 37), with->algorithm->name, with->algorithm->parameters[1].name,
                 collective_case_keys(with));
        run = simulate(text, NULL);
        if (run.code != 0)
            fail_msg("%s: %s", with->name, run.err.text);
        simulated_release(&run);
    }
}

/* ---- refused ---- */

static const char *const star = "platform: build/star/9-37.xml\n";
static const char *const ring =
    "algorithm: {name: ring_allreduce, workers: 6, gradient_bytes: 1234577, chunks: 1, "
    "compute_seconds: 0.00913}\n";

/* `fast` says why not, and that auto would do; auto does, as full would. */
static void expect_refused(const char *platform, const char *algorithm, const char *more,
                           const char *why)
{
    struct same_run same;
    struct simulated run;
    char text[2048], fast[2100];

    star_platform(9, 37);
    snprintf(text, sizeof text, "%s%s%strace: summary\n", platform, algorithm, more);
    snprintf(fast, sizeof fast, "%ssimulation: fast\n", text);
    run = simulate(fast, NULL);
    assert_int_equal(run.code, 2);
    assert_null(run.summary);
    if (strstr(run.err.text, why) == NULL ||
        strstr(run.err.text, "simulation: fast would not be exact here: ") == NULL)
        fail_msg("%s is not why %s", run.err.text, fast);
    assert_int_equal(run.err.text[strlen(run.err.text) - 1], '.');
    simulated_release(&run);
    runs_are_the_same(why, text, &same);
    assert_false(same.was_fast);
    if (strstr(same.why, why) == NULL)
        fail_msg("auto says %s, not %s, of\n%s", same.why, why, text);
}

static void who_asks_for_full_gets_it(void **state)
{
    struct simulated run;
    char text[512];
    const json_t *told;

    (void)state;
    snprintf(text, sizeof text, "platform: %s\n%ssimulation: full\n", star_platform(9, 37), ring);
    run = simulate(text, NULL);
    assert_int_equal(run.code, 0);
    told = json_object_get(run.summary, "simulation");
    assert_string_equal(json_string_value(json_object_get(told, "ran")), "full");
    assert_string_equal(json_string_value(json_object_get(told, "why")),
                        "the scenario asks for it");
    simulated_release(&run);
}

static void network_models_of_others_are_refused(void **state)
{
    (void)state;
    expect_refused(star, ring, "network: tcp\n", "network: tcp has cross traffic");
    expect_refused(star, ring, "network: {model: CM02, options: {network/crosstraffic: 0}}\n",
                   "the network model is SimGrid's");
}

static void faults_are_refused(void **state)
{
    (void)state;
    expect_refused(star, ring, "faults: [{link: star_link_8_UP, at: 0.01, factor: 0.5}]\n",
                   "a fault breaks transfers off, or changes what a link carries");
    expect_refused(star, ring, "faults: [{host: h-1, at: 0.003, factor: 0.31}]\n",
                   "a fault changes how fast a host computes");
}

static void profiles_are_refused(void **state)
{
    FILE *file = fopen("build/star/profiles.xml", "w");

    (void)state;
    assert_non_null(file);
    fputs("<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
          "<platform version=\"4.1\">\n"
          "<trace id=\"half\" periodicity=\"100\">\n0 1\n10 0.5\n</trace>\n"
          "<zone id=\"z\" routing=\"Full\">\n"
          "<host id=\"a\" speed=\"3Gf\"/><host id=\"b\" speed=\"3Gf\"/>\n"
          "<link id=\"l\" bandwidth=\"77MBps\" latency=\"31us\" sharing_policy=\"FATPIPE\"/>\n"
          "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone>\n"
          "<trace_connect kind=\"SPEED\" trace=\"half\" element=\"b\"/></platform>\n",
          file);
    fclose(file);
    expect_refused("platform: build/star/profiles.xml\n",
                   "algorithm: {name: ring_allreduce, workers: 2, gradient_bytes: 1234577}\n", "",
                   "the platform has profiles");
}

static void transfers_that_meet_are_refused(void **state)
{
    static const char two_racks[] = "platform: platforms/two_racks.xml\n";

    (void)state;
    expect_refused(two_racks,
                   "algorithm: {name: pairwise_allgather, workers: 12, message_bytes: 1234577}\n",
                   "hosts: {worker: [node-0, node-8, node-1, node-9, node-*]}\n",
                   "meets another one on link uplink");
    expect_refused("platform: tests/fixtures/wifi_zone.xml\n",
                   "algorithm: {name: ring_allgather, workers: 3, message_bytes: 12347}\n", "",
                   "stations of Wi-Fi");
}

static void what_is_not_a_table_alone_is_refused(void **state)
{
    (void)state;
    expect_refused(star, "algorithm: {name: parameter_server, workers: 1, gradient_bytes: 77777}\n",
                   "", "its roles are written message by message");
    expect_refused(star, ring, "hosts: {share: round_robin, worker: [h-5]}\n",
                   "peers that share a host would add up there at the same time");
    expect_refused(star,
                   "algorithm: {name: ring_allreduce, workers: 6, gradient_bytes: 1234577, chunks: "
                   "4, chunks_at_once: 2}\n",
                   "", "several tables of steps are followed at once");
    expect_refused(star,
                   "algorithm: {name: sharded_data_parallel, workers: 5, gradient_bytes: 1234578, "
                   "stage: 1, units: 3, compute_seconds: 0.1, overlap: yes, flop_per_byte: 0.7}\n",
                   "", "peers add up what they receive beside other computations");
}

enum { SYSTEM_TEXT = 1024 };

/* The whole scenario is left in `text`. */
static void is_fast_on_a_star(const char *system, int iterations, char text[SYSTEM_TEXT])
{
    struct same_run same;

    snprintf(text, SYSTEM_TEXT, "platform: %s\n%siterations: %d\nseed: 7\ntrace: summary\n",
             star_platform(9, 37), system, iterations);
    runs_are_the_same(system, text, &same);
    if (!same.was_fast)
        fail_msg("%s was not fast, since %s", system, same.why);
}

/* Where none of its peer's computations is under way a stream may add up what it likes. */
static void what_streams_add_up_by_itself_is_exact(void **state)
{
    static const char *const systems[] = {
        "algorithm: {name: synchronous_data_parallel, workers: 5, gradient_bytes: 1234577, "
        "compute_seconds: 0.1, overlap: no, flop_per_byte: 71.3}\n",
        "algorithm: {name: synchronous_data_parallel, workers: 7, gradient_bytes: 1234577, "
        "compute_seconds: 0.1, overlap: yes, flop_per_byte: 71.3, compute_jitter: 0.3}\n",
        "algorithm: {name: sharded_data_parallel, workers: 5, gradient_bytes: 1234578, stage: 2, "
        "units: 3, compute_seconds: 0.1, overlap: no, flop_per_byte: 71.3}\n"};

    (void)state;
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        char text[SYSTEM_TEXT];

        is_fast_on_a_star(systems[i], 2, text);
    }
}

/* ---- what is learnt ---- */

static void the_same_is_learnt(void **state)
{
    static const char *const systems[] = {
        "algorithm: {name: synchronous_data_parallel, workers: 5, learning: mlp, overlap: no, "
        "gradient_bytes: 1234500, compute_seconds: 0.0371, flop_per_byte: 0, evaluate_every: 1, "
        "compute_jitter: 0.2, "
        "allreduce: ring}\n",
        "algorithm: {name: sharded_data_parallel, workers: 5, learning: mlp, overlap: no, stage: "
        "2, "
        "gradient_bytes: 123400, compute_seconds: 0.0213, flop_per_byte: 0, evaluate_every: 1}\n"};

    (void)state;
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        char text[SYSTEM_TEXT];

        is_fast_on_a_star(systems[i], 4, text);
        runs_learn_the_same("learning", text);
    }
}

/* ---- memory ---- */

#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed */
static double peak_bytes(const char *algorithm, int iterations)
{
    struct simulated run;
    char text[512];
    json_t *timing;
    double bytes;

    snprintf(text, sizeof text, "platform: %s\niterations: %d\ntrace: none\n%s",
             star_platform(9, 37), iterations, algorithm);
    run = simulate_into(text, "build/same/memory");
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    timing = json_load_file("build/same/memory/timing.json", 0, NULL);
    assert_non_null(timing);
    bytes = number_at(timing, "peak_memory_bytes");
    json_decref(timing);
    simulated_release(&run);
    return bytes;
}

/* With jitter none of them goes as the one before. */
static void iterations_leave_nothing_behind(void **state)
{
    static const char *const systems[] = {
        "algorithm: {name: ring_allreduce, workers: 9, gradient_bytes: 1234577, compute_seconds: "
        "0.00913, compute_jitter: 0.21, flop_per_byte: 0.3}\n",
        "algorithm: {name: synchronous_data_parallel, workers: 9, gradient_bytes: 1234577, "
        "bucket_bytes: 400000, compute_seconds: 0.00913, compute_jitter: 0.21, flop_per_byte: "
        "0}\n"};

    (void)state;
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++)
        assert_true(peak_bytes(systems[i], 3000) < peak_bytes(systems[i], 300) + 2e6);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_equals_full),
        cmocka_unit_test(every_collective_is_fast_on_a_star),
        cmocka_unit_test(who_asks_for_full_gets_it),
        cmocka_unit_test(network_models_of_others_are_refused),
        cmocka_unit_test(faults_are_refused),
        cmocka_unit_test(profiles_are_refused),
        cmocka_unit_test(transfers_that_meet_are_refused),
        cmocka_unit_test(what_is_not_a_table_alone_is_refused),
        cmocka_unit_test(what_streams_add_up_by_itself_is_exact),
        cmocka_unit_test(the_same_is_learnt),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(iterations_leave_nothing_behind),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
