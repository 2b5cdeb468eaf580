/* user_schedule.h -- a schedule of the user's own, as a CSV file: stage, operation, microbatch (and chunk).
 *
 *     stage,operation,microbatch
 *     0,F,0
 *     0,F,1
 *     0,B,0
 *
 * Each stage does its rows in the order of the file.  Operations are F, B and, where the backward pass is split, W
 * (then B is the gradient of the input). */
#ifndef PIPELINE_USER_SCHEDULE_H
#define PIPELINE_USER_SCHEDULE_H

#include "algorithms/pipeline/shared/schedule.h"

/* Into a schedule without operations, for every replica of a stage alike.  A file with a W makes it split.  False,
 * with a sentence that names the line, where the file is none. */
bool user_schedule_read(struct schedule *schedule, const char *path, struct sim_error *err);

#endif
