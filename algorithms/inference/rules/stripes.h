/* stripes.h -- BODP: the rows of every layer shared out among nodes by what they can do, and halos between them.
 *
 * Mao, Chen, Nixon, Krieger, Chen, "MoDNN: Local distributed mobile computing system for deep neural network", DATE
 * 2017: biased one-dimensional partition.  Its exact form is that in which Zhao, Barijough, Gerstlauer, "DeepThings",
 * IEEE TCAD 2018, section V, measured it: node i of N computes ceil(rows c_i / sum c) rows of each layer's output,
 * as far as there are, and what it needs of the layer before and has not computed itself goes from its neighbour to
 * the group owner and from there to it.  Raw frame, first stripes and result go through the owner, too. */
#ifndef INFERENCE_STRIPES_H
#define INFERENCE_STRIPES_H

#include "algorithms/inference/rules/windows.h"

/* When halos are exchanged: before each layer, or before convolutions only.  Then pools, norms and the like follow
 * on what their node has, which computes the few rows that it needs beyond its own stripe once more. */
enum stripes_exchange { STRIPES_EACH_LAYER, STRIPES_CONVOLUTIONS };

/* Layers `first` to `end - 1` without an exchange between. */
struct stripes_block {
    int first, end;
    const struct windows_span *outputs; /* [nodes] rows of the last layer: nobody's twice */
    const struct windows_span *needed;  /* [nodes] rows of the first layer's input */
};

struct stripes {
    const struct windows_chain *chain;
    int nodes, block_count;
    const struct stripes_block *blocks;
};

/* `rows` cut among nodes, in order: ceil(rows x capability / sum) each, as far as there are.  With many nodes the last
 * may have none. */
void stripes_cut(int rows, const double *capabilities, int nodes, struct windows_span *cut);

/* All layers of the chain, which must last, cut in stripes. */
struct stripes stripes_open(struct sim_arena *arena, const struct windows_chain *chain,
                            const double *capabilities, int nodes, enum stripes_exchange exchange);

/* Rows of that layer's output that a node computes on the way to its stripe of the block. */
struct windows_span stripes_rows(const struct stripes *stripes, int block, int layer, int node);

/* Rows of that layer's input that it reads for them. */
struct windows_span stripes_rows_read(const struct stripes *stripes, int block, int layer,
                                      int node);

/* Bytes that a node must hold: all weights, and input and output of the layer that needs most. */
int64_t stripes_held_bytes(const struct stripes *stripes, int node);

/* What node `to` needs for that block (1 or later) of what node `from` computed in the one before: bytes, one way. */
int64_t stripes_halo_bytes(const struct stripes *stripes, int block, int from, int to);

/* Of the network's input, what that node needs; of the result, what it computes. */
int64_t stripes_first_bytes(const struct stripes *stripes, int node);
int64_t stripes_last_bytes(const struct stripes *stripes, int node);

/* Which messages there are. */
struct stripes_traffic {
    const int *expected;    /* [blocks][nodes]: halos that a node waits for before the block */
    const int *all;         /* [blocks]: their sum */
    const bool *takes_part; /* [nodes]: has rows of some block */
    int results;            /* nodes that have rows of the last */
};
struct stripes_traffic stripes_traffic(struct sim_arena *arena, const struct stripes *stripes);

/* A whole inference, where the frame comes from elsewhere: raw frame, first stripes, halos twice, result. */
int64_t stripes_total_bytes(const struct stripes *stripes);

#endif
