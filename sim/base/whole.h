/* whole.h -- whole numbers that divide each other. */
#ifndef SIM_WHOLE_H
#define SIM_WHOLE_H

#include <assert.h>

/* Of two positive numbers; of a and 0 it is a. */
static inline int sim_greatest_divisor(int a, int b)
{
    assert(a > 0);
    return b == 0 ? a : sim_greatest_divisor(b, a % b);
}

/* The least that both divide; it must fit an int. */
static inline int sim_least_multiple(int a, int b)
{
    return a / sim_greatest_divisor(a, b) * b;
}

#endif
