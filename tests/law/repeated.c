/* Iterations of pipelines that go as the one before: skipped where they do, and nothing that is told changes by that. */
#include "tests/fixtures/act.h"
#include "tests/fixtures/random_platform.h"
#include "tests/fixtures/same_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SPLIT                                                                                      \
    "forward_seconds: 13.73ms, input_gradient_seconds: 12.91ms, weight_gradient_seconds: 9.17ms"

static const char *const systems[] = {
    "name: gpipe, microbatches: 6",
    "name: one_f_one_b, microbatches: 7",
    "name: interleaved_one_f_one_b, chunks: 2, microbatches: 8",
    "name: zb_h1, microbatches: 6",
    "name: zb_h2, microbatches: 9",
    "name: naive_model_parallelism, microbatches: 3",
    "name: user_pipeline, schedule: scenarios/schedules/eager_1f1b.csv, microbatches: 8",
};
enum { SYSTEMS = sizeof systems / sizeof systems[0], STAGES = 4 };

enum { HOSTS = 8 };

/* Each two hosts have links of their own, so that no transfers meet; hosts and links are equal, or not at all. */
static const char *pairs_platform(bool is_equal)
{
    static const char *const paths[] = {"build/star/unequal_pairs.xml", "build/star/pairs.xml"};
    FILE *file;

    star_platform(9, 37); /* makes the folder */
    file = fopen(paths[is_equal], "w");
    assert_non_null(file);
    fputs("<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
          "<platform version=\"4.1\">\n<zone id=\"z\" routing=\"Full\">\n",
          file);
    for (int h = 0; h < HOSTS; h++)
        fprintf(file, "<host id=\"h-%d\" speed=\"%d.3Gf\"/>\n", h,
                is_equal ? 7 : 1 + h * 3 % STAGES);
    for (int l = 0; l < HOSTS * HOSTS; l++)
        if (l / HOSTS != l % HOSTS)
            fprintf(file, "<link id=\"l-%d\" bandwidth=\"%dMBps\" latency=\"%dus\"/>\n", l,
                    is_equal ? 123 : 97 + 7 * l, is_equal ? 37 : 11 + l % 17);
    for (int l = 0; l < HOSTS * HOSTS; l++)
        if (l / HOSTS != l % HOSTS)
            fprintf(file,
                    "<route src=\"h-%d\" dst=\"h-%d\" symmetrical=\"NO\"><link_ctn "
                    "id=\"l-%d\"/></route>\n",
                    l / HOSTS, l % HOSTS, l);
    fputs("</zone></platform>\n", file);
    fclose(file);
    return paths[is_equal];
}

static void tell(char text[2048], const char *system, const char *more, const char *platform,
                 int iterations)
{
    assert_true(snprintf(text, 2048,
                         "platform: %s\niterations: %d\nalgorithm: {%s, stages: %d, " SPLIT
                         ", boundary_bytes: 300123%s}\n",
                         platform, iterations, system, STAGES, more) < 2048);
}

static void expect_repeats(const struct same_run *same, const char *name, int repeats, int of)
{
    char words[80];

    if (repeats == 0 && strstr(same->why, "went as the one before") == NULL)
        return;
    snprintf(words, sizeof words, "; %d of %d iterations went as the one before", repeats, of);
    if (repeats == 0 || strstr(same->why, words) == NULL)
        fail_msg("%s: not %d of %d iterations were skipped: %s", name, repeats, of, same->why);
}

static struct same_run compared(const char *system, const char *more, const char *platform,
                                int iterations, const char *rest)
{
    struct same_run same;
    char text[2048], whole[2200];

    tell(text, system, more, platform, iterations);
    snprintf(whole, sizeof whole, "%s%strace: summary\n", text, rest);
    runs_are_the_same(system, whole, &same);
    return same;
}

/* ---- where nothing meets ---- */

static void all_but_three_are_skipped(void **state)
{
    static const int iterations[] = {1, 2, 3, 4, 5, 37, 200};

    (void)state;
    for (int s = 0; s < SYSTEMS; s++)
        for (int p = 0; p < 2; p++)
            for (int i = 0; i < 7; i++) {
                const struct same_run same =
                    compared(systems[s], "", pairs_platform(p), iterations[i], "");

                assert_true(same.was_fast);
                expect_repeats(&same, systems[s], iterations[i] > 3 ? iterations[i] - 3 : 0,
                               iterations[i]);
            }
}

static void a_full_trace_has_them_all(void **state)
{
    static const int iterations[] = {4, 37};
    char text[2048];

    (void)state;
    for (int s = 0; s < SYSTEMS; s++)
        for (int i = 0; i < 2; i++) {
            tell(text, systems[s], "", pairs_platform(false), iterations[i]);
            pipeline_is_traced_the_same(systems[s], text, iterations[i]);
        }
}

static void a_thousand_are_three(void **state)
{
    (void)state;
    for (int s = 0; s < SYSTEMS; s++) {
        const struct same_run same = compared(systems[s], "", pairs_platform(true), 1000, "");

        expect_repeats(&same, systems[s], 997, 1000);
    }
}

/* Last gradients take half an iteration, and are on their way when the next begins. */
static void what_is_on_its_way_is_moved(void **state)
{
    static const int iterations[] = {4, 6, 37};

    (void)state;
    for (int s = 0; s < SYSTEMS; s++)
        for (int i = 0; i < 3; i++) {
            const struct same_run same =
                compared(systems[s], ", hop_seconds: 17ms", pairs_platform(false), iterations[i],
                         "network: textbook\n");

            expect_repeats(&same, systems[s], iterations[i] - 3, iterations[i]);
        }
}

static void ranks_and_workloads_repeat(void **state)
{
    struct same_run same =
        compared("name: one_f_one_b, microbatches: 5", ", tensor_width: 2, tensor_layers: 2",
                 pairs_platform(true), 37, "");

    (void)state;
    assert_true(same.was_fast);
    expect_repeats(&same, "ranks", 34, 37);
    runs_are_the_same("workload",
                      "platform: platforms/one_switch.xml\niterations: 37\n"
                      "workload: {model: bvlc_alexnet, batch: 3}\n"
                      "algorithm: {name: gpipe, stages: 3, microbatches: 5}\ntrace: summary\n",
                      &same);
    expect_repeats(&same, "workload", 34, 37);
}

/* ---- where they do not ---- */

static void chance_is_not_repeated(void **state)
{
    (void)state;
    for (int s = 0; s < SYSTEMS; s++) {
        const struct same_run same =
            compared(systems[s], ", compute_jitter: 0.2", pairs_platform(true), 12, "");

        assert_true(same.was_fast);
        expect_repeats(&same, systems[s], 0, 12);
    }
}

static void faults_are_not_repeated(void **state)
{
    const struct same_run same =
        compared(systems[0], "", pairs_platform(true), 12,
                 "faults: [{host: h-1, at: 1.003, factor: 0.31, for: 0.7}]\n");

    (void)state;
    expect_repeats(&same, "a fault", 0, 12);
}

static void what_learns_is_not_repeated(void **state)
{
    static const char system[] = "name: gpipe, microbatches: 6, learning: mlp, evaluate_every: 7";
    const struct same_run same = compared(system, "", pairs_platform(true), 12, "");

    (void)state;
    expect_repeats(&same, system, 0, 12);
}

static void replicas_and_links_that_are_shared_change_nothing(void **state)
{
    (void)state;
    for (int s = 0; s < SYSTEMS; s++) {
        compared(systems[s], ", replicas: 2, parameter_bytes: 1000003", star_platform(9, 37), 9,
                 "");
        for (int shape = SHAPE_STAR; shape < PLATFORM_SHAPES; shape++)
            compared(systems[s], "", shaped_platform((enum platform_shape)shape, 8, 71), 9,
                     "hosts: {stage: [h-0, h-5, h-1, h-7]}\n");
    }
}

/* ---- roles of all kinds ---- */

enum { ITERATIONS = 40 };

static void expect_same_times(const char *name, const struct simulated *one,
                              const struct simulated *other)
{
    static const char *const keys[] = {"compute_seconds", "communicate_seconds", "wait_seconds",
                                       "idle_seconds"};
    const json_t *peers = json_object_get(other->summary, "peers"), *peer;
    size_t p;

    json_array_foreach (peers, p, peer)
        for (int k = 0; k < 4; k++) {
            const double a = number_at(json_array_get(json_object_get(one->summary, "peers"), p),
                                       keys[k]),
                         b = number_at(peer, keys[k]);

            if (fabs(a - b) > 1e-9 * seconds_of(other))
                fail_msg("%s: %s of peer %zu: %.17g and %.17g", name, keys[k], p, a, b);
        }
}

/* Acts in two ways of simulating; true if iterations were skipped. */
static bool acts_the_same(const char *name, void (*act)(struct sim_peer *me), int workers)
{
    static const char *const modes[] = {"auto", "full"};
    struct simulated runs[2];
    const char *why;
    bool repeats;

    for (int i = 0; i < 2; i++) {
        char more[128];

        snprintf(more, sizeof more, "iterations: %d\ntrace: summary\nsimulation: %s\n", ITERATIONS,
                 modes[i]);
        runs[i] =
            act_as((struct sim_role){"worker", act, "", .keeps_to_messages = true}, workers, more);
        if (runs[i].code != 0)
            fail_msg("%s: %s", name, runs[i].err.text);
    }
    assert_close(seconds_of(&runs[0]), seconds_of(&runs[1]), 1e-9);
    assert_close(number_at(runs[0].summary, "bytes"), number_at(runs[1].summary, "bytes"), 0);
    assert_close(number_at(runs[0].summary, "messages"), number_at(runs[1].summary, "messages"), 0);
    expect_same_times(name, &runs[0], &runs[1]);
    why = json_string_value(json_object_get(json_object_get(runs[0].summary, "simulation"), "why"));
    repeats = strstr(why, "went as the one before") != NULL;
    simulated_release(&runs[0]);
    simulated_release(&runs[1]);
    return repeats;
}

static const struct sim_message some = {1234567, NULL};

/* A chain: each hears of the one before, computes, and tells the next. */
static void pass_on(struct sim_peer *me)
{
    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        if (me->index > 0)
            sim_receive(me, me->index - 1, NULL);
        sim_compute(me, 1e8 * (1 + me->index % 2));
        if (me->index < 3)
            sim_send(me, me->index + 1, some);
    }
}

/* The first runs ever further ahead of the second, which is slower; so no two iterations are the same. */
static void run_ahead(struct sim_peer *me)
{
    struct sim_activity *sends[ITERATIONS];
    int count = 0;

    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        sim_compute(me, 1e8 * (1 + me->index));
        if (me->index == 0)
            sends[count++] = sim_start_send(me, 1, some);
        else
            sim_receive(me, 0, NULL);
    }
    for (int i = 0; i < count; i++)
        sim_wait(me, sends[i], NULL);
}

/* What is read was sent an iteration ago. */
static void read_late(struct sim_peer *me)
{
    struct sim_activity *last = NULL;

    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        sim_compute(me, 1e8);
        if (me->index == 0) {
            sim_send(me, 1, some);
            continue;
        }
        if (last != NULL)
            sim_wait(me, last, NULL);
        last = sim_start_receive(me, 0);
    }
    if (last != NULL)
        sim_wait(me, last, NULL);
}

/* The second cannot end an iteration before the first has begun the next. */
static void read_early(struct sim_peer *me)
{
    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        const bool is_first = turn.number == 0, is_last = turn.number + 1 == me->plan->iterations;

        if (me->index == 0)
            sim_send(me, 1, some);
        sim_compute(me, 1e8);
        for (int i = 0; me->index == 1 && i < 1 + is_first - is_last; i++)
            sim_receive(me, 0, NULL);
    }
}

/* Iterations take the same time, but what the first has on its way from one to the next is larger each time, up to the
 * tenth; the second always finds it there. */
static void send_more_and_more(struct sim_peer *me)
{
    struct sim_activity *begun = NULL;

    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        const int64_t bytes = 100000 * (turn.number < 10 ? 1 + turn.number : 10);
        struct sim_activity *last = begun;

        if (me->index == 1) {
            struct sim_activity *receive = sim_start_receive(me, 0);

            sim_send(me, 0, (struct sim_message){1, NULL});
            sim_compute(me, 5e8);
            sim_wait(me, receive, NULL);
            continue;
        }
        sim_receive(me, 1, NULL);
        sim_compute(me, 3e8);
        begun = sim_start_send(me, 1, (struct sim_message){bytes, NULL});
        if (last != NULL)
            sim_wait(me, last, NULL);
    }
    if (begun != NULL)
        sim_wait(me, begun, NULL);
}

static const struct sim_message large = {4319000, NULL}; /* 35 ms */

static void compute_seconds(struct sim_peer *me, double seconds)
{
    sim_compute(me, seconds * ACT_FLOP_PER_SECOND);
}

/* The second listens an iteration ahead; the first waits for what it sent in the last one, which is still on its way. */
static void hold_up(struct sim_peer *me)
{
    struct sim_activity *sent = NULL, *next = me->index == 1 ? sim_start_receive(me, 0) : NULL;

    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        struct sim_activity *now = next;

        if (me->index == 0) {
            if (sent != NULL)
                sim_wait(me, sent, NULL);
            compute_seconds(me, 0.013);
            sent = sim_start_send(me, 1, large);
            continue;
        }
        if (turn.number + 1 < me->plan->iterations)
            next = sim_start_receive(me, 0);
        sim_wait(me, now, NULL);
    }
    if (sent != NULL)
        sim_wait(me, sent, NULL);
}

/* The second listens ahead, but later than the first sends, from the second iteration on: it holds up the first then. */
static void listen_late(struct sim_peer *me)
{
    struct sim_activity *next = me->index == 1 ? sim_start_receive(me, 0) : NULL;

    if (me->index == 1)
        compute_seconds(me, 0.02);
    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        struct sim_activity *sent = me->index == 0 ? sim_start_send(me, 1, large) : NULL;

        compute_seconds(me, 0.05);
        sim_wait(me, me->index == 0 ? sent : next, NULL);
        if (me->index == 1 && turn.number + 1 < me->plan->iterations)
            next = sim_start_receive(me, 0);
    }
}

static void roles_of_all_kinds_do_the_same(void **state)
{
    (void)state;
    assert_true(acts_the_same("pass on", pass_on, 4));
    assert_false(acts_the_same("run ahead", run_ahead, 2));
    assert_false(acts_the_same("read late", read_late, 2));
    assert_false(acts_the_same("read early", read_early, 2));
    assert_true(acts_the_same("more and more", send_more_and_more, 2));
    assert_true(acts_the_same("hold up", hold_up, 2));
    assert_false(acts_the_same("listen late", listen_late, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_three_are_skipped),
        cmocka_unit_test(a_full_trace_has_them_all),
        cmocka_unit_test(a_thousand_are_three),
        cmocka_unit_test(what_is_on_its_way_is_moved),
        cmocka_unit_test(ranks_and_workloads_repeat),
        cmocka_unit_test(chance_is_not_repeated),
        cmocka_unit_test(faults_are_not_repeated),
        cmocka_unit_test(what_learns_is_not_repeated),
        cmocka_unit_test(replicas_and_links_that_are_shared_change_nothing),
        cmocka_unit_test(roles_of_all_kinds_do_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
