/* model.c -- models by name, and what follows from a table of layers. */
#include "sim/workload/model.h"

#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/workload/shape.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* Above this not every whole number is a double, and JSON readers disagree. */
static const double MOST_COUNTED = 9007199254740992.0;

struct sim_model_totals sim_model_total(const struct sim_model *model)
{
    struct sim_model_totals totals = {0};

    for (int i = 0; i < model->layer_count; i++) {
        const struct sim_layer *layer = &model->layers[i];

        totals.parameters += layer->parameters;
        totals.macs += layer->macs;
        totals.activation_bytes += layer->activation_bytes;
        totals.forward_flop += layer->forward_flop;
        totals.backward_flop += layer->backward_flop;
    }
    totals.parameter_bytes = totals.parameters * model->bytes_per_parameter;
    return totals;
}

int64_t sim_model_crossing(const struct sim_model *model, int place, int *tensors)
{
    bool *crosses = calloc((size_t)place + 2, 1);
    int64_t bytes = 0;

    *tensors = 0;
    for (int i = place + 1; i < model->layer_count; i++)
        for (int s = 0; s < model->layers[i].source_count; s++) {
            const int source = model->layers[i].sources[s];

            if (source > place || crosses[source + 1])
                continue;
            crosses[source + 1] = true;
            ++*tensors;
            bytes += source == SIM_MODEL_INPUT ? model->input_bytes
                                               : model->layers[source].activation_bytes;
        }
    free(crosses);
    return bytes;
}

/* ---- finding one ---- */

static bool ends_in(const char *name, const char *ending)
{
    const size_t n = strlen(name), m = strlen(ending);

    return n > m && strcmp(name + n - m, ending) == 0;
}

bool sim_model_is_path(const char *name_or_path)
{
    return strchr(name_or_path, '/') != NULL || ends_in(name_or_path, ".csv") ||
           ends_in(name_or_path, ".onnx");
}

static const char *const own_folders[] = {"scenarios/models", "models"};
enum { OWN_FOLDERS = sizeof own_folders / sizeof own_folders[0] };

/* dmlsim's own, below `folder`; models/ is only theirs who put it beside a scenario. */
static const char *find_name(struct sim_arena *arena, const char *folder, const char *name)
{
    for (int i = 0; i < (folder == NULL ? 1 : OWN_FOLDERS); i++) {
        const char *path = sim_text(arena, "%s%s%s/%s.csv", folder == NULL ? "" : folder,
                                    folder == NULL ? "" : "/", own_folders[i], name);

        if (sim_file_exists(path))
            return path;
    }
    return NULL;
}

const char *sim_model_find(struct sim_arena *arena, const char *const *folders,
                           const char *name_or_path)
{
    const bool is_path = sim_model_is_path(name_or_path);
    const char *found;

    if (is_path && (sim_file_exists(name_or_path) || name_or_path[0] == '/'))
        return sim_file_exists(name_or_path) ? name_or_path : NULL;
    if (!is_path && (found = find_name(arena, NULL, name_or_path)) != NULL)
        return found;
    for (; folders != NULL && *folders != NULL; folders++) {
        found = is_path ? sim_text(arena, "%s/%s", *folders, name_or_path)
                        : find_name(arena, *folders, name_or_path);
        if (found != NULL && sim_file_exists(found))
            return found;
    }
    return NULL;
}

enum { MOST_NAMES = 1024 };

static size_t add_names(struct sim_arena *arena, const char *folder, const char **names,
                        size_t count)
{
    DIR *open_folder = opendir(folder);
    const struct dirent *entry;

    while (open_folder != NULL && count < MOST_NAMES && (entry = readdir(open_folder)) != NULL) {
        const char *name = sim_stem_of(arena, entry->d_name);
        size_t i = 0;

        while (i < count && strcmp(names[i], name) != 0)
            i++;
        if (ends_in(entry->d_name, ".csv") && i == count)
            names[count++] = name;
    }
    if (open_folder != NULL)
        closedir(open_folder);
    return count;
}

static int by_name(const void *a, const void *b)
{
    return sim_natural_order(*(const char *const *)a, *(const char *const *)b);
}

const char *const *sim_model_names(struct sim_arena *arena, const char *const *folders)
{
    const char **names = sim_new(arena, const char *, MOST_NAMES + 1);
    size_t count = add_names(arena, own_folders[0], names, 0);

    for (; folders != NULL && *folders != NULL; folders++)
        for (int i = 0; i < OWN_FOLDERS; i++)
            count =
                add_names(arena, sim_text(arena, "%s/%s", *folders, own_folders[i]), names, count);
    qsort(names, count, sizeof *names, by_name);
    return names;
}

/* ---- loading it ---- */

static const struct sim_model *load_csv(struct sim_arena *arena, const char *path,
                                        struct sim_error *err)
{
    size_t length;
    const char *text = sim_file_read(arena, path, SIM_MODEL_MOST_BYTES, &length, err);

    return text == NULL ? NULL : sim_model_parse(arena, path, text, length, err);
}

const struct sim_model *sim_model_load(struct sim_arena *arena, const char *name_or_path,
                                       struct sim_error *err)
{
    const char *path = sim_model_find(arena, NULL, name_or_path);
    const struct sim_model *model;

    if (path == NULL && !sim_model_is_path(name_or_path)) {
        sim_fail(err, "There is no model '%s'; 'dmlsim list models' names them.", name_or_path);
        return NULL;
    }
    if (path == NULL)
        path = name_or_path; /* whoever opens it says why it cannot be read */
    if (!ends_in(path, ".onnx"))
        return load_csv(arena, path, err);
    model = sim_onnx_load(arena, path, &(struct sim_onnx_options){0}, err);
    if (model != NULL && model->layer_count == 0) {
        sim_fail(err, "%s: has no layer: whatever is in it is constant.", path);
        return NULL;
    }
    return model == NULL ? NULL : sim_model_complete(arena, model, path, err);
}

/* ---- what follows from a table ---- */

/* A model while its layers learn what they read. */
struct linking {
    const char *path;
    struct sim_layer *layers;
    int count;
    int bytes_per_number; /* of what enters the network */
    int *by_name;         /* places, in order of names */
    struct sim_arena *arena;
    struct sim_error *err;
};

static int by_layer_name(const void *a, const void *b, void *layers)
{
    const struct sim_layer *all = layers;
    const int order = strcmp(all[*(const int *)a].name, all[*(const int *)b].name);

    return order != 0 ? order : *(const int *)a - *(const int *)b;
}

static bool names_are_unique(struct linking *linking)
{
    linking->by_name = sim_new(linking->arena, int, (size_t)linking->count + 1);
    for (int i = 0; i < linking->count; i++)
        linking->by_name[i] = i;
    qsort_r(linking->by_name, (size_t)linking->count, sizeof(int), by_layer_name, linking->layers);
    for (int i = 1; i < linking->count; i++) {
        const char *name = linking->layers[linking->by_name[i]].name;

        if (strcmp(linking->layers[linking->by_name[i - 1]].name, name) == 0)
            return sim_fail(linking->err,
                            "%s: two layers are called '%s'; `reads` could mean either.",
                            linking->path, name);
    }
    return true;
}

/* The place of the layer of that name, SIM_MODEL_INPUT for "input"; -2 if there is none. */
static int place_of(const struct linking *linking, const char *name)
{
    int low = 0, high = linking->count - 1;

    while (low <= high) {
        const int middle = low + (high - low) / 2, place = linking->by_name[middle];
        const int order = strcmp(name, linking->layers[place].name);

        if (order == 0)
            return place;
        if (order < 0)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return strcmp(name, "input") == 0 ? SIM_MODEL_INPUT : -2;
}

static bool no_such_layer(const struct linking *linking, int place, const char *name)
{
    const struct sim_layer *layer = &linking->layers[place];
    const char **names = sim_new(linking->arena, const char *, (size_t)place + 1);

    names[0] = "input";
    for (int i = 0; i < place; i++)
        names[i + 1] = linking->layers[i].name;
    return sim_fail(linking->err,
                    "%s: layer '%s' reads '%s', but no layer before it has that name%s",
                    linking->path, layer->name, name,
                    sim_did_you_mean(linking->arena, name, names, (size_t)place + 1, "."));
}

/* The bytes that a layer takes of what it reads at `source`; numbers from outside are as long as parameters. */
static int64_t bytes_from(const struct linking *linking, int place, int source)
{
    int64_t numbers;

    if (source != SIM_MODEL_INPUT)
        return linking->layers[source].activation_bytes;
    return sim_shape_size(linking->layers[place].input, &numbers)
               ? linking->bytes_per_number * numbers
               : 0;
}

/* One that says nothing else reads the layer before it: the first, and one that stands for an input, what is
 * outside. */
static int silent_source(const struct sim_layer *layer, int place)
{
    return strcmp(layer->kind, "input") == 0 ? SIM_MODEL_INPUT : place - 1;
}

static bool link_layer(struct linking *linking, int place)
{
    struct sim_layer *layer = &linking->layers[place];
    int *sources = sim_new(linking->arena, int, strlen(layer->reads) / 2 + 1);
    const char *at = layer->reads;

    if (*at == '\0')
        sources[layer->source_count++] = silent_source(layer, place);
    for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        const char *name = sim_text_copy(linking->arena, at, length);
        const int source = place_of(linking, name);

        if (source < SIM_MODEL_INPUT || source >= place)
            return no_such_layer(linking, place, name);
        sources[layer->source_count++] = source;
        at += length;
    }
    layer->sources = sources;
    for (int s = 0; s < layer->source_count; s++) {
        layer->input_bytes += bytes_from(linking, place, sources[s]);
        if ((double)layer->input_bytes > MOST_COUNTED)
            return sim_fail(linking->err, "%s: layer '%s' reads more bytes than can be counted.",
                            linking->path, layer->name);
    }
    return true;
}

static bool sums_can_be_counted(const struct sim_model *model, const char *path,
                                struct sim_error *err)
{
    double parameters = 0, macs = 0, bytes = 0;

    for (int i = 0; i < model->layer_count; i++) {
        parameters += (double)model->layers[i].parameters * model->bytes_per_parameter;
        macs += (double)model->layers[i].macs;
        bytes += (double)model->layers[i].activation_bytes;
    }
    return (parameters < MOST_COUNTED && macs < MOST_COUNTED && bytes < MOST_COUNTED) ||
           sim_fail(err, "%s: its layers together have more than %.0f bytes or MACs.", path,
                    MOST_COUNTED);
}

/* The bytes that enter the network: what layers that stand for inputs give, or else what the first that reads
 * them takes; 0 when not known. */
static int64_t input_bytes(const struct linking *linking)
{
    int64_t bytes = 0;

    for (int i = 0; i < linking->count; i++)
        if (strcmp(linking->layers[i].kind, "input") == 0)
            bytes += linking->layers[i].activation_bytes;
    for (int i = 0; i < linking->count && bytes == 0; i++)
        for (int s = 0; s < linking->layers[i].source_count; s++)
            if (linking->layers[i].sources[s] == SIM_MODEL_INPUT)
                bytes = bytes_from(linking, i, SIM_MODEL_INPUT);
    return bytes;
}

const struct sim_model *sim_model_complete(struct sim_arena *arena, const struct sim_model *model,
                                           const char *path, struct sim_error *err)
{
    struct sim_model *complete = sim_new(arena, struct sim_model, 1);
    struct linking linking = {.path = path,
                              .layers =
                                  sim_new(arena, struct sim_layer, (size_t)model->layer_count),
                              .count = model->layer_count,
                              .bytes_per_number = model->bytes_per_parameter,
                              .arena = arena,
                              .err = err};

    for (int i = 0; i < model->layer_count; i++) {
        struct sim_layer *layer = &linking.layers[i];

        *layer = model->layers[i];
        layer->measured_batch += layer->measured_batch == 0;
        layer->source_count = 0;
        layer->input_bytes = 0;
    }
    if (!sums_can_be_counted(model, path, err) || !names_are_unique(&linking))
        return NULL;
    for (int i = 0; i < model->layer_count; i++) {
        linking.layers[i].parameter_bytes =
            linking.layers[i].parameters * model->bytes_per_parameter;
        if (!link_layer(&linking, i))
            return NULL;
    }
    *complete = *model;
    complete->layers = linking.layers;
    if (complete->input_bytes == 0)
        complete->input_bytes = input_bytes(&linking);
    return complete;
}
