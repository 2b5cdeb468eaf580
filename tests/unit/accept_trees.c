/* accept_tree itself, by exact enumeration: all trees of two levels that can be drawn from a
 * vocabulary of five, and for each all that the target's draws can lead to.
 *
 * Multi-step speculative sampling is written down a second time here, as intervals of the draws
 * (Miao et al., SpecInfer, ASPLOS 2024, Algorithm 2; children without replacement: Chen et al.,
 * Sequoia, NeurIPS 2024).  accept_tree must say the same near both ends of each interval; then
 * their lengths are the probabilities with which it emits what it emits. */
#include "algorithms/decoding/shared/accept.h"
#include "algorithms/decoding/shared/sampling.h"
#include "tests/unit/close.h"

#include <stdbool.h>

enum { V = 5, TEXTS = V * V * V, MOST_DRAWS = 16, DRAFTS = 2 };

enum way { IID, WITHOUT, TWO_DRAFTS };

struct interval {
    double from, to;
};

/* The root has two children, each of them one child. */
struct walk {
    enum way way;
    double p[V][V], q[DRAFTS][V][V]; /* by the token before */
    struct tree tree;
    double second[V]; /* the row of the root's second child */
    double drafted;   /* probability of the tree */
    struct interval draws[MOST_DRAWS];
    int draws_count;
    double emitted[TEXTS]; /* of the first three tokens */
    double told[MOST_DRAWS];
    int told_count;
    int64_t leaves;
};

/* ---- rows ---- */

static void fill(double rows[V][V], unsigned seed)
{
    for (int i = 0; i < V; i++) {
        double sum = 0;

        for (int x = 0; x < V; x++)
            sum += rows[i][x] =
                1 + (double)((seed * 31u + (unsigned)(7 * i + 11 * x)) * 2654435761u % 97);
        for (int x = 0; x < V; x++)
            rows[i][x] /= sum;
    }
}

/* ---- accept_tree, told its draws ---- */

static const double *row_behind(void *own, const struct tree *tree, int node)
{
    return ((struct walk *)own)->p[tree->nodes[node].token];
}

static double draw(void *own)
{
    struct walk *walk = own;

    assert_true(walk->told_count < walk->draws_count);
    return walk->told[walk->told_count++];
}

static void expect(struct walk *walk, double share, const struct tokens_verdict *expected)
{
    static const struct tokens_judgement judgement = {.rule = TOKENS_EXACT, .lenience = 1};
    double scratch[V];
    const struct accept_target target = {
        .vocabulary = V, .row = row_behind, .draw = draw, .own = walk, .scratch = scratch};
    struct tokens_verdict verdict;

    for (int d = 0; d < walk->draws_count; d++)
        walk->told[d] = walk->draws[d].from + share * (walk->draws[d].to - walk->draws[d].from);
    walk->told_count = 0;
    verdict = accept_tree(&target, &walk->tree, &judgement);
    assert_int_equal(walk->told_count, walk->draws_count);
    assert_true(verdict.has_bonus);
    assert_int_equal(verdict.node, expected->node);
    assert_int_equal(verdict.accepted, expected->accepted);
    assert_int_equal(verdict.bonus, expected->bonus);
}

/* ---- the rule, a second time ---- */

/* What this verdict emits; what is missing of three tokens the target says, as in later rounds. */
static void emit(struct walk *walk, const struct tokens_verdict *verdict, double probability)
{
    int path[2], said[3], count = tree_path(&walk->tree, verdict->node, path);

    for (int i = 0; i < count; i++)
        said[i] = walk->tree.nodes[path[i]].token;
    said[count++] = verdict->bonus;
    for (int text = 0; text < TEXTS; text++) {
        const int tokens[] = {text / (V * V), text / V % V, text % V};
        double rest = probability;

        for (int i = 0; i < 3; i++)
            if (i >= count)
                rest *= walk->p[tokens[i - 1]][tokens[i]];
            else if (tokens[i] != said[i])
                rest = 0;
        walk->emitted[text] += rest;
    }
}

/* Nodes that say one sequence are one node: the first of them stands for all. */
static bool say_the_same(const struct walk *walk, int a, int b)
{
    const struct tree_node *nodes = walk->tree.nodes;

    if (a == b)
        return true;
    return a != TREE_ROOT && b != TREE_ROOT && nodes[a].token == nodes[b].token &&
           say_the_same(walk, nodes[a].parent, nodes[b].parent);
}

static int first_of(const struct walk *walk, int node)
{
    int first = 0;

    while (!say_the_same(walk, first, node))
        first++;
    return first;
}

static void push(struct walk *walk, double from, double to)
{
    assert_true(walk->draws_count < MOST_DRAWS);
    walk->draws[walk->draws_count++] = (struct interval){from, to};
}

static void end(struct walk *walk, int node, const double *left, double probability)
{
    double from = 0;

    for (int x = 0; x < V; from += left[x++]) {
        const struct tokens_verdict expected = {.node = first_of(walk, node),
                                                .accepted = walk->tree.nodes[node].depth,
                                                .bonus = x,
                                                .has_bonus = true};

        if (left[x] < 1e-12)
            continue;
        push(walk, from, from + left[x]);
        expect(walk, 1e-4, &expected);
        expect(walk, 1 - 1e-4, &expected);
        emit(walk, &expected, probability * left[x]);
        walk->leaves++;
        walk->draws_count--;
    }
}

static void visit(struct walk *walk, int node, double probability);

static void try_child(struct walk *walk, int node, int *children, int count, int place,
                      const double *left, double probability);

static bool is_one_litter(const struct walk *walk, const int *children, int count)
{
    const struct tree_node *first = &walk->tree.nodes[children[0]];
    const struct tree_node *last = &walk->tree.nodes[children[count - 1]];

    return first->draft == last->draft && first->parent == last->parent;
}

/* `children` are those not refused yet. */
static void try_children(struct walk *walk, int node, int *children, int count, const double *left,
                         double probability)
{
    if (count == 0)
        end(walk, node, left, probability);
    for (int place = 0; place < count; place++) {
        if (count > 1)
            push(walk, (double)place / count, (double)(place + 1) / count);
        /* those that one draft drew of one node presume each other, and are tried as they were drawn */
        try_child(walk, node, children, count, is_one_litter(walk, children, count) ? 0 : place,
                  left, probability / count);
        if (count > 1)
            walk->draws_count--;
    }
}

static void try_child(struct walk *walk, int node, int *children, int count, int place,
                      const double *left, double probability)
{
    const struct tree_node *child = &walk->tree.nodes[children[place]];
    const double ratio = left[child->token] / child->row[child->token];
    const double accept = ratio < 1 ? ratio : 1;
    double remaining[V], sum = 0;
    int others[2], others_count = 0;

    if (accept > 0) {
        push(walk, 0, accept);
        visit(walk, children[place], probability * accept);
        walk->draws_count--;
    }
    if (accept >= 1)
        return;
    for (int x = 0; x < V; x++)
        sum += remaining[x] = left[x] > child->row[x] ? left[x] - child->row[x] : 0;
    for (int x = 0; x < V; x++)
        remaining[x] /= sum;
    for (int c = 0; c < count; c++)
        if (c != place)
            others[others_count++] = children[c];
    push(walk, accept, 1);
    try_children(walk, node, others, others_count, remaining, probability * (1 - accept));
    walk->draws_count--;
}

static void visit(struct walk *walk, int node, double probability)
{
    int children[2], count = 0;

    for (int n = 1; n < walk->tree.count; n++)
        if (say_the_same(walk, walk->tree.nodes[n].parent, node))
            children[count++] = n;
    try_children(walk, node, children, count, walk->p[walk->tree.nodes[node].token], probability);
}

/* ---- all trees ---- */

static void bear(struct walk *walk, int parent, int token, int draft, const double *row)
{
    walk->drafted *= row[token];
    tree_add(&walk->tree, (struct tree_node){.parent = parent,
                                             .token = token,
                                             .draft = draft,
                                             .probability = row[token],
                                             .row = row});
}

static void grow_and_visit(struct walk *walk, int first, int second, int below_first,
                           int below_second)
{
    const int other = walk->way == TWO_DRAFTS;

    tree_begin(&walk->tree);
    walk->drafted = 1;
    memcpy(walk->second, walk->q[other][0], sizeof walk->second);
    if (walk->way == WITHOUT) {
        if (second == first)
            return;
        sampling_without(walk->second, V, first);
    }
    bear(walk, TREE_ROOT, first, 0, walk->q[0][0]);
    bear(walk, TREE_ROOT, second, other, walk->second);
    bear(walk, 1, below_first, 0, walk->q[0][first]);
    bear(walk, 2, below_second, other, walk->q[other][second]);
    visit(walk, TREE_ROOT, walk->drafted);
    assert_int_equal(walk->draws_count, 0);
}

static void emits_the_targets_own_text(enum way way)
{
    struct sim_arena *arena = sim_arena_open();
    struct walk walk = {.way = way, .tree.arena = arena};
    double distance = 0;

    fill(walk.p, 3);
    fill(walk.q[0], 8);
    fill(walk.q[1], 21);
    for (int t = 0; t < V * TEXTS; t++)
        grow_and_visit(&walk, t / TEXTS, t / (V * V) % V, t / V % V, t % V);
    for (int t = 0; t < TEXTS; t++)
        distance += fabs(walk.emitted[t] -
                         walk.p[0][t / 25] * walk.p[t / 25][t / 5 % 5] * walk.p[t / 5 % 5][t % 5]);
    assert_near(distance, 0, 1e-12);
    assert_true(walk.leaves > 1000);
    sim_arena_close(arena);
}

static void independent_children_are_lossless(void **state)
{
    (void)state;
    emits_the_targets_own_text(IID);
}

static void children_without_replacement_are_lossless(void **state)
{
    (void)state;
    emits_the_targets_own_text(WITHOUT);
}

static void children_of_two_drafts_are_lossless(void **state)
{
    (void)state;
    emits_the_targets_own_text(TWO_DRAFTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_children_are_lossless),
        cmocka_unit_test(children_without_replacement_are_lossless),
        cmocka_unit_test(children_of_two_drafts_are_lossless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
