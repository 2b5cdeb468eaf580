/* adam.h -- Adam (Kingma and Ba, ICLR 2015, algorithm 1) on a flat vector:
 *
 *   m = b1 m + (1 - b1) g;   v = b2 v + (1 - b2) g^2
 *   w = w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon) */
#ifndef LEARNING_ADAM_H
#define LEARNING_ADAM_H

#include "sim/base/arena.h"

#include <stdint.h>

struct adam {
    double rate;       /* alpha */
    double b1, b2;     /* decay of the two moments, 0 .. 1 (exclusive) */
    double epsilon;    /* > 0 */
    int64_t steps;     /* t, taken so far */
    size_t count;      /* parameters */
    double *mean;      /* m */
    double *magnitude; /* v */
};

/* With the paper's 0.9, 0.999 and 1e-8. */
struct adam adam_open(struct sim_arena *arena, double rate, size_t count);

/* One step in place. */
void adam_step(struct adam *adam, double *parameters, const double *gradient);

#endif
