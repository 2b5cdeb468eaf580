#include "analysis/space.h"

#include "analysis/vary.h"
#include "sim/base/names.h"
#include "sim/base/units.h"
#include "sim/scenario/parameters.h"

#include <math.h>
#include <string.h>

enum { MOST_WHOLE = 4096, MOST_KEYS = 64 };

/* A study under reading. */
struct reading {
    const struct sim_scenario *scenario;
    json_t *study;
    const char *keys[MOST_KEYS];
    int key_count;
    struct sim_arena *arena;
    struct sim_error *err;
};

/* ---- where a study has its keys ---- */

static const char *const spaced[] = {"linspace", "logspace"};
static const char *const samples[] = {"random", "latin_hypercube", "sobol"};

enum {
    SPACED = sizeof spaced / sizeof spaced[0],
    SAMPLES = sizeof samples / sizeof samples[0],
};

static const json_t *sample_of(const struct reading *reading, size_t i)
{
    return json_object_get(json_object_get(reading->study, samples[i]), "over");
}

static void note_keys(struct reading *reading, const json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        int k = 0;

        while (k < reading->key_count && strcmp(reading->keys[k], key) != 0)
            k++;
        if (k == reading->key_count && k < MOST_KEYS)
            reading->keys[reading->key_count++] = sim_text(reading->arena, "%s", key);
    }
}

static void find_keys(struct reading *reading)
{
    json_t *entry;
    size_t i;

    note_keys(reading, json_object_get(reading->study, "grid"));
    json_array_foreach (json_object_get(reading->study, "list"), i, entry)
        note_keys(reading, entry);
    for (i = 0; i < SPACED; i++)
        note_keys(reading, json_object_get(reading->study, spaced[i]));
    for (i = 0; i < SAMPLES; i++)
        note_keys(reading, sample_of(reading, i));
}

/* ---- lists ---- */

static bool holds(const json_t *values, const json_t *value)
{
    const json_t *one;
    size_t i;

    json_array_foreach (values, i, one)
        if (json_equal(one, value))
            return true;
    return false;
}

/* The values of a key in the entries of `list`, each once; an empty array where none has it.  New. */
static json_t *listed(const struct reading *reading, const char *key)
{
    json_t *values = json_array(), *entry;
    size_t i;

    json_array_foreach (json_object_get(reading->study, "list"), i, entry) {
        json_t *value = json_object_get(entry, key);

        if (value != NULL && !holds(values, value))
            json_array_append(values, value);
    }
    return values;
}

/* ---- ranges ---- */

static const struct sim_parameter *row_of(const struct reading *reading, const char *key)
{
    if (strncmp(key, "algorithm.", 10) == 0)
        return sim_parameter_find(reading->scenario->algorithm->parameters, key + 10);
    return strncmp(key, "requests.", 9) == 0 ? sim_parameter_find(sim_request_rows, key + 9) : NULL;
}

/* Does the key take whole numbers only? */
static bool is_whole_key(const struct reading *reading, const char *key)
{
    static const char *const whole[] = {"iterations", "seed", "workload.batch"};
    const struct sim_parameter *row = row_of(reading, key);

    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(key, whole[i]) == 0)
            return true;
    return row != NULL && (row->kind == SIM_KIND_COUNT || row->kind == SIM_KIND_BYTES);
}

static bool says_yes(const json_t *value)
{
    const char *text = json_string_value(value);

    return json_is_true(value) || (text != NULL && strcmp(text, "yes") == 0);
}

static bool end_of(const json_t *value, double *number, const char **unit)
{
    *unit = "";
    *number = json_number_value(value);
    return json_is_number(value) ||
           (json_is_string(value) && analysis_quantity_of(json_string_value(value), number, unit));
}

/* How many of unit `to` one of unit `from` is; 0 where they measure different things. */
static double unit_ratio(const char *from, const char *to, struct sim_arena *arena)
{
    static const enum sim_unit units[] = {
        SIM_UNIT_SECONDS,         SIM_UNIT_BYTES, SIM_UNIT_FLOP,  SIM_UNIT_BYTES_PER_SECOND,
        SIM_UNIT_FLOP_PER_SECOND, SIM_UNIT_WATTS, SIM_UNIT_JOULES};
    double one, other;

    if (strcmp(from, to) == 0)
        return 1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (sim_parse_quantity(sim_text(arena, "1%s", from), units[i], &one) &&
            sim_parse_quantity(sim_text(arena, "1%s", to), units[i], &other))
            return one / other;
    return 0;
}

static bool read_range(const struct reading *reading, const json_t *spec, bool is_log,
                       struct analysis_axis *axis)
{
    struct analysis_range *range = &axis->range;
    const char *other, *path = reading->scenario->path;
    double ratio;

    if (!end_of(json_object_get(spec, "from"), &range->from, &range->unit) ||
        !end_of(json_object_get(spec, "to"), &range->to, &other))
        return sim_fail(reading->err,
                        "%s: study: the range of %s must have from and to, as in {from: 1, to: 9}.",
                        path, axis->key);
    ratio = unit_ratio(other, range->unit, reading->arena);
    range->to *= ratio;
    range->is_log = is_log;
    range->is_whole = says_yes(json_object_get(spec, "whole")) || is_whole_key(reading, axis->key);
    if (ratio == 0 || !(range->from < range->to))
        return sim_fail(reading->err, "%s: study: the range of %s must go up, in one unit.", path,
                        axis->key);
    if (range->is_whole && floor(range->to) < range->from)
        return sim_fail(reading->err, "%s: study: the range of %s holds no whole number.", path,
                        axis->key);
    return !is_log || range->from > 0 ||
           sim_fail(reading->err,
                    "%s: study: the range of %s has logarithms, so it must begin above 0.", path,
                    axis->key);
}

double analysis_range_at(const struct analysis_range *range, double share)
{
    const double number = range->is_log ? range->from * pow(range->to / range->from, share)
                                        : range->from + (range->to - range->from) * share;

    return range->is_whole ? round(number) : number;
}

/* Whole numbers that are not too many are a list, in order. */
static json_t *whole_numbers(const struct analysis_range *range)
{
    const double first = ceil(range->from), last = floor(range->to);
    json_t *values;

    if (!range->is_whole || *range->unit != '\0' || last < first || last - first >= MOST_WHOLE)
        return NULL;
    values = json_array();
    for (json_int_t number = (json_int_t)first; number <= (json_int_t)last; number++)
        json_array_append_new(values, json_integer(number));
    return values;
}

/* ---- one key ---- */

/* What the study says of a key, and whether by its logarithm; NULL where it says nothing.  Borrowed. */
static const json_t *spec_of(const struct reading *reading, const char *key, bool *is_log)
{
    const json_t *spec;

    *is_log = false;
    for (size_t i = 0; i < SPACED; i++)
        if ((spec = json_object_get(json_object_get(reading->study, spaced[i]), key)) != NULL) {
            *is_log = strcmp(spaced[i], "logspace") == 0;
            return spec;
        }
    for (size_t i = 0; i < SAMPLES; i++)
        if ((spec = json_object_get(sample_of(reading, i), key)) != NULL) {
            const char *scale = json_string_value(json_object_get(spec, "scale"));

            *is_log = scale != NULL && strcmp(scale, "log") == 0;
            return spec;
        }
    return json_object_get(json_object_get(reading->study, "grid"), key);
}

static bool refuse_key(const struct reading *reading, const char *key)
{
    const char *all = "";

    for (int k = 0; k < reading->key_count; k++)
        all = sim_text(reading->arena, "%s%s%s", all, k > 0 ? ", " : "", reading->keys[k]);
    return sim_fail(reading->err, "%s: study: it has no key '%s' to search over%s",
                    reading->scenario->path, key,
                    sim_did_you_mean(reading->arena, key, reading->keys, (size_t)reading->key_count,
                                     sim_text(reading->arena, "; it has %s.", all)));
}

static bool read_axis(const struct reading *reading, const char *key, struct analysis_axis *axis,
                      json_t *owner)
{
    bool is_log;
    const json_t *spec = spec_of(reading, key, &is_log);

    *axis = (struct analysis_axis){.key = key};
    if (json_is_object(spec)) {
        if (!read_range(reading, spec, is_log, axis))
            return false;
        axis->values = whole_numbers(&axis->range);
        axis->is_ordered = axis->values != NULL;
    } else {
        axis->values = spec == NULL ? listed(reading, key) : json_incref((json_t *)(uintptr_t)spec);
    }
    if (axis->values == NULL)
        return true;
    json_array_append_new(owner, axis->values);
    if (json_array_size(axis->values) > 0)
        return true;
    return spec == NULL
               ? refuse_key(reading, key)
               : sim_fail(reading->err, "%s: study: %s must be a list of at least one value.",
                          reading->scenario->path, key);
}

static bool add_key(const struct reading *reading, struct analysis_space *space, const char *key)
{
    struct analysis_axis *axis = &space->axes[space->count];

    if (space->count == ANALYSIS_MOST_COORDINATES)
        return sim_fail(reading->err,
                        "%s: at most %d keys can be searched over; name them with --over KEY,KEY.",
                        reading->scenario->path, ANALYSIS_MOST_COORDINATES);
    for (int a = 0; a < space->count; a++)
        if (strcmp(space->axes[a].key, key) == 0)
            return sim_fail(reading->err, "--over names %s twice.", key);
    if (!read_axis(reading, key, axis, space->owner))
        return false;
    space->coordinates[space->count++] = (struct analysis_coordinate){
        axis->values == NULL ? 0 : (int)json_array_size(axis->values), axis->is_ordered};
    return true;
}

/* ---- the whole ---- */

/* The next key of "KEY,KEY", whose brackets may hold commas; *over moves on. */
static const char *next_key(const char **over, struct sim_arena *arena)
{
    const char *from = *over, *at = from;
    bool is_inside = false;

    for (; *at != '\0' && (*at != ',' || is_inside); at++)
        is_inside = *at == '[' || (is_inside && *at != ']');
    *over = *at == ',' ? at + 1 : at;
    return sim_text_copy(arena, from, (size_t)(at - from));
}

bool analysis_space_read(struct analysis_space *space, const struct sim_scenario *scenario,
                         const char *over, struct sim_arena *arena, struct sim_error *err)
{
    struct reading reading = {.scenario = scenario, .arena = arena, .err = err};
    bool fine = true;

    *space = (struct analysis_space){.owner = json_array()};
    if (scenario->study == NULL)
        return sim_fail(err,
                        "%s: has no key 'study', which lists the values to choose from, as in "
                        "study: {grid: {algorithm.workers: [2, 4, 8]}}.",
                        scenario->path);
    reading.study = json_loads(scenario->study, 0, NULL);
    if (reading.study == NULL)
        return sim_fail(err, "%s: study: holds a value that cannot be read.", scenario->path);
    json_array_append_new(space->owner, reading.study);
    find_keys(&reading);
    if (over == NULL)
        for (int k = 0; k < reading.key_count && fine; k++)
            fine = add_key(&reading, space, reading.keys[k]);
    else
        do
            fine &= add_key(&reading, space, next_key(&over, arena));
        while (*over != '\0');
    return fine && (space->count > 0 ||
                    sim_fail(err, "%s: study: it has no key to search over.", scenario->path));
}

void analysis_space_release(struct analysis_space *space)
{
    json_decref(space->owner);
    space->owner = NULL;
}

/* Six digits are finer than any search goes, and can be read. */
static const char *range_text(const struct analysis_range *range, double share,
                              struct sim_arena *arena)
{
    return sim_text(arena, range->is_whole ? "%.0f%s" : "%.6g%s", analysis_range_at(range, share),
                    range->unit);
}

json_t *analysis_space_settings(const struct analysis_space *space, const double *point,
                                struct sim_arena *arena)
{
    json_t *settings = json_object();

    for (int a = 0; a < space->count; a++) {
        const struct analysis_axis *axis = &space->axes[a];

        if (isnan(point[a]))
            continue;
        if (axis->values != NULL)
            json_object_set(settings, axis->key, json_array_get(axis->values, (size_t)point[a]));
        else
            json_object_set_new(settings, axis->key,
                                json_string(range_text(&axis->range, point[a], arena)));
    }
    return settings;
}
