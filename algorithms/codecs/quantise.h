/* quantise.h -- activations on the wire: clipped ReLU, k bits a number, runs of zeros (Zhang et al., "Adaptive
 * Distributed Convolutional Neural Network Inference at the Network Edge with ADCNN", ICPP 2020).
 *
 *   clipped ReLU [a, b]:  0 if x < a;  x - a if a <= x <= b;  b - a if x > b
 *   code:  round((2^k - 1) clipped / (b - a)), a whole number 0 .. 2^k - 1;  back: code (b - a) / (2^k - 1)
 *
 * The paper leaves the run lengths open; this is our format.  Tokens of k bits, packed (bits.h): a token above
 * 0 is that code; a token 0 is followed by a token r, and both stand for r + 1 zeros (1 .. 2^k).  Zeros at the
 * end are not sent: who decodes knows the count. */
#ifndef CODECS_QUANTISE_H
#define CODECS_QUANTISE_H

#include "sim/base/error.h"

#include <stddef.h>

struct quantiser {
    double low, high; /* a < b */
    int bits;         /* k, 1 .. 8; the paper: 4 */
};

/* What is left of x by the clipped ReLU, 0 .. high - low; and that, through code and back. */
double quantise_clip(const struct quantiser *q, double x);
double quantise_round(const struct quantiser *q, double x);

/* Most bytes that `count` numbers can take: for the buffer of quantise_encode. */
size_t quantise_most_bytes(const struct quantiser *q, size_t count);

/* In expectation, if each of very many numbers has a code above 0 with probability `density`, by itself:
 * k n p (1 + 2 q / (1 - q^(2^k))) / 8 with q = 1 - p. */
double quantise_expected_bytes(const struct quantiser *q, double count, double density);

/* Encode `count` numbers; how many bytes were written goes to *byte_count.  NaN and infinities are refused
 * with a sentence. */
bool quantise_encode(const struct quantiser *q, const double *values, size_t count,
                     unsigned char *bytes, size_t *byte_count, struct sim_error *err);

/* All `count` numbers.  A stream that holds more than that is refused with a sentence. */
bool quantise_decode(const struct quantiser *q, const unsigned char *bytes, size_t byte_count,
                     double *values, size_t count, struct sim_error *err);

#endif
