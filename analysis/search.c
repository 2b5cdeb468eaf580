#include "analysis/search.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 20, COARSE = 8, LONG_LIST = 64 };

double analysis_search_points(const struct analysis_search *search)
{
    double points = 1;

    for (int c = 0; c < search->count; c++)
        points *= search->coordinates[c].count == 0 ? INFINITY : search->coordinates[c].count;
    return points;
}

static bool ask_many(struct analysis_search *search, double *const *points, int count,
                     double *values)
{
    search->was_ended = !search->objective(search->context, points, count, values);
    return !search->was_ended;
}

double analysis_search_ask(struct analysis_search *search, const double *point)
{
    double copy[ANALYSIS_MOST_COORDINATES], value = INFINITY;
    double *const points[] = {copy};

    memcpy(copy, point, sizeof copy);
    ask_many(search, points, 1, &value);
    return value;
}

static double **new_points(const struct analysis_search *search, int count)
{
    double **points = sim_new(search->arena, double *, (size_t)count);

    for (int p = 0; p < count; p++) {
        points[p] = sim_new(search->arena, double, ANALYSIS_MOST_COORDINATES);
        memcpy(points[p], search->best, sizeof search->best);
    }
    return points;
}

/* What a batch that was cut short leaves unsaid is no value. */
static double *new_values(const struct analysis_search *search, int count)
{
    double *values = sim_new(search->arena, double, (size_t)count);

    for (int v = 0; v < count; v++)
        values[v] = INFINITY;
    return values;
}

static void begin(struct analysis_search *search)
{
    assert(search->count >= 1 && search->count <= ANALYSIS_MOST_COORDINATES);
    for (int c = 0; c < ANALYSIS_MOST_COORDINATES; c++)
        search->best[c] = NAN;
    search->least = INFINITY;
    search->was_ended = false;
}

static int least_of(const double *values, int count)
{
    int least = 0;

    for (int v = 1; v < count; v++)
        if (values[v] < values[least])
            least = v;
    return least;
}

static void go_to(struct analysis_search *search, const double *point, double value)
{
    memcpy(search->best, point, sizeof search->best);
    search->least = value;
}

/* ---- every combination ---- */

void analysis_search_all(struct analysis_search *search)
{
    const int count = (int)analysis_search_points(search);
    double **points, *values;
    int least;

    begin(search);
    points = new_points(search, count);
    values = new_values(search, count);
    for (int p = 0; p < count; p++)
        for (int c = search->count - 1, left = p; c >= 0; c--) { /* the last one changes fastest */
            points[p][c] = left % search->coordinates[c].count;
            left /= search->coordinates[c].count;
        }
    ask_many(search, points, count, values);
    least = least_of(values, count);
    if (isfinite(values[least]))
        go_to(search, points[least], values[least]);
}

/* ---- one after the other ---- */

/* The best of places from, from + step, ..., to of a list; its value in *value. */
static int try_places(struct analysis_search *search, int coordinate, int from, int to, int step,
                      double *value)
{
    const int count = (to - from + step - 1) / step + 1;
    double **points = new_points(search, count), *values = new_values(search, count);
    int least;

    for (int p = 0; p < count; p++)
        points[p][coordinate] = p < count - 1 ? from + p * step : to;
    ask_many(search, points, count, values);
    least = least_of(values, count);
    *value = values[least];
    return (int)points[least][coordinate];
}

/* Of a long row of numbers every eighth part, then the parts beside the best, until they are neighbours. */
static int try_list(struct analysis_search *search, int coordinate, double *value)
{
    const struct analysis_coordinate *list = &search->coordinates[coordinate];
    int from = 0, to = list->count - 1, place, step;

    do {
        step = list->is_ordered && to - from >= LONG_LIST ? (to - from) / COARSE : 1;
        place = try_places(search, coordinate, from, to, step, value);
        from = place - step < from ? from : place - step;
        to = place + step > to ? to : place + step;
    } while (step > 1 && !search->was_ended && isfinite(*value));
    return place;
}

/* What stands there before the first round is no place of the list, so it is left however good it is. */
static bool improve_list(struct analysis_search *search, int coordinate)
{
    const bool is_first = isnan(search->best[coordinate]);
    double value;
    const int place = try_list(search, coordinate, &value);

    if (!isfinite(value) || (!is_first && value >= search->least))
        return false;
    search->best[coordinate] = place;
    search->least = value;
    return true;
}

static bool improve_ranges(struct analysis_search *search)
{
    const double before = search->least;
    bool has_ranges = false, is_first = false;

    for (int c = 0; c < search->count; c++)
        if (search->coordinates[c].count == 0) {
            has_ranges = true;
            is_first |= isnan(search->best[c]);
        }
    if (!has_ranges || search->was_ended)
        return false;
    if (is_first)
        search->least = INFINITY;
    analysis_search_ranges(search);
    if (is_first && isinf(search->least))
        search->least = before;
    return search->least < before || is_first;
}

void analysis_search_in_turn(struct analysis_search *search)
{
    bool improves = true;

    begin(search);
    for (int round = 0; round < MOST_ROUNDS && improves && !search->was_ended; round++) {
        improves = false;
        for (int c = 0; c < search->count && !search->was_ended; c++)
            if (search->coordinates[c].count > 0)
                improves |= improve_list(search, c);
        improves |= improve_ranges(search);
        improves &= search->count > 1;
    }
}
