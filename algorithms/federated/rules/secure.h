/* secure.h -- secure aggregation: the server learns the sum of updates, and no single one; masks of pairs.
 *
 * Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning", CCS 2017, section 4
 * (masking with one-time pads) and section 7 (communication).  Numbers become whole numbers modulo 2^k; each
 * pair of clients u < v has a seed, out of which u adds and v subtracts the same stream of words:
 *
 *   y_u = x_u + sum over v > u of PRG(s_uv) - sum over v < u of PRG(s_vu)   mod 2^k;   sum of y = sum of x
 *
 * If clients drop out after the others masked, the survivors hand over the seeds that they share with those, and
 * the server takes the masks off.  What is real here is the arithmetic.  Not modelled: key agreement, secret
 * sharing of seeds, the second mask of each client for itself; and the stream (sim/base/random.h) is no cipher.
 *
 * Clients may have different parts of the vector, of any two of which one lies within the other (HeteroFL's levels):
 * a pair then masks what both have.  What one client alone has is bare. */
#ifndef FEDERATED_SECURE_H
#define FEDERATED_SECURE_H

#include "sim/base/error.h"
#include "sim/base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers of the vector that a client has. */
struct secure_part {
    const size_t *places; /* ascending; NULL: the first `count` */
    size_t count;
};

struct secure {
    int clients;       /* of the group, n */
    int bits;          /* k, 2 .. 63: room for the sum of all */
    int fraction_bits; /* a number is a whole multiple of 2^-fraction_bits */
    uint64_t seed;     /* of the round: must differ between rounds */
    int weight_bits; /* words may be multiplied by whole weights up to 2^weight_bits (pads.h); 0: by none */
    const struct secure_part *parts; /* [clients]; NULL: all have all */
};

/* 2^k - 1. */
static inline uint64_t secure_all_bits(const struct secure *secure)
{
    return (UINT64_C(1) << secure->bits) - 1;
}

/* The k that n numbers of `bits` bits each need: ceil(log2(n (2^bits - 1) + 1)), the paper's R. */
int secure_sum_bits(int clients, int bits);

/* The client's numbers, rounded to the nearest multiple, modulo 2^k: negative ones count down from 2^k.  False,
 * with a sentence, if one is not finite or n of its size have no room in the sum. */
bool secure_quantise(const struct secure *secure, const double *values, size_t count,
                     uint64_t *words, struct sim_error *err);

/* In place: add and subtract the masks that client `who` (0 .. n - 1) shares with the others.  `words` are those of the
 * whole vector, 0 where the client has none. */
void secure_mask(const struct secure *secure, int who, uint64_t *words, size_t count);

/* The next word of a stream of masks: 64 bits. */
uint64_t secure_word(struct sim_random *random);

/* In place: sum + words, modulo 2^k. */
void secure_add(const struct secure *secure, uint64_t *sum, const uint64_t *words, size_t count);

/* Take off a sum, in place, the masks that survivors share with those who dropped out after masking: survives
 * has n. */
void secure_unmask(const struct secure *secure, const bool *survives, uint64_t *sum, size_t count);

/* The sum as numbers, exact in multiples of 2^-fraction_bits. */
void secure_restore(const struct secure *secure, const uint64_t *sum, size_t count, double *values);

/* Bytes that one client sends and receives for `count` numbers of `bits` bits in a group of n: 2 n public keys
 * and 5 n - 4 encrypted shares of `key_bits` (the paper: 256) each, and the numbers in secure_sum_bits each.
 * Over the count x bits / 8 of the plain vector it is the paper's expansion: 1.73 for 2^10 clients and 2^20
 * numbers of 16 bits, 1.98 for 2^14 and 2^24. */
double secure_bytes(int clients, double count, int bits, int key_bits);

#endif
