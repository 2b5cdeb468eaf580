/* PEARL as runs: what it emits whatever its draft does, drafts that die while both compute, what
 * crosses the network. */
#include "tests/fixtures/decoded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SWITCH   "platform: platforms/one_switch.xml\nhosts: {target: [node-0], draft: [node-1]}\n"
#define TOGETHER "platform: platforms/one_switch.xml\n"

#define PEARL "pearl, draft_step_seconds: 3ms, "

static const double target = 17.3e-3, draft = 3e-3, way = 50e-6, rate = 1.25e9;

/* A file of the run directory. */
static const char *output_on(const char *where, const char *more, const char *name,
                             struct sim_arena *arena)
{
    struct decoded decoded;
    const char *all;

    decoded_open(&decoded, more, where);
    all = sim_text(arena, "%s", decoded_file(&decoded, name));
    decoded_close(&decoded);
    return all;
}

/* ---- drafts that die ---- */

#define DIES(when) SWITCH "faults: [{host: node-1, at: " when ", factor: 0}]\n"
#define RIGHT      PEARL "tokens: 40, acceptance: [1], gamma: 5"

/* Steps take 17.4 ms, the first emits one token and all others five; in each the draft says its
 * window from .05 to 15.05 ms on.  The step in which it dies is not in vain: the target says the token
 * itself at which it wanted to look. */
static void a_draft_that_dies_while_both_compute_costs_no_step(void **state)
{
    static const struct {
        const char *where;
        int steps;
    } cases[] = {
        {DIES("8ms"), 40},          /* 1, then one each */
        {DIES("25ms"), 1 + 1 + 34}, /* 1, 5, 34 */
        {DIES("60ms"), 1 + 3 + 24}, /* 1, 5, 5, 5, 24 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct simulated run = decoded_run(RIGHT, cases[i].where);

        assert_close(metric_of(&run, "target_steps"), cases[i].steps, 0);
        assert_close(metric_of(&run, "tokens_per_step"), 40.0 / cases[i].steps, 1e-12);
        simulated_release(&run);
    }
}

/* Nothing that was looked at was refused, and the window that was lost is not counted. */
static void a_lost_window_is_no_refusal(void **state)
{
    struct simulated run = decoded_run(RIGHT, DIES("60ms"));

    (void)state;
    assert_close(metric_of(&run, "alpha"), 1, 0);
    assert_close(metric_of(&run, "drafted_tokens"), 15, 0);
    assert_close(metric_of(&run, "thrown_away_tokens"), 0, 0);
    simulated_release(&run);
}

static void a_draft_that_comes_back_drafts_again(void **state)
{
    static const char returns[] =
        SWITCH "faults: [{host: node-1, at: 25ms, for: 60ms, factor: 0}]\n";

    (void)state;
    assert_true(decoded_seconds(RIGHT, returns) < decoded_seconds(RIGHT, DIES("25ms")));
    assert_true(decoded_seconds(RIGHT, returns) > decoded_seconds(RIGHT, SWITCH ""));
}

/* ---- what is emitted ---- */

#define GREEDY  "tokens_from: text, temperature: 0, prompt_tokens: 11, order: 4, tokens: 120"
#define SAMPLED "tokens_from: text, prompt_tokens: 11, order: 3, tokens: 120"

static const char *const strategies[] = {"both", "pre_verify", "post_verify"};
enum { STRATEGIES = sizeof strategies / sizeof strategies[0] };

/* Whatever becomes of its draft, and of one that is wrong most of the time. */
static void greedy_texts_are_the_targets_own(void **state)
{
    static const char *const where[] = {
        SWITCH, SWITCH "faults: [{host: node-1, at: 0.43, factor: 0}]\n",
        SWITCH "faults: [{host: node-1, at: 0.1371, for: 0.2113, factor: 0}]\n"};
    struct sim_arena *arena = sim_arena_open();
    const char *alone = output_on(TOGETHER, "autoregressive, " GREEDY, "text.txt", arena);

    (void)state;
    assert_true(strlen(alone) > 240); /* 120 words */
    for (size_t w = 0; w < sizeof where / sizeof where[0]; w++)
        for (int s = 0; s < STRATEGIES; s++) {
            char more[240];

            snprintf(more, sizeof more,
                     PEARL "gamma: %d, strategy: %s, draft_orders: [%d], " GREEDY, 2 + s,
                     strategies[s], s == 1 ? 1 : 3);
            assert_string_equal(output_on(where[w], more, "text.txt", arena), alone);
        }
    sim_arena_close(arena);
}

/* Draft and target draw from streams of their own: what is said does not depend on who is first. */
static void what_is_drawn_does_not_depend_on_when(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (int s = 0; s < STRATEGIES; s++) {
        char more[240], together[280];
        const char *apart;

        snprintf(more, sizeof more, PEARL "gamma: 4, strategy: %s, " SAMPLED, strategies[s]);
        snprintf(together, sizeof together, "%s, placement: together", more);
        apart = output_on(SWITCH, more, "text.txt", arena);
        assert_string_equal(output_on(SWITCH
                                      "faults: [{host: node-1, at: 0, for: 1000, factor: 0.1}]\n",
                                      more, "text.txt", arena),
                            apart);
        assert_string_equal(output_on(TOGETHER, together, "text.txt", arena), apart);
    }
    sim_arena_close(arena);
}

/* Also where the draft alone has a step. */
static void rounds_are_numbered_from_0(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (int s = 0; s < STRATEGIES; s++) {
        char more[160];
        const char *line;
        int number = 0;

        snprintf(more, sizeof more, PEARL "tokens: 60, acceptance: [0.6173], strategy: %s",
                 strategies[s]);
        line = strchr(output_on(SWITCH, more, "rounds.csv", arena), '\n') + 1;
        for (; *line != '\0'; line = strchr(line, '\n') + 1)
            assert_int_equal(atoi(strstr(line, "target-0,") + strlen("target-0,")), number++);
        assert_true(number > 20);
    }
    sim_arena_close(arena);
}

/* ---- what crosses the network ---- */

#define WRONG PEARL "tokens: 7, gamma: 4, acceptance: [0], vocabulary: 613"

static double bytes_on(const char *where, const char *more)
{
    struct simulated run = decoded_run(more, where);
    const double value = number_at(run.summary, "bytes");

    simulated_release(&run);
    return value;
}

/* All four of each window go, whatever becomes of them; of the one that is refused the row when it
 * is asked for. */
static void the_exchange_is_as_large_as_its_rule_needs(void **state)
{
    static const char where[] = SWITCH "";

    (void)state;
    assert_close(bytes_on(where, WRONG), 7 * (8 + 4 * 4), 0);
    assert_close(bytes_on(where, WRONG ", exchange: probabilities"), 7 * (8 + 4 * 8), 0);
    assert_close(bytes_on(where, WRONG ", exchange: row_on_rejection"),
                 7 * (8 + 4 * 8 + 4 + 4 * 613), 0);
    assert_close(bytes_on(where, WRONG ", exchange: rows"), 7 * (8 + 4 * 4 + 4 * 4 * 613), 0);
    assert_close(bytes_on(TOGETHER "", WRONG ", placement: together"), 0, 0);
}

/* A refused token's row is another way there and back, which the draft does not hide. */
static void a_row_that_is_asked_for_takes_its_way(void **state)
{
    static const char where[] = SWITCH "";

    (void)state;
    assert_close(decoded_seconds(WRONG, where), 7 * (target + 2 * way + (8 + 16) / rate), 1e-9);
    assert_close(decoded_seconds(WRONG ", exchange: row_on_rejection", where) -
                     decoded_seconds(WRONG ", exchange: probabilities", where),
                 7 * (2 * way + (4 + 4 * 613) / rate), 1e-9);
}

/* On one host the speed is shared while both compute, so that a step takes as long as both one after the other. */
static void on_one_host_a_step_takes_as_long_as_both(void **state)
{
    (void)state;
    assert_close(decoded_seconds(WRONG ", placement: together", TOGETHER ""),
                 7 * (target + 4 * draft), 1e-9);
}

/* ---- what is wrong ---- */

static void bad_input_gets_a_sentence(void **state)
{
    static const struct {
        const char *more, *sentence;
    } cases[] = {
        {PEARL "gamma: 0", "algorithm.gamma: 0 is out of bounds: at least 1"},
        {PEARL "gamma: 257", "algorithm.gamma: 257 is out of bounds"},
        {PEARL "strategy: blind", "none of its choices: both, pre_verify, post_verify"},
        {PEARL "acceptance: [1.0173]", "1.0173 is out of bounds"},
        {PEARL "acceptance: [.5], rank_acceptance: [.5]", "Give one of acceptance"},
        {PEARL "tokens_from: text, acceptance: [.5]", "acceptance is what it is"},
        {PEARL "tokens_from: text, exchange: tokens", "is not enough to draw what replaces"},
        {PEARL "text: README.md", "are for tokens_from: text"},
        {PEARL "tensor_parallel: 2", "need a workload"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        decoded_fails(cases[i].more, SWITCH, cases[i].sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_that_dies_while_both_compute_costs_no_step),
        cmocka_unit_test(a_lost_window_is_no_refusal),
        cmocka_unit_test(a_draft_that_comes_back_drafts_again),
        cmocka_unit_test(greedy_texts_are_the_targets_own),
        cmocka_unit_test(what_is_drawn_does_not_depend_on_when),
        cmocka_unit_test(rounds_are_numbered_from_0),
        cmocka_unit_test(the_exchange_is_as_large_as_its_rule_needs),
        cmocka_unit_test(a_row_that_is_asked_for_takes_its_way),
        cmocka_unit_test(on_one_host_a_step_takes_as_long_as_both),
        cmocka_unit_test(bad_input_gets_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
