/* events.h -- events.csv of a run in memory, for figures that are gone through step by step. */
#ifndef ANALYSIS_LESSONS_EVENTS_H
#define ANALYSIS_LESSONS_EVENTS_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

struct lesson_event {
    double start, end;
    const char *peer, *host, *phase, *kind, *other_peer, *other_host; /* "" where there is none */
    double bytes;
};

struct lesson_events {
    struct lesson_event *list; /* in order of start */
    int count;
};

/* All intervals of a run that was traced in full. */
bool lesson_events_read(struct lesson_events *events, const char *folder, struct sim_arena *arena,
                        struct sim_error *err);

/* A message from one host to another: under way from `start`, there at `end`. */
struct lesson_move {
    double start, end, bytes;
    int from, to;         /* numbers in the names of the hosts */
    bool from_is_like_to; /* the peers have the same role */
};

/* All messages between hosts, the first of two peers' sends being the first of their receives: a row of events.csv says
 * when a peer waited for a message, which may have been under way before, or wait for the receiver. */
int lesson_moves(const struct lesson_events *events, struct lesson_move **moves,
                 struct sim_arena *arena);

/* The number at the end of a name: 12 of "node-12"; -1 where there is none. */
int lesson_number_in_name(const char *name);

#endif
