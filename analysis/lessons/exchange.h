/* exchange.h -- what crossed the network in a run, transfer by transfer, grouped by when: the steps of a figure. */
#ifndef ANALYSIS_LESSONS_EXCHANGE_H
#define ANALYSIS_LESSONS_EXCHANGE_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <jansson.h>

/* Adds to `system` (an object of that run):
 *   "seconds", "bytes", "messages", "card_bytes"   of its summary
 *   "ticks"   [[start, end, pattern, bytes], ..]: transfers of as many bytes that lasted from start to end
 * and to `patterns` what is not there yet: [from, to, from, to, ..], numbers of hosts. */
bool exchange_of_run(json_t *system, json_t *patterns, const json_t *summary, const char *folder,
                     struct sim_arena *arena, struct sim_error *err);

#endif
