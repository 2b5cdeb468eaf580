/* onnx.c -- an ONNX file becomes a table of layers.
 *
 * What is counted, and how:
 *  - MACs: convolutions Cout x Ho x Wo x Cin / g x kh x kw, matrix products m x k x n, recurrent layers gates x (in + h)
 *    x h a step and direction (gates: LSTM 4, GRU 3, RNN 1).  All other operators have 0 MACs, and 0 flop with them.
 *  - forward_flop is 2 x MACs, backward_flop twice that; nothing is measured.
 *  - Parameters: elements of initializers, of Constants of more than one number and of ConstantOfShapes, at the
 *    first layer that reads them; not running statistics, states, sizes, scales of quantisation.
 *  - A sample: the first dimension of the first input that has two or more is the batch (the second, where a recurrent
 *    layer reads that input with time first).  MACs, activation_bytes and input_bytes are those of the whole batch
 *    divided by it, rounded up.  Shapes are shown without that dimension where it is as long as the batch.
 *  - What follows from the file and from shapes alone (weights on their way, Shape and its kin) is done once, not for
 *    every sample: it is no layer.  Every other node is one; an input is one too, of the kind "input", if a layer
 *    behind the first reads it.  What lies within the graphs of If, Loop and Scan is not read: these are operators
 *    that are not known.
 *  - A number has as many bytes as most of the parameters have; 4 if there are none. */
#include "sim/workload/onnx.h"

#include "sim/base/file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* protobuf itself ends there: a longer model keeps its weights in other files, which are not needed here. */
#define MOST_FILE_BYTES ((size_t)INT32_MAX)

/* ---- texts ---- */

/* "3x224x224"; "1" for a single number; "" when not known. */
static const char *shape_text(const struct sim_onnx_graph *graph,
                              const struct sim_onnx_tensor *tensor)
{
    char text[SIM_ONNX_MOST_RANK * 21 + 1] = "";
    size_t used = 0;

    if (tensor == NULL || !tensor->known)
        return "";
    for (int d = 0; d < tensor->rank; d++) {
        if (d == graph->batch_axis && !tensor->fixed && tensor->dims[d] == graph->batch)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", used == 0 ? "" : "x",
                                 (long long)tensor->dims[d]);
    }
    return used == 0 ? "1" : sim_text(graph->arena, "%s", text);
}

static const struct sim_onnx_tensor *first_data(const struct sim_onnx_layer *layer)
{
    for (int i = 0; i < layer->in_count; i++)
        if (layer->in[i] != NULL && !layer->in[i]->fixed)
            return layer->in[i];
    return NULL;
}

static const struct sim_onnx_tensor *first_output(const struct sim_onnx_layer *layer)
{
    for (int k = 0; k < layer->out_count; k++)
        if (layer->out[k] != NULL)
            return layer->out[k];
    return NULL;
}

/* Names of the layers that it reads; "" when that is the one before alone.  seen[l]: the last that read l. */
static const char *reads_text(const struct sim_onnx_graph *graph, int index, int *seen)
{
    const struct sim_onnx_layer *layer = &graph->layers[index];
    bool only_before = true;
    char *text = NULL;
    const char *reads;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);

    assert(file != NULL);
    for (int i = 0; i < layer->in_count; i++) {
        const int from = layer->in[i] == NULL ? -1 : layer->in[i]->layer;

        if (from < 0 || seen[from] == index)
            continue;
        seen[from] = index;
        only_before = only_before && from == index - 1;
        fprintf(file, "%s%s", ftell(file) == 0 ? "" : " ", graph->layers[from].name);
    }
    fclose(file);
    reads = only_before ? "" : sim_text(graph->arena, "%s", text);
    free(text);
    return reads;
}

/* ---- numbers ---- */

static int bytes_per_number(const struct sim_onnx_graph *graph)
{
    static const int bytes[17] = {
        [ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT] = 4,   [ONNX__TENSOR_PROTO__DATA_TYPE__UINT8] = 1,
        [ONNX__TENSOR_PROTO__DATA_TYPE__INT8] = 1,    [ONNX__TENSOR_PROTO__DATA_TYPE__INT32] = 4,
        [ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16] = 2, [ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE] = 8,
        [ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16] = 2};
    int most = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;

    for (int type = 0; type < 17; type++)
        if (graph->type_parameters[type] > graph->type_parameters[most])
            most = type;
    return bytes[most];
}

/* A sample's share of a tensor, rounded up; 0 when its shape is not known. */
static int64_t sample_bytes(const struct sim_onnx_graph *graph,
                            const struct sim_onnx_tensor *tensor)
{
    const int64_t elements = tensor->known ? sim_onnx_elements(tensor) : 0;

    return elements == 0 ? 0 : ((elements - 1) / graph->batch + 1) * bytes_per_number(graph);
}

/* The outputs that somebody reads. */
static bool output_bytes(const struct sim_onnx_graph *graph, const struct sim_onnx_layer *layer,
                         int64_t *bytes)
{
    *bytes = 0;
    for (int k = 0; k < layer->out_count; k++)
        if (layer->out[k] != NULL && layer->out[k]->read &&
            __builtin_add_overflow(*bytes, sample_bytes(graph, layer->out[k]), bytes))
            return false;
    return true;
}

/* ---- the model ---- */

static bool fill_layer(const struct sim_onnx_graph *graph, int index, int *seen,
                       struct sim_layer *layer)
{
    const struct sim_onnx_layer *from = &graph->layers[index];

    *layer = (struct sim_layer){.name = from->name,
                                .kind = from->kind,
                                .input = shape_text(graph, first_data(from)),
                                .output = shape_text(graph, first_output(from)),
                                .reads = reads_text(graph, index, seen),
                                .parameters = from->parameters,
                                .macs = from->macs,
                                .window = from->window,
                                .forward_flop = 2 * (double)from->macs,
                                .backward_flop = 4 * (double)from->macs,
                                .forward_seconds = -1,
                                .backward_seconds = -1};
    return output_bytes(graph, from, &layer->activation_bytes);
}

/* So that whoever sums the table needs no check: 8 bytes a parameter fit in 64 bits too. */
static bool sums_fit(const struct sim_layer *layers, int count)
{
    int64_t parameters = 0, macs = 0, bytes = 0, parameter_bytes;

    for (int i = 0; i < count; i++)
        if (__builtin_add_overflow(parameters, layers[i].parameters, &parameters) ||
            __builtin_add_overflow(macs, layers[i].macs, &macs) ||
            __builtin_add_overflow(bytes, layers[i].activation_bytes, &bytes))
            return false;
    return !__builtin_mul_overflow(parameters, (int64_t)8, &parameter_bytes);
}

static const struct sim_model *make_model(const struct sim_onnx_graph *graph)
{
    const int count = graph->layer_count;
    struct sim_model *model = sim_new(graph->arena, struct sim_model, 1);
    struct sim_layer *layers = sim_new(graph->arena, struct sim_layer, (size_t)count);
    int *seen = sim_new(graph->arena, int, (size_t)count);
    bool fits = true;

    for (int i = 0; i < count; i++)
        seen[i] = -1;
    for (int i = 0; i < count && fits; i++)
        fits = fill_layer(graph, i, seen, &layers[i]);
    for (int i = 0; i < graph->input_count && fits; i++)
        fits = !__builtin_add_overflow(model->input_bytes, sample_bytes(graph, graph->inputs[i]),
                                       &model->input_bytes);
    if (!fits || !sums_fit(layers, count)) {
        sim_fail(graph->err, "%s: its totals are more than 64 bits can count.", graph->path);
        return NULL;
    }
    model->name = sim_onnx_clean(graph->arena, sim_stem_of(graph->arena, graph->path));
    model->layer_count = count;
    model->layers = layers;
    model->bytes_per_parameter = bytes_per_number(graph);
    return model;
}

/* ---- the file ---- */

bool sim_onnx_read_graph(struct sim_onnx_graph *graph, struct sim_arena *arena, const char *path,
                         const Onnx__ModelProto *model, const struct sim_onnx_options *options,
                         struct sim_error *err)
{
    static const struct sim_onnx_options none = {0};

    *graph = (struct sim_onnx_graph){.arena = arena,
                                     .path = path,
                                     .options = options == NULL ? &none : options,
                                     .err = err,
                                     .proto = model->graph};
    if (model->graph == NULL)
        return sim_fail(err, "%s: holds no graph.", path);
    return sim_onnx_read_inputs(graph) && sim_onnx_walk(graph);
}

const struct sim_model *sim_onnx_parse(struct sim_arena *arena, const char *path, const void *bytes,
                                       size_t length, const struct sim_onnx_options *options,
                                       struct sim_error *err)
{
    const struct sim_model *model = NULL;
    struct sim_onnx_graph graph;
    Onnx__ModelProto *proto;

    if (!sim_onnx_nesting_is_fine(path, bytes, length, err))
        return NULL;
    proto = onnx__model_proto__unpack(NULL, length, bytes);
    if (proto == NULL) {
        sim_fail(err, "%s: is no ONNX file, or is cut off.", path);
        return NULL;
    }
    if (sim_onnx_read_graph(&graph, arena, path, proto, options, err))
        model = make_model(&graph);
    onnx__model_proto__free_unpacked(proto, NULL);
    return model;
}

const struct sim_model *sim_onnx_load(struct sim_arena *arena, const char *path,
                                      const struct sim_onnx_options *options, struct sim_error *err)
{
    struct sim_arena *own = sim_arena_open(); /* the file's bytes are needed no longer than here */
    const struct sim_model *model = NULL;
    size_t length = 0;
    const char *bytes = sim_file_read(own, path, MOST_FILE_BYTES, &length, err);

    if (bytes != NULL)
        model = sim_onnx_parse(arena, path, bytes, length, options, err);
    sim_arena_close(own);
    return model;
}
