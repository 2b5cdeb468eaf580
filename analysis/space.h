/* space.h -- the keys that a search may change, as a study lists them: values one by one, or a range.
 *
 * Values stand in grid and list, and below `over` of a sample; a range has from and to, below linspace, logspace, and `over`
 * of random, latin_hypercube and sobol.  Whole numbers of a short range are a list of values, too. */
#ifndef ANALYSIS_SPACE_H
#define ANALYSIS_SPACE_H

#include "analysis/search.h"
#include "sim/scenario/scenario.h"

/* A number from `from` to `to`, evenly or, if `is_log`, by its logarithm. */
struct analysis_range {
    double from, to;
    const char *unit; /* "GBps"; "" */
    bool is_log, is_whole;
};

/* One key. */
struct analysis_axis {
    const char *key;
    json_t *values; /* an array, owned by the space; NULL: a range */
    bool is_ordered;
    struct analysis_range range;
};

struct analysis_space {
    struct analysis_axis axes[ANALYSIS_MOST_COORDINATES];
    struct analysis_coordinate coordinates[ANALYSIS_MOST_COORDINATES];
    int count;
    json_t *owner;
};

/* Read the keys `over` ("KEY,KEY"; NULL: all that the study has) out of the scenario's study.  False with sentences; to be
 * released in either case. */
bool analysis_space_read(struct analysis_space *space, const struct sim_scenario *scenario,
                         const char *over, struct sim_arena *arena, struct sim_error *err);

void analysis_space_release(struct analysis_space *space);

/* The number that stands at a share, 0 to 1, of the range: rounded where it must be whole. */
double analysis_range_at(const struct analysis_range *range, double share);

/* What a point of a search sets; coordinates that are not chosen yet set nothing.  The caller owns it. */
json_t *analysis_space_settings(const struct analysis_space *space, const double *point,
                                struct sim_arena *arena);

#endif
