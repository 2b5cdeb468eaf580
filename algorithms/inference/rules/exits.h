/* exits.h -- a small network with exits that really learns: a trunk in pieces, and a head behind each.
 *
 * Teerapittayanon, McDanel, Kung, BranchyNet: Fast inference via early exiting from deep neural networks, ICPR 2016.
 * The trunk is of three convolutions, 4, 8 and 16 filters of 3 x 3; the first exit's head is one dense layer behind the
 * first, the second's one behind the second, and the last one's two dense layers.  The paper's B-LeNet has two exits,
 * its first head a convolution more. */
#ifndef INFERENCE_EXITS_H
#define INFERENCE_EXITS_H

#include "algorithms/learning/data_set.h"
#include "algorithms/learning/network.h"

enum { EXITS = 3 };

/* ---- when a sample leaves ---- */

/* The paper's entropy, -sum y log y in nats, not normalised: the smaller, the surer.  Or minus that, sum y log y, as
 * lectures write it: the greater, the surer. */
enum confidence { CONFIDENCE_ENTROPY, CONFIDENCE_NEGATIVE_ENTROPY };

/* Entropy below the threshold; or negative entropy above it. */
bool exit_is_sure(double entropy, enum confidence spelling, double threshold);

/* The first of `exits` exits that is sure; the last one has no threshold, and always is. */
int exit_taken(const double *entropies, int exits, enum confidence spelling,
               const double *thresholds);

/* ---- the network ---- */

struct exit_network {
    int classes;
    const struct network *pieces[EXITS], *heads[EXITS];
    size_t piece_at[EXITS], head_at[EXITS]; /* where their parameters stand */
    size_t parameter_count;
};

/* Images of at least 8 x 8. */
const struct exit_network *exit_network_open(struct sim_arena *arena, struct image_shape image,
                                             int classes);

/* What a trained network says of one sample. */
struct exit_verdict {
    double entropy[EXITS]; /* nats */
    int class[EXITS];
};

struct exit_workspace; /* of one who computes with a network: one sample at a time */
struct exit_workspace *exit_workspace_open(struct sim_arena *arena,
                                           const struct exit_network *network);

struct exit_verdict exit_network_ask(const struct exit_network *network, const double *parameters,
                                     const double *sample, struct exit_workspace *space);

/* ---- learning ---- */

/* The joint loss sum_n w_n L_n of all exits and its gradient, added to `gradient`: of one sample; L in nats (the paper
 * divides by the number of classes, which Adam does not notice). */
double exit_network_gradient(const struct exit_network *network, const double *parameters,
                             const double *sample, int label, const double *weights,
                             struct exit_workspace *space, double *gradient);

struct exit_training {
    const struct data_set *set;
    struct sample_list samples;
    const double *weights; /* of the exits' losses */
    int epochs, batch;
    double rate; /* Adam's; its moments decay by 0.99 and 0.999, as in the paper */
    uint64_t seed;
};

/* Parameters that have learned, from weights drawn anew.  The same arguments give the same bytes. */
const double *exit_network_train(struct sim_arena *arena, const struct exit_network *network,
                                 const struct exit_training *how);

#endif
