/* points.c -- a store of a study, as a table on the terminal. */
#include "sim/base/units.h"
#include "sim/cli/table.h"
#include "sim/study/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 60, MOST_KEYS = 16, WIDEST_CELL = 40, GAP = 2 };

/* First pass: which keys the points set to differing values, and how many points; second: the rows. */
struct points {
    FILE *out;
    const json_t *only; /* hashes; NULL: all points */
    char *keys[MOST_KEYS];
    char *first_values[MOST_KEYS];
    bool varies[MOST_KEYS];
    int widths[MOST_KEYS];
    int key_count, count, rows;
    int headline; /* what the last column shows; HEADLINES: nothing */
};

/* Metrics that say at a glance how good a point is: the first that some point has gets a column. */
static const struct {
    const char *metric, *title;
} headlines[] = {{"scaling_efficiency", "efficiency"}, {"speedup", "speedup"}};
enum { HEADLINES = sizeof headlines / sizeof headlines[0] };

static double headline_of(const json_t *summary, int headline)
{
    const json_t *value =
        json_object_get(json_object_get(summary, "metrics"), headlines[headline].metric);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

static int place_of(struct points *points, const char *key)
{
    for (int i = 0; i < points->key_count; i++)
        if (strcmp(points->keys[i], key) == 0)
            return i;
    if (points->key_count == MOST_KEYS)
        return -1;
    points->keys[points->key_count] = strdup(key);
    return points->key_count++;
}

static void widen(struct points *points, int key, const char *text)
{
    const int length = (int)strlen(text);

    if (length > points->widths[key])
        points->widths[key] = length < WIDEST_CELL ? length : WIDEST_CELL;
}

static const char *last_part(const char *key)
{
    const char *dot = strrchr(key, '.');

    return dot == NULL || strcmp(key, "algorithm.name") == 0 ? key : dot + 1;
}

static bool is_asked_for(const struct points *points, const struct sim_stored *stored)
{
    return points->only == NULL || json_object_get(points->only, stored->hash) != NULL;
}

/* Most studies have none of these metrics, and to read a summary takes longer than to look for a word in it. */
static void note_headline(struct points *points, const char *text)
{
    json_t *summary = NULL;

    for (int h = 0; h < points->headline; h++)
        if (strstr(text, headlines[h].metric) != NULL) {
            summary = json_loads(text, 0, NULL);
            break;
        }
    for (int h = 0; summary != NULL && h < points->headline; h++)
        if (!isnan(headline_of(summary, h)))
            points->headline = h;
    json_decref(summary);
}

static bool note_keys(void *context, const struct sim_stored *stored)
{
    struct points *points = context;
    json_t *settings, *value;
    const char *key;

    if (!is_asked_for(points, stored))
        return true;
    points->count++;
    settings = json_loads(stored->settings, 0, NULL);
    json_object_foreach (settings, key, value) {
        const int i = place_of(points, key);

        if (i < 0)
            continue;
        if (points->first_values[i] == NULL)
            points->first_values[i] = strdup(json_string_value(value));
        points->varies[i] |= strcmp(points->first_values[i], json_string_value(value)) != 0;
        widen(points, i, json_string_value(value));
    }
    json_decref(settings);
    if (stored->summary != NULL)
        note_headline(points, stored->summary);
    return true;
}

static void print_number(FILE *out, double value, enum sim_unit unit)
{
    char text[SIM_QUANTITY_SIZE];

    fprintf(out, "%14s", isnan(value) ? "-" : sim_format_quantity(text, value, unit));
}

static double law_theory(const json_t *summary, const char *quantity)
{
    const json_t *law;
    size_t i;

    json_array_foreach (json_object_get(summary, "laws"), i, law)
        if (strcmp(json_string_value(json_object_get(law, "quantity")), quantity) == 0 &&
            json_is_number(json_object_get(law, "theory")))
            return json_number_value(json_object_get(law, "theory"));
    return NAN;
}

static void print_settings(const struct points *points, const struct sim_stored *stored)
{
    json_t *settings = json_loads(stored->settings, 0, NULL);

    for (int i = 0; i < points->key_count; i++) {
        const char *value = json_string_value(json_object_get(settings, points->keys[i]));

        if (points->varies[i])
            fprintf(points->out, "%-*.*s", points->widths[i] + GAP, points->widths[i],
                    value == NULL ? "-" : value);
    }
    json_decref(settings);
}

static bool print_row(void *context, const struct sim_stored *stored)
{
    struct points *points = context;
    json_t *summary;

    if (!is_asked_for(points, stored))
        return true;
    if (points->rows == MOST_ROWS)
        return false; /* enough */
    points->rows++;
    print_settings(points, stored);
    if (stored->summary == NULL) {
        fprintf(points->out, "  failed (%d): %.*s\n", stored->exit_code,
                (int)strcspn(stored->error, "\n"), stored->error);
        return true;
    }
    summary = json_loads(stored->summary, 0, NULL);
    print_number(points->out, json_number_value(json_object_get(summary, "simulated_seconds")),
                 SIM_UNIT_SECONDS);
    print_number(points->out, law_theory(summary, "seconds"), SIM_UNIT_SECONDS);
    print_number(points->out, json_number_value(json_object_get(summary, "bytes")), SIM_UNIT_BYTES);
    print_number(
        points->out,
        json_number_value(json_object_get(json_object_get(summary, "busiest_card"), "bytes")),
        SIM_UNIT_BYTES);
    if (points->headline < HEADLINES)
        print_number(points->out, headline_of(summary, points->headline), SIM_UNIT_NONE);
    fputs(stored->exit_code == 0 ? "\n" : "  LAW BROKEN\n", points->out);
    json_decref(summary);
    return true;
}

static bool print_all(struct points *points, struct sim_store *store, bool colours,
                      struct sim_error *err)
{
    FILE *out = points->out;

    if (!sim_store_each(store, note_keys, points, err))
        return false;
    fputs(colours ? "\033[1m" : "", out);
    for (int i = 0; i < points->key_count; i++)
        if (points->varies[i]) {
            widen(points, i, last_part(points->keys[i]));
            fprintf(out, "%-*s", points->widths[i] + GAP, last_part(points->keys[i]));
        }
    fprintf(out, "%14s%14s%14s%14s", "simulated", "theory", "bytes", "busiest card");
    if (points->headline < HEADLINES)
        fprintf(out, "%14s", headlines[points->headline].title);
    fputs(colours ? "\033[0m\n" : "\n", out);
    if (!sim_store_each(store, print_row, points, err))
        return false;
    if (points->count > points->rows)
        fprintf(out, "... and %d more\n", points->count - points->rows);
    return true;
}

bool sim_print_points(FILE *out, struct sim_store *store, const json_t *only, bool colours,
                      struct sim_error *err)
{
    struct points points = {.out = out, .only = only, .headline = HEADLINES};
    const bool fine = print_all(&points, store, colours, err);

    for (int i = 0; i < points.key_count; i++) {
        free(points.keys[i]);
        free(points.first_values[i]);
    }
    return fine;
}
