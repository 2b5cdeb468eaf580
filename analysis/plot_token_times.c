/* plot_token_times.c -- figure `token_times` of a run whose requests.csv tells when tokens came: within what time requests
 * had their first token, and within what time each that followed.  Left out where fewer than two requests tell it, and
 * where nothing else is known of a table of that name. */
#include "analysis/csv.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/file.h"
#include "sim/base/fit.h"

#include <math.h>
#include <string.h>

enum { CURVE_POINTS = 200 };

/* What the two plots show, side by side. */
enum { FIRST, EACH, TIMES };

static const struct {
    const char *block, *column, *axis;
    double left, right; /* of the width */
} times[TIMES] = {
    {"first", "time_to_first_token_seconds", "time to first token", 0.1, 0.49},
    {"each", "time_per_output_token_seconds", "time per output token", 0.585, 0.975},
};

/* The percentiles that are marked. */
enum { MARKS = 3 };
static const int marks[MARKS] = {50, 95, 99};

struct waits {
    struct sim_arena *arena;
    double *seconds[TIMES]; /* ascending, once all are read */
    int count[TIMES], requests, room;
};

/* ---- reading ---- */

static bool has_times(const char *path, struct sim_arena *arena)
{
    struct sim_error ignored = {0};
    struct analysis_csv *csv =
        sim_file_exists(path) ? analysis_csv_open(path, arena, &ignored) : NULL;
    const bool has_all = csv != NULL && analysis_csv_has(csv, times[FIRST].column) &&
                         analysis_csv_has(csv, times[EACH].column) &&
                         analysis_csv_has(csv, "request");

    return (csv == NULL || analysis_csv_close(csv, &ignored)) && has_all;
}

static void make_room(struct waits *waits)
{
    const int room = 2 * waits->room + 256;

    if (waits->requests < waits->room)
        return;
    for (int t = 0; t < TIMES; t++) {
        double *larger = sim_new(waits->arena, double, (size_t)room);

        if (waits->count[t] > 0)
            memcpy(larger, waits->seconds[t], (size_t)waits->count[t] * sizeof *larger);
        waits->seconds[t] = larger;
    }
    waits->room = room;
}

static bool read_waits(struct waits *waits, const struct analysis_run *run, const char *path,
                       struct sim_error *err)
{
    const double warm_up = analysis_value(
        json_object_get(json_object_get(run->summary, "scenario"), "requests"), "warm_up");
    struct analysis_csv *csv = analysis_csv_open(path, waits->arena, err);
    int columns[TIMES], request;

    if (csv == NULL)
        return false;
    for (int t = 0; t < TIMES; t++)
        columns[t] = analysis_csv_column(csv, times[t].column);
    request = analysis_csv_column(csv, "request");
    while (analysis_csv_next(csv)) {
        if (analysis_csv_number(csv, request) < warm_up)
            continue;
        make_room(waits);
        waits->requests++;
        for (int t = 0; t < TIMES; t++) {
            const double seconds = analysis_csv_number_or_gap(csv, columns[t]);

            if (!isnan(seconds))
                waits->seconds[t][waits->count[t]++] = seconds;
        }
    }
    for (int t = 0; t < TIMES; t++)
        sim_sort(waits->seconds[t], (size_t)waits->count[t]);
    return analysis_csv_close(csv, err);
}

/* ---- numbers ---- */

static double percentile(const struct waits *waits, int time, double percent)
{
    return sim_quantile(waits->seconds[time], (size_t)waits->count[time], percent / 100);
}

static struct analysis_scale scale_of(const struct waits *waits, int time)
{
    return analysis_scale_for(waits->seconds[time][waits->count[time] - 1], SIM_UNIT_SECONDS);
}

static void write_numbers(struct analysis_figure *figure, const struct waits *waits)
{
    for (int t = 0; t < TIMES; t++) {
        const struct analysis_scale scale = scale_of(waits, t);

        analysis_block(
            figure, times[t].block,
            sim_text(waits->arena, "%s (%s)  percent of requests", times[t].axis, scale.unit));
        for (int p = 0; p <= CURVE_POINTS; p++) {
            const double percent = 100.0 * p / CURVE_POINTS;

            fprintf(figure->data, "%.9g %.9g\n", percentile(waits, t, percent) * scale.factor,
                    percent);
        }
        analysis_block(
            figure, sim_text(waits->arena, "%s_marked", times[t].block),
            sim_text(waits->arena, "%s (%s)  percent of requests", times[t].axis, scale.unit));
        for (int i = 0; i < MARKS; i++)
            fprintf(figure->data, "%.9g %d\n", percentile(waits, t, marks[i]) * scale.factor,
                    marks[i]);
    }
}

/* ---- the script ---- */

static void plot_time(struct analysis_figure *figure, const struct waits *waits, int time)
{
    const struct analysis_scale scale = scale_of(waits, time);
    const double most = waits->seconds[time][waits->count[time] - 1] * scale.factor;

    fprintf(figure->script,
            "set lmargin at screen %g\nset rmargin at screen %g\nset xlabel '%s (%s)'\n"
            "set xrange [0:%.9g]\nplot '%s.dat' index '%s' using 1:2 with lines linetype 1 "
            "notitle, '' index '%s_marked' using 1:2 with points linetype 3 pointtype 7 pointsize "
            "0.6 notitle\n",
            times[time].left, times[time].right, times[time].axis, scale.unit,
            most > 0 ? 1.06 * most : 1, figure->name, times[time].block, times[time].block);
}

static bool draw(struct analysis_figures *all, const struct analysis_look *look,
                 const struct waits *waits, struct sim_error *err)
{
    struct analysis_figure *figure = analysis_figure_begin(all, look, err);

    if (figure == NULL)
        return false;
    analysis_line_types(figure->script);
    write_numbers(figure, waits);
    fprintf(figure->script,
            "set tmargin at screen 1 - 0.32/height\nset bmargin at screen %.3f/height\n"
            "set yrange [0:100]\n",
            (3.7 + 0.86 * analysis_note_lines(look, all->arena)) * 0.1135);
    analysis_figure_plot(figure);
    fputs("set multiplot\nset ylabel 'percent of requests'\n", figure->script);
    plot_time(figure, waits, FIRST);
    fputs("unset label\nunset ylabel\n", figure->script);
    plot_time(figure, waits, EACH);
    fputs("unset multiplot\n", figure->script);
    analysis_frame(figure->script, look, all->arena);
    return analysis_figure_end(figure, err);
}

/* "time to first token: 28.1 ms, 501 ms, 722 ms" */
static const char *percentiles_text(const struct waits *waits, int time)
{
    const struct analysis_scale scale = scale_of(waits, time);
    const char *text = times[time].axis;

    for (int i = 0; i < MARKS; i++)
        text = sim_text(
            waits->arena, "%s%s %s %s", text, i == 0 ? ":" : ",",
            analysis_three_digits(percentile(waits, time, marks[i]) * scale.factor, waits->arena),
            scale.unit);
    return text;
}

bool analysis_plot_token_times(struct analysis_figures *all, const struct analysis_run *run,
                               struct sim_error *err)
{
    const char *path = sim_text(all->arena, "%s/requests.csv", run->folder);
    struct analysis_look look = {.name = "token_times", .width = 5.4, .height = 2.3};
    struct waits waits = {.arena = all->arena};

    if (!has_times(path, all->arena))
        return true;
    if (!read_waits(&waits, run, path, err))
        return false;
    if (waits.count[FIRST] < 2 || waits.count[EACH] < 2)
        return true;
    look.title =
        sim_text(all->arena, "%s: when the tokens of %d requests came", run->title, waits.requests);
    look.notes[0] = sim_text(all->arena, "Marks: the 50th, 95th and 99th percentile; %s; %s.",
                             percentiles_text(&waits, FIRST), percentiles_text(&waits, EACH));
    look.notes[1] = run->origin;
    return draw(all, &look, &waits, err);
}
