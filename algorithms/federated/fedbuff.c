/* fedbuff -- clients work on asynchronously, and the server adds their changes K at a time.
 *
 * A client sends values - start; K of them in the buffer make a new version:  w += eta_g sum of weight x change.
 * The weight of a change that is d versions stale is 1 / sqrt(1 + d), divided by K (`goal`, Algorithm 1: stale
 * changes shorten the step) or by the sum of these (`weights`, as FedScale has it).  Of aggregation: samples each
 * is first multiplied by n_k / the mean of those in the buffer, as in fedavg; plain is the paper's.
 * M clients are at work at once; who ends is replaced at once by a free one, drawn at random.  One whose change is
 * in the buffer is not free until the buffer is emptied: it would train on the same version again.
 *
 * Paper: Nguyen, Malik, Zhan, Yousefpour, Rabbat, Malek, Huba, Federated learning with buffered asynchronous
 * aggregation, AISTATS 2022 (Algorithm 1, section 5).
 *
 * A round is one version: K is clients_per_round.  With K = M = clients and eta_g = 1 this is fedavg.  R versions
 * make R (M - 1) staleness in all, those still at work included.  Stragglers' partial work counts.  If
 * clients die so that no other can be asked, a smaller buffer is added (goal: divided by what it holds).
 * N counts the clients; the server is none of them.  secure_aggregation: as in shared/trusted.c, staleness in
 * whole multiples of 2^-12.  Not modelled: differential privacy. */
#include "algorithms/federated/rules/staleness.h"
#include "algorithms/federated/shared/concurrent.h"

struct fedbuff {
    struct concurrent common;
    double server_learning_rate;
    int normalisation;
};

static const char *const norms[] = {
    [BUFFER_BY_GOAL] = "goal", [BUFFER_BY_WEIGHT] = "weights", NULL};

static const struct sim_parameter parameters[] = {
    FED_PARAMETERS,
    CONCURRENT_PARAMETERS,
    {SIM_RATIO(struct fedbuff, server_learning_rate), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 0,
     .most = 1e3, .help = "eta_g, on the mean of changes"},
    {SIM_CHOICE(struct fedbuff, normalisation),
     SIM_DEFAULT("goal", "Nguyen et al. 2022, Algorithm 1"), .choices = norms,
     .help = "what weights are divided by: goal, the size of the buffer; weights, their sum"},
    {0}};

/* n_k in place of 1 where samples weigh: relative to their mean, so that the sum without staleness is 1. */
static void weigh_samples(const struct fed_server *server, struct fed_turn *const *arrived,
                          int count, enum buffer_norm norm, double *weights)
{
    double samples = 0, sum = 0;

    for (int i = 0; i < count; i++)
        samples += fed_weight(server->options, arrived[i]);
    for (int i = 0; i < count; i++) {
        weights[i] *= fed_weight(server->options, arrived[i]) * count / samples;
        sum += weights[i];
    }
    for (int i = 0; i < count && norm == BUFFER_BY_WEIGHT; i++)
        weights[i] /= sum;
}

static double discount(const struct fed_server *server, const struct fed_turn *turn)
{
    return staleness_buffer_weight(server->round - turn->round);
}

/* The sum comes weighed; `goal` divides by what it would weigh if nothing were stale. */
static void add_opened(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const struct fedbuff *own = server->me->parameters;
    const double *sum = fed_opened_sum(server, arrived, count);
    double of = 0;

    for (int i = 0; i < count; i++)
        of += own->normalisation == BUFFER_BY_GOAL ? fed_weight(server->options, arrived[i])
                                                   : fed_opened_weight(server, arrived[i]);
    staleness_add(server->model, sum, server->fed->number_count, own->server_learning_rate / of);
}

static void aggregate(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const struct fedbuff *own = server->me->parameters;
    const enum buffer_norm norm = (enum buffer_norm)own->normalisation;
    int64_t *versions = sim_new(server->me->plan->arena, int64_t, (size_t)count);
    double *weights = sim_new(server->me->plan->arena, double, (size_t)count);

    if (server->model == NULL)
        return;
    if (fed_has_trusted(server->fed)) {
        add_opened(server, arrived, count);
        return;
    }
    for (int i = 0; i < count; i++)
        versions[i] = server->round - arrived[i]->round;
    staleness_buffer_weights(norm, versions, count, weights);
    weigh_samples(server, arrived, count, norm, weights);
    for (int i = 0; i < count; i++) {
        const double factor = own->server_learning_rate * weights[i];

        staleness_add(server->model, arrived[i]->values, server->fed->number_count, factor);
        staleness_add(server->model, arrived[i]->start, server->fed->number_count, -factor);
    }
}

/* Weights of 12 bits: exact for what is not stale, to 1.3e-4 else; a sum of 2^20 such numbers still has 64 bits. */
static const struct fed_method method = {CONCURRENT_HOOKS, .weight_bits = 12, .discount = discount,
                                         .aggregate = aggregate};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return concurrent_prepare(plan, &method, err);
}

static bool is_full_and_masked(const struct sim_plan *plan)
{
    return fed_has_trusted(fed_of(plan)) && concurrent_is_full(plan) && sim_has_own_hosts(plan);
}

static const struct sim_role roles[] = {CONCURRENT_ROLES};
static const struct sim_law laws[] = {
    FED_BYTES_LAW,
    CONCURRENT_LAW,
    {"bytes of the trusted party", SIM_UNIT_BYTES, "R (66 K + 8 + masked sum)", fed_trusted_bytes,
     fed_local_bytes, .tolerance = 0, .holds = is_full_and_masked,
     .assumes = "secure_aggregation: yes, full buffers, hosts of their own"},
    {"messages of the trusted party", SIM_UNIT_NONE, "R (K + 2)", fed_trusted_messages,
     fed_noted_trusted_messages, .tolerance = 0, .holds = is_full_and_masked,
     .assumes = "secure_aggregation: yes, full buffers, hosts of their own"},
    {0}};

SIM_ALGORITHM(fedbuff) = {
    .name = "fedbuff",
    .summary = "clients work on asynchronously; a server adds their changes, a buffer at a time",
    .paper = "Nguyen et al., Federated learning with buffered asynchronous aggregation, AISTATS "
             "2022",
    .counts = "N clients; the server is none of them",
    .parameters_size = sizeof(struct fedbuff),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = fed_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
