/* background.h -- private to sim/engine: a stream whose lanes are followed ahead of the clock (ahead.h), one after the other.
 *
 * Its peer computes or waits in the meantime, so what its time was spent on is known only when it waits: until then the
 * ends of transfers are kept in a log. */
#ifndef SIM_ENGINE_BACKGROUND_H
#define SIM_ENGINE_BACKGROUND_H

#include "sim/engine/ahead.h"

struct background;

struct background *background_open(struct peer *peer);

void background_add(struct background *background, const struct sim_lane *lane);

/* Lanes that have ended by the peer's time. */
int background_ended(const struct background *background);

/* Wait for the first `count` of all lanes that were ever added. */
void background_wait(struct background *background, int count);

int background_added(const struct background *background);

/* The peer is about to compute: ends the run, which is then simulated otherwise, if it adds up something beside. */
void background_must_rest(const struct peer *peer);

/* For ahead.c: a step has ended, and its transfers are to be logged; what it received was added up until the runner's clock;
 * the table has ended, and if there is another one, the runner is set to its first step. */
void background_step_ended(struct background *background);
void background_added_up(struct background *background, double flop, double begin);
bool background_table_ended(struct background *background);

#endif
