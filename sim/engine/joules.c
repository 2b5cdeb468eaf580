/* joules.c -- what hosts draw.
 *
 * SimGrid's plugin counts what SimGrid computes; what peers compute alone on their hosts we time ourselves, and it sees these
 * hosts idle.  Where that is all, we can do without it: its counters go on from run to run, ours begin at nought. */
#include "sim/engine/engine.h"

#include <simgrid/engine.h>
#include <simgrid/plugins/energy.h>

/* Seconds of the computation that is not in dozed_seconds yet. */
static double dozing_seconds(const struct peer *peer)
{
    const double now = sim_now(&peer->open);

    return isnan(peer->dozes_since)
               ? 0
               : (peer->dozes_until < now ? peer->dozes_until : now) - peer->dozes_since;
}

void peer_has_dozed(struct peer *peer)
{
    peer->dozed_seconds += dozing_seconds(peer);
    peer->dozes_since = NAN;
}

/* Seconds in which SimGrid computed for the only peer of a host. */
static double executed_seconds(const struct peer *peer)
{
    return peer->executed_seconds +
           (isnan(peer->executes_since) ? 0 : sim_now(&peer->open) - peer->executes_since);
}

void peer_has_executed(struct peer *peer)
{
    peer->executed_seconds = executed_seconds(peer);
    peer->executes_since = NAN;
}

void joules_let_simgrid_count(struct engine *engine)
{
    engine->simgrid_counts = true;
    if (engine->world->draws_power && engine->world->runs > 1)
        engine_stop(engine, SIM_RUN_ELSEWHERE);
}

/* SimGrid's plugin has seen a host idle while its peer dozed. */
static double joules_by_plugin(const struct peer *peer, const struct world_host *host)
{
    const double seconds = peer->dozed_seconds + dozing_seconds(peer);

    return sg_host_get_consumed_energy(host->host) +
           (seconds > 0
                ? seconds * (world_busy_watts(host) - sg_host_get_idle_consumption(host->host))
                : 0);
}

/* As long as each host has had one computation at a time we can do without the plugin, which counts on from run to run. */
static double joules_by_us(const struct peer *peer, const struct world_host *host)
{
    const double idle_watts = sg_host_get_idle_consumption(host->host),
                 busy_seconds = peer->dozed_seconds + dozing_seconds(peer) + executed_seconds(peer);

    return idle_watts * simgrid_get_clock() + busy_seconds * (world_busy_watts(host) - idle_watts);
}

static bool asks_plugin(const struct engine *engine)
{
    return engine->simgrid_counts || !engine->plan->is_undisturbed;
}

static const struct world_host *host_of(const struct peer *peer)
{
    return &peer->engine->world->hosts[peer->host_place];
}

double peer_host_joules(const struct peer *peer)
{
    const struct world_host *host = host_of(peer);

    if (!host->draws_power)
        return NAN;
    return asks_plugin(peer->engine) ? joules_by_plugin(peer, host) : joules_by_us(peer, host);
}

static bool are_believable(const struct peer *peer, struct sim_error *err)
{
    const struct engine *engine = peer->engine;
    const struct world_host *host = host_of(peer);
    double ours, plugins;

    if (!host->draws_power || asks_plugin(engine) || engine->world->runs > 1)
        return true;
    ours = joules_by_us(peer, host);
    plugins = joules_by_plugin(peer, host);
    return fabs(ours - plugins) <= 1e-9 * plugins ||
           sim_fail(err,
                    "Host %s drew %.17g J as we count them, and %.17g J as SimGrid does: this is a "
                    "defect of the simulation.",
                    host->name, ours, plugins);
}

bool joules_are_believable(const struct engine *engine, struct sim_error *err)
{
    bool fine = true;

    for (int i = 0; i < engine->record->peer_count; i++)
        fine &= are_believable(&engine->peers[i], err);
    return fine;
}

/* Energy of the hosts that take part, if each of them says what it draws. */
void engine_take_joules(const struct engine *engine)
{
    bool *counted = sim_new(engine->arena, bool, (size_t)engine->world->host_count);
    double sum = 0;

    for (int i = 0; i < engine->record->peer_count; i++) {
        const int place = engine->peers[i].host_place;
        const double joules = peer_host_joules(&engine->peers[i]);

        engine->record->peers[i].joules = joules;
        if (!counted[place])
            sum += joules; /* NAN stays */
        counted[place] = true;
    }
    engine->record->joules = sum;
}
