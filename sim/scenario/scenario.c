#include "sim/scenario/scenario.h"

#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/scenario/parameters.h"
#include "sim/scenario/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const sim_simulation_mode_names[] = {[SIM_SIMULATION_AUTO] = "auto",
                                                 [SIM_SIMULATION_FULL] = "full",
                                                 [SIM_SIMULATION_FAST] = "fast",
                                                 NULL};

const char *const sim_trace_level_names[] = {[SIM_TRACE_NONE] = "none",
                                             [SIM_TRACE_SUMMARY] = "summary",
                                             [SIM_TRACE_FULL] = "full",
                                             [SIM_TRACE_PAJE] = "paje",
                                             NULL};

/* ---- the sections, one reader each ---- */

static bool read_platform_file(struct reader *reader, struct fy_node_pair *pair)
{
    const char *name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    if (name == NULL)
        return yaml_complain(&reader->yaml, reader_place(pair), "platform",
                             "platform must name a SimGrid XML file.");
    reader->scenario->platform =
        sim_find_file(reader->arena, reader->catalogue,
                      sim_folder_of(reader->arena, reader->scenario->path), name);
    if (reader->scenario->platform == NULL)
        return yaml_complain(
            &reader->yaml, reader_place(pair), "platform",
            "platform: there is no file '%s', neither here, nor beside the scenario, nor "
            "among dmlsim's own.",
            name);
    return true;
}

static bool read_edits(struct reader *reader, struct fy_node_pair *pair,
                       struct sim_platform_edit *edits, int *count)
{
    struct sim_platform_edit target;
    struct fy_node_pair *item;
    void *iterator = NULL;
    const char *key = reader_key(reader, pair);

    if (!sim_platform_edit_target(reader->arena, key, &target) ||
        fy_node_pair_value(pair) == NULL || !fy_node_is_mapping(fy_node_pair_value(pair)))
        return yaml_complain(&reader->yaml, reader_place(pair), "platform",
                             "platform: '%s' is neither file nor a change to it, as in "
                             "link[uplink]: {bandwidth: 1Gbps}.",
                             key);
    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        target.attribute = reader_key(reader, item);
        target.value = yaml_scalar(&reader->yaml, fy_node_pair_value(item));
        if (target.value == NULL)
            return yaml_complain(&reader->yaml, reader_place(item), "platform",
                                 "platform.%s.%s must have a value, as SimGrid spells it.", key,
                                 target.attribute);
        edits[(*count)++] = target;
    }
    return true;
}

/* How many values there are below a mapping of mappings, at most. */
static int room_for_edits(struct fy_node *node)
{
    struct fy_node_pair *pair;
    void *iterator = NULL;
    int room = 0;

    while ((pair = fy_node_mapping_iterate(node, &iterator)) != NULL)
        if (fy_node_pair_value(pair) != NULL && fy_node_is_mapping(fy_node_pair_value(pair)))
            room += fy_node_mapping_item_count(fy_node_pair_value(pair));
    return room;
}

/* A file, or {file: FILE, "link[uplink]": {bandwidth: 1Gbps}, ...}. */
static bool read_platform(struct reader *reader, struct fy_node_pair *pair)
{
    struct fy_node *node = fy_node_pair_value(pair);
    struct sim_platform_edit *edits;
    struct fy_node_pair *item;
    void *iterator = NULL;
    bool fine = true;

    if (node == NULL || !fy_node_is_mapping(node))
        return read_platform_file(reader, pair);
    edits = sim_new(reader->arena, struct sim_platform_edit, (size_t)room_for_edits(node) + 1);
    reader->scenario->platform_edits = edits;
    while ((item = fy_node_mapping_iterate(node, &iterator)) != NULL)
        fine &= strcmp(reader_key(reader, item), "file") == 0
                    ? read_platform_file(reader, item)
                    : read_edits(reader, item, edits, &reader->scenario->platform_edit_count);
    return fine && (reader->scenario->platform != NULL ||
                    yaml_complain(&reader->yaml, reader_place(pair), "platform",
                                  "platform: file is missing: a SimGrid XML file."));
}

static bool choose_algorithm(struct reader *reader, struct fy_node *place, const char *name)
{
    const char *names[256];
    size_t count = 0;

    reader->scenario->algorithm = sim_find_algorithm(reader->catalogue, name);
    if (reader->scenario->algorithm != NULL)
        return true;
    for (; count < 256 && reader->catalogue->algorithms[count] != NULL; count++)
        names[count] = reader->catalogue->algorithms[count]->name;
    return yaml_complain(&reader->yaml, place, "algorithm.name", "there is no algorithm '%s'%s",
                         name,
                         sim_did_you_mean(reader->arena, name, names, count,
                                          "; 'dmlsim list algorithms' names them."));
}

/* [3, 1] as "3, 1"; a single value as itself. */
static const char *list_text(const struct reader *reader, struct fy_node *node)
{
    const char *text = "", *item;
    struct fy_node *part;
    void *iterator = NULL;

    if (node == NULL || !fy_node_is_sequence(node))
        return yaml_scalar(&reader->yaml, node);
    while ((part = fy_node_sequence_iterate(node, &iterator)) != NULL) {
        item = yaml_scalar(&reader->yaml, part);
        if (item == NULL)
            return NULL;
        text = sim_text(reader->arena, "%s%s%s", text, *text == '\0' ? "" : ",", item);
    }
    return text;
}

static bool read_list(struct reader *reader, struct fy_node_pair *pair, const char *key,
                      const struct sim_parameter *row, void *values)
{
    const char *text = list_text(reader, fy_node_pair_value(pair));
    char complaint[256];

    if (text == NULL)
        return yaml_complain(&reader->yaml, reader_place(pair), key,
                             "%s must be a list of numbers, as in [3, 1].", key);
    if (!sim_parameter_read(row, text, values, complaint, sizeof complaint))
        return yaml_complain(&reader->yaml, reader_place(pair), key, "%s: %s.", key, complaint);
    return true;
}

/* An empty text, and not nothing: so a resolved scenario says that there is no file. */
static bool says_none(struct fy_node *node)
{
    const enum fy_node_style style = node == NULL ? FYNS_ANY : fy_node_get_style(node);
    size_t length;

    return (style == FYNS_DOUBLE_QUOTED || style == FYNS_SINGLE_QUOTED) &&
           fy_node_get_scalar(node, &length) != NULL && length == 0;
}

static bool read_file_name(struct reader *reader, struct fy_node_pair *pair, const char *key,
                           const struct sim_parameter *row, void *values)
{
    const char *name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair)), *path;
    char complaint[256];

    if (*row->value == '\0' && says_none(fy_node_pair_value(pair)))
        return sim_parameter_read(row, "", values, complaint, sizeof complaint);
    if (name == NULL)
        return yaml_complain(&reader->yaml, reader_place(pair), key, "%s must name a file.", key);
    path = sim_find_file(reader->arena, reader->catalogue,
                         sim_folder_of(reader->arena, reader->scenario->path), name);
    if (path == NULL)
        return yaml_complain(
            &reader->yaml, reader_place(pair), key,
            "%s: there is no file '%s', neither here, nor beside the scenario, nor "
            "among dmlsim's own.",
            key, name);
    return sim_parameter_read(row, path, values, complaint, sizeof complaint);
}

bool reader_value(struct reader *reader, struct fy_node_pair *pair, const char *key,
                  const struct sim_parameter *row, void *values)
{

    switch (row->kind) {
    case SIM_KIND_NUMBERS: return read_list(reader, pair, key, row, values);
    case SIM_KIND_FILE: return read_file_name(reader, pair, key, row, values);
    default: return reader_quantity(reader, pair, key, row, values);
    }
}

static bool read_parameter(struct reader *reader, struct fy_node_pair *pair, void *values)
{
    const struct sim_parameter *rows = reader->scenario->algorithm->parameters, *row;
    const char *name = reader_key(reader, pair), *names[256] = {"name"};
    size_t count = 1;

    row = sim_parameter_find(rows, name);
    if (row != NULL)
        return reader_value(reader, pair, sim_text(reader->arena, "algorithm.%s", name), row,
                            values);
    for (; rows->name != NULL && count < 256; rows++)
        names[count++] = rows->name;
    return reader_unknown_key(reader, pair, name, "algorithm", names, count);
}

static bool read_algorithm(struct reader *reader, struct fy_node_pair *pair)
{
    struct fy_node *node = fy_node_pair_value(pair);
    struct fy_node *name_node = node;
    struct fy_node_pair *item;
    void *values, *iterator = NULL;
    const char *name;
    bool fine = true;

    if (node != NULL && fy_node_is_mapping(node))
        name_node = fy_node_mapping_lookup_value_by_simple_key(node, "name", 4);
    name = yaml_scalar(&reader->yaml, name_node);
    if (name == NULL)
        return yaml_complain(
            &reader->yaml, reader_place(pair), "algorithm",
            "algorithm must have a name, as in {name: ring_allreduce, workers: 8}.");
    if (!choose_algorithm(reader, name_node, name))
        return false;
    values = sim_arena_take(reader->arena, 1, reader->scenario->algorithm->parameters_size);
    sim_parameters_default(reader->scenario->algorithm->parameters, values);
    reader->scenario->parameters = values;
    if (fy_node_is_mapping(node))
        while ((item = fy_node_mapping_iterate(node, &iterator)) != NULL)
            if (strcmp(reader_key(reader, item), "name") != 0)
                fine &= read_parameter(reader, item, values);
    return fine;
}

struct numbers {
    int iterations;
};

static bool read_iterations(struct reader *reader, struct fy_node_pair *pair)
{
    /* cppcheck-suppress nullPointer ; as in offsetof */
    static const struct sim_parameter row = {SIM_COUNT(struct numbers, iterations), .least = 1,
                                             .most = 1e9};
    struct numbers numbers = {1};
    const bool fine = reader_quantity(reader, pair, "iterations", &row, &numbers);

    reader->scenario->iterations = numbers.iterations;
    return fine;
}

static bool read_seed(struct reader *reader, struct fy_node_pair *pair)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    if (text == NULL || strspn(text, "0123456789") != strlen(text) || strlen(text) > 15)
        return yaml_complain(&reader->yaml, reader_place(pair), "seed",
                             "seed must be a whole number from 0 to 999999999999999.");
    reader->scenario->seed = strtoull(text, NULL, 10);
    return true;
}

static bool read_trace(struct reader *reader, struct fy_node_pair *pair)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    for (int level = 0; text != NULL && sim_trace_level_names[level] != NULL; level++)
        if (strcmp(text, sim_trace_level_names[level]) == 0) {
            reader->scenario->trace = (enum sim_trace_level)level;
            return true;
        }
    return yaml_complain(&reader->yaml, reader_place(pair), "trace",
                         "trace must be none, summary, full or paje.");
}

static bool read_simulation(struct reader *reader, struct fy_node_pair *pair)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    for (int mode = 0; text != NULL && sim_simulation_mode_names[mode] != NULL; mode++)
        if (strcmp(text, sim_simulation_mode_names[mode]) == 0) {
            reader->scenario->simulation = (enum sim_simulation_mode)mode;
            return true;
        }
    return yaml_complain(&reader->yaml, reader_place(pair), "simulation",
                         "simulation must be auto, full or fast.");
}

static bool read_allow_oom(struct reader *reader, struct fy_node_pair *pair)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    reader->scenario->allows_oom = text != NULL && strcmp(text, "yes") == 0;
    return reader->scenario->allows_oom || (text != NULL && strcmp(text, "no") == 0) ||
           yaml_complain(&reader->yaml, reader_place(pair), "allow_oom",
                         "allow_oom must be yes or no.");
}

static bool read_study(struct reader *reader, struct fy_node_pair *pair)
{
    if (!reader_is_mapping(reader, pair, "study"))
        return false;
    reader->scenario->study = yaml_json(&reader->yaml, fy_node_pair_value(pair));
    return true;
}

/* ---- the whole ---- */

/* In this order, whatever the order in the file: later sections speak of earlier ones. */
static const struct {
    const char *key;
    bool (*read)(struct reader *reader, struct fy_node_pair *pair);
    bool is_needed;
} sections[] = {
    {"platform", read_platform, true},      {"network", reader_network, false},
    {"algorithm", read_algorithm, true},    {"hosts", reader_hosts, false},
    {"workload", reader_workload, false},   {"requests", reader_requests, false},
    {"iterations", read_iterations, false}, {"seed", read_seed, false},
    {"trace", read_trace, false},           {"faults", reader_faults, false},
    {"simulation", read_simulation, false}, {"allow_oom", read_allow_oom, false},
    {"study", read_study, false},
};
enum { SECTIONS = sizeof sections / sizeof sections[0] };

static bool keys_are_known(struct reader *reader, struct fy_node *root)
{
    const char *names[SECTIONS];
    struct fy_node_pair *pair;
    void *iterator = NULL;
    bool fine = true;

    for (int i = 0; i < SECTIONS; i++)
        names[i] = sections[i].key;
    while ((pair = fy_node_mapping_iterate(root, &iterator)) != NULL) {
        const char *key = reader_key(reader, pair);
        int i = 0;

        while (i < SECTIONS && strcmp(key, names[i]) != 0)
            i++;
        if (i == SECTIONS)
            fine = reader_unknown_key(reader, pair, key, "", names, SECTIONS);
    }
    return fine;
}

static struct fy_node_pair *find_pair(struct fy_node *root, const char *key)
{
    struct fy_node_pair *pair;
    void *iterator = NULL;

    while ((pair = fy_node_mapping_iterate(root, &iterator)) != NULL) {
        size_t length = 0;
        const char *name = fy_node_get_scalar(fy_node_pair_key(pair), &length);

        if (name != NULL && strlen(key) == length && strncmp(name, key, length) == 0)
            return pair;
    }
    return NULL;
}

static bool has_workload_if_needed(const struct reader *reader)
{
    const struct sim_scenario *scenario = reader->scenario;

    return scenario->algorithm->workload != SIM_NEEDS_WORKLOAD || scenario->model != NULL ||
           sim_fail(reader->yaml.err,
                    "%s: %s needs a workload, as in workload: {model: resnet50, batch: 32}; "
                    "'dmlsim list models' names the models.",
                    scenario->path, scenario->algorithm->name);
}

static bool read_sections(struct reader *reader)
{
    struct fy_node *root = fy_document_root(reader->yaml.document);
    bool fine = keys_are_known(reader, root);

    for (int i = 0; i < SECTIONS; i++) {
        struct fy_node_pair *pair = find_pair(root, sections[i].key);

        if (pair != NULL)
            fine &= sections[i].read(reader, pair);
        else if (sections[i].is_needed)
            fine = sim_fail(reader->yaml.err, "%s: the key '%s' is missing.",
                            reader->scenario->path, sections[i].key);
    }
    return fine && has_workload_if_needed(reader) && reader_requests_end(reader);
}

static bool apply_settings(struct reader *reader, const char *const *settings)
{
    struct sim_override *overrides;
    size_t count = 0;
    bool fine = true;

    while (settings != NULL && settings[count] != NULL)
        count++;
    overrides = sim_new(reader->arena, struct sim_override, count + 1);
    reader->scenario->overrides = overrides;
    for (size_t i = 0; i < count; i++)
        fine &= yaml_set(&reader->yaml, settings[i], &overrides[i].key, &overrides[i].value,
                         &overrides[i].was);
    reader->scenario->override_count = (int)count;
    return fine;
}

void sim_scenario_text_read(struct sim_scenario_text *text)
{
    struct sim_arena *scratch = sim_arena_open();
    struct sim_error nobody_asks = {0};
    struct yaml yaml = {.path = text->path, .arena = scratch, .err = &nobody_asks};

    if (yaml_parse(&yaml, text->text, text->length)) {
        text->document = yaml.document;
        yaml.document = NULL;
    }
    yaml_release(&yaml);
    sim_arena_close(scratch);
}

void sim_scenario_text_release(struct sim_scenario_text *text)
{
    if (text->document != NULL)
        fy_document_destroy(text->document);
    text->document = NULL;
}

static bool read_text(struct yaml *yaml, const struct sim_scenario_text *text)
{
    return text->document != NULL ? yaml_copy(yaml, text->document)
                                  : yaml_parse(yaml, text->text, text->length);
}

bool sim_scenario_of_text(struct sim_scenario *scenario, const struct sim_scenario_text *text,
                          const char *const *settings, struct sim_arena *arena,
                          struct sim_error *err)
{
    struct reader reader = {.yaml = {.path = text->path, .arena = arena, .err = err},
                            .scenario = scenario,
                            .catalogue = text->catalogue,
                            .arena = arena};
    bool fine;

    *scenario = (struct sim_scenario){.path = text->path,
                                      .name = sim_stem_of(arena, text->path),
                                      .iterations = 1,
                                      .seed = 1,
                                      .trace = SIM_TRACE_SUMMARY,
                                      .network = {"textbook", reader_textbook_options}};
    fine = read_text(&reader.yaml, text) && apply_settings(&reader, settings) &&
           read_sections(&reader);
    yaml_release(&reader.yaml);
    if (!fine)
        return false;
    scenario->resolved = sim_scenario_json(scenario);
    return scenario->resolved != NULL ||
           sim_fail(err,
                    "%s: a name in it, or the platform's path, holds bytes that are not UTF-8.",
                    text->path);
}

bool sim_scenario_parse(struct sim_scenario *scenario, const char *path, const char *text,
                        size_t length, const char *const *settings,
                        const struct sim_catalogue *catalogue, struct sim_arena *arena,
                        struct sim_error *err)
{
    const struct sim_scenario_text read = {path, text, length, catalogue, NULL};

    return sim_scenario_of_text(scenario, &read, settings, arena, err);
}

bool sim_scenario_read(struct sim_scenario *scenario, const char *path, const char *const *settings,
                       const struct sim_catalogue *catalogue, struct sim_arena *arena,
                       struct sim_error *err)
{
    const char *found = sim_find_file(arena, catalogue, ".", path);
    size_t length;
    const char *text =
        sim_file_read(arena, found != NULL ? found : path, SIM_SCENARIO_MOST_BYTES, &length, err);

    *scenario = (struct sim_scenario){0};
    return text != NULL && sim_scenario_parse(scenario, found != NULL ? found : path, text, length,
                                              settings, catalogue, arena, err);
}

void sim_scenario_release(struct sim_scenario *scenario)
{
    json_decref(scenario->resolved);
    scenario->resolved = NULL;
}

/* ---- finding things ---- */

const char *sim_find_file(struct sim_arena *arena, const struct sim_catalogue *catalogue,
                          const char *folder, const char *name)
{
    const char *beside = sim_text(arena, "%s/%s", folder, name);
    const char *shipped = sim_text(arena, "%s/%s", catalogue->data_folder, name);

    if (sim_file_exists(name))
        return name;
    if (name[0] == '/')
        return NULL;
    if (sim_file_exists(beside))
        return beside;
    return sim_file_exists(shipped) ? shipped : NULL;
}

const struct sim_algorithm *sim_find_algorithm(const struct sim_catalogue *catalogue,
                                               const char *name)
{
    for (const struct sim_algorithm *const *a = catalogue->algorithms; *a != NULL; a++)
        if (strcmp((*a)->name, name) == 0)
            return *a;
    return NULL;
}
