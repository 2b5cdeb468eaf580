/* view_lesson.h -- a network of many views that has learned: what its exits say of the samples that are shown, whoever
 * is silent, and what its parts cost. */
#ifndef INFERENCE_VIEW_LESSON_H
#define INFERENCE_VIEW_LESSON_H

#include "algorithms/inference/rules/view_network.h"

struct view_lesson_options {
    enum data_choice data; /* digits or Fashion-MNIST: images */
    int devices, filters;
    enum aggregator scores, features;
    bool has_edge;
    enum view_kind views;
    double noise, blank_share; /* views.h */
    int epochs, batch;
    int train_samples; /* so many are learned from; 0: all */
    double rate;       /* Adam's */
    uint64_t seed;
    int shown; /* samples asked for, or all that there are to test */
};

struct view_lesson_inside;

struct view_lesson {
    const struct view_network *network;
    int shown;                                      /* test samples 0 .. shown - 1 */
    const int *labels;                              /* [shown] */
    int64_t score_bytes, feature_bytes, edge_bytes; /* 4 a score, a bit a feature */
    double device_flop, gateway_flop, edge_flop, cloud_flop;
    struct view_lesson_inside *inside;
};

/* Opens the data, and learns.  NULL with a sentence where the data are not on this machine. */
const struct view_lesson *view_lesson_open(struct sim_arena *arena,
                                           const struct view_lesson_options *how,
                                           struct sim_error *err);

/* What the exits say of shown sample `sample`; in place of a device that has sent nothing stands what it sends when it
 * sees a blank, as in the paper. */
struct view_verdict view_lesson_ask(const struct view_lesson *lesson, int sample, const bool *has);

#endif
