/* bench.h -- the runs of a lesson, made now, each in a child process, and the numbers that they say.
 *
 * Where a number stands in a run:
 *   "simulated_seconds", "busiest_card/bytes", "scenario/algorithm/acceptance/0"   a path into summary.json
 *   "laws/bytes on the network/theory"                                            a law, by its quantity
 *   "stages.csv max weight_bytes stage=0 replica=0"     a column of a table: max, min, sum, mean, median, count, or row:N of the
 *                                                       rows in which other columns are so; "peer=node-*" is a beginning,
 *                                                       and columns joined by + are added up, row by row
 *
 * The first complaint stays; all that is asked afterwards is NaN. */
#ifndef ANALYSIS_LESSONS_BENCH_H
#define ANALYSIS_LESSONS_BENCH_H

#include "analysis/lessons/lesson.h"
#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/scenario/scenario.h"

/* Runs are made in a private folder, which lesson_bench_close removes.  NULL with a sentence. */
struct lesson_bench *lesson_bench_open(const struct lesson *lesson,
                                       const struct sim_catalogue *catalogue,
                                       struct sim_arena *arena, struct sim_error *err);
void lesson_bench_close(struct lesson_bench *bench); /* NULL is allowed */

/* Make the runs of the lesson, those of its exercises too if asked, and its grid if asked; several at a time.  False: as
 * lesson_bench_code says. */
bool lesson_bench_run(struct lesson_bench *bench, bool with_exercises, bool with_grid);

/* 0, or the exit code of what went wrong first; its sentence is in the `err` of lesson_bench_open. */
int lesson_bench_code(const struct lesson_bench *bench);

/* The number of that name, in base units. */
double lesson_value(struct lesson_bench *bench, const char *name);
enum lesson_unit lesson_unit_of(const struct lesson_bench *bench, const char *name);

/* What stands there in a run, without a number's name. */
double lesson_look(struct lesson_bench *bench, const char *run, const char *where);

/* The folder with the files of a run, for those who draw them. */
const char *lesson_folder(struct lesson_bench *bench, const char *run);

struct sim_arena *lesson_arena(const struct lesson_bench *bench);
const struct lesson *lesson_of(const struct lesson_bench *bench);

/* A complaint; the code is 2.  Always NULL. */
json_t *lesson_fail(struct lesson_bench *bench, const struct sim_error *err);

/* Of a grid that was run: [{"at": [0, 1, ..], "systems": [{"seconds", "bytes", ...}, ..]}]; owned by the bench. */
const json_t *lesson_grid_points(const struct lesson_bench *bench);

#endif
