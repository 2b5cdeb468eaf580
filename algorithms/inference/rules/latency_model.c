#include "algorithms/inference/rules/latency_model.h"

#include "sim/base/csv.h"
#include "sim/base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const latency_side_names[] = {"device", "server", NULL};

enum { SIDE, KIND, MACS, BYTES, SECONDS, COLUMNS, MOST_BYTES = 20 * 1000 * 1000 };
static const char *const column_names[COLUMNS] = {"side", "kind", "macs", "activation_bytes",
                                                  "seconds"};

/* The measurements of one curve. */
struct sample {
    double size, seconds;
    struct sample *next;
};
struct samples {
    struct latency_curve *curve;
    struct sample *first;
    struct samples *next;
};

struct reading {
    struct sim_csv csv;
    int places[COLUMNS];
    struct samples *all;
    struct latency_model *model;
};

/* ---- reading ---- */

static bool read_head(struct reading *reading)
{
    const char *const *fields;
    int count;

    for (int c = 0; c < COLUMNS; c++)
        reading->places[c] = -1;
    if (!sim_csv_row(&reading->csv, &fields, &count))
        return false;
    for (int i = 0; fields != NULL && i < count; i++)
        for (int c = 0; c < COLUMNS; c++)
            if (strcmp(fields[i], column_names[c]) == 0)
                reading->places[c] = i;
    for (int c = 0; c < COLUMNS; c++)
        if (reading->places[c] < 0)
            return sim_fail(reading->csv.err,
                            "%s: the first line must name the columns side, kind, macs, "
                            "activation_bytes and seconds; there is no '%s'.",
                            reading->csv.path, column_names[c]);
    return true;
}

static bool read_number(const struct reading *reading, const char *const *fields, int count,
                        int column, double *value)
{
    const int place = reading->places[column];
    char *end = NULL;

    *value = place < count ? strtod(fields[place], &end) : NAN;
    return (end != NULL && end != fields[place] && *end == '\0' && *value >= 0 && *value <= 1e18) ||
           sim_fail(reading->csv.err, "%s:%d: %s must be a number that is not negative.",
                    reading->csv.path, reading->csv.line, column_names[column]);
}

static struct samples *samples_of(struct reading *reading, enum latency_side side, const char *kind)
{
    struct sim_arena *arena = reading->csv.arena;
    struct samples **at = &reading->all;
    struct latency_curve **last = &reading->model->curves;

    for (; *at != NULL; at = &(*at)->next)
        if ((*at)->curve->side == side && strcmp((*at)->curve->kind, kind) == 0)
            return *at;
    while (*last != NULL)
        last = &(*last)->next;
    *last = sim_new(arena, struct latency_curve, 1);
    **last = (struct latency_curve){.side = side, .kind = sim_text(arena, "%s", kind)};
    *at = sim_new(arena, struct samples, 1);
    (*at)->curve = *last;
    return *at;
}

static double size_of(double macs, double activation_bytes)
{
    return macs > 0 ? macs : activation_bytes;
}

static bool read_row(struct reading *reading, const char *const *fields, int count)
{
    const int side_place = reading->places[SIDE], kind_place = reading->places[KIND];
    const char *side = side_place < count ? fields[side_place] : "";
    const char *kind = kind_place < count ? fields[kind_place] : "";
    double macs, bytes, seconds;
    struct samples *samples;
    struct sample *sample;

    if (strcmp(side, "device") != 0 && strcmp(side, "server") != 0)
        return sim_fail(reading->csv.err, "%s:%d: side must be device or server, not '%s'.",
                        reading->csv.path, reading->csv.line, side);
    if (*kind == '\0')
        return sim_fail(reading->csv.err, "%s:%d: kind is empty.", reading->csv.path,
                        reading->csv.line);
    if (!read_number(reading, fields, count, MACS, &macs) ||
        !read_number(reading, fields, count, BYTES, &bytes) ||
        !read_number(reading, fields, count, SECONDS, &seconds))
        return false;
    if (seconds == 0 || size_of(macs, bytes) == 0)
        return sim_fail(reading->csv.err,
                        "%s:%d: seconds, and macs or activation_bytes, must be above 0.",
                        reading->csv.path, reading->csv.line);
    samples =
        samples_of(reading, strcmp(side, "server") == 0 ? LATENCY_SERVER : LATENCY_DEVICE, kind);
    sample = sim_new(reading->csv.arena, struct sample, 1);
    *sample = (struct sample){size_of(macs, bytes), seconds, samples->first};
    samples->first = sample;
    samples->curve->count++;
    return true;
}

/* ---- fitting ---- */

static bool fit(struct reading *reading, const struct samples *samples)
{
    struct latency_curve *curve = samples->curve;
    struct sim_arena *arena = reading->csv.arena;
    double *sizes = sim_new(arena, double, curve->count);
    double *logarithms = sim_new(arena, double, curve->count);
    double *seconds = sim_new(arena, double, curve->count);
    double *weights = sim_new(arena, double, curve->count);
    struct sim_line straight, logarithmic;
    struct sim_error why = {0};
    size_t i = 0;

    for (const struct sample *s = samples->first; s != NULL; s = s->next, i++) {
        sizes[i] = s->size;
        logarithms[i] = log(s->size);
        seconds[i] = s->seconds;
        weights[i] = 1 / (s->seconds * s->seconds);
    }
    if (!sim_fit_line(sizes, seconds, weights, curve->count, &straight, &why) ||
        !sim_fit_line(logarithms, seconds, weights, curve->count, &logarithmic, &why))
        return sim_fail(reading->csv.err,
                        "%s: layers of kind %s on the %s have %zu measurements; a curve needs at "
                        "least three, of two sizes.",
                        reading->csv.path, curve->kind, latency_side_names[curve->side],
                        curve->count);
    curve->form =
        straight.chi_square <= logarithmic.chi_square ? LATENCY_LINEAR : LATENCY_LOGARITHMIC;
    curve->line = curve->form == LATENCY_LINEAR ? straight : logarithmic;
    return true;
}

const struct latency_model *latency_model_read(struct sim_arena *arena, const char *path,
                                               struct sim_error *err)
{
    struct reading reading = {.model = sim_new(arena, struct latency_model, 1)};
    const char *const *fields;
    size_t length;
    const char *text = sim_file_read(arena, path, MOST_BYTES, &length, err);
    int count;

    if (text == NULL || !sim_csv_open(&reading.csv, path, text, length, arena, err) ||
        !read_head(&reading))
        return NULL;
    for (;;) {
        if (!sim_csv_row(&reading.csv, &fields, &count))
            return NULL;
        if (fields == NULL)
            break;
        if (!read_row(&reading, fields, count))
            return NULL;
    }
    for (const struct samples *samples = reading.all; samples != NULL; samples = samples->next)
        if (!fit(&reading, samples))
            return NULL;
    return reading.model;
}

double latency_model_seconds(const struct latency_model *model, enum latency_side side,
                             const struct sim_layer *layer)
{
    const double size = size_of((double)layer->macs, (double)layer->activation_bytes);

    if (strcmp(layer->kind, "input") == 0)
        return 0;
    for (const struct latency_curve *curve = model->curves; curve != NULL; curve = curve->next)
        if (curve->side == side && strcmp(curve->kind, layer->kind) == 0)
            return fmax(
                0, sim_line_at(&curve->line, curve->form == LATENCY_LINEAR ? size : log(size)));
    return NAN;
}
