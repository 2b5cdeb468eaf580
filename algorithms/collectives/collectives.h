/* collectives.h -- the tables of steps that systems share; each is explained in the file of its name.
 *
 * sim_collective(me, group, ring_allreduce_steps, &buffer) runs one.  Members are counted by their place in
 * the group; a buffer of n parts belongs to them in that order:
 *
 *   all-reduce       every member ends with the sum of all buffers
 *   reduce-scatter   member r ends with part r of the sum; the rest of its buffer is left over
 *   all-gather       member r begins with part r, and all end with all parts
 *   all-to-all       part d of member r is for member r + d at first, and from member r - d at the end: counted
 *                    from oneself, so that both ends of a message agree on its size where n does not divide it
 *   broadcast        member 0 begins with the buffer, and all end with it
 *
 * A step may be idle (nobody to send to, nobody to receive from), so that steps of one number are one round. */
#ifndef COLLECTIVES_H
#define COLLECTIVES_H

#include "sim/peer.h"

/* all-reduce */
sim_steps ring_allreduce_steps;
sim_steps recursive_doubling_allreduce_steps;
sim_steps rabenseifner_allreduce_steps;          /* the nearest partner first, as MPICH */
sim_steps rabenseifner_farthest_allreduce_steps; /* the farthest partner first */
sim_steps binomial_tree_allreduce_steps;
sim_steps double_binary_tree_first_steps;  /* for one half of the buffer */
sim_steps double_binary_tree_second_steps; /* for the other */

/* reduce: the first half of a binomial tree; member 0 ends with the sum */
sim_steps binomial_reduce_steps;

/* reduce-scatter */
sim_steps ring_reduce_scatter_steps;
sim_steps pairwise_reduce_scatter_steps;
sim_steps recursive_halving_reduce_scatter_steps;

/* all-gather */
sim_steps ring_allgather_steps;
sim_steps pairwise_allgather_steps;
sim_steps recursive_doubling_allgather_steps;
sim_steps bruck_allgather_steps;

/* all-to-all; pairwise_alltoall_steps send what there was originally (sim_buffer.original) */
sim_steps pairwise_alltoall_steps;
sim_steps bruck_alltoall_steps;

/* broadcast */
sim_steps binomial_broadcast_steps;
sim_steps scatter_allgather_broadcast_steps;

/* ---- all-reduces of several stages: the stages of the member at `place`, in the arena ---- */

enum hierarchical_style {
    HIERARCHICAL_RAIL,   /* the i-th members of all nodes reduce the i-th part of the buffer */
    HIERARCHICAL_LEADER, /* the first member of each node reduces all of it */
};

/* Members 0 .. per_node-1 are the first node, and so on.  Rails need nodes of one size. */
struct sim_lane hierarchical_allreduce_lane(struct sim_arena *arena, const struct sim_group *group,
                                            int place, int per_node, enum hierarchical_style style,
                                            struct sim_buffer buffer);

struct sim_lane bcube_allreduce_lane(struct sim_arena *arena, const struct sim_group *group,
                                     int place, int base, struct sim_buffer buffer);

#endif
