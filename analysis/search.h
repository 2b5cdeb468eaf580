/* search.h -- looks for the least value of a function of a few coordinates: lists of values, and ranges.
 *
 * Pure: whoever asks gives the function.  A function is asked for many points at once where they do not depend on each
 * other, so that it can work on them side by side; it is asked for the same point more than once, and remembers. */
#ifndef ANALYSIS_SEARCH_H
#define ANALYSIS_SEARCH_H

#include "sim/base/arena.h"

#include <stdbool.h>

enum { ANALYSIS_MOST_COORDINATES = 12, ANALYSIS_EXHAUSTIVE_POINTS = 64 };

/* One coordinate of a point: the place in a list, 0 to count - 1, or, of a range, 0 to 1. */
struct analysis_coordinate {
    int count;       /* 0: a range */
    bool is_ordered; /* the list is a row of numbers: of a long one not all need to be looked at */
};

/* The values of `count` points in `values`, INFINITY where there is none.  A coordinate that is not chosen yet is NaN.
 * False: no more, the search shall end. */
typedef bool analysis_objective(void *context, double *const *points, int count, double *values);

/* A search, and what it found. */
struct analysis_search {
    const struct analysis_coordinate *coordinates;
    int count; /* at most ANALYSIS_MOST_COORDINATES */
    analysis_objective *objective;
    void *context;
    struct sim_arena *arena;

    double best[ANALYSIS_MOST_COORDINATES]; /* of those points that the method goes on from */
    double least;                           /* INFINITY: no point has a value */
    bool was_ended;                         /* by the objective */
};

/* How many points there are; INFINITY with a range among the coordinates. */
double analysis_search_points(const struct analysis_search *search);

/* Every combination; all coordinates are lists. */
void analysis_search_all(struct analysis_search *search);

/* One coordinate after the other: each list is tried with the others as they are; then the ranges, all together; again until
 * nothing gets better.  Finds a point that no change of a single list makes better. */
void analysis_search_in_turn(struct analysis_search *search);

/* The ranges of search->best, from the best of a coarse scan (several that have been searched before: from where they are): Brent's method for one (Brent, Algorithms for Minimization
 * without Derivatives, 1973), the simplex of Nelder and Mead (Computer Journal 7, 1965) for several, both GSL's, which must
 * not abort on errors (gsl_set_error_handler_off).  Part of analysis_search_in_turn. */
void analysis_search_ranges(struct analysis_search *search);

/* Ask for one point. */
double analysis_search_ask(struct analysis_search *search, const double *point);

/* A number anywhere, mirrored at 0 and 1 until it lies between them: 1.2 is 0.8. */
double analysis_search_fold(double number);

#endif
