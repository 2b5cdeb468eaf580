/* table.h -- results on a terminal: from summaries, so that whoever has a summary.json can print one. */
#ifndef SIM_CLI_TABLE_H
#define SIM_CLI_TABLE_H

#include "sim/base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* One run: time, bytes, messages, theory beside simulation, where the time went. */
void sim_print_summary(FILE *out, const json_t *summary, bool colours);

/* Several runs, a column each. */
void sim_print_comparison(FILE *out, const json_t *const *summaries, int count, bool colours);

struct sim_store;

/* The points of a study, a row each: what they set, time in theory and simulated, bytes.  False, with a sentence, if the
 * store is damaged.  `only`: an object whose keys are hashes of points; NULL: all. */
bool sim_print_points(FILE *out, struct sim_store *store, const json_t *only, bool colours,
                      struct sim_error *err);

#endif
