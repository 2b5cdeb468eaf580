/* modnn.h -- MoDNN's own: how its work is cut, where its requests are, and its two roles.
 *
 * modnn_cut.c cuts and sends, modnn_owner.c is the group owner, modnn_node.c a device; the system itself is
 * algorithms/inference/modnn.c. */
#ifndef INFERENCE_MODNN_H
#define INFERENCE_MODNN_H

#include "algorithms/inference/rules/products.h"
#include "algorithms/inference/rules/stripes.h"
#include "algorithms/inference/shared/trail.h"

enum modnn_stage {
    MODNN_FRAME,
    MODNN_SCATTER,
    MODNN_NODE_WAIT,
    MODNN_COMPUTE,
    MODNN_HALO,
    MODNN_GATHER,
    MODNN_OWNER_WAIT,
    MODNN_OWNER,
    MODNN_STAGES
};
enum { MODNN_NUMBER_BYTES = 4 };
enum modnn_kind {
    MODNN_A_FRAME,
    MODNN_A_STRIPE,
    MODNN_A_HALO,
    MODNN_A_RESULT,
    MODNN_SOME_INPUTS,
    MODNN_SOME_SUMS
};

struct modnn {
    struct inference common;
    int nodes, sources, layers, exchange, partition, fully_connected, communities;
    double density, clustered;
};

enum { MODNN_BY_SPEED, MODNN_EQUAL };
enum { MODNN_NONE, MODNN_BY_OWNER, MODNN_DENSE, MODNN_SPARSE };

/* How the work is cut among those that are alive. */
struct modnn_cut {
    struct stripes stripes;
    struct stripes_traffic traffic;
    const struct products *products; /* [product_count] */
};

/* Where one node is with a request. */
struct modnn_place {
    int block; /* that it computes, or waits for */
    bool is_computing;
    int *arrived;        /* [blocks]: halos */
    struct trail *trail; /* of what it has itself */
    struct trail **halo; /* [blocks]: of the last halo that came; NULL: none has */
};

struct modnn_job {
    const struct modnn_cut *cut;
    struct modnn_place *places; /* [nodes] */
    struct trail *trail;        /* of the frame */
    struct parcel **held; /* [blocks]: halos before it that the owner has, until it has them all */
    int *held_count;      /* [blocks] */
    int results;
    int product;   /* that is under way */
    int sums;      /* of it that have come */
    bool is_local; /* the owner infers it alone */
};

struct modnn_prepared {
    struct inf_run run; /* first: inf_run_of */
    struct windows_chain chain;
    int product_count;    /* layers behind the chain that nodes share */
    double *capabilities; /* [nodes]; 0: dead */
    const struct modnn_cut *
        *cut; /* what it points to changes when a node dies; NULL then: nobody is left */
    struct modnn_job **jobs; /* [requests]; NULL: the frame has not come */
    struct trail_store *trails;
};

static inline const struct modnn *modnn_options(const struct sim_plan *plan)
{
    return plan->parameters;
}

static inline const struct modnn_prepared *modnn_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- modnn_cut.c ---- */

/* Among those whose capabilities are greater than 0; NULL when nobody is left. */
const struct modnn_cut *modnn_cut(const struct sim_plan *plan);

/* Bytes of a frame: what enters the network for it. */
int64_t modnn_frame_bytes(const struct sim_plan *plan, const struct modnn_cut *cut);

int modnn_peer_of(const struct station *station, int node);
int modnn_node_of(const struct station *station, int peer);
int modnn_owner_of(const struct station *station);
struct modnn_job *modnn_job_of(const struct station *station, const struct inf_request *request);
struct trail_store *modnn_trails_of(const struct station *station);

/* A part of the request, and its trail, which goes with it. */
void modnn_send_part(struct station *station, int to, struct inf_request *request, int kind,
                     int part, struct trail *trail, int64_t bytes);

/* A parcel and its trail. */
void modnn_drop(struct station *station, struct parcel *parcel);

/* Layers from that one on, as far as they are inferred, undivided. */
double modnn_flop_from(const struct station *station, int layer);

/* ---- the roles ---- */

extern const struct station_method modnn_owner_method, modnn_node_method;

#endif
