/* csv.h -- reads the CSV files of a run directory, row by row, however long they are.
 *
 * Columns are found by name, so that a file may gain columns.  A damaged file is told of once, when it
 * is closed: loops over rows need no checks of their own. */
#ifndef ANALYSIS_CSV_H
#define ANALYSIS_CSV_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

struct analysis_csv; /* opaque; owns the open file, lives in the arena */

/* Open a file and read its head. */
struct analysis_csv *analysis_csv_open(const char *path, struct sim_arena *arena,
                                       struct sim_error *err);

/* The number of a column; if there is none, the file counts as damaged, and no row will follow. */
int analysis_csv_column(struct analysis_csv *csv, const char *name);

/* Is there such a file, and has it all those columns (NULL-ended)?  Tables that another algorithm gave the same name, and
 * other columns, are none of the caller's. */
bool analysis_csv_holds(const char *path, const char *const *columns, struct sim_arena *arena);

/* Is there such a column? */
bool analysis_csv_has(const struct analysis_csv *csv, const char *name);

/* Go to the next row; false at the end, and where the file is damaged. */
bool analysis_csv_next(struct analysis_csv *csv);

/* A field of the row; lives until the next row. */
const char *analysis_csv_text(const struct analysis_csv *csv, int column);
double analysis_csv_number(struct analysis_csv *csv, int column);
double analysis_csv_number_or_gap(struct analysis_csv *csv, int column); /* NaN if not finite */

/* Close it; false, with a sentence, if it was damaged. */
bool analysis_csv_close(struct analysis_csv *csv, struct sim_error *err);

#endif
