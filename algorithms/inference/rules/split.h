/* split.h -- where to cut a network in two: the first layers on the device, the others on a server.
 *
 * Kang, Hauswald, Gao, Rovinski, Mudge, Mars, Tang, Neurosurgeon: Collaborative intelligence between the cloud and
 * mobile edge, ASPLOS 2017, Algorithm 1: all cuts are tried.  Pure functions of numbers; no peer in sight. */
#ifndef INFERENCE_RULES_SPLIT_H
#define INFERENCE_RULES_SPLIT_H

#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/workload/model.h"

/* Cut c of a network of n layers, 0 .. n: layers before c on the device; 0 sends the input, n sends nothing. */
struct split_cut {
    bool is_legal; /* one tensor crosses (or none: cut n) */
    int64_t bytes; /* of that tensor, for one sample */
};

/* The n + 1 cuts. */
const struct split_cut *split_cuts(struct sim_arena *arena, const struct sim_model *model);

/* The cut behind the layer of that name; -1, with a sentence that says which tensors would cross and where the next
 * cuts are, when there is no such layer or no cut behind it. */
int split_behind(const struct sim_model *model, const struct split_cut *cuts, const char *layer,
                 struct sim_error *err);

/* What whoever plans knows. */
struct split_view {
    int layers;
    const double *device_seconds, *server_seconds; /* [layers], of a request, both without load */
    const struct split_cut *cuts;                  /* [layers + 1] */
    int batch;                                     /* samples of a request */
    double up_bytes_per_second, up_latency_seconds;
    double down_bytes_per_second, down_latency_seconds;
    int64_t answer_bytes;
    double server_slowness;     /* K: by how much the server's load stretches it; 1: not */
    double server_wait_seconds; /* in its line */
    double device_watts;        /* while it computes; NaN: not known */
    double radio_watts;         /* while it sends or receives */
    double send_joules_per_byte, receive_joules_per_byte;
};

/* Latency of a request under a cut:
 *
 *     sum of device_i (i < c)  +  a + bytes_c / B  +  wait + K sum of server_i (i >= c)  +  a' + answer / B'
 *
 * and, for c = n, the first sum alone. */
double split_seconds(const struct split_view *view, int cut);

/* What the device spends on it: its watts for the first sum, its radio for the two transfers. */
double split_joules(const struct split_view *view, int cut);

/* The legal cut for which `cost` is least; of several, the first. */
int split_best(const struct split_view *view,
               double (*cost)(const struct split_view *view, int cut));

#endif
