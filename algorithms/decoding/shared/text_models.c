/* text_models.c -- see text_models.h. */
#include "algorithms/decoding/shared/text_models.h"

#include "sim/base/shipped.h"

#include <assert.h>
#include <math.h>

enum { ROWS_MOST_BYTES = 64 * 1000 * 1000 };

/* ---- orders ---- */

static bool is_order(const char *name, double order, struct sim_error *err)
{
    if (order == floor(order) && order >= 1 && order <= TEXT_MOST_ORDER)
        return true;
    return sim_fail(err, "%s: %g is not the order of a model; a whole number from 1 to %d is.",
                    name, order, TEXT_MOST_ORDER);
}

static bool are_orders(const struct tokens_options *options, int drafts, struct sim_error *err)
{
    const struct sim_numbers *given = &options->draft_orders;
    bool fine = is_order("order", options->order, err);

    if (given->count > 0 && given->count != drafts)
        fine = sim_fail(err, "draft_orders: these are %d orders, but there are %d drafts.",
                        given->count, drafts);
    for (int d = 0; d < given->count; d++)
        fine = is_order("draft_orders", given->values[d], err) && fine;
    return fine;
}

static int order_of(const struct tokens_options *options, int draft, bool is_head)
{
    int order = options->order - 1 - draft;

    if (options->draft_orders.count > 0)
        return (int)options->draft_orders.values[draft];
    if (is_head)
        order = options->order < TEXT_HEAD_ORDER ? options->order : TEXT_HEAD_ORDER;
    return order < 1 ? 1 : order;
}

/* ---- counts ---- */

static const struct ngram *counts_of(const struct text *text, int order, int skip,
                                     struct sim_arena *arena, struct sim_error *err)
{
    const char *const name = text->is_words ? "words and marks" : "characters";

    if (text->count < order + skip)
        sim_fail(err, "%s: %d %s are too few for n-grams of %d; at least %d are needed.",
                 text->path, text->count, name, order, order + skip);
    else if ((double)text->count * order > TEXT_MOST_COUNTS)
        sim_fail(err, "%s: %d %s are too many for n-grams of up to %d; at most %d can be counted.",
                 text->path, text->count, name, order, TEXT_MOST_COUNTS / order);
    else
        return ngram_count(text->tokens, text->count, text->vocabulary, order, skip, arena);
    return NULL;
}

/* Models of one text: one table of counts, as long as the longest of them needs. */
static bool count_drafts(struct text_models *models, const struct text *text,
                         struct sim_arena *arena, struct sim_error *err)
{
    const bool is_shared = text == models->text;
    int longest = is_shared ? models->target.order : 1;
    const struct ngram *ngram;

    for (int d = 0; d < models->draft_count; d++)
        if (models->drafts[d].order > longest)
            longest = models->drafts[d].order;
    ngram = counts_of(text, longest, 0, arena, err);
    for (int d = 0; d < models->draft_count; d++) {
        models->drafts[d].ngram = ngram;
        models->drafts[d].table = is_shared ? 0 : 1;
    }
    if (is_shared)
        models->target.ngram = ngram;
    return ngram != NULL;
}

static bool count_heads(struct text_models *models, const struct text *text,
                        struct sim_arena *arena, struct sim_error *err)
{
    for (int h = 0; h < models->draft_count; h++) {
        struct text_model *head = &models->drafts[h];

        head->ngram = counts_of(text, head->order, h + 1, arena, err);
        head->table = 1 + h;
        if (head->ngram == NULL)
            return false;
    }
    return true;
}

static bool count_all(struct text_models *models, const struct text *draft_text,
                      struct sim_arena *arena, struct sim_error *err)
{
    if (models->are_heads || draft_text != models->text) {
        models->target.ngram = counts_of(models->text, models->target.order, 0, arena, err);
        if (models->target.ngram == NULL)
            return false;
    }
    return models->are_heads ? count_heads(models, draft_text, arena, err)
                             : count_drafts(models, draft_text, arena, err);
}

/* ---- the whole ---- */

static bool is_named(const char *path)
{
    return path != NULL && path[0] != '\0';
}

static const struct text *target_text(const struct tokens_options *options, struct sim_arena *arena,
                                      struct sim_error *err)
{
    const char *path = is_named(options->text) ? options->text
                                               : sim_text(arena, "%s/scenarios/texts/harbour.txt",
                                                          sim_shipped_folder(arena));

    return text_read(path, options->tokenizer == TOKENS_WORDS, arena, err);
}

/* What drafts are trained on, with the target's numbers. */
static const struct text *draft_text(const struct tokens_options *options,
                                     const struct text *target, struct sim_arena *arena,
                                     struct sim_error *err)
{
    const struct text *text;

    if (!is_named(options->draft_text))
        return target;
    text = text_read(options->draft_text, target->is_words, arena, err);
    return text == NULL ? NULL : text_renumbered(text, target, arena, err);
}

const struct text_models *text_models_open(const struct tokens_options *options, int drafts,
                                           bool are_heads, struct sim_arena *arena,
                                           struct sim_error *err)
{
    struct text_models *models = sim_new(arena, struct text_models, 1);
    const struct text *of_drafts;

    models->are_heads = are_heads;
    models->interpolation = options->interpolation;
    models->sampling = (struct sampling){options->temperature, options->top_k, options->top_p};
    if (!are_orders(options, drafts, err) ||
        (models->text = target_text(options, arena, err)) == NULL ||
        (of_drafts = draft_text(options, models->text, arena, err)) == NULL)
        return NULL;
    models->target.order = options->order;
    models->drafts = sim_new(arena, struct text_model, (size_t)drafts);
    models->draft_count = drafts;
    for (int d = 0; d < drafts; d++)
        models->drafts[d].order = order_of(options, d, are_heads);
    if (!count_all(models, of_drafts, arena, err))
        return NULL;
    models->rows = rows_open(models->text->vocabulary, ROWS_MOST_BYTES, arena);
    models->space = sim_new(arena, int, (size_t)models->text->vocabulary);
    models->scratch = sim_new(arena, double, (size_t)models->text->vocabulary);
    return models;
}

const struct text_model *text_model(const struct text_models *models, int which)
{
    assert(which == TEXT_TARGET || (which >= 0 && which < models->draft_count));
    return which == TEXT_TARGET ? &models->target : &models->drafts[which];
}

int text_models_hold(const struct text_models *models, int which, const int *newest, int length,
                     bool is_plain)
{
    const struct text_model *model = text_model(models, which);
    const int most = model->order - 1;
    const int context = ngram_context(model->ngram, newest, length < most ? length : most);
    const int vocabulary = models->text->vocabulary;
    bool is_new;
    const int place = rows_hold(
        models->rows, (uint64_t)model->table << 33 | (uint64_t)context << 1 | (uint64_t)is_plain,
        &is_new);

    if (is_new) {
        double *row = rows_at(models->rows, place);

        ngram_row(model->ngram, context, models->interpolation, row);
        *rows_remark(models->rows, place) = row[sampling_best(row, vocabulary)];
        if (!is_plain)
            sampling_adjust(&models->sampling, row, vocabulary, models->space);
    }
    return place;
}
