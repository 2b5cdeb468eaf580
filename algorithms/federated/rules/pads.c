#include "algorithms/federated/rules/pads.h"

#include <math.h>

uint64_t pads_weight(const struct secure *secure, double weight)
{
    return (uint64_t)llround(ldexp(weight, secure->weight_bits));
}

void pads_add(const struct secure *secure, uint64_t seed, uint64_t weight, uint64_t *words,
              size_t count)
{
    struct sim_random *random = sim_random_open(seed, UINT64_C(0x70616473));

    for (size_t i = 0; i < count; i++)
        words[i] = (words[i] + weight * secure_word(random)) & secure_all_bits(secure);
    sim_random_close(random);
}

void pads_weigh(const struct secure *secure, uint64_t *sum, const uint64_t *words, uint64_t weight,
                size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = (sum[i] + weight * words[i]) & secure_all_bits(secure);
}

void pads_remove(const struct secure *secure, uint64_t *sum, const uint64_t *pads, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = (sum[i] - pads[i]) & secure_all_bits(secure);
}
