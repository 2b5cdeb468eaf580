/* pairwise_allgather -- N workers have one block each, and send it to all others in turn.
 *
 * In step i a worker sends its own block to the one i places to its right, and receives that of the one i
 * places to its left: nothing is passed on.  It moves the bytes of the ring, but between all pairs, so it
 * costs more than the ring where far workers share links.  (SimGrid's SMPI calls this algorithm `ring`.)
 *
 * Paper: Chan, Heimlich, Purkayastha and van de Geijn, Collective communication: theory, practice, and
 * experience, Concurrency Comput. Pract. Exper. 19(13), 2007 (simultaneous long-vector algorithms).
 *
 * Closed forms: (N-1)G bytes, N(N-1)c messages; on one switch (N-1)(a + G/(N B)) seconds where N divides G,
 * the bytes of all blocks together.
 *
 * N counts the workers.  Not modelled: blocks of unequal sizes, but for one byte.
 * A slow worker delays each of the others once; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS("G, what every worker has at the end: N blocks, one from each"),
    {0}};

bool pairwise_allgather_steps(int n, int rank, int s, struct sim_step *step)
{
    const int distance = s + 1;

    if (distance >= n)
        return false;
    *step = (struct sim_step){
        .to = (rank + distance) % n,
        .send = sim_chunk(n, rank),
        .from = (rank + n - distance) % n,
        .receive = sim_chunk(n, rank - distance),
        .combine = SIM_REPLACE,
        .all_alike = true,
        .phase = "exchange",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "sends its block to all others in turn"}, {0}};

/* ---- laws ---- */

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_GATHER,
    .steps = pairwise_allgather_steps,
    .edges = collective_all_edges,
    .all_bytes = collective_n_minus_1,
    .all_messages = collective_n_squared_minus_n,
    /* It sends its own block N-1 times, or receives all blocks but its own. */
    .busiest_card = collective_one_part_again,
    .path = collective_hops,
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
    COLLECTIVE_LAW_OF_MESSAGES("N(N-1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("(N-1) ceil(G/N)"),
    COLLECTIVE_LAW_OF_SECONDS("C + (N-1)(a + G/(N B))", ", equal blocks" COLLECTIVE_UP_TO_512),
    {0}};

SIM_ALGORITHM(pairwise_allgather) = {
    .name = "pairwise_allgather",
    .summary = "N workers send their blocks to each other, all pairs in turn",
    .paper = "Chan, Heimlich, Purkayastha and van de Geijn, Collective communication: theory, "
             "practice, and experience, Concurrency Comput. Pract. Exper. 19(13), 2007",
    .counts = "N workers",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
