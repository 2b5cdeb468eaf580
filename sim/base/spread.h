/* spread.h -- how unlike machines are: a factor of median 1, one for each machine.
 *
 *     lognormal   exp(s z)        s the standard deviation of the logarithm
 *     uniform     1 + s (2u - 1)  s half the width, less than 1: from 1 - s to 1 + s
 *     zipf        (2 (1 - u))^-s  s Zipf's exponent: the machine of rank k among N is (k / (N / 2))^-s as fast as the median
 *
 * z is standard normal and u = Phi(z) its rank in (0, 1).  So one and the same draw decides whatever the distribution is:
 * another one keeps who is above whom, and shifts nothing else that is drawn from the stream.  A Zipf factor is the
 * Pareto of tail exponent 1/s that ranks of N machines have as N grows (no N is needed to draw it); it is at
 * least 2^-s, and has no upper bound.  A spread of 0 is always exactly 1. */
#ifndef SIM_SPREAD_H
#define SIM_SPREAD_H

#include "sim/base/random.h"

#include <stdbool.h>

enum sim_spread { SIM_SPREAD_LOGNORMAL, SIM_SPREAD_UNIFORM, SIM_SPREAD_ZIPF, SIM_SPREADS };

/* "lognormal", "uniform", "zipf", and NULL behind them. */
extern const char *const sim_spread_names[SIM_SPREADS + 1];

/* Is there such a factor, and always greater than 0?  No for a negative s, or a uniform one of 1 or more. */
bool sim_spread_is_possible(enum sim_spread spread, double s);

/* Draw a factor.  Takes one normal number from the stream, whatever the distribution. */
double sim_spread_draw(struct sim_random *random, enum sim_spread spread, double s);

#endif
