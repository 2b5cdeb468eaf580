/* spatial.h -- maps cut in a grid of tiles, one after the other: what is a tile's of each layer, and what it lacks.
 *
 * Two ways to cut (Zhang, Lin, Zhang, ICPP 2020, sections 2 and 3):
 *   halo:  every map is cut evenly by itself; before each layer a tile asks the others for what its windows reach
 *          beyond it, and what comes out is the undivided result.
 *   alone: fully decomposable spatial partition (FDSP).  The last map is cut evenly, and each one before it at the
 *          same lines, times the strides between: so what a tile needs of a layer is its own, but for the halo, in
 *          place of which it takes zeros. */
#ifndef INFERENCE_SPATIAL_H
#define INFERENCE_SPATIAL_H

#include "algorithms/inference/rules/windows.h"

#include "sim/base/error.h"

struct spatial_grid {
    int rows, columns; /* of tiles */
};

/* The grid of so many tiles that is nearest to a square, wider than high: 64 is 8 x 8, 32 is 4 x 8. */
struct spatial_grid spatial_grid_of(int tiles);

/* Part i of n of a length: it begins at floor(length i / n). */
struct windows_span spatial_part(int length, int i, int n);

struct spatial_cut {
    const struct windows_chain *chain;
    struct spatial_grid grid;
    bool is_alone; /* FDSP */
};

/* Can the chain be cut so?  False with a sentence where a map has fewer rows or columns than the grid, where a tile is
 * smaller than the halo of a window, and, for FDSP, where a layer does not keep the lines of the cut (its input must be
 * its output times its stride). */
bool spatial_fits(const struct spatial_cut *cut, struct sim_error *err);

/* Rows and columns of a tile (row by row, from 0) in what layer `layer` gives; -1: in the input of the first. */
struct windows_span spatial_rows(const struct spatial_cut *cut, int layer, int tile);
struct windows_span spatial_columns(const struct spatial_cut *cut, int layer, int tile);

/* Bytes of that part of the map. */
int64_t spatial_bytes(const struct spatial_cut *cut, int layer, int tile);

/* Its share of the places of the map, 0 .. 1: of the layer's work. */
double spatial_share(const struct spatial_cut *cut, int layer, int tile);

/* Bytes that tile `to` needs of the input of layer `layer` >= 0, and tile `from` holds; of itself: what it has there
 * already.  With layer 0 and from = to: without its halo. */
int64_t spatial_halo_bytes(const struct spatial_cut *cut, int layer, int from, int to);

/* All that a tile needs of the input of that layer. */
int64_t spatial_needed_bytes(const struct spatial_cut *cut, int layer, int tile);

#endif
