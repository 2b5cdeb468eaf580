/* tokens_text.c -- tokens of n-gram models of a text: p and q are true distributions, and acceptance is what it is.
 *
 * Rows are adjusted by temperature, top-k and nucleus before anything is drawn from them or accepted by them, p's and q's
 * alike (Leviathan et al., ICML 2023, sec. 2.2).  A node's confidence is the largest probability of the draft's own row,
 * before that: what Draft & Verify (Zhang et al., ACL 2024) and Kangaroo (Liu et al., NeurIPS 2024) compare with their
 * thresholds is the model's softmax, also where tokens are sampled at another temperature.
 *
 * TOKENS_TOP at temperature 0 takes the most probable of the draft's own row, as SpecInfer's greedy trees and Medusa's do;
 * their rows are the adjusted ones still, so that all but the first have probability 0.
 *
 * Heads (Medusa): head h proposes nodes of depth h + 1.  The root, the last token of the prefix, is the target's own token
 * of the round before; heads come from the state before it, so they know neither the root nor the path.
 *
 * A row that a node points to stays as it is until something is drafted into the same tree after its next tree_begin, or
 * the sequence is closed. */
#include "algorithms/decoding/shared/accept.h"
#include "algorithms/decoding/shared/text_models.h"
#include "algorithms/decoding/shared/tokens_inside.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The rows that the nodes of one tree point to. */
struct holding {
    const struct tree *tree;
    int count, room;
    int *places;
    struct holding *next;
};

struct text_sequence {
    struct holding *holdings; /* of each tree that was drafted into: one or two */
};

static const struct text_models *models_of(const struct token_sequence *sequence)
{
    return sequence->tokens->own;
}

/* ---- rows that trees hold ---- */

static void let_go(const struct text_models *models, struct holding *holding)
{
    for (int i = 0; i < holding->count; i++)
        rows_release(models->rows, holding->places[i]);
    holding->count = 0;
}

/* What the nodes of a tree hold; a tree that begins anew lets go. */
static struct holding *holding_of(struct token_sequence *sequence, const struct tree *tree)
{
    struct text_sequence *own = sequence->own;
    struct holding *holding = own->holdings;

    while (holding != NULL && holding->tree != tree)
        holding = holding->next;
    if (holding == NULL) {
        holding = sim_new(sequence->arena, struct holding, 1);
        holding->tree = tree;
        holding->next = own->holdings;
        own->holdings = holding;
    }
    if (tree->count == 1)
        let_go(models_of(sequence), holding);
    return holding;
}

static void keep(struct token_sequence *sequence, struct holding *holding, int place)
{
    if (holding->count == holding->room) {
        int *places;

        holding->room = 2 * holding->room + 16;
        places = sim_new(sequence->arena, int, (size_t)holding->room);
        if (holding->count > 0)
            memcpy(places, holding->places, (size_t)holding->count * sizeof *places);
        holding->places = places;
    }
    holding->places[holding->count++] = place;
}

static void end(struct token_sequence *sequence)
{
    struct text_sequence *own = sequence->own;

    for (struct holding *h = own->holdings; h != NULL; h = h->next)
        let_go(models_of(sequence), h);
}

/* ---- contexts ---- */

/* Tokens on the way from `node` to the root, then the prefix, the newest first, `most` of them at the most. */
static int newest_tokens(const struct token_sequence *sequence, const struct tree *tree, int node,
                         int most, int *newest)
{
    int count = 0;

    for (; tree != NULL && node != TREE_ROOT && count < most; node = tree->nodes[node].parent)
        newest[count++] = tree->nodes[node].token;
    for (int i = sequence->count - 1; i >= 0 && count < most; i--)
        newest[count++] = sequence->held[i];
    return count;
}

/* What heads see: the prefix without its last token. */
static int tokens_before_root(const struct token_sequence *sequence, int most, int *newest)
{
    int count = 0;

    for (int i = sequence->count - 2; i >= 0 && count < most; i--)
        newest[count++] = sequence->held[i];
    return count;
}

/* Hold the row of a model behind `node`. */
static int hold(const struct token_sequence *sequence, int which, const struct tree *tree, int node,
                bool is_plain)
{
    const struct text_models *models = models_of(sequence);
    const int most = text_model(models, which)->order - 1;
    int newest[TEXT_MOST_ORDER], count;

    if (models->are_heads && which != TEXT_TARGET)
        count = tokens_before_root(sequence, most, newest);
    else
        count = newest_tokens(sequence, tree, node, most, newest);
    return text_models_hold(models, which, newest, count, is_plain);
}

/* ---- drafting ---- */

/* Children of one node, as they are added. */
struct litter {
    struct token_sequence *sequence;
    struct tree *tree;
    struct holding *holding;
    int parent, draft;
    int place; /* of the draft's row */
    int count; /* children so far */
};

static void bear(struct litter *litter, int token, const double *row)
{
    struct rows *rows = models_of(litter->sequence)->rows;

    tree_add(litter->tree, (struct tree_node){.parent = litter->parent,
                                              .token = token,
                                              .draft = litter->draft,
                                              .rank = litter->count++,
                                              .probability = row[token],
                                              .confidence = *rows_remark(rows, litter->place),
                                              .row = row});
}

static int drawn(struct litter *litter, const double *row)
{
    return sampling_draw(row, litter->sequence->tokens->vocabulary,
                         sim_random_uniform(litter->sequence->draft_random));
}

static void sample(struct litter *litter, int count)
{
    const double *row = rows_at(models_of(litter->sequence)->rows, litter->place);

    if (tokens_are_greedy(litter->sequence->tokens) && count > 1)
        count = 1;
    while (litter->count < count)
        bear(litter, drawn(litter, row), row);
}

static void sample_without_replacement(struct litter *litter, int count)
{
    struct rows *rows = models_of(litter->sequence)->rows;
    const int vocabulary = litter->sequence->tokens->vocabulary;
    double *row = rows_at(rows, litter->place);

    while (litter->count < count) {
        const int token = drawn(litter, row);
        int place;

        bear(litter, token, row);
        if (litter->count == count)
            return;
        place = rows_hold_blank(rows);
        keep(litter->sequence, litter->holding, place);
        row = memcpy(rows_at(rows, place), row, (size_t)vocabulary * sizeof *row);
        if (!sampling_without(row, vocabulary, token))
            return;
    }
}

static void take_top(struct litter *litter, int count)
{
    const struct text_models *models = models_of(litter->sequence);
    const double *row = rows_at(models->rows, litter->place);
    const bool is_greedy = tokens_are_greedy(litter->sequence->tokens);
    const int vocabulary = litter->sequence->tokens->vocabulary;
    const int ranked =
        is_greedy ? hold(litter->sequence, litter->draft, litter->tree, litter->parent, true)
                  : litter->place;
    const double *probability = rows_at(models->rows, ranked);

    count = sampling_top(probability, vocabulary, count, models->space);
    for (int i = 0; i < count && probability[models->space[i]] > 0; i++)
        bear(litter, models->space[i], row);
    if (is_greedy)
        rows_release(models->rows, ranked);
}

static int text_draft(struct token_sequence *sequence, struct tree *tree, int parent, int draft,
                      enum tokens_choice choice, int count)
{
    struct litter litter = {.sequence = sequence,
                            .tree = tree,
                            .holding = holding_of(sequence, tree),
                            .parent = parent,
                            .draft = draft};

    assert(draft >= 0 && draft < sequence->tokens->drafts && count >= 0);
    assert(!sequence->tokens->are_heads || tree->nodes[parent].depth == draft);
    litter.place = hold(sequence, draft, tree, parent, false);
    keep(sequence, litter.holding, litter.place);
    if (choice == TOKENS_SAMPLE)
        sample(&litter, count);
    else if (choice == TOKENS_WITHOUT_REPLACEMENT)
        sample_without_replacement(&litter, count);
    else
        take_top(&litter, count);
    return litter.count;
}

/* ---- one token alone ---- */

static int next_of(struct token_sequence *sequence, int which, struct sim_random *random)
{
    struct rows *rows = models_of(sequence)->rows;
    const int place = hold(sequence, which, NULL, TREE_ROOT, false);
    const int token = sampling_draw(rows_at(rows, place), sequence->tokens->vocabulary,
                                    sim_random_uniform(random));

    rows_release(rows, place);
    return token;
}

static int text_next(struct token_sequence *sequence)
{
    return next_of(sequence, TEXT_TARGET, sequence->target_random);
}

static int text_next_of_draft(struct token_sequence *sequence, int draft)
{
    assert(!sequence->tokens->are_heads);
    return next_of(sequence, draft, sequence->draft_random);
}

static double text_overlap(struct token_sequence *sequence, int draft)
{
    struct rows *rows = models_of(sequence)->rows;
    double overlap;
    int p, q;

    if (sequence->tokens->are_heads && draft > 0)
        return NAN; /* what it predicts is not the next token */
    p = hold(sequence, TEXT_TARGET, NULL, TREE_ROOT, false);
    q = hold(sequence, draft, NULL, TREE_ROOT, false);
    overlap = sampling_overlap(rows_at(rows, p), rows_at(rows, q), sequence->tokens->vocabulary);
    rows_release(rows, p);
    rows_release(rows, q);
    return overlap;
}

/* ---- the sequence ---- */

/* The prompt is a stretch of the text; one longer than the text goes on at its beginning. */
static void begin(struct token_sequence *sequence, int prompt_tokens)
{
    const struct text *text = models_of(sequence)->text;
    const int places = prompt_tokens < text->count ? text->count - prompt_tokens + 1 : text->count;
    const int from = (int)sim_random_below(sequence->target_random, (uint32_t)places);

    sequence->own = sim_new(sequence->arena, struct text_sequence, 1);
    for (int i = 0; i < prompt_tokens; i++)
        token_sequence_append(sequence, text->tokens[(int)(((int64_t)from + i) % text->count)]);
}

static const char *written(const struct token_sequence *sequence, int from, struct sim_arena *arena)
{
    return text_join(models_of(sequence)->text, sequence->held + from, sequence->count - from,
                     arena);
}

static const char *word(const struct token_sequence *sequence, int token)
{
    return models_of(sequence)->text->written[token];
}

/* ---- verification ---- */

/* What accept_tree asks for; one row is held at a time. */
struct looking {
    struct token_sequence *sequence;
    int place; /* ROWS_NONE: none is held */
};

static void look_away(struct looking *looking)
{
    if (looking->place != ROWS_NONE)
        rows_release(models_of(looking->sequence)->rows, looking->place);
    looking->place = ROWS_NONE;
}

static const double *row_behind(void *own, const struct tree *tree, int node)
{
    struct looking *looking = own;

    look_away(looking);
    looking->place = hold(looking->sequence, TEXT_TARGET, tree, node, false);
    return rows_at(models_of(looking->sequence)->rows, looking->place);
}

static double draw(void *own)
{
    const struct looking *looking = own;

    return sim_random_uniform(looking->sequence->target_random);
}

static struct tokens_verdict verify(struct token_sequence *sequence, const struct tree *tree,
                                    const struct tokens_judgement *judgement)
{
    struct looking looking = {sequence, ROWS_NONE};
    const struct accept_target target = {.vocabulary = sequence->tokens->vocabulary,
                                         .is_greedy = tokens_are_greedy(sequence->tokens),
                                         .row = row_behind,
                                         .draw = draw,
                                         .own = &looking,
                                         .scratch = models_of(sequence)->scratch};
    const struct tokens_verdict verdict = accept_tree(&target, tree, judgement);

    look_away(&looking);
    return verdict;
}

static const struct tokens_method method = {
    .begin = begin,
    .draft = text_draft,
    .verify = verify,
    .next = text_next,
    .next_of_draft = text_next_of_draft,
    .text = written,
    .written = word,
    .overlap = text_overlap,
    .end = end,
};

bool tokens_text_open(struct tokens *tokens, struct sim_arena *arena, struct sim_error *err)
{
    const struct text_models *models =
        text_models_open(tokens->options, tokens->drafts, tokens->are_heads, arena, err);

    if (models == NULL)
        return false;
    tokens->method = &method;
    tokens->vocabulary = models->text->vocabulary;
    tokens->own = models;
    return true;
}
