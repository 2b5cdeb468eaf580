/* bruck_alltoall -- N workers have a block for each of the others; ceil(lg N) rounds move them all.
 *
 * Blocks are counted from oneself: block d of worker r is for worker r + d.  In round j each worker sends all
 * the blocks whose number has bit j set to the one 2^j places after it, which puts them where they were: so a
 * block has moved d places in the end, and block d of worker r is the one from worker r - d.  A block moves
 * once for each bit of its number: about lg N / 2 times the bytes of the pairwise exchange, in lg N messages.
 * A local turn before and after gives MPI's order.
 *
 * Paper: Bruck, Ho, Kipnis, Upfal and Weathersby, Efficient algorithms for all-to-all communications in
 * multiport message-passing systems, IEEE Trans. Parallel Distrib. Syst. 8(11), 1997.
 *
 * Closed forms: N sum of bits(d) block(d) bytes (N k G/2 where N = 2^k divides G), N k c messages,
 * k = ceil(lg N); on one switch k a + (sum of bits(d) block(d))/B seconds.
 *
 * N counts the workers.  Not modelled: the local turns, and the packing of blocks.
 * A slow worker delays those after it in each round, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS(
        "G, what every worker has for all: N blocks, one for each, itself included"),
    {0}};

bool bruck_alltoall_steps(int n, int rank, int s, struct sim_step *step)
{
    const int distance = 1 << s;

    if (s >= collective_ceil_log2(n))
        return false;
    *step = (struct sim_step){
        .to = (rank + distance) % n,
        .send = {.first = 0, .count = n, .of = n, .mask = distance},
        .from = (rank + n - distance) % n,
        .receive = {.first = 0, .count = n, .of = n, .mask = distance},
        .combine = SIM_REPLACE,
        .phase = "exchange",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "sends half of its blocks in each round, farther each time"},
    {0}};

/* ---- laws ---- */

/* Every block once for each bit of its number. */
static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    const int n = collective_workers(plan);
    double sum = 0;

    for (int d = 1; d < n; d++)
        sum += collective_bits(d) *
               (double)(sim_part_begin(bytes, d + 1, n) - sim_part_begin(bytes, d, n));
    return sum;
}

static double all_bytes(const struct sim_plan *plan, int64_t bytes)
{
    return collective_workers(plan) * busiest_card(plan, bytes);
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    return (struct collective_path){collective_ceil_log2(collective_workers(plan)),
                                    busiest_card(plan, bytes), 0};
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_TO_ALL,
    .steps = bruck_alltoall_steps,
    .all_bytes = all_bytes,
    .all_messages = collective_n_lg_n,
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
    COLLECTIVE_LAW_OF_BYTES("N times the sum over d of bits(d) block(d)"),
    COLLECTIVE_LAW_OF_MESSAGES("N k c, k = ceil(lg N)"),
    COLLECTIVE_LAW_OF_THE_CARD("the sum over d of bits(d) block(d)"),
    COLLECTIVE_LAW_OF_SECONDS("C + k a + (sum over d of bits(d) block(d))/B, k = ceil(lg N)", ""),
    {0}};

SIM_ALGORITHM(bruck_alltoall) = {
    .name = "bruck_alltoall",
    .summary = "N workers exchange blocks in ceil(lg N) rounds: few messages, more bytes",
    .paper = "Bruck, Ho, Kipnis, Upfal and Weathersby, Efficient algorithms for all-to-all "
             "communications in multiport message-passing systems, IEEE Trans. Parallel Distrib. "
             "Syst. 8(11), 1997",
    .counts = "N workers",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
