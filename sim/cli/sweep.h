/* sweep.h -- what the files of dmlsim sweep know of each other. */
#ifndef SIM_CLI_SWEEP_H
#define SIM_CLI_SWEEP_H

#include "sim/cli/command.h"
#include "sim/study/sweep.h"

/* --slurm: share out among a job array what the store lacks.  The exit code. */
int sim_sweep_submit(const struct sim_call *call, const struct sim_sweep *sweep);

/* --collect: take in what the tasks of --slurm have left; exit code 1 when points are missing after that. */
int sim_sweep_collect(const struct sim_call *call, const struct sim_sweep *sweep);

#endif
