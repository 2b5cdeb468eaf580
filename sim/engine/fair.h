/* fair.h -- how flows share links: weighted max-min fairness, as CM02 (SimGrid's model for `textbook`) defines it.
 *
 * Pure mathematics: no time, no SimGrid.  The level of all flows rises from 0; a flow of weight w has rate
 * w x level until it reaches its cap, or until one of its links is full.  The result is the one allocation in
 * which no rate / weight can grow without lowering one that is smaller already.  (Bertsekas and Gallager, Data
 * Networks, 1987, 6.5.2, with weights; SimGrid calls 1 / weight the penalty of a flow.)
 *
 * Only flows that are linked to a change by shared links are looked at again. */
#ifndef SIM_ENGINE_FAIR_H
#define SIM_ENGINE_FAIR_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A flow's place on a link. */
struct fair_use {
    int link, place;
    int times; /* that the route crosses it */
};

/* The first `shared` of its uses are of links that others use, too. */
struct fair_flow {
    double rate;  /* bytes per second, as it is until it is told again */
    double share; /* as found last */
    double weight, cap;
    int64_t mark;
    bool is_fixed;
    int shared, count;
    struct fair_use *uses;
};

struct fair_net;

/* `links` links, which have no capacity until they are given one. */
struct fair_net *fair_open(struct sim_arena *arena, int links);

/* Bytes per second that all flows on the link share.  Links that hinder nobody beyond a cap of his own (fat
 * pipes) get none, and must not be in a flow's uses. */
void fair_set_capacity(struct fair_net *net, int link, double bytes_per_second);
double fair_capacity(const struct fair_net *net, int link);

/* A flow comes, with weight and cap > 0, uses of different links, and rate 0; or goes.  Rates do not change yet. */
void fair_add(struct fair_net *net, struct fair_flow *flow);
void fair_remove(struct fair_net *net, struct fair_flow *flow);

/* Has any come or gone since the last fair_solve? */
bool fair_has_changed(const struct fair_net *net);

/* Find `share` of all flows that what came and went may have changed; these in *flows until the next call. */
int fair_solve(struct fair_net *net, struct fair_flow ***flows);

/* A copy of the list with twice the room, a few at least; an arena frees nothing before its end. */
void *fair_grown(struct sim_arena *arena, const void *old, size_t size, int *room);

#endif
