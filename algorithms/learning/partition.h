/* partition.h -- who gets which samples: alike for all, or not.
 *
 * Every sample of `samples` goes to exactly one part.  The same arguments deal alike on every run.  Memory
 * is the arena's. */
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

#endif
