/* fit.c -- lines, means and quantiles against values worked out by hand (fractions), and what is refused. */
#include "tests/unit/close.h"

#include "sim/base/fit.h"

/* Student's t, 97.5 %, with 4 degrees of freedom: any table of it. */
static const double T4 = 2.7764451051977987;

/* With 2 it has a closed form: (2p - 1) sqrt(2 / (4p(1 - p))), p = 0.975. */
#define T2 (0.95 * sqrt(2 / 0.0975))

static const double alike[] = {1, 1, 1, 1};

static struct sim_line fitted(const double *x, const double *y, const double *weights, size_t n)
{
    struct sim_line line;
    struct sim_error err = {0};

    assert_true(sim_fit_line(x, y, weights, n, &line, &err));
    assert_int_equal(err.count, 0);
    return line;
}

static void assert_interval(const struct sim_estimate *estimate, double value, double half)
{
    assert_close(estimate->value, value, 1e-12);
    assert_close(estimate->low, value - half, 1e-10);
    assert_close(estimate->high, value + half, 1e-10);
}

static void a_line_with_equal_weights(void **state)
{
    static const double x[] = {0, 1, 2, 3}, y[] = {1, 3, 4, 6};
    const struct sim_line line = fitted(x, y, alike, 4);

    (void)state;
    assert_close(line.chi_square, 0.2, 1e-12);
    assert_close(line.alpha_variance, 0.07, 1e-12);
    assert_close(line.beta_variance, 0.02, 1e-12);
    assert_close(line.covariance, -0.03, 1e-12);
    assert_interval(&line.alpha, 1.1, T2 * sqrt(0.07));
    assert_interval(&line.beta, 1.6, T2 * sqrt(0.02));
    assert_close(sim_line_at(&line, 7), 12.3, 1e-12);
}

/* Weights 1 / y^2; all sums are fractions over 4497. */
static void a_line_whose_errors_are_a_share_of_what_is_measured(void **state)
{
    static const double x[] = {1, 2, 4, 7}, y[] = {2, 4, 5, 10};
    static const double weights[] = {1 / 4.0, 1 / 16.0, 1 / 25.0, 1 / 100.0};
    const struct sim_line line = fitted(x, y, weights, 4);

    (void)state;
    assert_interval(&line.alpha, 3980 / 4497.0, T2 * sqrt(4221700 / 20223009.0));
    assert_interval(&line.beta, 5420 / 4497.0, T2 * sqrt(938875 / 20223009.0));
    assert_close(line.chi_square, 259 / 4497.0, 1e-12);
    assert_close(line.covariance, -1566950 / 20223009.0, 1e-12);
    assert_int_equal(line.worst, 1);
    assert_close(line.worst_relative, 1 - (3980 + 2 * 5420) / 4497.0 / 4, 1e-12);
    assert_close(line.mean_relative,
                 ((3980 + 5420) / 4497.0 / 2 - 1 + line.worst_relative +
                  (3980 + 4 * 5420) / 4497.0 / 5 - 1 + 1 - (3980 + 7 * 5420) / 4497.0 / 10) /
                     4,
                 1e-12);
}

static void only_the_proportions_of_weights_matter(void **state)
{
    static const double x[] = {1, 2, 4, 7}, y[] = {2, 4, 5, 10};
    static const double weights[] = {1 / 4.0, 1 / 16.0, 1 / 25.0, 1 / 100.0};
    double thousandfold[4];
    struct sim_line one, other;

    (void)state;
    for (int i = 0; i < 4; i++)
        thousandfold[i] = 1000 * weights[i];
    one = fitted(x, y, weights, 4);
    other = fitted(x, y, thousandfold, 4);
    assert_close(other.alpha.value, one.alpha.value, 1e-12);
    assert_close(other.alpha.low, one.alpha.low, 1e-10);
    assert_close(other.beta.high, one.beta.high, 1e-12);
}

/* Sizes of 1 B to 1 GiB, times of us to s: what a calibration sees. */
static void a_line_over_nine_decades_is_found_again(void **state)
{
    double x[31], y[31], weights[31];
    struct sim_line line;

    (void)state;
    for (int i = 0; i <= 30; i++) {
        x[i] = ldexp(1, i);
        y[i] = 7.3e-6 + 1.37e-9 * x[i];
        weights[i] = 1 / (y[i] * y[i]);
    }
    line = fitted(x, y, weights, 31);
    assert_close(line.alpha.value, 7.3e-6, 1e-9);
    assert_close(line.beta.value, 1.37e-9, 1e-9);
    assert_true(line.worst_relative < 1e-9);
}

static void what_cannot_be_fitted_is_told(void **state)
{
    static const double x[] = {1, 2, 4, 7}, same[] = {7, 7, 7, 7};
    static const double y[] = {2, 4, 5, 10}, zero[] = {2, 0, 5, 10}, endless[] = {2, 4, INFINITY};
    static const double weights[] = {1, 1, -3, 1};
    struct sim_line line = {.count = 77};
    struct sim_error err = {0};

    (void)state;
    assert_false(sim_fit_line(x, y, alike, 2, &line, &err));
    assert_false(sim_fit_line(same, y, alike, 4, &line, &err));
    assert_false(sim_fit_line(x, zero, alike, 4, &line, &err));
    assert_false(sim_fit_line(x, endless, alike, 3, &line, &err));
    assert_false(sim_fit_line(x, y, weights, 4, &line, &err));
    assert_string_equal(err.text,
                        "A line with its confidence interval needs at least 3 values, not 2.\n"
                        "A line cannot be fitted to values that all stand at 7.\n"
                        "Value 2 of the fit, (2, 0), is zero or not finite.\n"
                        "Value 3 of the fit, (4, inf), is zero or not finite.\n"
                        "Weight 3 of the fit is -3, and must be positive.");
    assert_int_equal(line.count, 77);
}

static void a_mean_has_an_interval(void **state)
{
    static const double values[] = {3, 5, 7, 7, 8}; /* variance 16 / 4 */
    const struct sim_estimate mean = sim_mean(values, 5);

    (void)state;
    assert_interval(&mean, 6, T4 * sqrt(4 / 5.0));
}

static void a_single_value_has_an_interval_without_bounds(void **state)
{
    static const double value = 7;
    const struct sim_estimate mean = sim_mean(&value, 1), none = sim_mean(NULL, 0);

    (void)state;
    assert_close(mean.value, 7, 0);
    assert_true(isinf(mean.low) && mean.low < 0 && isinf(mean.high) && mean.high > 0);
    assert_true(isnan(none.value));
}

static void quantiles_lie_between_neighbours_by_proportion(void **state)
{
    double values[] = {8, 1, 4, 2};

    (void)state;
    sim_sort(values, 4);
    assert_close(sim_quantile(values, 4, 0), 1, 0);
    assert_close(sim_quantile(values, 4, 0.5), 3, 1e-15);
    assert_close(sim_quantile(values, 4, 0.95), 4 + 0.85 * 4, 1e-14);
    assert_close(sim_quantile(values, 4, 1), 8, 0);
    assert_close(sim_quantile(values, 1, 0.37), 1, 0);
    assert_true(isnan(sim_quantile(values, 0, 0.5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_with_equal_weights),
        cmocka_unit_test(a_line_whose_errors_are_a_share_of_what_is_measured),
        cmocka_unit_test(only_the_proportions_of_weights_matter),
        cmocka_unit_test(a_line_over_nine_decades_is_found_again),
        cmocka_unit_test(what_cannot_be_fitted_is_told),
        cmocka_unit_test(a_mean_has_an_interval),
        cmocka_unit_test(a_single_value_has_an_interval_without_bounds),
        cmocka_unit_test(quantiles_lie_between_neighbours_by_proportion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
