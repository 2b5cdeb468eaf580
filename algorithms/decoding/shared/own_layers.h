/* own_layers.h -- drafts that are part of the target itself: what its three systems share.
 *
 * The draft is the target with some of its layers left out.  Together it drafts on the target's own devices; apart, it has a
 * host of its own that holds those layers only, and what it proposes is sent.  Which tokens it proposes does not follow from
 * the layers that are left out: with given acceptance that is acceptance, with a text it is draft_orders, n-grams of lower
 * order of the same text.
 *
 * Zhang et al., Draft & Verify, ACL 2024.  Elhoushi et al., LayerSkip, ACL 2024.  Liu et al., Kangaroo, NeurIPS 2024. */
#ifndef DECODING_OWN_LAYERS_H
#define DECODING_OWN_LAYERS_H

#include "algorithms/decoding/shared/decoding.h"
#include "algorithms/decoding/shared/expected.h"

/* Rows of such systems; the field is in their parameters' common part. */
#define OWN_LAYERS_PARAMETERS                                                                      \
    {                                                                                              \
        SIM_NUMBERS(struct tokens_options, draft_orders), SIM_DEFAULT("", SIM_ELSEWHERE),          \
            .least = 1, .most = 8,                                                                 \
            .help = "n of the draft's n-grams, with a text: what decides how much is accepted; "   \
                    "empty: 1 less than the target's"                                              \
    }

/* dec_prepare, for a draft that is the target itself; `run` is as there. */
bool own_layers_prepare(struct sim_plan *plan, struct dec_run *run, const struct dec_method *method,
                        struct sim_error *err);

/* The layers that the draft consists of are known: `share` of all, beside `extra_parameters` of its own. */
void own_layers_take(struct dec_run *run, double share, double extra_parameters);

/* L: the model's, or what is given (0: `otherwise`); 0 with a sentence where both are given. */
int own_layers_count(const struct sim_plan *plan, int given, int otherwise, struct sim_error *err);

/* When a chain of drafts ends: it always has one. */
struct own_stop {
    int most;          /* drafts */
    double threshold;  /* of the confidence in a token, which is kept */
    bool at_threshold; /* a confidence of just that stops it, too */
};

/* One token after the other, until it stops. */
void own_layers_draft(struct dec_sequence *sequence, int draft, const struct own_stop *stop);

/* ---- for laws ---- */

/* The confidences that are drawn around alpha. */
struct dec_confidence own_layers_confidence(const struct sim_plan *plan, double threshold);

/* All that was sent in so many rounds. */
double own_layers_bytes(double rounds, double bytes);

/* Of runs of one sequence. */
double own_layers_drafted_per_step(const struct sim_totals *totals);

/* Relative deviation of it, at most: of numbers from 1 to `most` with that mean (Bhatia and Davis, 2000). */
double own_layers_drafted_deviation(const struct sim_plan *plan, int most);

#endif
