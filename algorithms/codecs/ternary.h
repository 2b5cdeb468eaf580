/* ternary.h -- TernGrad's codes: Wen et al., "TernGrad: Ternary Gradients to Reduce Communication in
 * Distributed Deep Learning", NeurIPS 2017.
 *
 * Per layer: clip to c sigma, take the scaler s = max |g|, and send b sign(g) in place of
 * g, where b is 1 with probability |g| / s: s b sign(g) has the mean g.
 *
 * On the wire: codes of 2 bits, 4 in a byte, the first in the lowest bits: 0 is 0, 1 is +1, 2 is -1; beside
 * them the scaler, a 32-bit float.  The server's sum of N workers is codes of ceil(log2(2N + 1)) bits: the
 * level -N .. N plus N. */
#ifndef CODECS_TERNARY_H
#define CODECS_TERNARY_H

#include "sim/base/error.h"
#include "sim/base/random.h"

#include <stddef.h>

enum { TERNARY_SCALER_BYTES = 4 };

/* What one layer's codes stand for. */
struct ternary_scale {
    double bound; /* numbers are clipped to -bound .. bound; INFINITY: they are not */
    float scaler; /* s; rounded up, so that no probability is above 1; 0 if all numbers are 0 */
};

/* c > 0 clips to c standard deviations (about the mean, of this layer; the paper: 2.5); c = 0 does not clip,
 * nor are numbers clipped that are all alike (one number, say): they have no outliers.  Refuses numbers that
 * are not finite, with a sentence. */
bool ternary_measure(const double *values, size_t count, double c, struct ternary_scale *scale,
                     struct sim_error *err);

size_t ternary_bytes(size_t count); /* of codes, without the scaler */

/* `scale` is this layer's own, or has a larger scaler that workers share.  Draws `count` random numbers. */
void ternary_encode(const double *values, size_t count, const struct ternary_scale *scale,
                    struct sim_random *random, unsigned char *bytes);

/* s times each code, in place of what was there. */
void ternary_decode(const unsigned char *bytes, size_t count, float scaler, double *values);

/* ---- at the server, when all workers share one scaler ---- */

/* Add the codes, -1, 0 or 1, to `levels`. */
void ternary_add(const unsigned char *bytes, size_t count, int *levels);

int ternary_level_bits(int workers);
size_t ternary_level_bytes(size_t count, int workers);
void ternary_levels_encode(const int *levels, size_t count, int workers, unsigned char *bytes);

/* The average of the workers' gradients: s level / N. */
void ternary_levels_decode(const unsigned char *bytes, size_t count, int workers, float scaler,
                           double *average);

#endif
