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
 * Closed forms: 2(N-1)G bytes, 2N(N-1) messages; on one switch 2(N-1)(a + ceil(G/N)/B) seconds, and
 * (N-1) f ceil(G/N)/S for the additions, a = latency, B = bandwidth, f = flop per byte, S = speed.
 * When N does not divide G, the first G mod N chunks are one byte longer: the journey of such a chunk
 * round the ring is the longest path, hence ceil.
 *
 * N counts the workers: there is no server.  Not modelled: cutting a chunk further to overlap addition
 * and transfer; overlap of communication with the backward pass.
 * A slow worker or link slows the whole ring down to its pace; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/collectives.h"

struct ring {
    int workers;
    int64_t gradient_bytes;
    double flop_per_byte;
    double compute_seconds;
    double compute_jitter;
};

static const struct sim_parameter parameters[] = {
    {SIM_COUNT(struct ring, workers), .value = "8", .least = 1, .most = 1 << 20,
     .help = "N, the number of workers, each on a host of its own"},
    {SIM_BYTES(struct ring, gradient_bytes), .value = "100MB", .least = 0, .most = 1e15,
     .help = "G, the size of the gradient that every worker holds"},
    {SIM_FLOP_PER_BYTE(struct ring, flop_per_byte), .value = "0.25", .least = 0, .most = 1e6,
     .help = "cost of adding what arrived (one flop per 4-byte number)"},
    {SIM_SECONDS(struct ring, compute_seconds), .value = "0", .least = 0, .most = 1e9,
     .help = "forward and backward pass of an iteration, on the fastest host that takes part"},
    {SIM_RATIO(struct ring, compute_jitter), .value = "0", .least = 0, .most = 10,
     .help = "sigma of the lognormal factor (mean 1) on every compute phase: stragglers"},
    {0}};

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
        .phase = reducing ? "share-reduce" : "share-only",
    };
    return true;
}

static void worker(struct sim_peer *me)
{
    const struct ring *ring = me->parameters;
    const struct sim_buffer gradient = {.bytes = ring->gradient_bytes,
                                        .flop_per_byte = ring->flop_per_byte};

    for (int i = 0; i < me->plan->iterations; i++) {
        sim_phase(me, "compute");
        sim_compute_for(me, ring->compute_seconds * sim_jitter(me, ring->compute_jitter));
        if (sim_collective(me, sim_role(me->plan, "worker"), ring_allreduce_steps, &gradient) !=
            SIM_OK)
            sim_give_up(me,
                        "a neighbour or a link of its ring is dead, and a ring has no way round");
    }
}

static const struct sim_role roles[] = {
    {"worker", worker, "computes a gradient, then passes chunks to its right neighbour"}, {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct ring *ring = plan->parameters;

    (void)err;
    sim_cast(plan, "worker", ring->workers);
    return true;
}

/* ---- laws ---- */

static double all_bytes(const struct sim_plan *plan)
{
    const struct ring *ring = plan->parameters;

    return 2.0 * (ring->workers - 1) * (double)ring->gradient_bytes * plan->iterations;
}

static double all_messages(const struct sim_plan *plan)
{
    const struct ring *ring = plan->parameters;

    return 2.0 * ring->workers * (ring->workers - 1) * plan->iterations;
}

/* Of the 2(N-1) chunks that a worker sends, it leaves out chunk r+1 when reducing and r+2 when
 * sharing; the busiest leaves out two of the smaller ones, if there are two. */
static double busiest_card(const struct sim_plan *plan)
{
    const struct ring *ring = plan->parameters;
    const int n = ring->workers;
    const int64_t smaller = ring->gradient_bytes / n,
                  larger = sim_largest_chunk(ring->gradient_bytes, n);
    const int64_t longer_chunks = ring->gradient_bytes % n;
    const int64_t left_out = longer_chunks == n - 1 ? smaller + larger : 2 * smaller;

    return n == 1 ? 0 : (double)(2 * ring->gradient_bytes - left_out) * plan->iterations;
}

static bool to_the_right(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");

    if (i >= workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[i], workers->peers[(i + 1) % workers->size]};
    return true;
}

/* Workers with the smaller chunks start their next iteration earlier, so the longest path of several
 * iterations is the sum of theirs only when all chunks are alike. */
static bool on_one_switch(const struct sim_plan *plan)
{
    const struct ring *ring = plan->parameters;
    const bool alike = plan->iterations == 1 || ring->gradient_bytes % ring->workers == 0;
    struct sim_switch found;

    return ring->compute_jitter == 0 && alike && sim_is_one_switch(plan, to_the_right, &found);
}

static double ideal_seconds(const struct sim_plan *plan)
{
    const struct ring *ring = plan->parameters;
    const double n = ring->workers;
    const double chunk = (double)sim_largest_chunk(ring->gradient_bytes, ring->workers);
    struct sim_switch on = {0};

    sim_is_one_switch(plan, to_the_right, &on);
    return plan->iterations *
           (ring->compute_seconds +
            (n > 1 ? 2 * (n - 1) * (on.latency_seconds + chunk / on.bytes_per_second) +
                         (n - 1) * ring->flop_per_byte * chunk / on.flop_per_second
                   : 0));
}

static const char own_hosts[] = "every worker has a host of its own, and none dies";

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES, "2(N-1)G", all_bytes, sim_total_bytes, .tolerance = 0,
     .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"messages", SIM_UNIT_NONE, "2N(N-1)", all_messages, sim_total_messages, .tolerance = 0,
     .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES, "2(N-1)G/N, in whole chunks",
     busiest_card, sim_busiest_card_bytes, .tolerance = 0, .holds = sim_has_own_hosts,
     .assumes = own_hosts},
    {"seconds", SIM_UNIT_SECONDS, "C + 2(N-1)(a + ceil(G/N)/B) + (N-1) f ceil(G/N)/S",
     ideal_seconds, sim_total_seconds, .tolerance = 1e-9, .holds = on_one_switch,
     .assumes = "one full-duplex switch, network: textbook, equal hosts, no jitter, no faults, "
                "one iteration or equal chunks"},
    {0}};

SIM_ALGORITHM(ring_allreduce) = {
    .name = "ring_allreduce",
    .summary = "N workers sum a gradient round a ring: every network card carries 2(N-1)G/N",
    .paper = "Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for clusters of "
             "workstations, J. Parallel Distrib. Comput. 69(2), 2009",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct ring),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
