#include "algorithms/decoding/shared/tree.h"

#include <assert.h>
#include <string.h>

static void grow(struct tree *tree)
{
    const int capacity = tree->capacity > 0 ? 2 * tree->capacity : 16;
    struct tree_node *nodes = sim_new(tree->arena, struct tree_node, (size_t)capacity);

    if (tree->count > 0)
        memcpy(nodes, tree->nodes, (size_t)tree->count * sizeof *nodes);
    tree->nodes = nodes;
    tree->capacity = capacity;
}

void tree_begin(struct tree *tree)
{
    if (tree->capacity == 0)
        grow(tree);
    tree->count = 1;
    tree->nodes[TREE_ROOT] = (struct tree_node){.parent = TREE_NONE};
}

int tree_add(struct tree *tree, struct tree_node node)
{
    assert(node.parent >= 0 && node.parent < tree->count);
    if (tree->count == tree->capacity)
        grow(tree);
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

int tree_descend(const struct tree *tree, int depth)
{
    int node = TREE_ROOT;

    assert(depth < tree->count);
    if (tree->nodes[depth].depth == depth) /* so all nodes before it are on its way */
        return depth;
    for (int d = 0; d < depth; d++)
        node = tree_child(tree, node, TREE_NONE);
    return node;
}

int tree_path(const struct tree *tree, int node, int *path)
{
    const int depth = tree->nodes[node].depth;

    for (int d = depth - 1; d >= 0; d--) {
        path[d] = node;
        node = tree->nodes[node].parent;
    }
    return depth;
}
