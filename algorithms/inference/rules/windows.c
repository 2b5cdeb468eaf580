#include "algorithms/inference/rules/windows.h"

#include "sim/workload/shape.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <string.h>

static int at_most(int64_t number, int most)
{
    return number < most ? (int)number : most;
}

struct windows_span windows_needed(const struct sim_window *window, struct windows_span outputs,
                                   int inputs)
{
    const int64_t first = (int64_t)outputs.first * window->stride - window->padding;
    const int64_t end =
        (int64_t)(outputs.end - 1) * window->stride - window->padding + window->kernel;

    if (outputs.end <= outputs.first)
        return (struct windows_span){0, 0};
    return (struct windows_span){first > 0 ? at_most(first, inputs) : 0, at_most(end, inputs)};
}

struct windows_span windows_common(struct windows_span a, struct windows_span b)
{
    const int first = a.first > b.first ? a.first : b.first, end = a.end < b.end ? a.end : b.end;

    return first < end ? (struct windows_span){first, end} : (struct windows_span){0, 0};
}

int64_t windows_bytes(const struct windows_map *map, struct windows_span rows,
                      struct windows_span columns)
{
    const int64_t of_place = map->bytes / ((int64_t)map->rows * map->columns);

    return of_place * windows_length(rows) * windows_length(columns);
}

int64_t windows_row_bytes(const struct windows_map *map, struct windows_span rows)
{
    return windows_bytes(map, rows, (struct windows_span){0, map->columns});
}

struct sim_layer windows_part(const struct windows_layer *layer, double share, int64_t in_bytes)
{
    struct sim_layer part = *layer->layer;

    part.forward_flop *= share;
    part.macs = llround(share * (double)part.macs);
    part.activation_bytes = llround(share * (double)part.activation_bytes);
    part.input_bytes = in_bytes;
    if (part.forward_seconds >= 0)
        part.forward_seconds *= share;
    return part;
}

/* ---- chains ---- */

/* Kinds that have a window, of whatever size: it must be known. */
static bool needs_window(const struct sim_layer *layer)
{
    return strcmp(layer->kind, "conv") == 0 || strcmp(layer->kind, "depthwise") == 0 ||
           strcmp(layer->kind, "pool") == 0;
}

/* Kinds whose every output reads the input at its own place. */
static bool looks_at_places(const struct sim_layer *layer)
{
    static const char *const kinds[] = {"norm",  "relu", "activation", "elementwise",
                                        "input", "cast", "dropout"};

    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (strcmp(kinds[k], layer->kind) == 0)
            return true;
    return false;
}

static bool read_map(const char *shape, int64_t bytes, struct windows_map *map)
{
    int64_t sides[3];

    if (sim_shape_sides(shape, sides, 3) != 3)
        return false;
    for (int s = 0; s < 3; s++)
        if (sides[s] < 1 || sides[s] > INT_MAX / 4)
            return false;
    *map = (struct windows_map){(int)sides[0], (int)sides[1], (int)sides[2], bytes};
    return bytes % (sides[1] * sides[2]) == 0;
}

/* NULL, or why layer `place` cannot go on with the chain. */
static const char *take(const struct sim_model *model, int place, struct windows_layer *taken)
{
    const struct sim_layer *layer = &model->layers[place];
    const bool is_first = place == 0;

    *taken = (struct windows_layer){.layer = layer, .window = layer->window};
    if (layer->source_count != 1 || layer->sources[0] != (is_first ? SIM_MODEL_INPUT : place - 1))
        return "it does not read the layer before it alone";
    if (!needs_window(layer) && layer->window.kernel == 0 && !looks_at_places(layer))
        return "layers of its kind have no rows that could be shared out";
    if (!read_map(layer->input, layer->input_bytes, &taken->in) ||
        !read_map(layer->output, layer->activation_bytes, &taken->out))
        return "its input and output must be maps of channels x rows x columns, with the same "
               "whole number of bytes for each place";
    if (taken->window.kernel > 0)
        return NULL;
    if (needs_window(layer))
        return "its kernel, stride and padding are not in the table";
    taken->window = (struct sim_window){1, 1, 0};
    return taken->in.rows == taken->out.rows && taken->in.columns == taken->out.columns
               ? NULL
               : "it changes rows and columns, and has no window in the table";
}

int windows_countable(const struct sim_model *model)
{
    struct windows_layer layer;
    int count = 0;

    while (count < model->layer_count && take(model, count, &layer) == NULL)
        count++;
    return count;
}

bool windows_open(struct sim_arena *arena, const struct sim_model *model, int count,
                  struct windows_chain *chain, struct sim_error *err)
{
    struct windows_layer *layers = sim_new(arena, struct windows_layer, (size_t)count);

    if (count > model->layer_count)
        return sim_fail(err, "%s has %d layers, not %d.", model->name, model->layer_count, count);
    for (int i = 0; i < count; i++) {
        const char *why = take(model, i, &layers[i]);

        if (why != NULL)
            return sim_fail(err, "%s: layer '%s' (%s) cannot be cut in stripes or tiles: %s.",
                            model->name, model->layers[i].name, model->layers[i].kind, why);
    }
    *chain = (struct windows_chain){count, layers};
    return true;
}
