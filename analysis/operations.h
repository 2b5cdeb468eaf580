/* operations.h -- what the stages of a pipeline did, as operations.csv and stages.csv of its run tell.
 *
 * A row is a peer: a stage, or a replica or a rank of one.  Rows are in the order of stage, replica, rank; the
 * operations of a row in the order in which they ended.  Seconds are simulated. */
#ifndef ANALYSIS_OPERATIONS_H
#define ANALYSIS_OPERATIONS_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

enum analysis_operation_kind {
    ANALYSIS_FORWARD,
    ANALYSIS_BACKWARD, /* with what is computed again before it */
    ANALYSIS_INPUT_GRADIENT,
    ANALYSIS_WEIGHT_GRADIENT,
    ANALYSIS_OPERATION_KINDS
};

struct analysis_operation {
    double begin, end;
    short kind, chunk;
    int microbatch, iteration;
};

/* NaN: stages.csv does not tell. */
struct analysis_stage_totals {
    double compute_seconds, wait_seconds, reduce_seconds, send_seconds; /* of all iterations */
    double weight_bytes, peak_memory_bytes;
};

struct analysis_operation_row {
    const char *peer;
    int stage, replica, rank;
    int count, room;
    struct analysis_operation *list;
    struct analysis_stage_totals totals;
};

struct analysis_operations {
    int row_count, row_room;
    struct analysis_operation_row *rows;
    int stages, replicas, ranks, chunks, microbatches,
        iterations; /* as many as there are numbers */
    bool has_kind[ANALYSIS_OPERATION_KINDS];
};

/* Is there an operations.csv with the columns that this needs? */
bool analysis_has_operations(const char *folder, struct sim_arena *arena);

bool analysis_operations_read(struct analysis_operations *all, const char *folder,
                              struct sim_arena *arena, struct sim_error *err);

/* How many operations of a row are of the first `iterations` iterations. */
int analysis_operations_until(const struct analysis_operation_row *row, int iterations);

/* Which share of each of `count` equal parts of [0, seconds] the first `operations` operations of a row take, by
 * kind: shares[part][kind]. */
void analysis_operation_shares(const struct analysis_operation_row *row, int operations,
                               double seconds, int count,
                               double (*shares)[ANALYSIS_OPERATION_KINDS]);

/* How long a row computes nothing in its first iteration, which lasts from `from` to `to` on the slowest row. */
struct analysis_waits {
    double warm_up; /* until its first backward pass begins */
    double steady;  /* from there until its last forward pass ends */
    double drain;   /* after both */
};

struct analysis_waits analysis_waits_of(const struct analysis_operation_row *row, double from,
                                        double to);

/* The shortest time between the end of an operation on one stage and the begin of the one on a neighbour that
 * waits for it (replica 0, rank 0, chunk 0, first iteration); NaN if there is none. */
double analysis_least_hop(const struct analysis_operations *all, struct sim_arena *arena);

#endif
