/* workload.c -- `workload:` in a scenario: the model that is trained or asked, and the batch; or, for algorithms that
 * have language models, the target and its drafts. */
#include "sim/workload/language.h"
#include "sim/workload/model.h"

#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/scenario/reader.h"

#include <string.h>

/* Where files and tables are looked for, beside here. */
static const char *const *folders_of(struct reader *reader)
{
    const char **folders = sim_new(reader->arena, const char *, 3);

    folders[0] = sim_folder_of(reader->arena, reader->scenario->path);
    folders[1] = reader->catalogue->data_folder;
    return folders;
}

/* ---- a table of layers ---- */

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
    if (sim_language_lack(reader->arena, folders, name) == NULL)
        return yaml_complain(&reader->yaml, reader_place(pair), "workload.model",
                             "workload.model: '%s' is a language model, but %s takes a table of "
                             "layers.",
                             name, reader->scenario->algorithm->name);
    return yaml_complain(
        &reader->yaml, reader_place(pair), "workload.model",
        "workload.model: there is no model '%s'%s", name,
        sim_did_you_mean(reader->arena, name, names, count, "; 'dmlsim list models' names them."));
}

static bool read_model(struct reader *reader, struct fy_node_pair *pair)
{
    const char *const *folders = folders_of(reader);
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

/* ---- language models ---- */

/* The model that the node names; NULL with a complaint. */
static const struct sim_language_model *read_language(struct reader *reader, struct fy_node *place,
                                                      const char *key, const char *name,
                                                      const char **called)
{
    const char *const *folders = folders_of(reader);
    const char *lack = sim_language_lack(reader->arena, folders, name);

    if (lack != NULL) {
        yaml_complain(&reader->yaml, place, key, "%s: %s", key, lack);
        return NULL;
    }
    return sim_language_load(reader->arena, folders, name, called, reader->yaml.err);
}

static bool read_target(struct reader *reader, struct fy_node_pair *pair,
                        struct sim_language_workload *language)
{
    const char *name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    if (name == NULL)
        return yaml_complain(&reader->yaml, reader_place(pair), "workload.model",
                             "workload.model must name a language model, or a CSV file of one.");
    language->target = read_language(reader, reader_place(pair), "workload.model", name,
                                     &reader->scenario->model_name);
    return language->target != NULL;
}

/* `place` is what a complaint points to. */
static bool add_draft(struct reader *reader, struct fy_node *node, struct fy_node *place,
                      struct sim_language_workload *language)
{
    const char *name = yaml_scalar(&reader->yaml, node);
    const int d = language->draft_count;

    if (name == NULL)
        return yaml_complain(&reader->yaml, place, "workload.draft",
                             "workload.draft must name a language model, or several as in "
                             "[llama_160m, llama_68m].");
    if (d == SIM_LANGUAGE_MOST_DRAFTS)
        return yaml_complain(&reader->yaml, place, "workload.draft",
                             "workload.draft: more than %d drafts are too many.", d);
    language->drafts[d] =
        read_language(reader, place, "workload.draft", name, &reader->scenario->draft_names[d]);
    language->draft_count++;
    return language->drafts[d] != NULL;
}

static bool read_drafts(struct reader *reader, struct fy_node_pair *pair,
                        struct sim_language_workload *language)
{
    struct fy_node *node = fy_node_pair_value(pair), *item;
    void *iterator = NULL;
    bool fine = true;

    if (node == NULL || !fy_node_is_sequence(node) || fy_node_sequence_is_empty(node))
        return add_draft(reader, node, reader_place(pair), language);
    while (fine && (item = fy_node_sequence_iterate(node, &iterator)) != NULL)
        fine = add_draft(reader, item, yaml_has_place(item) ? item : reader_place(pair), language);
    return fine;
}

static bool read_language_key(struct reader *reader, struct fy_node_pair *pair,
                              struct sim_language_workload *language)
{
    static const char *const names[] = {"model", "draft"};
    const char *key = reader_key(reader, pair);

    if (strcmp(key, "model") == 0)
        return read_target(reader, pair, language);
    if (strcmp(key, "draft") == 0)
        return read_drafts(reader, pair, language);
    if (strcmp(key, "batch") == 0)
        return yaml_complain(&reader->yaml, fy_node_pair_key(pair), "workload.batch",
                             "workload.batch: language models take none; leave it out.");
    return reader_unknown_key(reader, pair, key, "workload", names, 2);
}

/* ---- the section ---- */

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
    struct sim_language_workload *language;
    bool fine = true, has_model = false;

    if (algorithm == NULL || algorithm->workload == SIM_NO_WORKLOAD)
        return yaml_complain(&reader->yaml, fy_node_pair_key(pair), "workload",
                             "%s takes no 'workload'; leave it out.",
                             algorithm ? algorithm->name : "this algorithm");
    if (!reader_is_mapping(reader, pair, "workload"))
        return false;
    language = algorithm->workload == SIM_MAY_HAVE_LANGUAGE_MODELS
                   ? sim_new(reader->arena, struct sim_language_workload, 1)
                   : NULL;
    reader->scenario->language = language;
    reader->scenario->batch = 1;
    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        has_model |= strcmp(reader_key(reader, item), "model") == 0;
        fine &=
            language != NULL ? read_language_key(reader, item, language) : read_key(reader, item);
    }
    return fine &&
           (has_model || yaml_complain(&reader->yaml, reader_place(pair), "workload",
                                       "workload: model is missing, as in %s.",
                                       language != NULL ? "{model: llama_2_70b, draft: llama_2_7b}"
                                                        : "{model: resnet50, batch: 32}"));
}
