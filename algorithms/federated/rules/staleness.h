/* staleness.h -- how little a late update counts, in asynchronous federated learning.
 *
 * Staleness is how many versions of the model the server made since the one that a client began from: t - tau.
 *
 * FedAsync (Xie, Koyejo, Gupta, "Asynchronous Federated Optimization", 2019, arXiv 1903.03934, Algorithm 1 and
 * section 5.2):   w_t = (1 - alpha_t) w_t-1 + alpha_t w_new,   alpha_t = alpha s(t - tau)
 * alpha_t is worked out of alpha anew for each update: to multiply it into alpha makes a server stop learning.
 *
 * FedBuff (Nguyen et al., "Federated Learning with Buffered Asynchronous Aggregation", AISTATS 2022, Algorithm 1
 * and section 5): each of K buffered differences counts 1 / sqrt(1 + staleness). */
#ifndef FEDERATED_STALENESS_H
#define FEDERATED_STALENESS_H

#include <stddef.h>
#include <stdint.h>

/* CONSTANT: s = 1.  POLYNOMIAL: (d + 1)^-a.  HINGE: 1 up to d = b, then 1 / (a (d - b) + 1). */
enum staleness_form { STALENESS_CONSTANT, STALENESS_POLYNOMIAL, STALENESS_HINGE };

struct staleness {
    enum staleness_form form;
    double a; /* at least 0; not read by CONSTANT */
    double b; /* at least 0; read by HINGE only */
};

/* s of that many versions (at least 0): 1 if none, never more, never rising. */
double staleness_factor(const struct staleness *staleness, int64_t versions);

/* alpha_t = alpha s(versions), for a mixing weight alpha in 0 .. 1. */
double staleness_mixing(const struct staleness *staleness, double alpha, int64_t versions);

/* In place: (1 - mixing) model + mixing update, `count` numbers each. */
void staleness_mix(double *model, const double *update, size_t count, double mixing);

/* FedBuff's weights of K buffered updates, out of their staleness.  BY_GOAL: 1 / (K sqrt(1 + d)), as Algorithm 1
 * writes it: late updates shorten the step.  BY_WEIGHT: divided by the sum of the weights, as FedScale does:
 * their sum is always 1.  Both agree where nobody is late.  The papers and programs differ, so it is a choice. */
enum buffer_norm { BUFFER_BY_GOAL, BUFFER_BY_WEIGHT };
double staleness_buffer_weight(int64_t versions); /* 1 / sqrt(1 + d), before it is divided */
void staleness_buffer_weights(enum buffer_norm norm, const int64_t *versions, int count,
                              double *weights);

/* In place: model + factor difference; the factor is server rate times buffer weight. */
void staleness_add(double *model, const double *difference, size_t count, double factor);

#endif
