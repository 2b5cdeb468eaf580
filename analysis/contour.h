/* contour.h -- lines of equal value between the cells of a map, and at which values they go. */
#ifndef ANALYSIS_CONTOUR_H
#define ANALYSIS_CONTOUR_H

#include "analysis/break_even.h"

enum { ANALYSIS_MOST_LEVELS = 8 };

/* Round values strictly between `least` and `most`, in ascending order: three to six of them, multiples of 1, 2 or 5 times a
 * power of ten; where the scale is logarithmic (least above zero), of those 1, 2 and 5 times powers of ten, or powers of
 * ten alone if they are too many.  Returns how many there are; 0 where the two are equal. */
int analysis_contour_levels(double least, double most, bool is_log,
                            double levels[ANALYSIS_MOST_LEVELS]);

/* Where a surface through the middles of the cells has the value `level`, by marching squares: between neighbours it is
 * linear, or linear in its logarithm.  `values` and `at` as for analysis_break_even; NaN: no surface there.  Writes at most
 * 2 (rows - 1) (columns - 1) pieces, and returns how many there are. */
int analysis_contour(const double *values, const double *at, int rows, int columns, double level,
                     bool is_log, struct analysis_edge *pieces);

#endif
