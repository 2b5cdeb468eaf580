/* channel.c -- who talks to whom.  We match messages ourselves, first to first as SimGrid's mailboxes do,
 * to know when a transfer starts, who waits for whom, and what each link carries. */
#include "sim/engine/ahead.h"

#include <assert.h>
#include <math.h>

enum { PHASES_AT_ONCE = 4 };

static size_t bucket_of(const struct engine *engine, int from, int to, int lane)
{
    const uint64_t pair = (uint64_t)(uint32_t)from << 32 | (uint32_t)to;
    const uint64_t key = (pair + (uint64_t)lane * 0xc2b2ae3d27d4eb4fu) * 0x9e3779b97f4a7c15u;

    return (size_t)(key >> 32) & engine->bucket_mask;
}

static void find_way(struct channel *channel)
{
    struct engine *engine = channel->from->engine;
    const int from = channel->from->open.number, to = channel->to->open.number;

    channel->route = world_route(engine->world, channel->from->host_place, channel->to->host_place);
    if (channel->route == NULL) {
        if (!engine->is_over) /* the first who finds out says so */
            sim_fail(engine->gave_up,
                     "%s: there is no route from host %s to host %s, which %s and %s need.",
                     engine->world->platform, sg_host_get_name(channel->from->host),
                     sg_host_get_name(channel->to->host), engine->record->peers[from].name,
                     engine->record->peers[to].name);
        engine_stop(engine, 2);
    }
}

/* Looked up on first use: the look-up yields to other actors, who must find the channel complete. */
sg_mailbox_t channel_mailbox(struct channel *channel)
{
    if (channel->mailbox == NULL)
        channel->mailbox = sg_mailbox_by_name(sim_text(channel->from->engine->arena, "%d>%d/%d",
                                                       channel->from->open.number,
                                                       channel->to->open.number, channel->lane));
    return channel->mailbox;
}

static struct channel *channel_new(struct engine *engine, int from, int to, int lane)
{
    struct channel *channel = sim_new(engine->arena, struct channel, 1);

    channel->lane = lane;
    channel->from = &engine->peers[from];
    channel->to = &engine->peers[to];
    channel->last_send = &channel->sends;
    channel->last_receive = &channel->receives;
    channel->next_of_from = channel->from->channels_from;
    channel->from->channels_from = channel;
    channel->next_of_to = channel->to->channels_to;
    channel->to->channels_to = channel;
    channel->is_local = channel->from->host_place == channel->to->host_place;
    if (!channel->is_local)
        find_way(channel);
    return channel;
}

struct channel *channel_between(struct engine *engine, int from, int to, int lane)
{
    struct channel **bucket = &engine->buckets[bucket_of(engine, from, to, lane)];
    struct channel *channel = *bucket;

    assert(from >= 0 && from < engine->record->peer_count && to >= 0 &&
           to < engine->record->peer_count);
    while (channel != NULL && (channel->from->open.number != from ||
                               channel->to->open.number != to || channel->lane != lane))
        channel = channel->next;
    if (channel == NULL) {
        struct channel *trunk = lane > 0 ? channel_between(engine, from, to, 0) : NULL;

        bucket = &engine->buckets[bucket_of(engine, from, to, lane)];
        channel = channel_new(engine, from, to, lane);
        channel->trunk = trunk;
        channel->next = *bucket;
        *bucket = channel;
    }
    return channel;
}

/* ---- matching ---- */

static void queue(struct sim_activity ***last, struct sim_activity *activity)
{
    activity->next = NULL;
    activity->link = *last;
    **last = activity;
    *last = &activity->next;
}

void channel_withdraw(struct sim_activity *activity)
{
    struct channel *channel = activity->channel;
    struct sim_activity ***last =
        activity->kind == SENDING ? &channel->last_send : &channel->last_receive;

    *activity->link = activity->next;
    if (activity->next != NULL)
        activity->next->link = activity->link;
    else
        *last = activity->link;
}

/* Two transfers meet on a link: no time can be told of one without the other. */
static void tell_who_meet(const struct channel *channel, int link, double at)
{
    struct engine *engine = channel->from->engine;

    if (engine->loads[link].is_wifi) /* taken always */
        engine_again(engine, SIM_SIMGRIDS, "stations of Wi-Fi %s take turns",
                     engine->world->links[link].name);
    engine_again(
        engine, SIM_FLUID, "at %.9g s a message from %s to %s meets another one on link %s", at,
        engine->record->peers[channel->from->open.number].name,
        engine->record->peers[channel->to->open.number].name, engine->world->links[link].name);
}

/* The transfer is alone on its links, so nothing is there to solve: it takes a + S/B.  As soon as two
 * share a link the run is given up, and started again with a model of what they share. */
static void move_alone(const struct channel *channel, struct sim_activity *send,
                       struct sim_activity *receive)
{
    struct engine *engine = channel->from->engine;
    const struct route *route = channel->route;
    struct channel *trunk = channel->trunk;
    int taken;

    if (trunk != NULL && trunk->free_at > send->started_at)
        send->started_at = receive->started_at = trunk->free_at;
    send->ends_at = receive->ends_at = send->started_at + route->latency_seconds +
                                       engine_bytes_seconds(route, send->message.bytes);
    taken = links_take(channel, engine, send->started_at, send->ends_at);
    if (taken != ALL_TAKEN)
        tell_who_meet(channel, taken, send->started_at);
    if (trunk != NULL)
        trunk->free_at = send->ends_at;
}

/* Most channels know few phases, and with all-to-all there are many channels. */
static void make_room(struct channel *channel, int phase)
{
    struct channel_account *carried = &channel->carried;
    const int room = (phase / PHASES_AT_ONCE + 1) * PHASES_AT_ONCE;
    int64_t *bytes;

    if (phase < carried->phases)
        return;
    bytes = sim_new(channel->from->engine->arena, int64_t, (size_t)room);
    for (int p = 0; p < carried->phases; p++)
        bytes[p] = carried->phase_bytes[p];
    carried->phase_bytes = bytes;
    carried->phases = room;
}

int64_t channel_phase_bytes(const struct channel_account *account, int phase)
{
    return phase < account->phases ? account->phase_bytes[phase] : 0;
}

void channel_count(struct channel *channel, int64_t messages, int64_t bytes, int phase)
{
    struct sim_record *record = channel->from->engine->record;

    channel->carried.messages += messages;
    channel->carried.bytes += bytes;
    if (channel->is_local) {
        record->local_messages += messages;
        record->totals.local_bytes += bytes;
        return;
    }
    record->totals.messages += messages;
    record->totals.bytes += bytes;
    make_room(channel, phase);
    channel->carried.phase_bytes[phase] += bytes;
}

/* A message inside a host: it is there when both its ends are. */
static void hand_over(const struct engine *engine, struct sim_activity *send,
                      struct sim_activity *receive)
{
    if (engine->have_own_clocks || send->runner != NULL) {
        send->ends_at = receive->ends_at = send->started_at;
        return;
    }
    activity_done(send, SIM_OK);
    activity_done(receive, SIM_OK);
}

/* Count what begins to move, and time it. */
static void begin(struct channel *channel, struct sim_activity *send, struct sim_activity *receive)
{
    struct engine *engine = channel->from->engine;

    send->is_matched = receive->is_matched = true;
    send->phase_of_bytes = receive->phase_of_bytes = send->phase;
    send->started_at = receive->started_at =
        engine->is_alone ? fmax(send->ready_at, receive->ready_at) : sim_now(&channel->from->open);
    channel_count(channel, 1, engine_counted_bytes(send->message.bytes), send->phase);
    if (channel->is_local)
        hand_over(engine, send, receive);
    else if (engine->is_alone)
        move_alone(channel, send, receive);
    else {
        links_count(channel, engine);
        if (engine->is_ours)
            flow_begin(channel, send, receive);
    }
}

/* In lanes of streams: SimGrid, if it is to know, is told only now.  Until `comm` is set, who waits for it waits for
 * the bell. */
static void begin_in_lane(struct channel *channel, struct sim_activity *send,
                          struct sim_activity *receive)
{
    channel->trunk->running = send;
    send->is_held = receive->is_held = false;
    begin(channel, send, receive);
    if (send->unstarted == NULL)
        return;
    s4u_start_both(send->unstarted, receive->unstarted);
    send->comm = send->unstarted;
    receive->comm = receive->unstarted;
    send->unstarted = receive->unstarted = NULL;
    peer_ring(send->owner);
    peer_ring(receive->owner);
}

static void hold(struct channel *trunk, struct sim_activity *send, struct sim_activity *receive)
{
    send->is_held = receive->is_held = true;
    send->next = NULL;
    if (trunk->held == NULL)
        trunk->last_held = &trunk->held;
    *trunk->last_held = send;
    trunk->last_held = &send->next;
}

void channel_unhold(struct sim_activity *activity)
{
    struct sim_activity *send = activity->kind == SENDING ? activity : activity->partner;
    struct channel *trunk = activity->channel->trunk;
    struct sim_activity **place = &trunk->held;

    while (*place != send)
        place = &(*place)->next;
    *place = send->next;
    if (send->next == NULL)
        trunk->last_held = place;
    send->is_held = send->partner->is_held = false;
}

void channel_is_free(struct sim_activity *ended)
{
    struct channel *trunk = ended->channel->trunk;
    struct sim_activity *next;

    if (trunk == NULL || (trunk->running != ended && trunk->running != ended->partner))
        return;
    trunk->running = NULL;
    next = trunk->held;
    if (next == NULL)
        return;
    channel_unhold(next);
    begin_in_lane(next->channel, next, next->partner);
}

/* Both ends are there: the transfer starts now, if no other lane's is under way. */
static void match(struct channel *channel, struct sim_activity *send, struct sim_activity *receive)
{
    send->partner = receive;
    receive->partner = send;
    receive->message = send->message;
    if (channel->trunk == NULL || channel->is_local || channel->from->engine->is_alone)
        begin(channel, send, receive);
    else if (channel->trunk->running != NULL)
        hold(channel->trunk, send, receive);
    else
        begin_in_lane(channel, send, receive);
}

/* The other end was there before, and its owner, or the table of steps that it is of, may go on now. */
static void tell_other(const struct channel *channel, struct sim_activity *other)
{
    struct engine *engine = channel->from->engine;

    if (other->runner != NULL)
        ahead_is_met(other->runner);
    else if (other->owner->waits_ahead)
        peer_go_on(other->owner);
    else if (engine->is_ours && !other->is_done)
        peer_wake_at(other->owner, other->ends_at); /* it need not be woken to learn that */
    else
        peer_ring(other->owner);
}

void channel_post(struct channel *channel, struct sim_activity *activity)
{
    const bool sends = activity->kind == SENDING;
    struct sim_activity *other = sends ? channel->receives : channel->sends;

    activity->channel = channel;
    if (other == NULL) {
        queue(sends ? &channel->last_send : &channel->last_receive, activity);
        return;
    }
    if ((other->runner == NULL) != (activity->runner == NULL))
        engine_again(channel->from->engine, SIM_ALONE,
                     "%s follows a table of steps with %s, which does not",
                     peer_record(channel->from)->name, peer_record(channel->to)->name);
    channel_withdraw(other);
    match(channel, sends ? activity : other, sends ? other : activity);
    tell_other(channel, other);
}

/* ---- after the run ---- */

static void tell_links(const struct channel *channel, struct sim_record *record)
{
    record->peers[channel->from->open.number].bytes_sent += channel->carried.bytes;
    record->peers[channel->to->open.number].bytes_received += channel->carried.bytes;
    for (int i = 0; i < channel->route->count; i++) {
        struct sim_link_record *link = &record->links[channel->route->links[i]];

        link->bytes += channel->carried.bytes;
        link->messages += channel->carried.messages;
        for (int p = 0; p < record->phase_count; p++)
            link->phase_bytes[p] += channel_phase_bytes(&channel->carried, p);
    }
}

void channel_tell_links(struct engine *engine)
{
    links_close(engine);
    for (int l = 0; l < engine->record->link_count; l++) {
        engine->record->links[l].peak_transfers = engine->loads[l].peak;
        engine->record->links[l].phase_bytes =
            sim_new(engine->arena, int64_t, (size_t)engine->record->phase_count);
    }
    for (int p = 0; p < engine->record->peer_count; p++)
        for (struct channel *c = engine->peers[p].channels_from; c != NULL; c = c->next_of_from)
            if (!c->is_local)
                tell_links(c, engine->record);
}
