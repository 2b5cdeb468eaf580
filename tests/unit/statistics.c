/* statistics.c -- samples, pairs and models of cost against values worked out by hand, and intervals against how often they
 * hold the truth. */
#include "tests/unit/close.h"

#include "analysis/statistics.h"
#include "sim/base/random.h"

/* Student's t with 9 degrees of freedom: the share within -t .. t, as Abramowitz and Stegun 26.7.3 has it for odd numbers
 * of them: 2/pi (theta + sin theta (cos + 2/3 cos^3 + 8/15 cos^5 + 16/35 cos^7)), theta = atan(t / 3). */
static double within_t9(double t)
{
    const double theta = atan(t / 3), c = cos(theta), s = c * c;

    return 2 / acos(-1) *
           (theta + sin(theta) * c * (1 + s * (2 / 3.0 + s * (8 / 15.0 + s * 16 / 35.0))));
}

/* Ten pairs whose differences are 1, -2, 3, 4, 5, 6, -7, 8, 9, 10 hundredths.  Their mean is 3.7, the squares sum to 385, so
 * that the variance is (385 - 10 * 3.7^2) / 9 = 248.1 / 9.  The negative ranks sum to 9: of the 1,024 sets of signs
 * 1 + 1 + 1 + 2 + 2 + 3 + 4 + 5 + 6 + 8 = 33 have at most that (partitions of 0 .. 9 into different parts). */
static const double first[] = {0.31, 0.47, 0.53, 0.79, 0.61, 0.97, 0.41, 0.83, 0.73, 0.59};
static const double second[] = {0.30, 0.49, 0.50, 0.75, 0.56, 0.91, 0.48, 0.75, 0.64, 0.49};

static void ten_pairs_by_hand(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_pairs pairs = analysis_pairs_of(first, second, 10, arena);
    const double deviation = 0.01 * sqrt(248.1 / 9), t = 0.037 / deviation * sqrt(10);
    const double half = pairs.difference.high - pairs.difference.value;

    (void)state;
    assert_int_equal(pairs.count, 10);
    assert_false(pairs.is_constant);
    assert_close(pairs.difference.value, 0.037, 1e-12);
    assert_close(pairs.deviation, deviation, 1e-12);
    assert_close(pairs.effect_size, 0.037 / deviation, 1e-12);
    assert_close(pairs.t_probability, 1 - within_t9(t), 1e-9);
    assert_close(within_t9(half / deviation * sqrt(10)), 0.95, 1e-9);
    assert_close(half / deviation * sqrt(10), 2.262157, 1e-6); /* any table */
    assert_close(pairs.wilcoxon_probability, 66 / 1024.0, 1e-12);
    assert_int_equal(pairs.zeros, 0);
    sim_arena_close(arena);
}

/* Ranks of 1, 1, -1, 2 are 2, 2, 2, 4; of the 16 sets of signs four have 2 or less below zero. */
static void ties_share_their_ranks_and_zeros_have_none(void **state)
{
    static const double tied[] = {1, 0, 1, -1, 2, 0}, none[] = {0, 0};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_close(analysis_signed_rank(tied, 6, arena), 0.5, 1e-12);
    assert_close(analysis_signed_rank(none, 2, arena), 1, 0);
    sim_arena_close(arena);
}

/* Every third of 1 .. n is below zero: exactly up to 200, by the normal distribution from there on.  Mean and variance of
 * the sum are n(n+1)/4 and n(n+1)(2n+1)/24. */
static void many_ranks_are_normal(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    double differences[230], by_count[2];

    (void)state;
    for (int n = 200; n <= 201; n++) {
        double sum = 0, z;

        for (int i = 0; i < n; i++) {
            differences[i] = i % 9 < 4 ? -(i + 1) : i + 1;
            sum += differences[i] > 0 ? i + 1 : 0;
        }
        z = (fabs(sum - n * (n + 1) / 4.0) - 0.5) / sqrt(n * (n + 1.0) * (2 * n + 1) / 24);
        by_count[n - 200] = analysis_signed_rank(differences, (size_t)n, arena) / erfc(z / sqrt(2));
    }
    assert_close(by_count[0], 1, 5e-3);
    assert_close(by_count[1], 1, 1e-9);
    sim_arena_close(arena);
}

static void equal_values_have_no_interval(void **state)
{
    static const double equal[] = {0.1 + 0.2, 0.3, 0.3}, one[] = {7}, b[] = {0.2, 0.2, 0.2};
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_sample sample = analysis_sample_of(equal, 3, arena);
    const struct analysis_pairs pairs = analysis_pairs_of(equal, b, 3, arena);

    (void)state;
    assert_true(sample.is_constant);
    assert_true(isinf(sample.bootstrap.low));
    assert_true(analysis_sample_of(one, 1, arena).is_constant);
    assert_true(pairs.is_constant);
    assert_close(pairs.difference.value, 0.1, 1e-12);
    assert_false(analysis_is_constant(first, 10));
    sim_arena_close(arena);
}

static void a_sample_has_a_middle_and_a_spread(void **state)
{
    static const double values[] = {7, 3, 8, 5, 7}; /* variance 16 / 4 */
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_sample sample = analysis_sample_of(values, 5, arena);
    const struct sim_estimate again = analysis_bootstrap(values, 5, 1, arena);

    (void)state;
    assert_close(sample.mean.value, 6, 1e-12);
    assert_close(sample.mean.high - 6, 2.7764451 * sqrt(4 / 5.0), 1e-6);
    assert_close(sample.deviation, 2, 1e-12);
    assert_close(sample.median, 7, 0);
    assert_close(sample.low_quartile, 5, 0);
    assert_close(sample.high_quartile, 7, 0);
    assert_close(sample.bootstrap.low, again.low, 0); /* the same values, the same interval */
    assert_true(sample.bootstrap.low > 3 && sample.bootstrap.low < 5.2);
    assert_true(sample.bootstrap.high > 6.6 && sample.bootstrap.high < 8);
    sim_arena_close(arena);
}

static bool holds(struct sim_estimate estimate, double truth)
{
    return estimate.low <= truth && truth <= estimate.high;
}

/* A percentile interval of 50 normal values should hold the mean in 94 of 100 cases: 2 pnorm(1.96 sqrt(49 / 50)) - 1 is
 * 0.948 with the t distribution left out.  400 samples: the share has a deviation of 0.012. */
static void intervals_of_a_mean_hold_it_as_often_as_they_say(void **state)
{
    enum { SAMPLES = 400, VALUES = 50 };
    struct sim_arena *arena = sim_arena_open();
    int by_bootstrap = 0, by_t = 0;
    double values[VALUES];

    (void)state;
    for (unsigned s = 0; s < SAMPLES; s++) {
        struct sim_random *random = sim_random_open(7000 + s, 3);
        struct analysis_sample sample;

        for (int i = 0; i < VALUES; i++)
            values[i] = 3.7 + 1.3 * sim_random_normal(random);
        sim_random_close(random);
        sample = analysis_sample_of(values, VALUES, arena);
        by_bootstrap += holds(sample.bootstrap, 3.7);
        by_t += holds(sample.mean, 3.7);
    }
    assert_in_range(by_bootstrap, 0.92 * SAMPLES, 0.97 * SAMPLES);
    assert_in_range(by_t, 0.92 * SAMPLES, 0.98 * SAMPLES);
    sim_arena_close(arena);
}

/* ---- models ---- */

struct truth {
    const char *name;
    enum analysis_model model;
    double first, second, x[7];
};

static struct truth truths[] = {
    {"a + S / B", ANALYSIS_ALPHA_BETA, 73e-6, 1.17e9, {1e3, 1e4, 1e5, 3e5, 1e6, 1e7, 1e8}},
    {"Amdahl", ANALYSIS_AMDAHL, 13.7, 0.083, {1, 2, 3, 5, 8, 13, 34}},
    {"a power", ANALYSIS_POWER, 2.9e-3, -0.73, {1, 2, 3, 5, 8, 13, 34}},
};

static double true_cost(const struct truth *t, double x)
{
    switch (t->model) {
    case ANALYSIS_ALPHA_BETA: return t->first + x / t->second;
    case ANALYSIS_AMDAHL: return t->first * (t->second + (1 - t->second) / x);
    default: return t->first * pow(x, t->second);
    }
}

static void a_model_is_found_again(void **state)
{
    const struct truth *t = *state;
    struct sim_arena *arena = sim_arena_open();
    struct analysis_cost_fit fit;
    struct sim_error err = {0};
    double y[7];

    for (int i = 0; i < 7; i++)
        y[i] = true_cost(t, t->x[i]);
    assert_true(analysis_fit_cost(t->model, t->x, y, 7, &fit, arena, &err));
    assert_close(fit.first.value, t->first, 1e-9);
    assert_close(fit.second.value, t->second, 1e-9);
    assert_close(analysis_cost_at(&fit, 77), true_cost(t, 77), 1e-9);
    assert_true(fit.is_exact);
    sim_arena_close(arena);
}

/* Times off by 5 %, as a share: both intervals hold the truth in 95 of 100 cases; 1,000 of them deviate by 0.7. */
static void its_intervals_hold_the_truth(void **state)
{
    enum { SAMPLES = 1000 };
    const struct truth *t = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    int of_first = 0, of_second = 0;

    for (unsigned s = 0; s < SAMPLES; s++) {
        struct sim_random *random = sim_random_open(4100 + s, 5);
        struct analysis_cost_fit fit;
        double y[7];

        for (int i = 0; i < 7; i++)
            y[i] = true_cost(t, t->x[i]) * exp(0.05 * sim_random_normal(random));
        sim_random_close(random);
        assert_true(analysis_fit_cost(t->model, t->x, y, 7, &fit, arena, &err));
        assert_false(fit.is_exact);
        of_first += holds(fit.first, t->first);
        of_second += holds(fit.second, t->second);
    }
    assert_in_range(of_first, 0.93 * SAMPLES, 0.97 * SAMPLES);
    assert_in_range(of_second, 0.93 * SAMPLES, 0.97 * SAMPLES);
    sim_arena_close(arena);
}

/* A time of 1 s has the logarithm 0, which a line with relative errors would refuse. */
static void a_power_law_may_pass_through_one(void **state)
{
    static const double x[] = {1, 2, 4}, y[] = {1, 0.5, 0.25};
    struct sim_arena *arena = sim_arena_open();
    struct analysis_cost_fit fit;
    struct sim_error err = {0};

    (void)state;
    assert_true(analysis_fit_cost(ANALYSIS_POWER, x, y, 3, &fit, arena, &err));
    assert_close(fit.first.value, 1, 1e-12);
    assert_close(fit.second.value, -1, 1e-12);
    sim_arena_close(arena);
}

static void what_no_model_fits_is_told(void **state)
{
    static const double x[] = {1, 2, 4}, y[] = {3, 2, 1.5}, none[] = {1, 0, 2};
    struct sim_arena *arena = sim_arena_open();
    struct analysis_cost_fit fit = {.count = 77};
    struct sim_error err = {0};

    (void)state;
    assert_false(analysis_fit_cost(ANALYSIS_ALPHA_BETA, x, y, 3, &fit, arena, &err));
    assert_false(analysis_fit_cost(ANALYSIS_AMDAHL, none, y, 3, &fit, arena, &err));
    assert_false(analysis_fit_cost(ANALYSIS_POWER, x, none, 3, &fit, arena, &err));
    assert_false(analysis_fit_cost(ANALYSIS_POWER, x, y, 2, &fit, arena, &err));
    assert_string_equal(err.text,
                        "T = a + S / B does not fit: the time does not grow with S.\n"
                        "No cost can be fitted where the axis is 0: it must be above zero.\n"
                        "No cost can be fitted where the quantity is 0: it must be above zero.\n"
                        "A line with its confidence interval needs at least 3 values, not 2.");
    assert_int_equal(fit.count, 77);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_pairs_by_hand),
        cmocka_unit_test(ties_share_their_ranks_and_zeros_have_none),
        cmocka_unit_test(many_ranks_are_normal),
        cmocka_unit_test(equal_values_have_no_interval),
        cmocka_unit_test(a_sample_has_a_middle_and_a_spread),
        cmocka_unit_test(intervals_of_a_mean_hold_it_as_often_as_they_say),
        cmocka_unit_test(a_power_law_may_pass_through_one),
        cmocka_unit_test(what_no_model_fits_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + RUN_CASES(a_model_is_found_again, truths) +
           RUN_CASES(its_intervals_hold_the_truth, truths);
}
