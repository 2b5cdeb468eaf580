/* tokens_inside.h -- private to tokens.c and the two processes behind it: tokens_given.c and tokens_text.c. */
#ifndef DECODING_TOKENS_INSIDE_H
#define DECODING_TOKENS_INSIDE_H

#include "algorithms/decoding/shared/tokens.h"
#include "sim/base/random.h"

/* What a process does; each as the function of tokens.h of that name says. */
struct tokens_method {
    void (*begin)(struct token_sequence *sequence, int prompt_tokens);
    int (*draft)(struct token_sequence *sequence, struct tree *tree, int parent, int draft,
                 enum tokens_choice choice, int count);
    struct tokens_verdict (*verify)(struct token_sequence *sequence, const struct tree *tree,
                                    const struct tokens_judgement *judgement);
    int (*next)(struct token_sequence *sequence);
    int (*next_of_draft)(struct token_sequence *sequence, int draft);
    const char *(*text)(const struct token_sequence *sequence, int from, struct sim_arena *arena);
    const char *(*written)(const struct token_sequence *sequence,
                           int token); /* NULL: means nothing */
    double (*overlap)(struct token_sequence *sequence, int draft);
    void (*end)(struct token_sequence *sequence); /* it is closed; NULL: nothing is to be done */
};

struct tokens {
    const struct tokens_options *options;
    const struct tokens_method *method;
    int drafts;
    bool are_heads;
    int vocabulary;
    uint64_t seed;
    const void *own; /* the process's: tables, models */
};

struct token_sequence {
    const struct tokens *tokens;
    int number;
    int count, capacity; /* of `held` */
    int prompt_tokens;
    int *held;
    struct sim_random *draft_random, *target_random;
    struct sim_arena *arena;
    void *own; /* the process's */
};

/* Fill in method, vocabulary and own; options, drafts, are_heads and seed are. */
bool tokens_given_open(struct tokens *tokens, struct sim_arena *arena, struct sim_error *err);
bool tokens_text_open(struct tokens *tokens, struct sim_arena *arena, struct sim_error *err);

#endif
