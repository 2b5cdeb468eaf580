#include "algorithms/inference/rules/spatial.h"

struct spatial_grid spatial_grid_of(int tiles)
{
    int rows = 1;

    for (int r = 1; r <= tiles / r; r++)
        if (tiles % r == 0)
            rows = r;
    return (struct spatial_grid){rows, tiles / rows};
}

struct windows_span spatial_part(int length, int i, int n)
{
    return (struct windows_span){(int)((int64_t)length * i / n),
                                 (int)((int64_t)length * (i + 1) / n)};
}

static const struct windows_map *map_of(const struct spatial_cut *cut, int layer)
{
    return layer < 0 ? &cut->chain->layers[0].in : &cut->chain->layers[layer].out;
}

/* Of a side that has `length` places here and `last` after the last layer. */
static struct windows_span side(const struct spatial_cut *cut, int length, int last, int i, int n)
{
    struct windows_span span;

    if (!cut->is_alone)
        return spatial_part(length, i, n);
    span = spatial_part(last, i, n);
    return (struct windows_span){span.first * (length / last), span.end * (length / last)};
}

struct windows_span spatial_rows(const struct spatial_cut *cut, int layer, int tile)
{
    const struct windows_map *last = map_of(cut, cut->chain->count - 1);

    return side(cut, map_of(cut, layer)->rows, last->rows, tile / cut->grid.columns,
                cut->grid.rows);
}

struct windows_span spatial_columns(const struct spatial_cut *cut, int layer, int tile)
{
    const struct windows_map *last = map_of(cut, cut->chain->count - 1);

    return side(cut, map_of(cut, layer)->columns, last->columns, tile % cut->grid.columns,
                cut->grid.columns);
}

int64_t spatial_bytes(const struct spatial_cut *cut, int layer, int tile)
{
    return windows_bytes(map_of(cut, layer), spatial_rows(cut, layer, tile),
                         spatial_columns(cut, layer, tile));
}

double spatial_share(const struct spatial_cut *cut, int layer, int tile)
{
    const struct windows_map *map = map_of(cut, layer);

    return (double)windows_length(spatial_rows(cut, layer, tile)) *
           windows_length(spatial_columns(cut, layer, tile)) / ((double)map->rows * map->columns);
}

static struct windows_span needed_rows(const struct spatial_cut *cut, int layer, int tile)
{
    const struct windows_layer *l = &cut->chain->layers[layer];

    return windows_needed(&l->window, spatial_rows(cut, layer, tile), l->in.rows);
}

static struct windows_span needed_columns(const struct spatial_cut *cut, int layer, int tile)
{
    const struct windows_layer *l = &cut->chain->layers[layer];

    return windows_needed(&l->window, spatial_columns(cut, layer, tile), l->in.columns);
}

int64_t spatial_halo_bytes(const struct spatial_cut *cut, int layer, int from, int to)
{
    return windows_bytes(
        map_of(cut, layer - 1),
        windows_common(needed_rows(cut, layer, to), spatial_rows(cut, layer - 1, from)),
        windows_common(needed_columns(cut, layer, to), spatial_columns(cut, layer - 1, from)));
}

int64_t spatial_needed_bytes(const struct spatial_cut *cut, int layer, int tile)
{
    return windows_bytes(map_of(cut, layer - 1), needed_rows(cut, layer, tile),
                         needed_columns(cut, layer, tile));
}

/* ---- what cannot be cut ---- */

static int least_part(int length, int n)
{
    return length / n;
}

/* Rows or columns that windows of the layer reach beyond the tile, at most. */
static int halo_of(const struct sim_window *window)
{
    const int after = window->kernel - window->stride - window->padding;

    return window->padding > after ? window->padding : after;
}

static bool has_enough_places(const struct spatial_cut *cut, const char *where,
                              const struct windows_map *map, struct sim_error *err)
{
    const struct spatial_grid grid = cut->grid;

    return (map->rows >= grid.rows && map->columns >= grid.columns) ||
           sim_fail(err,
                    "%d x %d tiles are more than %s has places: %d x %d; take fewer tiles, or end "
                    "the separable layers before it.",
                    grid.rows, grid.columns, where, map->rows, map->columns);
}

static bool keeps_lines(const struct windows_layer *l, struct sim_error *err)
{
    return (l->in.rows == l->out.rows * l->window.stride &&
            l->in.columns == l->out.columns * l->window.stride) ||
           sim_fail(
               err,
               "Layer '%s' makes %d x %d places of %d x %d: tiles that are computed alone need "
               "an input that is the output times the stride (%d).",
               l->layer->name, l->out.rows, l->out.columns, l->in.rows, l->in.columns,
               l->window.stride);
}

static bool holds_halo(const struct spatial_cut *cut, int layer, struct sim_error *err)
{
    const struct windows_layer *l = &cut->chain->layers[layer];
    const struct windows_map *last = map_of(cut, cut->chain->count - 1);
    const int rows = cut->is_alone
                         ? l->in.rows / last->rows * least_part(last->rows, cut->grid.rows)
                         : least_part(l->in.rows, cut->grid.rows);
    const int columns =
        cut->is_alone ? l->in.columns / last->columns * least_part(last->columns, cut->grid.columns)
                      : least_part(l->in.columns, cut->grid.columns);
    const int halo = halo_of(&l->window);

    return (rows >= halo && columns >= halo) ||
           sim_fail(err,
                    "The windows of layer '%s' reach %d places beyond a tile, but the smallest of "
                    "%d x %d tiles has %d x %d places there: it is smaller than its halo; take "
                    "fewer tiles.",
                    l->layer->name, halo, cut->grid.rows, cut->grid.columns, rows, columns);
}

bool spatial_fits(const struct spatial_cut *cut, struct sim_error *err)
{
    const struct windows_chain *chain = cut->chain;

    if (!has_enough_places(cut, "the input", &chain->layers[0].in, err))
        return false;
    for (int l = 0; l < chain->count; l++)
        if ((cut->is_alone && !keeps_lines(&chain->layers[l], err)) ||
            !has_enough_places(cut, chain->layers[l].layer->name, &chain->layers[l].out, err))
            return false;
    for (int l = 0; l < chain->count; l++)
        if (!holds_halo(cut, l, err))
            return false;
    return true;
}
