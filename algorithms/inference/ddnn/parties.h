/* parties.h -- what device, gateway, edge and cloud share among themselves; for no other system. */
#ifndef INFERENCE_DDNN_PARTIES_H
#define INFERENCE_DDNN_PARTIES_H

#include "algorithms/inference/ddnn/joining.h"

enum joining_kind { A_SAMPLE, A_SCORE, A_QUESTION, A_FEATURE, A_REFUSAL, AN_ANSWER };

/* What a station has that joins what several send. */
struct joint {
    struct gatherer *gatherer;
    bool next_is_gone; /* who would go on from here is dead */
};

/* How far the gateway, or the edge, is with a request. */
enum joining_phase { GATHERS, COMPUTES, HAS_ASKED };

extern const struct station_method joining_device_method, joining_gateway_method,
    joining_edge_method, joining_cloud_method;

/* What is shared by all: its trails and its counters are written to. */
static inline struct joining *joining_of(const struct station *station)
{
    return (struct joining *)(uintptr_t)station->me->plan->prepared;
}

static inline int peer_of(const struct sim_plan *plan, const char *role, int index)
{
    return sim_role(plan, role)->peers[index];
}

static inline int gateway_of(const struct sim_plan *plan)
{
    return peer_of(plan, "gateway", 0);
}

/* To whom devices send their features. */
static inline int joiner_of(const struct sim_plan *plan)
{
    const struct joining *joining = plan->prepared;

    return peer_of(plan, joining->has_edge ? "edge" : "cloud", 0);
}

/* Which device is that, or -1? */
static inline int device_of(const struct sim_plan *plan, int peer)
{
    const struct sim_group *devices = sim_role(plan, "device");
    const int index = peer - devices->peers[0];

    return index >= 0 && index < devices->size ? index : -1;
}

static inline bool falls_back_locally(const struct station *station)
{
    return inf_run_of(station->me->plan)->options->on_loss == INF_LOCAL;
}

/* A parcel that is a part of the request, and goes on from `trail` (NULL: its way begins now). */
struct parcel *joining_part(struct station *station, struct inf_request *request, int kind,
                            int part, const struct trail *trail);

/* The parcel, and its trail. */
void joining_drop(struct station *station, struct parcel *parcel);

/* A device that is dead need not be asked: nobody waits for what it would send. */
bool joining_is_spared(struct station *station, struct parcel *parcel, int to);

/* Is that exit sure of what it says by the parts that have come? */
bool joining_is_sure(const struct station *station, const struct gathering *gathering, int exit);

/* All that will come has come: that tier's computation joins the line. */
void joining_begin(struct station *station, struct gathering *gathering, enum joining_tier tier);

/* What this station has of that request, or NULL. */
struct gathering *joining_gathering(const struct station *station,
                                    const struct inf_request *request);

/* A device's part has come, after the stage of that name; the gathering if it was the last, else NULL. */
struct gathering *joining_take(struct station *station, const struct parcel *parcel, int stage);

/* Devices are not waited for when they are dead; if those that were left are whole without them, they go on. */
void joining_lose_device(struct station *station, int device, enum joining_tier tier);

#endif
