/* onnx_node.c -- what the functions of all operators use: inputs, attributes, shapes, checked sizes. */
#include "sim/workload/onnx.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool sim_onnx_wrong(const struct sim_onnx_node *node, const char *format, ...)
{
    char what[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return sim_fail(node->graph->err, "%s: node '%s' (%s): %s%s.", node->graph->path, node->name,
                    node->type, what,
                    node->graph->sizes_are_assumed
                        ? " (sizes of inputs that the file leaves open and that were not told "
                          "were taken as 1)"
                        : "");
}

struct sim_onnx_tensor *sim_onnx_in(const struct sim_onnx_node *node, int i)
{
    return i >= 0 && i < node->in_count ? node->in[i] : NULL;
}

struct sim_onnx_tensor *sim_onnx_known(const struct sim_onnx_node *node, int i)
{
    struct sim_onnx_tensor *tensor = sim_onnx_in(node, i);

    return tensor != NULL && tensor->known ? tensor : NULL;
}

/* ---- sizes ---- */

bool sim_onnx_times(const struct sim_onnx_node *node, int64_t *product, int64_t factor)
{
    if (__builtin_mul_overflow(*product, factor, product))
        return sim_onnx_wrong(node, "its numbers are more than 64 bits can count");
    return true;
}

int64_t sim_onnx_elements(const struct sim_onnx_tensor *tensor)
{
    int64_t elements = 1;

    for (int d = 0; d < tensor->rank; d++)
        elements *= tensor->dims[d]; /* sim_onnx_shape has seen that it fits */
    return elements;
}

int64_t sim_onnx_whole(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 9223372036854775808.0)
        return INT64_MAX;
    return value <= -9223372036854775808.0 ? INT64_MIN : (int64_t)value;
}

/* Zeros are left out of the product, so that any part of the dimensions fits too; 8 bytes a number. */
static bool is_countable(int rank, const int64_t *dims)
{
    int64_t bytes = 8;

    for (int d = 0; d < rank; d++)
        if (dims[d] > 0 && __builtin_mul_overflow(bytes, dims[d], &bytes))
            return false;
    return true;
}

bool sim_onnx_shape(struct sim_onnx_node *node, int i, int rank, const int64_t *dims)
{
    struct sim_onnx_tensor *out = i < node->out_count ? node->out[i] : NULL;

    if (rank > SIM_ONNX_MOST_RANK)
        return sim_onnx_wrong(node, "its output has %d dimensions; at most %d are read", rank,
                              SIM_ONNX_MOST_RANK);
    for (int d = 0; d < rank; d++)
        if (dims[d] < 0)
            return sim_onnx_wrong(node, "dimension %d of its output would be %lld", d,
                                  (long long)dims[d]);
    if (!is_countable(rank, dims))
        return sim_onnx_wrong(node, "its output is larger than 64 bits can count");
    if (out == NULL)
        return true;
    out->known = true;
    out->rank = rank;
    if (rank > 0)
        memmove(out->dims, dims, (size_t)rank * sizeof *dims);
    return true;
}

bool sim_onnx_same(struct sim_onnx_node *node, int i, const struct sim_onnx_tensor *as)
{
    return as == NULL || !as->known || sim_onnx_shape(node, i, as->rank, as->dims);
}

bool sim_onnx_axis(const struct sim_onnx_node *node, int64_t axis, int rank, int *from_front)
{
    if (axis < -rank || axis >= rank)
        return sim_onnx_wrong(node, "axis %lld is none of a tensor of %d dimensions",
                              (long long)axis, rank);
    *from_front = (int)(axis < 0 ? axis + rank : axis);
    return true;
}

/* numpy's rule: aligned at the last dimension, equal, or one of them 1. */
bool sim_onnx_broadcast(struct sim_onnx_node *node, int *rank, int64_t *dims, int with_rank,
                        const int64_t *with)
{
    if (with_rank > *rank) {
        const int more = with_rank - *rank;

        memmove(dims + more, dims, (size_t)*rank * sizeof *dims);
        for (int d = 0; d < more; d++)
            dims[d] = 1;
        *rank = with_rank;
    }
    for (int d = 0; d < with_rank; d++) {
        int64_t *mine = &dims[*rank - with_rank + d];

        if (*mine == 1)
            *mine = with[d];
        else if (with[d] != 1 && with[d] != *mine)
            return sim_onnx_wrong(node, "its inputs do not fit: %lld against %lld numbers",
                                  (long long)*mine, (long long)with[d]);
    }
    return true;
}

/* ---- attributes ---- */

const Onnx__AttributeProto *sim_onnx_attribute(const struct sim_onnx_node *node, const char *name)
{
    for (size_t a = 0; a < node->proto->n_attribute; a++)
        if (node->proto->attribute[a]->name != NULL &&
            strcmp(node->proto->attribute[a]->name, name) == 0)
            return node->proto->attribute[a];
    return NULL;
}

int64_t sim_onnx_int(const struct sim_onnx_node *node, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *attribute = sim_onnx_attribute(node, name);

    return attribute != NULL && attribute->has_i ? attribute->i : otherwise;
}

const char *sim_onnx_word(const struct sim_onnx_node *node, const char *name, const char *otherwise)
{
    const Onnx__AttributeProto *attribute = sim_onnx_attribute(node, name);

    if (attribute == NULL || !attribute->has_s)
        return otherwise;
    return sim_text_copy(node->graph->arena, attribute->s.len == 0 ? "" : (char *)attribute->s.data,
                         attribute->s.len);
}

struct sim_onnx_list sim_onnx_list(const struct sim_onnx_node *node, const char *name, int i)
{
    const Onnx__AttributeProto *attribute = sim_onnx_attribute(node, name);
    const struct sim_onnx_tensor *tensor = sim_onnx_in(node, i);
    struct sim_onnx_list list = {.there = attribute != NULL || tensor != NULL};
    int64_t *items;

    if (attribute != NULL && attribute->n_ints <= SIM_ONNX_MOST_VALUES) {
        list.known = true;
        list.count = (int)attribute->n_ints;
        list.items = attribute->ints;
    } else if (attribute == NULL && tensor != NULL && tensor->known && tensor->values != NULL) {
        list.known = true;
        list.count = (int)sim_onnx_elements(tensor);
        items = sim_new(node->graph->arena, int64_t, (size_t)list.count);
        for (int k = 0; k < list.count; k++)
            items[k] = sim_onnx_whole(tensor->values[k]);
        list.items = items;
    }
    return list;
}

/* ---- tensors of the file ---- */

/* Number k of a tensor as it stands in one of protobuf's lists, or in raw_data. */
static bool number(const Onnx__TensorProto *proto, size_t k, double *value)
{
    const uint8_t *raw = proto->has_raw_data ? proto->raw_data.data : NULL;
    const size_t bytes = raw == NULL ? 0 : proto->raw_data.len;

#define RAW(ctype)                                                                                 \
    if (k < bytes / sizeof(ctype)) {                                                               \
        ctype plain;                                                                               \
        memcpy(&plain, raw + k * sizeof plain, sizeof plain);                                      \
        *value = (double)plain;                                                                    \
        return true;                                                                               \
    }
#define LISTED(list)                                                                               \
    if (k < proto->n_##list) {                                                                     \
        *value = (double)proto->list[k];                                                           \
        return true;                                                                               \
    }
    switch (proto->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64: RAW(int64_t) LISTED(int64_data) return false;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32: RAW(int32_t) LISTED(int32_data) return false;
    case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL: RAW(uint8_t) LISTED(int32_data) return false;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT: RAW(float) LISTED(float_data) return false;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: RAW(double) LISTED(double_data) return false;
    default: return false;
    }
#undef RAW
#undef LISTED
}

static void take_values(struct sim_onnx_graph *graph, struct sim_onnx_tensor *tensor,
                        const Onnx__TensorProto *proto)
{
    const int64_t elements = sim_onnx_elements(tensor);
    double *values;

    if (elements > SIM_ONNX_MOST_VALUES)
        return;
    values = sim_new(graph->arena, double, (size_t)elements);
    for (int64_t k = 0; k < elements; k++)
        if (!number(proto, (size_t)k, &values[k]))
            return; /* kept in another file, or of a type that no shape has */
    tensor->values = values;
}

bool sim_onnx_take(struct sim_onnx_graph *graph, struct sim_onnx_tensor *tensor,
                   const Onnx__TensorProto *proto)
{
    if (proto->n_dims > SIM_ONNX_MOST_RANK)
        return sim_fail(graph->err, "%s: tensor '%s' has %zu dimensions; at most %d are read.",
                        graph->path, tensor->name, proto->n_dims, SIM_ONNX_MOST_RANK);
    for (size_t d = 0; d < proto->n_dims; d++)
        if (proto->dims[d] < 0)
            return sim_fail(graph->err, "%s: dimension %zu of tensor '%s' is %lld.", graph->path, d,
                            tensor->name, (long long)proto->dims[d]);
    if (!is_countable((int)proto->n_dims, proto->dims))
        return sim_fail(graph->err, "%s: tensor '%s' is larger than 64 bits can count.",
                        graph->path, tensor->name);
    tensor->known = true;
    tensor->rank = (int)proto->n_dims;
    if (proto->n_dims > 0)
        memcpy(tensor->dims, proto->dims, proto->n_dims * sizeof *proto->dims);
    tensor->type = proto->data_type;
    take_values(graph, tensor, proto);
    return true;
}
