#include "algorithms/federated/rules/utility.h"
#include "sim/base/fit.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

double utility_of_mean_square(double mean_square, double samples)
{
    return samples * sqrt(mean_square);
}

double utility_statistical(const double *losses, size_t count)
{
    double squares = 0;

    for (size_t i = 0; i < count; i++)
        squares += losses[i] * losses[i];
    return count == 0 ? 0 : utility_of_mean_square(squares / (double)count, (double)count);
}

double utility_uncertainty(double share, int round, int last_round)
{
    return sqrt(share * log(round) / last_round);
}

double utility_penalty(double alpha, double preferred_seconds, double seconds)
{
    return seconds > preferred_seconds ? pow(preferred_seconds / seconds, alpha) : 1;
}

double utility_exploration(double first, double decay, double least, int round)
{
    return fmax(least, first * pow(decay, round));
}

/* ---- workspace ---------------------------------------------------------------------------------- */

/* A client that may be drawn.  Of exponential waiting times with these weights as rates, the k first are k draws
 * without replacement in proportion to the weights (Efraimidis and Spirakis, Information Processing Letters 97,
 * 2006). */
struct candidate {
    int client;
    double weight, waiting; /* infinite for weight 0: after all others */
    double u;               /* the draw, which orders those */
};

struct utility_space {
    int most;
    double *values, *utilities;
    struct candidate *tried, *fresh;
};

struct utility_space *utility_open(struct sim_arena *arena, int most_clients)
{
    struct utility_space *space = sim_new(arena, struct utility_space, 1);
    const size_t most = (size_t)most_clients;

    *space = (struct utility_space){
        most_clients,
        sim_new(arena, double, most),
        sim_new(arena, double, most),
        sim_new(arena, struct candidate, most),
        sim_new(arena, struct candidate, most),
    };
    return space;
}

/* ---- the utility of each client ---------------------------------------------------------------- */

static bool is_tried(const struct utility_client *client)
{
    return client->is_available && client->last_round > 0;
}

static bool is_new(const struct utility_client *client)
{
    return client->is_available && client->last_round == 0;
}

/* The least statistical utility among those tried, and where the highest are cut off. */
struct range {
    double least, clipped;
};

static struct range range_of(const struct utility_rule *rule, const struct utility_client *clients,
                             int count, struct utility_space *space)
{
    double *values = space->values;
    size_t tried = 0;

    assert(count <= space->most);
    for (int i = 0; i < count; i++)
        if (is_tried(&clients[i]))
            values[tried++] = clients[i].statistical;
    sim_sort(values, tried);
    return (struct range){tried > 0 ? values[0] : 0, sim_quantile(values, tried, rule->clip)};
}

static double scaled(double value, struct range range)
{
    return range.clipped > range.least ? (value - range.least) / (range.clipped - range.least)
                                       : 0.5;
}

void utility_of_clients(const struct utility_rule *rule, const struct utility_client *clients,
                        int count, int round, double preferred_seconds, struct utility_space *space,
                        double *utilities)
{
    const struct range range = range_of(rule, clients, count, space);

    for (int i = 0; i < count; i++) {
        const struct utility_client *client = &clients[i];
        const double clipped = fmin(client->statistical, range.clipped);
        const double value = rule->is_scaled ? scaled(clipped, range) : clipped;

        utilities[i] = NAN;
        if (!is_tried(client))
            continue;
        utilities[i] = value + utility_uncertainty(rule->uncertainty, round, client->last_round);
        utilities[i] *= utility_penalty(rule->penalty, preferred_seconds, client->seconds);
    }
}

/* ---- selection --------------------------------------------------------------------------------- */

static int by_waiting(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    if (x->waiting != y->waiting)
        return x->waiting < y->waiting ? -1 : 1;
    return x->u != y->u ? (x->u < y->u ? -1 : 1) : x->client - y->client;
}

static int by_weight(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;

    return x->weight != y->weight ? (x->weight < y->weight) - (x->weight > y->weight)
                                  : x->client - y->client;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static struct candidate candidate(int client, double weight, double u)
{
    return (struct candidate){client, weight, weight > 0 ? -log1p(-u) / weight : INFINITY, u};
}

/* The `wanted` first of the candidates go to chosen. */
static void draw(struct candidate *candidates, int count, int wanted, int *chosen)
{
    qsort(candidates, (size_t)count, sizeof *candidates, by_waiting);
    for (int i = 0; i < wanted; i++)
        chosen[i] = candidates[i].client;
}

/* How many of the tried, the best first, reach the cut-off of the `wanted`-th. */
static int admitted(const struct utility_rule *rule, struct candidate *tried, int count, int wanted)
{
    int pool = wanted;

    qsort(tried, (size_t)count, sizeof *tried, by_weight);
    while (wanted > 0 && pool < count &&
           tried[pool].weight >= rule->cut_off * tried[wanted - 1].weight)
        pool++;
    return pool;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

int utility_select(const struct utility_rule *rule, const struct utility_client *clients, int count,
                   int wanted, int round, double exploration, double preferred_seconds,
                   struct sim_random *random, struct utility_space *space, int *chosen)
{
    struct candidate *tried = space->tried, *fresh = space->fresh;
    double *utilities = space->utilities;
    int tried_count = 0, fresh_count = 0, exploring, exploiting, total;

    utility_of_clients(rule, clients, count, round, preferred_seconds, space, utilities);
    for (int i = 0; i < count; i++) {
        const double u = sim_random_uniform(random);
        const double prior = clients[i].prior *
                             utility_penalty(rule->penalty, preferred_seconds, clients[i].seconds);

        if (is_tried(&clients[i]))
            tried[tried_count++] = candidate(i, utilities[i], u);
        else if (is_new(&clients[i]))
            fresh[fresh_count++] = candidate(i, prior, u);
    }
    exploring = least(fresh_count, (int)floor(exploration * wanted + 1e-9));
    exploiting = least(tried_count, wanted - exploring);
    exploring = least(fresh_count, wanted - exploiting);
    draw(fresh, fresh_count, exploring, chosen);
    draw(tried, admitted(rule, tried, tried_count, exploiting), exploiting, chosen + exploring);
    total = exploring + exploiting;
    qsort(chosen, (size_t)total, sizeof *chosen, by_number);
    return total;
}

double utility_pace(const double *gains, int rounds, int window, double preferred, double step)
{
    double now = 0, before = 0;

    assert(window > 0);
    if (rounds < 2 * window || rounds % window != 0)
        return preferred;
    for (int i = 1; i <= window; i++) {
        now += gains[rounds - i];
        before += gains[rounds - window - i];
    }
    return before > now ? preferred + step : preferred;
}
