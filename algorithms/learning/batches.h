/* batches.h -- mini-batches: every sample once an epoch, each epoch in a new order.
 *
 * The samples of step t depend on (seed, who, t) alone, so a step may be asked for again, or out of order:
 * N workers that take a batch each, or one that takes all of them, can see the same samples. */
#ifndef LEARNING_BATCHES_H
#define LEARNING_BATCHES_H

#include "algorithms/learning/data_set.h"

struct batches; /* opaque; lives in the arena */

/* Over `samples` (borrowed, at least one), in orders of `who`'s own. */
struct batches *batches_open(struct sim_arena *arena, struct sample_list samples, uint64_t seed,
                             uint32_t who);

/* The numbers first .. first + count - 1 of all epochs in a row, into `numbers`; step t of a batch of b
 * begins at t b.  A batch may end one epoch and begin the next. */
void batches_take(struct batches *batches, int64_t first, int count, int *numbers);

#endif
