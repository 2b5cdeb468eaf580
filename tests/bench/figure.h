/* figure.h -- a number, or all that is known of one: what was ended early takes longer than that. */
#ifndef TESTS_BENCH_FIGURE_H
#define TESTS_BENCH_FIGURE_H

#include <stdbool.h>

/* The number is that, or larger, or smaller. */
enum figure_is { EXACT, MORE, LESS };

struct figure {
    double value; /* NaN: nothing is known */
    enum figure_is is;
};

struct figure figure_exact(double value);
struct figure figure_unknown(void);
bool figure_is_known(struct figure figure);

/* Of positive numbers; of two bounds that pull apart nothing is known. */
struct figure figure_quotient(struct figure a, struct figure b);
struct figure figure_smaller(struct figure a, struct figure b);

enum bench_bound { AT_LEAST, AT_MOST };
enum verdict { MISSED, MET, UNDECIDED };

/* A bound decides only where every number beyond it would.  What nobody measured meets nothing. */
enum verdict figure_meets(struct figure figure, enum bench_bound bound, double limit);

/* Aligned to the right; "> 265" and "< 559" are bounds, "-" is nothing. */
void figure_print(struct figure figure, int width, int decimals);

#endif
