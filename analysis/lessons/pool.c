#include "analysis/lessons/pool.h"

#include "sim/base/file.h"
#include "sim/study/simulate.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 64 };

/* A job under way. */
struct place {
    struct sim_arena *arena;
    struct sim_scenario scenario;
    struct sim_simulation simulation;
    struct pool_job *job;
};

struct pool {
    const struct sim_catalogue *catalogue;
    struct place places[MOST_AT_ONCE];
    struct sim_child children[MOST_AT_ONCE];
    int at_once, running;
};

static int processors(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : count > MOST_AT_ONCE ? MOST_AT_ONCE : (int)count;
}

static const char *const *joined(const struct pool_job *job, struct sim_arena *arena)
{
    size_t n = 0, m = 0;
    const char **all;

    while (job->settings[n] != NULL)
        n++;
    while (job->other_settings != NULL && job->other_settings[m] != NULL)
        m++;
    all = sim_new(arena, const char *, n + m + 1);
    memcpy(all, job->settings, n * sizeof *all);
    if (m > 0)
        memcpy(all + n, job->other_settings, m * sizeof *all);
    return all;
}

static void leave(struct place *place)
{
    sim_scenario_release(&place->scenario);
    sim_arena_close(place->arena);
    *place = (struct place){0};
}

static bool start(struct pool *pool, int at, struct pool_job *job, struct sim_error *err)
{
    struct place *place = &pool->places[at];
    bool fine;

    *place = (struct place){.arena = sim_arena_open(), .job = job};
    fine = sim_make_directories(job->folder, err) &&
           sim_scenario_read(&place->scenario, job->scenario, joined(job, place->arena),
                             pool->catalogue, place->arena, err);
    if (fine) {
        place->simulation =
            (struct sim_simulation){.scenario = &place->scenario, .folder = job->folder};
        fine = sim_simulation_start(&place->simulation, &pool->children[at], place->arena, err);
    }
    if (!fine)
        leave(place);
    pool->running += fine;
    return fine;
}

static int free_place(const struct pool *pool)
{
    for (int i = 0; i < pool->at_once; i++)
        if (pool->places[i].job == NULL)
            return i;
    return -1;
}

/* Wait for one to end, and take what it says. */
static int end_one(struct pool *pool, void (*done)(void *, struct pool_job *), void *own,
                   struct sim_error *err)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_outcome outcome;
    const int at = sim_child_wait(pool->children, pool->at_once, arena, &outcome);
    int code = SIM_INTERRUPTED;
    double wall_seconds;

    if (at < 0) {
        sim_fail(err, "Interrupted.");
        for (int i = 0; i < pool->at_once; i++)
            if (pool->places[i].job != NULL)
                leave(&pool->places[i]);
        pool->running = 0;
    } else {
        struct place *place = &pool->places[at];

        code = sim_simulation_end(&place->simulation, &outcome, &place->job->summary, &wall_seconds,
                                  err);
        if (code == SIM_AGAIN) {
            json_decref(place->job->summary);
            place->job->summary = NULL;
            code = sim_simulation_start(&place->simulation, &pool->children[at], place->arena, err)
                       ? SIM_AGAIN
                       : 2;
        }
        if (code != SIM_AGAIN) {
            if (code == 0 && done != NULL)
                done(own, place->job);
            leave(place);
            pool->running--;
        }
    }
    sim_arena_close(arena);
    return code == SIM_AGAIN ? 0 : code;
}

/* After a complaint nobody wants what the others say: they are ended, each by its number. */
static void end_all(struct pool *pool)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_outcome outcome;

    for (int i = 0; i < pool->at_once; i++)
        if (pool->children[i].pid > 0)
            kill(pool->children[i].pid, SIGKILL);
    while (pool->running > 0) {
        struct sim_error nobody_asks = {0};
        const int at = sim_child_wait(pool->children, pool->at_once, arena, &outcome);
        json_t *summary;
        double wall_seconds;

        if (at < 0)
            break;
        sim_simulation_end(&pool->places[at].simulation, &outcome, &summary, &wall_seconds,
                           &nobody_asks);
        json_decref(summary);
        leave(&pool->places[at]);
        pool->running--;
    }
    sim_arena_close(arena);
}

int pool_run(struct pool_job *jobs, int count, const struct sim_catalogue *catalogue,
             void (*done)(void *own, struct pool_job *job), void *own, struct sim_error *err)
{
    struct pool pool = {.catalogue = catalogue, .at_once = processors()};
    int next = 0, code = 0;

    while (code == 0 && (next < count || pool.running > 0)) {
        int at;

        while (code == 0 && next < count && (at = free_place(&pool)) >= 0)
            if (!start(&pool, at, &jobs[next++], err))
                code = 2;
        if (code == 0 && pool.running > 0)
            code = end_one(&pool, done, own, err);
    }
    end_all(&pool);
    return code;
}
