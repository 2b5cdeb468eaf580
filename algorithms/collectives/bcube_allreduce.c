/* bcube_allreduce -- N = b^k workers sum a gradient of G bytes in k groups of b workers each.
 *
 * Write the worker's number with k digits to the base b.  In stage j the b workers that differ in digit j only
 * reduce-scatter among themselves, pairwise, what the stage before left to them; so each ends with one N-th of
 * the sum, and the stages backwards, as all-gathers, give all to all.  b = 2 is Rabenseifner's algorithm, b = N
 * the direct exchange; in between it trades messages for steps.  Where b does not divide what is left of N, the
 * rest is one last digit, so any N will do.
 *
 * Paper: Guo et al., BCube: a high performance, server-centric network architecture for modular data centers,
 * SIGCOMM 2009; as an all-reduce: Gloo (docs/algorithms.md, allreduce_bcube).
 *
 * Closed forms: 2(N-1)G bytes, 2N sum of (digit base - 1) messages; on one switch 2 sum of (base - 1) a +
 * (N-1)/N (2G/B + f G/S) seconds where N divides G.
 *
 * N counts the workers.  Not modelled: Gloo starts the b - 1 messages of a stage together, here they follow one
 * another, so a stage costs b - 1 latencies (and the same bytes).
 * A slow worker delays its group of each stage, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

struct bcube {
    struct collective common;
    int base;
};

static const struct sim_parameter parameters[] = {
    COLLECTIVE_GRADIENT_PARAMETERS,
    {SIM_COUNT(struct bcube, base), SIM_DEFAULT("4", SIM_OURS), .least = 2, .most = 1 << 20,
     .help = "b, how many workers are in the group of a stage"},
    {0}};

enum { MOST_DIGITS = 32 };

/* The bases of the digits of n, the last of which may be another. */
static int digits_of(int n, int base, int bases[MOST_DIGITS])
{
    int count = 0;

    while (n > 1) {
        bases[count] = n % base == 0 ? base : n;
        n /= bases[count++];
    }
    return count;
}

/* The members that differ from `place` in one digit only, which counts `stride`. */
static const struct sim_group *neighbours(struct sim_arena *arena, const struct sim_group *group,
                                          int place, int stride, int base)
{
    struct sim_group *some = sim_new(arena, struct sim_group, 1);
    int *peers = sim_new(arena, int, (size_t)base);

    for (int digit = 0; digit < base; digit++)
        peers[digit] = group->peers[place + (digit - place / stride % base) * stride];
    *some = (struct sim_group){.name = group->name, .size = base, .peers = peers};
    return some;
}

struct sim_lane bcube_allreduce_lane(struct sim_arena *arena, const struct sim_group *group,
                                     int place, int base, struct sim_buffer buffer)
{
    int bases[MOST_DIGITS], stride = 1;
    const int digits = digits_of(group->size, base, bases);
    struct sim_stage *stages = sim_new(arena, struct sim_stage, 2 * (size_t)digits + 1);

    for (int j = 0; j < digits; j++) {
        stages[j] = (struct sim_stage){neighbours(arena, group, place, stride, bases[j]),
                                       pairwise_reduce_scatter_steps, buffer};
        stages[2 * digits - 1 - j] = stages[j];
        stages[2 * digits - 1 - j].steps = pairwise_allgather_steps;
        buffer = sim_slice(&buffer, sim_chunk(bases[j], place / stride % bases[j]));
        stride *= bases[j];
    }
    return (struct sim_lane){.stages = stages, .count = 2 * digits};
}

static void lay(const struct sim_plan *plan, int place, struct sim_buffer buffer,
                struct sim_lane *lanes)
{
    *lanes = bcube_allreduce_lane(plan->arena, sim_role(plan, "worker"), place,
                                  ((const struct bcube *)plan->parameters)->base, buffer);
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, sums in its group of each stage, and back"},
    {0}};

/* ---- laws ---- */

static double steps_of_one_way(const struct sim_plan *plan)
{
    int bases[MOST_DIGITS];
    const int digits =
        digits_of(collective_workers(plan), ((const struct bcube *)plan->parameters)->base, bases);
    double sum = 0;

    for (int j = 0; j < digits; j++)
        sum += bases[j] - 1;
    return sum;
}

static double all_messages(const struct sim_plan *plan)
{
    return 2 * collective_workers(plan) * steps_of_one_way(plan);
}

static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    return 2 * collective_all_but_one(plan, bytes);
}

static bool card_is_known(const struct sim_plan *plan)
{
    return collective_even(plan) && collective_card_holds(plan);
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double n = collective_workers(plan), part = (n - 1) / n * (double)bytes;

    return (struct collective_path){2 * steps_of_one_way(plan), 2 * part, part};
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_REDUCE,
    .lay = lay,
    .edges = collective_all_edges,
    .all_bytes = collective_twice_n_minus_1,
    .all_messages = all_messages,
    .busiest_card = busiest_card,
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
    COLLECTIVE_LAW_OF_BYTES("2(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("2N c times the sum over digits of (base - 1)"),
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES, "2(N-1)G/N", collective_busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = card_is_known,
     .assumes = COLLECTIVE_OWN_HOSTS ", one chunk, N divides G"},
    COLLECTIVE_LAW_OF_SECONDS(
        "C + 2a times the sum over digits of (base - 1) + (N-1)/N (2G/B + f G/S)",
        ", N divides G" COLLECTIVE_UP_TO_512),
    {0}};

SIM_ALGORITHM(bcube_allreduce) = {
    .name = "bcube_allreduce",
    .summary =
        "N = b^k workers sum in k stages of groups of b: between a tree and a direct exchange",
    .paper = "Guo et al., BCube: a high performance, server-centric network architecture for "
             "modular data centers, SIGCOMM 2009; Gloo's allreduce_bcube",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct bcube),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
