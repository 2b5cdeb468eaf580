/* figure_pipeline.c -- a pipeline fills and drains: operations slot by slot, and the versions of weights that stages hold. */
#include "analysis/csv.h"
#include "analysis/lessons/figures.h"
#include "analysis/lessons/write.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPERATIONS = 4096, FORWARD = 0, BACKWARD = 1 };

struct operation {
    double begin, end;
    int stage, microbatch, kind;
    int version; /* of the weights that it met; -1: nobody says */
};

struct pipeline {
    struct operation list[MOST_OPERATIONS];
    int count, stages;
    double seconds;
};

static bool read_operations(struct pipeline *all, const char *folder, struct sim_arena *arena,
                            struct sim_error *err)
{
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/operations.csv", folder), arena, err);
    int end, begin, stage, kind, microbatch, iteration;

    if (csv == NULL)
        return false;
    end = analysis_csv_column(csv, "seconds");
    begin = analysis_csv_column(csv, "begin_seconds");
    stage = analysis_csv_column(csv, "stage");
    kind = analysis_csv_column(csv, "operation");
    microbatch = analysis_csv_column(csv, "microbatch");
    iteration = analysis_csv_column(csv, "iteration");
    while (analysis_csv_next(csv) && all->count < MOST_OPERATIONS) {
        struct operation *operation = &all->list[all->count];

        if (analysis_csv_number(csv, iteration) > 0)
            continue;
        *operation = (struct operation){
            .begin = analysis_csv_number(csv, begin),
            .end = analysis_csv_number(csv, end),
            .stage = (int)analysis_csv_number(csv, stage),
            .microbatch = (int)analysis_csv_number(csv, microbatch),
            .kind = strcmp(analysis_csv_text(csv, kind), "forward") == 0 ? FORWARD : BACKWARD,
            .version = -1};
        all->stages = operation->stage + 1 > all->stages ? operation->stage + 1 : all->stages;
        all->seconds = fmax(all->seconds, operation->end);
        all->count++;
    }
    return analysis_csv_close(csv, err);
}

/* Both passes of a minibatch meet the version that updates.csv names for it. */
static bool read_versions(struct pipeline *all, const char *folder, struct sim_arena *arena,
                          struct sim_error *err)
{
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/updates.csv", folder), arena, err);
    int stage, microbatch, version;

    if (csv == NULL)
        return false;
    stage = analysis_csv_column(csv, "stage");
    microbatch = analysis_csv_column(csv, "microbatch");
    version = analysis_csv_column(csv, "version_met");
    while (analysis_csv_next(csv))
        for (int i = 0; i < all->count; i++)
            if (all->list[i].stage == (int)analysis_csv_number(csv, stage) &&
                all->list[i].microbatch == (int)analysis_csv_number(csv, microbatch))
                all->list[i].version = (int)analysis_csv_number(csv, version);
    return analysis_csv_close(csv, err);
}

static int by_end(const void *a, const void *b)
{
    const struct operation *x = a, *y = b;

    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->stage - y->stage;
}

static void add_bars(json_t *figure, const struct pipeline *all, struct sim_arena *arena)
{
    for (int s = 0; s < all->stages; s++)
        figure_row(figure, sim_text(arena, "stage %d", s));
    for (int i = 0; i < all->count; i++) {
        const struct operation *operation = &all->list[i];

        figure_bar(figure, operation->stage, operation->begin, operation->end, operation->kind,
                   sim_text(arena, "%d", operation->microbatch + 1));
    }
}

/* ---- steps ---- */

static double shortest(const struct pipeline *all)
{
    double seconds = INFINITY;

    for (int i = 0; i < all->count; i++)
        seconds = fmin(seconds, all->list[i].end - all->list[i].begin);
    return seconds;
}

static double busy_until(const struct pipeline *all, double now)
{
    double busy = 0;

    for (int i = 0; i < all->count; i++)
        busy += fmax(0, fmin(all->list[i].end, now) - all->list[i].begin);
    return busy;
}

/* A stage keeps the newest version, and each older one that a minibatch under way there has met. */
static int versions_held(const struct pipeline *all, int stage, double now)
{
    int newest = 0, oldest;

    for (int i = 0; i < all->count; i++)
        newest +=
            all->list[i].stage == stage && all->list[i].kind == BACKWARD && all->list[i].end < now;
    oldest = newest;
    for (int i = 0; i < all->count; i++) {
        const struct operation *operation = &all->list[i];

        if (operation->stage == stage && operation->kind == BACKWARD && operation->end >= now)
            for (int j = 0; j < all->count; j++)
                if (all->list[j].stage == stage && all->list[j].kind == FORWARD &&
                    all->list[j].microbatch == operation->microbatch && all->list[j].begin < now &&
                    operation->version < oldest)
                    oldest = operation->version;
    }
    return newest - oldest + 1;
}

static json_t *counters_of(const struct pipeline *all, double now, bool with_versions,
                           struct sim_arena *arena)
{
    json_t *counters = json_array();

    if (!with_versions)
        json_array_append_new(
            counters,
            json_pack("[s, s]", "idle until now",
                      lesson_written(arena, 1 - busy_until(all, now) / (now * all->stages),
                                     LESSON_SHARE)));
    for (int s = 0; with_versions && s < all->stages; s++)
        json_array_append_new(counters,
                              json_pack("[s, s]", sim_text(arena, "versions on stage %d", s),
                                        sim_text(arena, "%d", versions_held(all, s, now))));
    return counters;
}

static const char *told(const struct pipeline *all, int from, int to, struct sim_arena *arena)
{
    const char *text =
        sim_text(arena, "After %s:", lesson_written(arena, all->list[to - 1].end, LESSON_SECONDS));

    for (int i = from; i < to; i++) {
        const struct operation *operation = &all->list[i];
        const char *version = operation->version < 0 || operation->kind == FORWARD
                                  ? ""
                                  : sim_text(arena, " with version %d", operation->version);

        text = sim_text(arena, "%s%s stage %d has done %s %d%s", text, i > from ? "," : "",
                        operation->stage, operation->kind == FORWARD ? "forward" : "backward",
                        operation->microbatch + 1, version);
    }
    return sim_text(arena, "%s.", text);
}

/* Operations that end together, but for the time of a hop, are one step. */
static void add_steps(json_t *figure, const struct pipeline *all, bool with_versions,
                      struct sim_arena *arena)
{
    const double alike = shortest(all) / 5;

    for (int from = 0, to; from < all->count; from = to) {
        double now;

        for (to = from; to < all->count && all->list[to].end - all->list[from].end < alike; to++)
            ;
        now = all->list[to - 1].end;
        figure_step(figure, now, told(all, from, to, arena),
                    counters_of(all, now, with_versions, arena));
    }
}

json_t *figure_pipeline(struct lesson_bench *bench, const char *run, bool with_versions)
{
    struct sim_arena *arena = lesson_arena(bench);
    struct pipeline *all = sim_new(arena, struct pipeline, 1);
    struct sim_error err = {0};
    json_t *figure;

    if (!read_operations(all, lesson_folder(bench, run), arena, &err) ||
        (with_versions && !read_versions(all, lesson_folder(bench, run), arena, &err)))
        return lesson_fail(bench, &err);
    qsort(all->list, (size_t)all->count, sizeof *all->list, by_end);
    figure = figure_of("gantt");
    json_object_set_new(figure, "seconds", json_real(all->seconds));
    json_object_set_new(figure, "kinds", json_pack("[s, s]", "forward", "backward"));
    add_bars(figure, all, arena);
    add_steps(figure, all, with_versions, arena);
    return figure;
}
