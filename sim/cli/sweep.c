/* sweep.c -- dmlsim sweep: all points of a study into one store. */
#include "sim/study/sweep.h"

#include "sim/cli/command.h"
#include "sim/cli/table.h"
#include "sim/study/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_JOBS = 256 };

static const struct sim_option options[] = {
    SIM_SETTING_OPTIONS,
    {"out", 'o', "FILE.db",
     "the store, instead of out/SCENARIO.db; what it has is not simulated again"},
    {"jobs", 'j', "N", "points at a time, instead of one a processor"},
    {0}};

static int jobs_asked(const struct sim_call *call)
{
    const char *text = sim_option_value(call, "jobs");
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    char *end;
    long jobs;

    if (text == NULL)
        return processors < 1 ? 1 : processors > MOST_JOBS ? MOST_JOBS : (int)processors;
    jobs = strtol(text, &end, 10);
    return *end == '\0' && jobs >= 1 && jobs <= MOST_JOBS ? (int)jobs : 0;
}

static void show_points(const char *path, struct sim_error *err)
{
    struct sim_store *store;

    if (!sim_store_open(&store, path, false, err))
        return;
    sim_print_points(stdout, store, sim_colours(stdout));
    sim_store_close(store);
}

static int run(const struct sim_call *call)
{
    const char *found = sim_find_file(call->arena, call->catalogue, ".", call->arguments[0]);
    const char *path = found != NULL ? found : call->arguments[0];
    const char *out = sim_option_value(call, "out");
    struct sim_sweep sweep = {.path = path,
                              .settings = sim_settings(call),
                              .catalogue = call->catalogue,
                              .jobs = jobs_asked(call),
                              .shows_progress = isatty(STDERR_FILENO)};
    struct sim_sweep_result result;
    struct sim_error err = {0};
    int code;

    if (sweep.jobs == 0)
        return sim_misused(call, "--jobs must be a whole number from 1 to %d.", MOST_JOBS);
    if (out == NULL) {
        const char *slash = strrchr(path, '/');
        const char *name = slash == NULL ? path : slash + 1;

        out = sim_text(call->arena, "out/%.*s.db", (int)strcspn(name, "."), name);
    }
    sweep.out = out;
    code = sim_sweep_run(&sweep, &result, call->arena, &err);
    if (result.done + result.skipped + result.failed > 0) {
        show_points(sweep.out, &err);
        printf("\n%d points: %d simulated, %d were there, %d failed\nstore: %s\n", result.points,
               result.done, result.skipped, result.failed, sweep.out);
    }
    fflush(stdout);
    return sim_complain(&err, code);
}

SIM_COMMAND(sweep) = {
    .name = "sweep",
    .arguments = "STUDY.yaml",
    .summary = "simulate every point of a study into one store",
    .description =
        "A study is a scenario with a key 'study': a grid or a list over any key. Each point is "
        "a process of its own; a sweep that was stopped goes on where it was. 'dmlsim plot "
        "FILE.db' draws the store.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
