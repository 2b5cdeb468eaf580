#include "sim/study/slurm.h"

#include <string.h>

/* ---- words of a script ---- */

const char *sim_slurm_folder(const struct sim_slurm *slurm, struct sim_arena *arena)
{
    return sim_text(arena, "%s.shards", slurm->store);
}

const char *sim_slurm_quoted(const char *text, struct sim_arena *arena)
{
    char *quoted = sim_new(arena, char, 4 * strlen(text) + 3), *end = quoted;

    *end++ = '\'';
    for (; *text != '\0'; text++)
        if (*text == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = *text;
    *end = '\'';
    return quoted;
}

/* A value behind #SBATCH, in sbatch's own quotes: there a backslash goes before a quote and before itself. */
static void put_option(FILE *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, "#SBATCH --%s=\"", name);
    for (; *value != '\0'; value++)
        fprintf(out, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    fputs("\"\n", out);
}

/* Where a job's words go; in a path of Slurm % begins a pattern, and %% is one of its own. */
static const char *log_path(const struct sim_slurm *slurm, const char *pattern,
                            struct sim_arena *arena)
{
    const char *shards = sim_slurm_folder(slurm, arena);
    const char *path = *shards == '/' ? shards : sim_text(arena, "%s/%s", slurm->folder, shards);
    char *escaped = sim_new(arena, char, 2 * strlen(path) + 1), *end = escaped;

    for (; *path != '\0'; path++) {
        *end++ = *path;
        if (*path == '%')
            *end++ = '%';
    }
    return sim_text(arena, "%s/%s.log", escaped, pattern);
}

/* What both scripts begin with.  The user's own lines come last: sbatch takes the last of two. */
static void put_head(FILE *out, const struct sim_slurm *slurm, const char *what,
                     const char *pattern, int processors, struct sim_arena *arena)
{
    put_option(out, "job-name", sim_text(arena, "%s %s", slurm->name, what));
    put_option(out, "output", log_path(slurm, pattern, arena));
    fprintf(out, "#SBATCH --cpus-per-task=%d\n", processors);
    put_option(out, "partition", slurm->partition);
    put_option(out, "time", slurm->time);
    for (const char *const *line = slurm->lines; *line != NULL; line++)
        fprintf(out, "#SBATCH %s\n", *line);
}

static void put_start(FILE *out, const struct sim_slurm *slurm, struct sim_arena *arena)
{
    fprintf(out, "cd %s || exit 2\n", sim_slurm_quoted(slurm->folder, arena));
}

/* dmlsim sweep as it was asked for; the caller ends the line with put_study. */
static void put_sweep(FILE *out, const struct sim_slurm *slurm, struct sim_arena *arena)
{
    fprintf(out, "exec %s sweep", sim_slurm_quoted(slurm->program, arena));
    for (const char *const *setting = slurm->settings; *setting != NULL; setting++)
        fprintf(out, " --set=%s", sim_slurm_quoted(*setting, arena));
    fprintf(out, "%s%s", slurm->keep_going ? " --keep-going" : "", slurm->force ? " --force" : "");
}

static void put_study(FILE *out, const struct sim_slurm *slurm, struct sim_arena *arena)
{
    fprintf(out, " -- %s\n", sim_slurm_quoted(slurm->study, arena));
}

/* ---- the two scripts ---- */

void sim_slurm_put_tasks(FILE *out, const struct sim_slurm *slurm, struct sim_arena *arena)
{
    fputs("#!/bin/sh\n"
          "# Written by 'dmlsim sweep --slurm': each task simulates its share of the points that "
          "the store lacks.\n"
          "# By hand: sbatch --parsable tasks.sh, then merge.sh beside it.\n",
          out);
    put_head(out, slurm, "shards", "%A_%a", slurm->jobs, arena);
    fprintf(out, "#SBATCH --array=1-%d\n\n", slurm->tasks);
    put_start(out, slurm, arena);
    fprintf(out, "shards=%s\n", sim_slurm_quoted(sim_slurm_folder(slurm, arena), arena));
    put_sweep(out, slurm, arena);
    fprintf(
        out,
        " \\\n    --points=\"$shards/points\" --shard=\"$SLURM_ARRAY_TASK_ID/%d\" --jobs=%d \\\n"
        "    --out=\"$shards/${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID.db\"",
        slurm->tasks, slurm->jobs);
    put_study(out, slurm, arena);
}

void sim_slurm_put_merge(FILE *out, const struct sim_slurm *slurm, struct sim_arena *arena)
{
    fputs("#!/bin/sh\n"
          "# Written by 'dmlsim sweep --slurm': takes what the tasks have done into one store, "
          "once all have ended, well\n"
          "# or not, and fails if points are missing then.\n"
          "# By hand: sbatch --dependency=afterany:JOB merge.sh, where JOB is what sbatch said of "
          "tasks.sh.\n",
          out);
    put_head(out, slurm, "merge", "%j", 1, arena);
    putc('\n', out);
    put_start(out, slurm, arena);
    put_sweep(out, slurm, arena);
    fprintf(out, " --collect --out=%s", sim_slurm_quoted(slurm->store, arena));
    put_study(out, slurm, arena);
}

/* ---- what a script can hold ---- */

static bool is_one_line(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return false;
    return *text != '\0';
}

static bool check_line(const char *line, struct sim_error *err)
{
    if (line[0] == '-' && is_one_line(line))
        return true;
    return sim_fail(
        err, "--sbatch '%s': this is no option of sbatch. Right would be --sbatch '--mem=2G'.",
        line);
}

bool sim_slurm_check(const struct sim_slurm *slurm, struct sim_arena *arena, struct sim_error *err)
{
    const char *log = log_path(slurm, "", arena);
    bool fine = true;

    if (strchr(log, '\\') != NULL || !is_one_line(log))
        fine = sim_fail(
            err,
            "%s: Slurm cannot write into a folder whose path has a backslash or a line's end in "
            "it; give another --out.",
            slurm->store);
    if (!is_one_line(slurm->name))
        fine = sim_fail(
            err, "%s: the name of a study with a line's end in it is no name for a job of Slurm.",
            slurm->study);
    if (slurm->partition != NULL && !is_one_line(slurm->partition))
        fine = sim_fail(err, "--partition must be the name of a partition, as sinfo lists them.");
    if (slurm->time != NULL && !is_one_line(slurm->time))
        fine = sim_fail(err, "--time must be minutes, or hours:minutes:seconds, or days-hours.");
    for (const char *const *line = slurm->lines; *line != NULL; line++)
        fine &= check_line(*line, err);
    return fine;
}
