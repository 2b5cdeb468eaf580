#include "sim/scenario/scenario.h"

#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/scenario/parameters.h"
#include "sim/scenario/yaml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const sim_trace_level_names[] = {
    [SIM_TRACE_NONE] = "none", [SIM_TRACE_SUMMARY] = "summary", [SIM_TRACE_FULL] = "full",
    [SIM_TRACE_PAJE] = "paje", NULL};

/* One scenario under reading. */
struct reader {
    struct yaml yaml;
    struct sim_scenario *scenario;
    const struct sim_catalogue *catalogue;
    struct sim_arena *arena;
};

/* ---- helpers ---- */

static const char *key_text(const struct reader *reader, struct fy_node_pair *pair)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_key(pair));

    return text == NULL ? "" : text;
}

static struct fy_node *place_of(struct fy_node_pair *pair)
{
    struct fy_node *value = fy_node_pair_value(pair);

    return value != NULL && !(fy_node_is_scalar(value) && fy_node_get_scalar0(value)[0] == '\0')
               ? value
               : fy_node_pair_key(pair);
}

static bool unknown_key(const struct reader *reader, struct fy_node_pair *pair, const char *key,
                        const char *where, const char *const *names, size_t count)
{
    const char *near = sim_nearest_name(key, names, count);
    const char *dotted = sim_text(reader->arena, "%s%s%s", where, *where ? "." : "", key);

    if (near != NULL)
        return yaml_complain(&reader->yaml, fy_node_pair_key(pair), dotted,
                             "there is no key '%s'; did you mean '%s'?", dotted, near);
    return yaml_complain(&reader->yaml, fy_node_pair_key(pair), dotted,
                         "there is no key '%s'; it knows '%s'%s.", dotted, names[0],
                         count > 1 ? " and others" : "");
}

static bool is_mapping(struct reader *reader, struct fy_node_pair *pair, const char *key)
{
    struct fy_node *node = fy_node_pair_value(pair);

    return (node != NULL && fy_node_is_mapping(node)) ||
           yaml_complain(&reader->yaml, place_of(pair), key, "%s must be a mapping.", key);
}

/* A number with a unit, within bounds. */
static bool read_quantity(struct reader *reader, struct fy_node_pair *pair, const char *key,
                          const struct sim_parameter *row, void *values)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));
    char complaint[256];

    if (text == NULL)
        return yaml_complain(&reader->yaml, place_of(pair), key, "%s must be one value.", key);
    if (!sim_parameter_read(row, text, values, complaint, sizeof complaint))
        return yaml_complain(&reader->yaml, place_of(pair), key, "%s: %s.", key, complaint);
    return true;
}

/* ---- the sections, one reader each ---- */

static bool read_platform(struct reader *reader, struct fy_node_pair *pair)
{
    const char *name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    if (name == NULL)
        return yaml_complain(&reader->yaml, place_of(pair), "platform", "platform must name a SimGrid XML file.");
    reader->scenario->platform = sim_find_file(
        reader->arena, reader->catalogue, sim_folder_of(reader->arena, reader->scenario->path), name);
    if (reader->scenario->platform == NULL)
        return yaml_complain(&reader->yaml, place_of(pair), "platform",
                             "platform: there is no file '%s', neither here, nor beside the scenario, nor "
                             "among dmlsim's own.", name);
    return true;
}

static const char *const textbook_options[] = {"network/model:CM02", "network/crosstraffic:0",
                                               "network/TCP-gamma:0", NULL};
static const char *const tcp_options[] = {"network/model:LV08", NULL};

static bool read_network_options(struct reader *reader, struct fy_node_pair *pair, const char **options,
                                 int *count)
{
    struct fy_node_pair *option;
    void *iterator = NULL;

    if (!is_mapping(reader, pair, "network.options"))
        return false;
    while ((option = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        const char *key = key_text(reader, option);
        const char *value = yaml_scalar(&reader->yaml, fy_node_pair_value(option));

        if (strncmp(key, "network/", 8) != 0 || value == NULL || *count > 40 ||
            strcmp(value, "help") == 0)
            return yaml_complain(&reader->yaml, place_of(option), "network.options",
                                 "network.options: a line here is 'network/...: value', as SimGrid "
                                 "spells its own.");
        options[(*count)++] = sim_text(reader->arena, "%s:%s", key, value);
    }
    return true;
}

/* SimGrid's Constant refuses links, and its ns-3 fails on rings. */
static bool is_model(const char *name)
{
    static const char *const models[] = {"LV08", "CM02", "SMPI", "IB"};

    for (size_t i = 0; name != NULL && i < sizeof models / sizeof models[0]; i++)
        if (strcmp(name, models[i]) == 0)
            return true;
    return false;
}

static bool read_network_mapping(struct reader *reader, struct fy_node_pair *pair)
{
    static const char *const names[] = {"model", "options"};
    const char **options = sim_new(reader->arena, const char *, 48);
    const char *model = NULL;
    struct fy_node_pair *item;
    void *iterator = NULL;
    int count = 1;
    bool fine = true;

    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        const char *key = key_text(reader, item);

        if (strcmp(key, "model") == 0)
            model = yaml_scalar(&reader->yaml, fy_node_pair_value(item));
        else if (strcmp(key, "options") == 0)
            fine &= read_network_options(reader, item, options, &count);
        else
            fine = unknown_key(reader, item, key, "network", names, 2);
    }
    if (!is_model(model))
        return yaml_complain(&reader->yaml, place_of(pair), "network",
                             "network.model must be one of SimGrid's LV08, CM02, SMPI and IB.");
    options[0] = sim_text(reader->arena, "network/model:%s", model);
    reader->scenario->network = (struct sim_network){model, options};
    return fine;
}

static bool read_network(struct reader *reader, struct fy_node_pair *pair)
{
    const char *name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    if (fy_node_pair_value(pair) != NULL && fy_node_is_mapping(fy_node_pair_value(pair)))
        return read_network_mapping(reader, pair);
    if (name != NULL && strcmp(name, "textbook") == 0)
        reader->scenario->network = (struct sim_network){"textbook", textbook_options};
    else if (name != NULL && strcmp(name, "tcp") == 0)
        reader->scenario->network = (struct sim_network){"tcp", tcp_options};
    else
        return yaml_complain(&reader->yaml, place_of(pair), "network",
                             "network must be textbook, tcp or {model: ..., options: {...}}.");
    return true;
}

static bool read_host_rule(struct reader *reader, struct fy_node_pair *pair, struct sim_host_rule *rule)
{
    struct fy_node *node = fy_node_pair_value(pair), *item;
    const char *key = sim_text(reader->arena, "hosts.%s", key_text(reader, pair));
    const char *text = yaml_scalar(&reader->yaml, node);
    void *iterator = NULL;
    int count = 0;

    *rule = (struct sim_host_rule){.role = key_text(reader, pair)};
    if (text != NULL && strspn(text, "0123456789") == strlen(text)) {
        rule->count = atoi(text);
        return (rule->count > 0 && strlen(text) < 9) ||
               yaml_complain(&reader->yaml, place_of(pair), key, "%s: a count of hosts is at least 1.", key);
    }
    if (text == NULL && (node == NULL || !fy_node_is_sequence(node)))
        return yaml_complain(&reader->yaml, place_of(pair), key,
                             "%s must be a host's name, a pattern, a list of them, or a count.", key);
    const char **patterns = sim_new(reader->arena, const char *,
                                    text != NULL ? 2 : (size_t)fy_node_sequence_item_count(node) + 1);
    rule->patterns = patterns;
    if (text != NULL)
        patterns[count++] = text;
    else
        while ((item = fy_node_sequence_iterate(node, &iterator)) != NULL)
            if ((patterns[count++] = yaml_scalar(&reader->yaml, item)) == NULL)
                return yaml_complain(&reader->yaml, item, key, "%s: a host's name is missing here.", key);
    return count > 0 || yaml_complain(&reader->yaml, place_of(pair), key, "%s names no host.", key);
}

static bool read_hosts(struct reader *reader, struct fy_node_pair *pair)
{
    struct sim_host_rules *hosts = &reader->scenario->hosts;
    struct fy_node_pair *item;
    struct sim_host_rule *rules;
    void *iterator = NULL;
    bool fine = true;

    if (!is_mapping(reader, pair, "hosts"))
        return false;
    rules = sim_new(reader->arena, struct sim_host_rule,
                    (size_t)fy_node_mapping_item_count(fy_node_pair_value(pair)));
    hosts->rules = rules;
    while ((item = fy_node_mapping_iterate(fy_node_pair_value(pair), &iterator)) != NULL) {
        const char *value = yaml_scalar(&reader->yaml, fy_node_pair_value(item));

        if (strcmp(key_text(reader, item), "share") != 0) {
            fine &= read_host_rule(reader, item, &rules[hosts->count++]);
            continue;
        }
        hosts->round_robin = value != NULL && strcmp(value, "round_robin") == 0;
        if (!hosts->round_robin && (value == NULL || strcmp(value, "none") != 0))
            fine = yaml_complain(&reader->yaml, place_of(item), "hosts.share",
                                 "hosts.share must be none or round_robin.");
    }
    return fine;
}

static bool choose_algorithm(struct reader *reader, struct fy_node *place, const char *name)
{
    const char *names[256];
    size_t count = 0;
    const char *near;

    reader->scenario->algorithm = sim_find_algorithm(reader->catalogue, name);
    if (reader->scenario->algorithm != NULL)
        return true;
    for (; count < 256 && reader->catalogue->algorithms[count] != NULL; count++)
        names[count] = reader->catalogue->algorithms[count]->name;
    near = sim_nearest_name(name, names, count);
    return yaml_complain(&reader->yaml, place, "algorithm.name", "there is no algorithm '%s'%s%s%s.", name,
                         near ? "; did you mean '" : "; 'dmlsim list algorithms' names them",
                         near ? near : "", near ? "'?" : "");
}

static bool read_parameter(struct reader *reader, struct fy_node_pair *pair, void *values)
{
    const struct sim_parameter *rows = reader->scenario->algorithm->parameters, *row;
    const char *name = key_text(reader, pair), *names[256] = {"name"};
    size_t count = 1;

    row = sim_parameter_find(rows, name);
    if (row != NULL)
        return read_quantity(reader, pair, sim_text(reader->arena, "algorithm.%s", name), row, values);
    for (; rows->name != NULL && count < 256; rows++)
        names[count++] = rows->name;
    return unknown_key(reader, pair, name, "algorithm", names, count);
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
        return yaml_complain(&reader->yaml, place_of(pair), "algorithm",
                             "algorithm must have a name, as in {name: ring_allreduce, workers: 8}.");
    if (!choose_algorithm(reader, name_node, name))
        return false;
    values = sim_arena_take(reader->arena, 1, reader->scenario->algorithm->parameters_size);
    sim_parameters_default(reader->scenario->algorithm->parameters, values);
    reader->scenario->parameters = values;
    if (fy_node_is_mapping(node))
        while ((item = fy_node_mapping_iterate(node, &iterator)) != NULL)
            if (strcmp(key_text(reader, item), "name") != 0)
                fine &= read_parameter(reader, item, values);
    return fine;
}

/* What no algorithm of this version takes must not be ignored in silence. */
static bool refuse_section(struct reader *reader, struct fy_node_pair *pair)
{
    const char *key = key_text(reader, pair);

    return yaml_complain(&reader->yaml, fy_node_pair_key(pair), key,
                         "%s takes no '%s'; leave it out.",
                         reader->scenario->algorithm ? reader->scenario->algorithm->name
                                                     : "this algorithm", key);
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
    const bool fine = read_quantity(reader, pair, "iterations", &row, &numbers);

    reader->scenario->iterations = numbers.iterations;
    return fine;
}

static bool read_seed(struct reader *reader, struct fy_node_pair *pair)
{
    const char *text = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));

    if (text == NULL || strspn(text, "0123456789") != strlen(text) || strlen(text) > 15)
        return yaml_complain(&reader->yaml, place_of(pair), "seed",
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
    return yaml_complain(&reader->yaml, place_of(pair), "trace", "trace must be none, summary, full or paje.");
}

static bool read_study(struct reader *reader, struct fy_node_pair *pair)
{
    if (!is_mapping(reader, pair, "study"))
        return false;
    reader->scenario->study = yaml_json(&reader->yaml, fy_node_pair_value(pair));
    return true;
}

/* ---- faults ---- */

static const struct sim_parameter fault_rows[] = {
    {SIM_SECONDS(struct sim_fault, at_seconds), .least = 0, .most = 1e12},
    {SIM_SECONDS(struct sim_fault, for_seconds), .least = 1e-12, .most = 1e12},
    {SIM_SECONDS(struct sim_fault, every_seconds), .least = 1e-12, .most = 1e12},
    {SIM_RATIO(struct sim_fault, factor), .least = 0, .most = 1e6},
};
static const char *const fault_keys[] = {"at", "for", "every", "factor", "host", "link", "peer"};

static bool read_fault_key(struct reader *reader, struct fy_node_pair *pair, struct sim_fault *fault)
{
    const char *key = key_text(reader, pair);

    for (int i = 0; i < 7; i++) {
        if (strcmp(key, fault_keys[i]) != 0)
            continue;
        if (i < 4)
            return read_quantity(reader, pair, sim_text(reader->arena, "faults.%s", key), &fault_rows[i],
                                 fault);
        if (fault->name != NULL || yaml_scalar(&reader->yaml, fy_node_pair_value(pair)) == NULL)
            return yaml_complain(&reader->yaml, place_of(pair), "faults",
                                 "faults: a fault names one host, one link or one peer (or a pattern).");
        fault->kind = (enum sim_fault_kind)(i - 4);
        fault->name = yaml_scalar(&reader->yaml, fy_node_pair_value(pair));
        return true;
    }
    return unknown_key(reader, pair, key, "faults", fault_keys, 7);
}

static bool fault_makes_sense(struct reader *reader, struct fy_node *node, const struct sim_fault *fault)
{
    const struct yaml *yaml = &reader->yaml;

    if (fault->name == NULL)
        return yaml_complain(yaml, node, "faults", "faults: say which host, link or peer, as in "
                                                   "{link: uplink, at: 1s, factor: 0.5}.");
    if (isnan(fault->factor))
        return yaml_complain(yaml, node, "faults", "faults: factor is missing: 0 is dead, 0.5 half as fast.");
    if (fault->every_seconds > 0 && fault->for_seconds < 0)
        return yaml_complain(yaml, node, "faults", "faults: what comes again ('every') must end ('for').");
    if (fault->every_seconds > 0 && fault->every_seconds <= fault->for_seconds)
        return yaml_complain(yaml, node, "faults", "faults: 'every' must be longer than 'for'.");
    if (fault->kind == SIM_FAULT_PEER && fault->factor == 0 && fault->for_seconds >= 0)
        return yaml_complain(yaml, node, "faults", "faults: a dead peer does not come back; leave out 'for'.");
    return true;
}

static bool read_fault(struct reader *reader, struct fy_node *node, struct sim_fault *fault)
{
    struct fy_node_pair *pair;
    void *iterator = NULL;
    bool fine = true;

    *fault = (struct sim_fault){.for_seconds = -1, .factor = NAN};
    if (!fy_node_is_mapping(node))
        return yaml_complain(&reader->yaml, node, "faults", "faults: a fault is a mapping, as in {link: "
                                                            "uplink, at: 1s, factor: 0.5}.");
    while ((pair = fy_node_mapping_iterate(node, &iterator)) != NULL)
        fine &= read_fault_key(reader, pair, fault);
    return fine && fault_makes_sense(reader, node, fault);
}

static bool read_faults(struct reader *reader, struct fy_node_pair *pair)
{
    struct fy_node *node = fy_node_pair_value(pair), *item;
    struct sim_fault *faults;
    void *iterator = NULL;
    bool fine = true;

    if (node == NULL || !fy_node_is_sequence(node))
        return yaml_complain(&reader->yaml, place_of(pair), "faults", "faults must be a list.");
    faults = sim_new(reader->arena, struct sim_fault, (size_t)fy_node_sequence_item_count(node));
    reader->scenario->faults = faults;
    while ((item = fy_node_sequence_iterate(node, &iterator)) != NULL)
        fine &= read_fault(reader, item, &faults[reader->scenario->fault_count++]);
    return fine;
}

/* ---- the whole ---- */

/* In this order, whatever the order in the file: later sections speak of earlier ones. */
static const struct {
    const char *key;
    bool (*read)(struct reader *reader, struct fy_node_pair *pair);
    bool is_needed;
} sections[] = {
    {"platform", read_platform, true},   {"network", read_network, false},
    {"algorithm", read_algorithm, true}, {"hosts", read_hosts, false},
    {"workload", refuse_section, false}, {"requests", refuse_section, false},
    {"iterations", read_iterations, false}, {"seed", read_seed, false},
    {"trace", read_trace, false},        {"faults", read_faults, false},
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
        const char *key = key_text(reader, pair);
        int i = 0;

        while (i < SECTIONS && strcmp(key, names[i]) != 0)
            i++;
        if (i == SECTIONS)
            fine = unknown_key(reader, pair, key, "", names, SECTIONS);
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

static bool read_sections(struct reader *reader)
{
    struct fy_node *root = fy_document_root(reader->yaml.document);
    bool fine = keys_are_known(reader, root);

    for (int i = 0; i < SECTIONS; i++) {
        struct fy_node_pair *pair = find_pair(root, sections[i].key);

        if (pair != NULL)
            fine &= sections[i].read(reader, pair);
        else if (sections[i].is_needed)
            fine = sim_fail(reader->yaml.err, "%s: the key '%s' is missing.", reader->scenario->path,
                            sections[i].key);
    }
    return fine;
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

bool sim_scenario_parse(struct sim_scenario *scenario, const char *path, const char *text,
                        size_t length, const char *const *settings,
                        const struct sim_catalogue *catalogue, struct sim_arena *arena,
                        struct sim_error *err)
{
    struct reader reader = {
        .yaml = {.path = path, .settings = settings, .arena = arena, .err = err},
        .scenario = scenario, .catalogue = catalogue, .arena = arena};
    bool fine;

    *scenario = (struct sim_scenario){
        .path = path, .name = sim_stem_of(arena, path), .iterations = 1, .seed = 1,
        .trace = SIM_TRACE_SUMMARY, .network = {"textbook", textbook_options}};
    fine = yaml_parse(&reader.yaml, text, length) && apply_settings(&reader, settings) &&
           read_sections(&reader);
    yaml_release(&reader.yaml);
    if (fine)
        scenario->resolved = sim_scenario_json(scenario);
    return fine;
}

bool sim_scenario_read(struct sim_scenario *scenario, const char *path, const char *const *settings,
                       const struct sim_catalogue *catalogue, struct sim_arena *arena,
                       struct sim_error *err)
{
    const char *found = sim_find_file(arena, catalogue, ".", path);
    size_t length;
    const char *text = sim_file_read(arena, found != NULL ? found : path, SIM_SCENARIO_MOST_BYTES,
                                     &length, err);

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

const struct sim_algorithm *sim_find_algorithm(const struct sim_catalogue *catalogue, const char *name)
{
    for (const struct sim_algorithm *const *a = catalogue->algorithms; *a != NULL; a++)
        if (strcmp((*a)->name, name) == 0)
            return *a;
    return NULL;
}
