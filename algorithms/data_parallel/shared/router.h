/* router.h -- which experts the tokens of one worker choose: counts, since only loads take time.
 *
 * In turn, as a router would that has learned to balance, or by chance: k of E experts without replacement, each
 * draw from the softmax of scores over those that are left (Shazeer et al., ICLR 2017, section 2.1: the noise
 * of noisy top-k gating, here with Gumbel's distribution, of which this is the law: Kool et al., ICML 2019). */
#ifndef DATA_PARALLEL_ROUTER_H
#define DATA_PARALLEL_ROUTER_H

#include "sim/base/arena.h"
#include "sim/base/random.h"

#include <stdbool.h>
#include <stdint.h>

enum { ROUTER_MOST_CHOICES = 64 };

struct router {
    int experts, tokens, top_k; /* top_k <= experts, ROUTER_MOST_CHOICES */
    bool *is_taken;             /* [experts]; room */
    int *chosen; /* [experts]: by how many tokens, after one of the functions below */
};

struct router *router_open(struct sim_arena *arena, int experts, int tokens, int top_k);

/* exp(score) of each of `count` experts, scores normal with deviation `skew`; the same for the same seed. */
double *router_odds(struct sim_arena *arena, int count, double skew, uint64_t seed);

/* Experts in turn, beginning after `first` choices. */
void router_deal(struct router *router, int64_t first);

/* By chance, with those odds. */
void router_draw(struct router *router, const double *odds, struct sim_random *random);

#endif
