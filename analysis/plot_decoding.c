/* plot_decoding.c -- figure `acceptance` of a run that decodes by drafts: how many drafts each verification accepted,
 * beside what theory expects where it says so. */
#include "analysis/plot.h"

#include <math.h>

static const json_t *list_of(const struct analysis_run *run, const char *name)
{
    return json_object_get(json_object_get(run->summary, "metrics"), name);
}

static double sum_of(const json_t *list)
{
    const json_t *value;
    double sum = 0;
    size_t i;

    json_array_foreach (list, i, value)
        sum += json_number_value(value);
    return sum;
}

static void write_lengths(struct analysis_figure *figure, const char *block, const json_t *list)
{
    const double sum = sum_of(list);
    const json_t *value;
    size_t i;

    analysis_block(figure, block, "accepted drafts  % of verifications");
    json_array_foreach (list, i, value)
        fprintf(figure->data, "%zu %.9g\n", i, 100 * json_number_value(value) / sum);
}

static void write_bars(struct analysis_figure *figure, int lengths, bool has_theory)
{
    fprintf(figure->script,
            "set xlabel 'drafts accepted'\nset ylabel '%% of verifications'\nset xrange "
            "[-0.7:%d.7]\nset yrange [0:*]\nset xtics %d\nplot '%s.dat' index 'lengths' using "
            "1:2 with boxes linetype 1 title 'simulated'",
            lengths - 1, lengths > 16 ? 4 : 1, figure->name);
    if (has_theory)
        fputs(", '' index 'expected' using 1:2 with points pointtype 7 pointsize 0.5 linecolor rgb "
              "'#000000' title 'expected'",
              figure->script);
    putc('\n', figure->script);
}

bool analysis_plot_decoding(struct analysis_figures *all, const struct analysis_run *run,
                            struct sim_error *err)
{
    const json_t *metrics = json_object_get(run->summary, "metrics");
    const json_t *lengths = list_of(run, "accepted_lengths");
    const json_t *expected = list_of(run, "expected_accepted_lengths");
    const bool has_theory = json_is_array(expected) && sum_of(expected) > 0;
    struct analysis_look look = {.name = "acceptance", .width = 3.6, .height = 2.3, .key_rows = 1};
    struct analysis_figure *figure;

    if (!json_is_array(lengths) || sum_of(lengths) == 0)
        return true;
    look.title = sim_text(all->arena, "%s: what verification accepts", run->title);
    look.notes[0] = sim_text(
        all->arena, "%.0f verifications; %.3g tokens each, %.3g %% of all drafts, alpha %.3g.",
        sum_of(lengths), analysis_value(metrics, "tokens_per_step"),
        100 * analysis_value(metrics, "draft_acceptance_rate"), analysis_value(metrics, "alpha"));
    look.notes[1] = run->origin;
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    analysis_line_types(figure->script);
    fputs("set style fill solid 1 noborder\nset boxwidth 0.8\n", figure->script);
    write_lengths(figure, "lengths", lengths);
    if (has_theory)
        write_lengths(figure, "expected", expected);
    analysis_figure_plot(figure);
    write_bars(figure,
               (int)fmax((double)json_array_size(lengths),
                         has_theory ? (double)json_array_size(expected) : 0),
               has_theory);
    return analysis_figure_end(figure, err);
}
