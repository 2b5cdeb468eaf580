/* tables.h -- one number out of a table of a run directory. */
#ifndef ANALYSIS_LESSONS_TABLES_H
#define ANALYSIS_LESSONS_TABLES_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

/* "FILE.csv WHAT COLUMN[+COLUMN..] [COLUMN=VALUE]..", as bench.h says; NaN, with a sentence, where the table or a column
 * is missing; NaN where no row is meant. */
double lesson_table_number(const char *folder, const char *where, struct sim_arena *arena,
                           struct sim_error *err);

#endif
