#include "algorithms/codecs/ternary.h"
#include "algorithms/codecs/bits.h"
#include "algorithms/codecs/finite.h"

#include <assert.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <string.h>

enum { CODE_BITS = 2, ZERO = 0, PLUS = 1, MINUS = 2 };

/* About the mean, over n, not n - 1. */
static double deviation(const double *values, size_t count)
{
    if (count == 0)
        return 0;
    return gsl_stats_sd_with_fixed_mean(values, 1, count, gsl_stats_mean(values, 1, count));
}

/* The least 32-bit float that is not below x. */
static float rounded_up(double x)
{
    const float near = (float)x;

    return near < x ? nextafterf(near, INFINITY) : near;
}

bool ternary_measure(const double *values, size_t count, double c, struct ternary_scale *scale,
                     struct sim_error *err)
{
    double most = 0, bound;

    if (!codec_is_finite(values, count, "gradient", err))
        return false;
    bound = c * deviation(values, count);
    scale->bound = bound > 0 ? bound : INFINITY;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fmin(fabs(values[i]), scale->bound));
    scale->scaler = rounded_up(most);
    return true;
}

size_t ternary_bytes(size_t count)
{
    return bits_bytes(count, CODE_BITS);
}

void ternary_encode(const double *values, size_t count, const struct ternary_scale *scale,
                    struct sim_random *random, unsigned char *bytes)
{
    memset(bytes, 0, ternary_bytes(count));
    for (size_t i = 0; i < count; i++) {
        const double magnitude = fmin(fabs(values[i]), scale->bound);
        const bool is_sent = sim_random_uniform(random) * scale->scaler < magnitude;

        bits_put(bytes, i, CODE_BITS, !is_sent ? ZERO : values[i] > 0 ? PLUS : MINUS);
    }
}

static int code_at(const unsigned char *bytes, size_t i)
{
    const unsigned code = bits_get(bytes, i, CODE_BITS);

    assert(code <= MINUS);
    return code == PLUS ? 1 : code == MINUS ? -1 : 0;
}

void ternary_decode(const unsigned char *bytes, size_t count, float scaler, double *values)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (double)scaler * code_at(bytes, i);
}

void ternary_add(const unsigned char *bytes, size_t count, int *levels)
{
    for (size_t i = 0; i < count; i++)
        levels[i] += code_at(bytes, i);
}

int ternary_level_bits(int workers)
{
    int bits = 1;

    while ((1 << bits) < 2 * workers + 1)
        bits++;
    return bits;
}

size_t ternary_level_bytes(size_t count, int workers)
{
    return bits_bytes(count, ternary_level_bits(workers));
}

void ternary_levels_encode(const int *levels, size_t count, int workers, unsigned char *bytes)
{
    memset(bytes, 0, ternary_level_bytes(count, workers));
    for (size_t i = 0; i < count; i++)
        bits_put(bytes, i, ternary_level_bits(workers), (unsigned)(levels[i] + workers));
}

void ternary_levels_decode(const unsigned char *bytes, size_t count, int workers, float scaler,
                           double *average)
{
    for (size_t i = 0; i < count; i++) {
        const int level = (int)bits_get(bytes, i, ternary_level_bits(workers)) - workers;

        average[i] = (double)scaler * level / workers;
    }
}
