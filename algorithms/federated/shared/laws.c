/* laws.c -- closed forms.  Who is chosen, who straggles and what jitters are functions of the seed, so seconds
 * can be added up by hand: that the protocol waits for whom it should is what the law of seconds checks. */
#include "algorithms/federated/shared/federated.h"

bool fed_has_changed_sizes(const struct sim_plan *plan)
{
    return fed_of(plan)->options->compression != FED_NOT_COMPRESSED || fed_is_masked(fed_of(plan));
}

/* Messages are counted by the server, bytes by the network. */
double fed_message_bytes(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const struct fed_tally *tally = fed->tally;

    if (fed_has_trusted(fed))
        return (double)tally->downloads * (double)(fed->model_bytes + fed_key_bytes(fed)) +
               (double)tally->uploads * (double)fed_sealed_bytes(fed, fed->model_bytes) +
               (double)tally->trusted_bytes;

    if (fed_has_changed_sizes(plan))
        return (double)(tally->down_bytes + tally->up_bytes);
    return (double)(tally->downloads + tally->uploads) * (double)fed->model_bytes;
}

/* Also those of clients on the server's host. */
double fed_all_bytes(const struct sim_totals *totals)
{
    return (double)(totals->bytes + totals->local_bytes);
}

double fed_counted_messages(const struct sim_plan *plan)
{
    return (double)fed_of(plan)->tally->messages;
}

/* ---- whole rounds ---- */

bool fed_is_whole(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const struct federated *options = fed->options;

    return plan->is_undisturbed && options->compression == FED_NOT_COMPRESSED &&
           !fed_is_masked(fed) && options->drop_out == 0 && options->round_deadline == 0 &&
           fed_chosen(options) == fed_goal(options) && options->target_accuracy == 0 &&
           (options->stragglers == 0 || options->straggler_work == FED_ALL_EPOCHS ||
            fed->method->takes_partial_work);
}

double fed_whole_bytes(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);

    return 2.0 * plan->iterations * fed_goal(fed->options) * (double)fed->model_bytes;
}

/* ---- seconds ---- */

/* From the server to each client, and back. */
static bool edges(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *clients = sim_role(plan, "client");
    const int server = sim_role(plan, "server")->peers[0];

    if (i >= 2 * clients->size)
        return false;
    *edge = i % 2 == 0 ? (struct sim_edge){server, clients->peers[i / 2]}
                       : (struct sim_edge){clients->peers[i / 2], server};
    return true;
}

bool fed_is_uncontended(const struct sim_plan *plan)
{
    return sim_is_uncontended(plan, edges, fed_chosen(fed_of(plan)->options));
}

/* ---- seconds of messages ---- */

double fed_alone_seconds(const struct sim_plan *plan)
{
    return fed_of(plan)->tally->told_seconds;
}

double fed_upload_seconds(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "upload_seconds");
}

/* Even if all clients were at it at once. */
bool fed_has_room(const struct sim_plan *plan)
{
    return sim_is_uncontended(plan, edges, sim_role(plan, "client")->size);
}

bool fed_is_ideal(const struct sim_plan *plan)
{
    return fed_is_whole(plan) && fed_is_uncontended(plan);
}

static double turn_seconds(const struct sim_plan *plan, const struct fed_turn *turn, bool straggles)
{
    const int round = turn->round, client = turn->client;
    const int server = sim_role(plan, "server")->peers[0];
    const int peer = sim_role(plan, "client")->peers[client];
    const int epochs = straggles && fed_of(plan)->options->straggler_work == FED_PARTIAL
                           ? fed_partial_epochs(plan, round, client)
                           : fed_of(plan)->options->local_epochs;

    return sim_alone_seconds(plan, server, peer, turn->down_bytes) +
           sim_alone_seconds(plan, peer, server, turn->up_bytes) +
           fed_sample_seconds(plan, peer) * turn->flop_share *
               fed_of(plan)->devices[client].samples.count * epochs *
               fed_slowness(plan, round, client, straggles);
}

double fed_rounds_seconds(const struct sim_plan *plan, fed_chosen_in *chosen)
{
    const struct fed *fed = fed_of(plan);
    const double server_flop_per_second =
        sim_flop_per_second(plan, sim_role(plan, "server")->peers[0]);
    int *order = sim_new(plan->arena, int, (size_t)fed->options->clients);
    bool *straggles = sim_new(plan->arena, bool, (size_t)fed->options->clients);
    double seconds = 0;

    for (int r = 0; r < plan->iterations; r++) {
        int count = fed_goal(fed->options);
        double longest = 0, bytes = 0;

        if (chosen != NULL)
            count = chosen(plan, r, order);
        else
            fed_shuffled(plan, r, order);
        fed_straggling(plan, r, count, straggles);
        for (int i = 0; i < count; i++) {
            const struct fed_turn turn = fed_sized(plan, r, order[i]);

            longest = fmax(longest, turn_seconds(plan, &turn, straggles[i]));
            bytes += (double)turn.up_bytes;
        }
        seconds += longest + fed->options->flop_per_byte * bytes / server_flop_per_second;
    }
    return seconds;
}

double fed_ideal_seconds(const struct sim_plan *plan)
{
    return fed_rounds_seconds(plan, NULL);
}

/* ---- steps ---- */

bool fed_has_equal_parts(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const int batch = fed->options->batch_size, first = fed->devices[0].samples.count;

    for (int k = 1; k < fed->options->clients; k++)
        if (fed->devices[k].samples.count != first)
            return false;
    return (fed->options->stragglers == 0 || fed->options->straggler_work == FED_ALL_EPOCHS) &&
           (batch == 0 || first % batch == 0);
}

double fed_ideal_steps(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const double all = (double)fed->devices[0].samples.count * fed->options->clients;
    const double batch =
        fed->options->batch_size == 0 ? fed->devices[0].samples.count : fed->options->batch_size;

    return all * fed->options->local_epochs / (fed->options->clients * batch);
}

double fed_mean_steps(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "updates_per_client");
}
