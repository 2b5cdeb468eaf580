/* balance.h -- is anything lost on the way?  What all workers of deep gradient compression took in must be what
 * they kept back and what moved the model, whatever lies between: codecs, sums, transports. */
#ifndef DATA_PARALLEL_BALANCE_H
#define DATA_PARALLEL_BALANCE_H

#include "algorithms/codecs/dgc.h"
#include "algorithms/data_parallel/shared/training.h"

struct balance; /* of all workers; lives in the arena */

struct balance *balance_open(struct sim_arena *arena, size_t count);

/* A worker has come to its end.  The last one notes residual_error: the largest difference, as a share of the
 * largest that was taken in.  In his model he finds the rate times the sums / N, step by step. */
void balance_settle(struct sim_peer *me, struct balance *balance, const struct job *job,
                    const struct dgc *dgc, const double *parameters);

#endif
