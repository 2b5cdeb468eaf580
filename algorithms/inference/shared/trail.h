/* trail.h -- where the seconds of a request go that is in several places at once.
 *
 * Each part of it has a trail: when it was last seen, and the seconds of each stage until then.  Parts that part have a
 * copy each; who waits for several goes on with the trail of the last that came, because it is the one that was waited
 * for.  So the stages of the last trail of all add up to the latency, and tell of the longest way. */
#ifndef INFERENCE_TRAIL_H
#define INFERENCE_TRAIL_H

#include "algorithms/inference/shared/station.h"

struct trail {
    double at;
    double stages[INF_MOST_STAGES]; /* seconds */
    struct trail *next;             /* of those that nobody uses */
};

/* For all stations of a run; from the arena. */
struct trail_store {
    struct sim_arena *arena;
    struct trail *spare;
};

/* One that begins now; or, if `from` is not NULL, goes on from it. */
struct trail *trail_take(struct trail_store *store, double now, const struct trail *from);
void trail_give(struct trail_store *store, struct trail *trail);

/* The seconds since it was last seen are those of that stage. */
void trail_book(struct trail *trail, int stage, double now);

/* The same for a parcel that has just been computed: it stood in line, and then was computed. */
void trail_book_computed(struct trail *trail, const struct parcel *parcel, int wait_stage,
                         int stage, double now);

/* The stages of the request are those of its last trail. */
void trail_end(const struct trail *trail, struct inf_request *request);

#endif
