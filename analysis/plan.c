/* plan.c -- dmlsim plan: PipeDream's partitioning of a model over the machines of a platform. */
#include "analysis/planner.h"
#include "sim/base/file.h"
#include "sim/base/units.h"
#include "sim/base/whole.h"
#include "sim/cli/command.h"
#include "sim/platform/device.h"
#include "sim/study/simulate.h"
#include "sim/workload/cost.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_option options[] = {
    {"profile", 0, "MODEL", "a table of layers: a name of 'dmlsim list models', or a file"},
    {"platform", 0, "FILE.xml", "the machines: all of its hosts, unless --machines says less"},
    {"machines", 0, "N", "so many machines"},
    {"bandwidth", 0, "RATE", "between them, instead of the platform's narrowest link; 10Gbps"},
    {"level", 0, "NxRATE",
     "N components joined at that rate; more than once, from the inside out: 4x100Gbps"},
    {"rule", 0, "NAME", "paper (the larger of computing and summing) or code (their sum): paper"},
    {"batch", 0, "N", "samples in a minibatch: 1"},
    {"write", 0, "FILE.yaml", "write the plan there, as a scenario of pipedream"},
    {"json", 0, NULL, "print it as JSON"},
    {0}};

enum { MOST_LEVELS = 8, MOST_MACHINES = 4096 };

/* What is asked, and the answer. */
struct question {
    const struct sim_model *model;
    const char *profile, *platform;
    double narrowest_bytes_per_second;
    struct sim_device *devices; /* [hosts] */
    int hosts, machines, batch;
    struct planner_level levels[MOST_LEVELS];
    int level_count;
    enum planner_rule rule;
    struct planner_layer *layers;
};

/* ---- reading the question ---- */

static bool read_model(const struct sim_call *call, struct question *question,
                       struct sim_error *err)
{
    const char *const folders[] = {call->catalogue->data_folder, NULL};
    const char *name = sim_option_value(call, "profile"), *path;

    if (name == NULL)
        return sim_fail(err, "plan: --profile is missing, as in --profile vgg16_pipedream.");
    path = sim_model_find(call->arena, folders, name);
    if (path == NULL)
        return sim_fail(err,
                        "--profile=%s: there is no such model; 'dmlsim list models' names "
                        "them.",
                        name);
    question->profile = sim_model_is_path(name) ? path : name;
    question->model = sim_model_load(call->arena, path, err);
    return question->model != NULL;
}

static struct sim_device read_device(const json_t *host, struct sim_arena *arena)
{
    struct sim_device device =
        sim_device_plain(sim_text(arena, "%s", json_string_value(json_object_get(host, "name"))),
                         json_number_value(json_object_get(host, "flop_per_second")));
    json_t *layers = json_object_get(host, "layers"), *share;
    const char *kind;

    device.memory_bytes_per_second =
        json_number_value(json_object_get(layers, "memory_bytes_per_second"));
    device.flop_efficiency = json_number_value(json_object_get(layers, "flop_efficiency"));
    device.byte_efficiency = json_number_value(json_object_get(layers, "byte_efficiency"));
    device.layer_overhead_seconds = json_number_value(json_object_get(layers, "overhead_seconds"));
    json_object_foreach (json_object_get(layers, "kind_efficiency"), kind, share) {
        struct sim_kind_efficiency *one = sim_new(arena, struct sim_kind_efficiency, 1);

        *one = (struct sim_kind_efficiency){sim_text(arena, "%s", kind), json_number_value(share),
                                            device.kinds};
        device.kinds = one;
    }
    return device;
}

/* The devices, and the narrowest link: a plan must do for all of them. */
static void read_told(const json_t *told, struct question *question, struct sim_arena *arena)
{
    const json_t *item;
    size_t i;

    question->hosts = (int)json_array_size(json_object_get(told, "hosts"));
    question->devices = sim_new(arena, struct sim_device, (size_t)question->hosts);
    question->narrowest_bytes_per_second = INFINITY;
    json_array_foreach (json_object_get(told, "hosts"), i, item)
        question->devices[i] = read_device(item, arena);
    json_array_foreach (json_object_get(told, "links"), i, item)
        if (json_is_number(json_object_get(item, "bytes_per_second")))
            question->narrowest_bytes_per_second =
                fmin(question->narrowest_bytes_per_second,
                     json_number_value(json_object_get(item, "bytes_per_second")));
}

static int read_platform(const struct sim_call *call, struct question *question,
                         struct sim_error *err)
{
    const char *name = sim_option_value(call, "platform"), *found;
    struct sim_platform_facts facts;
    json_t *told;
    int code;

    if (name == NULL) {
        sim_fail(err, "plan: --platform is missing, as in --platform platforms/one_switch.xml.");
        return 2;
    }
    found = sim_find_file(call->arena, call->catalogue, ".", name);
    question->platform = found != NULL ? found : name;
    code = sim_tell_platform_file(question->platform, &facts, &told, call->arena, err);
    if (told == NULL)
        return code;
    read_told(told, question, call->arena);
    json_decref(told);
    return 0;
}

static bool read_count(const struct sim_call *call, const char *name, int most, int *count,
                       struct sim_error *err)
{
    const char *text = sim_option_value(call, name);
    double value;

    if (text == NULL)
        return true;
    if (!sim_parse_quantity(text, SIM_UNIT_NONE, &value) || value != floor(value) || value < 1 ||
        value > most)
        return sim_fail(err, "--%s=%s must be a whole number from 1 to %d.", name, text, most);
    *count = (int)value;
    return true;
}

static bool read_rate(const char *option, const char *text, double *rate, struct sim_error *err)
{
    return (sim_parse_quantity(text, SIM_UNIT_BYTES_PER_SECOND, rate) && *rate > 0) ||
           sim_fail(err, "--%s: '%s' is no rate; 10Gbps would be one.", option, text);
}

static bool read_level(const char *text, struct planner_level *level, struct sim_error *err)
{
    char *end;
    const long count = strtol(text, &end, 10);

    if (end == text || *end != 'x' || count < 1 || count > MOST_MACHINES)
        return sim_fail(
            err, "--level=%s must be a number of components and a rate, as in 4x10Gbps.", text);
    level->components = (int)count;
    return read_rate("level", end + 1, &level->bytes_per_second, err);
}

static bool read_levels(const struct sim_call *call, struct question *question,
                        struct sim_error *err)
{
    const char **texts = sim_option_values(call, "level");
    struct planner_level *flat = &question->levels[0];
    double machines = 1; /* a product of levels may be longer than an int */

    for (; texts[question->level_count] != NULL; question->level_count++) {
        if (question->level_count == MOST_LEVELS)
            return sim_fail(err, "--level: a hierarchy has at most %d levels.", MOST_LEVELS);
        if (!read_level(texts[question->level_count], &question->levels[question->level_count],
                        err))
            return false;
    }
    if (question->level_count > 0 &&
        (sim_option_given(call, "machines") || sim_option_given(call, "bandwidth")))
        return sim_fail(err,
                        "--level says how many machines there are and how they are joined: leave "
                        "out --machines and --bandwidth.");
    if (question->level_count == 0) {
        *flat = (struct planner_level){question->hosts, question->narrowest_bytes_per_second};
        question->level_count = 1;
        if (!read_count(call, "machines", MOST_MACHINES, &flat->components, err) ||
            (sim_option_given(call, "bandwidth") &&
             !read_rate("bandwidth", sim_option_value(call, "bandwidth"), &flat->bytes_per_second,
                        err)))
            return false;
    }
    for (int k = 0; k < question->level_count; k++)
        machines *= question->levels[k].components;
    if (machines > question->hosts)
        return sim_fail(err, "%.0f machines are asked for, but %s has %d hosts.", machines,
                        question->platform, question->hosts);
    question->machines = (int)machines;
    return isfinite(question->levels[0].bytes_per_second) ||
           sim_fail(err, "%s has no link with a rate of its own: give --bandwidth.",
                    question->platform);
}

static bool read_rule(const struct sim_call *call, struct question *question, struct sim_error *err)
{
    const char *name = sim_option_value(call, "rule");

    question->rule = name != NULL && strcmp(name, "code") == 0 ? PLANNER_CODE : PLANNER_PAPER;
    return name == NULL || strcmp(name, "paper") == 0 || question->rule == PLANNER_CODE ||
           sim_fail(err, "--rule=%s must be paper or code.", name);
}

/* On the slowest of the hosts for it, as the stage may come to lie on any of them. */
static double layer_seconds(const struct question *question, const struct sim_layer *layer)
{
    double slowest = 0;

    for (int h = 0; h < question->machines; h++) {
        const struct sim_device *device = &question->devices[h];

        slowest =
            fmax(slowest, sim_layer_seconds(device, layer, question->batch, SIM_FORWARD) +
                              sim_layer_seconds(device, layer, question->batch, SIM_BACKWARD));
    }
    return slowest;
}

/* A scenario casts its peers on the first hosts, and takes measured seconds to be for the fastest of those. */
static void weigh_layers(const struct sim_call *call, struct question *question)
{
    const struct sim_model *model = question->model;
    double fastest = 0;

    for (int h = 0; h < question->machines; h++)
        fastest = fmax(fastest, question->devices[h].flop_per_second);
    for (int h = 0; h < question->machines; h++)
        question->devices[h].reference_flop_per_second = fastest;
    question->layers = sim_new(call->arena, struct planner_layer, (size_t)model->layer_count);
    for (int l = 0; l < model->layer_count; l++) {
        const struct sim_layer *layer = &model->layers[l];
        int tensors;

        question->layers[l] =
            (struct planner_layer){.seconds = layer_seconds(question, layer),
                                   .parameter_bytes = (double)layer->parameter_bytes,
                                   .output_bytes = (double)question->batch *
                                                   (double)sim_model_crossing(model, l, &tensors)};
    }
}

/* ---- telling ---- */

static const char *layer_names(const struct sim_call *call, const struct sim_model *model,
                               const struct planner_stage *stage)
{
    return stage->first == stage->last
               ? model->layers[stage->first].name
               : sim_text(call->arena, "%s .. %s", model->layers[stage->first].name,
                          model->layers[stage->last].name);
}

static const char *const bounds[] = {"computing", "summing", "receiving"};

static void print_stages(const struct sim_call *call, const struct question *question,
                         const struct planner_plan *plan)
{
    char one[SIM_QUANTITY_SIZE], all[SIM_QUANTITY_SIZE], bytes[SIM_QUANTITY_SIZE];

    printf("\n%5s %8s %8s %14s %14s %14s  %-9s  %s\n", "stage", "layers", "replicas", "one machine",
           "a minibatch", "parameters", "bound by", "from .. to");
    for (int s = 0; s < plan->stage_count; s++) {
        const struct planner_stage *stage = &plan->stages[s];

        printf("%5d %8d %8d %14s %14s %14s  %-9s  %s\n", s, stage->last - stage->first + 1,
               stage->replicas, sim_format_quantity(one, stage->compute_seconds, SIM_UNIT_SECONDS),
               sim_format_quantity(all, stage->seconds, SIM_UNIT_SECONDS),
               sim_format_quantity(bytes, stage->parameter_bytes, SIM_UNIT_BYTES),
               bounds[stage->bound], layer_names(call, question->model, stage));
    }
}

static void print_plan(const struct sim_call *call, const struct question *question,
                       const struct planner_plan *plan)
{
    char text[SIM_QUANTITY_SIZE], rate[SIM_QUANTITY_SIZE];

    printf("%s (%d layers) on %d machines of %s, rule of the %s\n", question->model->name,
           question->model->layer_count, plan->machines, question->platform,
           question->rule == PLANNER_PAPER ? "paper" : "code");
    for (int k = 0; k < question->level_count; k++)
        printf("  level %d: %d joined at %s\n", k + 1, question->levels[k].components,
               sim_format_quantity(rate, question->levels[k].bytes_per_second,
                                   SIM_UNIT_BYTES_PER_SECOND));
    print_stages(call, question, plan);
    printf("\n  predicted, a minibatch  %12s\n",
           sim_format_quantity(text, plan->seconds, SIM_UNIT_SECONDS));
    printf("  data parallelism        %12s  %.3f times as long\n",
           sim_format_quantity(text, plan->data_parallel_seconds, SIM_UNIT_SECONDS),
           plan->data_parallel_seconds / plan->seconds);
    printf("  one machine             %12s  %.3f times as long\n",
           sim_format_quantity(text, plan->one_machine_seconds, SIM_UNIT_SECONDS),
           plan->one_machine_seconds / plan->seconds);
    printf("  minibatches in flight   %12d  NOAM, for each replica of stage 0\n", plan->in_flight);
}

static void print_json(const struct question *question, const struct planner_plan *plan)
{
    json_t *stages = json_array(), *all;

    for (int s = 0; s < plan->stage_count; s++) {
        const struct planner_stage *stage = &plan->stages[s];

        json_array_append_new(
            stages, json_pack("{s:i, s:i, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:s}",
                              "first_layer", stage->first, "last_layer", stage->last, "from",
                              question->model->layers[stage->first].name, "to",
                              question->model->layers[stage->last].name, "replicas",
                              stage->replicas, "compute_seconds", stage->compute_seconds,
                              "parameter_bytes", stage->parameter_bytes, "seconds", stage->seconds,
                              "sum_seconds", stage->sum_seconds, "receive_seconds",
                              stage->receive_seconds, "bound_by", bounds[stage->bound]));
    }
    all = json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:i, s:o}", "model", question->model->name,
                    "platform", question->platform, "rule",
                    question->rule == PLANNER_PAPER ? "paper" : "code", "machines", plan->machines,
                    "predicted_seconds", plan->seconds, "data_parallel_seconds",
                    plan->data_parallel_seconds, "one_machine_seconds", plan->one_machine_seconds,
                    "noam", plan->in_flight, "stages", stages);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

/* Minibatches for each replica of stage 0, at least `least`, such that all of them can be dealt to the replicas of
 * every stage. */
static int fair_count(const struct planner_plan *plan, int least)
{
    int step = 1;

    for (int s = 0; s < plan->stage_count; s++) {
        const int each = plan->stages[s].replicas /
                         sim_greatest_divisor(plan->stages[s].replicas, plan->stages[0].replicas);

        step = sim_least_multiple(step, each);
    }
    assert(step > 0); /* every stage has a replica */
    return (least + step - 1) / step * step;
}

static bool write_scenario(const struct sim_call *call, const struct question *question,
                           const struct planner_plan *plan, const char *path, struct sim_error *err)
{
    FILE *file = sim_file_begin(call->arena, path, err);

    if (file == NULL)
        return false;
    fprintf(file,
            "# PipeDream's plan of %s on %d machines (rule of the %s), made by dmlsim plan\n"
            "platform: %s\n"
            "network: textbook\n"
            "workload: {model: %s, batch: %d}\n"
            "algorithm:\n"
            "  name: pipedream\n"
            "  stages: %d\n"
            "  microbatches: %d\n"
            "  predicted_seconds: %.9g\n",
            question->model->name, plan->machines,
            question->rule == PLANNER_PAPER ? "paper" : "code", question->platform,
            question->profile, question->batch, plan->stage_count,
            fair_count(plan, 16 * plan->in_flight), plan->seconds);
    fputs("  stage_layers: [", file);
    for (int s = 0; s < plan->stage_count; s++)
        fprintf(file, "%s%d", s > 0 ? ", " : "", plan->stages[s].last - plan->stages[s].first + 1);
    fputs("]\n  replicas: [", file);
    for (int s = 0; s < plan->stage_count; s++)
        fprintf(file, "%s%d", s > 0 ? ", " : "", plan->stages[s].replicas);
    fputs("]\nseed: 1\ntrace: summary\n", file);
    return sim_file_end(call->arena, file, path, err);
}

static int answer(const struct sim_call *call, const struct question *question)
{
    const struct planner_plan plan =
        planner_solve(call->arena, question->layers, question->model->layer_count, question->levels,
                      question->level_count, question->rule);
    const char *path = sim_option_value(call, "write");
    struct sim_error err = {0};

    if (path != NULL && !write_scenario(call, question, &plan, path, &err))
        return sim_complain(&err, 2);
    if (sim_option_given(call, "json"))
        print_json(question, &plan);
    else
        print_plan(call, question, &plan);
    if (path != NULL && !sim_option_given(call, "json"))
        printf("\nscenario: %s\n", path);
    return 0;
}

static int run(const struct sim_call *call)
{
    struct question question = {.batch = 1};
    struct sim_error err = {0};
    int code;

    if (!read_model(call, &question, &err))
        return sim_complain(&err, 2);
    code = read_platform(call, &question, &err);
    if (code != 0)
        return sim_complain(&err, code);
    if (!read_levels(call, &question, &err) || !read_rule(call, &question, &err) ||
        !read_count(call, "batch", 1000 * 1000, &question.batch, &err))
        return sim_complain(&err, 2);
    weigh_layers(call, &question);
    return answer(call, &question);
}

SIM_COMMAND(plan) = {
    .name = "plan",
    .arguments = "",
    .summary = "PipeDream's best partition of a model over the machines of a platform",
    .description =
        "Cuts the layers of a profile in stages and replicates them such that the slowest stage is "
        "as fast as can be (a dynamic programme over layers, machines and replicas; Narayanan et "
        "al., SOSP 2019), and predicts the time of a minibatch.  --write makes a scenario of "
        "pipedream, whose run puts the prediction beside what is simulated.",
    .options = options,
    .least_arguments = 0,
    .most_arguments = 0,
    .run = run,
};
