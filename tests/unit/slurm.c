/* slurm.c -- the scripts that go to Slurm, run by a real shell with a dmlsim that only tells how it was called; and what
 * is said to sbatch, squeue and scancel, of which there are false ones here (tests/slurm/check has the real ones). */
#include "tests/unit/close.h"

#include "sim/base/file.h"
#include "sim/study/child.h"
#include "sim/study/slurm.h"
#include "sim/study/store.h"

#include <sys/stat.h>
#include <unistd.h>

/* A folder whose name holds what shells and Slurm read as theirs, with a false program in it. */
struct place {
    struct sim_arena *arena;
    char root[32];
    const char *folder, *bin;
    struct sim_slurm slurm;
};

static const char *const settings[] = {"algorithm.name=it's $HOME", "hosts={worker: \"n ode\"}",
                                       "a=1\n2", NULL};
static const char *const lines[] = {"--mem=3G", "-A \"my project\"", NULL};
static const char *const no_lines[] = {NULL};

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static const char *in(struct place *place, const char *name)
{
    return sim_text(place->arena, "%s/%s", place->folder, name);
}

/* A program in PATH: this line of shell. */
static void install(struct place *place, const char *name, const char *line)
{
    write_file(sim_text(place->arena, "%s/%s", place->bin, name),
               sim_text(place->arena, "#!/bin/sh\n%s\n", line), 0755);
}

/* Each call leaves its words in `calls`, one a line, after the name of the program and a colon. */
#define TELL "for w in \"${0##*/}:\" \"$@\"; do printf '%s\\n' \"$w\"; done >> \"$CALLS\"; "

static int open_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    struct sim_error err = {0};

    place->arena = sim_arena_open();
    strcpy(place->root, "/tmp/dmlsim-XXXXXX");
    assert_non_null(mkdtemp(place->root));
    place->folder = sim_text(place->arena, "%s/it's 7%% of \"$HOME\"", place->root);
    place->bin = sim_text(place->arena, "%s/b in", place->root);
    assert_true(sim_make_directories(in(place, "out/a b.db.shards"), &err));
    assert_true(sim_make_directories(place->bin, &err));
    assert_int_equal(chdir(place->folder), 0);
    setenv("CALLS", sim_text(place->arena, "%s/calls", place->root), 1);
    setenv("PATH", sim_text(place->arena, "%s:/usr/bin:/bin", place->bin), 1);
    install(place, "dmlsim", TELL);
    place->slurm = (struct sim_slurm){.program = sim_text(place->arena, "%s/dmlsim", place->bin),
                                      .folder = place->folder,
                                      .study = "stu dy.yaml",
                                      .store = "out/a b.db",
                                      .name = "my \"st\\udy\" #1",
                                      .settings = settings,
                                      .tasks = 13,
                                      .jobs = 3,
                                      .partition = "short",
                                      .time = "1:30:00",
                                      .lines = lines};
    sim_child_guard();
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;

    assert_int_equal(chdir("/"), 0);
    sim_remove_tree(place->root);
    sim_arena_close(place->arena);
    free(place);
    return 0;
}

static const char *calls(struct place *place)
{
    struct sim_error err = {0};
    size_t length;
    const char *text = sim_file_read(place->arena, getenv("CALLS"), 100003, &length, &err);

    return text == NULL ? "" : text;
}

static const char *script(struct place *place,
                          void (*put)(FILE *, const struct sim_slurm *, struct sim_arena *))
{
    FILE *file = tmpfile();
    size_t length;

    put(file, &place->slurm, place->arena);
    return sim_file_take(place->arena, file, &length);
}

static int run_script(struct place *place, const char *name)
{
    char shell[] = "sh";
    char *arguments[] = {
        shell, sim_text(place->arena, "%s/out/a b.db.shards/%s", place->folder, name), NULL};
    struct sim_child child;
    struct sim_outcome outcome;

    assert_int_equal(chdir("/"), 0); /* the scripts themselves find the way back */
    assert_int_equal(sim_child_spawn(&child, arguments), 0);
    assert_int_equal(sim_child_wait(&child, 1, place->arena, &outcome), 0);
    assert_int_equal(chdir(place->folder), 0);
    return outcome.exit_code;
}

/* ---- scripts ---- */

static void a_task_runs_its_share_of_what_is_missing(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0};

    assert_true(sim_slurm_check(&place->slurm, place->arena, &err));
    assert_true(sim_slurm_write(&place->slurm, place->arena, &err));
    setenv("SLURM_ARRAY_TASK_ID", "11", 1);
    setenv("SLURM_ARRAY_JOB_ID", "4711", 1);
    assert_int_equal(run_script(place, "tasks.sh"), 0);
    assert_string_equal(calls(place), "dmlsim:\nsweep\n--set=algorithm.name=it's $HOME\n"
                                      "--set=hosts={worker: \"n ode\"}\n--set=a=1\n2\n"
                                      "--points=out/a b.db.shards/points\n--shard=11/13\n--jobs=3\n"
                                      "--out=out/a b.db.shards/4711_11.db\n--\nstu dy.yaml\n");
}

static void what_Slurm_reads_is_in_its_own_quotes(void **state)
{
    struct place *place = *state;
    const char *text = script(place, sim_slurm_put_tasks);

    assert_non_null(strstr(text, "#SBATCH --job-name=\"my \\\"st\\\\udy\\\" #1 shards\"\n"));
    assert_non_null(strstr(
        text,
        sim_text(
            place->arena,
            "#SBATCH --output=\"%s/it's 7%%%% of \\\"$HOME\\\"/out/a b.db.shards/%%A_%%a.log\"\n",
            place->root)));
    assert_non_null(strstr(text, "#SBATCH --cpus-per-task=3\n"));
    assert_non_null(strstr(text,
                           "#SBATCH --partition=\"short\"\n#SBATCH --time=\"1:30:00\"\n"
                           "#SBATCH --mem=3G\n#SBATCH -A \"my project\"\n#SBATCH --array=1-13\n"));
    text = script(place, sim_slurm_put_merge);
    assert_non_null(strstr(text, "#SBATCH --cpus-per-task=1\n"));
    assert_non_null(strstr(text, "/%j.log\"\n"));
    assert_non_null(strstr(text, "#SBATCH -A \"my project\"\n"));
    assert_null(strstr(text, "--array"));
    place->slurm.partition = place->slurm.time = NULL;
    place->slurm.lines = no_lines;
    text = script(place, sim_slurm_put_merge);
    assert_null(strstr(text, "--partition"));
    assert_null(strstr(text, "--time"));
}

static void the_job_behind_collects_into_the_store(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0};

    place->slurm.keep_going = true;
    assert_true(sim_slurm_write(&place->slurm, place->arena, &err));
    assert_int_equal(run_script(place, "merge.sh"), 0);
    assert_string_equal(calls(place),
                        "dmlsim:\nsweep\n--set=algorithm.name=it's $HOME\n"
                        "--set=hosts={worker: \"n ode\"}\n--set=a=1\n2\n--keep-going\n"
                        "--collect\n--out=out/a b.db\n--\nstu dy.yaml\n");
    install(place, "dmlsim", "exit 17");
    assert_int_equal(run_script(place, "merge.sh"), 17);
    assert_int_equal(run_script(place, "tasks.sh"), 17);
}

/* ---- collecting ---- */

/* A store of one point for each of `count` numbers from `first` on. */
static void write_store(struct place *place, const char *name, int first, int count)
{
    struct sim_error err = {0};
    struct sim_store *store;

    assert_true(sim_store_open(&store, in(place, name), true, &err));
    for (int i = first; i < first + count; i++) {
        const struct sim_stored point = {.hash = sim_text(place->arena, "%016d", 7919 * i),
                                         .number = i,
                                         .settings = sim_text(place->arena, "{\"seed\":\"%d\"}", i),
                                         .scenario = "{}",
                                         .error = "",
                                         .summary = "{}"};

        assert_true(sim_store_put(store, &point, &err));
    }
    sim_store_close(store);
}

static bool has(struct place *place, int number)
{
    struct sim_error err = {0};
    struct sim_store *store;
    bool found;

    assert_true(sim_store_open(&store, in(place, "out/a b.db"), false, &err));
    found = sim_store_has(store, sim_text(place->arena, "%016d", 7919 * number));
    sim_store_close(store);
    return found;
}

static void stores_of_tasks_are_taken_in_and_removed(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0};

    write_store(place, "out/a b.db", 0, 2);
    write_store(place, "out/a b.db.shards/7_1.db", 2, 3);
    write_store(place, "out/a b.db.shards/7_13.db", 11, 1);
    write_file(in(place, "out/a b.db.shards/7_3.db"), "", 0644); /* killed before its first point */
    write_file(in(place, "out/a b.db.shards/7_1.log"), "x", 0644);
    assert_true(sim_slurm_collect(&place->slurm, place->arena, &err));
    assert_true(has(place, 1) && has(place, 2) && has(place, 4) && has(place, 11));
    assert_false(has(place, 5));
    assert_false(sim_file_exists(in(place, "out/a b.db.shards/7_1.db")));
    assert_false(sim_file_exists(in(place, "out/a b.db.shards/7_13.db")));
    assert_false(sim_file_exists(in(place, "out/a b.db.shards/7_3.db")));
    assert_true(sim_file_exists(in(place, "out/a b.db.shards/7_1.log")));
    assert_true(
        sim_slurm_collect(&place->slurm, place->arena, &err)); /* and again: nothing is left */
    assert_int_equal(err.count, 0);
}

static void a_damaged_store_stays_and_keeps_out_no_other(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0};

    write_file(in(place, "out/a b.db.shards/7_1.db"), "no store at all", 0644);
    write_store(place, "out/a b.db.shards/7_2.db", 2, 3);
    assert_false(sim_slurm_collect(&place->slurm, place->arena, &err));
    assert_int_equal(err.count, 1);
    assert_non_null(strstr(err.text, "out/a b.db.shards/7_1.db: "));
    assert_true(has(place, 3));
    assert_true(sim_file_exists(in(place, "out/a b.db.shards/7_1.db")));
    assert_false(sim_file_exists(in(place, "out/a b.db.shards/7_2.db")));
}

static void a_study_that_was_never_submitted_has_nothing_to_collect(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0};

    place->slurm.store = "elsewhere.db";
    assert_true(sim_slurm_collect(&place->slurm, place->arena, &err));
    assert_false(sim_file_exists(in(place, "elsewhere.db")));
}

/* ---- what a script cannot hold ---- */

static void refuses(struct place *place, const char *sentence)
{
    struct sim_error err = {0};

    assert_false(sim_slurm_check(&place->slurm, place->arena, &err));
    assert_int_equal(err.count, 1);
    assert_string_equal(err.text, sentence);
}

static void what_a_script_cannot_hold_is_refused(void **state)
{
    static const char *const bad[] = {"--mem=2G", "mem=2G", NULL};
    static const char *const broken[] = {"--mem=2G\nrm x", NULL};
    struct place *place = *state;
    const struct sim_slurm good = place->slurm;

    place->slurm.store = "back\\slash.db";
    refuses(place,
            "back\\slash.db: Slurm cannot write into a folder whose path has a backslash or a "
            "line's end in it; give another --out.");
    place->slurm = good;
    place->slurm.lines = bad;
    refuses(place,
            "--sbatch 'mem=2G': this is no option of sbatch. Right would be --sbatch '--mem=2G'.");
    place->slurm.lines = broken;
    refuses(place,
            "--sbatch '--mem=2G\nrm x': this is no option of sbatch. Right would be --sbatch "
            "'--mem=2G'.");
    place->slurm = good;
    place->slurm.partition = "a\nb";
    refuses(place, "--partition must be the name of a partition, as sinfo lists them.");
    place->slurm = good;
    place->slurm.time = "";
    refuses(place, "--time must be minutes, or hours:minutes:seconds, or days-hours.");
}

/* ---- what is said to Slurm ---- */

static void a_job_is_read_as_sbatch_names_it(void **state)
{
    static const char *const wrong[] = {"", "\n", "twelve", "12 13", "12;", "12;\n", ";c"};
    struct place *place = *state;
    struct sim_slurm_job job;
    struct sim_error err = {0};

    assert_true(sim_slurm_read_job("100003\n", &job, place->arena, &err));
    assert_string_equal(job.id, "100003");
    assert_null(job.cluster);
    assert_true(sim_slurm_read_job("17;north-2\n5\n", &job, place->arena, &err));
    assert_string_equal(job.id, "17");
    assert_string_equal(job.cluster, "north-2");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        err = (struct sim_error){0};
        assert_false(sim_slurm_read_job(wrong[i], &job, place->arena, &err));
        assert_int_equal(err.count, 1);
    }
    assert_string_equal(err.text, "sbatch answers ';c' instead of a job's number.");
}

static int submit(struct place *place, struct sim_error *err)
{
    struct sim_slurm_job tasks, merge;

    *err = (struct sim_error){0};
    assert_true(sim_slurm_write(&place->slurm, place->arena, err));
    return sim_slurm_submit(&place->slurm, &tasks, &merge, place->arena, err);
}

static void the_merging_job_comes_after_the_tasks_however_they_end(void **state)
{
    struct place *place = *state;
    struct sim_error err;

    install(place, "sbatch",
            TELL "case \"$*\" in *tasks.sh) echo '37;north';; *) echo '38;north';; esac");
    assert_int_equal(submit(place, &err), 0);
    assert_string_equal(calls(place), "sbatch:\n--parsable\nout/a b.db.shards/tasks.sh\n"
                                      "sbatch:\n--parsable\n--dependency=afterany:37\n"
                                      "out/a b.db.shards/merge.sh\n");
}

static void what_is_in_the_queue_is_not_submitted_again(void **state)
{
    struct place *place = *state;
    struct sim_error err = {0};

    assert_int_equal(sim_slurm_refuse_busy(&place->slurm, place->arena, &err), 0);
    assert_string_equal(calls(place), ""); /* nothing was submitted, so nobody is asked */
    install(place, "sbatch",
            "case \"$*\" in *tasks.sh) echo '37;north';; *) echo '38;north';; esac");
    assert_int_equal(submit(place, &err), 0);
    install(place, "squeue", TELL "echo a line");
    assert_int_equal(sim_slurm_refuse_busy(&place->slurm, place->arena, &err), 2);
    assert_string_equal(calls(place), "squeue:\n--noheader\n--clusters=north\n--jobs=37,38\n");
    assert_string_equal(
        err.text,
        "stu dy.yaml: this study is in Slurm's queue already, as jobs 37 and 38. Wait "
        "until they have ended, or take them out with 'scancel 37 38'; then do it again.");
    setenv("SLURM_JOB_ID", "38", 1); /* the job that merges runs when the tasks have ended */
    assert_int_equal(sim_slurm_refuse_busy(&place->slurm, place->arena, &err), 0);
    setenv("SLURM_JOB_ID", "37", 1);
    assert_int_equal(sim_slurm_refuse_busy(&place->slurm, place->arena, &err), 2);
    unsetenv("SLURM_JOB_ID");
    err = (struct sim_error){0};
    install(place, "squeue", "exit 0");
    assert_int_equal(sim_slurm_refuse_busy(&place->slurm, place->arena, &err), 0);
    install(place, "squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1");
    assert_int_equal(sim_slurm_refuse_busy(&place->slurm, place->arena, &err), 0);
    assert_int_equal(err.count, 0);
}

static void tasks_whose_merging_job_is_refused_are_taken_out(void **state)
{
    struct place *place = *state;
    struct sim_error err;

    install(place, "scancel", TELL);
    install(place, "sbatch",
            "case \"$*\" in *tasks.sh) echo 37;; *) echo 'sbatch: error: one' >&2;"
            "echo 'sbatch: error: No more jobs.' >&2; exit 1;; esac");
    assert_int_equal(submit(place, &err), 2);
    assert_string_equal(err.text,
                        "sbatch does not take out/a b.db.shards/merge.sh: sbatch: error: one; "
                        "sbatch: error: No more jobs.");
    assert_string_equal(calls(place), "scancel:\n37\n");
    assert_false(sim_file_exists(in(place, "out/a b.db.shards/submitted")));
}

static void without_sbatch_the_scripts_stay(void **state)
{
    struct place *place = *state;
    struct sim_error err;

    setenv("PATH", place->bin, 1);
    assert_int_equal(submit(place, &err), 2);
    assert_string_equal(err.text,
                        "sbatch, which speaks to Slurm, is not installed here: apt-get install "
                        "slurm-client brings it.");
    assert_true(sim_file_exists(in(place, "out/a b.db.shards/merge.sh")));
}

static void an_sbatch_that_dies_is_told_of(void **state)
{
    struct place *place = *state;
    struct sim_error err;

    install(place, "sbatch", "kill -11 $$");
    assert_int_equal(submit(place, &err), 2);
    assert_string_equal(err.text,
                        "sbatch does not take out/a b.db.shards/tasks.sh: it died of signal 11 "
                        "(Segmentation fault).");
    install(place, "sbatch", "exit 3");
    assert_int_equal(submit(place, &err), 2);
    assert_string_equal(err.text,
                        "sbatch does not take out/a b.db.shards/tasks.sh: it does not say why.");
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(a_task_runs_its_share_of_what_is_missing),
        PLACED(what_Slurm_reads_is_in_its_own_quotes),
        PLACED(the_job_behind_collects_into_the_store),
        PLACED(stores_of_tasks_are_taken_in_and_removed),
        PLACED(a_damaged_store_stays_and_keeps_out_no_other),
        PLACED(a_study_that_was_never_submitted_has_nothing_to_collect),
        PLACED(what_a_script_cannot_hold_is_refused),
        PLACED(a_job_is_read_as_sbatch_names_it),
        PLACED(the_merging_job_comes_after_the_tasks_however_they_end),
        PLACED(what_is_in_the_queue_is_not_submitted_again),
        PLACED(tasks_whose_merging_job_is_refused_are_taken_out),
        PLACED(without_sbatch_the_scripts_stay),
        PLACED(an_sbatch_that_dies_is_told_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
