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
 * N counts the clients; the server is none of them.  Not modelled: differential privacy, the secure enclave. */
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
    {SIM_RATIO(struct fedbuff, server_learning_rate), .value = "1", .least = 0, .most = 1e3,
     .help = "eta_g, on the mean of changes"},
    {SIM_CHOICE(struct fedbuff, normalisation), .value = "goal", .choices = norms,
     .help = "what weights are divided by: goal, the size of the buffer; weights, their sum"},
    {0}};

/* n_k in place of 1 where samples weigh: relative to their mean, so that the sum without staleness is 1. */
static void weigh_samples(const struct fed_server *server, struct fed_turn *const *arrived,
                          int count, enum buffer_norm norm, double *weights)
{
    double samples = 0, sum = 0;

    for (int i = 0; i < count; i++)
        samples += fed_weight(server, arrived[i]);
    for (int i = 0; i < count; i++) {
        weights[i] *= fed_weight(server, arrived[i]) * count / samples;
        sum += weights[i];
    }
    for (int i = 0; i < count && norm == BUFFER_BY_WEIGHT; i++)
        weights[i] /= sum;
}

static void aggregate(struct fed_server *server, struct fed_turn *const *arrived, int count)
{
    const struct fedbuff *own = server->me->parameters;
    const enum buffer_norm norm = (enum buffer_norm)own->normalisation;
    int64_t *versions = sim_new(server->me->plan->arena, int64_t, (size_t)count);
    double *weights = sim_new(server->me->plan->arena, double, (size_t)count);

    if (server->model == NULL)
        return;
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

static const struct fed_method method = {CONCURRENT_HOOKS, .aggregate = aggregate};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return concurrent_prepare(plan, &method, err);
}

static const struct sim_role roles[] = {FED_ROLES};
static const struct sim_law laws[] = {FED_BYTES_LAW, CONCURRENT_LAW, {0}};

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
