/* calibration.h -- from measured times of a collective to the latency and bandwidth of a network.
 *
 * A line t = alpha + beta S is fitted to the times with weights 1 / t^2, so that every size counts by its
 * relative error.  The closed form of an algorithm on one full-duplex switch turns its coefficients into
 * the a and B of that switch: for a ring all-reduce t = 2(p-1)(a + S/(pB)), so
 * a = alpha / (2(p-1)) and B = 2(p-1)/p / beta.  Whatever else the benchmark timed (launches, additions,
 * protocols) is in a and B, too: they are those of the algorithm's model, not of a cable. */
#ifndef ANALYSIS_CALIBRATION_H
#define ANALYSIS_CALIBRATION_H

#include "analysis/measurements.h"
#include "sim/base/fit.h"

struct analysis_form; /* the closed form of one algorithm of one collective */

/* What the user asks for; NULL and 0: as the measurements say. */
struct analysis_question {
    const char *collective, *algorithm;
    int ranks;
    double least_bytes, most_bytes; /* fit these sizes only, both included */
};

/* The answer; in the arena. */
struct analysis_calibration {
    const struct analysis_measurements *measured;
    const struct analysis_form *form;
    int ranks;
    double least_bytes, most_bytes;                        /* of the sizes that were fitted */
    const bool *is_fitted;                                 /* of each row */
    struct sim_line line;                                  /* seconds over bytes */
    struct sim_estimate latency_seconds, bytes_per_second; /* a and B */
};

/* False, with a sentence, if collective or ranks are not known, no such form is, fewer than three sizes
 * are left, or the times do not grow with the size. */
bool analysis_calibrate(struct analysis_calibration *calibration,
                        const struct analysis_measurements *measured,
                        const struct analysis_question *question, struct sim_arena *arena,
                        struct sim_error *err);

const char *analysis_form_collective(const struct analysis_form *form);
const char *analysis_form_algorithm(const struct analysis_form *form);
const char *analysis_form_text(const struct analysis_form *form); /* "2(p-1)(a + S/(pB))" */

/* Fitted seconds for a size. */
double analysis_fitted_seconds(const struct analysis_calibration *calibration, double bytes);

/* A platform for SimGrid: p hosts round one switch on which, under `network: textbook`, the algorithm takes
 * the fitted times.  NULL, with a sentence, if alpha is negative: no link has such a latency. */
const char *analysis_calibrated_platform(const struct analysis_calibration *calibration,
                                         struct sim_arena *arena, struct sim_error *err);

/* Write that platform to `path`, whole or not at all; a file there that is not of our making is kept. */
bool analysis_write_platform(const char *text, const char *path, struct sim_arena *arena,
                             struct sim_error *err);

#endif
