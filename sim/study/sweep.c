#include "sim/study/sweep.h"

#include "sim/base/file.h"
#include "sim/study/identity.h"
#include "sim/study/platforms.h"
#include "sim/study/progress.h"
#include "sim/study/store.h"
#include "sim/study/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One point under way. */
struct point {
    struct sim_arena *arena; /* of its own, closed when it is stored */
    struct sim_scenario scenario;
    struct sim_platform_point of_platform;
    struct sim_stored stored;
    struct sim_error err;
};

/* A sweep under way. */
struct sweep {
    const struct sim_sweep *asked;
    struct sim_sweep_result *result;
    struct sim_scenario scenario; /* without any point's settings */
    struct sim_study *study;
    struct sim_scenario_text text;
    struct sim_platforms *platforms;
    struct sim_store *store,
        *known; /* known: NULL unless asked for; store: NULL before a dry one's first sweep */
    struct point *points; /* [jobs], beside children */
    struct sim_child *children;
    struct sim_identifier identifier;
    double began_at, shown_at, synced_at;
    const char *first_error; /* of a point; in `arena` */
    struct sim_arena *arena;
    int64_t wrong; /* of those that failed: bad input */
    int worst;
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double processor_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- a point's identity ---- */

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
    char identity[SIM_IDENTITY_SIZE];

    point->stored.scenario =
        sim_identify(&sweep->identifier, &point->scenario, identity, point->arena);
    point->stored.hash = sim_text_copy(point->arena, identity, SIM_IDENTITY_SIZE - 1);
}

/* ---- the life of a point ---- */

/* "key=value" texts: those of the command line, then the point's own. */
static const char **all_settings(const struct sweep *sweep, const char *const *own,
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
    return all;
}

static const char *const *without_trace(const char **settings, struct sim_arena *arena)
{
    size_t n = 0;
    const char **all;

    while (settings[n] != NULL)
        n++;
    all = sim_new(arena, const char *, n + 2);
    memcpy(all, settings, n * sizeof *all);
    all[n] = "trace=none";
    return all;
}

static void point_close(struct point *point)
{
    sim_platforms_leave(&point->of_platform);
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
    sweep->wrong += code == 2;
    if (code > sweep->worst)
        sweep->worst = code;
    if (code != 0 && sweep->first_error == NULL)
        sweep->first_error = sim_text(sweep->arena, "%s", point->err.text);
    return sim_store_put(sweep->store, &point->stored, err);
}

/* Read point `number`; false, with the sentence in point->err, when it is wrong. */
static bool point_read(struct sweep *sweep, int64_t number, struct point *point)
{
    const double began_at = processor_now();
    const char **settings;

    *point = (struct point){.arena = sim_arena_open()};
    settings =
        all_settings(sweep, sim_study_settings(sweep->study, number, point->arena), point->arena);
    point->stored =
        (struct sim_stored){.number = number,
                            .settings = settings_json(settings, point->arena),
                            .scenario = "",
                            .hash = sim_text(point->arena, "bad point %lld", (long long)number)};
    point->of_platform.settings = without_trace(settings, point->arena);
    if (!sim_scenario_parse(&point->scenario, sweep->text.path, sweep->text.text,
                            sweep->text.length, point->of_platform.settings, sweep->text.catalogue,
                            point->arena, &point->err))
        return false;
    point->of_platform.read_seconds = processor_now() - began_at;
    point->of_platform.simulation.scenario = &point->scenario;
    identify(sweep, point);
    return true;
}

static bool is_there(const struct sweep *sweep, const struct point *point)
{
    return (sweep->store != NULL && sim_store_has(sweep->store, point->stored.hash)) ||
           (sweep->known != NULL && sim_store_has(sweep->known, point->stored.hash));
}

/* Points lie beside children. */
static bool launch(struct sweep *sweep, struct point *point, struct sim_child *child)
{
    return sim_platforms_start(sweep->platforms, &point->of_platform,
                               (int)(child - sweep->children), child, point->arena, &point->err);
}

enum outcome { STARTED, SETTLED, BROKEN };

/* Read point `number`; start it unless a store has it or it is wrong. */
static enum outcome point_start(struct sweep *sweep, int64_t number, struct point *point,
                                struct sim_child *child, struct sim_error *err)
{
    bool fine = point_read(sweep, number, point);

    if (fine && is_there(sweep, point)) {
        sweep->result->skipped++;
        point_close(point);
        return SETTLED;
    }
    if (fine && launch(sweep, point, child))
        return STARTED;
    fine = point_store(sweep, point, 2, err);
    point_close(point);
    return fine ? SETTLED : BROKEN;
}

/* Take what the child says; start another where that is to be done. */
static int point_take(struct sweep *sweep, struct point *point, struct sim_child *child,
                      const struct sim_outcome *outcome)
{
    const int code =
        sim_simulation_ended(&point->of_platform.simulation, outcome, &point->stored.summary,
                             &point->stored.wall_seconds, point->arena, &point->err);

    if (code == SIM_AGAIN && !launch(sweep, point, child))
        return 2;
    return code;
}

static bool point_end(struct sweep *sweep, struct point *point, struct sim_child *child,
                      const struct sim_outcome *outcome, struct sim_error *err)
{
    const int code = point_take(sweep, point, child, outcome);
    bool fine;

    if (code == SIM_AGAIN)
        return true;
    fine = point_store(sweep, point, code, err);
    point_close(point);
    return fine;
}

/* ---- the sweep ---- */

/* Ten times a second, so that a fast sweep is not slowed down by telling of it. */
static void show_progress(struct sweep *sweep, bool is_last)
{
    const struct sim_sweep_result *result = sweep->result;
    const double time = now();
    char line[SIM_PROGRESS_SIZE];

    if (!sweep->asked->shows_progress || (!is_last && time < sweep->shown_at + 0.1))
        return;
    sweep->shown_at = time;
    sim_progress_line(line, &(struct sim_progress){result->points, result->skipped, result->done,
                                                   result->failed, time - sweep->began_at});
    fprintf(stderr, "\r\033[K%s%s", line, is_last ? "\r\033[K" : "");
}

/* A sync for every point would take longer than many a point. */
static void sync_now_and_then(struct sweep *sweep)
{
    const double time = now();

    if (time < sweep->synced_at + 1)
        return;
    sim_store_sync(sweep->store);
    sweep->synced_at = time;
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

/* The number in the study of point `i` of this shard. */
static int64_t number_of(const struct sweep *sweep, int64_t i)
{
    const int64_t place =
        sweep->asked->shards == 0 ? i : i * sweep->asked->shards + sweep->asked->shard - 1;

    return sweep->asked->numbers == NULL ? place : sweep->asked->numbers[place];
}

static int64_t points_of_shard(const struct sweep *sweep)
{
    const int64_t all =
        sweep->asked->numbers == NULL ? sim_study_points(sweep->study) : sweep->asked->number_count;
    const int64_t shards = sweep->asked->shards;

    return shards == 0 ? all : (all - sweep->asked->shard + shards) / shards;
}

/* Each of the first was bad input: then it is the study that is wrong.  A simulation that fails is a result. */
static bool is_hopeless(const struct sweep *sweep)
{
    const struct sim_sweep_result *result = sweep->result;

    return !sweep->asked->keep_going && result->done + result->skipped == 0 &&
           result->failed == sweep->wrong && sweep->wrong >= SIM_SWEEP_FIRST_POINTS;
}

static void tell_hopeless(const struct sweep *sweep, struct sim_error *err)
{
    sim_fail(err,
             "%s: the first %lld points are all wrong, so the others were not begun (--keep-going "
             "begins them). The first of them said:",
             sweep->asked->path, (long long)sweep->result->failed);
    sim_fail(err, "%s", sweep->first_error);
}

/* Simulate what is missing of points 0 .. count - 1 of this shard. */
static int run_points(struct sweep *sweep, int64_t count, struct sim_error *err)
{
    int64_t next = 0;
    int place, code;

    for (;;) {
        if (next < count && !is_hopeless(sweep) && (place = free_place(sweep)) >= 0) {
            if (point_start(sweep, number_of(sweep, next++), &sweep->points[place],
                            &sweep->children[place], err) == BROKEN)
                return 2;
        } else if (count_running(sweep) == 0) {
            break;
        } else if ((code = end_one(sweep, err)) != 0) {
            return code;
        }
        sync_now_and_then(sweep);
        show_progress(sweep, false);
    }
    show_progress(sweep, true);
    if (next < count)
        tell_hopeless(sweep, err);
    return sweep->worst;
}

/* Look at the points without simulating any. */
static int look_at_points(struct sweep *sweep, int64_t count, struct sim_error *err)
{
    const struct sim_sweep *asked = sweep->asked;

    for (int64_t i = 0; i < count; i++) {
        struct point point;
        const bool fine = point_read(sweep, number_of(sweep, i), &point);

        if (fine && is_there(sweep, &point)) {
            sweep->result->skipped++;
        } else {
            *(fine ? &sweep->result->done : &sweep->result->failed) += 1;
            if (asked->show != NULL)
                asked->show(asked->context, point.stored.number, point.stored.settings,
                            point.err.text);
        }
        point_close(&point);
        show_progress(sweep, false);
        if (sim_child_interrupted()) {
            sim_fail(err, "Interrupted: the points were only looked at, and nothing was begun.");
            return SIM_INTERRUPTED;
        }
    }
    show_progress(sweep, true);
    return sweep->result->failed > 0 ? 2 : 0;
}

/* A mistyped key is a mistake of the study, not of each of its points: then nothing is begun.  Reads points until one is
 * right. */
static bool some_point_is_right(struct sweep *sweep, int64_t count, struct sim_error *err)
{
    bool is_right = false;

    for (int64_t i = 0; i < count && i < SIM_SWEEP_FIRST_POINTS && !is_right; i++) {
        struct point point;

        is_right = point_read(sweep, number_of(sweep, i), &point);
        if (!is_right && i == 0)
            *err = point.err;
        point_close(&point);
    }
    if (is_right || count == 0)
        *err = (struct sim_error){0};
    return is_right || count == 0;
}

/* ---- studies that are larger than anyone can want ---- */

static void write_estimate(char text[96], const struct sweep *sweep, double seconds_a_point)
{
    const double seconds = seconds_a_point * (double)sweep->result->points / sweep->asked->jobs;

    snprintf(text, 96, "about %.0f %s",
             seconds < 7200     ? ceil(seconds / 60)
             : seconds < 172800 ? seconds / 3600
                                : seconds / 86400,
             seconds < 7200     ? "minutes"
             : seconds < 172800 ? "hours"
                                : "days");
}

/* The first point says what each costs; it is kept. */
static int ask_for_force(struct sweep *sweep, struct sim_error *err)
{
    const double began_at = now();
    char time[96] = "a time that the first point, which failed, does not tell";

    if (!sweep->asked->is_dry) {
        const int code = run_points(sweep, 1, err);

        if (code == SIM_INTERRUPTED)
            return code;
        if (sweep->result->done > 0)
            write_estimate(time, sweep, now() - began_at);
        sim_fail(err,
                 "%s: study: these are %lld points. With %d at a time they take %s. If that is "
                 "meant, give "
                 "--force; else fewer values, a sample (latin_hypercube), or --shard.",
                 sweep->asked->path, (long long)sweep->result->points, sweep->asked->jobs, time);
    } else {
        sim_fail(err, "%s: study: these are %lld points, too many to look at without --force.",
                 sweep->asked->path, (long long)sweep->result->points);
    }
    return 2;
}

/* The list may have been made from another version of the study. */
static bool numbers_are_points(const struct sweep *sweep, struct sim_error *err)
{
    const int64_t points = sim_study_points(sweep->study);

    for (int64_t i = 0; i < sweep->asked->number_count; i++)
        if (sweep->asked->numbers[i] >= points)
            return sim_fail(err,
                            "%s: study: there is no point %lld, for there are %lld, counted from "
                            "0; has the study "
                            "changed since the list of points was made?",
                            sweep->asked->path, (long long)sweep->asked->numbers[i],
                            (long long)points);
    return true;
}

static bool read_study(struct sweep *sweep, struct sim_arena *arena, struct sim_error *err)
{
    const struct sim_sweep *asked = sweep->asked;

    sweep->text = (struct sim_scenario_text){.path = asked->path, .catalogue = asked->catalogue};
    sweep->text.text =
        sim_file_read(arena, asked->path, SIM_SCENARIO_MOST_BYTES, &sweep->text.length, err);
    if (sweep->text.text == NULL ||
        !sim_scenario_parse(&sweep->scenario, asked->path, sweep->text.text, sweep->text.length,
                            asked->settings, asked->catalogue, arena, err))
        return false;
    if (asked->study != NULL)
        sweep->scenario.study = asked->study;
    if (!sim_study_read(&sweep->study, &sweep->scenario, arena, err))
        return false;
    if (!numbers_are_points(sweep, err))
        return false;
    sweep->result->points = points_of_shard(sweep);
    sweep->points = sim_new(arena, struct point, (size_t)asked->jobs);
    sweep->children = sim_new(arena, struct sim_child, (size_t)asked->jobs);
    sweep->platforms = sim_platforms_open(&sweep->text, arena);
    return asked->keep_going || asked->is_dry ||
           some_point_is_right(sweep, sweep->result->points, err);
}

static bool open_stores(struct sweep *sweep, struct sim_arena *arena, struct sim_error *err)
{
    const struct sim_sweep *asked = sweep->asked;

    if (asked->known != NULL && !sim_store_open(&sweep->known, asked->known, false, err))
        return false;
    if (asked->is_dry)
        return !sim_file_exists(asked->out) ||
               sim_store_open(&sweep->store, asked->out, false, err);
    return sim_make_directories(sim_folder_of(arena, asked->out), err) &&
           sim_store_open(&sweep->store, asked->out, true, err) &&
           sim_store_note(sweep->store, "name", sweep->scenario.name, err) &&
           sim_store_note(sweep->store, "study", sweep->scenario.study, err);
}

static int run(struct sweep *sweep, struct sim_error *err)
{
    const int64_t points = sweep->result->points;

    if (points > SIM_SWEEP_MANY_POINTS && !sweep->asked->force)
        return ask_for_force(sweep, err);
    return sweep->asked->is_dry ? look_at_points(sweep, points, err)
                                : run_points(sweep, points, err);
}

/* What was under way when a sweep ended before its time. */
static void abandon(struct sweep *sweep)
{
    if (sweep->points == NULL)
        return;
    sim_child_kill(sweep->children, sweep->asked->jobs);
    for (int i = 0; i < sweep->asked->jobs; i++)
        if (sweep->points[i].arena != NULL)
            point_close(&sweep->points[i]);
}

int sim_sweep_run(const struct sim_sweep *asked, struct sim_sweep_result *result,
                  struct sim_arena *arena, struct sim_error *err)
{
    struct sweep sweep = {.asked = asked,
                          .result = result,
                          .arena = arena,
                          .identifier = {.arena = arena},
                          .began_at = now()};
    int code = 2;

    *result = (struct sim_sweep_result){0};
    if (read_study(&sweep, arena, err) && open_stores(&sweep, arena, err))
        code = run(&sweep, err);
    abandon(&sweep);
    sim_platforms_close(sweep.platforms);
    sim_store_close(sweep.store);
    sim_store_close(sweep.known);
    sim_scenario_release(&sweep.scenario);
    return code;
}
