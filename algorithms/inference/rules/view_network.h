/* view_network.h -- DDNN's network, which really learns: a chain on each device, a local exit, an edge's, the cloud's.
 *
 * Teerapittayanon, McDanel, Kung, ICDCS 2017.  A device: one convolution of `filters` 3 x 3, a pool, and a bit for
 * each output; a dense head on the bits gives its scores.  The gateway joins the scores (rules/aggregation.h): the
 * local exit.  The cloud joins the bits, and has two more convolutions of 8 filters with rectifiers, a pool between
 * them, and a dense layer.  With an edge it is the edge that joins the bits: a convolution of 16 filters and a pool,
 * again in bits, with a head of its own; then the cloud has one convolution.  There is no batch normalisation (the
 * paper has one before each bit), pools are 2 x 2 (the paper's 3 x 3 overlap), and the cloud has fewer pools, as our
 * images are smaller. */
#ifndef INFERENCE_VIEW_NETWORK_H
#define INFERENCE_VIEW_NETWORK_H

#include "algorithms/inference/rules/aggregation.h"
#include "algorithms/inference/rules/views.h"
#include "algorithms/learning/data_set.h"

enum { VIEW_MOST_EXITS = 3 };

struct view_network_shape {
    int devices, filters, classes;
    struct image_shape image; /* at least 8 x 8 */
    enum aggregator scores, features;
    bool has_edge;
};

struct view_network {
    struct view_network_shape shape;
    int exits;                           /* local, [edge,] cloud */
    const struct network *device, *head; /* each device has such chains */
    const struct network *edge, *edge_head, *cloud;
    struct aggregation scores, features;
    size_t device_at, head_at; /* where the parameters of device 0's stand; the others' follow */
    size_t scores_at, features_at, edge_at, edge_head_at, cloud_at;
    size_t parameter_count;
};

const struct view_network *view_network_open(struct sim_arena *arena,
                                             const struct view_network_shape *shape);

void view_network_initialise(const struct view_network *network, double *parameters, uint64_t seed);

struct view_workspace; /* of one who computes with it, one sample at a time */
struct view_workspace *view_workspace_open(struct sim_arena *arena,
                                           const struct view_network *network);

/* What its exits say of one sample. */
struct view_verdict {
    double doubt[VIEW_MOST_EXITS]; /* eta, 0 .. 1 */
    int class[VIEW_MOST_EXITS];
};

/* `seen`: all devices' views, devices x pixels.  Who is silent has seen a blank. */
struct view_verdict view_network_ask(const struct view_network *network, const double *parameters,
                                     const double *seen, struct view_workspace *space);

/* The sum of all exits' cross-entropies (nats), with equal weights as in the paper, and its gradient, added to
 * `gradient`: of one sample. */
double view_network_gradient(const struct view_network *network, const double *parameters,
                             const double *seen, int label, struct view_workspace *space,
                             double *gradient);

struct view_training {
    const struct data_set *set;
    struct sample_list samples;
    const struct views *views;
    int epochs, batch;
    double rate; /* Adam's */
    uint64_t seed;
};

/* Parameters that have learned, from weights drawn anew.  The same arguments give the same bytes. */
const double *view_network_train(struct sim_arena *arena, const struct view_network *network,
                                 const struct view_training *how);

#endif
