/* exit_lesson.h -- a network with exits that has learned: what it says of the samples that are shown, and what its
 * layers cost. */
#ifndef INFERENCE_EXIT_LESSON_H
#define INFERENCE_EXIT_LESSON_H

#include "algorithms/inference/rules/exits.h"
#include "sim/workload/model.h"

struct exit_lesson_options {
    enum data_choice data; /* digits or Fashion-MNIST: images */
    double weights[EXITS]; /* of the exits' losses */
    int epochs, batch;
    int train_samples; /* so many are learned from; 0: all */
    double rate;       /* Adam's */
    uint64_t seed;
    int shown; /* samples asked for, or all that there are to test */
};

/* The layers between an exit and the one before, and those of its head, as rows of a table: numbers of 4 bytes. */
struct exit_layers {
    const struct sim_layer *layers;
    int count;
    int64_t bytes; /* of the tensor that goes on behind the exit */
};

struct exit_lesson {
    int shown;                           /* test samples 0 .. shown - 1 */
    const struct exit_verdict *verdicts; /* [shown] */
    const int *labels;                   /* [shown] */
    struct exit_layers exits[EXITS];
    int64_t sample_bytes; /* of an image, a byte a pixel */
};

/* Opens the data, learns, and asks.  NULL with a sentence where the data are not on this machine. */
const struct exit_lesson *exit_lesson_open(struct sim_arena *arena,
                                           const struct exit_lesson_options *how,
                                           struct sim_error *err);

/* Share of the shown samples that exit would answer rightly, if all left there. */
double exit_lesson_accuracy(const struct exit_lesson *lesson, int exit);

#endif
