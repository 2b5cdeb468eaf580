/* tokens.h -- where tokens come from: two processes behind one interface.
 *
 *   given   acceptance is given: i.i.d., for each position, for each rank (top-k), or a recorded trace; tokens mean nothing
 *   text    n-gram models of different orders, trained on a text: p and q are true distributions, and acceptance is what it is
 *
 * A process is opened once a run and changes no more; a sequence is one text under way, with random streams of its own for
 * its drafts and for its target, so that what is drawn does not depend on who computes when.
 *
 * The rules by which candidates are accepted are pure functions of rows: accept.h. */
#ifndef DECODING_TOKENS_H
#define DECODING_TOKENS_H

#include "algorithms/decoding/shared/tree.h"
#include "sim/algorithm.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- parameters, part of every system's (DEC_PARAMETERS in decoding.h) ---- */

enum tokens_from { TOKENS_GIVEN, TOKENS_TEXT };
enum tokens_tokenizer { TOKENS_WORDS, TOKENS_CHARACTERS };

struct tokens_options {
    int tokens_from; /* enum tokens_from */

    /* given */
    struct sim_numbers acceptance; /* alpha: one, or one for each position (the last goes on) */
    struct sim_numbers
        rank_acceptance; /* cumulative: the target's token is among the first 1, 2, ... of a draft */
    const char *head_accuracy; /* CSV: how often each head is right (heads.h) */
    const char
        *acceptance_trace; /* CSV, column accepted: how many drafted tokens a round would accept */
    double
        confidence_spread; /* 0..1: confidences are uniform around alpha, as wide as [0, 1] allows at 1 */

    /* text */
    const char *text,
        *draft_text; /* files; "" : the text that comes with dmlsim; as the target's */
    int tokenizer;   /* enum tokens_tokenizer */
    int order;       /* n of the target's n-grams */
    struct sim_numbers
        draft_orders;          /* n of each draft's (empty: 1 less than the target's, at least 1) */
    double interpolation;      /* weight of each higher order over the lower ones, in [0, 1] */
    double temperature, top_p; /* 0: greedy; 1: all of the row */
    int top_k;                 /* 0: all of the row */
};

/* ---- what is given ---- */

/* One alpha, or one table of ranks, at all nodes of all trees? */
bool tokens_are_alike(const struct tokens_options *options);

/* Is every drafted token accepted with one probability, whatever came before?  And that alpha. */
bool tokens_are_iid(const struct tokens_options *options);
double tokens_alpha(const struct tokens_options *options);

/* ---- the process ---- */

struct tokens;

/* `drafts` proposers: models of draft_orders, or, with `are_heads`, heads that predict the tokens at offsets 1, 2, ...
 * after the next one from the prefix alone (Medusa).  NULL with a sentence where a file cannot be read, is empty or no
 * text, vocabularies differ, an acceptance table makes no sense, or there are fewer orders than drafts. */
const struct tokens *tokens_open(const struct tokens_options *options, int drafts, bool are_heads,
                                 uint64_t seed, struct sim_arena *arena, struct sim_error *err);

int tokens_vocabulary(const struct tokens *tokens); /* 0 with given acceptance */
bool tokens_are_greedy(const struct tokens *tokens);

/* ---- a sequence ---- */

struct token_sequence;

/* Sequence `number` of a run; with text its prompt of that many tokens is taken from the text, from a place drawn for it. */
struct token_sequence *token_sequence_open(const struct tokens *tokens, int number,
                                           int prompt_tokens, struct sim_arena *arena);

/* It is over: its random streams are freed. */
void token_sequence_close(struct token_sequence *sequence);

/* What it holds: the prompt, and what was emitted. */
int token_sequence_length(const struct token_sequence *sequence);
const int *token_sequence_tokens(const struct token_sequence *sequence);

/* How a draft chooses several children of one node. */
enum tokens_choice {
    TOKENS_SAMPLE,              /* i.i.d. from its row; at temperature 0 the most probable, once */
    TOKENS_WITHOUT_REPLACEMENT, /* from its row, renormalised without those already drawn (Sequoia) */
    TOKENS_TOP,                 /* the most probable: with stochastic verification biased */
};

/* `draft` proposes `count` children of node `parent`; adds them to the tree and returns how many there are. */
int tokens_draft(struct token_sequence *sequence, struct tree *tree, int parent, int draft,
                 enum tokens_choice choice, int count);

/* ---- verification ---- */

enum tokens_rule {
    TOKENS_EXACT, /* greedy at temperature 0, else Leviathan's rule, on trees SpecInfer's multi-step sampling */
    TOKENS_TYPICAL, /* Medusa's typical acceptance; at temperature 0 as TOKENS_EXACT */
};

struct tokens_judgement {
    enum tokens_rule rule;
    double lenience;       /* Leviathan A.5: q is multiplied with it; 1 is exact */
    double epsilon, delta; /* of typical acceptance */
    bool without_bonus;    /* where all is accepted, no token follows (PEARL) */
    int first; /* nodes of a depth up to this are accepted already (PEARL's drafts that were verified); 0 */
    int limit; /* nodes deeper than this are not looked at; 0: all are */
};

struct tokens_verdict {
    int accepted; /* nodes on the accepted path, those of `first` not counted */
    int node;     /* the last of them; or where it began */
    int bonus; /* the target's own token behind them: what replaces a rejected one, or follows them all */
    bool has_bonus;
};

/* The target looks at all nodes at once and says which path it accepts.  Changes nothing but the target's random stream. */
struct tokens_verdict tokens_verify(struct token_sequence *sequence, const struct tree *tree,
                                    const struct tokens_judgement *judgement);

/* One token of the target, or of a draft, alone. */
int tokens_next(struct token_sequence *sequence);
int tokens_next_of_draft(struct token_sequence *sequence, int draft);

/* These tokens are emitted: they join the prefix. */
void token_sequence_append(struct token_sequence *sequence, int token);

/* Only the first `length` of what it holds, where that is more. */
void token_sequence_cut(struct token_sequence *sequence, int length);

/* The accepted path and the bonus join the prefix; returns how many tokens that were. */
int token_sequence_commit(struct token_sequence *sequence, const struct tree *tree,
                          const struct tokens_verdict *verdict);

/* Emitted tokens as text, in the arena; NULL with given acceptance. */
const char *token_sequence_text(const struct token_sequence *sequence, int from,
                                struct sim_arena *arena);

/* One token, with the blank before it; NULL with given acceptance. */
const char *token_written(const struct token_sequence *sequence, int token);

/* sum of min(p, q) at this point: the probability that the draft's next token is accepted; NaN unless from text. */
double tokens_overlap(struct token_sequence *sequence, int draft);

#endif
