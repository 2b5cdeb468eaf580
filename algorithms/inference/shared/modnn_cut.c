#include "algorithms/inference/shared/modnn.h"

#include <math.h>

static const struct products *share_out(const struct sim_plan *plan)
{
    const struct modnn_prepared *prepared = plan->prepared;
    const struct modnn *own = modnn_options(plan);
    const struct products_pruning pruning = {own->density, own->clustered, own->communities};
    struct products *products =
        sim_new(plan->arena, struct products, (size_t)prepared->product_count);

    for (int p = 0; p < prepared->product_count; p++) {
        const struct sim_layer *layer = &plan->model->layers[prepared->chain.count + p];
        const int64_t inputs = layer->input_bytes / MODNN_NUMBER_BYTES;
        const int64_t outputs = layer->activation_bytes / MODNN_NUMBER_BYTES;

        products[p] =
            own->fully_connected == MODNN_DENSE
                ? products_dense(plan->arena, inputs, outputs, prepared->capabilities, own->nodes)
                : products_sparse(plan->arena, inputs, outputs, prepared->capabilities, own->nodes,
                                  &pruning, plan->seed + (uint64_t)p);
    }
    return products;
}

/* NULL when nobody is left. */
const struct modnn_cut *modnn_cut(const struct sim_plan *plan)
{
    const struct modnn_prepared *prepared = plan->prepared;
    const struct modnn *own = modnn_options(plan);
    struct modnn_cut *cut = sim_new(plan->arena, struct modnn_cut, 1);
    double sum = 0;

    for (int i = 0; i < own->nodes; i++)
        sum += prepared->capabilities[i];
    if (sum == 0)
        return NULL;
    cut->stripes = stripes_open(plan->arena, &prepared->chain, prepared->capabilities, own->nodes,
                                (enum stripes_exchange)own->exchange);
    cut->traffic = stripes_traffic(plan->arena, &cut->stripes);
    cut->products = share_out(plan);
    return cut;
}

/* Bytes of a frame: what enters the network for it. */
int64_t modnn_frame_bytes(const struct sim_plan *plan, const struct modnn_cut *cut)
{
    int64_t bytes = stripes_total_bytes(&cut->stripes);

    for (int p = 0; p < ((const struct modnn_prepared *)plan->prepared)->product_count; p++)
        bytes += MODNN_NUMBER_BYTES * cut->products[p].numbers;
    return bytes;
}

/* ---- parts ---- */

int modnn_peer_of(const struct station *station, int node)
{
    return sim_role(station->me->plan, "node")->peers[node];
}

int modnn_node_of(const struct station *station, int peer)
{
    return peer - modnn_peer_of(station, 0);
}

int modnn_owner_of(const struct station *station)
{
    return sim_role(station->me->plan, "owner")->peers[0];
}

struct modnn_job *modnn_job_of(const struct station *station, const struct inf_request *request)
{
    return modnn_of(station->me->plan)->jobs[request->number];
}

struct trail_store *modnn_trails_of(const struct station *station)
{
    return modnn_of(station->me->plan)->trails;
}

void modnn_send_part(struct station *station, int to, struct inf_request *request, int kind,
                     int part, struct trail *trail, int64_t bytes)
{
    struct parcel *parcel = station_parcel(station, request, kind);

    parcel->is_part = true;
    parcel->part = part;
    parcel->own = trail;
    station_send(station, to, parcel, bytes, INF_NO_STAGE);
}

void modnn_drop(struct station *station, struct parcel *parcel)
{
    if (parcel->own != NULL)
        trail_give(modnn_trails_of(station), parcel->own);
    station_drop(station, parcel);
}

/* Layers from that one on, as far as they are inferred, undivided. */
double modnn_flop_from(const struct station *station, int layer)
{
    const struct sim_plan *plan = station->me->plan;
    const int end = modnn_options(plan)->fully_connected == MODNN_NONE ? modnn_of(plan)->chain.count
                                                                       : plan->model->layer_count;
    double flop = 0;

    for (int l = layer; l < end; l++)
        flop += sim_layer_cost_flop(station->me, &plan->model->layers[l], 1, SIM_FORWARD);
    return flop;
}
