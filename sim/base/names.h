/* names.h -- names as people write and sort them. */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include "sim/base/arena.h"

#include <stddef.h>

/* The candidate that `word` was most likely meant to be; NULL when none is near.
 * Near is at most a third of the letters wrong (Levenshtein with transpositions). */
const char *sim_nearest_name(const char *word, const char *const *candidates, size_t count);

/* The end of a sentence about an unknown word: "; did you mean 'node-10'?", or `otherwise` when nothing
 * is near. */
const char *sim_did_you_mean(struct sim_arena *arena, const char *word,
                             const char *const *candidates, size_t count, const char *otherwise);

/* Natural order: node-2 before node-10.  Negative, zero or positive, as strcmp; a total order. */
int sim_natural_order(const char *a, const char *b);

#endif
