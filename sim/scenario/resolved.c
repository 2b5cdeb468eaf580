/* resolved.c -- the scenario with every default filled in, as JSON that is itself a scenario. */
#include "sim/scenario/parameters.h"
#include "sim/scenario/scenario.h"

#include <string.h>

/* The file, or a mapping of it and its edits. */
static json_t *platform_json(const struct sim_scenario *scenario)
{
    json_t *platform;

    if (scenario->platform_edit_count == 0)
        return json_string(scenario->platform);
    platform = json_pack("{s:s}", "file", scenario->platform);
    for (int e = 0; e < scenario->platform_edit_count; e++) {
        const struct sim_platform_edit *edit = &scenario->platform_edits[e];
        char target[512];
        json_t *values;

        snprintf(target, sizeof target, "%s[%s]", edit->element, edit->id);
        values = json_object_get(platform, target);
        if (values == NULL) {
            values = json_object();
            json_object_set_new(platform, target, values);
        }
        json_object_set_new(values, edit->attribute, json_string(edit->value));
    }
    return platform;
}

static json_t *network_json(const struct sim_network *network)
{
    json_t *options;

    if (strcmp(network->name, "textbook") == 0 || strcmp(network->name, "tcp") == 0)
        return json_string(network->name);
    options = json_object();
    for (const char *const *option = network->options + 1; *option != NULL; option++) {
        const char *colon = strchr(*option, ':');

        json_object_setn_new(options, *option, (size_t)(colon - *option), json_string(colon + 1));
    }
    return json_pack("{s:s, s:o}", "model", network->name, "options", options);
}

static json_t *algorithm_json(const struct sim_scenario *scenario)
{
    json_t *algorithm = json_pack("{s:s}", "name", scenario->algorithm->name);

    for (const struct sim_parameter *row = scenario->algorithm->parameters; row->name != NULL;
         row++)
        json_object_set_new(algorithm, row->name, sim_parameter_json(row, scenario->parameters));
    return algorithm;
}

static json_t *hosts_json(const struct sim_host_rules *hosts)
{
    json_t *all = json_object();

    for (int i = 0; i < hosts->count; i++) {
        const struct sim_host_rule *rule = &hosts->rules[i];
        json_t *names = json_array();

        for (const char *const *name = rule->patterns; name != NULL && *name != NULL; name++)
            json_array_append_new(names, json_string(*name));
        if (rule->patterns == NULL) {
            json_decref(names);
            names = json_integer(rule->count);
        }
        json_object_set_new(all, rule->role, names);
    }
    json_object_set_new(all, "share", json_string(hosts->round_robin ? "round_robin" : "none"));
    return all;
}

/* One draft by its name, several as a list; NULL where a name is no text. */
static json_t *drafts_json(const struct sim_scenario *scenario)
{
    const int count = scenario->language->draft_count;
    json_t *all;

    if (count == 1)
        return json_string(scenario->draft_names[0]);
    all = json_array();
    for (int d = 0; d < count; d++)
        if (json_array_append_new(all, json_string(scenario->draft_names[d])) != 0) {
            json_decref(all);
            return NULL;
        }
    return all;
}

static json_t *language_json(const struct sim_scenario *scenario)
{
    return scenario->language->draft_count == 0
               ? json_pack("{s:s}", "model", scenario->model_name)
               : json_pack("{s:s, s:o}", "model", scenario->model_name, "draft",
                           drafts_json(scenario));
}

static json_t *workload_json(const struct sim_scenario *scenario)
{
    if (scenario->language != NULL)
        return language_json(scenario);
    return scenario->model == NULL
               ? NULL
               : json_pack("{s:s, s:i}", "model", scenario->model_name, "batch", scenario->batch);
}

static json_t *requests_json(const struct sim_scenario *scenario)
{
    json_t *requests;

    if (scenario->requests == NULL)
        return NULL;
    requests = json_object();
    for (const struct sim_parameter *row = sim_request_rows; row->name != NULL; row++)
        json_object_set_new(requests, row->name, sim_parameter_json(row, scenario->requests));
    return requests;
}

static json_t *faults_json(const struct sim_scenario *scenario)
{
    static const char *const kinds[] = {"host", "link", "peer"};
    json_t *all = json_array();

    for (int i = 0; i < scenario->fault_count; i++) {
        const struct sim_fault *fault = &scenario->faults[i];
        json_t *one = json_pack("{s:s, s:f, s:f}", kinds[fault->kind], fault->name, "at",
                                fault->at_seconds, "factor", fault->factor);

        if (fault->for_seconds >= 0)
            json_object_set_new(one, "for", json_real(fault->for_seconds));
        if (fault->every_seconds > 0)
            json_object_set_new(one, "every", json_real(fault->every_seconds));
        json_array_append_new(all, one);
    }
    return all;
}

json_t *sim_scenario_json(const struct sim_scenario *scenario)
{
    json_t *workload = workload_json(scenario);

    if (workload == NULL && (scenario->model != NULL || scenario->language != NULL))
        return NULL; /* its name is no text */
    /* s:o*: without a workload or requests there is no such key */
    return json_pack("{s:o, s:o, s:o, s:o, s:o*, s:o*, s:i, s:I, s:s, s:s, s:s, s:o}", "platform",
                     platform_json(scenario), "network", network_json(&scenario->network),
                     "algorithm", algorithm_json(scenario), "hosts", hosts_json(&scenario->hosts),
                     "workload", workload, "requests", requests_json(scenario), "iterations",
                     scenario->iterations, "seed", (json_int_t)scenario->seed, "trace",
                     sim_trace_level_names[scenario->trace], "simulation",
                     sim_simulation_mode_names[scenario->simulation], "allow_oom",
                     scenario->allows_oom ? "yes" : "no", "faults", faults_json(scenario));
}
