/* repeat.c -- iterations that go as the one before.
 *
 * Where nothing of an iteration depends on chance or on what time it is, and every peer begins one just as much later
 * than the one before as all the others do, with nothing under way, the state of the world is the same but for the clock:
 * so all that follows is the same, too.  Two iterations and the last are then simulated; what lies between is counted.
 * (Not where SimGrid counts the joules of what is computed.)
 *
 * Peers with clocks of their own may have something under way, as pipelines do: who comes to an iteration rests, no time
 * passes by that, until all have come, and then the whole state is in sight.  It is the same if transfers that go on have
 * the same time left, and nobody has sent for any of the receives that are posted ahead.  Since when those are there does
 * not matter where it was before anybody begins, for a transfer begins when its later end is there.  With the peers all that
 * is under way, and the time for which links are taken, is moved. */
#include "sim/engine/engine.h"

#include <assert.h>
#include <math.h>

/* What a peer's account said when an iteration began. */
struct account {
    double seconds[SIM_DOINGS], dozed_seconds, flop;
    int phases;
    double (*phase_seconds)[SIM_DOINGS];
};

/* A transfer that went on when an iteration began. */
struct moving {
    const struct channel *channel;
    double seconds_left;
};

struct turns {
    double begun_at;
    int64_t tells; /* what it has told, drawn or asked by then (struct peer) */
    int open_activities;
    struct moving *moving; /* in the order of the peer's list */
    int moving_count, moving_room;
    double heard_at; /* when the last receive of those that it had posted was there */
    int rests_at;    /* an iteration that not all have come to; 0: none */
    struct account then;
};

/* ---- what has happened since the iteration began ---- */

static void remember_channel(struct sim_arena *arena, struct channel *channel)
{
    const struct channel_account *now = &channel->carried;
    struct channel_account *then = &channel->then;

    if (then->phases < now->phases)
        then->phase_bytes = sim_new(arena, int64_t, (size_t)now->phases);
    then->phases = now->phases;
    then->messages = now->messages;
    then->bytes = now->bytes;
    for (int p = 0; p < now->phases; p++)
        then->phase_bytes[p] = now->phase_bytes[p];
}

static bool goes_on(const struct sim_activity *activity, double now)
{
    return activity->kind == SENDING && activity->ends_at > engine_soon(now);
}

static void remember_moving(struct sim_arena *arena, struct turns *turns,
                            const struct sim_activity *activity, double now)
{
    struct moving *larger;

    if (turns->moving_count == turns->moving_room) {
        turns->moving_room = 2 * turns->moving_room + 1;
        larger = sim_new(arena, struct moving, (size_t)turns->moving_room);
        for (int i = 0; i < turns->moving_count; i++)
            larger[i] = turns->moving[i];
        turns->moving = larger;
    }
    turns->moving[turns->moving_count++] =
        (struct moving){activity->channel, activity->ends_at - now};
}

static void remember_open(struct peer *peer, double now)
{
    struct turns *turns = peer->turns;

    turns->open_activities = peer->open_activities;
    turns->moving_count = 0;
    turns->heard_at = -INFINITY;
    for (const struct sim_activity *a = peer->newest; a != NULL; a = a->next_of_owner)
        if (a->kind == RECEIVING)
            turns->heard_at = fmax(turns->heard_at, a->ready_at);
        else if (goes_on(a, now))
            remember_moving(peer->engine->arena, turns, a, now);
}

static void remember(struct peer *peer)
{
    const struct sim_peer_record *record = peer_record(peer);
    struct account *then = &peer->turns->then;
    const int phases = peer->engine->record->phase_count;

    if (then->phases < phases)
        then->phase_seconds =
            sim_arena_take(peer->engine->arena, (size_t)phases, sizeof *then->phase_seconds);
    then->phases = phases;
    for (int d = 0; d < SIM_DOINGS; d++)
        then->seconds[d] = record->seconds[d];
    for (int p = 0; p < phases; p++)
        for (int d = 0; d < SIM_DOINGS; d++)
            then->phase_seconds[p][d] =
                record->phase_seconds[p] == NULL ? 0 : record->phase_seconds[p][d];
    then->dozed_seconds = peer->dozed_seconds;
    then->flop = record->flop;
    for (struct channel *c = peer->channels_from; c != NULL; c = c->next_of_from)
        remember_channel(peer->engine->arena, c);
    if (peer->engine->have_own_clocks)
        remember_open(peer, sim_now(&peer->open));
}

/* ---- the same, so many times more ---- */

static void count_channel(struct channel *channel, int times)
{
    struct channel_account *now = &channel->carried;
    const struct channel_account *then = &channel->then;
    const int64_t messages = times * (now->messages - then->messages);
    int64_t bytes = times * (now->bytes - then->bytes);

    if (messages == 0)
        return;
    for (int p = now->phases - 1; p >= 0; p--) {
        const int64_t of_phase = times * (now->phase_bytes[p] - channel_phase_bytes(then, p));

        channel_count(channel, p == 0 ? messages : 0, p == 0 ? bytes : of_phase, p);
        bytes -= of_phase;
    }
    if (channel->is_local)
        channel_count(channel, messages, bytes, 0);
}

static void count_again(struct peer *peer, int times)
{
    struct sim_peer_record *record = peer_record(peer);
    const struct account *then = &peer->turns->then;
    const int phases = peer->engine->record->phase_count;

    for (int d = 0; d < SIM_DOINGS; d++)
        record->seconds[d] += times * (record->seconds[d] - then->seconds[d]);
    for (int p = 0; p < phases; p++)
        for (int d = 0; d < SIM_DOINGS && record->phase_seconds[p] != NULL; d++)
            record->phase_seconds[p][d] +=
                times *
                (record->phase_seconds[p][d] - (p < then->phases ? then->phase_seconds[p][d] : 0));
    peer->dozed_seconds += times * (peer->dozed_seconds - then->dozed_seconds);
    account_added(peer, times * (record->flop - then->flop));
    for (struct channel *c = peer->channels_from; c != NULL; c = c->next_of_from)
        count_channel(c, times);
}

/* ---- do all begin alike? ---- */

static bool is_same(double seconds, double other, double now)
{
    return fabs(seconds - other) <= 4 * (engine_soon(now) - now);
}

/* Is it known what comes of it? */
static bool can_be_told(const struct sim_activity *activity)
{
    switch (activity->kind) {
    case SENDING: /* lanes take turns */
        return activity->channel->trunk == NULL && isfinite(activity->ends_at);
    case RECEIVING: return !activity->is_matched && !activity->is_accounted;
    default: return false;
    }
}

/* What the peer has under way, beside what it had when the last iteration began. */
static bool has_same_open(const struct peer *peer, double now)
{
    const struct turns *then = peer->turns;
    int moving = 0;

    for (const struct sim_activity *a = peer->newest; a != NULL; a = a->next_of_owner) {
        if (!can_be_told(a))
            return false;
        if (!goes_on(a, now))
            continue;
        if (moving == then->moving_count || then->moving[moving].channel != a->channel ||
            !is_same(a->ends_at - now, then->moving[moving].seconds_left, now))
            return false;
        moving++;
    }
    return moving == then->moving_count;
}

/* The latest of its receives that are posted ahead, now or, a period ago, then. */
static double latest_heard(const struct peer *peer, double seconds)
{
    double latest = peer->turns->heard_at + seconds;

    for (const struct sim_activity *a = peer->newest; a != NULL; a = a->next_of_owner)
        if (a->kind == RECEIVING)
            latest = fmax(latest, a->ready_at);
    return latest;
}

/* Does it begin as it began the iteration before, as far as it can tell by itself? */
static bool begins_alike(const struct peer *peer)
{
    const struct engine *engine = peer->engine;

    if (peer->tells != peer->turns->tells ||
        (engine->has_computing_helpers && engine->world->draws_power))
        return false;
    return engine->have_own_clocks ? peer->open_activities == peer->turns->open_activities
                                   : peer->open_activities == 0;
}

/* This peer has come to the iteration that is looked at. */
static void compare(struct repeat *repeat, const struct peer *peer, double now)
{
    const double seconds = now - peer->turns->begun_at;

    if (repeat->compared == 0) {
        repeat->seconds = seconds;
        repeat->first_begins_at = now;
        repeat->are_alike = true;
    }
    repeat->are_alike = repeat->are_alike && is_same(seconds, repeat->seconds, now) &&
                        seconds > 0 && begins_alike(peer);
    if (!peer->engine->is_alone) /* what they share then depends on when each begins */
        repeat->are_alike &= is_same(now, repeat->first_begins_at, now);
    repeat->first_begins_at = fmin(repeat->first_begins_at, now);
    repeat->compared++;
}

/* ---- later ---- */

static void move_open(struct peer *peer, double seconds)
{
    for (struct sim_activity *a = peer->newest; a != NULL; a = a->next_of_owner) {
        a->ready_at += seconds;
        a->started_at += seconds;
        a->ends_at += seconds;
    }
}

/* The peer is as it will be when it begins an iteration so many times later. */
static void skip(struct peer *peer, int times)
{
    const double seconds = times * peer->engine->repeat.seconds;

    count_again(peer, times);
    move_open(peer, seconds);
    peer->clock = sim_now(&peer->open) + seconds;
}

/* All at once, before anybody goes on. */
static void skip_all(struct engine *engine, int times)
{
    for (int p = 0; p < engine->record->peer_count && times > 0; p++)
        skip(&engine->peers[p], times);
    links_move(engine, engine->repeat.first_begins_at, times * engine->repeat.seconds);
}

/* Iterations that need not be done by who begins `number`. */
static int repeats_from(const struct engine *engine, int number)
{
    return engine->plan->iterations - 1 - number;
}

/* All rest, or have just come: what they have under way is all that there is. */
static bool is_state_same(const struct engine *engine)
{
    const struct repeat *repeat = &engine->repeat;

    if (repeat->resting != engine->record->peer_count - 1)
        return false;
    for (int p = 0; p < engine->record->peer_count; p++) {
        const struct peer *peer = &engine->peers[p];

        if (!has_same_open(peer, sim_now(&peer->open)) ||
            latest_heard(peer, repeat->seconds) > repeat->first_begins_at)
            return false;
    }
    return true;
}

/* All have come; those who are further on than `compared_at` go as the others, one iteration later. */
static void decide(struct engine *engine)
{
    struct repeat *repeat = &engine->repeat;

    repeat->compared = 0;
    if (engine->have_own_clocks)
        repeat->are_alike = repeat->are_alike && is_state_same(engine);
    if (repeat->are_alike && engine->have_own_clocks) {
        repeat->jumps_at = repeat->compared_at;
        skip_all(engine, repeats_from(engine, repeat->jumps_at));
    } else if (repeat->are_alike) {
        repeat->jumps_at = repeat->furthest + 1;
    }
    repeat->compared_at = repeat->furthest + 1;
}

/* ---- peers with clocks of their own come together ---- */

/* Time goes on only if somebody needs it to: then not all come. */
static void rest(struct peer *peer, int number)
{
    struct repeat *repeat = &peer->engine->repeat;

    peer->turns->rests_at = number;
    repeat->resting++;
    peer_doze(peer, peer->clock);
    if (peer->turns->rests_at == 0)
        return;
    peer->turns->rests_at = 0;
    repeat->resting--;
    repeat->are_alike = false;
}

/* Who is woken may come to the next iteration, and rest there, before all are. */
static void let_go_on(struct engine *engine, int number)
{
    for (int p = 0; p < engine->record->peer_count && engine->repeat.resting > 0; p++) {
        struct peer *peer = &engine->peers[p];

        if (peer->turns == NULL || peer->turns->rests_at != number)
            continue;
        peer->turns->rests_at = 0;
        engine->repeat.resting--;
        peer_wake(peer);
    }
}

static void look(struct peer *peer, int number, double now)
{
    struct engine *engine = peer->engine;
    struct repeat *repeat = &engine->repeat;
    bool have_all_come;

    if (number > repeat->furthest)
        repeat->furthest = number;
    if (number != repeat->compared_at || repeat->jumps_at != 0)
        return;
    compare(repeat, peer, now);
    have_all_come = repeat->compared == engine->record->peer_count;
    if (have_all_come)
        decide(engine);
    if (have_all_come || !repeat->are_alike)
        let_go_on(engine, number);
    else if (engine->have_own_clocks)
        rest(peer, number);
}

/* ---- the verb ---- */

static void jump(struct peer *peer, struct sim_turn *turn)
{
    struct repeat *repeat = &peer->engine->repeat;
    const int times = repeats_from(peer->engine, turn->number);

    if (times <= 0)
        return;
    turn->skipped = times;
    turn->number += times;
    repeat->skipped = times;
    if (peer->engine->have_own_clocks) /* it was moved with all the others */
        return;
    assert(peer->open_activities == 0);
    skip(peer, times);
    peer_catch_up(peer);
}

bool sim_next_turn(struct sim_peer *me, struct sim_turn *turn)
{
    struct peer *peer = (struct peer *)me;
    const struct repeat *repeat = &peer->engine->repeat;

    turn->skipped = 0;
    turn->number = turn->has_begun ? turn->number + 1 : 0;
    turn->has_begun = true;
    if (turn->number >= me->plan->iterations)
        return false;
    if (!repeat->is_possible || turn->is_unlike)
        return true;
    if (peer->turns == NULL)
        peer->turns = sim_new(peer->engine->arena, struct turns, 1);
    else
        look(peer, turn->number, sim_now(me));
    if (repeat->jumps_at == turn->number && turn->number > 0)
        jump(peer, turn);
    else if (repeat->jumps_at == 0 || turn->number < repeat->jumps_at)
        remember(peer);
    peer->turns->begun_at = sim_now(me);
    peer->turns->tells = peer->tells;
    return true;
}
