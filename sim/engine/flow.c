/* flow.c -- transfers that share links, timed by our own fluid model (fluid.h): SimGrid has one timer to keep, for
 * whatever changes next. */
#include "sim/engine/engine.h"
#include "sim/engine/fluid.h"
#include "sim/engine/run.h"

#include <math.h>
#include <simgrid/engine.h>

void flows_open(struct engine *engine)
{
    const struct sim_world *world = engine->world;

    engine->fluid = fluid_open(engine->arena, world->link_count);
    engine->flows_turn_at = INFINITY;
    for (int l = 0; l < world->link_count; l++)
        if (!world->links[l].is_fatpipe && !world->links[l].is_wifi)
            fluid_share(engine->fluid, l, world->links[l].bytes_per_second);
}

static void flows_turn(void *context);

static void set_timer(struct engine *engine)
{
    const double next = fluid_next(engine->fluid);

    if (next == engine->flows_turn_at)
        return;
    if (engine->flows_timer != NULL) /* or the clock would go on after the last peer has left */
        s4u_forget(engine->flows_timer);
    engine->flows_timer = NULL;
    engine->flows_turn_at = next;
    if (isfinite(next))
        engine->flows_timer = s4u_at(fmax(next, simgrid_get_clock()), flows_turn, engine);
}

static void flows_turn(void *context)
{
    struct engine *engine = context;
    struct sim_activity *send;

    engine->flows_timer = NULL;
    engine->flows_turn_at = INFINITY;
    if (engine->is_over)
        return;
    fluid_advance(engine->fluid, simgrid_get_clock());
    while ((send = fluid_ended(engine->fluid)) != NULL) {
        struct sim_activity *receive = send->partner;

        send->flow = receive->flow = NULL;
        activity_done(send, SIM_OK);
        activity_done(receive, SIM_OK);
    }
    set_timer(engine);
}

void flow_begin(const struct channel *channel, struct sim_activity *send,
                struct sim_activity *receive)
{
    struct engine *engine = channel->from->engine;
    const struct route *route = channel->route;

    for (int i = 0; i < route->count; i++)
        if (engine->loads[route->links[i]].is_wifi) /* whose stations take turns */
            engine_again(engine, SIM_SIMGRIDS, "stations of Wi-Fi %s take turns",
                         engine->world->links[route->links[i]].name);
    send->flow = receive->flow =
        fluid_start(engine->fluid,
                    &(struct fluid_way){route->latency_seconds, route->bytes_per_second,
                                        route->links, route->count},
                    (double)send->message.bytes * SIM_LIE_ABOUT_SECONDS, send->started_at, send);
    set_timer(engine);
}

double flow_break_off(struct sim_activity *activity)
{
    struct engine *engine = activity->owner->engine;
    const double left = fluid_break_off(engine->fluid, activity->flow, simgrid_get_clock());

    activity->flow = activity->partner->flow = NULL;
    set_timer(engine);
    return left;
}
