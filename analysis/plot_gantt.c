/* plot_gantt.c -- figure `timeline` of a run with events.csv: a Gantt chart, one row a peer.
 *
 * Cold colours compute, warm ones communicate; for grey print kinds also differ in lightness and height:
 * waiting is half as high, idle time a hairline.  Where peers do several things at once, a row has three
 * tracks: what the peer itself does above, its sends and its receives below.  A band on top names the phases
 * of one peer of each role; where one is too short for its name, the few there are have a pale colour each. */
#include "analysis/intervals.h"
#include "analysis/plot.h"
#include "analysis/scale.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TINTS = 6, TINT_LETTERS = 24, KINDS = 5 };

/* Paler than what peers do. */
static const int tints[MOST_TINTS] = {0xF3F3F3, 0xA9CCE6, 0xFBE3B5, 0x8CC9A8, 0xE7C6DD, 0xBDBDBD};

enum { MOST_BANDS = 4, MOST_BAND_PHASES = 400, MOST_SEPARATORS = 1200 };

/* Above so many intervals they are thinned: in SVG and PDF each box takes room (some 400 bytes in SVG);
 * in PNG several boxes in one dot would leave it pale. */
enum { MOST_INTERVALS = 20 * 1000, MOST_VECTOR_BOXES = 20 * 1000, MOST_PNG_BOXES = 100 * 1000 };

static const double figure_width = 5.4, inches_beside_plot = 1;
static const double inches_beside_key = 1.4;
static const double inches_a_letter = 0.0542; /* of the key, as gnuplot reckons */

struct chart {
    const struct analysis_run *run;
    const json_t *peers;
    struct analysis_rows rows;
    struct analysis_trace trace;
    struct analysis_lane *phases;      /* [rows.shown] */
    int bands[MOST_BANDS], band_count; /* rows whose phases are named on top */
    struct analysis_scale scale;
    bool is_thin, has_separators, has_gaps, has_too_many_phases;
    const char *tinted[MOST_TINTS]; /* phases with a colour of their own, in order of name */
    int tinted_count;               /* 0: every second phase is darker */
    bool has_tracks;                /* somebody does several things at once */
    struct sim_arena *arena;
};

/* ---- what to draw ---- */

static const char *peer_text(const struct chart *chart, int row, const char *key)
{
    return analysis_text(json_array_get(chart->peers, (size_t)chart->rows.peer_of[row]), key);
}

/* The band that stands for the role of a row, or band_count if there is none yet. */
static int band_of_role(const struct chart *chart, int row)
{
    int b = 0;

    while (b < chart->band_count &&
           strcmp(peer_text(chart, chart->bands[b], "role"), peer_text(chart, row, "role")) != 0)
        b++;
    return b;
}

/* For each role the first of those peers that go through most phases. */
static void choose_bands(struct chart *chart)
{
    for (int r = 0; r < chart->rows.shown; r++) {
        const int b = band_of_role(chart, r), phases = chart->phases[r].count;

        chart->has_too_many_phases |= phases > MOST_BAND_PHASES;
        if (b == MOST_BANDS || phases == 0 || phases > MOST_BAND_PHASES)
            continue;
        if (b == chart->band_count)
            chart->bands[chart->band_count++] = r;
        else if (phases > chart->phases[chart->bands[b]].count)
            chart->bands[b] = r;
    }
}

/* ---- the colours of phases ---- */

static bool fits(const struct chart *chart, const struct analysis_interval *phase, double width)
{
    const double share = (phase->end - phase->begin) / chart->run->seconds;

    return share * analysis_small_letters(width) >=
           (double)strlen(chart->trace.phases[phase->phase]) + 1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int tint_of(const struct chart *chart, const char *name)
{
    for (int t = 0; t < chart->tinted_count; t++)
        if (strcmp(chart->tinted[t], name) == 0)
            return t;
    return -1;
}

/* By name, so that a phase has the same colour in every run of a system. */
static void choose_tints(struct chart *chart, double width)
{
    bool all_fit = true;

    for (int b = 0; b < chart->band_count; b++) {
        const struct analysis_lane *lane = &chart->phases[chart->bands[b]];

        for (int i = 0; i < lane->count; i++) {
            const char *name = chart->trace.phases[lane->list[i].phase];

            all_fit &= fits(chart, &lane->list[i], width);
            if (tint_of(chart, name) >= 0)
                continue;
            if (chart->tinted_count == MOST_TINTS) {
                chart->tinted_count = 0;
                return;
            }
            chart->tinted[chart->tinted_count++] = name;
        }
    }
    if (all_fit)
        chart->tinted_count = 0;
    qsort(chart->tinted, (size_t)chart->tinted_count, sizeof chart->tinted[0], by_name);
}

static bool read_chart(struct chart *chart, struct sim_error *err)
{
    const char **names = sim_new(chart->arena, const char *, (size_t)chart->rows.peers);
    long separators = 0;

    for (int i = 0; i < chart->rows.peers; i++)
        names[i] = analysis_text(json_array_get(chart->peers, (size_t)i), "name");
    if (!analysis_trace_read(&chart->trace,
                             sim_text(chart->arena, "%s/events.csv", chart->run->folder),
                             &chart->rows, names, chart->arena, err))
        return false;
    chart->phases = sim_new(chart->arena, struct analysis_lane, (size_t)chart->rows.shown);
    for (int r = 0; r < chart->rows.shown; r++) {
        chart->phases[r] = analysis_lane_phases(&chart->trace.lanes[r], chart->arena);
        chart->has_tracks |= analysis_lane_overlaps(&chart->trace.lanes[r]);
        separators += chart->phases[r].count > 0 ? chart->phases[r].count - 1 : 0;
    }
    chart->has_separators = separators > 0 && separators <= MOST_SEPARATORS;
    chart->is_thin = chart->trace.interval_count > MOST_INTERVALS;
    choose_bands(chart);
    choose_tints(chart, figure_width - inches_beside_plot);
    return true;
}

/* ---- numbers ---- */

static void write_interval(const struct chart *chart, FILE *data, double row,
                           const struct analysis_interval *interval)
{
    fprintf(data, "%.9g %.9g %g %d\n", interval->begin * chart->scale.factor,
            interval->end * chart->scale.factor, row, interval->kind);
}

static void write_lane(const struct chart *chart, FILE *data, int row, struct analysis_lane lane,
                       double least)
{
    if (chart->is_thin)
        lane = analysis_lane_thinned(&lane, least, chart->arena);
    for (int i = 0; i < lane.count; i++)
        write_interval(chart, data, chart->rows.at[row], &lane.list[i]);
}

/* All intervals, or, where there are too many, at most `most` boxes. */
static void write_boxes(const struct chart *chart, struct analysis_figure *figure,
                        const char *block, int most)
{
    const int tracks = chart->has_tracks ? ANALYSIS_TRACKS : 1;
    const double least = 2.0 * chart->run->seconds * chart->rows.shown * tracks / most;

    analysis_block(figure, block,
                   "begin  end  row  kind: 0 compute, 1 send, 2 receive, 3 wait, 4 idle");
    for (int r = 0; r < chart->rows.shown; r++) {
        const struct analysis_lane *lane = &chart->trace.lanes[r];

        for (int t = 0; t < tracks; t++)
            write_lane(chart, figure->data, r,
                       tracks == 1
                           ? *lane
                           : analysis_lane_track(lane, (enum analysis_track)t, chart->arena),
                       least);
    }
}

/* What no interval tells of is idle time, too; a gap that none could see is left out. */
static void write_gaps(struct chart *chart, struct analysis_figure *figure)
{
    const double seconds = chart->run->seconds;

    for (int r = 0; r < chart->rows.shown; r++) {
        const struct analysis_lane *lane = &chart->trace.lanes[r];
        double idle_from = 0;

        for (int i = 0; i <= lane->count; i++) {
            const double begin = i < lane->count ? lane->list[i].begin : seconds;

            if (begin - idle_from > seconds / 2000) {
                if (!chart->has_gaps)
                    analysis_block(figure, "idle", "begin  end  row");
                chart->has_gaps = true;
                fprintf(figure->data, "%.9g %.9g %g\n", idle_from * chart->scale.factor,
                        begin * chart->scale.factor, chart->rows.at[r]);
            }
            if (i < lane->count && lane->list[i].end > idle_from)
                idle_from = lane->list[i].end;
        }
    }
}

static void write_separators(const struct chart *chart, struct analysis_figure *figure)
{
    if (!chart->has_separators)
        return;
    analysis_block(figure, "separators", "time  row");
    for (int r = 0; r < chart->rows.shown; r++)
        for (int i = 1; i < chart->phases[r].count; i++)
            fprintf(figure->data, "%.9g %g\n", chart->phases[r].list[i].begin * chart->scale.factor,
                    chart->rows.at[r]);
}

/* The bands' boxes are numbers, their names labels where there is room for them. */
static void write_bands(const struct chart *chart, struct analysis_figure *figure, double width)
{
    if (chart->band_count == 0)
        return;
    analysis_block(figure, "bands",
                   chart->tinted_count > 0 ? "begin  end  row  phase, in order of name"
                                           : "begin  end  row  every second one is darker");
    for (int b = 0; b < chart->band_count; b++) {
        const struct analysis_lane *lane = &chart->phases[chart->bands[b]];
        const double row = b - chart->band_count - 0.25;

        for (int i = 0; i < lane->count; i++) {
            const struct analysis_interval *phase = &lane->list[i];
            const char *name = chart->trace.phases[phase->phase];

            fprintf(figure->data, "%.9g %.9g %g %d\n", phase->begin * chart->scale.factor,
                    phase->end * chart->scale.factor, row,
                    chart->tinted_count > 0 ? tint_of(chart, name) : i % 2);
            if (!fits(chart, phase, width))
                continue;
            fputs("set label ", figure->script);
            analysis_quote(figure->script, name);
            fprintf(figure->script, " at %.9g,%g center font ',6' front\n",
                    (phase->begin + phase->end) / 2 * chart->scale.factor, row);
        }
    }
}

/* ---- the script ---- */

static void write_ticks(const struct chart *chart, FILE *script)
{
    analysis_row_names(script, &chart->rows, chart->peers, chart->arena);
    for (int b = 0; b < chart->band_count; b++) {
        fputs("set ytics add (", script);
        analysis_quote(script, sim_text(chart->arena, "phase of %s",
                                        peer_text(chart, chart->bands[b], "name")));
        fprintf(script, " %g)\n", b - chart->band_count - 0.25);
    }
}

static void write_plot(const struct chart *chart, struct analysis_figure *figure)
{
    analysis_figure_plot(figure);
    fprintf(figure->script, "boxes = kind eq 'png' ? 'boxes' : '%s'\nplot ",
            chart->is_thin ? "boxes_few" : "boxes");
    if (chart->band_count > 0)
        fputs("'timeline.dat' index 'bands' using (($1+$2)/2):3:1:2:($3-0.4):($3+0.4):"
              "(tint[int($4)+1]) with boxxyerror linecolor rgb variable notitle, "
              "\\\n     ",
              figure->script);
    fputs("'timeline.dat' index boxes using "
          "(($1+$2)/2):3:1:2:($3+below[int($4)+1]-half[int($4)+1]):"
          "($3+below[int($4)+1]+half[int($4)+1]):"
          "(colour[int($4)+1]) with boxxyerror linecolor rgb variable notitle, \\\n",
          figure->script);
    if (chart->has_gaps)
        fputs("     '' index 'idle' using 1:($3+below[5]):($2-$1):(0) with vectors nohead "
              "linecolor rgb 0x999999 "
              "linewidth 0.6 notitle, \\\n",
              figure->script);
    if (chart->has_separators)
        fputs("     '' index 'separators' using 1:($2-0.46):(0):(0.92) with vectors nohead "
              "linecolor rgb "
              "0x000000 linewidth 0.6 notitle, \\\n",
              figure->script);
    fputs("     for [k=1:4] NaN with boxes linecolor rgb colour[k] "
          "title word('compute send receive wait', k), \\\n"
          "     NaN with lines linecolor rgb 0x999999 linewidth 0.6 title 'idle'",
          figure->script);
    for (int t = 0; t < chart->tinted_count; t++) {
        fprintf(figure->script, ", \\\n     NaN with boxes linecolor rgb tint[%d] title ", t + 1);
        analysis_quote(figure->script,
                       analysis_shorten(chart->tinted[t], TINT_LETTERS, chart->arena));
    }
    putc('\n', figure->script);
}

static const char *note_on_thinning(const struct chart *chart)
{
    if (!chart->is_thin)
        return "";
    return sim_text(
        chart->arena,
        "%ld intervals are drawn as fewer boxes, fewest in SVG and PDF: neighbours "
        "of one kind are joined, and a run of very short ones has the colour of what takes most "
        "of it.",
        chart->trace.interval_count);
}

/* Columns are as wide as the longest name. */
static int key_columns(const struct chart *chart)
{
    size_t longest = strlen("compute");

    for (int t = 0; t < chart->tinted_count; t++)
        if (strlen(chart->tinted[t]) > longest)
            longest = strlen(chart->tinted[t]);
    longest = longest < TINT_LETTERS ? longest : TINT_LETTERS;
    return (int)((figure_width - inches_beside_key) / (((double)longest + 9) * inches_a_letter));
}

static struct analysis_look look_of(const struct chart *chart)
{
    const double rows = chart->rows.length + chart->band_count;
    const double pitch = (rows > 24   ? 0.09
                          : rows > 14 ? 0.12
                                      : 0.145) *
                         (chart->has_tracks ? 1.6 : 1); /* inches */
    const char *phases = chart->has_separators        ? "Black lines separate phases. "
                         : chart->has_too_many_phases ? "Phases change too often to be shown. "
                                                      : "";
    struct analysis_look look = {
        .name = "timeline", .width = figure_width, .height = 1.1 + rows * pitch, .key_rows = 1};
    int notes = 0;

    if (chart->tinted_count > 0) {
        look.key_rows = ceil((KINDS + chart->tinted_count) / (double)key_columns(chart));
        look.height += 0.13 * (look.key_rows - 1);
    }
    look.title = sim_text(chart->arena, "%s: what each peer did", chart->run->title);
    look.notes[notes++] =
        sim_text(chart->arena, "%s%s%s",
                 chart->has_tracks
                     ? "Each row: above, what the peer itself does; below, its sends and receives. "
                     : "",
                 phases, note_on_thinning(chart));
    if (chart->rows.note != NULL)
        look.notes[notes++] = chart->rows.note;
    look.notes[notes++] = chart->run->origin;
    return look;
}

static void write_settings(const struct chart *chart, FILE *script)
{
    fprintf(script,
            "set style fill solid 1 noborder\nset xlabel 'time (%s)'\nset xrange [0:%.9g]\n"
            "set grid noytics\nset yrange [%g:%g]\n"
            "array colour[5] = [0x0072B2, 0xD55E00, 0xE69F00, 0xC8C8C8, 0x999999]\n",
            chart->scale.unit, chart->run->seconds * chart->scale.factor, chart->rows.length - 0.3,
            -chart->band_count - 0.9);
    fputs(chart->has_tracks ? "array half[5] = [0.2, 0.1, 0.1, 0.1, 0.02]\n"
                              "array below[5] = [-0.2, 0.1, 0.3, -0.2, -0.2]\n"
                            : "array half[5] = [0.4, 0.4, 0.4, 0.2, 0.02]\n"
                              "array below[5] = [0, 0, 0, 0, 0]\n",
          script);
    if (chart->tinted_count > 0)
        fprintf(script, "set key maxcols %d\n", key_columns(chart));
    fprintf(script, "array tint[%d] = [0xF3F3F3, 0xDDDDDD]\n", MOST_TINTS);
    for (int t = 0; t < chart->tinted_count; t++)
        fprintf(script, "tint[%d] = 0x%06X\n", t + 1, tints[t]);
    write_ticks(chart, script);
}

bool analysis_plot_gantt(struct analysis_figures *all, const struct analysis_run *run,
                         struct sim_error *err)
{
    struct chart chart = {
        .run = run, .arena = all->arena, .peers = json_object_get(run->summary, "peers")};
    struct analysis_figure *figure;
    struct analysis_look look;

    chart.rows = analysis_rows_of(chart.peers, all->arena);
    chart.scale = analysis_scale_for(run->seconds, SIM_UNIT_SECONDS);
    if (!read_chart(&chart, err))
        return false;
    if (chart.trace.interval_count == 0)
        return analysis_plot_bars(all, run, err); /* nothing took any time */
    look = look_of(&chart);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    write_settings(&chart, figure->script);
    write_bands(&chart, figure, look.width - inches_beside_plot);
    write_gaps(&chart, figure);
    write_separators(&chart, figure);
    write_boxes(&chart, figure, "boxes", MOST_PNG_BOXES);
    if (chart.is_thin)
        write_boxes(&chart, figure, "boxes_few", MOST_VECTOR_BOXES);
    write_plot(&chart, figure);
    return analysis_figure_end(figure, err);
}
