#include "sim/study/samples.h"

#include "sim/base/names.h"
#include "sim/base/random.h"
#include "sim/base/units.h"

#include <gsl/gsl_qrng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOBOL_MOST_KEYS = 40 };

/* What one key is drawn from: a range, or a list of values. */
struct range {
    const json_t *values; /* NULL: a range */
    double from, to;
    const char *unit;
    bool is_log, is_whole;
};

/* ---- reading ---- */

/* A number, and the letters behind it. */
static bool read_end(const json_t *value, double *number, const char **unit)
{
    char *end;

    *unit = "";
    if (json_is_number(value)) {
        *number = json_number_value(value);
        return true;
    }
    if (!json_is_string(value))
        return false;
    *number = strtod(json_string_value(value), &end);
    *unit = end;
    return end != json_string_value(value) && isfinite(*number);
}

static bool read_yes(const char *where, const json_t *spec, const char *key, bool *yes,
                     struct sim_error *err)
{
    const json_t *value = json_object_get(spec, key);
    const char *word = json_string_value(value);

    *yes = json_is_true(value) || (word != NULL && strcmp(word, "yes") == 0);
    return value == NULL || *yes || json_is_false(value) ||
           (word != NULL && strcmp(word, "no") == 0) ||
           sim_fail(err, "%s: %s must be yes or no.", where, key);
}

static bool read_scale(const char *where, const json_t *spec, bool *is_log, struct sim_error *err)
{
    const json_t *value = json_object_get(spec, "scale");
    const char *word = json_is_string(value) ? json_string_value(value) : "";

    *is_log = strcmp(word, "log") == 0;
    return value == NULL || *is_log || strcmp(word, "linear") == 0 ||
           sim_fail(err, "%s: scale must be linear or log.", where);
}

static bool knows(const char *where, const json_t *spec, const char *const *keys, int count,
                  struct sim_arena *arena, struct sim_error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)spec, key, value) {
        bool is_known = false;

        for (int i = 0; i < count; i++)
            is_known |= strcmp(key, keys[i]) == 0;
        if (!is_known)
            return sim_fail(err, "%s: there is no key '%s'%s", where, key,
                            sim_did_you_mean(arena, key, keys, count, " in a range or a sample."));
    }
    return true;
}

/* Units in which ends that are spelt in different ones ("900KB", "2GB") are put. */
static const struct {
    enum sim_unit unit;
    const char *suffix;
} common_units[] = {
    {SIM_UNIT_BYTES, "B"}, {SIM_UNIT_SECONDS, "s"}, {SIM_UNIT_BYTES_PER_SECOND, "Bps"},
    {SIM_UNIT_FLOP, "f"},  {SIM_UNIT_WATTS, "W"},   {SIM_UNIT_JOULES, "J"}};
enum { COMMON_UNITS = sizeof common_units / sizeof common_units[0] };

/* Bytes are whole, so they are counted one by one; other numbers keep the unit that both ends have. */
static bool settle_unit(const char *where, const char *from, const char *to, struct range *range,
                        const char *other_unit, struct sim_error *err)
{
    const bool is_one = strcmp(range->unit, other_unit) == 0;

    for (int i = 0; i < COMMON_UNITS && *range->unit != '\0' && *other_unit != '\0'; i++)
        if (sim_parse_quantity(from, common_units[i].unit, &range->from) &&
            sim_parse_quantity(to, common_units[i].unit, &range->to)) {
            range->is_whole |= common_units[i].unit == SIM_UNIT_BYTES;
            if (is_one && !range->is_whole) {
                range->from = strtod(from, NULL);
                range->to = strtod(to, NULL);
            } else {
                range->unit = common_units[i].suffix;
            }
            return true;
        }
    return is_one ||
           sim_fail(err, "%s: 'from' is in '%s' and 'to' in '%s'; write both in one unit.", where,
                    range->unit, other_unit);
}

static bool is_range_fine(const char *where, const struct range *range, struct sim_error *err)
{
    if (!(range->from < range->to))
        return sim_fail(err, "%s: 'from' must be less than 'to'.", where);
    if (range->is_log && !(range->from > 0))
        return sim_fail(err, "%s: a logarithmic scale begins above zero.", where);
    if (range->is_whole && (range->from != floor(range->from) || range->to != floor(range->to) ||
                            fabs(range->from) > 1e15 || fabs(range->to) > 1e15))
        return sim_fail(err, "%s: of whole numbers both ends are whole.", where);
    return true;
}

static bool read_range(const char *where, const json_t *spec, struct range *range,
                       struct sim_error *err)
{
    const json_t *from = json_object_get(spec, "from"), *to = json_object_get(spec, "to");
    const char *other_unit;

    if (!read_end(from, &range->from, &range->unit) || !read_end(to, &range->to, &other_unit))
        return sim_fail(
            err, "%s: a range is {from: NUMBER, to: NUMBER}, as in {from: 1MBps, to: 40MBps}.",
            where);
    return read_yes(where, spec, "whole", &range->is_whole, err) &&
           settle_unit(where, json_string_value(from), json_string_value(to), range, other_unit,
                       err) &&
           is_range_fine(where, range, err);
}

static bool read_count(const char *where, const json_t *spec, int least, int *count,
                       struct sim_error *err)
{
    const json_t *points = json_object_get(spec, "points");
    const json_int_t value = json_integer_value(points);

    *count = (int)value;
    return (json_is_integer(points) && value >= least && value <= SIM_SAMPLES_MOST) ||
           sim_fail(err, "%s: points must be a whole number from %d to %d.", where, least,
                    SIM_SAMPLES_MOST);
}

/* ---- values ---- */

/* Twelve digits at most: what a reader would have written. */
static json_t *value_json(double number, const struct range *range, struct sim_arena *arena)
{
    const char *text = sim_text(arena, range->is_whole ? "%.0f%s" : "%.12g%s", number, range->unit);
    const double rounded = strtod(text, NULL);

    if (*range->unit != '\0')
        return json_string(text);
    return rounded == floor(rounded) && fabs(rounded) < 1e15 ? json_integer((json_int_t)rounded)
                                                             : json_real(rounded);
}

static double between(const struct range *range, double share, double top)
{
    return range->is_log ? range->from * pow(top / range->from, share)
                         : range->from + share * (top - range->from);
}

/* What stands at `share`, in [0, 1), of a range or a list. */
static json_t *value_at(const struct range *range, double share, struct sim_arena *arena)
{
    double number;

    if (range->values != NULL)
        return json_incref(json_array_get(
            range->values, (size_t)(share * (double)json_array_size(range->values))));
    if (!range->is_whole)
        return value_json(between(range, share, range->to), range, arena);
    number = floor(
        between(range, share, range->to + 1)); /* so that the last is as likely as the others */
    return value_json(fmin(fmax(number, range->from), range->to), range, arena);
}

json_t *sim_samples_space(const char *where, const json_t *spec, bool is_log,
                          struct sim_arena *arena, struct sim_error *err)
{
    static const char *const keys[] = {"from", "to", "points", "whole"};
    struct range range = {.is_log = is_log};
    double last = NAN;
    json_t *values;
    int count;

    if (!json_is_object(spec)) {
        sim_fail(err, "%s: give {from: NUMBER, to: NUMBER, points: COUNT}.", where);
        return NULL;
    }
    if (!knows(where, spec, keys, 4, arena, err) || !read_range(where, spec, &range, err) ||
        !read_count(where, spec, 2, &count, err))
        return NULL;
    values = json_array();
    for (int i = 0; i < count; i++) {
        double number =
            i == count - 1 ? range.to : between(&range, (double)i / (count - 1), range.to);

        if (range.is_whole)
            number = round(number);
        if (number != last)
            json_array_append_new(values, value_json(number, &range, arena));
        last = number;
    }
    return values;
}

/* ---- points ---- */

/* Several keys that are drawn together. */
struct drawing {
    const char **keys;
    struct range *ranges;
    int key_count, point_count;
    uint64_t seed;
};

static bool read_over(const char *where, const json_t *over, struct drawing *drawing,
                      struct sim_arena *arena, struct sim_error *err)
{
    static const char *const keys[] = {"from", "to", "scale", "whole"};
    const char *key;
    json_t *value;

    if (!json_is_object(over) || json_object_size(over) == 0)
        return sim_fail(err, "%s: 'over' must be a mapping of keys to ranges or lists of values.",
                        where);
    drawing->keys = sim_new(arena, const char *, json_object_size(over));
    drawing->ranges = sim_new(arena, struct range, json_object_size(over));
    json_object_foreach ((json_t *)(uintptr_t)over, key, value) {
        struct range *range = &drawing->ranges[drawing->key_count];
        const char *place = sim_text(arena, "%s: %s", where, key);

        drawing->keys[drawing->key_count++] = key;
        if (json_is_array(value) && json_array_size(value) > 0)
            range->values = value;
        else if (!json_is_object(value))
            return sim_fail(err, "%s: give a range {from: NUMBER, to: NUMBER} or a list of values.",
                            place);
        else if (!knows(place, value, keys, 4, arena, err) ||
                 !read_scale(place, value, &range->is_log, err) ||
                 !read_range(place, value, range, err))
            return false;
    }
    return true;
}

static bool read_drawing(const char *where, const json_t *spec, struct drawing *drawing,
                         struct sim_arena *arena, struct sim_error *err)
{
    static const char *const keys[] = {"points", "seed", "over"};
    const json_t *seed = json_object_get(spec, "seed");

    if (!json_is_object(spec))
        return sim_fail(err, "%s: give {points: COUNT, over: {KEY: {from: NUMBER, to: NUMBER}}}.",
                        where);
    if (!knows(where, spec, keys, 3, arena, err))
        return false;
    if (seed != NULL && !(json_is_integer(seed) && json_integer_value(seed) >= 0))
        return sim_fail(err, "%s: seed must be a whole number, zero or more.", where);
    drawing->seed = seed == NULL ? 1 : (uint64_t)json_integer_value(seed);
    return read_count(where, spec, 1, &drawing->point_count, err) &&
           read_over(where, json_object_get(spec, "over"), drawing, arena, err);
}

/* shares[key][point], in [0, 1) */
static void draw_random(const struct drawing *drawing, double **shares)
{
    for (int k = 0; k < drawing->key_count; k++) {
        struct sim_random *random = sim_random_open(drawing->seed, (uint64_t)k);

        for (int i = 0; i < drawing->point_count; i++)
            shares[k][i] = sim_random_uniform(random);
        sim_random_close(random);
    }
}

/* Every n-th of a range holds one point, anywhere in it; which point it is, is shuffled. */
static void draw_latin(const struct drawing *drawing, double **shares)
{
    const int n = drawing->point_count;

    for (int k = 0; k < drawing->key_count; k++) {
        struct sim_random *random = sim_random_open(drawing->seed, (uint64_t)k);

        for (int i = 0; i < n; i++)
            shares[k][i] = fmin((i + sim_random_uniform(random)) / n, nextafter(1, 0));
        for (int i = n - 1; i > 0; i--) {
            const uint32_t j = sim_random_below(random, (uint32_t)i + 1);
            const double share = shares[k][i];

            shares[k][i] = shares[k][j];
            shares[k][j] = share;
        }
        sim_random_close(random);
    }
}

/* The sequence knows no chance: another seed begins later in it. */
static void draw_sobol(const struct drawing *drawing, double **shares)
{
    gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)drawing->key_count);
    double point[SOBOL_MOST_KEYS];

    for (uint64_t skipped = 1; skipped < drawing->seed; skipped++)
        gsl_qrng_get(sequence, point);
    for (int i = 0; i < drawing->point_count; i++) {
        gsl_qrng_get(sequence, point);
        for (int k = 0; k < drawing->key_count; k++)
            shares[k][i] = point[k];
    }
    gsl_qrng_free(sequence);
}

static void (*const draws[])(const struct drawing *drawing,
                             double **shares) = {draw_random, draw_latin, draw_sobol};

static json_t *points_of(const struct drawing *drawing, double **shares, struct sim_arena *arena)
{
    json_t *points = json_array();

    for (int i = 0; i < drawing->point_count; i++) {
        json_t *point = json_object();

        for (int k = 0; k < drawing->key_count; k++)
            json_object_set_new(point, drawing->keys[k],
                                value_at(&drawing->ranges[k], shares[k][i], arena));
        json_array_append_new(points, point);
    }
    return points;
}

json_t *sim_samples_draw(const char *where, enum sim_sampling sampling, const json_t *spec,
                         struct sim_arena *arena, struct sim_error *err)
{
    struct drawing drawing = {0};
    double **shares;

    if (!read_drawing(where, spec, &drawing, arena, err))
        return NULL;
    if (sampling == SIM_SAMPLE_SOBOL &&
        (drawing.key_count > SOBOL_MOST_KEYS || drawing.seed > SIM_SAMPLES_MOST)) {
        sim_fail(err,
                 "%s: Sobol's sequence is known for %d keys and begins at most %d points later.",
                 where, SOBOL_MOST_KEYS, SIM_SAMPLES_MOST);
        return NULL;
    }
    shares = sim_new(arena, double *, (size_t)drawing.key_count);
    for (int k = 0; k < drawing.key_count; k++)
        shares[k] = sim_new(arena, double, (size_t)drawing.point_count);
    draws[sampling](&drawing, shares);
    return points_of(&drawing, shares, arena);
}
