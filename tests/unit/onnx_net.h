/* onnx_net.h -- small ONNX models, built in memory, for the tests of what reads them.
 *
 *     struct net net = net_open();
 *     net_input(&net, "x", "Nx3x8x8");                 a dimension that is no number is a symbol
 *     net_weight(&net, "w", "5x3x3x3");                shape and type only, as if the numbers were elsewhere
 *     net_numbers(&net, "s", 2, (int64_t[]){0, -1});   a vector of int64
 *     net_node(&net, "Conv", "x w", "y", "pads=1,1,1,1 group=1 auto_pad=VALID");
 *     model = net_read(&net, NULL);
 *     net_close(&net);
 *
 * Names stand between blanks; "-" is a name left out.  An attribute is a list with a comma in it ("axes=1,"),
 * a number, or a word. */
#ifndef TESTS_UNIT_ONNX_NET_H
#define TESTS_UNIT_ONNX_NET_H

#include "tests/unit/close.h"

#include "sim/workload/onnx.h"

enum { NET_MOST = 64 };

struct net {
    struct sim_arena *arena;
    struct sim_error err;
    int warnings;
    char warned[4096]; /* the sentences, one a line */
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__NodeProto *nodes[NET_MOST];
    Onnx__TensorProto *initializers[NET_MOST];
    Onnx__ValueInfoProto *inputs[NET_MOST], *outputs[NET_MOST];
};

#define NET_NEW(net, type, init)                                                                   \
    net_copy((net)->arena, &(type)init, sizeof(type)) /* protobuf-c's initial value, in the arena */

static inline void *net_copy(struct sim_arena *arena, const void *from, size_t size)
{
    return memcpy(sim_arena_take(arena, 1, size), from, size);
}

static inline char *net_text(struct net *net, const char *text)
{
    return sim_text_copy(net->arena, text, strlen(text));
}

static inline struct net net_open(void)
{
    const Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    const Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;

    return (struct net){.arena = sim_arena_open(), .model = model, .graph = graph};
}

static inline void net_close(struct net *net)
{
    sim_arena_close(net->arena);
}

static inline Onnx__TypeProto *net_type(struct net *net, const char *shape)
{
    Onnx__TypeProto *type = NET_NEW(net, Onnx__TypeProto, ONNX__TYPE_PROTO__INIT);
    Onnx__TypeProto__Tensor *tensor =
        NET_NEW(net, Onnx__TypeProto__Tensor, ONNX__TYPE_PROTO__TENSOR__INIT);
    Onnx__TensorShapeProto *dims =
        NET_NEW(net, Onnx__TensorShapeProto, ONNX__TENSOR_SHAPE_PROTO__INIT);
    char *text = net_text(net, shape), *next = NULL;

    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    tensor->has_elem_type = 1;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = dims;
    dims->dim = sim_new(net->arena, Onnx__TensorShapeProto__Dimension *, NET_MOST);
    for (char *d = strtok_r(text, "x", &next); d != NULL; d = strtok_r(NULL, "x", &next)) {
        Onnx__TensorShapeProto__Dimension *dim = NET_NEW(net, Onnx__TensorShapeProto__Dimension,
                                                         ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT);
        const bool is_number = strspn(d, "-0123456789") == strlen(d);

        dim->value_case = is_number ? ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
                                    : ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
        if (is_number)
            dim->dim_value = strtoll(d, NULL, 10);
        else
            dim->dim_param = d;
        dims->dim[dims->n_dim++] = dim;
    }
    return type;
}

/* shape NULL: none in the file. */
static inline void net_input(struct net *net, const char *name, const char *shape)
{
    Onnx__ValueInfoProto *info = NET_NEW(net, Onnx__ValueInfoProto, ONNX__VALUE_INFO_PROTO__INIT);

    info->name = net_text(net, name);
    info->type = shape == NULL ? NULL : net_type(net, shape);
    net->inputs[net->graph.n_input++] = info;
}

static inline void net_output(struct net *net, const char *name)
{
    Onnx__ValueInfoProto *info = NET_NEW(net, Onnx__ValueInfoProto, ONNX__VALUE_INFO_PROTO__INIT);

    info->name = net_text(net, name);
    net->outputs[net->graph.n_output++] = info;
}

static inline Onnx__TensorProto *net_tensor(struct net *net, const char *shape, int type)
{
    Onnx__TensorProto *tensor = NET_NEW(net, Onnx__TensorProto, ONNX__TENSOR_PROTO__INIT);
    char *text = net_text(net, shape), *next = NULL;

    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->dims = sim_new(net->arena, int64_t, NET_MOST);
    for (char *d = strtok_r(text, "x", &next); d != NULL; d = strtok_r(NULL, "x", &next))
        tensor->dims[tensor->n_dims++] = strtoll(d, NULL, 10);
    return tensor;
}

static inline void net_typed_weight(struct net *net, const char *name, const char *shape, int type)
{
    Onnx__TensorProto *tensor = net_tensor(net, shape, type);

    tensor->name = net_text(net, name);
    net->initializers[net->graph.n_initializer++] = tensor;
}

static inline void net_weight(struct net *net, const char *name, const char *shape)
{
    net_typed_weight(net, name, shape, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
}

static inline void net_numbers(struct net *net, const char *name, int count, int64_t *numbers)
{
    Onnx__TensorProto *tensor = net_tensor(net, "", ONNX__TENSOR_PROTO__DATA_TYPE__INT64);

    tensor->name = net_text(net, name);
    tensor->n_dims = 1;
    tensor->dims[0] = count;
    tensor->n_int64_data = (size_t)count;
    tensor->int64_data = net_copy(net->arena, numbers, (size_t)count * sizeof *numbers);
    net->initializers[net->graph.n_initializer++] = tensor;
}

static inline size_t net_words(struct net *net, const char *text, char ***words)
{
    char *copy = net_text(net, text), *next = NULL;
    size_t count = 0;

    *words = sim_new(net->arena, char *, NET_MOST);
    for (char *w = strtok_r(copy, " ", &next); w != NULL; w = strtok_r(NULL, " ", &next)) {
        if (strcmp(w, "-") == 0)
            *w = '\0';
        (*words)[count++] = w;
    }
    return count;
}

static inline Onnx__AttributeProto *net_attribute(struct net *net, char *word)
{
    Onnx__AttributeProto *a = NET_NEW(net, Onnx__AttributeProto, ONNX__ATTRIBUTE_PROTO__INIT);
    char *value = strchr(word, '='), *next = NULL;

    *value++ = '\0';
    a->name = word;
    if (strchr("-0123456789", value[0]) == NULL) {
        a->has_s = 1;
        a->s = (ProtobufCBinaryData){strlen(value), (uint8_t *)value};
    } else if (strchr(value, ',') == NULL) {
        a->has_i = 1;
        a->i = strtoll(value, NULL, 10);
    } else {
        a->ints = sim_new(net->arena, int64_t, NET_MOST);
        for (char *n = strtok_r(value, ",", &next); n != NULL; n = strtok_r(NULL, ",", &next))
            a->ints[a->n_ints++] = strtoll(n, NULL, 10);
    }
    return a;
}

static inline Onnx__NodeProto *net_node(struct net *net, const char *type, const char *in,
                                        const char *out, const char *attributes)
{
    Onnx__NodeProto *node = NET_NEW(net, Onnx__NodeProto, ONNX__NODE_PROTO__INIT);
    char **words;
    const size_t count = net_words(net, attributes, &words);

    node->op_type = net_text(net, type);
    node->n_input = net_words(net, in, &node->input);
    node->n_output = net_words(net, out, &node->output);
    node->attribute = sim_new(net->arena, Onnx__AttributeProto *, NET_MOST);
    for (size_t a = 0; a < count; a++)
        node->attribute[node->n_attribute++] = net_attribute(net, words[a]);
    return net->nodes[net->graph.n_node++] = node;
}

/* The file's bytes; the last node's first output is the model's, unless there are outputs. */
static inline uint8_t *net_bytes(struct net *net, size_t *length)
{
    uint8_t *bytes;

    if (net->graph.n_output == 0 && net->graph.n_node > 0)
        net_output(net, net->nodes[net->graph.n_node - 1]->output[0]);
    net->graph.node = net->nodes;
    net->graph.initializer = net->initializers;
    net->graph.input = net->inputs;
    net->graph.output = net->outputs;
    net->model.graph = &net->graph;
    *length = onnx__model_proto__get_packed_size(&net->model);
    bytes = sim_new(net->arena, uint8_t, *length);
    onnx__model_proto__pack(&net->model, bytes);
    return bytes;
}

static inline void net_warn(void *context, const char *sentence)
{
    struct net *net = context;

    net->warnings++;
    snprintf(net->warned + strlen(net->warned), sizeof net->warned - strlen(net->warned), "%s\n",
             sentence);
}

/* With warnings noted in net->warned, errors in net->err. */
static inline const struct sim_model *net_read_with(struct net *net, const char *shapes,
                                                    bool strict)
{
    const struct sim_onnx_options options = {
        .input_shapes = shapes, .strict = strict, .warn = net_warn, .context = net};
    size_t length;
    const uint8_t *bytes = net_bytes(net, &length);
    const struct sim_model *model =
        sim_onnx_parse(net->arena, "t.onnx", bytes, length, &options, &net->err);

    assert_int_equal(model != NULL, net->err.count == 0);
    return model;
}

/* One that must be fine. */
static inline const struct sim_model *net_read(struct net *net, const char *shapes)
{
    const struct sim_model *model = net_read_with(net, shapes, false);

    if (model == NULL)
        fail_msg("%s", net->err.text);
    return model;
}

#endif
