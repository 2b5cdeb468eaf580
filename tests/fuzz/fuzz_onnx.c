/* fuzz_onnx.c -- an ONNX model from any bytes, read leniently and strictly.
 *
 * Beyond not crashing, these must hold: success and complaints exclude each other, every failure is told with the
 * name of the file, and a model's numbers are not negative, add up, and its names can stand in a table. */
#include "sim/workload/onnx.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_sentence(void *context, const char *sentence)
{
    assert(strncmp(sentence, "fuzz.onnx: ", 11) == 0 && strchr(sentence, '\n') == NULL);
    ++*(int *)context;
}

static void check_layer(const struct sim_layer *layer)
{
    assert(layer->name[0] != '\0' && strpbrk(layer->name, " ,\"\n\t") == NULL);
    assert(layer->kind[0] != '\0' && layer->input != NULL && layer->output != NULL);
    assert(layer->parameters >= 0 && layer->macs >= 0 && layer->activation_bytes >= 0);
    assert(layer->reads != NULL && layer->forward_flop >= 0 && layer->backward_flop >= 0);
}

static void check_model(const struct sim_model *model)
{
    int64_t parameters = 0, macs = 0, bytes = 0;

    assert(model->layer_count >= 0 && model->input_bytes >= 0 && model->bytes_per_parameter > 0);
    for (int l = 0; l < model->layer_count; l++) {
        check_layer(&model->layers[l]);
        parameters += model->layers[l].parameters; /* the sanitizer sees it if they overflow */
        macs += model->layers[l].macs;
        bytes += model->layers[l].activation_bytes;
    }
    assert(parameters * model->bytes_per_parameter >= 0 && macs >= 0 && bytes >= 0);
}

static void read_it(const uint8_t *data, size_t size, bool strict)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    int sentences = 0;
    const struct sim_onnx_options options = {.input_shapes = strict ? NULL : "x:1x3x8x8",
                                             .strict = strict,
                                             .warn = count_sentence,
                                             .context = &sentences};
    const struct sim_model *model = sim_onnx_parse(arena, "fuzz.onnx", data, size, &options, &err);

    assert((model != NULL) == (err.count == 0) && (model != NULL) == (err.text[0] == '\0'));
    assert(model != NULL || strncmp(err.text, "fuzz.onnx: ", 11) == 0);
    if (model != NULL)
        check_model(model);
    sim_arena_close(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nothing[1];

    read_it(size == 0 ? nothing : data, size, false);
    read_it(size == 0 ? nothing : data, size, true);
    return 0;
}
