/* recursive_halving_reduce_scatter -- N workers sum gradients of G bytes in lg N rounds; each keeps one N-th.
 *
 * The first half of Rabenseifner's all-reduce: in each round a worker exchanges half of what it is still
 * responsible for with a partner, first the farthest, and adds the half that it keeps.  When N is no power of
 * two, N' = 2^k is the largest below it; of the first 2(N-N') workers the even ones give all they have to
 * their right neighbours, which work for both and send them their part at the end.
 *
 * Paper: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Perform. Comput. Appl. 19(1), 2005 (section 4.3; the folding is Open MPI's as well).
 *
 * Closed forms: (N-1)G bytes and the parts of those who sat out; N' k + 2(N-N') messages; on one switch
 * k a + (N-1)G/(N B) + (N-1) f G/(N S) seconds where N is a power of two that divides G.
 *
 * N counts the workers.  Not modelled: what a worker does with its part of the sum.
 * A slow worker delays its partner of each round, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {COLLECTIVE_GRADIENT_PARAMETERS, {0}};

/* Places to chunks: a place that works for two has the chunks of both. */
static struct sim_range chunks_of(int n, struct sim_range places)
{
    const int folded = n - places.of, end = places.first + places.count;
    const int first_chunk = places.first < folded ? 2 * places.first : places.first + folded;

    return (struct sim_range){.first = first_chunk,
                              .count = (end < folded ? 2 * end : end + folded) - first_chunk,
                              .of = n};
}

/* At the end those who sat out get their own chunk only. */
static void return_chunk(int n, int rank, struct sim_step *step)
{
    step->send = sim_chunk(n, step->to);
    step->receive = sim_chunk(n, rank);
}

bool recursive_halving_reduce_scatter_steps(int n, int rank, int s, struct sim_step *step)
{
    const int k = collective_floor_log2(n);
    struct collective_halves halves;
    int round;

    switch (collective_fold(n, rank, s, k, step, &round)) {
    case COLLECTIVE_OVER: return false;
    case COLLECTIVE_FOLD:
        if (round == k)
            return_chunk(n, rank, step);
        return true;
    case COLLECTIVE_ROUND: break;
    }
    halves = collective_halve(1 << k, collective_place_of(n, rank), round, true);
    *step = (struct sim_step){
        .to = collective_rank_of(n, halves.partner),
        .send = chunks_of(n, halves.given),
        .from = collective_rank_of(n, halves.partner),
        .receive = chunks_of(n, halves.kept),
        .combine = SIM_SUM,
        .phase = "halve",
    };
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, then exchanges halves, quarters, ..."},
    {0}};

/* ---- laws ---- */

static int rounds(const struct sim_plan *plan)
{
    return collective_floor_log2(collective_workers(plan));
}

static int folded(const struct sim_plan *plan)
{
    return collective_workers(plan) - (1 << rounds(plan));
}

/* The chunks of those who sat out, workers 0, 2, .. 2(N-N')-2, travel once more. */
static double all_bytes(const struct sim_plan *plan, int64_t bytes)
{
    const int n = collective_workers(plan);
    double sum = collective_n_minus_1(plan, bytes);

    for (int rank = 0; rank < 2 * folded(plan); rank += 2)
        sum += (double)(sim_part_begin(bytes, rank + 1, n) - sim_part_begin(bytes, rank, n));
    return sum;
}

static double all_messages(const struct sim_plan *plan)
{
    return (double)(1 << rounds(plan)) * rounds(plan) + 2.0 * folded(plan);
}

static bool is_power_of_two(const struct sim_plan *plan)
{
    return folded(plan) == 0;
}

static bool card_is_known(const struct sim_plan *plan)
{
    return is_power_of_two(plan) && collective_even(plan) && collective_card_holds(plan);
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double n = collective_workers(plan), part = (n - 1) / n * (double)bytes;

    return (struct collective_path){rounds(plan), part, part};
}

static bool halves_are_equal(const struct sim_plan *plan)
{
    return is_power_of_two(plan) && collective_even(plan);
}

static const struct collective_way way = {
    .result = COLLECTIVE_REDUCE_SCATTER,
    .steps = recursive_halving_reduce_scatter_steps,
    .all_bytes = all_bytes,
    .all_messages = all_messages,
    .busiest_card = collective_all_but_one,
    .path = path,
    .path_is_exact = halves_are_equal,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("(N-1)G, and the chunks of the N-N' that sat out"),
    COLLECTIVE_LAW_OF_MESSAGES("(N' k + 2(N-N'))c, N' = 2^k"),
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES, "(N-1)G/N", collective_busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = card_is_known,
     .assumes = COLLECTIVE_OWN_HOSTS ", one chunk, N a power of two that divides G"},
    COLLECTIVE_LAW_OF_SECONDS("C + k a + (N-1)/N (G/B + f G/S)",
                              ", N a power of two that divides G"),
    {0}};

SIM_ALGORITHM(recursive_halving_reduce_scatter) = {
    .name = "recursive_halving_reduce_scatter",
    .summary = "N workers sum gradients in lg N rounds; each keeps one N-th of the sum",
    .paper = "Thakur, Rabenseifner and Gropp, Optimization of collective communication operations "
             "in MPICH, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
