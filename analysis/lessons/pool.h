/* pool.h -- several simulations at a time, each in a child process, each with a run directory of its own. */
#ifndef ANALYSIS_LESSONS_POOL_H
#define ANALYSIS_LESSONS_POOL_H

#include "sim/scenario/scenario.h"

/* One simulation: what is asked, and what came back. */
struct pool_job {
    const char *scenario;              /* path */
    const char *const *settings;       /* "key=value", NULL-ended */
    const char *const *other_settings; /* laid over those, or NULL */
    const char *folder;                /* is made; holds the run directory's files */
    json_t *summary;                   /* owned by who asked */
};

/* Run all jobs.  `done` (or NULL) is called when one has ended, as soon as it has.  0, or the exit code of the first that
 * went wrong, with its sentence; the others are ended then. */
int pool_run(struct pool_job *jobs, int count, const struct sim_catalogue *catalogue,
             void (*done)(void *own, struct pool_job *job), void *own, struct sim_error *err);

#endif
