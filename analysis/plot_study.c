/* plot_study.c -- the figures of a store: `time`, `bytes` and `busiest_card` over the first axis of the
 * study, a line for theory and markers for what was simulated; `heat_map` where two keys vary, and
 * `winners` where algorithms compete under several of them; `exits` where requests leave at several. */
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/scale.h"

#include <math.h>
#include <string.h>

enum { MOST_SERIES = ANALYSIS_LINE_TYPES, LABEL_LETTERS = 48, MOST_TICKS = 12 };

static const double figure_width = 3.6;       /* inches */
static const double inches_a_letter = 0.0542; /* of the key, as gnuplot reckons */

/* What each figure shows. */
static const struct subject {
    const char *name, *title, *axis;
    enum analysis_quantity quantity;
    enum sim_unit unit;
} subjects[] = {
    {"time", "simulated time", "time", ANALYSIS_SECONDS, SIM_UNIT_SECONDS},
    {"bytes", "bytes on the network, in total", "bytes on the network", ANALYSIS_BYTES,
     SIM_UNIT_BYTES},
    {"busiest_card", "bytes of the busiest network card", "bytes of the busiest card",
     ANALYSIS_BUSIEST_BYTES, SIM_UNIT_BYTES},
};

/* One figure under way. */
struct lines {
    const struct subject *subject;
    const struct analysis_study *study;
    const struct analysis_grid *grid;
    int series[MOST_SERIES], series_count; /* those of the grid that are shown */
    struct analysis_scale x_scale, y_scale;
    double floor; /* of a logarithmic axis: intervals that reach below zero end there */
    bool x_is_numeric, x_is_log, y_is_log;
    bool has_theory, lacks_theory, has_zero, has_intervals;
    struct sim_arena *arena;
};

/* ---- choosing ---- */

/* At most MOST_SERIES, spread evenly from the first to the last. */
static void choose_series(struct lines *lines)
{
    const int count = lines->grid->series_count;

    lines->series_count = count < MOST_SERIES ? count : MOST_SERIES;
    for (int i = 0; i < lines->series_count; i++)
        lines->series[i] =
            count <= MOST_SERIES ? i : (int)((long)i * (count - 1) / (MOST_SERIES - 1));
}

static const struct analysis_cell *cell_of(const struct lines *lines, int series, int column)
{
    return &lines->grid->series[lines->series[series]].cells[column];
}

static bool series_has_theory(const struct lines *lines, int series)
{
    for (int i = 0; i < lines->grid->column_count; i++)
        if (cell_of(lines, series, i)->results > 0 &&
            !isnan(cell_of(lines, series, i)->theory[lines->subject->quantity]))
            return true;
    return false;
}

/* At some point, at least. */
static bool series_lacks_theory(const struct lines *lines, int series)
{
    for (int i = 0; i < lines->grid->column_count; i++)
        if (cell_of(lines, series, i)->results > 0 &&
            isnan(cell_of(lines, series, i)->theory[lines->subject->quantity]))
            return true;
    return false;
}

/* Are the columns steps of a constant factor, more or less? */
static bool is_geometric(const struct lines *lines)
{
    const int count = lines->grid->column_count;
    double least = INFINITY, most = 0;

    if (!lines->x_is_numeric || count < 3 ||
        analysis_column_number(lines->grid, lines->study, 0) <= 0)
        return false;
    for (int i = 1; i < count; i++) {
        const double step = log(analysis_column_number(lines->grid, lines->study, i) /
                                analysis_column_number(lines->grid, lines->study, i - 1));

        least = fmin(least, step);
        most = fmax(most, step);
    }
    return least > 0.25 && most < 2.5 * least;
}

static void choose_scales(struct lines *lines)
{
    const int q = lines->subject->quantity;
    const enum sim_unit x_unit =
        lines->grid->x == ANALYSIS_NO_KEY ? SIM_UNIT_NONE : lines->study->keys[lines->grid->x].unit;
    double least = INFINITY, most = 0;

    for (int s = 0; s < lines->series_count; s++)
        for (int i = 0; i < lines->grid->column_count; i++) {
            const struct analysis_cell *cell = cell_of(lines, s, i);

            most = fmax(most, cell->high[q]);
            lines->has_intervals |= analysis_has_interval(cell, q);
            if (cell->least[q] > 0)
                least = fmin(least, cell->low[q] > 0 ? cell->low[q] : cell->least[q]);
            else
                lines->has_zero |= cell->results > 0 && !isnan(cell->least[q]);
        }
    lines->x_is_log = is_geometric(lines);
    lines->y_is_log = lines->x_is_log && most > 100 * least;
    lines->floor = least / 1.3;
    lines->y_scale =
        analysis_scale_for(lines->y_is_log ? sqrt(most * least) : most, lines->subject->unit);
    most = analysis_column_number(lines->grid, lines->study, lines->grid->column_count - 1);
    least = analysis_column_number(lines->grid, lines->study, 0);
    lines->x_scale = analysis_scale_for(lines->x_is_log ? sqrt(most * least) : most,
                                        lines->x_is_numeric ? x_unit : SIM_UNIT_NONE);
}

/* ---- numbers ---- */

static void write_numbers(const struct lines *lines, struct analysis_figure *figure)
{
    const int q = lines->subject->quantity;
    const double factor = lines->y_scale.factor;

    for (int s = 0; s < lines->series_count; s++) {
        analysis_block(figure, sim_text(lines->arena, "series_%d", s + 1),
                       sim_text(lines->arena, "x  simulated  95 %% interval from  to  theory (%s)",
                                lines->y_scale.unit));
        for (int i = 0; i < lines->grid->column_count; i++) {
            const struct analysis_cell *cell = cell_of(lines, s, i);
            const double values[] = {cell->mean[q], cell->low[q], cell->high[q], cell->theory[q]};

            if (cell->results == 0 || isnan(cell->mean[q]))
                continue;
            analysis_number(figure->data, analysis_column_number(lines->grid, lines->study, i) *
                                              lines->x_scale.factor);
            for (int v = 0; v < 4; v++) {
                putc(' ', figure->data);
                analysis_number(figure->data, values[v] * factor);
            }
            putc('\n', figure->data);
        }
    }
}

/* ---- the script ---- */

static const char *column_label(const struct lines *lines, int column, double at)
{
    if (lines->x_is_numeric)
        return sim_text(lines->arena, "%.4g", at);
    if (lines->grid->x == ANALYSIS_NO_KEY)
        return lines->study->name;
    return analysis_shorten(lines->study->keys[lines->grid->x].labels[column], 20, lines->arena);
}

/* Where along the axis a value stands, 0 .. 1. */
static double place_of(const struct lines *lines, double number)
{
    const int last = lines->grid->column_count - 1;
    const double low = analysis_column_number(lines->grid, lines->study, 0);
    const double high = analysis_column_number(lines->grid, lines->study, last);

    if (!(high > low))
        return 0.5;
    return lines->x_is_log ? log(number / low) / log(high / low) : (number - low) / (high - low);
}

/* A number of the axis that would touch the one before it has a tick, but no words. */
static void write_number_ticks(const struct lines *lines, FILE *script)
{
    const double letter = 1 / analysis_small_letters(figure_width - 0.75) * 1.15;
    double free_from = -INFINITY;

    fputs("set xtics (", script);
    for (int i = 0; i < lines->grid->column_count; i++) {
        const double number = analysis_column_number(lines->grid, lines->study, i);
        const char *label = column_label(lines, i, number * lines->x_scale.factor);
        const double half = letter * (double)strlen(label) / 2;
        const double at = 0.9 * place_of(lines, number);
        const bool has_room = at - half > free_from;

        fputs(i > 0 ? ", " : "", script);
        analysis_quote(script, has_room ? label : "");
        fprintf(script, " %.9g", number * lines->x_scale.factor);
        if (has_room)
            free_from = at + half + letter;
    }
    fputs(")\n", script);
}

static void write_x_ticks(const struct lines *lines, FILE *script)
{
    const int count = lines->grid->column_count;
    int widest = 1, step;

    if (lines->x_is_numeric) {
        if (count <= MOST_TICKS) /* else gnuplot chooses */
            write_number_ticks(lines, script);
        return;
    }
    for (int i = 0; i < count; i++) {
        const int length = (int)strlen(column_label(lines, i, 0));

        widest = length > widest ? length : widest;
    }
    step = analysis_tick_step(count, widest, analysis_small_letters(figure_width - 0.75));
    fputs("set xtics (", script);
    for (int i = 0; i < count; i += step) {
        const double at =
            analysis_column_number(lines->grid, lines->study, i) * lines->x_scale.factor;

        fputs(i > 0 ? ", " : "", script);
        analysis_quote(script, column_label(lines, i, at));
        fprintf(script, " %.9g", at);
    }
    fputs(")\n", script);
}

static void write_x_axis(const struct lines *lines, FILE *script)
{
    const int x = lines->grid->x, count = lines->grid->column_count;
    const double factor = lines->x_scale.factor;
    const double first = analysis_column_number(lines->grid, lines->study, 0) * factor;
    const double last = analysis_column_number(lines->grid, lines->study, count - 1) * factor;
    const double gap = lines->x_is_numeric && last > first ? 0.05 * (last - first) : 0.6;
    const double ratio = lines->x_is_log ? pow(last / first, 0.05) : 1;

    if (lines->x_is_log)
        fprintf(script, "set logscale x\nset xrange [%.9g:%.9g]\n", first / ratio, last * ratio);
    else
        fprintf(script, "set xrange [%.9g:%.9g]\n", first - gap, last + gap);
    if (x != ANALYSIS_NO_KEY) {
        fputs("set xlabel ", script);
        analysis_quote(
            script, analysis_key_label(lines->study->keys[x].name, lines->x_scale, lines->arena));
        putc('\n', script);
    }
    write_x_ticks(lines, script);
}

/* Behind the markers. */
static void write_break_even(double at, FILE *script)
{
    fprintf(script,
            "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead back linecolor rgb "
            "'#555555' linewidth 1 dashtype (6,4)\n",
            at, at);
}

static bool breaks_even(const struct lines *lines)
{
    return lines->subject->quantity == ANALYSIS_CHOSEN && !isnan(lines->study->break_even);
}

static void write_y_axis(const struct lines *lines, FILE *script)
{
    const int q = lines->subject->quantity;
    bool all_zero = true, has_less = false, reaches_below = false; /* zero */

    for (int s = 0; s < lines->series_count; s++)
        for (int i = 0; i < lines->grid->column_count; i++) {
            all_zero &= cell_of(lines, s, i)->most[q] == 0;
            has_less |= cell_of(lines, s, i)->least[q] < 0;
            reaches_below |= cell_of(lines, s, i)->low[q] < 0;
        }
    fputs("set ylabel ", script);
    analysis_quote(
        script, *lines->y_scale.unit == '\0'
                    ? lines->subject->axis
                    : sim_text(lines->arena, "%s (%s)", lines->subject->axis, lines->y_scale.unit));
    putc('\n', script);
    if (lines->y_is_log)
        fprintf(script, "set logscale y\nset format y '%%g'\nset yrange [%s:*]\n",
                reaches_below ? sim_text(lines->arena, "%.9g", lines->floor * lines->y_scale.factor)
                              : "*");
    else
        fprintf(script, "set yrange [%s:%s]\nset offsets 0, 0, graph 0.06, 0\n",
                has_less ? "*" : "0", all_zero && !has_less ? "1" : "*");
    if (breaks_even(lines))
        write_break_even(lines->study->break_even * lines->y_scale.factor, script);
}

static void write_markers(const struct lines *lines, const struct analysis_figure *figure,
                          int series)
{
    const double floor = lines->floor * lines->y_scale.factor;

    fprintf(figure->script,
            "'%s.dat' index 'series_%d' using 1:2 with points linetype %d notitle, \\\n     ",
            figure->name, series, series);
    if (lines->has_intervals && lines->y_is_log)
        fprintf(
            figure->script,
            "'%s.dat' index 'series_%d' using 1:($3 > %.9g ? $3 : %.9g):(0):($4-($3 > %.9g ? $3 "
            ": %.9g)) with vectors nohead linetype %d dashtype 1 notitle, \\\n     ",
            figure->name, series, floor, floor, floor, floor, series);
    else if (lines->has_intervals)
        fprintf(figure->script,
                "'%s.dat' index 'series_%d' using 1:3:(0):($4-$3) with vectors nohead linetype %d "
                "dashtype 1 notitle, \\\n     ",
                figure->name, series, series);
}

static void write_key(const struct lines *lines, const struct analysis_figure *figure, int series)
{
    const char *label = lines->grid->series[lines->series[series]].label;
    const bool has_theory = series_has_theory(lines, series);

    if (*label == '\0')
        label = has_theory ? "simulated, on the line of theory" : "simulated";
    fprintf(figure->script, "%sNaN with %s linetype %d title ", series > 0 ? ", \\\n     " : "",
            has_theory ? "linespoints" : "points", series + 1);
    analysis_quote(figure->script, analysis_shorten(label, LABEL_LETTERS, lines->arena));
}

/* Theory first, so that markers stand on the lines. */
static void write_plot(const struct lines *lines, struct analysis_figure *figure)
{
    const char *line =
        lines->x_is_numeric ? "1:5 with lines" : "($1-0.3):5:(0.6):(0) with vectors nohead";

    analysis_figure_plot(figure);
    fputs("plot ", figure->script);
    for (int s = 0; s < lines->series_count; s++)
        if (series_has_theory(lines, s))
            fprintf(figure->script,
                    "'%s.dat' index 'series_%d' using %s linetype %d notitle, \\\n     ",
                    figure->name, s + 1, line, s + 1);
    for (int s = 0; s < lines->series_count; s++)
        write_markers(lines, figure, s + 1);
    for (int s = 0; s < lines->series_count; s++)
        write_key(lines, figure, s);
    if (breaks_even(lines))
        fputs(", \\\n     NaN with lines linecolor rgb '#555555' linewidth 1 dashtype (6,4) title "
              "'break-even'",
              figure->script);
    putc('\n', figure->script);
}

/* ---- words ---- */

static int columns_of_key(const struct lines *lines)
{
    size_t longest = 8;
    int columns;

    for (int s = 0; s < lines->series_count; s++) {
        const char *label = analysis_shorten(lines->grid->series[lines->series[s]].label,
                                             LABEL_LETTERS, lines->arena);

        longest = strlen(label) > longest ? strlen(label) : longest;
    }
    columns = (int)((figure_width - 0.75) / (((double)longest + 9) * inches_a_letter));
    return columns < 1 ? 1 : columns > 4 ? 4 : columns;
}

static const char *note_on_points(const struct lines *lines)
{
    const struct analysis_study *study = lines->study;
    const char *note = "";

    if (lines->grid->series_count > lines->series_count)
        note = sim_text(lines->arena, "%s%d of %d series are shown. ", note, lines->series_count,
                        lines->grid->series_count);
    if (lines->y_is_log && lines->has_zero)
        note = sim_text(lines->arena, "%sZeros have no place on this axis. ", note);
    if (study->failed > 0)
        note = sim_text(lines->arena, "%s%d point%s failed. ", note, study->failed,
                        analysis_plural(study->failed));
    if (study->broken > 0)
        note = sim_text(lines->arena, "%s%d point%s broke a law. ", note, study->broken,
                        analysis_plural(study->broken));
    return note;
}

static const char *note_on_theory(const struct lines *lines)
{
    const char *several =
        lines->grid->most_results > 1
            ? sim_text(lines->arena, " (mean of up to %d results%s)", lines->grid->most_results,
                       lines->has_intervals ? "; bars: its 95 % interval, by Student's t"
                                            : ", which are equal: nothing random reaches them")
            : "";
    const char *theory = !lines->has_theory    ? "no law was checked"
                         : lines->lacks_theory ? "lines: theory, where its assumptions hold"
                                               : "lines: theory";

    return sim_text(lines->arena, "Markers: simulated%s; %s.", several, theory);
}

static bool plot_lines(struct analysis_figures *all, struct lines *lines, struct sim_error *err)
{
    const struct subject *subject = lines->subject;
    const int columns = columns_of_key(lines);
    int rows;
    struct analysis_look look = {.name = subject->name, .width = figure_width};
    struct analysis_figure *figure;

    for (int s = 0; s < lines->series_count; s++) {
        lines->has_theory |= series_has_theory(lines, s);
        lines->lacks_theory |= series_lacks_theory(lines, s);
    }
    choose_scales(lines);
    look.title = sim_text(lines->arena, "%s: %s", lines->study->name, subject->title);
    rows = (lines->series_count + breaks_even(lines) + columns - 1) / columns;
    look.key_rows = rows;
    look.height = 2.4 + 0.11 * rows;
    look.notes[0] = sim_text(lines->arena, "%s %s", note_on_theory(lines), note_on_points(lines));
    look.notes[1] = lines->study->origin;
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    fprintf(figure->script, "set key maxcols %d\n", columns);
    analysis_line_types(figure->script);
    write_x_axis(lines, figure->script);
    write_y_axis(lines, figure->script);
    write_numbers(lines, figure);
    write_plot(lines, figure);
    return analysis_figure_end(figure, err);
}

static bool plot_subject(struct analysis_figures *all, const struct analysis_study *study,
                         const struct analysis_grid *grid, const struct subject *subject,
                         struct sim_error *err)
{
    struct lines lines = {.subject = subject,
                          .study = study,
                          .grid = grid,
                          .arena = all->arena,
                          .x_is_numeric =
                              grid->x != ANALYSIS_NO_KEY && study->keys[grid->x].is_numeric};

    choose_series(&lines);
    return plot_lines(all, &lines, err);
}

/* The metric that was asked for, or a speedup. */
static bool plot_chosen(struct analysis_figures *all, const struct analysis_study *study,
                        const struct analysis_grid *grid, struct sim_error *err)
{
    struct subject subject;
    const char *words;

    if (study->chosen == NULL)
        return true;
    words = analysis_key_label(study->chosen, (struct analysis_scale){1, ""}, all->arena);
    subject = (struct subject){study->chosen, words, words, ANALYSIS_CHOSEN, study->chosen_unit};
    return (strcmp(study->chosen, "bytes") == 0 || /* which has its figure already */
            plot_subject(all, study, grid, &subject, err)) &&
           (grid->series_count < 2 || grid->column_count < 2 ||
            (analysis_plot_chosen_map(all, study, grid, err) &&
             analysis_plot_chosen_winners(all, study, grid, err)));
}

bool analysis_plot_store(struct analysis_figures *all, const char *path,
                         const struct analysis_choice *choice, struct sim_error *err)
{
    struct analysis_study study;
    struct analysis_grid grid;

    if (!analysis_study_read(&study, path, choice, all->arena, err) ||
        !analysis_grid_of(&grid, &study, path, all->arena, err))
        return false;
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        if (!plot_subject(all, &study, &grid, &subjects[i], err))
            return false;
    if (!plot_chosen(all, &study, &grid, err) ||
        !analysis_plot_breakdown(all, &study, &grid, err) ||
        !analysis_plot_pareto(all, &study, &grid, err) ||
        !analysis_plot_study_learning(all, &study, &grid, err) ||
        !analysis_plot_exits(all, path, study.name, study.origin, err))
        return false;
    return grid.series_count < 2 || grid.column_count < 2 ||
           (analysis_plot_heat_map(all, &study, &grid, err) &&
            analysis_plot_winners(all, &study, &grid, err));
}
