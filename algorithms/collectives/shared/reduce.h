/* reduce.h -- which all-reduce a system uses, and its closed forms for one buffer. */
#ifndef COLLECTIVES_REDUCE_H
#define COLLECTIVES_REDUCE_H

#include "algorithms/collectives/collectives.h"

enum reduce_choice {
    REDUCE_RING,
    REDUCE_RECURSIVE_DOUBLING,
    REDUCE_RABENSEIFNER,
    REDUCE_BINOMIAL_TREE,
    REDUCE_DOUBLE_BINARY_TREE,
    REDUCE_RAILS,   /* hierarchical, style rail */
    REDUCE_LEADERS, /* hierarchical, style leader */
    REDUCE_BCUBE,   /* of base members_per_node */
};

/* Their names, NULL-ended, for a SIM_CHOICE parameter. */
extern const char *const reduce_choices[];

/* How many lanes one buffer takes: all at once, one after another in the stream otherwise. */
int reduce_lane_count(enum reduce_choice choice);

/* The lanes of the member at `place` for that buffer; hierarchical ones take nodes of `per_node`. */
void reduce_lay(struct sim_arena *arena, const struct sim_group *group, int place,
                enum reduce_choice choice, int per_node, struct sim_buffer buffer,
                struct sim_lane *lanes);

/* Can `workers` do it in nodes of `per_node`?  False with a sentence. */
bool reduce_fits(enum reduce_choice choice, int workers, int per_node, struct sim_error *err);

/* Are the bytes of all messages 2(N-1)G, the least that an all-reduce can do with? */
bool reduce_is_optimal(enum reduce_choice choice, int workers);

#endif
