/* plot_gantt.c -- figure `timeline` of a run with events.csv: a Gantt chart, one row a peer.
 *
 * Cold colours compute, warm ones communicate; for grey print kinds also differ in lightness and height:
 * waiting is half as high, idle time a hairline.  Where peers do several things at once, a row has three
 * tracks: what the peer itself does above, its sends and its receives below.  A band on top names the phases
 * of one peer of each role.
 *
 * Figure `first_rounds` of a run that decodes by drafts: the same of its first rounds, which are wide enough
 * there for the names of their phases. */
#include "analysis/csv.h"
#include "analysis/intervals.h"
#include "analysis/plot.h"
#include "analysis/scale.h"

#include <math.h>
#include <string.h>

enum { MOST_BANDS = 4, MOST_BAND_PHASES = 400, MOST_SEPARATORS = 1200 };

/* Above so many intervals they are thinned: in SVG and PDF each box takes room (some 400 bytes in SVG);
 * in PNG several boxes in one dot would leave it pale. */
enum { MOST_INTERVALS = 20 * 1000, MOST_VECTOR_BOXES = 20 * 1000, MOST_PNG_BOXES = 100 * 1000 };

enum { FIRST_ROUNDS = 3 };

static const double inches_beside_plot = 1;

struct chart {
    const struct analysis_run *run;
    const char *name, *title;
    const char *note;   /* of its own, or NULL */
    double from, until; /* seconds: what it shows */
    const json_t *peers;
    struct analysis_rows rows;
    struct analysis_trace trace;
    struct analysis_lane *phases;      /* [rows.shown] */
    int bands[MOST_BANDS], band_count; /* rows whose phases are named on top */
    struct analysis_scale scale;
    bool is_thin, has_separators, has_gaps, has_too_many_phases;
    bool has_tracks; /* somebody does several things at once */
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

/* Leave away what lies outside of what is shown. */
static void cut(struct chart *chart)
{
    for (int r = 0; r < chart->rows.shown; r++) {
        struct analysis_lane *lane = &chart->trace.lanes[r];
        int kept = 0;

        for (int i = 0; i < lane->count; i++) {
            struct analysis_interval interval = lane->list[i];

            interval.begin = fmax(interval.begin, chart->from);
            interval.end = fmin(interval.end, chart->until);
            if (interval.begin < interval.end)
                lane->list[kept++] = interval;
        }
        chart->trace.interval_count -= lane->count - kept;
        lane->count = kept;
    }
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
    if (chart->from > 0 || chart->until < chart->run->seconds)
        cut(chart);
    chart->phases = sim_new(chart->arena, struct analysis_lane, (size_t)chart->rows.shown);
    for (int r = 0; r < chart->rows.shown; r++) {
        chart->phases[r] = analysis_lane_phases(&chart->trace.lanes[r], chart->arena);
        chart->has_tracks |= analysis_lane_overlaps(&chart->trace.lanes[r]);
        separators += chart->phases[r].count > 0 ? chart->phases[r].count - 1 : 0;
    }
    chart->has_separators = separators > 0 && separators <= MOST_SEPARATORS;
    chart->is_thin = chart->trace.interval_count > MOST_INTERVALS;
    choose_bands(chart);
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
    const double least = 2.0 * (chart->until - chart->from) * chart->rows.shown * tracks / most;

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
    const double seconds = chart->until - chart->from;

    for (int r = 0; r < chart->rows.shown; r++) {
        const struct analysis_lane *lane = &chart->trace.lanes[r];
        double idle_from = chart->from;

        for (int i = 0; i <= lane->count; i++) {
            const double begin = i < lane->count ? lane->list[i].begin : chart->until;

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

/* A name, or its first word where there is room for that alone; NULL where there is not. */
static const char *name_within(const struct chart *chart, const char *name, double letters)
{
    const int word = (int)strcspn(name, " ");

    if (letters >= (double)strlen(name) + 1)
        return name;
    return name[word] != '\0' && letters >= word + 1 ? sim_text(chart->arena, "%.*s…", word, name)
                                                     : NULL;
}

/* The bands' boxes are numbers, their names labels where there is room for them. */
static void write_bands(const struct chart *chart, struct analysis_figure *figure, double width)
{
    if (chart->band_count == 0)
        return;
    analysis_block(figure, "bands", "begin  end  row  every second one is darker");
    for (int b = 0; b < chart->band_count; b++) {
        const struct analysis_lane *lane = &chart->phases[chart->bands[b]];
        const double row = b - chart->band_count - 0.25;

        for (int i = 0; i < lane->count; i++) {
            const struct analysis_interval *phase = &lane->list[i];
            const double share = (phase->end - phase->begin) / (chart->until - chart->from);
            const char *name = name_within(chart, chart->trace.phases[phase->phase],
                                           share * analysis_small_letters(width));

            fprintf(figure->data, "%.9g %.9g %g %d\n", phase->begin * chart->scale.factor,
                    phase->end * chart->scale.factor, row, i % 2);
            if (name == NULL)
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
    fprintf(figure->script, "boxes = kind eq 'png' ? 'boxes' : '%s'\nnumbers = '%s.dat'\nplot ",
            chart->is_thin ? "boxes_few" : "boxes", figure->name);
    if (chart->band_count > 0)
        fputs("numbers index 'bands' using (($1+$2)/2):3:1:2:($3-0.4):($3+0.4):"
              "($4 == 1 ? 0xDDDDDD : 0xF3F3F3) with boxxyerror linecolor rgb variable notitle, "
              "\\\n     ",
              figure->script);
    fputs("numbers index boxes using "
          "(($1+$2)/2):3:1:2:($3+below[int($4)+1]-half[int($4)+1]):"
          "($3+below[int($4)+1]+half[int($4)+1]):"
          "(colour[int($4)+1]) with boxxyerror linecolor rgb variable notitle, \\\n",
          figure->script);
    if (chart->has_gaps)
        fputs("     numbers index 'idle' using 1:($3+below[5]):($2-$1):(0) with vectors nohead "
              "linecolor rgb 0x999999 "
              "linewidth 0.6 notitle, \\\n",
              figure->script);
    if (chart->has_separators)
        fputs("     numbers index 'separators' using 1:($2-0.46):(0):(0.92) with vectors nohead "
              "linecolor rgb "
              "0x000000 linewidth 0.6 notitle, \\\n",
              figure->script);
    fputs("     for [k=1:4] NaN with boxes linecolor rgb colour[k] "
          "title word('compute send receive wait', k), \\\n"
          "     NaN with lines linecolor rgb 0x999999 linewidth 0.6 title 'idle'\n",
          figure->script);
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
        .name = chart->name, .width = 5.4, .height = 1.1 + rows * pitch, .key_rows = 1};
    int notes = 0;

    look.title = sim_text(chart->arena, "%s: %s", chart->run->title, chart->title);
    look.notes[notes++] =
        sim_text(chart->arena, "%s%s%s",
                 chart->has_tracks
                     ? "Each row: above, what the peer itself does; below, its sends and receives. "
                     : "",
                 phases, note_on_thinning(chart));
    if (chart->note != NULL)
        look.notes[notes++] = chart->note;
    if (chart->rows.note != NULL)
        look.notes[notes++] = chart->rows.note;
    look.notes[notes++] = chart->run->origin;
    return look;
}

static void write_settings(const struct chart *chart, FILE *script)
{
    fprintf(script,
            "set style fill solid 1 noborder\nset xlabel 'time (%s)'\nset xrange [%.9g:%.9g]\n"
            "set grid noytics\nset yrange [%g:%g]\n"
            "array colour[5] = [0x0072B2, 0xD55E00, 0xE69F00, 0xC8C8C8, 0x999999]\n",
            chart->scale.unit, chart->from * chart->scale.factor,
            chart->until * chart->scale.factor, chart->rows.length - 0.3, -chart->band_count - 0.9);
    fputs(chart->has_tracks ? "array half[5] = [0.2, 0.1, 0.1, 0.1, 0.02]\n"
                              "array below[5] = [-0.2, 0.1, 0.3, -0.2, -0.2]\n"
                            : "array half[5] = [0.4, 0.4, 0.4, 0.2, 0.02]\n"
                              "array below[5] = [0, 0, 0, 0, 0]\n",
          script);
    write_ticks(chart, script);
}

static bool plot_chart(struct analysis_figures *all, struct chart *chart, struct sim_error *err)
{
    const struct analysis_look look = look_of(chart);
    struct analysis_figure *figure = analysis_figure_begin(all, &look, err);

    if (figure == NULL)
        return false;
    write_settings(chart, figure->script);
    write_bands(chart, figure, look.width - inches_beside_plot);
    write_gaps(chart, figure);
    write_separators(chart, figure);
    write_boxes(chart, figure, "boxes", MOST_PNG_BOXES);
    if (chart->is_thin)
        write_boxes(chart, figure, "boxes_few", MOST_VECTOR_BOXES);
    write_plot(chart, figure);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_gantt(struct analysis_figures *all, const struct analysis_run *run,
                         struct sim_error *err)
{
    struct chart chart = {.run = run,
                          .name = "timeline",
                          .title = "what each peer did",
                          .until = run->seconds,
                          .scale = analysis_scale_for(run->seconds, SIM_UNIT_SECONDS),
                          .arena = all->arena,
                          .peers = json_object_get(run->summary, "peers")};

    chart.rows = analysis_rows_of(chart.peers, all->arena);
    if (!read_chart(&chart, err))
        return false;
    if (chart.trace.interval_count == 0)
        return analysis_plot_bars(all, run, err); /* nothing took any time */
    return plot_chart(all, &chart, err);
}

/* ---- the first rounds ---- */

/* When the first round began, at the latest, and when the last of the first few ended.  False where there
 * are no more than those, and where rounds are none of drafts. */
static bool read_first_rounds(struct chart *chart, struct sim_error *err, bool *fine)
{
    static const char *const columns[] = {"verify_seconds", "draft_seconds", "exchange_seconds",
                                          NULL};
    const char *path = sim_text(chart->arena, "%s/rounds.csv", chart->run->folder);
    struct analysis_csv *csv;
    int seconds, verify, draft, exchange, count = 0;
    double exchanged = 0;

    *fine = true;
    if (!analysis_csv_holds(path, columns, chart->arena))
        return false;
    csv = analysis_csv_open(path, chart->arena, err);
    if (csv == NULL)
        return *fine = false;
    seconds = analysis_csv_column(csv, "seconds");
    verify = analysis_csv_column(csv, "verify_seconds");
    draft = analysis_csv_column(csv, "draft_seconds");
    exchange = analysis_csv_column(csv, "exchange_seconds");
    while (count <= FIRST_ROUNDS && analysis_csv_next(csv)) {
        const double end = analysis_csv_number(csv, seconds);

        if (count == 0)
            chart->from =
                fmax(0, end - analysis_csv_number(csv, verify) - analysis_csv_number(csv, draft) -
                            analysis_csv_number(csv, exchange));
        if (count++ < FIRST_ROUNDS) {
            chart->until = end;
            exchanged += analysis_csv_number(csv, exchange);
        }
    }
    chart->note =
        sim_text(chart->arena, "Drafts and verdicts cross the network for %.2g %% of this time.",
                 100 * exchanged / (chart->until - chart->from));
    *fine = analysis_csv_close(csv, err);
    return *fine && count > FIRST_ROUNDS && chart->until > chart->from;
}

bool analysis_plot_first_rounds(struct analysis_figures *all, const struct analysis_run *run,
                                struct sim_error *err)
{
    struct chart chart = {.run = run,
                          .name = "first_rounds",
                          .arena = all->arena,
                          .peers = json_object_get(run->summary, "peers")};
    bool fine;

    if (!read_first_rounds(&chart, err, &fine))
        return fine;
    chart.title = sim_text(all->arena, "what each peer did in the first %d rounds", FIRST_ROUNDS);
    chart.scale = analysis_scale_for(chart.until, SIM_UNIT_SECONDS);
    chart.rows = analysis_rows_of(chart.peers, all->arena);
    return read_chart(&chart, err) &&
           (!chart.has_separators || plot_chart(all, &chart, err)); /* of one phase: no news */
}
