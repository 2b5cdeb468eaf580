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
 * others go on (degraded); repaired, it pulls the parameters and counts again from its next push.  A server
 * that dies is replaced by the next of its `replicas`, which have copies of its keys as of the last update;
 * without replicas, or where a dead link parts it from workers, the run ends (exit code 1). */
#include "algorithms/data_parallel/shared/keys.h"
#include "algorithms/data_parallel/shared/training.h"

#include <string.h>

struct parameter_server {
    struct training training;
    int servers, placement, consistency, delay, replicas;
};

enum { COLOCATED, DEDICATED };

static const char *const placements[] = {
    [COLOCATED] = "colocated", [DEDICATED] = "dedicated", NULL};

static const struct sim_parameter parameters[] = {
    TRAINING_PARAMETERS,
    {SIM_COUNT(struct parameter_server, servers), .value = "1", .least = 1, .most = 1 << 16,
     .help = "S, the number of servers that share the keys"},
    {SIM_CHOICE(struct parameter_server, placement), .value = "colocated", .choices = placements,
     .help = "servers on the hosts of the first workers, or on hosts of their own"},
    {SIM_CHOICE(struct parameter_server, consistency), .value = "bsp",
     .choices = consistency_choices, .help = "when a worker is answered"},
    {SIM_COUNT(struct parameter_server, delay), .value = "0", .least = 0, .most = 1 << 16,
     .help = "tau of bounded_delay, or the staleness of stale_synchronous, in iterations"},
    {SIM_COUNT(struct parameter_server, replicas), .value = "0", .least = 0, .most = 1 << 16,
     .help = "servers that keep a copy of another's keys, for its death"},
    {0}};

/* ---- messages ---- */

enum parcel_kind { GRADIENT, ANSWER, JOIN, GOODBYE, COPY };

/* What a message carries, besides its bytes.  Whoever has read one puts it back. */
struct parcel {
    enum parcel_kind kind;
    int range, clock; /* clocks: of a gradient, its own; of an answer, how many are finished */
    double *values;   /* the range's; not used with learning off */
    int *pushed;      /* of a copy: by worker */
    struct parcel *next;
};

/* What all peers share. */
struct cluster {
    struct job job;
    struct parcel **spare; /* those that have been read */
};

static const struct cluster *cluster_of(const struct sim_peer *me)
{
    return me->plan->prepared;
}

static size_t numbers_of(const struct job *job, const struct parameter_server *ps, int range)
{
    const int64_t all = (int64_t)job->number_count;

    return (size_t)(sim_part_begin(all, range + 1, ps->servers) -
                    sim_part_begin(all, range, ps->servers));
}

static size_t first_number(const struct job *job, const struct parameter_server *ps, int range)
{
    return (size_t)sim_part_begin((int64_t)job->number_count, range, ps->servers);
}

static struct parcel *take_parcel(struct sim_peer *me, enum parcel_kind kind, int range, int clock)
{
    const struct parameter_server *ps = me->parameters;
    const struct cluster *cluster = cluster_of(me);
    struct parcel *parcel = *cluster->spare;
    struct sim_arena *arena = me->plan->arena;

    if (parcel != NULL) {
        *cluster->spare = parcel->next;
    } else {
        parcel = sim_new(arena, struct parcel, 1);
        parcel->values = sim_new(arena, double, numbers_of(&cluster->job, ps, 0));
        parcel->pushed =
            ps->replicas > 0 ? sim_new(arena, int, (size_t)ps->training.workers) : NULL;
    }
    parcel->kind = kind;
    parcel->range = range;
    parcel->clock = clock;
    return parcel;
}

static void put_back(struct sim_peer *me, struct parcel *parcel)
{
    parcel->next = *cluster_of(me)->spare;
    *cluster_of(me)->spare = parcel;
}

/* The keys of range r: the first shards are the larger by one byte. */
static int64_t shard_bytes(const struct sim_plan *plan, int range)
{
    const struct parameter_server *ps = plan->parameters;
    const int64_t gradient = ((const struct cluster *)plan->prepared)->job.gradient_bytes;

    return sim_part_begin(gradient, range + 1, ps->servers) -
           sim_part_begin(gradient, range, ps->servers);
}

/* ---- worker ---- */

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
    struct parcel *parcel = take_parcel(desk->me, GRADIENT, range, clock);

    if (job->number_count > 0)
        memcpy(parcel->values, desk->sent[clock % (ps->delay + 1)] + first_number(job, ps, range),
               numbers_of(job, ps, range) * sizeof(double));
    await(desk,
          sim_start_send(desk->me, sim_role(desk->me->plan, "server")->peers[server],
                         (struct sim_message){shard_bytes(desk->me->plan, range), parcel}),
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
            memcpy(desk->replica->parameters + first_number(job, ps, parcel->range), parcel->values,
                   numbers_of(job, ps, parcel->range) * sizeof(double));
    }
    put_back(desk->me, parcel);
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

static int most_finished(const struct desk *desk)
{
    const struct parameter_server *ps = desk->me->parameters;
    int most = desk->finished[0];

    for (int range = 1; range < ps->servers; range++)
        most = desk->finished[range] > most ? desk->finished[range] : most;
    return most;
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
                              (struct sim_message){0, take_parcel(desk->me, JOIN, range, 0)});
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
                     (struct sim_message){0, take_parcel(desk->me, GOODBYE, s, 0)});
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
    for (clock = most_finished(desk); clock < me->plan->iterations && !is_over(desk);
         clock = clock + 1 > most_finished(desk) ? clock + 1 : most_finished(desk)) {
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

/* ---- server ---- */

struct counter {
    struct sim_peer *me;
    struct keys **keys;            /* [servers]: by range; NULL: not here */
    bool *is_gone;                 /* [workers]: has said goodbye */
    struct sim_activity **waits;   /* receives from workers, then from servers, then sends */
    struct sim_activity **copying; /* [servers + replicas]: room for replicate() */
    int workers, servers, wait_count, wait_room;
};

static void wait_for_send(struct counter *counter, struct sim_activity *send)
{
    int place = counter->workers + counter->servers;

    while (place < counter->wait_count && counter->waits[place] != NULL)
        place++;
    if (place == counter->wait_room) {
        const int room = 2 * counter->wait_room;
        struct sim_activity **waits =
            sim_new(counter->me->plan->arena, struct sim_activity *, (size_t)room);

        memcpy(waits, counter->waits, (size_t)counter->wait_count * sizeof *waits);
        counter->waits = waits;
        counter->wait_room = room;
    }
    if (place == counter->wait_count)
        counter->wait_count++;
    counter->waits[place] = send;
}

static void answer(struct counter *counter, int range, int worker, int clock)
{
    struct sim_peer *me = counter->me;
    const struct keys *keys = counter->keys[range];
    struct parcel *parcel = take_parcel(me, ANSWER, range, clock);

    if (keys->count > 0)
        memcpy(parcel->values, keys->parameters, keys->count * sizeof(double));
    sim_phase(me, "pull");
    wait_for_send(counter,
                  sim_start_send(me, sim_role(me->plan, "worker")->peers[worker],
                                 (struct sim_message){shard_bytes(me->plan, range), parcel}));
    sim_phase(me, "aggregate");
}

static void take(struct counter *counter, int place);

static struct parcel *copy_of(struct counter *counter, int range)
{
    const struct keys *keys = counter->keys[range];
    struct parcel *parcel = take_parcel(counter->me, COPY, range, keys->done);

    for (int w = 0; w < counter->workers; w++)
        parcel->pushed[w] = keys_pushed(keys, w);
    if (keys->count > 0)
        memcpy(parcel->values, keys->parameters, keys->count * sizeof(double));
    return parcel;
}

/* A copy of the keys to each replica, before anybody is answered; who is dead is no replica any more.
 * Servers copy to each other, so each takes the others' copies while it waits for its own to arrive. */
static void replicate(struct counter *counter, int range)
{
    struct sim_peer *me = counter->me;
    const struct parameter_server *ps = me->parameters;
    const int servers = counter->servers;
    struct sim_activity **waits = counter->copying;
    int under_way = 0, i;

    sim_phase(me, "replicate");
    for (int k = 1; k <= ps->replicas; k++) {
        const int to = (range + k) % servers;

        waits[servers + k - 1] = NULL;
        if (to == me->index)
            continue;
        waits[servers + k - 1] = sim_start_send(
            me, sim_role(me->plan, "server")->peers[to],
            (struct sim_message){shard_bytes(me->plan, range), copy_of(counter, range)});
        under_way++;
    }
    while (under_way > 0) {
        memcpy(waits, counter->waits + counter->workers, (size_t)servers * sizeof(*waits));
        i = sim_wait_any(me, waits, servers + ps->replicas, -1);
        if (i < servers) {
            take(counter, counter->workers + i);
            continue;
        }
        sim_wait(me, waits[i], NULL);
        waits[i] = NULL;
        under_way--;
    }
    sim_phase(me, "aggregate");
}

/* Do what the keys' state allows: complete clocks, and answer. */
static void go_on(struct counter *counter)
{
    const struct parameter_server *ps = counter->me->parameters;

    for (int range = 0; range < ps->servers; range++) {
        struct keys *keys = counter->keys[range];
        const int64_t before = keys == NULL ? 0 : keys->updates;
        int worker, clock;

        if (keys == NULL)
            continue;
        while (keys_complete(keys))
            if (keys->updates > before)
                replicate(counter, range);
        while ((worker = keys_answer(keys, &clock)) >= 0)
            answer(counter, range, worker, clock);
    }
}

static void note_living(struct counter *counter)
{
    const struct keys *keys = counter->keys[counter->me->index];
    int living = 0;

    for (int w = 0; w < counter->workers; w++)
        living += keys_counts(keys, w);
    sim_note(counter->me, "living_workers", living);
}

/* A worker died: go on without it, and listen for it if it is to be repaired. */
static void drop(struct counter *counter, int w)
{
    struct sim_peer *me = counter->me;
    const struct sim_group *workers = sim_role(me->plan, "worker");

    for (int range = 0; range < counter->servers; range++)
        if (counter->keys[range] != NULL)
            keys_drop(counter->keys[range], w);
    note_living(counter);
    if (sim_will_return(me, workers->peers[w]))
        counter->waits[w] = sim_start_listening(me, workers->peers[w]);
}

/* The first push of a clock needs no addition. */
static void take_gradient(struct counter *counter, int w, const struct parcel *parcel)
{
    struct sim_peer *me = counter->me;
    const struct parameter_server *ps = me->parameters;
    struct keys *keys = counter->keys[parcel->range];
    const bool returned = !keys_counts(keys, w);

    if (!keys_is_first(keys, parcel->clock))
        sim_compute(me, ps->training.flop_per_byte * (double)shard_bytes(me->plan, parcel->range));
    keys_push(keys, w, parcel->clock, parcel->values);
    if (returned)
        note_living(counter);
}

static void take_from_worker(struct counter *counter, int w, struct parcel *parcel)
{
    struct sim_peer *me = counter->me;
    const struct parameter_server *ps = me->parameters;
    bool comes_again = true;

    switch (parcel->kind) {
    case JOIN:
        keys_return(counter->keys[parcel->range], w);
        answer(counter, parcel->range, w, counter->keys[parcel->range]->done);
        break;
    case GOODBYE:
        counter->is_gone[w] = true;
        comes_again = false;
        break;
    default:
        take_gradient(counter, w, parcel);
        comes_again = ps->replicas > 0 || parcel->clock + 1 < me->plan->iterations;
    }
    put_back(me, parcel);
    if (comes_again)
        counter->waits[w] = sim_start_receive(me, sim_role(me->plan, "worker")->peers[w]);
}

static void take_copy(struct counter *counter, int server, struct parcel *parcel)
{
    struct sim_peer *me = counter->me;

    keys_restore(counter->keys[parcel->range], parcel->clock, parcel->pushed, parcel->values);
    put_back(me, parcel);
    counter->waits[counter->workers + server] =
        sim_start_receive(me, sim_role(me->plan, "server")->peers[server]);
}

/* Take what has ended at that place of `waits`. */
static void take(struct counter *counter, int place)
{
    struct sim_message message;
    const enum sim_status status = sim_wait(counter->me, counter->waits[place], &message);

    counter->waits[place] = NULL;
    if (place >= counter->workers + counter->servers)
        return; /* an answer: who did not get it is dead, and its next receive says so */
    if (place >= counter->workers && status == SIM_OK)
        take_copy(counter, place - counter->workers, message.payload);
    else if (place < counter->workers && status == SIM_OK)
        take_from_worker(counter, place, message.payload);
    else if (place < counter->workers)
        drop(counter, place);
}

static bool is_finished(const struct counter *counter)
{
    const struct parameter_server *ps = counter->me->parameters;
    const struct keys *keys = counter->keys[counter->me->index];

    if (keys->done < counter->me->plan->iterations)
        return false;
    if (ps->replicas == 0)
        return keys_are_finished(keys, counter->me->plan->iterations);
    for (int w = 0; w < counter->workers; w++)
        if (!counter->is_gone[w] && !keys_is_dead(keys, w))
            return false;
    return true;
}

static bool will_anyone_return(const struct counter *counter)
{
    const struct sim_plan *plan = counter->me->plan;

    for (int w = 0; w < counter->workers; w++)
        if (sim_will_return(counter->me, sim_role(plan, "worker")->peers[w]))
            return true;
    return false;
}

static bool all_are_dead(const struct counter *counter)
{
    for (int w = 0; w < counter->workers; w++)
        if (!keys_is_dead(counter->keys[counter->me->index], w))
            return false;
    return true;
}

/* Answers are waited for; who has not been heard of again is listened for no more. */
static void close_counter(struct counter *counter)
{
    for (int place = 0; place < counter->wait_count; place++) {
        if (counter->waits[place] == NULL)
            continue;
        if (place >= counter->workers + counter->servers)
            sim_wait(counter->me, counter->waits[place], NULL);
        else
            sim_cancel(counter->me, counter->waits[place]);
    }
}

static struct counter *open_counter(struct sim_peer *me)
{
    const struct parameter_server *ps = me->parameters;
    const struct job *job = &cluster_of(me)->job;
    struct sim_arena *arena = me->plan->arena;
    struct counter *counter = sim_new(arena, struct counter, 1);

    *counter = (struct counter){
        .me = me,
        .keys = sim_new(arena, struct keys *, (size_t)ps->servers),
        .is_gone = sim_new(arena, bool, (size_t)ps->training.workers),
        .workers = ps->training.workers,
        .servers = ps->servers,
        .wait_count = ps->training.workers + ps->servers,
        .wait_room = 2 * ps->training.workers + ps->servers,
    };
    counter->waits = sim_new(arena, struct sim_activity *, (size_t)counter->wait_room);
    counter->copying =
        sim_new(arena, struct sim_activity *, (size_t)ps->servers + (size_t)ps->replicas);
    for (int k = 0; k <= ps->replicas; k++) {
        const int range = (me->index + ps->servers - k) % ps->servers;

        counter->keys[range] = keys_open(
            arena, (enum consistency)ps->consistency, ps->delay, ps->training.workers,
            job->number_count > 0 ? job->first_parameters + first_number(job, ps, range) : NULL,
            numbers_of(job, ps, range), &job->sgd);
    }
    return counter;
}

static void start_receiving(struct counter *counter)
{
    struct sim_peer *me = counter->me;
    const struct parameter_server *ps = me->parameters;
    const struct sim_group *workers = sim_role(me->plan, "worker"),
                           *servers = sim_role(me->plan, "server");

    for (int w = 0; w < counter->workers; w++)
        counter->waits[w] = sim_start_receive(me, workers->peers[w]);
    for (int k = 1; k <= ps->replicas; k++) {
        const int from = (me->index + ps->servers - k) % ps->servers;

        counter->waits[counter->workers + from] = sim_start_receive(me, servers->peers[from]);
    }
}

static void server(struct sim_peer *me)
{
    struct counter *counter = open_counter(me);

    if (me->plan->iterations == 0)
        return;
    sim_phase(me, "aggregate");
    note_living(counter);
    start_receiving(counter);
    while (!is_finished(counter)) {
        take(counter, sim_wait_any(me, counter->waits, counter->wait_count, -1));
        go_on(counter);
        if (all_are_dead(counter) && !will_anyone_return(counter))
            sim_give_up(me, "all its workers are dead");
    }
    close_counter(counter);
}

static const struct sim_role roles[] = {
    {"server", server, "adds the pushes to its keys, and answers when the consistency allows it"},
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
