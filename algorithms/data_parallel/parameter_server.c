/* parameter_server -- N workers push gradients of G bytes to S servers, which add them, and pull the sum.
 *
 * The keys are cut by size over the servers, so each worker sends a shard of G/S bytes to every server;
 * a server adds what arrives, as it arrives, and answers all workers when it has heard them all.
 * Receives are posted before the pushes start, so pushes share the server's network card: all the
 * traffic of a flat server goes through that one card, (N-1)G each way, which is why it does not scale.
 *
 * Paper: Li et al., Scaling distributed machine learning with the parameter server, OSDI 2014
 * (Algorithm 1; section 3.3 for key ranges).
 *
 * placement: colocated puts server s on the host of worker s: the push of that worker to that server
 * stays inside the host, and 2(N-1)G bytes cross the network; dedicated gives the servers hosts of their
 * own: 2NG bytes.  On one switch an iteration takes C + 2(a + M ceil(G/S)/B) + (N-1) f ceil(G/S)/P
 * seconds, M = N-1 colocated or N dedicated, P = speed: N-1 additions, since the first push needs none.
 *
 * N counts the workers; the servers are none of them, even where they share a host.
 * Not modelled: replication of key ranges, asynchronous and bounded-delay consistency, pull requests
 * (the answer is the pull), cost of the update itself.
 * A slow worker holds all others up.  A worker that dies is dropped, and the others go on without it
 * (degraded); a server that dies ends the run (exit code 1), since its key range is lost. */
#include "sim/peer.h"

struct parameter_server {
    int workers, servers;
    int64_t gradient_bytes;
    int placement;
    double flop_per_byte;
    double compute_seconds;
    double compute_jitter;
};

enum { COLOCATED, DEDICATED };

static const char *const placements[] = {
    [COLOCATED] = "colocated", [DEDICATED] = "dedicated", NULL};

static const struct sim_parameter parameters[] = {
    {SIM_COUNT(struct parameter_server, workers), .value = "8", .least = 1, .most = 1 << 20,
     .help = "N, the number of workers, each on a host of its own"},
    {SIM_COUNT(struct parameter_server, servers), .value = "1", .least = 1, .most = 1 << 16,
     .help = "S, the number of servers that share the keys"},
    {SIM_BYTES(struct parameter_server, gradient_bytes), .value = "100MB", .least = 0, .most = 1e15,
     .help = "G, the size of the gradient that every worker pushes"},
    {SIM_CHOICE(struct parameter_server, placement), .value = "colocated", .choices = placements,
     .help = "servers on the hosts of the first workers, or on hosts of their own"},
    {SIM_FLOP_PER_BYTE(struct parameter_server, flop_per_byte), .value = "0.25", .least = 0,
     .most = 1e6, .help = "cost of adding a push to the sum (one flop per 4-byte number)"},
    {SIM_SECONDS(struct parameter_server, compute_seconds), .value = "0", .least = 0, .most = 1e9,
     .help = "forward and backward pass of an iteration, on the fastest host that takes part"},
    {SIM_RATIO(struct parameter_server, compute_jitter), .value = "0", .least = 0, .most = 10,
     .help = "sigma of the lognormal factor (mean 1) on every compute phase: stragglers"},
    {0}};

/* The keys of server s: the first shards are the larger by one byte. */
static int64_t shard_bytes(const struct parameter_server *ps, int s)
{
    return sim_part_begin(ps->gradient_bytes, s + 1, ps->servers) -
           sim_part_begin(ps->gradient_bytes, s, ps->servers);
}

/* ---- worker ---- */

static void start_pulls(struct sim_peer *me, struct sim_activity **pulls)
{
    const struct sim_group *servers = sim_role(me->plan, "server");

    for (int s = 0; s < servers->size; s++)
        pulls[s] = sim_start_receive(me, servers->peers[s]);
}

static void start_pushes(struct sim_peer *me, struct sim_activity **pushes)
{
    const struct sim_group *servers = sim_role(me->plan, "server");

    for (int s = 0; s < servers->size; s++)
        pushes[s] = sim_start_send(me, servers->peers[s],
                                   (struct sim_message){shard_bytes(me->parameters, s), NULL});
}

static void finish_all(struct sim_peer *me, struct sim_activity **activities)
{
    const struct sim_group *servers = sim_role(me->plan, "server");

    for (int s = 0; s < servers->size; s++)
        if (sim_wait(me, activities[s], NULL) != SIM_OK)
            sim_give_up(me, "server-%d is dead or out of reach, and its keys with it", s);
}

static void worker(struct sim_peer *me)
{
    const struct parameter_server *ps = me->parameters;
    struct sim_activity **pushes =
        sim_new(me->plan->arena, struct sim_activity *, (size_t)ps->servers);
    struct sim_activity **pulls =
        sim_new(me->plan->arena, struct sim_activity *, (size_t)ps->servers);

    for (int i = 0; i < me->plan->iterations; i++) {
        sim_phase(me, "compute");
        sim_compute_for(me, ps->compute_seconds * sim_jitter(me, ps->compute_jitter));
        sim_phase(me, "push");
        start_pulls(me, pulls);
        start_pushes(me, pushes);
        finish_all(me, pushes);
        sim_phase(me, "pull");
        finish_all(me, pulls);
    }
}

/* ---- server ---- */

/* What a server knows of its workers: who is alive, and what it waits for from each. */
struct desk {
    struct sim_activity **under_way;
    bool *is_dead;
};

/* Add up one push of every living worker, in the order in which they arrive. */
static void aggregate(struct sim_peer *me, struct desk *desk)
{
    const struct parameter_server *ps = me->parameters;
    const struct sim_group *workers = sim_role(me->plan, "worker");
    int heard = 0, w;

    for (w = 0; w < workers->size; w++)
        desk->under_way[w] = desk->is_dead[w] ? NULL : sim_start_receive(me, workers->peers[w]);
    while ((w = sim_wait_any(me, desk->under_way, workers->size, -1)) >= 0) {
        desk->is_dead[w] = sim_wait(me, desk->under_way[w], NULL) != SIM_OK;
        desk->under_way[w] = NULL;
        if (!desk->is_dead[w] && heard++ > 0)
            sim_compute(me, ps->flop_per_byte * (double)shard_bytes(ps, me->index));
    }
}

static void answer(struct sim_peer *me, struct desk *desk)
{
    const struct sim_group *workers = sim_role(me->plan, "worker");
    const struct sim_message sum = {shard_bytes(me->parameters, me->index), NULL};
    int living = 0;

    for (int w = 0; w < workers->size; w++)
        desk->under_way[w] = desk->is_dead[w] ? NULL : sim_start_send(me, workers->peers[w], sum);
    for (int w = 0; w < workers->size; w++) {
        if (desk->under_way[w] != NULL)
            desk->is_dead[w] = sim_wait(me, desk->under_way[w], NULL) != SIM_OK;
        living += !desk->is_dead[w];
    }
    sim_note(me, "living_workers", living);
    if (living == 0)
        sim_give_up(me, "all its workers are dead");
}

static void server(struct sim_peer *me)
{
    const size_t workers = (size_t)sim_role(me->plan, "worker")->size;
    struct desk desk = {sim_new(me->plan->arena, struct sim_activity *, workers),
                        sim_new(me->plan->arena, bool, workers)};

    for (int i = 0; i < me->plan->iterations; i++) {
        sim_phase(me, "aggregate");
        aggregate(me, &desk);
        sim_phase(me, "pull");
        answer(me, &desk);
    }
}

static const struct sim_role roles[] = {
    {"server", server, "adds the pushes to its keys, and answers all workers with the sum"},
    {"worker", worker, "computes a gradient, pushes a shard to every server, pulls the sum"},
    {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct parameter_server *ps = plan->parameters;

    if (ps->placement == COLOCATED && ps->servers > ps->workers)
        return sim_fail(
            err,
            "algorithm.servers is %d, but only the hosts of %d workers are there to share: "
            "give at most that many servers, or placement: dedicated.",
            ps->servers, ps->workers);
    sim_cast(plan, "worker", ps->workers);
    if (ps->placement == COLOCATED)
        sim_cast_beside(plan, "server", ps->servers, "worker");
    else
        sim_cast(plan, "server", ps->servers);
    return true;
}

/* ---- laws ---- */

/* How many workers reach a server over the network. */
static double remote_workers(const struct parameter_server *ps)
{
    return ps->placement == COLOCATED ? ps->workers - 1 : ps->workers;
}

static double all_bytes(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;

    return 2 * remote_workers(ps) * (double)ps->gradient_bytes * plan->iterations;
}

static double all_messages(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;

    return 2 * remote_workers(ps) * ps->servers * plan->iterations;
}

/* A server's host receives its shard from each of the M remote workers; if a worker lives there too,
 * that one pulls the other shards from the other servers. */
static double busiest_card(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;
    const double shard = (double)sim_largest_chunk(ps->gradient_bytes, ps->servers);
    const double gradient = (double)ps->gradient_bytes, through_server = remote_workers(ps) * shard;

    if (ps->placement == COLOCATED)
        return plan->iterations * (ps->workers == 1 ? 0 : through_server + gradient - shard);
    return plan->iterations * (through_server > gradient ? through_server : gradient);
}

/* Every worker to and from every server. */
static bool star(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker"), *servers = sim_role(plan, "server");
    const int worker = workers->peers[i / 2 % workers->size];

    if (i >= 2 * workers->size * servers->size)
        return false;
    edge->from = worker;
    edge->to = servers->peers[i / 2 / workers->size];
    if (i % 2 == 1)
        *edge = (struct sim_edge){edge->to, edge->from};
    return true;
}

/* Shards of unequal size would let a quick server's answers meet a slow one's pushes on a shared card,
 * and more servers than workers would make the workers' cards the narrow ones. */
static bool on_one_switch(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;
    const bool alike = ps->placement == DEDICATED || ps->gradient_bytes % ps->servers == 0;
    struct sim_switch found;

    return ps->compute_jitter == 0 && ps->servers <= ps->workers && alike &&
           sim_is_one_switch(plan, star, &found);
}

static double ideal_seconds(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;
    const double shard = (double)sim_largest_chunk(ps->gradient_bytes, ps->servers);
    struct sim_switch on = {0};

    sim_is_one_switch(plan, star, &on);
    return plan->iterations *
           (ps->compute_seconds +
            (remote_workers(ps) > 0
                 ? 2 * (on.latency_seconds + remote_workers(ps) * shard / on.bytes_per_second) +
                       (ps->workers - 1) * ps->flop_per_byte * shard / on.flop_per_second
                 : 0));
}

static const char own_hosts[] = "every peer has the host that placement says, and none dies";

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES, "2(N-1)G colocated, 2NG dedicated", all_bytes,
     sim_total_bytes, .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"messages", SIM_UNIT_NONE, "2(N-1)S colocated, 2NS dedicated", all_messages,
     sim_total_messages, .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES,
     "M ceil(G/S), and G - ceil(G/S) more when colocated; M = N-1 or N", busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"seconds", SIM_UNIT_SECONDS, "C + 2(a + M ceil(G/S)/B) + (N-1) f ceil(G/S)/P", ideal_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = on_one_switch,
     .assumes = "one full-duplex switch, network: textbook, equal hosts, S <= N, equal shards when "
                "colocated, no jitter, no faults"},
    {0}};

SIM_ALGORITHM(parameter_server) = {
    .name = "parameter_server",
    .summary = "N workers push gradients to S servers and pull the sum: one card carries (N-1)G",
    .paper = "Li et al., Scaling distributed machine learning with the parameter server, OSDI 2014",
    .counts = "N workers; the S servers are not among them",
    .parameters_size = sizeof(struct parameter_server),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
