/* collective.h -- private to sim/engine: one step of a collective, for those who run tables of steps. */
#ifndef SIM_ENGINE_COLLECTIVE_H
#define SIM_ENGINE_COLLECTIVE_H

#include "sim/engine/engine.h"

/* The place of the peer of that number in the group. */
int collective_place(const struct sim_group *group, int number);

/* Start what the step moves, in that lane; *send and *receive are NULL where it moves nothing. */
void collective_start(struct peer *peer, const struct sim_group *group, const struct sim_step *step,
                      const struct sim_buffer *buffer, int lane, struct sim_activity **send,
                      struct sim_activity **receive);

/* How much of something of that size the range is. */
int64_t collective_length(int64_t size, struct sim_range range);

/* What a step sends; the values as they are now. */
struct sim_message collective_message(struct engine *engine, const struct sim_buffer *buffer,
                                      const struct sim_step *step);

/* Put what arrived where the step says; `arrived` is the payload of its message. */
void collective_combine(struct engine *engine, const struct sim_buffer *buffer,
                        const struct sim_step *step, void *arrived);

/* What the addition of what arrived costs. */
double collective_flop(const struct sim_buffer *buffer, const struct sim_step *step);

/* Does it cost anything to add up what arrives in the lane? */
bool collective_adds(const struct sim_lane *lane);

#endif
