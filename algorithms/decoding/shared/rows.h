/* rows.h -- rows of probabilities that were worked out once, within a bounded memory.
 *
 * A row has a key, and is found by it until the memory is needed for another.  A row that somebody holds stays where it
 * is, however many there are: whoever hands a row out holds it for as long as its reader may look. */
#ifndef DECODING_ROWS_H
#define DECODING_ROWS_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROWS_NONE = -1 };

struct rows; /* opaque; lives in the arena */

/* Rows of `length` numbers; beyond `most_bytes` (but for a few) those that nobody holds and that were not asked for of late
 * make room. */
struct rows *rows_open(int length, size_t most_bytes, struct sim_arena *arena);

/* The place of the row of that key; held once more.  *is_new: it is yet to be written. */
int rows_hold(struct rows *rows, uint64_t key, bool *is_new);

/* A row without a key; held. */
int rows_hold_blank(struct rows *rows);

void rows_release(struct rows *rows, int place);

/* The numbers of a held row; they do not move. */
double *rows_at(struct rows *rows, int place);

/* A number that goes with it, to be written with the row. */
double *rows_remark(struct rows *rows, int place);

int rows_count(const struct rows *rows); /* rows that there is memory for by now */

#endif
