/* check.c -- dmlsim check: says all that is wrong with a platform or a scenario, and simulates nothing. */
#include "sim/base/file.h"
#include "sim/cli/command.h"
#include "sim/study/simulate.h"
#include "sim/study/study.h"

#include <stdio.h>
#include <string.h>

static const struct sim_option options[] = {SIM_SETTING_OPTIONS, {0}};

static bool looks_like_xml(const char *path)
{
    const char *dot = strrchr(path, '.');
    FILE *file;
    int c;

    if (dot != NULL && strcmp(dot, ".xml") == 0)
        return true;
    if (dot != NULL && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
        return false;
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    do
        c = getc(file);
    while (c == ' ' || c == '\n' || c == '\r' || c == '\t');
    fclose(file);
    return c == '<';
}

static int check_platform(const struct sim_call *call, const char *path, struct sim_error *err)
{
    const char *found = sim_find_file(call->arena, call->catalogue, ".", path);
    const int code = sim_check_platform_file(found ? found : path, call->arena, err);

    if (code == 0)
        printf("%s: fine.\n", found);
    return code;
}

/* The scenario, its platform, and whether its peers find hosts there: all but the run itself. */
static int check_scenario(const struct sim_call *call, const char *path, struct sim_error *err)
{
    struct sim_scenario scenario;
    struct sim_study *study;
    int code = 2;

    if (!sim_scenario_read(&scenario, path, sim_settings(call), call->catalogue, call->arena, err))
        return 2;
    if (scenario.study == NULL || sim_study_read(&study, &scenario, call->arena, err))
        code = sim_check_scenario(&scenario, call->arena, err);
    if (code == 0)
        printf("%s: fine.\n", path);
    sim_scenario_release(&scenario);
    return code;
}

static int run(const struct sim_call *call)
{
    struct sim_error err = {0};
    const char *path = call->arguments[0];
    const int code =
        looks_like_xml(path) ? check_platform(call, path, &err) : check_scenario(call, path, &err);

    return sim_complain(&err, code);
}

SIM_COMMAND(check) = {
    .name = "check",
    .arguments = "PLATFORM.xml|SCENARIO.yaml",
    .summary = "say all that is wrong with a platform or a scenario",
    .description =
        "A platform is loaded and every route is looked up; a scenario is read, its platform "
        "checked and its peers placed on hosts. Nothing is simulated or written.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
