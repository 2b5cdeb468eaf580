/* sweep_slurm.c -- dmlsim sweep --slurm and --collect: a sweep on the machines of a cluster. */
#include "sim/cli/sweep.h"

#include "sim/base/file.h"
#include "sim/study/simulate.h"
#include "sim/study/slurm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_TASKS = 64, MOST_TASKS = 1000 * 1000 };

/* ---- what is missing ---- */

/* Points that the store lacks. */
struct missing {
    int64_t *numbers;
    size_t count, room;
    const char *first_error; /* of a point that cannot be read; NULL: all can */
    struct sim_arena *arena;
};

static void note_missing(void *context, int64_t number, const char *settings, const char *error)
{
    struct missing *missing = context;

    (void)settings;
    if (missing->count == missing->room) {
        const int64_t *before = missing->numbers;

        missing->room = 2 * missing->room + 64;
        missing->numbers = sim_new(missing->arena, int64_t, missing->room);
        if (missing->count > 0)
            memcpy(missing->numbers, before, missing->count * sizeof *before);
    }
    missing->numbers[missing->count++] = number;
    if (*error != '\0' && missing->first_error == NULL)
        missing->first_error = sim_text(missing->arena, "%s", error);
}

/* The exit code; not 0, with a sentence, if the study itself is wrong. */
static int find_missing(const struct sim_sweep *sweep, struct missing *missing,
                        struct sim_sweep_result *result, struct sim_arena *arena,
                        struct sim_error *err)
{
    struct sim_sweep look = *sweep;
    int code;

    *missing = (struct missing){.arena = arena};
    look.is_dry = true;
    look.show = note_missing;
    look.context = missing;
    code = sim_sweep_run(&look, result, arena, err);
    if (err->count > 0)
        return code;
    if (result->failed > 0 && result->failed == result->points) {
        sim_fail(err, "%s", missing->first_error);
        return 2;
    }
    return 0;
}

/* One number a line; sim/study/sweep.c reads it. */
static bool write_missing(const struct missing *missing, const char *path, struct sim_arena *arena,
                          struct sim_error *err)
{
    FILE *file = sim_file_begin(arena, path, err);

    if (file == NULL)
        return false;
    for (size_t i = 0; i < missing->count; i++)
        fprintf(file, "%lld\n", (long long)missing->numbers[i]);
    return sim_file_end(arena, file, path, err);
}

/* ---- what is submitted ---- */

/* This program's own path: on the nodes PATH may be another. */
static const char *own_path(struct sim_arena *arena, struct sim_error *err)
{
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    if (length < 0 || (size_t)length == sizeof path) {
        sim_fail(err, "The path of dmlsim itself cannot be found out: %s.",
                 length < 0 ? strerror(errno) : "it is too long");
        return NULL;
    }
    return sim_text_copy(arena, path, (size_t)length);
}

static const char *working_folder(struct sim_arena *arena, struct sim_error *err)
{
    char path[4096];

    if (getcwd(path, sizeof path) == NULL) {
        sim_fail(err, "The path of the working folder cannot be found out: %s.", strerror(errno));
        return NULL;
    }
    return sim_text(arena, "%s", path);
}

static bool describe(const struct sim_call *call, const struct sim_sweep *sweep,
                     struct sim_slurm *slurm, struct sim_error *err)
{
    *slurm = (struct sim_slurm){.program = own_path(call->arena, err),
                                .folder = working_folder(call->arena, err),
                                .study = sweep->path,
                                .store = sweep->out,
                                .name = sim_stem_of(call->arena, sweep->path),
                                .settings = sweep->settings,
                                .keep_going = sweep->keep_going,
                                .force = sweep->force,
                                .jobs = sim_option_given(call, "jobs") ? sweep->jobs : 1,
                                .partition = sim_option_value(call, "partition"),
                                .time = sim_option_value(call, "time"),
                                .lines = sim_option_values(call, "sbatch")};
    return err->count == 0 && sim_slurm_check(slurm, call->arena, err);
}

/* Tasks asked for, or as many as there are points, up to 64; 0: a wrong number. */
static int tasks_asked(const struct sim_call *call, size_t points)
{
    const char *text = sim_option_value(call, "array");
    char *end;
    long tasks;

    if (text == NULL)
        return points < USUAL_TASKS ? (int)points : USUAL_TASKS;
    tasks = strtol(text, &end, 10);
    return *text != '\0' && *end == '\0' && tasks >= 1 && tasks <= MOST_TASKS ? (int)tasks : 0;
}

static int print_scripts(const struct sim_slurm *slurm, struct sim_arena *arena)
{
    const char *folder = sim_slurm_folder(slurm, arena);

    printf("---- %s/tasks.sh\n", folder);
    sim_slurm_put_tasks(stdout, slurm, arena);
    printf("\n---- %s/merge.sh\n", folder);
    sim_slurm_put_merge(stdout, slurm, arena);
    return 0;
}

static int submit(const struct sim_slurm *slurm, const struct missing *missing,
                  struct sim_arena *arena, struct sim_error *err)
{
    const char *folder = sim_slurm_folder(slurm, arena);
    struct sim_slurm_job tasks, merge;
    int code;

    if (!sim_make_directories(folder, err) ||
        !write_missing(missing, sim_text(arena, "%s/points", folder), arena, err) ||
        !sim_slurm_write(slurm, arena, err))
        return 2;
    code = sim_slurm_submit(slurm, &tasks, &merge, arena, err);
    if (code == 0)
        printf("job %s: %d tasks of Slurm, what they say goes to %s/%s_*.log\n"
               "job %s: merges their stores when all have ended\nstore: %s\n",
               tasks.id, slurm->tasks, folder, tasks.id, merge.id, slurm->store);
    else if (code != SIM_INTERRUPTED)
        sim_fail(err, "Nothing was submitted. The scripts, tasks.sh and merge.sh, stay in %s.",
                 folder);
    return code;
}

/* Nobody else is at work on the stores; take in what killed jobs have left. */
static int make_ready(const struct sim_slurm *slurm, struct sim_arena *arena, struct sim_error *err)
{
    const int code = sim_slurm_refuse_busy(slurm, arena, err);

    if (code != 0)
        return code;
    if (sim_slurm_collect(slurm, arena, err))
        return 0;
    sim_fail(
        err,
        "Nothing was submitted. Take such a store out of %s, and its points are simulated anew.",
        sim_slurm_folder(slurm, arena));
    return 2;
}

int sim_sweep_submit(const struct sim_call *call, const struct sim_sweep *sweep)
{
    struct sim_error err = {0};
    struct sim_sweep_result result = {0};
    struct missing missing;
    struct sim_slurm slurm;
    int code;

    if (tasks_asked(call, 1) == 0)
        return sim_misused(call, "--array must be a whole number from 1 to %d.", MOST_TASKS);
    if (!describe(call, sweep, &slurm, &err))
        return sim_complain(&err, 2);
    code = sweep->is_dry ? 0 : make_ready(&slurm, call->arena, &err);
    if (code == 0)
        code = find_missing(sweep, &missing, &result, call->arena, &err);
    if (code != 0)
        return sim_complain(&err, code);
    printf("%lld points: %zu to simulate, %lld are there\n", (long long)result.points,
           missing.count, (long long)result.skipped);
    if (missing.count == 0)
        return 0;
    slurm.tasks = tasks_asked(call, missing.count);
    code = sweep->is_dry ? print_scripts(&slurm, call->arena)
                         : submit(&slurm, &missing, call->arena, &err);
    fflush(stdout);
    return sim_complain(&err, code);
}

/* ---- collecting ---- */

/* Say what the store has and what it lacks; exit code 1 if that is anything. */
static int tell_missing(const struct sim_sweep *sweep, struct sim_arena *arena,
                        struct sim_error *err)
{
    struct sim_sweep_result result = {0};
    struct missing missing;
    const int code = find_missing(sweep, &missing, &result, arena, err);

    if (code != 0)
        return code;
    printf("%lld points: %lld are there, %zu are missing or have failed\nstore: %s\n",
           (long long)result.points, (long long)result.skipped, missing.count, sweep->out);
    fflush(stdout);
    if (missing.count == 0)
        return 0;
    sim_fail(
        err,
        "%s: %zu points are missing or have failed: the same call with --slurm submits them, and "
        "'dmlsim results %s --where \"exit_code <> 0\"' shows those that failed.",
        sweep->path, missing.count, sweep->out);
    return 1;
}

int sim_sweep_collect(const struct sim_call *call, const struct sim_sweep *sweep)
{
    struct sim_error err = {0}, study = {0};
    struct sim_slurm slurm;
    bool fine;
    int code;

    if (!describe(call, sweep, &slurm, &err))
        return sim_complain(&err, 2);
    code = sim_slurm_refuse_busy(&slurm, call->arena, &err);
    if (code != 0)
        return sim_complain(&err, code);
    fine = sim_slurm_collect(&slurm, call->arena, &err);
    sim_complain(&err, 2);
    code = tell_missing(sweep, call->arena, &study);
    return sim_complain(&study, fine || code > 2 ? code : 2);
}
