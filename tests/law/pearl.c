/* PEARL as runs: its closed form, that it is never slower, what sharing a host or a slow draft costs. */
#include "tests/fixtures/decoded.h"

#include "algorithms/decoding/shared/expected.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SWITCH                                                                                     \
    "platform: platforms/one_switch.xml\nhosts: {target: [node-0], draft: "                        \
    "[node-1]}\n"
#define FREE                                                                                       \
    "platform: {file: platforms/one_switch.xml, \"cluster[switch]\": {lat: 0, bw: "                \
    "1000000Gbps}}\n"

/* ---- beside closed forms ---- */

enum strategy { BOTH, PRE_VERIFY, POST_VERIFY };
static const char *const strategies[] = {"both", "pre_verify", "post_verify"};

/* Steps of a cycle in which `accepted` drafts are accepted until one is refused. */
static double steps_of_cycle(enum strategy strategy, int gamma, int accepted)
{
    switch (strategy) {
    case PRE_VERIFY: return accepted == 0 ? 1 : 2;
    case POST_VERIFY: return 2 + accepted / gamma;
    default: return accepted == 0 ? 1 : 2 + (accepted - 1) / gamma;
    }
}

static double tokens_of_cycle(enum strategy strategy, int gamma, int accepted)
{
    return strategy == PRE_VERIFY && accepted > gamma ? gamma + 1 : accepted + 1;
}

/* Of a cycle: means, and variances; `ratio` is of what tokens are more or less than its steps let
 * expect. */
struct cycle {
    double tokens, steps, thrown_away;
    struct {
        double ratio, steps, thrown_away;
    } variance;
};

static double thrown_away_of_cycle(int gamma, int accepted)
{
    return gamma * steps_of_cycle(BOTH, gamma, accepted) - accepted;
}

static double square(double x)
{
    return x * x;
}

static struct cycle cycle_of(enum strategy strategy, double alpha, int gamma)
{
    enum { MOST_ACCEPTED = 500 }; /* 0.9^500 is 10^-23 */
    struct cycle cycle = {0};

    for (int k = 0; k < MOST_ACCEPTED; k++) {
        const double share = pow(alpha, k) * (1 - alpha);

        cycle.tokens += share * tokens_of_cycle(strategy, gamma, k);
        cycle.steps += share * steps_of_cycle(strategy, gamma, k);
        cycle.thrown_away += share * thrown_away_of_cycle(gamma, k);
    }
    for (int k = 0; k < MOST_ACCEPTED; k++) {
        const double share = pow(alpha, k) * (1 - alpha);
        const double steps = steps_of_cycle(strategy, gamma, k);

        cycle.variance.ratio += share * square(tokens_of_cycle(strategy, gamma, k) -
                                               cycle.tokens / cycle.steps * steps);
        cycle.variance.steps += share * square(steps - cycle.steps);
        cycle.variance.thrown_away +=
            share * square(thrown_away_of_cycle(gamma, k) - cycle.thrown_away);
    }
    return cycle;
}

/* Relative, of a mean over the cycles of a run of so many tokens. */
static double three_sigma_of(const struct cycle *cycle, double variance, double mean, double tokens)
{
    return 3 * sqrt(variance / (tokens / cycle->tokens)) / mean;
}

/* Of tokens per step. */
static double three_sigma(enum strategy strategy, double alpha, int gamma, double tokens)
{
    const struct cycle cycle = cycle_of(strategy, alpha, gamma);

    return three_sigma_of(&cycle, cycle.variance.ratio, cycle.tokens, tokens);
}

static const struct {
    double alpha;
    int gamma;
} rows[] = {{.5, 5}, {.7, 5}, {.8, 5}, {.9, 8}, {.8437, 5}, {.7351, 2}, {.2713, 3}};
enum { ROWS = sizeof rows / sizeof rows[0], LONG = 15000 };

/* A cycle has 1 / (1 - alpha) tokens, the corrected one with them, and one step of PRE. */
static void check_cycles(const struct simulated *run, double alpha, int gamma)
{
    const struct cycle cycle = cycle_of(BOTH, alpha, gamma);

    assert_close(metric_of(run, "mean_acceptance_length"), 1 / (1 - alpha),
                 3 * sqrt(alpha / (LONG * (1 - alpha))));
    assert_close(metric_of(run, "alpha"), alpha, 3 * sqrt((1 - alpha) / alpha / LONG));
    assert_close(metric_of(run, "share_of_pre_steps"), dec_pearl_pre_share(alpha, gamma),
                 three_sigma_of(&cycle, cycle.variance.steps, cycle.steps, LONG));
    assert_close(metric_of(run, "thrown_away_per_cycle"), dec_pearl_thrown_away(alpha, gamma),
                 three_sigma_of(&cycle, cycle.variance.thrown_away, cycle.thrown_away, LONG));
}

static void tokens_per_step_and_cycles_follow_the_closed_forms(void **state)
{
    static const double by_hand[] = {1.3191, 1.8102, 2.2832, 3.8756};

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const double alpha = rows[i].alpha, expected = dec_pearl_tokens(alpha, rows[i].gamma);
        struct simulated run;
        char more[160];

        if (i < sizeof by_hand / sizeof by_hand[0])
            assert_close(expected, by_hand[i], 0.00004);
        snprintf(more, sizeof more,
                 "pearl, draft_step_seconds: 1.1ms, tokens: %d, acceptance: [%g], gamma: %d", LONG,
                 alpha, rows[i].gamma);
        run = decoded_run(more, SWITCH);
        assert_close(metric_of(&run, "tokens_per_step"), expected,
                     three_sigma(BOTH, alpha, rows[i].gamma, LONG));
        check_cycles(&run, alpha, rows[i].gamma);
        simulated_release(&run);
    }
}

/* A window takes as long as a step of the target, and nothing else takes time: speedup is tokens per
 * step, those included in which only one of the two computes. */
static void each_strategy_alone_is_as_fast_as_its_closed_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i += 2)
        for (int s = PRE_VERIFY; s <= POST_VERIFY; s++) {
            const double expected =
                s == PRE_VERIFY ? dec_pearl_pre_verify_tokens(rows[i].alpha, rows[i].gamma)
                                : dec_pearl_post_verify_tokens(rows[i].alpha, rows[i].gamma);
            char more[200];

            snprintf(more, sizeof more,
                     "pearl, draft_step_seconds: %.12g, tokens: %d, acceptance: [%g], gamma: %d, "
                     "strategy: %s",
                     17.3e-3 / rows[i].gamma, LONG, rows[i].alpha, rows[i].gamma, strategies[s]);
            assert_close(decoded_metric(more, FREE, "speedup"), expected,
                         three_sigma((enum strategy)s, rows[i].alpha, rows[i].gamma, LONG));
            assert_true(expected < dec_pearl_tokens(rows[i].alpha, rows[i].gamma) + 1e-12);
        }
}

/* nano-PEARL, Qwen3-0.6B and 32B on GSM8K: 6.944 tokens of a cycle; the speedup of a step that takes
 * T_p is S. */
static void a_published_run_is_as_fast_through_actors(void **state)
{
    const double alpha = 1 - 1 / 6.944;
    double speedup;
    char more[160];

    (void)state;
    snprintf(more, sizeof more,
             "pearl, draft_step_seconds: 3.4ms, tokens: 60000, acceptance: [%.9f], gamma: 5",
             alpha);
    speedup = decoded_metric(more, FREE, "speedup");
    assert_close(speedup, dec_pearl_tokens(alpha, 5), three_sigma(BOTH, alpha, 5, 60000));
    assert_close(speedup, 2.70, 0.06); /* as printed */
}

/* ---- what it gains ---- */

static void windows_of_one_gain_nothing(void **state)
{
    (void)state;
    for (double alpha = 0.13; alpha < 1; alpha += 0.29) {
        char more[160];

        snprintf(more, sizeof more,
                 "pearl, draft_step_seconds: 1.1ms, tokens: 500, acceptance: [%g], gamma: 1",
                 alpha);
        assert_close(decoded_metric(more, FREE, "tokens_per_step"), 1, 0);
        assert_close(decoded_metric(more, FREE, "speedup"), 1, 1e-9);
    }
}

/* Exchange is free, gamma T_q <= T_p, and gamma rows cost a step: whatever is accepted. */
static void it_is_never_slower_than_the_target_alone(void **state)
{
    (void)state;
    for (double alpha = 0; alpha <= 1; alpha += 0.25)
        for (int gamma = 1; gamma <= 9; gamma += 4) {
            char more[160];

            snprintf(more, sizeof more,
                     "pearl, draft_step_seconds: %.9g, tokens: 300, acceptance: [%g], gamma: %d",
                     17.3e-3 / gamma, alpha, gamma);
            assert_true(decoded_metric(more, FREE, "speedup") >= 1 - 1e-9);
        }
}

#define USUAL "pearl, draft_step_seconds: 3ms, tokens: 400, acceptance: [0.7351], gamma: 5"

/* With resource competition: both on one host take longer than on two, though nothing crosses the network. */
static void sharing_a_host_is_slower(void **state)
{
    (void)state;
    assert_true(
        decoded_seconds(USUAL, SWITCH) * 1.5 <
        decoded_seconds(USUAL ", placement: together", "platform: platforms/one_switch.xml\n"));
}

static void each_step_pays_for_the_way_there_and_back(void **state)
{
    const double steps = decoded_metric(USUAL, SWITCH, "target_steps");

    (void)state;
    assert_close(decoded_seconds(USUAL, SWITCH) - steps * 17.3e-3,
                 steps * (2 * 50e-6 + (8 + 4 * 5) / 1.25e9), 1e-9);
}

static void a_slow_draft_is_waited_for(void **state)
{
    const double steps = decoded_metric(USUAL, SWITCH, "target_steps");

    (void)state;
    assert_close(decoded_seconds(USUAL, SWITCH
                                 "faults: [{host: node-1, at: 0, for: 10000, factor: 0.5}]\n") -
                     decoded_seconds(USUAL, SWITCH),
                 steps * (2 * 5 * 3e-3 - 17.3e-3), 1e-6);
}

/* Its draft is dead from the start: a token a step. */
static void without_its_draft_the_target_goes_on_alone(void **state)
{
    (void)state;
    assert_close(decoded_seconds(USUAL, SWITCH "faults: [{host: node-1, at: 0, factor: 0}]\n"),
                 400 * 17.3e-3, 1e-6);
}

static void the_best_window_is_the_ratio_of_steps(void **state)
{
    (void)state;
    assert_close(
        decoded_metric("pearl, draft_step_seconds: 2.5ms, gamma_choice: optimal", SWITCH, "gamma"),
        7, 0);
}

static void a_batch_has_a_state_for_each_sequence(void **state)
{
    static const char many[] = SWITCH "requests: {arrival: fixed, rate: 1000000, count: 6}\n";
    static const char larger[] =
        "pearl, draft_step_seconds: 3ms, tokens: 4000, acceptance: [0.7351], gamma: 5, batch: 6";

    (void)state;
    assert_close(decoded_metric(larger, many, "tokens_per_step"), dec_pearl_tokens(.7351, 5),
                 three_sigma(BOTH, .7351, 5, 6 * 4000));
    assert_true(decoded_seconds(USUAL ", batch: 6", many) < 0.3 * decoded_seconds(USUAL, many));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_per_step_and_cycles_follow_the_closed_forms),
        cmocka_unit_test(each_strategy_alone_is_as_fast_as_its_closed_form),
        cmocka_unit_test(a_published_run_is_as_fast_through_actors),
        cmocka_unit_test(windows_of_one_gain_nothing),
        cmocka_unit_test(it_is_never_slower_than_the_target_alone),
        cmocka_unit_test(sharing_a_host_is_slower),
        cmocka_unit_test(each_step_pays_for_the_way_there_and_back),
        cmocka_unit_test(a_slow_draft_is_waited_for),
        cmocka_unit_test(without_its_draft_the_target_goes_on_alone),
        cmocka_unit_test(the_best_window_is_the_ratio_of_steps),
        cmocka_unit_test(a_batch_has_a_state_for_each_sequence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
