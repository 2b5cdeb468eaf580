/* fit.h -- what measurements say, and how surely: straight lines, means, quantiles (GSL).
 *
 * Plain functions of plain arrays; no state, no allocation.  Every interval is two-sided, of 95 %, with
 * Student's t: the spread is always estimated from the values themselves. */
#ifndef SIM_FIT_H
#define SIM_FIT_H

#include "sim/base/error.h"

#include <stddef.h>

/* An estimate and the interval that holds the true value in 95 of 100 repetitions. */
struct sim_estimate {
    double value, low, high;
};

/* y = alpha + beta x */
struct sim_line {
    struct sim_estimate alpha, beta;
    double alpha_variance, beta_variance, covariance; /* of the two coefficients */
    double chi_square;                                /* sum of weight (y - fitted)^2 */
    size_t count;
    double mean_relative, worst_relative; /* of |fitted / y - 1| over the values that were fitted */
    size_t worst;                         /* the index of the latter */
};

/* Least squares with weights.  A weight is proportional to 1 / variance: 1 / y^2 where errors are a
 * share of what is measured.  Only the proportions of the weights matter: the covariance is scaled by
 * chi^2 / (count - 2).  False, with a sentence, for fewer than three values, two different x, a number
 * that is not finite, a y that is zero or a weight that is not positive. */
bool sim_fit_line(const double *x, const double *y, const double *weights, size_t count,
                  struct sim_line *line, struct sim_error *err);

/* alpha + beta x */
double sim_line_at(const struct sim_line *line, double x);

/* The mean and its interval; one value alone, or none, has an interval without bounds. */
struct sim_estimate sim_mean(const double *values, size_t count);

/* The same from the sum of the squared deviations from the mean, for whoever does not keep the values. */
struct sim_estimate sim_mean_of(double mean, double squares, size_t count);

/* Ascending order, in place. */
void sim_sort(double *values, size_t count);

/* The quantile of `ascending` values at `share` in 0..1, between neighbours by proportion: the share
 * i / (count - 1) is value i (type 7 of Hyndman and Fan, Sample quantiles in statistical packages, The
 * American Statistician 50(4), 1996).  NaN if there are no values. */
double sim_quantile(const double *ascending, size_t count, double share);

#endif
