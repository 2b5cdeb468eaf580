/* vector.h -- the two inner loops of layers that must give the same bits on every machine.
 *
 * BLAS has a kernel for each kind of CPU, and each adds in an order of its own; here the order stands in C, and the
 * compiler may not change it (no -ffast-math, no contraction).  -O2 does several numbers at a time only where none are
 * left over, so the last ones have a loop of their own. */
#ifndef LEARNING_VECTOR_H
#define LEARNING_VECTOR_H

#include <stddef.h>

/* y = y + a x */
static inline void vector_add_scaled(double *restrict y, const double *restrict x, double a,
                                     size_t count)
{
    const size_t even = count & ~(size_t)1;

    for (size_t i = 0; i < even; i++)
        y[i] += a * x[i];
    if (even < count)
        y[even] += a * x[even];
}

/* Two sums, of the numbers of even places and of odd ones, and then theirs. */
static inline double vector_dot(const double *x, const double *y, size_t count)
{
    const size_t even = count & ~(size_t)1;
    double sum = 0, odd = 0;

    for (size_t i = 0; i < even; i += 2) {
        sum += x[i] * y[i];
        odd += x[i + 1] * y[i + 1];
    }
    if (even < count)
        sum += x[even] * y[even];
    return sum + odd;
}

#endif
