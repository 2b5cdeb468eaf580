/* plot_run.c -- the figures of a run directory, and what they share. */
#include "analysis/operations.h"
#include "analysis/plot.h"
#include "sim/base/file.h"

#include <string.h>

enum { MOST_ROWS = 64, NAME_LETTERS = 24 };

const char *analysis_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

double analysis_value(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const char *origin_of(const json_t *summary, struct sim_arena *arena)
{
    return sim_text(arena, "network: %s; platform: %s; seed %.0f; dmlsim %s.",
                    analysis_text(summary, "network"),
                    sim_stem_of(arena, analysis_text(summary, "platform")),
                    analysis_value(summary, "seed"), analysis_text(summary, "dmlsim"));
}

struct analysis_rows analysis_rows_of(const json_t *peers, struct sim_arena *arena)
{
    const int count = (int)json_array_size(peers);
    const int shown = count < MOST_ROWS ? count : MOST_ROWS, hidden = count - shown;
    struct analysis_rows rows = {.peers = count,
                                 .shown = shown,
                                 .place_of = sim_new(arena, int, count),
                                 .peer_of = sim_new(arena, int, shown),
                                 .at = sim_new(arena, double, shown),
                                 .length = shown + (hidden > 0 ? 2 : 0)};

    for (int i = 0; i < count; i++)
        rows.place_of[i] = -1;
    for (int r = 0; r < shown; r++) {
        const bool is_late = hidden > 0 && r >= MOST_ROWS / 2;

        rows.peer_of[r] = is_late ? r + hidden : r;
        rows.place_of[rows.peer_of[r]] = r;
        rows.at[r] = is_late ? r + 2 : r;
    }
    if (hidden > 0)
        rows.note = sim_text(arena, "Of %d peers the first %d and the last %d are shown.", count,
                             MOST_ROWS / 2, MOST_ROWS / 2);
    return rows;
}

void analysis_row_names(FILE *script, const struct analysis_rows *rows, const json_t *peers,
                        struct sim_arena *arena)
{
    fputs("set ytics (", script);
    for (int r = 0; r < rows->shown; r++) {
        const char *name = analysis_text(json_array_get(peers, (size_t)rows->peer_of[r]), "name");

        fputs(r > 0 ? ", " : "", script);
        analysis_quote(script, analysis_shorten(name, NAME_LETTERS, arena));
        fprintf(script, " %g", rows->at[r]);
    }
    if (rows->note != NULL) {
        fputs(", ", script);
        analysis_quote(script, sim_text(arena, "%d more", rows->peers - rows->shown));
        fprintf(script, " %g", 0.5 * MOST_ROWS + 0.5);
    }
    fprintf(script, ") scale 0 font ',%g'\n", rows->length > 24 ? 5 : 6.5);
}

static bool plot_pipeline(struct analysis_figures *all, const struct analysis_run *run,
                          struct sim_error *err)
{
    struct analysis_operations operations;

    return !analysis_has_operations(run->folder, all->arena) ||
           (analysis_operations_read(&operations, run->folder, all->arena, err) &&
            analysis_plot_schedule(all, run, &operations, err) &&
            analysis_plot_memory(all, run, &operations, err));
}

static bool plot_timelines(struct analysis_figures *all, const struct analysis_run *run,
                           struct sim_error *err)
{
    if (!sim_file_exists(sim_text(all->arena, "%s/events.csv", run->folder)))
        return analysis_plot_bars(all, run, err);
    return analysis_plot_gantt(all, run, err) && analysis_plot_first_rounds(all, run, err);
}

static bool plot_others(struct analysis_figures *all, const struct analysis_run *run,
                        struct sim_error *err)
{
    const bool has_links = sim_file_exists(sim_text(all->arena, "%s/links.csv", run->folder));

    return (!has_links ||
            (analysis_plot_platform(all, run, err) && analysis_plot_links(all, run, err))) &&
           analysis_plot_run_learning(all, run, err) && analysis_plot_rounds(all, run, err) &&
           analysis_plot_requests(all, run, err) && analysis_plot_layers(all, run, err) &&
           analysis_plot_decoding(all, run, err) && plot_pipeline(all, run, err);
}

typedef bool plot_some(struct analysis_figures *all, const struct analysis_run *run,
                       struct sim_error *err);

static bool plot_both(struct analysis_figures *all, const struct analysis_run *run,
                      struct sim_error *err)
{
    return plot_timelines(all, run, err) && plot_others(all, run, err);
}

static bool plot_folder(struct analysis_figures *all, const char *folder, plot_some *plot,
                        struct sim_error *err)
{
    json_t *summary = json_load_file(sim_text(all->arena, "%s/summary.json", folder), 0, NULL);
    const struct analysis_run run = {.folder = folder,
                                     .summary = summary,
                                     .title = analysis_text(summary, "name"),
                                     .origin = origin_of(summary, all->arena),
                                     .seconds = analysis_value(summary, "simulated_seconds")};
    bool fine;

    if (json_array_size(json_object_get(run.summary, "peers")) == 0)
        fine = sim_fail(err, "%s/summary.json: tells of no peers, so there is nothing to draw.",
                        run.folder);
    else
        fine = plot(all, &run, err);
    json_decref(summary);
    return fine;
}

bool analysis_plot_run(struct analysis_figures *all, const char *folder, struct sim_error *err)
{
    return plot_folder(all, folder, plot_both, err);
}

bool analysis_plot_run_but_timelines(struct analysis_figures *all, const char *folder,
                                     struct sim_error *err)
{
    return plot_folder(all, folder, plot_others, err);
}
