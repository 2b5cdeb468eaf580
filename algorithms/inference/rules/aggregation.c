#include "algorithms/inference/rules/aggregation.h"
#include "algorithms/learning/softmax.h"

#include <math.h>
#include <string.h>

const char *const aggregator_choices[] = {"mp", "ap", "cc", NULL};

static const struct network *linear_of(struct sim_arena *arena, int members,
                                       struct image_shape part)
{
    const struct image_shape all = {members * part.channels, part.height, part.width};
    const bool is_vector = part.height == 1 && part.width == 1;
    const struct network_part layer = {.kind = is_vector ? NETWORK_DENSE : NETWORK_CONVOLUTION,
                                       .filters = part.channels,
                                       .kernel = 1,
                                       .stride = 1};

    return network_open(arena, all, &layer, 1);
}

struct aggregation aggregation_of(struct sim_arena *arena, enum aggregator kind, int members,
                                  struct image_shape part)
{
    return (struct aggregation){
        .kind = kind,
        .members = members,
        .part = part,
        .linear = kind == AGGREGATE_CONCATENATE ? linear_of(arena, members, part) : NULL};
}

size_t aggregation_parameters(const struct aggregation *how)
{
    return how->linear != NULL ? how->linear->parameter_count : 0;
}

double aggregation_products(const struct aggregation *how)
{
    return how->linear != NULL ? network_products(how->linear)
                               : (double)how->members * (double)image_size(how->part);
}

struct aggregation_stash *aggregation_stash_open(struct sim_arena *arena,
                                                 const struct aggregation *how)
{
    struct aggregation_stash *stash = sim_new(arena, struct aggregation_stash, 1);

    if (how->linear != NULL) {
        stash->linear = network_stash_open(arena, how->linear);
        return stash;
    }
    stash->output = sim_new(arena, double, image_size(how->part));
    stash->highest = sim_new(arena, int, image_size(how->part));
    return stash;
}

const double *aggregation_forward(const struct aggregation *how, const double *parameters,
                                  const double *parts, struct aggregation_stash *stash)
{
    const size_t count = image_size(how->part);

    if (how->linear != NULL)
        return network_forward(how->linear, parameters, parts, stash->linear);
    memcpy(stash->output, parts, count * sizeof *parts);
    memset(stash->highest, 0, count * sizeof *stash->highest);
    for (int m = 1; m < how->members; m++)
        for (size_t i = 0; i < count; i++) {
            const double value = parts[(size_t)m * count + i];

            if (how->kind == AGGREGATE_MEAN) {
                stash->output[i] += value;
            } else if (value > stash->output[i]) {
                stash->output[i] = value;
                stash->highest[i] = m;
            }
        }
    for (size_t i = 0; how->kind == AGGREGATE_MEAN && i < count; i++)
        stash->output[i] /= how->members;
    return stash->output;
}

void aggregation_backward(const struct aggregation *how, const double *parameters,
                          struct aggregation_stash *stash, const double *output_gradient,
                          double *gradient, double *parts_gradient)
{
    const size_t count = image_size(how->part);

    if (how->linear != NULL) {
        network_backward(how->linear, parameters, stash->linear, output_gradient, gradient,
                         parts_gradient);
        return;
    }
    for (int m = 0; m < how->members; m++)
        for (size_t i = 0; i < count; i++)
            parts_gradient[(size_t)m * count + i] = how->kind == AGGREGATE_MEAN
                                                        ? output_gradient[i] / how->members
                                                    : stash->highest[i] == m ? output_gradient[i]
                                                                             : 0;
}

double aggregation_doubt(const double *shares, int classes)
{
    return softmax_entropy(shares, classes) / log(classes);
}

void bits_forward(const double *x, double *bits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bits[i] = x[i] >= 0 ? 1 : -1;
}

void bits_backward(const double *x, const double *bits_gradient, double *gradient, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gradient[i] = fabs(x[i]) <= 1 ? bits_gradient[i] : 0;
}
