/* recursive_doubling_allreduce -- N workers sum a gradient of G bytes by exchanging all of it lg N times.
 *
 * In round j each worker exchanges its whole sum so far with the one whose number differs in bit j, and both
 * add: after lg N rounds all have the sum of all.  It has the fewest rounds there can be, and moves the most
 * bytes, so it is for short messages.  When N is no power of two, N' = 2^k is the largest below it, and the
 * N - N' even workers among the first 2(N-N') give their gradients to their right neighbours, sit out, and
 * get the sum at the end.
 *
 * Paper: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Perform. Comput. Appl. 19(1), 2005 (section 4.5; the folding as well).
 *
 * Closed forms: (N' k + 2(N-N')) messages, each of G bytes; on one switch k (a + G/B + f G/S) seconds, and
 * 2(a + G/B) + f G/S more when N is no power of two.
 *
 * N counts the workers: there is no server.  Not modelled: the copies inside a worker.
 * A slow worker delays its partner of each round, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {COLLECTIVE_GRADIENT_PARAMETERS, {0}};

bool recursive_doubling_allreduce_steps(int n, int rank, int s, struct sim_step *step)
{
    int round;

    switch (collective_fold(n, rank, s, collective_floor_log2(n), step, &round)) {
    case COLLECTIVE_OVER: return false;
    case COLLECTIVE_FOLD: return true;
    case COLLECTIVE_ROUND: break;
    }
    *step = (struct sim_step){
        .to = collective_rank_of(n, collective_place_of(n, rank) ^ 1 << round),
        .send = sim_whole(),
        .receive = sim_whole(),
        .combine = SIM_SUM,
        .phase = "exchange",
    };
    step->from = step->to;
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, then exchanges all of it in each round"},
    {0}};

/* ---- laws ---- */

static int rounds(const struct sim_plan *plan)
{
    return collective_floor_log2(collective_workers(plan));
}

static int folded(const struct sim_plan *plan)
{
    return collective_workers(plan) - (1 << rounds(plan));
}

static double all_messages(const struct sim_plan *plan)
{
    return (double)(1 << rounds(plan)) * rounds(plan) + 2.0 * folded(plan);
}

static double all_bytes(const struct sim_plan *plan, int64_t bytes)
{
    return all_messages(plan) * (double)bytes;
}

static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    return (double)bytes * (rounds(plan) + (folded(plan) > 0));
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double folds = folded(plan) > 0, g = (double)bytes;

    return (struct collective_path){rounds(plan) + 2 * folds, (rounds(plan) + 2 * folds) * g,
                                    (rounds(plan) + folds) * g};
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_REDUCE,
    .steps = recursive_doubling_allreduce_steps,
    .all_bytes = all_bytes,
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
    COLLECTIVE_LAW_OF_BYTES("(N' k + 2(N-N'))G, k = floor(lg N), N' = 2^k"),
    COLLECTIVE_LAW_OF_MESSAGES("(N' k + 2(N-N'))c"),
    COLLECTIVE_LAW_OF_THE_CARD("k G, and G more if N' < N"),
    COLLECTIVE_LAW_OF_SECONDS("C + k(a + G/B + f G/S), and 2(a + G/B) + f G/S more if N' < N", ""),
    {0}};

SIM_ALGORITHM(recursive_doubling_allreduce) = {
    .name = "recursive_doubling_allreduce",
    .summary = "N workers exchange whole gradients in lg N rounds: few messages, many bytes",
    .paper = "Thakur, Rabenseifner and Gropp, Optimization of collective communication operations "
             "in MPICH, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
