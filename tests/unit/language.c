/* language.c -- language models: totals from shapes, what a step costs, and what is wrong with a table. */
#include "sim/workload/language.h"

#include "sim/platform/device.h"

#include "tests/unit/close.h"

/* ---- totals ---- */

/* Worked out apart from this code, to three or four digits: linear parameters of all layers, all parameters, bytes of keys and values a token in
 * fp16. */
static const struct {
    const char *name;
    double linear, all;
    int64_t kv_bytes;
} published[] = {
    {"llama_68m", 1.887e7, 6.803e7, 6144},          {"llama_160m", 1.132e8, 1.624e8, 36864},
    {"tinyllama_1_1b", 9.689e8, 1.100e9, 22528},    {"llama_7b", 6.476e9, 6.738e9, 524288},
    {"llama_2_7b", 6.476e9, 6.738e9, 524288},       {"vicuna_7b", 6.476e9, 6.738e9, 524288},
    {"llama_13b", 1.269e10, 1.302e10, 819200},      {"llama_33b", 3.210e10, 3.253e10, 1597440},
    {"llama_65b", 6.476e10, 6.529e10, 2621440},     {"llama_2_70b", 6.845e10, 6.898e10, 327680},
    {"code_llama_34b", 3.322e10, 3.374e10, 196608}, {"llama_3_8b", 6.979e9, 8.030e9, 131072},
    {"llama_3_1_70b", 6.845e10, 7.055e10, 327680},  {"llama_3_2_1b", 9.731e8, 1.236e9, 32768},
    {"t5_small", 2.517e7, 7.69e7, 12288},           {"t5_base", 1.132e8, 2.475e8, 36864},
    {"t5_large", 4.089e8, 7.83e8, 98304},           {"t5_xl", 1.560e9, 2.85e9, 196608},
    {"t5_xxl", 6.241e9, 1.113e10, 393216},
};

static const struct sim_language_model *own(struct sim_arena *arena, const char *name)
{
    struct sim_error err = {0};
    const struct sim_language_model *model = sim_language_load(arena, NULL, name, NULL, &err);

    assert_string_equal(err.text, "");
    return model;
}

static void totals_follow_from_shapes(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        const struct sim_language_model *model = own(arena, published[i].name);

        assert_close((double)model->linear_parameters, published[i].linear, 6e-4);
        assert_close((double)model->parameters, published[i].all, 1e-3);
        assert_int_equal(model->kv_bytes_per_token, published[i].kv_bytes);
    }
    sim_arena_close(arena);
}

/* Norms, biases and tables of positions are in it: matrix by matrix. */
static void all_parameters_are_counted(void **state)
{
    const int64_t llama_layer = 4LL * 4096 * 4096 + 3LL * 4096 * 11008 + 2 * 4096;
    const int64_t gpt_layer = 4LL * 768 * 768 + 4 * 768 + 2LL * 768 * 3072 + 3072 + 768 + 4 * 768;
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_int_equal(own(arena, "llama_2_7b")->parameters,
                     2LL * 32000 * 4096 + 32 * llama_layer + 4096);
    assert_int_equal(own(arena, "gpt2")->parameters,
                     (50257LL + 1024) * 768 + 12 * gpt_layer + 2 * 768);
    sim_arena_close(arena);
}

static void every_model_of_the_table_has_a_name_and_a_source(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct sim_language_model *const *models = sim_language_models(arena, NULL, &err);
    int count = 0;

    (void)state;
    for (; models[count] != NULL; count++) {
        assert_true(strlen(models[count]->source) > 10);
        assert_int_equal(strspn(models[count]->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                         strlen(models[count]->name));
        assert_int_equal(models[count]->bytes_per_number, 2);
    }
    assert_int_equal(count, 30);
    sim_arena_close(arena);
}

/* ---- steps ---- */

enum { LAYERS = 3, HIDDEN = 64, HEADS = 4, KV_HEADS = 2, HEAD_SIZE = 17, FFN = 151, WORDS = 1009 };
static const double LINEAR = LAYERS * (2. * HIDDEN * HEADS * HEAD_SIZE +
                                       2. * HIDDEN * KV_HEADS * HEAD_SIZE + 3. * HIDDEN * FFN);
static const double HEAD = (double)HIDDEN * WORDS, KV = 2. * LAYERS * KV_HEADS * HEAD_SIZE * 2;
static const double SPEED = 7.3e9, BANDWIDTH = 123.4e6;

static const struct sim_language_model *small(struct sim_arena *arena, const char *more_columns,
                                              const char *more_values)
{
    const char *text =
        sim_text(arena,
                 "name,layers,hidden,heads,kv_heads,head_size,ffn,vocabulary%s\n"
                 "small,%d,%d,%d,%d,%d,%d,%d%s\n",
                 more_columns, LAYERS, HIDDEN, HEADS, KV_HEADS, HEAD_SIZE, FFN, WORDS, more_values);
    struct sim_error err = {0};
    const struct sim_language_model *const *models =
        sim_language_parse(arena, "t.csv", text, strlen(text), &err);

    assert_string_equal(err.text, "");
    assert_null(models[1]);
    return models[0];
}

static struct sim_device device(void)
{
    struct sim_device plain = sim_device_plain("h", SPEED);

    plain.memory_bytes_per_second = BANDWIDTH;
    plain.byte_efficiency = 0.78;
    plain.flop_efficiency = 0.66;
    plain.layer_overhead_seconds = 39e-6;
    return plain;
}

static void a_shape_has_these_totals(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const double norms = (2 * LAYERS + 1) * HIDDEN;
    const double attention = 2. * HIDDEN * (HEADS + KV_HEADS) * HEAD_SIZE;
    const struct sim_language_model *plain = small(arena, "", "");

    (void)state;
    assert_close((double)plain->linear_parameters, LINEAR, 0);
    assert_close((double)plain->head_parameters, HEAD, 0);
    assert_close((double)plain->parameters, LINEAR + 2 * HEAD + norms, 0);
    assert_close((double)plain->kv_bytes_per_token, KV, 0);
    assert_close((double)small(arena, ",tied", ",yes")->parameters, LINEAR + HEAD + norms, 0);
    assert_close((double)small(arena, ",gated", ",no")->linear_parameters,
                 LINEAR - LAYERS * HIDDEN * FFN, 0);
    assert_close((double)small(arena, ",positions", ",31")->parameters,
                 LINEAR + 2 * HEAD + norms + 31 * HIDDEN, 0);
    assert_close((double)small(arena, ",bytes_per_number", ",4")->kv_bytes_per_token, 2 * KV, 0);
    assert_close((double)small(arena, ",encoder", ",yes")->linear_parameters,
                 LINEAR + LAYERS * attention, 0);
    assert_close((double)small(arena, ",encoder", ",yes")->parameters,
                 2 * LINEAR + LAYERS * attention + 2 * HEAD + 2 * norms + LAYERS * HIDDEN, 0);
    assert_close((double)small(arena, ",biases", ",yes")->parameters,
                 LINEAR + 2 * HEAD + 2 * norms +
                     LAYERS * ((HEADS + 2. * KV_HEADS) * HEAD_SIZE + 2 * HIDDEN + 2 * FFN),
                 0);
    sim_arena_close(arena);
}

static void a_plain_step_reads_all_weights_once_and_keys_once(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    const struct sim_language_step step = sim_language_step_of(7, 503);
    const struct sim_device d = device();
    const double bytes = 2 * (LINEAR + HEAD) + KV * 510;
    const double flop = 2 * (LINEAR + HEAD) * 7 + 4. * LAYERS * HEADS * HEAD_SIZE * 7 * (503 + 3.5);
    const double byte_seconds = bytes / (BANDWIDTH * 0.78), flop_seconds = flop / (SPEED * 0.66);

    (void)state;
    assert_close(sim_language_step_memory_bytes(model, &step), bytes, 1e-15);
    assert_close(sim_language_step_flop(model, &step), flop, 1e-15);
    assert_close(sim_language_step_seconds(&d, model, &step),
                 3 * 39e-6 + sqrt(byte_seconds * byte_seconds + flop_seconds * flop_seconds),
                 1e-14);
    sim_arena_close(arena);
}

static void a_batch_shares_the_weights_but_not_the_keys(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    struct sim_language_step both = sim_language_step_of(7, 503);
    const struct sim_language_step one = both, other = sim_language_step_of(3, 211);

    (void)state;
    sim_language_step_add(&both, 3, 211);
    assert_close(sim_language_step_memory_bytes(model, &both),
                 sim_language_step_memory_bytes(model, &one) +
                     sim_language_step_memory_bytes(model, &other) - 2 * (LINEAR + HEAD),
                 1e-15);
    assert_close(sim_language_step_flop(model, &both),
                 sim_language_step_flop(model, &one) + sim_language_step_flop(model, &other),
                 1e-15);
    sim_language_step_add(&both, 0, 100003); /* nobody */
    assert_close(sim_language_step_memory_bytes(model, &both), 2 * (LINEAR + HEAD) + KV * 724,
                 1e-15);
    sim_arena_close(arena);
}

/* Of a tree of 7 nodes the keys of the prefix are read once, as of a chain of 7, not of 7 sequences. */
static void a_tree_reads_the_keys_of_its_prefix_once(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    const struct sim_language_step tree = sim_language_step_of(7, 503);
    struct sim_language_step seven = sim_language_step_of(1, 503);

    (void)state;
    for (int i = 1; i < 7; i++)
        sim_language_step_add(&seven, 1, 503);
    assert_close(sim_language_step_memory_bytes(model, &seven) -
                     sim_language_step_memory_bytes(model, &tree),
                 6 * 503 * KV, 1e-12);
    sim_arena_close(arena);
}

static void a_part_of_the_layers_costs_its_share_and_the_head_is_whole(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    const struct sim_device d = device();
    struct sim_language_step step = sim_language_step_of(7, 503);
    double headless;

    (void)state;
    step.skips_head = true;
    headless = sim_language_step_seconds(&d, model, &step);
    step.layer_share = 1. / 3;
    assert_close(sim_language_step_seconds(&d, model, &step), headless / 3, 1e-14);
    assert_close(sim_language_step_memory_bytes(model, &step), (2 * LINEAR + KV * 510) / 3, 1e-14);
    step.skips_head = false;
    assert_close(sim_language_step_memory_bytes(model, &step),
                 (2 * LINEAR + KV * 510) / 3 + 2 * HEAD, 1e-14);
    sim_arena_close(arena);
}

static void devices_that_share_matrices_share_all_but_the_overhead(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    const struct sim_device d = device();
    struct sim_language_step step = sim_language_step_of(7, 503);
    const double alone = sim_language_step_seconds(&d, model, &step);
    const double bytes = sim_language_step_memory_bytes(model, &step);

    (void)state;
    step.tensor_parallel = 5;
    assert_close(sim_language_step_seconds(&d, model, &step), 3 * 39e-6 + (alone - 3 * 39e-6) / 5,
                 1e-14);
    assert_close(sim_language_step_memory_bytes(model, &step), bytes / 5, 1e-14);
    sim_arena_close(arena);
}

static void a_step_of_nobody_costs_nothing(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    const struct sim_device d = device();
    const struct sim_language_step step = sim_language_step_of(0, 503);

    (void)state;
    assert_close(sim_language_step_seconds(&d, model, &step), 0, 0);
    assert_close(sim_language_step_memory_bytes(model, &step), 0, 0);
    assert_close(sim_language_step_flop(model, &step), 0, 0);
    sim_arena_close(arena);
}

static void without_a_memory_bandwidth_it_is_flop_over_speed(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    const struct sim_device plain = sim_device_plain("h", SPEED);
    const struct sim_language_step step = sim_language_step_of(7, 503);

    (void)state;
    assert_close(sim_language_step_seconds(&plain, model, &step),
                 sim_language_step_flop(model, &step) / SPEED, 1e-15);
    sim_arena_close(arena);
}

/* The knee of Llama-2-7B's matrices on an A100: 2 k / (2 s) flop a byte are speed over bandwidth, as reached. */
static void tokens_are_free_up_to_the_knee(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = own(arena, "llama_2_7b");
    struct sim_device a100 = device();
    struct sim_language_step one = {1, 0, 0, 1, true, 1}, many = one;
    const double knee = 312e12 * 0.66 / (2039e9 * 0.78);

    (void)state;
    a100.flop_per_second = 312e12;
    a100.memory_bytes_per_second = 2039e9;
    a100.layer_overhead_seconds = 0;
    many.rows = llround(knee); /* 129 */
    many.context_tokens = 1 - (double)many.rows;
    assert_close(sim_language_step_seconds(&a100, model, &many) /
                     sim_language_step_seconds(&a100, model, &one),
                 sqrt(2), 5e-3);
    sim_arena_close(arena);
}

static void memory_and_messages(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct sim_language_model *model = small(arena, "", "");
    const double weights = 2 * (double)model->parameters;

    (void)state;
    assert_close(sim_language_weight_bytes(model, 1), weights, 0);
    assert_close(sim_language_resident_bytes(model, 0.25, 1013), 0.25 * (weights + 1013 * KV),
                 1e-15);
    assert_int_equal(sim_language_hidden_bytes(model, 7), 7 * HIDDEN * 2);
    sim_arena_close(arena);
}

/* ---- what is wrong ---- */

#define NEEDED      "name,layers,hidden,heads,ffn,vocabulary"
#define OTHERS      "; a language model has name, layers, hidden, heads, ffn, vocabulary and others."
#define ROW         NEEDED "\n"
#define AND(column) NEEDED "," column "\n"

static struct complaint {
    const char *name, *text, *said;
} complaints[] = {
    {"nothing", "", "t.csv: holds no table of language models."},
    {"a head alone", ROW, "t.csv: the table holds no language model."},
    {"a column near a known one", "name,layer\n",
     "t.csv:1: there is no column 'layer'; did you mean 'layers'?"},
    {"a column near to nothing", AND("colour"), "t.csv:1: there is no column 'colour'" OTHERS},
    {"a column twice", AND("ffn"), "t.csv:1: the column 'ffn' is there twice."},
    {"a column that is missing", "name,layers,hidden,heads,ffn\n",
     "t.csv:1: the column 'vocabulary' is missing."},
    {"layers of a network", "name,kind,macs\na,fc,7\n",
     "t.csv:1: this is a table of layers, but a language model is one row: name, layers, hidden, "
     "heads, ffn, vocabulary and others."},
    {"too few fields", ROW "a,2\n", "t.csv:2: this row has 2 fields, but there are 6 columns."},
    {"no name", ROW ",2,64,4,256,1009\n", "t.csv:2: column 'name': the field is empty."},
    {"no layers", ROW "a,,64,4,256,1009\n", "t.csv:2: column 'layers': the field is empty."},
    {"zero layers", ROW "a,0,64,4,256,1009\n",
     "t.csv:2: column 'layers': 0 is out of bounds: at least 1 and at most 10000."},
    {"half a layer", ROW "a,2.5,64,4,256,1009\n",
     "t.csv:2: column 'layers': 2.5 is no whole number."},
    {"a word for a number", ROW "a,2,wide,4,256,1009\n",
     "t.csv:2: column 'hidden': 'wide' is no number; write it as in 8."},
    {"no number at all", ROW "a,2,nan,4,256,1009\n",
     "t.csv:2: column 'hidden': 'nan' is no number; write it as in 8."},
    {"heads that do not divide", ROW "a,2,64,5,256,1009\n",
     "t.csv:2: column 'heads': 5 do not divide 64, the hidden width; say head_size."},
    {"kv_heads that do not divide", AND("kv_heads") "a,2,64,4,256,1009,3\n",
     "t.csv:2: column 'kv_heads': 3 do not divide the 4 heads."},
    {"more kv_heads than heads", AND("kv_heads") "a,2,64,4,256,1009,8\n",
     "t.csv:2: column 'kv_heads': 8 do not divide the 4 heads."},
    {"neither yes nor no", AND("tied") "a,2,64,4,256,1009,true\n",
     "t.csv:2: column 'tied': 'true' must be yes or no."},
    {"a name twice", ROW "a,2,64,4,256,1009\na,2,64,4,256,1009\n",
     "t.csv:3: column 'name': 'a' is the name of a row above."},
    {"more than can be counted", ROW "a,10000,1000000,1000,10000000,1009\n",
     "t.csv:2: these are more parameters, or keys and values, than can be counted: 1e+15 at "
     "most."},
    {"two wrong fields", ROW "a,0,64,4,x,1009\n",
     "t.csv:2: column 'layers': 0 is out of bounds: at least 1 and at most 10000.\n"
     "t.csv:2: column 'ffn': 'x' is no number; write it as in 8."},
    {"two wrong rows", ROW "a,0,64,4,256,1009\nb,2,64,4,0,1009\n",
     "t.csv:2: column 'layers': 0 is out of bounds: at least 1 and at most 10000.\n"
     "t.csv:3: column 'ffn': 0 is out of bounds: at least 1 and at most 1e+07."},
};

static void is_refused(void **state)
{
    const struct complaint *complaint = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    assert_null(sim_language_parse(arena, "t.csv", complaint->text, strlen(complaint->text), &err));
    assert_string_equal(err.text, complaint->said);
    sim_arena_close(arena);
}

static void a_file_of_ones_own_has_one_row(void **state)
{
    char path[] = "/tmp/dmlsim-XXXXXX.csv", said[128];
    struct sim_arena *arena = sim_arena_open();
    FILE *file = fdopen(mkstemps(path, 4), "w");
    struct sim_error err = {0};
    const char *called = NULL;

    (void)state;
    fputs("# mine\n" ROW "mine,3,64,4,256,1009\n", file);
    fclose(file);
    assert_null(sim_language_lack(arena, NULL, path));
    assert_int_equal(sim_language_load(arena, NULL, path, &called, &err)->layers, 3);
    assert_string_equal(called, path);
    file = fopen(path, "a");
    fputs("other,3,64,4,256,1009\n", file);
    fclose(file);
    assert_null(sim_language_load(arena, NULL, path, NULL, &err));
    remove(path);
    snprintf(said, sizeof said,
             "%s: holds more than one language model, and which is meant cannot be said.", path);
    assert_string_equal(err.text, said);
    sim_arena_close(arena);
}

static void what_is_not_there_is_told(void **state)
{
    static const char *const cases[][2] = {
        {"opt_131b", "There is no language model 'opt_131b'; did you mean 'opt_13b'?"},
        {"squirrel", "There is no language model 'squirrel'; 'dmlsim list models' names them."},
        {"no.csv", "There is no file 'no.csv', neither here, nor beside the scenario, nor among "
                   "dmlsim's own."},
        {"vgg16", "'vgg16' is a table of layers, not a language model, of which 'dmlsim list "
                  "models' names some."},
        {"scenarios/models/vgg16.csv",
         "scenarios/models/vgg16.csv:2: this is a table of layers, but a language model is one "
         "row: name, layers, hidden, heads, ffn, vocabulary and others."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_arena *arena = sim_arena_open();
        struct sim_error err = {0};

        assert_null(sim_language_load(arena, NULL, cases[i][0], NULL, &err));
        assert_string_equal(err.text, cases[i][1]);
        sim_arena_close(arena);
    }
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(totals_follow_from_shapes),
        cmocka_unit_test(all_parameters_are_counted),
        cmocka_unit_test(every_model_of_the_table_has_a_name_and_a_source),
        cmocka_unit_test(a_shape_has_these_totals),
        cmocka_unit_test(a_plain_step_reads_all_weights_once_and_keys_once),
        cmocka_unit_test(a_batch_shares_the_weights_but_not_the_keys),
        cmocka_unit_test(a_tree_reads_the_keys_of_its_prefix_once),
        cmocka_unit_test(a_part_of_the_layers_costs_its_share_and_the_head_is_whole),
        cmocka_unit_test(devices_that_share_matrices_share_all_but_the_overhead),
        cmocka_unit_test(a_step_of_nobody_costs_nothing),
        cmocka_unit_test(without_a_memory_bandwidth_it_is_flop_over_speed),
        cmocka_unit_test(tokens_are_free_up_to_the_knee),
        cmocka_unit_test(memory_and_messages),
        cmocka_unit_test(a_file_of_ones_own_has_one_row),
        cmocka_unit_test(what_is_not_there_is_told),
    };

    return RUN_CASES(is_refused, complaints) + cmocka_run_group_tests(others, NULL, NULL);
}
