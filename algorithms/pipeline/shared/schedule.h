/* schedule.h -- a pipeline schedule as data: which operations each worker does, in which order.
 *
 * A model is cut in V = stages x chunks parts; part v lives on stage v mod stages, as its chunk v / stages.  A
 * stage has one or several replicas, its workers; micro-batch b is replica b mod R's, forward and backward alike
 * (PipeDream's round robin).  An operation waits for
 *
 *     F of part v:  F of part v - 1               B of part v:  B of part v + 1; of the last part: its own F
 *     W of part v:  its own B, where the backward pass is split in B (input gradient) and W (weight gradient)
 *
 * and for all operations before it on its worker.  Nothing here is simulated: see stage.c for who acts. */
#ifndef PIPELINE_SCHEDULE_H
#define PIPELINE_SCHEDULE_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdbool.h>

enum operation_kind {
    FORWARD,         /* F */
    BACKWARD,        /* B: gradients of inputs and of weights at once */
    INPUT_GRADIENT,  /* B, where it is split */
    WEIGHT_GRADIENT, /* W */
    OPERATION_KINDS
};

struct operation {
    short kind, chunk;
    int microbatch;
};

/* What one worker does in one iteration. */
struct order {
    int count, room;
    struct operation *operations;
};

struct schedule {
    struct sim_arena *arena;
    int stages, chunks;
    int microbatches; /* of all replicas together */
    bool is_split;    /* the backward pass is B and W */
    int workers;
    const int *replicas;     /* [stages] */
    const int *first_worker; /* [stages]: workers of a stage have numbers in a row */
    const int *stage_of;     /* [workers] */
    struct order *orders;    /* [workers] */
};

/* Without operations yet.  `replicas` of each stage are copied. */
struct schedule *schedule_new(struct sim_arena *arena, int stages, int chunks, int microbatches,
                              const int *replicas, bool is_split);

/* One worker, under writing by a generator: it speaks of its own micro-batches, 0 .. count - 1, which are
 * numbers replica, replica + R, ... of the schedule. */
struct desk {
    struct schedule *schedule;
    int stage, replica;
    int stages, count; /* P, and how many micro-batches are this worker's */
};

/* The next operation of that worker. */
void schedule_add(const struct desk *desk, enum operation_kind kind, int microbatch, int chunk);

/* What a system is to its executor: the order of each worker. */
typedef void schedule_order(const struct desk *desk);
void schedule_write(struct schedule *schedule, schedule_order *order);

/* ---- asking ---- */

int schedule_worker(const struct schedule *schedule, int part, int microbatch);
int schedule_part(const struct schedule *schedule, int worker, const struct operation *operation);

/* The part whose result `operation` waits for, from another worker or this one; -1: none.  *kind is what that part
 * does.  W's own B and the last part's own F are on the same worker, and not told here. */
int schedule_source(const struct schedule *schedule, int worker, const struct operation *operation,
                    enum operation_kind *kind);

/* "F3", "B0.1" (chunk 1, where there are several), "W7". */
const char *operation_name(const struct schedule *schedule, const struct operation *operation,
                           char text[24]);

/* Every part computes F and its backward pass once for each micro-batch, in an order that can come to its end.  If
 * not: false, with sentences that say which operation is missing or twice, or which wait for each other. */
bool schedule_check(const struct schedule *schedule, struct sim_error *err);

/* Most (micro-batch, chunk) pairs that a worker holds: F begun, backward pass (B where it is split) not over. */
int schedule_peak(const struct schedule *schedule, int worker);

/* The whole as text, a line a worker. */
const char *schedule_text(const struct schedule *schedule);

/* ---- how long it takes when nothing but operations and hops takes time ---- */

struct schedule_costs {
    double (*operation_seconds)(const void *context, int worker, const struct operation *operation);
    double (*hop_seconds)(const void *context, int from_worker, int to_worker, bool is_gradient);
    const void *context;
};

struct schedule_times {
    double seconds; /* until the last worker has done the last iteration */
    double
        iteration_seconds; /* mean over iterations of the longest worker's last end - first start */
    double busy_seconds;   /* of all workers, in all iterations */
};

/* The longest way through the graph of operations, `iterations` times one after the other: a worker begins an
 * iteration as soon as it has ended the one before.  The schedule has passed schedule_check. */
struct schedule_times schedule_time(const struct schedule *schedule,
                                    const struct schedule_costs *costs, int iterations);

#endif
