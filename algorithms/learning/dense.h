/* dense.h -- a run of a learner's dense layers, as one stage of a pipeline holds it: forward, and backward whole
 * or in two halves.
 *
 * A stage's numbers are one slice of the learner's vector, so a version of its weights is an array of `count`
 * doubles, and every function here is given the version it shall use: that of the forward pass (PipeDream's
 * weight stashing) or a newer one (none).  What else the backward pass needs stands in a stash, one for each
 * micro-batch in flight; the caller owns it.
 *
 * learner_gradient is one stage of all layers.  Any other cut gives the same bytes: the same products are taken of
 * the same rows, DENSE_CHUNK samples at a time, wherever the cut is. */
#ifndef LEARNING_DENSE_H
#define LEARNING_DENSE_H

#include "algorithms/learning/learner.h"

enum { DENSE_CHUNK = 256 }; /* samples in one matrix product */

/* Dense layers first .. last of a learner, 0 .. depth - 1, both included. */
struct dense {
    const struct learner *learner;
    int first, last;
    size_t offset, count; /* its numbers in the learner's vector */
    int inputs, outputs;  /* activations of a sample that come in, and that go out */
};
struct dense dense_of(const struct learner *learner, int first, int last);

/* What a forward pass leaves to the backward pass of the same samples.  Valid until the next forward pass with
 * it; `d` from dense_input_gradient on. */
struct dense_stash {
    int most;      /* samples it has room for */
    int count;     /* samples it holds */
    double scaler; /* that of the forward pass; 1: none */
    double *
        *x; /* inputs of each layer, then the outputs: last - first + 2 matrices, most x width */
    double *
        *d; /* gradient of each layer's sums before ReLU: last - first + 1 matrices, most x width */
};
struct dense_stash *dense_stash_open(struct sim_arena *arena, const struct dense *stage, int most);

/* Outputs (count x outputs, row by row, in the stash) of the `count` <= most inputs (count x inputs) that the
 * caller has written to stash->x[0]; the learner's last layer gives scores, the others what ReLU leaves, divided
 * by `scaler` > 0 (1: not).  Called again, it makes the same anew (re-materialization). */
const double *dense_forward(const struct dense *stage, const double *parameters, int count,
                            double scaler, struct dense_stash *stash);

/* The gradient of the outputs (count x outputs) back to the inputs (count x inputs, written to `input_gradient`;
 * NULL: not wanted, as of samples) by the weights given. */
void dense_input_gradient(const struct dense *stage, const double *parameters,
                          struct dense_stash *stash, const double *output_gradient,
                          double *input_gradient);

/* After it: the gradient of the parameters is added to `gradient` (the slice's `count` numbers); weights are not
 * asked for, X and D say it all. */
void dense_weight_gradient(const struct dense *stage, const struct dense_stash *stash,
                           double *gradient);

/* Both, one after the other. */
void dense_backward(const struct dense *stage, const double *parameters, struct dense_stash *stash,
                    const double *output_gradient, double *gradient, double *input_gradient);

#endif
