/* random_dropping -- federated averaging in which the server leaves out some of those it has chosen, at random.
 *
 * A baseline for methods that decide with reason whom to leave out: each of the m clients that fedavg would have
 * chosen is kept with probability `keep_rate`, and at least one of them is; the others are not even sent the model.
 * The mean is taken over those that are kept.
 *
 * Paper: as a baseline in S. Q. Zhang, Lin, Q. Zhang, A multi-agent reinforcement learning approach for efficient
 * client selection in federated learning, AAAI 2022.
 *
 * A round sends 2 G bytes for each that is kept.  N counts the clients; the server is none of them.
 * Clients that straggle, vanish or die: as in fedavg. */
#include "algorithms/federated/shared/federated.h"

struct random_dropping {
    struct federated common;
    double keep_rate;
};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS,
    {SIM_RATIO(struct random_dropping, keep_rate), SIM_DEFAULT("0.5", SIM_OURS), .least = 0,
     .most = 1, .help = "probability with which one that was chosen is kept"},
    {0}};

/* Those that are kept, first in `order`; how many. */
static int keep(const struct sim_plan *plan, int round, int *order)
{
    const struct random_dropping *own = plan->parameters;
    const int chosen = fed_chosen(&own->common);
    int kept = 0;

    fed_shuffled(plan, round, order);
    for (int i = 0; i < chosen; i++) {
        struct sim_random *random = fed_random(plan, FED_OWN, round, order[i]);
        const bool is_kept = sim_random_uniform(random) < own->keep_rate;
        const int client = order[i];

        sim_random_close(random);
        if (!is_kept)
            continue;
        order[i] = order[kept];
        order[kept++] = client;
    }
    return kept > 0 ? kept : 1;
}

static int wanted(const struct fed_server *server)
{
    return server->begun == 0 ? keep(server->me->plan, server->round, server->order) : 0;
}

static void choose(struct fed_server *server, int *order)
{
    keep(server->me->plan, server->round, order);
}

static const struct fed_method method = {.wanted = wanted, .choose = choose};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return fed_prepare(plan, &method, err);
}

/* ---- laws ---- */

static double kept_bytes(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    int *order = sim_new(plan->arena, int, (size_t)fed->options->clients);
    double messages = 0;

    for (int r = 0; r < plan->iterations; r++)
        messages += 2 * keep(plan, r, order);
    return messages * (double)fed->model_bytes;
}

static double ideal_seconds(const struct sim_plan *plan)
{
    return fed_rounds_seconds(plan, keep);
}

static const struct sim_role roles[] = {FED_ROLES};
static const struct sim_law laws[] = {
    FED_BYTES_LAW,
    FED_STEPS_LAW,
    {"bytes of whole rounds", SIM_UNIT_BYTES, "2 G for each client that is kept", kept_bytes,
     fed_all_bytes, .tolerance = 0, .holds = fed_is_whole,
     .assumes = "every client that is kept answers in every round, compression: none"},
    {"seconds", SIM_UNIT_SECONDS, FED_SECONDS, ideal_seconds, sim_total_seconds, .tolerance = 1e-9,
     .holds = fed_is_ideal, .assumes = FED_SECONDS_ASSUMES},
    {0}};

SIM_ALGORITHM(random_dropping) = {
    .name = "random_dropping",
    .summary = "federated averaging that leaves out some of the chosen clients, at random",
    .paper = "baseline in Zhang et al., A multi-agent reinforcement learning approach for "
             "efficient client selection in federated learning, AAAI 2022",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct random_dropping),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
