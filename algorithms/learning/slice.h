/* slice.h -- a narrower learner inside a wide one: what a client of HeteroFL holds (Diao, Ding, Tarokh, ICLR 2021,
 * section 3), and how the clients' numbers become one vector again.
 *
 * Of each hidden layer of width w the first ceil(rate w) outputs are kept, and the inputs that match; features
 * and classes are whole.  So slices lie within each other, and at rate 1 the slice is the wide learner. */
#ifndef LEARNING_SLICE_H
#define LEARNING_SLICE_H

#include "algorithms/learning/learner.h"

struct learner_slice {
    const struct learner *wide;    /* borrowed */
    const struct learner *learner; /* of the narrow widths, over the same data set */
    const size_t
        *places; /* number i of the narrow vector is number places[i] of the wide: ascending */
};

/* The product is taken in doubles and then rounded up, as the authors' code does: 0.07 x 100 gives 8. */
int learner_slice_width(double rate, int width);

/* 0 < rate <= 1. */
const struct learner_slice *learner_slice_open(struct sim_arena *arena, const struct learner *wide,
                                               double rate);

/* What the slice holds of the wide vector. */
void learner_slice_take(const struct learner_slice *slice, const double *wide, double *narrow);

/* ---- many slices into one: each number is the mean of those that hold it ---- */

/* Adds weight x numbers to `sums` and the weight to `weights` (both of the wide learner, zeros at first), at the
 * places that the slice holds.  Numbers of classes that are not present (NULL: all are) are left out: their
 * weights and offsets in the last layer are not this client's to say. */
void learner_slice_add(const struct learner_slice *slice, const double *narrow, double weight,
                       const bool *label_present, double *sums, double *weights);

/* wide[i] = sums[i] / weights[i], `count` numbers; what nobody holds stays as it was. */
void learner_slice_merge(const double *sums, const double *weights, double *wide, size_t count);

#endif
