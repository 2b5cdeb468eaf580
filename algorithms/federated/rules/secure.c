#include "algorithms/federated/rules/secure.h"

#include <math.h>

int secure_sum_bits(int clients, int bits)
{
    const uint64_t most = (uint64_t)clients * ((UINT64_C(1) << bits) - 1); /* of the sum */
    int needed = 0;

    while (needed < 64 && most >> needed != 0)
        needed++;
    return needed;
}

bool secure_quantise(const struct secure *secure, const double *values, size_t count,
                     uint64_t *words, struct sim_error *err)
{
    const double most =
        ldexp((ldexp(1, secure->bits - 1) - 1) / secure->clients, -secure->weight_bits);

    for (size_t i = 0; i < count; i++) {
        const double multiple = round(ldexp(values[i], secure->fraction_bits));

        if (!(fabs(multiple) <= most))
            return sim_fail(
                err,
                "Number %zu of %zu is %g: %d such numbers with %d bits after the point have no "
                "room in a sum of %d bits.",
                i + 1, count, values[i], secure->clients, secure->fraction_bits, secure->bits);
        words[i] = (uint64_t)(int64_t)multiple & secure_all_bits(secure);
    }
    return true;
}

uint64_t secure_word(struct sim_random *random)
{
    const uint64_t upper = sim_random_below(random, UINT32_MAX);

    return upper << 32 ^ sim_random_below(random, UINT32_MAX);
}

/* What both have is what the one with less has. */
static struct secure_part common_part(const struct secure *secure, int a, int b, size_t count)
{
    if (secure->parts == NULL)
        return (struct secure_part){NULL, count};
    return secure->parts[secure->parts[a].count < secure->parts[b].count ? a : b];
}

/* Adds the stream of words of the pair low < high, or subtracts it, where both have numbers. */
static void apply_pair(const struct secure *secure, int low, int high, bool adds, uint64_t *words,
                       size_t count)
{
    const uint64_t pair = (uint64_t)low << 32 | (uint32_t)high;
    const struct secure_part part = common_part(secure, low, high, count);
    struct sim_random *random = sim_random_open(secure->seed, UINT64_C(0x6d61736b) ^ pair);

    for (size_t i = 0; i < part.count; i++) {
        uint64_t *word = &words[part.places == NULL ? i : part.places[i]];
        const uint64_t mask = secure_word(random);

        *word = (adds ? *word + mask : *word - mask) & secure_all_bits(secure);
    }
    sim_random_close(random);
}

void secure_mask(const struct secure *secure, int who, uint64_t *words, size_t count)
{
    for (int other = 0; other < secure->clients; other++)
        if (other > who)
            apply_pair(secure, who, other, true, words, count);
        else if (other < who)
            apply_pair(secure, other, who, false, words, count);
}

void secure_add(const struct secure *secure, uint64_t *sum, const uint64_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] = (sum[i] + words[i]) & secure_all_bits(secure);
}

/* A survivor below the lost one had added their mask, one above it had subtracted it. */
void secure_unmask(const struct secure *secure, const bool *survives, uint64_t *sum, size_t count)
{
    for (int low = 0; low < secure->clients; low++)
        for (int high = low + 1; high < secure->clients; high++)
            if (survives[low] != survives[high])
                apply_pair(secure, low, high, survives[high], sum, count);
}

void secure_restore(const struct secure *secure, const uint64_t *sum, size_t count, double *values)
{
    const uint64_t half = UINT64_C(1) << (secure->bits - 1);

    for (size_t i = 0; i < count; i++) {
        const int64_t whole =
            sum[i] >= half ? (int64_t)(sum[i] - secure_all_bits(secure)) - 1 : (int64_t)sum[i];

        values[i] = ldexp((double)whole, -secure->fraction_bits);
    }
}

double secure_bytes(int clients, double count, int bits, int key_bits)
{
    const double keys = 2.0 * clients + 5.0 * clients - 4;

    return (keys * key_bits + count * secure_sum_bits(clients, bits)) / 8;
}
