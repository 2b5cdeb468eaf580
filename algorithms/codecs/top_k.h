/* top_k.h -- the k numbers of largest magnitude: exactly, or by a threshold out of a sample.
 *
 * Zeros are never chosen, so fewer than k may come back.  Of equal magnitudes the earlier is chosen: the
 * choice is a function of the numbers (and of the sample's random stream).  No number may be NaN. */
#ifndef CODECS_TOP_K_H
#define CODECS_TOP_K_H

#include "sim/base/arena.h"
#include "sim/base/random.h"

#include <stddef.h>
#include <stdint.h>

struct top_k; /* workspace; lives in the arena; one choice at a time */

/* For vectors of at most `most` numbers (fewer than 2^32). */
struct top_k *top_k_open(struct sim_arena *arena, size_t most);

/* How many of `count` numbers are kept at that sparsity: (1 - sparsity) count, rounded, but at least one
 * of any.  The authors' code sends one element of the smallest tensors as well. */
size_t top_k_count(size_t count, double sparsity);

/* Places of the chosen, ascending, into `chosen` (room for k); returns how many. */
size_t top_k_exact(struct top_k *work, const double *values, size_t count, size_t k,
                   uint32_t *chosen);

/* Lin, Han, Mao, Wang, Dally, "Deep Gradient Compression", ICLR 2018 (hierarchical selection): of a sample of ceil(share count) numbers, the (k share)-th largest is the threshold; if more
 * than k reach it, the exact k of those are chosen.  So it is always the exact choice of some j <= k, ties
 * at the threshold included.  A sample that would hold less than one of the k is no sample: exact then. */
size_t top_k_sampled(struct top_k *work, const double *values, size_t count, size_t k, double share,
                     struct sim_random *random, uint32_t *chosen);

/* How many that chooses on average, of numbers that are all different: with a sample of m whose r-th largest is
 * the threshold, the share that reaches it is Beta(r, m - r + 1), so E[min(k, n Beta)], within one number.
 * It does not depend on what the numbers are: it serves runs without learning. */
double top_k_expected(size_t count, size_t k, double share);

#endif
