#include "algorithms/inference/rules/view_lesson.h"

#include <math.h>
#include <string.h>

enum { BYTES_PER_SCORE = 4, BITS_PER_BYTE = 8 };

struct view_lesson_inside {
    const struct learning_data *data;
    struct views views;
    const double *parameters;
    struct view_workspace *space;
    double *image, *seen;
};

/* Images of both data sets are square, and grey. */
static struct image_shape image_of(const struct data_set *set)
{
    const int side = (int)lround(sqrt((double)set->feature_count));

    return (struct image_shape){.channels = 1, .height = side, .width = side};
}

static int64_t bytes_of_bits(struct image_shape shape)
{
    return ((int64_t)image_size(shape) + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
}

/* 2 flop a product; comparisons and sums count as products. */
static void count_costs(const struct view_network *network, struct view_lesson *lesson)
{
    const double joins = 2 * aggregation_products(&network->features);

    lesson->score_bytes = (int64_t)network->shape.classes * BYTES_PER_SCORE;
    lesson->feature_bytes = bytes_of_bits(network->device->output);
    lesson->device_flop = 2 * (network_products(network->device) + network_products(network->head));
    lesson->gateway_flop = 2 * aggregation_products(&network->scores);
    lesson->cloud_flop = 2 * network_products(network->cloud);
    if (network->edge == NULL) {
        lesson->cloud_flop += joins;
        return;
    }
    lesson->edge_bytes = bytes_of_bits(network->edge->output);
    lesson->edge_flop =
        2 * (network_products(network->edge) + network_products(network->edge_head)) + joins;
}

static int *labels_of(struct sim_arena *arena, const struct learning_data *data, int count)
{
    int *labels = sim_new(arena, int, (size_t)count);

    for (int i = 0; i < count; i++)
        labels[i] = data->set->labels[data->test.numbers[i]];
    return labels;
}

const struct view_lesson *view_lesson_open(struct sim_arena *arena,
                                           const struct view_lesson_options *how,
                                           struct sim_error *err)
{
    const struct learning_data *data = data_set_open(arena, how->data, how->seed, err);
    struct view_lesson *lesson = sim_new(arena, struct view_lesson, 1);
    struct view_lesson_inside *inside = sim_new(arena, struct view_lesson_inside, 1);
    struct view_network_shape shape = {.devices = how->devices,
                                       .filters = how->filters,
                                       .scores = how->scores,
                                       .features = how->features,
                                       .has_edge = how->has_edge};
    struct view_training training;

    if (data == NULL)
        return NULL;
    shape.image = image_of(data->set);
    shape.classes = data->set->class_count;
    lesson->inside = inside;
    lesson->network = view_network_open(arena, &shape);
    lesson->shown = how->shown < data->test.count ? how->shown : data->test.count;
    lesson->labels = labels_of(arena, data, lesson->shown);
    count_costs(lesson->network, lesson);
    inside->data = data;
    inside->views = (struct views){.kind = how->views,
                                   .devices = how->devices,
                                   .image = shape.image,
                                   .noise = how->noise,
                                   .blank_share = how->blank_share,
                                   .seed = how->seed};
    training = (struct view_training){.set = data->set,
                                      .samples = data->train,
                                      .views = &inside->views,
                                      .epochs = how->epochs,
                                      .batch = how->batch,
                                      .rate = how->rate,
                                      .seed = how->seed};
    if (how->train_samples > 0 && how->train_samples < data->train.count)
        training.samples.count = how->train_samples;
    inside->parameters = view_network_train(arena, lesson->network, &training);
    inside->space = view_workspace_open(arena, lesson->network);
    inside->image = sim_new(arena, double, image_size(shape.image));
    inside->seen = sim_new(arena, double, (size_t)how->devices *image_size(shape.image));
    return lesson;
}

struct view_verdict view_lesson_ask(const struct view_lesson *lesson, int sample, const bool *has)
{
    const struct view_lesson_inside *inside = lesson->inside;
    const int *number = &inside->data->test.numbers[sample];
    const size_t pixels = image_size(inside->views.image);

    data_set_rows(inside->data->set, number, 1, inside->image);
    views_of(&inside->views, inside->image, *number, inside->seen);
    for (int d = 0; d < inside->views.devices; d++)
        if (!has[d])
            memset(inside->seen + (size_t)d * pixels, 0, pixels * sizeof *inside->seen);
    return view_network_ask(lesson->network, inside->parameters, inside->seen, inside->space);
}
