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

/* The same for a file, of at most that many bytes. */
bool sim_csv_load(struct sim_csv *csv, const char *path, size_t most_bytes, struct sim_arena *arena,
                  struct sim_error *err);

/* The fields of the next row, unquoted, and their number; empty lines are passed over.  *fields is NULL
 * behind the last row.  False, with a sentence, where quotes are wrong. */
bool sim_csv_row(struct sim_csv *csv, const char *const **fields, int *count);

/* Rows that there can be behind the one that was read last, at most: each has a letter at least. */
size_t sim_csv_most_rows(const struct sim_csv *csv);

/* The place of the column of that name in a head; -1 where there is none, or no head (NULL). */
int sim_csv_place(const char *const *head, int count, const char *name);

/* places[n] is where the head that was just read has names[n], -1 where it does not.  False, with a sentence, where it has
 * one twice, or another (`otherwise`: the end of the sentence, where no name is near). */
bool sim_csv_columns(const struct sim_csv *csv, const char *const *head, int count,
                     const char *const *names, int name_count, const char *otherwise, int *places);

#endif
