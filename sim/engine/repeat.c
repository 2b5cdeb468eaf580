/* repeat.c -- iterations that go as the one before.
 *
 * Where nothing of an iteration depends on chance or on what time it is, and every peer begins one just as much later
 * than the one before as all the others do, with nothing under way, the state of the world is the same but for the clock:
 * so all that follows is the same, too.  Two iterations and the last are then simulated; what lies between is counted.
 * (Not where SimGrid counts the joules of what is computed.) */
#include "sim/engine/engine.h"

#include <assert.h>
#include <math.h>

/* What a peer's account said when an iteration began. */
struct account {
    double seconds[SIM_DOINGS], dozed_seconds, flop;
    int phases;
    double (*phase_seconds)[SIM_DOINGS];
};

struct turns {
    int number; /* of the iteration that it is in */
    double begun_at;
    int64_t tells; /* what it has told, drawn or asked by then (struct peer) */
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

/* This peer has come to the iteration that is looked at. */
static void compare(struct repeat *repeat, const struct peer *peer, double now)
{
    const double seconds = now - peer->turns->begun_at;

    if (repeat->compared == 0) {
        repeat->seconds = seconds;
        repeat->all_begin_at = now;
        repeat->are_alike = true;
    }
    repeat->are_alike &= is_same(seconds, repeat->seconds, now) && seconds > 0 &&
                         peer->open_activities == 0 && peer->tells == peer->turns->tells &&
                         !(peer->engine->has_computing_helpers && peer->engine->world->draws_power);
    if (!peer->engine->is_alone) /* what they share then depends on when each begins */
        repeat->are_alike &= is_same(now, repeat->all_begin_at, now);
    repeat->compared++;
}

/* All have come; those who are further on than `compared_at` go as the others, one iteration later. */
static void decide(struct repeat *repeat)
{
    if (repeat->are_alike)
        repeat->jumps_at = repeat->furthest + 1;
    repeat->compared_at = repeat->furthest + 1;
    repeat->compared = 0;
}

static void look(struct peer *peer, int number, double now)
{
    struct repeat *repeat = &peer->engine->repeat;

    if (number > repeat->furthest)
        repeat->furthest = number;
    if (number == repeat->compared_at && repeat->jumps_at == 0)
        compare(repeat, peer, now);
    if (repeat->compared == peer->engine->record->peer_count)
        decide(repeat);
}

/* ---- the verb ---- */

static void jump(struct peer *peer, struct sim_turn *turn)
{
    struct repeat *repeat = &peer->engine->repeat;
    const int times = peer->open.plan->iterations - 1 - turn->number;

    if (times <= 0)
        return;
    assert(peer->open_activities == 0);
    count_again(peer, times);
    turn->skipped = times;
    turn->number += times;
    repeat->skipped = times;
    peer->clock = sim_now(&peer->open) + times * repeat->seconds;
    if (!peer->engine->have_own_clocks)
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
    if (!repeat->is_possible)
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
