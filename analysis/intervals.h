/* intervals.h -- the intervals of events.csv, peer by peer, and how to make fewer of them. */
#ifndef ANALYSIS_INTERVALS_H
#define ANALYSIS_INTERVALS_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

enum { ANALYSIS_KINDS = 5, ANALYSIS_MOST_PHASES = 64 };

/* "compute", "send", "receive", "wait", "idle": the kinds that events.csv knows. */
extern const char *const analysis_kinds[ANALYSIS_KINDS];

/* What a peer can do at once is drawn on tracks of its row. */
enum analysis_track { ANALYSIS_OWN, ANALYSIS_SENDS, ANALYSIS_RECEIVES, ANALYSIS_TRACKS };

struct analysis_interval {
    double begin, end;
    short kind, phase;
};

/* One row of a Gantt chart, in order of begin, without intervals of no length; streams make them overlap. */
struct analysis_lane {
    struct analysis_interval *list;
    int count, room;
};

struct analysis_trace {
    const char *phases[ANALYSIS_MOST_PHASES]; /* in order of first use */
    int phase_count;
    struct analysis_lane *lanes; /* [lane_count] */
    int lane_count;
    long interval_count; /* in all lanes */
};

struct analysis_rows; /* plot.h */

/* Read the events of the peers that `rows` shows; `names[peer]` are the peers' names. */
bool analysis_trace_read(struct analysis_trace *trace, const char *path,
                         const struct analysis_rows *rows, const char *const *names,
                         struct sim_arena *arena, struct sim_error *err);

/* Does it do several things at once? */
bool analysis_lane_overlaps(const struct analysis_lane *lane);

/* What one track of the row shows; what overlaps there, too, is joined. */
struct analysis_lane analysis_lane_track(const struct analysis_lane *lane,
                                         enum analysis_track track, struct sim_arena *arena);

/* The same lane with intervals of at least `least` seconds: runs of shorter ones become one interval of
 * the kind that takes most of it, then neighbours of one kind are joined. */
struct analysis_lane analysis_lane_thinned(const struct analysis_lane *lane, double least,
                                           struct sim_arena *arena);

/* The phases of a lane: neighbours of one phase are joined, whatever their kind.  What happens beside a
 * computation is of no account. */
struct analysis_lane analysis_lane_phases(const struct analysis_lane *lane,
                                          struct sim_arena *arena);

#endif
