/* units.h -- a model cut in units: some layers in a row, whose parameters are gathered, computed and reduced as
 * one.  FSDP's word (Zhao et al., VLDB 2023, section 3.2.1). */
#ifndef DATA_PARALLEL_UNITS_H
#define DATA_PARALLEL_UNITS_H

#include "sim/peer.h"
#include "sim/workload/model.h"

struct unit {
    int64_t bytes;               /* G_u, of its parameters or of their gradients */
    int first_layer, last_layer; /* with a workload */
};

/* They live in the plan's arena. */
struct units {
    struct unit *all;
    int count;     /* U, at least one */
    int64_t bytes; /* G, of all */
};

/* Layers in a row until a unit has `least_bytes`; those without parameters belong to the unit before, and to the first
 * those before it, too. */
struct units units_by_layers(const struct sim_plan *plan, int bytes_per_number,
                             int64_t least_bytes);

/* Equal parts, but for one byte, of a model without layers. */
struct units units_evenly(const struct sim_plan *plan, int64_t bytes, int count);

/* What unit u computes.  Without a workload all units compute alike, a third of `compute_seconds` forward. */
double unit_flop(const struct sim_peer *me, const struct units *units, int u, enum sim_pass pass,
                 double compute_seconds);

/* The seconds of that on the host of a peer that does nothing else. */
double unit_seconds(const struct sim_plan *plan, int peer, const struct units *units, int u,
                    enum sim_pass pass, double compute_seconds);

#endif
