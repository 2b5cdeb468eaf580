/* plot_winners.c -- figure `winners`: who is fastest in each cell of the heat map, who comes next, and by
 * how much; and METRIC_winners, the same of a metric, of which more may be better.  The algorithms of a study
 * compete; other keys that name series, as the platform, are fields under a heading each. */
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double figure_width = 5.4;       /* inches */
static const double inches_a_letter = 0.0542; /* of the key, as gnuplot reckons */
static const double cell_points = 5.5;
static const double row_inches = 0.235;
static const double near_tie = 0.05; /* of the time: paler */

enum { MOST_ROWS = 100, MOST_COLUMNS = 40, MOST_COLOURS = 8, LEAST_LETTERS = 6 };

/* Okabe and Ito's, which differ for all eyes; `pale` for near ties, and whether text on the full one is
 * white. */
static const struct {
    int full, pale;
    bool is_dark;
} colours[MOST_COLOURS + 1] = {
    {0xE69F00, 0xF9E4BD, false}, {0x56B4E9, 0xD5ECFA, false}, {0x009E73, 0xBFE6DC, true},
    {0xF0E442, 0xFBF8D0, false}, {0x0072B2, 0xBFDCEC, true},  {0xD55E00, 0xF4D7BF, true},
    {0xCC79A7, 0xF2DEE9, false}, {0x777777, 0xDDDDDD, true},  {0xBBBBBB, 0xEEEEEE, false}};

/* A row of cells: a value of the second key on one field. */
struct row {
    int field;
    double number, at;
    const char *field_label;
    const struct analysis_cell **cells; /* [contender_count]: a row of columns, or NULL */
};

struct contest {
    const char *name, *metric; /* of the figure; what is compared, NULL: simulated time */
    enum analysis_quantity quantity;
    bool larger_wins;
    const struct analysis_study *study;
    const struct analysis_grid *grid;
    const char **names; /* [contender_count] */
    int *colour_of;     /* [contender_count]: -1 for who never wins */
    struct row rows[MOST_ROWS];
    int row_count, columns, colour_count, left_out;
    double end;
    bool has_gap;
    struct sim_arena *arena;
};

/* ---- who wins ---- */

struct verdict {
    int best, next; /* contenders; -1: none */
    double lead; /* how much longer the next one takes, relative; or how much more the best has */
    bool is_unsure; /* the intervals of both overlap */
};

static struct row *row_of(struct contest *contest, const struct analysis_series *series)
{
    struct row *row = contest->rows;

    while (row < contest->rows + contest->row_count &&
           (row->field != series->field || row->number != series->row))
        row++;
    if (row == contest->rows + MOST_ROWS)
        return NULL;
    if (row == contest->rows + contest->row_count) {
        *row = (struct row){.field = series->field,
                            .number = series->row,
                            .field_label = series->field_label,
                            .cells = sim_new(contest->arena, const struct analysis_cell *,
                                             (size_t)contest->grid->contender_count)};
        contest->row_count++;
    }
    return row;
}

static int by_field_and_number(const void *a, const void *b)
{
    const struct row *x = a, *y = b;

    if (x->field != y->field)
        return x->field < y->field ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void lay_out(struct contest *contest)
{
    const struct analysis_grid *grid = contest->grid;
    double at = 0;

    for (int s = 0; s < grid->series_count; s++) {
        const struct analysis_series *series = &grid->series[s];
        struct row *row = row_of(contest, series);

        contest->names[series->contender] = series->contender_label;
        if (row == NULL)
            contest->left_out++;
        else
            row->cells[series->contender] = series->cells;
    }
    qsort(contest->rows, (size_t)contest->row_count, sizeof contest->rows[0], by_field_and_number);
    for (int r = 0; r < contest->row_count; r++) {
        const bool opens_field = r == 0 || contest->rows[r].field != contest->rows[r - 1].field;

        at += grid->field_count > 1 && opens_field ? 0.7 : 0;
        contest->rows[r].at = at++;
    }
    contest->end = at;
}

/* What the least of wins; NaN where there is no result. */
static double cost_of(const struct contest *contest, const struct analysis_cell *cell)
{
    const double value = cell->mean[contest->quantity];

    if (cell->results == 0)
        return NAN;
    return contest->larger_wins ? 1 / fmax(0, value) : value;
}

/* Do the 95 % intervals of the means overlap, so that other seeds may have another winner? */
static bool overlap(const struct contest *contest, const struct analysis_cell *a,
                    const struct analysis_cell *b)
{
    const enum analysis_quantity q = contest->quantity;

    return (analysis_has_interval(a, q) || analysis_has_interval(b, q)) &&
           a->low[q] <= b->high[q] && b->low[q] <= a->high[q];
}

/* Of equals the first in the study wins. */
static struct verdict judge(const struct contest *contest, int row, int column)
{
    struct verdict verdict = {-1, -1, 0};
    double best = INFINITY, next = INFINITY;
    const struct analysis_cell *best_cell = NULL, *next_cell = NULL;

    for (int c = 0; c < contest->grid->contender_count; c++) {
        const struct analysis_cell *cells = contest->rows[row].cells[c];
        const double cost = cells == NULL ? NAN : cost_of(contest, &cells[column]);

        if (isnan(cost))
            continue;
        if (cost < best * (1 - 1e-9)) {
            next = best;
            next_cell = best_cell;
            verdict.next = verdict.best;
            best = cost;
            best_cell = &cells[column];
            verdict.best = c;
        } else if (cost < next * (1 - 1e-9)) {
            next = cost;
            next_cell = &cells[column];
            verdict.next = c;
        }
    }
    if (verdict.next >= 0)
        verdict.lead = best > 0 ? fmax(0, next / best - 1) : next > 0 ? INFINITY : 0;
    if (best_cell != NULL && next_cell != NULL)
        verdict.is_unsure = overlap(contest, best_cell, next_cell);
    return verdict;
}

/* In the order of the study, so that a colour stays with its algorithm as far as it can. */
static void choose_colours(struct contest *contest)
{
    for (int r = 0; r < contest->row_count; r++)
        for (int c = 0; c < contest->columns; c++) {
            const int best = judge(contest, r, c).best;

            contest->has_gap |= best < 0;
            if (best >= 0)
                contest->colour_of[best] = 0;
        }
    for (int i = 0; i < contest->grid->contender_count; i++)
        if (contest->colour_of[i] == 0) {
            contest->colour_of[i] = contest->colour_count;
            contest->colour_count += contest->colour_count < MOST_COLOURS;
        }
}

/* ---- numbers ---- */

/* How much less than the best the next one has, relative. */
static double shortfall(double lead)
{
    return isinf(lead) ? 1 : lead / (1 + lead);
}

static bool is_near_tie(const struct contest *contest, double lead)
{
    return (contest->larger_wins ? shortfall(lead) : lead) < near_tie;
}

static const char *lead_text(const struct contest *contest, double lead)
{
    const double less = shortfall(lead);

    if (contest->larger_wins)
        return sim_text(contest->arena, "-%.*f%%", less < 0.0995 && less >= 0.0005 ? 1 : 0,
                        less * 100);
    if (lead >= 9.995)
        return sim_text(contest->arena, "x%s", analysis_three_digits(lead + 1, contest->arena));
    return sim_text(contest->arena, "+%.*f%%", lead < 0.0995 && lead >= 0.0005 ? 1 : 0, lead * 100);
}

static void write_cells(const struct contest *contest, struct analysis_figure *figure)
{
    analysis_block(
        figure, "cells",
        sim_text(contest->arena,
                 "column  row  %s  next (names in the script, from 1; 0: none)  the next one %s "
                 "by  colour  text is white",
                 contest->metric == NULL ? "fastest" : "best",
                 contest->metric == NULL ? "takes longer"
                 : contest->larger_wins  ? "has less"
                                         : "has more"));
    for (int r = 0; r < contest->row_count; r++)
        for (int c = 0; c < contest->columns; c++) {
            const struct verdict verdict = judge(contest, r, c);
            const bool is_pale = verdict.next >= 0 && is_near_tie(contest, verdict.lead);
            int colour;

            if (verdict.best < 0)
                continue;
            colour = contest->colour_of[verdict.best];
            fprintf(figure->data, "%d %g %d %d %s 0x%06X %d\n", c, contest->rows[r].at,
                    verdict.best + 1, verdict.next + 1,
                    verdict.next < 0
                        ? "-"
                        : sim_text(contest->arena, "%s%s", lead_text(contest, verdict.lead),
                                   verdict.is_unsure ? "?" : ""),
                    is_pale ? colours[colour].pale : colours[colour].full,
                    !is_pale && colours[colour].is_dark);
        }
}

/* ---- the script ---- */

/* How wide all cells together are. */
static double cells_inches(void)
{
    return figure_width - 1;
}

static int letters_of_cell(const struct contest *contest)
{
    return (int)(analysis_small_letters(cells_inches() / contest->columns) * 6 / cell_points);
}

static void write_names(const struct contest *contest, FILE *script)
{
    const int letters = letters_of_cell(contest) - 1;

    fprintf(script, "array name[%d]\n", contest->grid->contender_count);
    for (int i = 0; i < contest->grid->contender_count; i++) {
        fprintf(script, "name[%d] = ", i + 1);
        analysis_quote(script, analysis_shorten(contest->names[i],
                                                letters < LEAST_LETTERS ? LEAST_LETTERS : letters,
                                                contest->arena));
        putc('\n', script);
    }
    /* The next one shares its line with its lead. */
    fprintf(script, "array short[%d]\n", contest->grid->contender_count);
    for (int i = 0; i < contest->grid->contender_count; i++) {
        fprintf(script, "short[%d] = ", i + 1);
        analysis_quote(script,
                       analysis_shorten(contest->names[i],
                                        letters < LEAST_LETTERS + 8 ? LEAST_LETTERS : letters - 8,
                                        contest->arena));
        putc('\n', script);
    }
    fputs("next(n, lead) = n == 0 ? '' : short[int(n)].' '.lead\n", script);
}

static void write_columns(const struct contest *contest, FILE *script)
{
    const struct analysis_key *key = &contest->study->keys[contest->grid->x];

    fputs("set xlabel ", script);
    analysis_quote(script,
                   analysis_key_label(key->name, (struct analysis_scale){1, ""}, contest->arena));
    fprintf(script, "\nset xrange [-0.5:%g]\nset xtics (", contest->columns - 0.5);
    for (int c = 0; c < contest->columns; c++) {
        const char *name = analysis_value_name(
            key, contest->grid->columns[c],
            analysis_column_number(contest->grid, contest->study, c), contest->arena);

        fputs(c > 0 ? ", " : "", script);
        analysis_quote(script, analysis_shorten(name, letters_of_cell(contest), contest->arena));
        fprintf(script, " %d", c);
    }
    fputs(")\n", script);
}

static void write_headings(const struct contest *contest, FILE *script)
{
    for (int r = 0; r < contest->row_count; r++) {
        if (r > 0 && contest->rows[r].field == contest->rows[r - 1].field)
            continue;
        fputs("set label ", script);
        analysis_quote(script, contest->rows[r].field_label);
        fprintf(script, " at graph 0, first %g left offset 0.3,0 font face.',6.5'\n",
                contest->rows[r].at - 0.72);
    }
}

static void write_rows(const struct contest *contest, FILE *script)
{
    const int second = contest->grid->second;
    const struct analysis_key *key = &contest->study->keys[second];

    fputs("set ylabel ", script);
    analysis_quote(script,
                   analysis_key_label(key->name, (struct analysis_scale){1, ""}, contest->arena));
    fprintf(script, "\nset yrange [%g:-0.5]\nset ytics (", contest->end - 0.5);
    for (int r = 0; r < contest->row_count; r++) {
        fputs(r > 0 ? ", " : "", script);
        analysis_quote(script,
                       analysis_value_name(key, 0, contest->rows[r].number, contest->arena));
        fprintf(script, " %g", contest->rows[r].at);
    }
    fputs(")\n", script);
    if (contest->grid->field_count > 1)
        write_headings(contest, script);
}

/* As many as fit beside each other. */
static int key_columns(const struct contest *contest)
{
    size_t longest = 8;
    int columns;

    for (int i = 0; i < contest->grid->contender_count; i++)
        if (contest->colour_of[i] >= 0 && strlen(contest->names[i]) > longest)
            longest = strlen(contest->names[i]);
    columns = (int)((figure_width - 0.75) / (((double)longest + 9) * inches_a_letter));
    return columns < 1 ? 1 : columns;
}

/* A line of text in each cell. */
static void write_line(const struct analysis_figure *figure, const char *at, const char *text,
                       double points)
{
    fprintf(
        figure->script,
        ", \\\n     '' index 'cells' using 1:(%s):(%s):($7 == 1 ? 0xFFFFFF : 0x000000) with labels "
        "font ',%g' textcolor rgb variable notitle",
        at, text, points);
}

static void write_plot(const struct contest *contest, struct analysis_figure *figure)
{
    fprintf(figure->script,
            "set style fill solid 1 noborder\nset border 0\nset tics scale 0\nunset grid\nset key "
            "maxcols %d\n",
            key_columns(contest));
    analysis_figure_plot(figure);
    fprintf(figure->script, "plot '%s.dat'", figure->name);
    fputs(" index 'cells' using 1:2:($1-0.485):($1+0.485):($2-0.47):($2+0.47):"
          "(int($6)) with boxxyerror linecolor rgb variable notitle",
          figure->script);
    if (letters_of_cell(contest) > LEAST_LETTERS) {
        write_line(figure, "$2-0.2", "name[int($3)]", cell_points);
        write_line(figure, "$2+0.22", "next($4, strcol(5))", cell_points - 0.7);
    }
    for (int i = 0; i < contest->grid->contender_count; i++) {
        if (contest->colour_of[i] < 0)
            continue;
        fprintf(figure->script, ", \\\n     NaN with boxes linecolor rgb 0x%06X title ",
                colours[contest->colour_of[i]].full);
        analysis_quote(figure->script, contest->names[i]);
    }
    putc('\n', figure->script);
}

/* ---- words ---- */

static const char *who_never_wins(const struct contest *contest)
{
    const char *list = "";

    for (int i = 0; i < contest->grid->contender_count; i++)
        if (contest->colour_of[i] < 0)
            list = sim_text(contest->arena, "%s%s%s", list, *list ? ", " : "", contest->names[i]);
    return *list == '\0' ? ""
                         : sim_text(contest->arena, "Never the %s: %s. ",
                                    contest->metric == NULL ? "fastest" : "best", list);
}

/* How the figure is read. */
static const char *note_on_cells(const struct contest *contest)
{
    if (contest->metric == NULL)
        return sim_text(
            contest->arena,
            "Colour and first line: who takes the least simulated time. Second line: who comes "
            "next, and how much longer it takes. Pale: not even %g %% longer. ",
            near_tie * 100);
    return sim_text(
        contest->arena,
        "Colour and first line: who has the %s %s. Second line: who comes next, and how "
        "much %s that has. Pale: not even %g %% %s. ",
        contest->larger_wins ? "most" : "least", contest->metric,
        contest->larger_wins ? "less" : "more", near_tie * 100,
        contest->larger_wins ? "less" : "more");
}

static struct analysis_look look_of(const struct contest *contest)
{
    const int columns = key_columns(contest);
    const int key_rows = (contest->colour_count + columns - 1) / columns;
    struct analysis_look look = {
        .name = contest->name, .width = figure_width, .key_rows = key_rows};

    look.title =
        contest->metric == NULL
            ? sim_text(contest->arena, "%s: which is fastest, where", contest->study->name)
            : sim_text(contest->arena, "%s: which has the %s %s, where", contest->study->name,
                       contest->larger_wins ? "most" : "least", contest->metric);
    look.height = 1.25 + 0.11 * key_rows + contest->end * row_inches;
    look.notes[0] = sim_text(contest->arena, "%s%s%s%s%s", note_on_cells(contest),
                             who_never_wins(contest), contest->has_gap ? "White: no result. " : "",
                             contest->left_out > 0 || contest->columns < contest->grid->column_count
                                 ? "Not all rows and columns are shown. "
                                 : "",
                             contest->grid->most_results > 1
                                 ? (contest->metric == NULL
                                        ? "Times are means over the seeds; ?: the 95 % intervals "
                                          "(Student's t) of the two overlap."
                                        : "These are means over the seeds; ?: the 95 % intervals "
                                          "(Student's t) of the two overlap.")
                                 : "");
    look.notes[1] = contest->study->origin;
    return look;
}

static bool plot_contest(struct analysis_figures *all, struct contest *contest,
                         struct sim_error *err)
{
    const struct analysis_grid *grid = contest->grid;
    struct analysis_figure *figure;
    struct analysis_look look;

    if (grid->contender_count < 2 || grid->second == ANALYSIS_NO_KEY)
        return true; /* the other figures tell it as well */
    contest->names = sim_new(all->arena, const char *, (size_t)grid->contender_count);
    contest->colour_of = sim_new(all->arena, int, (size_t)grid->contender_count);
    contest->columns = grid->column_count < MOST_COLUMNS ? grid->column_count : MOST_COLUMNS;
    for (int i = 0; i < grid->contender_count; i++)
        contest->colour_of[i] = -1;
    lay_out(contest);
    choose_colours(contest);
    look = look_of(contest);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    write_names(contest, figure->script);
    write_columns(contest, figure->script);
    write_rows(contest, figure->script);
    write_cells(contest, figure);
    write_plot(contest, figure);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_winners(struct analysis_figures *all, const struct analysis_study *study,
                           const struct analysis_grid *grid, struct sim_error *err)
{
    struct contest contest = {.name = "winners",
                              .quantity = ANALYSIS_SECONDS,
                              .study = study,
                              .grid = grid,
                              .arena = all->arena};

    return plot_contest(all, &contest, err);
}

bool analysis_plot_chosen_winners(struct analysis_figures *all, const struct analysis_study *study,
                                  const struct analysis_grid *grid, struct sim_error *err)
{
    const enum analysis_better better = analysis_better_of_metric(study->chosen);
    const char *words =
        analysis_key_label(study->chosen, (struct analysis_scale){1, ""}, all->arena);
    struct contest contest = {.name = sim_text(all->arena, "%s_winners", study->chosen),
                              .metric = words,
                              .quantity = ANALYSIS_CHOSEN,
                              .larger_wins = better == ANALYSIS_MORE_IS_BETTER,
                              .study = study,
                              .grid = grid,
                              .arena = all->arena};

    return better == ANALYSIS_NEITHER_IS_BETTER || plot_contest(all, &contest, err);
}
