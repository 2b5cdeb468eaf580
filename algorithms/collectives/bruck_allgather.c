/* bruck_allgather -- N workers have one block each; ceil(lg N) rounds for any N.
 *
 * In round j a worker sends the up to 2^j blocks that it has, its own first, to the one 2^j places before it:
 * so it always has the blocks of the next workers, counted round the ring.  The last round sends only what is
 * still missing.  No N needs more rounds than the next power of two.
 *
 * Paper: Bruck, Ho, Kipnis, Upfal and Weathersby, Efficient algorithms for all-to-all communications in
 * multiport message-passing systems, IEEE Trans. Parallel Distrib. Syst. 8(11), 1997.
 *
 * Closed forms: (N-1)G bytes, N k c messages, k = ceil(lg N); on one switch k a + (N-1)G/(N B) seconds where N
 * divides G, the bytes of all blocks together.
 *
 * N counts the workers.  Not modelled: the final turn of the blocks inside a worker, which is a local copy.
 * A slow worker delays those before it in each round, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS("G, what every worker has at the end: N blocks, one from each"),
    {0}};

bool bruck_allgather_steps(int n, int rank, int s, struct sim_step *step)
{
    const int distance = 1 << s;
    const int count = distance < n - distance ? distance : n - distance;

    if (s >= collective_ceil_log2(n))
        return false;
    *step = (struct sim_step){
        .to = (rank + n - distance) % n,
        .send = {.first = rank, .count = count, .of = n},
        .from = (rank + distance) % n,
        .receive = {.first = (rank + distance) % n, .count = count, .of = n},
        .combine = SIM_REPLACE,
        .all_alike = true,
        .phase = "exchange",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "sends all blocks that it has to the left, farther each round"},
    {0}};

/* ---- laws ---- */

static bool card_is_known(const struct sim_plan *plan)
{
    return collective_even(plan) && collective_card_holds(plan);
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double n = collective_workers(plan);

    return (struct collective_path){collective_ceil_log2(collective_workers(plan)),
                                    (n - 1) / n * (double)bytes, 0};
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_GATHER,
    .steps = bruck_allgather_steps,
    .all_bytes = collective_n_minus_1,
    .all_messages = collective_n_lg_n,
    .busiest_card = collective_all_but_one,
    .path = path,
    .path_is_exact = collective_even,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("N k c, k = ceil(lg N)"),
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES, "(N-1)G/N", collective_busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = card_is_known,
     .assumes = COLLECTIVE_OWN_HOSTS ", one chunk, equal blocks"},
    COLLECTIVE_LAW_OF_SECONDS("C + k a + (N-1)G/(N B), k = ceil(lg N)", ", equal blocks"),
    {0}};

SIM_ALGORITHM(bruck_allgather) = {
    .name = "bruck_allgather",
    .summary = "N workers gather all blocks in ceil(lg N) rounds, for any N",
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
