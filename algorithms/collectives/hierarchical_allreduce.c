/* hierarchical_allreduce -- N workers in nodes of M sum a gradient of G bytes first inside, then between nodes.
 *
 * style: rail: in a node, a ring reduce-scatter leaves each of the M members with one M-th of the node's sum; the
 * i-th members of all K = N/M nodes (a rail) sum their parts by a ring all-reduce; a ring all-gather in the node
 * gives all parts to all.  So the slow network between nodes carries one M-th of the gradient for each worker.
 * style: leader: the first member of each node gets the node's sum by a binomial tree, the leaders sum by a ring
 * all-reduce, and the sum goes down the trees again.  It needs no card in any host but the leader's.
 *
 * Papers: Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, arXiv:1706.02677, 2017
 * (section 4.1: leader); Jia et al., Highly scalable deep learning training system with mixed-precision,
 * arXiv:1807.11205, 2018 (hierarchical all-reduce); the rails are those of ASTRA-sim's hierarchical collectives
 * (Rashidi et al., ISPASS 2020).
 *
 * Closed forms: 2(N-1)G bytes in both styles.  Where the network inside the nodes is one switch (a, B), and that
 * between them another (a', B'), the rails take 2(M-1)(a + G/(M B)) + 2(K-1)(a' + G/(N B')) seconds, the leaders
 * 2 lg M (a + G/B) + 2(K-1)(a' + G/(K B')), each with its additions.
 *
 * N counts the workers: leaders are among them.  Not modelled: more than two levels; other algorithms inside.
 * A slow worker delays its node, and so all; a dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/collective.h"

static const char *const styles[] = {"rail", "leader", NULL};

struct hierarchical {
    struct collective common;
    int members_per_node, style;
};

static const struct sim_parameter parameters[] = {
    COLLECTIVE_GRADIENT_PARAMETERS,
    {SIM_COUNT(struct hierarchical, members_per_node), SIM_DEFAULT("4", SIM_TEACHING), .least = 1,
     .most = 1 << 20, .help = "M, how many workers after one another are a node"},
    {SIM_CHOICE(struct hierarchical, style), SIM_DEFAULT("rail", SIM_OURS), .choices = styles,
     .help = "every member reduces its part between nodes, or the first member reduces all"},
    {0}};

/* ---- stages ---- */

/* Members `first`, `first` + `stride`, ... of the group. */
static const struct sim_group *every(struct sim_arena *arena, const struct sim_group *group,
                                     int first, int stride, int count)
{
    struct sim_group *some = sim_new(arena, struct sim_group, 1);
    int *peers = sim_new(arena, int, (size_t)count);

    for (int i = 0; i < count; i++)
        peers[i] = group->peers[first + i * stride];
    *some = (struct sim_group){.name = group->name, .size = count, .peers = peers};
    return some;
}

struct sim_lane hierarchical_allreduce_lane(struct sim_arena *arena, const struct sim_group *group,
                                            int place, int per_node, enum hierarchical_style style,
                                            struct sim_buffer buffer)
{
    const int member = place % per_node, begin = place - member;
    const int members = begin + per_node < group->size ? per_node : group->size - begin;
    const int nodes = (group->size + per_node - 1) / per_node;
    const bool rails = style == HIERARCHICAL_RAIL;
    const struct sim_group *node = every(arena, group, begin, 1, members);
    struct sim_stage *stages = sim_new(arena, struct sim_stage, 3);
    int count = 0;

    stages[count++] =
        (struct sim_stage){node, rails ? ring_reduce_scatter_steps : binomial_reduce_steps, buffer};
    if (rails || member < 1)
        stages[count++] =
            (struct sim_stage){every(arena, group, member, per_node, nodes), ring_allreduce_steps,
                               rails ? sim_slice(&buffer, sim_chunk(per_node, member)) : buffer};
    stages[count++] =
        (struct sim_stage){node, rails ? ring_allgather_steps : binomial_broadcast_steps, buffer};
    return (struct sim_lane){.stages = stages, .count = count};
}

static void lay(const struct sim_plan *plan, int place, struct sim_buffer buffer,
                struct sim_lane *lanes)
{
    const struct hierarchical *wanted = plan->parameters;

    *lanes = hierarchical_allreduce_lane(plan->arena, sim_role(plan, "worker"), place,
                                         wanted->members_per_node,
                                         (enum hierarchical_style)wanted->style, buffer);
}

static const struct sim_role roles[] = {
    {"worker", collective_worker, "computes a gradient, sums in its node, between nodes, and back"},
    {0}};

/* ---- laws ---- */

static bool has_rails(const struct sim_plan *plan)
{
    return ((const struct hierarchical *)plan->parameters)->style == HIERARCHICAL_RAIL;
}

static int members(const struct sim_plan *plan)
{
    const int m = ((const struct hierarchical *)plan->parameters)->members_per_node;

    return m < collective_workers(plan) ? m : collective_workers(plan);
}

static int nodes(const struct sim_plan *plan)
{
    return (collective_workers(plan) + members(plan) - 1) / members(plan);
}

static double all_messages(const struct sim_plan *plan)
{
    const double n = collective_workers(plan), m = members(plan), k = nodes(plan);

    return has_rails(plan) ? 2 * n * (m - 1) + 2 * n * (k - 1) : 2 * (n - k) + 2 * k * (k - 1);
}

static double busiest_card(const struct sim_plan *plan, int64_t bytes)
{
    const double m = members(plan), k = nodes(plan), g = (double)bytes;

    if (has_rails(plan))
        return 2 * (m - 1) * (g / m) + 2 * (k - 1) * (g / (k * m));
    return collective_ceil_log2(members(plan)) * g + 2 * (k - 1) * (g / k);
}

static bool parts_are_equal(const struct sim_plan *plan)
{
    return collective_workers(plan) % members(plan) == 0 &&
           (has_rails(plan) ? collective_even(plan) : collective_divides(plan, nodes(plan)));
}

static bool card_is_known(const struct sim_plan *plan)
{
    return parts_are_equal(plan) && collective_card_holds(plan);
}

/* Every worker to all members of its node. */
static bool inside(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");
    const int m = members(plan), from = i / m, to = from / m * m + i % m;

    if (from >= workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[from], workers->peers[to < workers->size ? to : from]};
    return true;
}

/* Every worker, or leader, to the one of the next node. */
static bool between(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");
    const int from = has_rails(plan) ? i : i * members(plan);

    if (from >= workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[from],
                              workers->peers[(from + members(plan)) % workers->size]};
    return true;
}

static bool on_two_switches(const struct sim_plan *plan)
{
    const struct hierarchical *wanted = plan->parameters;
    struct sim_switch found;

    return wanted->common.compute_jitter == 0 && wanted->common.chunks == 1 &&
           parts_are_equal(plan) && sim_is_one_switch(plan, inside, &found) &&
           sim_is_one_switch(plan, between, &found);
}

static double seconds_on(const struct sim_plan *plan, const struct sim_switch *on,
                         struct collective_path path)
{
    return path.messages * on->latency_seconds + path.bytes / on->bytes_per_second +
           ((const struct collective *)plan->parameters)->flop_per_byte * path.added_bytes /
               on->flop_per_second;
}

static double ideal_seconds(const struct sim_plan *plan)
{
    const struct hierarchical *wanted = plan->parameters;
    const double m = members(plan), k = nodes(plan), g = (double)wanted->common.bytes;
    const double depth = collective_ceil_log2(members(plan)), part = has_rails(plan) ? g / m : g;
    const double moved = has_rails(plan) ? (m - 1) * part : depth * g;
    const double hops = has_rails(plan) ? m - 1 : depth, ring = (k - 1) * part / k;
    struct sim_switch in = {0}, out = {0};

    sim_is_one_switch(plan, inside, &in);
    sim_is_one_switch(plan, between, &out);
    return plan->iterations *
           (wanted->common.compute_seconds +
            seconds_on(plan, &in, (struct collective_path){2 * hops, 2 * moved, moved}) +
            seconds_on(plan, &out, (struct collective_path){2 * (k - 1), 2 * ring, ring}));
}

static const struct collective_way way = {
    .result = COLLECTIVE_ALL_REDUCE,
    .lay = lay,
    .all_bytes = collective_twice_n_minus_1,
    .all_messages = all_messages,
    .busiest_card = busiest_card,
};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct hierarchical *wanted = plan->parameters;

    if (wanted->style == HIERARCHICAL_RAIL && collective_workers(plan) % members(plan) != 0)
        return sim_fail(err,
                        "algorithm.workers is %d, but rails need nodes of one size, and "
                        "algorithm.members_per_node is %d: give a multiple of it, or style: "
                        "leader.",
                        collective_workers(plan), wanted->members_per_node);
    collective_prepare(plan, &way);
    return true;
}

static const struct sim_law laws[] = {
    COLLECTIVE_LAW_OF_BYTES("2(N-1)G"),
    COLLECTIVE_LAW_OF_MESSAGES("2N(M-1 + K-1)c of rails, (2(N-K) + 2K(K-1))c of leaders"),
    {"bytes of the busiest card, one way", SIM_UNIT_BYTES,
     "2(M-1)G/M + 2(K-1)G/N of rails, ceil(lg M)G + 2(K-1)G/K of leaders", collective_busiest_card,
     sim_busiest_card_bytes, .tolerance = 0, .holds = card_is_known,
     .assumes = COLLECTIVE_OWN_HOSTS ", one chunk, equal nodes and parts"},
    {"seconds", SIM_UNIT_SECONDS,
     "C + 2(M-1)(a + G/(M B)) + 2(K-1)(a' + G/(N B')) of rails, "
     "C + 2 ceil(lg M)(a + G/B) + 2(K-1)(a' + G/(K B')) of leaders, and f/S of half those bytes",
     ideal_seconds, sim_total_seconds, .tolerance = 1e-9, .holds = on_two_switches,
     .assumes = "one full-duplex switch in the nodes and one between them, network: textbook, "
                "equal hosts, nodes and parts, no jitter, no faults, one chunk"},
    {0}};

SIM_ALGORITHM(hierarchical_allreduce) = {
    .name = "hierarchical_allreduce",
    .summary = "N workers sum inside nodes, then between them: on rails, or by leaders",
    .paper = "Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, "
             "arXiv:1706.02677, 2017",
    .counts = "N workers; the leaders are among them",
    .parameters_size = sizeof(struct hierarchical),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .prepare = prepare,
};
