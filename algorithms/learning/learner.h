/* learner.h -- the small model that really learns: softmax regression, or a perceptron of any width and
 * depth (ReLU between, softmax cross-entropy at the end).
 *
 * All parameters are one vector of doubles, as collectives want it, with a table that says which part is
 * which layer's, as codecs want it.  The learner itself is never written to but for its workspace; since
 * nothing here yields to other actors, all peers may share one learner.  The same arguments give the same
 * bytes on every call. */
#ifndef LEARNING_LEARNER_H
#define LEARNING_LEARNER_H

#include "algorithms/learning/data_set.h"
#include "algorithms/learning/layer.h"

struct learner_workspace; /* learner.c */

struct learner {
    const struct data_set *set;
    int depth;                  /* dense layers: 1 is softmax regression */
    const int *widths;          /* depth + 1: features, hidden ..., classes */
    size_t parameter_count;     /* P */
    int layer_count;            /* 2 depth */
    const struct layer *layers; /* weights (inputs x outputs, row by row), then offsets, of each */
    struct learner_workspace *workspace;
};

/* For samples of `set` (borrowed), with `hidden_count` hidden layers of those widths. */
const struct learner *learner_open(struct sim_arena *arena, const struct data_set *set,
                                   const int *hidden, int hidden_count);

/* Weights before ReLU normal with variance 2 / inputs (He et al., ICCV 2015, eq. 10), of the last layer
 * uniform with variance 2 / (inputs + outputs) (Glorot and Bengio, AISTATS 2010, eq. 16); offsets 0. */
void learner_initialise(const struct learner *learner, double *parameters, uint64_t seed);

/* Mean loss (nats) over the `count` >= 1 samples of those numbers, and its gradient (P numbers). */
double learner_gradient(const struct learner *learner, const double *parameters, const int *numbers,
                        int count, double *gradient);

/* What a client of HeteroFL (Diao, Ding, Tarokh, ICLR 2021, section 3) trains otherwise; learner_evaluate knows of
 * neither. */
struct learner_options {
    const bool
        *label_present; /* of each class; scores of the others are 0 in the loss, and no gradient
                                * goes to them (masked cross-entropy); NULL: all are present */
    double
        scaler; /* > 0: what a hidden layer gives is divided by it, as rate r for widths r; 1: not */
};

/* learner_gradient with options. */
double learner_gradient_with(const struct learner *learner, const double *parameters,
                             const int *numbers, int count, const struct learner_options *options,
                             double *gradient);

/* The loss alone, from the scores (count x classes) of samples of those numbers, as the last stage of a
 * pipeline asks it (dense.h): the sum over samples, in nats.  `gradient` (count x classes) is that of a mean over
 * `of` samples, of which these may be a micro-batch. */
double learner_loss(const struct learner *learner, const double *scores, const int *numbers,
                    int count, int of, const struct learner_options *options, double *gradient);

/* One number for `count` parameters, each with a weight of its own: models that agree to 1e-12 have projections that
 * do; such as differ, differ here. */
double learner_projection(const double *parameters, size_t count);

struct learner_score {
    double loss;     /* mean cross-entropy, nats */
    double accuracy; /* share of samples whose highest score is their label's */
};
struct learner_score learner_evaluate(const struct learner *learner, const double *parameters,
                                      struct sample_list samples);

#endif
