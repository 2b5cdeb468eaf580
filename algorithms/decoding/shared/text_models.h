/* text_models.h -- the target and its drafts as n-gram models of a text, and their rows.
 *
 * The target is a model of `order`; drafts are models of draft_orders, of the same text or of draft_text.  Heads (Medusa)
 * are counts of their own: head h, from 0, predicts the token that stands h + 1 behind one that it does not see, from the
 * tokens before that one; n-grams of up to 3, that is from one or two tokens.
 *
 * Rows are worked out when they are asked for, and kept within ROWS_MOST_BYTES.  A row depends on the longest context that
 * was seen, so target and drafts of one text share rows.  With interpolation below 1, temperature above 0 and neither top-k
 * nor nucleus each token of each row is possible. */
#ifndef DECODING_TEXT_MODELS_H
#define DECODING_TEXT_MODELS_H

#include "algorithms/decoding/shared/ngram.h"
#include "algorithms/decoding/shared/rows.h"
#include "algorithms/decoding/shared/sampling.h"
#include "algorithms/decoding/shared/text.h"
#include "algorithms/decoding/shared/tokens.h"

enum {
    TEXT_MOST_ORDER = 16,
    TEXT_MOST_COUNTS = 50 * 1000 * 1000, /* n-grams of all orders: 2 GB at the worst */
    TEXT_HEAD_ORDER = 3,
    TEXT_TARGET = -1, /* the number of the target among the drafts */
};

struct text_model {
    const struct ngram *ngram;
    int order;
    int table; /* which counts these are; models of one text share theirs */
};

struct text_models {
    const struct text *text;
    struct text_model target;
    struct text_model *drafts; /* [draft_count] */
    int draft_count;
    bool are_heads;
    double interpolation;
    struct sampling sampling;
    struct rows *rows;
    int *space;      /* [vocabulary] for sampling.h */
    double *scratch; /* [vocabulary] for accept.h */
};

/* NULL with a sentence: see tokens_open. */
const struct text_models *text_models_open(const struct tokens_options *options, int drafts,
                                           bool are_heads, struct sim_arena *arena,
                                           struct sim_error *err);

/* The model of a draft, or of TEXT_TARGET. */
const struct text_model *text_model(const struct text_models *models, int which);

/* Hold the row of a model after those tokens, the newest first; its place in models->rows, whose remark is the largest
 * probability before adjustment.  `is_plain`: as the model has it, before temperature, top-k and nucleus. */
int text_models_hold(const struct text_models *models, int which, const int *newest, int length,
                     bool is_plain);

#endif
