/* plot_memory.c -- figure `memory` of a pipeline's run: what stages hold over time, from metrics.csv.
 *
 * A stage is drawn as that peer of it which holds most.  metrics.csv tells of an operation's memory when it is over;
 * what it took, it took when it began, and so it is drawn. */
#include "analysis/csv.h"
#include "analysis/operations.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/file.h"

#include <math.h>
#include <string.h>

enum { PARTS = 500 }; /* of the time; in each a line has four points at most */

struct point {
    double seconds, bytes;
};

struct line {
    const struct analysis_operation_row *row;
    struct point *points;
    int count, room;
    int next;    /* operation of the row that is not over yet */
    double most; /* bytes */
};

struct chart {
    const struct analysis_run *run;
    const struct analysis_operations *all;
    struct line *lines; /* [all->row_count] */
    const struct line *shown[ANALYSIS_LINE_TYPES];
    int shown_count;
    double seconds, most;
    struct sim_arena *arena;
};

/* ---- reading ---- */

static void add(struct line *line, double seconds, double bytes, struct sim_arena *arena)
{
    if (line->points == NULL || line->count == line->room) {
        const int room = 2 * line->room + 64;
        struct point *points = sim_new(arena, struct point, (size_t)room);

        if (line->points != NULL)
            memcpy(points, line->points, (size_t)line->count * sizeof *points);
        line->points = points;
        line->room = room;
    }
    line->points[line->count++] = (struct point){seconds, bytes};
    line->most = fmax(line->most, bytes);
}

/* When the operation began that was over at `seconds`; `seconds` if none was. */
static double begin_of(struct line *line, double seconds)
{
    const struct analysis_operation_row *row = line->row;

    while (line->next < row->count && row->list[line->next].end < seconds)
        line->next++;
    if (line->next < row->count && row->list[line->next].end == seconds)
        return row->list[line->next].begin;
    return seconds;
}

/* What one operation frees and the next, which begins at once, takes is no dip that a reader should see. */
static void take(struct line *line, double seconds, double bytes, struct sim_arena *arena)
{
    struct point *last = line->count > 0 ? &line->points[line->count - 1] : NULL;
    const bool grows = last != NULL && bytes > last->bytes;
    const double at = grows ? begin_of(line, seconds) : seconds;

    if (grows && at <= last->seconds * (1 + 1e-9)) {
        last->bytes = bytes;
        line->most = fmax(line->most, bytes);
    } else {
        add(line, at, bytes, arena);
    }
}

static struct line *line_of(struct chart *chart, const char *peer, int *last)
{
    const int count = chart->all->row_count;

    for (int i = 0; i < count; i++) {
        struct line *line = &chart->lines[(*last + i) % count];

        if (strcmp(line->row->peer, peer) == 0) {
            *last = (*last + i) % count;
            return line;
        }
    }
    return NULL;
}

static void begin_lines(struct chart *chart)
{
    const int count = chart->all->row_count;

    chart->lines = sim_new(chart->arena, struct line, (size_t)count);
    for (int r = 0; r < count; r++) {
        struct line *line = &chart->lines[r];

        line->row = &chart->all->rows[r];
        if (line->row->count > 0)
            chart->seconds = fmax(chart->seconds, line->row->list[line->row->count - 1].end);
        if (!isnan(line->row->totals.weight_bytes))
            add(line, 0, line->row->totals.weight_bytes, chart->arena);
    }
}

static bool read_metrics(struct chart *chart, const char *path, struct sim_error *err)
{
    struct analysis_csv *csv = analysis_csv_open(path, chart->arena, err);
    int seconds, peer, metric, value, last = 0;

    if (csv == NULL)
        return false;
    seconds = analysis_csv_column(csv, "seconds");
    peer = analysis_csv_column(csv, "peer");
    metric = analysis_csv_column(csv, "metric");
    value = analysis_csv_column(csv, "value");
    begin_lines(chart);
    while (analysis_csv_next(csv)) {
        struct line *line;

        if (strcmp(analysis_csv_text(csv, metric), "memory_bytes") != 0)
            continue;
        line = line_of(chart, analysis_csv_text(csv, peer), &last);
        if (line == NULL)
            continue;
        take(line, analysis_csv_number(csv, seconds), analysis_csv_number(csv, value),
             chart->arena);
        chart->seconds = fmax(chart->seconds, line->points[line->count - 1].seconds);
        chart->most = fmax(chart->most, line->most);
    }
    return analysis_csv_close(csv, err);
}

/* ---- which stages ---- */

static const struct line *fullest_of(const struct chart *chart, int stage)
{
    const struct line *fullest = NULL;

    for (int r = 0; r < chart->all->row_count; r++) {
        const struct line *line = &chart->lines[r];

        if (line->row->stage == stage && line->count > 0 &&
            (fullest == NULL || line->most > fullest->most))
            fullest = line;
    }
    return fullest;
}

/* All, or as many as can be told apart: the first, the last, and some between, evenly. */
static void choose_stages(struct chart *chart)
{
    const int stages = chart->all->stages;
    const int count = stages < ANALYSIS_LINE_TYPES ? stages : ANALYSIS_LINE_TYPES;

    for (int i = 0; i < count; i++) {
        const int stage = count == 1 ? 0 : (int)lround((double)i * (stages - 1) / (count - 1));
        const struct line *line = fullest_of(chart, stage);

        if (line != NULL)
            chart->shown[chart->shown_count++] = line;
    }
}

/* ---- the figure ---- */

static void write_point(FILE *data, const struct point *point, struct point scales)
{
    analysis_number(data, point->seconds * scales.seconds);
    putc(' ', data);
    analysis_number(data, point->bytes * scales.bytes);
    putc('\n', data);
}

/* In each part of the time the first, the lowest, the highest and the last point, in their order. */
static void write_line(const struct chart *chart, const struct line *line, FILE *data,
                       struct point scales)
{
    const double width = chart->seconds / PARTS;
    int first = 0;

    while (first < line->count) {
        const int part = (int)(line->points[first].seconds / width);
        int end = first, lowest = first, highest = first;

        for (; end < line->count && (int)(line->points[end].seconds / width) == part; end++) {
            if (line->points[end].bytes < line->points[lowest].bytes)
                lowest = end;
            if (line->points[end].bytes > line->points[highest].bytes)
                highest = end;
        }
        for (int i = first; i < end; i++)
            if (i == first || i == lowest || i == highest || i == end - 1)
                write_point(data, &line->points[i], scales);
        first = end;
    }
    /* what it holds at its end, it holds until the end of the picture */
    write_point(data, &(struct point){chart->seconds, line->points[line->count - 1].bytes}, scales);
}

static void write_plot(const struct chart *chart, struct analysis_figure *figure)
{
    analysis_figure_plot(figure);
    for (int i = 0; i < chart->shown_count; i++)
        fprintf(figure->script,
                "%s index 'stage %d' using 1:2 with steps linetype %d title 'stage %d'%s",
                i == 0 ? "plot 'memory.dat'" : "     ''", chart->shown[i]->row->stage, i + 1,
                chart->shown[i]->row->stage, i + 1 < chart->shown_count ? ", \\\n" : "\n");
}

static struct analysis_look look_of(const struct chart *chart)
{
    const bool is_part = chart->shown_count < chart->all->stages;
    const bool has_several = chart->all->replicas * chart->all->ranks > 1;
    struct analysis_look look = {
        .name = "memory",
        .title = sim_text(chart->arena, "%s: memory of each stage", chart->run->title),
        .width = 5.4,
        .height = 2.7,
        .key_rows = chart->shown_count > 4 ? 2 : 1};

    look.notes[0] =
        sim_text(chart->arena,
                 "Weights, what rests on them, and activations of micro-batches under way.%s%s",
                 is_part ? sim_text(chart->arena, " Of %d stages %d are shown.", chart->all->stages,
                                    chart->shown_count)
                         : "",
                 has_several ? " Of a stage the peer that holds most." : "");
    look.notes[1] = chart->run->origin;
    return look;
}

static bool draw(const struct chart *chart, struct analysis_figures *all, struct sim_error *err)
{
    const struct analysis_scale time = analysis_scale_for(chart->seconds, SIM_UNIT_SECONDS);
    const struct analysis_scale size = analysis_scale_for(chart->most, SIM_UNIT_BYTES);
    const struct analysis_look look = look_of(chart);
    struct analysis_figure *figure = analysis_figure_begin(all, &look, err);

    if (figure == NULL)
        return false;
    analysis_line_types(figure->script);
    fprintf(figure->script,
            "set xlabel 'time (%s)'\nset ylabel 'memory (%s)'\nset xrange [0:%.9g]\n"
            "set yrange [0:%.9g]\n",
            time.unit, size.unit, chart->seconds * time.factor, chart->most * size.factor * 1.05);
    for (int i = 0; i < chart->shown_count; i++) {
        analysis_block(figure, sim_text(chart->arena, "stage %d", chart->shown[i]->row->stage),
                       "seconds bytes");
        write_line(chart, chart->shown[i], figure->data, (struct point){time.factor, size.factor});
    }
    write_plot(chart, figure);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_memory(struct analysis_figures *all, const struct analysis_run *run,
                          const struct analysis_operations *operations, struct sim_error *err)
{
    struct chart chart = {.run = run, .all = operations, .arena = all->arena};
    const char *path = sim_text(all->arena, "%s/metrics.csv", run->folder);

    if (!sim_file_exists(path) || operations->row_count == 0)
        return true;
    if (!read_metrics(&chart, path, err))
        return false;
    choose_stages(&chart);
    return chart.shown_count == 0 || chart.seconds == 0 || chart.most == 0 ||
           draw(&chart, all, err);
}
