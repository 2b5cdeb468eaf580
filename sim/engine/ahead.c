#include "sim/engine/ahead.h"

#include "sim/engine/background.h"
#include "sim/engine/collective.h"

#include <assert.h>

/* ---- one step ---- */

static void post(struct runner *runner, struct sim_activity *activity, enum activity_kind kind,
                 struct channel *channel, struct sim_message message)
{
    *activity = (struct sim_activity){.kind = kind,
                                      .owner = runner->peer,
                                      .message = message,
                                      .ready_at = runner->clock,
                                      .ends_at = INFINITY,
                                      .step = runner->s,
                                      .phase = runner->phase,
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
    runner->phase = peer_phase_number(peer, step->phase);
    if (runner->background == NULL) {
        peer->step = runner->s;
        sim_phase(&peer->open, step->phase);
    }
    if (step->to != SIM_NOBODY)
        post(runner, &runner->send, SENDING,
             channel_between(peer->engine, me, group->peers[step->to], runner->lane),
             collective_message(peer->engine, runner->buffer, step));
    if (step->from != SIM_NOBODY)
        post(runner, &runner->receive, RECEIVING,
             channel_between(peer->engine, group->peers[step->from], me, runner->lane),
             (struct sim_message){0});
    runner->s++;
    return true;
}

static bool ends_are_known(const struct runner *runner)
{
    return (runner->step.to == SIM_NOBODY || isfinite(runner->send.ends_at)) &&
           (runner->step.from == SIM_NOBODY || isfinite(runner->receive.ends_at));
}

/* As a peer that waits for it. */
static void wait_for(struct runner *runner, struct sim_activity *activity)
{
    const double begin = runner->clock;

    if (activity->ends_at > begin)
        runner->clock = activity->ends_at;
    if (runner->background == NULL)
        account_activity(runner->peer, activity, begin, runner->clock);
}

static void add_up(struct runner *runner)
{
    struct peer *peer = runner->peer;
    const double flop = collective_flop(runner->buffer, &runner->step), begin = runner->clock;

    collective_combine(peer->engine, runner->buffer, &runner->step,
                       runner->receive.message.payload);
    if (flop == 0)
        return;
    runner->clock += peer_compute_ahead(peer, flop);
    if (runner->background != NULL)
        background_added_up(runner->background, flop, begin);
    else
        account_computed(peer, flop, begin, runner->clock);
}

static void end_step(struct runner *runner)
{
    if (runner->step.from != SIM_NOBODY)
        wait_for(runner, &runner->receive);
    if (runner->step.to != SIM_NOBODY)
        wait_for(runner, &runner->send);
    if (runner->background != NULL)
        background_step_ended(runner->background);
    if (runner->step.from != SIM_NOBODY)
        add_up(runner);
    if (runner->background == NULL)
        runner->peer->clock = runner->clock;
}

/* ---- all steps ---- */

void ahead_is_met(struct runner *runner)
{
    struct engine *engine = runner->peer->engine;

    if (runner->is_ready || !ends_are_known(runner))
        return;
    runner->is_ready = true;
    runner->next = NULL;
    if (engine->first_ready == NULL)
        engine->last_ready = &engine->first_ready;
    *engine->last_ready = runner;
    engine->last_ready = &runner->next;
}

void ahead_wake(struct peer *peer)
{
    struct engine *engine = peer->engine;

    peer->next_to_wake = NULL;
    if (engine->first_to_wake == NULL)
        engine->last_to_wake = &engine->first_to_wake;
    *engine->last_to_wake = peer;
    engine->last_to_wake = &peer->next_to_wake;
}

void ahead_is_over(struct runner *runner)
{
    struct peer *peer = runner->peer;
    struct engine *engine = peer->engine;

    runner->is_over = true;
    peer->clock = runner->clock;
    peer->step = SIM_NO_STEP;
    engine->ahead_until = fmax(engine->ahead_until, peer->clock);
    if (peer->waits_ahead)
        ahead_wake(peer);
}

/* From the first step of a table to the last that can be known; a stream has several. */
void ahead_begin(struct runner *runner)
{
    bool has_step = begin_step(runner);

    while (!has_step && runner->background != NULL && background_table_ended(runner->background))
        has_step = begin_step(runner);
    if (has_step)
        ahead_is_met(runner); /* or later */
    else if (runner->background == NULL)
        ahead_is_over(runner);
}

static void go_on(struct runner *runner)
{
    runner->is_ready = false;
    end_step(runner);
    ahead_begin(runner);
}

/* To wake a peer yields to others, who may come here, too: so whatever is taken from a list is in none. */
void ahead_follow(struct engine *engine)
{
    while (engine->first_ready != NULL) {
        struct runner *runner = engine->first_ready;

        engine->first_ready = runner->next;
        go_on(runner);
    }
    while (engine->first_to_wake != NULL) {
        struct peer *peer = engine->first_to_wake;

        engine->first_to_wake = peer->next_to_wake;
        peer_go_on(peer);
    }
}

/* ---- what collectives see ---- */

/* Why nobody may add up ahead of the clock; NULL: they may. */
static const char *why_not_add(const struct engine *engine)
{
    if (engine->some_share_hosts)
        return "peers that share a host would add up there at the same time";
    return engine->has_computing_helpers ? "peers compute beside what they add up" : NULL;
}

/* All peers must find the same, or some would wait for steps of others that are followed in another way. */
bool ahead_may(const struct peer *peer, bool adds, const char **why)
{
    struct engine *engine = peer->engine;

    *why = NULL;
    if (!engine->may_be_ahead) /* the run as a whole has its reason */
        return false;
    *why = adds ? why_not_add(engine) : NULL;
    if (*why != NULL && engine->has_been_ahead)
        engine_again(engine, SIM_ALONE, "%s", *why);
    return *why == NULL;
}

const struct sim_activity *ahead_waits_for(const struct runner *runner)
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

    if (buffer->flop_per_byte > 0)
        background_must_rest(peer);
    if (runner == NULL)
        runner = peer->runner = sim_new(engine->arena, struct runner, 1);
    *runner = (struct runner){.peer = peer,
                              .group = group,
                              .steps = steps,
                              .buffer = buffer,
                              .clock = sim_now(&peer->open),
                              .rank = collective_place(group, peer->open.number)};
    peer->clock = runner->clock;
    peer->is_ahead = engine->has_been_ahead = true;
    if (!rounds_join(runner))
        ahead_begin(runner);
    ahead_follow(engine);
    if (!runner->is_over)
        peer_rest_ahead(peer, ahead_waits_for(runner));
    peer->is_ahead = false;
    if (!engine->have_own_clocks)
        peer_catch_up(peer);
}
