/* fedasync -- the server mixes each update into its model as soon as it arrives, the staler the less.
 *
 *   w_t = (1 - alpha_t) w_(t-1) + alpha_t w_new,   alpha_t = alpha s(t - tau)
 *
 * where the client began from version tau, and s is 1, (d + 1)^-a, or 1 up to d = b and 1 / (a (d - b) + 1) beyond.
 * alpha_t is worked out of alpha anew each time.  Clients minimise F_k(w) + (mu / 2) |w - w_tau|^2.  M of them are
 * at work at once; whoever has sent its update is replaced at once by one drawn at random, which may be itself.
 *
 * Paper: Xie, Koyejo, Gupta, Asynchronous federated optimization, arXiv 1903.03934, 2019 (Algorithm 1, section 5.2).
 *
 * A round is one update: iterations are versions, clients_per_round is 1, and `aggregation` has nothing to weigh.
 * R versions make R (M - 1) staleness in all, those still at work included: each version makes the M - 1 others
 * staler by one.  Stragglers' partial work is mixed in like the rest.  N counts the clients; the server is
 * none of them.  Not modelled: the paper's scheduler, which delays the start of clients so that they do not all
 * come at once.  With secure_aggregation a trusted party opens each update by itself (shared/trusted.c): it is
 * masked on its way, and a sum of one hides nothing from the server. */
#include "algorithms/federated/rules/staleness.h"
#include "algorithms/federated/shared/concurrent.h"

struct fedasync {
    struct concurrent common;
    double mixing, a, b, mu;
    int staleness;
};

static const char *const forms[] = {[STALENESS_CONSTANT] = "constant",
                                    [STALENESS_POLYNOMIAL] = "polynomial",
                                    [STALENESS_HINGE] = "hinge",
                                    NULL};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS,
    CONCURRENT_PARAMETERS,
    {SIM_RATIO(struct fedasync, mixing), SIM_DEFAULT("0.6", SIM_OURS), .least = 0, .most = 1,
     .help = "alpha, the weight of an update that is not stale"},
    {SIM_CHOICE(struct fedasync, staleness),
     SIM_DEFAULT("polynomial", SIM_OURS ", among the three of Xie et al. 2019"), .choices = forms,
     .help = "s: constant 1; polynomial (d + 1)^-a; hinge 1 up to b, then 1 / (a (d - b) + 1)"},
    {SIM_RATIO(struct fedasync, a), SIM_DEFAULT("0.5", SIM_OURS), .least = 0, .most = 1e6,
     .help = "a of s; not read by constant"},
    {SIM_RATIO(struct fedasync, b), SIM_DEFAULT("4", SIM_OURS), .least = 0, .most = 1e6,
     .help = "b of s, in versions; read by hinge only"},
    {SIM_RATIO(struct fedasync, mu), SIM_DEFAULT("0.005", SIM_OURS), .least = 0, .most = 1e6,
     .help = "weight of the clients' proximal term"},
    {0}};

static void assign(struct fed_server *server, struct fed_turn *turn)
{
    const struct fedasync *own = server->me->parameters;

    turn->mu = own->mu;
}

/* What the client has trained, out of its unmasked change. */
static void open_update(struct fed_server *server, struct fed_turn *const *arrived, int i)
{
    struct fed_turn *turn = arrived[i];
    const double *sum = fed_opened_sum(server, &arrived[i], 1);
    const double weight = fed_opened_weight(server, turn);

    for (size_t j = 0; j < server->fed->number_count; j++)
        turn->values[j] = turn->start[j] + sum[j] / weight;
}

static void aggregate(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const struct fedasync *own = server->me->parameters;
    const struct staleness rule = {(enum staleness_form)own->staleness, own->a, own->b};

    for (int i = 0; i < count; i++) {
        const int versions = server->round - arrived[i]->round;
        const double mixing = staleness_mixing(&rule, own->mixing, versions);

        if (server->model != NULL && fed_has_trusted(server->fed))
            open_update(server, arrived, i);
        if (server->model != NULL)
            staleness_mix(server->model, arrived[i]->values, server->fed->number_count, mixing);
        sim_note(server->me, "staleness", versions);
        sim_note(server->me, "mixing", mixing);
    }
}

static const struct fed_method method = {CONCURRENT_HOOKS, .assign = assign,
                                         .aggregate = aggregate};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct federated *common = plan->parameters;

    if (common->clients_per_round != 1)
        return sim_fail(err,
                        "algorithm.clients_per_round: fedasync makes a new model of each update, "
                        "so this is 1, not %d; say how many are at work with concurrency.",
                        common->clients_per_round);
    return concurrent_prepare(plan, &method, err);
}

static const struct sim_role roles[] = {CONCURRENT_ROLES};
static const struct sim_law laws[] = {FED_BYTES_LAW, CONCURRENT_LAW, {0}};

SIM_ALGORITHM(fedasync) = {
    .name = "fedasync",
    .summary = "a server mixes each client's model in as it arrives, the staler the less",
    .paper = "Xie, Koyejo, Gupta, Asynchronous federated optimization, arXiv 1903.03934, 2019",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct fedasync),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
