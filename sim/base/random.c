#include "sim/base/random.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

/* SplitMix64 (Steele, Lea, Flood 2014), so that neighbouring seeds give unrelated streams. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

struct sim_random *sim_random_open(uint64_t seed, uint64_t stream)
{
    gsl_rng *generator = gsl_rng_alloc(gsl_rng_mt19937);

    gsl_rng_set(generator, (unsigned long)(mix(mix(seed) + stream) & 0xffffffffu));
    return (struct sim_random *)generator;
}

void sim_random_close(struct sim_random *random)
{
    if (random != NULL)
        gsl_rng_free((gsl_rng *)random);
}

double sim_random_uniform(struct sim_random *random)
{
    return gsl_rng_uniform((gsl_rng *)random);
}

double sim_random_lognormal(struct sim_random *random, double sigma)
{
    return gsl_ran_lognormal((gsl_rng *)random, -sigma * sigma / 2, sigma);
}

double sim_random_normal(struct sim_random *random)
{
    return gsl_ran_ugaussian((gsl_rng *)random);
}

double sim_random_gamma(struct sim_random *random, double shape)
{
    return gsl_ran_gamma((gsl_rng *)random, shape, 1);
}

uint32_t sim_random_below(struct sim_random *random, uint32_t below)
{
    return (uint32_t)gsl_rng_uniform_int((gsl_rng *)random, below);
}
