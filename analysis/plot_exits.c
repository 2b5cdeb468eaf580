/* plot_exits.c -- figure `exits` of a study whose requests leave at several exits: who leaves where at each point, and
 * what latency is paid for accuracy. */
#include "analysis/common_parts.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/fit.h"
#include "sim/base/json.h"
#include "sim/study/store.h"

#include <math.h>
#include <string.h>

enum { MOST_POINTS = 40, MOST_EXITS = 8, LABEL_LETTERS = 16 };

static const char *const colours[MOST_EXITS] = {"0072B2", "E69F00", "009E73", "56B4E9",
                                                "D55E00", "CC79A7", "F0E442", "999999"};

struct point {
    const char *label;
    double shares[MOST_EXITS]; /* percent */
    double accuracy;           /* percent; NaN: not known */
    double latency;            /* seconds, mean */
    double gain;
    int results; /* that differ in the seed alone: what stands here are their means */
    double latency_squares, accuracy_squares; /* sums of (value - mean)^2 */
};

struct sweep {
    struct sim_arena *arena;
    const char *name;
    struct point points[MOST_POINTS];
    int count, exits, left_out;
    int most_results;
    bool has_accuracy, is_one_way; /* one_way: one key varies, so its values follow one another */
};

/* ---- reading ---- */

/* The values of its settings but the seed, one after the other; objects within them are told whole. */
static const char *label_of(const char *settings, int *keys, struct sim_arena *arena)
{
    json_t *object = json_loads(settings, 0, NULL);
    const char *label = "", *key;
    json_t *value;

    json_object_del(object, "seed");
    *keys = (int)json_object_size(object);
    json_object_foreach (object, key, value)
        label =
            sim_text(arena, "%s%s%s", label, *label != '\0' ? ", " : "",
                     json_is_string(value)
                         ? json_string_value(value)
                         : sim_json_text(arena, value,
                                         JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6)));
    json_decref(object);
    return label;
}

static double metric(const json_t *metrics, const char *name)
{
    const json_t *value = json_object_get(metrics, name);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* The place of those settings, made if it is new; NULL where there is no room. */
static struct point *point_of(struct sweep *sweep, const char *label)
{
    for (int p = 0; p < sweep->count; p++)
        if (strcmp(sweep->points[p].label, label) == 0)
            return &sweep->points[p];
    if (sweep->count == MOST_POINTS)
        return NULL;
    sweep->points[sweep->count].label = label;
    return &sweep->points[sweep->count++];
}

/* Welford's running mean, and squares where they are wanted. */
static void add(double *mean, double *squares, double value, int results)
{
    const double step = value - *mean;

    *mean += step / results;
    if (squares != NULL)
        *squares += step * (value - *mean);
}

static void take(struct sweep *sweep, const json_t *metrics, const char *settings)
{
    const json_t *shares = json_object_get(metrics, "exit_shares");
    const int exits = (int)json_array_size(shares);
    const char *label;
    struct point *point;
    int keys = 0;

    if (exits < 2 || exits > MOST_EXITS || isnan(metric(metrics, "mean_latency_seconds")))
        return;
    label = label_of(settings, &keys, sweep->arena);
    point = point_of(sweep, label);
    if (point == NULL) {
        sweep->left_out++;
        return;
    }
    point->results++;
    add(&point->accuracy, &point->accuracy_squares, 100 * metric(metrics, "accuracy"),
        point->results);
    add(&point->latency, &point->latency_squares, metric(metrics, "mean_latency_seconds"),
        point->results);
    add(&point->gain, NULL, metric(metrics, "gain"), point->results);
    for (int e = 0; e < exits; e++)
        add(&point->shares[e], NULL, 100 * json_number_value(json_array_get(shares, (size_t)e)),
            point->results);
    if (point->results > sweep->most_results)
        sweep->most_results = point->results;
    sweep->exits = exits > sweep->exits ? exits : sweep->exits;
    sweep->has_accuracy |= !isnan(point->accuracy);
    sweep->is_one_way &= keys == 1;
}

static bool visit(void *context, const struct sim_stored *stored)
{
    json_t *summary = stored->summary == NULL ? NULL : json_loads(stored->summary, 0, NULL);

    take(context, json_object_get(summary, "metrics"), stored->settings);
    json_decref(summary);
    return true;
}

/* ---- drawing ---- */

static void write_numbers(struct analysis_figure *figure, const struct sweep *sweep, double factor)
{
    analysis_block(figure, "points",
                   "row  mean latency  accuracy (percent)  gain  share of each exit (percent)");
    for (int p = 0; p < sweep->count; p++) {
        const struct point *point = &sweep->points[p];

        fprintf(figure->data, "%d %.9g ", p, point->latency * factor);
        analysis_number(figure->data, point->accuracy);
        putc(' ', figure->data);
        analysis_number(figure->data, point->gain);
        for (int e = 0; e < sweep->exits; e++)
            fprintf(figure->data, " %.9g", point->shares[e]);
        putc('\n', figure->data);
    }
}

static void write_intervals(struct analysis_figure *figure, const struct sweep *sweep,
                            double factor)
{
    if (sweep->most_results < 2)
        return;
    analysis_block(figure, "intervals",
                   "row  mean latency  its 95 % interval from  to  accuracy (percent)  from  to");
    for (int p = 0; p < sweep->count; p++) {
        const struct point *point = &sweep->points[p];
        const struct sim_estimate estimates[] = {
            sim_mean_of(point->latency * factor, point->latency_squares * factor * factor,
                        (size_t)point->results),
            sim_mean_of(point->accuracy, point->accuracy_squares, (size_t)point->results)};

        fprintf(figure->data, "%d", p);
        for (int e = 0; e < 2; e++) {
            const struct sim_estimate *estimate = &estimates[e];
            const bool is_bounded = isfinite(estimate->low);
            const double values[] = {estimate->value, is_bounded ? estimate->low : NAN,
                                     is_bounded ? estimate->high : NAN};

            for (int v = 0; v < 3; v++) {
                putc(' ', figure->data);
                analysis_number(figure->data, values[v]);
            }
        }
        putc('\n', figure->data);
    }
}

static void plot_shares(FILE *script, const char *name, const struct sweep *sweep)
{
    const char *before = "0";

    for (int e = 0; e < sweep->exits; e++) {
        const char *after = sim_text(sweep->arena, "%s+$%d", before, e + 5);

        fprintf(script,
                "%s'%s.dat' index 'points' using (%s):1:(%s):(%s):($1-0.36):($1+0.36) with "
                "boxxyerror fillcolor rgb '#%s' linewidth 0 title 'exit %d'",
                e == 0 ? "plot " : ", \\\n     ", name, after, before, after, colours[e], e);
        before = after;
    }
    putc('\n', script);
}

static void write_left(FILE *script, const struct sweep *sweep)
{
    fprintf(script,
            "set multiplot\nset lmargin at screen 0.2\nset rmargin at screen 0.55\nset grid xtics\n"
            "set xlabel 'requests that leave there (percent)'\nset yrange [%d.6:-0.6]\n"
            "set xrange [0:100]\nset ytics (",
            sweep->count - 1);
    for (int p = 0; p < sweep->count; p++) {
        fputs(p > 0 ? ", " : "", script);
        analysis_quote(script,
                       analysis_shorten(sweep->points[p].label, LABEL_LETTERS, sweep->arena));
        fprintf(script, " %d", p);
    }
    fputs(") scale 0\nset key at screen 0.99, screen 1-0.3/height right top vertical maxrows 1\n",
          script);
}

/* Accuracy over latency; where nobody knows what is right, latency row by row. */
static void plot_right(FILE *script, const char *name, const struct sweep *sweep, const char *unit)
{
    fprintf(
        script,
        "unset label\nunset key\nunset title\nset lmargin at screen 0.66\nset rmargin at screen "
        "0.975\nset xlabel 'mean latency (%s)'\nset xrange [0:*]\nset grid\n",
        unit);
    if (sweep->has_accuracy)
        fprintf(script,
                "set yrange [*:*]\nset ytics auto scale 1\nset ylabel 'accuracy (percent)'\n"
                "plot '%s.dat' index 'points' using 2:3 with %s linetype 1 pointtype 7 pointsize "
                "0.5%s\nunset ylabel\nunset multiplot\n",
                name, sweep->is_one_way ? "linespoints" : "points",
                sweep->most_results < 2
                    ? ""
                    : ", \\\n     '' index 'intervals' using 2:6:(0):($7-$6) with vectors nohead "
                      "linetype 1 dashtype 1, \\\n     '' index 'intervals' using 3:5:($4-$3):(0) "
                      "with vectors nohead linetype 1 dashtype 1");
    else
        fprintf(script,
                "unset ytics\nplot '%s.dat' index 'points' using "
                "($2/2):1:(0):2:($1-0.36):($1+0.36) with boxxyerror fillcolor rgb '#999999' "
                "linewidth 0%s\nunset multiplot\n",
                name,
                sweep->most_results < 2 ? ""
                                        : ", \\\n     '' index 'intervals' using 3:1:($4-$3):(0) "
                                          "with vectors nohead linecolor rgb '#000000'");
}

static bool draw(struct analysis_figures *all, const struct sweep *sweep, const char *origin,
                 struct sim_error *err)
{
    struct analysis_look look = {
        .name = "exits", .width = 5.4, .height = 2 + 0.14 * sweep->count, .key_rows = 1};
    struct analysis_scale scale;
    struct analysis_figure *figure;
    double most = 0;

    for (int p = 0; p < sweep->count; p++)
        most = fmax(most, sweep->points[p].latency);
    scale = analysis_scale_for(most, SIM_UNIT_SECONDS);
    look.title = sim_text(all->arena, "%s: who leaves where, and what it takes", sweep->name);
    look.notes[0] = sweep->has_accuracy
                        ? (sweep->is_one_way ? "Right: a mark for each row, joined in their order."
                                             : "Right: a mark for each row.")
                        : "Right: mean latency of each row; nobody knows which answers are right.";
    look.notes[1] = origin;
    if (sweep->most_results > 1)
        look.notes[0] = sim_text(all->arena,
                                 "%s Means of up to %d results, which differ in the seed alone; "
                                 "lines: their 95 %% intervals, by Student's t.",
                                 look.notes[0], sweep->most_results);
    if (sweep->left_out > 0)
        look.notes[2] = sim_text(all->arena, "%d more points are left out.", sweep->left_out);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    fprintf(figure->script,
            "top = 1 - %g/height\nbottom = %.3f/height\nset style fill solid 1 noborder\n"
            "set tmargin at screen top\nset bmargin at screen bottom\n",
            0.35 + 0.16 * look.key_rows,
            (3.4 + 0.86 * analysis_note_lines(&look, all->arena)) * 0.1135);
    write_numbers(figure, sweep, scale.factor);
    write_intervals(figure, sweep, scale.factor);
    analysis_figure_plot(figure);
    write_left(figure->script, sweep);
    plot_shares(figure->script, figure->name, sweep);
    plot_right(figure->script, figure->name, sweep, scale.unit);
    analysis_frame(figure->script, &look, all->arena);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_exits(struct analysis_figures *all, const char *path, const char *name,
                         const char *origin, struct sim_error *err)
{
    struct sweep *sweep = sim_new(all->arena, struct sweep, 1);
    struct sim_store *store;
    const char **labels;
    bool fine;

    sweep->arena = all->arena;
    sweep->name = name;
    sweep->is_one_way = true;
    if (!sim_store_open(&store, path, false, err))
        return false;
    fine = sim_store_each(store, visit, sweep, err);
    sim_store_close(store);
    if (!fine || sweep->count < 2)
        return fine;
    labels = sim_new(all->arena, const char *, (size_t)sweep->count);
    for (int p = 0; p < sweep->count; p++)
        labels[p] = sweep->points[p].label;
    labels = analysis_without_common_parts(labels, sweep->count, all->arena);
    for (int p = 0; p < sweep->count; p++)
        sweep->points[p].label = labels[p];
    return draw(all, sweep, origin, err);
}
