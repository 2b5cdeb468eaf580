/* training.h -- what all data-parallel systems share: how long an iteration computes, how large its gradient
 * is and, with learning on, the gradient itself.
 *
 * Small learner, big model: seconds and bytes are those of the workload (or of gradient_bytes and
 * compute_seconds), losses and accuracies those of a small model that really learns.  Where a codec makes
 * the learner's gradient smaller, the bytes on the wire are its bytes x wire_factor. */
#ifndef DATA_PARALLEL_TRAINING_H
#define DATA_PARALLEL_TRAINING_H

#include "algorithms/learning/layer.h"
#include "algorithms/learning/learner.h"
#include "algorithms/learning/sgd.h"
#include "sim/peer.h"
#include "sim/workload/model.h"

enum training_learning { LEARNING_OFF, LEARNING_SOFTMAX, LEARNING_MLP };

/* The first field of every system's parameters. */
struct training {
    int workers;
    int64_t gradient_bytes;
    double flop_per_byte;
    double compute_seconds, compute_jitter;
    int learning, data;
    int hidden_width, mini_batch, evaluate_every;
    double learning_rate, momentum;
};

extern const char *const training_learning_choices[];

/* Rows of the parameter table. */
#define TRAINING_PARAMETERS                                                                        \
    {SIM_COUNT(struct training, workers), SIM_DEFAULT("8", SIM_TEACHING), .least = 1,              \
     .most = 1 << 20, .help = "N, the number of workers, each on a host of its own"},              \
        {SIM_BYTES(struct training, gradient_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,  \
         .most = 1e15,                                                                             \
         .help = "G, the size of a gradient; leave it out with a workload, which has its own"},    \
        {SIM_FLOP_PER_BYTE(struct training, flop_per_byte),                                        \
         SIM_DEFAULT("0.25", "one addition for each number of 4 bytes"), .least = 0, .most = 1e6,  \
         .help = "cost of adding what arrives (one flop per 4-byte number)"},                      \
        {SIM_SECONDS(struct training, compute_seconds), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0, \
         .most = 1e9,                                                                              \
         .help = "forward and backward pass on the fastest host; leave it out with a workload"},   \
        {SIM_RATIO(struct training, compute_jitter), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,    \
         .most = 10,                                                                               \
         .help = "sigma of the lognormal factor (mean 1) on every iteration: stragglers"},         \
        {SIM_CHOICE(struct training, learning), SIM_DEFAULT("off", SIM_NEUTRAL),                   \
         .choices = training_learning_choices,                                                     \
         .help = "the small model that really learns: none, softmax regression, a perceptron"},    \
        {SIM_CHOICE(struct training, data), SIM_DEFAULT("synthetic", SIM_OURS ": needs no file"),  \
         .choices = data_set_choices, .help = "what it learns from"},                              \
        {SIM_COUNT(struct training, hidden_width), SIM_DEFAULT("32", SIM_OURS), .least = 1,        \
         .most = 1 << 16, .help = "neurons of the perceptron's hidden layer"},                     \
        {SIM_COUNT(struct training, mini_batch), SIM_DEFAULT("8", SIM_OURS), .least = 1,           \
         .most = 1 << 20, .help = "samples of a worker in each iteration, for the small model"},   \
        {SIM_COUNT(struct training, evaluate_every), SIM_DEFAULT("10", SIM_OURS), .least = 1,      \
         .most = 1 << 30, .help = "iterations from one test of the small model to the next"},      \
        {SIM_RATIO(struct training, learning_rate), SIM_DEFAULT("0.1", SIM_OURS), .least = 0,      \
         .most = 1e3, .help = "step size of the small model"},                                     \
    {                                                                                              \
        SIM_RATIO(struct training, momentum), SIM_DEFAULT("0", SIM_NEUTRAL),                       \
            .least = 0, .most = 0.999999, .help = "of the small model's descent"                   \
    }

/* The table of its own that a system with learning writes; `name` of struct sim_table. */
#define TRAINING_TABLE "learning"
extern const struct sim_table training_tables[];

struct agreement; /* training.c */

/* What training_prepare works out, for all peers. */
struct job {
    int64_t gradient_bytes; /* G */
    double
        wire_factor; /* G / what the learner's dense gradient has on the wire; 1 with learning off */
    size_t number_count;           /* P, the learner's parameters; 0 with learning off */
    const struct learner *learner; /* NULL with learning off */
    const struct learning_data *data;
    const double *first_parameters; /* P: where all begin */
    struct batches *batches;
    struct sgd sgd;
    struct agreement *agreement; /* between the replicas of those that have come to their end */
};

/* The layers of a gradient, for codecs: those of the learner; with learning off those rows of the workload that
 * have parameters, weights and offsets of its fully connected ones apart, as the learner has them; without a
 * workload one layer, of which nothing is known.  *count of them. */
const struct layer *training_layers(const struct sim_plan *plan, const struct job *job, int *count);

/* What `encoded_bytes` of the learner have on the wire: x wire_factor, rounded up. */
int64_t training_wire_bytes(const struct job *job, size_t encoded_bytes);

/* Check what belongs together, open data set and learner.  False with a sentence. */
bool training_prepare(struct sim_plan *plan, struct job *job, struct sim_error *err);

/* Seconds that the iterations of all layers take on that host, without jitter: the law's C. */
double training_compute_seconds(const struct sim_plan *plan, int peer);

/* Flop that take this peer as long as its next iteration does; jitter is drawn here. */
double training_flop(struct sim_peer *me);

/* ---- learning: all of these do nothing with learning off ---- */

/* One worker's copy of the small model. */
struct replica {
    double *parameters; /* P */
    double *gradient;   /* P */
    double *velocity;   /* P: momentum */
    int *samples;       /* of the present mini-batch */
};

/* NULL with learning off. */
struct replica *training_replica(const struct sim_peer *me, const struct job *job);

/* The mean gradient over this worker's share of global batch `iteration`; its mean loss. */
void training_gradient(const struct sim_peer *me, const struct job *job, struct replica *replica,
                       int iteration);

/* gradient / workers, and one step of descent. */
void training_step(const struct job *job, struct replica *replica, int workers, int iteration);

/* The model after `done` iterations, tested on what nobody learns from, into the table: when that is due, or
 * `is_last`. */
void training_tell(struct sim_peer *me, const struct job *job, const double *parameters, int done,
                   bool is_last);

/* A worker has come to its end.  The last of them notes models_apart, the largest difference between two of
 * their replicas: 0 where all make the same steps. */
void training_settle(struct sim_peer *me, const struct job *job, const struct replica *replica);

/* At the beginning of an iteration of which `times` before it are not done, since they went as the last one: *sum counts what
 * that one added to it, from *before on, so many times more; *before is *sum then. */
void training_count_again(double *sum, double *before, int times);

#endif
