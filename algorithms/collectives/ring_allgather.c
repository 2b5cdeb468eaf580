/* ring_allgather -- N workers have one block each, and pass all blocks round a ring.
 *
 * The second half of the ring all-reduce: in each of N-1 steps a worker sends the block that it got last (its
 * own at first) to its right neighbour.  Only neighbours talk, which suits rings and tori; the last block has
 * made N-1 hops.
 *
 * Paper: Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations,
 * J. Parallel Distrib. Comput. 69(2), 2009.
 *
 * Closed forms: (N-1)G bytes, N(N-1)c messages; on one switch (N-1)(a + ceil(G/N)/B) seconds; G is all blocks
 * together.
 *
 * N counts the workers.  Not modelled: blocks of unequal sizes, but for one byte.
 * A slow worker or link slows the whole ring down to its pace; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS("G, what every worker has at the end: N blocks, one from each"),
    {0}};

bool ring_allgather_steps(int n, int rank, int s, struct sim_step *step)
{
    if (s >= n - 1)
        return false;
    *step = (struct sim_step){
        .to = (rank + 1) % n,
        .send = sim_chunk(n, rank - s),
        .from = (rank + n - 1) % n,
        .receive = sim_chunk(n, rank - 1 - s),
        .combine = SIM_REPLACE,
        .all_alike = true,
        .phase = "share-only",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "passes blocks to its right neighbour"}, {0}};

/* ---- laws ---- */

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_GATHER,
    .steps = ring_allgather_steps,
    .edges = collective_ring_edges,
    .all_bytes = collective_n_minus_1,
    .all_messages = collective_n_squared_minus_n,
    .busiest_card = collective_all_but_one,
    .path = collective_hops,
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
    COLLECTIVE_LAW_OF_THE_CARD("(N-1)G/N, in whole blocks"),
    COLLECTIVE_LAW_OF_SECONDS("C + (N-1)(a + ceil(G/N)/B)", ", one iteration or equal blocks"),
    {0}};

SIM_ALGORITHM(ring_allgather) = {
    .name = "ring_allgather",
    .summary = "N workers pass their blocks round a ring until all have all",
    .paper = "Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of "
             "workstations, J. Parallel Distrib. Comput. 69(2), 2009",
    .counts = "N workers",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
