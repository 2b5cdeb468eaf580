/* break_even.h -- where on a map of cells a value crosses its break-even.
 *
 * The line runs along the edges of cells: between two that were simulated nothing is known, so nothing is
 * interpolated.  Cells without a value (NaN) have no side, and no line beside them. */
#ifndef ANALYSIS_BREAK_EVEN_H
#define ANALYSIS_BREAK_EVEN_H

#include <stdbool.h>

/* A piece of the line, from (x, y) to (x + width, y + height); a cell is one wide and one high, with its
 * centre on its column and on where its row stands. */
struct analysis_edge {
    double x, y, width, height;
};

/* Is the value below that level?  As far off as rounding is, it is not. */
bool analysis_is_below(double value, double level);

/* The pieces between cells below the level and others, row by row: `values` are [rows][columns], rows
 * stand `at` ascending places and are neighbours when these are one apart.  `edges` has room for twice as
 * many as there are cells; returns how many there are. */
int analysis_break_even(const double *values, const double *at, int rows, int columns, double level,
                        struct analysis_edge *edges);

#endif
