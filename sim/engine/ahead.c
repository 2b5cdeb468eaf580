#include "sim/engine/ahead.h"

#include "sim/engine/collective.h"

#include <assert.h>

/* ---- one step ---- */

static void post(struct runner *runner, struct sim_activity *activity, enum activity_kind kind,
                 struct channel *channel, struct sim_message message)
{
    const struct peer *peer = runner->peer;

    *activity = (struct sim_activity){.kind = kind,
                                      .owner = runner->peer,
                                      .message = message,
                                      .ready_at = peer->clock,
                                      .ends_at = INFINITY,
                                      .step = peer->step,
                                      .phase = peer->phase,
                                      .runner = runner};
    channel_post(channel, activity);
}

/* False after the last step. */
static bool begin_step(struct runner *runner)
{
    struct peer *peer = runner->peer;
    const struct sim_group *group = runner->group;
    const int me = peer->open.number;
    struct sim_step *step = &runner->step;

    *step = (struct sim_step){0};
    if (!runner->steps(group->size, runner->rank, runner->s, step))
        return false;
    peer->step = runner->s++;
    sim_phase(&peer->open, step->phase);
    if (step->to != SIM_NOBODY)
        post(runner, &runner->send, SENDING,
             channel_between(peer->engine, me, group->peers[step->to], 0),
             collective_message(peer->engine, runner->buffer, step));
    if (step->from != SIM_NOBODY)
        post(runner, &runner->receive, RECEIVING,
             channel_between(peer->engine, group->peers[step->from], me, 0),
             (struct sim_message){0});
    return true;
}

static bool ends_are_known(const struct runner *runner)
{
    return (runner->step.to == SIM_NOBODY || isfinite(runner->send.ends_at)) &&
           (runner->step.from == SIM_NOBODY || isfinite(runner->receive.ends_at));
}

/* As a peer that waits for it. */
static void wait_for(struct peer *peer, struct sim_activity *activity)
{
    const double begin = peer->clock;

    if (activity->ends_at > begin)
        peer->clock = activity->ends_at;
    account_activity(peer, activity, begin, peer->clock);
}

static void add_up(struct runner *runner)
{
    struct peer *peer = runner->peer;
    const double flop = collective_flop(runner->buffer, &runner->step), begin = peer->clock;

    collective_combine(peer->engine, runner->buffer, &runner->step,
                       runner->receive.message.payload);
    if (flop == 0)
        return;
    peer_compute_ahead(peer, flop);
    account_computed(peer, flop, begin, peer->clock);
}

static void end_step(struct runner *runner)
{
    if (runner->step.from != SIM_NOBODY)
        wait_for(runner->peer, &runner->receive);
    if (runner->step.to != SIM_NOBODY)
        wait_for(runner->peer, &runner->send);
    if (runner->step.from != SIM_NOBODY)
        add_up(runner);
}

/* ---- all steps ---- */

static void put_last(struct runner **first, struct runner ***last, struct runner *runner)
{
    if (*first == NULL)
        *last = first;
    runner->next = NULL;
    **last = runner;
    *last = &runner->next;
}

void ahead_is_met(struct runner *runner)
{
    struct engine *engine = runner->peer->engine;

    if (runner->is_ready || !ends_are_known(runner))
        return;
    runner->is_ready = true;
    put_last(&engine->first_ready, &engine->last_ready, runner);
}

void ahead_begin(struct runner *runner)
{
    if (begin_step(runner))
        ahead_is_met(runner); /* or later */
    else
        ahead_is_over(runner);
}

void ahead_is_over(struct runner *runner)
{
    struct peer *peer = runner->peer;
    struct engine *engine = peer->engine;

    runner->is_over = true;
    peer->step = SIM_NO_STEP;
    engine->ahead_until = fmax(engine->ahead_until, peer->clock);
    if (peer->waits_ahead)
        put_last(&engine->first_over, &engine->last_over, runner);
}

static void go_on(struct runner *runner)
{
    runner->is_ready = false;
    while (ends_are_known(runner)) {
        end_step(runner);
        if (!begin_step(runner)) {
            ahead_is_over(runner);
            return;
        }
    }
}

static struct runner *take_first(struct runner **first)
{
    struct runner *runner = *first;

    *first = runner->next;
    return runner;
}

/* To wake a peer yields to others, who may come here, too: so whatever is taken from a list is in none. */
static void follow(struct engine *engine)
{
    while (engine->first_ready != NULL)
        go_on(take_first(&engine->first_ready));
    while (engine->first_over != NULL)
        peer_go_on(take_first(&engine->first_over)->peer);
}

/* ---- what collectives see ---- */

bool ahead_may(const struct peer *peer, const struct sim_buffer *buffer, const char **why)
{
    if (!peer->engine->may_be_ahead)
        *why = NULL; /* the run as a whole has its reason */
    else if (buffer->flop_per_byte > 0 && !peer->has_host_alone)
        *why = "peers that share a host would add up there at the same time";
    else if (buffer->flop_per_byte > 0 && peer->engine->has_computing_helpers)
        *why = "peers compute beside what they add up";
    else
        return true;
    return false;
}

static const struct sim_activity *waits_for(const struct runner *runner)
{
    if (runner->s == 0) /* for the others to come */
        return NULL;
    return runner->step.from != SIM_NOBODY && isinf(runner->receive.ends_at) ? &runner->receive
                                                                             : &runner->send;
}

void ahead_collective(struct peer *peer, const struct sim_group *group, sim_steps *steps,
                      const struct sim_buffer *buffer)
{
    struct engine *engine = peer->engine;
    struct runner *runner = peer->runner;

    if (runner == NULL)
        runner = peer->runner = sim_new(engine->arena, struct runner, 1);
    *runner = (struct runner){.peer = peer,
                              .group = group,
                              .steps = steps,
                              .buffer = buffer,
                              .rank = collective_place(group, peer->open.number)};
    peer->clock = sim_now(&peer->open);
    peer->is_ahead = engine->has_been_ahead = true;
    if (!rounds_join(runner))
        ahead_begin(runner);
    follow(engine);
    if (!runner->is_over)
        peer_rest_ahead(peer, waits_for(runner));
    peer->is_ahead = false;
    if (!engine->have_own_clocks)
        peer_catch_up(peer);
}
