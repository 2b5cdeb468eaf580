/* onnx_shapes.c -- operators that give the same numbers another shape, or put tensors together and apart. */
#include "sim/workload/onnx.h"
#include "sim/workload/onnx_operators.h"

#include <math.h>
#include <string.h>

/* 0 keeps a dimension (unless allowzero), one -1 takes what is left. */
bool sim_onnx_reshape(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list to = sim_onnx_list(node, "shape", 1);
    const bool zero_is_zero = sim_onnx_int(node, "allowzero", 0) != 0;
    int64_t dims[SIM_ONNX_MOST_RANK], rest = 1;
    int open = -1;

    if (!to.there)
        return sim_onnx_wrong(node, "has no shape to give");
    if (x == NULL || !to.known)
        return true;
    if (to.count > SIM_ONNX_MOST_RANK)
        return sim_onnx_wrong(node, "its shape has %d dimensions; at most %d are read", to.count,
                              SIM_ONNX_MOST_RANK);
    for (int d = 0; d < to.count; d++) {
        dims[d] = to.items[d];
        if (dims[d] == -1 && open < 0) {
            open = d;
            continue;
        }
        if (dims[d] == 0 && !zero_is_zero) {
            if (d >= x->rank)
                return sim_onnx_wrong(node, "dimension %d of its shape is 0, its input has %d", d,
                                      x->rank);
            dims[d] = x->dims[d];
        }
        if (dims[d] < 0)
            return sim_onnx_wrong(node, "dimension %d of its shape is %lld", d, (long long)dims[d]);
        if (!sim_onnx_times(node, &rest, dims[d]))
            return false;
    }
    if (open >= 0 && rest > 0 && sim_onnx_elements(x) % rest == 0)
        dims[open] = sim_onnx_elements(x) / rest;
    else if (open >= 0 || rest != sim_onnx_elements(x))
        return sim_onnx_wrong(node, "%lld numbers do not fill its shape",
                              (long long)sim_onnx_elements(x));
    return sim_onnx_shape(node, 0, to.count, dims);
}

bool sim_onnx_flatten(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    int64_t axis = sim_onnx_int(node, "axis", 1), dims[2] = {1, 1};

    if (x == NULL)
        return true;
    if (axis < -x->rank || axis > x->rank)
        return sim_onnx_wrong(node, "axis %lld is none of a tensor of %d dimensions",
                              (long long)axis, x->rank);
    if (axis < 0)
        axis += x->rank;
    for (int d = 0; d < x->rank; d++)
        dims[d >= axis] *= x->dims[d];
    return sim_onnx_shape(node, 0, 2, dims);
}

bool sim_onnx_transpose(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list perm = sim_onnx_list(node, "perm", -1);
    int64_t dims[SIM_ONNX_MOST_RANK];
    unsigned seen = 0;

    if (x == NULL)
        return true;
    if (perm.there && perm.count != x->rank)
        return sim_onnx_wrong(node, "its perm has %d numbers, its input %d dimensions", perm.count,
                              x->rank);
    for (int d = 0; d < x->rank; d++) {
        int from = x->rank - 1 - d;

        if (perm.there && !sim_onnx_axis(node, perm.items[d], x->rank, &from))
            return false;
        if ((seen >> from & 1) != 0)
            return sim_onnx_wrong(node, "its perm names axis %d twice", from);
        seen |= 1u << from;
        dims[d] = x->dims[from];
    }
    return sim_onnx_shape(node, 0, x->rank, dims);
}

/* The axes as bits; false for one that is none. */
static bool axes_of(struct sim_onnx_node *node, const struct sim_onnx_list *axes, int rank,
                    unsigned *bits)
{
    *bits = 0;
    for (int k = 0; k < axes->count; k++) {
        int axis;

        if (!sim_onnx_axis(node, axes->items[k], rank, &axis))
            return false;
        *bits |= 1u << axis;
    }
    return true;
}

bool sim_onnx_squeeze(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list axes = sim_onnx_list(node, "axes", 1);
    int64_t dims[SIM_ONNX_MOST_RANK];
    unsigned gone;
    int rank = 0;

    if (x == NULL || (axes.there && !axes.known))
        return true;
    if (!axes_of(node, &axes, x->rank, &gone))
        return false;
    for (int d = 0; d < x->rank; d++) {
        const bool goes = axes.there ? (gone >> d & 1) != 0 : x->dims[d] == 1;

        if (goes && x->dims[d] != 1)
            return sim_onnx_wrong(node, "dimension %d of its input is %lld, not 1", d,
                                  (long long)x->dims[d]);
        if (!goes)
            dims[rank++] = x->dims[d];
    }
    return sim_onnx_shape(node, 0, rank, dims);
}

bool sim_onnx_unsqueeze(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list axes = sim_onnx_list(node, "axes", 1);
    int64_t dims[SIM_ONNX_MOST_RANK];
    unsigned added;
    int rank, from = 0;

    if (!axes.there)
        return sim_onnx_wrong(node, "has no axes");
    if (x == NULL || !axes.known)
        return true;
    rank = x->rank + axes.count;
    if (rank > SIM_ONNX_MOST_RANK)
        return sim_onnx_wrong(node, "its output has %d dimensions; at most %d are read", rank,
                              SIM_ONNX_MOST_RANK);
    if (!axes_of(node, &axes, rank, &added))
        return false;
    if (__builtin_popcount(added) != axes.count)
        return sim_onnx_wrong(node, "names an axis twice");
    for (int d = 0; d < rank; d++)
        dims[d] = (added >> d & 1) != 0 ? 1 : x->dims[from++];
    return sim_onnx_shape(node, 0, rank, dims);
}

bool sim_onnx_concat(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *first = sim_onnx_known(node, 0);
    int64_t dims[SIM_ONNX_MOST_RANK];
    int axis;

    for (int i = 0; i < node->in_count; i++)
        if (sim_onnx_known(node, i) == NULL)
            return true;
    if (first == NULL)
        return sim_onnx_wrong(node, "has no input");
    /* Before opset 4 the axis could be left out: then it was 1. */
    if (!sim_onnx_axis(node, sim_onnx_int(node, "axis", 1), first->rank, &axis))
        return false;
    memcpy(dims, first->dims, sizeof dims);
    for (int i = 1; i < node->in_count; i++) {
        const struct sim_onnx_tensor *in = node->in[i];

        for (int d = 0; d < first->rank; d++)
            if (in->rank != first->rank || (d != axis && in->dims[d] != dims[d]))
                return sim_onnx_wrong(node, "input %d does not fit the first beside axis %d", i,
                                      axis);
        dims[axis] += in->dims[axis]; /* 2^15 inputs of at most 2^60 bytes: checked each time */
        if (!sim_onnx_shape(node, 0, first->rank, dims))
            return false;
    }
    return sim_onnx_shape(node, 0, first->rank, dims);
}

/* Parts as told; else all alike, the last one smaller. */
bool sim_onnx_split(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list parts = sim_onnx_list(node, "split", 1);
    int64_t dims[SIM_ONNX_MOST_RANK], left, part;
    int axis;

    if (x == NULL || (parts.there && !parts.known) || node->out_count == 0)
        return true;
    if (!sim_onnx_axis(node, sim_onnx_int(node, "axis", 0), x->rank, &axis))
        return false;
    if (parts.there && parts.count != node->out_count)
        return sim_onnx_wrong(node, "splits into %d parts and has %d outputs", parts.count,
                              node->out_count);
    memcpy(dims, x->dims, sizeof dims);
    left = x->dims[axis];
    part = left / node->out_count + (left % node->out_count != 0);
    for (int k = 0; k < node->out_count; k++) {
        dims[axis] = parts.there ? parts.items[k] : (part < left ? part : left);
        if (dims[axis] < 0 || dims[axis] > left)
            return sim_onnx_wrong(node, "its parts are more than the %lld there are",
                                  (long long)x->dims[axis]);
        left -= dims[axis];
        if (!sim_onnx_shape(node, k, x->rank, dims))
            return false;
    }
    if (left != 0)
        return sim_onnx_wrong(node, "its parts are fewer than the %lld there are",
                              (long long)x->dims[axis]);
    return true;
}

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : (value > most ? most : value);
}

/* How many of `size` numbers start:end:step takes, as Python counts. */
int64_t sim_onnx_slice_count(int64_t size, int64_t step, int64_t *start, int64_t end)
{
    if (*start < 0)
        *start = *start < -size ? -1 : *start + size;
    if (end < 0)
        end = end < -size ? -1 : end + size;
    if (step > 0) {
        *start = within(*start, 0, size);
        end = within(end, 0, size);
        return *start >= end ? 0 : (end - *start - 1) / step + 1;
    }
    if (size == 0)
        return 0;
    *start = within(*start, 0, size - 1);
    end = within(end, -1, size - 1);
    return *start <= end || step == INT64_MIN ? *start > end : (*start - end - 1) / -step + 1;
}

bool sim_onnx_slice(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list starts = sim_onnx_list(node, "starts", 1);
    const struct sim_onnx_list ends = sim_onnx_list(node, "ends", 2);
    const struct sim_onnx_list axes = sim_onnx_list(node, "axes", 3);
    const struct sim_onnx_list steps = sim_onnx_list(node, "steps", 4);
    int64_t dims[SIM_ONNX_MOST_RANK];

    if (!starts.there || !ends.there)
        return sim_onnx_wrong(node, "does not say where it starts and ends");
    if (x == NULL || !starts.known || !ends.known || (axes.there && !axes.known) ||
        (steps.there && !steps.known))
        return true;
    if (starts.count != ends.count || (axes.there && axes.count != starts.count) ||
        (steps.there && steps.count != starts.count))
        return sim_onnx_wrong(node, "its starts, ends, axes and steps are not equally many");
    memcpy(dims, x->dims, sizeof dims);
    for (int k = 0; k < starts.count; k++) {
        int64_t start = starts.items[k];
        int axis;

        if (!sim_onnx_axis(node, axes.there ? axes.items[k] : k, x->rank, &axis))
            return false;
        if (steps.there && steps.items[k] == 0)
            return sim_onnx_wrong(node, "its step is 0");
        dims[axis] = sim_onnx_slice_count(x->dims[axis], steps.there ? steps.items[k] : 1, &start,
                                          ends.items[k]);
    }
    return sim_onnx_shape(node, 0, x->rank, dims);
}

/* All befores, then all afters; of the axes of input 3 if there is one. */
bool sim_onnx_pad(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const char *name = sim_onnx_attribute(node, "paddings") != NULL ? "paddings" : "pads";
    const struct sim_onnx_list pads = sim_onnx_list(node, name, 1);
    const struct sim_onnx_list axes = sim_onnx_list(node, "axes", 3);
    int64_t dims[SIM_ONNX_MOST_RANK];

    if (x == NULL || !pads.known || (axes.there && !axes.known))
        return true;
    memcpy(dims, x->dims, sizeof dims);
    if (pads.count != 2 * (axes.there ? axes.count : x->rank))
        return sim_onnx_wrong(node, "has %d pads for %d dimensions", pads.count, x->rank);
    for (int k = 0; k < pads.count / 2; k++) {
        int axis;

        if (!sim_onnx_axis(node, axes.there ? axes.items[k] : k, x->rank, &axis))
            return false;
        if (__builtin_add_overflow(dims[axis], pads.items[k], &dims[axis]) ||
            __builtin_add_overflow(dims[axis], pads.items[pads.count / 2 + k], &dims[axis]))
            return sim_onnx_wrong(node, "its output is larger than 64 bits can count");
    }
    return sim_onnx_shape(node, 0, x->rank, dims);
}

bool sim_onnx_expand(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list to = sim_onnx_list(node, "shape", 1);
    int64_t dims[SIM_ONNX_MOST_RANK];
    int rank;

    if (x == NULL || !to.known)
        return true;
    if (to.count > SIM_ONNX_MOST_RANK)
        return sim_onnx_wrong(node, "its shape has %d dimensions; at most %d are read", to.count,
                              SIM_ONNX_MOST_RANK);
    rank = x->rank;
    memcpy(dims, x->dims, sizeof dims);
    return sim_onnx_broadcast(node, &rank, dims, to.count, to.items) &&
           sim_onnx_shape(node, 0, rank, dims);
}

bool sim_onnx_tile(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list times = sim_onnx_list(node, "repeats", 1);
    int64_t dims[SIM_ONNX_MOST_RANK];

    /* Opset 1 had a single number of tiles, and an axis. */
    if (x == NULL || !times.known || node->in_count > 2)
        return true;
    if (times.count != x->rank)
        return sim_onnx_wrong(node, "has %d repeats for %d dimensions", times.count, x->rank);
    memcpy(dims, x->dims, sizeof dims);
    for (int d = 0; d < x->rank; d++)
        if (!sim_onnx_times(node, &dims[d], times.items[d]))
            return false;
    return sim_onnx_shape(node, 0, x->rank, dims);
}

/* ---- between channels and space ---- */

static bool blocks(struct sim_onnx_node *node, const struct sim_onnx_tensor *x, int64_t *block)
{
    *block = sim_onnx_int(node, "blocksize", 0);
    if (x->rank != 4)
        return sim_onnx_wrong(node, "its input has %d dimensions, not 4", x->rank);
    if (*block < 1 || *block > INT16_MAX)
        return sim_onnx_wrong(node, "%lld is no blocksize", (long long)*block);
    return true;
}

bool sim_onnx_depth_to_space(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    int64_t block, dims[4];

    if (x == NULL)
        return true;
    if (!blocks(node, x, &block))
        return false;
    if (x->dims[1] % (block * block) != 0)
        return sim_onnx_wrong(node, "%lld channels make no blocks of %lld", (long long)x->dims[1],
                              (long long)block);
    dims[0] = x->dims[0];
    dims[1] = x->dims[1] / (block * block);
    dims[2] = x->dims[2];
    dims[3] = x->dims[3];
    return sim_onnx_times(node, &dims[2], block) && sim_onnx_times(node, &dims[3], block) &&
           sim_onnx_shape(node, 0, 4, dims);
}

bool sim_onnx_space_to_depth(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    int64_t block, dims[4];

    if (x == NULL)
        return true;
    if (!blocks(node, x, &block))
        return false;
    if (x->dims[2] % block != 0 || x->dims[3] % block != 0)
        return sim_onnx_wrong(node, "%lldx%lld makes no blocks of %lld", (long long)x->dims[2],
                              (long long)x->dims[3], (long long)block);
    dims[0] = x->dims[0];
    dims[1] = x->dims[1];
    dims[2] = x->dims[2] / block;
    dims[3] = x->dims[3] / block;
    return sim_onnx_times(node, &dims[1], block * block) && sim_onnx_shape(node, 0, 4, dims);
}

/* ---- Resize, Upsample ---- */

/* Every dimension times its scale, rounded down. */
static bool scale(struct sim_onnx_node *node, const struct sim_onnx_tensor *x, const double *scales,
                  int count)
{
    int64_t dims[SIM_ONNX_MOST_RANK];

    if (count != x->rank)
        return sim_onnx_wrong(node, "has %d scales for %d dimensions", count, x->rank);
    for (int d = 0; d < count; d++) {
        if (!(scales[d] > 0) || isinf(scales[d]))
            return sim_onnx_wrong(node, "%g is no scale", scales[d]);
        dims[d] = sim_onnx_whole(floor((double)x->dims[d] * scales[d]));
    }
    return sim_onnx_shape(node, 0, count, dims);
}

/* x, roi, scales, sizes; before opset 11, x and scales; Upsample 7 has them as an attribute. */
bool sim_onnx_resize(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_tensor *scales = sim_onnx_known(node, node->in_count == 2 ? 1 : 2);
    const struct sim_onnx_list sizes = sim_onnx_list(node, "", 3);
    const Onnx__AttributeProto *said = sim_onnx_attribute(node, "scales");
    double list[SIM_ONNX_MOST_RANK];

    /* A later opset's choice of axes, or of an aspect ratio, is not read: the shape is then not known. */
    if (x == NULL || sim_onnx_attribute(node, "axes") != NULL ||
        sim_onnx_attribute(node, "keep_aspect_ratio_policy") != NULL)
        return true;
    if (sizes.there && !(sizes.known && sizes.count == 0))
        return !sizes.known || sim_onnx_shape(node, 0, sizes.count, sizes.items);
    if (said != NULL && said->n_floats <= SIM_ONNX_MOST_RANK) {
        for (size_t d = 0; d < said->n_floats; d++)
            list[d] = (double)said->floats[d];
        return scale(node, x, list, (int)said->n_floats);
    }
    if (scales == NULL || scales->values == NULL)
        return true;
    return scale(node, x, scales->values, (int)sim_onnx_elements(scales));
}
