#include "algorithms/learning/network.h"
#include "algorithms/learning/streams.h"
#include "algorithms/learning/vector.h"
#include "sim/base/random.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- the chain ---- */

static const char *const kind_names[] = {"conv", "pool", "relu", "clip", "dense"};

static bool has_weights(enum network_kind kind)
{
    return kind == NETWORK_CONVOLUTION || kind == NETWORK_DENSE;
}

/* Its shapes and what it costs. */
static struct network_layer layer_of(const struct network_part *part, struct image_shape input)
{
    const int pad = part->padding;
    struct network_layer layer = {
        .kind = part->kind, .input = input, .output = input, .low = part->low, .high = part->high};

    switch (part->kind) {
    case NETWORK_CONVOLUTION:
        layer.convolution = (struct convolution){.input = input,
                                                 .filters = part->filters,
                                                 .kernel = part->kernel,
                                                 .stride = part->stride,
                                                 .padding = {pad, pad, pad, pad}};
        layer.output = convolution_output(&layer.convolution);
        layer.products = convolution_products(&layer.convolution);
        break;
    case NETWORK_POOL:
        layer.pooling = (struct pooling){input, part->kernel, part->stride};
        layer.output = pooling_output(&layer.pooling);
        break;
    case NETWORK_DENSE:
        assert(part->filters > 0);
        layer.output = (struct image_shape){part->filters, 1, 1};
        layer.products = (double)image_size(input) * part->filters;
        break;
    case NETWORK_CLIP: assert(part->high > part->low); break;
    case NETWORK_RELU: break;
    }
    return layer;
}

static size_t weights_of(const struct network_layer *layer)
{
    return layer->kind == NETWORK_CONVOLUTION
               ? convolution_weights(&layer->convolution)
               : image_size(layer->input) * (size_t)layer->output.channels;
}

/* Gives the layer its place in the vector, and its two rows of the table. */
static void place(struct sim_arena *arena, struct network *network, struct network_layer *layer,
                  struct layer *table, bool is_last)
{
    const size_t weights = weights_of(layer), offsets = (size_t)layer->output.channels;

    layer->weights = network->parameter_count;
    layer->offsets = layer->weights + weights;
    table[network->table_count++] = (struct layer){sim_text(arena, "%s.weights", layer->name),
                                                   layer->weights, weights, is_last};
    table[network->table_count++] = (struct layer){sim_text(arena, "%s.offsets", layer->name),
                                                   layer->offsets, offsets, is_last};
    network->parameter_count += weights + offsets;
}

const struct network *network_open(struct sim_arena *arena, struct image_shape input,
                                   const struct network_part *parts, int count)
{
    struct network *network = sim_new(arena, struct network, 1);
    struct network_layer *layers = sim_new(arena, struct network_layer, (size_t)count);
    struct layer *table = sim_new(arena, struct layer, 2 * (size_t)count);
    int of_kind[NETWORK_DENSE + 1] = {0};

    assert(count >= 1);
    *network = (struct network){.depth = count, .layers = layers, .input = input, .table = table};
    for (int l = 0; l < count; l++) {
        const int number = ++of_kind[parts[l].kind];

        layers[l] = layer_of(&parts[l], l == 0 ? input : layers[l - 1].output);
        layers[l].name = parts[l].name != NULL
                             ? parts[l].name
                             : sim_text(arena, "%s%d", kind_names[parts[l].kind], number);
        if (has_weights(parts[l].kind))
            place(arena, network, &layers[l], table,
                  l == count - 1 && parts[l].kind == NETWORK_DENSE);
    }
    network->output = layers[count - 1].output;
    return network;
}

double network_products(const struct network *network)
{
    double sum = 0;

    for (int l = 0; l < network->depth; l++)
        sum += network->layers[l].products;
    return sum;
}

void network_initialise(const struct network *network, double *parameters, uint64_t seed,
                        uint32_t chain)
{
    struct sim_random *random = sim_random_open(seed, learning_chain_stream(chain));

    memset(parameters, 0, network->parameter_count * sizeof *parameters);
    for (int l = 0; l < network->table_count; l += 2) {
        const struct layer *weights = &network->table[l];
        const double outputs = (double)network->table[l + 1].count;
        const double inputs = (double)weights->count / outputs; /* of an output */
        const double deviation = sqrt(2 / inputs), bound = sqrt(6 / (inputs + outputs));

        for (size_t i = 0; i < weights->count; i++)
            parameters[weights->offset + i] = weights->is_last
                                                  ? bound * (2 * sim_random_uniform(random) - 1)
                                                  : deviation * sim_random_normal(random);
    }
    sim_random_close(random);
}

struct network_stash *network_stash_open(struct sim_arena *arena, const struct network *network)
{
    const size_t depth = (size_t)network->depth;
    struct network_stash *stash = sim_new(arena, struct network_stash, 1);

    stash->x = sim_new(arena, double *, depth + 1);
    stash->e = sim_new(arena, double *, depth);
    stash->places = sim_new(arena, int *, depth);
    stash->x[0] = sim_new(arena, double, image_size(network->input));
    for (size_t l = 0; l < depth; l++) {
        const struct network_layer *layer = &network->layers[l];

        stash->e[l] = sim_new(arena, double, image_size(layer->input));
        stash->x[l + 1] = sim_new(arena, double, image_size(layer->output));
        if (layer->kind == NETWORK_POOL)
            stash->places[l] = sim_new(arena, int, image_size(layer->output));
    }
    return stash;
}

/* ---- forward ---- */

static void dense_forward_one(const struct network_layer *layer, const double *parameters,
                              const double *x, double *z)
{
    const size_t in = image_size(layer->input), out = (size_t)layer->output.channels;

    memcpy(z, parameters + layer->offsets, out * sizeof *z);
    for (size_t i = 0; i < in; i++)
        vector_add_scaled(z, parameters + layer->weights + i * out, x[i], out);
}

static void rectify(const double *x, double *z, size_t count)
{
    for (size_t i = 0; i < count; i++)
        z[i] = x[i] < 0 ? 0 : x[i]; /* NaN stays NaN */
}

static void clip(const struct network_layer *layer, const double *x, double *z)
{
    const size_t count = image_size(layer->input);

    for (size_t i = 0; i < count; i++)
        z[i] = x[i] < layer->low ? 0 : (x[i] > layer->high ? layer->high : x[i]) - layer->low;
}

const double *network_forward(const struct network *network, const double *parameters,
                              const double *input, struct network_stash *stash)
{
    if (input != stash->x[0])
        memcpy(stash->x[0], input, image_size(network->input) * sizeof *input);
    for (int l = 0; l < network->depth; l++) {
        const struct network_layer *layer = &network->layers[l];
        const double *x = stash->x[l];
        double *z = stash->x[l + 1];

        switch (layer->kind) {
        case NETWORK_CONVOLUTION:
            convolution_forward(&layer->convolution, parameters + layer->weights,
                                parameters + layer->offsets, x, z);
            break;
        case NETWORK_POOL: pooling_forward(&layer->pooling, x, z, stash->places[l]); break;
        case NETWORK_RELU: rectify(x, z, image_size(layer->input)); break;
        case NETWORK_CLIP: clip(layer, x, z); break;
        case NETWORK_DENSE: dense_forward_one(layer, parameters, x, z); break;
        }
    }
    return stash->x[network->depth];
}

/* ---- backward ---- */

static void dense_backward_one(const struct network_layer *layer, const double *parameters,
                               const double *x, const double *d, double *gradient, double *e)
{
    const size_t in = image_size(layer->input), out = (size_t)layer->output.channels;

    vector_add_scaled(gradient + layer->offsets, d, 1, out);
    for (size_t i = 0; i < in; i++)
        vector_add_scaled(gradient + layer->weights + i * out, d, x[i], out);
    for (size_t i = 0; i < in && e != NULL; i++)
        e[i] = vector_dot(parameters + layer->weights + i * out, d, out);
}

/* A ReLU is a clip between 0 and infinity. */
static void clip_backward(double low, double high, const double *x, const double *d, double *e,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        e[i] = x[i] > low && x[i] < high ? d[i] : 0;
}

void network_backward(const struct network *network, const double *parameters,
                      struct network_stash *stash, const double *output_gradient, double *gradient,
                      double *input_gradient)
{
    const double *d = output_gradient;

    for (int l = network->depth - 1; l >= 0; l--) {
        const struct network_layer *layer = &network->layers[l];
        const size_t count = image_size(layer->input);
        const double *x = stash->x[l];
        double *e = l > 0 ? stash->e[l] : input_gradient;

        if (e == NULL && !has_weights(layer->kind))
            return;
        switch (layer->kind) {
        case NETWORK_CONVOLUTION:
            convolution_backward(&layer->convolution, parameters + layer->weights, x, d,
                                 gradient + layer->weights, gradient + layer->offsets, e);
            break;
        case NETWORK_POOL: pooling_backward(&layer->pooling, stash->places[l], d, e); break;
        case NETWORK_RELU: clip_backward(0, INFINITY, x, d, e, count); break;
        case NETWORK_CLIP: clip_backward(layer->low, layer->high, x, d, e, count); break;
        case NETWORK_DENSE: dense_backward_one(layer, parameters, x, d, gradient, e); break;
        }
        d = e;
    }
}
