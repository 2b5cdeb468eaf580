/* search_ranges.c -- the continuous part of a search: a coarse scan, then GSL's minimisers. */
#include "analysis/search.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_min.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_qrng.h>

#include <math.h>
#include <string.h>

enum { SCANNED = 9, EDGE_STEPS = 6, BRENT_STEPS = 60, SIMPLEX_STEPS = 200, SCANNED_EACH = 8 };

/* Shares of a range: when to stop, and how large the first simplex is. */
static const double TOLERANCE = 1e-3, SIMPLEX_TOLERANCE = 2e-3, FIRST_STEP = 0.15,
                    LATER_STEP = 0.05;

/* The ranges of a search, as a function of their coordinates alone. */
struct ranges {
    struct analysis_search *search;
    int which[ANALYSIS_MOST_COORDINATES];
    int count;
    double point[ANALYSIS_MOST_COORDINATES]; /* lists as they are */
    double worst;                            /* of all values so far */
};

double analysis_search_fold(double number)
{
    const double rest = fmod(fabs(number), 2);

    return rest > 1 ? 2 - rest : rest;
}

static void note(struct ranges *ranges, const double *point, double value)
{
    struct analysis_search *search = ranges->search;

    if (isfinite(value) && !(value <= ranges->worst))
        ranges->worst = value;
    if (value < search->least) {
        memcpy(search->best, point, sizeof search->best);
        search->least = value;
    }
}

/* GSL wants numbers: what has no value is a little worse than the worst that has one. */
static double finite_or_worse(const struct ranges *ranges, double value)
{
    return isfinite(value) ? value : ranges->worst + fabs(ranges->worst) + 1;
}

static double ask(struct ranges *ranges, const double *at)
{
    double value;

    for (int r = 0; r < ranges->count; r++)
        ranges->point[ranges->which[r]] = analysis_search_fold(at[r]);
    value =
        ranges->search->was_ended ? INFINITY : analysis_search_ask(ranges->search, ranges->point);
    note(ranges, ranges->point, value);
    return finite_or_worse(ranges, value);
}

/* ---- the scan ---- */

/* Ask for all of them at once; at[count * ranges] are their coordinates.  The place of the least, or -1. */
static int scan(struct ranges *ranges, const double *at, int count, double *values)
{
    struct analysis_search *search = ranges->search;
    double **points = sim_new(search->arena, double *, (size_t)count);
    int least = -1;

    for (int p = 0; p < count; p++) {
        points[p] = sim_new(search->arena, double, ANALYSIS_MOST_COORDINATES);
        memcpy(points[p], ranges->point, sizeof ranges->point);
        for (int r = 0; r < ranges->count; r++)
            points[p][ranges->which[r]] = at[p * ranges->count + r];
        values[p] = INFINITY;
    }
    search->was_ended = !search->objective(search->context, points, count, values);
    for (int p = 0; p < count; p++) {
        note(ranges, points[p], values[p]);
        if (isfinite(values[p]) && (least < 0 || values[p] < values[least]))
            least = p;
    }
    for (int p = 0; p < count; p++)
        values[p] = finite_or_worse(ranges, values[p]);
    return search->was_ended ? -1 : least;
}

/* ---- one range ---- */

/* Three points, the middle one below both others. */
struct bracket {
    double lower, middle, upper;
    double at_lower, at_middle, at_upper;
};

/* The least lies at an end: is there a lesser one right beside it?  Halve the way, a few times. */
static bool bracket_end(struct ranges *ranges, double end, double at_end, double other,
                        double at_other, struct bracket *bracket)
{
    for (int step = 0; step < EDGE_STEPS && !ranges->search->was_ended; step++) {
        const double middle = (end + other) / 2, value = ask(ranges, &middle);

        if (value < at_end) {
            *bracket = end < other ? (struct bracket){end, middle, other, at_end, value, at_other}
                                   : (struct bracket){other, middle, end, at_other, value, at_end};
            return true;
        }
        other = middle;
        at_other = value;
    }
    return false;
}

/* Around the least of the scan; false where it lies at an end, or on a plain. */
static bool bracket_least(struct ranges *ranges, const double *at, const double *values, int least,
                          struct bracket *bracket)
{
    int upper = least + 1;

    if (least == 0)
        return bracket_end(ranges, at[0], values[0], at[1], values[1], bracket);
    while (upper < SCANNED && values[upper] == values[least])
        upper++;
    if (upper == SCANNED)
        return bracket_end(ranges, at[least], values[least], at[least - 1], values[least - 1],
                           bracket);
    *bracket = (struct bracket){at[least - 1],     at[least],     at[upper],
                                values[least - 1], values[least], values[upper]};
    return true;
}

static double value_at(double at, void *context)
{
    return ask(context, &at);
}

static void brent(struct ranges *ranges, const struct bracket *b)
{
    gsl_function function = {value_at, ranges};
    gsl_min_fminimizer *state = gsl_min_fminimizer_alloc(gsl_min_fminimizer_brent);
    int code = gsl_min_fminimizer_set_with_values(state, &function, b->middle, b->at_middle,
                                                  b->lower, b->at_lower, b->upper, b->at_upper);

    for (int step = 0; step < BRENT_STEPS && code == GSL_SUCCESS && !ranges->search->was_ended;
         step++) {
        code = gsl_min_fminimizer_iterate(state);
        if (gsl_min_test_interval(gsl_min_fminimizer_x_lower(state),
                                  gsl_min_fminimizer_x_upper(state), TOLERANCE, 0) == GSL_SUCCESS)
            break;
    }
    gsl_min_fminimizer_free(state);
}

static void search_one(struct ranges *ranges)
{
    double at[SCANNED], values[SCANNED];
    struct bracket bracket;
    int least;

    for (int p = 0; p < SCANNED; p++)
        at[p] = (double)p / (SCANNED - 1);
    least = scan(ranges, at, SCANNED, values);
    if (least >= 0 && bracket_least(ranges, at, values, least, &bracket))
        brent(ranges, &bracket);
}

/* ---- several ranges ---- */

/* The middle, and points of Sobol's sequence. */
static int scan_several(struct ranges *ranges, double *start)
{
    const int count = 1 + SCANNED_EACH * ranges->count;
    double *at = sim_new(ranges->search->arena, double, (size_t)(count * ranges->count));
    double *values = sim_new(ranges->search->arena, double, (size_t)count);
    gsl_qrng *sobol = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)ranges->count);
    int least;

    for (int p = 0; p < count; p++) /* the first of the sequence is the middle */
        gsl_qrng_get(sobol, at + p * ranges->count);
    gsl_qrng_free(sobol);
    least = scan(ranges, at, count, values);
    if (least >= 0)
        memcpy(start, at + least * ranges->count, (size_t)ranges->count * sizeof *start);
    return least;
}

static double value_at_vector(const gsl_vector *at, void *context)
{
    double copy[ANALYSIS_MOST_COORDINATES];
    struct ranges *ranges = context;

    for (int r = 0; r < ranges->count; r++)
        copy[r] = gsl_vector_get(at, (size_t)r);
    return ask(ranges, copy);
}

static void simplex(struct ranges *ranges, double *start, double step_size)
{
    const size_t count = (size_t)ranges->count;
    gsl_vector_view at = gsl_vector_view_array(start, count);
    gsl_vector *steps = gsl_vector_alloc(count);
    gsl_multimin_function function = {value_at_vector, count, ranges};
    gsl_multimin_fminimizer *state =
        gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, count);
    int code;

    gsl_vector_set_all(steps, step_size);
    code = gsl_multimin_fminimizer_set(state, &function, &at.vector, steps);
    for (int step = 0; step < SIMPLEX_STEPS && code == GSL_SUCCESS && !ranges->search->was_ended;
         step++) {
        code = gsl_multimin_fminimizer_iterate(state);
        if (gsl_multimin_test_size(gsl_multimin_fminimizer_size(state), SIMPLEX_TOLERANCE) ==
            GSL_SUCCESS)
            break;
    }
    gsl_multimin_fminimizer_free(state);
    gsl_vector_free(steps);
}

void analysis_search_ranges(struct analysis_search *search)
{
    struct ranges ranges = {.search = search, .worst = -INFINITY};
    double start[ANALYSIS_MOST_COORDINATES] = {0};

    memcpy(ranges.point, search->best, sizeof ranges.point);
    for (int c = 0; c < search->count; c++)
        if (search->coordinates[c].count == 0)
            ranges.which[ranges.count++] = c;
    for (int r = 0; r < ranges.count; r++)
        start[r] = ranges.point[ranges.which[r]];
    if (ranges.count == 1)
        search_one(&ranges);
    else if (!isnan(start[0])) /* another list, and so perhaps another place nearby */
        simplex(&ranges, start, LATER_STEP);
    else if (scan_several(&ranges, start) >= 0)
        simplex(&ranges, start, FIRST_STEP);
}
