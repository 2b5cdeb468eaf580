/* network.h -- a chain of convolutions, poolings, rectifiers and dense layers that really learns, one sample at a time.
 *
 * A chain's parameters are one vector of doubles with a table of its layers, as a learner's are (learner.h), and
 * nothing else is written to: what a forward pass leaves to the backward pass stands in a stash of the caller's.  So a
 * system of several devices is several chains: the output of one is handed on, or to two chains, or joined with others
 * (branchy networks: a trunk's pieces and their exits; DDNN: a chain on each device, one in the cloud), and gradients
 * are added where outputs went to several.  Same bytes on every machine (convolution.h). */
#ifndef LEARNING_NETWORK_H
#define LEARNING_NETWORK_H

#include "algorithms/learning/convolution.h"
#include "algorithms/learning/layer.h"
#include "sim/base/arena.h"

#include <stdint.h>

enum network_kind {
    NETWORK_CONVOLUTION,
    NETWORK_POOL, /* max */
    NETWORK_RELU, /* max(0, x) */
    NETWORK_CLIP, /* min(max(x - low, 0), high - low): ADCNN's clipped ReLU (Zhang et al., ICPP 2020, section 4.1) */
    NETWORK_DENSE, /* all numbers of its input; gives `filters` channels of 1 x 1 */
};

/* One layer as it is asked for; what its kind does not need is 0. */
struct network_part {
    enum network_kind kind;
    int filters;      /* convolution, dense: channels of its output */
    int kernel;       /* convolution, pool */
    int stride;       /* convolution, pool */
    int padding;      /* convolution: the same at all sides */
    double low;       /* clip: what is subtracted */
    double high;      /* clip: > low */
    const char *name; /* NULL: "conv1", "dense2", ... counted by kind */
};

struct network_layer {
    enum network_kind kind;
    const char *name;
    struct image_shape input, output;
    struct convolution convolution;
    struct pooling pooling;
    double low, high;
    size_t weights, offsets; /* where they stand in the chain's vector */
    double products;         /* multiplications of a forward pass; 0 without weights */
};

struct network {
    int depth;
    const struct network_layer *layers;
    struct image_shape input, output;
    size_t parameter_count; /* 0 is allowed */
    int table_count;        /* 2 for each layer with weights */
    const struct layer *
        table; /* weights, then offsets; a dense layer's weights are inputs x outputs, row by row */
};

/* `count` >= 1 layers over images of that shape; each must fit the output of the one before. */
const struct network *network_open(struct sim_arena *arena, struct image_shape input,
                                   const struct network_part *parts, int count);

/* Weights of a dense layer that ends the chain are uniform with variance 2 / (inputs + outputs) (Glorot and Bengio,
 * AISTATS 2010, eq. 16); all others, as they stand before a rectifier, normal with variance 2 / inputs of an output
 * (He et al., ICCV 2015, eq. 10); offsets 0.  Each of a system's chains has a number, and with it a stream, of its own. */
void network_initialise(const struct network *network, double *parameters, uint64_t seed,
                        uint32_t chain);

/* What a forward pass leaves to the backward pass of the same sample; valid until the next one with it. */
struct network_stash {
    double **x;   /* the input, then the output of each layer: depth + 1 arrays */
    double **e;   /* gradient of each layer's input, from network_backward on */
    int **places; /* of each pooling layer (pooling_forward); NULL for others */
};
struct network_stash *network_stash_open(struct sim_arena *arena, const struct network *network);

/* The output (in the stash) of one sample.  `input` may be stash->x[0]. */
const double *network_forward(const struct network *network, const double *parameters,
                              const double *input, struct network_stash *stash);

/* After it: from the gradient of the output, that of the parameters is added to `gradient`, that of the input is
 * written to `input_gradient` (NULL: not wanted, as of samples).  A rectifier passes nothing on at its corners. */
void network_backward(const struct network *network, const double *parameters,
                      struct network_stash *stash, const double *output_gradient, double *gradient,
                      double *input_gradient);

/* Multiplications of a forward pass. */
double network_products(const struct network *network);

#endif
