#include "algorithms/inference/rules/stripes.h"

#include <math.h>
#include <string.h>

void stripes_cut(int rows, const double *capabilities, int nodes, struct windows_span *cut)
{
    double sum = 0;
    int first = 0;

    for (int i = 0; i < nodes; i++)
        sum += capabilities[i];
    for (int i = 0; i < nodes; i++) {
        /* A share that is a whole number but for rounding is that number. */
        const int share = (int)ceil(rows * capabilities[i] / sum * (1 - 1e-12));
        const int end = share < rows - first ? first + share : rows;

        cut[i] = (struct windows_span){first, end};
        first = end;
    }
}

static bool begins_block(const struct windows_layer *layer, enum stripes_exchange exchange)
{
    return exchange == STRIPES_EACH_LAYER || strcmp(layer->layer->kind, "conv") == 0 ||
           strcmp(layer->layer->kind, "depthwise") == 0;
}

static int end_of_block(const struct windows_chain *chain, int first,
                        enum stripes_exchange exchange)
{
    int end = first + 1;

    while (end < chain->count && !begins_block(&chain->layers[end], exchange))
        end++;
    return end;
}

static struct windows_span needed_of(const struct windows_layer *layer, struct windows_span rows)
{
    return windows_needed(&layer->window, rows, layer->in.rows);
}

struct windows_span stripes_rows(const struct stripes *stripes, int block, int layer, int node)
{
    const struct stripes_block *of = &stripes->blocks[block];
    struct windows_span rows = of->outputs[node];

    for (int l = of->end - 1; l > layer; l--)
        rows = needed_of(&stripes->chain->layers[l], rows);
    return rows;
}

struct windows_span stripes_rows_read(const struct stripes *stripes, int block, int layer, int node)
{
    return needed_of(&stripes->chain->layers[layer], stripes_rows(stripes, block, layer, node));
}

int64_t stripes_held_bytes(const struct stripes *stripes, int node)
{
    int64_t weights = 0, largest = 0;

    for (int b = 0; b < stripes->block_count; b++)
        for (int l = stripes->blocks[b].first; l < stripes->blocks[b].end; l++) {
            const struct windows_layer *layer = &stripes->chain->layers[l];
            const int64_t bytes =
                windows_row_bytes(&layer->in, stripes_rows_read(stripes, b, l, node)) +
                windows_row_bytes(&layer->out, stripes_rows(stripes, b, l, node));

            weights += layer->layer->parameter_bytes;
            largest = bytes > largest ? bytes : largest;
        }
    return weights + largest;
}

struct stripes stripes_open(struct sim_arena *arena, const struct windows_chain *chain,
                            const double *capabilities, int nodes, enum stripes_exchange exchange)
{
    struct stripes_block *blocks = sim_new(arena, struct stripes_block, (size_t)chain->count);
    struct stripes stripes = {.chain = chain, .nodes = nodes, .blocks = blocks};

    for (int first = 0; first < chain->count; first = blocks[stripes.block_count++].end) {
        struct windows_span *outputs = sim_new(arena, struct windows_span, (size_t)nodes);
        struct windows_span *needed = sim_new(arena, struct windows_span, (size_t)nodes);
        const int end = end_of_block(chain, first, exchange), b = stripes.block_count;

        stripes_cut(chain->layers[end - 1].out.rows, capabilities, nodes, outputs);
        blocks[b] = (struct stripes_block){first, end, outputs, needed};
        for (int i = 0; i < nodes; i++)
            needed[i] = needed_of(&chain->layers[first], stripes_rows(&stripes, b, first, i));
    }
    return stripes;
}

/* ---- bytes ---- */

int64_t stripes_halo_bytes(const struct stripes *stripes, int block, int from, int to)
{
    const struct stripes_block *of = &stripes->blocks[block];

    if (from == to)
        return 0;
    return windows_row_bytes(&stripes->chain->layers[of->first].in,
                             windows_common(of->needed[to], of[-1].outputs[from]));
}

int64_t stripes_first_bytes(const struct stripes *stripes, int node)
{
    return windows_row_bytes(&stripes->chain->layers[0].in, stripes->blocks[0].needed[node]);
}

int64_t stripes_last_bytes(const struct stripes *stripes, int node)
{
    return windows_row_bytes(&stripes->chain->layers[stripes->chain->count - 1].out,
                             stripes->blocks[stripes->block_count - 1].outputs[node]);
}

int64_t stripes_total_bytes(const struct stripes *stripes)
{
    int64_t bytes = stripes->chain->layers[0].in.bytes;

    for (int i = 0; i < stripes->nodes; i++)
        bytes += stripes_first_bytes(stripes, i) + stripes_last_bytes(stripes, i);
    for (int b = 1; b < stripes->block_count; b++)
        for (int from = 0; from < stripes->nodes; from++)
            for (int to = 0; to < stripes->nodes; to++)
                bytes += 2 * stripes_halo_bytes(stripes, b, from, to);
    return bytes;
}

struct stripes_traffic stripes_traffic(struct sim_arena *arena, const struct stripes *stripes)
{
    const int nodes = stripes->nodes, blocks = stripes->block_count;
    int *expected = sim_new(arena, int, (size_t)(blocks * nodes));
    int *all = sim_new(arena, int, (size_t)blocks);
    bool *takes_part = sim_new(arena, bool, (size_t)nodes);
    struct stripes_traffic traffic = {expected, all, takes_part, 0};

    for (int b = 0; b < blocks; b++)
        for (int to = 0; to < nodes; to++) {
            for (int from = 0; b > 0 && from < nodes; from++)
                expected[b * nodes + to] += stripes_halo_bytes(stripes, b, from, to) > 0;
            all[b] += expected[b * nodes + to];
            takes_part[to] |= windows_length(stripes->blocks[b].outputs[to]) > 0;
        }
    for (int i = 0; i < nodes; i++)
        traffic.results += stripes_last_bytes(stripes, i) > 0;
    return traffic;
}
