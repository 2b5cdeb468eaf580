/* double_binary_tree_allreduce -- N workers sum a gradient of G bytes up two binary trees, half in each.
 *
 * In a binary tree half of the workers are leaves: their cards send G bytes while those of the inner ones
 * receive 2G.  So there are two trees, built so that (for even N) each worker is a leaf in one and an inner
 * node in the other, and each tree takes one half of the gradient.  The halves are cut in chunks that follow
 * each other up and down the trees like a pipeline, so the time tends to 2 lg N latencies and 2G/B.
 *
 * The first tree: the parent of worker r with lowest bit b is r with bit b cleared and bit 2b set, or, if there
 * is no such worker, r with bit b cleared; worker 0 has one child.  The second is the first, read from the
 * last worker to the first (even N), or turned by one (odd N).
 *
 * Papers: Sanders, Speck and Traeff, Two-tree algorithms for full bandwidth broadcast, reduction and scan,
 * Parallel Computing 35(12), 2009; the trees are those of NCCL 2.4 (Jeaugey, Massively scale your deep learning
 * training with NCCL 2.4, NVIDIA blog, 2019).
 *
 * Closed forms: 2(N-1)G bytes, 4(N-1)c messages.  With one chunk on one switch the two trees do not meet on a
 * card as long as N <= 4: D(2(a + h/B) + f h/S) seconds, h = ceil(G/2), D = the longest way to a root, in
 * messages (a parent takes its children one after the other).
 *
 * N counts the workers: the roots are among them.  Not modelled: NCCL's protocols (LL, LL128) and channels; it
 * keeps chunks of both children under way at once.
 * A slow worker delays those above it in both trees; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const struct sim_parameter parameters[] = {COLLECTIVE_GRADIENT_PARAMETERS, {0}};

struct place_in_tree {
    int parent, children[2];
};

static int lowest_bit(int n, int rank)
{
    int bit = 1;

    while (bit < n && (rank & bit) == 0)
        bit *= 2;
    return bit;
}

static struct place_in_tree first_tree(int n, int rank)
{
    const int bit = lowest_bit(n, rank), above = (rank ^ bit) | 2 * bit;
    struct place_in_tree place = {SIM_NOBODY, {SIM_NOBODY, SIM_NOBODY}};
    int half = bit / 2;

    if (rank > 0) {
        place.parent = above < n ? above : rank ^ bit;
        place.children[0] = half > 0 ? rank - half : SIM_NOBODY;
    }
    while (half > 0 && rank + half >= n)
        half /= 2;
    place.children[1] = half > 0 ? rank + half : SIM_NOBODY;
    return place;
}

/* Numbers of the second tree's workers in the first one, and back. */
static int turn(int n, int rank, int by)
{
    if (rank == SIM_NOBODY)
        return SIM_NOBODY;
    return n % 2 == 0 ? n - 1 - rank : (rank + by + n) % n;
}

static struct place_in_tree place_in(int tree, int n, int rank)
{
    struct place_in_tree place;

    if (tree == 1)
        return first_tree(n, rank);
    place = first_tree(n, turn(n, rank, -1));
    return (struct place_in_tree){turn(n, place.parent, 1),
                                  {turn(n, place.children[0], 1), turn(n, place.children[1], 1)}};
}

/* Up: from the children, to the parent.  Down: from the parent, to the children. */
static bool tree_steps(int tree, int n, int rank, int s, struct sim_step *step)
{
    const struct place_in_tree place = place_in(tree, n, rank);
    enum { FROM_FIRST, FROM_SECOND, TO_PARENT, FROM_PARENT, TO_FIRST, TO_SECOND, STEPS };

    if (s >= STEPS || n == 1)
        return false;
    *step = collective_idle(s <= TO_PARENT ? "reduce" : "broadcast");
    step->send = step->receive = sim_whole();
    step->combine = s <= TO_PARENT ? SIM_SUM : SIM_REPLACE;
    switch (s) {
    case FROM_FIRST:
    case FROM_SECOND: step->from = place.children[s - FROM_FIRST]; break;
    case TO_PARENT: step->to = place.parent; break;
    case FROM_PARENT: step->from = place.parent; break;
    default: step->to = place.children[s - TO_FIRST];
    }
    return true;
}

bool double_binary_tree_first_steps(int n, int rank, int s, struct sim_step *step)
{
    return tree_steps(1, n, rank, s, step);
}

bool double_binary_tree_second_steps(int n, int rank, int s, struct sim_step *step)
{
    return tree_steps(2, n, rank, s, step);
}

static void lay(const struct sim_plan *plan, int place, struct sim_buffer buffer,
                struct sim_lane *lanes)
{
    const struct sim_group *workers = sim_role(plan, "worker");

    (void)place;
    lanes[0] = collective_single_lane(plan->arena, workers, double_binary_tree_first_steps,
                                      sim_slice(&buffer, sim_chunk(2, 0)));
    lanes[1] = collective_single_lane(plan->arena, workers, double_binary_tree_second_steps,
                                      sim_slice(&buffer, sim_chunk(2, 1)));
}

static const struct sim_role roles[] = {
    {"worker", collective_worker,
     "computes a gradient; in each tree adds those below, gets the sum"},
    {0}};

/* ---- laws ---- */

static double all_messages(const struct sim_plan *plan)
{
    return 4.0 * (collective_workers(plan) - 1);
}

static double neighbours(int tree, int n, int rank)
{
    const struct place_in_tree place = place_in(tree, n, rank);

    return (place.parent != SIM_NOBODY) + (place.children[0] != SIM_NOBODY) +
           (place.children[1] != SIM_NOBODY);
}

static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    const int n = collective_workers(plan);
    const double first = (double)sim_largest_chunk(bytes, 2), second = (double)bytes - first;
    double most = 0;

    for (int rank = 0; rank < n; rank++) {
        const double card = neighbours(1, n, rank) * first + neighbours(2, n, rank) * second;

        most = card > most ? card : most;
    }
    return most;
}

/* Messages after one another until the root of `rank`'s subtree has its sum. */
static int height(int n, int rank)
{
    const struct place_in_tree place = first_tree(n, rank);
    int time = 0;

    for (int c = 0; c < 2; c++)
        if (place.children[c] != SIM_NOBODY) {
            const int child = height(n, place.children[c]);

            time = (time > child ? time : child) + 1;
        }
    return time;
}

static struct collective_path path(const struct sim_plan *plan, int64_t bytes)
{
    const double depth = height(collective_workers(plan), 0);
    const double half = (double)sim_largest_chunk(bytes, 2);

    return (struct collective_path){2 * depth, 2 * depth * half, depth * half};
}

static bool trees_do_not_meet(const struct sim_plan *plan)
{
    return collective_workers(plan) <= 4 && plan->iterations == 1;
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_REDUCE,
    .lay = lay,
    .lanes_each = 2,
    .edges = collective_all_edges,
    .all_bytes = collective_twice_n_minus_1,
    .all_messages = all_messages,
    .busiest_card = busiest_card,
    .path = path,
    .path_is_exact = trees_do_not_meet,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    (void)err;
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("2(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("4(N-1)c"),
    COLLECTIVE_LAW_OF_THE_CARD("(d + d')G/2 in whole halves, d and d' its neighbours in the trees"),
    COLLECTIVE_LAW_OF_SECONDS("C + D(2(a + h/B) + f h/S), h = ceil(G/2), D messages to the root",
                              ", N <= 4, one iteration"),
    {0}};

SIM_ALGORITHM(double_binary_tree_allreduce) = {
    .name = "double_binary_tree_allreduce",
    .summary = "N workers sum half of a gradient in each of two binary trees, chunk by chunk",
    .paper = "Sanders, Speck and Traeff, Two-tree algorithms for full bandwidth broadcast, "
             "reduction and scan, Parallel Computing 35(12), 2009; NCCL 2.4",
    .counts = "N workers; the roots are among them",
    .parameters_size = sizeof(struct collective),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
