/* accept.h -- which drafted tokens the target accepts: pure functions of rows of probabilities.
 *
 * A row has a probability for each token of the vocabulary; p is the target's, q the draft's, both after temperature, top-k
 * and nucleus.  What is emitted follows p exactly under accept_tree with lenience 1 and children that were drawn from the
 * rows that their nodes hold; under typical acceptance, or where children are the most probable tokens, it does not.
 *
 * Leviathan, Kalman, Matias, Fast inference from transformers via speculative decoding, ICML 2023: Algorithm 1, appendix A.5
 * (lenience).  Miao et al., SpecInfer, ASPLOS 2024: Algorithm 2 (multi-step speculative sampling).  Cai et al., Medusa, ICML
 * 2024: section 2.3.1 (typical acceptance). */
#ifndef DECODING_ACCEPT_H
#define DECODING_ACCEPT_H

#include "algorithms/decoding/shared/tokens.h"

/* The probability that a token of probability `q` under the draft and `p` under the target is accepted: min(1, p / (l q)). */
double accept_probability(double p, double q, double lenience);

/* What replaces a rejected token is drawn from norm(max(0, p - l q)); p itself where nothing is left of it.  `residual` may be
 * `p`. */
void accept_residual(const double *p, const double *q, double lenience, int vocabulary,
                     double *residual);

/* The least probability with which typical acceptance takes a token: min(epsilon, delta exp(-entropy)). */
double accept_typical_threshold(const double *row, int vocabulary, double epsilon, double delta);

/* A target that looks at a tree. */
struct accept_target {
    int vocabulary;
    bool is_greedy;
    const double *(*row)(void *own, const struct tree *tree,
                         int node); /* p behind that node; lasts until the next call */
    double (*draw)(void *own);      /* uniform in [0, 1) */
    void *own;
    double *scratch; /* [vocabulary] */
};

/* Which path of the tree is accepted, and what follows it; as tokens_verify says. */
struct tokens_verdict accept_tree(const struct accept_target *target, const struct tree *tree,
                                  const struct tokens_judgement *judgement);

#endif
