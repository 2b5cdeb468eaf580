/* PEARL as runs: its closed form, that it is never slower, what sharing a host or a slow draft costs. */
#include "tests/fixtures/shipped.h"

#include "algorithms/decoding/shared/expected.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SWITCH                                                                                     \
    "platform: platforms/one_switch.xml\ntrace: none\nhosts: {target: [node-0], draft: "           \
    "[node-1]}\n"
#define FREE                                                                                       \
    "platform: {file: platforms/one_switch.xml, \"cluster[switch]\": {lat: 0, bw: "                \
    "1000000Gbps}}\ntrace: none\n"

static struct simulated run_on(const char *where, const char *more)
{
    char text[1024];
    struct simulated run;

    snprintf(text, sizeof text, "%salgorithm: {name: pearl, target_step_seconds: 17.3ms, %s}\n",
             where, more);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", more, run.err.text);
    return run;
}

static double metric_on(const char *where, const char *more, const char *metric)
{
    struct simulated run = run_on(where, more);
    const double value = metric_of(&run, metric);

    simulated_release(&run);
    return value;
}

static double seconds_on(const char *where, const char *more)
{
    struct simulated run = run_on(where, more);
    const double value = seconds_of(&run);

    simulated_release(&run);
    return value;
}

/* A cycle emits 1 / (1 - alpha) tokens, geometrically: of n cycles the mean is off by sqrt(alpha) / (1 - alpha) / sqrt(n). */
static void tokens_per_step_follow_the_closed_form(void **state)
{
    static const struct {
        double alpha;
        int gamma;
    } rows[] = {{.5, 5}, {.7, 5}, {.8, 5}, {.9, 8}, {.8437, 5}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double cycles = 30000 * (1 - rows[i].alpha);
        char more[160];

        snprintf(more, sizeof more,
                 "draft_step_seconds: 1.1ms, tokens: 30000, acceptance: [%g], gamma: %d",
                 rows[i].alpha, rows[i].gamma);
        assert_close(metric_on(SWITCH, more, "tokens_per_step"),
                     dec_pearl_tokens(rows[i].alpha, rows[i].gamma),
                     3 * sqrt(rows[i].alpha) / sqrt(cycles));
    }
}

/* nano-PEARL, Qwen3-0.6B and 32B on GSM8K: 6.944 tokens of a cycle; the speedup of a step that takes T_p is S. */
static void a_published_run_is_as_fast_through_actors(void **state)
{
    const double alpha = 1 - 1 / 6.944;
    char more[160];

    (void)state;
    snprintf(more, sizeof more,
             "draft_step_seconds: 3.4ms, tokens: 60000, acceptance: [%.9f], gamma: 5", alpha);
    assert_close(metric_on(FREE, more, "speedup"), dec_pearl_tokens(alpha, 5), 0.02);
    assert_close(metric_on(FREE, more, "speedup"), 2.70, 0.06); /* as printed */
}

static void windows_of_one_gain_nothing(void **state)
{
    (void)state;
    for (double alpha = 0.13; alpha < 1; alpha += 0.29) {
        char more[160];

        snprintf(more, sizeof more,
                 "draft_step_seconds: 1.1ms, tokens: 500, acceptance: [%g], gamma: 1", alpha);
        assert_close(metric_on(FREE, more, "tokens_per_step"), 1, 0);
        assert_close(metric_on(FREE, more, "speedup"), 1, 1e-9);
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
                     "draft_step_seconds: %.9g, tokens: 300, acceptance: [%g], gamma: %d",
                     17.3e-3 / gamma, alpha, gamma);
            assert_true(metric_on(FREE, more, "speedup") >= 1 - 1e-9);
        }
}

#define USUAL "draft_step_seconds: 3ms, tokens: 400, acceptance: [0.7351], gamma: 5"

/* With resource competition: both on one host take longer than on two, though nothing crosses the network. */
static void sharing_a_host_is_slower(void **state)
{
    (void)state;
    assert_true(seconds_on(SWITCH, USUAL) * 1.5 <
                seconds_on("platform: platforms/one_switch.xml\ntrace: none\n",
                           USUAL ", placement: together"));
}

static void each_step_pays_for_the_way_there_and_back(void **state)
{
    const double steps = metric_on(SWITCH, USUAL, "target_steps");

    (void)state;
    assert_close(seconds_on(SWITCH, USUAL) - steps * 17.3e-3,
                 steps * (2 * 50e-6 + (8 + 4 * 5) / 1.25e9), 1e-9);
}

static void a_slow_draft_is_waited_for(void **state)
{
    const double steps = metric_on(SWITCH, USUAL, "target_steps");

    (void)state;
    assert_close(
        seconds_on(SWITCH "faults: [{host: node-1, at: 0, for: 10000, factor: 0.5}]\n", USUAL) -
            seconds_on(SWITCH, USUAL),
        steps * (2 * 5 * 3e-3 - 17.3e-3), 1e-6);
}

/* Its draft is dead from the start: a token a step. */
static void without_its_draft_the_target_goes_on_alone(void **state)
{
    (void)state;
    assert_close(seconds_on(SWITCH "faults: [{host: node-1, at: 0, factor: 0}]\n", USUAL),
                 400 * 17.3e-3, 1e-6);
}

static void the_best_window_is_the_ratio_of_steps(void **state)
{
    (void)state;
    assert_close(metric_on(SWITCH, "draft_step_seconds: 2.5ms, gamma_choice: optimal", "gamma"), 7,
                 0);
}

static void a_batch_has_a_state_for_each_sequence(void **state)
{
    static const char many[] = SWITCH "requests: {arrival: fixed, rate: 1000000, count: 6}\n";

    (void)state;
    assert_close(metric_on(many, USUAL ", batch: 6", "tokens_per_step"), dec_pearl_tokens(.7351, 5),
                 0.06);
    assert_true(seconds_on(many, USUAL ", batch: 6") < 0.3 * seconds_on(many, USUAL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_per_step_follow_the_closed_form),
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
