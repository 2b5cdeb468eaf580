#include "algorithms/inference/rules/exit_lesson.h"

#include <math.h>

enum { BYTES_PER_NUMBER = 4 }; /* float32, as such networks are run */

/* Images of both data sets are square, and grey. */
static struct image_shape image_of(const struct data_set *set)
{
    const int side = (int)lround(sqrt((double)set->feature_count));

    return (struct image_shape){.channels = 1, .height = side, .width = side};
}

/* ---- what it costs ---- */

static const char *kind_of(enum network_kind kind)
{
    switch (kind) {
    case NETWORK_CONVOLUTION: return "conv";
    case NETWORK_POOL: return "pool";
    case NETWORK_DENSE: return "fc";
    default: return "relu";
    }
}

static int64_t bytes_of(struct image_shape shape)
{
    return (int64_t)image_size(shape) * BYTES_PER_NUMBER;
}

/* A comparison a number of a rectifier, and of the window of a pooling; 2 flop a product. */
static double flop_of(const struct network_layer *layer)
{
    const double outputs = (double)image_size(layer->output);

    if (layer->kind == NETWORK_POOL)
        return outputs * layer->pooling.kernel * layer->pooling.kernel;
    return layer->products > 0 ? 2 * layer->products : outputs;
}

static void write_rows(const struct network *chain, struct sim_layer *rows)
{
    size_t parameters_before = 0;

    for (int l = 0; l < chain->depth; l++) {
        const struct network_layer *layer = &chain->layers[l];
        const size_t end = layer->products > 0 ? layer->offsets + (size_t)layer->output.channels
                                               : parameters_before;

        rows[l] = (struct sim_layer){
            .name = layer->name,
            .kind = kind_of(layer->kind),
            .parameters = (int64_t)(end - parameters_before),
            .macs = (int64_t)layer->products,
            .forward_flop = flop_of(layer),
            .activation_bytes = bytes_of(layer->output),
            .forward_seconds = -1,
            .backward_seconds = -1,
            .measured_batch = 1,
            .input_bytes = bytes_of(layer->input),
            .parameter_bytes = (int64_t)(end - parameters_before) * BYTES_PER_NUMBER,
        };
        parameters_before = end;
    }
}

static struct exit_layers layers_of(struct sim_arena *arena, const struct exit_network *network,
                                    int exit)
{
    const struct network *piece = network->pieces[exit], *head = network->heads[exit];
    struct sim_layer *rows = sim_new(arena, struct sim_layer, (size_t)(piece->depth + head->depth));

    write_rows(piece, rows);
    write_rows(head, rows + piece->depth);
    return (struct exit_layers){
        .layers = rows, .count = piece->depth + head->depth, .bytes = bytes_of(piece->output)};
}

/* ---- what it says ---- */

static void ask_all(struct sim_arena *arena, const struct exit_network *network,
                    const double *parameters, const struct learning_data *data,
                    struct exit_lesson *lesson)
{
    struct exit_workspace *space = exit_workspace_open(arena, network);
    double *sample = sim_new(arena, double, (size_t)data->set->feature_count);
    struct exit_verdict *verdicts = sim_new(arena, struct exit_verdict, (size_t)lesson->shown);
    int *labels = sim_new(arena, int, (size_t)lesson->shown);

    for (int i = 0; i < lesson->shown; i++) {
        data_set_rows(data->set, data->test.numbers + i, 1, sample);
        verdicts[i] = exit_network_ask(network, parameters, sample, space);
        labels[i] = data->set->labels[data->test.numbers[i]];
    }
    lesson->verdicts = verdicts;
    lesson->labels = labels;
}

const struct exit_lesson *exit_lesson_open(struct sim_arena *arena,
                                           const struct exit_lesson_options *how,
                                           struct sim_error *err)
{
    const struct learning_data *data = data_set_open(arena, how->data, how->seed, err);
    struct exit_lesson *lesson = sim_new(arena, struct exit_lesson, 1);
    const struct exit_network *network;
    struct exit_training training;

    if (data == NULL)
        return NULL;
    network = exit_network_open(arena, image_of(data->set), data->set->class_count);
    training = (struct exit_training){.set = data->set,
                                      .samples = data->train,
                                      .weights = how->weights,
                                      .epochs = how->epochs,
                                      .batch = how->batch,
                                      .rate = how->rate,
                                      .seed = how->seed};
    if (how->train_samples > 0 && how->train_samples < data->train.count)
        training.samples.count = how->train_samples;
    lesson->shown = how->shown < data->test.count ? how->shown : data->test.count;
    lesson->sample_bytes = data->set->feature_count;
    for (int e = 0; e < EXITS; e++)
        lesson->exits[e] = layers_of(arena, network, e);
    ask_all(arena, network, exit_network_train(arena, network, &training), data, lesson);
    return lesson;
}

double exit_lesson_accuracy(const struct exit_lesson *lesson, int exit)
{
    int right = 0;

    for (int i = 0; i < lesson->shown; i++)
        right += lesson->verdicts[i].class[exit] == lesson->labels[i];
    return (double)right / lesson->shown;
}
