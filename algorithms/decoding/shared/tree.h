/* tree.h -- what drafts propose: a tree of tokens whose root is the last token of the prefix.
 *
 * A chain, as Leviathan's Algorithm 1 drafts it, is a tree in which every node has one child.  Nodes stand in the order in
 * which they were drafted, so a parent always stands before its children.  Nothing here knows of peers or of seconds.
 *
 * Miao et al., SpecInfer, ASPLOS 2024 (expansion and merge based trees, Def. 3.2); Cai et al., Medusa, ICML 2024 (Cartesian
 * and sparse trees); Chen et al., Sequoia, NeurIPS 2024 (the tree of a budget). */
#ifndef DECODING_TREE_H
#define DECODING_TREE_H

#include "sim/base/arena.h"

#include <stdbool.h>

enum { TREE_ROOT = 0, TREE_NONE = -1 };

struct tree_node {
    int parent;         /* TREE_NONE for the root */
    int depth;          /* 0 for the root */
    int token;          /* in the vocabulary; with given acceptance a number that means nothing */
    int draft;          /* which of the drafts, or of the heads, proposed it */
    int rank;           /* among its siblings of that draft, from 0 */
    double probability; /* q(token | path), as the draft would sample it */
    double confidence;  /* of the draft in it: the largest probability of its row, in [0, 1] */
    const double *
        row; /* [vocabulary] q(. | path to the parent), what it was drawn from; NULL with given acceptance */
};

/* Grows as it needs, in the arena; begins again with its memory at tree_begin. */
struct tree {
    int count, capacity; /* of nodes, the root included */
    struct tree_node *nodes;
    struct sim_arena *arena;
};

/* An empty tree: the root alone.  The first time `tree` is {0} but for its arena. */
void tree_begin(struct tree *tree);

/* Add a node, whose depth is filled in, below node->parent; returns its place. */
int tree_add(struct tree *tree, struct tree_node node);

/* The next child of `parent` after place `after` (TREE_NONE: the first); TREE_NONE when there is none. */
int tree_child(const struct tree *tree, int parent, int after);

/* The node of that depth, at most the tree's, that first children lead to.  Does not walk where those are a chain, for PEARL's
 * chains are as long as nothing is refused. */
int tree_descend(const struct tree *tree, int depth);

/* The places on the way from the root, which is left out, to `node`; returns how many, nodes[node].depth. */
int tree_path(const struct tree *tree, int node, int *path);

#endif
