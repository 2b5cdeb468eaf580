/* language.c -- what follows from a language model's shape. */
#include "sim/workload/language.h"

#include "sim/platform/device.h"

#include <assert.h>
#include <math.h>

struct sim_language_step sim_language_step_of(int64_t rows, int64_t context_tokens)
{
    struct sim_language_step step = {.layer_share = 1, .tensor_parallel = 1};

    sim_language_step_add(&step, rows, context_tokens);
    return step;
}

void sim_language_step_add(struct sim_language_step *step, int64_t rows, int64_t context_tokens)
{
    step->rows += rows;
    step->context_tokens += rows > 0 ? (double)context_tokens : 0;
    step->attended_tokens += (double)rows * ((double)context_tokens + (double)rows / 2);
}

static void check(const struct sim_language_step *step)
{
    assert(step->layer_share > 0 && step->layer_share <= 1 && step->tensor_parallel >= 1);
}

/* Numbers of the matrices that a step goes through. */
static double matrices(const struct sim_language_model *model, const struct sim_language_step *step)
{
    return step->layer_share * (double)model->linear_parameters +
           (step->skips_head ? 0 : (double)model->head_parameters) + step->extra_parameters;
}

double sim_language_step_memory_bytes(const struct sim_language_model *model,
                                      const struct sim_language_step *step)
{
    const double kept = step->context_tokens + (double)step->rows;

    check(step);
    if (step->rows == 0)
        return 0;
    return (model->bytes_per_number * matrices(model, step) +
            step->layer_share * (double)model->kv_bytes_per_token * kept) /
           step->tensor_parallel;
}

/* Attention: scores and their weighted sum, a MAC each for every number of every head. */
double sim_language_step_flop(const struct sim_language_model *model,
                              const struct sim_language_step *step)
{
    const double width = (double)model->heads * model->head_size;

    check(step);
    return (2 * matrices(model, step) * (double)step->rows +
            4 * step->layer_share * model->layers * width * step->attended_tokens) /
           step->tensor_parallel;
}

double sim_language_step_seconds(const struct sim_device *device,
                                 const struct sim_language_model *model,
                                 const struct sim_language_step *step)
{
    const double bytes_per_second = device->memory_bytes_per_second * device->byte_efficiency;
    const double flop_seconds =
        sim_language_step_flop(model, step) / (device->flop_per_second * device->flop_efficiency);
    const double byte_seconds =
        bytes_per_second == 0 ? 0 : sim_language_step_memory_bytes(model, step) / bytes_per_second;

    if (step->rows == 0)
        return 0;
    return step->layer_share * model->layers * device->layer_overhead_seconds +
           hypot(flop_seconds, byte_seconds);
}

double sim_language_weight_bytes(const struct sim_language_model *model, double share)
{
    return share * (double)model->parameters * model->bytes_per_number;
}

double sim_language_resident_bytes(const struct sim_language_model *model, double share,
                                   double tokens)
{
    return sim_language_weight_bytes(model, share) +
           share * (double)model->kv_bytes_per_token * tokens;
}

int64_t sim_language_hidden_bytes(const struct sim_language_model *model, int64_t rows)
{
    return rows * model->hidden * model->bytes_per_number;
}
