/* cost_fit.c -- models of cost that are lines in disguise, for statistics.h.
 *
 *     alpha_beta   T = a + S / B              x = S,       a = alpha,           B = 1 / beta
 *     amdahl       T = T1 (s + (1 - s) / N)   x = 1 / N,   T1 = alpha + beta,   s = alpha / T1
 *     power        T = c N^k                  ln T = ln c + k ln N
 *
 * Amdahl's: G. M. Amdahl, Validity of the single processor approach to achieving large scale computing capabilities,
 * AFIPS 1967.  Variances by the delta method, with alpha + beta = T1:
 *     Var T1 = Va + Vb + 2 C;     ds/dalpha = beta / T1^2,  ds/dbeta = -alpha / T1^2. */
#include "analysis/statistics.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static const double tail = 0.025;
static const double exact = 1e-9;

const char *const analysis_model_names[ANALYSIS_MODELS] = {"alpha_beta", "amdahl", "power"};
const char *const analysis_model_formulas[ANALYSIS_MODELS] = {
    "T = a + S / B", "T = T1 (s + (1 - s) / N)", "T = c N^k"};

/* What the line is fitted to. */
struct points {
    double *x, *y, *weights;
    double shift; /* of y: sim_fit_line takes no zero, and the logarithm of 1 s is one */
};

static bool all_positive(const double *values, size_t count, const char *what,
                         struct sim_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!(values[i] > 0) || !isfinite(values[i]))
            return sim_fail(err, "No cost can be fitted where %s is %g: it must be above zero.",
                            what, values[i]);
    return true;
}

static struct points transform(enum analysis_model model, const double *x, const double *y,
                               size_t count, struct sim_arena *arena)
{
    struct points points = {sim_new(arena, double, count), sim_new(arena, double, count),
                            sim_new(arena, double, count), 0};

    for (size_t i = 0; i < count && model == ANALYSIS_POWER; i++)
        points.shift = fmax(points.shift, 1 - log(y[i]));
    for (size_t i = 0; i < count; i++) {
        const bool is_power = model == ANALYSIS_POWER;

        points.x[i] = is_power ? log(x[i]) : model == ANALYSIS_AMDAHL ? 1 / x[i] : x[i];
        points.y[i] = is_power ? log(y[i]) + points.shift : y[i];
        points.weights[i] = is_power ? 1 : 1 / y[i] / y[i];
    }
    return points;
}

static struct sim_estimate estimate(double value, double variance, size_t count)
{
    const double half = gsl_cdf_tdist_Qinv(tail, (double)count - 2) * sqrt(fmax(0, variance));

    return (struct sim_estimate){value, value - half, value + half};
}

static bool take_alpha_beta(struct analysis_cost_fit *fit, const struct sim_line *line,
                            struct sim_error *err)
{
    if (line->beta.value <= 0)
        return sim_fail(err, "T = a + S / B does not fit: the time does not grow with S.");
    fit->first = line->alpha;
    fit->second = (struct sim_estimate){1 / line->beta.value, 1 / line->beta.high,
                                        line->beta.low > 0 ? 1 / line->beta.low
                                                           : INFINITY}; /* no upper bound */
    return true;
}

static bool take_amdahl(struct analysis_cost_fit *fit, const struct sim_line *line,
                        struct sim_error *err)
{
    const double a = line->alpha.value, b = line->beta.value, all = a + b;
    const double variance =
        b * b * line->alpha_variance + a * a * line->beta_variance - 2 * a * b * line->covariance;

    if (all <= 0)
        return sim_fail(err, "Amdahl's law does not fit: it would have one worker take no time.");
    fit->first = estimate(all, line->alpha_variance + line->beta_variance + 2 * line->covariance,
                          line->count);
    fit->second = estimate(a / all, variance / (all * all * all * all), line->count);
    return true;
}

static bool take_power(struct analysis_cost_fit *fit, const struct sim_line *line, double shift)
{
    fit->first = (struct sim_estimate){exp(line->alpha.value - shift), exp(line->alpha.low - shift),
                                       exp(line->alpha.high - shift)};
    fit->second = line->beta;
    return true;
}

static void measure_errors(struct analysis_cost_fit *fit, const double *x, const double *y)
{
    for (size_t i = 0; i < fit->count; i++) {
        const double relative = fabs(analysis_cost_at(fit, x[i]) / y[i] - 1);

        fit->mean_relative += relative / (double)fit->count;
        fit->worst_relative = fmax(fit->worst_relative, relative);
    }
    fit->is_exact = fit->worst_relative < exact;
}

bool analysis_fit_cost(enum analysis_model model, const double *x, const double *y, size_t count,
                       struct analysis_cost_fit *fit, struct sim_arena *arena,
                       struct sim_error *err)
{
    struct analysis_cost_fit made = {.model = model, .count = count};
    struct sim_line line;
    struct points points;

    if (!all_positive(x, count, "the axis", err) || !all_positive(y, count, "the quantity", err))
        return false;
    points = transform(model, x, y, count, arena);
    if (!sim_fit_line(points.x, points.y, points.weights, count, &line, err) ||
        !(model == ANALYSIS_ALPHA_BETA ? take_alpha_beta(&made, &line, err)
          : model == ANALYSIS_AMDAHL   ? take_amdahl(&made, &line, err)
                                       : take_power(&made, &line, points.shift)))
        return false;
    measure_errors(&made, x, y);
    *fit = made;
    return true;
}

double analysis_cost_at(const struct analysis_cost_fit *fit, double x)
{
    switch (fit->model) {
    case ANALYSIS_ALPHA_BETA: return fit->first.value + x / fit->second.value;
    case ANALYSIS_AMDAHL:
        return fit->first.value * (fit->second.value + (1 - fit->second.value) / x);
    default: return fit->first.value * pow(x, fit->second.value);
    }
}
