/* partition.h -- who gets which samples: alike for all, or not.
 *
 * Every sample of `samples` goes to exactly one part, but for partition_dominant_label, which may leave some
 * to nobody.  The same arguments deal alike on every run.  Memory is the arena's. */
#ifndef LEARNING_PARTITION_H
#define LEARNING_PARTITION_H

#include "algorithms/learning/data_set.h"

/* Shuffled, then cut; the first count % parts are one sample longer.  More parts
 * than samples are refused with a sentence, here and below. */
bool partition_iid(struct sim_arena *arena, struct sample_list samples, int parts, uint64_t seed,
                   struct partition *partition, struct sim_error *err);

/* Sorted by label, cut in parts x shards_per_part shards of equal size (within one), each part dealt so
 * many: a part sees few labels.  McMahan et al., AISTATS 2017, section 3: 2 shards each. */
bool partition_label_shards(struct sim_arena *arena, const struct data_set *set,
                            struct sample_list samples, int parts, int shards_per_part,
                            uint64_t seed, struct partition *partition, struct sim_error *err);

/* Each label's samples are dealt by shares from a Dirichlet of that concentration (Yurochkin et al., ICML
 * 2019): small is unlike, large is alike.  Drawn anew until no part is empty; a sentence after 1,000. */
bool partition_dirichlet(struct sim_arena *arena, const struct data_set *set,
                         struct sample_list samples, int parts, double concentration, uint64_t seed,
                         struct partition *partition, struct sim_error *err);

/* ---- unequal sizes ---- */

/* Sizes of `parts` parts of `count` samples in all, by a power law: the part of rank r = 1, 2, ... has one
 * sample, and of the count - parts others a share that falls as r^-exponent (Zipf); ranks are dealt at random.
 * 0 is equal sizes, within one.  Rounded by largest remainders.  NULL with a sentence for fewer samples than
 * parts, or an exponent below 0. */
const int *partition_power_law(struct sim_arena *arena, int count, int parts, double exponent,
                               uint64_t seed, struct sim_error *err);

/* Shuffled, then cut to those sizes, whose sum is samples.count. */
void partition_sized(struct sim_arena *arena, struct sample_list samples, int parts,
                     const int *sizes, uint64_t seed, struct partition *partition);

/* `share` of each part is of one label, drawn at random for it; the rest is dealt evenly over the other labels
 * (Zhang, Lin, Zhang, "A Multi-Agent Reinforcement Learning Approach for Efficient Client Selection in
 * Federated Learning", AAAI 2022: 0.8).  A part of n samples has round(share n) of its label.  `sizes` as of
 * partition_power_law; NULL: equal.
 *
 * Labels drawn at random ask for more of some label than there is.  All sizes are then made smaller by one
 * factor, until each label has enough, and the other samples go to nobody: shares stay exact, and no sample
 * is dealt twice.  A sentence for a share outside 0 .. 1, for samples of one label only, for
 * fewer samples than parts, and where a part would have none left. */
bool partition_dominant_label(struct sim_arena *arena, const struct data_set *set,
                              struct sample_list samples, int parts, const int *sizes, double share,
                              uint64_t seed, struct partition *partition, struct sim_error *err);

#endif
