/* sweep.c -- dmlsim sweep: all points of a study into one store. */
#include "sim/cli/sweep.h"

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
    {"shard", 0, "I/N",
     "only the I-th of N equal parts, as in 2/4; each part can have a machine and a store of its "
     "own"},
    {"points", 0, "FILE",
     "only the points whose numbers this file has, one a line; --shard shares them out"},
    {"known", 0, "FILE.db", "skip what this store has, too"},
    {"dry-run", 'n', NULL, "simulate nothing: say what would be, and what is wrong"},
    {"keep-going", 'k', NULL, "go on even if the first 50 points are all wrong input"},
    {"force", 'f', NULL, "go on even if there are more than 100,000 points"},
    {"slurm", 0, NULL,
     "hand what the store lacks to Slurm: a job array, and a job behind it that merges its stores. "
     "A killed task loses "
     "nothing that it had stored; the same call again submits what is missing then. With --dry-run "
     "the scripts are printed"},
    {"array", 0, "N",
     "with --slurm: tasks, instead of one a point up to 64; each takes --jobs points at a time, "
     "else one"},
    {"partition", 0, "NAME", "with --slurm: where the tasks run, as sinfo lists it"},
    {"time", 0, "TIME", "with --slurm: most time of a task, as in 30 (minutes) or 1:30:00"},
    {"sbatch", 0, "OPTION",
     "with --slurm: any other option of sbatch, as in --sbatch '--mem=2G'; may be repeated"},
    {"collect", 0, NULL,
     "take in what the tasks of --slurm left (the job behind them does so), and say what is "
     "missing"},
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

/* "2/4", given once or alike. */
static bool shard_asked(const struct sim_call *call, struct sim_sweep *sweep)
{
    for (const char **text = sim_option_values(call, "shard"); *text != NULL; text++) {
        int shard, shards, length = 0;

        if (sscanf(*text, "%d/%d%n", &shard, &shards, &length) != 2 || (*text)[length] != '\0' ||
            shard < 1 || shard > shards)
            return sim_misused(call, "--shard must be I/N with I from 1 to N, as in 2/4, not '%s'.",
                               *text),
                   false;
        if (sweep->shards != 0 && (sweep->shard != shard || sweep->shards != shards))
            return sim_misused(
                       call,
                       "--shard %d/%d and --shard %d/%d contradict each other; a call takes one.",
                       sweep->shard, sweep->shards, shard, shards),
                   false;
        sweep->shard = shard;
        sweep->shards = shards;
    }
    return true;
}

enum { MOST_SHOWN = 20 };

/* A dry run tells of each wrong point, and of the first right ones. */
static void show_point(void *context, int64_t number, const char *settings, const char *error)
{
    int *shown = context;

    (void)number;
    if (*error != '\0')
        printf("wrong: %s\n  %.*s\n", settings, (int)strcspn(error, "\n"), error);
    else if (++*shown <= MOST_SHOWN)
        printf("%s\n", settings);
    else if (*shown == MOST_SHOWN + 1)
        puts("...");
}

static bool show_points(const char *path, struct sim_error *err)
{
    struct sim_store *store;
    bool fine;

    if (!sim_store_open(&store, path, false, err))
        return false;
    fine = sim_print_points(stdout, store, NULL, sim_colours(stdout), err);
    sim_store_close(store);
    return fine;
}

static void tell(const struct sim_sweep *sweep, const struct sim_sweep_result *result)
{
    const char *of_shard = sweep->shards == 0 ? "" : " of this shard";

    if (sweep->is_dry)
        printf("\n%lld points%s: %lld would be simulated, %lld are there, %lld are wrong\n",
               (long long)result->points, of_shard, (long long)result->done,
               (long long)result->skipped, (long long)result->failed);
    else
        printf("\n%lld points%s: %lld simulated, %lld were there, %lld failed\nstore: %s\n",
               (long long)result->points, of_shard, (long long)result->done,
               (long long)result->skipped, (long long)result->failed, sweep->out);
}

static const char *default_store(const struct sim_call *call, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;

    return sim_text(call->arena, "out/%.*s.db", (int)strcspn(name, "."), name);
}

/* Options that Slurm has a use for, without it; and those that choose points, with it, which chooses them itself. */
static bool slurm_fits(const struct sim_call *call)
{
    static const char *const only_with[] = {"array", "partition", "time", "sbatch"};
    static const char *const never_with[] = {"shard", "points", "known"};
    const bool asked = sim_option_given(call, "slurm"),
               collects = sim_option_given(call, "collect");

    for (int i = 0; i < 4; i++)
        if (!asked && sim_option_given(call, only_with[i]))
            return sim_misused(call, "--%s has a meaning only with --slurm.", only_with[i]), false;
    for (int i = 0; i < 3; i++)
        if ((asked || collects) && sim_option_given(call, never_with[i]))
            return sim_misused(call,
                               "--%s and --%s contradict each other: --slurm shares out what the "
                               "store lacks.",
                               asked ? "slurm" : "collect", never_with[i]),
                   false;
    if (collects && (asked || sim_option_given(call, "dry-run")))
        return sim_misused(call, "--collect takes in what is there, and does nothing else."), false;
    return true;
}

static int run(const struct sim_call *call)
{
    const char *found = sim_find_file(call->arena, call->catalogue, ".", call->arguments[0]);
    const char *path = found != NULL ? found : call->arguments[0];
    const char *out = sim_option_value(call, "out");
    int shown = 0;
    struct sim_sweep sweep = {.path = path,
                              .settings = sim_settings(call),
                              .catalogue = call->catalogue,
                              .out = out != NULL ? out : default_store(call, path),
                              .known = sim_option_value(call, "known"),
                              .jobs = jobs_asked(call),
                              .is_dry = sim_option_given(call, "dry-run"),
                              .keep_going = sim_option_given(call, "keep-going"),
                              .force = sim_option_given(call, "force"),
                              .shows_progress = isatty(STDERR_FILENO),
                              .show = show_point,
                              .context = &shown};
    struct sim_sweep_result result;
    struct sim_error err = {0};
    int code;

    if (sweep.jobs == 0)
        return sim_misused(call, "--jobs must be a whole number from 1 to %d.", MOST_JOBS);
    if (!shard_asked(call, &sweep) || !slurm_fits(call))
        return 2;
    if (sim_option_given(call, "points") &&
        !sim_sweep_read_numbers(sim_option_value(call, "points"), &sweep, call->arena, &err))
        return sim_complain(&err, 2);
    if (sim_option_given(call, "slurm"))
        return sim_sweep_submit(call, &sweep);
    if (sim_option_given(call, "collect"))
        return sim_sweep_collect(call, &sweep);
    code = sim_sweep_run(&sweep, &result, call->arena, &err);
    if (result.done + result.skipped + result.failed > 0) {
        if (!sweep.is_dry && !show_points(sweep.out, &err))
            code = 2;
        tell(&sweep, &result);
    }
    fflush(stdout);
    return sim_complain(&err, code);
}

SIM_COMMAND(sweep) = {
    .name = "sweep",
    .arguments = "STUDY.yaml",
    .summary = "simulate every point of a study into one store",
    .description = "A study is a scenario with a key 'study': values of any key (grid, list, "
                   "linspace, logspace), "
                   "points drawn from ranges (random, latin_hypercube, sobol), and replications "
                   "with other seeds. Each "
                   "point is a process of its own, and one that fails stops no other; a sweep that "
                   "was stopped, by "
                   "whatever, goes on where it was. 'dmlsim results FILE.db' prints and merges "
                   "stores, 'dmlsim plot "
                   "FILE.db' draws one.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
