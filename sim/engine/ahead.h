/* ahead.h -- private to sim/engine: tables of steps that are followed ahead of the clock.
 *
 * Where every transfer is alone on its links, a step of two peers ends at the later of their two times plus the time of
 * the transfer, whatever the others do: times are a longest path through the graph of steps (max-plus), and no event
 * need pass for them.  So one peer follows the steps of all those that wait for it, as far as it can be known, and each
 * is woken at the end of its last one.  Spans on links (links.c) tell whether it was true that all were alone. */
#ifndef SIM_ENGINE_AHEAD_H
#define SIM_ENGINE_AHEAD_H

#include "sim/engine/engine.h"

/* One peer in a table of steps. */
struct runner {
    struct peer *peer;
    struct background
        *background; /* whose table it is; NULL: a collective that the peer waits for */
    double clock;
    int lane, phase; /* of its messages, and of its step */
    const struct sim_group *group;
    sim_steps *steps;
    const struct sim_buffer *buffer;
    struct sim_step step;
    int rank, s;
    bool is_ready, is_over;
    struct sim_activity send, receive; /* of the step */
    double added_flop;                 /* rounds.c */
    struct runner *next;               /* of those that are ready */
};

/* May this peer follow tables ahead of the clock, in which it adds up what it receives or not?  Else in *why, unless NULL,
 * what is in the way. */
bool ahead_may(const struct peer *peer, bool adds, const char **why);

/* Take part in a collective; the same as sim_collective. */
void ahead_collective(struct peer *peer, const struct sim_group *group, sim_steps *steps,
                      const struct sim_buffer *buffer);

/* Whoever can go on does, and peers that need wait no more are told. */
void ahead_follow(struct engine *engine);

/* That peer, which rests, is to go on; by ahead_follow. */
void ahead_wake(struct peer *peer);

/* What the runner waits for, for those who ask why it is stuck; NULL: for all others to begin. */
const struct sim_activity *ahead_waits_for(const struct runner *runner);

/* The other end of one of the runner's messages is there. */
void ahead_is_met(struct runner *runner);

/* Follow the steps of `runner` from its first on, when the time comes. */
void ahead_begin(struct runner *runner);

/* Its last step ended at its clock. */
void ahead_is_over(struct runner *runner);

/* rounds.c: wait for all members if they do alike; false: they do not, or that cannot be used.  When the last has come
 * all follow the steps, or, if that is not exact, are given to ahead_begin. */
bool rounds_join(struct runner *runner);

/* After the run: those of which somebody never came. */
void rounds_close(struct engine *engine);

#endif
