/* names.h -- names as people write and sort them. */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include <stddef.h>

/* The candidate that `word` was most likely meant to be; NULL when none is near.
 * Near is at most a third of the letters wrong (Levenshtein with transpositions). */
const char *sim_nearest_name(const char *word, const char *const *candidates, size_t count);

/* Natural order: node-2 before node-10.  Negative, zero or positive, as strcmp; a total order. */
int sim_natural_order(const char *a, const char *b);

#endif
