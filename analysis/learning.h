/* learning.h -- curves of what a small model learned, over the seconds and bytes of a big one. */
#ifndef ANALYSIS_LEARNING_H
#define ANALYSIS_LEARNING_H

#include "analysis/figure.h"

#include <jansson.h>

/* The small model, tested once; NaN where a number is missing or not finite. */
struct analysis_test {
    double seconds, bytes; /* simulated, since the start */
    double accuracy;       /* 0 to 1 */
    double loss;           /* nats */
    double joules;         /* of a federated system's clients, since the start */
    double accuracy_low, accuracy_high, loss_low, loss_high; /* of means: their intervals */
};

struct analysis_curve {
    const char *label; /* "" if there is only one */
    struct analysis_test *tests;
    int count, room;
};

/* Whose numbers they are; "" where it is not known, or differs. */
struct analysis_pace {
    const char *timing;        /* "resnet50 in batches of 32", "gradients of 100 MB" */
    const char *short_timing;  /* "resnet50", "100 MB gradients" */
    const char *learner;       /* "a perceptron with 32 hidden neurons on the data set synthetic" */
    const char *short_learner; /* "a small mlp learns the data set synthetic" */
};

/* What one figure `learning` shows. */
struct analysis_learning {
    const char *title; /* of the run or study */
    struct analysis_pace pace;
    const char *note, *origin; /* small print */
    struct analysis_curve *curves;
    int curve_count;
    bool has_intervals; /* each test is a mean whose interval is drawn */
    bool are_final; /* the last test of several runs; their points tell more than the way between */
};

/* Read it out of a resolved scenario. */
struct analysis_pace analysis_pace_of(const json_t *scenario, struct sim_arena *arena);

/* What both have in common. */
struct analysis_pace analysis_common_pace(struct analysis_pace a, struct analysis_pace b);

void analysis_curve_add(struct analysis_curve *curve, struct analysis_test test,
                        struct sim_arena *arena);

/* Write figure `learning`: accuracy and loss, each over seconds and over bytes, and over joules where all curves know them. */
bool analysis_plot_learning(struct analysis_figures *all, const struct analysis_learning *learning,
                            struct sim_error *err);

#endif
