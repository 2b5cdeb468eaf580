/* vary.h -- "KEY=VALUE,VALUE": one input of a scenario, and what it shall be instead, one value at a time.
 *
 * A value is YAML, or a factor of what the input is now: x0.5. */
#ifndef ANALYSIS_VARY_H
#define ANALYSIS_VARY_H

#include "sim/study/sweep.h"

/* One value of an input. */
struct analysis_variation {
    const char *label; /* as it was asked for: "x0.5", "dgc" */
    const char *value; /* what a factor comes to: "625MBps"; "" where the label says it all */
    json_t *settings;  /* mapping of dotted keys and values; owned by `owner` */
};

struct analysis_input {
    const char *key;
    struct analysis_variation *variations;
    int count;
    json_t *owner; /* released by analysis_input_release */
};

/* Read `text`; `base` is the scenario that `asked` names, with its settings.  False, with sentences: no value, a factor
 * of what is no number, of a key or an element that there is not.  Release it in either case. */
bool analysis_input_read(struct analysis_input *input, const char *text,
                         const struct sim_sweep *asked, const struct sim_scenario *base,
                         struct sim_arena *arena, struct sim_error *err);

void analysis_input_release(struct analysis_input *input);

/* Is `text` a factor, x and a number?  False where it is none. */
bool analysis_factor_of(const char *text, double *factor);

/* A number and the letters of its unit: "1.25GBps" is 1.25 and "GBps".  False where it is anything else. */
bool analysis_quantity_of(const char *text, double *number, const char **unit);

/* That many times a quantity, in the unit that it has: "1.25GBps" twice is "2.5GBps".  NULL where it is no quantity. */
const char *analysis_times(const char *quantity, double factor, struct sim_arena *arena);

/* The key without "algorithm." and "platform.", for readers. */
const char *analysis_short_key(const char *key);

#endif
