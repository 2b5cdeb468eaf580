#include "algorithms/data_parallel/shared/router.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Its own stream: far from those of peers, which are small numbers. */
static const uint64_t SCORES = UINT64_C(0x726f757465720000);

struct router *router_open(struct sim_arena *arena, int experts, int tokens, int top_k)
{
    struct router *router = sim_new(arena, struct router, 1);

    assert(top_k <= experts && top_k <= ROUTER_MOST_CHOICES);
    *router = (struct router){.experts = experts,
                              .tokens = tokens,
                              .top_k = top_k,
                              .is_taken = sim_new(arena, bool, (size_t)experts),
                              .chosen = sim_new(arena, int, (size_t)experts)};
    return router;
}

double *router_odds(struct sim_arena *arena, int count, double skew, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, SCORES);
    double *odds = sim_new(arena, double, (size_t)count);

    for (int e = 0; e < count; e++)
        odds[e] = exp(skew * sim_random_normal(random));
    sim_random_close(random);
    return odds;
}

void router_deal(struct router *router, int64_t first)
{
    const int64_t choices = (int64_t)router->tokens * router->top_k;

    for (int e = 0; e < router->experts; e++)
        router->chosen[e] = (int)(choices / router->experts);
    for (int64_t i = 0; i < choices % router->experts; i++)
        router->chosen[(first + i) % router->experts]++;
}

/* One expert out of those that the token has not; the last of them where rounding leaves none. */
static int draw(const struct router *router, const double *odds, double at)
{
    int last = -1;

    for (int e = 0; e < router->experts; e++) {
        if (router->is_taken[e])
            continue;
        last = e;
        at -= odds[e];
        if (at < 0)
            break;
    }
    return last;
}

static void draw_token(struct router *router, const double *odds, double all,
                       struct sim_random *random)
{
    int taken[ROUTER_MOST_CHOICES];

    for (int j = 0; j < router->top_k; j++) {
        taken[j] = draw(router, odds, sim_random_uniform(random) * all);
        router->is_taken[taken[j]] = true;
        router->chosen[taken[j]]++;
        all -= odds[taken[j]];
    }
    for (int j = 0; j < router->top_k; j++)
        router->is_taken[taken[j]] = false;
}

void router_draw(struct router *router, const double *odds, struct sim_random *random)
{
    double all = 0;

    memset(router->chosen, 0, (size_t)router->experts * sizeof *router->chosen);
    for (int e = 0; e < router->experts; e++)
        all += odds[e];
    for (int t = 0; t < router->tokens; t++)
        draw_token(router, odds, all, random);
}
