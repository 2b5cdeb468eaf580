/* plot_bars.c -- figure `timeline` of a run without events.csv: how long each peer did what, as stacked
 * bars, and the same for each phase, as the mean of the peers that were in it. */
#include "analysis/plot.h"
#include "analysis/scale.h"

#include <string.h>

enum { KINDS = 4, NAME_LETTERS = 24 };

static const char *const keys[KINDS] = {"compute_seconds", "communicate_seconds", "wait_seconds",
                                        "idle_seconds"};

static void write_row(FILE *data, double at, const json_t *times, double factor)
{
    fprintf(data, "%g", at);
    for (int k = 0; k < KINDS; k++) {
        putc(' ', data);
        analysis_number(data, analysis_value(times, keys[k]) * factor);
    }
    putc('\n', data);
}

static int count_peers(const json_t *phase)
{
    const char *role;
    json_t *count;
    int peers = 0;

    json_object_foreach (json_object_get(phase, "peers"), role, count)
        peers += (int)json_integer_value(count);
    return peers > 0 ? peers : 1;
}

/* The rows of the phases stand below those of the peers, under a line of their own. */
static void write_phases(struct analysis_figure *figure, const json_t *phases, double from,
                         double factor, struct sim_arena *arena)
{
    json_t *phase;
    size_t i;

    fprintf(figure->script,
            "set label 'phases (mean of the peers in each)' at graph 0, first %g left offset "
            "0.4,0 font ',6' textcolor rgb '#555555'\nset ytics add (",
            from);
    json_array_foreach (phases, i, phase) {
        const int peers = count_peers(phase);
        const char *name = analysis_shorten(analysis_text(phase, "name"), NAME_LETTERS, arena);

        fputs(i > 0 ? ", " : "", figure->script);
        analysis_quote(figure->script,
                       sim_text(arena, "%s (%d peer%s)", name, peers, analysis_plural(peers)));
        fprintf(figure->script, " %g", from + 1 + (double)i);
        write_row(figure->data, from + 1 + (double)i, phase, factor / peers);
    }
    fputs(")\n", figure->script);
}

static void write_plot(struct analysis_figure *figure)
{
    static const char *const shown[KINDS][2] = {{"compute", "0x0072B2"},
                                                {"communicate", "0xE69F00"},
                                                {"wait", "0xC8C8C8"},
                                                {"idle", "0xFFFFFF"}};
    const char *before = "0";

    analysis_figure_plot(figure);
    fputs("plot ", figure->script);
    for (int k = 0; k < KINDS; k++) {
        static const char *const sums[KINDS + 1] = {"0", "$2", "($2+$3)", "($2+$3+$4)",
                                                    "($2+$3+$4+$5)"};

        fprintf(
            figure->script,
            "%s'timeline.dat' index 'times' using ((%s+%s)/2):1:(%s):(%s):($1-0.36):($1+0.36) with "
            "boxxyerror fillcolor rgb %s linewidth 0.4 title '%s'",
            k > 0 ? ", \\\n     " : "", before, sums[k + 1], before, sums[k + 1], shown[k][1],
            shown[k][0]);
        before = sums[k + 1];
    }
    putc('\n', figure->script);
}

bool analysis_plot_bars(struct analysis_figures *all, const struct analysis_run *run,
                        struct sim_error *err)
{
    const json_t *peers = json_object_get(run->summary, "peers");
    const json_t *phases = json_object_get(run->summary, "phases");
    const struct analysis_rows rows = analysis_rows_of(peers, all->arena);
    const struct analysis_scale scale = analysis_scale_for(run->seconds, SIM_UNIT_SECONDS);
    const double end = rows.length + 0.4 + (double)json_array_size(phases) + 0.7;
    const char *hint =
        run->seconds > 0 ? "for a Gantt chart: run with --trace full" : "nothing took any time";
    const struct analysis_look look = {
        .name = "timeline",
        .width = 5.4,
        .height = 1.1 + end * (end > 24 ? 0.092 : 0.145),
        .key_rows = 1,
        .title = sim_text(all->arena, "%s: what each peer did (%s)", run->title, hint),
        .notes = {run->origin, rows.note}};
    struct analysis_figure *figure = analysis_figure_begin(all, &look, err);

    if (figure == NULL)
        return false;
    fprintf(
        figure->script,
        "set style fill solid 1 border rgb '#888888'\nset grid noytics\nset xlabel 'time (%s)'\n"
        "set yrange [%g:-0.7]\nset xrange [0:%.9g]\n",
        scale.unit, end, run->seconds > 0 ? run->seconds * scale.factor * 1.01 : 1);
    analysis_row_names(figure->script, &rows, peers, all->arena);
    analysis_block(figure, "times",
                   sim_text(all->arena, "row  compute  communicate  wait  idle (%s)", scale.unit));
    for (int r = 0; r < rows.shown; r++)
        write_row(figure->data, rows.at[r], json_array_get(peers, (size_t)rows.peer_of[r]),
                  scale.factor);
    if (json_array_size(phases) > 0)
        write_phases(figure, phases, rows.length + 0.4, scale.factor, all->arena);
    write_plot(figure);
    return analysis_figure_end(figure, err);
}
