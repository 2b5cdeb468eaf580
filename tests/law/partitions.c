/* partitions.c -- stripes that exchange halos, and fused tiles, give the undivided result bit for bit.
 *
 * Real convolutions and pools, of real numbers; each node holds its own rows alone, and reads of others only what the
 * rule says that they send it. */
#include "tests/unit/close.h"

#include "algorithms/inference/rules/stripes.h"
#include "algorithms/inference/rules/tiles.h"
#include "algorithms/learning/convolution.h"
#include "sim/base/random.h"

static const char TABLE[] = "name,kind,macs,input,output,kernel,stride,padding\n"
                            "c1,conv,1,3x67x59,5x67x59,3,1,1\n"
                            "p1,pool,0,5x67x59,5x33x29,2,2,\n"
                            "c2,conv,1,5x33x29,4x33x29,5,1,2\n"
                            "c3,conv,1,4x33x29,6x17x15,3,2,1\n"
                            "p2,pool,0,6x17x15,6x15x13,3,1,\n"
                            "c4,conv,1,6x15x13,2x15x13,1,1,\n";

static struct sim_arena *arena;
static struct windows_chain chain;
static double *weights[8], *offsets[8],
    *whole[8]; /* whole[l]: what layer l reads; then the result */

static double *numbers(size_t count)
{
    return sim_new(arena, double, count);
}

static struct tiles_region all_of(const struct windows_map *map)
{
    return (struct tiles_region){{0, map->rows}, {0, map->columns}};
}

static size_t size_of(int channels, const struct tiles_region *region)
{
    return (size_t)channels * (size_t)windows_length(region->rows) *
           (size_t)windows_length(region->columns);
}

/* Copy what two regions have in common, of `channels` channels. */
static void copy(int channels, const struct tiles_region *from, const double *source,
                 const struct tiles_region *to, double *target)
{
    const struct windows_span rows = windows_common(from->rows, to->rows);
    const struct windows_span columns = windows_common(from->columns, to->columns);
    const size_t from_width = (size_t)windows_length(from->columns);
    const size_t to_width = (size_t)windows_length(to->columns);

    for (int c = 0; c < channels; c++)
        for (int y = rows.first; y < rows.end; y++)
            for (int x = columns.first; x < columns.end; x++)
                target[((size_t)c * (size_t)windows_length(to->rows) +
                        (size_t)(y - to->rows.first)) *
                           to_width +
                       (size_t)(x - to->columns.first)] =
                    source[((size_t)c * (size_t)windows_length(from->rows) +
                            (size_t)(y - from->rows.first)) *
                               from_width +
                           (size_t)(x - from->columns.first)];
}

/* Zeros that a window of `out` reads before and behind `in`. */
static int before(const struct sim_window *w, struct windows_span in, struct windows_span out)
{
    return in.first - (out.first * w->stride - w->padding);
}

static int behind(const struct sim_window *w, struct windows_span in, struct windows_span out)
{
    const int rest = (out.end - 1) * w->stride - w->padding + w->kernel - in.end;

    return rest > 0 ? rest : 0;
}

/* That part of a layer's output from that part of its input. */
static double *compute(int l, const struct tiles_region *in, const double *input,
                       const struct tiles_region *out)
{
    const struct windows_layer *layer = &chain.layers[l];
    const struct image_shape shape = {layer->in.channels, windows_length(in->rows),
                                      windows_length(in->columns)};
    double *output = numbers(size_of(layer->out.channels, out));

    if (layer->layer->kind[0] == 'p') {
        const struct pooling pool = {shape, layer->window.kernel, layer->window.stride};

        pooling_forward(&pool, input, output,
                        sim_new(arena, int, size_of(layer->out.channels, out)));
    } else {
        const struct convolution convolution = {
            .input = shape,
            .filters = layer->out.channels,
            .kernel = layer->window.kernel,
            .stride = layer->window.stride,
            .padding = {before(&layer->window, in->rows, out->rows),
                        behind(&layer->window, in->rows, out->rows),
                        before(&layer->window, in->columns, out->columns),
                        behind(&layer->window, in->columns, out->columns)}};

        assert_int_equal(convolution_output(&convolution).height, windows_length(out->rows));
        assert_int_equal(convolution_output(&convolution).width, windows_length(out->columns));
        convolution_forward(&convolution, weights[l], offsets[l], input, output);
    }
    return output;
}

static double *noise_of(size_t count, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, 7);
    double *values = numbers(count);

    for (size_t i = 0; i < count; i++)
        values[i] = 2 * sim_random_uniform(random) - 1;
    sim_random_close(random);
    return values;
}

static int open_net(void **state)
{
    struct sim_error err = {0};
    const struct sim_model *model;

    (void)state;
    arena = sim_arena_open();
    model = sim_model_parse(arena, "net.csv", TABLE, sizeof TABLE - 1, &err);
    if (model == NULL || !windows_open(arena, model, model->layer_count, &chain, &err))
        fail_msg("%s", err.text);
    whole[0] = noise_of(3 * 67 * 59, 1000003);
    for (int l = 0; l < chain.count; l++) {
        const struct windows_layer *layer = &chain.layers[l];
        const struct tiles_region in = all_of(&layer->in), out = all_of(&layer->out);
        const size_t k = (size_t)layer->window.kernel;

        weights[l] = noise_of((size_t)layer->in.channels * (size_t)layer->out.channels * k * k,
                              101 + (uint64_t)l);
        offsets[l] = noise_of((size_t)layer->out.channels, 211 + (uint64_t)l);
        whole[l + 1] = compute(l, &in, whole[l], &out);
    }
    return 0;
}

static int close_net(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

/* Bit for bit the same as that part of the undivided result. */
static void assert_is_part(int l, const struct tiles_region *region, const double *part)
{
    const struct windows_map *map = &chain.layers[l].out;
    const struct tiles_region all = all_of(map);
    double *expected = numbers(size_of(map->channels, region));

    copy(map->channels, &all, whole[l + 1], region, expected);
    assert_memory_equal(part, expected, size_of(map->channels, region) * sizeof *expected);
}

/* ---- fused tiles ---- */

static void fused_tiles_are_the_undivided_result_bit_for_bit(void **state)
{
    static const int grids[][2] = {{1, 1}, {2, 2}, {3, 3}, {1, 4}, {3, 2}, {2, 1}};

    (void)state;
    for (size_t g = 0; g < sizeof grids / sizeof grids[0]; g++) {
        struct tiles tiles;
        struct sim_error err = {0};
        const struct tiles_region frame = all_of(&chain.layers[0].in);

        if (!tiles_open(arena, &chain, grids[g][0], grids[g][1], &tiles, &err))
            fail_msg("%s", err.text);
        for (int t = 0; t < tiles.count; t++) {
            const struct tiles_region *in = tiles_region_of(&tiles, 0, t);
            double *part = numbers(size_of(3, in));

            copy(3, &frame, whole[0], in, part);
            for (int l = 0; l < chain.count; l++) {
                const struct tiles_region *out = tiles_region_of(&tiles, l + 1, t);

                part = compute(l, in, part, out);
                assert_is_part(l, out, part);
                in = out;
            }
        }
    }
}

/* ---- stripes ---- */

static struct tiles_region rows_of(const struct windows_map *map, struct windows_span rows)
{
    return (struct tiles_region){rows, {0, map->columns}};
}

/* What node `to` reads for a block: its own rows, and those that others send it. */
static double *collect(const struct stripes *stripes, int b, int to, double *const *held)
{
    const struct stripes_block *block = &stripes->blocks[b];
    const struct windows_map *map = &chain.layers[block->first].in;
    const struct tiles_region needed = rows_of(map, block->needed[to]);
    double *input = numbers(size_of(map->channels, &needed));

    for (size_t i = 0; i < size_of(map->channels, &needed); i++)
        input[i] = NAN; /* what nobody has sent */
    for (int from = 0; from < stripes->nodes; from++) {
        const struct tiles_region has = rows_of(map, block[-1].outputs[from]);

        if (from == to || stripes_halo_bytes(stripes, b, from, to) > 0)
            copy(map->channels, &has, held[from], &needed, input);
    }
    return input;
}

static double *compute_block(const struct stripes *stripes, int b, int node, const double *input)
{
    const struct stripes_block *block = &stripes->blocks[b];
    struct tiles_region in = rows_of(&chain.layers[block->first].in, block->needed[node]);
    double *output = NULL;

    for (int l = block->first; l < block->end; l++) {
        const struct tiles_region out =
            rows_of(&chain.layers[l].out, stripes_rows(stripes, b, l, node));

        output = compute(l, &in, input, &out);
        input = output;
        in = out;
    }
    return output;
}

static void infer(const double *capabilities, int nodes, enum stripes_exchange exchange)
{
    const struct stripes stripes = stripes_open(arena, &chain, capabilities, nodes, exchange);
    double **held = sim_new(arena, double *, (size_t)nodes);
    double **next = sim_new(arena, double *, (size_t)nodes);
    const struct tiles_region frame = all_of(&chain.layers[0].in);

    for (int b = 0; b < stripes.block_count; b++) {
        const int last = stripes.blocks[b].end - 1;

        for (int i = 0; i < nodes; i++) {
            const struct tiles_region in =
                rows_of(&chain.layers[0].in, stripes.blocks[0].needed[i]);
            const struct tiles_region out =
                rows_of(&chain.layers[last].out, stripes.blocks[b].outputs[i]);
            double *input = b == 0 ? numbers(size_of(3, &in)) : NULL;

            if (windows_length(out.rows) == 0)
                continue;
            if (b == 0)
                copy(3, &frame, whole[0], &in, input);
            next[i] = compute_block(&stripes, b, i, b == 0 ? input : collect(&stripes, b, i, held));
            assert_is_part(last, &out, next[i]);
        }
        for (int i = 0; i < nodes; i++)
            held[i] = next[i];
    }
}

static void stripes_with_halos_are_the_undivided_result_bit_for_bit(void **state)
{
    static const double capabilities[][6] = {
        {1}, {1, 1}, {1, 1, 1}, {3, 1, 0.7}, {1, 1, 1, 1, 1, 1}, {0.11, 5, 2.3, 1, 1, 1}};
    static const int nodes[] = {1, 2, 3, 3, 6, 6};

    (void)state;
    for (int c = 0; c < 6; c++) {
        infer(capabilities[c], nodes[c], STRIPES_EACH_LAYER);
        infer(capabilities[c], nodes[c], STRIPES_CONVOLUTIONS);
    }
}

/* The same arithmetic on what a node has without halos does not give it: the test above can fail. */
static void without_its_halo_a_stripe_differs_at_its_edge(void **state)
{
    const struct tiles_region in = {{0, 30}, {0, 59}}, out = {{0, 30}, {0, 59}};
    const struct tiles_region all = all_of(&chain.layers[0].in);
    double *input = numbers(size_of(3, &in)), *expected = numbers(size_of(5, &out)), *found;
    const struct tiles_region result = all_of(&chain.layers[0].out);

    (void)state;
    copy(3, &all, whole[0], &in, input);
    copy(5, &result, whole[1], &out, expected);
    found = compute(0, &in, input, &out);
    assert_memory_equal(found, expected, (size_t)29 * 59 * sizeof *found);
    assert_memory_not_equal(found + (size_t)29 * 59, expected + (size_t)29 * 59,
                            59 * sizeof *found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused_tiles_are_the_undivided_result_bit_for_bit),
        cmocka_unit_test(stripes_with_halos_are_the_undivided_result_bit_for_bit),
        cmocka_unit_test(without_its_halo_a_stripe_differs_at_its_edge),
    };

    return cmocka_run_group_tests(tests, open_net, close_net);
}
