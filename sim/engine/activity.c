/* activity.c -- what is under way, and waiting for it.
 *
 * A transfer that is alone on its links ends at a time known in advance, and is waited for as such.  Of the
 * others SimGrid knows the end, but it can wait for communications only.  What else may end while a peer waits (a message inside its
 * host, a computation beside it, a partner's death) rings the peer's bell, a semaphore.  When a peer waits
 * for both kinds at once, a watcher, one short-lived actor for each communication, turns its end into a
 * ring.  Runs without such mixtures never see a bell. */
#include "sim/engine/engine.h"

#include <assert.h>
#include <math.h>
#include <simgrid/engine.h>

struct sim_activity *activity_new(struct peer *peer, enum activity_kind kind)
{
    struct engine *engine = peer->engine;
    struct sim_activity *activity = engine->spare_activities;

    if (activity != NULL)
        engine->spare_activities = activity->next;
    else
        activity = sim_new(engine->arena, struct sim_activity, 1);
    *activity = (struct sim_activity){
        .kind = kind, .owner = peer, .step = peer->step, .phase = peer->phase, .ends_at = INFINITY};
    peer->open_activities++;
    activity->next_of_owner = peer->newest;
    activity->link_of_owner = &peer->newest;
    if (peer->newest != NULL)
        peer->newest->link_of_owner = &activity->next_of_owner;
    peer->newest = activity;
    return activity;
}

void peer_ring(struct peer *peer)
{
    if (!peer->waits_for_bell)
        return;
    peer->waits_for_bell = false;
    if (peer->engine->is_ours)
        sg_actor_resume(peer->actor);
    else
        sg_sem_release(peer->bell);
}

/* ---- the end of an activity ---- */

/* A message that was counted when its transfer began has not arrived. */
static void take_back(const struct sim_activity *activity)
{
    struct channel *channel = activity->channel;
    struct sim_record *record = activity->owner->engine->record;
    const int64_t bytes = activity->message.bytes;

    channel->carried.bytes -= bytes;
    channel->carried.messages--;
    channel->carried.phase_bytes[activity->phase_of_bytes] -= bytes;
    record->totals.bytes -= bytes;
    record->totals.messages--;
}

/* Whichever side learns first that a transfer is over keeps the books for both. */
static void book(struct sim_activity *activity)
{
    const struct channel *channel = activity->channel;

    if (!activity->is_matched || activity->is_booked || channel->is_local)
        return;
    activity->is_booked = true;
    if (activity->partner != NULL)
        activity->partner->is_booked = true;
    if (!activity->owner->engine->is_alone)
        links_uncount(channel, activity->owner->engine);
    if (activity->status != SIM_OK)
        take_back(activity);
    channel_is_free(activity);
}

/* A computation of which it was known when it ends. */
static void sole_compute_ends(struct sim_activity *activity)
{
    struct peer *peer = activity->owner;

    peer_has_dozed(peer);
    peer_record(peer)->flop += activity->flop;
    peer->engine->record->totals.flop += activity->flop;
}

void activity_done(struct sim_activity *activity, enum sim_status status)
{
    if (activity->is_done)
        return;
    activity->is_done = true;
    activity->status = status;
    if (activity->kind == COMPUTING && isfinite(activity->ends_at))
        sole_compute_ends(activity);
    book(activity);
    peer_ring(activity->owner);
}

bool activity_has_ended(struct sim_activity *activity, double now)
{
    if (!activity->is_done && activity->ends_at <= engine_soon(now))
        activity_done(activity, SIM_OK);
    return activity->is_done;
}

static const struct peer *other_end(const struct sim_activity *activity)
{
    return activity->kind == SENDING ? activity->channel->to : activity->channel->from;
}

static enum sim_status status_of(const struct sim_activity *activity, enum s4u_outcome outcome)
{
    switch (outcome) {
    case S4U_DONE: return SIM_OK;
    case S4U_CANCELLED: return other_end(activity)->is_dead ? SIM_FAILED : SIM_CANCELLED;
    default: return activity->is_abandoned ? SIM_CANCELLED : SIM_FAILED;
    }
}

static void let_go(struct sim_activity *activity)
{
    struct engine *engine = activity->owner->engine;

    if (activity->partner != NULL)
        activity->partner->partner = NULL;
    activity->owner->open_activities--;
    *activity->link_of_owner = activity->next_of_owner;
    if (activity->next_of_owner != NULL)
        activity->next_of_owner->link_of_owner = activity->link_of_owner;
    if (activity->comm != NULL)
        s4u_release(activity->comm);
    if (activity->unstarted != NULL)
        s4u_release(activity->unstarted);
    if (activity->is_watched)
        return;
    activity->next = engine->spare_activities;
    engine->spare_activities = activity;
}

enum sim_status activity_consume(struct sim_activity *activity, struct sim_message *message)
{
    const enum sim_status status = activity->status;

    assert(activity->is_done);
    if (message != NULL)
        *message = activity->message;
    let_go(activity);
    return status;
}

/* Leave the links of a transfer that is alone on them; the bytes that it had still to move. */
static double leave_links(const struct sim_activity *activity)
{
    const double now = sim_now(&activity->owner->open);

    links_leave(activity->channel, activity->owner->engine, fmax(now, activity->started_at),
                activity->ends_at);
    return (activity->ends_at - now) * activity->channel->route->bytes_per_second;
}

/* Give up a transfer that we time. */
static void break_off(struct sim_activity *activity)
{
    struct engine *engine = activity->owner->engine;
    const double bytes = (double)activity->message.bytes;
    const double left = activity->flow != NULL ? flow_break_off(activity) : leave_links(activity);

    engine->record->bytes_cancelled += left < bytes ? (int64_t)(bytes - left) : 0;
    activity->status = SIM_CANCELLED;
    book(activity);
    if (activity->partner != NULL)
        activity_done(activity->partner, SIM_CANCELLED);
}

void activity_cancel(struct sim_activity *activity)
{
    struct sim_record *record = activity->owner->engine->record;

    if (activity->owner->engine->have_own_clocks &&
        !activity_has_ended(activity, sim_now(&activity->owner->open)))
        engine_again(activity->owner->engine, SIM_ALONE, "%s cancels what it had begun",
                     peer_record(activity->owner)->name);
    if (!activity_has_ended(activity, sim_now(&activity->owner->open)) &&
        (isfinite(activity->ends_at) || activity->flow != NULL)) {
        if (activity->kind == COMPUTING)
            peer_has_dozed(activity->owner); /* its flop do not count, its joules do */
        else
            break_off(activity);
    } else if (activity->is_held) {
        channel_unhold(activity);
        activity_done(activity->partner, SIM_CANCELLED);
    } else if (!activity->is_done && !activity->is_matched && activity->channel != NULL) {
        channel_withdraw(activity);
        if (activity->comm != NULL)
            s4u_cancel(activity->comm);
    } else if (!activity->is_done && activity->comm != NULL) {
        const double left = s4u_cancel(activity->comm);

        if (activity->partner != NULL)
            activity->partner->is_abandoned = true;
        record->bytes_cancelled += activity->message.bytes - (int64_t)left;
        activity->status = SIM_CANCELLED;
        book(activity);
    } else if (!activity->is_done && activity->kind == COMPUTING) {
        activity->is_watched = true;
        sg_actor_kill(activity->helper);
    }
    activity->is_done = true;
    let_go(activity);
}

bool activity_is_moving(const struct sim_activity *activity)
{
    return !activity->is_done && (activity->is_matched || activity->kind == COMPUTING);
}

/* ---- waiting ---- */

/* Is its end something that SimGrid does not see? */
static bool ends_with_bell(const struct sim_activity *activity)
{
    if (activity->comm == NULL)
        return true;
    return !activity->is_matched &&
           (activity->hears || activity->owner->engine->plan->somebody_may_die);
}

static void wait_for_comm(struct sim_activity *activity)
{
    const bool may_die = activity->owner->engine->plan->somebody_may_die;

    activity_done(activity, status_of(activity, s4u_wait(activity->comm, may_die)));
}

/* No daemons: SimGrid 3.32 crashes when all actors are killed while there is a daemon that has not run. */
void helper_start(struct sim_activity *activity, const char *name,
                  void (*act)(int argc, char *argv[]))
{
    sg_actor_t helper = sg_actor_init(name, activity->owner->host);

    activity->helper = helper;
    activity->owner->engine->has_helpers = true;
    sg_actor_set_data(helper, activity);
    sg_actor_start_(helper, act, 0, NULL);
}

static void watcher(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    wait_for_comm(sg_actor_self_get_data());
}

static void watch(struct sim_activity *activity)
{
    if (activity->is_watched)
        return;
    activity->is_watched = true;
    helper_start(activity, "watcher", watcher);
}

/* At most until the first of the activities ends of which it is known when. */
static double until_first_end(struct sim_activity *const *activities, int count, double now,
                              double seconds)
{
    double first = INFINITY;

    for (int i = 0; i < count; i++)
        if (activities[i] != NULL && activities[i]->ends_at < first)
            first = activities[i]->ends_at;
    if (isinf(first) || (seconds >= 0 && now + seconds <= first))
        return seconds;
    return first - now;
}

/* ---- alarms: many peers wake at one time, and then one timer serves them all ---- */

struct sleeper {
    struct sleeper *next;
    struct peer *peer;
};

struct alarm {
    struct engine *engine;
    double at;
    struct sleeper *first, **last;
    struct alarm *next_spare;
};

void peer_wake(struct peer *peer)
{
    peer->is_dozing = false;
    sg_actor_resume(peer->actor);
}

/* Ring all whose time it is; some may have been rung before, and wait for something else now. */
static void alarm_rings(void *context)
{
    struct alarm *alarm = context;
    struct engine *engine = alarm->engine;
    const double soon = engine_soon(simgrid_get_clock());

    if (engine->last_alarm == alarm)
        engine->last_alarm = NULL;
    for (struct sleeper *sleeper = alarm->first; sleeper != NULL; sleeper = sleeper->next)
        if (sleeper->peer->is_dozing && sleeper->peer->wakes_at <= soon)
            peer_wake(sleeper->peer);
        else if (sleeper->peer->waits_for_bell && sleeper->peer->wakes_at <= soon)
            peer_ring(sleeper->peer);
    *alarm->last = engine->spare_sleepers;
    engine->spare_sleepers = alarm->first;
    alarm->next_spare = engine->spare_alarms;
    engine->spare_alarms = alarm;
}

static struct alarm *alarm_at(struct engine *engine, double at)
{
    struct alarm *alarm = engine->last_alarm;

    if (alarm != NULL && alarm->at == at)
        return alarm;
    alarm = engine->spare_alarms;
    if (alarm != NULL)
        engine->spare_alarms = alarm->next_spare;
    else
        alarm = sim_new(engine->arena, struct alarm, 1);
    *alarm = (struct alarm){.engine = engine, .at = at};
    alarm->last = &alarm->first;
    engine->last_alarm = alarm;
    s4u_at(at, alarm_rings, alarm);
    return alarm;
}

static void set_alarm(struct peer *peer, double at)
{
    struct engine *engine = peer->engine;
    struct alarm *alarm = alarm_at(engine, at);
    struct sleeper *sleeper = engine->spare_sleepers;

    if (sleeper != NULL)
        engine->spare_sleepers = sleeper->next;
    else
        sleeper = sim_new(engine->arena, struct sleeper, 1);
    *sleeper = (struct sleeper){NULL, peer};
    *alarm->last = sleeper;
    alarm->last = &sleeper->next;
}

void peer_wake_at(struct peer *peer, double at)
{
    if (!peer->waits_for_bell || at >= peer->wakes_at)
        return;
    peer->wakes_at = at;
    set_alarm(peer, at);
}

/* To suspend an actor is the cheapest wait that SimGrid has; but it suspends the actor's communications
 * too, so it is for peers that have none. */
static void wait_suspended(struct peer *peer, double wakes_at)
{
    peer->waits_for_bell = true;
    peer->wakes_at = wakes_at;
    if (isfinite(wakes_at))
        set_alarm(peer, wakes_at);
    s4u_suspend();
}

void peer_doze(struct peer *peer, double until)
{
    if (until <= simgrid_get_clock())
        return;
    peer->is_dozing = true;
    peer->wakes_at = until;
    set_alarm(peer, until);
    s4u_suspend();
}

/* ---- peers that are ahead of SimGrid's clock ---- */

void peer_catch_up(struct peer *peer)
{
    if (peer->clock > engine_soon(simgrid_get_clock()))
        peer_doze(peer, peer->clock);
}

void peer_rest_ahead(struct peer *peer, const struct sim_activity *activity)
{
    peer->waits_for = activity;
    peer->waits_for_others = 0;
    peer->blocked_since = peer->clock;
    peer->waits_ahead = true;
    s4u_suspend();
}

void peer_go_on(struct peer *peer)
{
    peer->waits_ahead = false;
    if (peer->engine->have_own_clocks || peer->clock <= engine_soon(simgrid_get_clock())) {
        sg_actor_resume(peer->actor);
        return;
    }
    peer->is_dozing = true;
    peer->wakes_at = peer->clock;
    set_alarm(peer, peer->clock);
}

/* The end of a transfer is known as soon as both its ends are there. */
static void wait_ahead(struct peer *peer, struct sim_activity *activity)
{
    while (!activity->is_done && isinf(activity->ends_at))
        peer_rest_ahead(peer, activity);
    if (!activity->is_done && activity->ends_at > sim_now(&peer->open))
        peer->clock = activity->ends_at;
    activity_has_ended(activity, sim_now(&peer->open));
}

static void wait_for_bell(struct peer *peer, double now, double seconds)
{
    if (peer->engine->is_ours) {
        wait_suspended(peer, seconds < 0 ? INFINITY : now + seconds);
        return;
    }
    if (peer->bell == NULL)
        peer->bell = sg_sem_init(0);
    peer->waits_for_bell = true;
    peer->wakes_at = seconds < 0 ? INFINITY : now + seconds; /* for whoever would kill it then */
    if (seconds < 0)
        sg_sem_acquire(peer->bell);
    else if (sg_sem_acquire_timeout(peer->bell, seconds) != 0)
        peer->waits_for_bell = false;
}

/* All that is not done is for SimGrid to see. */
static void wait_for_comms(struct peer *peer, struct sim_activity *const *activities, int count,
                           double seconds)
{
    enum s4u_outcome outcome;
    int found = 0, left = 0;

    if (peer->comm_room < count) {
        peer->comm_room = count;
        peer->comms = sim_new(peer->engine->arena, sg_comm_t, (size_t)count);
    }
    for (int i = 0; i < count; i++)
        if (activities[i] != NULL)
            peer->comms[left++] = activities[i]->comm;
    outcome = s4u_wait_any(peer->comms, left, seconds, &found);
    for (int i = 0; i < count && found >= 0; i++)
        if (activities[i] != NULL && activities[i]->comm == peer->comms[found]) {
            activity_done(activities[i], status_of(activities[i], outcome));
            break;
        }
}

static void note_what_for(struct peer *peer, struct sim_activity *const *activities, int count)
{
    peer->waits_for = NULL;
    peer->waits_for_others = -1;
    for (int i = 0; i < count; i++)
        if (activities[i] != NULL) {
            peer->waits_for = peer->waits_for == NULL ? activities[i] : peer->waits_for;
            peer->waits_for_others++;
        }
}

static int first_done(struct sim_activity *const *activities, int count, double now)
{
    for (int i = 0; i < count; i++)
        if (activities[i] != NULL && activity_has_ended(activities[i], now))
            return i;
    return -1;
}

/* Block once, until something may have changed. */
static void block(struct peer *peer, struct sim_activity *const *activities, int count, double now,
                  double seconds)
{
    int bells = 0;

    note_what_for(peer, activities, count);
    if (peer->engine->is_ours) { /* so SimGrid sees none of them */
        wait_for_bell(peer, now, until_first_end(activities, count, now, seconds));
        return;
    }
    for (int i = 0; i < count; i++)
        bells += activities[i] != NULL && ends_with_bell(activities[i]);
    if (bells == 0) {
        if (count == 1 && seconds < 0)
            wait_for_comm(activities[0]);
        else
            wait_for_comms(peer, activities, count, seconds);
        return;
    }
    for (int i = 0; i < count; i++)
        if (activities[i] != NULL && !ends_with_bell(activities[i]))
            watch(activities[i]);
    wait_for_bell(peer, now, until_first_end(activities, count, now, seconds));
}

int activity_wait_any(struct peer *peer, struct sim_activity *const *activities, int count,
                      double seconds)
{
    double begin, now, deadline;
    int done, open = 0;

    for (int i = 0; i < count; i++)
        open += activities[i] != NULL;
    if (open == 0)
        return -1;
    peer_catch_up(peer);
    begin = now = sim_now(&peer->open);
    deadline = begin + seconds;
    peer->blocked_on = activities;
    peer->blocked_count = count;
    peer->blocked_since = begin;
    while ((done = first_done(activities, count, now)) < 0) {
        if ((seconds >= 0 && deadline <= now) || peer->is_poked)
            break;
        block(peer, activities, count, now, seconds < 0 ? -1 : deadline - now);
        now = sim_now(&peer->open);
    }
    peer->blocked_on = NULL;
    peer->is_poked = false;
    return done;
}

/* What roles do most, so it goes straight to SimGrid when it can. */
void activity_wait(struct peer *peer, struct sim_activity *activity)
{
    if (activity->is_done)
        return;
    if (peer->engine->have_own_clocks && activity->helper == NULL) {
        wait_ahead(peer, activity);
        return;
    }
    if (ends_with_bell(activity)) {
        activity_wait_any(peer, &activity, 1, -1);
        return;
    }
    peer->blocked_on = &activity;
    peer->blocked_count = 1;
    peer->blocked_since = sim_now(&peer->open);
    peer->waits_for = activity;
    peer->waits_for_others = 0;
    wait_for_comm(activity);
    peer->blocked_on = NULL;
}
