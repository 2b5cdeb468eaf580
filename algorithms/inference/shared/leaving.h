/* leaving.h -- at which exit each request leaves: drawn with given shares, or by real inference of a network that has
 * learned (exit_lesson.h), to which request r shows test sample r. */
#ifndef INFERENCE_LEAVING_H
#define INFERENCE_LEAVING_H

#include "algorithms/inference/rules/exit_lesson.h"
#include "sim/algorithm.h"

enum leaving_learning { LEAVING_DRAWN, LEAVING_DIGITS, LEAVING_FASHION };
extern const char *const leaving_learning_choices[];   /* "off", "digits", "fashion_mnist" */
extern const char *const leaving_confidence_choices[]; /* of enum confidence */

/* As a scenario says it; empty lists, and 0, say nothing. */
struct leaving_options {
    int learning, confidence;
    const struct sim_numbers *exit_rates;                /* without learning */
    const struct sim_numbers *thresholds, *exit_weights; /* with it, as all below */
    int epochs, train_samples, batch;
    double learning_rate;
};

struct leaving {
    int exits;
    const int *exit_of;               /* [requests] */
    const struct exit_lesson *lesson; /* NULL: drawn */
};

/* For all requests of the plan.  False with a sentence where what is said does not belong together, or changes
 * nothing, or where the data are not on this machine. */
bool leaving_prepare(struct leaving *leaving, const struct sim_plan *plan,
                     const struct leaving_options *options, struct sim_error *err);

/* Is what that exit says of the request right?  1 or 0; NaN where nobody knows. */
double leaving_is_right(const struct leaving *leaving, int request, int exit);

#endif
