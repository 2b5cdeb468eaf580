/* results.h -- the points of a store as a table with a column for everything: what was set, how it ended, all numbers at
 * the top of the summary, metrics, and each law's theory and error.
 *
 * Quantities are numbers in bytes, seconds, flop, joules and their ratios, however the study spells them.  A condition
 * is an expression of SQL over the columns; a key's last part ("workers") will do where only one column ends so, and
 * keys of the scenario that the study does not set can be asked for, too. */
#ifndef SIM_STUDY_RESULTS_H
#define SIM_STUDY_RESULTS_H

#include "sim/study/store.h"

struct sim_results; /* opaque; lives in memory */

/* The table of all points of a store; NULL with a sentence. */
struct sim_results *sim_results_open(struct sim_store *store, struct sim_arena *arena,
                                     struct sim_error *err);
void sim_results_close(struct sim_results *results); /* NULL is allowed */

/* Names of the columns, NULL-ended. */
const char *const *sim_results_columns(const struct sim_results *results);

/* The points for which `where` holds (NULL: all), in order: an array of objects, column to number, text or null; and
 * "hash" of each.  NULL, with a sentence, where the condition is none. */
json_t *sim_results_select(struct sim_results *results, const char *where, struct sim_error *err);

#endif
