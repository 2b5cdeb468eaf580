/* run_length.h -- a sparse vector on the wire: values and the runs of zeros before them.
 *
 * The paper (Lin et al., ICLR 2018) says "32-bit nonzero gradient values and 16-bit run lengths
 * of zeros" and no more; this is our format.  Records of 6 bytes, little-endian, one after another:
 *
 *     run     2 bytes, unsigned: as many zeros
 *     value   4 bytes, IEEE 754 single: then this number
 *
 * A run of 65,536 zeros or more begins with fillers, records of run 65,535 and value 0.0, each of which
 * stands for 65,536 zeros (Han, Mao, Dally, ICLR 2016, fig. 2).  Zeros after the last value are not sent: who
 * decodes knows the length of the vector. */
#ifndef CODECS_RUN_LENGTH_H
#define CODECS_RUN_LENGTH_H

#include "sim/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { RUN_LENGTH_RECORD_BYTES = 6, RUN_LENGTH_LONGEST = 65535 };

/* Bytes that the numbers at those places (ascending) take, fillers included; never more than 6 bytes times
 * the length of the vector. */
size_t run_length_bytes(const uint32_t *places, size_t kept);

/* The same in expectation, when each choice of `kept` places out of `count` is as likely:
 * 6 k (1 + sum_{j >= 1} P(run >= 65536 j)),  P(run >= m) = C(n - m, k) / C(n, k). */
double run_length_expected_bytes(double count, double kept);

/* values[places[i]], rounded to single precision, into `bytes`; returns how many bytes were written. */
size_t run_length_encode(const double *values, const uint32_t *places, size_t kept,
                         unsigned char *bytes);

/* Add what was encoded to `sum`, `count` numbers.  A stream that is cut or longer than the vector is refused
 * with a sentence; `sum` is then of no use. */
bool run_length_add(const unsigned char *bytes, size_t byte_count, double *sum, size_t count,
                    struct sim_error *err);

#endif
