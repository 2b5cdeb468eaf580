/* baseline.h -- what the target alone would have taken for the same requests: what speedup is measured against.
 *
 * The batch is admitted by the same rule, and each of its steps takes the closed form of a target's step (shards.h).  That
 * the simulation of `autoregressive` takes exactly these seconds is a law of that system, so both are the same number. */
#ifndef DECODING_BASELINE_H
#define DECODING_BASELINE_H

#include "algorithms/decoding/shared/decoding.h"

struct dec_baseline {
    double mean_latency_seconds; /* of requests, without the warm-up */
    double seconds;              /* until the last token */
    double memory_bytes, flop;   /* of all steps but prefills */
};

/* NaN in all fields where there is no closed form: a disturbed platform, or one with shared ways between shards. */
struct dec_baseline dec_autoregressive(const struct sim_plan *plan);

#endif
