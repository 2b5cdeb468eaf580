/* recursive_doubling_allgather -- N workers have one block each; in each round they exchange twice as many.
 *
 * In round j a worker exchanges all the blocks that it has with the one whose number differs in bit j, so that
 * 2^(j+1) neighbours have the same blocks.  When N is no power of two, some workers of a round have no partner;
 * those that had one pass on what they got, in a binomial tree among those 2^j neighbours.
 *
 * Paper: Thakur, Rabenseifner and Gropp, Optimization of collective communication operations in MPICH,
 * Int. J. High Perform. Comput. Appl. 19(1), 2005 (section 4.1).
 *
 * Closed forms: (N-1)G bytes (no block comes twice); N k messages and, on one switch, k a + (N-1)G/(N B) seconds
 * where N = 2^k divides G, the bytes of all blocks together.
 *
 * N counts the workers.  Not modelled: blocks of unequal sizes, but for one byte.
 * A slow worker delays its partner of each round, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {
    COLLECTIVE_MESSAGE_PARAMETERS("G, what every worker has at the end: N blocks, one from each"),
    {0}};

/* The blocks of the 2^j neighbours that begin with worker `first`, as far as there are any. */
static struct sim_range blocks(int n, int first, int width)
{
    return (struct sim_range){
        .first = first, .count = first + width < n ? width : n - first, .of = n};
}

/* 2^j neighbours: some have got the blocks of the next ones from a partner, and pass them on to those at half
 * the distance of the pass before who have not. */
static void pass_on(int n, int rank, int width, int pass, struct sim_step *step)
{
    const int first = rank / width * width, next = first + width;
    const int having = n - next, distance = width >> pass;
    const int begin = rank / (2 * distance) * (2 * distance); /* of those who have not split yet */
    const int other = rank ^ distance;

    if (rank / width % 2 == 1 || having <= 0 || having >= width)
        return;
    if (other > rank && rank < begin + having && other >= begin + having) {
        step->to = other;
        step->send = blocks(n, next, width);
    } else if (other < rank && other < begin + having && rank >= begin + having) {
        step->from = other;
        step->receive = blocks(n, next, width);
    }
}

/* Round j has one step for the exchange, and j more if there may be something to pass on. */
bool recursive_doubling_allgather_steps(int n, int rank, int s, struct sim_step *step)
{
    const bool is_power = n == 1 << collective_floor_log2(n);
    int round = 0, width, other;

    while (!is_power && s > round)
        s -= ++round;
    if (is_power) {
        round = s;
        s = 0;
    }
    if (round >= collective_ceil_log2(n))
        return false;
    width = 1 << round;
    other = rank ^ width;
    *step = collective_idle(s == 0 ? "exchange" : "pass on");
    if (s > 0) {
        pass_on(n, rank, width, s, step);
    } else if (other < n) {
        step->to = step->from = other;
        step->send = blocks(n, rank / width * width, width);
        step->receive = blocks(n, other / width * width, width);
    }
    return true;
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "exchanges all blocks that it has in each round"}, {0}};

/* ---- laws ---- */

/* In the round of width w all workers get a message whose neighbours' neighbours are there, at least in part. */
static double all_messages(const struct sim_plan *plan)
{
    const int n = collective_workers(plan);
    double sum = 0;

    for (int width = 1; width < n; width *= 2)
        sum += n % (2 * width) > width ? n : n - n % (2 * width);
    return sum;
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double n = collective_workers(plan);

    return (struct collective_path){collective_floor_log2(collective_workers(plan)),
                                    (n - 1) / n * (double)bytes, 0};
}

static bool is_equal_power_of_two(const struct sim_plan *plan)
{
    const int n = collective_workers(plan);

    return n == 1 << collective_floor_log2(n) && collective_even(plan);
}

static bool card_is_known(const struct sim_plan *plan)
{
    return is_equal_power_of_two(plan) && collective_card_holds(plan);
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_GATHER,
    .steps = recursive_doubling_allgather_steps,
    .all_bytes = collective_n_minus_1,
    .all_messages = all_messages,
    .busiest_card = collective_all_but_one,
    .path = path,
    .path_is_exact = is_equal_power_of_two,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES(
        "c times the sum over w = 1, 2, 4, .. < N of N, less N mod 2w if that is at most w"),
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES, "(N-1)G/N", collective_busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = card_is_known,
     .assumes = COLLECTIVE_OWN_HOSTS ", one chunk, N a power of two that divides G"},
    COLLECTIVE_LAW_OF_SECONDS("C + k a + (N-1)G/(N B), k = lg N",
                              ", N a power of two that divides G"),
    {0}};

SIM_ALGORITHM(recursive_doubling_allgather) = {
    .name = "recursive_doubling_allgather",
    .summary = "N workers exchange all the blocks they have, twice as many each round",
    .paper = "Thakur, Rabenseifner and Gropp, Optimization of collective communication operations "
             "in MPICH, Int. J. High Perform. Comput. Appl. 19(1), 2005",
    .counts = "N workers",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
