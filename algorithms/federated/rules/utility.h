/* utility.h -- Oort: which clients to ask, by what their data still teach and how long they take.
 *
 * Lai, Zhu, Madhyastha, Chowdhury, "Oort: Efficient Federated Learning via Guided Participant Selection", OSDI
 * 2021, sections 4.2 to 4.4 and Algorithm 1:
 *
 *   U_i = |B_i| sqrt(mean over B_i of loss^2)                    statistical utility
 *   + sqrt(0.1 ln R / L_i)                                       R: this round; L_i: when client i last took part
 *   x (T / t_i)^alpha if t_i > T                                 T: preferred round seconds, t_i: client's
 *
 * Of K clients, epsilon K are new ones and the others exploit: of those tried before whose utility is at least
 * 95 % of the (1 - epsilon) K-th best, drawn with probability in proportion to it.  The authors' program (in
 * FedScale) differs from Algorithm 1 in one thing that matters and is a choice here: it brings U into 0 .. 1
 * before it adds the uncertainty, which else is small against |B| times a loss. */
#ifndef FEDERATED_UTILITY_H
#define FEDERATED_UTILITY_H

#include "sim/base/arena.h"
#include "sim/base/random.h"

#include <stdbool.h>
#include <stddef.h>

/* |B| sqrt(mean of squares); 0 without samples. */
double utility_statistical(const double *losses, size_t count);

/* The same, where only the mean of the squared losses is known. */
double utility_of_mean_square(double mean_square, double samples);

/* sqrt(share ln round / last_round), rounds 1, 2, ...; share: 0.1. */
double utility_uncertainty(double share, int round, int last_round);

/* (T / t)^alpha if t > T, else 1: nobody is paid for being faster than needed.  An infinite T punishes nobody. */
double utility_penalty(double alpha, double preferred_seconds, double seconds);

/* epsilon in round 1, 2, ...: first times decay^round, but at least `least` (0.9, 0.98 and 0.3 in the authors'
 * program, which multiplies before its first use). */
double utility_exploration(double first, double decay, double least, int round);

/* What the server knows of a client. */
struct utility_client {
    bool is_available;
    int last_round;     /* in which it last took part; 0: never, a new one */
    double statistical; /* U_i of its last part; not read for a new one */
    double seconds;     /* that it took, or for a new one is expected to take */
    double
        prior; /* weight of a new one, at least 0: the paper's is speed, the program's is data size */
};

struct utility_rule {
    double penalty;     /* alpha: 2 */
    double uncertainty; /* 0.1 */
    double clip;        /* quantile at which U is cut off, 0 .. 1: 0.9 */
    double cut_off;     /* share of the last one's utility that is enough to be drawn from: 0.95 */
    bool
        is_scaled; /* U to (U - least U) / (clipped U - least U) first, as the program; 0.5 if all are equal */
};

struct utility_space; /* workspace: one serves all rounds */
struct utility_space *utility_open(struct sim_arena *arena, int most_clients);

/* Each client's utility for this round, into utilities[count]: clipping, scaling, uncertainty, penalty.  The
 * quantile is over available clients that were tried, between neighbours (sim_quantile); the program takes value
 * floor(0.9 n).  NaN for those that are new or not
 * available. */
void utility_of_clients(const struct utility_rule *rule, const struct utility_client *clients,
                        int count, int round, double preferred_seconds, struct utility_space *space,
                        double *utilities);

/* Up to `wanted` different available clients into chosen[wanted], in ascending order; how many there are is
 * returned: `wanted`, or all that are available if those are fewer.  floor(exploration wanted) are new ones,
 * drawn in proportion to prior x penalty, and where there are too few of either kind the other fills up.  Draws:
 * one for every client in its order, whatever becomes of it. */
int utility_select(const struct utility_rule *rule, const struct utility_client *clients, int count,
                   int wanted, int round, double exploration, double preferred_seconds,
                   struct sim_random *random, struct utility_space *space, int *chosen);

/* The pacer (Algorithm 1): T grows by `step` if the utilities won in the last `window` rounds sum to less than
 * those of the window before; gains[rounds] holds one sum for each round so far.  Only at the end of a window
 * (rounds a multiple of it, at least 2 windows), as in the authors' program: asked each round it would grow all
 * through one bad stretch.  That program has another condition: it grows T where gains changed by at most 10 %,
 * and shrinks it where they changed by five times themselves or more.  Returns the new T; whoever calls bounds it. */
double utility_pace(const double *gains, int rounds, int window, double preferred, double step);

#endif
