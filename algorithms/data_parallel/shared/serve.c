/* serve.c -- the role of a server: adds the pushes to its keys, and answers when the consistency allows it. */
#include "algorithms/data_parallel/shared/cluster.h"
#include "algorithms/data_parallel/shared/keys.h"

#include <string.h>

struct counter {
    struct sim_peer *me;
    struct keys **keys;            /* [servers]: by range; NULL: not here */
    int64_t *copied;               /* [servers]: updates that the replicas of a range have */
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

        for (int i = 0; i < counter->wait_count; i++)
            waits[i] = counter->waits[i];
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
    struct parcel *parcel = parcel_take(me, ANSWER, range, clock);

    if (keys->count > 0)
        memcpy(parcel->values, keys->parameters, keys->count * sizeof(double));
    sim_phase(me, "pull");
    wait_for_send(counter, sim_start_send(
                               me, sim_role(me->plan, "worker")->peers[worker],
                               (struct sim_message){cluster_shard_bytes(me->plan, range), parcel}));
    sim_phase(me, "aggregate");
}

static void take(struct counter *counter, int place);

static struct parcel *copy_of(struct counter *counter, int range)
{
    const struct keys *keys = counter->keys[range];
    struct parcel *parcel = parcel_take(counter->me, COPY, range, keys->done);

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
            (struct sim_message){cluster_shard_bytes(me->plan, range), copy_of(counter, range)});
        under_way++;
    }
    while (under_way > 0) {
        for (int s = 0; s < servers; s++)
            waits[s] = counter->waits[counter->workers + s];
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
        int worker, clock;

        if (keys == NULL)
            continue;
        do
            for (; counter->copied[range] < keys->updates; counter->copied[range]++)
                replicate(counter, range);
        while (keys_complete(keys));
        while ((worker = keys_answer(keys, &clock)) >= 0)
            answer(counter, range, worker, clock);
    }
}

static void note_living(struct counter *counter)
{
    const struct keys *keys = counter->keys[counter->me->index];
    int living = 0;

    for (int w = 0; w < counter->workers; w++)
        living += !keys_is_dead(keys, w);
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

    if (!keys_is_first(keys, parcel->clock))
        sim_compute(me, ps->training.flop_per_byte *
                            (double)cluster_shard_bytes(me->plan, parcel->range));
    keys_push(keys, w, parcel->clock, parcel->values);
}

static void take_from_worker(struct counter *counter, int w, struct parcel *parcel)
{
    struct sim_peer *me = counter->me;
    const struct parameter_server *ps = me->parameters;
    bool comes_again = true;

    switch (parcel->kind) {
    case JOIN:
        keys_return(counter->keys[parcel->range], w);
        note_living(counter);
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
    parcel_put_back(me, parcel);
    if (comes_again)
        counter->waits[w] = sim_start_receive(me, sim_role(me->plan, "worker")->peers[w]);
}

static void take_copy(struct counter *counter, int server, struct parcel *parcel)
{
    struct sim_peer *me = counter->me;

    keys_restore(counter->keys[parcel->range], parcel->clock, parcel->pushed, parcel->values);
    parcel_put_back(me, parcel);
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
        .copied = sim_new(arena, int64_t, (size_t)ps->servers),
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
            job->number_count > 0 ? job->first_parameters + cluster_first_number(job, ps, range)
                                  : NULL,
            cluster_numbers(job, ps, range), &job->sgd);
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

void cluster_serve(struct sim_peer *me)
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
