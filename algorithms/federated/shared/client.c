/* client.c -- the role of a client: waits for a model, trains it, sends it back, until the server hangs up. */
#include "algorithms/federated/shared/federated.h"

#include <string.h>

static int server_of(const struct fed_client *client)
{
    return sim_role(client->me->plan, "server")->peers[0];
}

static struct fed_client *open_client(struct sim_peer *me)
{
    struct sim_arena *arena = me->plan->arena;
    struct fed_client *client = sim_new(arena, struct fed_client, 1);

    *client = (struct fed_client){.me = me, .fed = fed_of(me->plan)};
    return client;
}

/* Of a client that nobody chooses nothing is needed: with many clients that counts. */
static void open_learning(struct fed_client *client)
{
    const struct fed *fed = client->fed;
    struct sim_arena *arena = client->me->plan->arena;
    const struct sample_list *samples = &fed->devices[client->me->index].samples;

    if (fed->learner == NULL || client->batches != NULL)
        return;
    client->batches =
        batches_open(arena, *samples, client->me->plan->seed, (uint32_t)client->me->index);
    client->gradient = sim_new(arena, double, fed->number_count);
    client->velocity = sim_new(arena, double, fed->number_count);
    client->numbers = sim_new(arena, int, (size_t)samples->count);
}

/* ---- training ---- */

/* The gradient of the proximal term; -O2 does several numbers at a time only where none are left over. */
static void pull_back(double *restrict gradient, const double *restrict values,
                      const double *restrict start, double mu, size_t count)
{
    const size_t even = count & ~(size_t)3;

    for (size_t i = 0; i < even; i++)
        gradient[i] += mu * (values[i] - start[i]);
    for (size_t i = even; i < count; i++)
        gradient[i] += mu * (values[i] - start[i]);
}

static void step(struct fed_client *client, const struct fed_turn *turn, size_t count)
{
    if (turn->mu != 0)
        pull_back(client->gradient, turn->values, turn->start, turn->mu, count);
    sgd_step(&client->fed->sgd, 0, turn->values, client->gradient, client->velocity, count);
}

/* Where a turn's epochs begin in the order of all epochs depends on nothing but its draw. */
double fed_train_with(struct fed_client *client, const struct fed_turn *turn, int first, int count,
                      const struct learner *learner, const struct learner_options *how)
{
    const struct federated *options = client->fed->options;
    const int batch = options->batch_size == 0 ? turn->samples : options->batch_size;
    double loss = NAN;

    if (first == 0)
        memset(client->velocity, 0, client->fed->number_count * sizeof(double));
    for (int e = first; e < first + count; e++) {
        const int64_t epoch = (int64_t)turn->draw * options->local_epochs + e;

        loss = 0;
        for (int at = 0; at < turn->samples; at += batch) {
            const int size = turn->samples - at < batch ? turn->samples - at : batch;

            batches_take(client->batches, epoch * turn->samples + at, size, client->numbers);
            loss += size * learner_gradient_with(learner, turn->values, client->numbers, size, how,
                                                 client->gradient);
            step(client, turn, learner->parameter_count);
        }
        loss /= turn->samples;
    }
    return loss;
}

double fed_train(struct fed_client *client, const struct fed_turn *turn, int first, int count)
{
    return fed_train_with(client, turn, first, count, client->fed->learner, NULL);
}

/* Train for those epochs, in real numbers and in simulated seconds; false: it vanishes meanwhile. */
static bool work(struct fed_client *client, struct fed_turn *turn, int first, int count)
{
    const struct fed_method *method = client->fed->method;
    const double end = turn->lost_after * turn->epochs;
    const bool is_lost = end < first + count;
    const double begin = sim_now(client->me);

    sim_phase(client->me, "train");
    if (client->fed->learner != NULL && !is_lost && !turn->is_unfinished)
        turn->loss =
            (method->train == NULL ? fed_train : method->train)(client, turn, first, count);
    sim_compute(client->me, (is_lost ? end - first : count) * turn->slowness * turn->flop_share *
                                turn->samples * fed_sample_flop(client->me));
    turn->compute_seconds += sim_now(client->me) - begin;
    if (is_lost)
        return false;
    turn->epochs_done += count;
    turn->steps = fed_steps(client->fed->options, turn->samples, turn->epochs_done);
    return true;
}

/* ---- messages ---- */

/* By the time that this is over the server may have given the turn to somebody else: it is not touched. */
static void tell(struct fed_client *client, struct fed_turn *turn, enum fed_kind kind,
                 int64_t bytes)
{
    struct fed_device *device = &client->fed->devices[client->me->index];
    const int draw = turn == NULL ? 0 : turn->draw;
    enum sim_status status;
    double sent_at;

    if (*client->fed->is_over)
        return;
    if (turn != NULL) {
        turn->kind = kind;
        turn->sent_at = sim_now(client->me);
    }
    sim_phase(client->me, "upload");
    sent_at = sim_now(client->me);
    status = sim_send(client->me, server_of(client), (struct sim_message){bytes, turn});
    device->told += status == SIM_OK;
    if (status == SIM_OK && bytes > 0) {
        client->fed->tally->upload_seconds += sim_now(client->me) - sent_at;
        client->fed->tally->alone_seconds +=
            sim_alone_seconds(client->me->plan, client->me->number, server_of(client), bytes);
    }
    if (status == SIM_OK && turn != NULL && kind != FED_REPORT && kind != FED_KEYS) {
        device->delivered_draw = draw;
        device->delivered_at = sim_now(client->me);
    }
    if (status != SIM_OK && sim_is_dead(client->me, server_of(client)) && !*client->fed->is_over)
        sim_give_up(client->me, "the server is dead");
}

/* False: there is none. */
static bool hear(struct fed_client *client, struct sim_message *message)
{
    enum sim_status status;

    sim_phase(client->me, "download");
    status = sim_receive(client->me, server_of(client), message);
    if (status == SIM_OK || *client->fed->is_over)
        return status == SIM_OK;
    if (sim_is_dead(client->me, server_of(client)))
        sim_give_up(client->me, "the server is dead");
    tell(client, NULL, FED_LOST, 0); /* the way was cut: that can be seen at both ends */
    return false;
}

/* The first epochs, a report, and what the server makes of it; false: it is over. */
static bool probe(struct fed_client *client, struct fed_turn *turn)
{
    struct sim_message decision;

    if (!work(client, turn, 0, turn->probe_epochs)) {
        tell(client, turn, FED_LOST, 0);
        return false;
    }
    turn->probe_seconds = turn->compute_seconds;
    tell(client, turn, FED_REPORT, turn->report_bytes);
    if (*client->fed->is_over || !hear(client, &decision))
        return false;
    turn->messages_received++;
    if (turn->action == FED_REJECTED)
        tell(client, turn, FED_STOPPED, 0);
    return turn->action != FED_REJECTED;
}

/* Keys and shares of secure aggregation; false: it is over. */
static bool exchange_keys(struct fed_client *client, struct fed_turn *turn)
{
    struct sim_message answer;

    for (int t = 0; t < FED_TRIPS; t++) {
        tell(client, turn, FED_KEYS, fed_trip_of(client->fed, t).up_bytes);
        if (*client->fed->is_over || !hear(client, &answer))
            return false;
        turn->messages_received++;
    }
    turn->up_bytes = fed_masked_bytes(client->fed, turn->up_bytes);
    return true;
}

static void take_turn(struct fed_client *client, struct fed_turn *turn)
{
    const struct fed_method *method = client->fed->method;
    enum fed_kind kind = FED_UPDATE;

    turn->messages_received = 1;
    turn->download_seconds = sim_now(client->me) - turn->chosen_at;
    open_learning(client);
    if (client->fed->learner != NULL)
        memcpy(turn->values, turn->start, client->fed->number_count * sizeof(double));
    if (turn->probe_epochs > 0 && !probe(client, turn))
        return;
    if (!work(client, turn, turn->probe_epochs, turn->epochs - turn->probe_epochs) ||
        turn->is_unfinished) {
        tell(client, turn, FED_LOST, 0);
        return;
    }
    if (method->upload != NULL && !method->upload(client, turn))
        kind = FED_SKIP;
    else
        fed_compress(client, turn);
    if (kind == FED_UPDATE && fed_has_trusted(client->fed))
        fed_seal(client, turn);
    else if (kind == FED_UPDATE && fed_is_masked(client->fed) && !exchange_keys(client, turn))
        return;
    tell(client, turn, kind, turn->up_bytes);
}

void fed_act_client(struct sim_peer *me)
{
    struct fed_client *client = open_client(me);
    struct sim_message message;

    while (!*client->fed->is_over)
        if (hear(client, &message))
            take_turn(client, message.payload);
}
