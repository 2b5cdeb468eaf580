/* plot_heat.c -- figure `heat_map`: simulated seconds over two keys, the axis of the other figures across
 * and the second numeric key down; where there is none, a row for each series.  With both, the rows of a
 * series stand together under its name. */
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double figure_width = 3.6; /* inches */
static const double cell_points = 5.5;

enum { MOST_ROWS = 200, MOST_COLUMNS = 200, LABEL_LETTERS = 24 };

struct heat_map {
    const struct analysis_study *study;
    const struct analysis_grid *grid;
    int rows, columns;
    double at[MOST_ROWS], end; /* where rows stand; headings take a row of their own */
    bool has_headings;
    double least, most; /* seconds; least: above zero */
    bool is_log, has_zero, has_gap, has_texts;
    struct analysis_scale scale;
    struct sim_arena *arena;
};

static const struct analysis_cell *cell_of(const struct heat_map *map, int row, int column)
{
    return &map->grid->series[row].cells[column];
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
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
            const double mean = cell_of(map, r, c)->mean[ANALYSIS_SECONDS];

            map->has_gap |= cell_of(map, r, c)->results == 0;
            map->has_zero |= cell_of(map, r, c)->results > 0 && mean == 0;
            if (mean > 0)
                values[count++] = mean;
            if (mean > 0 && mean < map->least)
                map->least = mean;
            map->most = fmax(map->most, mean);
        }
    qsort(values, count, sizeof *values, by_value);
    map->scale = analysis_scale_for(count > 0 ? values[count / 2] : 0, SIM_UNIT_SECONDS);
    map->is_log = count > 0 && map->most > 20 * map->least;
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

static const char *cell_text(const struct heat_map *map, const struct analysis_cell *cell)
{
    return analysis_three_digits(cell->mean[ANALYSIS_SECONDS] * map->scale.factor, map->arena);
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
            widest = fmax(widest, text_inches(cell_text(map, cell_of(map, r, c))));
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
            const struct analysis_cell *cell = cell_of(map, r, c);
            const double seconds = cell->mean[ANALYSIS_SECONDS];

            if (cell->results == 0)
                continue;
            fprintf(figure->data, "%d %g ", c, map->at[r]);
            analysis_number(figure->data, seconds * map->scale.factor);
            fprintf(figure->data, " %s %d\n", cell_text(map, cell), shade(map, seconds) > 0.5);
        }
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

/* Cividis (Nunez, Anderton and Renslow 2018) from light to dark: it reads alike to all eyes and in grey. */
static void write_colours(const struct heat_map *map, FILE *script)
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
    fprintf(script,
            "set cblabel 'time (%s)'\nset colorbox user origin screen 0.805, graph 0 size screen "
            "0.022, graph 1 noborder\nset cbtics scale 0.4\nset rmargin at screen 0.785\n",
            map->scale.unit);
}

static void write_plot(const struct heat_map *map, struct analysis_figure *figure)
{
    fputs("set style fill solid 1 noborder\nset border 0\nset tics scale 0\nunset grid\nunset key\n"
          "floor = ",
          figure->script);
    analysis_number(figure->script, map->is_log ? map->least * map->scale.factor : 0);
    putc('\n', figure->script);
    analysis_figure_plot(figure);
    fputs("plot 'heat_map.dat' index 'cells' using 1:2:($1-0.48):($1+0.48):($2-0.47):($2+0.47):"
          "($3 < floor ? floor : $3) with boxxyerror linecolor palette",
          figure->script);
    if (map->has_texts)
        fprintf(figure->script,
                ", \\\n     '' index 'cells' using 1:2:(strcol(4)):($5 == 1 ? 0xFFFFFF : 0x000000) "
                "with labels font ',%g' textcolor rgb variable",
                cell_points);
    putc('\n', figure->script);
}

static struct analysis_look look_of(const struct heat_map *map)
{
    struct analysis_look look = {.name = "heat_map", .width = figure_width};
    const char *note = "";

    look.title = sim_text(map->arena, "%s: simulated time", map->study->name);
    look.height = fmax(1.7, 1 + map->end * (map->end > 12 ? 0.13 : 0.2));
    if (map->grid->most_results > 1)
        note = sim_text(map->arena, "Mean of up to %d results in each cell. ",
                        map->grid->most_results);
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
    look.notes[0] = note;
    look.notes[1] = map->study->origin;
    return look;
}

bool analysis_plot_heat_map(struct analysis_figures *all, const struct analysis_study *study,
                            const struct analysis_grid *grid, struct sim_error *err)
{
    struct heat_map map = {.study = study,
                           .grid = grid,
                           .arena = all->arena,
                           .rows = grid->series_count < MOST_ROWS ? grid->series_count : MOST_ROWS,
                           .columns = grid->column_count < MOST_COLUMNS ? grid->column_count
                                                                        : MOST_COLUMNS};
    struct analysis_look look;
    struct analysis_figure *figure;

    choose_scale(&map);
    place_rows(&map);
    choose_texts(&map);
    look = look_of(&map);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    write_columns(&map, figure->script);
    write_rows(&map, figure->script);
    write_colours(&map, figure->script);
    write_numbers(&map, figure);
    write_plot(&map, figure);
    return analysis_figure_end(figure, err);
}
