/* cluster.h -- what the workers and the servers of a parameter server share: parameters, key ranges, parcels.
 *
 * The role of the servers is in serve.c, their bookkeeping in keys.h; the workers are in
 * parameter_server.c, whose comment explains the system. */
#ifndef DATA_PARALLEL_CLUSTER_H
#define DATA_PARALLEL_CLUSTER_H

#include "algorithms/data_parallel/shared/training.h"

struct parameter_server {
    struct training training;
    int servers, placement, consistency, delay, replicas;
};

/* plan->prepared */
struct cluster {
    struct job job;
    struct parcel **spare; /* those that have been read */
};

const struct cluster *cluster_of(const struct sim_peer *me);

/* The keys of a range: bytes on the wire, numbers of the learner, and the first of these.  The first
 * ranges are the larger by one. */
int64_t cluster_shard_bytes(const struct sim_plan *plan, int range);
size_t cluster_numbers(const struct job *job, const struct parameter_server *ps, int range);
size_t cluster_first_number(const struct job *job, const struct parameter_server *ps, int range);

enum parcel_kind { GRADIENT, ANSWER, JOIN, GOODBYE, COPY };

/* What a message carries, besides its bytes.  Whoever has read one puts it back. */
struct parcel {
    enum parcel_kind kind;
    int range, clock; /* clocks: of a gradient, its own; of an answer, how many are finished */
    double *values;   /* the range's; not used with learning off */
    int *pushed;      /* of a copy: by worker */
    struct parcel *next;
};

struct parcel *parcel_take(struct sim_peer *me, enum parcel_kind kind, int range, int clock);
void parcel_put_back(struct sim_peer *me, struct parcel *parcel);

/* The role of a server. */
void cluster_serve(struct sim_peer *me);

#endif
