/* co_clustering.h -- MSCC and FGCP: who computes which part of a pruned fully connected layer, so that little is sent.
 *
 * Mao, Chen, Nixon, Krieger, Chen, MoDNN, DATE 2017, names both: modified spectral co-clustering and fine-grain cross
 * partition.  Of them its abstract alone was at hand, so what they do here is:
 *
 * MSCC. Dhillon, "Co-clustering documents and words using bipartite spectral graph partitioning", KDD 2001: inputs and
 * outputs are the two sides of a graph whose edges are the weights that are left, A.  Of D1^-1/2 A D2^-1/2, D the sums
 * of rows and columns, the singular vectors behind the first tell which belong together: l = ceil(log2 k) of them
 * place each input and output in space, and k means find k clusters.  Modified: a node's cluster is as large as it can
 * do: none has more than its share of the inputs or of the outputs.
 *
 * FGCP. A weight between input i of one node and output j of another costs one number that is sent, either way: i goes
 * to the other node, too, or a partial sum of j comes from this one.  The fewest numbers for all weights between two
 * nodes are the smallest set of inputs and outputs that covers them, which is as large as the largest matching (Koenig).
 *
 * Here all goes through the group owner, who has the inputs and wants the outputs, so each number is sent once. */
#ifndef INFERENCE_CO_CLUSTERING_H
#define INFERENCE_CO_CLUSTERING_H

#include "sim/base/arena.h"

#include <stdbool.h>

/* Which weights are left: is_left[i x outputs + j]. */
struct weights_left {
    int inputs, outputs;
    const bool *is_left;
};

/* The node of each input and each output. */
struct co_clusters {
    int nodes;
    const int *of_input, *of_output;
};

/* MSCC for nodes that can do so much (0: nothing, and has none); some must be greater than 0. */
struct co_clusters co_cluster(struct sim_arena *arena, const struct weights_left *weights,
                              const double *capabilities, int nodes);

/* The same without looking at the weights: inputs and outputs in their order. */
struct co_clusters co_cluster_in_order(struct sim_arena *arena, const struct weights_left *weights,
                                       const double *capabilities, int nodes);

/* What is sent, and who multiplies. */
struct cross_partition {
    int nodes;
    const bool *input_goes_to;  /* [inputs][nodes] */
    const bool *sum_comes_from; /* [outputs][nodes] */
    const int *multiplies;      /* [inputs x outputs]: the node; -1: the weight is not left */
};

/* FGCP; without it (`is_fine` false) a node gets every input of which it has some output. */
struct cross_partition cross_partition(struct sim_arena *arena, const struct weights_left *weights,
                                       const struct co_clusters *clusters, bool is_fine);

/* Numbers sent, if each input and output is one. */
int cross_partition_numbers(const struct weights_left *weights,
                            const struct cross_partition *partition);

#endif
