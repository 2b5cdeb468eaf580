#include "analysis/lessons/grid.h"

#include "analysis/lessons/exchange.h"
#include "analysis/lessons/pool.h"
#include "sim/base/file.h"

#include <assert.h>

struct taking {
    const struct pool_job *jobs;
    json_t *patterns, **systems; /* beside jobs */
    struct sim_error *err;
};

static int values_of(const struct lesson_axis *axis)
{
    int count = 0;

    while (axis->values[count] != NULL)
        count++;
    return count;
}

static int points_of(const struct lesson_grid *grid)
{
    int count = 1;

    for (int a = 0; a < grid->axis_count; a++)
        count *= values_of(&grid->axes[a]);
    return count;
}

/* "key=value" of each axis at that point. */
static const char *const *settings_of(const struct lesson_grid *grid, int point,
                                      struct sim_arena *arena)
{
    const char **settings = sim_new(arena, const char *, (size_t)grid->axis_count + 1);

    for (int a = grid->axis_count - 1; a >= 0; a--) {
        const int count = values_of(&grid->axes[a]);

        assert(count > 0);
        settings[a] =
            sim_text(arena, "%s=%s", grid->axes[a].key, grid->axes[a].values[point % count]);
        point /= count;
    }
    return settings;
}

/* Some hundred run directories would fill a small disk: each goes as soon as it was read. */
static void take(void *own, struct pool_job *job)
{
    struct taking *taking = own;
    struct sim_arena *arena = sim_arena_open();
    json_t *system = json_object();

    exchange_of_run(system, taking->patterns, job->summary, job->folder, arena, taking->err);
    taking->systems[job - taking->jobs] = system;
    json_decref(job->summary);
    job->summary = NULL;
    sim_remove_tree(job->folder);
    sim_arena_close(arena);
}

static json_t *pairs(json_t **systems, int points)
{
    json_t *all = json_array();

    for (int p = 0; p < points; p++) {
        json_t *pair = json_array();

        json_array_append_new(pair, systems[2 * p]);
        json_array_append_new(pair, systems[2 * p + 1]);
        json_array_append_new(all, pair);
    }
    return all;
}

int grid_run(const struct lesson_grid *grid, const struct sim_catalogue *catalogue,
             const char *folder, struct sim_arena *arena, json_t **points, struct sim_error *err)
{
    const int count = points_of(grid);
    struct pool_job *jobs = sim_new(arena, struct pool_job, 2 * (size_t)count);
    struct taking taking = {jobs, json_array(), sim_new(arena, json_t *, 2 * (size_t)count), err};
    int code;

    for (int i = 0; i < 2 * count; i++)
        jobs[i] =
            (struct pool_job){.scenario = sim_text(arena, "%s/scenarios/%s.yaml",
                                                   catalogue->data_folder, grid->scenarios[i % 2]),
                              .settings = grid->settings,
                              .other_settings = settings_of(grid, i / 2, arena),
                              .folder = sim_text(arena, "%s/grid-%d", folder, i)};
    code = pool_run(jobs, 2 * count, catalogue, take, &taking, err);
    if (code == 0 && err->count > 0)
        code = 2;
    if (code == 0) {
        *points = json_pack("{s:o, s:o}", "patterns", taking.patterns, "points",
                            pairs(taking.systems, count));
        return 0;
    }
    for (int i = 0; i < 2 * count; i++) {
        json_decref(taking.systems[i]);
        json_decref(jobs[i].summary);
    }
    json_decref(taking.patterns);
    return code;
}
