/* aggregation.h -- how a network joins what several devices say of one sample, and when it is sure.
 *
@@ parts have one shape, channels x height x width (scores: classes x 1 x 1), and so has what they give
 * together.  MP takes the highest of each number, AP the mean; CC puts the parts one behind the other, channel by
 * channel, and a linear layer brings the channels back to those of one part: at each pixel by the same weights, so of
 * scores it is the paper's dense layer. */
#ifndef INFERENCE_AGGREGATION_H
#define INFERENCE_AGGREGATION_H

#include "algorithms/learning/network.h"

enum aggregator { AGGREGATE_MAX, AGGREGATE_MEAN, AGGREGATE_CONCATENATE };
extern const char *const aggregator_choices[]; /* "mp", "ap", "cc", NULL */

struct aggregation {
    enum aggregator kind;
    int members;
    struct image_shape part;
    const struct network *linear; /* of CC: its parameters are a chain's; else NULL */
};
struct aggregation aggregation_of(struct sim_arena *arena, enum aggregator kind, int members,
                                  struct image_shape part);

size_t aggregation_parameters(const struct aggregation *how); /* 0 but for CC */
double aggregation_products(const struct aggregation *how);   /* comparisons and sums of MP, AP */

/* Room of one who computes with it. */
struct aggregation_stash {
    double *output;
    int *highest;                 /* MP: whose number each is, of equal ones the first */
    struct network_stash *linear; /* CC */
};
struct aggregation_stash *aggregation_stash_open(struct sim_arena *arena,
                                                 const struct aggregation *how);

/* Of the parts, one behind the other; the output is in the stash. */
const double *aggregation_forward(const struct aggregation *how, const double *parameters,
                                  const double *parts, struct aggregation_stash *stash);

/* After it: the gradient of the parameters is added to `gradient`, that of the parts is written. */
void aggregation_backward(const struct aggregation *how, const double *parameters,
                          struct aggregation_stash *stash, const double *output_gradient,
                          double *gradient, double *parts_gradient);

/* ---- an exit's doubt ---- */

/* eta = -(sum_c y_c ln y_c) / ln |C| of shares, 0 .. 1; a sample leaves where eta <= T. */
double aggregation_doubt(const double *shares, int classes);

/* ---- features of one bit each ---- */

/* 1 where x >= 0, else -1. */
void bits_forward(const double *x, double *bits, size_t count);

/* The gradient passes straight through where -1 <= x <= 1, and nowhere else (Courbariaux et al., Binarized neural
 * networks, 2016).  `gradient` may be where the bits' is. */
void bits_backward(const double *x, const double *bits_gradient, double *gradient, size_t count);

#endif
