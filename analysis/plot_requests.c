/* plot_requests.c -- figure `requests` of a run that answers some, of requests.csv: where their time went, stage by
 * stage of their path, and how their latencies are spread. */
#include "analysis/csv.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STAGES = 16, MOST_EXITS = 12, MOST_GROUPS = MOST_EXITS + 2, CURVE_POINTS = 400 };

/* Means of some of the requests. */
struct group {
    const char *name;
    double sums[MOST_STAGES];
    int count;
};

struct answers {
    struct sim_arena *arena;
    int stages;
    const char *columns[MOST_STAGES];
    int count, room;
    double *latency, *exits, *stage_seconds; /* [count], [count], [count][stages] */
    struct group groups[MOST_GROUPS];
    int group_count;
};

static const char *const colours[MOST_STAGES] = {
    "0072B2", "E69F00", "009E73", "56B4E9", "D55E00", "CC79A7", "F0E442", "999999",
    "004C78", "A06F00", "006B4F", "A9D5F0", "8F3F00", "E8B8D2", "B8AE20", "444444"};

/* ---- reading ---- */

/* The stages are the columns that the summary tells the mean of, in its order. */
static void find_stages(struct answers *answers, const struct analysis_run *run,
                        const struct analysis_csv *csv)
{
    const char *name;
    json_t *value;

    json_object_foreach (json_object_get(run->summary, "metrics"), name, value) {
        const size_t length = strlen(name);
        const char *column = name + strlen("mean_");

        if (strncmp(name, "mean_", 5) == 0 && length > 8 &&
            strcmp(name + length - 8, "_seconds") == 0 && strcmp(column, "latency_seconds") != 0 &&
            analysis_csv_has(csv, column) && answers->stages < MOST_STAGES)
            answers->columns[answers->stages++] = sim_text(answers->arena, "%s", column);
    }
}

static void make_room(struct answers *answers)
{
    const int room = answers->room > 0 ? 2 * answers->room : 1024;
    const size_t stages = (size_t)answers->stages;
    double *latency, *exits, *stage_seconds;

    if (answers->count < answers->room)
        return;
    latency = sim_new(answers->arena, double, (size_t)room);
    exits = sim_new(answers->arena, double, (size_t)room);
    stage_seconds = sim_new(answers->arena, double, (size_t)room *stages + 1);
    if (answers->count > 0) {
        memcpy(latency, answers->latency, (size_t)answers->count * sizeof *latency);
        memcpy(exits, answers->exits, (size_t)answers->count * sizeof *exits);
        memcpy(stage_seconds, answers->stage_seconds,
               (size_t)answers->count * stages * sizeof *stage_seconds);
    }
    answers->latency = latency;
    answers->exits = exits;
    answers->stage_seconds = stage_seconds;
    answers->room = room;
}

static bool read_answers(struct answers *answers, const struct analysis_run *run, const char *path,
                         struct sim_error *err)
{
    const double warm_up = analysis_value(
        json_object_get(json_object_get(run->summary, "scenario"), "requests"), "warm_up");
    struct analysis_csv *csv = analysis_csv_open(path, answers->arena, err);
    int latency, exit, request, stages[MOST_STAGES];

    if (csv == NULL)
        return false;
    find_stages(answers, run, csv);
    latency = analysis_csv_column(csv, "latency_seconds");
    exit = analysis_csv_column(csv, "exit");
    request = analysis_csv_column(csv, "request");
    for (int s = 0; s < answers->stages; s++)
        stages[s] = analysis_csv_column(csv, answers->columns[s]);
    while (analysis_csv_next(csv)) {
        const double seconds = analysis_csv_number_or_gap(csv, latency);

        if (isnan(seconds) || analysis_csv_number(csv, request) < warm_up)
            continue;
        make_room(answers);
        answers->latency[answers->count] = seconds;
        answers->exits[answers->count] = analysis_csv_number_or_gap(csv, exit);
        for (int s = 0; s < answers->stages; s++)
            answers->stage_seconds[answers->count * answers->stages + s] =
                fmax(0, analysis_csv_number_or_gap(csv, stages[s]));
        answers->count++;
    }
    return analysis_csv_close(csv, err);
}

/* ---- groups ---- */

static void add_group(struct answers *answers, const char *name, double exit, double least)
{
    struct group *group = &answers->groups[answers->group_count];

    *group = (struct group){.name = name};
    for (int i = 0; i < answers->count; i++) {
        if ((!isnan(exit) && answers->exits[i] != exit) || answers->latency[i] < least)
            continue;
        group->count++;
        for (int s = 0; s < answers->stages; s++)
            group->sums[s] += answers->stage_seconds[i * answers->stages + s];
    }
    answers->group_count += group->count > 0;
}

/* All of them, those of each exit, and those that users complain of; *ascending are their latencies, sorted. */
static void make_groups(struct answers *answers, double **ascending)
{
    double *sorted = sim_new(answers->arena, double, (size_t)answers->count);
    const int before = 1;

    memcpy(sorted, answers->latency, (size_t)answers->count * sizeof *sorted);
    sim_sort(sorted, (size_t)answers->count);
    *ascending = sorted;
    add_group(answers, "all", NAN, 0);
    for (int exit = 0; exit < MOST_EXITS; exit++)
        add_group(answers, sim_text(answers->arena, "exit %d", exit), exit, 0);
    if (answers->group_count == before + 1)
        answers->group_count = before; /* all leave at one */
    if (answers->count >= 40)
        add_group(answers, "slowest 20th", NAN, sim_quantile(sorted, (size_t)answers->count, 0.95));
}

/* ---- drawing ---- */

static double tallest(const struct answers *answers)
{
    double most = 0;

    for (int g = 0; g < answers->group_count; g++) {
        double sum = 0;

        for (int s = 0; s < answers->stages; s++)
            sum += answers->groups[g].sums[s] / answers->groups[g].count;
        most = fmax(most, sum);
    }
    return most;
}

static void write_bars(struct analysis_figure *figure, const struct answers *answers, double factor)
{
    analysis_block(figure, "bars", "group  mean of each stage");
    for (int g = 0; g < answers->group_count; g++) {
        fprintf(figure->data, "%d", g);
        for (int s = 0; s < answers->stages; s++) {
            putc(' ', figure->data);
            analysis_number(figure->data,
                            answers->groups[g].sums[s] / answers->groups[g].count * factor);
        }
        putc('\n', figure->data);
    }
}

static void write_curve(struct analysis_figure *figure, const double *ascending, int count,
                        double factor)
{
    const int step = count > CURVE_POINTS ? count / CURVE_POINTS : 1;

    analysis_block(figure, "curve", "latency  share answered by then");
    fprintf(figure->data, "%.9g 0\n", ascending[0] * factor);
    for (int i = 0; i < count; i += step)
        fprintf(figure->data, "%.9g %.9g\n", ascending[i] * factor, 100.0 * (i + 1) / count);
    fprintf(figure->data, "%.9g 100\n", ascending[count - 1] * factor);
}

static void write_stage_names(FILE *script, const char *column, struct sim_arena *arena)
{
    char *name = sim_text(arena, "%.*s", (int)(strlen(column) - strlen("_seconds")), column);

    for (char *at = name; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : *at;
    analysis_quote(script, name);
}

/* Stages that take no time in any group are left out of the key, too. */
static bool is_seen(const struct answers *answers, int stage)
{
    for (int g = 0; g < answers->group_count; g++)
        if (answers->groups[g].sums[stage] > 0)
            return true;
    return false;
}

/* Five names fit into a row. */
static double key_rows(const struct answers *answers)
{
    int seen = 0;

    for (int s = 0; s < answers->stages; s++)
        seen += is_seen(answers, s);
    return fmax(1, ceil(seen / 5.0));
}

static void plot_bars(const struct analysis_figure *figure, const struct answers *answers,
                      struct sim_arena *arena)
{
    const char *before = "0", *lead = "plot ";

    for (int s = 0; s < answers->stages; s++) {
        const char *after = sim_text(arena, "%s+$%d", before, s + 2);

        if (!is_seen(answers, s))
            continue;
        fprintf(figure->script,
                "%s'%s.dat' index 'bars' using (%s):1:(%s):(%s):($1-0.36):($1+0.36) with "
                "boxxyerror fillcolor rgb '#%s' linewidth 0 title ",
                lead, figure->name, after, before, after, colours[s]);
        write_stage_names(figure->script, answers->columns[s], arena);
        before = after;
        lead = ", \\\n     ";
    }
    putc('\n', figure->script);
}

static bool draw(struct analysis_figures *all, const struct analysis_look *look,
                 const struct answers *answers, const double *ascending,
                 const struct analysis_scale *bars, const struct analysis_scale *curve,
                 struct sim_error *err)
{
    const bool is_wide = ascending[answers->count - 1] > 30 * ascending[0] && ascending[0] > 0;
    struct analysis_figure *figure = analysis_figure_begin(all, look, err);
    const double low = (3.4 + 0.86 * analysis_note_lines(look, all->arena)) * 0.1135;

    if (figure == NULL)
        return false;
    fprintf(figure->script,
            "top = 1 - %g/height\nbottom = %.3f/height\nset style fill solid 1 noborder\n"
            "set tmargin at screen top\nset bmargin at screen bottom\n",
            0.35 + 0.16 * look->key_rows, low);
    write_bars(figure, answers, bars->factor);
    write_curve(figure, ascending, answers->count, curve->factor);
    analysis_figure_plot(figure);
    fprintf(
        figure->script,
        "set multiplot\nset lmargin at screen 0.13\nset rmargin at screen 0.56\nset grid xtics\n"
        "set xlabel 'mean seconds of a request (%s)'\nset yrange [%d.6:-0.6]\nset xrange [0:*]\n"
        "set ytics (",
        bars->unit, answers->group_count - 1);
    for (int g = 0; g < answers->group_count; g++) {
        fputs(g > 0 ? ", " : "", figure->script);
        analysis_quote(figure->script, answers->groups[g].name);
        fprintf(figure->script, " %d", g);
    }
    fprintf(
        figure->script,
        ") scale 0\nset key at screen 0.99, screen 1-0.3/height right top vertical maxrows %d\n",
        (int)look->key_rows);
    plot_bars(figure, answers, all->arena);
    fprintf(
        figure->script,
        "unset label\nunset key\nunset title\nset lmargin at screen 0.66\nset rmargin at screen "
        "0.975\nset yrange [0:100]\nset ytics auto\nset grid\nset xlabel 'latency (%s)'\nset "
        "ylabel 'answered (percent)'\n%splot '%s.dat' index 'curve' using 1:2 "
        "with "
        "steps linetype 1 linewidth 2\nunset logscale\nunset ylabel\nunset multiplot\n",
        curve->unit, is_wide ? "set logscale x\n" : "", figure->name);
    analysis_frame(figure->script, look, all->arena);
    return analysis_figure_end(figure, err);
}

/* As systems of inference write it. */
static const char *const columns_of_inference[] = {"latency_seconds", "exit", "request", NULL};

bool analysis_plot_requests(struct analysis_figures *all, const struct analysis_run *run,
                            struct sim_error *err)
{
    const char *path = sim_text(all->arena, "%s/requests.csv", run->folder);
    struct answers answers = {.arena = all->arena};
    struct analysis_look look = {.name = "requests", .width = 5.4, .key_rows = 1};
    struct analysis_scale bars, curve;
    double *ascending;

    if (!analysis_csv_holds(path, columns_of_inference, all->arena))
        return true;
    if (!read_answers(&answers, run, path, err))
        return false;
    if (answers.count == 0 || answers.stages == 0)
        return true;
    make_groups(&answers, &ascending);
    look.key_rows = key_rows(&answers);
    look.height = 1.9 + 0.2 * answers.group_count + 0.16 * look.key_rows;
    bars = analysis_scale_for(tallest(&answers), SIM_UNIT_SECONDS);
    curve = analysis_scale_for(ascending[answers.count - 1], SIM_UNIT_SECONDS);
    look.title = sim_text(all->arena, "%s: where the time of %d answered request%s went",
                          run->title, answers.count, analysis_plural(answers.count));
    look.notes[0] = "Left: means of the stages of the path, of all requests and of those of each "
                    "exit. Right: the share of the requests that were answered within a latency.";
    look.notes[1] = run->origin;
    return draw(all, &look, &answers, ascending, &bars, &curve, err);
}
