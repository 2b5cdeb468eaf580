/* onnx_picks.c -- operators whose output's shape comes from indices, axes, or values. */
#include "sim/workload/onnx.h"
#include "sim/workload/onnx_operators.h"

#include <math.h>
#include <string.h>

static void all_of_type(struct sim_onnx_node *node, int type)
{
    for (int k = 0; k < node->out_count; k++)
        if (node->out[k] != NULL)
            node->out[k]->type = type;
}

/* The data's dimensions, with the axis replaced by all of the indices'. */
bool sim_onnx_gather(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0), *at = sim_onnx_known(node, 1);
    int64_t dims[2 * SIM_ONNX_MOST_RANK];
    int axis, rank = 0;

    if (x == NULL || at == NULL)
        return true;
    if (!sim_onnx_axis(node, sim_onnx_int(node, "axis", 0), x->rank, &axis))
        return false;
    for (int d = 0; d < axis; d++)
        dims[rank++] = x->dims[d];
    for (int d = 0; d < at->rank; d++)
        dims[rank++] = at->dims[d];
    for (int d = axis + 1; d < x->rank; d++)
        dims[rank++] = x->dims[d];
    return sim_onnx_shape(node, 0, rank, dims);
}

/* The indices' dimensions but the last, whose length says how many of the data's are picked from. */
bool sim_onnx_gather_nd(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0), *at = sim_onnx_known(node, 1);
    const int64_t batches = sim_onnx_int(node, "batch_dims", 0);
    int64_t dims[2 * SIM_ONNX_MOST_RANK], picked;
    int rank = 0;

    if (x == NULL || at == NULL)
        return true;
    picked = at->rank == 0 ? 0 : at->dims[at->rank - 1];
    if (picked < 1 || batches < 0 || batches >= at->rank || picked > x->rank - batches)
        return sim_onnx_wrong(node, "its indices do not fit its data");
    for (int d = 0; d < at->rank - 1; d++)
        dims[rank++] = at->dims[d];
    for (int d = (int)(batches + picked); d < x->rank; d++)
        dims[rank++] = x->dims[d];
    return sim_onnx_shape(node, 0, rank, dims);
}

static bool reduce(struct sim_onnx_node *node, unsigned axes, bool keep)
{
    const struct sim_onnx_tensor *x = node->in[0];
    int64_t dims[SIM_ONNX_MOST_RANK];
    int rank = 0;

    for (int d = 0; d < x->rank; d++)
        if ((axes >> d & 1) == 0)
            dims[rank++] = x->dims[d];
        else if (keep)
            dims[rank++] = 1;
    return sim_onnx_shape(node, 0, rank, dims);
}

/* No axes: all, unless noop_with_empty_axes. */
bool sim_onnx_reduce(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list list = sim_onnx_list(node, "axes", 1);
    unsigned axes = 0;

    if (x == NULL || (list.there && !list.known))
        return true;
    for (int k = 0; k < list.count; k++) {
        int axis;

        if (!sim_onnx_axis(node, list.items[k], x->rank, &axis))
            return false;
        axes |= 1u << axis;
    }
    if (list.count == 0 && sim_onnx_int(node, "noop_with_empty_axes", 0) == 0)
        axes = ~0u;
    return reduce(node, axes, sim_onnx_int(node, "keepdims", 1) != 0);
}

bool sim_onnx_arg(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    int axis;

    all_of_type(node, ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    if (x == NULL)
        return true;
    return sim_onnx_axis(node, sim_onnx_int(node, "axis", 0), x->rank, &axis) &&
           reduce(node, 1u << axis, sim_onnx_int(node, "keepdims", 1) != 0);
}

bool sim_onnx_top_k(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list most = sim_onnx_list(node, "", 1);
    const int64_t said = sim_onnx_int(node, "k", -1);
    int64_t dims[SIM_ONNX_MOST_RANK];
    int axis;

    if (x == NULL || (said < 0 && (!most.known || most.count != 1)))
        return true;
    if (!sim_onnx_axis(node, sim_onnx_int(node, "axis", -1), x->rank, &axis))
        return false;
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = said >= 0 ? said : most.items[0];
    return sim_onnx_shape(node, 0, x->rank, dims) && sim_onnx_shape(node, 1, x->rank, dims);
}

bool sim_onnx_one_hot(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list depth = sim_onnx_list(node, "", 1);
    int64_t dims[SIM_ONNX_MOST_RANK + 1];
    int axis;

    if (x == NULL || !depth.known || depth.count != 1)
        return true;
    if (!sim_onnx_axis(node, sim_onnx_int(node, "axis", -1), x->rank + 1, &axis))
        return false;
    for (int d = 0; d <= x->rank; d++)
        dims[d] = d == axis ? depth.items[0] : x->dims[d - (d > axis)];
    return sim_onnx_shape(node, 0, x->rank + 1, dims);
}

/* ---- shapes, constants ---- */

/* From start to end, as slices of Python. */
bool sim_onnx_shape_of(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    int64_t start = sim_onnx_int(node, "start", 0), end = sim_onnx_int(node, "end", INT64_MAX);
    double *values;
    int64_t count;

    all_of_type(node, ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    if (x == NULL || node->out_count == 0 || node->out[0] == NULL)
        return true;
    if (start < 0)
        start = start < -x->rank ? 0 : start + x->rank;
    if (end < 0)
        end = end < -x->rank ? 0 : end + x->rank;
    end = end > x->rank ? x->rank : end;
    count = end > start ? end - start : 0;
    values = sim_new(node->graph->arena, double, (size_t)count);
    for (int64_t k = 0; k < count; k++)
        values[k] = (double)x->dims[start + k];
    node->out[0]->values = values;
    return sim_onnx_shape(node, 0, 1, &count);
}

bool sim_onnx_size_of(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    double *value;

    all_of_type(node, ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    if (x != NULL && node->out_count > 0 && node->out[0] != NULL) {
        value = sim_new(node->graph->arena, double, 1);
        *value = (double)sim_onnx_elements(x);
        node->out[0]->values = value;
    }
    return sim_onnx_shape(node, 0, 0, NULL);
}

static void plain_values(struct sim_onnx_node *node, const Onnx__AttributeProto *from, size_t count)
{
    double *values;

    if (count > SIM_ONNX_MOST_VALUES)
        return;
    values = sim_new(node->graph->arena, double, count);
    for (size_t k = 0; k < count; k++)
        values[k] = from->n_ints > 0     ? (double)from->ints[k]
                    : from->n_floats > 0 ? (double)from->floats[k]
                    : from->has_i        ? (double)from->i
                                         : (double)from->f;
    node->out[0]->values = values;
}

/* value_int, value_floats, ... */
static bool plain_constant(struct sim_onnx_node *node)
{
    for (size_t a = 0; a < node->proto->n_attribute; a++) {
        const Onnx__AttributeProto *from = node->proto->attribute[a];
        const int64_t count = (int64_t)(from->n_ints + from->n_floats);

        if (count == 0 && !from->has_i && !from->has_f)
            continue;
        node->out[0]->type = from->n_ints > 0 || from->has_i ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64
                                                             : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
        plain_values(node, from, count > 0 ? (size_t)count : 1);
        if (from->n_floats > 1)
            node->out[0]->weight = sim_onnx_weigh(node->graph, node->out[0]->type, count);
        return sim_onnx_shape(node, 0, count > 0, &count);
    }
    return true; /* strings, or nothing */
}

/* More than one number are parameters: some exporters write all weights this way. */
bool sim_onnx_constant(struct sim_onnx_node *node)
{
    const Onnx__AttributeProto *value = sim_onnx_attribute(node, "value");
    const Onnx__AttributeProto *sparse = sim_onnx_attribute(node, "sparse_value");
    struct sim_onnx_tensor *out = node->out_count > 0 ? node->out[0] : NULL;

    if (out == NULL)
        return sim_onnx_wrong(node, "gives nothing");
    out->constant = out->fixed = true;
    if (sparse != NULL && sparse->sparse_tensor != NULL && sparse->sparse_tensor->values != NULL) {
        const Onnx__SparseTensorProto *tensor = sparse->sparse_tensor;

        out->type = tensor->values->data_type;
        if (tensor->values->n_dims == 1 && tensor->values->dims[0] > 1)
            out->weight = sim_onnx_weigh(node->graph, out->type, tensor->values->dims[0]);
        return tensor->n_dims > SIM_ONNX_MOST_RANK ||
               sim_onnx_shape(node, 0, (int)tensor->n_dims, tensor->dims);
    }
    if (value == NULL || value->t == NULL)
        return plain_constant(node);
    if (!sim_onnx_take(node->graph, out, value->t))
        return false;
    if (sim_onnx_elements(out) > 1)
        out->weight = sim_onnx_weigh(node->graph, out->type, sim_onnx_elements(out));
    return true;
}

/* Weights without a file's weight; or a state whose size follows from the input's. */
bool sim_onnx_constant_of_shape(struct sim_onnx_node *node)
{
    const struct sim_onnx_list shape = sim_onnx_list(node, "", 0);
    const Onnx__AttributeProto *value = sim_onnx_attribute(node, "value");
    struct sim_onnx_tensor *out = node->out_count > 0 ? node->out[0] : NULL;
    struct sim_onnx_tensor one = {.name = "of a ConstantOfShape"};
    double *values;

    if (out == NULL)
        return true;
    out->type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    if (value != NULL && value->t != NULL) {
        if (!sim_onnx_take(node->graph, &one, value->t))
            return false;
        out->type = one.type;
    }
    if (!shape.known)
        return true;
    if (!sim_onnx_shape(node, 0, shape.count, shape.items))
        return false;
    if (out->constant && sim_onnx_elements(out) > 1)
        out->weight = sim_onnx_weigh(node->graph, out->type, sim_onnx_elements(out));
    if (sim_onnx_elements(out) > SIM_ONNX_MOST_VALUES)
        return true;
    values = sim_new(node->graph->arena, double, (size_t)sim_onnx_elements(out));
    for (int64_t k = 0; k < sim_onnx_elements(out); k++)
        values[k] = one.values != NULL && sim_onnx_elements(&one) > 0 ? one.values[0] : 0;
    out->values = values;
    return true;
}

/* start, limit, delta */
bool sim_onnx_range(struct sim_onnx_node *node)
{
    double from[3], *values;
    int64_t count;

    for (int i = 0; i < 3; i++) {
        const struct sim_onnx_tensor *in = sim_onnx_known(node, i);

        if (in == NULL || in->values == NULL || sim_onnx_elements(in) != 1)
            return true;
        from[i] = in->values[0];
    }
    if (from[2] == 0)
        return sim_onnx_wrong(node, "its step is 0");
    count = sim_onnx_whole(ceil((from[1] - from[0]) / from[2]));
    count = count < 0 ? 0 : count;
    if (!sim_onnx_shape(node, 0, 1, &count))
        return false;
    if (count > SIM_ONNX_MOST_VALUES || node->out_count == 0 || node->out[0] == NULL)
        return true;
    values = sim_new(node->graph->arena, double, (size_t)count);
    for (int64_t k = 0; k < count; k++)
        values[k] = from[0] + (double)k * from[2];
    node->out[0]->values = values;
    return true;
}

/* RandomNormal, RandomUniform: no input, the shape is an attribute. */
bool sim_onnx_random(struct sim_onnx_node *node)
{
    const struct sim_onnx_list shape = sim_onnx_list(node, "shape", -1);

    return !shape.known || sim_onnx_shape(node, 0, shape.count, shape.items);
}

/* How much comes out depends on the data, or it is no tensor. */
bool sim_onnx_not_told(struct sim_onnx_node *node)
{
    (void)node;
    return true;
}

/* ---- pictures ---- */

bool sim_onnx_det(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);

    if (x == NULL)
        return true;
    if (x->rank < 2)
        return sim_onnx_wrong(node, "its input is no matrix");
    return sim_onnx_shape(node, 0, x->rank - 2, x->dims);
}

/* The picture's batch and channels, the grid's height and width. */
bool sim_onnx_grid_sample(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0), *grid = sim_onnx_known(node, 1);

    if (x == NULL || grid == NULL)
        return true;
    if (x->rank != 4 || grid->rank != 4)
        return sim_onnx_wrong(node, "its picture and its grid have 4 dimensions, not %d and %d",
                              x->rank, grid->rank);
    return sim_onnx_shape(node, 0, 4,
                          (int64_t[]){x->dims[0], x->dims[1], grid->dims[1], grid->dims[2]});
}

bool sim_onnx_roi_align(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0), *rois = sim_onnx_known(node, 1);

    if (x == NULL || rois == NULL)
        return true;
    if (x->rank < 2 || rois->rank < 1)
        return sim_onnx_wrong(node, "its picture has %d dimensions, its regions %d", x->rank,
                              rois->rank);
    return sim_onnx_shape(node, 0, 4,
                          (int64_t[]){rois->dims[0], x->dims[1],
                                      sim_onnx_int(node, "output_height", 1),
                                      sim_onnx_int(node, "output_width", 1)});
}
