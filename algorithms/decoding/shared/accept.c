#include "algorithms/decoding/shared/accept.h"

#include "algorithms/decoding/shared/sampling.h"

#include <math.h>
#include <string.h>

/* ---- one row ---- */

double accept_probability(double p, double q, double lenience)
{
    return p >= lenience * q ? 1 : p / (lenience * q);
}

void accept_residual(const double *p, const double *q, double lenience, int vocabulary,
                     double *residual)
{
    double sum = 0;

    for (int t = 0; t < vocabulary; t++)
        sum += fmax(0, p[t] - lenience * q[t]);
    for (int t = 0; t < vocabulary; t++)
        residual[t] = sum > 0 ? fmax(0, p[t] - lenience * q[t]) / sum : p[t];
}

double accept_typical_threshold(const double *row, int vocabulary, double epsilon, double delta)
{
    double entropy = 0;

    for (int t = 0; t < vocabulary; t++)
        entropy -= row[t] * log(row[t] + 1e-5); /* as the authors' code keeps it from log 0 */
    return fmin(epsilon, delta * exp(-entropy));
}

/* ---- trees ---- */

static bool is_looked_at(const struct tree *tree, int node,
                         const struct tokens_judgement *judgement)
{
    return judgement->limit == 0 || tree->nodes[node].depth <= judgement->limit;
}

static int child_of(const struct tree *tree, int parent, int after,
                    const struct tokens_judgement *judgement)
{
    const int child = tree_child(tree, parent, after);

    return child != TREE_NONE && is_looked_at(tree, child, judgement) ? child : TREE_NONE;
}

enum { MOST_NODES = 1024 };

/* In ascending order. */
struct nodes {
    int count, places[MOST_NODES];
};

static bool contains(const struct nodes *nodes, int node)
{
    for (int i = 0; i < nodes->count; i++)
        if (nodes->places[i] == node)
            return true;
    return false;
}

static void only(struct nodes *nodes, int node)
{
    nodes->count = 1;
    nodes->places[0] = node;
}

/* Several nodes may say one sequence, of several drafts or drawn twice by one.  In the union of trees they are one node, and
 * the children of any of them are its children (SpecInfer, Definition 3.2). */
static void list_children(const struct tree *tree, const struct nodes *here,
                          const struct tokens_judgement *judgement, struct nodes *children)
{
    children->count = 0;
    for (int n = here->places[0] + 1; n < tree->count && children->count < MOST_NODES; n++)
        if (contains(here, tree->nodes[n].parent) && is_looked_at(tree, n, judgement))
            children->places[children->count++] = n;
}

/* From `here` on with that token; says one of the nodes that are there, one with children if any has. */
static int go_to(const struct tree *tree, struct nodes *here, const struct nodes *children,
                 int token)
{
    here->count = 0;
    for (int c = 0; c < children->count; c++)
        if (tree->nodes[children->places[c]].token == token)
            here->places[here->count++] = children->places[c];
    for (int i = 0; i < here->count; i++)
        if (tree_child(tree, here->places[i], TREE_NONE) != TREE_NONE)
            return here->places[i];
    return here->count > 0 ? here->places[0] : TREE_NONE;
}

static struct tokens_verdict verify_greedily(const struct accept_target *target,
                                             const struct tree *tree, int from,
                                             const struct tokens_judgement *judgement)
{
    struct tokens_verdict verdict = {.node = from};
    struct nodes here, children;

    only(&here, from);
    for (;;) {
        int child;

        list_children(tree, &here, judgement, &children);
        if (children.count == 0 && judgement->without_bonus)
            return verdict;
        verdict.bonus =
            sampling_best(target->row(target->own, tree, verdict.node), target->vocabulary);
        child = go_to(tree, &here, &children, verdict.bonus);
        if (child == TREE_NONE) {
            verdict.has_bonus = true;
            return verdict;
        }
        verdict.node = child;
        verdict.accepted++;
    }
}

/* The first that is left of the litter of the place-th: children that one draft drew of one node.  Children that were drawn
 * without replacement presume those before them: tried in another order, what is emitted no longer follows p. */
static int first_of_its_litter(const struct tree *tree, const struct nodes *left, int place)
{
    const struct tree_node *node = &tree->nodes[left->places[place]];
    int first = 0;

    while (tree->nodes[left->places[first]].parent != node->parent ||
           tree->nodes[left->places[first]].draft != node->draft)
        first++;
    return first;
}

static void take_off(struct nodes *nodes, int place)
{
    nodes->count--;
    for (int i = place; i < nodes->count; i++)
        nodes->places[i] = nodes->places[i + 1];
}

/* Litters are tried in random order, the children of one in the order in which they were drawn, each against what the refused
 * ones have left of p.  The token that is accepted, or -1; then target->scratch holds what a token is still to be drawn
 * from. */
static int try_children(const struct accept_target *target, const struct tree *tree, int parent,
                        const struct nodes *children, double lenience)
{
    double *rest = target->scratch;
    struct nodes left;

    left.count = children->count;
    memcpy(left.places, children->places, (size_t)children->count * sizeof *left.places);
    memcpy(rest, target->row(target->own, tree, parent), (size_t)target->vocabulary * sizeof *rest);
    while (left.count > 0) {
        const int place = left.count == 1 ? 0 : (int)(target->draw(target->own) * left.count);
        const int first = first_of_its_litter(tree, &left, place);
        const struct tree_node *node = &tree->nodes[left.places[first]];

        if (target->draw(target->own) <
            accept_probability(rest[node->token], node->probability, lenience))
            return node->token;
        accept_residual(rest, node->row, lenience, target->vocabulary, rest);
        take_off(&left, first);
    }
    return -1;
}

static struct tokens_verdict verify_by_sampling(const struct accept_target *target,
                                                const struct tree *tree, int from,
                                                const struct tokens_judgement *judgement)
{
    struct tokens_verdict verdict = {.node = from};
    struct nodes here, children;

    only(&here, from);
    for (;;) {
        int token;

        list_children(tree, &here, judgement, &children);
        if (children.count == 0 && judgement->without_bonus)
            return verdict;
        token = try_children(target, tree, verdict.node, &children, judgement->lenience);
        if (token < 0) {
            verdict.bonus =
                sampling_draw(target->scratch, target->vocabulary, target->draw(target->own));
            verdict.has_bonus = true;
            return verdict;
        }
        verdict.node = go_to(tree, &here, &children, token);
        verdict.accepted++;
    }
}

/* The longest path on which each token is probable enough, the likelier of two; and the target's most probable token. */
static struct tokens_verdict verify_typically(const struct accept_target *target,
                                              const struct tree *tree, int from, double likelihood,
                                              const struct tokens_judgement *judgement,
                                              double *best_likelihood)
{
    struct tokens_verdict best = {.node = from, .has_bonus = true};
    const double *row = target->row(target->own, tree, from);
    const double threshold =
        accept_typical_threshold(row, target->vocabulary, judgement->epsilon, judgement->delta);

    best.bonus = sampling_best(row, target->vocabulary);
    *best_likelihood = likelihood;
    for (int c = child_of(tree, from, TREE_NONE, judgement); c != TREE_NONE;
         c = child_of(tree, from, c, judgement)) {
        struct tokens_verdict verdict;
        double found, p;

        p = target->row(target->own, tree, from)[tree->nodes[c].token];
        if (p <= threshold)
            continue;
        verdict = verify_typically(target, tree, c, likelihood * p, judgement, &found);
        verdict.accepted++;
        if (verdict.accepted > best.accepted ||
            (verdict.accepted == best.accepted && found > *best_likelihood)) {
            best = verdict;
            *best_likelihood = found;
        }
    }
    return best;
}

struct tokens_verdict accept_tree(const struct accept_target *target, const struct tree *tree,
                                  const struct tokens_judgement *judgement)
{
    const int from = tree_descend(tree, judgement->first);
    double likelihood;

    if (target->is_greedy)
        return verify_greedily(target, tree, from, judgement);
    if (judgement->rule == TOKENS_TYPICAL)
        return verify_typically(target, tree, from, 1, judgement, &likelihood);
    return verify_by_sampling(target, tree, from, judgement);
}
