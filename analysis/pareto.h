/* pareto.h -- which points no other one beats in two things at once. */
#ifndef ANALYSIS_PARETO_H
#define ANALYSIS_PARETO_H

#include "sim/base/arena.h"

#include <stdbool.h>

/* A point is on the front unless another is at least as good in both and better in one; equal points are on it together.
 * NaN: the point takes no part.  Writes the places of those on the front to `front` [count], in order of x and, of
 * equal ones, of place; returns how many there are. */
int analysis_pareto_front(const double *x, const double *y, int count, bool more_x, bool more_y,
                          int *front, struct sim_arena *arena);

#endif
