/* draws.c -- what is drawn, as functions of (seed, what for, round, client), and what work costs. */
#include "algorithms/federated/shared/federated.h"
#include "algorithms/learning/shuffle.h"
#include "sim/workload/model.h"

const struct fed *fed_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* Far from the streams of peers (small numbers) and of learning (bits 52 .. 61 hold 0x2c6, or bit 63 is set). */
struct sim_random *fed_random(const struct sim_plan *plan, enum fed_purpose purpose, int round,
                              int client)
{
    return sim_random_open(plan->seed, UINT64_C(1) << 62 | (uint64_t)purpose << 52 |
                                           (uint64_t)(uint32_t)round << 21 | (uint64_t)client);
}

void fed_shuffled(const struct sim_plan *plan, int draw, int *order)
{
    const struct federated *options = plan->parameters;
    struct sim_random *random = fed_random(plan, FED_CHOICE, draw, 0);

    for (int k = 0; k < options->clients; k++)
        order[k] = k;
    shuffle(order, options->clients, random);
    sim_random_close(random);
}

/* Exactly round(share x chosen) of them, as FedProx's code has it. */
void fed_straggling(const struct sim_plan *plan, int round, int chosen, bool *straggles)
{
    const struct federated *options = plan->parameters;
    int left = (int)lround(options->stragglers * chosen);
    struct sim_random *random;

    for (int i = 0; i < chosen; i++)
        straggles[i] = false;
    if (left == 0)
        return;
    random = fed_random(plan, FED_STRAGGLERS, round, 0);
    for (int i = 0; i < chosen; i++)
        if ((int)sim_random_below(random, (uint32_t)(chosen - i)) < left) {
            straggles[i] = true;
            left--;
        }
    sim_random_close(random);
}

int fed_partial_epochs(const struct sim_plan *plan, int round, int client)
{
    const struct federated *options = plan->parameters;
    struct sim_random *random = fed_random(plan, FED_EPOCHS, round, client);
    const int epochs = 1 + (int)sim_random_below(random, (uint32_t)(options->local_epochs - 1));

    sim_random_close(random);
    return epochs;
}

double fed_slowness(const struct sim_plan *plan, int round, int client, bool straggles)
{
    const struct federated *options = plan->parameters;
    double slowness = fed_of(plan)->devices[client].slowness;
    struct sim_random *random;

    if (straggles)
        slowness *= options->straggler_slowdown;
    if (options->compute_jitter == 0)
        return slowness;
    random = fed_random(plan, FED_JITTER, round, client);
    slowness *= sim_random_lognormal(random, options->compute_jitter);
    sim_random_close(random);
    return slowness;
}

int64_t fed_steps(const struct federated *options, int samples, int epochs)
{
    const int batch = options->batch_size == 0 ? samples : options->batch_size;

    return (int64_t)epochs * ((samples + batch - 1) / batch);
}

/* ---- cost ---- */

static double fastest_client(const struct sim_plan *plan)
{
    const struct sim_group *clients = sim_role(plan, "client");
    double fastest = 0;

    for (int k = 0; k < clients->size; k++)
        fastest = fmax(fastest, sim_flop_per_second(plan, clients->peers[k]));
    return fastest;
}

static double plain_flop(const struct sim_plan *plan)
{
    struct fed_tally *tally = fed_of(plan)->tally;

    if (tally->fastest_flop_per_second == 0)
        tally->fastest_flop_per_second = fastest_client(plan);
    return fed_of(plan)->options->compute_seconds_per_sample * tally->fastest_flop_per_second;
}

double fed_model_seconds(const struct sim_plan *plan, int peer, const struct sim_model *model)
{
    const struct sim_device *device = sim_device_of(plan, peer);
    double seconds = 0;

    for (int l = 0; l < model->layer_count; l++)
        for (int pass = SIM_FORWARD; pass <= SIM_BACKWARD; pass++)
            seconds +=
                sim_layer_seconds(device, &model->layers[l], plan->batch, (enum sim_pass)pass);
    return seconds / plan->batch;
}

double fed_sample_seconds(const struct sim_plan *plan, int peer)
{
    if (plan->model == NULL)
        return plain_flop(plan) / sim_flop_per_second(plan, peer);
    return fed_model_seconds(plan, peer, plan->model);
}

struct fed_turn fed_sized(const struct sim_plan *plan, int round, int client)
{
    const struct fed *fed = fed_of(plan);
    struct fed_turn turn = {.round = round,
                            .client = client,
                            .flop_share = 1,
                            .down_bytes = fed->model_bytes,
                            .up_bytes = fed->model_bytes};

    if (fed->method->size != NULL)
        fed->method->size(plan, &turn);
    return turn;
}

double fed_sample_flop(struct sim_peer *me)
{
    const struct sim_model *model = me->plan->model;
    double flop = 0;

    if (model == NULL)
        return plain_flop(me->plan);
    for (int l = 0; l < model->layer_count; l++)
        flop += sim_layer_cost_flop(me, &model->layers[l], me->plan->batch, SIM_FORWARD) +
                sim_layer_cost_flop(me, &model->layers[l], me->plan->batch, SIM_BACKWARD);
    return flop / me->plan->batch;
}
