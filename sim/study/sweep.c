#include "sim/study/sweep.h"

#include "sim/base/file.h"
#include "sim/study/point.h"
#include "sim/study/progress.h"
#include "sim/study/store.h"
#include "sim/study/study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Those that one child simulates, in order. */
enum { MOST_IN_BATCH = 128 };
struct batch {
    struct sim_point *points[MOST_IN_BATCH];
    int count;
};

/* What a child is given to do: enough to outweigh its fork. */
static const double batch_seconds = 0.05;

/* A sweep under way. */
struct sweep {
    const struct sim_sweep *asked;
    struct sim_sweep_result *result;
    struct sim_scenario scenario; /* without any point's settings */
    struct sim_points points;     /* how they are read */
    struct sim_platforms *platforms;
    struct sim_store *store,
        *known; /* known: NULL unless asked for; store: NULL before a dry one's first sweep */
    struct batch *batches; /* [jobs], beside children */
    struct sim_child *children;
    int64_t count, next;       /* points to be begun, and begun */
    struct sim_point *waiting; /* read, but to be started yet, before others */
    double seconds_a_point;
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

/* ---- the life of a point ---- */

static bool point_store(struct sweep *sweep, struct sim_point *point, int code,
                        struct sim_error *err)
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

static bool is_there(const struct sweep *sweep, const struct sim_point *point)
{
    return (sweep->store != NULL && sim_store_has(sweep->store, point->stored.hash)) ||
           (sweep->known != NULL && sim_store_has(sweep->known, point->stored.hash));
}

static bool settle(struct sweep *sweep, struct sim_point *point, int code, struct sim_error *err)
{
    const bool fine = point_store(sweep, point, code, err);

    sim_point_close(point);
    return fine;
}

static void put_back(struct sweep *sweep, struct sim_point *point)
{
    point->next = sweep->waiting;
    sweep->waiting = point;
}

/* Those of the batch from `first` on, in their order. */
static void put_rest_back(struct sweep *sweep, struct batch *batch, int first)
{
    for (int i = batch->count - 1; i >= first; i--)
        put_back(sweep, batch->points[i]);
    batch->count = first;
}

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

/* ---- batches ---- */

/* The number in the study of point `i` of this shard. */
static int64_t number_of(const struct sweep *sweep, int64_t i)
{
    const int64_t place =
        sweep->asked->shards == 0 ? i : i * sweep->asked->shards + sweep->asked->shard - 1;

    return sweep->asked->numbers == NULL ? place : sweep->asked->numbers[place];
}

/* Each of the first was bad input: then it is the study that is wrong.  A simulation that fails is a result. */
static bool is_hopeless(const struct sweep *sweep)
{
    const struct sim_sweep_result *result = sweep->result;

    return !sweep->asked->keep_going && result->done + result->skipped == 0 &&
           result->failed == sweep->wrong && sweep->wrong >= SIM_SWEEP_FIRST_POINTS;
}

static bool has_more(const struct sweep *sweep)
{
    return sweep->waiting != NULL || (sweep->next < sweep->count && !is_hopeless(sweep));
}

/* One that is to be simulated, in *point; NULL when there is none left.  What a store has, and what is wrong, is settled on
 * the way.  False: a point cannot be stored. */
static bool take_point(struct sweep *sweep, struct sim_point **point, struct sim_error *err)
{
    bool fine = true;

    *point = sweep->waiting;
    if (*point != NULL)
        sweep->waiting = (*point)->next;
    while (fine && *point == NULL && has_more(sweep)) {
        *point = sim_point_read(&sweep->points, number_of(sweep, sweep->next++));
        if ((*point)->err.count == 0 && is_there(sweep, *point)) {
            sweep->result->skipped++;
            sim_point_close(*point);
            *point = NULL;
        } else if ((*point)->err.count > 0 ||
                   !sim_platforms_enter(sweep->platforms, &(*point)->of_platform, &(*point)->err)) {
            fine = settle(sweep, *point, 2, err);
            *point = NULL;
        }
        show_progress(sweep, false);
    }
    return fine;
}

/* So that no child has nothing to do at the end, and none is given more before it is known how long a point takes. */
static int room_in_batch(const struct sweep *sweep)
{
    const double room = sweep->seconds_a_point > 0 ? batch_seconds / sweep->seconds_a_point : 1;
    const int64_t share = (sweep->count - sweep->next) / (2 * sweep->asked->jobs);

    return (int)fmax(1, fmin(fmin(room, MOST_IN_BATCH), (double)share));
}

/* Points that one child can simulate; none when nothing is left.  Those in between that it cannot wait for another.
 * False: a point cannot be stored. */
static bool fill(struct sweep *sweep, struct batch *batch, struct sim_error *err)
{
    const int room = room_in_batch(sweep);
    struct sim_point *point, *others = NULL, **last = &others;
    const struct sim_platform_point *first;
    int left = MOST_IN_BATCH;
    bool fine;

    batch->count = 0;
    while ((fine = take_point(sweep, &point, err)) && point != NULL) {
        first = batch->count == 0 ? &point->of_platform : &batch->points[0]->of_platform;
        if (batch->count == 0 || sim_platforms_can_share(first, &point->of_platform)) {
            batch->points[batch->count++] = point;
        } else {
            *last = point;
            last = &point->next;
            left--;
        }
        if (batch->count == room || left == 0 || !sim_platforms_can_share(first, first))
            break;
    }
    *last = sweep->waiting;
    sweep->waiting = others;
    return fine;
}

/* Start some points in a child that is free.  False: a point cannot be stored. */
static bool batch_start(struct sweep *sweep, int place, struct sim_error *err)
{
    struct batch *batch = &sweep->batches[place];
    struct sim_platform_point *points[MOST_IN_BATCH];
    int started = 0;

    if (!fill(sweep, batch, err))
        return false;
    if (batch->count == 0)
        return true;
    for (int i = 0; i < batch->count; i++)
        points[i] = &batch->points[i]->of_platform;
    if (sim_platforms_start(sweep->platforms, points, batch->count, place, &sweep->children[place],
                            &started, batch->points[0]->arena, &batch->points[0]->err)) {
        put_rest_back(sweep, batch, started);
        return true;
    }
    put_rest_back(sweep, batch, 1);
    batch->count = 0;
    return settle(sweep, batch->points[0], 2, err);
}

/* Take what was said of a point; it waits once more where it is to be started again. */
static bool point_end(struct sweep *sweep, struct sim_point *point,
                      const struct sim_outcome *outcome, struct sim_error *err)
{
    const int code =
        sim_simulation_ended(&point->of_platform.nested.simulation, outcome, &point->stored.summary,
                             &point->stored.wall_seconds, point->arena, &point->err);

    if (code == SIM_AGAIN) {
        put_back(sweep, point);
        return true;
    }
    if (code == 0)
        sweep->seconds_a_point = point->stored.wall_seconds;
    return settle(sweep, point, code, err);
}

/* Points that a child did not come to, and those that it could not simulate behind others. */
static void return_rest(struct sweep *sweep, struct batch *batch, int told)
{
    put_rest_back(sweep, batch, told);
    if (told == 0)
        sweep->waiting->of_platform.is_alone = true;
}

/* The child has ended. */
static bool batch_end(struct sweep *sweep, struct batch *batch, const struct sim_outcome *outcome,
                      struct sim_arena *arena, struct sim_error *err)
{
    struct sim_outcome *each = sim_new(arena, struct sim_outcome, MOST_IN_BATCH);
    int told = sim_simulations_told(outcome, each, batch->count, arena), done;
    bool fine = true;

    if (told == 0 && (outcome->signal != 0 || outcome->reply_length > 0 ||
                      batch->points[0]->of_platform.is_alone))
        each[told++] = *outcome;
    return_rest(sweep, batch, told);
    if (!sim_store_begin(sweep->store, err))
        return false;
    for (done = 0; done < told && fine; done++)
        fine = point_end(sweep, batch->points[done], &each[done], err);
    put_rest_back(sweep, batch, done);
    batch->count = 0;
    return sim_store_end(sweep->store, fine, err);
}

/* ---- the sweep ---- */

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
    } else if (!batch_end(sweep, &sweep->batches[place], &outcome, arena, err)) {
        code = 2;
    }
    sim_arena_close(arena);
    return code;
}

static int64_t points_of_shard(const struct sweep *sweep)
{
    const int64_t all = sweep->asked->numbers == NULL ? sim_study_points(sweep->points.study)
                                                      : sweep->asked->number_count;
    const int64_t shards = sweep->asked->shards;

    return shards == 0 ? all : (all - sweep->asked->shard + shards) / shards;
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
    int place, code;

    sweep->count = count;
    for (sweep->next = 0;;) {
        if (has_more(sweep) && (place = free_place(sweep)) >= 0) {
            if (!batch_start(sweep, place, err))
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
    if (sweep->next < count)
        tell_hopeless(sweep, err);
    return sweep->worst;
}

/* Look at the points without simulating any. */
static int look_at_points(struct sweep *sweep, int64_t count, struct sim_error *err)
{
    const struct sim_sweep *asked = sweep->asked;

    for (int64_t i = 0; i < count; i++) {
        struct sim_point *point = sim_point_read(&sweep->points, number_of(sweep, i));
        const bool fine = point->err.count == 0;

        if (fine && is_there(sweep, point)) {
            sweep->result->skipped++;
        } else {
            *(fine ? &sweep->result->done : &sweep->result->failed) += 1;
            if (asked->show != NULL)
                asked->show(asked->context, point->stored.number, point->stored.settings,
                            point->err.text);
        }
        sim_point_close(point);
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
        struct sim_point *point = sim_point_read(&sweep->points, number_of(sweep, i));

        is_right = point->err.count == 0;
        if (!is_right && i == 0)
            *err = point->err;
        sim_point_close(point);
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
    const int64_t points = sim_study_points(sweep->points.study);

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

    sweep->points.text =
        (struct sim_scenario_text){.path = asked->path, .catalogue = asked->catalogue};
    sweep->points.text.text =
        sim_file_read(arena, asked->path, SIM_SCENARIO_MOST_BYTES, &sweep->points.text.length, err);
    if (sweep->points.text.text == NULL ||
        !sim_scenario_parse(&sweep->scenario, asked->path, sweep->points.text.text,
                            sweep->points.text.length, asked->settings, asked->catalogue, arena,
                            err))
        return false;
    sim_points_open(&sweep->points, &sweep->scenario, arena);
    if (asked->study != NULL)
        sweep->scenario.study = asked->study;
    if (!sim_study_read(&sweep->points.study, &sweep->scenario, arena, err))
        return false;
    if (!numbers_are_points(sweep, err))
        return false;
    sweep->result->points = points_of_shard(sweep);
    sweep->batches = sim_new(arena, struct batch, (size_t)asked->jobs);
    sweep->children = sim_new(arena, struct sim_child, (size_t)asked->jobs);
    sweep->platforms = sim_platforms_open(&sweep->points.text, arena);
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
    if (sweep->batches == NULL)
        return;
    sim_child_kill(sweep->children, sweep->asked->jobs);
    for (int i = 0; i < sweep->asked->jobs; i++)
        put_rest_back(sweep, &sweep->batches[i], 0);
    while (sweep->waiting != NULL) {
        struct sim_point *point = sweep->waiting;

        sweep->waiting = point->next;
        sim_point_close(point);
    }
}

int sim_sweep_run(const struct sim_sweep *asked, struct sim_sweep_result *result,
                  struct sim_arena *arena, struct sim_error *err)
{
    struct sweep sweep = {.asked = asked,
                          .result = result,
                          .arena = arena,
                          .points = {.settings = asked->settings, .identifier = {.arena = arena}},
                          .began_at = now()};
    int code = 2;

    *result = (struct sim_sweep_result){0};
    if (read_study(&sweep, arena, err) && open_stores(&sweep, arena, err))
        code = run(&sweep, err);
    abandon(&sweep);
    sim_platforms_close(sweep.platforms);
    sim_store_close(sweep.store);
    sim_store_close(sweep.known);
    sim_points_close(&sweep.points);
    sim_scenario_release(&sweep.scenario);
    return code;
}
