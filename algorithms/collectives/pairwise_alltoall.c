/* pairwise_alltoall -- N workers have a block for each of the others, and exchange them pair by pair.
 *
 * In step i a worker sends one block straight to where it belongs: to worker r xor i when N is a power of two,
 * so that pairs exchange, else to worker r + i while it receives from r - i.  Every block moves once.
 * Blocks are counted from oneself: block d of worker r is for worker r + d at first, and from worker r - d at
 * the end; a local turn gives MPI's order.
 *
 * Paper: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Perform. Comput. Appl. 19(1), 2005 (section 4.6, pairwise exchange).
 *
 * Closed forms: N(G - ceil(G/N)) bytes, since block 0 stays, N(N-1)c messages; on one switch
 * (N-1) a + (G - ceil(G/N))/B seconds; a power of two must divide G for that.
 *
 * N counts the workers.  Not modelled: blocks of unequal sizes, but for one byte.
 * A slow worker delays each of the others once; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS(
        "G, what every worker has for all: N blocks, one for each, itself included"),
    {0}};

bool pairwise_alltoall_steps(int n, int rank, int s, struct sim_step *step)
{
    const bool is_power = n == 1 << collective_floor_log2(n);
    const int i = s + 1;

    if (i >= n)
        return false;
    *step = (struct sim_step){
        .to = is_power ? rank ^ i : (rank + i) % n,
        .from = is_power ? rank ^ i : (rank + n - i) % n,
        .combine = SIM_REPLACE,
        .sends_original = true,
        .phase = "exchange",
    };
    step->send = sim_chunk(n, step->to - rank);
    step->receive = sim_chunk(n, rank - step->from);
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "exchanges blocks with all others in turn"}, {0}};

/* ---- laws ---- */

/* All blocks but the first, which is one of the largest. */
static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    return (double)(bytes - sim_largest_chunk(bytes, collective_workers(plan)));
}

static double all_bytes(const struct sim_plan *plan, int64_t bytes)
{
    return collective_workers(plan) * busiest_card(plan, bytes);
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    return (struct collective_path){collective_workers(plan) - 1, busiest_card(plan, bytes), 0};
}

/* Round the ring all workers send blocks of one size in each step; partners by xor do not. */
static bool is_odd_or_equal(const struct sim_plan *plan)
{
    const int n = collective_workers(plan);

    return n != 1 << collective_floor_log2(n) || collective_even(plan);
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_TO_ALL,
    .steps = pairwise_alltoall_steps,
    .edges = collective_all_edges,
    .all_bytes = all_bytes,
    .all_messages = collective_n_squared_minus_n,
    .busiest_card = busiest_card,
    .path = path,
    .path_is_exact = is_odd_or_equal,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("N(G - ceil(G/N))"),
    COLLECTIVE_LAW_OF_MESSAGES("N(N-1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("G - ceil(G/N)"),
    COLLECTIVE_LAW_OF_SECONDS("C + (N-1)a + (G - ceil(G/N))/B",
                              ", equal blocks if N is a power of two" COLLECTIVE_UP_TO_512),
    {0}};

SIM_ALGORITHM(pairwise_alltoall) = {
    .name = "pairwise_alltoall",
    .summary = "N workers exchange blocks pair by pair: every block moves once",
    .paper = "Thakur, Rabenseifner and Gropp, Optimization of collective communication operations "
             "in MPICH, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .counts = "N workers",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
