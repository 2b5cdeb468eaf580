/* shards.h -- a target that lies on several devices: tensor parallelism in its layers, and stages of them in a row.
 *
 * Ranks of a stage share each layer and add up twice a layer (an all-reduce of rows x hidden numbers, Shoeybi et al.,
 * Megatron-LM, 2019); stages pass rows x hidden numbers on.  The role `target` is rank 0 of stage 0; the role `shard` has the
 * others, rank by rank, stage by stage. */
#ifndef DECODING_SHARDS_H
#define DECODING_SHARDS_H

#include "algorithms/decoding/shared/decoding.h"

/* The target makes those steps one after the other, on all its devices; called by the role `target`. */
void dec_target_compute(struct sim_peer *me, const struct dec_step *steps, int count);

/* Seconds of such a step, if nothing disturbs it: a closed form.  NaN where there is none. */
double dec_target_seconds(const struct sim_plan *plan, const struct dec_step *step);

void dec_act_as_shard(struct sim_peer *me);

#define DEC_SHARD                                                                                  \
    {                                                                                              \
        "shard", dec_act_as_shard, "another device of a target that lies on several"               \
    }

#endif
