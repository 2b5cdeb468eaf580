/* rounds.h -- what tables of steps have in common: powers of two, and the folding of ranks beyond one. */
#ifndef COLLECTIVES_ROUNDS_H
#define COLLECTIVES_ROUNDS_H

#include "sim/peer.h"

/* The largest k with 2^k <= n, and the least k with 2^k >= n; n is at least 1. */
int collective_floor_log2(int n);
int collective_ceil_log2(int n);

/* How many of the bits of k are set. */
int collective_bits(int k);

/* A step in which nobody sends and nobody receives. */
struct sim_step collective_idle(const char *phase);

/* MPICH's way to serve any n with an algorithm for powers of two: of the first 2 (n - 2^k) ranks, the even
 * ones give all they have to their right neighbours and sit out; the others are places 0 .. 2^k - 1. */
int collective_place_of(int n, int rank); /* SIM_NOBODY for those who sit out */
int collective_rank_of(int n, int place);

enum collective_fold {
    COLLECTIVE_ROUND, /* *round of the algorithm itself, and this rank has a place in it */
    COLLECTIVE_FOLD,  /* *step is done: giving, taking back, or sitting out */
    COLLECTIVE_OVER,  /* there is no step s */
};

/* What step s is, when the algorithm has so many rounds.  *step is idle but for the folding itself, in
 * which all of the buffer goes to the neighbour (SIM_SUM), and all of it comes back (SIM_REPLACE). */
enum collective_fold collective_fold(int n, int rank, int s, int rounds, struct sim_step *step,
                                     int *round);

/* Recursive halving of something cut in `places` parts (a power of two): the half that is kept after
 * `round` + 1 exchanges, and the one that is given away in the last of them.  The partner of exchange i is
 * at distance 2^i, or, farthest first, at half of `places` divided by 2^i. */
struct collective_halves {
    int partner;
    struct sim_range kept, given;
};
struct collective_halves collective_halve(int places, int place, int round, bool farthest);

#endif
