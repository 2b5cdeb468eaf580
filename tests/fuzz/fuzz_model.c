/* fuzz_model.c -- a table of layers, or of language models, from any bytes.
 *
 * Beyond not crashing, these must hold: success and complaints exclude each other, every failure is told, what is
 * written reads back as a table that is written the same, and what crosses a cut was made before it; a language model has
 * totals that are positive, and its matrices are a part of it. */
#include "sim/workload/language.h"
#include "sim/workload/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *written(const struct sim_model *model)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);

    sim_model_write(file, model);
    fclose(file);
    return text;
}

static void reads_back(const struct sim_model *model, struct sim_arena *arena)
{
    char *once = written(model), *twice;
    struct sim_error err = {0};
    const struct sim_model *again = sim_model_parse(arena, "again.csv", once, strlen(once), &err);

    assert(again != NULL && again->layer_count == model->layer_count);
    twice = written(again);
    assert(strcmp(once, twice) == 0);
    free(once);
    free(twice);
}

static void cuts_make_sense(const struct sim_model *model)
{
    int tensors;

    for (int place = SIM_MODEL_INPUT; place < model->layer_count && place < 7; place++) {
        assert(sim_model_crossing(model, place, &tensors) >= 0);
        assert(tensors >= 0 && tensors <= place + 2);
    }
}

static void read_languages(const char *text, size_t size, struct sim_arena *arena)
{
    struct sim_error err = {0};
    const struct sim_language_model *const *models =
        sim_language_parse(arena, "fuzz.csv", text, size, &err);

    assert((models != NULL) == (err.count == 0) && (err.count == 0) == (err.text[0] == '\0'));
    for (; models != NULL && *models != NULL; models++) {
        const struct sim_language_step step = sim_language_step_of(7, 503);

        assert((*models)->linear_parameters > 0 && (*models)->kv_bytes_per_token > 0);
        assert((*models)->parameters > (*models)->linear_parameters + (*models)->head_parameters);
        assert(sim_language_step_memory_bytes(*models, &step) > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    char *text = calloc(1, size + 1);
    const struct sim_model *model;

    if (size > 0)
        memcpy(text, data, size);
    model = sim_model_parse(arena, "fuzz.csv", text, size, &err);
    assert((model != NULL) == (err.count == 0) && (err.count == 0) == (err.text[0] == '\0'));
    if (model != NULL) {
        reads_back(model, arena);
        cuts_make_sense(model);
    }
    read_languages(text, size, arena);
    free(text);
    sim_arena_close(arena);
    return 0;
}
