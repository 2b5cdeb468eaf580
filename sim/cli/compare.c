/* compare.c -- dmlsim compare: several scenarios, or runs already made, side by side. */
#include "sim/base/file.h"
#include "sim/cli/command.h"
#include "sim/cli/table.h"
#include "sim/study/simulate.h"
#include "sim/trace/directory.h"

#include <unistd.h>

enum { MOST_COMPARED = 6 };

static const struct sim_option options[] = {
    SIM_SETTING_OPTIONS, {"json", 0, NULL, "print the summaries as a JSON list"}, {0}};

static json_t *simulated(const struct sim_call *call, const char *path, int *code,
                         struct sim_error *err)
{
    struct sim_scenario scenario;
    struct sim_simulation simulation = {.scenario = &scenario,
                                        .shows_progress = isatty(STDERR_FILENO)};
    json_t *summary = NULL;

    *code = 2;
    if (sim_scenario_read(&scenario, path, sim_settings(call), call->catalogue, call->arena, err)) {
        *code = sim_simulate(&simulation, call->arena, &summary, err);
        sim_scenario_release(&scenario);
    }
    return summary;
}

static json_t *taken(const struct sim_call *call, const char *path, int *code,
                     struct sim_error *err)
{
    *code = 0;
    if (sim_is_run_directory(call->arena, path))
        return json_load_file(sim_text(call->arena, "%s/summary.json", path), 0, NULL);
    return simulated(call, path, code, err);
}

static void show(const struct sim_call *call, const json_t *const *summaries, int count)
{
    json_t *all;

    if (!sim_option_given(call, "json")) {
        sim_print_comparison(stdout, summaries, count, sim_colours(stdout));
        return;
    }
    all = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(all, json_deep_copy(summaries[i]));
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static int run(const struct sim_call *call)
{
    json_t *summaries[MOST_COMPARED] = {NULL};
    struct sim_error err = {0};
    int worst = 0, count = 0;

    for (; count < call->argument_count && worst != 2 && worst != SIM_INTERRUPTED; count++) {
        int code;

        summaries[count] = taken(call, call->arguments[count], &code, &err);
        worst = code > worst ? code : worst;
        if (summaries[count] == NULL)
            break;
    }
    if (count == call->argument_count)
        show(call, (const json_t *const *)summaries, count);
    fflush(stdout);
    for (int i = 0; i < MOST_COMPARED; i++)
        json_decref(summaries[i]);
    return sim_complain(&err, worst);
}

SIM_COMMAND(compare) = {
    .name = "compare",
    .arguments = "SCENARIO.yaml|RUN_DIR...",
    .summary = "simulate several scenarios and show them side by side",
    .description =
        "Takes two to six scenarios or run directories; --set holds for all scenarios. Nothing "
        "is written.",
    .options = options,
    .least_arguments = 2,
    .most_arguments = MOST_COMPARED,
    .run = run,
};
