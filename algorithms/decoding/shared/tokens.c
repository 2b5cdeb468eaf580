/* tokens.c -- what the two token processes share: sequences, their random streams, what is emitted. */
#include "algorithms/decoding/shared/tokens_inside.h"

#include <string.h>

const struct tokens *tokens_open(const struct tokens_options *options, int drafts, bool are_heads,
                                 uint64_t seed, struct sim_arena *arena, struct sim_error *err)
{
    struct tokens *tokens = sim_new(arena, struct tokens, 1);

    tokens->options = options;
    tokens->drafts = drafts;
    tokens->are_heads = are_heads;
    tokens->seed = seed;
    if (options->tokens_from == TOKENS_TEXT ? !tokens_text_open(tokens, arena, err)
                                            : !tokens_given_open(tokens, arena, err))
        return NULL;
    return tokens;
}

int tokens_vocabulary(const struct tokens *tokens)
{
    return tokens->vocabulary;
}

bool tokens_are_greedy(const struct tokens *tokens)
{
    return tokens->options->temperature == 0;
}

/* Streams of peers are numbered from 0 on; these are far from them. */
static const uint64_t first_stream = (uint64_t)1 << 40;

struct token_sequence *token_sequence_open(const struct tokens *tokens, int number,
                                           int prompt_tokens, struct sim_arena *arena)
{
    struct token_sequence *sequence = sim_new(arena, struct token_sequence, 1);
    const uint64_t stream = first_stream + 2 * (uint64_t)number;

    sequence->tokens = tokens;
    sequence->number = number;
    sequence->arena = arena;
    sequence->prompt_tokens = prompt_tokens;
    sequence->draft_random = sim_random_open(tokens->seed, stream);
    sequence->target_random = sim_random_open(tokens->seed, stream + 1);
    tokens->method->begin(sequence, prompt_tokens);
    return sequence;
}

void token_sequence_close(struct token_sequence *sequence)
{
    if (sequence->tokens->method->end != NULL)
        sequence->tokens->method->end(sequence);
    sim_random_close(sequence->draft_random);
    sim_random_close(sequence->target_random);
    sequence->draft_random = sequence->target_random = NULL;
}

int token_sequence_length(const struct token_sequence *sequence)
{
    return sequence->count;
}

const int *token_sequence_tokens(const struct token_sequence *sequence)
{
    return sequence->held;
}

void token_sequence_append(struct token_sequence *sequence, int token)
{
    if (sequence->count == sequence->capacity) {
        const int capacity = sequence->capacity > 0 ? 2 * sequence->capacity : 64;
        int *held = sim_new(sequence->arena, int, (size_t)capacity);

        if (sequence->count > 0)
            memcpy(held, sequence->held, (size_t)sequence->count * sizeof *held);
        sequence->held = held;
        sequence->capacity = capacity;
    }
    sequence->held[sequence->count++] = token;
}

void token_sequence_cut(struct token_sequence *sequence, int length)
{
    if (sequence->count > length)
        sequence->count = length;
}

int token_sequence_commit(struct token_sequence *sequence, const struct tree *tree,
                          const struct tokens_verdict *verdict)
{
    const int before = sequence->count;
    int node = verdict->node;

    for (int i = 0; i < verdict->accepted; i++) /* room first: a path is read from its end */
        token_sequence_append(sequence, 0);
    for (int i = before + verdict->accepted - 1; i >= before; i--) {
        sequence->held[i] = tree->nodes[node].token;
        node = tree->nodes[node].parent;
    }
    if (verdict->has_bonus)
        token_sequence_append(sequence, verdict->bonus);
    return sequence->count - before;
}

int tokens_draft(struct token_sequence *sequence, struct tree *tree, int parent, int draft,
                 enum tokens_choice choice, int count)
{
    return sequence->tokens->method->draft(sequence, tree, parent, draft, choice, count);
}

struct tokens_verdict tokens_verify(struct token_sequence *sequence, const struct tree *tree,
                                    const struct tokens_judgement *judgement)
{
    return sequence->tokens->method->verify(sequence, tree, judgement);
}

int tokens_next(struct token_sequence *sequence)
{
    return sequence->tokens->method->next(sequence);
}

int tokens_next_of_draft(struct token_sequence *sequence, int draft)
{
    return sequence->tokens->method->next_of_draft(sequence, draft);
}

const char *token_sequence_text(const struct token_sequence *sequence, int from,
                                struct sim_arena *arena)
{
    return sequence->tokens->method->text(sequence, from, arena);
}

const char *token_written(const struct token_sequence *sequence, int token)
{
    return sequence->tokens->method->written == NULL
               ? NULL
               : sequence->tokens->method->written(sequence, token);
}

double tokens_overlap(struct token_sequence *sequence, int draft)
{
    return sequence->tokens->method->overlap(sequence, draft);
}
