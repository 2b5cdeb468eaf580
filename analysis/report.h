/* report.h -- one page that tells of a run or of a study: for readers who do not have dmlsim. */
#ifndef ANALYSIS_REPORT_H
#define ANALYSIS_REPORT_H

#include "analysis/figure.h"

#include <jansson.h>

/* A report under way. */
struct report {
    const char *path; /* of the run directory or the store */
    FILE *out;
    struct sim_arena *arena;
};

/* How numbers of a chart are written; as in quantities.js. */
enum report_unit { REPORT_NUMBER = 0, REPORT_BYTES = 1, REPORT_SECONDS = 2 };

/* The sections of a run's page, and of a study's.  False, with a sentence, when something cannot be read. */
bool report_run(struct report *report, struct sim_error *err);
bool report_study(struct report *report, struct sim_error *err);

/* The events of a run as data of the timeline (id "timeline-data"); nothing where there are none. */
bool report_events(struct report *report, const json_t *summary, struct sim_error *err);

/* Curves of a run: data for charts (id "chart-data"). */
bool report_curves(struct report *report, struct sim_error *err);

/* Still figures, as `draw` makes them, each a picture in the page; a sentence where gnuplot is missing. */
void report_figures(struct report *report, bool (*draw)(struct analysis_figures *all,
                                                        const char *path, struct sim_error *err));

/* Whether charts can be interactive; else says why not, in the page. */
bool report_has_charts(struct report *report);

/* A cell with a number, right-aligned, that can be sorted by: <td class=number data-value=...>. */
void report_cell(FILE *out, double value, int unit); /* unit: enum sim_unit */

/* <table> with caption and head (NULL-ended; a leading '#' of a name: a column of numbers); then rows; then report_table_end. */
void report_table(FILE *out, const char *caption, const char *const *head, bool is_sortable);
void report_table_end(FILE *out);

#endif
