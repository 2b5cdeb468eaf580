/* workload.c -- `workload:` in a scenario: the model that is trained or asked, and the batch. */
#include "sim/workload/model.h"

#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/scenario/reader.h"

#include <string.h>

static bool unknown_model(struct reader *reader, struct fy_node_pair *pair,
                          const char *const *folders, const char *name)
{
    const char *const *names = sim_model_names(reader->arena, folders);
    size_t count = 0;

    while (names[count] != NULL)
        count++;
    if (sim_model_is_path(name))
        return yaml_complain(&reader->yaml, reader_place(pair), "workload.model",
                             "workload.model: there is no file '%s', neither here, nor beside the "
                             "scenario, nor among dmlsim's own.",
                             name);
    return yaml_complain(
        &reader->yaml, reader_place(pair), "workload.model",
        "workload.model: there is no model '%s'%s", name,
        sim_did_you_mean(reader->arena, name, names, count, "; 'dmlsim list models' names them."));
}

static bool read_model(struct reader *reader, struct fy_node_pair *pair)
{
    const char *const folders[] = {sim_folder_of(reader->arena, reader->scenario->path),
                                   reader->catalogue->data_folder, NULL};
    const char *name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair)), *path;

    if (name == NULL)
        return yaml_complain(&reader->yaml, reader_place(pair), "workload.model",
                             "workload.model must name a model, a CSV file or an ONNX file.");
    path = sim_model_find(reader->arena, folders, name);
    if (path == NULL)
        return unknown_model(reader, pair, folders, name);
    reader->scenario->model_name = sim_model_is_path(name) ? path : name;
    reader->scenario->model = sim_model_load(reader->arena, path, reader->yaml.err);
    return reader->scenario->model != NULL;
}

struct numbers {
    int batch;
};

static bool read_batch(struct reader *reader, struct fy_node_pair *pair)
{
    /* cppcheck-suppress nullPointer ; as in offsetof */
    static const struct sim_parameter row = {SIM_COUNT(struct numbers, batch), .least = 1,
                                             .most = 1e9};
    struct numbers numbers = {1};
    const bool fine = reader_quantity(reader, pair, "workload.batch", &row, &numbers);

    reader->scenario->batch = numbers.batch;
    return fine;
}

static bool read_key(struct reader *reader, struct fy_node_pair *pair)
{
    static const char *const names[] = {"model", "batch"};
    const char *key = reader_key(reader, pair);

    if (strcmp(key, "model") == 0)
        return read_model(reader, pair);
    if (strcmp(key, "batch") == 0)
        return read_batch(reader, pair);
    return reader_unknown_key(reader, pair, key, "workload", names, 2);
}

bool reader_workload(struct reader *reader, struct fy_node_pair *pair)
{
    const struct sim_algorithm *algorithm = reader->scenario->algorithm;
    struct fy_node_pair *item;
    void *iterator = NULL;
    bool fine = true, has_model = false;

    if (algorithm == NULL || algorithm->workload == SIM_NO_WORKLOAD)
        return yaml_complain(&reader->yaml, fy_node_pair_key(pair), "workload",
                             "%s takes no 'workload'; leave it out.",
                             algorithm ? algorithm->name : "this algorithm");
    if (!reader_is_mapping(reader, pair, "workload"))
        return false;
    reader->scenario->batch = 1;
    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        has_model |= strcmp(reader_key(reader, item), "model") == 0;
        fine &= read_key(reader, item);
    }
    return fine && (has_model || yaml_complain(&reader->yaml, reader_place(pair), "workload",
                                               "workload: model is missing, as in {model: "
                                               "resnet50, batch: 32}."));
}
