#include "algorithms/decoding/shared/shapes.h"

#include <math.h>
#include <stdint.h>

static struct shape *shape_open(struct sim_arena *arena, int room)
{
    struct shape *shape = sim_new(arena, struct shape, 1);

    shape->nodes = sim_new(arena, struct shape_node, (size_t)room);
    shape->nodes[0] = (struct shape_node){.parent = -1};
    shape->count = 1;
    return shape;
}

static void add(struct shape *shape, int parent, int rank)
{
    const int depth = shape->nodes[parent].depth + 1;

    shape->nodes[shape->count++] = (struct shape_node){parent, depth, rank};
    if (depth > shape->depth)
        shape->depth = depth;
}

const struct shape *shape_expansion(const int *children, int levels, struct sim_arena *arena,
                                    struct sim_error *err)
{
    struct shape *shape;
    int64_t nodes = 1, width = 1;

    for (int l = 0; l < levels; l++) {
        if (children[l] < 1) {
            sim_fail(err, "Level %d of the tree has no node; leave it out.", l + 1);
            return NULL;
        }
        width *= children[l];
        nodes += width;
        if (nodes > SHAPE_MOST_NODES) {
            sim_fail(err, "The tree has more than %d nodes.", SHAPE_MOST_NODES);
            return NULL;
        }
    }
    if (levels == 0) {
        sim_fail(err, "The tree is empty: it needs the number of children of one level at least, "
                      "as in [2, 2, 1].");
        return NULL;
    }
    shape = shape_open(arena, (int)nodes);
    for (int n = 0; n < shape->count;
         n++) /* children stand behind all nodes of their parent's level */
        for (int c = 0; shape->nodes[n].depth < levels && c < children[shape->nodes[n].depth]; c++)
            add(shape, n, c);
    return shape;
}

/* ---- likeliest nodes ---- */

double shape_right(const struct shape_accuracy *accuracy, int depth, int rank)
{
    if (depth > accuracy->depths && !accuracy->goes_on)
        return 0;
    if (depth > accuracy->depths)
        depth = accuracy->depths;
    return rank < accuracy->ranks ? accuracy->right[(depth - 1) * accuracy->ranks + rank] : 0;
}

static double path_probability(const struct shape *shape, const struct shape_accuracy *accuracy,
                               int node)
{
    double product = 1;

    for (; node > 0; node = shape->nodes[node].parent)
        product *= shape_right(accuracy, shape->nodes[node].depth, shape->nodes[node].rank);
    return product;
}

/* The next child that each node could get is a candidate: its siblings of lower rank are there already. */
static int likeliest_parent(const struct shape *shape, const struct shape_accuracy *accuracy,
                            const int *child_counts)
{
    double best = 0;
    int parent = -1;

    for (int n = 0; n < shape->count; n++) {
        const double product = path_probability(shape, accuracy, n) *
                               shape_right(accuracy, shape->nodes[n].depth + 1, child_counts[n]);

        if (product > best) {
            best = product;
            parent = n;
        }
    }
    return parent;
}

/* Level by level, as all shapes stand: of each node in turn the children, in order of rank. */
static const struct shape *by_level(const struct shape *shape, struct sim_arena *arena)
{
    struct shape *sorted = shape_open(arena, shape->count);
    int *before = sim_new(arena, int, (size_t)shape->count); /* where a node of `sorted` stood */

    for (int s = 0; s < sorted->count; s++)
        for (int n = 1; n < shape->count; n++)
            if (shape->nodes[n].parent == before[s]) {
                before[sorted->count] = n;
                add(sorted, s, shape->nodes[n].rank);
            }
    return sorted;
}

const struct shape *shape_sparse(const struct shape_accuracy *accuracy, int nodes,
                                 struct sim_arena *arena, struct sim_error *err)
{
    struct shape *shape;
    int *child_counts;

    if (nodes < 2 || nodes > SHAPE_MOST_NODES) {
        sim_fail(err,
                 "A tree of %d nodes is not possible: it needs 2 at least, the root and a "
                 "guess, and %d at most.",
                 nodes, SHAPE_MOST_NODES);
        return NULL;
    }
    shape = shape_open(arena, nodes);
    child_counts = sim_new(arena, int, (size_t)nodes);
    while (shape->count < nodes) {
        const int parent = likeliest_parent(shape, accuracy, child_counts);

        if (parent < 0)
            break; /* no other node can ever be right */
        add(shape, parent, child_counts[parent]++);
    }
    return by_level(shape, arena);
}

double shape_expected(const struct shape *shape, const struct shape_accuracy *accuracy)
{
    double sum = 1;

    for (int n = 1; n < shape->count; n++)
        sum += path_probability(shape, accuracy, n);
    return sum;
}

/* ---- Sequoia ---- */

/* The most tokens that trees of m nodes, l levels and b children of the root are expected to give, and of them the nodes
 * that are not in the last child. */
struct programme {
    const double *right;
    int ranks, nodes, levels;
    double *most; /* [nodes + 1][levels + 1][ranks + 1]; -INFINITY: there is no such tree */
    double *best; /* [nodes + 1][levels + 1]: the largest of them, whatever the children */
    int *without;
};

static size_t place_of(const struct programme *programme, int m, int l, int b)
{
    return ((size_t)m * (size_t)(programme->levels + 1) + (size_t)l) *
               (size_t)(programme->ranks + 1) +
           (size_t)b;
}

static int best_children(const struct programme *programme, int m, int l)
{
    int best = 0;

    for (int b = 1; b <= programme->ranks; b++)
        if (programme->most[place_of(programme, m, l, b)] >
            programme->most[place_of(programme, m, l, best)])
            best = b;
    return best;
}

static double *best_of(const struct programme *programme, int m, int l)
{
    return &programme->best[(size_t)m * (size_t)(programme->levels + 1) + (size_t)l];
}

/* The b-th child takes m - y nodes, and the tree without it the other y. */
static void fill(struct programme *programme, int m, int l, int b)
{
    const size_t here = place_of(programme, m, l, b);

    programme->most[here] = -INFINITY;
    for (int y = b; l > 1 && y < m; y++) {
        const double sum = programme->most[place_of(programme, y, l, b - 1)] +
                           programme->right[b - 1] * *best_of(programme, m - y, l - 1);

        if (sum > programme->most[here]) {
            programme->most[here] = sum;
            programme->without[here] = y;
        }
    }
}

static struct programme solve(const double *right, int ranks, int nodes, int levels,
                              struct sim_arena *arena)
{
    struct programme programme = {right, ranks, nodes, levels, NULL, NULL, NULL};
    const size_t size = place_of(&programme, nodes, levels, ranks) + 1;

    programme.most = sim_new(arena, double, size);
    programme.without = sim_new(arena, int, size);
    programme.best = sim_new(arena, double, (size_t)(nodes + 1) * (size_t)(levels + 1));
    for (int m = 0; m <= nodes; m++)
        for (int l = 0; l <= levels; l++) {
            programme.most[place_of(&programme, m, l, 0)] = m == 1 && l > 0 ? 1 : -INFINITY;
            for (int b = 1; b <= ranks; b++)
                fill(&programme, m, l, b);
            *best_of(&programme, m, l) =
                programme.most[place_of(&programme, m, l, best_children(&programme, m, l))];
        }
    return programme;
}

/* Children are taken off from the last to the first, and stand in order of rank in the end. */
static void unfold(const struct programme *programme, int m, int l, struct shape *shape, int root)
{
    int sizes[SHAPE_MOST_NODES];
    int children = best_children(programme, m, l);

    for (int b = children; b > 0; b--) {
        const int y = programme->without[place_of(programme, m, l, b)];

        sizes[b - 1] = m - y;
        m = y;
    }
    for (int c = 0; c < children; c++) {
        const int child = shape->count;

        add(shape, root, c);
        unfold(programme, sizes[c], l - 1, shape, child);
    }
}

struct shape_choice shape_sequoia(const double *right, int ranks, int most_nodes, int most_levels,
                                  const struct shape_costs *costs, struct sim_arena *arena)
{
    const struct programme programme = solve(right, ranks, most_nodes, most_levels, arena);
    struct shape_choice best = {.cost_per_token = INFINITY};
    int nodes = 0;

    for (int m = 1; m <= most_nodes; m++)
        for (int l = 1; l <= most_levels; l++) {
            const double tokens = *best_of(&programme, m, l);
            const double cost = (l * costs->draft_step + costs->target_steps[m]) / tokens;

            if (tokens > 0 && cost < best.cost_per_token) {
                best = (struct shape_choice){
                    .levels = l, .expected_tokens = tokens, .cost_per_token = cost};
                nodes = m;
            }
        }
    if (nodes > 0) {
        struct shape *shape = shape_open(arena, nodes);

        unfold(&programme, nodes, best.levels, shape, 0);
        best.shape = by_level(shape, arena);
    }
    return best;
}
