#include "algorithms/inference/shared/trail.h"

#include <string.h>

struct trail *trail_take(struct trail_store *store, double now, const struct trail *from)
{
    struct trail *trail = store->spare;

    if (trail != NULL)
        store->spare = trail->next;
    else
        trail = sim_new(store->arena, struct trail, 1);
    *trail = (struct trail){.at = now};
    if (from != NULL)
        *trail = *from;
    trail->next = NULL;
    return trail;
}

void trail_give(struct trail_store *store, struct trail *trail)
{
    trail->next = store->spare;
    store->spare = trail;
}

void trail_book(struct trail *trail, int stage, double now)
{
    trail->stages[stage] += now - trail->at;
    trail->at = now;
}

void trail_book_computed(struct trail *trail, const struct parcel *parcel, int wait_stage,
                         int stage, double now)
{
    trail_book(trail, wait_stage, parcel->moving_since);
    trail_book(trail, stage, now);
}

void trail_end(const struct trail *trail, struct inf_request *request)
{
    memcpy(request->stages, trail->stages, sizeof trail->stages);
}
