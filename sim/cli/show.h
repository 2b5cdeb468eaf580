/* show.h -- words on an algorithm that `dmlsim show` and the generated documents share. */
#ifndef SIM_CLI_SHOW_H
#define SIM_CLI_SHOW_H

#include "sim/cli/command.h"

extern const char *const sim_workload_uses[]; /* by enum sim_workload_use */
const char *sim_request_use(const struct sim_algorithm *algorithm);

/* "exact", or how far simulation and theory may lie apart. */
const char *sim_law_nearness(const struct sim_law *law, struct sim_arena *arena);

#endif
