/* ring_allreduce -- N workers sum a gradient of G bytes round a ring.
 *
 * The gradient is cut in N chunks.  In the share-reduce phase (N-1 steps) each worker sends one chunk to
 * its right neighbour and adds the one that comes from its left, so that in the end each worker owns the
 * full sum of one chunk; in the share-only phase (N-1 steps) the summed chunks go once round the ring.
 * Every network card carries 2(N-1)G/N bytes each way, however many workers there are.
 *
 * Paper: Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of workstations,
 * J. Parallel Distrib. Comput. 69(2), 2009 (the ring; the lower bound of its section 3).
 *
 * Closed forms: 2(N-1)G bytes, 2N(N-1) messages for each chunk of the pipeline; on one switch 2(N-1)(a + ceil(G/N)/B) seconds, and
 * (N-1) f ceil(G/N)/S for the additions, a = latency, B = bandwidth, f = flop per byte, S = speed.
 * When N does not divide G, the first G mod N chunks are one byte longer: the journey of such a chunk
 * round the ring is the longest path, hence ceil.
 *
 * N counts the workers: there is no server.  `chunks` cuts the gradient into that many rings, of which
 * some are under way at a time: what one adds while another moves.  Not modelled: overlap of communication
 * with the backward pass.
 * A slow worker or link slows the whole ring down to its pace; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {COLLECTIVE_GRADIENT_PARAMETERS, {0}};

/* Steps 0..n-2 share-reduce, steps n-1..2n-3 share-only; chunks are counted round the ring. */
bool ring_allreduce_steps(int n, int rank, int s, struct sim_step *step)
{
    const bool reducing = s < n - 1;
    const int sent = reducing ? rank - s : rank + 1 - (s - (n - 1));

    if (s >= 2 * (n - 1))
        return false;
    *step = (struct sim_step){
        .to = (rank + 1) % n,
        .send = sim_chunk(n, sent),
        .from = (rank + n - 1) % n,
        .receive = sim_chunk(n, sent - 1),
        .combine = reducing ? SIM_SUM : SIM_REPLACE,
        .all_alike = true,
        .phase = reducing ? "share-reduce" : "share-only",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, then passes chunks to its right neighbour"},
    {0}};

/* ---- laws ---- */

static double all_messages(const struct sim_plan *plan)
{
    const double n = collective_workers(plan);

    return 2 * n * (n - 1);
}

/* Of the 2(N-1) chunks that a worker sends, it leaves out chunk r+1 when reducing and r+2 when
 * sharing; the busiest leaves out two of the smaller ones, if there are two. */
static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    const int n = collective_workers(plan);
    const int64_t smaller = bytes / n, larger = sim_largest_chunk(bytes, n);
    const int64_t left_out = bytes % n == n - 1 ? smaller + larger : 2 * smaller;

    return (double)(2 * bytes - left_out);
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double hops = collective_workers(plan) - 1;
    const double chunk = (double)sim_largest_chunk(bytes, collective_workers(plan));

    return (struct collective_path){2 * hops, 2 * hops * chunk, hops * chunk};
}

/* Workers with the smaller chunks start their next iteration earlier, so the longest path of several
 * iterations is the sum of theirs only when all chunks are alike. */
static const struct collective_way way = {
    .result = COLLECTIVE_ALL_REDUCE,
    .steps = ring_allreduce_steps,
    .edges = collective_ring_edges,
    .all_bytes = collective_twice_n_minus_1,
    .all_messages = all_messages,
    .busiest_card = busiest_card,
    .path = path,
    .path_is_exact = collective_once_or_even,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("2(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("2N(N-1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("2(N-1)G/N, in whole chunks"),
    COLLECTIVE_LAW_OF_SECONDS("C + 2(N-1)(a + ceil(G/N)/B) + (N-1) f ceil(G/N)/S",
                              ", one iteration or equal chunks"),
    {0}};

SIM_ALGORITHM(ring_allreduce) = {
    .name = "ring_allreduce",
    .summary = "N workers sum a gradient round a ring: every network card carries 2(N-1)G/N",
    .paper = "Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of "
             "workstations, J. Parallel Distrib. Comput. 69(2), 2009",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
