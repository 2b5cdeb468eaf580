/* server.h -- the peer that leads a batch: what a round of it is made of, for systems whose rounds are their own. */
#ifndef DECODING_SERVER_H
#define DECODING_SERVER_H

#include "algorithms/decoding/shared/decoding.h"

/* What a draft is asked to do; lives with the server. */
enum dec_order_kind {
    DEC_ORDER_READ,  /* read prompts, and answer nothing */
    DEC_ORDER_DRAFT, /* make these steps, and send what was proposed */
    DEC_ORDER_ROWS,  /* send the rows of rejected tokens */
};
struct dec_order {
    enum dec_order_kind kind;
    struct dec_step *steps; /* DEC_MOST_STEPS of them */
    int step_count;
    int64_t answer_bytes;
    double computed_seconds; /* filled in by the draft */
};

struct dec_server {
    struct sim_peer *me;
    const struct dec_run *run;
    const struct decoding *options;
    struct dec_tally *tally;
    struct dec_sequence **batch;
    int count;                /* of the batch */
    int next;                 /* request that is not admitted yet */
    int new_count;            /* at the end of the batch: admitted for the next round */
    bool *is_behind;          /* [drafts]: it knows nothing of the batch, since it was dead */
    bool *takes_part;         /* [drafts]: in this round */
    struct dec_order *reads;  /* [drafts]: one may still be under way when the next order is made */
    struct dec_order *orders; /* [drafts] */
    struct sim_activity **pending; /* [drafts] */

    struct dec_said *said; /* NULL where tokens mean nothing */

    /* Of the round under way. */
    double draft_seconds, exchange_seconds, verify_seconds;
    int64_t drafted, accepted, emitted;
};

/* Begin the trees of all sequences anew, and let every draft that lives propose. */
void dec_propose(struct dec_server *server);

/* The drafts spend the time of what they proposed, and it is sent: blocks until all of it is here.  A draft that cannot be
 * reached has proposed nothing. */
void dec_wait_for_drafts(struct dec_server *server);

/* The parts of it, for targets that compute in between. */
void dec_order_drafts(struct dec_server *server);
void dec_await_orders(struct dec_server *server);
void dec_collect_drafts(struct dec_server *server);

/* The draft sends q of the rejected tokens, of which the target draws what replaces them; nothing happens under another
 * exchange. */
void dec_fetch_rows(struct dec_server *server, int rejected);

/* The target looks at what was proposed: one step over all sequences. */
void dec_verify(struct dec_server *server, struct dec_step *step);

/* What is accepted is emitted; rejected rows are asked for where the exchange says so. */
void dec_judge(struct dec_server *server);

/* Count a verdict that has been committed: `committed` tokens, of `drafted` nodes. */
void dec_emit(struct dec_server *server, struct dec_sequence *sequence, int committed, int drafted,
              int accepted, bool is_rejected);

#endif
