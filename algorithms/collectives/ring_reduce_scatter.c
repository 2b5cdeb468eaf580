/* ring_reduce_scatter -- N workers sum gradients of G bytes; each ends with one N-th of the sum.
 *
 * The first half of the ring all-reduce: the gradient is cut in N chunks, and in each of N-1 steps a worker
 * sends one chunk to its right neighbour and adds the one that comes from its left.  Chunk r begins its
 * journey at worker r+1 and ends it, complete, at worker r.
 *
 * Paper: Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations,
 * J. Parallel Distrib. Comput. 69(2), 2009.
 *
 * Closed forms: (N-1)G bytes, N(N-1) messages for each chunk of the pipeline; on one switch
 * (N-1)(a + ceil(G/N)/B + f ceil(G/N)/S) seconds.
 *
 * N counts the workers.  Not modelled: what a worker does with its part of the sum.
 * A slow worker or link slows the whole ring down to its pace; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {COLLECTIVE_GRADIENT_PARAMETERS, {0}};

bool ring_reduce_scatter_steps(int n, int rank, int s, struct sim_step *step)
{
    if (s >= n - 1)
        return false;
    *step = (struct sim_step){
        .to = (rank + 1) % n,
        .send = sim_chunk(n, rank - 1 - s),
        .from = (rank + n - 1) % n,
        .receive = sim_chunk(n, rank - 2 - s),
        .combine = SIM_SUM,
        .all_alike = true,
        .phase = "share-reduce",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, then passes chunks to its right neighbour"},
    {0}};

/* ---- laws ---- */

static const struct collective_way way = {
    .result = COLLECTIVE_REDUCE_SCATTER,
    .steps = ring_reduce_scatter_steps,
    .edges = collective_ring_edges,
    .all_bytes = collective_n_minus_1,
    .all_messages = collective_n_squared_minus_n,
    .busiest_card = collective_all_but_one,
    .path = collective_hops_with_sums,
    .path_is_exact = collective_once_or_even,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("N(N-1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("(N-1)G/N, in whole chunks"),
    COLLECTIVE_LAW_OF_SECONDS("C + (N-1)(a + ceil(G/N)/B + f ceil(G/N)/S)",
                              ", one iteration or equal chunks"),
    {0}};

SIM_ALGORITHM(ring_reduce_scatter) = {
    .name = "ring_reduce_scatter",
    .summary = "N workers sum gradients round a ring; each keeps one N-th of the sum",
    .paper = "Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of "
             "workstations, J. Parallel Distrib. Comput. 69(2), 2009",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
