/* statistics.h -- what replications say: their middle and spread, two of them side by side, and models of cost (GSL).
 *
 * Plain functions of plain arrays, over sim/base/fit; every interval is two-sided, of 95 %.  Where nothing is random all
 * values are equal, and no interval is one: `is_constant` says so, and whoever prints must look at it first. */
#ifndef ANALYSIS_STATISTICS_H
#define ANALYSIS_STATISTICS_H

#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/base/fit.h"

/* Are all values the same but for rounding, 1e-12 of the largest?  One value is. */
bool analysis_is_constant(const double *values, size_t count);

/* Several values of one quantity. */
struct analysis_sample {
    size_t count;
    bool is_constant;
    double median, low_quartile, high_quartile; /* type 7, as sim_quantile */
    double deviation;                           /* standard deviation, over count - 1 */
    struct sim_estimate mean;                   /* with Student's t */
    struct sim_estimate bootstrap; /* the mean again, its interval by analysis_bootstrap */
};

/* `values` may be in any order and stay as they are; at least one, all finite. */
struct analysis_sample analysis_sample_of(const double *values, size_t count,
                                          struct sim_arena *arena);

/* The percentile interval of the mean: 2,000 samples of `count` values are drawn with replacement, and 2.5 % and 97.5 % of
 * their means are its bounds (B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1),
 * 1979).  The draws depend on `seed` alone, so that the same values have the same interval.  It assumes no normal
 * distribution, but of fewer than about ten values it is too narrow: by sqrt((n-1)/n) and by what t is wider than
 * the normal distribution. */
struct sim_estimate analysis_bootstrap(const double *values, size_t count, unsigned seed,
                                       struct sim_arena *arena);

/* Two things measured under the same seeds: the differences a - b. */
struct analysis_pairs {
    size_t count;
    bool
        is_constant; /* all differences are the same: then only `difference.value` means anything */
    struct sim_estimate difference; /* their mean, with Student's t */
    double deviation;
    double t_probability;        /* p of the paired t test, two-sided */
    double wilcoxon_probability; /* p of the signed-rank test, two-sided; exact up to 200 pairs */
    size_t zeros;                /* differences of zero, which the signed-rank test leaves out */
    double effect_size; /* Cohen's d of pairs: mean difference over its standard deviation */
};

/* At least two pairs, all finite. */
struct analysis_pairs analysis_pairs_of(const double *a, const double *b, size_t count,
                                        struct sim_arena *arena);

/* Two-sided p of Wilcoxon's signed-rank test that the differences lie round zero (F. Wilcoxon, Individual comparisons by
 * ranking methods, Biometrics Bulletin 1(6), 1945).  Zeros are left out, ties share the mean of their ranks, and the
 * distribution is that of these ranks, counted exactly; of more than 200 it is the normal approximation.  1 if nothing
 * is left. */
double analysis_signed_rank(const double *differences, size_t count, struct sim_arena *arena);

/* ---- models of cost ---- */

enum analysis_model { ANALYSIS_ALPHA_BETA, ANALYSIS_AMDAHL, ANALYSIS_POWER, ANALYSIS_MODELS };

extern const char *const analysis_model_names[ANALYSIS_MODELS];    /* "alpha_beta", ... */
extern const char *const analysis_model_formulas[ANALYSIS_MODELS]; /* "T = a + S / B" */

/* Two coefficients with their intervals: alpha_beta: a and B; amdahl: T1 and the serial share s; power: c and k. */
struct analysis_cost_fit {
    enum analysis_model model;
    struct sim_estimate first, second;
    size_t count;
    double mean_relative, worst_relative; /* of |fitted / measured - 1| */
    bool is_exact; /* worst_relative is rounding: then the intervals are, too, and mean nothing */
};

/* Least squares with weights 1 / y^2, so that every point counts by its relative error; a power law is a line through the
 * logarithms.  T1 and s are functions of the line's coefficients, their variances by the delta method (as in R. V. Hogg,
 * J. W. McKean, A. T. Craig, Introduction to Mathematical Statistics, section 5.2).  False, with a sentence: fewer than
 * three points, one x only, an x or y that is not above zero, or a model that a line of the wrong sign would need. */
bool analysis_fit_cost(enum analysis_model model, const double *x, const double *y, size_t count,
                       struct analysis_cost_fit *fit, struct sim_arena *arena,
                       struct sim_error *err);

double analysis_cost_at(const struct analysis_cost_fit *fit, double x);

#endif
