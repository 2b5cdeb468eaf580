/* grid.h -- the simulations that the sliders of a page move among. */
#ifndef ANALYSIS_LESSONS_GRID_H
#define ANALYSIS_LESSONS_GRID_H

#include "analysis/lessons/lesson.h"
#include "sim/scenario/scenario.h"

/* Run both systems at every combination of the axes, and put what they say in *points (owned by who asked):
 *   {"patterns": [..], "points": [[system, system], ..]}, the last axis fastest; a system is as exchange.h has it.
 * 0, or an exit code with a sentence. */
int grid_run(const struct lesson_grid *grid, const struct sim_catalogue *catalogue,
             const char *folder, struct sim_arena *arena, json_t **points, struct sim_error *err);

#endif
