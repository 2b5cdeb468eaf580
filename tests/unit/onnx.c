/* onnx.c -- ONNX models of a few nodes: shapes, MACs, parameters, worked out by hand. */
#include "tests/unit/onnx_net.h"

static void assert_layer(const struct sim_layer *layer, const char *kind, const char *output,
                         int64_t macs, int64_t parameters)
{
    assert_string_equal(layer->kind, kind);
    assert_string_equal(layer->output, output);
    assert_int_equal(layer->macs, macs);
    assert_int_equal(layer->parameters, parameters);
    assert_close(layer->forward_flop, 2.0 * (double)macs, 0);
    assert_close(layer->backward_flop, 4.0 * (double)macs, 0);
    assert_true(layer->forward_seconds < 0 && layer->backward_seconds < 0);
}

/* ---- one node each ---- */

struct one {
    const char *name;
    const char *type, *attributes;
    const char *x, *weights[3]; /* shapes; the weights are initializers */
    const char *kind, *output;
    int64_t macs, parameters, activation_bytes;
};

static void is_counted(void **state)
{
    const struct one *one = *state;
    struct net net = net_open();
    char reads[64] = "x";
    const struct sim_model *model;

    net_input(&net, "x", one->x);
    for (int w = 0; w < 3 && one->weights[w] != NULL; w++) {
        const char name[] = {(char)('a' + w), '\0'};

        net_weight(&net, name, one->weights[w]);
        strcat(strcat(reads, " "), name);
    }
    net_node(&net, one->type, reads, "y", one->attributes);
    model = net_read(&net, NULL);
    assert_int_equal(model->layer_count, 1);
    assert_layer(&model->layers[0], one->kind, one->output, one->macs, one->parameters);
    assert_int_equal(model->layers[0].activation_bytes, one->activation_bytes);
    assert_string_equal(model->layers[0].reads, "");
    assert_int_equal(net.warnings, 0);
    net_close(&net);
}

static struct one ones[] = {
    /* H: reach 2 x 4 + 1 = 9, (37 + 1 + 2 - 9) / 2 + 1 = 16.  W: reach 3, (41 + 0 + 1 - 3) / 3 + 1 = 14.
     * 10 x 16 x 14 = 2,240 outputs of 3 x 5 x 3 = 45 MACs; 450 weights and 10 biases. */
    {"a convolution has strides, pads and dilations of their own in each dimension",
     "Conv",
     "strides=2,3 pads=1,0,2,1 dilations=2,1",
     "1x3x37x41",
     {"10x3x5x3", "10"},
     "conv",
     "10x16x14",
     100800,
     460,
     8960},
    /* 24 x 19 x 23 = 10,488 outputs of 12 / 3 x 3 x 3 = 36 MACs. */
    {"a convolution in groups sees its group's channels",
     "Conv",
     "group=3 pads=1,1,1,1",
     "1x12x19x23",
     {"24x4x3x3"},
     "conv",
     "24x19x23",
     377568,
     864,
     41952},
    /* Depthwise: 7 x 9 x 9 outputs of 9 MACs. */
    {"a depthwise convolution sees one channel",
     "Conv",
     "group=7",
     "1x7x11x11",
     {"7x1x3x3"},
     "conv",
     "7x9x9",
     5103,
     63,
     2268},
    /* 7 / 2 and 8 / 2, rounded up: 5 x 4 x 4 x 27. */
    {"auto_pad SAME_UPPER divides by the stride and rounds up",
     "Conv",
     "auto_pad=SAME_UPPER strides=2,2",
     "1x3x7x8",
     {"5x3x3x3"},
     "conv",
     "5x4x4",
     2160,
     135,
     320},
    /* (7 - 3) / 2 + 1 = 3, (8 - 3) / 2 + 1 = 3: 5 x 3 x 3 x 27. */
    {"auto_pad VALID pads nothing",
     "Conv",
     "auto_pad=VALID strides=2,2",
     "1x3x7x8",
     {"5x3x3x3"},
     "conv",
     "5x3x3",
     1215,
     135,
     180},
    /* 17 - 4 + 1 = 14; 7 x 14 x 2 x 4. */
    {"a convolution has one dimension",
     "Conv",
     "",
     "1x2x17",
     {"7x2x4"},
     "conv",
     "7x14",
     784,
     56,
     392},
    /* 3 x (4 x 4 x 4) outputs of 2 x 2 x 3 x 4 = 48. */
    {"a convolution has three dimensions",
     "Conv",
     "",
     "1x2x5x6x7",
     {"3x2x2x3x4"},
     "conv",
     "3x4x4x4",
     9216,
     144,
     768},
    /* H: 4 x 2 + 4 + 1 - 2 = 11.  W: 5 x 3 + 3 - 2 = 16.  3 x 5 x 6 inputs of 2 x 4 x 3 MACs. */
    {"a transposed convolution spreads its inputs",
     "ConvTranspose",
     "strides=2,3 pads=1,0,1,2 output_padding=1,0",
     "1x3x5x6",
     {"3x2x4x3", "2"},
     "conv",
     "2x11x16",
     2160,
     74,
     1408},
    /* 7 x 11 MACs, and 11 biases. */
    {"Gemm with transB is a fully connected layer",
     "Gemm",
     "transB=1",
     "1x7",
     {"11x7", "11"},
     "fc",
     "11",
     77,
     88,
     44},
    /* Five samples share 5 x 7 x 11 MACs. */
    {"a batch of five is divided by five",
     "Gemm",
     "",
     "5x7",
     {"7x11", "11"},
     "fc",
     "11",
     77,
     88,
     44},
    /* A' is 7 x 3: A' B = 7 x 3 x 2; of the batch of 3 (the first dimension) a third, rounded up. */
    {"a share of a batch is rounded up",
     "Gemm",
     "transA=1",
     "3x7",
     {"3x2"},
     "fc",
     "7x2",
     14,
     6,
     20},
    /* 13 x 7 x 9 */
    {"MatMul with a weight is a fully connected layer",
     "MatMul",
     "",
     "2x13x7",
     {"7x9"},
     "fc",
     "13x9",
     819,
     63,
     468},
    {"MatMul with stacked matrices broadcasts them",
     "MatMul",
     "",
     "2x1x13x7",
     {"4x7x9"},
     "fc",
     "4x13x9",
     3276,
     252,
     1872},
    /* Every letter a loop: 3 x 5 x 7, of one sample. */
    {"Einsum loops over its letters",
     "Einsum",
     "equation=bij,jk->bik",
     "2x3x5",
     {"5x7"},
     "fc",
     "3x7",
     105,
     35,
     84},
    {"Einsum may leave dimensions nameless",
     "Einsum",
     "equation=...ij,jk",
     "2x3x5",
     {"5x7"},
     "fc",
     "3x7",
     105,
     35,
     84},
    /* 6 steps x 2 directions x 4 gates x (7 + 3) x 3. */
    {"an LSTM's batch is its input's second dimension",
     "LSTM",
     "hidden_size=3",
     "6x5x7",
     {"2x12x7", "2x12x3", "2x24"},
     "lstm",
     "6x2x5x3",
     1440,
     288,
     144},
    {"a GRU has three gates",
     "GRU",
     "hidden_size=3",
     "6x1x7",
     {"1x9x7", "1x9x3"},
     "gru",
     "6x1x3",
     540,
     90,
     72},
    {"an RNN has one, and with layout 1 the batch is first",
     "RNN",
     "hidden_size=3 layout=1",
     "5x6x7",
     {"1x3x7", "1x3x3"},
     "rnn",
     "6x1x3",
     180,
     30,
     72},
    /* (8 - 3) / 2 + 1 = 3, rounded up 4; the fourth begins at 6, within the input. */
    {"a pool rounds down",
     "MaxPool",
     "kernel_shape=3,3 strides=2,2",
     "1x5x8x8",
     {0},
     "pool",
     "5x3x3",
     0,
     0,
     180},
    {"a pool with ceil_mode rounds up",
     "MaxPool",
     "kernel_shape=3,3 strides=2,2 ceil_mode=1",
     "1x5x8x8",
     {0},
     "pool",
     "5x4x4",
     0,
     0,
     320},
    /* (5 + 1 - 2) / 3 + 1 = 2; a third would begin at 6, behind the input's 5 and the padding before. */
    {"no window begins in the padding behind",
     "AveragePool",
     "kernel_shape=2,2 strides=3,3 pads=0,0,1,1 ceil_mode=1",
     "1x5x5x5",
     {0},
     "pool",
     "5x2x2",
     0,
     0,
     80},
    {"a pool pads by itself",
     "AveragePool",
     "kernel_shape=3,3 strides=2,2 auto_pad=SAME_LOWER",
     "1x5x7x8",
     {0},
     "pool",
     "5x4x4",
     0,
     0,
     320},
    {"a global pool leaves the channels",
     "GlobalAveragePool",
     "",
     "1x5x7x9",
     {0},
     "pool",
     "5x1x1",
     0,
     0,
     20},
    /* Scale and shift; the mean and the deviation are no parameters. */
    {"batch normalisation has two parameters a channel",
     "BatchNormalization",
     "",
     "1x5x7x9",
     {"5", "5"},
     "norm",
     "5x7x9",
     0,
     10,
     1260},
    {"LRN has none", "LRN", "size=3", "1x5x7x9", {0}, "norm", "5x7x9", 0, 0, 1260},
    {"instance normalisation has two",
     "InstanceNormalization",
     "",
     "1x5x7x9",
     {"5", "5"},
     "norm",
     "5x7x9",
     0,
     10,
     1260},
    {"Relu is as its input", "Relu", "", "1x5x7x9", {0}, "relu", "5x7x9", 0, 0, 1260},
    {"PRelu has a slope a channel", "PRelu", "", "1x5x7x9", {"5x1x1"}, "relu", "5x7x9", 0, 5, 1260},
    {"Clip's limits are no parameters", "Clip", "", "1x5", {"1", "1"}, "activation", "5", 0, 0, 20},
    {"Add broadcasts", "Add", "", "1x5x1x9", {"5x7x1"}, "add", "5x7x9", 0, 35, 1260},
    {"Softmax is as its input", "Softmax", "axis=1", "1x10", {0}, "softmax", "10", 0, 0, 40},
    {"Dropout is as its input", "Dropout", "", "1x10", {0}, "dropout", "10", 0, 0, 40},
    {"Flatten makes two dimensions",
     "Flatten",
     "axis=1",
     "1x5x7x9",
     {0},
     "reshape",
     "315",
     0,
     0,
     1260},
    {"Transpose turns",
     "Transpose",
     "perm=0,2,3,1",
     "1x5x7x9",
     {0},
     "transpose",
     "7x9x5",
     0,
     0,
     1260},
    {"Transpose without perm reverses",
     "Transpose",
     "",
     "1x5x7x9",
     {0},
     "transpose",
     "9x7x5x1",
     0,
     0,
     1260},
    {"Squeeze with axes takes these",
     "Squeeze",
     "axes=2,",
     "1x5x1x1",
     {0},
     "reshape",
     "5x1",
     0,
     0,
     20},
    {"Squeeze without axes takes every 1", "Squeeze", "", "3x5x1x1", {0}, "reshape", "5", 0, 0, 20},
    {"Unsqueeze adds", "Unsqueeze", "axes=1,-1", "1x5", {0}, "reshape", "1x5x1", 0, 0, 20},
    {"Pad adds before and after",
     "Pad",
     "pads=0,0,1,2,0,0,3,4",
     "1x5x7x9",
     {0},
     "pad",
     "5x11x15",
     0,
     0,
     3300},
    {"Slice counts as Python does",
     "Slice",
     "starts=1,-3 ends=99,99 axes=1,3",
     "1x5x7x9",
     {0},
     "slice",
     "4x7x3",
     0,
     0,
     336},
    {"Reduce keeps a 1", "ReduceMean", "axes=2,3", "1x5x7x9", {0}, "reduce", "5x1x1", 0, 0, 20},
    {"Reduce without keepdims does not",
     "ReduceMean",
     "axes=2,3 keepdims=0",
     "1x5x7x9",
     {0},
     "reduce",
     "5",
     0,
     0,
     20},
    {"a single number is shown as 1",
     "ReduceSum",
     "keepdims=0",
     "1x5x7x9",
     {0},
     "reduce",
     "1",
     0,
     0,
     4},
    {"Reshape before opset 5 has its shape as an attribute",
     "Reshape",
     "shape=0,-1",
     "1x5x7x9",
     {0},
     "reshape",
     "315",
     0,
     0,
     1260},
    {"DepthToSpace moves channels into space",
     "DepthToSpace",
     "blocksize=2",
     "1x12x5x7",
     {0},
     "reshape",
     "3x10x14",
     0,
     0,
     1680},
    {"SpaceToDepth moves them back",
     "SpaceToDepth",
     "blocksize=2",
     "1x3x10x14",
     {0},
     "reshape",
     "12x5x7",
     0,
     0,
     1680},
};

/* ---- shapes that are inputs ---- */

static void shapes_are_inputs_too(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;
    static const char *const outputs[] = {"15x42",  "2x15x21", "2x15x1x21", "2x15x21", "2x4x21",
                                          "2x7x21", "2x14x21", "2x14x63",   "2x14x21"};

    (void)state;
    net_numbers(&net, "to", 3, (int64_t[]){0, -1, 42});
    net_numbers(&net, "to2", 4, (int64_t[]){1, 2, -1, 21});
    net_numbers(&net, "axis", 1, (int64_t[]){3});
    net_numbers(&net, "start", 1, (int64_t[]){-1});
    net_numbers(&net, "end", 1, (int64_t[]){-13});
    net_numbers(&net, "step", 1, (int64_t[]){-3});
    net_numbers(&net, "two", 1, (int64_t[]){2});
    net_numbers(&net, "pads", 8, (int64_t[]){0, 0, 1, 0, 0, 0, 2, 0});
    net_numbers(&net, "times", 4, (int64_t[]){1, 1, 2, 1});
    net_numbers(&net, "bigger", 3, (int64_t[]){1, 1, 63});
    net_numbers(&net, "parts", 2, (int64_t[]){21, 42});
    net_input(&net, "x", "1x5x6x21");
    net_node(&net, "Reshape", "x to", "a", "");
    net_node(&net, "Reshape", "a to2", "b", "");
    net_node(&net, "Unsqueeze", "b axis", "c", "");
    net_node(&net, "Squeeze", "c axis", "d", "");
    /* Of 15, from the last one down to 3, every third: 14, 11, 8, 5. */
    net_node(&net, "Slice", "d start end two step", "e", "");
    net_node(&net, "Pad", "e pads", "f", "");
    net_node(&net, "Tile", "f times", "g", "");
    net_node(&net, "Concat", "g g g", "h", "axis=-1");
    net_node(&net, "Split", "h parts", "i j", "axis=3");
    net_output(&net, "i");
    model = net_read(&net, NULL);
    assert_int_equal(model->layer_count, 9);
    for (int l = 0; l < 9; l++)
        assert_string_equal(model->layers[l].output, outputs[l]);
    /* Only the part that somebody reads is counted: 2 x 14 x 21 numbers. */
    assert_int_equal(model->layers[8].activation_bytes, 2352);
    net_close(&net);
}

/* What exporters write for x.view(x.size(0), -1). */
static void arithmetic_of_shapes_is_followed_and_is_no_layer(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "Nx5x7x9");
    net_numbers(&net, "zero", 1, (int64_t[]){0});
    net_numbers(&net, "rest", 1, (int64_t[]){-1});
    net_node(&net, "Shape", "x", "shape", "");
    net_node(&net, "Gather", "shape zero", "n", "axis=0");
    net_node(&net, "Concat", "n rest", "to", "axis=0");
    net_node(&net, "Reshape", "x to", "y", "");
    model = net_read(&net, "x:4x5x7x9");
    assert_int_equal(model->layer_count, 1);
    assert_layer(&model->layers[0], "reshape", "315", 0, 0);
    assert_string_equal(model->layers[0].input, "5x7x9");
    assert_int_equal(model->input_bytes, 1260);
    net_close(&net);
}

/* What PyTorch writes for a pad of (1, 2, 3, 4): zeros for the other dimensions, pairs, turned back to front. */
static void pads_are_followed_through_two_dimensions(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x", "1x5x7x9");
    net_numbers(&net, "pads", 4, (int64_t[]){1, 2, 3, 4});
    net_numbers(&net, "four", 1, (int64_t[]){4});
    net_numbers(&net, "pairs", 2, (int64_t[]){-1, 2});
    net_numbers(&net, "all", 1, (int64_t[]){-1});
    net_numbers(&net, "end", 1, (int64_t[]){-INT64_MAX});
    net_numbers(&net, "zero", 1, (int64_t[]){0});
    net_node(&net, "ConstantOfShape", "four", "zeros", "");
    net_node(&net, "Concat", "pads zeros", "long", "axis=0");
    net_node(&net, "Reshape", "long pairs", "paired", "");
    net_node(&net, "Slice", "paired all end zero all", "reversed", "");
    net_node(&net, "Transpose", "reversed", "turned", "perm=1,0");
    net_node(&net, "Reshape", "turned all", "flat", "");
    net_node(&net, "Cast", "flat", "whole", "to=7");
    net_node(&net, "Pad", "x whole", "y", "");
    /* 3 and 4 around the 7, 1 and 2 around the 9. */
    assert_layer(&net_read(&net, NULL)->layers[0], "pad", "5x14x12", 0, 0);
    net_close(&net);
}

/* ---- symbols ---- */

static void symbolic_dimensions_are_1_or_as_told(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "Nx3xHxW");
    net_input(&net, "mask", "Nx1xHxW");
    net_weight(&net, "w", "5x3x1x1");
    net_node(&net, "Mul", "x mask", "m", "");
    net_node(&net, "Conv", "m w", "y", "");
    model = net_read(&net, NULL);
    assert_layer(&model->layers[1], "conv", "5x1x1", 15, 15);
    /* H and W hold for the mask too; 5 x 7 x 9 x 3 MACs, whatever N is. */
    net.graph.n_output = 0;
    model = net_read(&net, "x:4x3x7x9");
    assert_layer(&model->layers[1], "conv", "5x7x9", 945, 15);
    assert_int_equal(model->input_bytes, 4 * 63 * (3 + 1));
    net_close(&net);
}

static void an_input_without_a_shape_can_be_given_one(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x:0", NULL);
    net_weight(&net, "w", "7x2");
    net_node(&net, "MatMul", "x:0 w", "y", "");
    assert_layer(&net_read(&net, "x:0:3x7")->layers[0], "fc", "2", 14, 14);
    net_close(&net);
}

/* ---- parameters ---- */

static void a_shared_initializer_is_counted_at_its_first_reader(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "1x7");
    net_weight(&net, "w", "7x7");
    net_weight(&net, "unused", "1000x1000");
    net_node(&net, "MatMul", "x w", "a", "");
    net_node(&net, "MatMul", "a w", "b", "");
    net_node(&net, "Gemm", "b w", "y", "transB=1");
    model = net_read(&net, NULL);
    assert_int_equal(model->layers[0].parameters, 49);
    assert_int_equal(model->layers[1].parameters, 0);
    assert_int_equal(model->layers[2].parameters, 0);
    assert_string_equal(model->layers[2].kind, "fc");
    net_close(&net);
}

static void weights_pass_through_other_nodes(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;
    Onnx__NodeProto *constant;

    (void)state;
    net_input(&net, "x", "1x7");
    net_weight(&net, "w", "11x7");
    net_numbers(&net, "size", 2, (int64_t[]){11, 3});
    net_node(&net, "Transpose", "w", "turned", "");
    net_node(&net, "Identity", "turned", "same", "");
    net_node(&net, "MatMul", "x same", "a", "");
    net_node(&net, "ConstantOfShape", "size", "made", "");
    net_node(&net, "MatMul", "a made", "b", "");
    constant = net_node(&net, "Constant", "", "c", "value=1");
    constant->attribute[0]->has_i = 0;
    constant->attribute[0]->t = net_tensor(&net, "3x2", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    net_node(&net, "MatMul", "b c", "d", "");
    constant = net_node(&net, "Constant", "", "half", "value=1");
    constant->attribute[0]->has_i = 0;
    constant->attribute[0]->t = net_tensor(&net, "", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    net_node(&net, "Mul", "d half", "y", "");
    model = net_read(&net, NULL);
    assert_int_equal(model->layer_count, 4);
    assert_layer(&model->layers[0], "fc", "11", 77, 77);
    assert_layer(&model->layers[1], "fc", "3", 33, 33);
    assert_layer(&model->layers[2], "fc", "2", 6, 6);
    assert_layer(&model->layers[3], "mul", "2", 0, 0); /* a single number is no parameter */
    net_close(&net);
}

static void statistics_states_and_scales_are_no_parameters(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "1x3x8x8");
    net_typed_weight(&net, "w8", "5x3x3x3", ONNX__TENSOR_PROTO__DATA_TYPE__INT8);
    net_typed_weight(&net, "b32", "5", ONNX__TENSOR_PROTO__DATA_TYPE__INT32);
    for (const char *name = "abcdefgh"; *name != '\0'; name++)
        net_weight(&net, (const char[]){*name, '\0'}, "5");
    net_node(&net, "DequantizeLinear", "w8 a b", "w", "axis=0");
    net_node(&net, "DequantizeLinear", "b32 c", "bias", "axis=0");
    net_node(&net, "Conv", "x w bias", "y", "");
    net_node(&net, "BatchNormalization", "y e f g h", "z", "");
    model = net_read(&net, NULL);
    assert_int_equal(model->layer_count, 2);
    assert_layer(&model->layers[0], "conv", "5x6x6", 4860, 140);
    assert_layer(&model->layers[1], "norm", "5x6x6", 0, 10);
    assert_int_equal(model->bytes_per_parameter, 1); /* most of them are */
    assert_int_equal(model->layers[0].activation_bytes, 180);
    net_close(&net);
}

static void numbers_of_two_bytes_are_counted_as_such(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "1x7");
    net_typed_weight(&net, "w", "7x11", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16);
    net_node(&net, "MatMul", "x w", "y", "");
    model = net_read(&net, NULL);
    assert_int_equal(model->bytes_per_parameter, 2);
    assert_int_equal(model->layers[0].activation_bytes, 22);
    assert_int_equal(model->input_bytes, 14);
    net_close(&net);
}

/* x + rows of w, then x w: the 49 are the product's. */
static void who_reads_only_the_size_of_weights_has_no_parameters(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "1x7");
    net_weight(&net, "w", "7x7");
    net_node(&net, "Shape", "w", "shape", "");
    net_node(&net, "Cast", "shape", "sizes", "to=1");
    net_node(&net, "ReduceSum", "sizes", "size", "");
    net_node(&net, "Add", "x size", "a", "");
    net_node(&net, "MatMul", "a w", "y", "");
    model = net_read(&net, NULL);
    assert_layer(&model->layers[0], "add", "7", 0, 0);
    assert_layer(&model->layers[1], "fc", "7", 49, 49);
    net_close(&net);
}

/* Of 7 x 11 numbers, the five that are kept. */
static void of_a_sparse_initializer_the_kept_values_are_parameters(void **state)
{
    struct net net = net_open();
    Onnx__SparseTensorProto sparse = ONNX__SPARSE_TENSOR_PROTO__INIT, *one = &sparse;
    int64_t dims[] = {7, 11};

    (void)state;
    net_input(&net, "x", "1x7");
    sparse.values = net_tensor(&net, "5", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    sparse.values->name = net_text(&net, "w");
    sparse.n_dims = 2;
    sparse.dims = dims;
    net.graph.n_sparse_initializer = 1;
    net.graph.sparse_initializer = &one;
    net_node(&net, "MatMul", "x w", "y", "");
    assert_layer(&net_read(&net, NULL)->layers[0], "fc", "11", 77, 5);
    net_close(&net);
}

/* value_ints, value_floats; a single value_float is no parameter. */
static void a_constant_may_be_a_plain_list(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;
    Onnx__NodeProto *floats;
    float three[] = {1, 2, 3};

    (void)state;
    net_input(&net, "x", "1x12");
    net_node(&net, "Constant", "", "to", "value_ints=1,4,3");
    net_node(&net, "Reshape", "x to", "a", "");
    floats = net_node(&net, "Constant", "", "b", "value_floats=1");
    floats->attribute[0]->has_i = 0;
    floats->attribute[0]->n_floats = 3;
    floats->attribute[0]->floats = three;
    net_node(&net, "Add", "a b", "c", "");
    floats = net_node(&net, "Constant", "", "d", "value_float=1");
    floats->attribute[0]->has_i = 0;
    floats->attribute[0]->has_f = 1;
    net_node(&net, "Mul", "c d", "y", "");
    model = net_read(&net, NULL);
    assert_int_equal(model->layer_count, 3);
    assert_layer(&model->layers[1], "add", "4x3", 0, 3);
    assert_layer(&model->layers[2], "mul", "4x3", 0, 0);
    net_close(&net);
}

/* A state of zeros, made from the input's batch, is no parameter, though a ConstantOfShape of a constant is. */
static void a_state_that_follows_the_batch_is_no_parameter(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "6x5x7");
    net_weight(&net, "w", "1x12x7");
    net_weight(&net, "r", "1x12x3");
    net_numbers(&net, "one", 1, (int64_t[]){1});
    net_numbers(&net, "three", 1, (int64_t[]){3});
    net_node(&net, "Shape", "x", "shape", "");
    net_node(&net, "Gather", "shape one", "batch", "");
    net_node(&net, "Concat", "one batch three", "size", "axis=0");
    net_node(&net, "ConstantOfShape", "size", "h", "");
    net_node(&net, "LSTM", "x w r - - h h", "y yh", "");
    net_node(&net, "Add", "yh h", "z", "");
    model = net_read(&net, NULL);
    assert_int_equal(model->layer_count, 2);
    assert_layer(&model->layers[0], "lstm", "6x1x5x3", 720, 120);
    assert_layer(&model->layers[1], "add", "1x3", 0, 0);
    net_close(&net);
}

/* ---- who reads whom ---- */

static void a_layer_names_those_that_it_reads(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "1x4");
    net_node(&net, "Relu", "x", "a", "")->name = net_text(&net, "block 1/relu, first");
    net_node(&net, "Sigmoid", "a", "b", "");
    net_node(&net, "Add", "b a", "c", "");
    net_node(&net, "Add", "c c", "d", "")->name = net_text(&net, "b");
    net_node(&net, "Tanh", "b", "e", "");
    model = net_read(&net, NULL);
    assert_string_equal(model->layers[0].name, "block_1/relu__first");
    assert_string_equal(model->layers[0].reads, "");
    assert_string_equal(model->layers[1].reads, "");
    assert_string_equal(model->layers[2].reads, "b block_1/relu__first");
    assert_string_equal(model->layers[3].reads, "");
    assert_string_equal(model->layers[3].name, "b_4"); /* the name is taken */
    assert_string_equal(model->layers[4].reads, "b");
    net_close(&net);
}

static void an_input_that_is_read_late_stands_in_the_table(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    net_input(&net, "x", "1x4");
    net_node(&net, "Relu", "x", "a", "");
    net_node(&net, "Add", "a x", "y", "");
    model = net_read(&net, NULL);
    assert_int_equal(model->layer_count, 3);
    assert_layer(&model->layers[0], "input", "4", 0, 0);
    assert_string_equal(model->layers[0].name, "x");
    assert_string_equal(model->layers[1].reads, "");
    assert_string_equal(model->layers[2].reads, "a x");
    net_close(&net);
}

/* ---- operators that are not known ---- */

static void add_strange_net(struct net *net)
{
    net_input(net, "x", "1x3x8x8");
    net_weight(net, "w", "5x3x3x3");
    net_node(net, "Conv", "x w", "a", "");
    net_node(net, "Frobnicate", "a", "b", "")->domain = net_text(net, "acme");
    net_node(net, "Frobnicate", "b", "c", "")->domain = net_text(net, "acme");
    net_node(net, "Relu", "c", "d", "");
    net_node(net, "Conv", "d w", "e", "");
}

static void an_unknown_operator_is_named_once_and_costs_nothing(void **state)
{
    struct net net = net_open();
    const struct sim_model *model;

    (void)state;
    add_strange_net(&net);
    model = net_read(&net, NULL);
    assert_string_equal(
        net.warned,
        "t.onnx: the operator 'acme.Frobnicate' (first in node 'b') is not known: it is "
        "counted at zero flop, and the shape of its output is not known.\n"
        "t.onnx: node 'e' (Conv): its cost is not known, for the shape of its input 'd' "
        "is not: it is counted at zero flop.\n");
    assert_int_equal(model->layer_count, 5);
    assert_layer(&model->layers[0], "conv", "5x6x6", 4860, 135);
    assert_layer(&model->layers[1], "unknown", "", 0, 0);
    assert_layer(&model->layers[4], "conv", "", 0, 0);
    net_close(&net);
}

static void strict_refuses_an_unknown_operator(void **state)
{
    struct net net = net_open();

    (void)state;
    add_strange_net(&net);
    assert_null(net_read_with(&net, NULL, true));
    assert_string_equal(net.err.text,
                        "t.onnx: node 'b': the operator 'acme.Frobnicate' is not known.");
    assert_int_equal(net.warnings, 0);
    net_close(&net);
}

static void strict_refuses_a_cost_that_is_not_known(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x", "4x4");
    net_weight(&net, "w", "2x2");
    net_node(&net, "NonZero", "x", "a", "");
    net_node(&net, "MatMul", "a w", "b", "");
    assert_null(net_read_with(&net, NULL, true));
    assert_string_equal(net.err.text, "t.onnx: node 'b' (MatMul): its cost is not known, for the "
                                      "shape of its input 'a' is not.");
    net_close(&net);
}

/* ---- whole networks ---- */

/* `filters` of size x size over `channels`, in groups, with biases and a Relu. */
static void add_conv(struct net *net, const char *in, const char *out, int filters, int channels,
                     int size, const char *attributes)
{
    const char *w = sim_text(net->arena, "%s_w", out), *b = sim_text(net->arena, "%s_b", out);
    const char *sum = sim_text(net->arena, "%s_sum", out);

    net_weight(net, w, sim_text(net->arena, "%dx%dx%dx%d", filters, channels, size, size));
    net_weight(net, b, sim_text(net->arena, "%d", filters));
    net_node(net, "Conv", sim_text(net->arena, "%s %s %s", in, w, b), sum, attributes);
    net_node(net, "Relu", sum, out, "");
}

static void add_fc(struct net *net, const char *in, const char *out, int inputs, int outputs)
{
    const char *w = sim_text(net->arena, "%s_w", out), *b = sim_text(net->arena, "%s_b", out);

    net_weight(net, w, sim_text(net->arena, "%dx%d", outputs, inputs));
    net_weight(net, b, sim_text(net->arena, "%d", outputs));
    net_node(net, "Gemm", sim_text(net->arena, "%s %s %s", in, w, b), out, "transB=1");
}

static void assert_totals(const struct sim_model *model, int64_t parameters, int64_t macs)
{
    for (int l = 0; l < model->layer_count; l++) {
        parameters -= model->layers[l].parameters;
        macs -= model->layers[l].macs;
    }
    assert_int_equal(parameters, 0);
    assert_int_equal(macs, 0);
}

/* Of the layer that gives `out`; layers without a name are called after their place. */
static void assert_window(const struct sim_model *model, const char *out, int kernel, int stride,
                          int padding)
{
    for (int l = 0; l < model->layer_count; l++)
        if (strcmp(model->layers[l].name, out) == 0) {
            assert_int_equal(model->layers[l].window.kernel, kernel);
            assert_int_equal(model->layers[l].window.stride, stride);
            assert_int_equal(model->layers[l].window.padding, padding);
            return;
        }
    fail_msg("no layer is called %s", out);
}

/* AlexNet as of 2012 (Caffe's bvlc_alexnet), two groups.  Parameters: 34,944 + 307,456 + 885,120 + 663,936 + 442,624
 * + 37,752,832 + 16,781,312 + 4,097,000 = 60,965,224.  MACs at 227 x 227: 105,415,200 + 223,948,800 + 149,520,384
 * + 112,140,288 + 74,760,192 = 665,784,864 of convolutions and 58,621,952 of the rest.  At 224 x 224
 * the pictures are 54, 26 and 12 wide: 101,616,768 + 207,667,200 + 127,401,984 + 95,551,488 + 63,700,992 of
 * convolutions, 654,560,384 in all.  Caffe rounds pools up, which shows in the last one: its padding behind. */
static void alexnet_costs_what_is_known_of_it(void **state)
{
    struct net net = net_open();

    (void)state;
    net_input(&net, "x", "Nx3xHxW");
    add_conv(&net, "x", "c1", 96, 3, 11, "strides=4,4");
    net_node(&net, "LRN", "c1", "n1", "size=5");
    net_node(&net, "MaxPool", "n1", "p1", "kernel_shape=3,3 strides=2,2");
    add_conv(&net, "p1", "c2", 256, 48, 5, "pads=2,2,2,2 group=2");
    net_node(&net, "LRN", "c2", "n2", "size=5");
    net_node(&net, "MaxPool", "n2", "p2", "kernel_shape=3,3 strides=2,2");
    add_conv(&net, "p2", "c3", 384, 256, 3, "pads=1,1,1,1");
    add_conv(&net, "c3", "c4", 384, 192, 3, "pads=1,1,1,1 group=2");
    add_conv(&net, "c4", "c5", 256, 192, 3, "pads=1,1,1,1 group=2");
    net_node(&net, "MaxPool", "c5", "p5", "kernel_shape=3,3 strides=2,2 pads=0,0,1,1");
    net_node(&net, "Flatten", "p5", "f", "");
    add_fc(&net, "f", "f6", 9216, 4096);
    add_fc(&net, "f6", "f7", 4096, 4096);
    add_fc(&net, "f7", "f8", 4096, 1000);
    assert_totals(net_read(&net, "x:1x3x227x227"), 60965224, 724406816);
    assert_window(net_read(&net, "x:1x3x227x227"), "c1_sum", 11, 4, 0);
    assert_window(net_read(&net, "x:1x3x227x227"), "c2_sum", 5, 1, 2);
    assert_window(net_read(&net, "x:1x3x227x227"), "p1", 3, 2, 0);
    assert_window(net_read(&net, "x:1x3x227x227"), "p5", 0, 0, 0); /* padded behind alone */
    assert_window(net_read(&net, "x:1x3x227x227"), "f8", 0, 0, 0);
    assert_totals(net_read(&net, "x:10x3x227x227"), 60965224, 724406816);
    assert_totals(net_read(&net, "x:1x3x224x224"), 60965224, 654560384);
    net_close(&net);
}

/* VGG16: 138,357,544 parameters, 15,470,264,320 MACs (torchvision gives 15.47 GFLOPS, meaning MACs). */
static void vgg16_costs_what_is_known_of_it(void **state)
{
    static const int blocks[5][2] = {{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}};
    struct net net = net_open();
    const char *in = "x";
    int channels = 3;

    (void)state;
    net_input(&net, "x", "1x3x224x224");
    for (int b = 0; b < 5; b++) {
        for (int c = 0; c < blocks[b][0]; c++) {
            const char *out = sim_text(net.arena, "c%d_%d", b + 1, c + 1);

            add_conv(&net, in, out, blocks[b][1], channels, 3, "pads=1,1,1,1");
            in = out;
            channels = blocks[b][1];
        }
        net_node(&net, "MaxPool", in, sim_text(net.arena, "p%d", b + 1),
                 "kernel_shape=2,2 strides=2,2");
        in = sim_text(net.arena, "p%d", b + 1);
    }
    net_node(&net, "Flatten", in, "f", "");
    add_fc(&net, "f", "f6", 25088, 4096);
    add_fc(&net, "f6", "f7", 4096, 4096);
    add_fc(&net, "f7", "f8", 4096, 1000);
    assert_totals(net_read(&net, NULL), 138357544, 15470264320);
    net_close(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_inputs_too),
        cmocka_unit_test(arithmetic_of_shapes_is_followed_and_is_no_layer),
        cmocka_unit_test(pads_are_followed_through_two_dimensions),
        cmocka_unit_test(symbolic_dimensions_are_1_or_as_told),
        cmocka_unit_test(an_input_without_a_shape_can_be_given_one),
        cmocka_unit_test(a_shared_initializer_is_counted_at_its_first_reader),
        cmocka_unit_test(weights_pass_through_other_nodes),
        cmocka_unit_test(statistics_states_and_scales_are_no_parameters),
        cmocka_unit_test(numbers_of_two_bytes_are_counted_as_such),
        cmocka_unit_test(who_reads_only_the_size_of_weights_has_no_parameters),
        cmocka_unit_test(of_a_sparse_initializer_the_kept_values_are_parameters),
        cmocka_unit_test(a_constant_may_be_a_plain_list),
        cmocka_unit_test(a_state_that_follows_the_batch_is_no_parameter),
        cmocka_unit_test(a_layer_names_those_that_it_reads),
        cmocka_unit_test(an_input_that_is_read_late_stands_in_the_table),
        cmocka_unit_test(an_unknown_operator_is_named_once_and_costs_nothing),
        cmocka_unit_test(strict_refuses_an_unknown_operator),
        cmocka_unit_test(strict_refuses_a_cost_that_is_not_known),
        cmocka_unit_test(alexnet_costs_what_is_known_of_it),
        cmocka_unit_test(vgg16_costs_what_is_known_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) + RUN_CASES(is_counted, ones);
}
