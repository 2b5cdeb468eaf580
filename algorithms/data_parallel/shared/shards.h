/* shards.h -- the small learner's numbers, of which a worker keeps one shard of each unit only.
 *
 * What it has of the others' it was sent: forgotten numbers become NaN, so that whoever computes with what he did not
 * gather learns nothing.  The optimizer's part (a copy of the parameters, and the momentum) is never anything
 * but the shards. */
#ifndef DATA_PARALLEL_SHARDS_H
#define DATA_PARALLEL_SHARDS_H

#include "algorithms/data_parallel/shared/training.h"

struct shards {
    const struct job *job;
    struct replica *replica;   /* P parameters and their gradient, where collectives put them */
    int units, place, parts;   /* shard `place` of `parts`, of each of `units` equal parts of P */
    size_t *first;             /* by unit: where its shard is in: */
    double *master, *velocity; /* the optimizer's */
    double *seen;              /* P: what the gradient was computed with */
};

/* NULL with learning off, which all functions below take. */
struct shards *shards_open(const struct sim_peer *me, const struct job *job, int units, int place,
                           int parts);

/* Unit u's part of a vector of P numbers, for collectives. */
struct sim_buffer shards_buffer(const struct shards *shards, int u, double *vector);

/* The own shard of unit u, into a vector of P numbers. */
void shards_lay_out(const struct shards *shards, int u, double *vector);

/* All parameters that the replica has. */
void shards_forget(struct shards *shards);

/* The gradient of the replica's parameters, which are forgotten then. */
void shards_learn(const struct sim_peer *me, struct shards *shards, int iteration);

/* Have the same parameters been gathered since?  Always, with learning off. */
bool shards_are_back(const struct shards *shards);

/* One step of the own shards, with the sum of gradients / workers. */
void shards_step(struct shards *shards, int workers, int iteration);

#endif
