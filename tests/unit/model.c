/* model.c -- networks as tables of layers: totals as published, cuts, names, and the way back to a file. */
#include "sim/workload/model.h"

#include "tests/unit/close.h"

#include "sim/workload/shape.h"

static const char *const here[] = {".", NULL};

static const struct sim_model *load(struct sim_arena *arena, const char *name)
{
    struct sim_error err = {0};
    const struct sim_model *model = sim_model_load(arena, name, &err);

    if (model == NULL)
        fail_msg("%s", err.text);
    return model;
}

static const struct sim_model *parse(struct sim_arena *arena, const char *text)
{
    struct sim_error err = {0};
    const struct sim_model *model = sim_model_parse(arena, "net.csv", text, strlen(text), &err);

    if (model == NULL)
        fail_msg("%s", err.text);
    return model;
}

/* ---- totals ---- */

/* Parameters and MACs.  Of torchvision: num_params of its documentation, and _ops (in units of 1e9) beside it;
 * of transformers: what Hugging Face's num_parameters() tells of the checkpoint.  Where it says "derived" the
 * number is pinned as our rules give it, and no source confirms every digit. */
static struct {
    const char *name;
    int64_t parameters, macs;
} totals[] = {
    {"lenet5", 61706, 416520},        /* derived; the paper connects c3 sparsely, and has 60,000 */
    {"alexnet", 61100840, 714188480}, /* torchvision, 0.714 */
    {"bvlc_alexnet", 60965224, 724406816}, /* parameters: Caffe's model; MACs: derived */
    {"vgg16", 138357544, 15470264320},     /* torchvision, 15.47 */
    {"vgg16_pipedream", 138357544, 0},     /* parameters of vgg16; a profile counts no MACs */
    {"resnet18", 11689512, 1814073344},    /* torchvision, 1.814 */
    {"resnet34", 21797672, 3663761408},    /* torchvision, 3.664 */
    {"resnet50", 25557032, 4089184256},    /* torchvision, 4.089 */
    {"resnet101", 44549160, 7801405440},   /* torchvision, 7.801 */
    {"resnet152", 60192808, 11513626624},  /* torchvision, 11.514 */
    {"mobilenet_v1", 4231976, 568740352},  /* derived; the paper says 4.2 and 569 million */
    {"mobilenet_v2", 3504872, 300774272},  /* torchvision, 0.301 */
    {"yolov2", 50962889,
     31469126656}, /* derived; darknet prints 62.94 BFLOPs, which is twice 31.47 */
    {"heterofl_cnn", 1556874, 39974912}, /* Flower's HeteroFL baseline, 1556.874 K; MACs: derived */
    {"heterofl_resnet", 9622090, 328930304}, /* derived from the blocks of HeteroFL's code */
    {"preact_resnet18", 11172170,
     555422720}, /* Flower's HeteroFL baseline, 11172.17 K; MACs: derived */
    {"bert_base", 109482240, 48318971904},      /* bert-base-uncased; MACs: derived, and so below */
    {"bert_large", 335141888, 167504773120},    /* bert-large-uncased */
    {"gpt2", 124439808, 145824153600},          /* gpt2 */
    {"gpt2_medium", 354823168, 413475536896},   /* derived */
    {"gpt2_large", 774030080, 887285350400},    /* derived */
    {"gpt2_xl", 1557611200, 1753351782400},     /* derived */
    {"t5", 222903552, 128597360640},            /* derived; the paper says about 220 million */
    {"llama_7b", 6738415616, 14630806093824},   /* huggyllama/llama-7b */
    {"llama_13b", 13015864320, 28038083379200}, /* derived; the paper says 13.0 billion */
    {"llama_33b", 32528943616, 69531493990400}, /* derived; 32.5 billion */
    {"llama_65b", 65285660672, 138663019151360}, /* derived; 65.2 billion */
};

static void has_the_published_totals(void **state)
{
    const char *name = *(const char **)*state;
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model_totals found = sim_model_total(load(arena, name));

    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        if (strcmp(totals[i].name, name) == 0) {
            assert_int_equal(found.parameters, totals[i].parameters);
            assert_int_equal(found.macs, totals[i].macs);
        }
    assert_close(found.forward_flop, 2 * (double)found.macs, 0);
    assert_close(found.backward_flop, 4 * (double)found.macs, 0);
    assert_int_equal(found.parameter_bytes, 4 * found.parameters);
    sim_arena_close(arena);
}

static void every_shipped_model_has_its_totals_pinned(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const char *const *names = sim_model_names(arena, here);
    size_t count = 0;

    (void)state;
    for (; names[count] != NULL; count++) {
        size_t i = 0;

        while (i < sizeof totals / sizeof totals[0] && strcmp(totals[i].name, names[count]) != 0)
            i++;
        if (i == sizeof totals / sizeof totals[0])
            fail_msg("%s has no row in the table of totals", names[count]);
    }
    assert_int_equal(count, sizeof totals / sizeof totals[0]);
    sim_arena_close(arena);
}

static void layers_of_vgg16_are_those_of_the_paper(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model = load(arena, "vgg16");

    (void)state;
    assert_int_equal(model->layer_count, 21);
    assert_int_equal(model->input_bytes, 4 * 3 * 224 * 224);
    assert_string_equal(model->layers[17].name, "pool5");
    assert_string_equal(model->layers[18].name, "fc6");
    assert_string_equal(model->layers[18].kind, "fc");
    assert_string_equal(model->layers[18].input, "512x7x7");
    assert_int_equal(model->layers[18].parameters, 25088 * 4096 + 4096);
    assert_int_equal(model->layers[18].parameter_bytes, 4 * (25088 * 4096 + 4096));
    assert_int_equal(model->layers[18].macs, 25088 * 4096);
    assert_int_equal(model->layers[18].input_bytes, 100352);
    assert_int_equal(model->layers[18].activation_bytes, 16384);
    sim_arena_close(arena);
}

/* ---- cuts ---- */

/* One tensor crosses behind conv1, pool1, each of the 8 sums and the last pool; inside a block it is two. */
static void a_residual_network_can_be_cut_behind_its_sums_only(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model = load(arena, "resnet18");
    int cuts = 0, tensors;

    (void)state;
    for (int place = 0; place < model->layer_count - 1; place++) {
        const int64_t bytes = sim_model_crossing(model, place, &tensors);

        assert_in_range(tensors, 1, 2);
        cuts += tensors == 1;
        if (tensors == 1)
            assert_int_equal(bytes, model->layers[place].activation_bytes);
        else
            assert_true(strstr(model->layers[place].name, "_add") == NULL);
    }
    assert_int_equal(cuts, 11);
    assert_int_equal(sim_model_crossing(model, SIM_MODEL_INPUT, &tensors), 4 * 3 * 224 * 224);
    assert_int_equal(tensors, 1);
    assert_int_equal(sim_model_crossing(model, model->layer_count - 1, &tensors), 0);
    assert_int_equal(tensors, 0);
    sim_arena_close(arena);
}

static void what_is_read_twice_crosses_once(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model =
        parse(arena, "name,macs,activation_bytes,reads,input\na,1,70,,7\nb,1,11,,\nc,1,13,a b,\n"
                     "d,1,17,a input,3x5\n");
    int tensors;

    (void)state;
    assert_int_equal(model->layers[2].source_count, 2);
    assert_int_equal(model->layers[2].sources[0], 0);
    assert_int_equal(model->layers[2].sources[1], 1);
    assert_int_equal(model->layers[2].input_bytes, 81);
    assert_int_equal(model->layers[3].input_bytes, 70 + 4 * 15);
    assert_int_equal(model->input_bytes, 28);
    assert_int_equal(sim_model_crossing(model, 0, &tensors), 70 + 28);
    assert_int_equal(tensors, 2);
    assert_int_equal(sim_model_crossing(model, 1, &tensors), 70 + 11 + 28);
    assert_int_equal(tensors, 3);
    assert_int_equal(sim_model_crossing(model, 2, &tensors), 70 + 28);
    assert_int_equal(tensors, 2);
    sim_arena_close(arena);
}

static void layers_that_stand_for_inputs_read_nothing_else(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model =
        parse(arena, "name,kind,macs,activation_bytes,reads\nx,input,0,70,\ny,input,0,30,\n"
                     "sum,add,0,5,x y\n");
    int tensors;

    (void)state;
    assert_int_equal(model->layers[1].sources[0], SIM_MODEL_INPUT);
    assert_int_equal(model->input_bytes, 100);
    assert_int_equal(sim_model_crossing(model, 1, &tensors), 100);
    assert_int_equal(tensors, 2);
    sim_arena_close(arena);
}

/* ---- a user's own ---- */

static void a_name_and_a_cost_are_enough(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model = parse(arena, "# mine\nname,forward_flop\na,7\nb,1.5Gf\n");
    const struct sim_layer *b = &model->layers[1];

    (void)state;
    assert_string_equal(model->name, "net");
    assert_int_equal(model->layer_count, 2);
    assert_int_equal(model->bytes_per_parameter, 4);
    assert_string_equal(b->kind, "layer");
    assert_close(b->forward_flop, 1.5e9, 0);
    assert_close(b->backward_flop, 3e9, 0);
    assert_int_equal(b->macs, 750000000);
    assert_int_equal(model->layers[0].macs, 3);
    assert_true(b->forward_seconds < 0 && b->backward_seconds < 0);
    assert_int_equal(b->parameters, 0);
    assert_int_equal(b->activation_bytes, 0);
    assert_int_equal(b->sources[0], 0);
    sim_arena_close(arena);
}

static void macs_alone_are_half_the_flop(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model = parse(arena, "macs,name,output\n1000003,a,3x7\n");

    (void)state;
    assert_close(model->layers[0].forward_flop, 2000006, 0);
    assert_int_equal(model->layers[0].activation_bytes, 84);
    sim_arena_close(arena);
}

static void measured_seconds_are_enough_too(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model = parse(
        arena, "name,forward_seconds,backward_seconds,measured_batch\r\na,1.5ms,,7\r\nb,2,3,1\r\n");

    (void)state;
    assert_close(model->layers[0].forward_seconds, 1.5e-3, 1e-15);
    assert_true(model->layers[0].backward_seconds < 0);
    assert_int_equal(model->layers[0].measured_batch, 7);
    assert_close(model->layers[1].backward_seconds, 3, 0);
    assert_close(model->layers[1].forward_flop, 0, 0);
    sim_arena_close(arena);
}

/* ---- names and files ---- */

static void models_are_found_by_name_and_by_path(void **state)
{
    static const char *const beside[] = {"scenarios", NULL};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_string_equal(sim_model_find(arena, NULL, "vgg16"), "scenarios/models/vgg16.csv");
    assert_string_equal(sim_model_find(arena, NULL, "scenarios/models/vgg16.csv"),
                        "scenarios/models/vgg16.csv");
    assert_string_equal(sim_model_find(arena, beside, "models/vgg16.csv"),
                        "scenarios/models/vgg16.csv");
    assert_null(sim_model_find(arena, beside, "vgg16.csv"));
    assert_null(sim_model_find(arena, here, "vgg"));
    assert_null(sim_model_find(arena, here, "/no/vgg16.csv"));
    assert_string_equal(sim_model_names(arena, here)[0], "alexnet");
    sim_arena_close(arena);
}

static void a_missing_model_is_said_to_be_missing(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    (void)state;
    assert_null(sim_model_load(arena, "vgg", &err));
    assert_null(sim_model_load(arena, "no/vgg.csv", &err));
    assert_string_equal(err.text, "There is no model 'vgg'; 'dmlsim list models' names them.\n"
                                  "no/vgg.csv: cannot be read: No such file or directory.");
    sim_arena_close(arena);
}

static void assert_same_layer(const struct sim_layer *a, const struct sim_layer *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->kind, b->kind);
    assert_string_equal(a->input, b->input);
    assert_string_equal(a->output, b->output);
    assert_string_equal(a->reads, b->reads);
    assert_int_equal(a->parameters, b->parameters);
    assert_int_equal(a->macs, b->macs);
    assert_true(a->forward_flop == b->forward_flop && a->backward_flop == b->backward_flop);
    assert_true(a->forward_seconds == b->forward_seconds);
    assert_true(a->backward_seconds == b->backward_seconds);
    assert_int_equal(a->activation_bytes, b->activation_bytes);
    assert_int_equal(a->measured_batch, b->measured_batch);
    assert_memory_equal(&a->window, &b->window, sizeof a->window);
    assert_int_equal(a->input_bytes, b->input_bytes);
}

static void assert_reads_back(struct sim_arena *arena, const struct sim_model *model)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    struct sim_error err = {0};
    const struct sim_model *again;

    sim_model_write(file, model);
    fclose(file);
    again = sim_model_parse(arena, "again.csv", text, length, &err);
    free(text);
    if (again == NULL)
        fail_msg("%s", err.text);
    assert_int_equal(again->layer_count, model->layer_count);
    assert_int_equal(again->input_bytes, model->input_bytes);
    assert_int_equal(again->bytes_per_parameter, model->bytes_per_parameter);
    for (int i = 0; i < model->layer_count; i++)
        assert_same_layer(&again->layers[i], &model->layers[i]);
}

static void what_is_written_reads_back_as_it_was(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const char *const *names = sim_model_names(arena, here);

    (void)state;
    for (; *names != NULL; names++)
        assert_reads_back(arena, load(arena, *names));
    assert_reads_back(
        arena, parse(arena, "name,kind,forward_flop,backward_flop,forward_seconds,backward_seconds,"
                            "measured_batch,bytes_per_parameter,input_bytes,reads,parameters\n"
                            "\"a,b\",\"say \"\"x\"\"\",0.1,1e-9,0.3,0.7,3,2,1000003,,7\n"
                            "input,x,7,,,,,2,,,9\nc,x,7,,,,,2,,input,0\n"));
    sim_arena_close(arena);
}

static void shapes_are_counted(void **state)
{
    int64_t numbers = 0;

    (void)state;
    assert_true(sim_shape_size("3x224x224", &numbers));
    assert_int_equal(numbers, 150528);
    assert_true(sim_shape_size("1000003", &numbers));
    assert_int_equal(numbers, 1000003);
    assert_true(sim_shape_size("7x0", &numbers));
    assert_int_equal(numbers, 0);
    for (size_t i = 0; i < 8; i++) {
        static const char *const wrong[] = {"",     "x",     "3x",    "3xx4",
                                            "-3x4", "3 x 4", "3x4.5", "9999999999x9999999999"};

        assert_false(sim_shape_size(wrong[i], &numbers));
    }
}

static void shapes_have_sides(void **state)
{
    int64_t sides[3] = {0};

    (void)state;
    assert_int_equal(sim_shape_sides("3x227x19", sides, 3), 3);
    assert_true(sides[0] == 3 && sides[1] == 227 && sides[2] == 19);
    assert_int_equal(sim_shape_sides("7", sides, 3), 1);
    assert_int_equal(sim_shape_sides("2x3x4x5", sides, 3), 0);
    assert_int_equal(sim_shape_sides("3xx4", sides, 3), 0);
    assert_int_equal(sim_shape_sides("", sides, 3), 0);
}

/* A stride of 1 and no padding unless the table says; Caffe's pools hang over the end. */
static void windows_are_read(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_model *model =
        parse(arena, "name,macs,input,output,kernel,stride,padding\na,0,3x17x19,5x15x17,3,,\n"
                     "b,0,5x15x17,5x8x9,3,2,1\nc,0,5x8x9,5x4x5,2,2,\nd,0,,,,,\n");
    const struct sim_window a = {3, 1, 0}, b = {3, 2, 1}, c = {2, 2, 0}, none = {0};

    (void)state;
    assert_memory_equal(&model->layers[0].window, &a, sizeof a);
    assert_memory_equal(&model->layers[1].window, &b, sizeof b);
    assert_memory_equal(&model->layers[2].window, &c, sizeof c);
    assert_memory_equal(&model->layers[3].window, &none, sizeof none);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(every_shipped_model_has_its_totals_pinned),
        cmocka_unit_test(layers_of_vgg16_are_those_of_the_paper),
        cmocka_unit_test(a_residual_network_can_be_cut_behind_its_sums_only),
        cmocka_unit_test(what_is_read_twice_crosses_once),
        cmocka_unit_test(layers_that_stand_for_inputs_read_nothing_else),
        cmocka_unit_test(a_name_and_a_cost_are_enough),
        cmocka_unit_test(macs_alone_are_half_the_flop),
        cmocka_unit_test(measured_seconds_are_enough_too),
        cmocka_unit_test(models_are_found_by_name_and_by_path),
        cmocka_unit_test(a_missing_model_is_said_to_be_missing),
        cmocka_unit_test(what_is_written_reads_back_as_it_was),
        cmocka_unit_test(shapes_are_counted),
        cmocka_unit_test(shapes_have_sides),
        cmocka_unit_test(windows_are_read),
    };

    return RUN_CASES(has_the_published_totals, totals) + cmocka_run_group_tests(others, NULL, NULL);
}
