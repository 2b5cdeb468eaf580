/* report_events.c -- events.csv and metrics as data of a page: columns of numbers, which take a third of the room of rows. */
#include "analysis/intervals.h"
#include "analysis/page.h"
#include "analysis/plot.h"
#include "analysis/report.h"
#include "sim/base/csv.h"
#include "sim/base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 30, MOST_SERIES = 8 };

/* ---- events ---- */

enum column { START, END, PEER, PHASE, KIND, OTHER, BYTES, STEP, COLUMNS };

static const char *const column_names[COLUMNS] = {"start", "end",        "peer",  "phase",
                                                  "kind",  "other_peer", "bytes", "step"};

/* A JSON list per column, written side by side. */
struct events {
    FILE *lists[COLUMNS];
    char *texts[COLUMNS];
    size_t lengths[COLUMNS];
    json_t *peers, *phases; /* name to place */
    long count;
};

static bool open_lists(struct events *events)
{
    for (int c = 0; c < COLUMNS; c++)
        if ((events->lists[c] = open_memstream(&events->texts[c], &events->lengths[c])) == NULL)
            return false;
    return true;
}

static void close_lists(struct events *events)
{
    for (int c = 0; c < COLUMNS; c++)
        if (events->lists[c] != NULL)
            fclose(events->lists[c]);
}

/* The place of a name, which is new if it was not there. */
static long place_of(json_t *places, const char *name, bool may_be_new)
{
    const json_t *place = json_object_get(places, name);
    const long next = (long)json_object_size(places);

    if (place != NULL)
        return (long)json_integer_value(place);
    if (!may_be_new)
        return -1;
    json_object_set_new(places, name, json_integer(next));
    return next;
}

static long kind_of(const char *name)
{
    for (int k = 0; k < ANALYSIS_KINDS; k++)
        if (strcmp(name, analysis_kinds[k]) == 0)
            return k;
    return -1;
}

/* A field as a number of the list, with all its digits; an empty one is `otherwise`. */
static bool add_number(struct events *events, enum column column, const char *field,
                       const char *otherwise)
{
    const char *text = *field == '\0' ? otherwise : field;
    char *end;
    const double value = strtod(text, &end);

    if (*end != '\0' || end == text || !isfinite(value))
        return false;
    if (events->count > 0)
        putc(',', events->lists[column]);
    sim_csv_number(events->lists[column], value);
    return true;
}

static bool add_event(struct events *events, const char *const *fields, const int *places,
                      const char *path, int line, struct sim_error *err)
{
    const long peer = place_of(events->peers, fields[places[PEER]], false),
               kind = kind_of(fields[places[KIND]]);
    const char *comma = events->count > 0 ? "," : "";

    if (peer < 0 || kind < 0)
        return sim_fail(err, "%s:%d: there is no peer '%s' in summary.json, or no kind '%s'.", path,
                        line, fields[places[PEER]], fields[places[KIND]]);
    if (!add_number(events, START, fields[places[START]], "x") ||
        !add_number(events, END, fields[places[END]], "x") ||
        !add_number(events, BYTES, fields[places[BYTES]], "x") ||
        !add_number(events, STEP, fields[places[STEP]], "-1"))
        return sim_fail(err, "%s:%d: start, end, bytes and step must be numbers.", path, line);
    fprintf(events->lists[PEER], "%s%ld", comma, peer);
    fprintf(events->lists[PHASE], "%s%ld", comma,
            place_of(events->phases, fields[places[PHASE]], true));
    fprintf(events->lists[KIND], "%s%ld", comma, kind);
    fprintf(events->lists[OTHER], "%s%ld", comma,
            place_of(events->peers, fields[places[OTHER]], false));
    events->count++;
    return true;
}

static bool read_events(struct events *events, const char *path, struct sim_arena *arena,
                        struct sim_error *err)
{
    const char *const *fields;
    struct sim_csv csv;
    int count, places[COLUMNS], widest = 0;

    if (!sim_csv_load(&csv, path, MOST_BYTES, arena, err) || !sim_csv_row(&csv, &fields, &count))
        return false;
    for (int c = 0; c < COLUMNS; c++) {
        places[c] = sim_csv_place(fields, count, column_names[c]);
        if (places[c] < 0)
            return sim_fail(err, "%s: lacks the column '%s'.", path, column_names[c]);
        widest = places[c] > widest ? places[c] : widest;
    }
    for (;;) {
        if (!sim_csv_row(&csv, &fields, &count))
            return false;
        if (fields == NULL)
            return true;
        if (count <= widest)
            return sim_fail(err, "%s:%d: has too few fields.", path, csv.line);
        if (!add_event(events, fields, places, path, csv.line, err))
            return false;
    }
}

static void write_names(FILE *out, const char *key, json_t *places)
{
    json_t *names = json_array(), *place;
    const char *name;

    json_object_foreach (places, name, place)
        json_array_append_new(names, json_string(name));
    fprintf(out, "\"%s\":", key);
    json_dumpf(names, out, JSON_COMPACT);
    json_decref(names);
}

/* What summary.json says of each peer, for the page to compare its own sums with. */
static void write_peers(FILE *out, const json_t *summary)
{
    static const char *const keys[] = {
        "name",         "role",        "host", "compute_seconds", "communicate_seconds",
        "wait_seconds", "idle_seconds"};
    json_t *peers = json_array(), *peer;
    size_t i;

    json_array_foreach (json_object_get(summary, "peers"), i, peer) {
        json_t *copy = json_object();

        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
            json_object_set(copy, keys[k], json_object_get(peer, keys[k]));
        json_array_append_new(peers, copy);
    }
    fputs("\"peers\":", out);
    json_dumpf(peers, out, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(peers);
}

static void write_events(struct report *report, const json_t *summary, const struct events *events)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    fprintf(out, "{\"seconds\":%.17g,", analysis_value(summary, "simulated_seconds"));
    write_peers(out, summary);
    putc(',', out);
    write_names(out, "phases", events->phases);
    fputs(",\"kinds\":[", out);
    for (int k = 0; k < ANALYSIS_KINDS; k++)
        fprintf(out, "%s\"%s\"", k > 0 ? "," : "", analysis_kinds[k]);
    putc(']', out);
    for (int c = 0; c < COLUMNS; c++) {
        fprintf(out, ",\"%s\":[", column_names[c]);
        fwrite(events->texts[c], 1, events->lengths[c], out);
        putc(']', out);
    }
    putc('}', out);
    fclose(out);
    page_data(report->out, "timeline-data", text, length);
    free(text);
}

bool report_events(struct report *report, const json_t *summary, struct sim_error *err)
{
    struct events events = {.peers = json_object(), .phases = json_object()};
    json_t *peer;
    size_t i;
    bool fine = open_lists(&events) || sim_fail(err, "There is no memory for the events.");

    json_array_foreach (json_object_get(summary, "peers"), i, peer)
        place_of(events.peers, analysis_text(peer, "name"), true);
    fine = fine && read_events(&events, sim_text(report->arena, "%s/events.csv", report->path),
                               report->arena, err);
    close_lists(&events);
    if (fine)
        write_events(report, summary, &events);
    for (int c = 0; c < COLUMNS; c++)
        free(events.texts[c]);
    json_decref(events.peers);
    json_decref(events.phases);
    return fine;
}

/* ---- curves: metrics over time ---- */

static void add_value(json_t *charts, const char *metric, const char *series, double x, double y)
{
    json_t *chart = json_object_get(charts, metric), *line;

    if (chart == NULL) {
        chart = json_object();
        json_object_set_new(charts, metric, chart);
    }
    line = json_object_get(chart, series);
    if (line == NULL) {
        line = json_pack("{s:[], s:[]}", "x", "y");
        json_object_set_new(chart, series, line);
    }
    json_array_append_new(json_object_get(line, "x"), json_real(x));
    json_array_append_new(json_object_get(line, "y"), json_real(y));
}

/* Columns `names`[1..] over column names[0]; or, with `by`, values of one column under the name in another. */
static bool read_metrics(struct report *report, json_t *charts, struct sim_error *err)
{
    static const char *const names[] = {"seconds", "peer", "metric", "value"};
    const char *path = sim_text(report->arena, "%s/metrics.csv", report->path), *const * fields;
    struct sim_csv csv;
    int count, places[4];

    if (!sim_file_exists(path))
        return true;
    if (!sim_csv_load(&csv, path, MOST_BYTES, report->arena, err) ||
        !sim_csv_row(&csv, &fields, &count))
        return false;
    for (int c = 0; c < 4; c++)
        if ((places[c] = sim_csv_place(fields, count, names[c])) < 0)
            return sim_fail(err, "%s: lacks the column '%s'.", path, names[c]);
    for (;;) {
        if (!sim_csv_row(&csv, &fields, &count))
            return false;
        if (fields == NULL)
            return true;
        if (count >= 4)
            add_value(charts, fields[places[2]], fields[places[1]], strtod(fields[places[0]], NULL),
                      strtod(fields[places[3]], NULL));
    }
}

static bool read_learning(struct report *report, json_t *charts, struct sim_error *err)
{
    const char *path = sim_text(report->arena, "%s/learning.csv", report->path), *const * fields;
    struct sim_csv csv;
    int count, seconds, accuracy, loss;

    if (!sim_file_exists(path))
        return true;
    if (!sim_csv_load(&csv, path, MOST_BYTES, report->arena, err) ||
        !sim_csv_row(&csv, &fields, &count))
        return false;
    seconds = sim_csv_place(fields, count, "seconds");
    accuracy = sim_csv_place(fields, count, "accuracy");
    loss = sim_csv_place(fields, count, "loss");
    while (seconds >= 0) {
        if (!sim_csv_row(&csv, &fields, &count))
            return false;
        if (fields == NULL)
            return true;
        if (accuracy >= 0 && accuracy < count && *fields[accuracy] != '\0')
            add_value(charts, "accuracy", "test data", strtod(fields[seconds], NULL),
                      strtod(fields[accuracy], NULL));
        if (loss >= 0 && loss < count && *fields[loss] != '\0')
            add_value(charts, "loss", "test data", strtod(fields[seconds], NULL),
                      strtod(fields[loss], NULL));
    }
    return true;
}

/* A curve has two points at least, at different times. */
static bool is_curve(json_t *chart)
{
    const char *name;
    json_t *line;

    json_object_foreach (chart, name, line) {
        const json_t *x = json_object_get(line, "x");
        const size_t count = json_array_size(x);

        if (count > 1 && json_number_value(json_array_get(x, 0)) <
                             json_number_value(json_array_get(x, count - 1)))
            return true;
    }
    return false;
}

static json_t *chart_json(const char *metric, json_t *lines)
{
    json_t *series = json_array(), *line;
    const char *name;
    const char *ending = strstr(metric, "_seconds");
    const enum report_unit unit = ending != NULL            ? REPORT_SECONDS
                                  : strstr(metric, "bytes") ? REPORT_BYTES
                                                            : REPORT_NUMBER;

    json_object_foreach (lines, name, line) {
        if (json_array_size(series) == MOST_SERIES)
            break;
        json_array_append_new(series, json_pack("{s:s, s:O, s:O, s:b}", "name", name, "x",
                                                json_object_get(line, "x"), "y",
                                                json_object_get(line, "y"), "dashed", 0));
    }
    return json_pack("{s:s, s:{s:s, s:i}, s:{s:s, s:i}, s:o, s:i}", "title", metric, "x", "name",
                     "simulated seconds", "unit", REPORT_SECONDS, "y", "name", metric, "unit", unit,
                     "series", series, "left_out",
                     (int)(json_object_size(lines) - json_array_size(series)));
}

bool report_curves(struct report *report, struct sim_error *err)
{
    json_t *found = json_object(), *charts = json_array(), *lines;
    const char *metric;
    const bool fine = read_learning(report, found, err) && read_metrics(report, found, err);
    char *text;

    json_object_foreach (found, metric, lines)
        if (is_curve(lines))
            json_array_append_new(charts, chart_json(metric, lines));
    if (fine && json_array_size(charts) > 0) {
        text = json_dumps(charts, JSON_COMPACT | JSON_REAL_PRECISION(17));
        fputs("<div id=\"charts\"></div>\n", report->out);
        page_data(report->out, "chart-data", text, strlen(text));
        free(text);
    }
    json_decref(found);
    json_decref(charts);
    return fine;
}
