#include "sim/base/spread.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stddef.h>

const char *const sim_spread_names[SIM_SPREADS + 1] = {"lognormal", "uniform", "zipf", NULL};

bool sim_spread_is_possible(enum sim_spread spread, double s)
{
    return s >= 0 && (spread != SIM_SPREAD_UNIFORM || s < 1);
}

double sim_spread_draw(struct sim_random *random, enum sim_spread spread, double s)
{
    const double z = sim_random_normal(random);

    switch (spread) {
    case SIM_SPREAD_UNIFORM: return 1 + s * (2 * gsl_cdf_ugaussian_P(z) - 1);
    case SIM_SPREAD_ZIPF: return pow(2 * gsl_cdf_ugaussian_Q(z), -s); /* small where u is near 1 */
    default: return exp(s * z);
    }
}
