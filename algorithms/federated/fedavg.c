/* fedavg -- the server averages the models that some clients, chosen anew each round, have trained on their own data.
 *
 * A round: m of K clients, chosen at random, get the model, make E epochs of descent in batches of B over what
 * they have, and send it back; w = sum n_k w_k / sum n_k over those that arrived.  Of production come
 * over-selection (1.3 m are chosen, the first m count), a deadline, and a minimal share of m without which the
 * round is abandoned; what comes too late is refused, and was sent in vain.
 *
 * Papers: McMahan, Moore, Ramage, Hampson, Aguera y Arcas, Communication-efficient learning of deep networks from
 * decentralized data, AISTATS 2017 (Algorithm 1); Bonawitz et al., Towards federated learning at scale: system
 * design, MLSys 2019 (section 2.2 for rounds).
 *
 * Where all that are chosen answer, R rounds send 2 R m G bytes.
 * Stragglers have time for 1 .. E-1 epochs: FedAvg drops them, as it does clients that vanish or die; the round
 * goes on without them.  N counts the clients; the server is none of them.  Not modelled: check-in, the cost
 * of choosing and of testing the model, encryption. */
#include "algorithms/federated/shared/federated.h"

static const struct sim_parameter parameters[] = {FED_PARAMETERS, {0}};

static const struct fed_method method = {.takes_partial_work = false};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &method, err);
}

static const struct sim_role roles[] = {FED_ROLES};
static const struct sim_law laws[] = {FED_LAWS, FED_STEPS_LAW, {0}};

SIM_ALGORITHM(fedavg) = {
    .name = "fedavg",
    .summary = "a server averages models that clients train on data of their own",
    .paper = "McMahan et al., Communication-efficient learning of deep networks from decentralized "
             "data, AISTATS 2017",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct federated),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
