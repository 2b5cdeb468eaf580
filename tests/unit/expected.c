/* Closed forms of speculative decoding: published tables, and draws of what they describe. */
#include "algorithms/decoding/shared/expected.h"
#include "sim/base/random.h"
#include "tests/unit/close.h"

#include <math.h>
#include <stdbool.h>

/* Leviathan et al., ICML 2023, section 3: the argmax of Theorem 3.8, worked out apart from this code. */
static void optimal_gammas(void **state)
{
    static const struct {
        double c, alpha;
        int gamma;
        double improvement;
    } rows[] = {{.02, .5, 4, 1.7940},  {.02, .6, 6, 2.1697},  {.02, .7, 8, 2.7576},
                {.02, .8, 11, 3.8167}, {.02, .9, 19, 6.3654}, {.02, .95, 31, 9.9542},
                {.10, .5, 2, 1.4583},  {.10, .6, 3, 1.6738},  {.10, .7, 4, 1.9808},
                {.10, .8, 6, 2.4696},  {.10, .9, 10, 3.4309}, {.10, .95, 15, 4.4790}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(dec_optimal_gamma(rows[i].alpha, rows[i].c, 200), rows[i].gamma);
        assert_near(dec_improvement(rows[i].alpha, rows[i].gamma, rows[i].c, 1, 0),
                    rows[i].improvement, 5e-5);
    }
}

/* Corollary 3.9: if alpha > c, a gamma gains (1 + alpha) / (1 + c) at least. */
static void whoever_accepts_more_than_drafting_costs_gains(void **state)
{
    (void)state;
    for (double alpha = .037; alpha < 1; alpha += .0713)
        for (double c = .0131; c < alpha; c += .0517) {
            const int gamma = dec_optimal_gamma(alpha, c, 200);

            assert_true(dec_improvement(alpha, gamma, c, 1, 0) >= (1 + alpha) / (1 + c) - 1e-12);
        }
}

static void moments_are_those_of_the_distribution(void **state)
{
    const double alpha = .7351;
    const int gamma = 6;
    double mean = 0, sum = 0;

    (void)state;
    for (int n = 0; n <= gamma; n++) {
        sum += dec_accepted_probability(alpha, gamma, n);
        mean += (n + 1) * dec_accepted_probability(alpha, gamma, n);
    }
    assert_near(sum, 1, 1e-12);
    assert_near(dec_expected_tokens(alpha, gamma), mean, 1e-12);
    assert_near(dec_acceptance_rate(.8, 7), .452, 5e-4); /* lower than alpha */
    assert_near(dec_expected_tokens(1, gamma), gamma + 1, 0);
    assert_near(dec_oracle_tokens(alpha), dec_expected_tokens(alpha, 400), 1e-9);
}

/* Worked out by hand: gamma 1, c .25, v 1.1, e .3 cost 1.65 tokens, and alpha .65 makes them. */
static void at_break_even_nothing_is_gained(void **state)
{
    (void)state;
    assert_near(dec_break_even_alpha(1, .25, 1.1, .3), .65, 1e-12);
    assert_near(dec_break_even_exchange(.65, 1, .25, 1.1), .3, 1e-12);
    assert_true(isnan(dec_break_even_alpha(3, .7, 1, 1)));   /* 4.1 for 4 tokens at most */
    assert_near(dec_break_even_alpha(3, 0, 1, 0), 0, 1e-12); /* free drafts always pay */
    assert_true(dec_break_even_exchange(.2, 4, .3, 1) < 0);  /* 1.25 tokens for 2.2 */
    for (double c = .0131; c < .5; c += .0713)
        for (int gamma = 1; gamma < 9; gamma++) {
            const double alpha = dec_break_even_alpha(gamma, c, 1.0419, .0371);

            assert_near(dec_improvement(alpha, gamma, c, 1.0419, .0371), 1, 1e-9);
            assert_near(dec_break_even_exchange(alpha, gamma, c, 1.0419), .0371, 1e-9);
        }
}

/* gamma 1, alpha .3: 1 or 2 tokens. */
static void the_mean_square_is_that_of_the_distribution(void **state)
{
    (void)state;
    assert_near(dec_expected_square(.3, 1), .7 + 4 * .3, 1e-12);
    assert_near(dec_expected_square(1, 4), 25, 1e-12);
}

/* Theorem 3.11 by hand: two tokens of the target's operations and .2 of the draft's, for 1.5 tokens. */
static void operations_of_the_draft_count(void **state)
{
    (void)state;
    assert_near(dec_operations_factor(.5, 1, .2), 2.2 / 1.5, 1e-12);
    assert_near(dec_operations_factor(1, 4, .05), 5.2 / 5, 1e-12); /* nothing is thrown away */
}

/* ---- draws ---- */

enum { DRAWS = 200000 };

/* Accepted and drafted tokens of rounds in which drafting stops behind a confidence below eta. */
static void stopped_drafts_follow_their_closed_form(void **state)
{
    const struct {
        double least, most, eta;
        int gamma;
    } cases[] = {{0, 1, .5, 6}, {0, 1, .3, 6}, {0, 1, .8, 12}, {.4702, 1, .6113, 5}};
    const double printed[][2] = {{.7978, 1.96875}, {.9093, 2.9412}, {.6098, 1.2500}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct dec_confidence confidence =
            dec_uniform_confidence(cases[i].least, cases[i].most, cases[i].eta);
        struct sim_random *random = sim_random_open(17, i);
        double accepted = 0, drafted = 0, squares = 0;

        for (int d = 0; d < DRAWS; d++) {
            int right = 0;
            bool is_right = true;

            for (int n = 0; n < cases[i].gamma; n++) {
                const double c =
                    cases[i].least + (cases[i].most - cases[i].least) * sim_random_uniform(random);

                drafted++;
                is_right = is_right && sim_random_uniform(random) < c;
                right += is_right;
                if (c < cases[i].eta)
                    break;
            }
            accepted += right;
            squares += (double)right * right;
        }
        accepted /= DRAWS;
        assert_near(dec_stopped_accepted(&confidence, cases[i].gamma), accepted,
                    3 * sqrt((squares / DRAWS - accepted * accepted) / DRAWS));
        assert_near(dec_stopped_drafted(&confidence, cases[i].gamma), drafted / DRAWS, .02);
        if (i < sizeof printed / sizeof printed[0]) {
            assert_near(dec_stopped_accepted(&confidence, cases[i].gamma), printed[i][0], 5e-5);
            assert_near(dec_stopped_drafted(&confidence, cases[i].gamma), printed[i][1], 5e-5);
        }
        sim_random_close(random);
    }
}

/* Eta 0 is Leviathan. */
static void without_a_threshold_it_is_equation_1(void **state)
{
    const struct dec_confidence confidence = dec_uniform_confidence(.7351, .7351, 0);

    (void)state;
    assert_near(1 + dec_stopped_accepted(&confidence, 5), dec_expected_tokens(.7351, 5), 1e-12);
    assert_near(dec_stopped_drafted(&confidence, 5), 5, 1e-12);
}

static void pearl_gains_nothing_with_windows_of_one(void **state)
{
    (void)state;
    for (double alpha = .05; alpha < 1; alpha += .0937) {
        assert_near(dec_pearl_tokens(alpha, 1), 1, 1e-12);
        for (int gamma = 1; gamma < 12; gamma++)
            assert_true(dec_pearl_tokens(alpha, gamma) >= 1 - 1e-12);
    }
    assert_near(dec_pearl_tokens(.5, 5), 1.3191, 5e-5);
    assert_near(dec_pearl_tokens(.7, 5), 1.8102, 5e-5);
    assert_near(dec_pearl_tokens(.8, 5), 2.2832, 5e-5);
    assert_near(dec_pearl_tokens(.9, 8), 3.8756, 5e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimal_gammas),
        cmocka_unit_test(whoever_accepts_more_than_drafting_costs_gains),
        cmocka_unit_test(moments_are_those_of_the_distribution),
        cmocka_unit_test(at_break_even_nothing_is_gained),
        cmocka_unit_test(the_mean_square_is_that_of_the_distribution),
        cmocka_unit_test(operations_of_the_draft_count),
        cmocka_unit_test(stopped_drafts_follow_their_closed_form),
        cmocka_unit_test(without_a_threshold_it_is_equation_1),
        cmocka_unit_test(pearl_gains_nothing_with_windows_of_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
