/* onnx_testdata.c -- all models of Debian's libonnx-testdata: each loads, and every shape that its author declared
 * is the one that is inferred.
 *
 * Most are single nodes whose weights, shapes and axes are inputs of the model, so that little could be inferred.
 * The package has the values of these inputs too: each model is therefore read as it is, with all inputs but the
 * first as initializers, and with all of them, where nothing depends on data any more. */
#include "tests/unit/onnx_net.h"

#include "sim/base/file.h"

#include <glob.h>

#define FOLDER  "/usr/share/libonnx-testdata/data"
#define PATTERN FOLDER "/*/*/model.onnx"

struct tally {
    int models, without_layers, with_warnings;
    int agree, not_known, not_declared; /* shapes of outputs and of tensors between */
};

static void count_warning(void *context, const char *sentence)
{
    (void)sentence;
    ++*(int *)context;
}

static Onnx__ModelProto *unpack(struct sim_arena *arena, const char *path)
{
    struct sim_error err = {0};
    size_t length = 0;
    const char *bytes = sim_file_read(arena, path, 1000003, &length, &err);

    return onnx__model_proto__unpack(NULL, length, (const uint8_t *)bytes);
}

/* ---- values of inputs ---- */

static bool is_tensor(const Onnx__ValueInfoProto *info)
{
    return info->type != NULL && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
}

static Onnx__TensorProto *read_value(struct sim_arena *arena, const char *model, size_t input)
{
    const char *path =
        sim_text(arena, "%s/test_data_set_0/input_%zu.pb", sim_folder_of(arena, model), input);
    struct sim_error err = {0};
    size_t length = 0;
    const char *bytes =
        sim_file_exists(path) ? sim_file_read(arena, path, 1000003, &length, &err) : NULL;

    return bytes == NULL ? NULL : onnx__tensor_proto__unpack(NULL, length, (const uint8_t *)bytes);
}

/* The inputs from number `from` on become initializers, where the package has their values. */
static void fix_inputs(struct sim_arena *arena, Onnx__GraphProto *graph, const char *path,
                       size_t from)
{
    Onnx__TensorProto **all = calloc(graph->n_initializer + graph->n_input + 1,
                                     sizeof *all); /* unpacked: freed with it */

    if (graph->n_initializer > 0)
        memcpy(all, graph->initializer, graph->n_initializer * sizeof *all);
    free(graph->initializer);
    graph->initializer = all;
    for (size_t i = from; i < graph->n_input; i++) {
        Onnx__TensorProto *value = is_tensor(graph->input[i]) ? read_value(arena, path, i) : NULL;

        if (value == NULL)
            continue;
        free(value->name);
        value->name = strdup(graph->input[i]->name);
        all[graph->n_initializer++] = value;
    }
}

/* ---- shapes ---- */

static void compare(struct tally *tally, const struct sim_onnx_graph *graph,
                    const Onnx__ValueInfoProto *info)
{
    const Onnx__TensorShapeProto *shape = is_tensor(info) ? info->type->tensor_type->shape : NULL;
    const int at = sim_onnx_find(&graph->tensor_names, info->name);
    const struct sim_onnx_tensor *tensor = at < 0 ? NULL : &graph->tensors[at];

    if (shape == NULL) {
        tally->not_declared++;
        return;
    }
    assert_non_null(tensor);
    if (!tensor->known) {
        tally->not_known++;
        return;
    }
    tally->agree++;
    if (tensor->rank != (int)shape->n_dim)
        fail_msg("%s: '%s' has %d dimensions, not %zu", graph->path, info->name, tensor->rank,
                 shape->n_dim);
    for (int d = 0; d < tensor->rank; d++)
        if (shape->dim[d]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
            shape->dim[d]->dim_value != tensor->dims[d])
            fail_msg("%s: dimension %d of '%s' is %lld, not %lld", graph->path, d, info->name,
                     (long long)tensor->dims[d], (long long)shape->dim[d]->dim_value);
}

static void read_one(struct tally *tally, const char *path, size_t fixed_from)
{
    struct sim_arena *arena = sim_arena_open();
    Onnx__ModelProto *model = unpack(arena, path);
    struct sim_error err = {0};
    struct sim_onnx_graph graph;
    int warnings = 0;
    const struct sim_onnx_options options = {.warn = count_warning, .context = &warnings};

    assert_non_null(model);
    fix_inputs(arena, model->graph, path, fixed_from);
    if (!sim_onnx_read_graph(&graph, arena, path + strlen(FOLDER) + 1, model, &options, &err))
        fail_msg("%s", err.text);
    tally->models++;
    tally->without_layers += graph.layer_count == 0;
    tally->with_warnings += warnings > 0;
    for (size_t i = 0; i < model->graph->n_output; i++)
        compare(tally, &graph, model->graph->output[i]);
    for (size_t i = 0; i < model->graph->n_value_info; i++)
        compare(tally, &graph, model->graph->value_info[i]);
    onnx__model_proto__free_unpacked(model, NULL);
    sim_arena_close(arena);
}

static struct tally read_all(size_t fixed_from)
{
    struct tally tally = {0};
    glob_t found;

    if (glob(PATTERN, 0, NULL, &found) != 0) {
        print_message("Skipped: %s has no models; Debian's package libonnx-testdata has them.\n",
                      FOLDER);
        skip();
    }
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_one(&tally, found.gl_pathv[i], fixed_from);
    globfree(&found);
    print_message("%d models, %d without layers, %d with warnings; shapes: %d agree, %d not known, "
                  "%d not declared\n",
                  tally.models, tally.without_layers, tally.with_warnings, tally.agree,
                  tally.not_known, tally.not_declared);
    return tally;
}

/* ---- */

static void every_model_loads(void **state)
{
    glob_t found;

    (void)state;
    if (glob(PATTERN, 0, NULL, &found) != 0)
        skip();
    assert_int_equal(found.gl_pathc, 1072);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sim_arena *arena = sim_arena_open();
        struct sim_error err = {0};

        if (sim_onnx_load(arena, found.gl_pathv[i], NULL, &err) == NULL)
            fail_msg("%s", err.text);
        assert_int_equal(err.count, 0);
        sim_arena_close(arena);
    }
    globfree(&found);
}

static void what_is_inferred_is_what_is_declared(void **state)
{
    const struct tally tally = read_all(SIZE_MAX);

    (void)state;
    assert_int_equal(tally.agree, 1026);
    assert_int_equal(tally.not_known, 215);
    assert_int_equal(tally.not_declared, 25);
}

static void with_the_values_of_inputs_more_can_be_inferred(void **state)
{
    const struct tally tally = read_all(1);

    (void)state;
    assert_int_equal(tally.agree, 1118);
    assert_int_equal(tally.not_known, 123);
    assert_int_equal(tally.not_declared, 25);
}

static void with_the_values_of_all_inputs_even_more(void **state)
{
    const struct tally tally = read_all(0);

    (void)state;
    assert_int_equal(tally.agree, 1129);
    assert_int_equal(tally.not_known, 112);
    assert_int_equal(tally.not_declared, 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_loads),
        cmocka_unit_test(what_is_inferred_is_what_is_declared),
        cmocka_unit_test(with_the_values_of_inputs_more_can_be_inferred),
        cmocka_unit_test(with_the_values_of_all_inputs_even_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
