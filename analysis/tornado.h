/* tornado.h -- which input matters most: bars from the least to the most that varying an input made of a number, the longest
 * on top. */
#ifndef ANALYSIS_TORNADO_H
#define ANALYSIS_TORNADO_H

#include "analysis/figure.h"

/* What varying one input came to.  `values` and `labels` are of the variations that have a result. */
struct analysis_swing {
    const char *key;
    const double *values;
    const char *const *labels;
    int count;
    int input;          /* whose it is, for the caller */
    double least, most; /* of the base and all values */
    const char *least_label,
        *most_label; /* of the value that did it; "" where the base is that end */
};

/* Fill in least, most and their labels. */
void analysis_swing_measure(struct analysis_swing *swing, double base);

/* The largest swing first, equal ones in the order they are in. */
void analysis_swing_order(struct analysis_swing *swings, int count);

/* What is drawn around the bars. */
struct analysis_tornado {
    const char *title, *metric;
    double base;
    const struct analysis_swing *swings; /* ordered */
    int count;
    const char *origin; /* small print */
};

/* Write figure `tornado`.  False, with a sentence, where it cannot be written. */
bool analysis_plot_tornado(struct analysis_figures *all, const struct analysis_tornado *tornado,
                           struct sim_error *err);

#endif
