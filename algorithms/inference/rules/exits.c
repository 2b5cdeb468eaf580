#include "algorithms/inference/rules/exits.h"
#include "algorithms/learning/adam.h"
#include "algorithms/learning/batches.h"
#include "algorithms/learning/softmax.h"

#include <string.h>

/* ---- when a sample leaves ---- */

bool exit_is_sure(double entropy, enum confidence spelling, double threshold)
{
    return spelling == CONFIDENCE_ENTROPY ? entropy < threshold : -entropy > threshold;
}

int exit_taken(const double *entropies, int exits, enum confidence spelling,
               const double *thresholds)
{
    int exit = 0;

    while (exit < exits - 1 && !exit_is_sure(entropies[exit], spelling, thresholds[exit]))
        exit++;
    return exit;
}

/* ---- the network ---- */

/* Behind each piece stands an exit.  What comes to a head is small: of small images the second head pools for itself what
 * the trunk goes on with, of large ones the trunk has pooled it, and the third convolution is not pooled any more. */
static const struct network_part first[] = {
    {NETWORK_CONVOLUTION, .filters = 4, .kernel = 3, .stride = 1, .padding = 1, .name = "conv1"},
    {NETWORK_RELU, .name = "relu1"},
    {NETWORK_POOL, .kernel = 2, .stride = 2, .name = "pool1"}};
static const struct network_part second[] = {
    {NETWORK_CONVOLUTION, .filters = 8, .kernel = 3, .stride = 1, .padding = 1, .name = "conv2"},
    {NETWORK_RELU, .name = "relu2"},
    {NETWORK_POOL, .kernel = 2, .stride = 2, .name = "pool2"}};
static const struct network_part third[] = {
    {NETWORK_CONVOLUTION, .filters = 16, .kernel = 3, .stride = 1, .padding = 1, .name = "conv3"},
    {NETWORK_RELU, .name = "relu3"},
    {NETWORK_POOL, .kernel = 2, .stride = 2, .name = "pool3"}};
enum { PIECE = 3, LARGE = 16, HIDDEN = 32 };

const struct exit_network *exit_network_open(struct sim_arena *arena, struct image_shape image,
                                             int classes)
{
    static const struct network_part *const pieces[EXITS] = {first, second, third};
    static const char *const names[EXITS] = {"exit1", "exit2", "exit3"};
    static const char *const pools[EXITS] = {"exit1_pool", "exit2_pool"};
    const bool is_large = image.height >= LARGE && image.width >= LARGE;
    struct exit_network *network = sim_new(arena, struct exit_network, 1);
    struct image_shape shape = image;

    network->classes = classes;
    for (int e = 0; e < EXITS; e++) {
        const struct network_part early[] = {
            {NETWORK_POOL, .kernel = 2, .stride = 2, .name = pools[e]},
            {NETWORK_DENSE, .filters = classes, .name = names[e]}};
        const struct network_part last[] = {{NETWORK_DENSE, .filters = HIDDEN, .name = "hidden"},
                                            {NETWORK_RELU, .name = "hidden_relu"},
                                            {NETWORK_DENSE, .filters = classes, .name = names[e]}};
        const bool is_pooled = e == 0 || (e == 1) == is_large;
        const int skipped = e == 1 && is_large; /* the head's pooling */

        network->pieces[e] = network_open(arena, shape, pieces[e], is_pooled ? PIECE : PIECE - 1);
        shape = network->pieces[e]->output;
        network->heads[e] = e == EXITS - 1
                                ? network_open(arena, shape, last, 3)
                                : network_open(arena, shape, early + skipped, 2 - skipped);
        network->piece_at[e] = network->parameter_count;
        network->head_at[e] = network->piece_at[e] + network->pieces[e]->parameter_count;
        network->parameter_count = network->head_at[e] + network->heads[e]->parameter_count;
    }
    return network;
}

struct exit_workspace {
    struct network_stash *pieces[EXITS], *heads[EXITS];
    double *of_piece[EXITS], *of_head; /* gradients of a piece's output, and that by its head */
    double *shares;                    /* [classes] */
};

struct exit_workspace *exit_workspace_open(struct sim_arena *arena,
                                           const struct exit_network *network)
{
    struct exit_workspace *space = sim_new(arena, struct exit_workspace, 1);
    size_t most = 0;

    for (int e = 0; e < EXITS; e++) {
        const size_t size = image_size(network->pieces[e]->output);

        space->pieces[e] = network_stash_open(arena, network->pieces[e]);
        space->heads[e] = network_stash_open(arena, network->heads[e]);
        space->of_piece[e] = sim_new(arena, double, size);
        most = size > most ? size : most;
    }
    space->of_head = sim_new(arena, double, most);
    space->shares = sim_new(arena, double, (size_t)network->classes);
    return space;
}

/* What exit e's piece gives, of the output of the piece before. */
static const double *piece_forward(const struct exit_network *network, const double *parameters,
                                   int e, const double *x, struct exit_workspace *space)
{
    return network_forward(network->pieces[e], parameters + network->piece_at[e], x,
                           space->pieces[e]);
}

static const double *head_forward(const struct exit_network *network, const double *parameters,
                                  int e, const double *x, struct exit_workspace *space)
{
    return network_forward(network->heads[e], parameters + network->head_at[e], x, space->heads[e]);
}

struct exit_verdict exit_network_ask(const struct exit_network *network, const double *parameters,
                                     const double *sample, struct exit_workspace *space)
{
    struct exit_verdict verdict;

    for (int e = 0; e < EXITS; e++) {
        const double *scores;

        sample = piece_forward(network, parameters, e, sample, space);
        scores = head_forward(network, parameters, e, sample, space);
        softmax_cross_entropy(scores, network->classes, 0, space->shares);
        verdict.entropy[e] = softmax_entropy(space->shares, network->classes);
        verdict.class[e] = softmax_highest(scores, network->classes);
    }
    return verdict;
}

/* ---- learning ---- */

double exit_network_gradient(const struct exit_network *network, const double *parameters,
                             const double *sample, int label, const double *weights,
                             struct exit_workspace *space, double *gradient)
{
    double loss = 0;

    for (int e = 0; e < EXITS; e++)
        sample = piece_forward(network, parameters, e, sample, space);
    for (int e = EXITS - 1; e >= 0; e--) {
        const struct network *piece = network->pieces[e];
        const size_t size = image_size(piece->output);
        const double *x = space->pieces[e]->x[piece->depth];
        const double *scores = head_forward(network, parameters, e, x, space);

        loss +=
            weights[e] * softmax_loss(scores, network->classes, label, weights[e], space->shares);
        network_backward(network->heads[e], parameters + network->head_at[e], space->heads[e],
                         space->shares, gradient + network->head_at[e], space->of_head);
        for (size_t i = 0; i < size; i++) /* of the pieces behind, and of the head */
            space->of_head[i] += e < EXITS - 1 ? space->of_piece[e][i] : 0;
        network_backward(piece, parameters + network->piece_at[e], space->pieces[e], space->of_head,
                         gradient + network->piece_at[e], e > 0 ? space->of_piece[e - 1] : NULL);
    }
    return loss;
}

const double *exit_network_train(struct sim_arena *arena, const struct exit_network *network,
                                 const struct exit_training *how)
{
    const size_t count = network->parameter_count;
    const int64_t steps = ((int64_t)how->epochs * how->samples.count + how->batch - 1) / how->batch;
    double *parameters = sim_new(arena, double, count), *gradient = sim_new(arena, double, count);
    double *sample = sim_new(arena, double, (size_t)how->set->feature_count);
    int *numbers = sim_new(arena, int, (size_t)how->batch);
    struct exit_workspace *space = exit_workspace_open(arena, network);
    struct batches *batches = batches_open(arena, how->samples, how->seed, 0);
    struct adam adam = adam_open(arena, how->rate, count);

    adam.b1 = 0.99;
    for (int e = 0; e < EXITS; e++) {
        network_initialise(network->pieces[e], parameters + network->piece_at[e], how->seed,
                           (uint32_t)(2 * e));
        network_initialise(network->heads[e], parameters + network->head_at[e], how->seed,
                           (uint32_t)(2 * e + 1));
    }
    for (int64_t step = 0; step < steps; step++) {
        batches_take(batches, step * how->batch, how->batch, numbers);
        memset(gradient, 0, count * sizeof *gradient);
        for (int i = 0; i < how->batch; i++) {
            data_set_rows(how->set, numbers + i, 1, sample);
            exit_network_gradient(network, parameters, sample, how->set->labels[numbers[i]],
                                  how->weights, space, gradient);
        }
        for (size_t i = 0; i < count; i++)
            gradient[i] /= how->batch;
        adam_step(&adam, parameters, gradient);
    }
    return parameters;
}
