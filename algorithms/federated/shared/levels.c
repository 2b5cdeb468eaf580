#include "algorithms/federated/shared/levels.h"
#include "sim/workload/shape.h"
#include "sim/workload/slice.h"

#include <stdlib.h>
#include <string.h>

enum { BYTES_PER_NUMBER = 4 };

/* ---- opening ---- */

static bool open_shares(const struct sim_numbers *rates, const struct sim_numbers *shares,
                        struct levels *levels, struct sim_error *err)
{
    double sum = 0, until = 0;

    if (rates->count < 1 || rates->count > FED_MOST_LEVELS)
        return sim_fail(err, "algorithm.levels: %d levels were given; there are 1 to %d.",
                        rates->count, FED_MOST_LEVELS);
    if (shares->count != 0 && shares->count != rates->count)
        return sim_fail(err, "algorithm.level_shares: %d shares were given for %d levels.",
                        shares->count, rates->count);
    levels->count = rates->count;
    for (int l = 0; l < levels->count; l++)
        sum += shares->count == 0 ? 1 : shares->values[l];
    if (sum <= 0)
        return sim_fail(err, "algorithm.level_shares: all shares are 0, so no client has a level.");
    for (int l = 0; l < levels->count; l++) {
        until += shares->count == 0 ? 1 : shares->values[l];
        levels->at[l] = (struct level){.rate = rates->values[l], .last = until / sum};
    }
    return true;
}

static double macs_of(const struct learner *learner)
{
    double macs = 0;

    for (int l = 0; l < learner->depth; l++)
        macs += (double)learner->widths[l] * learner->widths[l + 1];
    return macs;
}

static bool open_level(struct sim_plan *plan, const struct fed *fed, struct level *level,
                       struct sim_error *err)
{
    int64_t bytes = 0;

    if (fed->learner != NULL) {
        level->slice = learner_slice_open(plan->arena, fed->learner, level->rate);
        level->mac_share = macs_of(level->slice->learner) / macs_of(fed->learner);
        bytes = (int64_t)level->slice->learner->parameter_count * BYTES_PER_NUMBER;
    }
    if (plan->model != NULL) {
        level->model = sim_model_slice(plan->arena, plan->model, level->rate, err);
        if (level->model == NULL)
            return false;
        bytes = sim_model_total(level->model).parameter_bytes;
    }
    level->bytes = (int64_t)ceil((double)bytes * fed->options->trainable_share);
    return true;
}

bool levels_open(struct sim_plan *plan, const struct fed *fed, const struct sim_numbers *rates,
                 const struct sim_numbers *shares, struct levels *levels, struct sim_error *err)
{
    const char *text = "";

    if (!open_shares(rates, shares, levels, err))
        return false;
    for (int l = 0; l < levels->count; l++) {
        if (!open_level(plan, fed, &levels->at[l], err))
            return false;
        text = sim_text(plan->arena, "%s%s%d (rate %g): %lld", text, l > 0 ? ", " : "", l,
                        levels->at[l].rate, (long long)levels->at[l].bytes);
    }
    sim_remark(plan, "Bytes of a model by level: %s.", text);
    return true;
}

int level_at(const struct levels *levels, double at, double of)
{
    int level = 0;

    while (level < levels->count - 1 && at >= levels->at[level].last * of)
        level++;
    return level;
}

/* ---- flop, as published ---- */

static int64_t channels_of(const char *shape)
{
    return strtoll(shape, NULL, 10);
}

static double places_of(const char *shape)
{
    int64_t numbers;

    return sim_shape_size(shape, &numbers) && channels_of(shape) > 0
               ? (double)numbers / (double)channels_of(shape)
               : 0;
}

static bool is(const struct sim_layer *layer, const char *kind)
{
    return strcmp(layer->kind, kind) == 0;
}

/* A convolution with an offset and the two numbers of batch norm for each channel. */
static bool is_normed(const struct sim_layer *layer)
{
    const double places = places_of(layer->output);
    const int64_t out = channels_of(layer->output);

    return is(layer, "conv") && places > 0 &&
           (double)layer->macs == places * (double)(layer->parameters - 3 * out);
}

static bool is_published(const struct sim_model *model)
{
    const int last = model->layer_count - 1;

    for (int l = 0; l < last; l++)
        if (!is_normed(&model->layers[l]) && !is(&model->layers[l], "pool"))
            return false;
    return is(&model->layers[last], "fc");
}

double level_doubled_flop(const struct sim_model *model)
{
    double sum = 0;

    if (!is_published(model))
        return 0;
    for (int l = 0; l < model->layer_count; l++) {
        const struct sim_layer *layer = &model->layers[l];

        if (is(layer, "conv"))
            sum += places_of(layer->output) * (double)layer->parameters;
        else
            sum += (double)layer->macs;
    }
    return 2 * sum;
}

double level_doubled_form(const struct sim_model *whole, double rate)
{
    double in = 0, sum = 0;

    if (!is_published(whole))
        return 0;
    for (int l = 0; l < whole->layer_count; l++) {
        const struct sim_layer *layer = &whole->layers[l];
        const double places = places_of(layer->output), out = (double)channels_of(layer->output);
        const double kept = ceil(rate * out), read = (double)channels_of(layer->input);

        if (is(layer, "conv")) {
            const double kernel = (double)layer->macs / (places * read * out);

            in = in > 0 ? in : read;
            sum += places * (kernel * in * kept + kept) + 2 * kept * places;
            in = kept;
        } else if (is(layer, "fc")) {
            sum += in * out;
        }
    }
    return 2 * sum;
}
