/* convolution.c -- direct convolution: by hand, beside a plain sum in the order that is promised, by finite differences,
 * and tiles of an image that give the bits of the whole. */
#include "tests/unit/noise.h"

#include "algorithms/learning/convolution.h"

struct example {
    const char *name;
    struct convolution layer;
};

static struct example examples[] = {
    {"3 x 3, same size", {{3, 7, 9}, 4, 3, 1, {1, 1, 1, 1}}},
    {"5 x 5, no padding", {{2, 8, 6}, 3, 5, 1, {0, 0, 0, 0}}},
    {"1 x 1", {{5, 4, 3}, 2, 1, 1, {0, 0, 0, 0}}},
    {"stride 2, padding 1", {{2, 9, 8}, 3, 3, 2, {1, 1, 1, 1}}},
    {"stride 3 over a kernel of 2", {{2, 10, 11}, 2, 2, 3, {0, 0, 0, 0}}},
    {"another padding at each side", {{2, 6, 5}, 3, 4, 1, {2, 0, 1, 3}}},
    {"stride 2, another padding at each side", {{2, 7, 6}, 3, 3, 2, {0, 2, 3, 1}}},
    {"padding wider than the image", {{1, 2, 1}, 2, 3, 2, {4, 3, 5, 2}}},
    {"one row", {{3, 1, 13}, 2, 3, 1, {1, 1, 0, 1}}},
};

/* The input, or 0 outside; `inside` says which. */
static double input_at(const struct convolution *layer, const double *input, int c, int y, int x,
                       bool *inside)
{
    const struct image_shape *shape = &layer->input;

    *inside = y >= 0 && y < shape->height && x >= 0 && x < shape->width;
    return *inside ? input[(c * shape->height + y) * shape->width + x] : 0;
}

/* One output, added up by channel, kernel row and kernel column. */
static double plain_sum(const struct convolution *layer, const double *weights, double offset,
                        const double *input, int f, int oy, int ox)
{
    const int n = layer->kernel, channels = layer->input.channels;
    double sum = offset;

    for (int c = 0; c < channels; c++)
        for (int ky = 0; ky < n; ky++)
            for (int kx = 0; kx < n; kx++) {
                bool inside;
                const double x =
                    input_at(layer, input, c, oy * layer->stride + ky - layer->padding.top,
                             ox * layer->stride + kx - layer->padding.left, &inside);

                if (inside)
                    sum += weights[((f * channels + c) * n + ky) * n + kx] * x;
            }
    return sum;
}

struct numbers {
    double *weights, *offsets, *input, *output;
    size_t weight_count, input_count, output_count;
};

static struct numbers numbers_of(struct sim_arena *arena, const struct convolution *layer)
{
    struct numbers all = {.weight_count = convolution_weights(layer),
                          .input_count = image_size(layer->input),
                          .output_count = image_size(convolution_output(layer))};

    all.weights = sim_new(arena, double, all.weight_count);
    all.offsets = sim_new(arena, double, (size_t)layer->filters);
    all.input = sim_new(arena, double, all.input_count);
    all.output = sim_new(arena, double, all.output_count);
    random_vector(all.weights, all.weight_count, 21);
    random_vector(all.offsets, (size_t)layer->filters, 22);
    random_vector(all.input, all.input_count, 23);
    return all;
}

static void each_output_is_one_sum_in_one_order(void **state)
{
    const struct convolution *layer = &((const struct example *)*state)->layer;
    struct sim_arena *arena = sim_arena_open();
    const struct numbers n = numbers_of(arena, layer);
    const struct image_shape shape = convolution_output(layer);
    const double *z = n.output;

    convolution_forward(layer, n.weights, n.offsets, n.input, n.output);
    for (int f = 0; f < shape.channels; f++)
        for (int y = 0; y < shape.height; y++)
            for (int x = 0; x < shape.width; x++) {
                const double sum = plain_sum(layer, n.weights, n.offsets[f], n.input, f, y, x);

                assert_memory_equal(z++, &sum, sizeof sum);
            }
    sim_arena_close(arena);
}

/* <outputs, c>: linear in each number, so central differences are exact but for rounding. */
static double along(const struct convolution *layer, const struct numbers *n, const double *c)
{
    double sum = 0;

    convolution_forward(layer, n->weights, n->offsets, n->input, n->output);
    for (size_t i = 0; i < n->output_count; i++)
        sum += n->output[i] * c[i];
    return sum;
}

static void check_slopes(const struct convolution *layer, const struct numbers *n, const double *c,
                         double *numbers, const double *gradient, size_t count, double already)
{
    for (size_t i = 0; i < count; i++) {
        const double held = numbers[i], h = 0.125;
        double above, below;

        numbers[i] = held + h;
        above = along(layer, n, c);
        numbers[i] = held - h;
        below = along(layer, n, c);
        numbers[i] = held;
        assert_true(fabs((above - below) / (2 * h) + already - gradient[i]) <= 1e-11);
    }
}

/* Gradients of weights and offsets are added to the 0.75 that is there; that of the input is written over it. */
static void gradients_are_those_of_finite_differences(void **state)
{
    const struct convolution *layer = &((const struct example *)*state)->layer;
    struct sim_arena *arena = sim_arena_open();
    const struct numbers n = numbers_of(arena, layer);
    const size_t filters = (size_t)layer->filters;
    double *c = sim_new(arena, double, n.output_count);
    double *of_weights = sim_new(arena, double, n.weight_count);
    double *of_offsets = sim_new(arena, double, filters);
    double *of_input = sim_new(arena, double, n.input_count);

    random_vector(c, n.output_count, 24);
    for (size_t i = 0; i < n.weight_count; i++)
        of_weights[i] = 0.75;
    for (size_t i = 0; i < filters; i++)
        of_offsets[i] = 0.75;
    for (size_t i = 0; i < n.input_count; i++)
        of_input[i] = 0.75;
    convolution_backward(layer, n.weights, n.input, c, of_weights, of_offsets, of_input);
    check_slopes(layer, &n, c, n.weights, of_weights, n.weight_count, 0.75);
    check_slopes(layer, &n, c, n.offsets, of_offsets, filters, 0.75);
    check_slopes(layer, &n, c, n.input, of_input, n.input_count, 0);
    sim_arena_close(arena);
}

/* 1 2 3        1 0     9 + 1 + 5, ... : (1 + 5, 2 + 6; 4 + 8, 5 + 9) + 10
 * 4 5 6   by   0 1
 * 7 8 9 */
static void a_convolution_by_hand(void **state)
{
    const struct convolution layer = {{1, 3, 3}, 1, 2, 1, {0, 0, 0, 0}};
    const double input[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, weights[] = {1, 0, 0, 1}, offset = 10;
    double z[4];

    (void)state;
    convolution_forward(&layer, weights, &offset, input, z);
    assert_true(z[0] == 16 && z[1] == 18 && z[2] == 22 && z[3] == 24);
    assert_true(convolution_products(&layer) == 16);
}

/* ---- tiles ---- */

/* Rows first .. first + count - 1 of an output, computed from the rows of the input that they need and no others. */
static void compute_rows(struct sim_arena *arena, const struct convolution *whole,
                         const struct numbers *n, int first, int count, double *output)
{
    const struct image_shape shape = convolution_output(whole), of = whole->input;
    const int top = first * whole->stride - whole->padding.top;
    const int end = top + (count - 1) * whole->stride + whole->kernel;
    const int from = top < 0 ? 0 : top, to = end > of.height ? of.height : end;
    struct convolution tile = *whole;
    double *input, *z;

    tile.input.height = to - from;
    tile.padding.top = from - top;
    tile.padding.bottom = end - to;
    input = sim_new(arena, double, image_size(tile.input));
    z = sim_new(arena, double, image_size(convolution_output(&tile)));
    assert_int_equal(convolution_output(&tile).height, count);
    for (int c = 0; c < of.channels; c++)
        memcpy(input + c * (to - from) * of.width, n->input + (c * of.height + from) * of.width,
               (size_t)((to - from) * of.width) * sizeof *input);
    convolution_forward(&tile, n->weights, n->offsets, input, z);
    for (int f = 0; f < shape.channels; f++)
        memcpy(output + (f * shape.height + first) * shape.width, z + f * count * shape.width,
               (size_t)(count * shape.width) * sizeof *output);
}

/* The same of columns: images laid on their side would not be the same sum, so they are cut as they are. */
static void compute_columns(struct sim_arena *arena, const struct convolution *whole,
                            const struct numbers *n, int first, int count, double *output)
{
    const struct image_shape shape = convolution_output(whole), of = whole->input;
    const int left = first * whole->stride - whole->padding.left;
    const int end = left + (count - 1) * whole->stride + whole->kernel;
    const int from = left < 0 ? 0 : left, to = end > of.width ? of.width : end;
    struct convolution tile = *whole;
    double *input, *z;

    tile.input.width = to - from;
    tile.padding.left = from - left;
    tile.padding.right = end - to;
    input = sim_new(arena, double, image_size(tile.input));
    z = sim_new(arena, double, image_size(convolution_output(&tile)));
    assert_int_equal(convolution_output(&tile).width, count);
    for (int row = 0; row < of.channels * of.height; row++)
        memcpy(input + row * (to - from), n->input + row * of.width + from,
               (size_t)(to - from) * sizeof *input);
    convolution_forward(&tile, n->weights, n->offsets, input, z);
    for (int row = 0; row < shape.channels * shape.height; row++)
        memcpy(output + row * shape.width + first, z + row * count, (size_t)count * sizeof *output);
}

static void tiles_with_halos_give_the_bits_of_the_whole(void **state)
{
    static const struct convolution wholes[] = {{{3, 17, 14}, 4, 3, 1, {1, 1, 1, 1}},
                                                {{2, 17, 19}, 3, 5, 1, {2, 2, 2, 2}},
                                                {{2, 18, 17}, 3, 3, 2, {1, 1, 1, 1}}};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (int run = 0; run < 3 * 4; run++) {
        const struct convolution *whole = &wholes[run % 3];
        const struct image_shape shape = convolution_output(whole);
        const struct numbers n = numbers_of(arena, whole);
        const int most = 1 + 2 * (run / 3); /* rows, or columns, of a tile: 1, 3, 5, 7 */
        double *rows = sim_new(arena, double, n.output_count);
        double *columns = sim_new(arena, double, n.output_count);

        convolution_forward(whole, n.weights, n.offsets, n.input, n.output);
        for (int y = 0; y < shape.height; y += most)
            compute_rows(arena, whole, &n, y, shape.height - y < most ? shape.height - y : most,
                         rows);
        for (int x = 0; x < shape.width; x += most)
            compute_columns(arena, whole, &n, x, shape.width - x < most ? shape.width - x : most,
                            columns);
        assert_memory_equal(rows, n.output, n.output_count * sizeof(double));
        assert_memory_equal(columns, n.output, n.output_count * sizeof(double));
    }
    sim_arena_close(arena);
}

/* ---- pooling ---- */

/* 2 x 2 windows of 2 channels of 3 x 5: the third row and the fifth column fill none. */
static void a_window_gives_its_highest_number_and_the_gradient_goes_there(void **state)
{
    const struct pooling layer = {{2, 3, 5}, 2, 2};
    const double input[30] = {1, 5, -2, -7, 90, 4, 5, -3, -2, 90, 90, 90, 90, 90, 90,
                              8, 1, 0,  0,  90, 2, 3, 0,  6,  90, 90, 90, 90, 90, 90};
    const double d[4] = {0.5, 0.25, 3, 7};
    double z[4], e[30];
    int places[4];

    (void)state;
    pooling_forward(&layer, input, z, places);
    assert_true(z[0] == 5 && z[1] == -2 && z[2] == 8 && z[3] == 6);
    assert_true(places[0] == 1 && places[1] == 2 && places[2] == 15 && places[3] == 23);
    pooling_backward(&layer, places, d, e);
    for (int i = 0; i < 30; i++)
        assert_true(e[i] == (i == 1 ? 0.5 : i == 2 ? 0.25 : i == 15 ? 3 : i == 23 ? 7 : 0));
}

/* 3 x 3 windows two apart share a row and a column: a number may be the highest of several. */
static void windows_that_overlap_add_their_gradients(void **state)
{
    const struct pooling layer = {{1, 5, 5}, 3, 2};
    double input[25], z[4], e[25];
    const double d[4] = {1, 2, 4, 8};
    int places[4];

    (void)state;
    random_vector(input, 25, 8);
    input[12] = 50; /* in all four */
    pooling_forward(&layer, input, z, places);
    pooling_backward(&layer, places, d, e);
    for (int i = 0; i < 25; i++)
        assert_true(e[i] == (i == 12 ? 15 : 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_by_hand),
        cmocka_unit_test(tiles_with_halos_give_the_bits_of_the_whole),
        cmocka_unit_test(a_window_gives_its_highest_number_and_the_gradient_goes_there),
        cmocka_unit_test(windows_that_overlap_add_their_gradients),
    };

    return RUN_CASES(each_output_is_one_sum_in_one_order, examples) +
           RUN_CASES(gradients_are_those_of_finite_differences, examples) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
