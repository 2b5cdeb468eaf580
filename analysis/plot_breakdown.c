/* plot_breakdown.c -- figure `breakdown` of a study: how long a mean peer computed, communicated, waited and idled, a stacked
 * bar for each point; as shares where the times differ too much to stand beside each other. */
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/scale.h"

#include <math.h>
#include <string.h>

enum { KINDS = 4, MOST_ROWS = 40, NAME_LETTERS = 26, HEADING_LETTERS = 52 };

static const double figure_width = 3.6; /* inches */
static const double most_ratio = 10;    /* of the longest to the shortest time */

static const char *const kinds[KINDS] = {"compute", "communicate", "wait", "idle"};
static const int colours[KINDS] = {0x0072B2, 0xE69F00, 0xC8C8C8, 0xFFFFFF};

struct row {
    const struct analysis_cell *cell;
    int series, column;
    double at;
};

struct bars {
    const struct analysis_study *study;
    const struct analysis_grid *grid;
    struct row rows[MOST_ROWS];
    int count;
    double end; /* of all rows, headings and all */
    bool has_headings, are_shares, has_intervals;
    struct analysis_scale scale;
    struct sim_arena *arena;
};

static double total_of(const struct analysis_cell *cell)
{
    double total = 0;

    for (int k = 0; k < KINDS; k++)
        total += cell->mean[ANALYSIS_COMPUTE + k];
    return total;
}

/* ---- choosing ---- */

/* Of too many series some, spread evenly from the first to the last. */
static void take_rows(struct bars *bars)
{
    const struct analysis_grid *grid = bars->grid;
    const int room = MOST_ROWS / grid->column_count < 1 ? 1 : MOST_ROWS / grid->column_count;
    const int shown = grid->series_count < room ? grid->series_count : room;
    double at = 0;

    bars->has_headings = shown > 1 && grid->column_count > 1;
    for (int i = 0; i < shown; i++) {
        const int s = shown == 1 ? 0 : (int)((long)i * (grid->series_count - 1) / (shown - 1));

        for (int c = 0, is_first = 1; c < grid->column_count && bars->count < MOST_ROWS; c++) {
            const struct analysis_cell *cell = &grid->series[s].cells[c];

            if (cell->results == 0 || !(total_of(cell) > 0))
                continue;
            at += bars->has_headings && is_first;
            is_first = 0;
            bars->rows[bars->count++] = (struct row){cell, s, c, at++};
        }
    }
    bars->end = at;
}

static void choose_scale(struct bars *bars)
{
    double least = INFINITY, most = 0;

    for (int r = 0; r < bars->count; r++) {
        least = fmin(least, total_of(bars->rows[r].cell));
        most = fmax(most, total_of(bars->rows[r].cell));
        bars->has_intervals |= analysis_has_interval(bars->rows[r].cell, ANALYSIS_SECONDS);
    }
    bars->are_shares = most > most_ratio * least;
    bars->scale = bars->are_shares ? (struct analysis_scale){100, "%"}
                                   : analysis_scale_for(most, SIM_UNIT_SECONDS);
}

/* ---- names ---- */

static const char *row_name(const struct bars *bars, const struct row *row)
{
    const struct analysis_grid *grid = bars->grid;
    const struct analysis_key *key;

    if (grid->column_count == 1)
        return analysis_shorten(*grid->series[row->series].label == '\0'
                                    ? bars->study->name
                                    : grid->series[row->series].label,
                                NAME_LETTERS, bars->arena);
    key = &bars->study->keys[grid->x];
    return analysis_shorten(
        analysis_value_name(key, grid->columns[row->column],
                            analysis_column_number(grid, bars->study, row->column), bars->arena),
        NAME_LETTERS, bars->arena);
}

static void write_names(const struct bars *bars, FILE *script)
{
    fputs("set ytics (", script);
    for (int r = 0; r < bars->count; r++) {
        fputs(r > 0 ? ", " : "", script);
        analysis_quote(script, row_name(bars, &bars->rows[r]));
        fprintf(script, " %g", bars->rows[r].at);
    }
    fprintf(script, ") scale 0 font ',%g'\n", bars->end > 30 ? 5.5 : 6.5);
    for (int r = 0; r < bars->count && bars->has_headings; r++) {
        if (r > 0 && bars->rows[r].series == bars->rows[r - 1].series)
            continue;
        fputs("set label ", script);
        analysis_quote(script, analysis_shorten(bars->grid->series[bars->rows[r].series].label,
                                                HEADING_LETTERS, bars->arena));
        fprintf(script, " at graph 0, first %g left offset 0.3,0 font ',6'\n",
                bars->rows[r].at - 0.95);
    }
    if (bars->grid->x != ANALYSIS_NO_KEY) {
        fputs("set ylabel ", script);
        analysis_quote(script, analysis_key_label(bars->study->keys[bars->grid->x].name,
                                                  (struct analysis_scale){1, ""}, bars->arena));
        putc('\n', script);
    }
}

/* ---- numbers and script ---- */

static void write_numbers(const struct bars *bars, struct analysis_figure *figure)
{
    analysis_block(figure, "points",
                   sim_text(bars->arena,
                            "row  compute  communicate  wait  idle (%s)  95 %% interval of the "
                            "simulated time from  to",
                            bars->scale.unit));
    for (int r = 0; r < bars->count; r++) {
        const struct analysis_cell *cell = bars->rows[r].cell;
        const double factor = bars->scale.factor / (bars->are_shares ? total_of(cell) : 1);

        fprintf(figure->data, "%g", bars->rows[r].at);
        for (int k = 0; k < KINDS; k++) {
            putc(' ', figure->data);
            analysis_number(figure->data, cell->mean[ANALYSIS_COMPUTE + k] * factor);
        }
        putc(' ', figure->data);
        analysis_number(figure->data, cell->low[ANALYSIS_SECONDS] * factor);
        putc(' ', figure->data);
        analysis_number(figure->data, cell->high[ANALYSIS_SECONDS] * factor);
        putc('\n', figure->data);
    }
}

static void write_plot(const struct bars *bars, struct analysis_figure *figure)
{
    static const char *const sums[KINDS + 1] = {"0", "$2", "($2+$3)", "($2+$3+$4)",
                                                "($2+$3+$4+$5)"};

    analysis_figure_plot(figure);
    fputs("plot ", figure->script);
    for (int k = 0; k < KINDS; k++)
        fprintf(
            figure->script,
            "%s'breakdown.dat' index 'points' using ((%s+%s)/2):1:(%s):(%s):($1-0.38):($1+0.38) "
            "with boxxyerror fillcolor rgb 0x%06X linewidth 0.4 title '%s'",
            k > 0 ? ", \\\n     " : "", sums[k], sums[k + 1], sums[k], sums[k + 1], colours[k],
            kinds[k]);
    if (bars->has_intervals && !bars->are_shares)
        fputs(
            ", \\\n     '' index 'points' using 6:1:($7-$6):(0) with vectors nohead linecolor rgb "
            "'#000000' linewidth 1.1 dashtype 1 notitle",
            figure->script);
    putc('\n', figure->script);
}

static int count_points(const struct analysis_grid *grid)
{
    int count = 0;

    for (int s = 0; s < grid->series_count; s++)
        for (int c = 0; c < grid->column_count; c++)
            count += grid->series[s].cells[c].results > 0;
    return count;
}

static struct analysis_look look_of(const struct bars *bars)
{
    const int most = bars->grid->most_results;
    struct analysis_look look = {.name = "breakdown",
                                 .width = figure_width,
                                 .key_rows = 2,
                                 .height = 1.31 + bars->end * (bars->end > 30 ? 0.095 : 0.13)};
    const char *note = "Mean over all peers.";

    look.title = sim_text(bars->arena, "%s: what a mean peer did", bars->study->name);
    if (bars->are_shares)
        note = sim_text(bars->arena, "%s Shares, as the times differ more than tenfold.", note);
    if (most > 1)
        note = sim_text(
            bars->arena, "%s Means of up to %d results%s", note, most,
            !bars->has_intervals ? "."
            : bars->are_shares
                ? sim_text(bars->arena, ", of the simulated time. %s",
                           analysis_interval_note(bars->grid, ANALYSIS_SECONDS, bars->arena))
                : "; black lines: 95 % interval of the simulated time, by Student's t.");
    if (bars->count < count_points(bars->grid))
        note = sim_text(bars->arena, "%s %d of %d points are shown.", note, bars->count,
                        count_points(bars->grid));
    look.notes[0] = note;
    look.notes[1] = bars->study->origin;
    return look;
}

bool analysis_plot_breakdown(struct analysis_figures *all, const struct analysis_study *study,
                             const struct analysis_grid *grid, struct sim_error *err)
{
    struct bars bars = {.study = study, .grid = grid, .arena = all->arena};
    struct analysis_look look;
    struct analysis_figure *figure;

    take_rows(&bars);
    if (bars.count == 0)
        return true;
    choose_scale(&bars);
    look = look_of(&bars);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    fprintf(figure->script,
            "set style fill solid 1 border rgb '#888888'\nset grid noytics\nset xlabel '%s (%s)'\n"
            "set yrange [%g:-0.7]\nset xrange [0:%s]\n",
            bars.are_shares ? "share of the time" : "time", bars.scale.unit, bars.end - 0.3,
            bars.are_shares ? "100" : "*");
    write_names(&bars, figure->script);
    write_numbers(&bars, figure);
    write_plot(&bars, figure);
    return analysis_figure_end(figure, err);
}
