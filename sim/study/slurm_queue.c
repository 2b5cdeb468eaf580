/* slurm_queue.c -- what is said to Slurm: sbatch, squeue and scancel, each run to its end. */
#include "sim/base/file.h"
#include "sim/study/simulate.h"
#include "sim/study/slurm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ARGUMENTS = 8, MOST_JOB_BYTES = 1000 };

/* ---- one call of a command of Slurm ---- */

struct call {
    char *arguments[MOST_ARGUMENTS + 1]; /* NULL-ended */
    int count;
    struct sim_arena *arena;
};

static void add(struct call *call, const char *word)
{
    call->arguments[call->count++] = sim_text(call->arena, "%s", word);
}

/* Where there are several clusters, sbatch says which one took the job. */
static void add_cluster(struct call *call, const struct sim_slurm_job *job)
{
    if (job->cluster != NULL)
        add(call, sim_text(call->arena, "--clusters=%s", job->cluster));
}

/* Run it; the exit code of this program if that could not be done, else 0 and *outcome. */
static int run_call(struct call *call, struct sim_outcome *outcome, struct sim_error *err)
{
    struct sim_child child;
    const char *name = call->arguments[0];
    const int problem = sim_child_spawn(&child, call->arguments);

    if (problem == ENOENT)
        sim_fail(err,
                 "%s, which speaks to Slurm, is not installed here: apt-get install slurm-client "
                 "brings it.",
                 name);
    else if (problem != 0)
        sim_fail(err, "%s cannot be started: %s.", name, strerror(problem));
    if (problem != 0)
        return 2;
    if (sim_child_wait(&child, 1, call->arena, outcome) == 0)
        return 0;
    sim_fail(err, "Interrupted while %s was running; 'squeue' shows what Slurm knows of.", name);
    return SIM_INTERRUPTED;
}

/* What a command complained of, in one line and without the full stop that our sentence gives it. */
static const char *complaint(const struct sim_outcome *outcome, struct sim_arena *arena)
{
    const char *said = outcome->complaints == NULL ? "" : outcome->complaints, *all = "";
    size_t length;

    if (outcome->signal != 0)
        return sim_text(arena, "it died of signal %d (%s)", outcome->signal,
                        strsignal(outcome->signal));
    for (; *said != '\0'; said += length + (said[length] == '\n')) {
        length = strcspn(said, "\n");
        all = sim_text(arena, "%s%s%.*s", all, *all == '\0' ? "" : "; ",
                       (int)length - (length > 0 && said[length - 1] == '.'), said);
    }
    return *all == '\0' ? "it does not say why" : all;
}

/* ---- jobs ---- */

bool sim_slurm_read_job(const char *text, struct sim_slurm_job *job, struct sim_arena *arena,
                        struct sim_error *err)
{
    const size_t digits = strspn(text, "0123456789"), length = strcspn(text, "\n");
    const size_t cluster = text[digits] == ';' ? digits + 1 : digits;

    if (digits == 0 || (cluster == digits && length != digits) ||
        (cluster > digits && length == cluster))
        return sim_fail(err, "sbatch answers '%.*s' instead of a job's number.", (int)length, text);
    *job = (struct sim_slurm_job){.id = sim_text_copy(arena, text, digits)};
    if (cluster > digits)
        job->cluster = sim_text_copy(arena, text + cluster, length - cluster);
    return true;
}

static const char *submitted_path(const struct sim_slurm *slurm, struct sim_arena *arena)
{
    return sim_text(arena, "%s/submitted", sim_slurm_folder(slurm, arena));
}

static void put_job(FILE *file, const struct sim_slurm_job *job)
{
    fprintf(file, "%s%s%s\n", job->id, job->cluster == NULL ? "" : ";",
            job->cluster == NULL ? "" : job->cluster);
}

static bool note_submitted(const struct sim_slurm *slurm, const struct sim_slurm_job *tasks,
                           const struct sim_slurm_job *merge, struct sim_arena *arena,
                           struct sim_error *err)
{
    const char *path = submitted_path(slurm, arena);
    FILE *file = sim_file_begin(arena, path, err);

    if (file == NULL)
        return false;
    put_job(file, tasks);
    put_job(file, merge);
    return sim_file_end(arena, file, path, err);
}

static bool read_submitted(const struct sim_slurm *slurm, struct sim_slurm_job jobs[2],
                           struct sim_arena *arena, struct sim_error *err)
{
    const char *path = submitted_path(slurm, arena);
    size_t length;
    const char *text = sim_file_read(arena, path, MOST_JOB_BYTES, &length, err);
    const char *second;

    if (text == NULL)
        return false;
    second = strchr(text, '\n');
    return sim_slurm_read_job(text, &jobs[0], arena, err) &&
           sim_slurm_read_job(second == NULL ? "" : second + 1, &jobs[1], arena, err);
}

/* squeue lists no job that has ended, and does not know one that ended long ago. */
int sim_slurm_refuse_busy(const struct sim_slurm *slurm, struct sim_arena *arena,
                          struct sim_error *err)
{
    const char *self = getenv("SLURM_JOB_ID");
    struct call call = {.arena = arena};
    struct sim_slurm_job jobs[2] = {{0}};
    struct sim_outcome outcome;
    int code;

    if (!sim_file_exists(submitted_path(slurm, arena)))
        return 0;
    if (!read_submitted(slurm, jobs, arena, err))
        return 2;
    if (self != NULL && strcmp(self, jobs[1].id) == 0)
        return 0; /* the tasks have ended, or this job would not be running */
    add(&call, "squeue");
    add(&call, "--noheader");
    add_cluster(&call, &jobs[0]);
    add(&call, sim_text(arena, "--jobs=%s,%s", jobs[0].id, jobs[1].id));
    code = run_call(&call, &outcome, err);
    if (code != 0)
        return code;
    if (outcome.exit_code != 0 || outcome.reply == NULL || *outcome.reply == '\0')
        return 0;
    sim_fail(err,
             "%s: this study is in Slurm's queue already, as jobs %s and %s. Wait until they have "
             "ended, or take "
             "them out with 'scancel %s %s'; then do it again.",
             slurm->study, jobs[0].id, jobs[1].id, jobs[0].id, jobs[1].id);
    return 2;
}

/* ---- submitting ---- */

static bool write_script(const char *path,
                         void (*put)(FILE *, const struct sim_slurm *, struct sim_arena *),
                         const struct sim_slurm *slurm, struct sim_arena *arena,
                         struct sim_error *err)
{
    FILE *file = sim_file_begin(arena, path, err);

    if (file == NULL)
        return false;
    put(file, slurm, arena);
    return sim_file_end(arena, file, path, err);
}

static const char *script_path(const struct sim_slurm *slurm, const char *name,
                               struct sim_arena *arena)
{
    return sim_text(arena, "%s/%s", sim_slurm_folder(slurm, arena), name);
}

bool sim_slurm_write(const struct sim_slurm *slurm, struct sim_arena *arena, struct sim_error *err)
{
    return write_script(script_path(slurm, "tasks.sh", arena), sim_slurm_put_tasks, slurm, arena,
                        err) &&
           write_script(script_path(slurm, "merge.sh", arena), sim_slurm_put_merge, slurm, arena,
                        err);
}

/* One script to sbatch; `behind` is the job that has to end first, or NULL. */
static int submit(const char *script, const struct sim_slurm_job *behind, struct sim_slurm_job *job,
                  struct sim_arena *arena, struct sim_error *err)
{
    struct call call = {.arena = arena};
    struct sim_outcome outcome;
    int code;

    add(&call, "sbatch");
    add(&call, "--parsable");
    /* afterany, not afterok: when a task was killed, what the others have done is merged all the same */
    if (behind != NULL)
        add(&call, sim_text(arena, "--dependency=afterany:%s", behind->id));
    add(&call, script);
    code = run_call(&call, &outcome, err);
    if (code != 0)
        return code;
    if (outcome.exit_code != 0)
        return sim_fail(err, "sbatch does not take %s: %s.", script, complaint(&outcome, arena)), 2;
    return sim_slurm_read_job(outcome.reply == NULL ? "" : outcome.reply, job, arena, err) ? 0 : 2;
}

/* Tasks without the job that merges them would run for nothing.  If Slurm will not have that, it says so itself. */
static void take_out(const struct sim_slurm_job *job, struct sim_arena *arena,
                     struct sim_error *err)
{
    struct call call = {.arena = arena};
    struct sim_outcome outcome;

    add(&call, "scancel");
    add_cluster(&call, job);
    add(&call, job->id);
    if (run_call(&call, &outcome, err) == 0 && outcome.exit_code != 0)
        sim_fail(err, "scancel does not take job %s out: %s.", job->id, complaint(&outcome, arena));
}

int sim_slurm_submit(const struct sim_slurm *slurm, struct sim_slurm_job *tasks,
                     struct sim_slurm_job *merge, struct sim_arena *arena, struct sim_error *err)
{
    int code = submit(script_path(slurm, "tasks.sh", arena), NULL, tasks, arena, err);

    if (code != 0)
        return code;
    code = submit(script_path(slurm, "merge.sh", arena), tasks, merge, arena, err);
    if (code == 0) {
        if (note_submitted(slurm, tasks, merge, arena, err))
            return 0;
        code = 2;
        take_out(merge, arena, err);
    }
    take_out(tasks, arena, err);
    return code;
}
