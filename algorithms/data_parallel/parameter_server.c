/* parameter_server -- N workers push gradients of G bytes to S servers, which add them, and pull the result.
 *
 * The keys are cut by size over the servers, so each worker sends a shard of G/S bytes to every server; a
 * server adds what arrives, as it arrives, and answers a worker as soon as the consistency allows.
 * Receives are posted before the pushes start, so pushes share the server's network card: all the traffic
 * of a flat server goes through that one card, (N-1)G each way, which is why it does not scale.
 *
 * Papers: Li et al., Scaling distributed machine learning with the parameter server, OSDI 2014 (Algorithm 1;
 * section 3.3 for key ranges, 3.4 for vector clocks, 3.5 for consistency, 4.3 for replicas); Ho et al., More
 * effective distributed ML via a stale synchronous parallel parameter server, NIPS 2013.
 *
 * consistency: bsp answers all workers when all have pushed; bounded_delay likewise, but a worker computes
 * on while up to `delay` of its answers are outstanding; asynchronous applies and answers each push at once;
 * stale_synchronous too, but holds back whoever is more than `delay` iterations ahead of the slowest.
 *
 * placement: colocated puts server s on the host of worker s: the push of that worker to that server stays
 * inside the host, and 2(N-1)G bytes cross the network; dedicated gives the servers hosts of their own: 2NG
 * bytes.  On one switch an iteration of bsp takes C + 2(a + M ceil(G/S)/B) + (N-1) f ceil(G/S)/P seconds,
 * M = N-1 colocated or N dedicated, P = speed: N-1 additions, since the first push needs none.
 *
 * N counts the workers; the servers are none of them, even where they share a host.
 * Not modelled: pull requests (the answer is the pull), the manager (whoever fails to reach a server turns to
 * its replica by himself), key caching, filters, cost of the update itself.
 * A slow worker holds others up as far as the consistency lets it.  A worker that dies is dropped and the
 * others go on (degraded); repaired, it pulls the parameters and counts again.  A server
 * that dies is replaced by the next of its `replicas`, which have copies of its keys as of the last update;
 * without replicas, or where a dead link parts it from workers, the run ends (exit code 1). */
#include "algorithms/data_parallel/shared/cluster.h"
#include "algorithms/data_parallel/shared/keys.h"

#include <string.h>

enum { COLOCATED, DEDICATED };

static const char *const placements[] = {
    [COLOCATED] = "colocated", [DEDICATED] = "dedicated", NULL};

static const struct sim_parameter parameters[] = {
    TRAINING_PARAMETERS,
    {SIM_COUNT(struct parameter_server, servers),
     SIM_DEFAULT("1", SIM_OURS ": the textbook's flat server"), .least = 1, .most = 1 << 16,
     .help = "S, the number of servers that share the keys"},
    {SIM_CHOICE(struct parameter_server, placement),
     SIM_DEFAULT("colocated", SIM_OURS ": the textbook's flat server"), .choices = placements,
     .help = "servers on the hosts of the first workers, or on hosts of their own"},
    {SIM_CHOICE(struct parameter_server, consistency),
     SIM_DEFAULT("bsp", SIM_OURS ": what sums as an all-reduce does"),
     .choices = consistency_choices, .help = "when a worker is answered"},
    {SIM_COUNT(struct parameter_server, delay), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1 << 16,
     .help = "tau of bounded_delay, or the staleness of stale_synchronous, in iterations"},
    {SIM_COUNT(struct parameter_server, replicas), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1 << 16, .help = "servers that keep a copy of another's keys, for its death"},
    {0}};

/* ---- worker: what a server does is in shared/serve.c ---- */

/* A message that a worker waits for the end of. */
struct mail {
    struct sim_activity *activity;
    int server;
    bool is_answer;
};

struct desk {
    struct sim_peer *me;
    struct replica *replica;
    int *owner;    /* [servers]: who serves a range */
    int *finished; /* [servers]: clocks of a range that are answered */
    bool *is_lost; /* [servers] */
    double **sent; /* [delay + 1]: gradients that may have to be pushed again */
    int pushed;    /* clocks */
    bool
        is_over; /* a server has come to its end without us: we were dead, and came back too late */
    struct mail *mail;
    struct sim_activity **waits; /* as mail, for sim_wait_any */
    int mail_count, mail_room;
};

static void await(struct desk *desk, struct sim_activity *activity, int server, bool is_answer)
{
    if (desk->mail_count == desk->mail_room) {
        const int room = desk->mail_room > 0 ? 2 * desk->mail_room : 16;
        struct mail *mail = sim_new(desk->me->plan->arena, struct mail, (size_t)room);

        if (desk->mail_count > 0)
            memcpy(mail, desk->mail, (size_t)desk->mail_count * sizeof *mail);
        desk->mail = mail;
        desk->mail_room = room;
        desk->waits = sim_new(desk->me->plan->arena, struct sim_activity *, (size_t)room);
    }
    desk->mail[desk->mail_count++] = (struct mail){activity, server, is_answer};
}

static void expect_answer(struct desk *desk, int server)
{
    const struct sim_group *servers = sim_role(desk->me->plan, "server");

    await(desk, sim_start_receive(desk->me, servers->peers[server]), server, true);
}

static void push(struct desk *desk, int range, int clock)
{
    const struct parameter_server *ps = desk->me->parameters;
    const struct job *job = &cluster_of(desk->me)->job;
    const int server = desk->owner[range];
    struct parcel *parcel = parcel_take(desk->me, GRADIENT, range, clock);

    if (job->number_count > 0)
        memcpy(parcel->values,
               desk->sent[clock % (ps->delay + 1)] + cluster_first_number(job, ps, range),
               cluster_numbers(job, ps, range) * sizeof(double));
    await(desk,
          sim_start_send(desk->me, sim_role(desk->me->plan, "server")->peers[server],
                         (struct sim_message){cluster_shard_bytes(desk->me->plan, range), parcel}),
          server, false);
}

/* The next server that has a copy of the range's keys. */
static int heir_of(const struct desk *desk, int range)
{
    const struct parameter_server *ps = desk->me->parameters;

    for (int k = 0; k <= ps->replicas; k++)
        if (!desk->is_lost[(range + k) % ps->servers])
            return (range + k) % ps->servers;
    sim_give_up(desk->me, "server-%d is dead or out of reach, and its keys with it", range);
}

/* Turn to the heir with all that has not been answered yet. */
static void lose(struct desk *desk, int server)
{
    const struct parameter_server *ps = desk->me->parameters;

    if (desk->is_lost[server])
        return;
    if (!sim_is_dead(desk->me, sim_role(desk->me->plan, "server")->peers[server]) &&
        ps->replicas > 0)
        sim_give_up(desk->me,
                    "server-%d is out of reach but alive, so that no other may take its keys",
                    server);
    desk->is_lost[server] = true;
    for (int range = 0; range < ps->servers; range++) {
        if (desk->owner[range] != server)
            continue;
        desk->owner[range] = heir_of(desk, range);
        for (int clock = desk->finished[range]; clock < desk->pushed; clock++) {
            expect_answer(desk, desk->owner[range]);
            push(desk, range, clock);
        }
    }
}

static void take_answer(struct desk *desk, struct parcel *parcel)
{
    const struct parameter_server *ps = desk->me->parameters;
    const struct job *job = &cluster_of(desk->me)->job;

    if (parcel->clock >= desk->finished[parcel->range]) {
        desk->finished[parcel->range] = parcel->clock;
        if (desk->replica != NULL)
            memcpy(desk->replica->parameters + cluster_first_number(job, ps, parcel->range),
                   parcel->values, cluster_numbers(job, ps, parcel->range) * sizeof(double));
    }
    parcel_put_back(desk->me, parcel);
}

/* Wait for one message to end, and take it. */
static void take_mail(struct desk *desk)
{
    struct sim_message message;
    struct mail mail;
    enum sim_status status;
    int i;

    for (i = 0; i < desk->mail_count; i++)
        desk->waits[i] = desk->mail[i].activity;
    i = sim_wait_any(desk->me, desk->waits, desk->mail_count, -1);
    mail = desk->mail[i];
    memmove(desk->mail + i, desk->mail + i + 1,
            (size_t)(--desk->mail_count - i) * sizeof *desk->mail);
    status = sim_wait(desk->me, mail.activity, &message);
    if (status == SIM_CANCELLED)
        desk->is_over = true;
    else if (status != SIM_OK)
        lose(desk, mail.server);
    else if (mail.is_answer)
        take_answer(desk, message.payload);
}

static bool has_pushes_under_way(const struct desk *desk)
{
    for (int i = 0; i < desk->mail_count; i++)
        if (!desk->mail[i].is_answer)
            return true;
    return false;
}

static int least_finished(const struct desk *desk)
{
    const struct parameter_server *ps = desk->me->parameters;
    int least = desk->finished[0];

    for (int range = 1; range < ps->servers; range++)
        least = desk->finished[range] < least ? desk->finished[range] : least;
    return least;
}

static struct desk *open_desk(struct sim_peer *me)
{
    const struct parameter_server *ps = me->parameters;
    const struct job *job = &cluster_of(me)->job;
    struct sim_arena *arena = me->plan->arena;
    struct desk *desk = sim_new(arena, struct desk, 1);

    desk->me = me;
    desk->replica = training_replica(me, job);
    desk->owner = sim_new(arena, int, (size_t)ps->servers);
    desk->finished = sim_new(arena, int, (size_t)ps->servers);
    desk->is_lost = sim_new(arena, bool, (size_t)ps->servers);
    desk->sent = sim_new(arena, double *, (size_t)ps->delay + 1);
    for (int i = 0; i <= ps->delay; i++)
        desk->sent[i] = sim_new(arena, double, job->number_count);
    for (int range = 0; range < ps->servers; range++)
        desk->owner[range] = range;
    return desk;
}

/* Whoever came back may find that the others have come to the end. */
static bool is_over(struct desk *desk)
{
    const struct sim_group *servers = sim_role(desk->me->plan, "server");

    for (int s = 0; desk->me->life > 0 && s < servers->size; s++)
        desk->is_over |= sim_has_finished(desk->me, servers->peers[s]);
    return desk->is_over;
}

static void throw_away(struct desk *desk)
{
    for (int i = 0; i < desk->mail_count; i++)
        sim_cancel(desk->me, desk->mail[i].activity);
    desk->mail_count = 0;
}

/* Back from the dead: learn where the others are.  False when they have come to the end without us. */
static bool join(struct desk *desk)
{
    const struct parameter_server *ps = desk->me->parameters;
    const struct sim_group *servers = sim_role(desk->me->plan, "server");

    sim_phase(desk->me, "join");
    for (int range = 0; range < ps->servers; range++) {
        struct sim_message answer;
        enum sim_status status = SIM_FAILED;

        while (status != SIM_OK) {
            const int peer = servers->peers[desk->owner[range]];
            struct sim_activity *receive;

            if (sim_has_finished(desk->me, peer))
                return false;
            receive = sim_start_receive(desk->me, peer);
            status = sim_send(desk->me, peer,
                              (struct sim_message){0, parcel_take(desk->me, JOIN, range, 0)});
            if (status == SIM_CANCELLED) {
                sim_cancel(desk->me, receive);
                return false;
            }
            status = sim_wait(desk->me, receive, &answer);
            if (status != SIM_OK) {
                desk->is_lost[desk->owner[range]] = true;
                desk->owner[range] = heir_of(desk, range);
            }
        }
        take_answer(desk, answer.payload);
    }
    return true;
}

/* With replicas no server can tell from its own keys that nobody will come any more. */
static void say_goodbye(struct desk *desk)
{
    const struct parameter_server *ps = desk->me->parameters;
    const struct sim_group *servers = sim_role(desk->me->plan, "server");

    for (int s = 0; ps->replicas > 0 && s < ps->servers; s++)
        if (!desk->is_lost[s] && !sim_has_finished(desk->me, servers->peers[s]))
            sim_send(desk->me, servers->peers[s],
                     (struct sim_message){0, parcel_take(desk->me, GOODBYE, s, 0)});
}

static void compute(struct desk *desk, int clock)
{
    const struct parameter_server *ps = desk->me->parameters;
    const struct job *job = &cluster_of(desk->me)->job;

    sim_phase(desk->me, "compute");
    training_gradient(desk->me, job, desk->replica, clock);
    if (desk->replica != NULL)
        memcpy(desk->sent[clock % (ps->delay + 1)], desk->replica->gradient,
               job->number_count * sizeof(double));
    sim_compute(desk->me, training_flop(desk->me));
}

static void push_all(struct desk *desk, int clock)
{
    const struct parameter_server *ps = desk->me->parameters;

    sim_phase(desk->me, "push");
    desk->pushed = clock + 1;
    for (int range = 0; range < ps->servers; range++)
        expect_answer(desk, desk->owner[range]);
    for (int range = 0; range < ps->servers; range++)
        push(desk, range, clock);
}

static void tell(struct desk *desk, int done)
{
    if (desk->me->index == 0 && desk->replica != NULL)
        training_tell(desk->me, &cluster_of(desk->me)->job, desk->replica->parameters, done,
                      done == desk->me->plan->iterations);
}

static void worker(struct sim_peer *me)
{
    const struct parameter_server *ps = me->parameters;
    const int ahead = ps->consistency == BOUNDED_DELAY ? ps->delay : 0;
    struct desk *desk = open_desk(me);
    int clock = 0, told = 0;

    desk->is_over = me->life > 0 && !join(desk);
    for (clock = least_finished(desk); clock < me->plan->iterations && !is_over(desk); clock++) {
        compute(desk, clock);
        if (is_over(desk))
            break;
        push_all(desk, clock);
        while (ahead == 0 && has_pushes_under_way(desk) && !desk->is_over)
            take_mail(desk);
        sim_phase(me, "pull");
        while (least_finished(desk) < clock + 1 - ahead && !desk->is_over)
            take_mail(desk);
        for (; told < least_finished(desk) && least_finished(desk) < me->plan->iterations; told++)
            tell(desk, told + 1);
    }
    while (desk->mail_count > 0 && !desk->is_over)
        take_mail(desk);
    if (desk->is_over)
        throw_away(desk);
    else
        tell(desk, me->plan->iterations);
    say_goodbye(desk);
}

static const struct sim_role roles[] = {
    {"server", cluster_serve,
     "adds the pushes to its keys, and answers when the consistency allows it"},
    {"worker", worker, "computes a gradient, pushes a shard to every server, pulls the result",
     .comes_back = true},
    {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct parameter_server *ps = plan->parameters;
    struct cluster *cluster = sim_new(plan->arena, struct cluster, 1);
    const bool has_delay = ps->consistency == BOUNDED_DELAY || ps->consistency == STALE_SYNCHRONOUS;

    plan->prepared = cluster;
    cluster->spare = sim_new(plan->arena, struct parcel *, 1);
    if (ps->placement == COLOCATED && ps->servers > ps->training.workers)
        return sim_fail(
            err,
            "algorithm.servers is %d, but only the hosts of %d workers are there to share: "
            "give at most that many servers, or placement: dedicated.",
            ps->servers, ps->training.workers);
    if (ps->replicas >= ps->servers)
        return sim_fail(err,
                        "algorithm.replicas is %d, but besides a server there are only %d others "
                        "that could keep a copy.",
                        ps->replicas, ps->servers - 1);
    if (ps->delay > 0 && !has_delay)
        return sim_fail(err,
                        "algorithm.delay is %d, but consistency: %s knows none; it is for "
                        "bounded_delay and stale_synchronous.",
                        ps->delay, consistency_choices[ps->consistency]);
    sim_cast(plan, "worker", ps->training.workers);
    if (ps->placement == COLOCATED)
        sim_cast_beside(plan, "server", ps->servers, "worker");
    else
        sim_cast(plan, "server", ps->servers);
    return training_prepare(plan, &cluster->job, err);
}

/* ---- laws ---- */

/* How many workers reach a server over the network. */
static double remote_workers(const struct parameter_server *ps)
{
    return ps->placement == COLOCATED ? ps->training.workers - 1 : ps->training.workers;
}

static double gradient_bytes(const struct sim_plan *plan)
{
    return (double)((const struct cluster *)plan->prepared)->job.gradient_bytes;
}

/* How often a range is copied: after each update. */
static double copies(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;
    const bool averages = ps->consistency == BSP || ps->consistency == BOUNDED_DELAY;

    return (double)ps->replicas * plan->iterations * (averages ? 1 : ps->training.workers);
}

static double all_bytes(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;

    return (2 * remote_workers(ps) * plan->iterations + copies(plan)) * gradient_bytes(plan);
}

/* With replicas each worker says goodbye to each server. */
static double all_messages(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;
    const double goodbyes = ps->replicas > 0 && plan->iterations > 0 ? remote_workers(ps) : 0;

    return (2 * remote_workers(ps) * plan->iterations + copies(plan) + goodbyes) * ps->servers;
}

/* A server's host receives its shard from each of the M remote workers; if a worker lives there too,
 * that one pulls the other shards from the other servers. */
static double busiest_card(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;
    const double gradient = gradient_bytes(plan);
    const double shard = (double)sim_largest_chunk((int64_t)gradient, ps->servers);
    const double through_server = remote_workers(ps) * shard;

    if (ps->placement == COLOCATED)
        return plan->iterations *
               (ps->training.workers == 1 ? 0 : through_server + gradient - shard);
    return plan->iterations * (through_server > gradient ? through_server : gradient);
}

static bool without_replicas(const struct sim_plan *plan)
{
    return ((const struct parameter_server *)plan->parameters)->replicas == 0 &&
           sim_has_own_hosts(plan);
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
    const bool alike =
        ps->placement == DEDICATED || (int64_t)gradient_bytes(plan) % ps->servers == 0;
    const bool in_step =
        ps->consistency == BSP ||
        (ps->consistency != ASYNCHRONOUS && ps->consistency != STALE_SYNCHRONOUS && ps->delay == 0);
    struct sim_switch found;

    return ps->training.compute_jitter == 0 && ps->servers <= ps->training.workers && alike &&
           in_step && ps->replicas == 0 && sim_is_one_switch(plan, star, &found);
}

static double ideal_seconds(const struct sim_plan *plan)
{
    const struct parameter_server *ps = plan->parameters;
    const double shard = (double)sim_largest_chunk((int64_t)gradient_bytes(plan), ps->servers);
    struct sim_switch on = {0};

    sim_is_one_switch(plan, star, &on);
    return plan->iterations *
           (training_compute_seconds(plan, sim_role(plan, "worker")->peers[0]) +
            (remote_workers(ps) > 0
                 ? 2 * (on.latency_seconds + remote_workers(ps) * shard / on.bytes_per_second) +
                       (ps->training.workers - 1) * ps->training.flop_per_byte * shard /
                           on.flop_per_second
                 : 0));
}

static const char own_hosts[] = "every peer has the host that placement says, and none dies";

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "2(N-1)G colocated, 2NG dedicated; with replicas R G more "
     "for each update",
     all_bytes, sim_total_bytes, .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"messages", SIM_UNIT_NONE,
     "2(N-1)S colocated, 2NS dedicated; with replicas R S more for each "
     "update, and a goodbye",
     all_messages, sim_total_messages, .tolerance = 0, .holds = sim_has_own_hosts,
     .assumes = own_hosts},
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES,
     "M ceil(G/S), and G - ceil(G/S) more when colocated; M = N-1 or N", busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = without_replicas,
     .assumes = "every peer has the host that placement says, none dies, no replicas"},
    {"seconds", SIM_UNIT_SECONDS, "C + 2(a + M ceil(G/S)/B) + (N-1) f ceil(G/S)/P", ideal_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = on_one_switch,
     .assumes = "one full-duplex switch, network: textbook, equal hosts, bsp, no replicas, S <= N, "
                "equal shards when colocated, no jitter, no faults"},
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
    .tables = training_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
