/* csv.h -- comma-separated values as RFC 4180 has them. */
#ifndef SIM_CSV_H
#define SIM_CSV_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdio.h>

/* ---- writing ---- */

/* A field, quoted if it needs to be. */
void sim_csv_text(FILE *file, const char *text);

/* A short decimal that reads back as the same double: files are compared byte for byte. */
void sim_csv_number(FILE *file, double value);

/* ---- reading ---- */

/* A text under reading; lives where the caller puts it, borrows the text. */
struct sim_csv {
    const char *path; /* names the text in sentences */
    const char *at, *end;
    int line;      /* in which the row that was read last begins, from 1 */
    int next_line; /* in which `at` stands */
    struct sim_arena *arena;
    struct sim_error *err;
};

/* Begin to read `text`, past lines at its head that begin with '#': comments.  Refuses what is no UTF-8. */
bool sim_csv_open(struct sim_csv *csv, const char *path, const char *text, size_t length,
                  struct sim_arena *arena, struct sim_error *err);

/* The fields of the next row, unquoted, and their number; empty lines are passed over.  *fields is NULL
 * behind the last row.  False, with a sentence, where quotes are wrong. */
bool sim_csv_row(struct sim_csv *csv, const char *const **fields, int *count);

/* The place of the column of that name in a head; -1 where there is none, or no head (NULL). */
int sim_csv_place(const char *const *head, int count, const char *name);

#endif
