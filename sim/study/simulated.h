/* simulated.h -- what is done in the child of a simulation; for simulate.c and nested.c. */
#ifndef SIM_STUDY_SIMULATED_H
#define SIM_STUDY_SIMULATED_H

#include "sim/study/simulate.h"

#include <stddef.h>
#include <stdio.h>

/* Memory that a process and its children share, all zero; NULL, with errno: there is none. */
void *simulated_share(size_t bytes);

/* sim_job: `context` is a struct sim_simulation.  Tells how it ended, and that it is to be started again if so. */
int simulated_job(void *context, FILE *reply, int terminal);

/* The same in a process that has simulated others on simulation->loaded: starts again by itself.  Tells nothing, and is
 * SIM_RUN_ELSEWHERE, where that is not possible as if it were the first. */
int simulated_next(struct sim_simulation *simulation, FILE *reply);

/* With that timing, for that reason. */
void simulated_begin_again(struct sim_again *again, enum sim_timing timing, const char *why);

/* Tell of one that cannot be read. */
void simulated_tell_wrong(const struct sim_error *err, FILE *reply);

double simulated_wall_now(void); /* seconds */

#endif
