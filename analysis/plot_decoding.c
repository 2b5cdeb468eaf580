/* plot_decoding.c -- figure `acceptance` of a run that decodes by drafts: how many drafts each verification
 * accepted, beside what theory expects where it says so; and, of several requests, how long they waited for their
 * first token and for each that followed.  Where nothing is drafted, figure `waits` shows the latter alone. */
#include "analysis/csv.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/fit.h"

#include <math.h>

static const double bars_width = 3.6, both_width = 5.4; /* inches */
enum { CURVE_POINTS = 200 };

struct waits {
    int count, room;
    double *first, *each; /* ascending: time to first token, time per output token */
    int first_count, each_count;
};

static const json_t *list_of(const struct analysis_run *run, const char *name)
{
    return json_object_get(json_object_get(run->summary, "metrics"), name);
}

/* ---- reading ---- */

static const char *const columns[] = {"time_to_first_token_seconds",
                                      "time_per_output_token_seconds", NULL};

static bool read_waits(struct waits *waits, const struct analysis_run *run, const char *path,
                       struct sim_arena *arena, struct sim_error *err)
{
    const double warm_up = analysis_value(
        json_object_get(json_object_get(run->summary, "scenario"), "requests"), "warm_up");
    struct analysis_csv *csv = analysis_csv_open(path, arena, err);
    int first, each, request;

    if (csv == NULL)
        return false;
    first = analysis_csv_column(csv, "time_to_first_token_seconds");
    each = analysis_csv_column(csv, "time_per_output_token_seconds");
    request = analysis_csv_column(csv, "request");
    while (analysis_csv_next(csv)) {
        const double to_first = analysis_csv_number_or_gap(csv, first);
        const double to_each = analysis_csv_number_or_gap(csv, each);

        if (analysis_csv_number(csv, request) < warm_up)
            continue;
        if (waits->count == waits->room) {
            const int room = 2 * waits->room + 256;
            double *a = sim_new(arena, double, (size_t)room);
            double *b = sim_new(arena, double, (size_t)room);

            for (int i = 0; i < waits->count; i++) {
                a[i] = waits->first[i];
                b[i] = waits->each[i];
            }
            waits->first = a;
            waits->each = b;
            waits->room = room;
        }
        waits->count++;
        if (!isnan(to_first))
            waits->first[waits->first_count++] = to_first;
        if (!isnan(to_each))
            waits->each[waits->each_count++] = to_each;
    }
    sim_sort(waits->first, (size_t)waits->first_count);
    sim_sort(waits->each, (size_t)waits->each_count);
    return analysis_csv_close(csv, err);
}

/* Are there curves to draw? */
static bool waits_of_several(const struct waits *waits)
{
    return waits->first_count > 1 && waits->each_count > 1;
}

/* ---- drawing ---- */

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

static void write_curve(struct analysis_figure *figure, const char *block, const double *values,
                        int count, double factor)
{
    analysis_block(figure, block, "seconds, scaled  % of requests");
    for (int p = 0; p <= CURVE_POINTS; p++) {
        const double share = (double)p / CURVE_POINTS;

        fprintf(figure->data, "%.9g %.9g\n", sim_quantile(values, (size_t)count, share) * factor,
                100 * share);
    }
}

static void write_bars(struct analysis_figure *figure, int lengths, bool has_theory)
{
    fprintf(figure->script,
            "set xlabel 'drafts accepted'\nset ylabel '%% of verifications'\nset xrange "
            "[-0.7:%d.7]\nset yrange [0:*]\nset offsets 0, 0, graph 0.06, 0\nset xtics %d\nplot "
            "'%s.dat' index 'lengths' using "
            "1:2 with boxes linetype 1 title 'simulated'",
            lengths - 1, lengths > 16 ? 4 : 1, figure->name);
    if (has_theory)
        fputs(", '' index 'expected' using 1:2 with points pointtype 7 pointsize 0.5 linecolor rgb "
              "'#000000' title 'expected'",
              figure->script);
    putc('\n', figure->script);
}

/* Times to the first token hold what a request waits in the queue: often a hundred times the others. */
static bool is_wide(const struct waits *waits)
{
    const double least = fmin(waits->first[0], waits->each[0]);
    const double most =
        fmax(waits->first[waits->first_count - 1], waits->each[waits->each_count - 1]);

    return least > 0 && most > 30 * least;
}

static void write_waits(struct analysis_figure *figure, const struct waits *waits,
                        struct analysis_scale scale)
{
    fprintf(figure->script,
            "set xlabel 'time (%s)'\nset ylabel '%% of requests'\n%sset yrange [0:100]\nset xtics "
            "auto\nset key at graph 0.5, graph 1.02 center bottom samplen 1.5 maxrows 1\nplot "
            "'%s.dat' index 'first' using 1:2 with lines linetype 2 title 'to first token', "
            "'' index 'each' using 1:2 with lines linetype 1 title 'per later one'\n",
            scale.unit,
            is_wide(waits) ? "set logscale x\nset format x '%g'\nset xrange [*:*]\n"
                           : "set xrange [0:*]\n",
            figure->name);
    if (is_wide(waits))
        fputs("unset logscale\nset format x '% h'\n", figure->script);
}

static bool draw(struct analysis_figures *all, const struct analysis_look *look,
                 const struct analysis_run *run, const struct waits *waits, struct sim_error *err)
{
    const json_t *lengths = list_of(run, "accepted_lengths");
    const json_t *expected = list_of(run, "expected_accepted_lengths");
    const bool has_lengths = sum_of(lengths) > 0, has_waits = waits_of_several(waits);
    struct analysis_figure *figure = analysis_figure_begin(all, look, err);
    const bool has_both = has_lengths && has_waits;
    struct analysis_scale scale = {1, ""};

    if (figure == NULL)
        return false;
    analysis_line_types(figure->script);
    fputs("set style fill solid 1 noborder\nset boxwidth 0.8\n", figure->script);
    if (has_lengths)
        write_lengths(figure, "lengths", lengths);
    if (expected != NULL)
        write_lengths(figure, "expected", expected);
    if (has_waits) {
        const double most =
            fmax(waits->first[waits->first_count - 1], waits->each[waits->each_count - 1]);

        scale = analysis_scale_for(most, SIM_UNIT_SECONDS);
        write_curve(figure, "first", waits->first, waits->first_count, scale.factor);
        write_curve(figure, "each", waits->each, waits->each_count, scale.factor);
    }
    analysis_figure_plot(figure);
    if (has_both)
        fprintf(
            figure->script,
            "set multiplot\nset tmargin at screen 1 - 0.45/height\nset bmargin at screen "
            "%.3f/height\nset lmargin at screen 0.11\nset rmargin at screen 0.5\nset key at graph "
            "0, 1.02 left bottom maxrows 1\n",
            (4.6 + 0.86 * analysis_note_lines(look, all->arena)) * 0.1135);
    if (has_lengths)
        write_bars(figure, (int)json_array_size(lengths), expected != NULL);
    if (has_both)
        fputs("set offsets 0, 0, 0, 0\nset lmargin at screen 0.62\nset rmargin at screen 0.97\n"
              "unset title\nunset label\n",
              figure->script);
    if (has_waits)
        write_waits(figure, waits, scale);
    if (has_both) {
        fputs("unset multiplot\n", figure->script);
        analysis_frame(figure->script, look, all->arena);
    }
    return analysis_figure_end(figure, err);
}

static void describe_acceptance(struct analysis_look *look, const struct analysis_run *run,
                                const struct waits *waits, struct sim_arena *arena)
{
    const json_t *metrics = json_object_get(run->summary, "metrics");
    const bool has_both = waits_of_several(waits);

    look->name = "acceptance";
    look->width = has_both ? both_width : bars_width;
    look->key_rows = has_both ? 0 : 1;
    look->title = sim_text(arena, "%s: what verification accepts", run->title);
    look->notes[0] = sim_text(
        arena, "%.0f verifications; %.3g tokens each, %.3g %% of all drafts, alpha %.3g.%s",
        sum_of(list_of(run, "accepted_lengths")), analysis_value(metrics, "tokens_per_step"),
        100 * analysis_value(metrics, "draft_acceptance_rate"), analysis_value(metrics, "alpha"),
        has_both ? sim_text(arena, " Right: waits of %d requests.", waits->count) : "");
}

static void describe_waits(struct analysis_look *look, const struct analysis_run *run,
                           const struct waits *waits, struct sim_arena *arena)
{
    look->name = "waits";
    look->width = bars_width;
    look->key_rows = 1;
    look->title = sim_text(arena, "%s: how long %d requests waited", run->title, waits->count);
    look->notes[0] = "From its arrival to its first token, and on average for each that followed.";
}

bool analysis_plot_decoding(struct analysis_figures *all, const struct analysis_run *run,
                            struct sim_error *err)
{
    const char *path = sim_text(all->arena, "%s/requests.csv", run->folder);
    const json_t *lengths = list_of(run, "accepted_lengths");
    struct analysis_look look = {.height = 2.3};
    struct waits waits = {0};

    if (analysis_csv_holds(path, columns, all->arena) &&
        !read_waits(&waits, run, path, all->arena, err))
        return false;
    if (sum_of(lengths) > 0)
        describe_acceptance(&look, run, &waits, all->arena);
    else if (waits_of_several(&waits))
        describe_waits(&look, run, &waits, all->arena);
    else
        return true;
    look.notes[1] = run->origin;
    return draw(all, &look, run, &waits, err);
}
