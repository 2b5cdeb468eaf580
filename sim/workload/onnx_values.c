/* onnx_values.c -- arithmetic of shapes: the values of small tensors, where they follow from known ones.
 *
 * Exporters compute the argument of a Reshape from Shape, Gather, Mul, Concat, ...; this follows them.  Whole
 * numbers are kept as doubles: exact to 2^53, and what is larger only ever means "to the end". */
#include "sim/workload/onnx.h"

#include <math.h>
#include <string.h>

static bool is_whole_type(int type)
{
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
}

/* ---- the same values in another shape ---- */

static const double *copied(const struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = node->in[0], *out = node->out[0];
    double *values;

    if (sim_onnx_elements(x) != sim_onnx_elements(out))
        return NULL;
    if (strcmp(node->type, "Cast") != 0 || !is_whole_type(out->type))
        return x->values;
    values = sim_new(node->graph->arena, double, (size_t)sim_onnx_elements(out));
    for (int64_t k = 0; k < sim_onnx_elements(out); k++)
        values[k] = trunc(x->values[k]);
    return values;
}

/* ---- one by one ---- */

static double one(const char *type, double x)
{
    switch (type[0]) {
    case 'A': return fabs(x);
    case 'C': return ceil(x);
    case 'F': return floor(x);
    case 'S': return sqrt(x);
    default: return type[2] == 'g' ? -x : x == 0; /* Neg, Not */
    }
}

static const double *each(const struct sim_onnx_node *node)
{
    const int64_t count = sim_onnx_elements(node->out[0]);
    double *values = sim_new(node->graph->arena, double, (size_t)count);

    for (int64_t k = 0; k < count; k++)
        values[k] = one(node->type, node->in[0]->values[k]);
    return values;
}

static double divided(double a, double b, bool whole)
{
    return whole ? trunc(a / b) : a / b;
}

/* Python's remainder for whole numbers: it has the sign of b. */
static double remainder_of(double a, double b)
{
    const double rest = fmod(a, b);

    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static double two(const char *type, double a, double b, bool whole)
{
    static const char *const names[] = {"Add", "Sub", "Mul",   "Div",  "Mod",    "Min",
                                        "Max", "Pow", "Equal", "Less", "Greater"};
    size_t which = 0;

    while (strcmp(names[which], type) != 0)
        which++;
    switch (which) {
    case 0: return a + b;
    case 1: return a - b;
    case 2: return a * b;
    case 3: return divided(a, b, whole);
    case 4: return remainder_of(a, b);
    case 5: return fmin(a, b);
    case 6: return fmax(a, b);
    case 7: return pow(a, b);
    case 8: return a == b;
    case 9: return a < b;
    default: return a > b;
    }
}

/* Number k of the output is which of an input that is broadcast to it? */
static int64_t source(const struct sim_onnx_tensor *out, const struct sim_onnx_tensor *in,
                      int64_t k)
{
    int64_t at = 0, stride = 1;

    for (int back = 1; back <= in->rank; back++) {
        const int64_t size = in->dims[in->rank - back], room = out->dims[out->rank - back];

        at += size == 1 ? 0 : k % room * stride;
        stride *= size;
        k /= room;
    }
    return at;
}

static const double *pairs(const struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *out = node->out[0], *a = node->in[0], *b = node->in[1];
    const int64_t count = sim_onnx_elements(out);
    double *values = sim_new(node->graph->arena, double, (size_t)count);

    if (b == NULL || b->values == NULL || node->in_count != 2 ||
        sim_onnx_int(node, "broadcast", 0) != 0)
        return NULL;
    for (int64_t k = 0; k < count; k++)
        values[k] = two(node->type, a->values[source(out, a, k)], b->values[source(out, b, k)],
                        is_whole_type(a->type));
    return values;
}

static const double *chosen(const struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *out = node->out[0], *condition = node->in[0];
    const struct sim_onnx_tensor *a = sim_onnx_in(node, 1), *b = sim_onnx_in(node, 2);
    const int64_t count = sim_onnx_elements(out);
    double *values = sim_new(node->graph->arena, double, (size_t)count);

    if (a == NULL || b == NULL || a->values == NULL || b->values == NULL)
        return NULL;
    for (int64_t k = 0; k < count; k++)
        values[k] = condition->values[source(out, condition, k)] != 0
                        ? a->values[source(out, a, k)]
                        : b->values[source(out, b, k)];
    return values;
}

static const double *expanded(const struct sim_onnx_node *node)
{
    const int64_t count = sim_onnx_elements(node->out[0]);
    double *values = sim_new(node->graph->arena, double, (size_t)count);

    for (int64_t k = 0; k < count; k++)
        values[k] = node->in[0]->values[source(node->out[0], node->in[0], k)];
    return values;
}

/* ---- lists ---- */

static const double *gathered(const struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = node->in[0], *at = sim_onnx_in(node, 1);
    const int64_t count = sim_onnx_elements(node->out[0]);
    double *values = sim_new(node->graph->arena, double, (size_t)count);

    if (x->rank != 1 || at == NULL || at->values == NULL)
        return NULL;
    for (int64_t k = 0; k < count; k++) {
        int64_t index = sim_onnx_whole(at->values[k]);

        if (index < -x->dims[0] || index >= x->dims[0])
            return NULL;
        values[k] = x->values[index < 0 ? index + x->dims[0] : index];
    }
    return values;
}

/* The output's numbers from the input's: the first is number `from`, and one further in dimension d of the output is
 * step[d] further in the input. */
static const double *strided(const struct sim_onnx_node *node, int64_t from, const int64_t *step)
{
    const struct sim_onnx_tensor *out = node->out[0];
    const int64_t count = sim_onnx_elements(out);
    double *values = sim_new(node->graph->arena, double, (size_t)count);

    for (int64_t k = 0; k < count; k++) {
        int64_t at = from, rest = k;

        for (int d = out->rank - 1; d >= 0; d--) {
            at += rest % out->dims[d] * step[d];
            rest /= out->dims[d];
        }
        values[k] = node->in[0]->values[at];
    }
    return values;
}

static void strides_of(const struct sim_onnx_tensor *tensor, int64_t *strides)
{
    int64_t stride = 1;

    for (int d = tensor->rank - 1; d >= 0; d--) {
        strides[d] = stride;
        stride *= tensor->dims[d];
    }
}

/* An axis that is cut twice is beyond what is followed here. */
static bool names_twice(const struct sim_onnx_list *axes, int rank)
{
    unsigned seen = 0;

    for (int k = 0; k < axes->count; k++) {
        const unsigned bit = 1u << (axes->items[k] < 0 ? axes->items[k] + rank : axes->items[k]);

        if ((seen & bit) != 0)
            return true;
        seen |= bit;
    }
    return false;
}

/* sim_onnx_slice has seen that starts, ends, axes and steps fit. */
static const double *sliced(const struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = node->in[0];
    const struct sim_onnx_list starts = sim_onnx_list(node, "starts", 1);
    const struct sim_onnx_list ends = sim_onnx_list(node, "ends", 2);
    const struct sim_onnx_list axes = sim_onnx_list(node, "axes", 3);
    const struct sim_onnx_list steps = sim_onnx_list(node, "steps", 4);
    int64_t strides[SIM_ONNX_MOST_RANK], from = 0;

    strides_of(x, strides);
    if (names_twice(&axes, x->rank))
        return NULL;
    for (int k = 0; k < starts.count; k++) {
        const int64_t axis = axes.there ? axes.items[k] : k;
        const int d = (int)(axis < 0 ? axis + x->rank : axis);
        const int64_t step = steps.there ? steps.items[k] : 1;
        const int64_t one = strides[d];
        int64_t start = starts.items[k];

        /* A step that is not taken may be as large as it likes. */
        strides[d] =
            sim_onnx_slice_count(x->dims[d], step, &start, ends.items[k]) > 1 ? step * one : 0;
        from += start * one;
    }
    return strided(node, from, strides);
}

static const double *turned(const struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = node->in[0];
    const struct sim_onnx_list perm = sim_onnx_list(node, "perm", -1);
    int64_t strides[SIM_ONNX_MOST_RANK], turned_strides[SIM_ONNX_MOST_RANK] = {0};

    strides_of(x, strides);
    for (int d = 0; d < x->rank; d++) {
        const int64_t from = perm.there ? perm.items[d] : x->rank - 1 - d;

        turned_strides[d] = strides[from < 0 ? from + x->rank : from];
    }
    return strided(node, 0, turned_strides);
}

static const double *joined(const struct sim_onnx_node *node)
{
    double *values = sim_new(node->graph->arena, double, (size_t)sim_onnx_elements(node->out[0]));
    int64_t count = 0;

    for (int i = 0; i < node->in_count; i++) {
        const struct sim_onnx_tensor *in = node->in[i];

        if (in->rank != 1 || in->values == NULL)
            return NULL;
        for (int64_t k = 0; k < in->dims[0]; k++)
            values[count++] = in->values[k];
    }
    return values;
}

/* The product, or sum, of all. */
static const double *reduced(const struct sim_onnx_node *node)
{
    const bool product = strcmp(node->type, "ReduceProd") == 0;
    double *value = sim_new(node->graph->arena, double, 1);

    if (sim_onnx_elements(node->out[0]) != 1)
        return NULL;
    *value = product;
    for (int64_t k = 0; k < sim_onnx_elements(node->in[0]); k++)
        *value = product ? *value * node->in[0]->values[k] : *value + node->in[0]->values[k];
    return value;
}

/* ---- all ---- */

static const struct rule {
    const char *name;
    const double *(*values)(const struct sim_onnx_node *node);
} rules[] = {
    {"Abs", each},         {"Add", pairs},          {"Cast", copied},       {"Ceil", each},
    {"Concat", joined},    {"Div", pairs},          {"Equal", pairs},       {"Expand", expanded},
    {"Flatten", copied},   {"Floor", each},         {"Gather", gathered},   {"Greater", pairs},
    {"Identity", copied},  {"Less", pairs},         {"Max", pairs},         {"Min", pairs},
    {"Mod", pairs},        {"Mul", pairs},          {"Neg", each},          {"Not", each},
    {"Pow", pairs},        {"ReduceProd", reduced}, {"ReduceSum", reduced}, {"Reshape", copied},
    {"Slice", sliced},     {"Sqrt", each},          {"Squeeze", copied},    {"Sub", pairs},
    {"Transpose", turned}, {"Unsqueeze", copied},   {"Where", chosen},
};

void sim_onnx_fold(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    struct sim_onnx_tensor *out = node->out_count > 0 ? node->out[0] : NULL;

    if (x == NULL || x->values == NULL || out == NULL || !out->known ||
        sim_onnx_elements(out) > SIM_ONNX_MOST_VALUES)
        return;
    for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++)
        if (strcmp(rules[r].name, node->type) == 0)
            out->values = rules[r].values(node);
}
