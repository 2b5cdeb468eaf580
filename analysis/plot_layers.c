/* plot_layers.c -- figure `layers` of a run that tells of its network's layers (layers.csv): what each takes on one
 * device, and the size of what it gives.  In convolutional networks the early ones have most of both. */
#include "analysis/csv.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/workload/model.h"

#include <math.h>

enum { MOST_LAYERS = 64 };

struct profile {
    int count;
    double seconds[MOST_LAYERS], bytes[MOST_LAYERS];
    double all_seconds, most_seconds, most_bytes;
};

static const char *const columns[] = {"layer", "compute_seconds", "output_bytes", NULL};

static bool read_profile(struct profile *profile, const char *path, struct sim_arena *arena,
                         struct sim_error *err)
{
    struct analysis_csv *csv = analysis_csv_open(path, arena, err);
    int seconds, bytes;

    if (csv == NULL)
        return false;
    seconds = analysis_csv_column(csv, "compute_seconds");
    bytes = analysis_csv_column(csv, "output_bytes");
    while (analysis_csv_next(csv) && profile->count < MOST_LAYERS) {
        const int l = profile->count++;

        profile->seconds[l] = analysis_csv_number(csv, seconds);
        profile->bytes[l] = analysis_csv_number(csv, bytes);
        profile->all_seconds += profile->seconds[l];
        profile->most_seconds = fmax(profile->most_seconds, profile->seconds[l]);
        profile->most_bytes = fmax(profile->most_bytes, profile->bytes[l]);
    }
    return analysis_csv_close(csv, err);
}

/* The workload's table, for its names; NULL where it is not found from here. */
static const struct sim_model *model_of(const struct analysis_run *run, const char **name,
                                        struct sim_arena *arena)
{
    const json_t *workload = json_object_get(json_object_get(run->summary, "scenario"), "workload");
    struct sim_error ignored = {0};
    const char *path;

    *name = analysis_text(workload, "model");
    path = sim_model_find(arena, NULL, *name);
    return path != NULL ? sim_model_load(arena, path, &ignored) : NULL;
}

/* Layers that make up half of the time, from the first on. */
static int half_of(const struct profile *profile)
{
    double sum = 0;
    int l = 0;

    while (l < profile->count && sum < profile->all_seconds / 2)
        sum += profile->seconds[l++];
    return l;
}

static void write_side(FILE *script, const char *figure, const char *label, const char *unit,
                       int column, double left, double right)
{
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\nset xlabel '%s (%s)'\nset xrange "
            "[0:*]\nplot '%s.dat' index 'layers' using ($%d/2):1:($%d/2):(0.36) with boxxyerror "
            "linetype %d linewidth 0\n",
            left, right, label, unit, figure, column, column, column - 1);
}

static bool draw(struct analysis_figures *all, const struct analysis_look *look,
                 const struct profile *profile, const struct sim_model *model,
                 struct sim_error *err)
{
    const struct analysis_scale seconds =
        analysis_scale_for(profile->most_seconds, SIM_UNIT_SECONDS);
    const struct analysis_scale bytes = analysis_scale_for(profile->most_bytes, SIM_UNIT_BYTES);
    struct analysis_figure *figure = analysis_figure_begin(all, look, err);

    if (figure == NULL)
        return false;
    analysis_line_types(figure->script);
    fprintf(figure->script,
            "set style fill solid 1 noborder\nunset key\nset tmargin at screen 1 - 0.35/height\n"
            "set bmargin at screen %.3f/height\n",
            (3.4 + 0.86 * analysis_note_lines(look, all->arena)) * 0.1135);
    analysis_block(figure, "layers", "layer  seconds  bytes");
    for (int l = 0; l < profile->count; l++)
        fprintf(figure->data, "%d %.9g %.9g\n", l, profile->seconds[l] * seconds.factor,
                profile->bytes[l] * bytes.factor);
    analysis_figure_plot(figure);
    fprintf(figure->script, "set multiplot\nset grid xtics\nset yrange [%d.6:-0.6]\nset ytics (",
            profile->count - 1);
    for (int l = 0; l < profile->count; l++) {
        fputs(l > 0 ? ", " : "", figure->script);
        analysis_quote(figure->script, model != NULL && model->layer_count == profile->count
                                           ? analysis_shorten(model->layers[l].name, 16, all->arena)
                                           : sim_text(all->arena, "layer %d", l));
        fprintf(figure->script, " %d", l);
    }
    fputs(") scale 0 font ',6'\n", figure->script);
    write_side(figure->script, figure->name, "computation", seconds.unit, 2, 0.16, 0.54);
    fputs("unset label\nunset title\nunset ytics\n", figure->script);
    write_side(figure->script, figure->name, "output", bytes.unit, 3, 0.59, 0.97);
    fputs("unset multiplot\n", figure->script);
    analysis_frame(figure->script, look, all->arena);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_layers(struct analysis_figures *all, const struct analysis_run *run,
                          struct sim_error *err)
{
    const char *path = sim_text(all->arena, "%s/layers.csv", run->folder), *name;
    struct profile profile = {0};
    struct analysis_look look = {.name = "layers", .width = 5.4};
    const struct sim_model *model;
    char text[SIM_QUANTITY_SIZE];
    int half;

    if (!analysis_csv_holds(path, columns, all->arena))
        return true;
    if (!read_profile(&profile, path, all->arena, err))
        return false;
    if (profile.most_seconds == 0 || profile.most_bytes == 0)
        return true;
    model = model_of(run, &name, all->arena);
    half = half_of(&profile);
    look.height = 1.3 + 0.11 * profile.count;
    look.title = sim_text(all->arena, "%s: the layers of %s on one device", run->title, name);
    look.notes[0] = sim_text(
        all->arena,
        "Half of the %s of computation is over behind layer %d of %d.  Right: what a "
        "layer gives, as it would cross a cut behind it.",
        sim_format_quantity(text, profile.all_seconds, SIM_UNIT_SECONDS), half, profile.count);
    look.notes[1] = run->origin;
    return draw(all, &look, &profile, model, err);
}
