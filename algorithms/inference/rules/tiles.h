/* tiles.h -- FTP: the output of a chain of layers cut in a grid, and each tile traced back to the frame.
 *
 * Zhao, Barijough, Gerstlauer, "DeepThings: Distributed adaptive deep learning inference on resource-constrained IoT
 * edge clusters", IEEE TCAD 37(11), 2018: fused tile partitioning, as in its program (src/ftp.c).  A tile of the last
 * output is ceil(rows / down) x ceil(columns / across), the last ones what is left; of every layer before it has what
 * its windows need.  So tiles need nothing of each other, and compute where they overlap more than once. */
#ifndef INFERENCE_TILES_H
#define INFERENCE_TILES_H

#include "algorithms/inference/rules/windows.h"

struct tiles_region {
    struct windows_span rows, columns;
};

struct tiles {
    const struct windows_chain *chain;
    int down, across, count;            /* count = down x across, row by row */
    const struct tiles_region *regions; /* [layers + 1][count]: tiles_region_of */
};

/* The chain must last.  False with a sentence where a tile would be empty, or smaller than its halo: where on one side
 * it would need more rows or columns of the frame than a full tile has of its own. */
bool tiles_open(struct sim_arena *arena, const struct windows_chain *chain, int down, int across,
                struct tiles *tiles, struct sim_error *err);

/* Of what layer `layer` reads, 0 being the frame; of what the last gives for chain->count. */
static inline const struct tiles_region *tiles_region_of(const struct tiles *tiles, int layer,
                                                         int tile)
{
    return &tiles->regions[layer * tiles->count + tile];
}

/* Of layer `layer`'s output, the share of places that the tile computes: 1 is all of them. */
double tiles_share(const struct tiles *tiles, int layer, int tile);

/* Of the frame, what a tile needs; of the result, what it gives. */
int64_t tiles_first_bytes(const struct tiles *tiles, int tile);
int64_t tiles_last_bytes(const struct tiles *tiles, int tile);

/* A whole inference, where the frame comes from elsewhere: raw frame, tiles, result. */
int64_t tiles_total_bytes(const struct tiles *tiles);

/* MACs of all tiles over those of the undivided layers. */
double tiles_redundancy(const struct tiles *tiles);

/* Most bytes of input and output that one tile has at once in some layer. */
int64_t tiles_largest_bytes(const struct tiles *tiles);

#endif
