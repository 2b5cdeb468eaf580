/* plot_heat.c -- figures `heat_map` and METRIC_map: simulated seconds, or a metric, over two keys, the axis of
 * the other figures across and the second numeric key down; where there is none, a row for each series.  With
 * both, the rows of a series stand together under its name.  Where a measure breaks even, as a speedup at 1,
 * one colour is below and another above, and a line follows the edges of the cells between them; elsewhere lines of equal
 * value run between the middles of the cells, if both axes are numbers. */
#include "analysis/contour.h"
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double figure_width = 3.6; /* inches */
static const double cell_points = 5.5;

enum { MOST_ROWS = 200, MOST_COLUMNS = 200, LABEL_LETTERS = 24, LEAST_COLUMNS = 6, LEAST_ROWS = 5 };

/* What it is a map of. */
struct measure {
    const char *name, *title, *axis;
    enum analysis_quantity quantity;
    enum sim_unit unit;
    double break_even; /* above zero; NaN: nowhere */
    bool is_speedup;   /* and that is 1 */
};

struct heat_map {
    const struct measure *measure;
    const struct analysis_study *study;
    const struct analysis_grid *grid;
    int rows, columns;
    double at[MOST_ROWS], end; /* where rows stand; headings take a row of their own */
    bool has_headings;
    double least, most; /* seconds; least: above zero */
    bool is_log, has_zero, has_less, has_gap, has_texts;
    struct analysis_scale scale;
    double levels[ANALYSIS_MOST_LEVELS]; /* of contours, as shown */
    int level_count;
    struct sim_arena *arena;
};

static const struct analysis_cell *cell_of(const struct heat_map *map, int row, int column)
{
    return &map->grid->series[row].cells[column];
}

/* NaN where there is none. */
static double value_of(const struct heat_map *map, int row, int column)
{
    const struct analysis_cell *cell = cell_of(map, row, column);

    return cell->results == 0 ? NAN : cell->mean[map->measure->quantity];
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static bool breaks_even(const struct heat_map *map)
{
    return !isnan(map->measure->break_even);
}

/* As far below the break-even as above, as factors; 2 at least, so that small differences look small. */
static void centre_on_break_even(struct heat_map *map)
{
    const double level = map->measure->break_even;
    const double extent = fmax(2, fmax(map->most / level, level / map->least));

    map->most = level * extent;
    map->least = level / extent;
    map->is_log = true;
}

/* The unit suits the value in the middle: then most cells have few digits. */
static void choose_scale(struct heat_map *map)
{
    const size_t cells = (size_t)map->rows * (size_t)map->columns;
    double *values = sim_new(map->arena, double, cells);
    size_t count = 0;

    map->least = INFINITY;
    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->columns; c++) {
            const double mean = value_of(map, r, c);

            map->has_gap |= isnan(mean);
            map->has_zero |= mean == 0;
            map->has_less |= mean < 0;
            if (mean > 0)
                values[count++] = mean;
            if (mean > 0 && mean < map->least)
                map->least = mean;
            map->most = fmax(map->most, mean); /* passes over NaN */
        }
    qsort(values, count, sizeof *values, by_value);
    map->scale = analysis_scale_for(count > 0 ? values[count / 2] : 0, map->measure->unit);
    map->is_log = count > 0 && map->most > 20 * map->least;
    if (breaks_even(map) && count > 0)
        centre_on_break_even(map);
}

static void place_rows(struct heat_map *map)
{
    double at = 0;

    map->has_headings = map->grid->second != ANALYSIS_NO_KEY && map->grid->block_count > 1;
    for (int r = 0; r < map->rows; r++) {
        const bool opens_block =
            r == 0 || map->grid->series[r].block != map->grid->series[r - 1].block;

        if (map->has_headings && opens_block)
            at += 1;
        map->at[r] = at++;
    }
    map->end = at;
}

/* Where on the palette a value stands, from 0 to 1. */
static double shade(const struct heat_map *map, double seconds)
{
    if (map->most <= 0)
        return 0;
    if (!map->is_log)
        return seconds / map->most;
    return seconds <= map->least ? 0 : log(seconds / map->least) / log(map->most / map->least);
}

/* Is white text read better? */
static bool is_dark(const struct heat_map *map, double value)
{
    return shade(map, value) > (breaks_even(map) ? 0.65 : 0.5);
}

static const char *cell_text(const struct heat_map *map, int row, int column)
{
    const double value = value_of(map, row, column);

    return isnan(value) ? "" : analysis_three_digits(value * map->scale.factor, map->arena);
}

static const char *value_text(const struct heat_map *map, int key, int place, double number)
{
    return analysis_shorten(analysis_value_name(&map->study->keys[key], place, number, map->arena),
                            LABEL_LETTERS / 2, map->arena);
}

static const char *row_name(const struct heat_map *map, int row)
{
    const struct analysis_series *series = &map->grid->series[row];

    return map->grid->second == ANALYSIS_NO_KEY
               ? analysis_shorten(series->label, LABEL_LETTERS, map->arena)
               : value_text(map, map->grid->second, 0, series->row);
}

/* How wide all cells together are: what the names of the rows and the colour bar leave. */
static double cells_inches(const struct heat_map *map)
{
    size_t widest = 0;

    for (int r = 0; r < map->rows; r++)
        widest = strlen(row_name(map, r)) > widest ? strlen(row_name(map, r)) : widest;
    return figure_width * 0.785 - 0.35 - 1.1 * (double)widest / analysis_small_letters(1);
}

/* Inches of a number in a cell: DejaVu Sans has digits of 0.636 em, points of half that. */
static double text_inches(const char *text)
{
    double ems = 0;

    for (; *text != '\0'; text++)
        ems += *text == '.' ? 0.318 : 0.636;
    return ems * cell_points / 72;
}

/* Where there is room for the longest one, cells hold their values. */
static void choose_texts(struct heat_map *map)
{
    double widest = 0;

    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->columns; c++)
            widest = fmax(widest, text_inches(cell_text(map, r, c)));
    map->has_texts = widest * 1.05 < cells_inches(map) / map->columns;
}

/* ---- numbers ---- */

static void write_numbers(const struct heat_map *map, struct analysis_figure *figure)
{
    analysis_block(figure, "cells",
                   sim_text(map->arena, "column  row  simulated (%s)  as text  text is white",
                            map->scale.unit));
    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->columns; c++) {
            const double value = value_of(map, r, c);

            if (isnan(value))
                continue;
            fprintf(figure->data, "%d %g ", c, map->at[r]);
            analysis_number(figure->data, value * map->scale.factor);
            fprintf(figure->data, " %s %d\n", cell_text(map, r, c), is_dark(map, value));
        }
}

/* Where the measure breaks even, between cells.  Returns how many pieces the line has. */
static int write_edges(const struct heat_map *map, struct analysis_figure *figure)
{
    const size_t cells = (size_t)map->rows * (size_t)map->columns;
    double *values = sim_new(map->arena, double, cells + 1);
    struct analysis_edge *edges = sim_new(map->arena, struct analysis_edge, 2 * cells + 1);
    int count;

    if (!breaks_even(map))
        return 0;
    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->columns; c++)
            values[r * map->columns + c] = value_of(map, r, c);
    count = analysis_break_even(values, map->at, map->rows, map->columns, map->measure->break_even,
                                edges);
    if (count > 0)
        analysis_block(figure, "break_even", "x  y  width  height");
    for (int i = 0; i < count; i++)
        fprintf(figure->data, "%g %g %g %g\n", edges[i].x, edges[i].y, edges[i].width,
                edges[i].height);
    return count;
}

/* ---- contours ---- */

static double shown_value(const struct heat_map *map, int row, int column)
{
    return value_of(map, row, column) * map->scale.factor;
}

static int longest_block(const struct heat_map *map)
{
    int longest = 0, length = 0;

    for (int r = 0; r < map->rows; r++) {
        length =
            r > 0 && map->grid->series[r].block == map->grid->series[r - 1].block ? length + 1 : 1;
        longest = length > longest ? length : longest;
    }
    return longest;
}

/* Only over two axes of numbers is there anything between two cells.  A small map speaks in numbers, a larger one in
 * lines; both together could not be read. */
static void choose_levels(struct heat_map *map)
{
    const int x = map->grid->x;
    double least = INFINITY, most = -INFINITY;

    if (breaks_even(map) || map->has_less || longest_block(map) < LEAST_ROWS ||
        map->columns < LEAST_COLUMNS || map->grid->second == ANALYSIS_NO_KEY ||
        !map->study->keys[x].is_numeric)
        return;
    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->columns; c++) {
            const double value = shown_value(map, r, c);

            if (!(map->is_log && value <= 0)) {
                least = fmin(least, value);
                most = fmax(most, value);
            }
        }
    if (isfinite(least) && most > least * (1 + 1e-9))
        map->level_count = analysis_contour_levels(least, most, map->is_log, map->levels);
    map->has_texts &= map->level_count == 0;
}

/* Each line bears its value in its middle. */
static void write_level_texts(const struct heat_map *map, struct analysis_figure *figure,
                              const struct analysis_edge *middles)
{
    analysis_block(figure, "levels", "x  y  level  text is white");
    for (int l = 0; l < map->level_count; l++)
        if (!isnan(middles[l].x))
            fprintf(figure->data, "%.6g %.6g %g %d\n", middles[l].x + middles[l].width / 2,
                    middles[l].y + middles[l].height / 2, map->levels[l],
                    is_dark(map, map->levels[l] / map->scale.factor));
}

/* Returns how many pieces all lines have. */
static int write_contours(const struct heat_map *map, struct analysis_figure *figure)
{
    const size_t cells = (size_t)map->rows * (size_t)map->columns;
    double *values = sim_new(map->arena, double, cells + 1);
    struct analysis_edge *pieces = sim_new(map->arena, struct analysis_edge, 2 * cells + 1);
    struct analysis_edge middles[ANALYSIS_MOST_LEVELS];
    int all = 0;

    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->columns; c++) {
            const double value = shown_value(map, r, c);

            values[r * map->columns + c] = map->is_log && value <= 0 ? NAN : value;
        }
    for (int l = 0; l < map->level_count; l++) {
        const int count = analysis_contour(values, map->at, map->rows, map->columns, map->levels[l],
                                           map->is_log, pieces);

        if (all == 0 && count > 0)
            analysis_block(figure, "contours", "x  y  width  height  level");
        for (int i = 0; i < count; i++)
            fprintf(figure->data, "%.6g %.6g %.6g %.6g %.6g\n", pieces[i].x, pieces[i].y,
                    pieces[i].width, pieces[i].height, map->levels[l]);
        middles[l] = count > 0 ? pieces[count / 2] : (struct analysis_edge){NAN, NAN, 0, 0};
        all += count;
    }
    if (all > 0)
        write_level_texts(map, figure, middles);
    return all;
}

/* The colour bar marks the values of the lines. */
static void write_level_ticks(const struct heat_map *map, FILE *script)
{
    fputs("set cbtics (", script);
    for (int l = 0; l < map->level_count; l++)
        fprintf(script, "%s'%g' %.9g", l > 0 ? ", " : "", map->levels[l], map->levels[l]);
    fputs(")\n", script);
}

/* ---- the script ---- */

static const char *column_name(const struct heat_map *map, int column)
{
    return value_text(map, map->grid->x, map->grid->columns[column],
                      analysis_column_number(map->grid, map->study, column));
}

static void write_columns(const struct heat_map *map, FILE *script)
{
    int widest = 1, step;

    for (int c = 0; c < map->columns; c++) {
        const int length = (int)strlen(column_name(map, c));

        widest = length > widest ? length : widest;
    }
    step = analysis_tick_step(map->columns, widest, analysis_small_letters(cells_inches(map)));
    fputs("set xlabel ", script);
    analysis_quote(script, analysis_key_label(map->study->keys[map->grid->x].name,
                                              (struct analysis_scale){1, ""}, map->arena));
    fprintf(script, "\nset xrange [-0.5:%g]\nset xtics (", map->columns - 0.5);
    for (int c = 0; c < map->columns; c += step) {
        fputs(c > 0 ? ", " : "", script);
        analysis_quote(script, column_name(map, c));
        fprintf(script, " %d", c);
    }
    fputs(")\n", script);
}

/* The name of a block stands over its cells, and ends where they end. */
static void write_headings(const struct heat_map *map, FILE *script)
{
    const int letters = (int)(analysis_small_letters(cells_inches(map)) * 6 / 6.5) - 1;

    for (int r = 0; r < map->rows; r++) {
        if (r > 0 && map->grid->series[r].block == map->grid->series[r - 1].block)
            continue;
        fputs("set label ", script);
        analysis_quote(script, analysis_shorten(map->grid->series[r].block_label,
                                                letters < 8 ? 8 : letters, map->arena));
        fprintf(script, " at graph 0, first %g left offset 0.3,0 font ',6.5'\n", map->at[r] - 1);
    }
}

static void write_rows(const struct heat_map *map, FILE *script)
{
    const int second = map->grid->second;

    if (second != ANALYSIS_NO_KEY) {
        fputs("set ylabel ", script);
        analysis_quote(script, analysis_key_label(map->study->keys[second].name,
                                                  (struct analysis_scale){1, ""}, map->arena));
        putc('\n', script);
    }
    fprintf(script, "set yrange [%g:%g]\nset ytics (", map->end - 0.5, -0.5);
    for (int r = 0; r < map->rows; r++) {
        fputs(r > 0 ? ", " : "", script);
        analysis_quote(script, row_name(map, r));
        fprintf(script, " %g", map->at[r]);
    }
    fputs(")\n", script);
    if (map->has_headings)
        write_headings(map, script);
}

/* Ticks of a logarithmic colour bar that may span less than a decade, one of them where the break-even is. */
static void write_colour_ticks(const struct heat_map *map, FILE *script)
{
    static const double steps[] = {1, 2, 5};
    const double factor = map->scale.factor, level = map->measure->break_even * factor;

    fprintf(script, "set cbtics ('%g' %.9g", level, level);
    for (int power = -6; power <= 6; power++)
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            const double at = steps[i] * pow(10, power);

            if (at < map->least * factor * (1 - 1e-9) || at > map->most * factor * (1 + 1e-9) ||
                (at > level / 1.25 && at < level * 1.25))
                continue;
            fprintf(script, ", '%g' %g", at, at);
        }
    fputs(")\n", script);
}

/* From yellow to orange below the break-even, from light to dark blue above: in grey, too, darker is more, and
 * there is a step between them. */
static void write_even_colours(const struct heat_map *map, FILE *script)
{
    fputs("set palette defined (0 '#FFFBE0', 0.25 '#FCDF9A', 0.4999 '#F2B04E', 0.5 '#8FBFE0', 0.75 "
          "'#2F78B5', 1 '#08264F') maxcolors 512\n",
          script);
    fprintf(script, "set logscale cb\nset cbrange [%.9g:%.9g]\n", map->least * map->scale.factor,
            map->most * map->scale.factor);
    write_colour_ticks(map, script);
}

/* Cividis (Nunez, Anderton and Renslow 2018) from light to dark: it reads alike to all eyes and in grey. */
static void write_shades(const struct heat_map *map, FILE *script)
{
    const double factor = map->scale.factor;

    fputs("set palette defined (0 '#FEE838', 1 '#E1CC55', 2 '#C3B369', 3 '#A59C74', 4 '#8A8678', "
          "5 '#707173', 6 '#575D6D', 7 '#3B496C', 8 '#123570', 9 '#00224E')\n",
          script);
    if (map->is_log)
        fprintf(script, "set logscale cb\nset cbrange [%.9g:%.9g]\nset format cb '%%g'\n",
                map->least * factor, map->most * factor);
    else
        fprintf(script, "set cbrange [0:%.9g]\n", map->most > 0 ? map->most * factor : 1);
    if (map->level_count > 0) {
        write_level_ticks(map, script);
        fputs("set style textbox opaque noborder margins 0.3,0.3\n", script);
    }
}

static void write_colours(const struct heat_map *map, FILE *script)
{
    (breaks_even(map) ? write_even_colours : write_shades)(map, script);
    fprintf(script,
            "set cblabel '%s%s%s%s'\nset colorbox user origin screen 0.805, graph 0 size screen "
            "0.022, graph 1 noborder\nset cbtics scale 0.4\nset rmargin at screen 0.785\n",
            map->measure->axis, *map->scale.unit == '\0' ? "" : " (", map->scale.unit,
            *map->scale.unit == '\0' ? "" : ")");
}

static const char *break_even_text(const struct heat_map *map)
{
    return sim_text(map->arena, "%g%s%s", map->measure->break_even * map->scale.factor,
                    *map->scale.unit == '\0' ? "" : " ", map->scale.unit);
}

static void write_plot(const struct heat_map *map, struct analysis_figure *figure, bool has_edges,
                       bool has_contours)
{
    fputs("set style fill solid 1 noborder\nset border 0\nset tics scale 0\nunset grid\n"
          "floor = ",
          figure->script);
    analysis_number(figure->script, map->is_log ? map->least * map->scale.factor : 0);
    fputs(has_edges ? "\n" : "\nunset key\n", figure->script);
    analysis_figure_plot(figure);
    fprintf(figure->script, "plot '%s.dat'", figure->name);
    fputs(" index 'cells' using 1:2:($1-0.48):($1+0.48):($2-0.47):($2+0.47):"
          "($3 < floor ? floor : $3) with boxxyerror linecolor palette notitle",
          figure->script);
    if (has_contours)
        fputs(
            ", \\\n     '' index 'contours' using 1:2:3:4 with vectors nohead linecolor rgb "
            "'#FFFFFF' linewidth 2 dashtype 1 notitle, \\\n     '' index 'contours' using 1:2:3:4 "
            "with vectors nohead linecolor rgb '#000000' linewidth 0.9 dashtype 1 notitle, \\\n"
            /* LaTeX needs a package of its own for boxes round words */
            "     '' index 'levels' using (kind eq 'tex' ? NaN : $1):2:(sprintf('%g', $3)) with "
            "labels boxed font ',5.5' notitle, \\\n     '' index 'levels' using (kind eq 'tex' ? "
            "$1 "
            ": NaN):2:(sprintf('%g', $3)):($4 == 1 ? 0xFFFFFF : 0x000000) with labels textcolor "
            "rgb "
            "variable notitle",
            figure->script);
    if (map->has_texts)
        fprintf(figure->script,
                ", \\\n     '' index 'cells' using 1:2:(strcol(4)):($5 == 1 ? 0xFFFFFF : 0x000000) "
                "with labels font ',%g' textcolor rgb variable notitle",
                cell_points);
    if (has_edges)
        fprintf(figure->script,
                ", \\\n     '' index 'break_even' using 1:2:3:4 with vectors nohead linecolor rgb "
                "'#FFFFFF' linewidth 4 dashtype 1 notitle, \\\n     '' index 'break_even' using "
                "1:2:3:4 with vectors nohead linecolor rgb '#000000' linewidth 2 dashtype 1 "
                "notitle, \\\n     NaN with lines linecolor rgb '#000000' linewidth 2 dashtype 1 "
                "title 'break-even: %s lies between the cells'",
                break_even_text(map));
    putc('\n', figure->script);
}

/* Seeds of one cell may disagree about its side. */
static int undecided_cells(const struct heat_map *map)
{
    const int q = map->measure->quantity;
    int count = 0;

    for (int r = 0; r < map->rows; r++)
        for (int c = 0; c < map->columns; c++) {
            const struct analysis_cell *cell = cell_of(map, r, c);

            count += !isnan(value_of(map, r, c)) &&
                     analysis_is_below(cell->least[q], map->measure->break_even) !=
                         analysis_is_below(cell->most[q], map->measure->break_even);
        }
    return count;
}

static const char *note_on_break_even(const struct heat_map *map)
{
    const int undecided = undecided_cells(map);
    const char *note =
        sim_text(map->arena, "Below %s in yellow and orange%s. ", break_even_text(map),
                 map->measure->is_speedup ? ": slower than without" : ", others in blue");

    return undecided == 0
               ? note
               : sim_text(map->arena, "%sIn %d cell%s some results are below it and some are not. ",
                          note, undecided, analysis_plural(undecided));
}

static struct analysis_look look_of(const struct heat_map *map)
{
    struct analysis_look look = {
        .name = map->measure->name, .width = figure_width, .key_rows = breaks_even(map)};
    const char *note = "";

    look.title = sim_text(map->arena, "%s: %s", map->study->name, map->measure->title);
    look.height = fmax(1.7, 1 + map->end * (map->end > 12 ? 0.13 : 0.2));
    if (map->grid->most_results > 1)
        note = sim_text(map->arena, "Mean of up to %d results in each cell. %s",
                        map->grid->most_results,
                        analysis_interval_note(map->grid, map->measure->quantity, map->arena));
    if (map->rows < map->grid->series_count)
        note = sim_text(map->arena, "%sThe first %d of %d rows are shown. ", note, map->rows,
                        map->grid->series_count);
    if (map->columns < map->grid->column_count)
        note = sim_text(map->arena, "%sThe first %d of %d columns are shown. ", note, map->columns,
                        map->grid->column_count);
    if (map->has_gap)
        note = sim_text(map->arena, "%sWhite: no result. ", note);
    if (map->is_log && map->has_zero)
        note = sim_text(map->arena, "%sZero has the colour of the least value above it. ", note);
    if (map->has_less)
        note =
            sim_text(map->arena, "%sWhat is below zero has the colour of the least shown. ", note);
    if (breaks_even(map))
        note = sim_text(map->arena, "%s%s", note, note_on_break_even(map));
    if (map->level_count > 0)
        note = sim_text(map->arena, "%sLines: equal %s, straight between the middles of cells. ",
                        note, map->measure->axis);
    look.notes[0] = note;
    look.notes[1] = map->study->origin;
    return look;
}

static bool plot_map(struct analysis_figures *all, const struct analysis_study *study,
                     const struct analysis_grid *grid, const struct measure *measure,
                     struct sim_error *err)
{
    struct heat_map map = {.measure = measure,
                           .study = study,
                           .grid = grid,
                           .arena = all->arena,
                           .rows = grid->series_count < MOST_ROWS ? grid->series_count : MOST_ROWS,
                           .columns = grid->column_count < MOST_COLUMNS ? grid->column_count
                                                                        : MOST_COLUMNS};
    struct analysis_look look;
    struct analysis_figure *figure;
    bool has_edges, has_contours;

    choose_scale(&map);
    place_rows(&map);
    choose_texts(&map);
    choose_levels(&map);
    look = look_of(&map);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    write_columns(&map, figure->script);
    write_rows(&map, figure->script);
    write_colours(&map, figure->script);
    write_numbers(&map, figure);
    has_edges = write_edges(&map, figure) > 0;
    has_contours = write_contours(&map, figure) > 0;
    write_plot(&map, figure, has_edges, has_contours);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_heat_map(struct analysis_figures *all, const struct analysis_study *study,
                            const struct analysis_grid *grid, struct sim_error *err)
{
    static const struct measure time = {
        "heat_map", "simulated time", "time", ANALYSIS_SECONDS, SIM_UNIT_SECONDS, NAN, false};

    return plot_map(all, study, grid, &time, err);
}

bool analysis_plot_chosen_map(struct analysis_figures *all, const struct analysis_study *study,
                              const struct analysis_grid *grid, struct sim_error *err)
{
    const char *words =
        analysis_key_label(study->chosen, (struct analysis_scale){1, ""}, all->arena);
    const struct measure chosen = {.name = sim_text(all->arena, "%s_map", study->chosen),
                                   .title = words,
                                   .axis = words,
                                   .quantity = ANALYSIS_CHOSEN,
                                   .unit = study->chosen_unit,
                                   .break_even = study->break_even,
                                   .is_speedup = strcmp(study->chosen, "speedup") == 0 &&
                                                 study->break_even == 1};

    return plot_map(all, study, grid, &chosen, err);
}
