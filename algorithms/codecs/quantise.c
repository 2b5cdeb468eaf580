#include "algorithms/codecs/quantise.h"
#include "algorithms/codecs/bits.h"
#include "algorithms/codecs/finite.h"

#include <math.h>
#include <string.h>

static unsigned highest_code(const struct quantiser *q)
{
    return (1u << q->bits) - 1;
}

double quantise_clip(const struct quantiser *q, double x)
{
    return x < q->low ? 0 : x > q->high ? q->high - q->low : x - q->low;
}

static unsigned code_of(const struct quantiser *q, double x)
{
    return (unsigned)lround(quantise_clip(q, x) / (q->high - q->low) * highest_code(q));
}

static double value_of(const struct quantiser *q, unsigned code)
{
    return code * (q->high - q->low) / highest_code(q);
}

double quantise_round(const struct quantiser *q, double x)
{
    return value_of(q, code_of(q, x));
}

/* The worst is a single zero before each code: three tokens for two numbers. */
size_t quantise_most_bytes(const struct quantiser *q, size_t count)
{
    return bits_bytes(count + (count + 1) / 2, q->bits);
}

double quantise_expected_bytes(const struct quantiser *q, double count, double density)
{
    const double zero = 1 - density;
    const double tokens = 1 + 2 * zero / (1 - pow(zero, 1 << q->bits)); /* for each code above 0 */

    return density == 0 ? 0 : count * density * tokens * q->bits / 8;
}

/* Tokens for `zeros` zeros from token `at`; returns the next one. */
static size_t put_zeros(const struct quantiser *q, size_t zeros, unsigned char *bytes, size_t at)
{
    const size_t longest = (size_t)highest_code(q) + 1;

    while (zeros > 0) {
        const size_t run = zeros < longest ? zeros : longest;

        bits_put(bytes, at + 1, q->bits, (unsigned)(run - 1)); /* the token 0 before it is there */
        at += 2;
        zeros -= run;
    }
    return at;
}

bool quantise_encode(const struct quantiser *q, const double *values, size_t count,
                     unsigned char *bytes, size_t *byte_count, struct sim_error *err)
{
    size_t at = 0, zeros = 0;

    if (!codec_is_finite(values, count, "activations", err))
        return false;
    memset(bytes, 0, quantise_most_bytes(q, count));
    for (size_t i = 0; i < count; i++) {
        const unsigned code = code_of(q, values[i]);

        if (code == 0) {
            zeros++;
            continue;
        }
        at = put_zeros(q, zeros, bytes, at);
        bits_put(bytes, at++, q->bits, code);
        zeros = 0;
    }
    *byte_count = bits_bytes(at, q->bits);
    return true;
}

/* What is left of the last byte may look like the beginning of a run: tokens beyond `count` that are 0 are
 * padding. */
bool quantise_decode(const struct quantiser *q, const unsigned char *bytes, size_t byte_count,
                     double *values, size_t count, struct sim_error *err)
{
    const size_t tokens = byte_count * 8 / (size_t)q->bits;
    size_t next = 0;

    for (size_t i = 0; i < count; i++)
        values[i] = 0;
    for (size_t at = 0; at < tokens; at++) {
        const unsigned code = bits_get(bytes, at, q->bits);

        if (code == 0 && at + 1 < tokens) {
            next += bits_get(bytes, ++at, q->bits) + 1;
        } else if (code > 0) {
            if (next >= count)
                return sim_fail(err, "A stream of activations goes on after the last of %zu.",
                                count);
            values[next++] = value_of(q, code);
        }
    }
    return true;
}
