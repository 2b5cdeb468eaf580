#include "sim/study/sweep.h"

#include "sim/base/file.h"
#include "sim/base/version.h"
#include "sim/study/simulate.h"
#include "sim/study/store.h"
#include "sim/study/study.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_JOBS = 256 };

/* One point under way. */
struct point {
    struct sim_arena *arena; /* of its own, closed when it is stored */
    struct sim_scenario scenario;
    struct sim_simulation simulation;
    struct sim_stored stored;
    struct sim_error err;
};

/* A sweep under way. */
struct sweep {
    const struct sim_sweep *asked;
    struct sim_sweep_result *result;
    struct sim_scenario scenario; /* without any point's settings */
    struct sim_study *study;
    const char *text; /* of the scenario */
    size_t length;
    struct sim_store *store;
    struct point *points; /* [jobs], beside children */
    struct sim_child *children;
    char *platform; /* the file last hashed; owned */
    uint64_t platform_hash;
    int worst;
};

/* ---- a point's identity ---- */

/* FNV-1a (Fowler, Noll, Vo 1991), 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return hash;
}

/* Studies vary little but numbers: most points have the platform of the point before. */
static uint64_t hash_platform(struct sweep *sweep, const char *path, struct sim_arena *arena)
{
    struct sim_error err = {0};
    size_t length;
    const char *text;

    if (sweep->platform != NULL && strcmp(sweep->platform, path) == 0)
        return sweep->platform_hash;
    text = sim_file_read(arena, path, SIM_PLATFORM_MOST_BYTES, &length, &err);
    sweep->platform_hash =
        hash_bytes(0xcbf29ce484222325u, text == NULL ? "" : text, text == NULL ? 0 : length);
    free(sweep->platform);
    sweep->platform = strdup(path);
    return sweep->platform_hash;
}

static const char *settings_json(const char *const *settings, struct sim_arena *arena)
{
    json_t *object = json_object();
    char *text;
    const char *copy;

    for (; *settings != NULL; settings++) {
        const size_t length = strcspn(*settings, "=");

        json_t *value = json_loads(*settings + length + 1, JSON_DECODE_ANY, NULL);

        if (json_is_string(value))
            json_object_setn(object, *settings, length, value);
        else /* as it is spelt */
            json_object_setn_new(object, *settings, length, json_string(*settings + length + 1));
        json_decref(value);
    }
    text = json_dumps(object, JSON_COMPACT);
    copy = sim_text(arena, "%s", text);
    free(text);
    json_decref(object);
    return copy;
}

static void identify(struct sweep *sweep, struct point *point)
{
    char *resolved = json_dumps(point->scenario.resolved, JSON_COMPACT | JSON_SORT_KEYS);
    uint64_t hash = hash_platform(sweep, point->scenario.platform, point->arena);

    hash = hash_bytes(hash, SIM_VERSION, strlen(SIM_VERSION));
    hash = hash_bytes(hash, resolved, strlen(resolved));
    point->stored.scenario = sim_text(point->arena, "%s", resolved);
    point->stored.hash = sim_text(point->arena, "%016llx", (unsigned long long)hash);
    free(resolved);
}

/* ---- the life of a point ---- */

/* "key=value" texts: those of the command line, then the point's own, then no trace. */
static const char *const *all_settings(const struct sweep *sweep, const char *const *own,
                                       struct sim_arena *arena)
{
    const char *const *common = sweep->asked->settings;
    size_t n = 0, m = 0;
    const char **all;

    while (common[n] != NULL)
        n++;
    while (own[m] != NULL)
        m++;
    all = sim_new(arena, const char *, n + m + 2);
    memcpy(all, common, n * sizeof *all);
    memcpy(all + n, own, m * sizeof *all);
    all[n + m] = "trace=none";
    return all;
}

static void point_close(struct point *point)
{
    sim_scenario_release(&point->scenario);
    sim_arena_close(point->arena);
    *point = (struct point){0};
}

static bool point_store(struct sweep *sweep, struct point *point, int code, struct sim_error *err)
{
    point->stored.exit_code = code;
    point->stored.error = point->err.text;
    if (code == 0)
        sweep->result->done++;
    else
        sweep->result->failed++;
    if (code > sweep->worst)
        sweep->worst = code;
    return sim_store_put(sweep->store, &point->stored, err);
}

enum outcome { STARTED, SETTLED, BROKEN };

/* Read point `number`; start it unless the store has it or it is wrong. */
static enum outcome point_start(struct sweep *sweep, int number, struct point *point,
                                struct sim_child *child, struct sim_error *err)
{
    const char *const *own;
    bool fine;

    *point = (struct point){.arena = sim_arena_open()};
    own = sim_study_settings(sweep->study, number, point->arena);
    point->stored = (struct sim_stored){.number = number,
                                        .settings = settings_json(own, point->arena),
                                        .scenario = "",
                                        .hash = sim_text(point->arena, "bad point %d", number)};
    fine = sim_scenario_parse(&point->scenario, sweep->asked->path, sweep->text, sweep->length,
                              all_settings(sweep, own, point->arena), sweep->asked->catalogue,
                              point->arena, &point->err);
    if (fine) {
        identify(sweep, point);
        if (sim_store_has(sweep->store, point->stored.hash)) {
            sweep->result->skipped++;
            point_close(point);
            return SETTLED;
        }
        point->simulation = (struct sim_simulation){.scenario = &point->scenario};
        if (sim_simulation_start(&point->simulation, child, point->arena, &point->err))
            return STARTED;
    }
    fine = point_store(sweep, point, 2, err);
    point_close(point);
    return fine ? SETTLED : BROKEN;
}

/* Take what the child says; start another where that is to be done. */
static int point_take(struct point *point, struct sim_child *child,
                      const struct sim_outcome *outcome, json_t **summary)
{
    const int code = sim_simulation_end(&point->simulation, outcome, summary,
                                        &point->stored.wall_seconds, &point->err);

    if (code == SIM_AGAIN &&
        !sim_simulation_start(&point->simulation, child, point->arena, &point->err))
        return 2;
    return code;
}

static bool point_end(struct sweep *sweep, struct point *point, struct sim_child *child,
                      const struct sim_outcome *outcome, struct sim_error *err)
{
    json_t *summary;
    char *text = NULL;
    bool fine;
    const int code = point_take(point, child, outcome, &summary);

    if (code == SIM_AGAIN)
        return true;
    if (summary != NULL)
        text = json_dumps(summary, JSON_COMPACT);
    point->stored.summary = text;
    fine = point_store(sweep, point, code, err);
    free(text);
    json_decref(summary);
    point_close(point);
    return fine;
}

/* ---- the sweep ---- */

static void show_progress(const struct sweep *sweep, bool is_last)
{
    const struct sim_sweep_result *result = sweep->result;

    if (sweep->asked->shows_progress)
        fprintf(stderr, "\r\033[K%d of %d points done, %d were there, %d failed%s", result->done,
                result->points, result->skipped, result->failed, is_last ? "\r\033[K" : "");
}

static int free_place(const struct sweep *sweep)
{
    for (int i = 0; i < sweep->asked->jobs; i++)
        if (sweep->children[i].pid == 0)
            return i;
    return -1;
}

static int count_running(const struct sweep *sweep)
{
    int running = 0;

    for (int i = 0; i < sweep->asked->jobs; i++)
        running += sweep->children[i].pid != 0;
    return running;
}

/* Wait for one point and store it; 0 to go on. */
static int end_one(struct sweep *sweep, struct sim_error *err)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_outcome outcome;
    const int place = sim_child_wait(sweep->children, sweep->asked->jobs, arena, &outcome);
    int code = 0;

    if (place < 0) {
        sim_fail(err,
                 "Interrupted: what was done is in %s, and the same command goes on from there.",
                 sweep->asked->out);
        code = SIM_INTERRUPTED;
    } else if (!point_end(sweep, &sweep->points[place], &sweep->children[place], &outcome, err)) {
        code = 2;
    }
    sim_arena_close(arena);
    return code;
}

static int run_points(struct sweep *sweep, struct sim_error *err)
{
    int next = 0, place, code;

    while (next < sweep->result->points || count_running(sweep) > 0) {
        while (next < sweep->result->points && (place = free_place(sweep)) >= 0)
            if (point_start(sweep, next++, &sweep->points[place], &sweep->children[place], err) ==
                BROKEN)
                return 2;
        if (count_running(sweep) == 0)
            continue;
        if ((code = end_one(sweep, err)) != 0)
            return code;
        show_progress(sweep, false);
    }
    show_progress(sweep, true);
    return sweep->worst;
}

static bool prepare(struct sweep *sweep, struct sim_arena *arena, struct sim_error *err)
{
    const struct sim_sweep *asked = sweep->asked;

    sweep->text = sim_file_read(arena, asked->path, SIM_SCENARIO_MOST_BYTES, &sweep->length, err);
    if (sweep->text == NULL ||
        !sim_scenario_parse(&sweep->scenario, asked->path, sweep->text, sweep->length,
                            asked->settings, asked->catalogue, arena, err))
        return false;
    if (asked->study != NULL)
        sweep->scenario.study = asked->study;
    if (!sim_study_read(&sweep->study, &sweep->scenario, arena, err))
        return false;
    sweep->result->points = sim_study_points(sweep->study);
    sweep->points = sim_new(arena, struct point, (size_t)asked->jobs);
    sweep->children = sim_new(arena, struct sim_child, (size_t)asked->jobs);
    return sim_make_directories(sim_folder_of(arena, asked->out), err) &&
           sim_store_open(&sweep->store, asked->out, true, err) &&
           sim_store_note(sweep->store, "name", sweep->scenario.name, err) &&
           sim_store_note(sweep->store, "study", sweep->scenario.study, err);
}

int sim_sweep_run(const struct sim_sweep *asked, struct sim_sweep_result *result,
                  struct sim_arena *arena, struct sim_error *err)
{
    struct sweep sweep = {.asked = asked, .result = result};
    int code = 2;

    *result = (struct sim_sweep_result){0};
    if (prepare(&sweep, arena, err))
        code = run_points(&sweep, err);
    sim_store_close(sweep.store);
    sim_scenario_release(&sweep.scenario);
    free(sweep.platform);
    return code;
}
