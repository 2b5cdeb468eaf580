/* products.h -- a fully connected layer shared out among nodes: dense, or pruned and co-clustered.
 *
 * Inputs and outputs are numbers in up to PRODUCTS_GROUPS groups a side, and whole groups of weights are left or
 * pruned, as structured pruning leaves them (MeDNN, ICCAD 2017, prunes by group lasso).  Which are left is drawn: inputs and
 * outputs belong to communities, in which most of what is left lies. */
#ifndef INFERENCE_PRODUCTS_H
#define INFERENCE_PRODUCTS_H

#include "algorithms/inference/rules/co_clustering.h"

#include <stdint.h>

enum { PRODUCTS_GROUPS = 64 };

struct products_pruning {
    double density;   /* share of the groups of weights that are left, in 0 .. 1 */
    double clustered; /* share of those that lie within communities */
    int communities;
};

/* What a node gets, multiplies and gives. */
struct products_part {
    int64_t inputs, outputs; /* numbers */
    double share;            /* of the MACs of the layer that is not pruned */
};

struct products {
    int nodes;
    const struct products_part *parts;
    int64_t numbers; /* sent in all, inputs and outputs */

    /* What would be sent otherwise: the same weights shared out in their order, or without FGCP; equal where dense. */
    int64_t numbers_in_order, numbers_without_fgcp;
};

/* Weights that are left of inputs x outputs groups, drawn from `seed`.  density x clustered x communities, and what
 * falls between communities, must be probabilities: products_can_be. */
struct weights_left products_draw(struct sim_arena *arena, int inputs, int outputs,
                                  const struct products_pruning *pruning, uint64_t seed);
bool products_can_be(const struct products_pruning *pruning);

/* The layer of so many numbers, in order of outputs; every node gets all inputs. */
struct products products_dense(struct sim_arena *arena, int64_t inputs, int64_t outputs,
                               const double *capabilities, int nodes);

/* Pruned, MSCC and FGCP. */
struct products products_sparse(struct sim_arena *arena, int64_t inputs, int64_t outputs,
                                const double *capabilities, int nodes,
                                const struct products_pruning *pruning, uint64_t seed);

#endif
