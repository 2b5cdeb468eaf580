#include "algorithms/inference/rules/view_network.h"
#include "algorithms/learning/adam.h"
#include "algorithms/learning/batches.h"
#include "algorithms/learning/softmax.h"

#include <string.h>

enum { LOCAL_EXIT, EDGE_FILTERS = 16, CLOUD_FILTERS = 8 };

/* ---- the network ---- */

static const struct network *block_open(struct sim_arena *arena, struct image_shape image,
                                        int filters)
{
    const struct network_part parts[] = {
        {.kind = NETWORK_CONVOLUTION, .filters = filters, .kernel = 3, .stride = 1, .padding = 1},
        {.kind = NETWORK_POOL, .kernel = 2, .stride = 2}};

    return network_open(arena, image, parts, 2);
}

static const struct network *dense_open(struct sim_arena *arena, struct image_shape image,
                                        int classes)
{
    const struct network_part part = {.kind = NETWORK_DENSE, .filters = classes};

    return network_open(arena, image, &part, 1);
}

/* One or two convolutions with their rectifiers, a pool between two, and the last layer. */
static const struct network *cloud_open(struct sim_arena *arena, struct image_shape image,
                                        int blocks, int classes)
{
    struct network_part parts[7];
    int count = 0;

    for (int b = 0; b < blocks; b++) {
        parts[count++] = (struct network_part){.kind = NETWORK_CONVOLUTION,
                                               .filters = CLOUD_FILTERS,
                                               .kernel = 3,
                                               .stride = 1,
                                               .padding = 1};
        parts[count++] = (struct network_part){.kind = NETWORK_RELU};
        if (b + 1 < blocks)
            parts[count++] = (struct network_part){.kind = NETWORK_POOL, .kernel = 2, .stride = 2};
    }
    parts[count++] = (struct network_part){.kind = NETWORK_DENSE, .filters = classes};
    return network_open(arena, image, parts, count);
}

static size_t place(struct view_network *network, size_t count)
{
    const size_t at = network->parameter_count;

    network->parameter_count += count;
    return at;
}

const struct view_network *view_network_open(struct sim_arena *arena,
                                             const struct view_network_shape *shape)
{
    struct view_network *network = sim_new(arena, struct view_network, 1);
    const size_t devices = (size_t)shape->devices;
    const struct image_shape scores = {shape->classes, 1, 1};
    struct image_shape features;

    *network = (struct view_network){.shape = *shape, .exits = shape->has_edge ? 3 : 2};
    network->device = block_open(arena, shape->image, shape->filters);
    features = network->device->output;
    network->head = dense_open(arena, features, shape->classes);
    network->scores = aggregation_of(arena, shape->scores, shape->devices, scores);
    network->features = aggregation_of(arena, shape->features, shape->devices, features);
    network->device_at = place(network, devices * network->device->parameter_count);
    network->head_at = place(network, devices * network->head->parameter_count);
    network->scores_at = place(network, aggregation_parameters(&network->scores));
    network->features_at = place(network, aggregation_parameters(&network->features));
    if (shape->has_edge) {
        network->edge = block_open(arena, features, EDGE_FILTERS);
        features = network->edge->output;
        network->edge_head = dense_open(arena, features, shape->classes);
        network->edge_at = place(network, network->edge->parameter_count);
        network->edge_head_at = place(network, network->edge_head->parameter_count);
    }
    network->cloud = cloud_open(arena, features, shape->has_edge ? 1 : 2, shape->classes);
    network->cloud_at = place(network, network->cloud->parameter_count);
    return network;
}

void view_network_initialise(const struct view_network *network, double *parameters, uint64_t seed)
{
    const struct {
        const struct network *chain;
        size_t at;
    } others[] = {{network->scores.linear, network->scores_at},
                  {network->features.linear, network->features_at},
                  {network->edge, network->edge_at},
                  {network->edge_head, network->edge_head_at},
                  {network->cloud, network->cloud_at}};
    const size_t others_count = sizeof others / sizeof others[0];

    for (size_t i = 0; i < others_count; i++)
        if (others[i].chain != NULL)
            network_initialise(others[i].chain, parameters + others[i].at, seed, (uint32_t)i);
    for (int d = 0; d < network->shape.devices; d++) {
        const uint32_t number = (uint32_t)(others_count + 2 * (size_t)d);

        network_initialise(network->device,
                           parameters + network->device_at +
                               (size_t)d * network->device->parameter_count,
                           seed, number);
        network_initialise(network->head,
                           parameters + network->head_at +
                               (size_t)d * network->head->parameter_count,
                           seed, number + 1);
    }
}

/* ---- forward ---- */

struct view_workspace {
    struct network_stash **devices, **heads; /* [devices] */
    struct network_stash *edge, *edge_head, *cloud;
    struct aggregation_stash *scores, *features;
    double *device_bits, *device_scores;       /* devices x those of one */
    double *of_device_bits, *of_device_scores; /* their gradients */
    double *edge_bits, *of_edge_bits, *of_edge_head;
    double *joined, *of_head; /* gradients: of joined features, and of one head's input */
    double *shares;
};

static size_t bits_of(const struct view_network *network)
{
    return image_size(network->device->output);
}

struct view_workspace *view_workspace_open(struct sim_arena *arena,
                                           const struct view_network *network)
{
    const size_t devices = (size_t)network->shape.devices, bits = bits_of(network);
    const size_t classes = (size_t)network->shape.classes;
    struct view_workspace *space = sim_new(arena, struct view_workspace, 1);

    space->devices = sim_new(arena, struct network_stash *, devices);
    space->heads = sim_new(arena, struct network_stash *, devices);
    for (size_t d = 0; d < devices; d++) {
        space->devices[d] = network_stash_open(arena, network->device);
        space->heads[d] = network_stash_open(arena, network->head);
    }
    space->scores = aggregation_stash_open(arena, &network->scores);
    space->features = aggregation_stash_open(arena, &network->features);
    space->device_bits = sim_new(arena, double, devices *bits);
    space->of_device_bits = sim_new(arena, double, devices *bits);
    space->device_scores = sim_new(arena, double, devices *classes);
    space->of_device_scores = sim_new(arena, double, devices *classes);
    space->joined = sim_new(arena, double, bits);
    space->of_head = sim_new(arena, double, bits);
    if (network->edge != NULL) {
        const size_t edge_bits = image_size(network->edge->output);

        space->edge = network_stash_open(arena, network->edge);
        space->edge_head = network_stash_open(arena, network->edge_head);
        space->edge_bits = sim_new(arena, double, edge_bits);
        space->of_edge_bits = sim_new(arena, double, edge_bits);
        space->of_edge_head = sim_new(arena, double, edge_bits);
    }
    space->cloud = network_stash_open(arena, network->cloud);
    space->shares = sim_new(arena, double, classes);
    return space;
}

static const double *output_of(const struct network *chain, const struct network_stash *stash)
{
    return stash->x[chain->depth];
}

/* Scores of the exits, in their order. */
static void forward(const struct view_network *network, const double *parameters,
                    const double *seen, struct view_workspace *space,
                    const double *scores[VIEW_MOST_EXITS])
{
    const size_t bits = bits_of(network), classes = (size_t)network->shape.classes;
    const double *features;
    int exit = LOCAL_EXIT;

    for (size_t d = 0; d < (size_t)network->shape.devices; d++) {
        double *of_device = space->device_bits + d * bits;

        bits_forward(
            network_forward(network->device,
                            parameters + network->device_at + d * network->device->parameter_count,
                            seen + d * image_size(network->shape.image), space->devices[d]),
            of_device, bits);
        memcpy(space->device_scores + d * classes,
               network_forward(network->head,
                               parameters + network->head_at + d * network->head->parameter_count,
                               of_device, space->heads[d]),
               classes * sizeof(double));
    }
    scores[exit++] = aggregation_forward(&network->scores, parameters + network->scores_at,
                                         space->device_scores, space->scores);
    features = aggregation_forward(&network->features, parameters + network->features_at,
                                   space->device_bits, space->features);
    if (network->edge != NULL) {
        bits_forward(
            network_forward(network->edge, parameters + network->edge_at, features, space->edge),
            space->edge_bits, image_size(network->edge->output));
        features = space->edge_bits;
        scores[exit++] = network_forward(network->edge_head, parameters + network->edge_head_at,
                                         features, space->edge_head);
    }
    scores[exit] =
        network_forward(network->cloud, parameters + network->cloud_at, features, space->cloud);
}

struct view_verdict view_network_ask(const struct view_network *network, const double *parameters,
                                     const double *seen, struct view_workspace *space)
{
    const int classes = network->shape.classes;
    const double *scores[VIEW_MOST_EXITS];
    struct view_verdict verdict = {0};

    forward(network, parameters, seen, space, scores);
    for (int e = 0; e < network->exits; e++) {
        softmax_cross_entropy(scores[e], classes, 0, space->shares);
        verdict.doubt[e] = aggregation_doubt(space->shares, classes);
        verdict.class[e] = softmax_highest(scores[e], classes);
    }
    return verdict;
}

/* ---- backward ---- */

static void add_to(double *sums, const double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sums[i] += x[i];
}

/* From the cloud's loss, and the edge's, to the joined features. */
static double deep_gradient(const struct view_network *network, const double *parameters,
                            const double *const *scores, int label, struct view_workspace *space,
                            double *gradient)
{
    const int classes = network->shape.classes;
    double *of_input = network->edge != NULL ? space->of_edge_bits : space->joined;
    double loss = softmax_loss(scores[network->exits - 1], classes, label, 1, space->shares);

    network_backward(network->cloud, parameters + network->cloud_at, space->cloud, space->shares,
                     gradient + network->cloud_at, of_input);
    if (network->edge == NULL)
        return loss;
    loss += softmax_loss(scores[1], classes, label, 1, space->shares);
    network_backward(network->edge_head, parameters + network->edge_head_at, space->edge_head,
                     space->shares, gradient + network->edge_head_at, space->of_edge_head);
    add_to(of_input, space->of_edge_head, image_size(network->edge->output));
    bits_backward(output_of(network->edge, space->edge), of_input, of_input,
                  image_size(network->edge->output));
    network_backward(network->edge, parameters + network->edge_at, space->edge, of_input,
                     gradient + network->edge_at, space->joined);
    return loss;
}

static void device_gradient(const struct view_network *network, const double *parameters, size_t d,
                            struct view_workspace *space, double *gradient)
{
    const size_t bits = bits_of(network), classes = (size_t)network->shape.classes;
    const size_t at = network->device_at + d * network->device->parameter_count;
    const size_t head_at = network->head_at + d * network->head->parameter_count;
    double *of_bits = space->of_device_bits + d * bits;

    network_backward(network->head, parameters + head_at, space->heads[d],
                     space->of_device_scores + d * classes, gradient + head_at, space->of_head);
    add_to(of_bits, space->of_head, bits);
    bits_backward(output_of(network->device, space->devices[d]), of_bits, of_bits, bits);
    network_backward(network->device, parameters + at, space->devices[d], of_bits, gradient + at,
                     NULL);
}

double view_network_gradient(const struct view_network *network, const double *parameters,
                             const double *seen, int label, struct view_workspace *space,
                             double *gradient)
{
    const double *scores[VIEW_MOST_EXITS];
    double loss;

    forward(network, parameters, seen, space, scores);
    loss = deep_gradient(network, parameters, scores, label, space, gradient);
    aggregation_backward(&network->features, parameters + network->features_at, space->features,
                         space->joined, gradient + network->features_at, space->of_device_bits);
    loss += softmax_loss(scores[LOCAL_EXIT], network->shape.classes, label, 1, space->shares);
    aggregation_backward(&network->scores, parameters + network->scores_at, space->scores,
                         space->shares, gradient + network->scores_at, space->of_device_scores);
    for (size_t d = 0; d < (size_t)network->shape.devices; d++)
        device_gradient(network, parameters, d, space, gradient);
    return loss;
}

/* ---- learning ---- */

const double *view_network_train(struct sim_arena *arena, const struct view_network *network,
                                 const struct view_training *how)
{
    const size_t count = network->parameter_count, pixels = image_size(network->shape.image);
    const int64_t steps = ((int64_t)how->epochs * how->samples.count + how->batch - 1) / how->batch;
    double *parameters = sim_new(arena, double, count), *gradient = sim_new(arena, double, count);
    double *image = sim_new(arena, double, pixels);
    double *seen = sim_new(arena, double, (size_t)network->shape.devices *pixels);
    int *numbers = sim_new(arena, int, (size_t)how->batch);
    struct view_workspace *space = view_workspace_open(arena, network);
    struct batches *batches = batches_open(arena, how->samples, how->seed, 0);
    struct adam adam = adam_open(arena, how->rate, count);

    view_network_initialise(network, parameters, how->seed);
    for (int64_t step = 0; step < steps; step++) {
        batches_take(batches, step * how->batch, how->batch, numbers);
        memset(gradient, 0, count * sizeof *gradient);
        for (int i = 0; i < how->batch; i++) {
            data_set_rows(how->set, numbers + i, 1, image);
            views_of(how->views, image, numbers[i], seen);
            view_network_gradient(network, parameters, seen, how->set->labels[numbers[i]], space,
                                  gradient);
        }
        for (size_t i = 0; i < count; i++)
            gradient[i] /= how->batch;
        adam_step(&adam, parameters, gradient);
    }
    return parameters;
}
