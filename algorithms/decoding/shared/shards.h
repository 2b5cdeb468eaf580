/* shards.h -- a target that lies on several devices: tensor parallelism in its layers, and stages of them in a row.
 *
 * The ranks of a stage share each of its layers and add up twice a layer, behind attention and behind the feed-forward part:
 * a ring all-reduce of rows x hidden numbers (Shoeybi et al., Megatron-LM, 2019, section 3).  A stage hands rows x hidden
 * numbers on to the next, rank by rank, and the last one sends the target's tokens back.
 *
 * The role `target` is rank 0 of stage 0; the role `shard` has the others, rank by rank and then stage by stage. */
#ifndef DECODING_SHARDS_H
#define DECODING_SHARDS_H

#include "algorithms/decoding/shared/decoding.h"

/* Who shares what; laid out by dec_prepare once the roles are cast. */
struct dec_shards {
    int ranks, stages;        /* t, p */
    struct sim_group *groups; /* [stages], of `ranks` peers each */
};

/* Cast the role `shard`, where there are others than the target itself. */
struct dec_shards *dec_shards_cast(struct sim_plan *plan, int ranks, int stages);

/* The target makes those steps one after the other, on all its devices; called by the role `target`. */
void dec_target_compute(struct sim_peer *me, struct dec_step *steps, int count);

/* Seconds of such a step, if nothing disturbs it: a closed form.  NaN where there is none: devices or ways between them are
 * not alike, or a buffer is not cut in equal parts. */
double dec_target_seconds(const struct sim_plan *plan, const struct dec_step *step);

void dec_act_as_shard(struct sim_peer *me);

#define DEC_SHARD                                                                                  \
    {                                                                                              \
        "shard", dec_act_as_shard, "another device of a target that lies on several"               \
    }

#endif
