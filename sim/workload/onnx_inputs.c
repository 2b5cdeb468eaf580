/* onnx_inputs.c -- before the nodes: all names of tensors, the shapes of the inputs, the initializers.
 *
 * A dimension of an input is the number in the file; else what options->input_shapes gives, to all dimensions of
 * the same symbol; else 1. */
#include "sim/workload/onnx.h"

#include "sim/base/names.h"

#include <stdlib.h>
#include <string.h>

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

/* The tensor of that name, new if there is none. */
static struct sim_onnx_tensor *tensor_named(struct sim_onnx_graph *graph, const char *name)
{
    int i = sim_onnx_find(&graph->tensor_names, name);

    if (i < 0) {
        i = graph->tensor_count++;
        graph->tensors[i].name = sim_onnx_clean(graph->arena, name);
        graph->tensors[i].layer = -1;
        sim_onnx_enter(&graph->tensor_names, name, i);
    }
    return &graph->tensors[i];
}

static bool is_new(struct sim_onnx_graph *graph, const char *name)
{
    if (sim_onnx_find(&graph->tensor_names, name) < 0)
        return true;
    return sim_fail(graph->err, "%s: two nodes, or a node and an input, give '%s'.", graph->path,
                    sim_onnx_clean(graph->arena, name));
}

/* ---- initializers ---- */

static bool is_parameter_type(int type)
{
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32: return true; /* int32: quantised layers' biases */
    default: return false;
    }
}

struct sim_onnx_weight *sim_onnx_weigh(struct sim_onnx_graph *graph, int type, int64_t elements)
{
    struct sim_onnx_weight *weight;

    if (!is_parameter_type(type))
        return NULL;
    weight = sim_new(graph->arena, struct sim_onnx_weight, 1);
    weight->type = type;
    weight->elements = elements;
    return weight;
}

static bool initialize(struct sim_onnx_graph *graph, const char *name,
                       const Onnx__TensorProto *proto)
{
    struct sim_onnx_tensor *tensor;

    if (or_empty(name)[0] == '\0')
        return sim_fail(graph->err, "%s: an initializer has no name.", graph->path);
    if (!is_new(graph, name))
        return false;
    tensor = tensor_named(graph, name);
    tensor->given = tensor->constant = tensor->fixed = true;
    if (!sim_onnx_take(graph, tensor, proto))
        return false;
    tensor->weight = sim_onnx_weigh(graph, tensor->type, sim_onnx_elements(tensor));
    return true;
}

/* Its dims are the dense tensor's; its parameters are the values that are kept. */
static bool initialize_sparse(struct sim_onnx_graph *graph, const Onnx__SparseTensorProto *sparse)
{
    Onnx__TensorProto dense = ONNX__TENSOR_PROTO__INIT;
    struct sim_onnx_tensor kept = {.name = "of a sparse initializer"};
    struct sim_onnx_tensor *tensor;

    if (sparse->values == NULL)
        return sim_fail(graph->err, "%s: a sparse initializer has no values.", graph->path);
    dense.n_dims = sparse->n_dims;
    dense.dims = sparse->dims;
    dense.data_type = sparse->values->data_type;
    if (!initialize(graph, sparse->values->name, &dense) ||
        !sim_onnx_take(graph, &kept, sparse->values))
        return false;
    tensor = tensor_named(graph, sparse->values->name);
    tensor->weight = sim_onnx_weigh(graph, tensor->type, sim_onnx_elements(&kept));
    return true;
}

static bool read_initializers(struct sim_onnx_graph *graph)
{
    const Onnx__GraphProto *proto = graph->proto;

    for (size_t i = 0; i < proto->n_initializer; i++)
        if (!initialize(graph, proto->initializer[i]->name, proto->initializer[i]))
            return false;
    for (size_t i = 0; i < proto->n_sparse_initializer; i++)
        if (!initialize_sparse(graph, proto->sparse_initializer[i]))
            return false;
    return true;
}

/* ---- input_shapes ---- */

/* "1x3x224x224" */
static bool read_shape(struct sim_onnx_graph *graph, const char *text, struct sim_onnx_tensor *to)
{
    to->rank = 0;
    for (const char *at = text;; at++) {
        char *end;
        long long size;

        if (*at < '1' || *at > '9' || to->rank == SIM_ONNX_MOST_RANK)
            break;
        size = strtoll(at, &end, 10);
        if (size > INT32_MAX)
            break;
        to->dims[to->rank++] = size;
        at = end;
        if (*at == '\0')
            return true;
        if (*at != 'x')
            break;
    }
    return sim_fail(graph->err, "%s: '%s' is no shape of an input; one is 1x3x224x224.",
                    graph->path, text);
}

static const Onnx__ValueInfoProto *input_named(const struct sim_onnx_graph *graph, const char *name)
{
    for (int i = 0; i < graph->input_count; i++)
        if (strcmp(graph->inputs[i]->name, name) == 0)
            for (size_t k = 0; k < graph->proto->n_input; k++)
                if (strcmp(sim_onnx_clean(graph->arena, or_empty(graph->proto->input[k]->name)),
                           name) == 0)
                    return graph->proto->input[k];
    return NULL;
}

static bool no_such_input(struct sim_onnx_graph *graph, const char *name)
{
    const char **names = sim_new(graph->arena, const char *, (size_t)graph->input_count + 1);

    for (int i = 0; i < graph->input_count; i++)
        names[i] = graph->inputs[i]->name;
    return sim_fail(graph->err, "%s: has no input '%s'%s", graph->path, name,
                    sim_did_you_mean(graph->arena, name, names, (size_t)graph->input_count, "."));
}

static const Onnx__TensorShapeProto *declared(const Onnx__ValueInfoProto *info)
{
    const Onnx__TypeProto *type = info->type;

    return type != NULL && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
                   type->tensor_type != NULL
               ? type->tensor_type->shape
               : NULL;
}

static bool is_number(const Onnx__TensorShapeProto__Dimension *d)
{
    return d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
}

static const char *symbol(const Onnx__TensorShapeProto__Dimension *d)
{
    return d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM
               ? or_empty(d->dim_param)
               : "";
}

/* What the user says of an input against what the file says. */
static bool fits(struct sim_onnx_graph *graph, const struct sim_onnx_tensor *tensor,
                 const Onnx__TensorShapeProto *shape, struct sim_onnx_names *symbols)
{
    if (shape == NULL)
        return true;
    if (shape->n_dim != (size_t)tensor->rank)
        return sim_fail(graph->err, "%s: input '%s' has %zu dimensions, not %d.", graph->path,
                        tensor->name, shape->n_dim, tensor->rank);
    for (int d = 0; d < tensor->rank; d++) {
        const int size = (int)tensor->dims[d];
        int before;

        if (is_number(shape->dim[d]) && shape->dim[d]->dim_value != size)
            return sim_fail(graph->err, "%s: dimension %d of input '%s' is fixed as %lld, not %d.",
                            graph->path, d, tensor->name, (long long)shape->dim[d]->dim_value,
                            size);
        if (symbol(shape->dim[d])[0] == '\0')
            continue;
        before = sim_onnx_find(symbols, symbol(shape->dim[d]));
        if (before >= 0 && before != size)
            return sim_fail(graph->err, "%s: dimension '%s' cannot be both %d and %d.", graph->path,
                            sim_onnx_clean(graph->arena, symbol(shape->dim[d])), before, size);
        sim_onnx_enter(symbols, symbol(shape->dim[d]), size);
    }
    return true;
}

/* One "name:shape"; names may hold colons themselves. */
static bool read_one(struct sim_onnx_graph *graph, char *item, struct sim_onnx_names *symbols)
{
    char *colon = strrchr(item, ':');
    const Onnx__ValueInfoProto *info;
    struct sim_onnx_tensor *tensor;

    if (colon == NULL || colon == item)
        return sim_fail(graph->err, "%s: '%s' is no shape of an input; one is x:1x3x224x224.",
                        graph->path, item);
    *colon = '\0';
    info = input_named(graph, item);
    if (info == NULL)
        return no_such_input(graph, item);
    tensor = tensor_named(graph, info->name);
    if (tensor->known)
        return sim_fail(graph->err, "%s: input '%s' is given two shapes.", graph->path, item);
    tensor->known = true;
    return read_shape(graph, colon + 1, tensor) && fits(graph, tensor, declared(info), symbols);
}

static size_t commas(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

static bool read_input_shapes(struct sim_onnx_graph *graph, struct sim_onnx_names *symbols)
{
    char *text, *item, *next;

    if (graph->options->input_shapes == NULL || graph->options->input_shapes[0] == '\0')
        return true;
    text = sim_text_copy(graph->arena, graph->options->input_shapes,
                         strlen(graph->options->input_shapes));
    for (item = text; item != NULL; item = next) {
        next = strchr(item, ',');
        if (next != NULL)
            *next++ = '\0';
        if (!read_one(graph, item, symbols))
            return false;
    }
    return true;
}

/* ---- inputs ---- */

static bool shape_input(struct sim_onnx_graph *graph, const Onnx__ValueInfoProto *info,
                        const struct sim_onnx_names *symbols)
{
    struct sim_onnx_tensor *tensor = tensor_named(graph, info->name);
    const Onnx__TensorShapeProto *shape = declared(info);
    int64_t bytes = 8;

    if (!tensor->known && shape != NULL) {
        if (shape->n_dim > SIM_ONNX_MOST_RANK)
            return sim_fail(graph->err, "%s: input '%s' has %zu dimensions; at most %d are read.",
                            graph->path, tensor->name, shape->n_dim, SIM_ONNX_MOST_RANK);
        tensor->known = true;
        tensor->rank = (int)shape->n_dim;
        for (int d = 0; d < tensor->rank; d++) {
            const int told = sim_onnx_find(symbols, symbol(shape->dim[d]));

            tensor->dims[d] = is_number(shape->dim[d]) ? shape->dim[d]->dim_value
                              : told > 0               ? told
                                                       : 1;
            if (!is_number(shape->dim[d]) && told < 0)
                graph->sizes_are_assumed = true;
        }
    }
    for (int d = 0; tensor->known && d < tensor->rank; d++) {
        if (tensor->dims[d] < 0)
            return sim_fail(graph->err, "%s: dimension %d of input '%s' is %lld.", graph->path, d,
                            tensor->name, (long long)tensor->dims[d]);
        if (tensor->dims[d] > 0 && __builtin_mul_overflow(bytes, tensor->dims[d], &bytes))
            return sim_fail(graph->err, "%s: input '%s' is larger than 64 bits can count.",
                            graph->path, tensor->name);
    }
    return true;
}

/* Files of old opsets list initializers among the inputs too. */
static bool list_inputs(struct sim_onnx_graph *graph)
{
    const Onnx__GraphProto *proto = graph->proto;

    graph->inputs = sim_new(graph->arena, struct sim_onnx_tensor *, proto->n_input);
    for (size_t i = 0; i < proto->n_input; i++) {
        const Onnx__ValueInfoProto *info = proto->input[i];
        struct sim_onnx_tensor *tensor;

        if (or_empty(info->name)[0] == '\0')
            return sim_fail(graph->err, "%s: an input has no name.", graph->path);
        tensor = tensor_named(graph, info->name);
        if (tensor->constant)
            continue;
        if (tensor->given)
            return sim_fail(graph->err, "%s: two inputs are named '%s'.", graph->path,
                            tensor->name);
        tensor->given = true;
        if (info->type != NULL && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
            info->type->tensor_type != NULL)
            tensor->type = info->type->tensor_type->elem_type;
        graph->inputs[graph->input_count++] = tensor;
    }
    return true;
}

static bool shape_inputs(struct sim_onnx_graph *graph)
{
    const Onnx__GraphProto *proto = graph->proto;
    const char *shapes = graph->options->input_shapes;
    struct sim_onnx_names symbols = sim_onnx_names_open(
        graph->arena, (1 + (shapes == NULL ? 0 : commas(shapes))) * SIM_ONNX_MOST_RANK);

    if (!read_input_shapes(graph, &symbols))
        return false;
    for (size_t i = 0; i < proto->n_input; i++)
        if (!tensor_named(graph, proto->input[i]->name)->constant &&
            !shape_input(graph, proto->input[i], &symbols))
            return false;
    return true;
}

/* ---- the batch ---- */

/* Recurrent layers take time x batch x numbers, unless their attribute layout is 1. */
static bool takes_time_first(const Onnx__NodeProto *node)
{
    const char *type = or_empty(node->op_type);

    if (strcmp(type, "LSTM") != 0 && strcmp(type, "GRU") != 0 && strcmp(type, "RNN") != 0)
        return false;
    for (size_t a = 0; a < node->n_attribute; a++)
        if (strcmp(or_empty(node->attribute[a]->name), "layout") == 0 && node->attribute[a]->i != 0)
            return false;
    return true;
}

static void find_batch(struct sim_onnx_graph *graph)
{
    const struct sim_onnx_tensor *first = NULL;

    graph->batch = 1;
    for (int i = 0; i < graph->input_count && first == NULL; i++)
        if (graph->inputs[i]->known && graph->inputs[i]->rank >= 2)
            first = graph->inputs[i];
    if (first == NULL)
        return;
    for (size_t n = 0; n < graph->proto->n_node && first->rank == 3; n++) {
        const Onnx__NodeProto *node = graph->proto->node[n];

        if (takes_time_first(node) && node->n_input > 0 &&
            sim_onnx_find(&graph->tensor_names, node->input[0]) == (int)(first - graph->tensors))
            graph->batch_axis = 1;
    }
    if (first->dims[graph->batch_axis] > 0)
        graph->batch = first->dims[graph->batch_axis];
}

/* ---- all ---- */

static bool name_outputs(struct sim_onnx_graph *graph, const Onnx__NodeProto *node)
{
    for (size_t k = 0; k < node->n_output; k++) {
        if (node->output[k][0] == '\0')
            continue;
        if (!is_new(graph, node->output[k]))
            return false;
        tensor_named(graph, node->output[k]);
    }
    return true;
}

static void mark_read(struct sim_onnx_graph *graph, const char *name)
{
    const int i = sim_onnx_find(&graph->tensor_names, name);

    if (i >= 0)
        graph->tensors[i].read = true;
}

bool sim_onnx_read_inputs(struct sim_onnx_graph *graph)
{
    const Onnx__GraphProto *proto = graph->proto;
    size_t most = proto->n_initializer + proto->n_sparse_initializer + proto->n_input;

    for (size_t n = 0; n < proto->n_node; n++)
        most += proto->node[n]->n_output;
    if (most > INT32_MAX)
        return sim_fail(graph->err, "%s: has more than %d tensors.", graph->path, INT32_MAX);
    graph->tensor_names = sim_onnx_names_open(graph->arena, most);
    graph->tensors = sim_new(graph->arena, struct sim_onnx_tensor, most);
    if (!read_initializers(graph) || !list_inputs(graph))
        return false;
    for (size_t n = 0; n < proto->n_node; n++)
        if (!name_outputs(graph, proto->node[n]))
            return false;
    for (size_t n = 0; n < proto->n_node; n++)
        for (size_t k = 0; k < proto->node[n]->n_input; k++)
            mark_read(graph, proto->node[n]->input[k]);
    for (size_t i = 0; i < proto->n_output; i++)
        mark_read(graph, or_empty(proto->output[i]->name));
    if (!shape_inputs(graph))
        return false;
    find_batch(graph);
    return true;
}
