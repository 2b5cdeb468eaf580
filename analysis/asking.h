/* asking.h -- what commands that ask questions of a scenario have in common: whatif, optimise. */
#ifndef ANALYSIS_ASKING_H
#define ANALYSIS_ASKING_H

#include "analysis/scale.h"
#include "sim/cli/command.h"
#include "sim/study/evaluate.h"

/* The options of both, after those that set something. */
#define ANALYSIS_ASKING_OPTIONS                                                                    \
    {"jobs", 'j', "N", "simulations at a time, instead of one a processor"},                       \
    {                                                                                              \
        "json", 0, NULL, "print it as JSON"                                                        \
    }

/* What the call says: the scenario, its settings, jobs, and the store, out/SCENARIO.KIND.db unless --out names one.
 * False, with a sentence, where --jobs is no number of jobs. */
bool analysis_asking(struct sim_sweep *asked, const struct sim_call *call, const char *kind,
                     struct sim_error *err);

/* Where figures go: STORE.plots beside the store. */
const char *analysis_asking_folder(const struct sim_sweep *asked, struct sim_arena *arena);

/* The name that summary.json has for "seconds"; others are names of it. */
const char *analysis_metric_name(const char *asked);

/* A number of a summary: one of its metrics, or one at its top.  NaN where it has none, or there is no summary. */
double analysis_metric_of(const json_t *summary, const char *name);

/* Is there a number of that name in one of the summaries?  False with a sentence where there is none; a caller that has no
 * summary at all complains of something else. */
bool analysis_metric_is_known(json_t *const *summaries, int count, const char *name,
                              struct sim_arena *arena, struct sim_error *err);

/* The first sentence of an error, and how an axis names a metric: "simulated time (ms)". */
const char *analysis_first_sentence(const char *error, struct sim_arena *arena);
const char *analysis_metric_label(const char *metric, const char *unit, struct sim_arena *arena);

/* A value in the unit of an axis: "60.6 s" beside seconds, though elsewhere it would be minutes. */
const char *analysis_shown(double value, struct analysis_scale scale, struct sim_arena *arena);

#endif
