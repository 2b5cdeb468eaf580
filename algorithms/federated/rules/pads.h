/* pads.h -- asynchronous secure aggregation: each client a mask of its own, whose seed a trusted party has.
 *
 * Huba et al., "PAPAYA: Practical, Private, and Scalable Federated Learning", MLSys 2022, section 5 (Asynchronous
 * SecAgg): clients that never meet have no pairs to share seeds in.  A client adds a one-time pad, the stream of a seed
 * that it draws, and seals the seed for a trusted party, which adds the same streams up and gives their sum away
 * once, for a whole buffer:
 *
 *   y_i = x_i + PRG(s_i);   sum of w_i y_i - sum of w_i PRG(s_i) = sum of w_i x_i   mod 2^k
 *
 * w_i are whole numbers: the staleness of an update is known when it arrives, not when it is masked, and both sides can
 * multiply what they have by it.  That the weights are whole is ours; the paper writes none.  What is real here is
 * the arithmetic; not modelled: the enclave's attestation and its cipher. */
#ifndef FEDERATED_PADS_H
#define FEDERATED_PADS_H

#include "algorithms/federated/rules/secure.h"

/* A weight in 0 .. 1 as a whole number of 0 .. 2^weight_bits, the nearest. */
uint64_t pads_weight(const struct secure *secure, double weight);

/* In place: words + weight x the pad of that seed, modulo 2^k.  A client masks with weight 1; the trusted party adds
 * up pads with those that the server names. */
void pads_add(const struct secure *secure, uint64_t seed, uint64_t weight, uint64_t *words,
              size_t count);

/* In place: sum + weight x words, modulo 2^k. */
void pads_weigh(const struct secure *secure, uint64_t *sum, const uint64_t *words, uint64_t weight,
                size_t count);

/* In place: sum - pads, modulo 2^k. */
void pads_remove(const struct secure *secure, uint64_t *sum, const uint64_t *pads, size_t count);

#endif
