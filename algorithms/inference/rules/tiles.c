#include "algorithms/inference/rules/tiles.h"

static int part_length(int size, int parts)
{
    return (size + parts - 1) / parts;
}

/* Part i of n of `size`. */
static struct windows_span part(int size, int i, int n)
{
    const int length = part_length(size, n);

    return (struct windows_span){i * length, i == n - 1 ? size : (i + 1) * length};
}

static void trace_back(const struct windows_chain *chain, int count, int tile,
                       struct tiles_region *regions)
{
    for (int l = chain->count - 1; l >= 0; l--) {
        const struct windows_layer *layer = &chain->layers[l];
        const struct tiles_region *out = &regions[(l + 1) * count + tile];

        regions[l * count + tile] =
            (struct tiles_region){windows_needed(&layer->window, out->rows, layer->in.rows),
                                  windows_needed(&layer->window, out->columns, layer->in.columns)};
    }
}

/* ---- what makes no sense ---- */

static bool all_have_some(int size, int parts, const char *what, struct sim_error *err)
{
    const int length = part_length(size, parts), used = part_length(size, length);

    if (parts > size)
        return sim_fail(
            err, "a grid of %d %s of tiles cuts a last map of %d: it has more tiles than pixels.",
            parts, what, size);
    return used == parts || sim_fail(err,
                                     "a grid of %d %s of tiles gives %d of %d to each, so that %d "
                                     "are enough and the last would be "
                                     "empty; ask for %d.",
                                     parts, what, length, size, used, used);
}

/* A full tile has `length` of the output's `size`, and in the frame as many times more as that is larger.  Tiles at
 * the end may have less; they reach into their neighbours no further than the others. */
static bool holds_its_halo(struct windows_span needed, struct windows_span own, int length,
                           int size, int frame, const char *what, struct sim_error *err)
{
    const double scale = (double)frame / size;
    const double before = own.first * scale - needed.first;
    const double after = needed.end - own.end * scale;
    const double halo = before > after ? before : after;

    return halo <= length * scale ||
           sim_fail(err,
                    "a tile has %g %s of the frame for its own, and needs %g more of them on one "
                    "side: it is smaller than its halo; ask for a coarser grid, or for fewer "
                    "layers.",
                    length * scale, what, halo);
}

static bool make_sense(const struct tiles *tiles, struct sim_error *err)
{
    const struct windows_map *in = &tiles->chain->layers[0].in;
    const struct windows_map *out = &tiles->chain->layers[tiles->chain->count - 1].out;
    const int rows = part_length(out->rows, tiles->down);
    const int columns = part_length(out->columns, tiles->across);

    for (int t = 0; t < tiles->count; t++) {
        const struct tiles_region *first = tiles_region_of(tiles, 0, t);
        const struct tiles_region *last = tiles_region_of(tiles, tiles->chain->count, t);

        if (!holds_its_halo(first->rows, last->rows, rows, out->rows, in->rows, "rows", err) ||
            !holds_its_halo(first->columns, last->columns, columns, out->columns, in->columns,
                            "columns", err))
            return false;
    }
    return true;
}

bool tiles_open(struct sim_arena *arena, const struct windows_chain *chain, int down, int across,
                struct tiles *tiles, struct sim_error *err)
{
    const struct windows_map *out = &chain->layers[chain->count - 1].out;
    struct tiles_region *regions;

    if (!all_have_some(out->rows, down, "rows", err) ||
        !all_have_some(out->columns, across, "columns", err))
        return false;
    *tiles = (struct tiles){.chain = chain, .down = down, .across = across, .count = down * across};
    regions =
        sim_new(arena, struct tiles_region, (size_t)(chain->count + 1) * (size_t)tiles->count);
    tiles->regions = regions;
    for (int t = 0; t < tiles->count; t++) {
        regions[chain->count * tiles->count + t] = (struct tiles_region){
            part(out->rows, t / across, down), part(out->columns, t % across, across)};
        trace_back(chain, tiles->count, t, regions);
    }
    return make_sense(tiles, err);
}

/* ---- bytes and work ---- */

double tiles_share(const struct tiles *tiles, int layer, int tile)
{
    const struct tiles_region *region = tiles_region_of(tiles, layer + 1, tile);
    const struct windows_map *out = &tiles->chain->layers[layer].out;

    return (double)windows_length(region->rows) * windows_length(region->columns) /
           ((double)out->rows * out->columns);
}

static int64_t bytes_of(const struct windows_map *map, const struct tiles_region *region)
{
    return windows_bytes(map, region->rows, region->columns);
}

int64_t tiles_first_bytes(const struct tiles *tiles, int tile)
{
    return bytes_of(&tiles->chain->layers[0].in, tiles_region_of(tiles, 0, tile));
}

int64_t tiles_last_bytes(const struct tiles *tiles, int tile)
{
    const int last = tiles->chain->count;

    return bytes_of(&tiles->chain->layers[last - 1].out, tiles_region_of(tiles, last, tile));
}

int64_t tiles_total_bytes(const struct tiles *tiles)
{
    int64_t bytes = tiles->chain->layers[0].in.bytes;

    for (int t = 0; t < tiles->count; t++)
        bytes += tiles_first_bytes(tiles, t) + tiles_last_bytes(tiles, t);
    return bytes;
}

double tiles_redundancy(const struct tiles *tiles)
{
    double whole = 0, all = 0;

    for (int l = 0; l < tiles->chain->count; l++) {
        const double macs = (double)tiles->chain->layers[l].layer->macs;

        whole += macs;
        for (int t = 0; t < tiles->count; t++)
            all += macs * tiles_share(tiles, l, t);
    }
    return whole > 0 ? all / whole : 1;
}

int64_t tiles_largest_bytes(const struct tiles *tiles)
{
    int64_t largest = 0;

    for (int l = 0; l < tiles->chain->count; l++)
        for (int t = 0; t < tiles->count; t++) {
            const int64_t bytes =
                bytes_of(&tiles->chain->layers[l].in, tiles_region_of(tiles, l, t)) +
                bytes_of(&tiles->chain->layers[l].out, tiles_region_of(tiles, l + 1, t));

            largest = bytes > largest ? bytes : largest;
        }
    return largest;
}
