/* fused_tiles -- DeepThings: tiles that need nothing of each other, dealt by a gateway to whoever is free.
 *
 * The last map of the first layers is cut in a grid, and each tile is traced back to the part of the frame that it
 * needs (rules/tiles.h).  A device that has a frame sends it to the gateway; the gateway sends a tile to each device
 * that is free, gets its result back, sends it the next, and puts the results together.  Devices never wait for each
 * other; what tiles have in common is sent and computed more than once.
 *
 * Paper: Zhao, Barijough, Gerstlauer, DeepThings: Distributed adaptive deep learning inference on resource-constrained
 * IoT edge clusters, IEEE TCAD 37(11), 2018.  This is its work sharing (FTP-WSH).  Not modelled: work stealing, in
 * which the frame stays with its device, and the reuse of what neighbouring tiles have computed.
 *
 * N counts the devices; the gateway is none of them.  A device that dies loses the requests of which it had a tile;
 * with on_loss: local the gateway computes that tile itself.  The others go on with what is left. */
#include "algorithms/inference/rules/tiles.h"
#include "algorithms/inference/shared/trail.h"

#include <string.h>

enum stage { FRAME, GATEWAY_WAIT, TILE, NODE_WAIT, COMPUTE, RESULT, STAGES };
enum kind { A_FRAME, A_TILE, A_RESULT };

struct fused_tiles {
    struct inference common;
    int nodes, sources, layers;
    struct sim_grid grid;
};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct fused_tiles, nodes),
     SIM_DEFAULT("6", "Zhao et al. 2018 (DeepThings): six Raspberry Pis"), .least = 1, .most = 4096,
     .help = "N, the devices that compute tiles"},
    {SIM_COUNT(struct fused_tiles, sources), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,
     .most = 4096, .help = "how many of them, the first ones, have frames"},
    {SIM_COUNT(struct fused_tiles, layers), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 1e6,
     .help = "so many of the model's layers, from the first; 0: as many as have rows and columns"},
    {SIM_GRID(struct fused_tiles, grid),
     SIM_DEFAULT("3x3", "Zhao et al. 2018 (DeepThings): 3 x 3, among theirs"), .least = 1,
     .most = 1024, .help = "rows x columns of tiles"},
    {0}};

/* What the gateway knows of a request. */
struct job {
    struct inf_request *request;
    struct trail *trail; /* of the frame; NULL: it has not come */
    int dealt, done;     /* tiles */
    bool fell_back;
    struct job *next;
};

/* What a device has of it. */
struct hand {
    bool is_busy, is_dead;
    struct job *job;
    int tile;
    struct trail *trail;
};

struct prepared {
    struct inf_run run; /* first: inf_run_of */
    struct windows_chain chain;
    struct tiles tiles;
    struct trail_store *trails;
};

struct gateway {
    struct job *first, **last; /* with tiles that nobody has, in the order in which they came */
    struct job *jobs;          /* [requests] */
    struct hand *hands;        /* [nodes] */
};

static const struct fused_tiles *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct station *station)
{
    return station->me->plan->prepared;
}

/* ---- before ---- */

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct fused_tiles *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);
    const int most = windows_countable(plan->model);
    const int layers = own->layers > 0 ? own->layers : most > 0 ? most : 1;

    if (plan->batch != 1)
        return sim_fail(err, "fused_tiles: a frame is one sample, so workload.batch must be 1.");
    if (own->common.battery_joules > 0)
        return sim_fail(
            err, "fused_tiles: battery_joules must be 0: who waits for parts of an empty device "
                 "would wait for ever; let its host die in faults instead.");
    if (own->sources > own->nodes)
        return sim_fail(err, "fused_tiles: %d sources are more than the %d nodes that they are of.",
                        own->sources, own->nodes);
    if (!windows_open(plan->arena, plan->model, layers, &prepared->chain, err) ||
        !tiles_open(plan->arena, &prepared->chain, own->grid.rows, own->grid.columns,
                    &prepared->tiles, err))
        return false;
    prepared->trails = sim_new(plan->arena, struct trail_store, 1);
    prepared->trails->arena = plan->arena;
    sim_cast(plan, "gateway", 1);
    sim_cast(plan, "node", own->nodes);
    inf_prepare(plan, &prepared->run, own->sources, STAGES, 0);
    return true;
}

static int64_t weights_of(const struct windows_chain *chain)
{
    int64_t bytes = 0;

    for (int l = 0; l < chain->count; l++)
        bytes += chain->layers[l].layer->parameter_bytes;
    return bytes;
}

/* Every device has all weights, which is what fused tiles cost, and one tile of one layer at a time. */
static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct prepared *prepared = plan->prepared;
    const struct sim_group *nodes = sim_role(plan, "node");
    const double bytes =
        (double)(weights_of(&prepared->chain) + tiles_largest_bytes(&prepared->tiles));

    for (int i = 0; i < nodes->size; i++)
        if (!sim_fits_memory(plan, nodes->peers[i], bytes, "The weights and the largest tile",
                             "ask for a finer grid, or for fewer layers", err))
            return false;
    return inf_placed(plan, "node", err);
}

/* ---- what a tile costs ---- */

static double tile_flop(const struct station *station, int tile)
{
    const struct prepared *prepared = prepared_of(station);
    double flop = 0;

    for (int l = 0; l < prepared->chain.count; l++) {
        const struct tiles_region *in = tiles_region_of(&prepared->tiles, l, tile);
        const struct windows_layer *layer = &prepared->chain.layers[l];
        const struct sim_layer part =
            windows_part(layer, tiles_share(&prepared->tiles, l, tile),
                         windows_bytes(&layer->in, in->rows, in->columns));

        flop += sim_layer_cost_flop(station->me, &part, 1, SIM_FORWARD);
    }
    return flop;
}

static double frame_flop(const struct station *station)
{
    const struct windows_chain *chain = &prepared_of(station)->chain;
    double flop = 0;

    for (int l = 0; l < chain->count; l++)
        flop += sim_layer_cost_flop(station->me, chain->layers[l].layer, 1, SIM_FORWARD);
    return flop;
}

/* ---- the gateway ---- */

static void queue(struct gateway *gateway, struct inf_request *request, struct trail *trail)
{
    struct job *job = &gateway->jobs[request->number];

    *job = (struct job){.request = request, .trail = trail};
    *gateway->last = job;
    gateway->last = &job->next;
}

/* The first job of which some tile is left; those that are over are passed by. */
static struct job *next_job(struct gateway *gateway, const struct tiles *tiles)
{
    while (gateway->first != NULL &&
           (gateway->first->dealt == tiles->count || gateway->first->request->is_over))
        gateway->first = gateway->first->next;
    if (gateway->first == NULL)
        gateway->last = &gateway->first;
    return gateway->first;
}

static void deal_to(struct station *station, int node, struct job *job)
{
    const struct prepared *prepared = prepared_of(station);
    struct hand *hand = &((struct gateway *)station->own)->hands[node];
    struct parcel *parcel = station_parcel(station, job->request, A_TILE);

    *hand = (struct hand){.is_busy = true, .job = job, .tile = job->dealt++};
    hand->trail = trail_take(prepared->trails, sim_now(station->me), job->trail);
    trail_book(hand->trail, GATEWAY_WAIT, sim_now(station->me));
    parcel->is_part = true;
    parcel->part = hand->tile;
    parcel->own = hand->trail;
    station_send(station, sim_role(station->me->plan, "node")->peers[node], parcel,
                 tiles_first_bytes(&prepared->tiles, hand->tile), INF_NO_STAGE);
}

static void deal(struct station *station)
{
    struct gateway *gateway = station->own;
    const struct tiles *tiles = &prepared_of(station)->tiles;

    for (int i = 0; i < options_of(station->me->plan)->nodes; i++) {
        struct job *job = next_job(gateway, tiles);

        if (job == NULL)
            return;
        if (!gateway->hands[i].is_busy && !gateway->hands[i].is_dead)
            deal_to(station, i, job);
    }
}

/* A tile is done; with the last one the request is. */
static void put_together(struct station *station, struct parcel *parcel)
{
    struct inf_request *request = parcel->request;
    struct job *job = &((struct gateway *)station->own)->jobs[request->number];
    struct trail *trail = parcel->own;

    job->fell_back |= parcel->falls_back;
    if (!request->is_over && ++job->done == prepared_of(station)->tiles.count) {
        trail_end(trail, request);
        station_finish(station, request, job->fell_back ? INF_FELL_BACK : INF_ANSWERED);
    }
    trail_give(prepared_of(station)->trails, trail);
    station_drop(station, parcel);
}

static int place_of(const struct station *station, int peer)
{
    return peer - sim_role(station->me->plan, "node")->peers[0];
}

static void gateway_arrive(struct station *station, struct parcel *parcel, int from)
{
    struct gateway *gateway = station->own;
    struct trail *trail = parcel->own;

    if (parcel->kind == A_FRAME) {
        trail_book(trail, FRAME, sim_now(station->me));
        if (!parcel->request->is_over)
            queue(gateway, parcel->request, trail);
        station_drop(station, parcel);
    } else {
        trail_book(trail, RESULT, sim_now(station->me));
        gateway->hands[place_of(station, from)].is_busy = false;
        put_together(station, parcel);
    }
    deal(station);
}

/* A tile that a device could not do. */
static void gateway_computed(struct station *station, struct parcel *parcel)
{
    trail_book_computed(parcel->own, parcel, GATEWAY_WAIT, COMPUTE, sim_now(station->me));
    put_together(station, parcel);
}

static void do_it_here(struct station *station, struct parcel *parcel)
{
    parcel->falls_back = true;
    station_compute(station, parcel, tile_flop(station, parcel->part), INF_NO_STAGE, INF_NO_STAGE);
}

/* A tile has not reached its device. */
static bool gateway_falls_back(struct station *station, struct parcel *parcel, int to)
{
    struct hand *hand = &((struct gateway *)station->own)->hands[place_of(station, to)];

    if (!hand->is_busy || hand->trail != parcel->own) {
        station_drop(station, parcel); /* its device has died, and the tile is done elsewhere */
        return true;
    }
    hand->is_busy = false;
    trail_book(parcel->own, TILE, sim_now(station->me));
    do_it_here(station, parcel);
    return true;
}

static void redo(struct station *station, struct hand *hand)
{
    struct parcel *parcel = station_parcel(station, hand->job->request, A_TILE);

    parcel->is_part = true;
    parcel->part = hand->tile;
    parcel->own = hand->trail;
    trail_book(hand->trail, COMPUTE, sim_now(station->me));
    do_it_here(station, parcel);
}

/* Frames of a dead device that have not come never will; without devices, no other will be computed either. */
static void give_up_frames(struct station *station, int node)
{
    const struct inf_run *run = inf_run_of(station->me->plan);
    const struct gateway *gateway = station->own;
    bool is_alone = true;

    for (int i = 0; i < options_of(station->me->plan)->nodes; i++)
        is_alone &= gateway->hands[i].is_dead;
    for (int r = 0; r < run->count; r++)
        if (is_alone || (run->requests[r].source == node && gateway->jobs[r].trail == NULL))
            station_finish(station, &run->requests[r], INF_LOST);
}

static void gateway_gone(struct station *station, int peer)
{
    struct hand *hand = &((struct gateway *)station->own)->hands[place_of(station, peer)];
    const bool had_tile = hand->is_busy && !hand->job->request->is_over;

    hand->is_dead = true;
    hand->is_busy = false;
    if (had_tile && options_of(station->me->plan)->common.on_loss == INF_LOCAL)
        redo(station, hand);
    else if (had_tile)
        station_finish(station, hand->job->request, INF_LOST);
    give_up_frames(station, place_of(station, peer));
    deal(station);
}

static const struct station_method gateway_method = {.arrive = gateway_arrive,
                                                     .computed = gateway_computed,
                                                     .fall_back = gateway_falls_back,
                                                     .died = gateway_gone};

/* ---- a device ---- */

static void node_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct prepared *prepared = prepared_of(station);
    const double now = sim_now(station->me);

    if (from == SIM_NOBODY) {
        parcel->own = trail_take(prepared->trails, now, NULL);
        station_send(station, sim_role(station->me->plan, "gateway")->peers[0], parcel,
                     prepared->chain.layers[0].in.bytes, INF_NO_STAGE);
        return;
    }
    trail_book(parcel->own, TILE, now);
    station_compute(station, parcel, tile_flop(station, parcel->part), INF_NO_STAGE, INF_NO_STAGE);
}

static void node_computed(struct station *station, struct parcel *parcel)
{
    const struct prepared *prepared = prepared_of(station);

    trail_book_computed(parcel->own, parcel, NODE_WAIT, COMPUTE, sim_now(station->me));
    if (parcel->kind == A_FRAME) {
        trail_end(parcel->own, parcel->request);
        station_finish(station, parcel->request, INF_FELL_BACK);
        trail_give(prepared->trails, parcel->own);
        station_drop(station, parcel);
        return;
    }
    parcel->kind = A_RESULT;
    station_send(station, sim_role(station->me->plan, "gateway")->peers[0], parcel,
                 tiles_last_bytes(&prepared->tiles, parcel->part), INF_NO_STAGE);
}

/* A frame that does not reach the gateway is computed where it is, undivided; a result is sent again. */
static bool node_falls_back(struct station *station, struct parcel *parcel, int to)
{
    (void)to;
    if (parcel->kind != A_FRAME)
        return false;
    trail_book(parcel->own, FRAME, sim_now(station->me));
    station_compute(station, parcel, frame_flop(station), INF_NO_STAGE, INF_NO_STAGE);
    return true;
}

static const struct station_method node_method = {
    .arrive = node_arrive, .computed = node_computed, .fall_back = node_falls_back};

/* ---- roles ---- */

static void act_as_gateway(struct sim_peer *me)
{
    const struct sim_group *nodes = sim_role(me->plan, "node");
    struct gateway *gateway = sim_new(me->plan->arena, struct gateway, 1);
    struct station *station = station_open(me, &gateway_method, gateway);

    gateway->last = &gateway->first;
    gateway->jobs = sim_new(me->plan->arena, struct job, (size_t)inf_run_of(me->plan)->count);
    gateway->hands = sim_new(me->plan->arena, struct hand, (size_t)nodes->size);
    for (int i = 0; i < nodes->size; i++)
        station_hear(station, nodes->peers[i], false);
    station_own(station, SIM_NOBODY);
    sim_note(me, "redundant_compute", tiles_redundancy(&prepared_of(station)->tiles));
    sim_note(me, "frame_bytes", (double)tiles_total_bytes(&prepared_of(station)->tiles));
    station_run(station);
}

static void act_as_node(struct sim_peer *me)
{
    struct station *station = station_open(me, &node_method, NULL);

    station_hear(station, sim_role(me->plan, "gateway")->peers[0], true);
    if (me->index < options_of(me->plan)->sources)
        station_arrivals(station, me->index, false);
    station_run(station);
}

static const struct sim_role roles[] = {
    {"gateway", act_as_gateway, .help = "deals tiles, and puts their results together"},
    {"node", act_as_node, .help = "computes tiles; the first ones have the frames"},
    {0}};

/* ---- tables and laws ---- */

INF_STAGE_COLUMNS(STAGES, "frame_seconds", "gateway_wait_seconds", "tile_seconds",
                  "node_wait_seconds", "compute_seconds", "result_seconds");
static const struct sim_table tables[] = {INF_REQUESTS(), {0}};

static double all_bytes(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;

    return (double)prepared->run.count * (double)tiles_total_bytes(&prepared->tiles);
}

static bool all_are_answered(const struct sim_plan *plan)
{
    return sim_has_own_hosts(plan) && plan->is_undisturbed && plan->requests->horizon_seconds == 0;
}

static double frame_seconds(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;

    return sim_alone_seconds(plan, sim_role(plan, "node")->peers[0],
                             sim_role(plan, "gateway")->peers[0],
                             prepared->chain.layers[0].in.bytes);
}

static double mean_frame_seconds(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "mean_frame_seconds");
}

static bool has_one_frame(const struct sim_plan *plan)
{
    return all_are_answered(plan) && plan->requests->count == 1 && plan->network_is_textbook;
}

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "for each frame: itself, the part that each tile needs, and the result", all_bytes,
     sim_total_bytes, .tolerance = 0, .holds = all_are_answered,
     .assumes =
         "every peer has a host of its own, nothing is disturbed, and all requests are answered"},
    {"seconds of the frame to the gateway", SIM_UNIT_SECONDS, "a + frame bytes / B", frame_seconds,
     mean_frame_seconds, .tolerance = 1e-9, .holds = has_one_frame,
     .assumes = "one request, network: textbook, every peer has a host of its own, nothing is "
                "disturbed"},
    {0}};

SIM_ALGORITHM(fused_tiles) = {
    .name = "fused_tiles",
    .summary = "DeepThings: tiles traced back through several layers, dealt to whoever is free",
    .paper = "Zhao, Barijough, Gerstlauer, DeepThings: Distributed adaptive deep learning "
             "inference on resource-constrained IoT edge clusters, IEEE TCAD 37(11), 2018",
    .counts = "N devices; the gateway is none of them",
    .parameters_size = sizeof(struct fused_tiles),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .workload = SIM_NEEDS_WORKLOAD,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
