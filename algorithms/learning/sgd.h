/* sgd.h -- stochastic gradient descent on a flat vector: momentum, Nesterov, weight decay, a schedule, and
 * clipping by norm.
 *
 *   d = g + decay w;   u = m u + d;   w = w - rate (nesterov ? d + m u : u)
 *
 * Nesterov's as Sutskever et al., ICML 2013, write it, but u free of the rate: to change the rate does not change
 * what is remembered, and u is that of deep gradient compression.  With m = 0
 * that is w - rate d exactly: u is then neither read nor written, and may be NULL. */
#ifndef LEARNING_SGD_H
#define LEARNING_SGD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sgd {
    double rate;        /* eta */
    double momentum;    /* m, 0 .. 1 (exclusive) */
    bool nesterov;      /* needs momentum */
    double decay;       /* of weights: L2; 0: none */
    int64_t warm_up;    /* steps in which the rate grows linearly to `rate`; 0: none */
    int64_t step_every; /* steps after which the rate is multiplied by step_factor; 0: constant */
    double step_factor;
};

/* The rate of step t = 0, 1, ...: step t of a warm-up of n has (t + 1) / n of it (Goyal et al. 2017). */
double sgd_rate(const struct sgd *sgd, int64_t step);

/* One step in place: `count` parameters, their gradient, and u, which starts as zeros. */
void sgd_step(const struct sgd *sgd, int64_t step, double *parameters, const double *gradient,
              double *u, size_t count);

double sgd_norm(const double *vector, size_t count); /* Euclidean */

/* Scale the gradient to that norm if its own is larger (Pascanu et al., ICML 2013); a gradient that is not
 * is left untouched, bit for bit.  most_norm 0 clips nothing.  Returns the factor. */
double sgd_clip(double *gradient, size_t count, double most_norm);

#endif
