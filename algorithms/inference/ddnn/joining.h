/* joining.h -- a sample that several devices see at once: who computes, who joins what they send, who answers.
 *
 *   device    computes, sends its scores to the gateway; asked, it sends its features on
 *   gateway   owns all requests; joins scores, and answers if it is sure; else it asks the devices
 *   edge      joins features, and answers if it is sure; else it sends on what it made of them; there may be none
 *   cloud     joins features, or goes on from the edge's, and answers
 *
 * A device that is dead is not waited for: who joins goes on without its part.  on_loss: local: who cannot go on
 * answers with what it has, the gateway in place of a device that cannot reach edge or cloud. */
#ifndef INFERENCE_JOINING_H
#define INFERENCE_JOINING_H

#include "algorithms/inference/ddnn/gathering.h"

enum joining_tier { AT_DEVICE, AT_GATEWAY, AT_EDGE, AT_CLOUD, JOINING_TIERS };

enum joining_stage {
    DEVICE_WAIT,
    DEVICE,
    SCORES,
    GATEWAY_WAIT,
    GATEWAY,
    QUESTION,
    FEATURES,
    EDGE_WAIT,
    EDGE,
    BACKHAUL,
    CLOUD_WAIT,
    CLOUD,
    ANSWER,
    JOINING_STAGES
};

#define JOINING_STAGE_COLUMNS                                                                      \
    "device_wait_seconds", "device_seconds", "scores_seconds", "gateway_wait_seconds",             \
        "gateway_seconds", "question_seconds", "features_seconds", "edge_wait_seconds",            \
        "edge_seconds", "backhaul_seconds", "cloud_wait_seconds", "cloud_seconds",                 \
        "answer_seconds"

/* plan->prepared of a system that has the roles below. */
struct joining {
    struct inf_run run; /* first: inf_run_of */
    struct trail_store trails;
    int devices;
    bool has_edge;
    const bool *is_lost; /* [devices]: silent from the first */
    double flop[JOINING_TIERS];
    int64_t score_bytes, feature_bytes, edge_bytes, question_bytes, answer_bytes;
    int64_t device_bytes; /* that have come from devices */

    /* What that exit (0 the gateway's, then the edge's, the last the cloud's) says of a request, of which these
     * devices' parts have come: fills in request->correct if that is known.  Is it sure enough? */
    bool (*judge)(const struct joining *joining, struct inf_request *request, int exit,
                  const bool *has);
};

/* Casts the roles, and fills in `run`; all else is the caller's. */
void joining_prepare(struct sim_plan *plan, struct joining *joining);

/* Exits: the gateway's, the edge's if there is one, the cloud's. */
int joining_exits(const struct joining *joining);

/* Seconds of a request that leaves there, if every transfer and every station is its own. */
double joining_alone_seconds(const struct sim_plan *plan, int exit);

/* Is there room for all devices to talk at once, of one request? */
bool joining_is_uncontended(const struct sim_plan *plan);

/* Bytes that cross the network for a request that leaves there. */
int64_t joining_bytes(const struct joining *joining, int exit);

void joining_act_as_device(struct sim_peer *me);
void joining_act_as_edge(struct sim_peer *me);
void joining_act_as_cloud(struct sim_peer *me);

/* As a gateway it serves, and returns when all is over: the system may tell more then. */
void joining_act_as_gateway(struct sim_peer *me);

#define JOINING_ROLES(as_gateway)                                                                  \
    {"gateway", as_gateway, .help = "joins scores, answers if it is sure, and else asks on"},      \
        {"device", joining_act_as_device, .help = "sees each sample in its own way"},              \
        {"edge", joining_act_as_edge, .help = "joins features, and has an exit of its own"},       \
    {                                                                                              \
        "cloud", joining_act_as_cloud, .help = "joins what comes, goes on, and answers"            \
    }

#endif
