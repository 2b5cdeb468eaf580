/* table.h -- results on a terminal: from summaries, so that whoever has a summary.json can print one. */
#ifndef SIM_CLI_TABLE_H
#define SIM_CLI_TABLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* One run: time, bytes, messages, theory beside simulation, where the time went. */
void sim_print_summary(FILE *out, const json_t *summary, bool colours);

/* Several runs, a column each. */
void sim_print_comparison(FILE *out, const json_t *const *summaries, int count, bool colours);

struct sim_store;

/* The points of a study, a row each: what they set, time in theory and simulated, bytes. */
void sim_print_points(FILE *out, struct sim_store *store, bool colours);

#endif
