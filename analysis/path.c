#include "analysis/path.h"

#include "analysis/asking.h"
#include "analysis/scale.h"
#include "analysis/vary.h"
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/base/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { NARROWEST = 12, WIDEST = 34, GAP = 2 };

void analysis_path_add(struct analysis_path *path, struct analysis_trial trial,
                       struct sim_arena *arena)
{
    const bool is_base = path->count == 0;

    if (path->count == path->room) {
        struct analysis_trial *trials;

        path->room = 2 * path->room + 64;
        trials = sim_new(arena, struct analysis_trial, (size_t)path->room);
        if (path->count > 0)
            memcpy(trials, path->trials, (size_t)path->count * sizeof *trials);
        path->trials = trials;
    }
    if (is_base)
        path->best = -1;
    trial.best = path->best < 0 ? NAN : path->trials[path->best].value;
    if (!is_base && !isnan(trial.value) &&
        (isnan(trial.best) ||
         (path->is_most ? trial.value > trial.best : trial.value < trial.best))) {
        trial.best = trial.value;
        path->best = path->count;
    }
    path->trials[path->count++] = trial;
}

/* ---- the table ---- */

/* A value for readers: of a mapping the values alone, {"name":"gpipe","chunks":3} is "gpipe, 3". */
static const char *label_of(const char *value, struct sim_arena *arena)
{
    json_t *object = *value == '{' ? json_loads(value, 0, NULL) : NULL, *inner;
    const char *label = "", *key;

    if (*value == '\0')
        return "as it is";
    if (object == NULL)
        return value;
    json_object_foreach (object, key, inner)
        label = sim_text(arena, "%s%s%s", label, *label == '\0' ? "" : ", ",
                         sim_json_shown(arena, inner));
    json_decref(object);
    return label;
}

static int width_of(const char *text)
{
    const int length = (int)strlen(text);

    return length < WIDEST ? length : WIDEST;
}

void analysis_path_begin(struct analysis_path *path, const char *const *keys, int count,
                         struct sim_arena *arena)
{
    path->keys = keys;
    path->key_count = count;
    path->widths = sim_new(arena, int, (size_t)count);
    for (int k = 0; k < count; k++)
        path->widths[k] = (int)fmax(NARROWEST, width_of(analysis_short_key(keys[k])));
}

void analysis_path_widen(struct analysis_path *path, int key, const char *value,
                         struct sim_arena *arena)
{
    path->widths[key] = (int)fmax(path->widths[key], width_of(label_of(value, arena)));
}

void analysis_path_print_head(FILE *out, const struct analysis_path *path, bool colours)
{
    fprintf(out, "%s%4s  ", colours ? "\033[1m" : "", "");
    for (int k = 0; k < path->key_count; k++)
        fprintf(out, "%-*.*s", path->widths[k] + GAP, path->widths[k],
                analysis_short_key(path->keys[k]));
    fprintf(out, "%16s%16s%s\n",
            strcmp(path->metric, "simulated_seconds") == 0 ? "simulated" : path->metric,
            "best so far", colours ? "\033[0m" : "");
}

static void print_value(FILE *out, const struct analysis_path *path, double value)
{
    char text[SIM_QUANTITY_SIZE];

    fprintf(out, "%16s",
            isnan(value) ? "-"
                         : sim_format_quantity(text, value, analysis_unit_of_metric(path->metric)));
}

void analysis_path_print(FILE *out, const struct analysis_path *path, int trial,
                         struct sim_arena *arena)
{
    const struct analysis_trial *one = &path->trials[trial];

    fprintf(out, "%4d  ", trial);
    for (int k = 0; k < path->key_count; k++)
        fprintf(out, "%-*s", path->widths[k] + GAP,
                analysis_shorten(label_of(one->values[k], arena), path->widths[k], arena));
    if (isnan(one->value) && *one->error != '\0') {
        fprintf(out, "  failed (%d): %s\n", one->exit_code,
                analysis_first_sentence(one->error, arena));
        return;
    }
    print_value(out, path, one->value);
    print_value(out, path, one->best);
    fputs(trial > 0 && trial == path->best ? "  *\n" : "\n", out);
}

/* ---- the CSV ---- */

bool analysis_path_write(const struct analysis_path *path, const char *folder,
                         struct sim_arena *arena, struct sim_error *err)
{
    const char *name = sim_text(arena, "%s/path.csv", folder);
    FILE *file;

    if (!sim_make_directories(folder, err) || (file = sim_file_begin(arena, name, err)) == NULL)
        return false;
    fputs("evaluation", file);
    for (int k = 0; k < path->key_count; k++) {
        putc(',', file);
        sim_csv_text(file, path->keys[k]);
    }
    fprintf(file, ",%s,best,exit_code\n", path->metric);
    for (int t = 0; t < path->count; t++) {
        const struct analysis_trial *one = &path->trials[t];

        fprintf(file, "%d", t);
        for (int k = 0; k < path->key_count; k++) {
            putc(',', file);
            sim_csv_text(file, one->values[k]);
        }
        putc(',', file);
        if (!isnan(one->value))
            sim_csv_number(file, one->value);
        putc(',', file);
        if (!isnan(one->best))
            sim_csv_number(file, one->best);
        fprintf(file, ",%d\n", one->exit_code);
    }
    return sim_file_end(arena, file, name, err);
}

/* ---- the figure ---- */

/* The values that an axis must hold. */
struct extent {
    double least, most;
};

static struct extent extent_of(const struct analysis_path *path)
{
    struct extent extent = {INFINITY, -INFINITY};

    for (int t = 0; t < path->count; t++)
        if (!isnan(path->trials[t].value)) {
            extent.least = fmin(extent.least, path->trials[t].value);
            extent.most = fmax(extent.most, path->trials[t].value);
        }
    return extent;
}

static void write_axes(FILE *script, const struct analysis_path *path, struct extent extent,
                       struct analysis_scale scale, struct sim_arena *arena)
{
    const double base = path->trials[0].value * scale.factor;
    const bool is_log = extent.least > 0 && extent.most > 20 * extent.least;
    const double margin = 0.06 * (extent.most - extent.least);

    fputs("set xlabel 'evaluation'\nset ylabel ", script);
    analysis_quote(script, analysis_metric_label(path->metric, scale.unit, arena));
    fprintf(script, "\nset xrange [0.3:%g]\n", fmax(path->count - 0.3, 1.7));
    if (is_log)
        fprintf(script, "set logscale y\nset yrange [%.9g:%.9g]\n",
                extent.least * scale.factor * 0.8, extent.most * scale.factor * 1.25);
    else if (margin > 0)
        fprintf(script, "set yrange [%.9g:%.9g]\n", (extent.least - margin) * scale.factor,
                (extent.most + margin) * scale.factor);
    if (!isnan(base))
        fprintf(script,
                "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead linecolor rgb "
                "'#000000' linewidth 0.8 dashtype (6,4)\n",
                base, base);
}

static void write_data(struct analysis_figure *figure, const struct analysis_path *path,
                       struct analysis_scale scale, struct sim_arena *arena)
{
    analysis_block(figure, "path",
                   sim_text(arena, "evaluation  value  best so far (%s)", scale.unit));
    for (int t = 1; t < path->count; t++) {
        fprintf(figure->data, "%d ", t);
        analysis_number(figure->data, path->trials[t].value * scale.factor);
        putc(' ', figure->data);
        analysis_number(figure->data, path->trials[t].best * scale.factor);
        putc('\n', figure->data);
    }
}

bool analysis_plot_path(struct analysis_figures *all, const struct analysis_path *path,
                        struct sim_error *err)
{
    const enum sim_unit unit = analysis_unit_of_metric(path->metric);
    const struct extent extent = extent_of(path);
    const struct analysis_scale scale =
        analysis_scale_for(fmax(fabs(extent.least), fabs(extent.most)), unit);
    const struct analysis_look look = {
        .name = "optimise",
        .width = 3.54,
        .height = 2.6,
        .key_rows = 1,
        .title = sim_text(all->arena, "%s: looking for the %s %s", path->title,
                          path->is_most ? "most" : "least",
                          analysis_metric_label(path->metric, "", all->arena)),
        .notes = {isnan(path->trials[0].value)
                      ? "The scenario as it is has no result."
                      : sim_text(all->arena, "Dashed: the scenario as it is, %s.",
                                 analysis_shown(path->trials[0].value, scale, all->arena)),
                  path->origin}};
    struct analysis_figure *figure = analysis_figure_begin(all, &look, err);

    if (figure == NULL)
        return false;
    write_axes(figure->script, path, extent, scale, all->arena);
    analysis_line_types(figure->script);
    write_data(figure, path, scale, all->arena);
    analysis_figure_plot(figure);
    fputs("plot 'optimise.dat' index 'path' using 1:3 with steps linetype 2 dashtype 1 linewidth 2 "
          "title 'best so far', \\\n"
          "     '' index 'path' using 1:2 with points linetype 1 title 'evaluated'\n",
          figure->script);
    return analysis_figure_end(figure, err);
}
