/* pearl_state.h -- where PEARL stands between two steps: a pure function of what the target accepted.
 *
 * A step: the draft says a window of gamma tokens while the target looks at tokens said before, and at the first of this
 * window as soon as it is there.  The prefix is what was emitted; behind it stand `pending` drafts at which nobody looked
 * yet, and behind those the window of this step.
 *
 *   PRE    after a failure and at first: nothing is pending, the target looks at the window's first token (pre-verify)
 *   POST   the target looks at what is pending, gamma - 1 tokens, and at the first of the new window (post-verify)
 *
 * Where all that was looked at is accepted, the rest of the window is pending, and no token of the target's is added: the
 * draft went on already.  Where token n is refused, what stands behind it is thrown away; the target's token replaces it.
 *
 * Liu et al., PEARL: parallel speculative decoding with adaptive draft length, ICLR 2025: sections 3.1 to 3.3, and
 * the authors' code.  Its two ablations in their correct form: everything that is emitted was verified.
 *
 *   pre-verify alone    where the first token is accepted, the target looks at the gamma - 1 others while the draft waits,
 *                       and adds a token of its own
 *   post-verify alone   after a failure the target waits for a window; then it looks at the whole of the last one while the
 *                       draft says the next
 *
 * Not modelled: windows of different lengths. */
#ifndef DECODING_PEARL_STATE_H
#define DECODING_PEARL_STATE_H

#include <stdbool.h>

enum pearl_rule { PEARL_BOTH, PEARL_PRE_VERIFY_ONLY, PEARL_POST_VERIFY_ONLY };
enum pearl_mode { PEARL_PRE, PEARL_POST };

struct pearl_state {
    enum pearl_mode mode;
    int pending; /* drafts behind the prefix that are kept, and were not looked at */
};

/* What a step does, known before it begins. */
struct pearl_step {
    int drafted;   /* tokens that the draft says */
    int looked_at; /* tokens that the target judges, pending ones first; 0: it has no step */
    int of_window; /* how many of those are said in this step, so that the target must have them: 0 or 1 */
    bool has_bonus; /* where all are accepted, a token of the target's follows */
};

/* What became of it. */
struct pearl_outcome {
    int emitted;     /* tokens that join the prefix: accepted drafts, then the target's own */
    bool has_target; /* the last of them is the target's */
    int thrown_away; /* drafts that were said for nothing, the refused one included */
    struct pearl_state next;
};

struct pearl_step pearl_step(enum pearl_rule rule, struct pearl_state state, int gamma);

/* The target accepted the first `accepted` of those that it looked at. */
struct pearl_outcome pearl_judged(enum pearl_rule rule, struct pearl_state state, int gamma,
                                  int accepted);

#endif
