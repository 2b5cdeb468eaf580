/* onnx_elements.c -- operators whose output is as large as their inputs: 0 MACs. */
#include "sim/workload/onnx.h"
#include "sim/workload/onnx_operators.h"

#include <string.h>

static void type_of_output(struct sim_onnx_node *node, int type)
{
    if (node->out_count > 0 && node->out[0] != NULL)
        node->out[0]->type = type;
}

bool sim_onnx_as_input(struct sim_onnx_node *node)
{
    return sim_onnx_same(node, 0, sim_onnx_in(node, 0));
}

/* CastLike keeps the shape of the first and takes the type of the second. */
bool sim_onnx_as_second(struct sim_onnx_node *node)
{
    if (sim_onnx_in(node, 1) != NULL)
        type_of_output(node, sim_onnx_in(node, 1)->type);
    return sim_onnx_as_input(node);
}

/* GatherElements: one number for each index. */
bool sim_onnx_as_indices(struct sim_onnx_node *node)
{
    return sim_onnx_same(node, 0, sim_onnx_in(node, 1));
}

bool sim_onnx_cast(struct sim_onnx_node *node)
{
    type_of_output(node, (int)sim_onnx_int(node, "to", 0));
    return sim_onnx_as_input(node);
}

/* Its output is of a floating type, whatever is quantised. */
bool sim_onnx_dequantize(struct sim_onnx_node *node)
{
    type_of_output(node, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    return sim_onnx_as_input(node);
}

/* The numbers, and one scale and one zero for all. */
bool sim_onnx_dynamic_quantize(struct sim_onnx_node *node)
{
    return sim_onnx_as_input(node) && sim_onnx_shape(node, 1, 0, NULL) &&
           sim_onnx_shape(node, 2, 0, NULL);
}

/* All inputs against each other; before opset 7, with the attribute broadcast, the first one's shape. */
bool sim_onnx_elementwise(struct sim_onnx_node *node)
{
    int64_t dims[SIM_ONNX_MOST_RANK];
    int rank = 0;

    if (sim_onnx_int(node, "broadcast", 0) != 0)
        return sim_onnx_as_input(node);
    for (int i = 0; i < node->in_count; i++) {
        const struct sim_onnx_tensor *in = sim_onnx_known(node, i);

        if (in == NULL)
            return true;
        if (!sim_onnx_broadcast(node, &rank, dims, in->rank, in->dims))
            return false;
    }
    return sim_onnx_shape(node, 0, rank, dims);
}

bool sim_onnx_compare(struct sim_onnx_node *node)
{
    type_of_output(node, ONNX__TENSOR_PROTO__DATA_TYPE__BOOL);
    return sim_onnx_elementwise(node);
}

bool sim_onnx_where(struct sim_onnx_node *node)
{
    if (sim_onnx_in(node, 1) != NULL)
        type_of_output(node, sim_onnx_in(node, 1)->type);
    return sim_onnx_elementwise(node);
}

/* In training, statistics too. */
bool sim_onnx_batch_norm(struct sim_onnx_node *node)
{
    for (int k = 1; k < node->out_count; k++)
        if (!sim_onnx_same(node, k, sim_onnx_known(node, 3)))
            return false;
    return sim_onnx_as_input(node);
}

/* Mean and deviation keep the dimensions before the axis. */
bool sim_onnx_layer_norm(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    int64_t dims[SIM_ONNX_MOST_RANK];
    int axis;

    if (x == NULL)
        return true;
    if (!sim_onnx_axis(node, sim_onnx_int(node, "axis", -1), x->rank, &axis))
        return false;
    for (int d = 0; d < x->rank; d++)
        dims[d] = d < axis ? x->dims[d] : 1;
    return sim_onnx_as_input(node) && sim_onnx_shape(node, 1, x->rank, dims) &&
           sim_onnx_shape(node, 2, x->rank, dims);
}

/* The output, and the mask. */
bool sim_onnx_dropout(struct sim_onnx_node *node)
{
    return sim_onnx_as_input(node) && sim_onnx_same(node, 1, sim_onnx_in(node, 0));
}

/* One number, unless the losses of all samples are asked for; then as the labels. */
bool sim_onnx_loss(struct sim_onnx_node *node)
{
    const char *reduction = sim_onnx_word(node, "reduction", "mean");

    if (!sim_onnx_same(node, 1, sim_onnx_in(node, 0))) /* log_prob */
        return false;
    if (strcmp(reduction, "none") == 0)
        return sim_onnx_same(node, 0, sim_onnx_in(node, 1));
    return sim_onnx_shape(node, 0, 0, NULL);
}
