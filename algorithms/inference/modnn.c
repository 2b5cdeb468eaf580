/* modnn -- MoDNN: the rows of every layer shared out by what devices can do, halos through the group owner.
 *
 * Each device computes a stripe of each layer's output (rules/stripes.h), the larger the more it can do.  After each
 * layer the rows that others need go to the group owner, who passes them on when it has them all; so nothing is
 * computed twice, and everybody waits for the slowest.  In the end the owner has the result.  Fully connected layers behind
 * may be computed by the owner, or shared out too: as they are (dense), or pruned (sparse), when whoever has some of
 * the outputs needs some of the inputs only, and as few as co-clustering finds (rules/co_clustering.h).
 *
 * Paper: Mao, Chen, Nixon, Krieger, Chen, MoDNN: Local distributed mobile computing system for deep neural network,
 * DATE 2017; its exact bytes from Zhao et al., DeepThings, IEEE TCAD 37(11), 2018, section V.
 *
 * N counts the devices that compute; the group owner is none of them.  A device that dies loses the requests that are
 * under way, of which it has a part; with on_loss: local the owner infers those alone.  Later ones are cut anew, among
 * those that are left.  A slow device makes all wait: stripes follow the speeds of the platform, not what happens. */
#include "algorithms/inference/rules/stripes.h"
#include "algorithms/inference/shared/trail.h"

enum stage { FRAME, SCATTER, NODE_WAIT, COMPUTE, HALO, GATHER, OWNER_WAIT, OWNER, STAGES };
enum kind { A_FRAME, A_STRIPE, A_HALO, A_RESULT };

struct modnn {
    struct inference common;
    int nodes, sources, layers, exchange, partition;
};

static const char *const exchanges[] = {"layer", "convolution", NULL};

enum { BY_SPEED, EQUAL };
static const char *const partitions[] = {"by_speed", "equal", NULL};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct modnn, nodes), .value = "4", .least = 1, .most = 1024,
     .help = "N, the devices that compute stripes"},
    {SIM_COUNT(struct modnn, sources), .value = "1", .least = 1, .most = 1024,
     .help = "how many of them, the first ones, have frames"},
    {SIM_COUNT(struct modnn, layers), .value = "0", .least = 0, .most = 1e6,
     .help = "so many of the model's layers, from the first; 0: as many as have rows"},
    {SIM_CHOICE(struct modnn, exchange), .value = "layer", .choices = exchanges,
     .help = "when halos are exchanged: before each layer, or before convolutions only, so that "
             "what a pool needs is computed twice"},
    {SIM_CHOICE(struct modnn, partition), .value = "by_speed", .choices = partitions,
     .help = "how rows are shared out: in proportion to the speed of devices, or equally"},
    {0}};

/* How the work is cut, for those that are alive; what follows from it for messages. */
struct cut {
    struct stripes stripes;
    int *expected;    /* [blocks][nodes]: halos that a node waits for before the block */
    int *all;         /* [blocks]: their sum */
    bool *takes_part; /* [nodes]: has rows of some block */
    int results;      /* nodes that have rows of the last */
};

/* Where one node is with a request. */
struct place {
    int block; /* that it computes, or waits for */
    bool is_computing;
    int *arrived;        /* [blocks]: halos */
    struct trail *trail; /* of what it has itself */
    struct trail **halo; /* [blocks]: of the last halo that came; NULL: none has */
};

struct job {
    const struct cut *cut;
    struct place *places; /* [nodes] */
    struct trail *trail;  /* of the frame */
    struct parcel **held; /* [blocks]: halos before it that the owner has, until it has them all */
    int *held_count;      /* [blocks] */
    int results;
    bool is_local; /* the owner infers it alone */
};

struct prepared {
    struct inf_run run; /* first: inf_run_of */
    struct windows_chain chain;
    double *capabilities; /* [nodes]; 0: dead */
    const struct cut *
        *cut;          /* what it points to changes when a node dies; NULL then: nobody is left */
    struct job **jobs; /* [requests]; NULL: the frame has not come */
    struct trail_store *trails;
};

static const struct modnn *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- before ---- */

static int *count_halos(const struct stripes *stripes, struct sim_arena *arena)
{
    int *expected = sim_new(arena, int, (size_t)(stripes->block_count * stripes->nodes));

    for (int b = 1; b < stripes->block_count; b++)
        for (int from = 0; from < stripes->nodes; from++)
            for (int to = 0; to < stripes->nodes; to++)
                expected[b * stripes->nodes + to] += stripes_halo_bytes(stripes, b, from, to) > 0;
    return expected;
}

/* NULL when nobody is left. */
static const struct cut *cut_among(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;
    const struct modnn *own = options_of(plan);
    struct cut *cut = sim_new(plan->arena, struct cut, 1);
    double sum = 0;

    for (int i = 0; i < own->nodes; i++)
        sum += prepared->capabilities[i];
    if (sum == 0)
        return NULL;
    cut->stripes = stripes_open(plan->arena, &prepared->chain, prepared->capabilities, own->nodes,
                                (enum stripes_exchange)own->exchange);
    cut->expected = count_halos(&cut->stripes, plan->arena);
    cut->all = sim_new(plan->arena, int, (size_t)cut->stripes.block_count);
    for (int b = 0; b < cut->stripes.block_count; b++)
        for (int i = 0; i < own->nodes; i++)
            cut->all[b] += cut->expected[b * own->nodes + i];
    cut->takes_part = sim_new(plan->arena, bool, (size_t)own->nodes);
    for (int i = 0; i < own->nodes; i++) {
        for (int b = 0; b < cut->stripes.block_count; b++)
            cut->takes_part[i] |= windows_length(cut->stripes.blocks[b].outputs[i]) > 0;
        cut->results += stripes_last_bytes(&cut->stripes, i) > 0;
    }
    return cut;
}

static bool has_rows_for_all(const struct modnn *own, const struct windows_chain *chain,
                             struct sim_error *err)
{
    for (int l = 0; l < chain->count; l++)
        if (own->nodes > chain->layers[l].out.rows)
            return sim_fail(err,
                            "modnn: %d nodes are more than the %d rows that layer '%s' gives; ask "
                            "for fewer nodes or layers.",
                            own->nodes, chain->layers[l].out.rows, chain->layers[l].layer->name);
    return true;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct modnn *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);
    const int most = windows_countable(plan->model);
    const int layers = own->layers > 0 ? own->layers : most > 0 ? most : 1;

    if (plan->batch != 1)
        return sim_fail(err, "modnn: a frame is one sample, so workload.batch must be 1.");
    if (own->sources > own->nodes)
        return sim_fail(err, "modnn: %d sources are more than the %d nodes that they are of.",
                        own->sources, own->nodes);
    if (!windows_open(plan->arena, plan->model, layers, &prepared->chain, err) ||
        !has_rows_for_all(own, &prepared->chain, err))
        return false;
    prepared->capabilities = sim_new(plan->arena, double, (size_t)own->nodes);
    prepared->cut = sim_new(plan->arena, const struct cut *, 1);
    prepared->trails = sim_new(plan->arena, struct trail_store, 1);
    prepared->trails->arena = plan->arena;
    sim_cast(plan, "owner", 1);
    sim_cast(plan, "node", own->nodes);
    inf_prepare(plan, &prepared->run, own->sources, STAGES, 0);
    prepared->jobs = sim_new(plan->arena, struct job *, (size_t)prepared->run.count);
    return true;
}

/* Rows that a layer reads on the way to a node's stripe of a block. */
static struct windows_span rows_read(const struct cut *cut, int block, int layer, int node)
{
    const struct windows_layer *of = &cut->stripes.chain->layers[layer];

    return windows_needed(&of->window, stripes_rows(&cut->stripes, block, layer, node),
                          of->in.rows);
}

/* All weights, and input and output of the layer that needs most. */
static double memory_bytes(const struct cut *cut, int node)
{
    const struct windows_chain *chain = cut->stripes.chain;
    int64_t weights = 0, largest = 0;

    for (int b = 0; b < cut->stripes.block_count; b++)
        for (int l = cut->stripes.blocks[b].first; l < cut->stripes.blocks[b].end; l++) {
            const struct windows_layer *layer = &chain->layers[l];
            const int64_t bytes =
                windows_row_bytes(&layer->in, rows_read(cut, b, l, node)) +
                windows_row_bytes(&layer->out, stripes_rows(&cut->stripes, b, l, node));

            weights += layer->layer->parameter_bytes;
            largest = bytes > largest ? bytes : largest;
        }
    return (double)(weights + largest);
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct prepared *prepared = prepared_of(plan);
    const struct sim_group *nodes = sim_role(plan, "node");

    for (int i = 0; i < nodes->size; i++)
        prepared->capabilities[i] =
            options_of(plan)->partition == EQUAL ? 1 : sim_flop_per_second(plan, nodes->peers[i]);
    *prepared->cut = cut_among(plan);
    for (int i = 0; i < nodes->size; i++)
        if (!sim_fits_memory(plan, nodes->peers[i], memory_bytes(*prepared->cut, i),
                             "The weights and the largest stripe",
                             "ask for fewer layers, or for more nodes", err))
            return false;
    return inf_placed(plan, "node", err);
}

/* ---- parts ---- */

static int peer_of(const struct station *station, int node)
{
    return sim_role(station->me->plan, "node")->peers[node];
}

static int node_of(const struct station *station, int peer)
{
    return peer - peer_of(station, 0);
}

static int owner_of(const struct station *station)
{
    return sim_role(station->me->plan, "owner")->peers[0];
}

static struct job *job_of(const struct station *station, const struct inf_request *request)
{
    return prepared_of(station->me->plan)->jobs[request->number];
}

static struct trail_store *trails_of(const struct station *station)
{
    return prepared_of(station->me->plan)->trails;
}

static void send_part(struct station *station, int to, struct inf_request *request, int kind,
                      int part, struct trail *trail, int64_t bytes)
{
    struct parcel *parcel = station_parcel(station, request, kind);

    parcel->is_part = true;
    parcel->part = part;
    parcel->own = trail;
    station_send(station, to, parcel, bytes, INF_NO_STAGE);
}

static void drop(struct station *station, struct parcel *parcel)
{
    if (parcel->own != NULL)
        trail_give(trails_of(station), parcel->own);
    station_drop(station, parcel);
}

static double chain_flop(const struct station *station)
{
    const struct windows_chain *chain = &prepared_of(station->me->plan)->chain;
    double flop = 0;

    for (int l = 0; l < chain->count; l++)
        flop += sim_layer_cost_flop(station->me, chain->layers[l].layer, 1, SIM_FORWARD);
    return flop;
}

/* ---- the group owner ---- */

static struct job *open_job(struct station *station, const struct cut *cut, struct trail *trail)
{
    struct sim_arena *arena = station->me->plan->arena;
    const int nodes = cut->stripes.nodes, blocks = cut->stripes.block_count;
    struct job *job = sim_new(arena, struct job, 1);

    *job = (struct job){.cut = cut, .trail = trail};
    job->held = sim_new(arena, struct parcel *, (size_t)blocks);
    job->held_count = sim_new(arena, int, (size_t)blocks);
    job->places = sim_new(arena, struct place, (size_t)nodes);
    for (int i = 0; i < nodes; i++) {
        job->places[i].arrived = sim_new(arena, int, (size_t)blocks);
        job->places[i].halo = sim_new(arena, struct trail *, (size_t)blocks);
    }
    return job;
}

static void infer_alone(struct station *station, struct inf_request *request)
{
    struct job *job = job_of(station, request);
    struct parcel *parcel;

    if (job->is_local || request->is_over)
        return;
    job->is_local = true;
    trail_book(job->trail, OWNER_WAIT, sim_now(station->me));
    parcel = station_parcel(station, request, A_FRAME);
    parcel->falls_back = true;
    parcel->own = trail_take(trails_of(station), sim_now(station->me), job->trail);
    station_compute(station, parcel, chain_flop(station), INF_NO_STAGE, INF_NO_STAGE);
}

/* Somebody who has a part of it cannot go on. */
static void fail(struct station *station, struct inf_request *request)
{
    if (options_of(station->me->plan)->common.on_loss == INF_LOCAL)
        infer_alone(station, request);
    else
        station_finish(station, request, INF_LOST);
}

static void begin(struct station *station, struct parcel *parcel)
{
    const struct prepared *prepared = prepared_of(station->me->plan);
    struct inf_request *request = parcel->request;
    const struct cut *cut = *prepared->cut;
    struct job *job = open_job(station, cut, parcel->own);

    prepared->jobs[request->number] = job;
    parcel->own = NULL;
    for (int i = 0; i < cut->stripes.nodes; i++)
        if (cut->takes_part[i])
            send_part(station, peer_of(station, i), request, A_STRIPE, 0,
                      trail_take(prepared->trails, sim_now(station->me), job->trail),
                      stripes_first_bytes(&cut->stripes, i));
}

/* Halos go on when all of a block have come: so everybody has waited for the last, and its trail is theirs. */
static void pass_halos(struct station *station, struct parcel *last)
{
    struct job *job = job_of(station, last->request);
    const int nodes = job->cut->stripes.nodes, block = last->part / nodes;
    const struct trail *trail = last->own;

    last->next = job->held[block];
    job->held[block] = last;
    if (++job->held_count[block] < job->cut->all[block])
        return;
    for (struct parcel *parcel = job->held[block], *next; parcel != NULL; parcel = next) {
        next = parcel->next;
        *(struct trail *)parcel->own = *trail;
        station_send(station, peer_of(station, parcel->part % nodes), parcel, parcel->bytes,
                     INF_NO_STAGE);
    }
    job->held[block] = NULL;
}

static void take_result(struct station *station, struct parcel *parcel)
{
    struct job *job = job_of(station, parcel->request);

    trail_book(parcel->own, GATHER, sim_now(station->me));
    if (++job->results < job->cut->results)
        return;
    trail_end(parcel->own, parcel->request);
    station_finish(station, parcel->request, INF_ANSWERED);
}

static void owner_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct job *job = job_of(station, parcel->request);

    (void)from;
    if (parcel->kind == A_FRAME)
        trail_book(parcel->own, FRAME, sim_now(station->me));
    if (parcel->request->is_over || (job != NULL && job->is_local)) {
        drop(station, parcel);
        return;
    }
    if (parcel->kind == A_HALO) {
        pass_halos(station, parcel);
        return;
    }
    if (parcel->kind == A_FRAME)
        begin(station, parcel);
    else
        take_result(station, parcel);
    drop(station, parcel);
}

static void owner_computed(struct station *station, struct parcel *parcel)
{
    trail_book_computed(parcel->own, parcel, OWNER_WAIT, OWNER, sim_now(station->me));
    trail_end(parcel->own, parcel->request);
    station_finish(station, parcel->request, INF_FELL_BACK);
    drop(station, parcel);
}

static bool owner_falls_back(struct station *station, struct parcel *parcel, int to)
{
    (void)to;
    infer_alone(station, parcel->request);
    drop(station, parcel);
    return true;
}

/* Those under way of which the dead had a part; those of its frames that have not come; without nodes, all. */
static void owner_gone(struct station *station, int peer)
{
    const struct prepared *prepared = prepared_of(station->me->plan);
    const int node = node_of(station, peer);

    prepared->capabilities[node] = 0;
    *prepared->cut = cut_among(station->me->plan);
    for (int r = 0; r < prepared->run.count; r++) {
        struct inf_request *request = &prepared->run.requests[r];
        const struct job *job = prepared->jobs[r];

        if (job != NULL && job->cut->takes_part[node] && !request->is_over)
            fail(station, request);
        else if (job == NULL && (request->source == node || *prepared->cut == NULL))
            station_finish(station, request, INF_LOST);
    }
}

static const struct station_method owner_method = {.arrive = owner_arrive,
                                                   .computed = owner_computed,
                                                   .fall_back = owner_falls_back,
                                                   .gone = owner_gone};

/* ---- a device ---- */

static double block_flop(const struct station *station, const struct cut *cut, int block)
{
    const int node = station->me->index;
    double flop = 0;

    for (int l = cut->stripes.blocks[block].first; l < cut->stripes.blocks[block].end; l++) {
        const struct windows_layer *layer = &cut->stripes.chain->layers[l];
        const double share =
            (double)windows_length(stripes_rows(&cut->stripes, block, l, node)) / layer->out.rows;
        const struct sim_layer part = windows_part(
            layer, share, windows_row_bytes(&layer->in, rows_read(cut, block, l, node)));

        flop += sim_layer_cost_flop(station->me, &part, 1, SIM_FORWARD);
    }
    return flop;
}

/* What it has itself and what came last: who waited for the other? */
static void join(struct station *station, struct place *place)
{
    struct trail *halo = place->halo[place->block];

    if (halo == NULL)
        return;
    place->halo[place->block] = NULL;
    if (halo->at <= place->trail->at) {
        trail_give(trails_of(station), halo);
        return;
    }
    trail_give(trails_of(station), place->trail);
    place->trail = halo;
}

/* Compute the next block of which it has rows, if all that it needs is there. */
static void go_on(struct station *station, struct inf_request *request)
{
    const int node = station->me->index;
    const struct job *job = job_of(station, request);
    const struct stripes *stripes = &job->cut->stripes;
    struct place *place = &job->places[node];

    for (; place->block < stripes->block_count; place->block++) {
        if (place->arrived[place->block] < job->cut->expected[place->block * stripes->nodes + node])
            return;
        join(station, place);
        if (windows_length(stripes->blocks[place->block].outputs[node]) > 0) {
            struct parcel *parcel = station_parcel(station, request, A_STRIPE);

            place->is_computing = true;
            parcel->is_part = true;
            station_compute(station, parcel, block_flop(station, job->cut, place->block),
                            INF_NO_STAGE, INF_NO_STAGE);
            return;
        }
    }
    trail_give(trails_of(station), place->trail);
    place->trail = NULL;
}

static void take_halo(struct station *station, const struct parcel *parcel)
{
    const struct job *job = job_of(station, parcel->request);
    struct place *place = &job->places[station->me->index];
    const int block = parcel->part / job->cut->stripes.nodes;

    trail_book(parcel->own, HALO, sim_now(station->me));
    place->arrived[block]++;
    if (place->halo[block] != NULL)
        trail_give(trails_of(station), place->halo[block]);
    place->halo[block] = parcel->own;
    if (place->trail != NULL && !place->is_computing)
        go_on(station, parcel->request);
}

static void node_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct prepared *prepared = prepared_of(station->me->plan);
    struct place *place;

    if (from == SIM_NOBODY) {
        parcel->own = trail_take(prepared->trails, sim_now(station->me), NULL);
        station_send(station, owner_of(station), parcel, prepared->chain.layers[0].in.bytes,
                     INF_NO_STAGE);
        return;
    }
    if (parcel->request->is_over) {
        drop(station, parcel);
        return;
    }
    if (parcel->kind == A_HALO) {
        take_halo(station, parcel);
    } else {
        place = &job_of(station, parcel->request)->places[station->me->index];
        trail_book(parcel->own, SCATTER, sim_now(station->me));
        place->trail = parcel->own;
        go_on(station, parcel->request);
    }
    station_drop(station, parcel);
}

/* Each gets what it needs of the rows that are now there, through the owner. */
static void send_halos(struct station *station, struct inf_request *request, int block,
                       const struct trail *trail)
{
    const struct job *job = job_of(station, request);
    const struct stripes *stripes = &job->cut->stripes;

    for (int to = 0; to < stripes->nodes; to++) {
        const int64_t bytes = stripes_halo_bytes(stripes, block, station->me->index, to);

        if (bytes > 0)
            send_part(station, owner_of(station), request, A_HALO, block * stripes->nodes + to,
                      trail_take(trails_of(station), sim_now(station->me), trail), bytes);
    }
}

static void block_computed(struct station *station, const struct parcel *parcel)
{
    struct inf_request *request = parcel->request;
    const struct job *job = job_of(station, request);
    const struct stripes *stripes = &job->cut->stripes;
    struct place *place = &job->places[station->me->index];
    struct trail *trail = place->trail;

    trail_book_computed(trail, parcel, NODE_WAIT, COMPUTE, sim_now(station->me));
    place->is_computing = false;
    if (++place->block < stripes->block_count) {
        send_halos(station, request, place->block, trail);
        go_on(station, request);
        return;
    }
    place->trail = NULL;
    send_part(station, owner_of(station), request, A_RESULT, 0, trail,
              stripes_last_bytes(stripes, station->me->index));
}

static void node_computed(struct station *station, struct parcel *parcel)
{
    if (parcel->kind == A_STRIPE) {
        block_computed(station, parcel);
    } else {
        trail_book_computed(parcel->own, parcel, NODE_WAIT, COMPUTE, sim_now(station->me));
        trail_end(parcel->own, parcel->request);
        station_finish(station, parcel->request, INF_FELL_BACK);
    }
    drop(station, parcel);
}

/* A frame that does not reach the owner is inferred where it is; all else is sent again. */
static bool node_falls_back(struct station *station, struct parcel *parcel, int to)
{
    (void)to;
    if (parcel->kind != A_FRAME)
        return false;
    trail_book(parcel->own, FRAME, sim_now(station->me));
    station_compute(station, parcel, chain_flop(station), INF_NO_STAGE, INF_NO_STAGE);
    return true;
}

static const struct station_method node_method = {
    .arrive = node_arrive, .computed = node_computed, .fall_back = node_falls_back};

/* ---- roles ---- */

static void act_as_owner(struct sim_peer *me)
{
    const struct prepared *prepared = prepared_of(me->plan);
    const struct sim_group *nodes = sim_role(me->plan, "node");
    struct station *station = station_open(me, &owner_method, NULL);

    for (int i = 0; i < nodes->size; i++)
        station_hear(station, nodes->peers[i], false);
    station_own(station, SIM_NOBODY);
    sim_note(me, "bytes_per_frame", (double)stripes_total_bytes(&(*prepared->cut)->stripes));
    station_run(station);
}

static void act_as_node(struct sim_peer *me)
{
    struct station *station = station_open(me, &node_method, NULL);

    station_hear(station, sim_role(me->plan, "owner")->peers[0], true);
    if (me->index < options_of(me->plan)->sources)
        station_arrivals(station, me->index, false);
    station_has_battery(station);
    station_run(station);
}

static const struct sim_role roles[] = {
    {"owner", act_as_owner, .help = "the group owner: passes halos on and has the results"},
    {"node", act_as_node, .help = "computes stripes; the first ones have the frames"},
    {0}};

/* ---- tables and laws ---- */

#define STAGE_COLUMNS                                                                              \
    "frame_seconds", "scatter_seconds", "node_wait_seconds", "compute_seconds", "halo_seconds",    \
        "gather_seconds", "owner_wait_seconds", "owner_seconds"
static const char *const columns[] = {INF_COLUMNS, STAGE_COLUMNS, NULL};
static const char *const *const words[INF_COLUMN_COUNT + STAGES] = {INF_WORDS};
static const char *const summarised[] = {INF_SUMMARISED, STAGE_COLUMNS, NULL};
static const struct sim_table tables[] = {{"requests", INF_TABLE_HELP, columns, words, summarised},
                                          {0}};

static double all_bytes(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;

    return (double)prepared->run.count * (double)stripes_total_bytes(&(*prepared->cut)->stripes);
}

static bool all_are_answered(const struct sim_plan *plan)
{
    return sim_has_own_hosts(plan) && plan->is_undisturbed &&
           plan->requests->horizon_seconds == 0 && options_of(plan)->common.battery_joules == 0;
}

static double frame_seconds(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;

    return sim_alone_seconds(plan, sim_role(plan, "node")->peers[0],
                             sim_role(plan, "owner")->peers[0], prepared->chain.layers[0].in.bytes);
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
     "for each frame: itself, first stripes, halos twice, and the result", all_bytes,
     sim_total_bytes, .tolerance = 0, .holds = all_are_answered,
     .assumes =
         "every peer has a host of its own, nothing is disturbed, and all requests are answered"},
    {"seconds of the frame to the owner", SIM_UNIT_SECONDS, "a + frame bytes / B", frame_seconds,
     mean_frame_seconds, .tolerance = 1e-9, .holds = has_one_frame,
     .assumes = "one request, network: textbook, every peer has a host of its own, nothing is "
                "disturbed"},
    {0}};

SIM_ALGORITHM(modnn) = {
    .name = "modnn",
    .summary = "MoDNN: the rows of every layer shared out, halos through the group owner",
    .paper = "Mao, Chen, Nixon, Krieger, Chen, MoDNN: Local distributed mobile computing system "
             "for deep neural network, DATE 2017",
    .counts = "N devices that compute; the group owner is none of them",
    .parameters_size = sizeof(struct modnn),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .workload = SIM_NEEDS_WORKLOAD,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
