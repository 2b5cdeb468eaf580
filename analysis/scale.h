/* scale.h -- which unit an axis has, and what it is called. */
#ifndef ANALYSIS_SCALE_H
#define ANALYSIS_SCALE_H

#include "sim/base/arena.h"
#include "sim/base/units.h"

/* value * factor is what the axis shows, in `unit` ("ms", "GB"; "" where there is none). */
struct analysis_scale {
    double factor;
    const char *unit;
};

/* The scale on which `value` has one to three digits before the point. */
struct analysis_scale analysis_scale_for(double value, enum sim_unit unit);

/* What a key of a scenario is measured in, as its name says: _bytes, _seconds, ... */
enum sim_unit analysis_unit_of_key(const char *key);

/* What a metric of a run is measured in: as a key, or what it counts per or to something else: joules_per_token,
 * bytes_up, seconds_to_target.  Ratios, shares and rates have no unit. */
enum sim_unit analysis_unit_of_metric(const char *metric);

/* Which of two values of a metric is the better one, as far as its name says. */
enum analysis_better {
    ANALYSIS_NEITHER_IS_BETTER,
    ANALYSIS_LESS_IS_BETTER,
    ANALYSIS_MORE_IS_BETTER
};
enum analysis_better analysis_better_of_metric(const char *metric);

/* A key for readers, with the unit: "algorithm.gradient_bytes" is "gradient (MB)". */
const char *analysis_key_label(const char *key, struct analysis_scale scale,
                               struct sim_arena *arena);

/* "worker" -> "workers" for any count but one. */
const char *analysis_plural(int count);

/* Three significant digits, never an exponent where it can be helped: "80.2", "1122". */
const char *analysis_three_digits(double value, struct sim_arena *arena);

#endif
