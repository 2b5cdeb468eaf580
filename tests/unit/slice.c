/* slice.c -- networks made narrower: counts as published and worked out by hand, and what is refused. */
#include "sim/workload/slice.h"

#include "tests/unit/close.h"

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

static const struct sim_model *slice(const struct sim_model *model, double rate)
{
    struct sim_error err = {0};
    const struct sim_model *sliced = sim_model_slice(arena, model, rate, &err);

    if (sliced == NULL)
        fail_msg("%s", err.text);
    return sliced;
}

static const double levels[] = {1, 0.5, 0.25, 0.125, 0.0625};

/* All digits: 1556.874 K, 391.37 K, 98.922 K, 25.274 K and 6.594 K in the table of Flower's HeteroFL baseline. */
static void the_cnn_of_heterofl_has_its_published_parameters(void **state)
{
    static const int64_t parameters[] = {1556874, 391370, 98922, 25274, 6594};
    const struct sim_model *model = load("heterofl_cnn");

    (void)state;
    for (int l = 0; l < 5; l++) {
        const struct sim_model_totals found = sim_model_total(slice(model, levels[l]));

        assert_int_equal(found.parameters, parameters[l]);
        assert_int_equal(found.parameter_bytes, 4 * parameters[l]);
    }
}

/* sum s^2 9 c_in c_out + 10 c, s = 28, 14, 7, 3. */
static void its_macs_are_those_of_its_products(void **state)
{
    const struct sim_model *model = load("heterofl_cnn");

    (void)state;
    for (int l = 0; l < 5; l++) {
        const int64_t h = (int64_t)(64 * levels[l]);
        const int64_t macs = 784 * 9 * h + 196 * 9 * h * 2 * h + 49 * 9 * 2 * h * 4 * h +
                             9 * 9 * 4 * h * 8 * h + 10 * 8 * h;
        const struct sim_model_totals found = sim_model_total(slice(model, levels[l]));

        assert_int_equal(found.macs, macs);
        assert_close(found.forward_flop, 2 * (double)macs, 0);
        assert_close(found.backward_flop, 4 * (double)macs, 0);
    }
}

/* Blocks 2-2-2-2 are in the table of Flower's HeteroFL baseline: 11172.17 K, 2796.714 K, 701.018 K, 176.178 K and
 * 44.51 K.  Blocks 1-1-1-2 are those of the authors' own code, from which these numbers follow. */
static void the_preact_resnets_have_the_parameters_of_their_rule(void **state)
{
    static const int64_t of_heterofl[] = {9622090, 2408746, 603802, 151762, 38350};
    static const int64_t of_resnet18[] = {11172170, 2796714, 701018, 176178, 44510};
    const struct sim_model *heterofl = load("heterofl_resnet"), *full = load("preact_resnet18");

    (void)state;
    for (int l = 0; l < 5; l++) {
        assert_int_equal(sim_model_total(slice(heterofl, levels[l])).parameters, of_heterofl[l]);
        assert_int_equal(sim_model_total(slice(full, levels[l])).parameters, of_resnet18[l]);
    }
}

/* Of every table that can be sliced, the whole is the table. */
static void at_rate_1_nothing_changes(void **state)
{
    static const char *const names[] = {
        "lenet5",       "alexnet",      "vgg16",  "resnet18",     "resnet50",
        "mobilenet_v1", "mobilenet_v2", "yolov2", "heterofl_cnn", "heterofl_resnet"};

    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        const struct sim_model *whole = load(names[n]), *same = slice(whole, 1);

        assert_int_equal(same->input_bytes, whole->input_bytes);
        for (int i = 0; i < whole->layer_count; i++) {
            const struct sim_layer *a = &whole->layers[i], *b = &same->layers[i];

            assert_string_equal(a->output, b->output);
            assert_int_equal(a->parameters, b->parameters);
            assert_int_equal(a->macs, b->macs);
            assert_int_equal(a->activation_bytes, b->activation_bytes);
            assert_int_equal(a->input_bytes, b->input_bytes);
            assert_memory_equal(&a->window, &b->window, sizeof a->window);
            assert_close(a->forward_flop, b->forward_flop, 0);
            assert_close(a->backward_flop, b->backward_flop, 0);
        }
    }
}

/* c1: 3 of 6 maps; c3: ceil(0.4 16) = 7; c5: 48; f6: ceil(33.6) = 34; out: 10. */
static void layers_of_lenet_at_two_fifths_are_those_worked_out_by_hand(void **state)
{
    static const struct {
        const char *output;
        int64_t parameters, macs, activation_bytes;
    } expected[] = {
        {"3x28x28", 3 * 25 + 3, 784 * 75, 4 * 3 * 784},
        {"3x14x14", 0, 0, 4 * 3 * 196},
        {"7x10x10", 7 * 3 * 25 + 7, 100 * 7 * 3 * 25, 4 * 700},
        {"7x5x5", 0, 0, 4 * 175},
        {"48", 175 * 48 + 48, 175 * 48, 4 * 48},
        {"34", 48 * 34 + 34, 48 * 34, 4 * 34},
        {"10", 340 + 10, 340, 40},
    };
    const struct sim_model *model = slice(load("lenet5"), 0.4);

    (void)state;
    for (int i = 0; i < model->layer_count; i++) {
        assert_string_equal(model->layers[i].output, expected[i].output);
        assert_int_equal(model->layers[i].parameters, expected[i].parameters);
        assert_int_equal(model->layers[i].macs, expected[i].macs);
        assert_int_equal(model->layers[i].activation_bytes, expected[i].activation_bytes);
    }
    assert_string_equal(model->layers[0].input, "1x32x32");
    assert_string_equal(model->layers[4].input, "7x5x5");
    assert_int_equal(model->input_bytes, 4096);
}

/* MobileNet's own width multiplier: 0.5 MobileNet-224 has 1.3 million parameters and 149 million MACs (Howard et
 * al. 2017, Table 6).  All its widths are whole at a half, and its classes are kept. */
static void a_half_of_mobilenet_is_that_of_its_paper(void **state)
{
    const struct sim_model_totals found = sim_model_total(slice(load("mobilenet_v1"), 0.5));

    (void)state;
    assert_in_range(found.parameters, 1250000, 1349999);
    assert_in_range(found.macs, 148500000, 149499999);
}

/* 0.1 x 70 is more than 7 in floating point, but seven it is. */
static void a_product_that_is_whole_is_not_rounded_up(void **state)
{
    const struct sim_model *model =
        parse("name,kind,input,output,parameters,macs\na,fc,5,70,420,350\nb,fc,70,3,210,210\n");

    (void)state;
    assert_string_equal(slice(model, 0.1)->layers[0].output, "7");
    assert_string_equal(slice(model, 0.1001)->layers[0].output, "8");
    assert_string_equal(slice(model, 1e-9)->layers[0].output, "1");
}

/* Tokens of 12 numbers: the product is over the last side; forward flop beyond 2 MACs (the bias, 5 x 12 adds) and
 * the ratio of backward to forward are kept. */
static void tokens_and_flop_beyond_macs_shrink_with_their_layer(void **state)
{
    const struct sim_model *model =
        slice(parse("name,kind,input,output,parameters,macs,forward_flop,backward_flop\n"
                    "e,embedding,5,5x12,1200,0,0,0\n"
                    "a,fc,5x12,5x8,104,480,1000,2500\n"
                    "n,norm,5x8,5x8,16,0,200,400\n"
                    "c,fc,5x8,5x9,81,360,720,1440\n"),
              0.25);

    (void)state;
    assert_string_equal(model->layers[0].output, "5x3");
    assert_int_equal(model->layers[0].parameters, 300);
    assert_string_equal(model->layers[1].output, "5x2");
    assert_int_equal(model->layers[1].parameters, 3 * 2 + 2);
    assert_int_equal(model->layers[1].macs, 5 * 3 * 2);
    assert_close(model->layers[1].forward_flop, 60 + 40 / 4.0, 1e-15);
    assert_close(model->layers[1].backward_flop, 2.5 * 70, 1e-15);
    assert_int_equal(model->layers[2].parameters, 4);
    assert_close(model->layers[2].forward_flop, 50, 1e-15);
    assert_int_equal(model->layers[3].parameters, 2 * 9 + 9);
    assert_string_equal(model->layers[3].output, "5x9");
}

static void what_cannot_be_sliced_is_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"name,macs\na,7\n", "net: layer 'a' (layer) cannot be sliced: the shapes of what it"},
        {"name,kind,input,output,macs\na,lstm,3,4,12\n", "how layers of this kind shrink"},
        {"name,kind,input,output,parameters,macs\na,conv,4x3x3,4x3x3,72,648\n", "(one in groups?)"},
        {"name,kind,input,output,parameters,macs\na,fc,4,4,3,16\n", "of a product of all that"},
        {"name,kind,input,output,reads,parameters,macs\na,fc,4,6,,24,24\nb,fc,4,6,input,24,24\n"
         "c,matmul,6,6,a b,0,36\n",
         "layer 'c' (matmul) cannot be sliced: it multiplies what two layers give"},
        {"name,kind,input,output,reads,parameters,macs\na,fc,4,8,,32,32\nb,add,8,8,a input,0,0\n"
         "c,fc,8,3,,24,24\n",
         "layer 'b' (add) cannot be sliced: what it reads has unlike numbers of channels"},
        {"name,kind,input,output,forward_seconds\na,fc,4,8,2ms\n", "its seconds are measured"},
    };
    struct sim_error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_error one = {0};

        assert_null(sim_model_slice(arena, parse(cases[i].text), 0.5, &one));
        if (strstr(one.text, cases[i].says) == NULL)
            fail_msg("case %zu says: %s", i, one.text);
    }
    assert_null(sim_model_slice(arena, load("gpt2"), 0.5, &err));
    assert_string_equal(err.text,
                        "gpt2: layer 'h0_attention' (attention) cannot be sliced: how many "
                        "heads it has is not in the table.");
}

static void a_width_that_is_none_is_refused(void **state)
{
    static const double rates[] = {0, -0.5, 1.5, NAN};
    const struct sim_model *model = load("lenet5");

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct sim_error err = {0};

        assert_null(sim_model_slice(arena, model, rates[i], &err));
        assert_non_null(strstr(err.text, "lenet5: cannot be sliced to a width of "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cnn_of_heterofl_has_its_published_parameters),
        cmocka_unit_test(its_macs_are_those_of_its_products),
        cmocka_unit_test(the_preact_resnets_have_the_parameters_of_their_rule),
        cmocka_unit_test(at_rate_1_nothing_changes),
        cmocka_unit_test(layers_of_lenet_at_two_fifths_are_those_worked_out_by_hand),
        cmocka_unit_test(a_half_of_mobilenet_is_that_of_its_paper),
        cmocka_unit_test(a_product_that_is_whole_is_not_rounded_up),
        cmocka_unit_test(tokens_and_flop_beyond_macs_shrink_with_their_layer),
        cmocka_unit_test(what_cannot_be_sliced_is_refused),
        cmocka_unit_test(a_width_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
