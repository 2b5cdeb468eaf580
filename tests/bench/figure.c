/* figure.c -- bounds: how they divide, which is smaller, what they decide. */
#include "tests/bench/figure.h"

#include <math.h>
#include <stdio.h>

struct figure figure_exact(double value)
{
    return (struct figure){value, EXACT};
}

struct figure figure_unknown(void)
{
    return figure_exact(NAN);
}

bool figure_is_known(struct figure figure)
{
    return !isnan(figure.value);
}

static enum figure_is opposite(enum figure_is is)
{
    return is == MORE ? LESS : is == LESS ? MORE : EXACT;
}

/* More than a, divided by more than b, may be anything. */
struct figure figure_quotient(struct figure a, struct figure b)
{
    const enum figure_is of_b = opposite(b.is);

    if (a.is != EXACT && of_b != EXACT && a.is != of_b)
        return figure_unknown();
    return (struct figure){a.value / b.value, a.is != EXACT ? a.is : of_b};
}

/* `known` and what nobody knows: the smaller one is `known`, or still smaller. */
static struct figure smaller_of_one(struct figure known)
{
    return known.is == MORE ? figure_unknown() : (struct figure){known.value, LESS};
}

struct figure figure_smaller(struct figure a, struct figure b)
{
    struct figure smaller, larger;

    if (!figure_is_known(a) || !figure_is_known(b))
        return figure_is_known(a)   ? smaller_of_one(a)
               : figure_is_known(b) ? smaller_of_one(b)
                                    : figure_unknown();
    smaller = a.value <= b.value ? a : b;
    larger = a.value <= b.value ? b : a;
    if (smaller.is == MORE && larger.is == LESS)
        return (struct figure){larger.value, LESS}; /* both bounds hold; one is told */
    if (smaller.is == EXACT && larger.is == LESS)
        return (struct figure){smaller.value, LESS};
    return smaller;
}

enum verdict figure_meets(struct figure figure, enum bench_bound bound, double limit)
{
    const enum figure_is good = bound == AT_LEAST ? MORE : LESS;
    const bool met = bound == AT_LEAST ? figure.value >= limit : figure.value <= limit;

    if (figure.is == EXACT || !figure_is_known(figure))
        return met ? MET : MISSED;
    if (met)
        return figure.is == good ? MET : UNDECIDED;
    return figure.is == good ? UNDECIDED : MISSED;
}

/* A bound is rounded to the side where it still holds. */
static double rounded(struct figure figure, int decimals)
{
    const double scale = pow(10, decimals);

    return figure.is == MORE   ? floor(figure.value * scale) / scale
           : figure.is == LESS ? ceil(figure.value * scale) / scale
                               : figure.value;
}

void figure_print(struct figure figure, int width, int decimals)
{
    static const char *const signs[] = {[EXACT] = "", [MORE] = "> ", [LESS] = "< "};
    const int places = figure.is != EXACT && figure.value >= 10 ? 0 : decimals;
    char number[64] = "-";

    if (figure_is_known(figure))
        snprintf(number, sizeof number, "%s%.*f", signs[figure.is], places,
                 rounded(figure, places));
    printf(" %*s", width, number);
}
