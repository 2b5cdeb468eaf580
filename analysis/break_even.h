/* break_even.h -- where on a map of cells a value crosses its break-even, and how colours diverge around that.
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

/* How values spread around a level: the factor (is_log, all positive) or the difference that the farther
 * one of the least and the most value is away.  Never none. */
struct analysis_divergence {
    double level, extent;
    bool is_log; /* half as much and twice as much are equally far */
};

struct analysis_divergence analysis_divergence_of(double least, double most, double level);

/* Where on a palette a value stands: 0.5 for the level, from 0 to 1 for what is no farther than the extent. */
double analysis_diverged(const struct analysis_divergence *divergence, double value);

/* What value stands there. */
double analysis_converged(const struct analysis_divergence *divergence, double place);

#endif
