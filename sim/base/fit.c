/* fit.c -- see fit.h.
 *
 * Formulas: P. R. Bevington, Data Reduction and Error Analysis for the Physical Sciences, chapter 6 (a line with
 * weights), as in GSL's manual, "Linear regression".  GSL takes weights for exact 1 / variance and does
 * not scale the covariance; here only their proportions are known, hence chi^2 / (count - 2).
 *
 * Check value: the points (0, 1), (1, 3), (2, 4), (3, 6) with equal weights give alpha = 1.1, beta = 1.6,
 * chi^2 = 0.2, Var(alpha) = 0.07, Var(beta) = 0.02, Cov = -0.03. */
#include "sim/base/fit.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

/* Half of the share that lies outside of an interval of 95 %. */
static const double TAIL = 0.025;

static struct sim_estimate estimate(double value, double variance, size_t degrees_of_freedom)
{
    const double half = gsl_cdf_tdist_Qinv(TAIL, (double)degrees_of_freedom) * sqrt(variance);

    return (struct sim_estimate){value, value - half, value + half};
}

static bool can_be_fitted(const double *x, const double *y, const double *weights, size_t count,
                          struct sim_error *err)
{
    bool differs = false;

    if (count < 3)
        return sim_fail(
            err, "A line with its confidence interval needs at least 3 values, not %zu.", count);
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i]) || y[i] == 0)
            return sim_fail(err, "Value %zu of the fit, (%g, %g), is zero or not finite.", i + 1,
                            x[i], y[i]);
        if (!isfinite(weights[i]) || weights[i] <= 0)
            return sim_fail(err, "Weight %zu of the fit is %g, and must be positive.", i + 1,
                            weights[i]);
        differs = differs || x[i] != x[0];
    }
    return differs ||
           sim_fail(err, "A line cannot be fitted to values that all stand at %g.", x[0]);
}

static void measure_errors(const double *x, const double *y, struct sim_line *line)
{
    for (size_t i = 0; i < line->count; i++) {
        const double relative = fabs(sim_line_at(line, x[i]) / y[i] - 1);

        line->mean_relative += relative / (double)line->count;
        if (relative > line->worst_relative) {
            line->worst_relative = relative;
            line->worst = i;
        }
    }
}

bool sim_fit_line(const double *x, const double *y, const double *weights, size_t count,
                  struct sim_line *line, struct sim_error *err)
{
    struct sim_line fit = {.count = count};
    double alpha, beta, scale;

    if (!can_be_fitted(x, y, weights, count, err))
        return false;
    gsl_fit_wlinear(x, 1, weights, 1, y, 1, count, &alpha, &beta, &fit.alpha_variance,
                    &fit.covariance, &fit.beta_variance, &fit.chi_square);
    scale = fit.chi_square / (double)(count - 2);
    fit.alpha_variance *= scale;
    fit.beta_variance *= scale;
    fit.covariance *= scale;
    fit.alpha = estimate(alpha, fit.alpha_variance, count - 2);
    fit.beta = estimate(beta, fit.beta_variance, count - 2);
    measure_errors(x, y, &fit);
    *line = fit;
    return true;
}

double sim_line_at(const struct sim_line *line, double x)
{
    return line->alpha.value + line->beta.value * x;
}

struct sim_estimate sim_mean_of(double mean, double squares, size_t count)
{
    if (count < 2)
        return (struct sim_estimate){mean, -INFINITY, INFINITY};
    return estimate(mean, squares / (double)(count - 1) / (double)count, count - 1);
}

struct sim_estimate sim_mean(const double *values, size_t count)
{
    const double mean = count == 0 ? NAN : gsl_stats_mean(values, 1, count);

    return sim_mean_of(mean, count < 2 ? 0 : gsl_stats_tss_m(values, 1, count, mean), count);
}

void sim_sort(double *values, size_t count)
{
    gsl_sort(values, 1, count);
}

double sim_quantile(const double *ascending, size_t count, double share)
{
    assert(share >= 0 && share <= 1);
    return count == 0 ? NAN : gsl_stats_quantile_from_sorted_data(ascending, 1, count, share);
}
