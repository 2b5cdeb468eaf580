#include "algorithms/decoding/shared/tree.h"
#include <string.h>
void tree_begin(struct tree *tree)
{
    if (tree->capacity == 0) {
        tree->capacity = 16;
        tree->nodes = sim_new(tree->arena, struct tree_node, 16);
    }
    tree->count = 1;
    tree->nodes[0] = (struct tree_node){.parent = TREE_NONE};
}
int tree_add(struct tree *tree, struct tree_node node)
{
    if (tree->count == tree->capacity) {
        struct tree_node *n = sim_new(tree->arena, struct tree_node, 2 * (size_t)tree->capacity);
        memcpy(n, tree->nodes, (size_t)tree->count * sizeof *n);
        tree->nodes = n;
        tree->capacity *= 2;
    }
    node.depth = tree->nodes[node.parent].depth + 1;
    tree->nodes[tree->count] = node;
    return tree->count++;
}
int tree_child(const struct tree *tree, int parent, int after)
{
    for (int n = (after > parent ? after : parent) + 1; n < tree->count; n++)
        if (tree->nodes[n].parent == parent)
            return n;
    return TREE_NONE;
}
