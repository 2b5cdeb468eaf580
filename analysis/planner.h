/* planner.h -- PipeDream's partitioning: which layers on which stage, and how often replicated.
 *
 * Narayanan et al., PipeDream: generalized pipeline parallelism for DNN training, SOSP 2019 (section 3.1): machines are
 * a hierarchy; level k joins components of level k - 1 by links of bandwidth B_k.  A(i..j, m) is the time of a
 * minibatch in the slowest stage of the best pipeline of layers i..j on m components:
 *
 *     A(i..j, m) = min( T(i..j, m),  min over s, m' of max( A(i..s, m - m'), boundary_s, T(s+1..j, m') ) )
 *
 * One stage, replicated m times, has two rules; C is the time of its layers on one component:
 *
 *     paper   T = max( C, 2(m-1)/m |w| / B ) / m            boundary_s = 2 a_s / B
 *     code    T = ( C + 4(m-1)/m |w| / (B m_below) ) / m     boundary_s = 2 a_s / (B m')
 *
 * the second after the authors' program (optimizer_graph_hierarchical.py); m_below is how many components the level
 * below joins, 1 on the innermost.  The program itself is not so uniform: a stage behind a cut is not divided by
 * m_below, and, unless it is the last, also waits 2 a / (B m') for what it sends on.  None of the times that it is
 * known to print tells the difference.  Seconds are of a minibatch; bytes of the parameters of a layer, and of what
 * it gives to the next for a minibatch. */
#ifndef ANALYSIS_PLANNER_H
#define ANALYSIS_PLANNER_H

#include "sim/base/arena.h"

#include <stdbool.h>

struct planner_layer {
    double seconds; /* forward and backward */
    double parameter_bytes, output_bytes;
};

/* From the innermost outward. */
struct planner_level {
    int components;
    double bytes_per_second;
};

enum planner_rule { PLANNER_PAPER, PLANNER_CODE };

enum planner_bound { PLANNER_COMPUTES, PLANNER_SUMS, PLANNER_RECEIVES };

struct planner_stage {
    int first, last;        /* layers */
    int replicas;           /* on single machines */
    double compute_seconds; /* of its layers on one machine */
    double parameter_bytes;

    /* Of a minibatch, all replicas at work; the slowest stage takes the plan's seconds. */
    double seconds;
    double sum_seconds; /* in them: summing gradients, on all levels where the stage is copied */
    double receive_seconds; /* activations from the stage before and gradients back to it */
    enum planner_bound bound;
};

struct planner_plan {
    double seconds; /* predicted, of a minibatch */
    int machines, stage_count;
    struct planner_stage *stages;
    int in_flight;              /* NOAM = ceil(machines / replicas of the first stage) */
    double one_machine_seconds; /* of a minibatch */
    double
        data_parallel_seconds; /* of a minibatch: the whole model on all machines, by the same rule */
};

/* The best plan; `count` layers >= 1, `level_count` levels >= 1.  Time O(N^2 M^2) for the outermost level, O(N^3 m^2)
 * for those inside.  Of plans that are equally fast it is the one of one stage, if that is among them; between others
 * it does not choose: one with fewer stages may be as fast. */
struct planner_plan planner_solve(struct sim_arena *arena, const struct planner_layer *layers,
                                  int count, const struct planner_level *levels, int level_count,
                                  enum planner_rule rule);

#endif
