/* run.c -- dmlsim run: one scenario, a table on the terminal, a run directory. */
#include "sim/base/file.h"
#include "sim/cli/command.h"
#include "sim/cli/table.h"
#include "sim/study/simulate.h"
#include "sim/trace/directory.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

static const struct sim_option options[] = {
    SIM_SETTING_OPTIONS,
    {"trace", 0, "LEVEL",
     "none, summary, full (every interval of every peer) or paje (full, and for ViTE)"},
    {"out", 'o', "DIR", "the run directory, instead of out/SCENARIO; replaced as a whole"},
    {"json", 0, NULL, "print summary.json instead of the table"},
    {0}};

/* summary.json as it stands in the run directory. */
static bool print_file(const struct sim_call *call, const char *folder, struct sim_error *err)
{
    size_t length;
    const char *text = sim_file_read(call->arena, sim_text(call->arena, "%s/summary.json", folder),
                                     SIZE_MAX, &length, err);

    if (text != NULL)
        fwrite(text, 1, length,
               stdout); /* whether that worked is asked at the end of the program */
    return text != NULL;
}

static bool show(const struct sim_call *call, const char *summary, const char *folder,
                 struct sim_error *err)
{
    json_t *value;

    if (sim_option_given(call, "json"))
        return print_file(call, folder, err);
    value = json_loads(summary, 0, NULL);
    sim_print_summary(stdout, value, sim_colours(stdout));
    printf("\nrun directory: %s\n", folder);
    json_decref(value);
    return true;
}

static int run_into(const struct sim_call *call, const struct sim_scenario *scenario,
                    const struct sim_directory *directory)
{
    struct sim_simulation simulation = {.scenario = scenario,
                                        .folder = directory->partial,
                                        .shows_progress = isatty(STDERR_FILENO)};
    struct sim_error err = {0};
    const char *summary;
    int code = sim_simulate_text(&simulation, call->arena, &summary, &err);

    if (summary == NULL)
        sim_directory_abandon(directory);
    else if (!sim_directory_commit(directory, &err) ||
             !show(call, summary, directory->target, &err))
        code = 2;
    fflush(stdout);
    return sim_complain(&err, code);
}

static int run(const struct sim_call *call)
{
    const char *out = sim_option_value(call, "out");
    struct sim_directory directory;
    struct sim_scenario scenario;
    struct sim_error err = {0};
    int code = 2;

    if (sim_scenario_read(&scenario, call->arguments[0], sim_settings(call), call->catalogue,
                          call->arena, &err)) {
        if (out == NULL)
            out = sim_text(call->arena, "out/%s", scenario.name);
        if (sim_directory_begin(&directory, out, call->arena, &err))
            code = run_into(call, &scenario, &directory);
        sim_scenario_release(&scenario);
    }
    return sim_complain(&err, code);
}

SIM_COMMAND(run) = {
    .name = "run",
    .arguments = "SCENARIO.yaml",
    .summary = "simulate one scenario and check its laws",
    .description =
        "Prints time, bytes, messages, theory beside simulation and where the time went, and "
        "writes a run directory: summary.json, links.csv, phases.csv, metrics.csv; with --trace "
        "full also events.csv and trace.json, which opens in Perfetto.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
