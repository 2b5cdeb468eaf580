/* modnn_node.c -- a device: it computes its stripe of block after block, and its part of products. */
#include "algorithms/inference/shared/modnn.h"

static double block_flop(const struct station *station, const struct modnn_cut *cut, int block)
{
    const int node = station->me->index;
    double flop = 0;

    for (int l = cut->stripes.blocks[block].first; l < cut->stripes.blocks[block].end; l++) {
        const struct windows_layer *layer = &cut->stripes.chain->layers[l];
        const double share =
            (double)windows_length(stripes_rows(&cut->stripes, block, l, node)) / layer->out.rows;
        const struct sim_layer part = windows_part(
            layer, share,
            windows_row_bytes(&layer->in, stripes_rows_read(&cut->stripes, block, l, node)));

        flop += sim_layer_cost_flop(station->me, &part, 1, SIM_FORWARD);
    }
    return flop;
}

/* Its share of the MACs, of as much of the weights, inputs and sums. */
static double product_flop(const struct station *station, const struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    const struct products_part *share = &modnn_job_of(station, parcel->request)
                                             ->cut->products[parcel->part]
                                             .parts[station->me->index];
    struct sim_layer part = plan->model->layers[modnn_of(plan)->chain.count + parcel->part];

    part.forward_flop *= share->share;
    part.parameter_bytes = llround(share->share * (double)part.parameter_bytes);
    part.input_bytes = MODNN_NUMBER_BYTES * share->inputs;
    part.activation_bytes = MODNN_NUMBER_BYTES * share->outputs;
    if (part.forward_seconds >= 0)
        part.forward_seconds *= share->share;
    return sim_layer_cost_flop(station->me, &part, 1, SIM_FORWARD);
}

/* What it has itself and what came last: who waited for the other? */
static void join(struct station *station, struct modnn_place *place)
{
    struct trail *halo = place->halo[place->block];

    if (halo == NULL)
        return;
    place->halo[place->block] = NULL;
    if (halo->at <= place->trail->at) {
        trail_give(modnn_trails_of(station), halo);
        return;
    }
    trail_give(modnn_trails_of(station), place->trail);
    place->trail = halo;
}

/* Compute the next block of which it has rows, if all that it needs is there. */
static void go_on(struct station *station, struct inf_request *request)
{
    const int node = station->me->index;
    const struct modnn_job *job = modnn_job_of(station, request);
    const struct stripes *stripes = &job->cut->stripes;
    struct modnn_place *place = &job->places[node];

    for (; place->block < stripes->block_count; place->block++) {
        if (place->arrived[place->block] <
            job->cut->traffic.expected[place->block * stripes->nodes + node])
            return;
        join(station, place);
        if (windows_length(stripes->blocks[place->block].outputs[node]) > 0) {
            struct parcel *parcel = station_parcel(station, request, MODNN_A_STRIPE);

            place->is_computing = true;
            parcel->is_part = true;
            station_compute(station, parcel, block_flop(station, job->cut, place->block),
                            INF_NO_STAGE, INF_NO_STAGE);
            return;
        }
    }
    trail_give(modnn_trails_of(station), place->trail);
    place->trail = NULL;
}

static void take_halo(struct station *station, const struct parcel *parcel)
{
    const struct modnn_job *job = modnn_job_of(station, parcel->request);
    struct modnn_place *place = &job->places[station->me->index];
    const int block = parcel->part / job->cut->stripes.nodes;

    trail_book(parcel->own, MODNN_HALO, sim_now(station->me));
    place->arrived[block]++;
    if (place->halo[block] != NULL)
        trail_give(modnn_trails_of(station), place->halo[block]);
    place->halo[block] = parcel->own;
    if (place->trail != NULL && !place->is_computing)
        go_on(station, parcel->request);
}

static void node_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct modnn_prepared *prepared = modnn_of(station->me->plan);
    struct modnn_place *place;

    if (from == SIM_NOBODY) {
        parcel->own = trail_take(prepared->trails, sim_now(station->me), NULL);
        station_send(station, modnn_owner_of(station), parcel, prepared->chain.layers[0].in.bytes,
                     INF_NO_STAGE);
        return;
    }
    if (parcel->request->is_over) {
        modnn_drop(station, parcel);
        return;
    }
    if (parcel->kind == MODNN_SOME_INPUTS) {
        trail_book(parcel->own, MODNN_SCATTER, sim_now(station->me));
        station_compute(station, parcel, product_flop(station, parcel), INF_NO_STAGE, INF_NO_STAGE);
        return;
    }
    if (parcel->kind == MODNN_A_HALO) {
        take_halo(station, parcel);
    } else {
        place = &modnn_job_of(station, parcel->request)->places[station->me->index];
        trail_book(parcel->own, MODNN_SCATTER, sim_now(station->me));
        place->trail = parcel->own;
        go_on(station, parcel->request);
    }
    station_drop(station, parcel);
}

/* Each gets what it needs of the rows that are now there, through the owner. */
static void send_halos(struct station *station, struct inf_request *request, int block,
                       const struct trail *trail)
{
    const struct modnn_job *job = modnn_job_of(station, request);
    const struct stripes *stripes = &job->cut->stripes;

    for (int to = 0; to < stripes->nodes; to++) {
        const int64_t bytes = stripes_halo_bytes(stripes, block, station->me->index, to);

        if (bytes > 0)
            modnn_send_part(station, modnn_owner_of(station), request, MODNN_A_HALO,
                            block * stripes->nodes + to,
                            trail_take(modnn_trails_of(station), sim_now(station->me), trail),
                            bytes);
    }
}

static void block_computed(struct station *station, const struct parcel *parcel)
{
    struct inf_request *request = parcel->request;
    const struct modnn_job *job = modnn_job_of(station, request);
    const struct stripes *stripes = &job->cut->stripes;
    struct modnn_place *place = &job->places[station->me->index];
    struct trail *trail = place->trail;

    trail_book_computed(trail, parcel, MODNN_NODE_WAIT, MODNN_COMPUTE, sim_now(station->me));
    place->is_computing = false;
    if (++place->block < stripes->block_count) {
        send_halos(station, request, place->block, trail);
        go_on(station, request);
        return;
    }
    place->trail = NULL;
    modnn_send_part(station, modnn_owner_of(station), request, MODNN_A_RESULT, 0, trail,
                    stripes_last_bytes(stripes, station->me->index));
}

static void product_computed(struct station *station, struct parcel *parcel)
{
    const struct modnn_cut *cut = modnn_job_of(station, parcel->request)->cut;

    parcel->kind = MODNN_SOME_SUMS;
    station_send(station, modnn_owner_of(station), parcel,
                 MODNN_NUMBER_BYTES * cut->products[parcel->part].parts[station->me->index].outputs,
                 INF_NO_STAGE);
}

static void node_computed(struct station *station, struct parcel *parcel)
{
    if (parcel->kind == MODNN_A_STRIPE) {
        block_computed(station, parcel);
        modnn_drop(station, parcel);
        return;
    }
    trail_book_computed(parcel->own, parcel, MODNN_NODE_WAIT, MODNN_COMPUTE, sim_now(station->me));
    if (parcel->kind == MODNN_SOME_INPUTS) {
        product_computed(station, parcel);
        return;
    }
    trail_end(parcel->own, parcel->request);
    station_finish(station, parcel->request, INF_FELL_BACK);
    modnn_drop(station, parcel);
}

/* A frame that does not reach the owner is inferred where it is; all else is sent again. */
static bool node_falls_back(struct station *station, struct parcel *parcel, int to)
{
    (void)to;
    if (parcel->kind != MODNN_A_FRAME)
        return false;
    trail_book(parcel->own, MODNN_FRAME, sim_now(station->me));
    station_compute(station, parcel, modnn_flop_from(station, 0), INF_NO_STAGE, INF_NO_STAGE);
    return true;
}

const struct station_method modnn_node_method = {
    .arrive = node_arrive, .computed = node_computed, .fall_back = node_falls_back};
