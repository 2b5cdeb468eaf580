/* binomial_broadcast -- worker 0 sends G bytes to N-1 others down a binomial tree.
 *
 * In each of ceil(lg N) rounds all who have the message send it to one who has not: first to the worker at the
 * largest power of two below N, then to those at half that distance, and so on.  The root sends the whole
 * message once a round, so it is for short messages.
 *
 * Paper: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Perform. Comput. Appl. 19(1), 2005 (section 4.2).
 *
 * Closed forms: (N-1)G bytes, (N-1)c messages; on one switch k (a + G/B) seconds, k = ceil(lg N).
 *
 * N counts the workers: the root is worker 0.  Not modelled: other roots.
 * A slow worker delays those below it; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS("G, the size of what worker 0 sends to all"), {0}};

bool binomial_broadcast_steps(int n, int rank, int s, struct sim_step *step)
{
    const int rounds = collective_ceil_log2(n);
    const int distance = s < rounds ? 1 << (rounds - 1 - s) : 1, place = rank % (2 * distance);

    if (s >= rounds)
        return false;
    *step = collective_idle("broadcast");
    step->send = step->receive = sim_whole();
    if (place == distance)
        step->from = rank - distance;
    else if (place == 0 && rank + distance < n)
        step->to = rank + distance;
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "gets the message, then sends it to those below"}, {0}};

/* ---- laws ---- */

static double all_messages(const struct sim_plan *plan)
{
    return collective_workers(plan) - 1;
}

static double rounds(const struct sim_plan *plan)
{
    return collective_ceil_log2(collective_workers(plan));
}

static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    return rounds(plan) * (double)bytes;
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    return (struct collective_path){rounds(plan), rounds(plan) * (double)bytes, 0};
}

static const struct collective_way way = {
    .result = COLLECTIVE_BROADCAST,
    .steps = binomial_broadcast_steps,
    .all_bytes = collective_n_minus_1,
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
    COLLECTIVE_LAW_OF_BYTES("(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("(N-1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("k G, k = ceil(lg N): worker 0's"),
    COLLECTIVE_LAW_OF_SECONDS("C + k(a + G/B), k = ceil(lg N)", ""),
    {0}};

SIM_ALGORITHM(binomial_broadcast) = {
    .name = "binomial_broadcast",
    .summary = "worker 0 sends to all down a binomial tree: lg N times G/B",
    .paper = "Thakur, Rabenseifner and Gropp, Optimization of collective communication operations "
             "in MPICH, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .counts = "N workers; the root is worker 0",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
