/* fluid.h -- when flows end that share links: fairly (fair.h), each after a latency in which it takes no bandwidth.
 *
 * Pure mathematics: whoever uses it tells the time.  Times in seconds, sizes in bytes. */
#ifndef SIM_ENGINE_FLUID_H
#define SIM_ENGINE_FLUID_H

#include "sim/base/arena.h"

#include <stdbool.h>

struct fluid;
struct fluid_flow;

/* Where a flow goes; borrowed while it starts. */
struct fluid_way {
    double latency_seconds;
    double bytes_per_second; /* of its narrowest link */
    const int *links;        /* in any order; one that is crossed twice is named twice */
    int count;
};

struct fluid *fluid_open(struct sim_arena *arena, int links);

/* What all flows on a link share; a fat pipe, of which each flow may have all, is in bytes_per_second of their ways. */
void fluid_share(struct fluid *fluid, int link, double bytes_per_second);

/* A flow of weight 1 / latency (1 where there is none), as CM02 has it: `context` comes back when it has ended. */
struct fluid_flow *fluid_start(struct fluid *fluid, const struct fluid_way *way, double bytes,
                               double now, void *context);

/* When something changes next, if nothing starts before: call fluid_advance then.  INFINITY: never. */
double fluid_next(const struct fluid *fluid);

/* Go on to `now`, which must not be later than fluid_next but for rounding. */
void fluid_advance(struct fluid *fluid, double now);

/* The context of a flow that has ended and not been told yet, in the order in which they started; NULL: none.  The
 * flow is then no more. */
void *fluid_ended(struct fluid *fluid);

/* End a flow before its time; the bytes that it had still to move. */
double fluid_break_off(struct fluid *fluid, struct fluid_flow *flow, double now);

/* Bytes per second at this moment; 0 while it waits for its latency. */
double fluid_rate(const struct fluid_flow *flow);

#endif
