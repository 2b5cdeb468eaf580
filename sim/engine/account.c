/* account.c -- where the time of a peer goes: totals by phase, and events for a full trace. */
#include "sim/engine/engine.h"

struct sim_peer_record *peer_record(const struct peer *peer)
{
    return &peer->engine->record->peers[peer->open.number];
}

void account_spend(struct peer *peer, enum sim_doing doing, double seconds)
{
    struct sim_peer_record *record = peer_record(peer);
    double **phase = &record->phase_seconds[peer->phase];

    if (*phase == NULL)
        *phase = sim_new(peer->engine->arena, double, SIM_DOINGS);
    record->seconds[doing] += seconds;
    (*phase)[doing] += seconds;
}

static void trace(struct peer *peer, struct sim_event event)
{
    if (!peer->engine->keeps_events)
        return;
    event.peer = peer->open.number;
    event.phase = (short)peer->phase;
    sim_record_event(peer->engine->record, peer->engine->arena, &event);
}

static void trace_activity(struct peer *peer, enum sim_doing doing, double begin, double end,
                           const struct sim_activity *activity)
{
    const struct channel *channel = activity->channel;
    struct sim_event event;

    if (!peer->engine->keeps_events)
        return;
    event = (struct sim_event){.begin = begin,
                               .end = end,
                               .doing = (short)doing,
                               .step = activity->step,
                               .other = SIM_NOBODY};
    if (channel != NULL) {
        const struct peer *other = activity->kind == SENDING ? channel->to : channel->from;

        event.other = other->open.number;
        event.bytes =
            doing == SIM_WAITING || activity->status != SIM_OK ? 0 : activity->message.bytes;
    } else {
        event.flop = doing == SIM_WAITING ? 0 : activity->flop;
    }
    trace(peer, event);
}

static const enum sim_doing doing_of[] = {
    [SENDING] = SIM_SENDING, [RECEIVING] = SIM_RECEIVING, [COMPUTING] = SIM_COMPUTING};

/* The time from `begin` to now went by waiting for the activity: first for its other end to come,
 * then for the transfer itself. */
void account_activity(struct peer *peer, struct sim_activity *activity, double begin, double now)
{
    const bool moved = activity->is_matched || activity->kind == COMPUTING;
    double moving_from = moved ? activity->started_at : now;

    if (activity->is_accounted)
        return;
    activity->is_accounted = true;
    if (now == begin && !peer->engine->keeps_events)
        return;
    if (moving_from < begin)
        moving_from = begin;
    if (moving_from > begin) {
        account_spend(peer, SIM_WAITING, moving_from - begin);
        trace_activity(peer, SIM_WAITING, begin, moving_from, activity);
    }
    account_spend(peer, doing_of[activity->kind], now - moving_from);
    trace_activity(peer, doing_of[activity->kind], moving_from, now, activity);
}

void account_in_vain(struct peer *peer, double begin)
{
    const double now = sim_now(&peer->open);

    account_spend(peer, SIM_WAITING, now - begin);
    trace(peer, (struct sim_event){.begin = begin,
                                   .end = now,
                                   .doing = SIM_WAITING,
                                   .step = SIM_NO_STEP,
                                   .other = SIM_NOBODY});
}

/* What moved while the peer did something else is no time of its own, and no part of what it does now. */
void account_beside(struct peer *peer, const struct sim_activity *activity, double now)
{
    const int phase = peer->phase;
    const double end =
        fmin(now, activity->ends_at); /* what is learnt later may have ended before */

    peer->phase = activity->phase;
    trace_activity(peer, doing_of[activity->kind],
                   activity->is_matched || activity->kind == COMPUTING ? activity->started_at : end,
                   end, activity);
    peer->phase = phase;
}

void account_added(struct peer *peer, double flop)
{
    peer_record(peer)->flop += flop;
    peer->engine->record->totals.flop += flop;
}

void account_computed(struct peer *peer, double flop, double begin, double now)
{
    account_added(peer, flop);
    account_computing(peer, flop, begin, now);
}

void account_computing(struct peer *peer, double flop, double begin, double now)
{
    account_spend(peer, SIM_COMPUTING, now - begin);
    trace(peer, (struct sim_event){.begin = begin,
                                   .end = now,
                                   .flop = flop,
                                   .doing = SIM_COMPUTING,
                                   .step = peer->step,
                                   .other = SIM_NOBODY});
}

void account_idle(struct peer *peer, double begin)
{
    const double end = sim_now(&peer->open);

    account_spend(peer, SIM_IDLING, end - begin);
    trace(peer, (struct sim_event){.begin = begin,
                                   .end = end,
                                   .doing = SIM_IDLING,
                                   .step = peer->step,
                                   .other = SIM_NOBODY});
}
