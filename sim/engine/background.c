#include "sim/engine/background.h"

#include "sim/engine/collective.h"

#include <string.h>

/* An array that grows at its end, and whose beginning is forgotten. */
struct window {
    void *items;
    int begin, end, room;
};

struct timed_lane {
    const struct sim_lane *lane;
    double added_at, ended_at;
};

/* A transfer, and the lane that it was of. */
struct entry {
    struct sim_activity activity;
    int lane;
};

struct background {
    struct peer *peer;
    struct runner runner;
    bool is_running;
    int stage; /* of the lane that runs */

    struct window lanes;     /* struct timed_lane, from number `first` on */
    int first, ended, added; /* numbers of lanes; the one that runs is `ended` */

    struct window log; /* struct entry, in the order of time */
    int awaited;       /* the peer rests until so many have ended; 0: it does not */
};

/* ---- windows ---- */

/* The place of one more, of `size` bytes. */
static void *push(struct window *window, size_t size, struct sim_arena *arena)
{
    const int count = window->end - window->begin;
    char *from = window->items, *to = window->items;

    if (window->end == window->room) {
        if (window->begin == 0 || count > window->room / 2) {
            window->room = window->room == 0 ? 8 : 2 * window->room;
            to = sim_arena_take(arena, (size_t)window->room, size);
        }
        if (count > 0)
            memmove(to, from + (size_t)window->begin * size, (size_t)count * size);
        window->items = to;
        window->begin = 0;
        window->end = count;
    }
    return to + (size_t)window->end++ * size;
}

static struct timed_lane *lane_at(const struct background *background, int number)
{
    const struct window *lanes = &background->lanes;

    return (struct timed_lane *)lanes->items + lanes->begin + number - background->first;
}

static struct entry *first_entry(const struct background *background)
{
    const struct window *log = &background->log;

    return log->begin == log->end ? NULL : (struct entry *)log->items + log->begin;
}

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

int background_ended(const struct background *background)
{
    const double soon = engine_soon(sim_now(&background->peer->open));
    int ended = background->ended;

    while (ended > background->first && lane_at(background, ended - 1)->ended_at > soon)
        ended--;
    return ended;
}

/* Lanes that lie behind the peer are of no interest any more. */
static void forget_ended(struct background *background)
{
    const int ended = background_ended(background);

    background->lanes.begin += ended - background->first;
    background->first = ended;
}

static void enter_stage(struct background *background, double clock)
{
    const struct sim_lane *lane = lane_at(background, background->ended)->lane;
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
    enter_stage(background, fmax(clock, lane_at(background, background->ended)->added_at));
    return true;
}

static void lane_ended(struct background *background)
{
    struct peer *peer = background->peer;
    const double clock = background->runner.clock;

    lane_at(background, background->ended)->ended_at = clock;
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
    const struct sim_lane *lane = lane_at(background, background->ended)->lane;
    const double clock = background->runner.clock;

    if (++background->stage < lane->count) {
        enter_stage(background, clock);
        return true;
    }
    lane_ended(background);
    return next_lane(background, clock);
}

void background_must_rest(const struct peer *peer)
{
    const struct background *background = peer->adds_in;

    if (background != NULL && background_ended(background) < background->added)
        engine_again(peer->engine, SIM_ALONE,
                     "peers add up what they receive beside other computations");
}

/* One processor adds up for one stream at a time. */
static void prepare_to_add(struct background *background)
{
    struct peer *peer = background->peer;
    const char *why;

    if (!ahead_may(peer, true, &why))
        engine_again(peer->engine, SIM_ALONE, "%s", why);
    if (peer->adds_in != background)
        background_must_rest(peer);
    peer->adds_in = background;
}

void background_add(struct background *background, const struct sim_lane *lane)
{
    struct peer *peer = background->peer;
    const double now = sim_now(&peer->open);

    if (collective_adds(lane))
        prepare_to_add(background);
    forget_ended(background);
    *(struct timed_lane *)push(&background->lanes, sizeof(struct timed_lane), peer->engine->arena) =
        (struct timed_lane){.lane = lane, .added_at = now};
    background->added++;
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
    struct entry *entry = push(&background->log, sizeof *entry, background->peer->engine->arena);

    *entry = (struct entry){*activity, background->ended};
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

void background_added_up(struct background *background, double flop, double begin)
{
    struct peer *peer = background->peer;
    const struct runner *runner = &background->runner;
    const struct sim_activity addition = {.kind = COMPUTING,
                                          .owner = peer,
                                          .flop = flop,
                                          .started_at = begin,
                                          .ends_at = runner->clock,
                                          .step = SIM_NO_STEP,
                                          .phase = runner->phase};

    account_added(peer, flop);
    log_activity(background, &addition);
}

/* What ended while the peer did something else. */
static void account_until(struct background *background, double begin)
{
    const struct entry *entry;

    while ((entry = first_entry(background)) != NULL &&
           entry->activity.ends_at <= engine_soon(begin)) {
        account_beside(background->peer, &entry->activity, begin);
        background->log.begin++;
    }
}

/* The peer waited from `begin` until so many lanes had ended. */
static void account_waiting(struct background *background, int count, double begin)
{
    struct peer *peer = background->peer;
    struct entry *entry;

    while ((entry = first_entry(background)) != NULL && entry->lane < count) {
        struct sim_activity *activity = &entry->activity;

        background->log.begin++;
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
    peer->clock = fmax(begin, lane_at(background, count - 1)->ended_at);
    account_waiting(background, count, begin);
    peer_catch_up(peer);
}
