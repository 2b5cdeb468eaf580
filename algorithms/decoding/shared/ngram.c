/* ngram.c -- see ngram.h.  Contexts are a tree whose branches are found by hash; what followed a context is a stretch of
 * one array, sorted by token. */
#include "algorithms/decoding/shared/ngram.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct context {
    int shorter;    /* without its oldest token; itself for the empty one */
    int oldest;     /* that token */
    int total;      /* tokens that followed it */
    int begin, end; /* in `followers` */
};

struct follower {
    int token, count;
};

struct ngram {
    int vocabulary, order, skip;
    int count, room; /* of contexts */
    struct context *contexts;
    struct follower *followers;
    int *slots; /* a context; 0 is free: the empty one is nobody's branch */
    size_t slot_count;
    struct sim_arena *arena;
};

/* ---- the tree of contexts ---- */

static size_t slot_of(const struct ngram *ngram, int shorter, int oldest)
{
    const uint64_t key = (uint64_t)(uint32_t)shorter << 32 | (uint32_t)oldest;
    const uint64_t mixed = (key ^ key >> 29) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(mixed >> 20) & (ngram->slot_count - 1);

    for (;; at = (at + 1) & (ngram->slot_count - 1)) {
        const struct context *held = &ngram->contexts[ngram->slots[at]];

        if (ngram->slots[at] == 0 || (held->shorter == shorter && held->oldest == oldest))
            return at;
    }
}

static void widen(struct ngram *ngram)
{
    struct context *contexts;

    ngram->room = 2 * ngram->room + 1024;
    contexts = sim_new(ngram->arena, struct context, (size_t)ngram->room);
    if (ngram->count > 0)
        memcpy(contexts, ngram->contexts, (size_t)ngram->count * sizeof *contexts);
    ngram->contexts = contexts;
    ngram->slot_count = 1;
    while (ngram->slot_count < 2 * (size_t)ngram->room)
        ngram->slot_count *= 2;
    ngram->slots = sim_new(ngram->arena, int, ngram->slot_count);
    for (int c = 1; c < ngram->count; c++)
        ngram->slots[slot_of(ngram, contexts[c].shorter, contexts[c].oldest)] = c;
}

static int grown(struct ngram *ngram, int shorter, int oldest)
{
    size_t slot = slot_of(ngram, shorter, oldest);

    if (ngram->slots[slot] == 0) {
        if (ngram->count == ngram->room) {
            widen(ngram);
            slot = slot_of(ngram, shorter, oldest);
        }
        ngram->contexts[ngram->count] = (struct context){.shorter = shorter, .oldest = oldest};
        ngram->slots[slot] = ngram->count++;
    }
    return ngram->slots[slot];
}

/* ---- counting ---- */

/* Every context of every token once; `meet` is told of both. */
static void walk(struct ngram *ngram, const int *tokens, int count,
                 void (*meet)(struct ngram *ngram, int context, int token))
{
    for (int i = 0; i < count; i++) {
        int context = NGRAM_EMPTY;

        meet(ngram, context, tokens[i]);
        for (int n = 1; n < ngram->order && i - ngram->skip - n >= 0; n++) {
            context = grown(ngram, context, tokens[i - ngram->skip - n]);
            meet(ngram, context, tokens[i]);
        }
    }
}

static void count_one(struct ngram *ngram, int context, int token)
{
    (void)token;
    ngram->contexts[context].total++;
}

static void keep_one(struct ngram *ngram, int context, int token)
{
    ngram->followers[ngram->contexts[context].end++] = (struct follower){token, 1};
}

static int by_token(const void *a, const void *b)
{
    const struct follower *x = a, *y = b;

    return (x->token > y->token) - (x->token < y->token);
}

/* Sort what followed a context, and count what is the same; the stretch becomes shorter. */
static void merge(struct ngram *ngram, struct context *context)
{
    struct follower *all = ngram->followers + context->begin;
    const int count = context->end - context->begin;
    int kept = 0;

    qsort(all, (size_t)count, sizeof *all, by_token);
    for (int i = 1; i < count; i++)
        if (all[i].token == all[kept].token)
            all[kept].count++;
        else
            all[++kept] = all[i];
    context->end = context->begin + kept + 1;
}

const struct ngram *ngram_count(const int *tokens, int count, int vocabulary, int order, int skip,
                                struct sim_arena *arena)
{
    struct ngram *ngram = sim_new(arena, struct ngram, 1);
    int begin = 0;

    assert(count > 0 && order > 0 && skip >= 0);
    *ngram = (struct ngram){.vocabulary = vocabulary, .order = order, .skip = skip, .arena = arena};
    widen(ngram);
    ngram->count = 1; /* the empty one, which is all zeros */
    walk(ngram, tokens, count, count_one);
    for (int c = 0; c < ngram->count; c++) {
        ngram->contexts[c].begin = ngram->contexts[c].end = begin;
        begin += ngram->contexts[c].total;
    }
    ngram->followers = sim_new(arena, struct follower, (size_t)begin);
    walk(ngram, tokens, count, keep_one);
    for (int c = 0; c < ngram->count; c++)
        merge(ngram, &ngram->contexts[c]);
    return ngram;
}

/* ---- reading ---- */

int ngram_context(const struct ngram *ngram, const int *newest, int length)
{
    int context = NGRAM_EMPTY;

    assert(length < ngram->order);
    for (int i = 0; i < length; i++) {
        const int longer = ngram->slots[slot_of(ngram, context, newest[i])];

        if (longer == 0)
            break;
        context = longer;
    }
    return context;
}

int ngram_contexts(const struct ngram *ngram)
{
    return ngram->count;
}

int ngram_seen(const struct ngram *ngram, int context, int token)
{
    const struct context *c = &ngram->contexts[context];
    const struct follower wanted = {token, 0};
    const struct follower *found = bsearch(&wanted, ngram->followers + c->begin,
                                           (size_t)(c->end - c->begin), sizeof wanted, by_token);

    return found == NULL ? 0 : found->count;
}

int ngram_seen_at_all(const struct ngram *ngram, int context)
{
    return ngram->contexts[context].total;
}

/* Each order's share is its weight times what the longer ones left over: from the longest context to the empty one. */
void ngram_row(const struct ngram *ngram, int context, double weight, double *row)
{
    double left = 1;

    for (int c = context; c != NGRAM_EMPTY; c = ngram->contexts[c].shorter)
        left *= 1 - weight;
    for (int x = 0; x < ngram->vocabulary; x++)
        row[x] = left * (1 - weight) / ngram->vocabulary;
    for (left = 1;; left *= 1 - weight) {
        const struct context *c = &ngram->contexts[context];
        const double share = left * weight / c->total;

        for (int f = c->begin; f < c->end; f++)
            row[ngram->followers[f].token] += share * ngram->followers[f].count;
        if (context == NGRAM_EMPTY)
            return;
        context = c->shorter;
    }
}
