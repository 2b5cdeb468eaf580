/* study.h -- `study:` in a scenario: many points, each the scenario with some keys set otherwise.
 *
 *     study:
 *       grid:                                   # every value of a key with every value of the others
 *         algorithm.workers: [2, 4, 8]
 *         algorithm: [{name: ring_allreduce}, {name: parameter_server, placement: colocated}]
 *       linspace:                               # the same, in equal steps (whole: yes rounds them)
 *         algorithm.compute_seconds: {from: 10ms, to: 50ms, points: 5}
 *       logspace:                               # in steps of equal ratio
 *         platform.link[uplink].bandwidth: {from: 1MBps, to: 1000MBps, points: 7}
 *       list:                                   # these combinations, each with the whole grid
 *         - {network: textbook}
 *         - {network: tcp, iterations: 3}
 *       latin_hypercube:                        # or random, or sobol: points drawn from ranges, each with the grid
 *         points: 40
 *         seed: 7
 *         over:
 *           algorithm.gradient_bytes: {from: 1MB, to: 900MB, scale: log}
 *           algorithm.chunks: {from: 1, to: 16, whole: yes}
 *           network: [textbook, tcp]
 *       replications: 5                         # each of them with five seeds, from the scenario's on
 *
 * A mapping as a value is laid over what stands there, so one axis can move several keys. */
#ifndef SIM_STUDY_STUDY_H
#define SIM_STUDY_STUDY_H

#include "sim/scenario/scenario.h"

struct sim_study; /* opaque; lives in the arena it was read into */

/* Read scenario->study; complaints name the key. */
bool sim_study_read(struct sim_study **study, const struct sim_scenario *scenario,
                    struct sim_arena *arena, struct sim_error *err);

int64_t sim_study_points(const struct sim_study *study);

/* What point `i` sets: "key=value" with dotted keys and single values, NULL-ended, in the arena. */
const char **sim_study_settings(const struct sim_study *study, int64_t i, struct sim_arena *arena);

#endif
