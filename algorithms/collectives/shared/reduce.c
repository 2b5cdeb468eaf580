#include "algorithms/collectives/shared/reduce.h"

const char *const reduce_choices[] = {[REDUCE_RING] = "ring",
                                      [REDUCE_RECURSIVE_DOUBLING] = "recursive_doubling",
                                      [REDUCE_RABENSEIFNER] = "rabenseifner",
                                      [REDUCE_BINOMIAL_TREE] = "binomial_tree",
                                      [REDUCE_DOUBLE_BINARY_TREE] = "double_binary_tree",
                                      [REDUCE_RAILS] = "rails",
                                      [REDUCE_LEADERS] = "leaders",
                                      [REDUCE_BCUBE] = "bcube",
                                      NULL};

static sim_steps *const tables[] = {
    [REDUCE_RING] = ring_allreduce_steps,
    [REDUCE_RECURSIVE_DOUBLING] = recursive_doubling_allreduce_steps,
    [REDUCE_RABENSEIFNER] = rabenseifner_allreduce_steps,
    [REDUCE_BINOMIAL_TREE] = binomial_tree_allreduce_steps,
};

int reduce_lane_count(enum reduce_choice choice)
{
    return choice == REDUCE_DOUBLE_BINARY_TREE ? 2 : 1;
}

static struct sim_lane one_stage(struct sim_arena *arena, const struct sim_group *group,
                                 sim_steps *steps, struct sim_buffer buffer)
{
    struct sim_stage *stage = sim_new(arena, struct sim_stage, 1);

    *stage = (struct sim_stage){group, steps, buffer};
    return (struct sim_lane){stage, 1};
}

void reduce_lay(struct sim_arena *arena, const struct sim_group *group, int place,
                enum reduce_choice choice, int per_node, struct sim_buffer buffer,
                struct sim_lane *lanes)
{
    switch (choice) {
    case REDUCE_RAILS:
    case REDUCE_LEADERS:
        lanes[0] = hierarchical_allreduce_lane(
            arena, group, place, per_node,
            choice == REDUCE_RAILS ? HIERARCHICAL_RAIL : HIERARCHICAL_LEADER, buffer);
        break;
    case REDUCE_BCUBE:
        lanes[0] = bcube_allreduce_lane(arena, group, place, per_node, buffer);
        break;
    case REDUCE_DOUBLE_BINARY_TREE:
        lanes[0] = one_stage(arena, group, double_binary_tree_first_steps,
                             sim_slice(&buffer, sim_chunk(2, 0)));
        lanes[1] = one_stage(arena, group, double_binary_tree_second_steps,
                             sim_slice(&buffer, sim_chunk(2, 1)));
        break;
    default: lanes[0] = one_stage(arena, group, tables[choice], buffer);
    }
}

bool reduce_fits(enum reduce_choice choice, int workers, int per_node, struct sim_error *err)
{
    if (choice == REDUCE_BCUBE && per_node < 2)
        return sim_fail(err,
                        "algorithm.members_per_node is %d, but bcube sums in groups of at least 2.",
                        per_node);
    if (choice != REDUCE_RAILS || workers % per_node == 0)
        return true;
    return sim_fail(err,
                    "algorithm.members_per_node is %d, which does not divide %d workers, but rails "
                    "need nodes of one size.",
                    per_node, workers);
}

bool reduce_is_optimal(enum reduce_choice choice, int workers)
{
    if (choice == REDUCE_RECURSIVE_DOUBLING)
        return workers <= 2;
    return choice != REDUCE_RABENSEIFNER || (workers & (workers - 1)) == 0;
}
