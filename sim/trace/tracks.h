/* tracks.h -- on which line of a viewer each interval is drawn.
 *
 * Viewers take the intervals of one line for calls in calls: they must nest.  What a peer's streams move
 * and add beside its own computing does not, so it gets lines of its own.  A peer that does one thing at a time has
 * one line. */
#ifndef SIM_TRACE_TRACKS_H
#define SIM_TRACE_TRACKS_H

#include "sim/trace/record.h"

struct sim_track {
    int peer;
    const char *name; /* the peer's, or "worker-3 sends", "worker-3 sends (2)" */
    double until;     /* end of its last interval */
    int next;         /* the peer's next line for the same kind of doing, or -1 */
};

/* Lines 0 to peer_count - 1 are the peers' own.  No two intervals of a line overlap. */
struct sim_tracks {
    struct sim_track *list;
    int count, room;
    const int *of_event; /* [event_count] */
};

/* `events`: in order of simulated time.  All of it lives in the arena. */
struct sim_tracks sim_tracks_of(const struct sim_record *record,
                                const struct sim_event *const *events, struct sim_arena *arena);

#endif
