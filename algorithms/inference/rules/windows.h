/* windows.h -- which rows and columns of a layer's input a part of its output needs.
 *
 * Output i of a window of size k, stride s and padding p reads inputs i s - p to i s - p + k - 1, those that there
 * are.  So outputs a to b need
 *
 *     max(a s - p, 0)  to  min(b s - p + k - 1, inputs - 1)
 *
 * which is [a s - k/2, b s + k/2] for a convolution that keeps its size, and [a s, b s + s - 1] for a pool whose
 * windows touch.  What a part needs and another part holds is its halo. */
#ifndef INFERENCE_WINDOWS_H
#define INFERENCE_WINDOWS_H

#include "sim/workload/model.h"

/* Rows, or columns, `first` to `end - 1`; none when they are equal. */
struct windows_span {
    int first, end;
};

/* What a layer gives, or reads: `bytes` in all, the same for each place. */
struct windows_map {
    int channels, rows, columns;
    int64_t bytes;
};

/* One layer of a chain, in which each layer reads the one before it. */
struct windows_layer {
    const struct sim_layer *layer;
    struct sim_window window; /* 1, 1, 0 of a layer that looks at each number alone */
    struct windows_map in, out;
};

struct windows_chain {
    int count;
    const struct windows_layer *layers;
};

static inline int windows_length(struct windows_span span)
{
    return span.end - span.first;
}

/* Of `inputs` there are, those that some output of that span needs; none for none. */
struct windows_span windows_needed(const struct sim_window *window, struct windows_span outputs,
                                   int inputs);

/* Those that are in both; none where they do not meet. */
struct windows_span windows_common(struct windows_span a, struct windows_span b);

/* Bytes of that part of a map, all its channels. */
int64_t windows_bytes(const struct windows_map *map, struct windows_span rows,
                      struct windows_span columns);

/* Its rows from left to right. */
int64_t windows_row_bytes(const struct windows_map *map, struct windows_span rows);

/* That layer as whoever computes a `share` of its outputs, from so many bytes of its input, meets it: what its part
 * costs.  Parameters are there as a whole. */
struct sim_layer windows_part(const struct windows_layer *layer, double share, int64_t in_bytes);

/* How many layers at the beginning of `model`, which must be complete, are such a chain: the first of them reads the
 * network's input, and the maps of all, and the windows of those that have one, are known. */
int windows_countable(const struct sim_model *model);

/* The first `count` of them.  False with a sentence that names the first layer that is not one, and why. */
bool windows_open(struct sim_arena *arena, const struct sim_model *model, int count,
                  struct windows_chain *chain, struct sim_error *err);

#endif
