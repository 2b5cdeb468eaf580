/* sweep.h -- runs the points of a study, several at a time, each in a child process. */
#ifndef SIM_STUDY_SWEEP_H
#define SIM_STUDY_SWEEP_H

#include "sim/scenario/scenario.h"

/* What to sweep, and how; borrowed for the length of the call. */
struct sim_sweep {
    const char *path;            /* the scenario */
    const char *study;           /* JSON of a study; NULL: the scenario's own */
    const char *const *settings; /* laid over every point before the point's own */
    const struct sim_catalogue *catalogue;
    const char *out; /* the store */
    int jobs;        /* children at a time */
    bool shows_progress;
};

/* How it went. */
struct sim_sweep_result {
    int points, skipped, done, failed;
};

/* Simulate all points that the store does not have yet.  Returns the worst exit code of a point, 2 when
 * the study itself is wrong, SIM_INTERRUPTED after Ctrl-C; sentences in *err. */
int sim_sweep_run(const struct sim_sweep *asked, struct sim_sweep_result *result,
                  struct sim_arena *arena, struct sim_error *err);

#endif
