#include "algorithms/codecs/finite.h"

#include <math.h>

bool codec_is_finite(const double *values, size_t count, const char *what, struct sim_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i]))
            return sim_fail(err,
                            "Number %zu of %zu of the %s is %g: training has diverged; a smaller "
                            "learning rate may help.",
                            i + 1, count, what, values[i]);
        if (!isfinite((float)values[i]))
            return sim_fail(err,
                            "Number %zu of %zu of the %s is %g, which a 32-bit float on the wire "
                            "cannot hold: training has diverged; a smaller learning rate may help.",
                            i + 1, count, what, values[i]);
    }
    return true;
}
