/* plot_learning.c -- whose curves figure `learning` shows: the peers of a run, several runs, or the last tests of a
 * study's points. */
#include "analysis/common_parts.h"
#include "analysis/csv.h"
#include "analysis/learning.h"
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/scale.h"
#include "sim/base/file.h"

#include <math.h>
#include <string.h>

/* The learning.csv of a run: a curve for each peer that tells. */
struct told {
    struct analysis_curve *curves;
    int count, room;
};

/* ---- reading ---- */

static struct analysis_curve *curve_of(struct told *told, const char *peer, struct sim_arena *arena)
{
    for (int i = 0; i < told->count; i++)
        if (strcmp(told->curves[i].label, peer) == 0)
            return &told->curves[i];
    if (told->count == told->room) {
        struct analysis_curve *larger =
            sim_new(arena, struct analysis_curve, (size_t)told->room * 2 + 8);

        for (int i = 0; i < told->count; i++)
            larger[i] = told->curves[i];
        told->curves = larger;
        told->room = told->room * 2 + 8;
    }
    told->curves[told->count].label = sim_text(arena, "%s", peer);
    return &told->curves[told->count++];
}

static void read_rows(struct told *told, struct analysis_csv *csv, struct sim_arena *arena)
{
    const int peer = analysis_csv_column(csv, "peer"), bytes = analysis_csv_column(csv, "bytes");
    const int seconds = analysis_csv_column(csv, "seconds");
    const int accuracy = analysis_csv_column(csv, "test_accuracy");
    const int loss = analysis_csv_column(csv, "test_loss_nats");
    const int joules = analysis_csv_has(csv, "joules") ? analysis_csv_column(csv, "joules") : -1;

    while (analysis_csv_next(csv)) {
        const struct analysis_test test = {
            .seconds = analysis_csv_number(csv, seconds),
            .bytes = analysis_csv_number(csv, bytes),
            .accuracy = analysis_csv_number_or_gap(csv, accuracy),
            .loss = analysis_csv_number_or_gap(csv, loss),
            .joules = joules < 0 ? NAN : analysis_csv_number_or_gap(csv, joules)};

        analysis_curve_add(curve_of(told, analysis_csv_text(csv, peer), arena), test, arena);
    }
}

/* A table that an algorithm gave the same name, and other columns, is none of curves. */
static bool read_told(struct told *told, const char *folder, struct sim_arena *arena,
                      struct sim_error *err)
{
    static const char *const columns[] = {"bytes", "test_accuracy", "test_loss_nats"};
    const char *path = sim_text(arena, "%s/learning.csv", folder);
    struct analysis_csv *csv;
    bool has_all = true;

    *told = (struct told){0};
    if (!sim_file_exists(path))
        return true;
    csv = analysis_csv_open(path, arena, err);
    if (csv == NULL)
        return false;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        has_all &= analysis_csv_has(csv, columns[i]);
    if (has_all)
        read_rows(told, csv, arena);
    return analysis_csv_close(csv, err);
}

/* ---- one run ---- */

bool analysis_plot_run_learning(struct analysis_figures *all, const struct analysis_run *run,
                                struct sim_error *err)
{
    struct analysis_learning learning = {
        .title = run->title,
        .pace = analysis_pace_of(json_object_get(run->summary, "scenario"), all->arena),
        .note = "",
        .origin = run->origin};
    struct told told;

    if (!read_told(&told, run->folder, all->arena, err))
        return false;
    learning.curves = told.curves;
    learning.curve_count = told.count;
    return told.count == 0 || analysis_plot_learning(all, &learning, err);
}

/* ---- several runs ---- */

static bool add_run(struct analysis_learning *learning, const char *folder, const char *label,
                    struct sim_arena *arena, struct sim_error *err)
{
    json_t *summary = json_load_file(sim_text(arena, "%s/summary.json", folder), 0, NULL);
    const struct analysis_pace pace = analysis_pace_of(json_object_get(summary, "scenario"), arena);
    struct told told;

    json_decref(summary);
    if (!read_told(&told, folder, arena, err))
        return false;
    if (told.count == 0)
        return sim_fail(
            err,
            "%s: has no learning curve to compare (no learning.csv with tests); run its "
            "scenario with algorithm.learning on.",
            folder);
    learning->pace = learning->curve_count == 0 ? pace : analysis_common_pace(learning->pace, pace);
    learning->curves[learning->curve_count] = told.curves[0];
    learning->curves[learning->curve_count++].label = label;
    if (told.count > 1)
        learning->note = "Of each run the first peer that tells is shown.";
    return true;
}

bool analysis_plot_runs(struct analysis_figures *all, const char *const *folders, int count,
                        struct sim_error *err)
{
    const char **labels = analysis_without_common_parts(folders, count, all->arena);
    struct analysis_learning learning = {
        .title = sim_text(all->arena, "%d runs", count),
        .note = "",
        .origin = "",
        .curves = sim_new(all->arena, struct analysis_curve, (size_t)count)};

    for (int i = 0; i < count; i++)
        if (!add_run(&learning, folders[i], labels[i], all->arena, err))
            return false;
    return analysis_plot_learning(all, &learning, err);
}

/* ---- a study ---- */

static void take_series(struct analysis_curve *curve, const struct analysis_series *series,
                        int columns, struct sim_arena *arena)
{
    curve->label = series->label;
    for (int c = 0; c < columns; c++) {
        const struct analysis_cell *cell = &series->cells[c];
        const double *mean = cell->mean;

        if (series->cells[c].results > 0 && isfinite(mean[ANALYSIS_ACCURACY]))
            analysis_curve_add(
                curve,
                (struct analysis_test){.seconds = mean[ANALYSIS_SECONDS],
                                       .bytes = mean[ANALYSIS_BYTES],
                                       .accuracy = mean[ANALYSIS_ACCURACY],
                                       .loss = mean[ANALYSIS_LOSS],
                                       .joules = mean[ANALYSIS_CLIENT_JOULES],
                                       .accuracy_low = cell->low[ANALYSIS_ACCURACY],
                                       .accuracy_high = cell->high[ANALYSIS_ACCURACY],
                                       .loss_low = cell->low[ANALYSIS_LOSS],
                                       .loss_high = cell->high[ANALYSIS_LOSS]},
                arena);
    }
}

static const char *note_on_points(const struct analysis_study *study,
                                  const struct analysis_grid *grid, bool joins_columns,
                                  bool has_intervals, struct sim_arena *arena)
{
    const char *note = "Each point: the last test of a run";

    if (grid->most_results > 1)
        note = sim_text(arena, "%s, mean of up to %d seeds%s", note, grid->most_results,
                        has_intervals ? " (bars: its 95 % interval, by Student's t)" : "");
    if (!joins_columns)
        return sim_text(arena, "%s.", note);
    return sim_text(
        arena, "%s; lines join those that differ in %s only.", note,
        analysis_key_label(study->keys[grid->x].name, (struct analysis_scale){1, ""}, arena));
}

/* Values of an axis of words are no way from one to the other: each is a curve of one point. */
static void take_columns(struct analysis_learning *learning, const struct analysis_study *study,
                         const struct analysis_grid *grid, struct sim_arena *arena)
{
    const struct analysis_key *key = &study->keys[grid->x];

    for (int s = 0; s < grid->series_count; s++)
        for (int c = 0; c < grid->column_count; c++) {
            struct analysis_series one = grid->series[s];
            const char *value = key->labels[grid->columns[c]];

            one.cells = &grid->series[s].cells[c];
            one.label = *one.label == '\0' ? value : sim_text(arena, "%s, %s", value, one.label);
            take_series(&learning->curves[learning->curve_count], &one, 1, arena);
            learning->curve_count += learning->curves[learning->curve_count].count > 0;
        }
}

bool analysis_plot_study_learning(struct analysis_figures *all, const struct analysis_study *study,
                                  const struct analysis_grid *grid, struct sim_error *err)
{
    const bool joins_columns = grid->x != ANALYSIS_NO_KEY && study->keys[grid->x].is_numeric;
    const size_t most = (size_t)grid->series_count * (size_t)grid->column_count;
    const bool has_intervals = *analysis_interval_note(grid, ANALYSIS_ACCURACY, all->arena) != '\0';
    struct analysis_learning learning = {
        .title = study->name,
        .pace = study->pace,
        .note = note_on_points(study, grid, joins_columns, has_intervals, all->arena),
        .has_intervals = has_intervals,
        .origin = study->origin,
        .curves = sim_new(all->arena, struct analysis_curve, most + 1),
        .are_final = true};

    if (grid->x != ANALYSIS_NO_KEY && !joins_columns)
        take_columns(&learning, study, grid, all->arena);
    else
        for (int s = 0; s < grid->series_count; s++) {
            struct analysis_curve *curve = &learning.curves[learning.curve_count];

            take_series(curve, &grid->series[s], grid->column_count, all->arena);
            learning.curve_count += curve->count > 0;
        }
    return learning.curve_count == 0 || analysis_plot_learning(all, &learning, err);
}
