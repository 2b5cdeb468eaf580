/* ngram.h -- language models of n-grams, of every order up to one, counted once.
 *
 * Interpolated (Jelinek and Mercer 1980; Chen and Goodman 1998, sec. 2.3; Jurafsky and Martin, Speech and Language
 * Processing, ch. 3) with one weight for all orders and contexts:
 *
 *   p_n(x | c) = weight count(c x) / count(c) + (1 - weight) p_{n-1}(x | c without its oldest token),   p_0(x) = 1 / V
 *
 * A context that was never seen leaves p_n = p_{n-1}.  Every row sums to 1; with weight < 1 every token of it is possible,
 * at least (1 - weight)^n / V.  weight 1 is the maximum likelihood of the longest context that was seen.
 *
 * A head (Medusa: Cai et al., ICML 2024) predicts past tokens that it does not see: the same counts, but between context
 * and token `skip` tokens are passed over.
 *
 * A model of order n uses contexts of up to n - 1 tokens; so lower orders are the same counts read with shorter contexts.
 * A context is a place in a tree that grows from the newest token to older ones.  Not modelled: discounts, weights held out. */
#ifndef DECODING_NGRAM_H
#define DECODING_NGRAM_H

#include "sim/base/arena.h"

enum { NGRAM_EMPTY = 0 }; /* the context of no token */

struct ngram; /* opaque; lives in the arena */

/* Count `count` tokens, all below `vocabulary`, for models of orders 1 .. `order`. */
const struct ngram *ngram_count(const int *tokens, int count, int vocabulary, int order, int skip,
                                struct sim_arena *arena);

/* The longest of the contexts in newest[0], newest[1], ... (the newest first) that was seen, of up to `length` tokens,
 * which is less than the order counted. */
int ngram_context(const struct ngram *ngram, const int *newest, int length);

int ngram_contexts(const struct ngram *ngram); /* how many there are; they are numbered from 0 */

/* How often `token` followed that context; and how often anything did. */
int ngram_seen(const struct ngram *ngram, int context, int token);
int ngram_seen_at_all(const struct ngram *ngram, int context);

/* p(. | context) into row[vocabulary]. */
void ngram_row(const struct ngram *ngram, int context, double weight, double *row);

#endif
