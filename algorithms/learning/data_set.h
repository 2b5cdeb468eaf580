/* data_set.h -- what the small learner learns from: labelled samples, and which of them are for what.
 *
 * Three sources: FedProx's Synthetic(alpha, beta), made here and of any size; UCI's digits, a file that
 * `make data` fetches; Fashion-MNIST, a Debian package.  A file that is not there is a sentence that says
 * what to do.  The same arguments give the same samples, in the same order.  All memory is the arena's;
 * nothing here changes once it is made, so all peers may share it. */
#ifndef LEARNING_DATA_SET_H
#define LEARNING_DATA_SET_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Either `features` or `pixels` is given.  Images stay bytes: Fashion-MNIST is 55 MB so, 439 MB as doubles. */
struct data_set {
    const char *name;
    int count;         /* n */
    int feature_count; /* d */
    int class_count;
    const double *features;      /* n x d, row by row; or NULL */
    const unsigned char *pixels; /* n x d, row by row; or NULL */
    double pixel_most;           /* a pixel of that value is the feature 1 */
    const int *labels;           /* n, 0 .. class_count - 1 */
};

/* Some samples of a data set, by their numbers. */
struct sample_list {
    const int *numbers;
    int count;
};

/* Samples dealt to parts (workers, devices). */
struct partition {
    int count;
    const struct sample_list *parts;
};

/* A data set, and who learns and who is examined on what.  `train` and `test` are the parts of the
 * partitions in a row: of all devices under Synthetic, of one under the others. */
struct learning_data {
    const struct data_set *set;
    struct sample_list train, test;
    struct partition train_of, test_of;
};

/* ---- the rows ---- */

/* The features of those samples, count x d, into `rows`. */
void data_set_rows(const struct data_set *set, const int *numbers, int count, double *rows);

/* ---- the sources ---- */

/* FedProx's generator (Li et al., MLSys 2020, section 5.1, as its code has it: alpha and beta are standard
 * deviations there, variances in the paper).  iid: one model for all devices, inputs of mean 0. */
struct synthetic {
    double alpha; /* spread of the models' means; moves no label (MODEL.md) */
    double beta;  /* how much their inputs differ */
    bool iid;     /* then alpha and beta are not used */
    int devices;  /* 30 in the paper */
    int features; /* 60 */
    int classes;  /* 10 */
};
const struct learning_data *data_set_synthetic(struct sim_arena *arena, const struct synthetic *how,
                                               uint64_t seed);

/* Synthetic(1, 1) of 30 devices, 60 features and 10 classes. */
extern const struct synthetic synthetic_of_paper;

/* How many samples it would have, of all devices.  Sizes are lognormal: most devices have about a hundred,
 * one of a thousand has ten thousands. */
double data_set_synthetic_count(const struct synthetic *how, uint64_t seed);

/* UCI's "Optical Recognition of Handwritten Digits", its test part: 1,797 images of 8 x 8, 10 classes. */
const struct data_set *data_set_digits(struct sim_arena *arena, struct sim_error *err);

/* The same reader for any file (gzip or plain): integers 0 .. 16, the last of a line is the label. */
const struct data_set *data_set_digits_file(struct sim_arena *arena, const char *path,
                                            struct sim_error *err);

/* Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 28 x 28, 10 classes; 60,000 samples to train on, then 10,000
 * to test. */
const struct learning_data *data_set_fashion(struct sim_arena *arena, struct sim_error *err);

/* The same reader for any folder that holds the four IDX files under their usual names. */
const struct learning_data *data_set_fashion_folder(struct sim_arena *arena, const char *folder,
                                                    struct sim_error *err);

/* `set` shuffled; round(test_share x n) samples are for the test, the others to train on. */
const struct learning_data *data_set_split(struct sim_arena *arena, const struct data_set *set,
                                           double test_share, uint64_t seed);

/* ---- one door for scenarios ---- */

enum data_choice { DATA_SYNTHETIC, DATA_DIGITS, DATA_FASHION_MNIST, DATA_SYNTHETIC_IID };

/* Their names, NULL-ended, for a SIM_CHOICE parameter. */
extern const char *const data_set_choices[];

/* Synthetic(1, 1) of 30 devices, or Synthetic IID; digits with a fifth for the test; Fashion-MNIST as its
 * authors cut it. */
const struct learning_data *data_set_open(struct sim_arena *arena, enum data_choice choice,
                                          uint64_t seed, struct sim_error *err);

/* Is it made device by device, so that each has samples of its own? */
bool data_set_has_devices(enum data_choice choice);

/* The same, but Synthetic is as `how` says (synthetic_iid: but for alpha and beta).  A sentence where `how` makes no sense, or asks for more than
 * 1 GB of samples; the other sources do not look at it. */
const struct learning_data *data_set_open_as(struct sim_arena *arena, enum data_choice choice,
                                             const struct synthetic *how, uint64_t seed,
                                             struct sim_error *err);

#endif
