/* shapes.h -- trees of drafts before any token is known: who has how many children.
 *
 * Nodes stand level by level, the root first, and children of one node side by side, in order of rank.  A node's rank is its place among its siblings: 0 is the draft's best guess.
 *
 *   expansion   every node of level i has k_i children (Miao et al., SpecInfer, ASPLOS 2024); the Cartesian product of the
 *               best guesses of Medusa's heads is the same tree (Cai et al., Medusa, ICML 2024, section 2.1.2)
 *   sparse      the nodes that are most likely to be right, one after the other (Medusa, section 2.3.3)
 *   sequoia     the tree of a number of nodes that is expected to be accepted furthest, by dynamic programming (Chen et al.,
 *               Sequoia, NeurIPS 2024, section 3.1) */
#ifndef DECODING_SHAPES_H
#define DECODING_SHAPES_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

enum { SHAPE_MOST_NODES = 1024 };

struct shape_node {
    int parent; /* -1 for the root */
    int depth;  /* 0 for the root */
    int rank;
};

struct shape {
    int count; /* the root included */
    int depth; /* of the deepest node */
    struct shape_node *nodes;
};

/* NULL with a sentence: no level, a level of no children, or more than SHAPE_MOST_NODES nodes. */
const struct shape *shape_expansion(const int *children, int levels, struct sim_arena *arena,
                                    struct sim_error *err);

/* The probability that a node of that depth and rank is right, given that its parent is. */
struct shape_accuracy {
    int depths, ranks;
    const double *right; /* [depths x ranks]; the last row goes on for deeper ones, if `goes_on` */
    int goes_on;
};
double shape_right(const struct shape_accuracy *accuracy, int depth, int rank);

/* The `nodes` likeliest nodes, the root included. */
const struct shape *shape_sparse(const struct shape_accuracy *accuracy, int nodes,
                                 struct sim_arena *arena, struct sim_error *err);

/* Tokens that a verification of it is expected to emit: 1 + sum over nodes of the product along their path. */
double shape_expected(const struct shape *shape, const struct shape_accuracy *accuracy);

/* ---- Sequoia ---- */

/* What a tree costs: depth x draft_step + target_steps[nodes]. */
struct shape_costs {
    double draft_step;
    const double *
        target_steps; /* [most_nodes + 1], by number of nodes; NAN: trees of so many are not tried */
};

struct shape_choice {
    const struct shape *shape;
    int levels; /* the root's included, as the authors' code counts depth */
    double expected_tokens, cost_per_token;
};

/* The best tree of at most `most_nodes` nodes and `most_levels` levels for the probabilities right[rank], whatever the
 * depth: of least cost for each token that is expected. */
struct shape_choice shape_sequoia(const double *right, int ranks, int most_nodes, int most_levels,
                                  const struct shape_costs *costs, struct sim_arena *arena);

#endif
