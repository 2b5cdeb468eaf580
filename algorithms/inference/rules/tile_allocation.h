/* tile_allocation.h -- which node gets how many tiles of an image, and what is known of the nodes.
 *
 * Zhang, Lin, Zhang, Adaptive distributed convolutional neural network inference at the network edge with ADCNN,
 * ICPP 2020: Algorithm 2 (statistics) and Algorithm 3 (allocation). */
#ifndef INFERENCE_TILE_ALLOCATION_H
#define INFERENCE_TILE_ALLOCATION_H

/* Algorithm 2: s_k = (1 - g) s_k + g n_k, where n_k is what node k gave back of the last image within the time
 * limit.  0 <= g <= 1; the paper: 0.9. */
static inline double tile_statistic(double s, double n, double g)
{
    return (1 - g) * s + g * n;
}

/* Algorithm 3: tile after tile goes to the node by which max_k x_k / s_k grows least, of such the first whose own
 * x_k / s_k is least, and which has room: x_k <= most[k] (NULL: all have).  A node with s_k = 0 gets none, unless none
 * has more: then all count the same.  Fills allotted[nodes], and returns how many tiles found a node. */
int tile_allocate(int tiles, const double *s, const int *most, int nodes, int *allotted);

/* max_k x_k / s_k over nodes that have tiles: the time until the last is done, where a node of speed 1 takes 1 for a
 * tile. */
double tile_makespan(const int *allotted, const double *s, int nodes);

#endif
