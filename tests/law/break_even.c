/* From which alpha on drafting pays, as runs: there a run takes as long as the target alone. */
#include "tests/fixtures/shipped.h"

#include <stdio.h>

/* Any two hosts are 50 us and 1.25 GB/s apart. */
#define SPECULATIVE                                                                                \
    "platform: platforms/one_switch.xml\ntrace: none\nalgorithm: {name: speculative_decoding, "    \
    "target_step_seconds: 1.73ms, "

static struct simulated run_of(const char *more)
{
    char text[1024];
    struct simulated run;

    snprintf(text, sizeof text, SPECULATIVE "%s}\n", more);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", more, run.err.text);
    return run;
}

/* Rounds are short, so that what crosses the network is 6 % of a step, and counts. */
static void at_the_alpha_that_a_run_names_the_next_is_as_fast_as_the_target_alone(void **state)
{
    static const char *const costs[] = {"gamma: 3, draft_step_seconds: 0.419ms",
                                        "gamma: 5, draft_step_seconds: 0.097ms",
                                        "gamma: 3, draft_step_seconds: 0.419ms, "
                                        "placement: together"};

    (void)state;
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        char more[256];
        struct simulated run = run_of(costs[i]);
        const double alpha = metric_of(&run, "break_even_alpha");

        simulated_release(&run);
        snprintf(more, sizeof more, "%s, tokens: 40000, acceptance: [%.6f]", costs[i], alpha);
        run = run_of(more);
        assert_close(metric_of(&run, "speedup"), 1, 0.013); /* three sigma of the mean */
        simulated_release(&run);
        snprintf(more, sizeof more, "%s, tokens: 10000, acceptance: [%.6f]", costs[i], alpha + .1);
        run = run_of(more);
        assert_true(metric_of(&run, "speedup") > 1.03);
        simulated_release(&run);
    }
}

/* Three drafts that cost more than three steps of the target. */
static void where_no_alpha_is_enough_none_is_named(void **state)
{
    struct simulated run = run_of("gamma: 3, draft_step_seconds: 1.71ms, acceptance: [1]");

    (void)state;
    assert_true(metric_of(&run, "speedup") < 1);
    assert_null(json_object_get(json_object_get(run.summary, "metrics"), "break_even_alpha"));
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_alpha_that_a_run_names_the_next_is_as_fast_as_the_target_alone),
        cmocka_unit_test(where_no_alpha_is_enough_none_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
