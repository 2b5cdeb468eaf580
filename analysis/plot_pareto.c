/* plot_pareto.c -- figure `pareto` of a study: two quantities that are bought with each other, and the points that no other
 * point beats in both, joined by a staircase. */
#include "analysis/pareto.h"
#include "analysis/plot.h"
#include "analysis/points.h"
#include "analysis/scale.h"

#include <math.h>
#include <string.h>

enum { MOST_SERIES = ANALYSIS_LINE_TYPES, LABEL_LETTERS = 40, MOST_NAMES = 14 };

static const double figure_width = 3.6;       /* inches */
static const double inches_a_letter = 0.0542; /* of the key, as gnuplot reckons */

struct axis {
    const struct analysis_goal *goal;
    enum analysis_quantity quantity;
    double least, most; /* shown, intervals and all */
    bool is_log;
    struct analysis_scale scale;
};

struct front {
    const struct analysis_study *study;
    const struct analysis_grid *grid;
    struct axis axes[2];
    const struct analysis_cell **cells; /* [count]: the points */
    int *series, *columns;
    double *x, *y;
    int count;
    int *on_front, front_count;
    bool has_key, has_intervals;
    struct sim_arena *arena;
};

/* ---- points ---- */

static void take_points(struct front *front)
{
    const struct analysis_grid *grid = front->grid;
    const size_t room = (size_t)grid->series_count * (size_t)grid->column_count;

    front->cells = sim_new(front->arena, const struct analysis_cell *, room);
    front->series = sim_new(front->arena, int, room);
    front->columns = sim_new(front->arena, int, room);
    front->x = sim_new(front->arena, double, room);
    front->y = sim_new(front->arena, double, room);
    front->on_front = sim_new(front->arena, int, room);
    for (int s = 0; s < grid->series_count; s++)
        for (int c = 0; c < grid->column_count; c++) {
            const struct analysis_cell *cell = &grid->series[s].cells[c];

            if (cell->results == 0 || !isfinite(cell->mean[ANALYSIS_PARETO_X]) ||
                !isfinite(cell->mean[ANALYSIS_PARETO_Y]))
                continue;
            front->cells[front->count] = cell;
            front->series[front->count] = s;
            front->columns[front->count] = c;
            front->x[front->count] = cell->mean[ANALYSIS_PARETO_X];
            front->y[front->count++] = cell->mean[ANALYSIS_PARETO_Y];
        }
}

static void choose_axis(struct front *front, int a)
{
    struct axis *axis = &front->axes[a];
    double least = INFINITY, most = -INFINITY;

    axis->goal = &front->study->goals[a];
    axis->quantity = a == 0 ? ANALYSIS_PARETO_X : ANALYSIS_PARETO_Y;
    axis->least = INFINITY;
    axis->most = -INFINITY;
    for (int i = 0; i < front->count; i++) {
        const struct analysis_cell *cell = front->cells[i];

        least = fmin(least, cell->mean[axis->quantity]);
        most = fmax(most, cell->mean[axis->quantity]);
        axis->least = fmin(axis->least, cell->low[axis->quantity]);
        axis->most = fmax(axis->most, cell->high[axis->quantity]);
        front->has_intervals |= analysis_has_interval(cell, axis->quantity);
    }
    axis->is_log = least > 0 && most > 20 * least;
    if (axis->is_log && axis->least <= 0)
        axis->least = least; /* intervals that reach below zero end at the axis */
    axis->scale = analysis_scale_for(axis->is_log ? sqrt(least * most) : most, axis->goal->unit);
}

/* ---- numbers ---- */

static void write_point(const struct front *front, FILE *data, int i)
{
    const struct analysis_cell *cell = front->cells[i];

    for (int a = 0; a < 2; a++) {
        const enum analysis_quantity q = front->axes[a].quantity;
        const double values[] = {cell->mean[q], cell->low[q], cell->high[q]};

        for (int v = 0; v < 3; v++) {
            fputs(a + v > 0 ? " " : "", data);
            analysis_number(data, values[v] * front->axes[a].scale.factor);
        }
    }
    putc('\n', data);
}

static void write_numbers(const struct front *front, struct analysis_figure *figure)
{
    const int blocks = front->has_key ? front->grid->series_count : 1;

    for (int s = 0; s < blocks; s++) {
        bool is_open = false;

        for (int i = 0; i < front->count; i++) {
            if (front->has_key && front->series[i] != s)
                continue;
            if (!is_open)
                analysis_block(figure, sim_text(front->arena, "series_%d", s + 1),
                               "x  its 95 % interval from  to  y  its 95 % interval from  to");
            is_open = true;
            write_point(front, figure->data, i);
        }
    }
}

static double worse(double a, double b, bool more_is_better)
{
    return more_is_better ? fmin(a, b) : fmax(a, b);
}

/* The points of the front, and between two of them the corner that both still beat. */
static void write_stairs(const struct front *front, struct analysis_figure *figure)
{
    const double factors[] = {front->axes[0].scale.factor, front->axes[1].scale.factor};

    analysis_block(figure, "front", "x  y");
    for (int f = 0; f < front->front_count; f++) {
        const int i = front->on_front[f];

        if (f > 0) {
            const int before = front->on_front[f - 1];

            analysis_number(figure->data, factors[0] * worse(front->x[before], front->x[i],
                                                             front->axes[0].goal->more_is_better));
            putc(' ', figure->data);
            analysis_number(figure->data, factors[1] * worse(front->y[before], front->y[i],
                                                             front->axes[1].goal->more_is_better));
            putc('\n', figure->data);
        }
        analysis_number(figure->data, factors[0] * front->x[i]);
        putc(' ', figure->data);
        analysis_number(figure->data, factors[1] * front->y[i]);
        putc('\n', figure->data);
    }
    analysis_block(figure, "on_front", "x  y  number");
    for (int f = 0; f < front->front_count; f++) {
        analysis_number(figure->data, factors[0] * front->x[front->on_front[f]]);
        putc(' ', figure->data);
        analysis_number(figure->data, factors[1] * front->y[front->on_front[f]]);
        fprintf(figure->data, " %d\n", f + 1);
    }
}

/* ---- the script ---- */

static const char *goal_words(const struct axis *axis, struct sim_arena *arena)
{
    const char *words = analysis_key_label(axis->goal->name, (struct analysis_scale){1, ""}, arena);
    const char *nats = strstr(words, " nats");

    if (nats != NULL && nats[5] == '\0')
        return sim_text(arena, "%s (nats)", sim_text_copy(arena, words, (size_t)(nats - words)));
    return strcmp(axis->goal->name, "seconds") == 0 ? "simulated time"
           : strcmp(axis->goal->name, "bytes") == 0 ? "bytes on the network"
                                                    : words;
}

static void write_axis(const struct front *front, int a, FILE *script)
{
    const struct axis *axis = &front->axes[a];
    const double factor = axis->scale.factor, gap = 0.08 * (axis->most - axis->least);
    const double ratio = axis->is_log ? pow(axis->most / axis->least, 0.08) : 1;
    const char *letter = a == 0 ? "x" : "y";

    fprintf(script, "set %slabel ", letter);
    analysis_quote(script, sim_text(front->arena, "%s%s%s%s", goal_words(axis, front->arena),
                                    *axis->scale.unit ? " (" : "", axis->scale.unit,
                                    *axis->scale.unit ? ")" : ""));
    fprintf(script, "\nset format %s '%%g'\n", letter);
    if (axis->is_log)
        fprintf(script, "set logscale %s\nset %srange [%.9g:%.9g]\n", letter, letter,
                axis->least * factor / ratio, axis->most * factor * ratio);
    else if (gap > 0)
        fprintf(script, "set %srange [%.9g:%.9g]\n", letter,
                (axis->least >= 0 ? fmax(0, axis->least - gap) : axis->least - gap) * factor,
                (axis->most + gap) * factor);
}

/* A point of the front: its series, and where it stands on the first axis. */
static const char *name_of(const struct front *front, int i)
{
    const struct analysis_grid *grid = front->grid;
    const char *series = grid->series[front->series[i]].label;
    const struct analysis_key *key;
    const char *value;

    if (grid->x == ANALYSIS_NO_KEY)
        return series;
    key = &front->study->keys[grid->x];
    value = analysis_value_name(key, grid->columns[front->columns[i]],
                                analysis_column_number(grid, front->study, front->columns[i]),
                                front->arena);
    if (key->is_numeric)
        value = sim_text(
            front->arena, "%s %s",
            analysis_key_label(key->name, (struct analysis_scale){1, ""}, front->arena), value);
    return sim_text(front->arena, "%s%s%s", series, *series != '\0' ? ", " : "", value);
}

/* "1: ring, workers 4; 2: ..." */
static const char *names_of(const struct front *front)
{
    const char *names = "";

    for (int f = 0; f < front->front_count && f < MOST_NAMES; f++)
        names = sim_text(front->arena, "%s%s%d: %s", names, f > 0 ? "; " : "", f + 1,
                         name_of(front, front->on_front[f]));
    return sim_text(front->arena, "%s.", names);
}

/* Numbers, which are short enough not to meet, stand on the good side of the front; the small print has the names. */
static void write_places(const struct front *front, FILE *script)
{
    const bool more_x = front->axes[0].goal->more_is_better;
    const bool more_y = front->axes[1].goal->more_is_better;

    for (int f = 0; f < front->front_count && f < MOST_NAMES; f++) {
        const int i = front->on_front[f];
        const char *numbers = sim_text(front->arena, "%d", f + 1);

        while (f + 1 < front->front_count && f + 1 < MOST_NAMES && /* equal points */
               front->x[front->on_front[f + 1]] == front->x[i])
            numbers = sim_text(front->arena, "%s,%d", numbers, ++f + 1);
        fprintf(script,
                "set label '%s' at first %.9g, first %.9g %s offset %s,%s font ',6' front\n",
                numbers, front->x[i] * front->axes[0].scale.factor,
                front->y[i] * front->axes[1].scale.factor, more_x ? "left" : "right",
                more_x ? "0.75" : "-0.75", more_y ? "0.45" : "-0.4");
    }
}

static int key_columns(const struct front *front)
{
    size_t longest = 8;
    int columns;

    for (int s = 0; s < front->grid->series_count; s++) {
        const size_t length =
            strlen(analysis_shorten(front->grid->series[s].label, LABEL_LETTERS, front->arena));

        longest = length > longest ? length : longest;
    }
    columns = (int)((figure_width - 0.75) / (((double)longest + 9) * inches_a_letter));
    return columns < 1 ? 1 : columns > 4 ? 4 : columns;
}

static bool has_points(const struct front *front, int series)
{
    for (int i = 0; i < front->count; i++)
        if (!front->has_key || front->series[i] == series)
            return true;
    return false;
}

static void write_series(const struct front *front, FILE *script, int s)
{
    const char *type = front->has_key ? sim_text(front->arena, "linetype %d", s + 1)
                                      : "linecolor rgb '#56B4E9' pointtype 7 pointsize 0.6";
    const char *label = front->grid->series[s].label;

    if (front->has_intervals) {
        fprintf(script,
                ", \\\n     'pareto.dat' index 'series_%d' using 1:5:(0):($6-$5) with vectors "
                "nohead linecolor rgb '#888888' linewidth 0.8 dashtype 1 notitle",
                s + 1);
        fprintf(script,
                ", \\\n     'pareto.dat' index 'series_%d' using 2:4:($3-$2):(0) with vectors "
                "nohead linecolor rgb '#888888' linewidth 0.8 dashtype 1 notitle",
                s + 1);
    }
    fprintf(script, ", \\\n     'pareto.dat' index 'series_%d' using 1:4 with points %s ", s + 1,
            type);
    if (!front->has_key || *label == '\0')
        fputs("notitle", script);
    else {
        fputs("title ", script);
        analysis_quote(script, analysis_shorten(label, LABEL_LETTERS, front->arena));
    }
}

static void write_plot(const struct front *front, struct analysis_figure *figure)
{
    analysis_figure_plot(figure);
    fputs("plot 'pareto.dat' index 'front' using 1:2 with lines linecolor rgb '#000000' linewidth "
          "1.2 dashtype 1 notitle, \\\n     'pareto.dat' index 'on_front' using 1:2 with points "
          "pointtype 6 pointsize 2.2 linecolor rgb '#000000' linewidth 0.8 notitle",
          figure->script);
    for (int s = 0; s < (front->has_key ? front->grid->series_count : 1); s++)
        if (has_points(front, s))
            write_series(front, figure->script, s);
    putc('\n', figure->script);
}

/* ---- words ---- */

static struct analysis_look look_of(const struct front *front)
{
    const int columns = key_columns(front), most = front->grid->most_results;
    const bool has_labels = front->has_key && *front->grid->series[0].label != '\0';
    const int rows = has_labels ? (front->grid->series_count + columns - 1) / columns : 0;
    struct analysis_look look = {
        .name = "pareto", .width = figure_width, .key_rows = rows, .height = 2.4 + 0.11 * rows};
    const char *note;

    look.title = sim_text(front->arena, "%s: %s against %s", front->study->name,
                          goal_words(&front->axes[1], front->arena),
                          goal_words(&front->axes[0], front->arena));
    note = sim_text(
        front->arena,
        "Line and rings: the %d of %d points that no other one beats in both (%s of the "
        "one and %s of the other is better).",
        front->front_count, front->count, front->axes[0].goal->more_is_better ? "more" : "less",
        front->axes[1].goal->more_is_better ? "more" : "less");
    if (front->front_count > MOST_NAMES)
        note = sim_text(front->arena, "%s The first %d are named.", note, MOST_NAMES);
    if (most > 1)
        note = sim_text(front->arena, "%s Points are means of up to %d results%s.", note, most,
                        front->has_intervals ? "; bars: 95 % intervals, by Student's t" : "");
    look.notes[0] = note;
    look.notes[1] = names_of(front);
    look.notes[2] = front->study->origin;
    look.height += 0.075 * analysis_note_lines(&look, front->arena);
    return look;
}

bool analysis_plot_pareto(struct analysis_figures *all, const struct analysis_study *study,
                          const struct analysis_grid *grid, struct sim_error *err)
{
    struct front front = {.study = study, .grid = grid, .arena = all->arena};
    struct analysis_look look;
    struct analysis_figure *figure;

    if (study->goals[0].name == NULL)
        return true;
    front.has_key = grid->series_count <= MOST_SERIES;
    take_points(&front);
    if (front.count == 0)
        return sim_fail(err, "--pareto: no point of %s has both %s and %s.", study->name,
                        study->goals[0].name, study->goals[1].name);
    choose_axis(&front, 0);
    choose_axis(&front, 1);
    front.front_count =
        analysis_pareto_front(front.x, front.y, front.count, study->goals[0].more_is_better,
                              study->goals[1].more_is_better, front.on_front, all->arena);
    look = look_of(&front);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    fprintf(figure->script, "set key maxcols %d\n", key_columns(&front));
    analysis_line_types(figure->script);
    write_axis(&front, 0, figure->script);
    write_axis(&front, 1, figure->script);
    write_places(&front, figure->script);
    write_numbers(&front, figure);
    write_stairs(&front, figure);
    write_plot(&front, figure);
    return analysis_figure_end(figure, err);
}
