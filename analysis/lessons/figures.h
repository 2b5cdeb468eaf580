/* figures.h -- figures that a reader goes through step by step, as JSON: pages draw them, terminals print the texts of
 * their steps.
 *
 *   {"view": "exchange", "nodes": n, "systems": [{"label", .. as exchange.h ..}, ..], "patterns": [..], "steps": [..]}
 *   {"view": "gantt", "seconds": s, "rows": ["name", ..], "kinds": ["name", ..],
 *    "bars": [[row, start, end, kind, "label"], ..], "steps": [..]}
 *   {"view": "tokens", "rounds": [[["word", fate], ..], ..], "steps": [..]}
 *
 * A step is {"text": .., "seconds": time that is reached, "rows": rows that are shown (left out: all),
 * "counters": [["label", "value"], ..]}. */
#ifndef ANALYSIS_LESSONS_FIGURES_H
#define ANALYSIS_LESSONS_FIGURES_H

#include "analysis/lessons/bench.h"

/* Two runs side by side, transfer by transfer. */
json_t *figure_exchange(struct lesson_bench *bench, const char *const runs[2],
                        const char *const labels[2]);

/* A pipeline's operations; with the versions of weights that stages hold, where the run has updates.csv. */
json_t *figure_pipeline(struct lesson_bench *bench, const char *run, bool with_versions);

/* The clients of the first federated round. */
json_t *figure_round(struct lesson_bench *bench, const char *run);

/* The first `count` requests of an inference in tiers: where each left. */
json_t *figure_requests(struct lesson_bench *bench, const char *run, int count);

/* One image in tiles on several nodes, twice. */
json_t *figure_tiles(struct lesson_bench *bench, const char *const runs[2],
                     const char *const labels[2]);

/* Drafted and accepted tokens, round by round. */
json_t *figure_tokens(struct lesson_bench *bench, const char *run);

/* ---- for those above ---- */

json_t *figure_of(const char *view);
void figure_row(json_t *figure, const char *name);
void figure_bar(json_t *figure, int row, double start, double end, int kind, const char *label);

/* The step that was added; `counters` is taken over, or NULL. */
json_t *figure_step(json_t *figure, double seconds, const char *text, json_t *counters);

#endif
