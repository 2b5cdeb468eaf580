/* onnx_broken.c -- files that are no models: every one gives a sentence. */
#include "tests/unit/onnx_net.h"

#include <unistd.h>

static const struct sim_model *parse(struct net *net, const void *bytes, size_t length)
{
    const struct sim_model *model =
        sim_onnx_parse(net->arena, "t.onnx", bytes, length, NULL, &net->err);

    assert_int_equal(model != NULL, net->err.count == 0);
    return model;
}

/* ---- one node that cannot be ---- */

struct wrong {
    const char *name;
    const char *type, *attributes;
    const char *x, *w; /* shapes; w an initializer, NULL for none */
    const char *sentence;
};

static void is_refused(void **state)
{
    const struct wrong *wrong = *state;
    struct net net = net_open();

    net_input(&net, "x", wrong->x);
    if (wrong->w != NULL)
        net_weight(&net, "w", wrong->w);
    net_node(&net, wrong->type, wrong->w == NULL ? "x" : "x w", "y", wrong->attributes);
    assert_null(net_read_with(&net, NULL, false));
    assert_string_equal(net.err.text, sim_text(net.arena, "t.onnx: node 'y' (%s): %s.", wrong->type,
                                               wrong->sentence));
    net_close(&net);
}

static struct wrong wrongs[] = {
    {"channels do not fit", "Conv", "", "1x4x8x8", "5x3x3x3",
     "its input has 4 channels, its weights 3 in 1 groups"},
    {"groups do not divide the filters", "Conv", "group=2", "1x6x8x8", "5x3x3x3",
     "5 filters cannot be split into 2 groups"},
    {"no groups", "Conv", "group=0", "1x3x8x8", "5x3x3x3",
     "5 filters cannot be split into 0 groups"},
    {"a huge number of groups", "Conv", "group=9223372036854775807", "1x3x8x8", "0x3x3x3",
     "dimension 0 of its weights is 0"},
    {"a window wider than the input", "Conv", "", "1x3x2x8", "5x3x3x3",
     "its window is 3 wide, its padded input 2"},
    {"a stride of 0", "Conv", "strides=1,0", "1x3x8x8", "5x3x3x3",
     "0 is no number for its strides"},
    {"a huge dilation", "Conv", "dilations=9223372036854775807,1", "1x3x8x8", "5x3x3x3",
     "9223372036854775807 is no number for its dilations"},
    {"negative pads", "MaxPool", "kernel_shape=2,2 pads=0,-1,0,0", "1x3x8x8", NULL,
     "-1 is no number for its pads"},
    {"pads of the wrong length", "MaxPool", "kernel_shape=2,2 pads=0,1", "1x3x8x8", NULL,
     "its pads has 2 numbers; 4 are needed"},
    {"a pool without a kernel", "MaxPool", "", "1x3x8x8", NULL, "has no kernel_shape"},
    {"a kernel that is not the weights'", "Conv", "kernel_shape=5,5", "1x3x8x8", "5x3x3x3",
     "its kernel_shape says 5, its weights 3"},
    {"a convolution of a matrix", "Conv", "", "3x8", "5x3",
     "its input has 2 dimensions; it needs a batch, channels and one of space at least"},
    {"matrices that do not fit", "Gemm", "", "1x7", "8x9",
     "its rows have 7 numbers, its columns 8"},
    {"stacked matrices that do not fit", "MatMul", "", "2x3x7", "3x7x9",
     "its inputs do not fit: 2 against 3 numbers"},
    {"Gemm of three dimensions", "Gemm", "", "1x2x7", "7x9",
     "multiplies matrices, not tensors of 3 and 2 dimensions"},
    {"sums that do not fit", "Add", "", "1x7", "8", "its inputs do not fit: 7 against 8 numbers"},
    {"an axis behind the last", "ReduceSum", "axes=2,", "1x7", NULL,
     "axis 2 is none of a tensor of 2 dimensions"},
    {"numbers that do not fill a shape", "Reshape", "shape=0,6", "1x7", NULL,
     "7 numbers do not fill its shape"},
    {"a negative shape", "Reshape", "shape=-1,-1", "1x7", NULL, "dimension 1 of its shape is -1"},
    {"a shape that overflows", "Reshape", "shape=4294967296,4294967296", "1x7", NULL,
     "its numbers are more than 64 bits can count"},
    {"a turn that names an axis twice", "Transpose", "perm=0,0", "1x7", NULL,
     "its perm names axis 0 twice"},
    {"a step of 0", "Slice", "starts=0, ends=1, steps=0,", "1x7", NULL, "its step is 0"},
    {"pads below nothing", "Pad", "pads=0,-5,0,-5", "1x7", NULL,
     "dimension 1 of its output would be -3"},
    {"an output that overflows", "Pad", "pads=0,4611686018427387904,0,0", "1x7", NULL,
     "its output is larger than 64 bits can count"},
    {"costs that overflow", "MatMul", "", "1000000000x1000000000", "1000000000x1000000000",
     "its numbers are more than 64 bits can count"},
    {"more dimensions than are read", "Unsqueeze", "axes=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14", "1x7",
     NULL, "its output has 17 dimensions; at most 16 are read"},
};

/* ---- graphs ---- */

static void assert_refused(struct net *net, const char *shapes, const char *sentence)
{
    net->err = (struct sim_error){0};
    assert_null(net_read_with(net, shapes, false));
    assert_string_equal(net->err.text, sentence);
}

static void a_file_without_a_graph_is_refused(void **state)
{
    struct net net = net_open();

    (void)state;
    assert_null(parse(&net, "\x08\x07", 2)); /* ir_version 7, and nothing else */
    assert_string_equal(net.err.text, "t.onnx: holds no graph.");
    net_close(&net);
}

static void an_empty_graph_has_no_layers(void **state)
{
    struct net net = net_open();
    const struct sim_model *model = net_read(&net, NULL);

    (void)state;
    assert_int_equal(model->layer_count, 0);
    assert_string_equal(model->name, "t");
    assert_int_equal(model->bytes_per_parameter, 4);
    net_close(&net);
}

static void cycles_and_gaps_are_refused(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x", "1x7");
    net_node(&net, "Add", "x b", "a", "");
    net_node(&net, "Relu", "a", "b", "");
    assert_refused(
        &net, NULL,
        "t.onnx: node 'a' (Add): reads 'b', which no node before it gives: the graph has "
        "a cycle, or its nodes are not in order.");
    net.nodes[0]->input[1] = net_text(&net, "a");
    assert_refused(
        &net, NULL,
        "t.onnx: node 'a' (Add): reads 'a', which no node before it gives: the graph has "
        "a cycle, or its nodes are not in order.");
    net.nodes[0]->input[1] = net_text(&net, "no\nwhere");
    assert_refused(&net, NULL,
                   "t.onnx: node 'a' (Add): reads 'no_where', which nothing in the graph gives.");
    net.nodes[0]->input[1] = net_text(&net, "x");
    net.nodes[1]->output[0] = net_text(&net, "x");
    assert_refused(&net, NULL, "t.onnx: two nodes, or a node and an input, give 'x'.");
    net_close(&net);
}

static void names_that_are_missing_are_told(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "", "1x7");
    assert_refused(&net, NULL, "t.onnx: an input has no name.");
    net_weight(&net, "", "7");
    assert_refused(&net, NULL, "t.onnx: an initializer has no name.");
    net_close(&net);
}

static void a_node_may_lack_name_operator_and_outputs(void **state)
{
    struct net net = net_open();
    Onnx__NodeProto *node = net_node(&net, "", "", "", "");

    (void)state;
    node->op_type = NULL;
    net_output(&net, "nothing");
    assert_int_equal(net_read(&net, NULL)->layer_count, 1);
    assert_int_equal(net.warnings, 1);
    net_close(&net);
}

static void sizes_that_are_none_are_refused(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x", "1x-3");
    net_node(&net, "Relu", "x", "y", "");
    assert_refused(&net, NULL, "t.onnx: dimension 1 of input 'x' is -3.");
    net.inputs[0]->type = net_type(&net, "4294967296x4294967296");
    assert_refused(&net, NULL, "t.onnx: input 'x' is larger than 64 bits can count.");
    net_weight(&net, "w", "3x-2");
    assert_refused(&net, NULL, "t.onnx: dimension 1 of tensor 'w' is -2.");
    net.initializers[0]->dims[0] = net.initializers[0]->dims[1] = INT64_C(1) << 32;
    assert_refused(&net, NULL, "t.onnx: tensor 'w' is larger than 64 bits can count.");
    net.initializers[0]->n_dims = 17;
    assert_refused(&net, NULL, "t.onnx: tensor 'w' has 17 dimensions; at most 16 are read.");
    net_close(&net);
}

/* A layer each of 2^59 numbers: each can be counted, the seventeenth sum cannot. */
static void totals_that_overflow_are_refused(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x", "576460752303423488");
    for (int n = 0; n < 17; n++)
        net_node(&net, "Relu", "x", sim_text(net.arena, "y%d", n), "");
    for (int n = 0; n < 17; n++)
        net_output(&net, sim_text(net.arena, "y%d", n));
    assert_refused(&net, NULL, "t.onnx: its totals are more than 64 bits can count.");
    net_close(&net);
}

/* ---- input_shapes ---- */

static void a_size_that_was_taken_as_1_is_told(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x", "1x3xHx8");
    net_weight(&net, "w", "5x3x3x3");
    net_node(&net, "Conv", "x w", "y", "");
    assert_refused(&net, NULL,
                   "t.onnx: node 'y' (Conv): its window is 3 wide, its padded input 1 (sizes of "
                   "inputs that the file leaves open and that were not told were taken as 1).");
    assert_refused(&net, "x:1x3x2x8",
                   "t.onnx: node 'y' (Conv): its window is 3 wide, its padded input 2.");
    net_close(&net);
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "image", "Nx3xH");
    net_input(&net, "mask", "NxH");
    net_node(&net, "Relu", "image", "y", "");
    assert_refused(&net, "imag:1x3x8", "t.onnx: has no input 'imag'; did you mean 'image'?");
    assert_refused(&net, "image", "t.onnx: 'image' is no shape of an input; one is x:1x3x224x224.");
    assert_refused(&net, "image:1x3x",
                   "t.onnx: '1x3x' is no shape of an input; one is "
                   "1x3x224x224.");
    assert_refused(&net, "image:1x0x3",
                   "t.onnx: '1x0x3' is no shape of an input; one is "
                   "1x3x224x224.");
    assert_refused(&net, "image:1x99999999999x3",
                   "t.onnx: '1x99999999999x3' is no shape of an input; one is 1x3x224x224.");
    assert_refused(&net, "image:3x8", "t.onnx: input 'image' has 3 dimensions, not 2.");
    assert_refused(&net, "image:1x4x8",
                   "t.onnx: dimension 1 of input 'image' is fixed as 3, not 4.");
    assert_refused(&net, "image:1x3x8,mask:1x9", "t.onnx: dimension 'H' cannot be both 8 and 9.");
    assert_refused(&net, "image:1x3x8,image:1x3x8", "t.onnx: input 'image' is given two shapes.");
    net_close(&net);
}

/* ---- bytes ---- */

static void add_small_net(struct net *net)
{
    net_input(net, "x", "Nx3x8x8");
    net_weight(net, "w", "5x3x3x3");
    net_numbers(net, "to", 2, (int64_t[]){0, -1});
    net_node(net, "Conv", "x w", "c", "pads=1,1,1,1");
    net_node(net, "Relu", "c", "r", "");
    net_node(net, "Reshape", "r to", "y", "");
}

static void a_file_that_is_cut_gives_a_sentence_or_a_model(void **state)
{
    struct net net = net_open();
    size_t length;
    uint8_t *bytes;

    (void)state;
    add_small_net(&net);
    bytes = net_bytes(&net, &length);
    for (size_t cut = 0; cut < length; cut++) {
        net.err = (struct sim_error){0};
        parse(&net, bytes, cut);
    }
    net_close(&net);
}

static void a_file_with_a_wrong_byte_gives_a_sentence_or_a_model(void **state)
{
    struct net net = net_open();
    size_t length;
    uint8_t *bytes;

    (void)state;
    add_small_net(&net);
    bytes = net_bytes(&net, &length);
    for (size_t at = 0; at < length; at++)
        for (int bit = 0; bit < 8; bit++) {
            net.err = (struct sim_error){0};
            bytes[at] ^= (uint8_t)(1 << bit);
            parse(&net, bytes, length);
            bytes[at] ^= (uint8_t)(1 << bit);
        }
    net_close(&net);
}

static void other_files_are_no_onnx(void **state)
{
    static const char *const others[] = {"name,kind\nconv1,conv\n", "\xff\xd8\xff\xe0 a picture",
                                         "<?xml version='1.0'?>"};
    struct net net = net_open();

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        net.err = (struct sim_error){0};
        assert_null(parse(&net, others[i], strlen(others[i])));
        assert_string_equal(net.err.text, "t.onnx: is no ONNX file, or is cut off.");
    }
    net_close(&net);
}

/* Types of sequences of sequences: a message in a message, 20,000 deep, as protobuf-c would call itself. */
static void deep_nesting_is_refused_before_the_stack_ends(void **state)
{
    enum { DEEP = 20000, MOST = 11 * DEEP };
    struct net net = net_open();
    uint8_t *bytes = sim_new(net.arena, uint8_t, MOST), *at = bytes + MOST;
    /* From inside out: TypeProto.sequence_type 4, Sequence.elem_type 1; type 2, input 11, graph 7 last. */
    static const uint8_t outer[] = {0x12, 0x5a, 0x3a};

    (void)state;
    for (int level = 0; level < 2 * DEEP + 3; level++) {
        const size_t length = (size_t)(bytes + MOST - at);
        const uint8_t tag =
            level < 2 * DEEP ? (level % 2 == 0 ? 0x0a : 0x22) : outer[level - 2 * DEEP];

        at -= 4; /* a length of four bytes */
        for (int b = 0; b < 4; b++)
            at[b] = (uint8_t)((length >> 7 * b & 0x7f) | (b < 3 ? 0x80 : 0));
        *--at = tag;
    }
    assert_null(parse(&net, at, (size_t)(bytes + MOST - at)));
    assert_string_equal(net.err.text, "t.onnx: its messages are nested more than 100 deep.");
    net_close(&net);
}

static void files_that_cannot_be_read_are_told(void **state)
{
    struct net net = net_open();

    (void)state;
    assert_null(sim_onnx_load(net.arena, "/nowhere/net.onnx", NULL, &net.err));
    assert_string_equal(net.err.text,
                        "/nowhere/net.onnx: cannot be read: No such file or directory.");
    net_close(&net);
}

/* A file without content: sparse, and one byte too long. */
static void files_that_are_too_long_are_not_read(void **state)
{
    char path[] = "/tmp/dmlsim-onnx-XXXXXX";
    struct net net = net_open();
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)INT32_MAX + 1), 0);
    close(fd);
    assert_null(sim_onnx_load(net.arena, path, NULL, &net.err));
    unlink(path);
    assert_non_null(strstr(net.err.text, ": is 2147.5 MB long; at most 2147.5 MB are read."));
    net_close(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_without_a_graph_is_refused),
        cmocka_unit_test(an_empty_graph_has_no_layers),
        cmocka_unit_test(cycles_and_gaps_are_refused),
        cmocka_unit_test(names_that_are_missing_are_told),
        cmocka_unit_test(a_node_may_lack_name_operator_and_outputs),
        cmocka_unit_test(sizes_that_are_none_are_refused),
        cmocka_unit_test(totals_that_overflow_are_refused),
        cmocka_unit_test(a_size_that_was_taken_as_1_is_told),
        cmocka_unit_test(shapes_that_do_not_fit_are_refused),
        cmocka_unit_test(a_file_that_is_cut_gives_a_sentence_or_a_model),
        cmocka_unit_test(a_file_with_a_wrong_byte_gives_a_sentence_or_a_model),
        cmocka_unit_test(other_files_are_no_onnx),
        cmocka_unit_test(deep_nesting_is_refused_before_the_stack_ends),
        cmocka_unit_test(files_that_cannot_be_read_are_told),
        cmocka_unit_test(files_that_are_too_long_are_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + RUN_CASES(is_refused, wrongs);
}
