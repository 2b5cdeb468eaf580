/* concurrent.c -- clients at work at once, and how stale what they send is. */
#include "algorithms/federated/shared/concurrent.h"

/* server->own */
struct count {
    int64_t ended; /* staleness of all turns that have ended */
    int largest;   /* of those that arrived */
};

bool concurrent_prepare(struct sim_plan *plan, const struct fed_method *method,
                        struct sim_error *err)
{
    const struct concurrent *own = plan->parameters;

    if (own->concurrency > own->common.clients)
        return sim_fail(err,
                        "algorithm.concurrency: of %d clients no more than %d can be at work at "
                        "once, not %d.",
                        own->common.clients, own->common.clients, own->concurrency);
    if (own->common.over_selection != 1)
        return sim_fail(err, "algorithm.over_selection: an asynchronous server chooses whenever a "
                             "client has ended; say how many are at work with concurrency.");
    return fed_prepare(plan, method, err);
}

void concurrent_open(struct fed_server *server)
{
    server->own = sim_new(server->me->plan->arena, struct count, 1);
}

static bool is_full(const struct fed_server *server)
{
    return server->arrived >= fed_goal(server->options);
}

int concurrent_wanted(const struct fed_server *server)
{
    const struct concurrent *own = server->me->parameters;

    return is_full(server) ? 0 : own->concurrency - server->flight_count;
}

bool concurrent_accepts(const struct fed_server *server, const struct fed_turn *turn)
{
    const struct concurrent *own = server->me->parameters;

    return server->round - turn->round <= own->max_staleness;
}

void concurrent_hear(struct fed_server *server, const struct fed_turn *turn)
{
    struct count *count = server->own;
    const int staleness = server->round - turn->round;

    count->ended += staleness;
    if (turn->action != FED_ARRIVED)
        return;
    server->is_busy[turn->client] = true; /* its update is in the buffer */
    if (staleness > count->largest)
        count->largest = staleness;
}

/* Asked when all that are wanted and free have begun. */
bool concurrent_is_complete(const struct fed_server *server)
{
    return is_full(server) || (server->arrived > 0 && server->flight_count == 0);
}

static void empty_buffer(struct fed_server *server)
{
    for (int i = 0; i < server->ended_count; i++)
        server->is_busy[server->ended[i]->client] = false;
    for (int i = 0; i < server->flight_count; i++)
        server->is_busy[server->flights[i]->client] = true;
}

/* What is under way has met the version that was just made. */
void concurrent_tell(struct fed_server *server)
{
    const struct count *count = server->own;
    const struct fed_tally *tally = server->tally;
    int64_t all = count->ended;

    empty_buffer(server);
    for (int i = 0; i < server->flight_count; i++)
        all += server->round + 1 - server->flights[i]->round;
    if (tally->turns > 0)
        sim_note(server->me, "mean_staleness", (double)tally->staleness / (double)tally->turns);
    sim_note(server->me, "largest_staleness", count->largest);
    sim_note(server->me, "staleness_of_all", (double)all);
}

/* ---- a law ---- */

double concurrent_staleness(const struct sim_plan *plan)
{
    const struct concurrent *own = plan->parameters;

    return (double)plan->iterations * (own->concurrency - 1);
}

double concurrent_staleness_of_all(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "staleness_of_all");
}

/* Free are all but those at work and those in the buffer. */
bool concurrent_is_full(const struct sim_plan *plan)
{
    const struct concurrent *own = plan->parameters;
    const struct federated *common = &own->common;

    return plan->is_undisturbed && common->round_deadline == 0 && common->target_accuracy == 0 &&
           common->clients >= own->concurrency + common->clients_per_round - 1;
}
