/* gathering.h -- who waits for a part of each request from several members, some of whom may die.
 *
 * What the dead have sent counts; what they have not is not waited for any more. */
#ifndef INFERENCE_GATHERING_H
#define INFERENCE_GATHERING_H

#include "algorithms/inference/shared/trail.h"

struct gathering {
    struct inf_request *request;
    const bool *has;     /* [members]: whose part has come */
    struct trail *trail; /* of the part that came last: its own */
    int missing;         /* parts that may still come */
    int phase;           /* the station's: 0 at first */
    bool *marks;         /* `has`, to be written to */
    struct gathering *next, **link;
};

struct gatherer {
    struct sim_arena *arena;
    struct trail_store *trails;
    int members, gone_count;
    bool *is_gone;                 /* [members] */
    struct gathering **of_request; /* [requests]; NULL: no part has come, or it is released */
    struct gathering *open, **end; /* in the order in which their first parts came */
    struct gathering *spare;
};

struct gatherer *gatherer_open(const struct sim_plan *plan, int members,
                               struct trail_store *trails);

/* The part of that member has come; its trail is the gathering's now.  Whole when `missing` is 0. */
struct gathering *gatherer_add(struct gatherer *gatherer, struct inf_request *request, int member,
                               struct trail *trail);

/* Nothing comes from that member any more. */
void gatherer_do_without(struct gatherer *gatherer, int member);

void gatherer_release(struct gatherer *gatherer, struct gathering *gathering);

/* Release the oldest of what is over. */
void gatherer_prune(struct gatherer *gatherer);

#endif
