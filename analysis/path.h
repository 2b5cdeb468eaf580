/* path.h -- the way that a search took: every point that it asked for, in order, as a table, a CSV and a figure. */
#ifndef ANALYSIS_PATH_H
#define ANALYSIS_PATH_H

#include "analysis/figure.h"

/* One evaluation. */
struct analysis_trial {
    const char *const
        *values;  /* [key_count], texts or JSON; "" where the key is as in the scenario */
    double value; /* of the metric; NaN: it failed */
    double best;  /* up to here, without the base; NaN: nothing yet */
    int exit_code;
    const char *error;
};

struct analysis_path {
    const char *title, *metric, *origin;
    bool is_most; /* the largest value is looked for */
    const char *const *keys;
    int key_count;
    int *widths;                   /* [key_count], of the table's columns */
    struct analysis_trial *trials; /* trial 0 is the scenario as it is */
    int count, room;
    int best; /* which trial; -1: none */
};

/* Name the keys of a path that is else as the caller filled it in; give a column room for a value. */
void analysis_path_begin(struct analysis_path *path, const char *const *keys, int count,
                         struct sim_arena *arena);
void analysis_path_widen(struct analysis_path *path, int key, const char *value,
                         struct sim_arena *arena);

/* Add a trial and see whether it is the best so far; the base never is. */
void analysis_path_add(struct analysis_path *path, struct analysis_trial trial,
                       struct sim_arena *arena);

/* The table: its head, then lines of trials. */
void analysis_path_print_head(FILE *out, const struct analysis_path *path, bool colours);
void analysis_path_print(FILE *out, const struct analysis_path *path, int trial,
                         struct sim_arena *arena);

/* Write FOLDER/path.csv. */
bool analysis_path_write(const struct analysis_path *path, const char *folder,
                         struct sim_arena *arena, struct sim_error *err);

/* Write figure `optimise`: what each evaluation came to, and the best so far. */
bool analysis_plot_path(struct analysis_figures *all, const struct analysis_path *path,
                        struct sim_error *err);

#endif
