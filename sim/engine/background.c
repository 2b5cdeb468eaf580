#include "sim/engine/background.h"

#include "sim/engine/collective.h"

#include <string.h>

/* A transfer, and the step that it was of. */
struct entry {
    struct sim_activity activity;
    int lane;
};

struct background {
    struct peer *peer;
    struct runner runner;
    bool is_running;
    int stage; /* of the lane that runs */

    /* By number of lane, from the first that is still of interest on. */
    const struct sim_lane **lanes;
    double *added_at, *ended_at;
    int added, ended, first, room;

    struct entry *log; /* in the order of time */
    int log_begin, log_end, log_room;
    int awaited; /* the peer rests until so many have ended; 0: it does not */
};

struct background *background_open(struct peer *peer)
{
    struct background *background = sim_new(peer->engine->arena, struct background, 1);

    background->peer = peer;
    return background;
}

int background_added(const struct background *background)
{
    return background->added;
}

/* ---- lanes, one after the other ---- */

static int place_of(const struct background *background, int lane)
{
    return lane - background->first;
}

int background_ended(const struct background *background)
{
    const double soon = engine_soon(sim_now(&background->peer->open));
    int ended = background->ended;

    while (ended > background->first &&
           background->ended_at[place_of(background, ended - 1)] > soon)
        ended--;
    return ended;
}

static void *grown(struct sim_arena *arena, const void *old, int from, int count, int room,
                   size_t size)
{
    char *grown = sim_arena_take(arena, (size_t)room, size);

    if (count > 0)
        memcpy(grown, (const char *)old + (size_t)from * size, (size_t)count * size);
    return grown;
}

/* Lanes that lie behind the peer are forgotten when there is no room. */
static void make_room(struct background *background)
{
    struct sim_arena *arena = background->peer->engine->arena;
    const int from = place_of(background, background_ended(background));
    const int count = background->added - background->first - from;

    if (background->added - background->first < background->room)
        return;
    if (count > background->room / 2 || background->room == 0)
        background->room = background->room == 0 ? 8 : 2 * background->room;
    background->lanes = grown(arena, background->lanes, from, count, background->room,
                              sizeof(const struct sim_lane *));
    background->added_at = grown(arena, background->added_at, from, count, background->room,
                                 sizeof *background->added_at);
    background->ended_at = grown(arena, background->ended_at, from, count, background->room,
                                 sizeof *background->ended_at);
    background->first += from;
}

static void enter_stage(struct background *background, double clock)
{
    const struct sim_lane *lane = background->lanes[place_of(background, background->ended)];
    const struct sim_stage *stage = &lane->stages[background->stage];

    background->runner =
        (struct runner){.peer = background->peer,
                        .background = background,
                        .lane = 1,
                        .clock = clock,
                        .group = stage->group,
                        .steps = stage->steps,
                        .buffer = &stage->buffer,
                        .rank = collective_place(stage->group, background->peer->open.number)};
}

/* The next lane, if there is one. */
static bool next_lane(struct background *background, double clock)
{
    background->is_running = background->ended < background->added;
    if (!background->is_running)
        return false;
    background->stage = 0;
    enter_stage(background,
                fmax(clock, background->added_at[place_of(background, background->ended)]));
    return true;
}

static void lane_ended(struct background *background)
{
    struct peer *peer = background->peer;
    const double clock = background->runner.clock;

    background->ended_at[place_of(background, background->ended)] = clock;
    background->ended++;
    peer->engine->ahead_until = fmax(peer->engine->ahead_until, clock);
    if (background->awaited == background->ended) {
        background->awaited = 0;
        peer->clock = clock;
        ahead_wake(peer);
    }
}

bool background_table_ended(struct background *background)
{
    const struct sim_lane *lane = background->lanes[place_of(background, background->ended)];
    const double clock = background->runner.clock;

    if (++background->stage < lane->count) {
        enter_stage(background, clock);
        return true;
    }
    lane_ended(background);
    return next_lane(background, clock);
}

void background_add(struct background *background, const struct sim_lane *lane)
{
    struct peer *peer = background->peer;
    const double now = sim_now(&peer->open);
    int place;

    make_room(background);
    place = place_of(background, background->added++);
    background->lanes[place] = lane;
    background->added_at[place] = now;
    peer->engine->has_been_ahead = true;
    for (int s = 0; s < lane->count; s++)
        peer->tells += lane->stages[s].buffer.values != NULL;
    if (background->is_running)
        return;
    next_lane(background, fmax(now, background->runner.clock));
    ahead_begin(&background->runner);
    ahead_follow(peer->engine);
}

/* ---- the log ---- */

static void log_activity(struct background *background, const struct sim_activity *activity)
{
    const int count = background->log_end - background->log_begin;

    if (background->log_end == background->log_room) {
        if (count > background->log_room / 2 || background->log_room == 0)
            background->log_room = background->log_room == 0 ? 64 : 2 * background->log_room;
        background->log =
            grown(background->peer->engine->arena, background->log, background->log_begin, count,
                  background->log_room, sizeof *background->log);
        background->log_begin = 0;
        background->log_end = count;
    }
    background->log[background->log_end++] = (struct entry){*activity, background->ended};
}

/* Of two that end at once the send comes first, as it does in stream.c. */
void background_step_ended(struct background *background)
{
    const struct runner *runner = &background->runner;
    const bool sends = runner->step.to != SIM_NOBODY, receives = runner->step.from != SIM_NOBODY;
    const bool send_is_first =
        !receives || (sends && runner->send.ends_at <= engine_soon(runner->receive.ends_at));

    if (sends && send_is_first)
        log_activity(background, &runner->send);
    if (receives)
        log_activity(background, &runner->receive);
    if (sends && !send_is_first)
        log_activity(background, &runner->send);
}

/* What ended while the peer did something else. */
static void account_until(struct background *background, double begin)
{
    while (background->log_begin < background->log_end &&
           background->log[background->log_begin].activity.ends_at <= engine_soon(begin))
        account_beside(background->peer, &background->log[background->log_begin++].activity, begin);
}

/* The peer waited from `begin` until so many lanes had ended. */
static void account_waiting(struct background *background, int count, double begin)
{
    struct peer *peer = background->peer;

    while (background->log_begin < background->log_end &&
           background->log[background->log_begin].lane < count) {
        struct sim_activity *activity = &background->log[background->log_begin++].activity;

        sim_phase(&peer->open, peer->engine->record->phases[activity->phase]);
        account_activity(peer, activity, begin, fmax(begin, activity->ends_at));
        begin = fmax(begin, activity->ends_at);
        account_until(background, begin);
    }
}

void background_wait(struct background *background, int count)
{
    struct peer *peer = background->peer;
    const double begin = sim_now(&peer->open);

    if (background->ended < count) {
        background->awaited = count;
        peer->clock = begin;
        peer_rest_ahead(peer, ahead_waits_for(&background->runner));
    }
    account_until(background, begin);
    if (count <= background->first) /* behind it for long */
        return;
    peer->clock = fmax(begin, background->ended_at[place_of(background, count - 1)]);
    account_waiting(background, count, begin);
    peer_catch_up(peer);
}
