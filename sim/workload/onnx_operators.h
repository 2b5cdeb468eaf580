/* onnx_operators.h -- inside sim/workload: the functions that the table in onnx_operators.c names.
 *
 * Each gives the node's outputs their shapes, as far as the inputs' are known, and node->macs; false, with a
 * sentence, for a node that cannot be. */
#ifndef SIM_WORKLOAD_ONNX_OPERATORS_H
#define SIM_WORKLOAD_ONNX_OPERATORS_H

#include "sim/workload/onnx.h"

typedef bool sim_onnx_infer(struct sim_onnx_node *node);

/* onnx_windows.c */
sim_onnx_infer sim_onnx_conv, sim_onnx_quantised_conv, sim_onnx_conv_transpose, sim_onnx_pool,
    sim_onnx_global_pool, sim_onnx_unpool;

/* onnx_products.c */
sim_onnx_infer sim_onnx_gemm, sim_onnx_matmul, sim_onnx_quantised_matmul, sim_onnx_einsum,
    sim_onnx_lstm, sim_onnx_gru, sim_onnx_rnn;

/* onnx_elements.c: outputs as large as the inputs */
sim_onnx_infer sim_onnx_as_input, sim_onnx_elementwise, sim_onnx_where, sim_onnx_batch_norm,
    sim_onnx_layer_norm, sim_onnx_dropout, sim_onnx_cast, sim_onnx_compare, sim_onnx_loss,
    sim_onnx_as_second, sim_onnx_dequantize, sim_onnx_dynamic_quantize, sim_onnx_as_indices;

/* onnx_shapes.c: the same numbers in another shape, or some of them */
sim_onnx_infer sim_onnx_reshape, sim_onnx_flatten, sim_onnx_transpose, sim_onnx_squeeze,
    sim_onnx_unsqueeze, sim_onnx_concat, sim_onnx_split, sim_onnx_slice, sim_onnx_pad,
    sim_onnx_expand, sim_onnx_tile, sim_onnx_depth_to_space, sim_onnx_space_to_depth,
    sim_onnx_resize;

/* onnx_picks.c: outputs whose shape comes from indices, axes or values */
sim_onnx_infer sim_onnx_gather, sim_onnx_gather_nd, sim_onnx_reduce, sim_onnx_arg, sim_onnx_top_k,
    sim_onnx_one_hot, sim_onnx_shape_of, sim_onnx_size_of, sim_onnx_constant,
    sim_onnx_constant_of_shape, sim_onnx_range, sim_onnx_random, sim_onnx_not_told, sim_onnx_det,
    sim_onnx_grid_sample, sim_onnx_roi_align;

#endif
