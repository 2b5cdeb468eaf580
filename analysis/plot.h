/* plot.h -- the figures of `dmlsim plot`: each function writes its figures, none draws them. */
#ifndef ANALYSIS_PLOT_H
#define ANALYSIS_PLOT_H

#include "analysis/figure.h"

#include <jansson.h>

/* A run directory, as its figures see it. */
struct analysis_run {
    const char *folder;
    const json_t *summary; /* owned by whoever reads the run directory */
    const char *title;     /* the scenario's name */
    const char *origin;    /* network, platform, seed, version: for the small print */
    double seconds;        /* simulated */
};

/* The peers that a figure has room for: all, or the first and the last half. */
struct analysis_rows {
    int peers, shown;
    int *place_of;    /* [peers]: the row of a peer, or -1 */
    int *peer_of;     /* [shown] */
    double *at;       /* [shown]: where the row is drawn; there is a gap where peers are left out */
    double length;    /* of all rows, with the gap */
    const char *note; /* says what is left out; NULL: nothing is */
};

struct analysis_rows analysis_rows_of(const json_t *peers, struct sim_arena *arena);

/* Set the names of the rows as ticks of the y axis, in a script. */
void analysis_row_names(FILE *script, const struct analysis_rows *rows, const json_t *peers,
                        struct sim_arena *arena);

/* The text of a key, or "" where it is missing. */
const char *analysis_text(const json_t *object, const char *key);

/* The number of a key, or 0. */
double analysis_value(const json_t *object, const char *key);

/* Each returns false, with a sentence, when it cannot be made. */
bool analysis_plot_run(struct analysis_figures *all, const char *folder, struct sim_error *err);

/* The same without `timeline` and `first_rounds`, for those who show them otherwise. */
bool analysis_plot_run_but_timelines(struct analysis_figures *all, const char *folder,
                                     struct sim_error *err);
bool analysis_plot_gantt(struct analysis_figures *all, const struct analysis_run *run,
                         struct sim_error *err);
/* `first_rounds`, where drafts are verified round by round; true where they are not. */
bool analysis_plot_first_rounds(struct analysis_figures *all, const struct analysis_run *run,
                                struct sim_error *err);
bool analysis_plot_bars(struct analysis_figures *all, const struct analysis_run *run,
                        struct sim_error *err);
bool analysis_plot_run_learning(struct analysis_figures *all, const struct analysis_run *run,
                                struct sim_error *err);

/* `rounds` and `clients`, where the run is a federated one; true without them. */
bool analysis_plot_rounds(struct analysis_figures *all, const struct analysis_run *run,
                          struct sim_error *err);

/* `requests`, where the run answers some; true where it does not. */
bool analysis_plot_requests(struct analysis_figures *all, const struct analysis_run *run,
                            struct sim_error *err);

/* `acceptance`, where drafts are verified; true where they are not. */
bool analysis_plot_decoding(struct analysis_figures *all, const struct analysis_run *run,
                            struct sim_error *err);

/* `layers`, where the run tells of its network's; true where it does not. */
bool analysis_plot_layers(struct analysis_figures *all, const struct analysis_run *run,
                          struct sim_error *err);

struct analysis_operations; /* operations.h */
bool analysis_plot_schedule(struct analysis_figures *all, const struct analysis_run *run,
                            const struct analysis_operations *operations, struct sim_error *err);
bool analysis_plot_memory(struct analysis_figures *all, const struct analysis_run *run,
                          const struct analysis_operations *operations, struct sim_error *err);

bool analysis_plot_runs(struct analysis_figures *all, const char *const *folders, int count,
                        struct sim_error *err);
/* `platform_graph`; left out, with a sentence, where the platform cannot be read any more. */
bool analysis_plot_platform(struct analysis_figures *all, const struct analysis_run *run,
                            struct sim_error *err);
bool analysis_plot_links(struct analysis_figures *all, const struct analysis_run *run,
                         struct sim_error *err);

struct analysis_study; /* points.h */
struct analysis_grid;
bool analysis_plot_heat_map(struct analysis_figures *all, const struct analysis_study *study,
                            const struct analysis_grid *grid, struct sim_error *err);

/* The same of the study's chosen metric, as METRIC_map; with a line where it breaks even. */
bool analysis_plot_chosen_map(struct analysis_figures *all, const struct analysis_study *study,
                              const struct analysis_grid *grid, struct sim_error *err);
bool analysis_plot_winners(struct analysis_figures *all, const struct analysis_study *study,
                           const struct analysis_grid *grid, struct sim_error *err);
/* METRIC_winners, of the metric that was chosen; true where its name does not say whether more is better. */
bool analysis_plot_chosen_winners(struct analysis_figures *all, const struct analysis_study *study,
                                  const struct analysis_grid *grid, struct sim_error *err);
bool analysis_plot_study_learning(struct analysis_figures *all, const struct analysis_study *study,
                                  const struct analysis_grid *grid, struct sim_error *err);
/* `exits`, of a store whose points tell shares of exits; true where they do not. */
bool analysis_plot_exits(struct analysis_figures *all, const char *path, const char *name,
                         const char *origin, struct sim_error *err);
/* `breakdown`: what a mean peer did at each point of a study; true where nothing is known of peers. */
bool analysis_plot_breakdown(struct analysis_figures *all, const struct analysis_study *study,
                             const struct analysis_grid *grid, struct sim_error *err);
/* `pareto`, where two goals were asked for; true where none were. */
bool analysis_plot_pareto(struct analysis_figures *all, const struct analysis_study *study,
                          const struct analysis_grid *grid, struct sim_error *err);
struct analysis_choice;
bool analysis_plot_store(struct analysis_figures *all, const char *path,
                         const struct analysis_choice *choice, struct sim_error *err);

#endif
