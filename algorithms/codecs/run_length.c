#include "algorithms/codecs/run_length.h"
#include "algorithms/codecs/bits.h"

#include <math.h>

enum { FILLER_SPAN = RUN_LENGTH_LONGEST + 1 };

size_t run_length_bytes(const uint32_t *places, size_t kept)
{
    size_t records = kept, next = 0;

    for (size_t i = 0; i < kept; next = (size_t)places[i++] + 1)
        records += (places[i] - next) / FILLER_SPAN;
    return records * RUN_LENGTH_RECORD_BYTES;
}

enum { LEAST_LOGARITHM = -40 }; /* e^-40 of a record cannot be seen beside one */

/* C(n - m, k) / C(n, k) = prod_{i < k} (1 - m / (n - i)): none of k places is among m given ones.  As a sum of
 * logarithms, which keeps the digits that a difference of lgamma at 10^8 would lose. */
static double share_of_runs_from(double m, double count, double kept)
{
    double logarithm = 0;

    for (double i = 0; i < kept && logarithm > LEAST_LOGARITHM; i++)
        logarithm += log1p(-m / (count - i));
    return exp(logarithm);
}

double run_length_expected_bytes(double count, double kept)
{
    double records = 1, share = 1;

    for (double m = FILLER_SPAN; m <= count - kept && share > exp(LEAST_LOGARITHM);
         m += FILLER_SPAN)
        records += share = share_of_runs_from(m, count, kept);
    return kept * records * RUN_LENGTH_RECORD_BYTES;
}

static unsigned char *put_record(unsigned char *at, size_t run, float value)
{
    bits_put_word(at, (uint32_t)run, 2);
    bits_put_float(at + 2, value);
    return at + RUN_LENGTH_RECORD_BYTES;
}

size_t run_length_encode(const double *values, const uint32_t *places, size_t kept,
                         unsigned char *bytes)
{
    unsigned char *at = bytes;
    size_t next = 0;

    for (size_t i = 0; i < kept; next = (size_t)places[i++] + 1) {
        size_t run = places[i] - next;

        for (; run > RUN_LENGTH_LONGEST; run -= FILLER_SPAN)
            at = put_record(at, RUN_LENGTH_LONGEST, 0);
        at = put_record(at, run, (float)values[places[i]]);
    }
    return (size_t)(at - bytes);
}

bool run_length_add(const unsigned char *bytes, size_t byte_count, double *sum, size_t count,
                    struct sim_error *err)
{
    size_t next = 0;

    if (byte_count % RUN_LENGTH_RECORD_BYTES != 0)
        return sim_fail(err, "A run-length stream of %zu bytes is cut: its records have 6 bytes.",
                        byte_count);
    for (size_t at = 0; at < byte_count; at += RUN_LENGTH_RECORD_BYTES) {
        next += bits_get_word(bytes + at, 2);
        if (next >= count)
            return sim_fail(err, "A run-length stream goes on after the last of %zu numbers.",
                            count);
        sum[next++] += bits_get_float(bytes + at + 2);
    }
    return true;
}
