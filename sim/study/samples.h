/* samples.h -- values of a study that are not written one by one: equal steps, and points drawn from ranges.
 *
 * A range is {from, to} and may say `scale: log` and `whole: yes`; its ends are numbers, or quantities of one kind
 * ("1MBps", "2GBps").  Bytes are always whole.  What comes back is JSON, so that a study treats it as if it had been
 * written out. */
#ifndef SIM_STUDY_SAMPLES_H
#define SIM_STUDY_SAMPLES_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <jansson.h>

enum { SIM_SAMPLES_MOST = 1000 * 1000 };

enum sim_sampling {
    SIM_SAMPLE_RANDOM, /* each point on its own */
    SIM_SAMPLE_LATIN_HYPERCUBE, /* n points: one in each n-th of every range (McKay, Beckman, Conover 1979) */
    SIM_SAMPLE_SOBOL, /* GSL's quasi-random sequence of Sobol' (Bratley, Fox 1988); at most 40 keys */
};

/* The values of {from, to, points} in equal steps, or steps of equal ratio if `is_log`; both ends are among them.  With
 * `whole`, values that fall together are one.  A new array, or NULL with a sentence that begins with `where`. */
json_t *sim_samples_space(const char *where, const json_t *spec, bool is_log,
                          struct sim_arena *arena, struct sim_error *err);

/* The points of {points, seed, over: {KEY: range or list of values}}: an array of mappings.  The same seed draws the
 * same points.  NULL with a sentence. */
json_t *sim_samples_draw(const char *where, enum sim_sampling sampling, const json_t *spec,
                         struct sim_arena *arena, struct sim_error *err);

#endif
