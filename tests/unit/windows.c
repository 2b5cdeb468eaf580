/* windows.c -- what a part of a layer's output needs of its input, against every window looked at one by one. */
#include "tests/unit/close.h"

#include "algorithms/inference/rules/windows.h"

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

static void assert_span(struct windows_span span, int first, int end)
{
    assert_int_equal(span.first, first);
    assert_int_equal(span.end, end);
}

/* Every input that a window of outputs first .. end - 1 touches, marked one by one. */
static struct windows_span touched(const struct sim_window *w, struct windows_span outputs,
                                   int inputs)
{
    struct windows_span span = {inputs, 0};

    for (int o = outputs.first; o < outputs.end; o++)
        for (int k = 0; k < w->kernel; k++) {
            const int i = o * w->stride - w->padding + k;

            if (i < 0 || i >= inputs)
                continue;
            span.first = i < span.first ? i : span.first;
            span.end = i + 1 > span.end ? i + 1 : span.end;
        }
    return span;
}

static void every_part_needs_what_its_windows_touch(void **state)
{
    static const struct sim_window windows[] = {{1, 1, 0},  {3, 1, 1}, {5, 1, 2}, {3, 1, 0},
                                                {2, 2, 0},  {3, 2, 0}, {3, 2, 1}, {7, 2, 3},
                                                {11, 4, 2}, {4, 3, 1}, {1, 2, 0}};

    (void)state;
    for (size_t w = 0; w < sizeof windows / sizeof windows[0]; w++)
        for (int inputs = 13; inputs < 40; inputs += 3) {
            const struct sim_window *window = &windows[w];
            const int outputs =
                (inputs + 2 * window->padding - window->kernel) / window->stride + 1;

            for (int first = 0; first < outputs; first++)
                for (int end = first + 1; end <= outputs; end++) {
                    const struct windows_span part = {first, end};
                    const struct windows_span expected = touched(window, part, inputs);

                    if (window->kernel < window->stride && windows_length(part) > 1)
                        continue; /* gaps: the span is what is between, too */
                    assert_span(windows_needed(window, part, inputs), expected.first, expected.end);
                }
        }
}

/* DeepThings' forms: [a s - f/2, b s + f/2] and [a s, b s + s - 1], clipped; here with the ends behind. */
static void convolutions_and_pools_need_what_deepthings_says(void **state)
{
    const struct sim_window conv = {3, 1, 1}, pool = {2, 2, 0};

    (void)state;
    assert_span(windows_needed(&conv, (struct windows_span){17, 29}, 38), 16, 30);
    assert_span(windows_needed(&conv, (struct windows_span){0, 38}, 38), 0, 38);
    assert_span(windows_needed(&conv, (struct windows_span){26, 38}, 38), 25, 38);
    assert_span(windows_needed(&pool, (struct windows_span){17, 29}, 76), 34, 58);
    assert_span(windows_needed(&pool, (struct windows_span){5, 5}, 76), 0, 0);
}

static void spans_have_something_in_common_or_nothing(void **state)
{
    const struct windows_span a = {3, 17}, b = {11, 29}, c = {17, 19};

    (void)state;
    assert_span(windows_common(a, b), 11, 17);
    assert_span(windows_common(b, a), 11, 17);
    assert_span(windows_common(a, c), 0, 0);
}

static const struct sim_model *load(const char *name)
{
    struct sim_error err = {0};
    const struct sim_model *model = sim_model_load(arena, name, &err);

    if (model == NULL)
        fail_msg("%s", err.text);
    return model;
}

static const struct sim_model *parse(const char *text)
{
    struct sim_error err = {0};
    const struct sim_model *model = sim_model_parse(arena, "net.csv", text, strlen(text), &err);

    if (model == NULL)
        fail_msg("%s", err.text);
    return model;
}

static void the_chain_of_a_network_ends_where_its_maps_do(void **state)
{
    (void)state;
    assert_int_equal(windows_countable(load("vgg16")), 18);
    assert_int_equal(windows_countable(load("alexnet")), 8);
    assert_int_equal(windows_countable(load("bvlc_alexnet")), 10);
    assert_int_equal(windows_countable(load("mobilenet_v1")), 28);
    assert_int_equal(windows_countable(load("yolov2")), 25);
    assert_int_equal(windows_countable(load("resnet18")), 4); /* a block's sum is the next */
    assert_int_equal(windows_countable(load("bert_base")), 0);
}

static void rows_and_tiles_have_their_share_of_the_bytes(void **state)
{
    struct windows_chain chain;
    struct sim_error err = {0};
    const struct windows_map *out;

    (void)state;
    assert_true(windows_open(arena, load("yolov2"), 16, &chain, &err));
    assert_int_equal(chain.count, 16);
    out = &chain.layers[15].out;
    assert_true(out->channels == 256 && out->rows == 38 && out->columns == 38);
    assert_int_equal(windows_row_bytes(out, (struct windows_span){13, 26}), 13 * 38 * 256 * 4);
    assert_int_equal(
        windows_bytes(out, (struct windows_span){13, 26}, (struct windows_span){26, 38}),
        13 * 12 * 256 * 4);
    assert_int_equal(chain.layers[0].in.bytes, 3 * 608 * 608 * 4);
}

static void layers_that_look_at_places_alone_need_no_window(void **state)
{
    const struct sim_model *model =
        parse("name,kind,macs,input,output,kernel,stride,padding\n"
              "c,conv,7,3x17x19,5x9x10,3,2,1\nr,relu,0,5x9x10,5x9x10,,,\n");
    struct windows_chain chain;
    struct sim_error err = {0};

    (void)state;
    assert_true(windows_open(arena, model, 2, &chain, &err));
    assert_span(windows_needed(&chain.layers[1].window, (struct windows_span){2, 7}, 9), 2, 7);
}

struct refusal {
    const char *name, *table, *said;
};

#define CUT "cannot be cut in stripes or tiles: "
static struct refusal refusals[] = {
    {"a convolution without a window", "name,kind,macs,input,output\nc,conv,7,3x17x19,5x17x19\n",
     "net: layer 'c' (conv) " CUT "its kernel, stride and padding are not in the table."},
    {"a product of all with all", "name,kind,macs,input,output\nf,fc,7,3x17x19,5\n",
     "net: layer 'f' (fc) " CUT "layers of its kind have no rows that could be shared out."},
    {"a shape that is no map", "name,kind,macs,input,output\nr,relu,7,17x19,17x19\n",
     "net: layer 'r' (relu) " CUT "its input and output must be maps of channels x rows x "
     "columns, with the same whole number of bytes for each place."},
    {"places of unlike bytes",
     "name,kind,macs,input,output,activation_bytes\nr,relu,7,1x3x7,1x3x7,20\n",
     "net: layer 'r' (relu) " CUT "its input and output must be maps of channels x rows x "
     "columns, with the same whole number of bytes for each place."},
    {"a sum of two layers",
     "name,kind,macs,input,output,reads\nr,relu,7,1x3x7,1x3x7,\ns,relu,7,1x3x7,1x3x7,r input\n",
     "net: layer 's' (relu) " CUT "it does not read the layer before it alone."},
    {"a layer that looks past the one before",
     "name,kind,macs,input,output,reads\nr,relu,7,1x3x7,1x3x7,\ns,relu,7,1x3x7,1x3x7,input\n",
     "net: layer 's' (relu) " CUT "it does not read the layer before it alone."},
    {"rows that change by themselves", "name,kind,macs,input,output\nr,cast,7,1x3x7,1x7x3\n",
     "net: layer 'r' (cast) " CUT "it changes rows and columns, and has no window in the table."},
};

static void is_refused(void **state)
{
    const struct refusal *refusal = *state;
    const struct sim_model *model;
    struct windows_chain chain;
    struct sim_error err = {0};

    arena = sim_arena_open();
    model = parse(refusal->table);
    assert_false(windows_open(arena, model, model->layer_count, &chain, &err));
    assert_string_equal(err.text, refusal->said);
    assert_int_equal(windows_countable(model), model->layer_count - 1);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_part_needs_what_its_windows_touch),
        cmocka_unit_test(convolutions_and_pools_need_what_deepthings_says),
        cmocka_unit_test(spans_have_something_in_common_or_nothing),
        cmocka_unit_test(the_chain_of_a_network_ends_where_its_maps_do),
        cmocka_unit_test(rows_and_tiles_have_their_share_of_the_bytes),
        cmocka_unit_test(layers_that_look_at_places_alone_need_no_window),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena) + RUN_CASES(is_refused, refusals);
}
