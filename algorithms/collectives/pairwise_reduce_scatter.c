/* pairwise_reduce_scatter -- N workers sum gradients of G bytes; each sends every other the part that it needs.
 *
 * In step i a worker sends to the one i places to its right that one's part of its own gradient, and adds
 * what comes from the one i places to its left to its own part: nothing is passed on, so every message
 * goes straight to where it is needed.  It moves the bytes of the ring, between all pairs.
 *
 * Paper: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Perform. Comput. Appl. 19(1), 2005 (section 4.3, pairwise exchange).
 *
 * Closed forms: (N-1)G bytes, N(N-1)c messages; on one switch (N-1)(a + G/(N B) + f G/(N S)) seconds where N
 * divides G.
 *
 * N counts the workers.  Not modelled: what a worker does with its part of the sum.
 * A slow worker delays each of the others once; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {COLLECTIVE_GRADIENT_PARAMETERS, {0}};

bool pairwise_reduce_scatter_steps(int n, int rank, int s, struct sim_step *step)
{
    const int distance = s + 1;

    if (distance >= n)
        return false;
    *step = (struct sim_step){
        .to = (rank + distance) % n,
        .send = sim_chunk(n, rank + distance),
        .from = (rank + n - distance) % n,
        .receive = sim_chunk(n, rank),
        .combine = SIM_SUM,
        .all_alike = true,
        .phase = "exchange",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker,
     "computes a gradient, then gives each of the others its part of it"},
    {0}};

/* ---- laws ---- */

static const struct collective_way way = {
    .result = COLLECTIVE_REDUCE_SCATTER,
    .steps = pairwise_reduce_scatter_steps,
    .edges = collective_all_edges,
    .all_bytes = collective_n_minus_1,
    .all_messages = collective_n_squared_minus_n,
    /* It receives its own part N-1 times, or sends all parts but its own. */
    .busiest_card = collective_one_part_again,
    .path = collective_hops_with_sums,
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
    COLLECTIVE_LAW_OF_SECONDS("C + (N-1)(a + G/(N B) + f G/(N S))",
                              ", equal chunks" COLLECTIVE_UP_TO_512),
    {0}};

SIM_ALGORITHM(pairwise_reduce_scatter) = {
    .name = "pairwise_reduce_scatter",
    .summary = "N workers send each other their parts of gradients, all pairs in turn",
    .paper = "Thakur, Rabenseifner and Gropp, Optimization of collective communication operations "
             "in MPICH, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
