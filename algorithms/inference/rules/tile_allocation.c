#include "algorithms/inference/rules/tile_allocation.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static bool anybody_is_known(const double *s, int nodes)
{
    for (int k = 0; k < nodes; k++)
        if (s[k] > 0)
            return true;
    return false;
}

/* The node whose (x_k + 1) / s_k is least is one by which the maximum grows least, too: where another would leave the
 * maximum as it is, so does this one. */
static int next_node(const double *s, const int *most, int nodes, const int *allotted,
                     bool all_alike)
{
    double least = INFINITY;
    int next = -1;

    for (int k = 0; k < nodes; k++) {
        const double load = (allotted[k] + 1) / (all_alike ? 1 : s[k]);

        if (load < least && (most == NULL || allotted[k] < most[k])) {
            least = load;
            next = k;
        }
    }
    return next;
}

int tile_allocate(int tiles, const double *s, const int *most, int nodes, int *allotted)
{
    const bool all_alike = !anybody_is_known(s, nodes);

    for (int k = 0; k < nodes; k++)
        allotted[k] = 0;
    for (int tile = 0; tile < tiles; tile++) {
        const int node = next_node(s, most, nodes, allotted, all_alike);

        if (node < 0)
            return tile;
        allotted[node]++;
    }
    return tiles;
}

double tile_makespan(const int *allotted, const double *s, int nodes)
{
    double longest = 0;

    for (int k = 0; k < nodes; k++)
        if (allotted[k] > 0)
            longest = fmax(longest, allotted[k] / s[k]);
    return longest;
}
