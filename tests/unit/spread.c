/* spread.c -- factors of median 1: their distributions, their bounds, and that one draw is behind each of them. */
#include "tests/unit/close.h"

#include "tests/fixtures/spread.h"

enum { MANY = 100003, SOME = 1003 };

static double values[MANY];

static void fill(enum sim_spread spread, double s, int count)
{
    struct sim_random *random = sim_random_open(7, 1000003);

    for (int i = 0; i < count; i++)
        values[i] = sim_spread_draw(random, spread, s);
    sim_random_close(random);
}

static void factors_have_the_distributions_of_their_names(void **state)
{
    static const struct {
        enum sim_spread spread;
        double s;
    } cases[] = {{SIM_SPREAD_LOGNORMAL, 0.37}, {SIM_SPREAD_LOGNORMAL, 2.3},
                 {SIM_SPREAD_UNIFORM, 0.13},   {SIM_SPREAD_UNIFORM, 0.97},
                 {SIM_SPREAD_ZIPF, 0.29},      {SIM_SPREAD_ZIPF, 1.7}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        fill(cases[c].spread, cases[c].s, MANY);
        assert_spread(values, MANY, cases[c].spread, cases[c].s);
    }
}

static void factors_keep_within_their_bounds(void **state)
{
    double most = 0;

    (void)state;
    fill(SIM_SPREAD_UNIFORM, 0.97, MANY);
    for (int i = 0; i < MANY; i++)
        assert_true(values[i] > 0.03 - 1e-15 && values[i] < 1.97);
    fill(SIM_SPREAD_ZIPF, 1.7, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_true(values[i] >= pow(2, -1.7) && isfinite(values[i]));
        most = fmax(most, values[i]);
    }
    /* the first of N is (2u)^-s with the least u of N, which lies in (0.001, 20) / N but for 1 seed in a thousand */
    assert_true(most < pow(0.002 / MANY, -1.7) && most > pow(40.0 / MANY, -1.7));
}

static void one_draw_decides_whatever_the_distribution_is(void **state)
{
    double lognormal[SOME], uniform[SOME];

    (void)state;
    fill(SIM_SPREAD_LOGNORMAL, 0.6, SOME);
    memcpy(lognormal, values, sizeof lognormal);
    fill(SIM_SPREAD_UNIFORM, 0.6, SOME);
    memcpy(uniform, values, sizeof uniform);
    fill(SIM_SPREAD_ZIPF, 0.6, SOME);
    for (int i = 1; i < SOME; i++) {
        assert_true((lognormal[i] > lognormal[i - 1]) == (uniform[i] > uniform[i - 1]));
        assert_true((lognormal[i] > lognormal[i - 1]) == (values[i] > values[i - 1]));
    }
}

static void without_spread_a_factor_is_exactly_one(void **state)
{
    (void)state;
    for (int spread = 0; spread < SIM_SPREADS; spread++) {
        fill((enum sim_spread)spread, 0, SOME);
        for (int i = 0; i < SOME; i++)
            assert_true(values[i] == 1);
    }
}

static void what_is_no_spread_is_told(void **state)
{
    (void)state;
    for (int spread = 0; spread < SIM_SPREADS; spread++) {
        assert_true(sim_spread_is_possible((enum sim_spread)spread, 0));
        assert_true(sim_spread_is_possible((enum sim_spread)spread, 0.97));
        assert_false(sim_spread_is_possible((enum sim_spread)spread, -1e-9));
        assert_false(sim_spread_is_possible((enum sim_spread)spread, NAN));
        assert_int_equal(sim_spread_is_possible((enum sim_spread)spread, 1),
                         spread != SIM_SPREAD_UNIFORM);
    }
    assert_null(sim_spread_names[SIM_SPREADS]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(factors_have_the_distributions_of_their_names),
        cmocka_unit_test(factors_keep_within_their_bounds),
        cmocka_unit_test(one_draw_decides_whatever_the_distribution_is),
        cmocka_unit_test(without_spread_a_factor_is_exactly_one),
        cmocka_unit_test(what_is_no_spread_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
