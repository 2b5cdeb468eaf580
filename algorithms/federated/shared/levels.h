/* levels.h -- the whole model at several rates: what a part of it has, and which share of the clients holds it.
 *
 * Diao, Ding, Tarokh, HeteroFL, ICLR 2021: at rate r of each hidden layer of n channels ceil(r n) are kept.  With a
 * workload bytes are those of its layers, cut (sim/workload/slice.h), else those of the learner, cut
 * (algorithms/learning/slice.h). */
#ifndef FEDERATED_LEVELS_H
#define FEDERATED_LEVELS_H

#include "algorithms/federated/shared/federated.h"
#include "algorithms/learning/slice.h"

struct level {
    double rate;
    double last; /* share of the clients that are of this level or one before it */
    int64_t bytes;
    const struct sim_model *model;     /* NULL without a workload */
    const struct learner_slice *slice; /* NULL with learning off */
    double mac_share;                  /* of the learner's; 0 with learning off */
};

struct levels {
    int count;
    struct level at[FED_MOST_LEVELS];
};

/* Of those rates, in those proportions (none: all alike); false with a sentence that names algorithm.levels or
 * algorithm.level_shares. */
bool levels_open(struct sim_plan *plan, const struct fed *fed, const struct sim_numbers *rates,
                 const struct sim_numbers *shares, struct levels *levels, struct sim_error *err);

/* The level of place `at` of `of`, the first places being of the first level. */
int level_at(const struct levels *levels, double at, double of);

/* What the authors' program calls FLOPs of a sample: a multiplication and its addition are one, each tensor counts at
 * each place of the output, and layers with weights and offsets count twice (the offsets of the last layer not at
 * all).  From the table of a network of conv (offsets and batch norm in it), pool, and one fc at the end; 0 for others. */
double level_doubled_flop(const struct sim_model *model);

/* The same at that rate by the closed form, from the widths of the whole network:
 * 2 [sum of s^2 (k c_in c_out + c_out) + sum of 2 c_out s^2 + c_last classes], widths ceil(rate n). */
double level_doubled_form(const struct sim_model *whole, double rate);

#endif
