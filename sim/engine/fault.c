/* fault.c -- what the scenario breaks, and when; and what happens when a peer dies.
 *
 * A host of factor 0 dies with its peers; a link of factor 0 fails what crosses it; a peer of factor 0 dies
 * alone.  When such a fault ends, roles that can come back begin anew.  Other factors multiply a host's speed, a link's bandwidth,
 * or the pace of the computations that a peer starts while the fault lasts. */
#include "sim/engine/engine.h"

#include <fnmatch.h>
#include <math.h>
#include <simgrid/engine.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fault on the things it names, armed for its next change. */
struct armed {
    struct engine *engine;
    const struct sim_fault *fault;
    int *targets; /* places of hosts, links or peers */
    int target_count;
    bool is_on;
    int round;
};

/* ---- a peer dies ---- */

static void fail(struct sim_activity *queued)
{
    channel_withdraw(queued);
    if (queued->comm != NULL)
        s4u_cancel(queued->comm); /* or it would meet what comes when the dead is back */
    activity_done(queued, SIM_FAILED);
}

static void fail_queue(struct sim_activity *queue)
{
    while (queue != NULL) {
        struct sim_activity *next = queue->next;

        fail(queue);
        queue = next;
    }
}

static void fail_held(struct channel *trunk)
{
    while (trunk->held != NULL) {
        struct sim_activity *send = trunk->held, *receive = send->partner;

        channel_unhold(send);
        activity_done(send, SIM_FAILED);
        activity_done(receive, SIM_FAILED);
    }
}

/* Those who wait for the dead to begin a transfer learn it; SimGrid tells those whose transfer runs. */
static void bury(void *dead)
{
    struct peer *peer = dead;

    for (struct channel *c = peer->channels_from; c != NULL; c = c->next_of_from) {
        fail_held(c);
        fail_queue(c->receives);
    }
    for (struct channel *c = peer->channels_to; c != NULL; c = c->next_of_to) {
        fail_held(c);
        fail_queue(c->sends);
    }
}

/* The dead's own activities are never consumed; leave no queue that holds them. */
static void clear_desk(struct peer *peer)
{
    for (struct channel *c = peer->channels_from; c != NULL; c = c->next_of_from)
        while (c->sends != NULL)
            channel_withdraw(c->sends);
    for (struct channel *c = peer->channels_to; c != NULL; c = c->next_of_to)
        while (c->receives != NULL)
            channel_withdraw(c->receives);
}

static void mark_dead(struct peer *peer)
{
    if (peer->is_dead)
        return;
    peer->is_dead = true;
    peer_record(peer)->is_dead = true;
    peer_record(peer)->finished_at = simgrid_get_clock();
    peer->waits_for_bell = false;
    clear_desk(peer);
    s4u_at(simgrid_get_clock(), bury, peer);
}

static void fail_hearing(struct sim_activity *queue)
{
    while (queue != NULL) {
        struct sim_activity *next = queue->next;

        if (queue->hears)
            fail(queue);
        queue = next;
    }
}

/* Those who hear whether a peer has something to say, or tell it something, learn that its role is over. */
static void say_farewell(void *finished)
{
    const struct peer *peer = finished;

    for (struct channel *c = peer->channels_from; c != NULL; c = c->next_of_from)
        fail_hearing(c->receives);
    for (struct channel *c = peer->channels_to; c != NULL; c = c->next_of_to)
        fail_hearing(c->sends);
}

static bool is_heard(const struct peer *peer)
{
    for (const struct channel *c = peer->channels_from; c != NULL; c = c->next_of_from)
        if (c->receives != NULL && c->receives->hears)
            return true;
    for (const struct channel *c = peer->channels_to; c != NULL; c = c->next_of_to)
        if (c->sends != NULL && c->sends->hears)
            return true;
    return false;
}

void peer_ends(struct peer *peer)
{
    if (is_heard(peer))
        s4u_at(simgrid_get_clock(), say_farewell, peer);
}

/* The last peer has left: what its helpers still do is of no interest, nor what hosts draw while alarms that nobody
 * needs any more, or profiles, keep the clock going. */
static void clear_away(void *context)
{
    const struct engine *engine = context;

    if (!engine->is_over)
        engine_take_joules(engine);
    if (engine->has_helpers)
        sg_actor_kill_all();
    if (engine->keeps_actors)
        s4u_end_run();
}

void peer_left(int failed, struct peer *peer)
{
    struct engine *engine = peer->engine;
    const bool was_killed = failed && !peer->is_finished && !engine->is_over;

    if (was_killed && !sg_host_is_on(peer->host) && !peer->is_dead) {
        /* by a profile; what a fault kills is marked already.  Whether the profile has it come back is not known */
        peer->will_return = peer->role->comes_back;
        peer->fell_by_profile = true;
        mark_dead(peer);
    }
    if (++engine->left == engine->record->peer_count && (!engine->is_over || engine->keeps_actors))
        s4u_at(simgrid_get_clock(), clear_away, engine);
}

static bool anyone_lives(const struct engine *engine)
{
    for (int p = 0; p < engine->record->peer_count; p++)
        if (!engine->peers[p].is_finished && !engine->peers[p].is_dead)
            return true;
    return false;
}

enum { MOST_RETURNS = 10000 }; /* of all peers: their stacks are not freed before the end */

/* The dead one begins anew, if its role knows how to and anybody is left; its time with the dead was idle. */
static void revive(struct peer *peer)
{
    if (!peer->is_dead || !peer->role->comes_back || !anyone_lives(peer->engine))
        return;
    if (peer->engine->returns++ == MOST_RETURNS) {
        sim_fail(peer->engine->gave_up,
                 "Peers died and came back %d times, and the run has not come to an end at %.9g s.",
                 MOST_RETURNS, simgrid_get_clock());
        peer->engine->is_over = true;
        peer->engine->exit_code = 1;
        sg_actor_kill_all();
        return;
    }

    peer->is_dead = false;
    peer->open.life++;
    peer->engine->left--;
    peer->open_activities = 0;
    peer->newest = NULL;
    peer->blocked_on = NULL;
    peer->waits_for_bell = false;
    peer->step = SIM_NO_STEP;
    peer_begin(peer);
}

/* Peers of hosts that a profile has turned on again. */
static void revive_all(void *context)
{
    struct engine *engine = context;

    for (int p = 0; p < engine->record->peer_count && !engine->is_over; p++)
        if (engine->peers[p].fell_by_profile && sg_host_is_on(engine->peers[p].host)) {
            engine->peers[p].fell_by_profile = false;
            revive(&engine->peers[p]);
        }
}

/* In the midst of SimGrid's own bookkeeping, so they come back a moment later. */
static void host_turned(sg_host_t host, void *context)
{
    const struct engine *engine = context;

    if (sg_host_is_on(host) && !engine->is_over)
        s4u_at(simgrid_get_clock(), revive_all, context);
}

/* ---- switching a fault on and off ---- */

static bool will_return(const struct sim_fault *fault, const struct peer *peer)
{
    return fault->for_seconds >= 0 && peer->role->comes_back;
}

static void kill_peer(const struct sim_fault *fault, struct peer *peer)
{
    if (peer->is_finished || peer->is_dead)
        return;
    peer->will_return = will_return(fault, peer);
    mark_dead(peer);
    sg_actor_kill(peer->actor);
}

static void set_host(struct armed *armed, int host, bool on)
{
    struct world_host *target = &armed->engine->world->hosts[host];

    if (armed->fault->factor > 0)
        return; /* its speed profile does it */
    for (int p = 0; on && p < armed->engine->record->peer_count; p++)
        if (armed->engine->peers[p].host_place == host && !armed->engine->peers[p].is_finished) {
            armed->engine->peers[p].will_return =
                will_return(armed->fault, &armed->engine->peers[p]);
            mark_dead(&armed->engine->peers[p]);
        }
    if (on)
        sg_host_turn_off(target->host);
    else
        sg_host_turn_on(target->host);
    for (int p = 0; !on && p < armed->engine->record->peer_count; p++)
        if (armed->engine->peers[p].host_place == host)
            revive(&armed->engine->peers[p]);
}

static void set_link(struct armed *armed, int link, bool on)
{
    sg_link_t target = armed->engine->world->links[link].link;
    const double factor = armed->fault->factor;

    if (factor == 0)
        s4u_link_turn(target, !on);
    else
        sg_link_set_bandwidth(target, sg_link_get_bandwidth(target) * (on ? factor : 1 / factor));
}

static void set_peer(struct armed *armed, int number, bool on)
{
    struct peer *peer = &armed->engine->peers[number];

    if (armed->fault->factor == 0 && on)
        kill_peer(armed->fault, peer);
    else if (armed->fault->factor == 0)
        revive(peer);
    else if (armed->fault->factor > 0)
        peer->slowdown *= on ? 1 / armed->fault->factor : armed->fault->factor;
}

static void set(struct armed *armed, bool on)
{
    static void (*const setters[])(struct armed *, int, bool) = {
        [SIM_FAULT_HOST] = set_host, [SIM_FAULT_LINK] = set_link, [SIM_FAULT_PEER] = set_peer};

    for (int i = 0; i < armed->target_count; i++)
        setters[armed->fault->kind](armed, armed->targets[i], on);
    armed->is_on = on;
}

/* Is anything left that can still happen without this fault?  Else it would recur for ever. */
static bool life_goes_on(const struct engine *engine)
{
    for (int p = 0; p < engine->record->peer_count; p++) {
        const struct peer *peer = &engine->peers[p];

        if (peer->is_finished || peer->is_dead)
            continue;
        if (peer->blocked_on == NULL)
            return true;
        for (int i = 0; i < peer->blocked_count; i++)
            if (peer->blocked_on[i] != NULL && activity_is_moving(peer->blocked_on[i]))
                return true;
    }
    return false;
}

/* SimGrid 3.32 aborts when an actor is killed at the very instant at which its wait for a semaphore is over. */
static bool kills_who_wakes_now(const struct armed *armed)
{
    const struct engine *engine = armed->engine;
    const double now = simgrid_get_clock();
    const int kind = armed->fault->kind;

    if (engine->is_ours || armed->is_on || armed->fault->factor != 0 || kind == SIM_FAULT_LINK)
        return false;
    for (int p = 0; p < engine->record->peer_count; p++) {
        const struct peer *peer = &engine->peers[p];

        for (int i = 0; i < armed->target_count; i++)
            if (armed->targets[i] == (kind == SIM_FAULT_PEER ? p : peer->host_place) &&
                !peer->is_finished && !peer->is_dead && peer->waits_for_bell &&
                fabs(peer->wakes_at - now) <= 1e-9 * fmax(1, now))
                return true;
    }
    return false;
}

static void change(void *context)
{
    struct armed *armed = context;
    const struct sim_fault *fault = armed->fault;

    if (armed->engine->is_over)
        return;
    if (kills_who_wakes_now(armed)) {
        s4u_at(simgrid_get_clock() + 1e-9 * fmax(1, simgrid_get_clock()), change, armed);
        return;
    }
    set(armed, !armed->is_on);
    if (armed->is_on) {
        if (fault->for_seconds >= 0)
            s4u_at(simgrid_get_clock() + fault->for_seconds, change, armed);
    } else if (fault->every_seconds > 0 && life_goes_on(armed->engine)) {
        armed->round++;
        s4u_at(fault->at_seconds + armed->round * fault->every_seconds, change, armed);
    }
}

/* ---- arming ---- */

static bool names_link(const char *pattern, const char *link)
{
    const size_t length = strlen(link);
    const size_t suffix = length > 3 && strcmp(link + length - 3, "_UP") == 0     ? 3
                          : length > 5 && strcmp(link + length - 5, "_DOWN") == 0 ? 5
                                                                                  : 0;
    char base[256];

    snprintf(base, sizeof base, "%.*s", (int)(length - suffix), link);
    return fnmatch(pattern, link, 0) == 0 || (suffix > 0 && fnmatch(pattern, base, 0) == 0);
}

static const char *target_name(const struct engine *engine, enum sim_fault_kind kind, int i)
{
    switch (kind) {
    case SIM_FAULT_HOST: return engine->world->hosts[i].name;
    case SIM_FAULT_LINK: return engine->world->links[i].name;
    default: return engine->record->peers[i].name;
    }
}

static const char *const kind_names[] = {"host", "link", "peer"};

/* A repaired host is of use to others even if its peers stay dead; a repaired peer is not. */
static bool may_be_repaired(const struct armed *armed, int number, struct sim_error *err)
{
    const struct engine *engine = armed->engine;
    const struct sim_fault *fault = armed->fault;

    if (fault->kind != SIM_FAULT_PEER || fault->factor > 0 || fault->for_seconds < 0 ||
        engine->peers[number].role->comes_back)
        return true;
    return sim_fail(err, "%s: faults: %s of %s cannot begin anew after its death; leave out 'for'.",
                    engine->scenario->path, engine->record->peers[number].name,
                    engine->plan->algorithm->name);
}

static bool find_targets(struct armed *armed, struct sim_error *err)
{
    const struct engine *engine = armed->engine;
    const enum sim_fault_kind kind = armed->fault->kind;
    const int counts[] = {engine->world->host_count, engine->world->link_count,
                          engine->record->peer_count};

    bool fine = true;

    armed->targets = sim_new(engine->arena, int, (size_t)counts[kind]);
    for (int i = 0; i < counts[kind]; i++) {
        const char *name = target_name(engine, kind, i);

        if (kind == SIM_FAULT_LINK ? names_link(armed->fault->name, name)
                                   : fnmatch(armed->fault->name, name, 0) == 0)
            armed->targets[armed->target_count++] = i;
    }
    for (int i = 0; i < armed->target_count; i++)
        fine &= may_be_repaired(armed, armed->targets[i], err);
    if (armed->target_count > 0)
        return fine;
    return sim_fail(err, "%s: faults: there is no %s '%s' in this run (%s is the first).",
                    engine->scenario->path, kind_names[kind], armed->fault->name,
                    counts[kind] > 0 ? target_name(engine, kind, 0) : "none");
}

/* Speeds change through one profile a host, so only one lasting or repeated slow-down fits. */
static bool slow_host(struct armed *armed, int host, bool *is_slowed, struct sim_error *err)
{
    const struct sim_fault *fault = armed->fault;
    const struct world_host *target = &armed->engine->world->hosts[host];
    char lines[160];

    if (is_slowed[host])
        return sim_fail(err, "%s: faults: host %s is slowed by two faults; one is possible.",
                        armed->engine->scenario->path, target->name);
    is_slowed[host] = true;
    if (fault->for_seconds < 0)
        snprintf(lines, sizeof lines, "%.17g %.17g\n", fault->at_seconds, fault->factor);
    else
        snprintf(lines, sizeof lines, "%.17g %.17g\n%.17g 1\n", fault->at_seconds, fault->factor,
                 fault->at_seconds + fault->for_seconds);
    s4u_host_set_speed_profile(target->host, lines,
                               fault->every_seconds > 0 ? fault->every_seconds : 0);
    return true;
}

bool faults_arm(struct engine *engine, struct sim_error *err)
{
    bool *is_slowed = sim_new(engine->arena, bool, (size_t)engine->world->host_count);
    bool fine = true;

    if (engine->plan->somebody_may_die)
        s4u_when_host_turns(host_turned, engine);
    for (int f = 0; f < engine->scenario->fault_count; f++) {
        struct armed *armed = sim_new(engine->arena, struct armed, 1);
        const struct sim_fault *fault = &engine->scenario->faults[f];

        *armed = (struct armed){.engine = engine, .fault = fault};
        if (!find_targets(armed, err)) {
            fine = false;
            continue;
        }
        if (fault->kind == SIM_FAULT_HOST && fault->factor > 0)
            for (int i = 0; i < armed->target_count; i++)
                fine &= slow_host(armed, armed->targets[i], is_slowed, err);
        else if (fault->at_seconds == 0)
            change(armed); /* before any peer acts */
        else
            s4u_at(fault->at_seconds, change, armed);
    }
    return fine;
}
