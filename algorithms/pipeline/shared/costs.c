/* costs.c -- where the model is cut, what an operation costs on its device, and what a stage keeps in memory. */
#include "algorithms/pipeline/shared/pipeline.h"

#include <math.h>
#include <string.h>

/* ---- cuts ---- */

/* Seconds of layers first .. last on the device of that stage, both passes. */
static double *sums_of(const struct sim_plan *plan, int stage)
{
    const struct layout *layout = pipeline_layout(plan);
    const int peer = pipeline_peer(layout, layout->schedule->first_worker[stage], 0);
    const struct sim_device *device = sim_device_of(plan, peer);
    const int layers = plan->model->layer_count;
    double *sums = sim_new(plan->arena, double, (size_t)layers + 1);

    for (int l = 0; l < layers; l++)
        sums[l + 1] = sums[l] +
                      sim_layer_seconds(device, &plan->model->layers[l], plan->batch, SIM_FORWARD) +
                      sim_layer_seconds(device, &plan->model->layers[l], plan->batch, SIM_BACKWARD);
    return sums;
}

/* Ends of the parts (last layer + 1) such that the slowest is as short as can be, each at least a layer: dynamic
 * programme, best[l] = least longest part when the parts so far hold the first l layers. */
static int *balance(const struct sim_plan *plan)
{
    const struct layout *layout = pipeline_layout(plan);
    const int layers = plan->model->layer_count, parts = layout->parts;
    const size_t row = (size_t)layers + 1;
    double *best = sim_new(plan->arena, double, 2 * row);
    int *from = sim_new(plan->arena, int, row *((size_t)parts + 1));
    int *ends = sim_new(plan->arena, int, (size_t)parts);

    for (int l = 0; l <= layers; l++)
        best[l] = l == 0 ? 0 : INFINITY;
    for (int v = 0; v < parts; v++) {
        const double *sums = sums_of(plan, v % layout->schedule->stages);
        const double *before = best + (size_t)(v % 2) * row;
        double *now = best + (size_t)((v + 1) % 2) * row;

        for (int l = 0; l <= layers; l++) {
            now[l] = INFINITY;
            for (int first = v; first < l; first++) {
                const double longest = fmax(before[first], sums[l] - sums[first]);

                if (longest < now[l]) {
                    now[l] = longest;
                    from[(size_t)(v + 1) * row + (size_t)l] = first;
                }
            }
        }
    }
    for (int v = parts, l = layers; v > 0; l = from[(size_t)v * row + (size_t)l], v--)
        ends[v - 1] = l;
    return ends;
}

static int *given_ends(const struct sim_plan *plan, struct sim_error *err)
{
    const struct pipeline *own = plan->parameters;
    const struct sim_numbers *list = &own->stage_layers;
    const int parts = pipeline_layout(plan)->parts;
    int *ends = sim_new(plan->arena, int, (size_t)parts);
    int sum = 0;

    if (list->count != parts) {
        sim_fail(
            err,
            "algorithm.stage_layers lists %d numbers, but there are %d parts (stages x chunks).",
            list->count, parts);
        return NULL;
    }
    for (int v = 0; v < parts; v++)
        ends[v] = sum += (int)list->values[v];
    if (sum != plan->model->layer_count) {
        sim_fail(err, "algorithm.stage_layers adds up to %d layers, but %s has %d.", sum,
                 plan->model->name, plan->model->layer_count);
        return NULL;
    }
    return ends;
}

static void fill_part(const struct sim_plan *plan, struct part *part, int first, int last)
{
    const struct sim_model *model = plan->model;
    const double samples = plan->batch;
    const int parts = pipeline_layout(plan)->parts;
    int tensors;

    *part = (struct part){.first_layer = first, .last_layer = last};
    for (int l = first; l <= last; l++) {
        const struct sim_layer *layer = &model->layers[l];

        part->parameter_bytes += layer->parameter_bytes;
        part->activation_bytes += samples * (double)layer->activation_bytes;
        if (layer->parameters >
            0) /* W needs what the layer read, and the gradient of what it gave */
            part->kept_bytes += samples * (double)(layer->input_bytes + layer->activation_bytes);
        part->tensor_layers += strcmp(layer->kind, "attention") == 0;
    }
    part->input_bytes = samples * (double)sim_model_crossing(model, first - 1, &tensors);
    if (last + 1 < model->layer_count && part - pipeline_layout(plan)->part < parts - 1)
        part->boundary_bytes = plan->batch * sim_model_crossing(model, last, &tensors);
}

static bool cut_model(const struct sim_plan *plan, struct sim_error *err)
{
    const struct layout *layout = pipeline_layout(plan);
    const struct pipeline *own = plan->parameters;
    const int *ends;

    if (layout->parts > plan->model->layer_count)
        return sim_fail(
            err, "%s has %d layers, too few for %d parts (stages x chunks): use fewer stages.",
            plan->model->name, plan->model->layer_count, layout->parts);
    ends = own->stage_layers.count > 0 ? given_ends(plan, err) : balance(plan);
    for (int v = 0; ends != NULL && v < layout->parts; v++)
        fill_part(plan, &layout->part[v], v == 0 ? 0 : ends[v - 1], ends[v] - 1);
    return ends != NULL;
}

/* A stage's numbers are those of all of its chunks. */
static void take_uniform(const struct sim_plan *plan)
{
    const struct layout *layout = pipeline_layout(plan);
    const struct pipeline *own = plan->parameters;
    const int chunks = layout->schedule->chunks;

    for (int v = 0; v < layout->parts; v++)
        layout->part[v] = (struct part){
            .last_layer = -1,
            .boundary_bytes = v + 1 < layout->parts ? own->boundary_bytes : 0,
            .parameter_bytes = sim_part_begin(own->parameter_bytes, v / own->stages + 1, chunks) -
                               sim_part_begin(own->parameter_bytes, v / own->stages, chunks),
            .activation_bytes = (double)own->activation_bytes / chunks,
            .input_bytes = v > 0 ? (double)own->boundary_bytes : 0,
            .kept_bytes = (double)own->kept_bytes / chunks,
            .tensor_layers = own->tensor_layers / chunks,
        };
}

/* Of all devices of the stage the one with the least memory speaks for them. */
static bool fits(struct sim_plan *plan, int stage, struct sim_error *err)
{
    const struct layout *layout = pipeline_layout(plan);
    const int first = layout->schedule->first_worker[stage];
    const int devices = layout->schedule->replicas[stage] * layout->ranks;
    const int begin = pipeline_peer(layout, first, 0);
    int least = -1;

    for (int p = begin; p < begin + devices; p++)
        if (sim_memory_bytes(plan, p) > 0 &&
            (least < 0 || sim_memory_bytes(plan, p) < sim_memory_bytes(plan, least)))
            least = p;
    return least < 0 ||
           sim_fits_memory(plan, least, pipeline_peak_bytes(plan, first),
                           sim_text(plan->arena, "The weights and activations of stage %d", stage),
                           "use more stages, smaller micro-batches or recompute: yes", err);
}

bool pipeline_placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct layout *layout = pipeline_layout(plan);
    bool fine = true;

    if (plan->model == NULL)
        take_uniform(plan);
    else if (!cut_model(plan, err))
        return false;
    for (int stage = 0; stage < layout->schedule->stages; stage++)
        fine &= fits(plan, stage, err);
    return fine;
}

/* ---- seconds ---- */

/* Of one pass over the part; of the gradient of the weights alone, half of the backward pass of layers that have
 * some: its two products are of one size (Qi et al., ICLR 2024, table 1). */
static double layers_seconds(const struct sim_plan *plan, const struct sim_device *device,
                             const struct part *part, enum operation_kind kind)
{
    double seconds = 0;

    for (int l = part->first_layer; l <= part->last_layer; l++) {
        const struct sim_layer *layer = &plan->model->layers[l];
        const double whole = sim_layer_seconds(device, layer, plan->batch,
                                               kind == FORWARD ? SIM_FORWARD : SIM_BACKWARD);
        const double weights = layer->parameters > 0 ? whole / 2 : 0;

        seconds += kind == WEIGHT_GRADIENT  ? weights
                   : kind == INPUT_GRADIENT ? whole - weights
                                            : whole;
    }
    return seconds;
}

static double uniform_seconds(const struct pipeline *own, enum operation_kind kind)
{
    switch (kind) {
    case FORWARD: return own->forward_seconds;
    case INPUT_GRADIENT: return own->input_gradient_seconds;
    case WEIGHT_GRADIENT: return own->weight_gradient_seconds;
    default:
        return own->backward_seconds + own->input_gradient_seconds + own->weight_gradient_seconds;
    }
}

static bool recomputes(const struct pipeline *own, enum operation_kind kind)
{
    return own->recompute == PIPELINE_YES && (kind == BACKWARD || kind == INPUT_GRADIENT);
}

static double pass_seconds(const struct sim_plan *plan, int peer, const struct part *part,
                           enum operation_kind kind)
{
    const struct pipeline *own = plan->parameters;
    const int chunks = pipeline_layout(plan)->schedule->chunks;

    return (plan->model != NULL ? layers_seconds(plan, sim_device_of(plan, peer), part, kind)
                                : sim_seconds_on(plan, peer, uniform_seconds(own, kind)) / chunks) /
           own->tensor_width;
}

double pipeline_operation_seconds(const struct sim_plan *plan, int worker,
                                  const struct operation *operation)
{
    const struct layout *layout = pipeline_layout(plan);
    const struct part *part = &layout->part[schedule_part(layout->schedule, worker, operation)];
    const enum operation_kind kind = (enum operation_kind)operation->kind;
    const int peer = pipeline_peer(layout, worker, 0);

    return pass_seconds(plan, peer, part, kind) +
           (recomputes(plan->parameters, kind) ? pass_seconds(plan, peer, part, FORWARD) : 0);
}

/* ---- memory ---- */

/* Weights (each version of them), one gradient, and the optimizer's states. */
double pipeline_static_bytes(const struct sim_plan *plan, int worker)
{
    const struct layout *layout = pipeline_layout(plan);
    const struct pipeline *own = plan->parameters;
    const int stage = layout->schedule->stage_of[worker];
    const int versions = layout->versions == NULL ? 1 : layout->versions[stage];
    double parameters = 0;

    for (int v = stage; v < layout->parts; v += own->stages)
        parameters += (double)layout->part[v].parameter_bytes;
    return parameters * (versions + 1 + own->optimizer_ratio) / layout->ranks;
}

static double stored_bytes(const struct sim_plan *plan, const struct part *part)
{
    const struct pipeline *own = plan->parameters;

    return own->recompute == PIPELINE_YES ? part->input_bytes : part->activation_bytes;
}

static const struct part *part_of(const struct sim_plan *plan, int worker,
                                  const struct operation *operation)
{
    const struct layout *layout = pipeline_layout(plan);

    return &layout->part[schedule_part(layout->schedule, worker, operation)];
}

/* Micro-batches that are stored still as inputs alone are unfolded, one at a time, by the recomputation. */
double pipeline_taken_bytes(const struct sim_plan *plan, int worker,
                            const struct operation *operation)
{
    const struct part *part = part_of(plan, worker, operation);
    const struct pipeline *own = plan->parameters;
    double bytes = 0;

    if (operation->kind == FORWARD)
        bytes = stored_bytes(plan, part);
    else if (recomputes(own, (enum operation_kind)operation->kind))
        bytes = part->activation_bytes;
    return bytes / own->tensor_width;
}

double pipeline_freed_bytes(const struct sim_plan *plan, int worker,
                            const struct operation *operation)
{
    const struct part *part = part_of(plan, worker, operation);
    const struct pipeline *own = plan->parameters;
    double bytes = 0;

    if (operation->kind == WEIGHT_GRADIENT)
        bytes = part->kept_bytes;
    else if (operation->kind != FORWARD)
        bytes =
            stored_bytes(plan, part) - (operation->kind == INPUT_GRADIENT ? part->kept_bytes : 0) +
            (recomputes(own, (enum operation_kind)operation->kind) ? part->activation_bytes : 0);
    return bytes / own->tensor_width;
}

double pipeline_peak_bytes(const struct sim_plan *plan, int worker)
{
    const struct worker *doer = &pipeline_layout(plan)->workers[worker];
    double held = pipeline_static_bytes(plan, worker), peak = held;

    for (int i = 0; i < doer->work_count; i++) {
        held += pipeline_taken_bytes(plan, worker, &doer->works[i].operation);
        peak = fmax(peak, held);
        held -= pipeline_freed_bytes(plan, worker, &doer->works[i].operation);
    }
    return peak;
}
