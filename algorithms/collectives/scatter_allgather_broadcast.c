/* scatter_allgather_broadcast -- worker 0 sends G bytes to N-1 others: first one N-th to each, then all to all.
 *
 * The message is cut in N blocks, which go down a binomial tree, each worker keeping the first of those it got
 * and passing the rest on; then a ring all-gather gives all blocks to all.  The root sends the message about
 * twice instead of lg N times, so it is for long messages.
 *
 * Paper: van de Geijn, On global combine operations, J. Parallel Distrib. Comput. 22(2), 1994; Thakur,
 * Rabenseifner and Gropp, Optimization of collective communication operations in MPICH, Int. J. High Perform.
 * Comput. Appl. 19(1), 2005 (section 4.2).
 *
 * Closed forms: (N-1)G bytes and, in the tree, each block once for each bit of its number ((k/2)G where N = 2^k
 * divides G); (N-1) + N(N-1) messages for a chunk; on one switch (k + N-1) a + 2(N-1)G/(N B) seconds where N is a
 * power of two that divides G.
 *
 * N counts the workers: the root is worker 0.  Not modelled: other roots; MPICH leaves out no block that a
 * worker already has from the tree either.
 * A slow worker delays all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS("G, the size of what worker 0 sends to all"), {0}};

/* Worker r passes on the blocks r + distance .. r + 2 distance - 1, as far as there are any. */
static struct sim_step scatter(int n, int rank, int distance)
{
    struct sim_step step = collective_idle("scatter");
    const int place = rank % (2 * distance), first = rank - place + distance;

    step.send = (struct sim_range){
        .first = first, .count = first + distance < n ? distance : n - first, .of = n};
    step.receive = step.send;
    if (place == distance)
        step.from = rank - distance;
    else if (place == 0 && rank + distance < n)
        step.to = rank + distance;
    return step;
}

bool scatter_allgather_broadcast_steps(int n, int rank, int s, struct sim_step *step)
{
    const int rounds = collective_ceil_log2(n);

    if (s >= rounds)
        return ring_allgather_steps(n, rank, s - rounds, step);
    *step = scatter(n, rank, 1 << (rounds - 1 - s));
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker,
     "gets its blocks, passes on those of others, then blocks go round"},
    {0}};

/* ---- laws ---- */

static double all_messages(const struct sim_plan *plan)
{
    const double n = collective_workers(plan);

    return (n - 1) + n * (n - 1);
}

static double all_bytes(const struct sim_plan *plan, int64_t bytes)
{
    const int n = collective_workers(plan);
    double sum = collective_n_minus_1(plan, bytes);

    for (int b = 1; b < n; b++)
        sum += collective_bits(b) *
               (double)(sim_part_begin(bytes, b + 1, n) - sim_part_begin(bytes, b, n));
    return sum;
}

/* Worker 0 sends all blocks but its own down the tree, and all but its neighbour's round the ring. */
static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    const int n = collective_workers(plan);

    return n == 2 ? (double)bytes : (double)(2 * bytes - sim_part_begin(bytes, 2, n));
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double n = collective_workers(plan);

    return (struct collective_path){collective_floor_log2(collective_workers(plan)) + n - 1,
                                    2 * (n - 1) / n * (double)bytes, 0};
}

static bool is_equal_power_of_two(const struct sim_plan *plan)
{
    const int n = collective_workers(plan);

    return n == 1 << collective_floor_log2(n) && collective_even(plan);
}

static const struct collective_way way = {
    .result = COLLECTIVE_BROADCAST,
    .steps = scatter_allgather_broadcast_steps,
    .edges = collective_all_edges,
    .all_bytes = all_bytes,
    .all_messages = all_messages,
    .busiest_card = busiest_card,
    .path = path,
    .path_is_exact = is_equal_power_of_two,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("(N-1)G, and the sum over b of bits(b) block(b)"),
    COLLECTIVE_LAW_OF_MESSAGES("(N-1)(N+1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("2G less the first two blocks: worker 0's"),
    COLLECTIVE_LAW_OF_SECONDS("C + (k + N-1)a + 2(N-1)G/(N B), k = lg N",
                              ", N a power of two that divides G" COLLECTIVE_UP_TO_512),
    {0}};

SIM_ALGORITHM(scatter_allgather_broadcast) = {
    .name = "scatter_allgather_broadcast",
    .summary = "worker 0 sends a block to each, and all pass them round: about 2G/B",
    .paper = "van de Geijn, On global combine operations, J. Parallel Distrib. Comput. 22(2), 1994",
    .counts = "N workers; the root is worker 0",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
