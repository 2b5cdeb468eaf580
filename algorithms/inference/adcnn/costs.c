/* costs.c -- ADCNN: what each part of an image takes to compute, and its bytes. */
#include "algorithms/inference/adcnn/adcnn.h"

#include <string.h>

static bool is_conv(const struct sim_layer *layer)
{
    return strcmp(layer->kind, "conv") == 0;
}

/* ---- channels ---- */

/* Channels of a map that node k of N has. */
static struct windows_span channels_of(const struct adcnn_run *run, int channels, int node)
{
    return spatial_part(channels, node, run->nodes);
}

/* A convolution is split by what it reads, so that weights are, too; what looks at a channel alone is its node's. */
static double channel_share(const struct adcnn_run *run, int node, int layer)
{
    const struct windows_layer *l = &run->chain.layers[layer];

    return (double)windows_length(channels_of(run, l->in.channels, node)) / l->in.channels;
}

static int64_t channel_bytes(const struct adcnn_run *run, const struct windows_map *map, int node)
{
    return map->bytes / map->channels * windows_length(channels_of(run, map->channels, node));
}

/* ---- seconds ---- */

/* A layer of which only that share is done, with all its weights or that share of them. */
static struct sim_layer part_of(const struct sim_layer *whole, double share, double weights,
                                double output)
{
    struct sim_layer layer = *whole;

    layer.forward_flop *= share;
    layer.parameter_bytes = (int64_t)((double)whole->parameter_bytes * weights);
    layer.input_bytes = (int64_t)((double)whole->input_bytes * share);
    layer.activation_bytes = (int64_t)((double)whole->activation_bytes * output);
    layer.forward_seconds = whole->forward_seconds < 0 ? -1 : whole->forward_seconds * share;
    return layer;
}

double adcnn_layer_seconds(const struct sim_plan *plan, int part, int layer, int peer)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    const struct sim_layer *whole = run->chain.layers[layer].layer;
    struct sim_layer share;
    double s;

    if (adcnn_options(plan)->partition == ADCNN_CHANNELWISE) {
        s = channel_share(run, part, layer);
        share = part_of(whole, s, s, is_conv(whole) ? 1 : s);
    } else {
        s = spatial_share(&run->cut, layer, part);
        share = part_of(whole, s, 1, s);
    }
    return s == 0 ? 0 : sim_layer_seconds(sim_device_of(plan, peer), &share, 1, SIM_FORWARD);
}

double adcnn_tile_seconds(const struct sim_plan *plan, int tile, int peer)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double seconds = 0;

    if (plan->model == NULL)
        return sim_seconds_on(plan, peer, adcnn_options(plan)->conv_seconds) / run->tiles;
    for (int l = 0; l < run->separable; l++)
        seconds += adcnn_layer_seconds(plan, tile, l, peer);
    return seconds;
}

static double layers_seconds(const struct sim_plan *plan, int first, int peer)
{
    double seconds = 0;

    for (int l = first; l < plan->model->layer_count; l++)
        seconds +=
            sim_layer_seconds(sim_device_of(plan, peer), &plan->model->layers[l], 1, SIM_FORWARD);
    return seconds;
}

double adcnn_rest_seconds(const struct sim_plan *plan, int peer)
{
    return plan->model == NULL ? sim_seconds_on(plan, peer, adcnn_options(plan)->rest_seconds)
                               : layers_seconds(plan, adcnn_run_of(plan)->separable, peer);
}

double adcnn_whole_seconds(const struct sim_plan *plan, int peer)
{
    const struct adcnn *own = adcnn_options(plan);

    return plan->model == NULL ? sim_seconds_on(plan, peer, own->conv_seconds + own->rest_seconds)
                               : layers_seconds(plan, 0, peer);
}

/* ---- bytes ---- */

/* What is left of `bytes` of floats when they are clipped, quantised and their zeros counted. */
static int64_t coded_bytes(const struct adcnn *own, int64_t bytes)
{
    const struct quantiser how = {0, 1, own->bits};
    const int64_t numbers = bytes / 4;

    return own->bits == 0
               ? bytes
               : (int64_t)ceil(quantise_expected_bytes(&how, (double)numbers, own->density));
}

int64_t adcnn_map_bytes(const struct adcnn_run *run, int tile)
{
    return run->separable > 0 ? spatial_bytes(&run->cut, run->separable - 1, tile)
                              : sim_part_begin(run->map_bytes, tile + 1, run->tiles) -
                                    sim_part_begin(run->map_bytes, tile, run->tiles);
}

void adcnn_size_tiles(const struct sim_plan *plan, struct adcnn_run *run)
{
    const struct adcnn *own = plan->parameters;
    int64_t *part = sim_new(plan->arena, int64_t, (size_t)run->tiles);
    int64_t *result = sim_new(plan->arena, int64_t, (size_t)run->tiles);

    for (int t = 0; t < run->tiles; t++) {
        const bool has_maps = plan->model != NULL;

        part[t] = has_maps ? spatial_bytes(&run->cut, -1, t)
                           : sim_part_begin(run->image_bytes, t + 1, run->tiles) -
                                 sim_part_begin(run->image_bytes, t, run->tiles);
        result[t] = coded_bytes(own, adcnn_map_bytes(run, t));
    }
    run->part_bytes = part;
    run->result_bytes = result;
}

/* Before layer l, from one node to another.  The central node gives each all that it needs for the first. */
static int64_t piece_bytes(const struct sim_plan *plan, const struct adcnn_run *run, int l,
                           int from, int to)
{
    if (l == 0 || from == to)
        return 0;
    if (adcnn_options(plan)->partition == ADCNN_HALO)
        return spatial_halo_bytes(&run->cut, l, from, to);
    if (!is_conv(run->chain.layers[l - 1].layer) || channel_share(run, from, l - 1) == 0)
        return 0;
    return channel_bytes(run, &run->chain.layers[l - 1].out, to);
}

/* Behind the last layer partial sums are exchanged once more; with halos there is nothing to exchange. */
static int64_t last_piece_bytes(const struct sim_plan *plan, const struct adcnn_run *run, int from,
                                int to)
{
    return adcnn_options(plan)->partition == ADCNN_HALO
               ? 0
               : piece_bytes(plan, run, run->separable, from, to);
}

void adcnn_size_layers(const struct sim_plan *plan, struct adcnn_run *run)
{
    const bool has_halo = adcnn_options(plan)->partition == ADCNN_HALO;
    const int n = run->nodes, last = run->separable - 1;
    int64_t *part = sim_new(plan->arena, int64_t, (size_t)n);
    int64_t *result = sim_new(plan->arena, int64_t, (size_t)n);
    int64_t *pieces = sim_new(plan->arena, int64_t, (size_t)(run->separable + 1) * n * n);

    for (int k = 0; k < n; k++) {
        part[k] = has_halo ? spatial_needed_bytes(&run->cut, 0, k)
                           : channel_bytes(run, &run->chain.layers[0].in, k);
        result[k] = has_halo ? spatial_bytes(&run->cut, last, k)
                             : channel_bytes(run, &run->chain.layers[last].out, k);
    }
    for (int l = 0; l <= run->separable; l++)
        for (int from = 0; from < n; from++)
            for (int to = 0; to < n; to++)
                pieces[(l * n + from) * n + to] = l == run->separable
                                                      ? last_piece_bytes(plan, run, from, to)
                                                      : piece_bytes(plan, run, l, from, to);
    run->part_bytes = part;
    run->result_bytes = result;
    run->pieces = pieces;
}

/* ---- memory ---- */

/* Of a part: what a layer reads and what it gives, of the layer where that is most. */
static double largest_maps(const struct sim_plan *plan, int part)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double most = 0;

    for (int l = 0; l < run->separable; l++) {
        const struct windows_layer *layer = &run->chain.layers[l];
        double bytes;

        if (adcnn_options(plan)->partition == ADCNN_CHANNELWISE)
            bytes = (double)channel_bytes(run, &layer->in, part) +
                    (double)(is_conv(layer->layer) ? layer->out.bytes
                                                   : channel_bytes(run, &layer->out, part));
        else
            bytes =
                (double)(spatial_bytes(&run->cut, l - 1, part) + spatial_bytes(&run->cut, l, part));
        most = fmax(most, bytes);
    }
    return most;
}

double adcnn_weight_bytes(const struct sim_plan *plan, int node)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double bytes = 0;

    for (int l = 0; l < run->separable; l++) {
        const double share =
            adcnn_options(plan)->partition == ADCNN_CHANNELWISE ? channel_share(run, node, l) : 1;

        bytes += share * (double)run->chain.layers[l].layer->parameter_bytes;
    }
    return bytes;
}

double adcnn_node_bytes(const struct sim_plan *plan, int node, int held_parts)
{
    const struct adcnn_run *run = adcnn_run_of(plan);
    double maps = 0;

    if (plan->model == NULL)
        return 0;
    if (adcnn_is_layerwise(plan))
        return adcnn_weight_bytes(plan, node) + largest_maps(plan, node);
    for (int t = 0; t < run->tiles; t++)
        maps = fmax(maps, largest_maps(plan, t));
    return adcnn_weight_bytes(plan, node) + maps +
           (held_parts - 1) * (double)adcnn_largest_tile_bytes(run);
}

int64_t adcnn_largest_tile_bytes(const struct adcnn_run *run)
{
    int64_t largest = 0;

    for (int t = 0; t < run->tiles; t++)
        largest = run->part_bytes[t] > largest ? run->part_bytes[t] : largest;
    return largest;
}
