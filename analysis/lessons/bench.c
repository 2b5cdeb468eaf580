#include "analysis/lessons/bench.h"

#include "analysis/lessons/grid.h"
#include "analysis/lessons/pool.h"
#include "analysis/lessons/tables.h"
#include "sim/base/file.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lesson_bench {
    const struct lesson *lesson;
    const struct sim_catalogue *catalogue;
    struct sim_arena *arena;
    struct sim_error *err;
    const char *folder;    /* private */
    struct pool_job *jobs; /* beside lesson->runs */
    int run_count, code;
    json_t *grid; /* points */
};

static int count_runs(const struct lesson *lesson)
{
    int count = 0;

    while (lesson->runs[count].name != NULL)
        count++;
    return count;
}

struct lesson_bench *lesson_bench_open(const struct lesson *lesson,
                                       const struct sim_catalogue *catalogue,
                                       struct sim_arena *arena, struct sim_error *err)
{
    struct lesson_bench *bench = sim_new(arena, struct lesson_bench, 1);
    static const char *const in_full[] = {"trace=full", NULL};
    const char *temporary = getenv("TMPDIR");
    char *folder = sim_text(arena, "%s/dmlsim-lesson-XXXXXX",
                            temporary == NULL || *temporary == '\0' ? "/tmp" : temporary);

    if (mkdtemp(folder) == NULL) {
        sim_fail(err,
                 "%s: cannot be made: %s. A lesson keeps its runs there until it ends; TMPDIR says "
                 "where else.",
                 folder, strerror(errno));
        return NULL;
    }
    *bench = (struct lesson_bench){.lesson = lesson,
                                   .catalogue = catalogue,
                                   .arena = arena,
                                   .err = err,
                                   .folder = folder,
                                   .run_count = count_runs(lesson)};
    bench->jobs = sim_new(arena, struct pool_job, (size_t)bench->run_count);
    for (int i = 0; i < bench->run_count; i++)
        bench->jobs[i] = (struct pool_job){
            .scenario = sim_text(arena, "%s/scenarios/%s.yaml", catalogue->data_folder,
                                 lesson->runs[i].scenario),
            .settings = lesson->runs[i].settings,
            .other_settings = lesson->runs[i].is_long ? NULL : in_full,
            .folder = sim_text(arena, "%s/%s", folder, lesson->runs[i].name)};
    return bench;
}

void lesson_bench_close(struct lesson_bench *bench)
{
    if (bench == NULL)
        return;
    for (int i = 0; i < bench->run_count; i++)
        json_decref(bench->jobs[i].summary);
    json_decref(bench->grid);
    sim_remove_tree(bench->folder);
}

bool lesson_bench_run(struct lesson_bench *bench, bool with_exercises, bool with_grid)
{
    const char *from = bench->lesson->exercises_from;
    int count = 0;

    while (count < bench->run_count &&
           (with_exercises || from == NULL || strcmp(bench->lesson->runs[count].name, from) != 0))
        count++;
    bench->code = pool_run(bench->jobs, count, bench->catalogue, NULL, NULL, bench->err);
    if (bench->code == 0 && with_grid && bench->lesson->grid != NULL)
        bench->code = grid_run(bench->lesson->grid, bench->catalogue, bench->folder, bench->arena,
                               &bench->grid, bench->err);
    return bench->code == 0;
}

int lesson_bench_code(const struct lesson_bench *bench)
{
    return bench->code;
}

struct sim_arena *lesson_arena(const struct lesson_bench *bench)
{
    return bench->arena;
}

const struct lesson *lesson_of(const struct lesson_bench *bench)
{
    return bench->lesson;
}

const json_t *lesson_grid_points(const struct lesson_bench *bench)
{
    return bench->grid;
}

json_t *lesson_fail(struct lesson_bench *bench, const struct sim_error *err)
{
    if (bench->code == 0)
        sim_fail(bench->err, "%s", err->text);
    bench->code = bench->code == 0 ? 2 : bench->code;
    return NULL;
}

/* ---- numbers ---- */

static const struct pool_job *job_of(const struct lesson_bench *bench, const char *run)
{
    for (int i = 0; i < bench->run_count; i++)
        if (strcmp(bench->lesson->runs[i].name, run) == 0)
            return &bench->jobs[i];
    assert(!"a lesson names its own runs");
    return NULL;
}

const char *lesson_folder(struct lesson_bench *bench, const char *run)
{
    return job_of(bench, run)->folder;
}

static double complain(struct lesson_bench *bench, const char *run, const char *where)
{
    struct sim_error err = {0};

    sim_fail(&err, "The run '%s' of this lesson has no number at '%s'.", run, where);
    lesson_fail(bench, &err);
    return NAN;
}

static const json_t *law_of(const json_t *summary, const char *quantity)
{
    const json_t *laws = json_object_get(summary, "laws"), *law;
    size_t i;

    json_array_foreach ((json_t *)(uintptr_t)laws, i, law)
        if (strcmp(json_string_value(json_object_get(law, "quantity")), quantity) == 0)
            return law;
    return NULL;
}

/* One step of a path: a key, a place in a list, or a law by its quantity. */
static const json_t *step_into(const json_t *at, const char *key, bool are_laws)
{
    if (are_laws)
        return law_of(at, key);
    return json_is_array(at) ? json_array_get(at, (size_t)atoi(key)) : json_object_get(at, key);
}

static double in_summary(const json_t *summary, const char *where, struct sim_arena *arena)
{
    const json_t *at = summary;
    char *rest = NULL;
    bool are_laws = false;

    for (char *key = strtok_r(sim_text(arena, "%s", where), "/", &rest); key != NULL && at != NULL;
         key = strtok_r(NULL, "/", &rest)) {
        const bool names_laws = at == summary && strcmp(key, "laws") == 0;

        if (!names_laws)
            at = step_into(at, key, are_laws);
        are_laws = names_laws;
    }
    return json_is_number(at) ? json_number_value(at) : NAN;
}

double lesson_look(struct lesson_bench *bench, const char *run, const char *where)
{
    const struct pool_job *job = job_of(bench, run);
    struct sim_error err = {0};
    double value;

    if (bench->code != 0)
        return NAN;
    assert(job->summary != NULL); /* exercises' runs were not asked for */
    value = strstr(where, ".csv ") != NULL
                ? lesson_table_number(job->folder, where, bench->arena, &err)
                : in_summary(job->summary, where, bench->arena);
    if (err.count > 0)
        lesson_fail(bench, &err);
    return isnan(value) && bench->code == 0 ? complain(bench, run, where) : value;
}

static const struct lesson_number *number_of(const struct lesson_bench *bench, const char *name)
{
    const struct lesson_number *number = bench->lesson->numbers;

    while (number->name != NULL && strcmp(number->name, name) != 0)
        number++;
    assert(number->name != NULL); /* a lesson names its own numbers */
    return number;
}

double lesson_value(struct lesson_bench *bench, const char *name)
{
    const struct lesson_number *number = number_of(bench, name);

    if (bench->code != 0)
        return NAN;
    return number->compute != NULL ? number->compute(bench)
                                   : lesson_look(bench, number->run, number->where);
}

enum lesson_unit lesson_unit_of(const struct lesson_bench *bench, const char *name)
{
    return number_of(bench, name)->unit;
}
