/* intersect.h -- HeteroFL: one mean of models of several widths, over the numbers that they have in common.
 *
 * Diao, Ding, Tarokh, "HeteroFL: Computation and Communication Efficient Federated Learning for Heterogeneous
 * Clients", ICLR 2021, section 3.1, eqs. (1) to (3), and their program (src/fed.py).  A client of rate r holds
 * the first ceil(r h) of each hidden layer's h units; features and classes are never cut.  Each number of the
 * global model becomes the unweighted mean over the clients that hold it; what nobody holds stays.  A class's
 * part of the last layer is taken from those clients only that have samples of it. */
#ifndef FEDERATED_INTERSECT_H
#define FEDERATED_INTERSECT_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- which numbers a narrow model holds ------------------------------------------------------ */

/* ceil(rate units), at least 1: rate in 0 .. 1 (exclusive, inclusive).  Rounding of the product never adds a
 * unit: 0.1 of 30 is 3. */
int intersect_units(int units, double rate);

/* Widths of a perceptron (features, hidden ..., classes; `depth` + 1 numbers, as in
 * algorithms/learning/learner.h) at that rate: only hidden ones are cut. */
void intersect_widths(const int *widths, int depth, double rate, int *narrow);

/* Numbers of a perceptron of those widths: weights and offsets. */
size_t intersect_count(const int *widths, int depth);

/* Where each number of the narrow perceptron lies in the wide one, both laid out as learner.h says: for each layer
 * weights (inputs x outputs, row by row), then offsets.  where has intersect_count(narrow) numbers, ascending. */
void intersect_where(const int *widths, const int *narrow, int depth, uint32_t *where);

/* Which class each number of a perceptron belongs to: -1 but in its last layer. */
void intersect_classes(const int *widths, int depth, int *class_of);

/* ---- the mean -------------------------------------------------------------------------------- */

struct intersect {
    size_t count;       /* numbers of the global model */
    const int *classes; /* class of each, -1: none; NULL: no class layer is treated apart */
    double *sums;
    uint32_t *holders;
};

/* What one client sends. */
struct intersect_part {
    size_t count;
    const uint32_t *where; /* in the global model, each at most once; NULL: all of it, in order */
    const double *values;
    const bool *owns; /* for each class: has it samples of it?  NULL: of all */
};

/* `classes` (borrowed, may be NULL) of `count` numbers. */
struct intersect intersect_open(struct sim_arena *arena, size_t count, const int *classes);

/* Forget all parts: a new round begins. */
void intersect_clear(struct intersect *intersect);

/* Count a client in. */
void intersect_add(struct intersect *intersect, const struct intersect_part *part);

/* The means into model; what nobody holds is not written to.  Returns how many numbers were written. */
size_t intersect_mean(const struct intersect *intersect, double *model);

/* A client's part of the global model: values[i] = model[where[i]]. */
void intersect_take(const double *model, const uint32_t *where, size_t count, double *values);

#endif
