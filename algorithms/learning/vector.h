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

/* Four sums, of numbers 0, 4, 8 ..., of 1, 5, 9 ..., and so on, added pairwise at the end. */
static inline double vector_dot(const double *x, const double *y, size_t count)
{
    double sums[4] = {0, 0, 0, 0};
    size_t i = 0;

    for (; i + 4 <= count; i += 4) {
        sums[0] += x[i] * y[i];
        sums[1] += x[i + 1] * y[i + 1];
        sums[2] += x[i + 2] * y[i + 2];
        sums[3] += x[i + 3] * y[i + 3];
    }
    for (; i < count; i++)
        sums[i % 4] += x[i] * y[i];
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

#endif
