/* Decoding as runs, whatever the system: batches and arrivals, what crosses the network, drafts that die or are slow. */
#include "tests/fixtures/decoded.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double target = 17.3e-3, draft = 1.9e-3, way = 50e-6, rate = 1.25e9;

#define SPECULATIVE "speculative_decoding, draft_step_seconds: 1.9ms, "

/* ---- the lecture: N T_p1, N T_p2 ---- */

static void target_alone_takes_n_steps_and_so_does_the_draft(void **state)
{
    (void)state;
    assert_close(decoded_seconds("autoregressive, tokens: 71", ""), 71 * target, 1e-12);
    assert_close(
        decoded_seconds("autoregressive, tokens: 71, model: draft, draft_step_seconds: 1.9ms", ""),
        71 * draft, 1e-12);
}

/* All is accepted: of 5 tokens the draft says 4. */
static void drafts_that_are_always_right_take_n_draft_steps_and_one_check_for_each_round(
    void **state)
{
    static const char all[] =
        SPECULATIVE "tokens: 70, gamma: 4, acceptance: [1], placement: together";

    (void)state;
    assert_close(decoded_seconds(all, ""), 56 * draft + 14 * target, 1e-12);
    assert_close(decoded_metric(all, "", "speedup"), 70 * target / (56 * draft + 14 * target),
                 1e-12);
    assert_close(decoded_metric(all, "", "tokens_per_step"), 5, 0);
    assert_close(decoded_metric(all, "", "alpha"), 1, 0);
}

/* The lecture's warning: nothing is accepted, so that each token costs a step of the target, and gamma of the draft. */
static void drafts_that_are_never_right_make_it_slower(void **state)
{
    static const char none[] =
        SPECULATIVE "tokens: 70, gamma: 4, acceptance: [0], placement: together";

    (void)state;
    assert_close(decoded_seconds(none, ""), 70 * (4 * draft + target), 1e-12);
    assert_close(decoded_metric(none, "", "speedup"), target / (4 * draft + target), 1e-12);
    assert_close(decoded_metric(none, "", "thrown_away_tokens"), 280, 0);
}

/* ---- batches ---- */

static void a_batch_takes_as_long_as_one_where_steps_do_and_a_smaller_one_twice_as_long(
    void **state)
{
    static const char four[] = "requests: {arrival: fixed, rate: 1000000, count: 4}\n";

    (void)state;
    /* the others come some microseconds later, and join behind the first one's first step */
    assert_close(decoded_seconds("autoregressive, tokens: 30, batch: 4", four), 31 * target, 1e-12);
    assert_close(decoded_metric("autoregressive, tokens: 30, batch: 4", four, "mean_batch"),
                 120.0 / 31, 1e-12);
    assert_close(decoded_seconds("autoregressive, tokens: 30, batch: 1", four), 120 * target,
                 1e-12);
}

static void a_prompt_is_read_in_one_step_that_says_the_first_token(void **state)
{
    static const char prompt[] = "autoregressive, tokens: 30, prompt_tokens: 13";

    (void)state;
    assert_close(decoded_seconds(prompt, ""), 30 * target, 1e-12);
    assert_close(decoded_metric(prompt, "", "mean_time_to_first_token_seconds"), target, 1e-12);
    assert_close(decoded_metric(prompt, "", "prefill_seconds"), target, 1e-12);
    assert_close(decoded_metric(prompt, "", "mean_time_per_output_token_seconds"), target, 1e-12);
}

/* What speedup is measured against is worked out; here it is simulated, too. */
static void the_target_alone_takes_what_the_baseline_says(void **state)
{
    static const char users[] = "requests: {arrival: poisson, rate: 1.3, count: 60}\nseed: 5\n";
    static const char speculative[] = SPECULATIVE "tokens: 40, batch: 3, prompt_tokens: 7";
    struct simulated alone =
        decoded_run("autoregressive, tokens: 40, batch: 3, prompt_tokens: 7", users);

    (void)state;
    assert_close(decoded_metric(speculative, users, "autoregressive_seconds"), seconds_of(&alone),
                 1e-9);
    assert_close(decoded_metric(speculative, users, "speedup") *
                     decoded_metric(speculative, users, "mean_latency_seconds"),
                 metric_of(&alone, "mean_latency_seconds"), 1e-9);
    assert_close(metric_of(&alone, "speedup"), 1, 1e-9);
    simulated_release(&alone);
}

static void a_horizon_ends_the_run(void **state)
{
    struct simulated run = decoded_run("autoregressive, tokens: 1000",
                                       "requests: {arrival: fixed, rate: 2, horizon: 3}\n");

    (void)state;
    assert_close(metric_of(&run, "requests_unfinished"), 6, 0);
    assert_true(seconds_of(&run) >= 3 && seconds_of(&run) < 3 + target);
    simulated_release(&run);
}

/* ---- what crosses the network ---- */

/* Rounds of five: orders of 8 bytes, tokens of 4. */
#define RIGHT SPECULATIVE "tokens: 35, gamma: 4, acceptance: [1]"
#define WRONG SPECULATIVE "tokens: 7, gamma: 4, acceptance: [0], vocabulary: 613"

static void the_exchange_is_as_large_as_its_rule_needs(void **state)
{
    (void)state;
    assert_close(decoded_bytes(RIGHT ", placement: together", ""), 0, 0);
    assert_close(decoded_bytes(RIGHT, ""), 7 * (8 + 4 * 4), 0);
    assert_close(decoded_bytes(RIGHT ", exchange: probabilities", ""), 7 * (8 + 4 * 8), 0);
    assert_close(decoded_bytes(WRONG ", exchange: row_on_rejection", ""),
                 7 * (8 + 4 * 8 + 4 + 4 * 613), 0);
    assert_close(decoded_bytes(WRONG ", exchange: rows", ""), 7 * (8 + 4 * 4 + 4 * 4 * 613), 0);
}

static void a_round_apart_pays_for_the_way_there_and_back(void **state)
{
    (void)state;
    assert_close(decoded_seconds(RIGHT, "") - decoded_seconds(RIGHT ", placement: together", ""),
                 7 * (2 * way + (8 + 16) / rate), 1e-9);
    assert_close(decoded_seconds(WRONG ", exchange: row_on_rejection", "") -
                     decoded_seconds(WRONG ", exchange: probabilities", ""),
                 7 * (2 * way + (4 + 4 * 613) / rate), 1e-9);
}

/* ---- what goes wrong ---- */

static void a_slow_draft_takes_longer(void **state)
{
    static const char slow[] = "faults: [{host: node-1, at: 0, for: 1000, factor: 0.25}]\nhosts: "
                               "{target: [node-0], draft: [node-1]}\n";

    (void)state;
    assert_close(decoded_seconds(RIGHT, slow) - decoded_seconds(RIGHT, ""), 7 * 4 * draft * 3,
                 1e-6);
}

/* The draft is dead from the third round on: tokens then cost a step each. */
static void without_its_draft_the_target_goes_on_alone(void **state)
{
    const double round = 4 * draft + target + 2 * way + 24 / rate;
    static const char dies[] = "faults: [{host: node-1, at: 52ms, factor: 0}]\nhosts: {target: "
                               "[node-0], draft: [node-1]}\n";

    (void)state;
    assert_true(2 * round < 52e-3 && 2 * round + 4 * draft > 52e-3); /* while it drafts */
    assert_close(decoded_seconds(RIGHT, dies), 52e-3 + 25 * target, 1e-6);
}

static void a_draft_that_comes_back_drafts_again(void **state)
{
    static const char returns[] = "faults: [{host: node-1, at: 52ms, for: 60ms, factor: 0}]\n"
                                  "hosts: {target: [node-0], draft: [node-1]}\n";
    static const char never[] = "faults: [{host: node-1, at: 52ms, factor: 0}]\nhosts: {target: "
                                "[node-0], draft: [node-1]}\n";

    (void)state;
    assert_true(decoded_seconds(RIGHT, returns) < decoded_seconds(RIGHT, never));
    assert_true(decoded_seconds(RIGHT, returns) > decoded_seconds(RIGHT, ""));
}

/* ---- gamma ---- */

/* c = .1 and alpha = .8: Leviathan's Theorem 3.8 is largest at 6. */
static void the_best_gamma_is_the_argmax_of_the_theorem(void **state)
{
#define BEST "speculative_decoding, draft_step_seconds: 1.73ms, tokens: 2000, placement: together, "
    struct simulated chosen = decoded_run(BEST "gamma_choice: optimal", "");

    (void)state;
    assert_close(seconds_of(&chosen), decoded_seconds(BEST "gamma: 6", ""), 1e-12);
    assert_true(seconds_of(&chosen) < decoded_seconds(BEST "gamma: 3", ""));
    simulated_release(&chosen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_alone_takes_n_steps_and_so_does_the_draft),
        cmocka_unit_test(
            drafts_that_are_always_right_take_n_draft_steps_and_one_check_for_each_round),
        cmocka_unit_test(drafts_that_are_never_right_make_it_slower),
        cmocka_unit_test(
            a_batch_takes_as_long_as_one_where_steps_do_and_a_smaller_one_twice_as_long),
        cmocka_unit_test(a_prompt_is_read_in_one_step_that_says_the_first_token),
        cmocka_unit_test(the_target_alone_takes_what_the_baseline_says),
        cmocka_unit_test(a_horizon_ends_the_run),
        cmocka_unit_test(the_exchange_is_as_large_as_its_rule_needs),
        cmocka_unit_test(a_round_apart_pays_for_the_way_there_and_back),
        cmocka_unit_test(a_slow_draft_takes_longer),
        cmocka_unit_test(without_its_draft_the_target_goes_on_alone),
        cmocka_unit_test(a_draft_that_comes_back_drafts_again),
        cmocka_unit_test(the_best_gamma_is_the_argmax_of_the_theorem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
