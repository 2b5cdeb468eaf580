/* spatial.c -- maps in tiles: what tiles hold and lack, on tables of layers and on real convolutions. */
#include "tests/unit/noise.h"

#include "algorithms/inference/rules/spatial.h"
#include "algorithms/learning/network.h"

#include <string.h>

static struct sim_arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = sim_arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

#define HEAD "name,kind,input,output,parameters,macs,activation_bytes,kernel,stride,padding\n"

static const char small[] = HEAD "c1,conv,2x22x36,3x22x36,57,42768,9504,3,1,1\n"
                                 "p1,pool,3x22x36,3x11x18,0,0,2376,2,2,0\n"
                                 "c2,conv,3x11x18,4x11x18,304,59400,3168,5,1,2\n";

static const struct windows_chain *chain_of(const char *text, int count)
{
    struct windows_chain *chain = sim_new(arena, struct windows_chain, 1);
    struct sim_error err = {0};
    const struct sim_model *model = sim_model_parse(arena, "small.csv", text, strlen(text), &err);

    if (model == NULL || !windows_open(arena, model, count, chain, &err))
        fail_msg("%s", err.text);
    return chain;
}

static void grids_are_nearly_square(void **state)
{
    static const int expected[][3] = {{64, 8, 8}, {32, 4, 8}, {16, 4, 4}, {8, 2, 4},
                                      {7, 1, 7},  {1, 1, 1},  {12, 3, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct spatial_grid grid = spatial_grid_of(expected[i][0]);

        assert_int_equal(grid.rows, expected[i][1]);
        assert_int_equal(grid.columns, expected[i][2]);
    }
}

/* All maps, both ways to cut. */
static void tiles_make_up_each_map(void **state)
{
    (void)state;
    for (int is_alone = 0; is_alone < 2; is_alone++) {
        const struct spatial_cut cut = {chain_of(small, 3), {2, 5}, is_alone};

        for (int layer = -1; layer < 3; layer++) {
            int64_t bytes = 0;
            double share = 0;

            for (int t = 0; t < 10; t++) {
                bytes += spatial_bytes(&cut, layer, t);
                share += spatial_share(&cut, layer, t);
            }
            assert_int_equal(bytes, layer < 0 ? 6336 : cut.chain->layers[layer].out.bytes);
            assert_close(share, 1, 1e-12);
        }
    }
}

/* FDSP's cuts are the last map's, 3.6 columns wide, times the strides behind. */
static void tiles_of_their_own_keep_the_lines_of_the_last_map(void **state)
{
    const struct spatial_cut cut = {chain_of(small, 3), {2, 5}, true};

    (void)state;
    assert_int_equal(spatial_columns(&cut, 2, 1).first, 3);
    assert_int_equal(spatial_columns(&cut, 2, 1).end, 7);
    assert_int_equal(spatial_columns(&cut, 1, 1).first, 3);
    assert_int_equal(spatial_columns(&cut, 0, 1).first, 6);
    assert_int_equal(spatial_columns(&cut, -1, 1).end, 14);
    assert_int_equal(spatial_rows(&cut, -1, 7).first, 10);
}

static void halos_and_what_a_tile_has_are_what_it_needs(void **state)
{
    const struct spatial_cut cut = {chain_of(small, 3), {2, 3}, false};

    (void)state;
    for (int layer = 0; layer < 3; layer++)
        for (int to = 0; to < 6; to++) {
            int64_t bytes = 0;

            for (int from = 0; from < 6; from++)
                bytes += spatial_halo_bytes(&cut, layer, from, to);
            assert_int_equal(bytes, spatial_needed_bytes(&cut, layer, to));
        }
    /* c2: 5 x 6 places of tile 0, from tile 1 two columns of its 5 rows, from tile 4 two by two */
    assert_int_equal(spatial_halo_bytes(&cut, 2, 1, 0), 4 * 3 * 5 * 2);
    assert_int_equal(spatial_halo_bytes(&cut, 2, 4, 0), 4 * 3 * 2 * 2);
    assert_int_equal(spatial_halo_bytes(&cut, 2, 2, 0), 0);
}

static void refuses(const char *text, int layers, struct spatial_grid grid, bool is_alone,
                    const char *sentence)
{
    const struct spatial_cut cut = {chain_of(text, layers), grid, is_alone};
    struct sim_error err = {0};

    assert_false(spatial_fits(&cut, &err));
    if (strstr(err.text, sentence) == NULL)
        fail_msg("'%s' is not in: %s", sentence, err.text);
}

static void what_cannot_be_cut_is_refused(void **state)
{
    static const char strided[] = HEAD "c1,conv,3x224x224,64x55x55,23296,70276800,774400,11,4,2\n";
    struct sim_error err = {0};
    const struct spatial_cut fine = {chain_of(small, 3), {2, 5}, true};

    (void)state;
    assert_true(spatial_fits(&fine, &err));
    refuses(small, 3, (struct spatial_grid){12, 2}, true,
            "12 x 2 tiles are more than p1 has places: 11 x 18");
    refuses(small, 3, (struct spatial_grid){40, 2}, false, "more than the input has places");
    refuses(
        small, 3, (struct spatial_grid){2, 10}, true,
        "reach 2 places beyond a tile, but the smallest of 2 x 10 tiles has 5 x 1 places there");
    refuses(strided, 1, (struct spatial_grid){2, 2}, true,
            "Layer 'c1' makes 55 x 55 places of 224 x 224");
}

/* ---- real convolutions ---- */

enum { CHANNELS = 2, ROWS = 22, COLUMNS = 36 };
static const struct image_shape image = {CHANNELS, ROWS, COLUMNS};

static const struct network_part parts[] = {
    {NETWORK_CONVOLUTION, .filters = 3, .kernel = 3, .stride = 1, .padding = 1},
    {NETWORK_POOL, .kernel = 2, .stride = 2},
    {NETWORK_CONVOLUTION, .filters = 4, .kernel = 5, .stride = 1, .padding = 2},
};
enum { DEPTH = 3 };

struct real {
    const struct network *network;
    double *parameters, *input;
    struct network_stash *stash;
};

static struct real open_real(void)
{
    struct real real = {.network = network_open(arena, image, parts, DEPTH)};

    real.parameters = sim_new(arena, double, real.network->parameter_count);
    real.input = sim_new(arena, double, image_size(image));
    real.stash = network_stash_open(arena, real.network);
    network_initialise(real.network, real.parameters, 17, 0);
    random_vector(real.input, image_size(image), 5);
    network_forward(real.network, real.parameters, real.input, real.stash);
    return real;
}

static double at(const double *map, struct image_shape shape, int c, int y, int x)
{
    return map[((size_t)c * (size_t)shape.height + (size_t)y) * (size_t)shape.width + (size_t)x];
}

/* That part of a map, all its channels. */
static double *crop(const double *map, struct image_shape shape, struct windows_span rows,
                    struct windows_span columns)
{
    const int height = windows_length(rows), width = windows_length(columns);
    double *part = sim_new(arena, double, (size_t)(shape.channels * height * width));

    for (int c = 0, i = 0; c < shape.channels; c++)
        for (int y = rows.first; y < rows.end; y++)
            for (int x = columns.first; x < columns.end; x++)
                part[i++] = at(map, shape, c, y, x);
    return part;
}

/* Zeros that a tile pads at each side: only where the image ends. */
static struct image_padding padding_of(const struct sim_window *w, struct windows_span rows,
                                       struct windows_span columns, struct image_shape shape)
{
    const int bottom = (rows.end - 1) * w->stride - w->padding + w->kernel - shape.height;
    const int right = (columns.end - 1) * w->stride - w->padding + w->kernel - shape.width;
    const int top = w->padding - rows.first * w->stride;
    const int left = w->padding - columns.first * w->stride;

    return (struct image_padding){top > 0 ? top : 0, bottom > 0 ? bottom : 0, left > 0 ? left : 0,
                                  right > 0 ? right : 0};
}

/* One layer of one tile, from what its windows reach of the undivided input. */
static void compute_tile(const struct real *real, const struct spatial_cut *cut, int layer,
                         int tile, double *output)
{
    const struct network_layer *l = &real->network->layers[layer];
    const struct windows_layer *table = &cut->chain->layers[layer];
    const struct windows_span rows = spatial_rows(cut, layer, tile);
    const struct windows_span columns = spatial_columns(cut, layer, tile);
    const struct windows_span in_rows = windows_needed(&table->window, rows, table->in.rows);
    const struct windows_span in_columns =
        windows_needed(&table->window, columns, table->in.columns);
    const struct image_shape shape = {l->input.channels, windows_length(in_rows),
                                      windows_length(in_columns)};
    const double *input = crop(real->stash->x[layer], l->input, in_rows, in_columns);

    if (l->kind == NETWORK_POOL) {
        const struct pooling pooling = {shape, l->pooling.kernel, l->pooling.stride};
        int *places = sim_new(arena, int, 4 * ROWS * COLUMNS);

        pooling_forward(&pooling, input, output, places);
    } else {
        struct convolution convolution = l->convolution;

        convolution.input = shape;
        convolution.padding = padding_of(&table->window, rows, columns, l->input);
        convolution_forward(&convolution, real->parameters + l->weights,
                            real->parameters + l->offsets, input, output);
    }
}

static void tiles_with_halos_are_the_undivided_convolution_bit_for_bit(void **state)
{
    static const struct spatial_grid grids[] = {{2, 3}, {1, 7}, {5, 4}, {1, 1}};
    const struct real real = open_real();

    (void)state;
    for (size_t g = 0; g < sizeof grids / sizeof grids[0]; g++) {
        const struct spatial_cut cut = {chain_of(small, DEPTH), grids[g], false};

        for (int layer = 0; layer < DEPTH; layer++)
            for (int t = 0; t < grids[g].rows * grids[g].columns; t++) {
                const struct windows_span rows = spatial_rows(&cut, layer, t);
                const struct windows_span columns = spatial_columns(&cut, layer, t);
                const struct image_shape shape = real.network->layers[layer].output;
                const size_t count =
                    (size_t)(shape.channels * windows_length(rows) * windows_length(columns));
                double *tile = sim_new(arena, double, count);

                compute_tile(&real, &cut, layer, t, tile);
                assert_memory_equal(tile, crop(real.stash->x[layer + 1], shape, rows, columns),
                                    count * sizeof *tile);
            }
    }
}

static bool is_near_a_line(const struct spatial_cut *cut, int y, int x, int reach)
{
    const struct windows_map *last = &cut->chain->layers[DEPTH - 1].out;

    for (int t = 0; t < cut->grid.rows * cut->grid.columns; t++) {
        const struct windows_span rows = spatial_rows(cut, DEPTH - 1, t);
        const struct windows_span columns = spatial_columns(cut, DEPTH - 1, t);

        if (y < rows.first || y >= rows.end || x < columns.first || x >= columns.end)
            continue;
        return (rows.first > 0 && y < rows.first + reach) ||
               (rows.end < last->rows && y >= rows.end - reach) ||
               (columns.first > 0 && x < columns.first + reach) ||
               (columns.end < last->columns && x >= columns.end - reach);
    }
    return false;
}

/* The whole chain on each tile by itself, zeros around it.  A 3 x 3 window spoils one row of c1, and with it one of p1;
 * c2 reaches two further: three of the last map, no more. */
static void tiles_by_themselves_differ_along_their_edges_only(void **state)
{
    const struct real real = open_real();
    const struct spatial_cut cut = {chain_of(small, DEPTH), {1, 2}, true};
    const struct image_shape last = real.network->output;
    int differ = 0;

    (void)state;
    for (int t = 0; t < 2; t++) {
        const struct windows_span rows = spatial_rows(&cut, DEPTH - 1, t);
        const struct windows_span columns = spatial_columns(&cut, DEPTH - 1, t);
        const struct windows_span in_rows = spatial_rows(&cut, -1, t);
        const struct windows_span in_columns = spatial_columns(&cut, -1, t);
        const struct image_shape shape = {CHANNELS, windows_length(in_rows),
                                          windows_length(in_columns)};
        const struct network *alone = network_open(arena, shape, parts, DEPTH);
        const double *output =
            network_forward(alone, real.parameters, crop(real.input, image, in_rows, in_columns),
                            network_stash_open(arena, alone));

        for (int c = 0; c < last.channels; c++)
            for (int y = rows.first; y < rows.end; y++)
                for (int x = columns.first; x < columns.end; x++) {
                    const double a =
                        at(output, alone->output, c, y - rows.first, x - columns.first);
                    const double whole = at(real.stash->x[DEPTH], last, c, y, x);

                    if (!is_near_a_line(&cut, y, x, 3))
                        assert_true(a == whole);
                    else
                        differ += a != whole;
                }
    }
    assert_int_equal(differ, 4 * 11 * 2 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grids_are_nearly_square, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tiles_make_up_each_map, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tiles_of_their_own_keep_the_lines_of_the_last_map,
                                        open_arena, close_arena),
        cmocka_unit_test_setup_teardown(halos_and_what_a_tile_has_are_what_it_needs, open_arena,
                                        close_arena),
        cmocka_unit_test_setup_teardown(what_cannot_be_cut_is_refused, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tiles_with_halos_are_the_undivided_convolution_bit_for_bit,
                                        open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tiles_by_themselves_differ_along_their_edges_only,
                                        open_arena, close_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
