/* statistics_print.h -- what `dmlsim statistics` found, for people and for programs. */
#ifndef ANALYSIS_STATISTICS_PRINT_H
#define ANALYSIS_STATISTICS_PRINT_H

#include "analysis/replications.h"
#include "analysis/statistics.h"

#include <stdio.h>

/* What the user wants to know. */
struct analysis_asked {
    const struct analysis_study *study;
    const char *name; /* "seconds", "bytes", or the metric */
    enum analysis_quantity quantity;
    enum sim_unit unit;
};

/* One model, fitted to each series. */
struct analysis_fits {
    enum analysis_model model;
    int axis; /* key of the study */
    struct analysis_places series;
    struct analysis_cost_fit *list; /* [series.count] */
    const char **why_not; /* [series.count]: a sentence where there is no fit; else NULL */
};

/* Tables for people; without `contest` or `fits`, if NULL. */
void analysis_statistics_text(FILE *out, const struct analysis_asked *asked,
                              const struct analysis_places *places,
                              const struct analysis_contest *contest,
                              const struct analysis_fits *fits, struct sim_arena *arena);

/* The same as JSON: {study, quantity, places: [{place, replications, is_constant, mean, median, ...}], compare, fit};
 * intervals are {value, low, high}, null where they have no meaning. */
void analysis_statistics_json(FILE *out, const struct analysis_asked *asked,
                              const struct analysis_places *places,
                              const struct analysis_contest *contest,
                              const struct analysis_fits *fits, struct sim_arena *arena);

#endif
