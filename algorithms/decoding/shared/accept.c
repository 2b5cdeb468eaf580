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

static int child_with(const struct tree *tree, int parent, int token,
                      const struct tokens_judgement *judgement)
{
    int child = child_of(tree, parent, TREE_NONE, judgement);

    while (child != TREE_NONE && tree->nodes[child].token != token)
        child = child_of(tree, parent, child, judgement);
    return child;
}

static struct tokens_verdict verify_greedily(const struct accept_target *target,
                                             const struct tree *tree, int from,
                                             const struct tokens_judgement *judgement)
{
    struct tokens_verdict verdict = {.node = from};

    for (;;) {
        const bool is_leaf = child_of(tree, verdict.node, TREE_NONE, judgement) == TREE_NONE;
        int child;

        if (is_leaf && judgement->without_bonus)
            return verdict;
        verdict.bonus =
            sampling_best(target->row(target->own, tree, verdict.node), target->vocabulary);
        child = child_with(tree, verdict.node, verdict.bonus, judgement);
        if (child == TREE_NONE) {
            verdict.has_bonus = true;
            return verdict;
        }
        verdict.node = child;
        verdict.accepted++;
    }
}

/* The place-th of the children of `parent` that are not refused yet. */
static int remaining_child(const struct tree *tree, int parent, int place, const bool *is_refused,
                           const struct tokens_judgement *judgement)
{
    int child = child_of(tree, parent, TREE_NONE, judgement), number = 0;

    for (;; child = child_of(tree, parent, child, judgement), number++)
        if (!is_refused[number] && place-- == 0)
            return child;
}

/* The first of that child's draft that is not refused yet.  Children that were drawn without replacement presume those before
 * them: tried in another order, what is emitted no longer follows p. */
static int first_of_its_draft(const struct tree *tree, int parent, int child,
                              const bool *is_refused, const struct tokens_judgement *judgement)
{
    const int draft = tree->nodes[child].draft;
    int first = child_of(tree, parent, TREE_NONE, judgement), number = 0;

    for (; is_refused[number] || tree->nodes[first].draft != draft; number++)
        first = child_of(tree, parent, first, judgement);
    return first;
}

static int number_of_child(const struct tree *tree, int parent, int node,
                           const struct tokens_judgement *judgement)
{
    int number = 0;

    for (int c = child_of(tree, parent, TREE_NONE, judgement); c != node;
         c = child_of(tree, parent, c, judgement))
        number++;
    return number;
}

enum { MOST_CHILDREN = 1024 };

/* Drafts are tried in random order, the children of one in the order in which it drew them, each against what the refused
 * ones have left of p.  The accepted one, or TREE_NONE;
 * then target->scratch holds what a token is still to be drawn from. */
static int try_children(const struct accept_target *target, const struct tree *tree, int parent,
                        const struct tokens_judgement *judgement)
{
    bool is_refused[MOST_CHILDREN] = {false};
    double *left = target->scratch;
    int count = 0;

    memcpy(left, target->row(target->own, tree, parent), (size_t)target->vocabulary * sizeof *left);
    for (int c = child_of(tree, parent, TREE_NONE, judgement);
         c != TREE_NONE && count < MOST_CHILDREN; c = child_of(tree, parent, c, judgement))
        count++;
    for (; count > 0; count--) {
        const int place = count == 1 ? 0 : (int)(target->draw(target->own) * count);
        const int child = first_of_its_draft(
            tree, parent, remaining_child(tree, parent, place, is_refused, judgement), is_refused,
            judgement);
        const struct tree_node *node = &tree->nodes[child];

        if (target->draw(target->own) <
            accept_probability(left[node->token], node->probability, judgement->lenience))
            return child;
        accept_residual(left, node->row, judgement->lenience, target->vocabulary, left);
        is_refused[number_of_child(tree, parent, child, judgement)] = true;
    }
    return TREE_NONE;
}

static struct tokens_verdict verify_by_sampling(const struct accept_target *target,
                                                const struct tree *tree, int from,
                                                const struct tokens_judgement *judgement)
{
    struct tokens_verdict verdict = {.node = from};

    for (;;) {
        const bool is_leaf = child_of(tree, verdict.node, TREE_NONE, judgement) == TREE_NONE;
        int child;

        if (is_leaf && judgement->without_bonus)
            return verdict;
        child = try_children(target, tree, verdict.node, judgement);
        if (child == TREE_NONE) {
            verdict.bonus =
                sampling_draw(target->scratch, target->vocabulary, target->draw(target->own));
            verdict.has_bonus = true;
            return verdict;
        }
        verdict.node = child;
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
