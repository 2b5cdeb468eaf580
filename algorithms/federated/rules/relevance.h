/* relevance.h -- CMFL: only updates that point where the model already goes are uploaded.
 *
 * Wang, Wang, Li, "CMFL: Mitigating Communication Overhead for Federated Learning", ICDCS 2019, section IV:
 *
 *   e(u, u_bar) = share of the N parameters with sgn(u_j) = sgn(u_bar_j);   upload iff e >= v_t
 *
 * u is the client's update, u_bar the previous global one, since nobody knows the current one yet. */
#ifndef FEDERATED_RELEVANCE_H
#define FEDERATED_RELEVANCE_H

#include <stdbool.h>
#include <stddef.h>

/* e of two updates of `count` >= 1 numbers, 0 .. 1.  Zero against zero is not equal, as in both public
 * re-implementations; the paper does not say. */
double relevance_of(const double *update, const double *previous, size_t count);

/* FALLING: v_0 / sqrt(t), as public re-implementations have it. */
enum relevance_threshold { RELEVANCE_CONSTANT, RELEVANCE_FALLING };

struct relevance {
    enum relevance_threshold form;
    double
        threshold; /* v_0: 0 accepts all, more than 1 (and constant) accepts none after the first round */
};

/* v_t of round t = 1, 2, ... */
double relevance_threshold(const struct relevance *relevance, int round);

/* Does a client with that e upload in that round?  In round 1 there is no previous update: all do, whatever e. */
bool relevance_uploads(const struct relevance *relevance, int round, double e);

#endif
