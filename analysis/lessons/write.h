/* write.h -- numbers and texts of a lesson as a reader sees them, and as a reader gives them. */
#ifndef ANALYSIS_LESSONS_WRITE_H
#define ANALYSIS_LESSONS_WRITE_H

#include "analysis/lessons/bench.h"

#include <stdio.h>

/* "1.400 GB", "27.27 %", "7.968"; in the arena. */
const char *lesson_written(struct sim_arena *arena, double value, enum lesson_unit unit);

/* How a reader may give one: "bytes, as in 350MB"; no lesson's answer. */
const char *lesson_spelling(enum lesson_unit unit);

/* Read what a reader gave.  False, with a sentence that begins with `what`, where it is none. */
bool lesson_parse(const char *text, enum lesson_unit unit, const char *what, double *value,
                  struct sim_error *err);

/* What still is right, relative: whole numbers have to be exact, but for their last digits. */
double lesson_tolerance(const struct lesson_exercise *exercise);

/* Is the reader's value right, within that relative tolerance? */
bool lesson_is_right(double given, double answer, double tolerance);

/* A text with its numbers in place; in the arena. */
const char *lesson_filled(struct lesson_bench *bench, const char *text);

/* Print a paragraph, broken at blanks to lines of `width`, each line but the first behind `indent` blanks. */
void lesson_print_wrapped(FILE *out, const char *text, int width, int indent);

#endif
