/* peer.c -- the verbs of sim/peer.h. */
#include "sim/peer.h"

#include "sim/base/random.h"
#include "sim/engine/background.h"
#include "sim/engine/engine.h"
#include "sim/platform/device.h"

#include <assert.h>
#include <math.h>
#include <simgrid/engine.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct peer *of(struct sim_peer *me)
{
    return (struct peer *)me; /* struct peer opens with its struct sim_peer */
}

/* ---- doing ---- */

static double host_speed(const struct peer *peer)
{
    return peer->engine->world->hosts[peer->host_place].flop_per_second;
}

double peer_compute_ahead(struct peer *peer, double flop)
{
    const double seconds = flop / host_speed(peer);

    peer->dozed_seconds += seconds;
    return seconds;
}

static void compute_alone(struct peer *peer, double flop)
{
    const double begin = sim_now(&peer->open);

    peer->dozes_since = begin;
    peer->dozes_until = begin + flop / host_speed(peer);
    peer_doze(peer, peer->dozes_until);
    peer_has_dozed(peer);
}

/* By SimGrid. */
static void execute(struct peer *peer, double flop)
{
    if (!peer->is_only_one_there || peer->engine->has_computing_helpers) {
        joules_let_simgrid_count(peer->engine);
        sg_actor_execute(flop * peer->slowdown);
        return;
    }
    peer->executes_since = sim_now(&peer->open);
    sg_actor_execute(flop);
    peer_has_executed(peer);
}

void sim_compute(struct sim_peer *me, double flop)
{
    struct peer *peer = of(me);
    const bool is_lonely = peer->has_host_alone && !peer->engine->has_computing_helpers;
    const double begin = sim_now(me);

    assert(flop >= 0);
    if (flop == 0)
        return;
    background_must_rest(peer);
    if (is_lonely && peer->engine->have_own_clocks) {
        peer->clock = begin + peer_compute_ahead(peer, flop);
    } else {
        peer_catch_up(peer);
        if (is_lonely)
            compute_alone(peer, flop);
        else
            execute(peer, flop);
    }
    account_computed(peer, flop, begin, sim_now(me));
}

double sim_flop_for(const struct sim_peer *me, double seconds)
{
    return seconds * ((const struct peer *)me)->engine->fastest_flop_per_second;
}

void sim_compute_for(struct sim_peer *me, double seconds)
{
    sim_compute(me, sim_flop_for(me, seconds));
}

void sim_sleep(struct sim_peer *me, double seconds)
{
    struct peer *peer = of(me);
    const double begin = sim_now(me);

    assert(seconds >= 0);
    if (peer->engine->have_own_clocks)
        peer->clock = begin + seconds;
    else
        sg_actor_sleep_for(seconds);
    account_idle(peer, begin);
}

/* ---- telling ---- */

double sim_now(const struct sim_peer *me)
{
    const double now = simgrid_get_clock(), own = ((const struct peer *)me)->clock;

    return own > now ? own : now;
}

void sim_let_time_pass(struct sim_peer *me)
{
    peer_catch_up(of(me));
}

/* Peers that are ahead have been counted for what is to come. */
static void need_one_clock(const struct sim_peer *me, const char *what)
{
    struct engine *engine = ((const struct peer *)me)->engine;

    engine->peers[me->number].tells++;
    if (engine->have_own_clocks || engine->ahead_until > engine_soon(sim_now(me)))
        engine_again(engine, SIM_ALONE, "%s asks %s", engine->record->peers[me->number].name, what);
}

struct sim_random *sim_random(struct sim_peer *me)
{
    struct peer *peer = of(me);

    peer->tells++;
    if (peer->random == NULL)
        peer->random = sim_random_open(me->plan->seed, (uint64_t)me->number);
    return peer->random;
}

double sim_jitter(struct sim_peer *me, double sigma)
{
    return sigma == 0 ? 1 : sim_random_lognormal(sim_random(me), sigma);
}

static int phase_number(struct sim_record *record, const char *phase)
{
    for (int p = 0; p < record->phase_count; p++)
        if (strcmp(record->phases[p], phase) == 0)
            return p;
    assert(record->phase_count < SIM_MOST_PHASES);
    record->phases[record->phase_count] = phase;
    return record->phase_count++;
}

void sim_phase(struct sim_peer *me, const char *phase)
{
    struct peer *peer = of(me);

    if (peer->phase_name == phase)
        return;
    peer->phase_name = phase;
    peer->phase = phase_number(peer->engine->record, phase);
}

int peer_phase_number(const struct peer *peer, const char *phase)
{
    return peer->phase_name == phase ? peer->phase : phase_number(peer->engine->record, phase);
}

void sim_note(struct sim_peer *me, const char *name, double value)
{
    struct engine *engine = of(me)->engine;

    of(me)->tells++;
    sim_record_note(engine->record, engine->arena,
                    &(struct sim_note_event){sim_now(me), value, me->number, name});
}

void sim_note_list(struct sim_peer *me, const char *name, const double *values, int count)
{
    struct engine *engine = of(me)->engine;

    of(me)->tells++;
    sim_record_list(engine->record, engine->arena, name, values, count);
}

void sim_row(struct sim_peer *me, const char *table, const double *values)
{
    struct engine *engine = of(me)->engine;

    of(me)->tells++;
    sim_record_row(engine->record, engine->arena, table, sim_now(me), me->number, values);
}

void sim_say(struct sim_peer *me, const char *format, ...)
{
    struct engine *engine = of(me)->engine;
    char text[512];
    va_list arguments;

    of(me)->tells++;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    engine->record->remarks = sim_record_remarks(engine->arena, engine->record->remarks, text);
}

void sim_output(struct sim_peer *me, const char *name, const void *bytes, size_t size)
{
    struct engine *engine = of(me)->engine;

    of(me)->tells++;
    sim_record_output(engine->record, engine->arena, name, bytes, size);
}

int64_t sim_bytes_until_now(const struct sim_peer *me)
{
    need_one_clock(me, "what has crossed the network until now");
    return ((const struct peer *)me)->engine->record->totals.bytes;
}

double sim_joules(const struct sim_peer *me, int peer)
{
    need_one_clock(me, "what a host has drawn until now");
    return peer_host_joules(&((const struct peer *)me)->engine->peers[peer]);
}

double sim_radio_joules(const struct sim_peer *me, int peer, double seconds, int64_t sent_bytes,
                        int64_t received_bytes)
{
    return sim_radio_joules_of(me->plan, peer, seconds, sent_bytes, received_bytes);
}

void engine_stop(struct engine *engine, int exit_code)
{
    if (!engine->is_over)
        engine->exit_code = exit_code;
    engine->is_over = true;
    sg_actor_kill_all();
    sg_actor_exit();
}

void engine_tell_why(struct engine *engine, const char *why)
{
    if (engine->why_full == NULL)
        engine->why_full = why;
}

void engine_again(struct engine *engine, enum sim_timing timing, const char *why, ...)
{
    char reason[512];
    va_list arguments;

    va_start(arguments, why);
    vsnprintf(reason, sizeof reason, why, arguments);
    va_end(arguments);
    if (!engine->is_over) {
        engine->again_with = timing;
        sim_fail(engine->gave_up, "%s", reason);
    }
    engine_stop(engine, SIM_RUN_AGAIN);
}

void sim_give_up(struct sim_peer *me, const char *format, ...)
{
    struct engine *engine = of(me)->engine;
    char reason[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    if (!engine->is_over)
        sim_fail(engine->gave_up, "%s gave up at %.9g s: %s.", peer_record(of(me))->name,
                 sim_now(me), reason);
    engine_stop(engine, 1);
}

/* ---- messages ---- */

static struct channel *channel_to(struct peer *peer, int to, int lane)
{
    const struct channel *last = peer->last_to;

    if (last == NULL || last->to->open.number != to || last->lane != lane)
        peer->last_to = channel_between(peer->engine, peer->open.number, to, lane);
    return peer->last_to;
}

static struct channel *channel_from(struct peer *peer, int from, int lane)
{
    const struct channel *last = peer->last_from;

    if (last == NULL || last->from->open.number != from || last->lane != lane)
        peer->last_from = channel_between(peer->engine, from, peer->open.number, lane);
    return peer->last_from;
}

/* To talk to the dead fails at once. */
static bool fails_at_once(struct sim_activity *activity, const struct peer *other)
{
    if (!other->is_dead)
        return false;
    activity->is_done = true;
    activity->status = SIM_FAILED;
    return true;
}

struct sim_activity *peer_start_send(struct peer *peer, int to, int lane,
                                     struct sim_message message)
{
    struct channel *channel = channel_to(peer, to, lane);
    struct sim_activity *send = activity_new(peer, SENDING);
    const bool is_simgrids = !channel->is_local && !peer->engine->is_ours;

    assert(message.bytes >= 0);
    send->message = message;
    send->channel = channel;
    send->ready_at = sim_now(&peer->open);
    if (fails_at_once(send, channel->to))
        return send;
    if (is_simgrids && lane > 0)
        send->unstarted = s4u_send_later(channel_mailbox(channel), send,
                                         (long)(message.bytes * SIM_LIE_ABOUT_SECONDS));
    channel_post(channel, send);
    if (is_simgrids && lane == 0) /* SimGrid wants a payload; ours travels with our own match */
        send->comm = sg_mailbox_put_async(channel_mailbox(channel), send,
                                          (long)(message.bytes * SIM_LIE_ABOUT_SECONDS));
    if (peer->engine->terminal >= 0 && (peer->engine->record->totals.messages & 1023) == 0)
        progress_show(peer->engine);
    return send;
}

static struct sim_activity *start_receive(struct peer *peer, int from, int lane,
                                          bool waits_for_dead)
{
    struct channel *channel = channel_from(peer, from, lane);
    struct sim_activity *receive = activity_new(peer, RECEIVING);
    const bool is_simgrids = !channel->is_local && !peer->engine->is_ours;

    receive->channel = channel;
    receive->ready_at = sim_now(&peer->open);
    if (!waits_for_dead && fails_at_once(receive, channel->from))
        return receive;
    if (is_simgrids && lane > 0)
        receive->unstarted = s4u_receive_later(channel_mailbox(channel), &receive->sink);
    channel_post(channel, receive);
    if (is_simgrids && lane == 0)
        receive->comm = sg_mailbox_get_async(channel_mailbox(channel), &receive->sink);
    return receive;
}

struct sim_activity *sim_start_send(struct sim_peer *me, int to, struct sim_message message)
{
    return peer_start_send(of(me), to, 0, message);
}

struct sim_activity *sim_start_receive(struct sim_peer *me, int from)
{
    return peer_start_receive(of(me), from, 0);
}

struct sim_activity *peer_start_receive(struct peer *peer, int from, int lane)
{
    return start_receive(peer, from, lane, false);
}

/* It fails at once: the other end has finished. */
static struct sim_activity *in_vain(struct peer *peer, enum activity_kind kind,
                                    struct channel *channel)
{
    struct sim_activity *activity = activity_new(peer, kind);

    activity->channel = channel;
    activity->is_done = true;
    activity->status = SIM_FAILED;
    return activity;
}

struct sim_activity *sim_start_hearing(struct sim_peer *me, int from)
{
    struct channel *channel = channel_from(of(me), from, 0);
    struct sim_activity *receive;

    need_one_clock(me, "whether another one has something to say");
    if (channel->from->is_finished && channel->sends == NULL)
        return in_vain(of(me), RECEIVING, channel);
    receive = start_receive(of(me), from, 0, sim_will_return(me, from));
    receive->hears = true;
    return receive;
}

struct sim_activity *sim_start_telling(struct sim_peer *me, int to, struct sim_message message)
{
    struct channel *channel = channel_to(of(me), to, 0);
    struct sim_activity *send;

    need_one_clock(me, "whether another one still listens");
    if (channel->to->is_finished && channel->receives == NULL)
        return in_vain(of(me), SENDING, channel);
    send = peer_start_send(of(me), to, 0, message);
    send->hears = true;
    return send;
}

void sim_poke(struct sim_peer *me, int peer)
{
    struct peer *other = &of(me)->engine->peers[peer];

    need_one_clock(me, "another one to look up");
    if (!other->waits_for_bell)
        return;
    other->is_poked = true;
    peer_ring(other);
}

struct sim_activity *sim_start_listening(struct sim_peer *me, int from)
{
    return start_receive(of(me), from, 0, true);
}

bool sim_is_dead(const struct sim_peer *me, int peer)
{
    return ((const struct peer *)me)->engine->peers[peer].is_dead;
}

bool sim_will_return(const struct sim_peer *me, int peer)
{
    const struct peer *other = &((const struct peer *)me)->engine->peers[peer];

    return other->is_dead && other->will_return;
}

bool sim_has_finished(const struct sim_peer *me, int peer)
{
    need_one_clock(me, "whether another one has finished");
    return ((const struct peer *)me)->engine->peers[peer].is_finished;
}

static void compute_beside(int argc, char *argv[])
{
    struct sim_activity *activity = sg_actor_self_get_data();
    struct peer *peer = activity->owner;

    (void)argc;
    (void)argv;
    joules_let_simgrid_count(peer->engine);
    sg_actor_execute(activity->flop * peer->slowdown);
    peer_record(peer)->flop += activity->flop;
    peer->engine->record->totals.flop += activity->flop;
    activity_done(activity, SIM_OK);
}

struct sim_activity *sim_start_compute(struct sim_peer *me, double flop)
{
    struct peer *peer = of(me);
    struct sim_activity *activity = activity_new(peer, COMPUTING);

    assert(flop >= 0);
    background_must_rest(peer);
    peer_catch_up(peer);
    activity->flop = flop;
    activity->started_at = sim_now(me);
    peer->engine->has_computing_helpers = true;
    helper_start(activity, "computation", compute_beside);
    return activity;
}

struct sim_activity *sim_start_sole_compute(struct sim_peer *me, double flop)
{
    struct peer *peer = of(me);
    struct sim_activity *activity;

    if (!peer->has_host_alone || peer->engine->has_computing_helpers)
        return sim_start_compute(me, flop);
    assert(flop >= 0 && isnan(peer->dozes_since));
    background_must_rest(peer);
    activity = activity_new(peer, COMPUTING);
    activity->flop = flop;
    activity->started_at = sim_now(me);
    activity->ends_at = activity->started_at + flop / host_speed(peer);
    peer->dozes_since = activity->started_at;
    peer->dozes_until = activity->ends_at;
    return activity;
}

int sim_wait_any(struct sim_peer *me, struct sim_activity *const *activities, int count,
                 double seconds)
{
    const double begin = sim_now(me);
    const int done = activity_wait_any(of(me), activities, count, seconds);

    if (done >= 0)
        account_activity(of(me), activities[done], begin, sim_now(me));
    else
        account_in_vain(of(me), begin);
    return done;
}

enum sim_status sim_wait_for(struct sim_peer *me, struct sim_activity *activity, double seconds,
                             struct sim_message *message)
{
    if (sim_wait_any(me, &activity, 1, seconds) < 0)
        return SIM_TIMED_OUT;
    return activity_consume(activity, message);
}

enum sim_status sim_wait(struct sim_peer *me, struct sim_activity *activity,
                         struct sim_message *message)
{
    const double begin = sim_now(me);

    activity_wait(of(me), activity);
    account_activity(of(me), activity, begin, sim_now(me));
    return activity_consume(activity, message);
}

void sim_cancel(struct sim_peer *me, struct sim_activity *activity)
{
    assert(activity->owner == of(me));
    (void)me;
    activity_cancel(activity);
}

enum sim_status sim_send(struct sim_peer *me, int to, struct sim_message message)
{
    return sim_wait(me, sim_start_send(me, to, message), NULL);
}

enum sim_status sim_receive(struct sim_peer *me, int from, struct sim_message *message)
{
    return sim_wait(me, sim_start_receive(me, from), message);
}

enum sim_status sim_exchange(struct sim_peer *me, int to, struct sim_message sent, int from,
                             struct sim_message *received)
{
    struct sim_activity *send = sim_start_send(me, to, sent);
    struct sim_activity *receive = sim_start_receive(me, from);
    const enum sim_status got = sim_wait(me, receive, received);
    const enum sim_status gave = sim_wait(me, send, NULL);

    return got != SIM_OK ? got : gave;
}

/* ---- the life of a peer ---- */

void peer_play(struct peer *peer)
{
    peer->role->act(&peer->open);
    peer_catch_up(peer);
    peer->is_finished = true;
    peer_record(peer)->finished_at = sim_now(&peer->open);
    peer_ends(peer);
    assert(peer->open_activities == 0 && "a role left something that it had started");
}
