/* random.h -- reproducible random numbers (GSL's mt19937), a stream of its own for every peer.
 *
 * A stream depends on the scenario's seed and the peer's number alone, so adding a peer, or a draw in
 * one peer, never shifts what another peer draws. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdint.h>

struct sim_random; /* opaque; owned by whoever opened it */

struct sim_random *sim_random_open(uint64_t seed, uint64_t stream);
void sim_random_close(struct sim_random *random); /* NULL is allowed */

double sim_random_uniform(struct sim_random *random); /* in [0, 1) */

/* Lognormal with mean 1: exp(sigma z - sigma^2 / 2), z standard normal.  sigma 0 is always 1. */
double sim_random_lognormal(struct sim_random *random, double sigma);

double sim_random_normal(struct sim_random *random); /* standard: mean 0, variance 1 */

/* Gamma with that shape and scale 1; divided by their sum, several of them are a Dirichlet draw. */
double sim_random_gamma(struct sim_random *random, double shape);

/* A whole number in 0 .. below - 1, each as likely; `below` is at least 1 and less than 2^32. */
uint32_t sim_random_below(struct sim_random *random, uint32_t below);

#endif
