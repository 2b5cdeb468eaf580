/* workload.c -- `workload:` in a scenario: the model and the batch reach the algorithms that take one. */
#include "tests/unit/reading.h"

#include "sim/workload/model.h"

/* ---- an algorithm of each sort ---- */

struct nothing {
    int workers;
};

static const struct sim_parameter parameters[] = {
    {SIM_COUNT(struct nothing, workers), .value = "3", .least = 1, .most = 64, .help = ""}, {0}};
static const struct sim_role roles[] = {{0}};
static const struct sim_law laws[] = {{0}};

#define ALGORITHM(id, use)                                                                         \
    static const struct sim_algorithm id = {.name = #id,                                           \
                                            .parameters_size = sizeof(struct nothing),             \
                                            .parameters = parameters,                              \
                                            .roles = roles,                                        \
                                            .laws = laws,                                          \
                                            .workload = (use)}
ALGORITHM(without, SIM_NO_WORKLOAD);
ALGORITHM(perhaps, SIM_MAY_HAVE_WORKLOAD);
ALGORITHM(always, SIM_NEEDS_WORKLOAD);
ALGORITHM(speaks, SIM_MAY_HAVE_LANGUAGE_MODELS);

static const struct sim_algorithm *const algorithms[] = {&without, &perhaps, &always, &speaks,
                                                         NULL};
static const struct sim_catalogue ours = {algorithms, "."};

static void read_ours(struct reading *r, const char *path, const char *text,
                      const char *const *settings)
{
    read_bytes(r, path, text, strlen(text), settings, &ours);
}

#define ALWAYS  PLATFORM "algorithm: always\n"
#define PERHAPS PLATFORM "algorithm: perhaps\n"
#define SPEAKS  PLATFORM "algorithm: speaks\n"

/* ---- what is right ---- */

static void model_and_batch_are_read(void **state)
{
    struct reading r;

    (void)state;
    read_ours(&r, "t.yaml", ALWAYS "workload: {model: vgg16, batch: 7}\n", NULL);
    assert_string_equal(r.err.text, "");
    assert_string_equal(r.scenario.model->name, "vgg16");
    assert_string_equal(r.scenario.model_name, "vgg16");
    assert_int_equal(r.scenario.model->layer_count, 21);
    assert_int_equal(r.scenario.batch, 7);
    finish(&r);
}

static void a_batch_is_one_unless_said(void **state)
{
    struct reading r;

    (void)state;
    read_ours(&r, "t.yaml", PERHAPS "workload: {model: lenet5}\n", NULL);
    assert_true(r.fine);
    assert_int_equal(r.scenario.batch, 1);
    finish(&r);
}

static void an_algorithm_that_may_have_one_needs_none(void **state)
{
    struct reading r;

    (void)state;
    read_ours(&r, "t.yaml", PERHAPS, NULL);
    assert_true(r.fine);
    assert_null(r.scenario.model);
    assert_null(json_object_get(r.scenario.resolved, "workload"));
    finish(&r);
}

static void the_resolved_scenario_has_it_and_resolves_to_itself(void **state)
{
    struct reading r, again;
    char *once, *twice;

    (void)state;
    read_ours(&r, "t.yaml", ALWAYS "workload: {model: vgg16, batch: 7}\n", NULL);
    once = json_dumps(r.scenario.resolved, 0);
    assert_non_null(strstr(once, "\"workload\": {\"model\": \"vgg16\", \"batch\": 7}"));
    read_ours(&again, "t.yaml", once, NULL);
    twice = json_dumps(again.scenario.resolved, 0);
    assert_string_equal(once, twice);
    free(once);
    free(twice);
    finish(&r);
    finish(&again);
}

static void settings_lie_over_it(void **state)
{
    const char *const settings[] = {"workload.model=resnet18", "workload.batch=1003", NULL};
    struct reading r;

    (void)state;
    read_ours(&r, "t.yaml", ALWAYS "workload: {model: vgg16, batch: 7}\n", settings);
    assert_true(r.fine);
    assert_string_equal(r.scenario.model->name, "resnet18");
    assert_int_equal(r.scenario.batch, 1003);
    assert_string_equal(r.scenario.overrides[0].was, "vgg16");
    finish(&r);
    read_ours(&r, "t.yaml", ALWAYS, settings);
    assert_true(r.fine);
    assert_int_equal(r.scenario.batch, 1003);
    finish(&r);
}

static void a_file_beside_the_scenario_is_found(void **state)
{
    struct reading r;

    (void)state;
    read_ours(&r, "scenarios/t.yaml", ALWAYS "workload: {model: models/lenet5.csv}\n", NULL);
    assert_true(r.fine);
    assert_string_equal(r.scenario.model_name, "scenarios/models/lenet5.csv");
    assert_int_equal(r.scenario.model->layer_count, 7);
    finish(&r);
}

/* ---- language models ---- */

static void target_and_draft_are_read(void **state)
{
    struct reading r;

    (void)state;
    read_ours(&r, "t.yaml", SPEAKS "workload: {model: llama_2_70b, draft: llama_2_7b}\n", NULL);
    assert_string_equal(r.err.text, "");
    assert_null(r.scenario.model);
    assert_string_equal(r.scenario.language->target->name, "llama_2_70b");
    assert_int_equal(r.scenario.language->draft_count, 1);
    assert_string_equal(r.scenario.language->drafts[0]->name, "llama_2_7b");
    finish(&r);
    read_ours(&r, "t.yaml", SPEAKS "workload: {model: gpt2}\n", NULL);
    assert_true(r.fine);
    assert_int_equal(r.scenario.language->draft_count, 0);
    finish(&r);
    read_ours(&r, "t.yaml", SPEAKS, NULL);
    assert_true(r.fine);
    assert_null(r.scenario.language);
    finish(&r);
}

static void language_models_resolve_to_themselves(void **state)
{
    static const struct {
        const char *text, *resolved;
    } cases[] = {
        {"workload: {model: opt_66b}\n", "\"workload\": {\"model\": \"opt_66b\"}"},
        {"workload: {draft: llama_68m, model: llama_7b}\n",
         "\"workload\": {\"model\": \"llama_7b\", \"draft\": \"llama_68m\"}"},
        {"workload: {model: llama_7b, draft: [llama_68m, llama_160m, llama_68m]}\n",
         "\"workload\": {\"model\": \"llama_7b\", \"draft\": [\"llama_68m\", \"llama_160m\", "
         "\"llama_68m\"]}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reading r, again;
        char text[256], *once, *twice;

        snprintf(text, sizeof text, SPEAKS "%s", cases[i].text);
        read_ours(&r, "t.yaml", text, NULL);
        once = json_dumps(r.scenario.resolved, 0);
        assert_non_null(strstr(once, cases[i].resolved));
        read_ours(&again, "t.yaml", once, NULL);
        twice = json_dumps(again.scenario.resolved, 0);
        assert_string_equal(once, twice);
        free(once);
        free(twice);
        finish(&r);
        finish(&again);
    }
}

static void settings_lie_over_language_models(void **state)
{
    const char *const settings[] = {"workload.model=vicuna_13b",
                                    "workload.draft=[llama_160m, tinyllama_1_1b]", NULL};
    struct reading r;

    (void)state;
    read_ours(&r, "t.yaml", SPEAKS "workload: {model: gpt2_xl, draft: gpt2}\n", settings);
    assert_string_equal(r.err.text, "");
    assert_string_equal(r.scenario.language->target->name, "vicuna_13b");
    assert_int_equal(r.scenario.language->draft_count, 2);
    assert_string_equal(r.scenario.language->drafts[1]->name, "tinyllama_1_1b");
    finish(&r);
}

static void a_language_model_of_ones_own_is_found(void **state)
{
    char path[] = "/tmp/dmlsim-XXXXXX.csv", text[256];
    FILE *file = fdopen(mkstemps(path, 4), "w");
    struct reading r;

    (void)state;
    fputs("name,layers,hidden,heads,ffn,vocabulary\nmine,3,64,4,256,1009\n", file);
    fclose(file);
    snprintf(text, sizeof text, SPEAKS "workload: {model: opt_13b, draft: %s}\n", path);
    read_ours(&r, "t.yaml", text, NULL);
    assert_string_equal(r.err.text, "");
    assert_string_equal(r.scenario.language->drafts[0]->name, "mine");
    assert_string_equal(r.scenario.draft_names[0], path);
    finish(&r);
    file = fopen(path, "w");
    fputs("name,macs\na,7\n", file);
    fclose(file);
    read_ours(&r, "t.yaml", text, NULL);
    remove(path);
    assert_non_null(strstr(r.err.text, ".csv:1: this is a table of layers, but a language model is "
                                       "one row: name, layers, hidden, heads, ffn, vocabulary and "
                                       "others."));
    finish(&r);
}

/* A draft's file is found beside a scenario whose folder is no text: the resolved scenario could not name it. */
static void a_draft_in_a_folder_that_is_no_text_is_refused(void **state)
{
    static const char *const drafts[] = {"mine.csv", "[gpt2, mine.csv]"};
    char folder[] = "/tmp/dmlsim-XXXXXX";
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const char *below;
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(folder));
    below = sim_text(arena, "%s/\xff", folder);
    assert_true(sim_make_directories(below, &err));
    file = fopen(sim_text(arena, "%s/mine.csv", below), "w");
    fputs("name,layers,hidden,heads,ffn,vocabulary\nmine,3,64,4,256,1009\n", file);
    fclose(file);
    for (size_t i = 0; i < sizeof drafts / sizeof drafts[0]; i++) {
        struct reading r;

        read_ours(&r, sim_text(arena, "%s/t.yaml", below),
                  sim_text(arena, SPEAKS "workload: {model: opt_13b, draft: %s}\n", drafts[i]),
                  NULL);
        assert_non_null(strstr(r.err.text, "holds bytes that are not UTF-8."));
        finish(&r);
    }
    sim_remove_tree(folder);
    sim_arena_close(arena);
}

/* ---- what is wrong ---- */

static struct complaint {
    const char *name, *text, *said;
} complaints[] = {
    {"an algorithm without", PLATFORM "algorithm: without\nworkload: {model: vgg16}\n",
     "t.yaml:3:1: without takes no 'workload'; leave it out."},
    {"a scenario without", ALWAYS,
     "t.yaml: always needs a workload, as in workload: {model: resnet50, batch: 32}; 'dmlsim list "
     "models' names the models."},
    {"a workload that is a word", ALWAYS "workload: vgg16\n",
     "t.yaml:3:11: workload must be a mapping."},
    {"a workload of nothing", ALWAYS "workload: {}\n",
     "t.yaml:3:1: workload: model is missing, as in {model: resnet50, batch: 32}."},
    {"a batch of no model", ALWAYS "workload: {batch: 7}\n",
     "t.yaml:3:12: workload: model is missing, as in {model: resnet50, batch: 32}."},
    {"an unknown key", ALWAYS "workload: {model: vgg16, bach: 7}\n",
     "t.yaml:3:26: there is no key 'workload.bach'; did you mean 'batch'?"},
    {"an unknown model", ALWAYS "workload: {model: vgg17}\n",
     "t.yaml:3:19: workload.model: there is no model 'vgg17'; did you mean 'vgg16'?"},
    {"a model like none", ALWAYS "workload: {model: squirrel}\n",
     "t.yaml:3:19: workload.model: there is no model 'squirrel'; 'dmlsim list models' names them."},
    {"a file that is not there", ALWAYS "workload: {model: no.csv}\n",
     "t.yaml:3:19: workload.model: there is no file 'no.csv', neither here, nor beside the "
     "scenario, nor among dmlsim's own."},
    {"a model that is a list", ALWAYS "workload: {model: [a]}\n",
     "t.yaml:3:20: workload.model must name a model, a CSV file or an ONNX file."},
    {"a batch of none", ALWAYS "workload: {model: lenet5, batch: 0}\n",
     "t.yaml:3:34: workload.batch: 0 is out of bounds: at least 1 and at most 1000000000."},
    {"half a sample", ALWAYS "workload: {model: lenet5, batch: 1.5}\n",
     "t.yaml:3:34: workload.batch: 1.5 is no whole number."},
    {"a language model where layers are meant", ALWAYS "workload: {model: llama_2_70b}\n",
     "t.yaml:3:19: workload.model: 'llama_2_70b' is a language model, but always takes a table of "
     "layers."},
    {"layers where a language model is meant", SPEAKS "workload: {model: resnet50}\n",
     "t.yaml:3:19: workload.model: 'resnet50' is a table of layers, not a language model, of which "
     "'dmlsim list models' names some."},
    {"an unknown language model", SPEAKS "workload: {model: opt_131b}\n",
     "t.yaml:3:19: workload.model: there is no language model 'opt_131b'; did you mean "
     "'opt_13b'?"},
    {"an unknown second draft", SPEAKS "workload: {model: opt_13b, draft: [gpt2, squirrel]}\n",
     "t.yaml:3:42: workload.draft: there is no language model 'squirrel'; 'dmlsim list models' "
     "names them."},
    {"a draft without a target", SPEAKS "workload: {draft: gpt2}\n",
     "t.yaml:3:12: workload: model is missing, as in {model: llama_2_70b, draft: llama_2_7b}."},
    {"a batch of a language model", SPEAKS "workload: {model: gpt2, batch: 3}\n",
     "t.yaml:3:25: workload.batch: language models take none; leave it out."},
    {"no draft in a list", SPEAKS "workload: {model: gpt2, draft: []}\n",
     "t.yaml:3:25: workload.draft must name a language model, or several as in [llama_160m, "
     "llama_68m]."},
    {"a draft of layers", PERHAPS "workload: {model: vgg16, draft: gpt2}\n",
     "t.yaml:3:26: there is no key 'workload.draft'; it knows 'model' and others."},
    {"a language model as ONNX", SPEAKS "workload: {model: no.onnx}\n",
     "t.yaml:3:19: workload.model: there is no file 'no.onnx', neither here, nor beside the "
     "scenario, nor among dmlsim's own."},
    {"two wrong things", ALWAYS "workload: {model: vgg17, batch: nan}\n",
     "t.yaml:3:19: workload.model: there is no model 'vgg17'; did you mean 'vgg16'?\n"
     "t.yaml:3:33: workload.batch: 'nan' is no number; write it as in 8."},
};

static void is_refused(void **state)
{
    const struct complaint *complaint = *state;
    struct reading r;

    read_ours(&r, "t.yaml", complaint->text, NULL);
    assert_string_equal(r.err.text, complaint->said);
    finish(&r);
}

static void a_wrong_table_is_told_with_its_own_place(void **state)
{
    char path[] = "/tmp/dmlsim-XXXXXX.csv", text[256], said[256];
    FILE *file = fdopen(mkstemps(path, 4), "w");
    struct reading r;

    (void)state;
    fputs("name,macs\na,-7\n", file);
    fclose(file);
    snprintf(text, sizeof text, ALWAYS "workload: {model: %s}\n", path);
    snprintf(said, sizeof said,
             "%s:2: column 'macs': -7 is out of bounds: at least 0 and at most 1e+15.", path);
    read_ours(&r, "t.yaml", text, NULL);
    remove(path);
    assert_string_equal(r.err.text, said);
    finish(&r);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(model_and_batch_are_read),
        cmocka_unit_test(a_batch_is_one_unless_said),
        cmocka_unit_test(an_algorithm_that_may_have_one_needs_none),
        cmocka_unit_test(the_resolved_scenario_has_it_and_resolves_to_itself),
        cmocka_unit_test(settings_lie_over_it),
        cmocka_unit_test(a_file_beside_the_scenario_is_found),
        cmocka_unit_test(target_and_draft_are_read),
        cmocka_unit_test(language_models_resolve_to_themselves),
        cmocka_unit_test(settings_lie_over_language_models),
        cmocka_unit_test(a_language_model_of_ones_own_is_found),
        cmocka_unit_test(a_draft_in_a_folder_that_is_no_text_is_refused),
        cmocka_unit_test(a_wrong_table_is_told_with_its_own_place),
    };

    return RUN_CASES(is_refused, complaints) + cmocka_run_group_tests(others, NULL, NULL);
}
