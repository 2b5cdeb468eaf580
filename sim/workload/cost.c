#include "sim/workload/cost.h"

#include "sim/platform/device.h"

#include <math.h>
#include <string.h>

static bool is_kind(const struct sim_layer *layer, const char *kind)
{
    return strcmp(layer->kind, kind) == 0;
}

/* Of a table of embeddings only the rows looked up are read. */
static double weight_bytes(const struct sim_layer *layer, int batch)
{
    const double rows = (double)batch * (double)layer->activation_bytes;

    return is_kind(layer, "embedding") || is_kind(layer, "gather")
               ? fmin(rows, (double)layer->parameter_bytes)
               : (double)layer->parameter_bytes;
}

double sim_layer_memory_bytes(const struct sim_layer *layer, int batch, enum sim_pass pass)
{
    const double forward =
        weight_bytes(layer, batch) +
        (double)batch * ((double)layer->input_bytes + (double)layer->activation_bytes);

    /* Backward: each tensor has a gradient as large as itself.  Weights are read and their gradients
     * written; the output's gradient and the input are read for both, the input's gradient is written. */
    return pass == SIM_FORWARD ? forward : 2 * forward;
}

/* Negative: not measured.  A backward pass that was not measured takes as much longer as it has more flop. */
static double measured_seconds(const struct sim_layer *layer, enum sim_pass pass)
{
    if (pass == SIM_FORWARD || layer->backward_seconds >= 0 || layer->forward_seconds < 0)
        return pass == SIM_FORWARD ? layer->forward_seconds : layer->backward_seconds;
    return layer->forward_seconds *
           (layer->forward_flop > 0 ? layer->backward_flop / layer->forward_flop : 2);
}

double sim_layer_seconds(const struct sim_device *device, const struct sim_layer *layer, int batch,
                         enum sim_pass pass)
{
    const double measured = measured_seconds(layer, pass);
    const double flop = pass == SIM_FORWARD ? layer->forward_flop : layer->backward_flop;
    const double flop_seconds =
        batch * flop / (device->flop_per_second * sim_device_efficiency(device, layer->kind));
    const double bytes_per_second = device->memory_bytes_per_second * device->byte_efficiency;

    if (is_kind(layer, "input"))
        return 0; /* it stands for what enters the network */
    if (measured >= 0)
        return measured * batch / layer->measured_batch * device->reference_flop_per_second /
               device->flop_per_second;
    if (bytes_per_second == 0)
        return device->layer_overhead_seconds + flop_seconds;
    return device->layer_overhead_seconds +
           hypot(flop_seconds, sim_layer_memory_bytes(layer, batch, pass) / bytes_per_second);
}
