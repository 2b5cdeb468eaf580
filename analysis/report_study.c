/* report_study.c -- the page of a store: who is best, every point, and curves of what varied. */
#include "analysis/page.h"
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/report.h"
#include "sim/base/units.h"
#include "sim/study/results.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 2000, MOST_SERIES = 16, MOST_KEYS = 32 };

/* ---- the result in a sentence ---- */

static const char *settings_in_words(struct report *report, const struct analysis_study *study,
                                     const json_t *row)
{
    const char *words = "";

    for (int k = 0; k < study->key_count; k++) {
        const json_t *value = json_object_get(row, study->keys[k].name);
        const char *name = strrchr(study->keys[k].name, '.');
        char number[SIM_QUANTITY_SIZE];

        if (study->keys[k].count < 2 || value == NULL || json_is_null(value))
            continue;
        if (json_is_number(value))
            sim_format_quantity(number, json_number_value(value), study->keys[k].unit);
        words = sim_text(
            report->arena, "%s%s%s%s", words, *words == '\0' ? "" : ", ",
            json_is_string(value)
                ? ""
                : sim_text(report->arena, "%s ", name == NULL ? study->keys[k].name : name + 1),
            json_is_string(value) ? json_string_value(value) : number);
    }
    return words;
}

static void write_result(struct report *report, const struct analysis_study *study,
                         const json_t *rows)
{
    const json_t *row, *best = NULL, *worst = NULL;
    char least[SIM_QUANTITY_SIZE], most[SIM_QUANTITY_SIZE];
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)rows, i, row) {
        const json_t *seconds = json_object_get(row, "simulated_seconds");

        if (!json_is_number(seconds))
            continue;
        if (best == NULL ||
            analysis_value(row, "simulated_seconds") < analysis_value(best, "simulated_seconds"))
            best = row;
        if (worst == NULL ||
            analysis_value(row, "simulated_seconds") > analysis_value(worst, "simulated_seconds"))
            worst = row;
    }
    if (best == NULL)
        return;
    if (study->point_count == 1) {
        sim_format_quantity(least, analysis_value(best, "simulated_seconds"), SIM_UNIT_SECONDS);
        page_element(report->out, "p class=\"result\"",
                     sim_text(report->arena, "The one point that has a result takes %s%s.", least,
                              study->failed == 0
                                  ? ""
                                  : sim_text(report->arena, "; %d failed", study->failed)));
        return;
    }
    sim_format_quantity(least, analysis_value(best, "simulated_seconds"), SIM_UNIT_SECONDS);
    sim_format_quantity(most, analysis_value(worst, "simulated_seconds"), SIM_UNIT_SECONDS);
    page_element(
        report->out, "p class=\"result\"",
        sim_text(report->arena, "Of %d points the shortest takes %s (%s), the longest %s (%s)%s%s.",
                 study->point_count, least, settings_in_words(report, study, best), most,
                 settings_in_words(report, study, worst),
                 study->failed == 0 ? "" : sim_text(report->arena, "; %d failed", study->failed),
                 study->broken == 0
                     ? "; every law that could be checked holds"
                     : sim_text(report->arena, "; in %d of them a law is broken", study->broken)));
    page_element(report->out, "p class=\"hint\"", study->origin);
}

/* ---- every point ---- */

static const struct {
    const char *column, *title;
    enum sim_unit unit;
} numbers[] = {{"simulated_seconds", "#simulated", SIM_UNIT_SECONDS},
               {"laws.seconds.theory", "#theory", SIM_UNIT_SECONDS},
               {"bytes", "#bytes", SIM_UNIT_BYTES},
               {"busiest_card.bytes", "#busiest card", SIM_UNIT_BYTES},
               {"joules", "#joules", SIM_UNIT_JOULES},
               {"metrics.speedup", "#speedup", SIM_UNIT_NONE}};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static bool some_row_has(const json_t *rows, const char *column)
{
    const json_t *row;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)rows, i, row)
        if (json_is_number(json_object_get(row, column)))
            return true;
    return false;
}

/* A column that points set, and how its numbers are written. */
struct setting {
    const char *column;
    enum sim_unit unit;
    bool is_numeric;
};

static bool varies(const json_t *rows, const char *column)
{
    const json_t *first = json_object_get(json_array_get(rows, 0), column), *row;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)rows, i, row)
        if (!json_equal(first, json_object_get(row, column)))
            return true;
    return false;
}

static bool is_all_numbers(const json_t *rows, const char *column)
{
    const json_t *row;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)rows, i, row)
        if (!json_is_number(json_object_get(row, column)))
            return false;
    return true;
}

static enum sim_unit unit_of(const struct analysis_study *study, const char *column)
{
    for (int k = 0; k < study->key_count; k++)
        if (strcmp(study->keys[k].name, column) == 0)
            return study->keys[k].unit;
    return SIM_UNIT_NONE;
}

/* What the points set stands between their number and their exit code; what all of them set alike says nothing. */
static int find_settings(struct setting *settings, const struct analysis_study *study,
                         const struct sim_results *results, const json_t *rows)
{
    int count = 0;

    for (const char *const *column = sim_results_columns(results) + 1;
         *column != NULL && strcmp(*column, "exit_code") != 0 && count < MOST_KEYS; column++)
        if (varies(rows, *column))
            settings[count++] =
                (struct setting){*column, unit_of(study, *column), is_all_numbers(rows, *column)};
    return count;
}

static void write_point(struct report *report, const struct setting *settings, int count,
                        const bool *shown, const json_t *row)
{
    FILE *out = report->out;

    fputs("<tr>", out);
    for (int k = 0; k < count; k++) {
        const json_t *value = json_object_get(row, settings[k].column);

        if (json_is_number(value))
            report_cell(out, json_number_value(value), (int)settings[k].unit);
        else
            page_element(out, "td", json_is_string(value) ? json_string_value(value) : "-");
    }
    for (int n = 0; n < NUMBERS; n++)
        if (shown[n]) {
            const json_t *value = json_object_get(row, numbers[n].column);

            report_cell(out, json_is_number(value) ? json_number_value(value) : NAN,
                        (int)numbers[n].unit);
        }
    page_element(out, "td",
                 json_integer_value(json_object_get(row, "exit_code")) == 0
                     ? "done"
                     : sim_text(report->arena, "failed: %s", analysis_text(row, "error")));
    fputs("</tr>\n", out);
}

static void write_points(struct report *report, const struct analysis_study *study,
                         const struct sim_results *results, const json_t *rows)
{
    const char *head[MOST_KEYS + NUMBERS + 2];
    struct setting settings[MOST_KEYS];
    const int count = find_settings(settings, study, results, rows);
    int columns = 0;
    bool shown[NUMBERS];
    const json_t *row;
    size_t i;

    for (int k = 0; k < count; k++)
        head[columns++] =
            sim_text(report->arena, "%s%s", settings[k].is_numeric ? "#" : "", settings[k].column);
    for (int n = 0; n < NUMBERS; n++) {
        shown[n] = some_row_has(rows, numbers[n].column);
        if (shown[n])
            head[columns++] = numbers[n].title;
    }
    head[columns++] = "outcome";
    head[columns] = NULL;
    fputs("<section>\n<h2>Every point</h2>\n", report->out);
    report_table(report->out, "What each point sets, and what came out", head, true);
    json_array_foreach ((json_t *)(uintptr_t)rows, i, row)
        if (i < MOST_ROWS)
            write_point(report, settings, count, shown, row);
    report_table_end(report->out);
    if (json_array_size(rows) > MOST_ROWS)
        page_element(report->out, "p class=\"hint\"",
                     sim_text(report->arena,
                              "The first %d of %zu points; 'dmlsim results --csv' has all.",
                              MOST_ROWS, json_array_size(rows)));
    fputs("</section>\n", report->out);
}

/* ---- curves ---- */

static const struct {
    const char *title;
    enum analysis_quantity quantity;
    enum report_unit unit;
} curves[] = {{"simulated time", ANALYSIS_SECONDS, REPORT_SECONDS},
              {"bytes on the network", ANALYSIS_BYTES, REPORT_BYTES},
              {"bytes of the busiest card", ANALYSIS_BUSIEST_BYTES, REPORT_BYTES},
              {"accuracy", ANALYSIS_ACCURACY, REPORT_NUMBER},
              {"loss", ANALYSIS_LOSS, REPORT_NUMBER}};

static json_t *line_json(const struct analysis_study *study, const struct analysis_grid *grid,
                         int s, int quantity, bool is_theory)
{
    const struct analysis_series *series = &grid->series[s];
    json_t *x = json_array(), *y = json_array();
    const char *label = *series->label == '\0' ? "simulated" : series->label;
    char *name = NULL;
    json_t *line;

    for (int i = 0; i < grid->column_count; i++) {
        const struct analysis_cell *cell = &series->cells[i];
        const double value = is_theory ? cell->theory[quantity] : cell->mean[quantity];

        if (cell->results == 0 || isnan(value))
            continue;
        json_array_append_new(x, json_real(analysis_column_number(grid, study, i)));
        json_array_append_new(y, json_real(value));
    }
    if (asprintf(&name, is_theory ? "%s, by theory" : "%s", label) < 0)
        name = NULL;
    line = json_pack("{s:s, s:o, s:o, s:b}", "name", name == NULL ? label : name, "x", x, "y", y,
                     "dashed", is_theory);
    free(name);
    return line;
}

static json_t *chart_json(const struct analysis_study *study, const struct analysis_grid *grid,
                          int c)
{
    const struct analysis_key *key = &study->keys[grid->x];
    json_t *series = json_array(), *labels = json_null();

    for (int s = 0; s < grid->series_count && s < MOST_SERIES; s++)
        for (int is_theory = 0; is_theory < 2; is_theory++) {
            json_t *line = line_json(study, grid, s, curves[c].quantity, is_theory);

            if (json_array_size(json_object_get(line, "x")) > 0)
                json_array_append(series, line);
            json_decref(line);
        }
    if (json_array_size(series) == 0) {
        json_decref(series);
        return NULL;
    }
    if (!key->is_numeric) {
        labels = json_array();
        for (int i = 0; i < grid->column_count; i++)
            json_array_append_new(labels, json_string(key->labels[grid->columns[i]]));
    }
    return json_pack("{s:s, s:{s:s, s:i, s:o}, s:{s:s, s:i}, s:o, s:i}", "title", curves[c].title,
                     "x", "name", key->name, "unit",
                     key->unit == SIM_UNIT_BYTES     ? REPORT_BYTES
                     : key->unit == SIM_UNIT_SECONDS ? REPORT_SECONDS
                                                     : REPORT_NUMBER,
                     "labels", labels, "y", "name", curves[c].title, "unit", curves[c].unit,
                     "series", series, "left_out",
                     grid->series_count > MOST_SERIES ? grid->series_count - MOST_SERIES : 0);
}

static bool write_charts(struct report *report, const struct analysis_study *study,
                         struct sim_error *err)
{
    struct analysis_grid grid;
    json_t *charts;
    char *text;

    if (!analysis_grid_of(&grid, study, report->path, report->arena, err))
        return false;
    if (grid.x == ANALYSIS_NO_KEY || grid.column_count < 2)
        return true;
    charts = json_array();
    for (size_t c = 0; c < sizeof curves / sizeof curves[0]; c++) {
        json_t *chart = chart_json(study, &grid, (int)c);

        if (chart != NULL)
            json_array_append_new(charts, chart);
    }
    text = json_dumps(charts, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(charts);
    fputs("<div id=\"charts\"></div>\n", report->out);
    page_data(report->out, "chart-data", text, strlen(text));
    free(text);
    return true;
}

/* ---- the page ---- */

static bool draw(struct analysis_figures *all, const char *path, struct sim_error *err)
{
    return analysis_plot_store(all, path, &(struct analysis_choice){0}, err);
}

/* Everything where some point has a result; else what the points said when they failed. */
static bool write_sections(struct report *report, const struct analysis_study *study,
                           struct sim_results *results, struct sim_error *err)
{
    json_t *rows = sim_results_select(results, NULL, err);
    bool fine = rows != NULL;

    if (fine && study->point_count == 0) {
        page_element(report->out, "p class=\"result\"",
                     sim_text(report->arena, "All %d points failed.", study->failed));
    } else if (fine) {
        write_result(report, study, rows);
        fputs("<section>\n<h2>Figures</h2>\n", report->out);
        fine = !report_has_charts(report) || write_charts(report, study, err);
        fputs("<div class=\"still\">\n", report->out);
        report_figures(report, draw);
        fputs("</div>\n</section>\n", report->out);
    }
    if (fine)
        write_points(report, study, results, rows);
    json_decref(rows);
    return fine;
}

bool report_study(struct report *report, struct sim_error *err)
{
    const struct analysis_choice choice = {0};
    struct analysis_study study;
    struct sim_results *results = NULL;
    struct sim_store *store;
    struct sim_error why = {0};
    bool fine;

    if (!sim_store_open(&store, report->path, false, err))
        return false;
    fine =
        analysis_study_read(&study, report->path, &choice, report->arena, &why) || study.failed > 0;
    if (!fine)
        *err = why;
    fine = fine && (results = sim_results_open(store, report->arena, err)) != NULL &&
           write_sections(report, &study, results, err);
    sim_results_close(results);
    sim_store_close(store);
    return fine;
}
