/* study.h -- `study:` in a scenario: many points, each the scenario with some keys set otherwise.
 *
 *     study:
 *       grid:                                   # every value of a key with every value of the others
 *         algorithm.workers: [2, 4, 8]
 *         algorithm: [{name: ring_allreduce}, {name: parameter_server, placement: colocated}]
 *       list:                                   # these combinations, each with the whole grid
 *         - {network: textbook}
 *         - {network: tcp, seed: 3}
 *
 * A mapping as a value is laid over what stands there, so one axis can move several keys. */
#ifndef SIM_STUDY_STUDY_H
#define SIM_STUDY_STUDY_H

#include "sim/scenario/scenario.h"

struct sim_study; /* opaque; lives in the arena it was read into */

enum { SIM_STUDY_MOST_POINTS = 1000 * 1000 };

/* Read scenario->study; complaints name the key. */
bool sim_study_read(struct sim_study **study, const struct sim_scenario *scenario,
                    struct sim_arena *arena, struct sim_error *err);

int sim_study_points(const struct sim_study *study);

/* What point `i` sets: "key=value" with dotted keys and single values, NULL-ended, in the arena. */
const char **sim_study_settings(const struct sim_study *study, int i, struct sim_arena *arena);

#endif
