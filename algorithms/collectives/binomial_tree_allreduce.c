/* binomial_tree_allreduce -- N workers sum a gradient of G bytes up a binomial tree, and send it down again.
 *
 * In round j of the reduction the workers whose number is an odd multiple of 2^j send their sums to the one
 * 2^j before them; after ceil(lg N) rounds worker 0 has the sum of all, and the broadcast is the same tree
 * downwards.  It moves no byte more than the ring does, but nearly all of them through few cards and one after
 * another: it is what reduce-and-broadcast costs.
 *
 * Paper: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Perform. Comput. Appl. 19(1), 2005 (sections 4.2 and 4.4).
 *
 * Closed forms: 2(N-1)G bytes, 2(N-1) messages; on one switch k (2(a + G/B) + f G/S) seconds, k = ceil(lg N).
 * With c chunks the rounds of chunks overlap, and time tends to that of worker 0's card, k G/B each way.
 *
 * N counts the workers: worker 0, the root, is one of them.  Not modelled: other roots than worker 0.
 * A slow worker delays those above it, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {COLLECTIVE_GRADIENT_PARAMETERS, {0}};

bool binomial_reduce_steps(int n, int rank, int s, struct sim_step *step)
{
    const int distance = 1 << s, place = rank % (2 * distance);

    if (s >= collective_ceil_log2(n))
        return false;
    *step = collective_idle("reduce");
    step->send = step->receive = sim_whole();
    step->combine = SIM_SUM;
    if (place == distance)
        step->to = rank - distance;
    else if (place == 0 && rank + distance < n)
        step->from = rank + distance;
    return true;
}

bool binomial_tree_allreduce_steps(int n, int rank, int s, struct sim_step *step)
{
    return binomial_reduce_steps(n, rank, s, step) ||
           binomial_broadcast_steps(n, rank, s - collective_ceil_log2(n), step);
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, adds those below it, gets the sum"}, {0}};

/* ---- laws ---- */

static double rounds(const struct sim_plan *plan)
{
    return collective_ceil_log2(collective_workers(plan));
}

static double all_messages(const struct sim_plan *plan)
{
    return 2.0 * (collective_workers(plan) - 1);
}

static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    return rounds(plan) * (double)bytes;
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double k = rounds(plan), g = (double)bytes;

    return (struct collective_path){2 * k, 2 * k * g, k * g};
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_REDUCE,
    .steps = binomial_tree_allreduce_steps,
    .all_bytes = collective_twice_n_minus_1,
    .all_messages = all_messages,
    .busiest_card = busiest_card,
    .path = path,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("2(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("2(N-1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("k G, k = ceil(lg N): worker 0's"),
    COLLECTIVE_LAW_OF_SECONDS("C + k(2(a + G/B) + f G/S), k = ceil(lg N)", ""),
    {0}};

SIM_ALGORITHM(binomial_tree_allreduce) = {
    .name = "binomial_tree_allreduce",
    .summary = "N workers sum up a binomial tree, and the sum goes down again: 2 lg N times G/B",
    .paper = "Thakur, Rabenseifner and Gropp, Optimization of collective communication operations "
             "in MPICH, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .counts = "N workers; the root is one of them",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
