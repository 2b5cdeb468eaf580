/* modnn_owner.c -- the group owner: it deals first stripes, passes halos on, and puts results together. */
#include "algorithms/inference/shared/modnn.h"

static struct modnn_job *open_job(struct station *station, const struct modnn_cut *cut,
                                  struct trail *trail)
{
    struct sim_arena *arena = station->me->plan->arena;
    const int nodes = cut->stripes.nodes, blocks = cut->stripes.block_count;
    struct modnn_job *job = sim_new(arena, struct modnn_job, 1);

    *job = (struct modnn_job){.cut = cut, .trail = trail};
    job->held = sim_new(arena, struct parcel *, (size_t)blocks);
    job->held_count = sim_new(arena, int, (size_t)blocks);
    job->places = sim_new(arena, struct modnn_place, (size_t)nodes);
    for (int i = 0; i < nodes; i++) {
        job->places[i].arrived = sim_new(arena, int, (size_t)blocks);
        job->places[i].halo = sim_new(arena, struct trail *, (size_t)blocks);
    }
    return job;
}

static void infer_alone(struct station *station, struct inf_request *request)
{
    struct modnn_job *job = modnn_job_of(station, request);
    struct parcel *parcel;

    if (job->is_local || request->is_over)
        return;
    job->is_local = true;
    trail_book(job->trail, MODNN_OWNER_WAIT, sim_now(station->me));
    parcel = station_parcel(station, request, MODNN_A_FRAME);
    parcel->falls_back = true;
    parcel->own = trail_take(modnn_trails_of(station), sim_now(station->me), job->trail);
    station_compute(station, parcel, modnn_flop_from(station, 0), INF_NO_STAGE, INF_NO_STAGE);
}

/* Somebody who has a part of it cannot go on. */
static void fail(struct station *station, struct inf_request *request)
{
    if (modnn_options(station->me->plan)->common.on_loss == INF_LOCAL)
        infer_alone(station, request);
    else
        station_finish(station, request, INF_LOST);
}

static void begin(struct station *station, struct parcel *parcel)
{
    const struct modnn_prepared *prepared = modnn_of(station->me->plan);
    struct inf_request *request = parcel->request;
    const struct modnn_cut *cut = *prepared->cut;
    struct modnn_job *job = open_job(station, cut, parcel->own);

    prepared->jobs[request->number] = job;
    parcel->own = NULL;
    for (int i = 0; i < cut->stripes.nodes; i++)
        if (cut->traffic.takes_part[i])
            modnn_send_part(station, modnn_peer_of(station, i), request, MODNN_A_STRIPE, 0,
                            trail_take(prepared->trails, sim_now(station->me), job->trail),
                            stripes_first_bytes(&cut->stripes, i));
}

/* Halos go on when all of a block have come: so everybody has waited for the last, and its trail is theirs. */
static void pass_halos(struct station *station, struct parcel *last)
{
    struct modnn_job *job = modnn_job_of(station, last->request);
    const int nodes = job->cut->stripes.nodes, block = last->part / nodes;
    const struct trail *trail = last->own;

    last->next = job->held[block];
    job->held[block] = last;
    if (++job->held_count[block] < job->cut->traffic.all[block])
        return;
    for (struct parcel *parcel = job->held[block], *next; parcel != NULL; parcel = next) {
        next = parcel->next;
        *(struct trail *)parcel->own = *trail;
        station_send(station, modnn_peer_of(station, parcel->part % nodes), parcel, parcel->bytes,
                     INF_NO_STAGE);
    }
    job->held[block] = NULL;
}

static void finish(struct station *station, const struct parcel *parcel)
{
    trail_end(parcel->own, parcel->request);
    station_finish(station, parcel->request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
}

/* The next product begins where the one before it is there as a whole. */
static void deal_product(struct station *station, const struct parcel *last)
{
    struct modnn_job *job = modnn_job_of(station, last->request);
    const struct products *products = &job->cut->products[job->product];

    for (int i = 0; i < products->nodes; i++)
        if (products->parts[i].outputs > 0) {
            job->sums++;
            modnn_send_part(station, modnn_peer_of(station, i), last->request, MODNN_SOME_INPUTS,
                            job->product,
                            trail_take(modnn_trails_of(station), sim_now(station->me), last->own),
                            MODNN_NUMBER_BYTES * products->parts[i].inputs);
        }
}

/* The owner has all of the map: what is left to be inferred? */
static void look_behind(struct station *station, struct parcel *last)
{
    const struct sim_plan *plan = station->me->plan;
    struct modnn_job *job = modnn_job_of(station, last->request);

    if (modnn_options(plan)->fully_connected == MODNN_BY_OWNER) {
        struct parcel *parcel = station_parcel(station, last->request, MODNN_A_RESULT);

        parcel->own = trail_take(modnn_trails_of(station), sim_now(station->me), last->own);
        station_compute(station, parcel, modnn_flop_from(station, modnn_of(plan)->chain.count),
                        INF_NO_STAGE, INF_NO_STAGE);
        return;
    }
    while (job->product < modnn_of(plan)->product_count) {
        deal_product(station, last);
        if (job->sums > 0)
            return;
        job->product++; /* of its weights none is left */
    }
    finish(station, last);
}

static void take_result(struct station *station, struct parcel *parcel)
{
    struct modnn_job *job = modnn_job_of(station, parcel->request);

    trail_book(parcel->own, MODNN_GATHER, sim_now(station->me));
    if (parcel->kind == MODNN_A_RESULT && ++job->results == job->cut->traffic.results)
        look_behind(station, parcel);
    if (parcel->kind == MODNN_SOME_SUMS && --job->sums == 0) {
        job->product++;
        look_behind(station, parcel);
    }
}

static void owner_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct modnn_job *job = modnn_job_of(station, parcel->request);

    (void)from;
    if (parcel->kind == MODNN_A_FRAME)
        trail_book(parcel->own, MODNN_FRAME, sim_now(station->me));
    if (parcel->request->is_over || (job != NULL && job->is_local)) {
        modnn_drop(station, parcel);
        return;
    }
    if (parcel->kind == MODNN_A_HALO) {
        pass_halos(station, parcel);
        return;
    }
    if (parcel->kind == MODNN_A_FRAME)
        begin(station, parcel);
    else
        take_result(station, parcel);
    modnn_drop(station, parcel);
}

static void owner_computed(struct station *station, struct parcel *parcel)
{
    trail_book_computed(parcel->own, parcel, MODNN_OWNER_WAIT, MODNN_OWNER, sim_now(station->me));
    finish(station, parcel);
    modnn_drop(station, parcel);
}

static bool owner_falls_back(struct station *station, struct parcel *parcel, int to)
{
    (void)to;
    infer_alone(station, parcel->request);
    modnn_drop(station, parcel);
    return true;
}

/* Those under way, of all of which it had a part; those of its frames that have not come; without nodes, all. */
static void owner_gone(struct station *station, int peer)
{
    const struct modnn_prepared *prepared = modnn_of(station->me->plan);
    const int node = modnn_node_of(station, peer);

    prepared->capabilities[node] = 0;
    *prepared->cut = modnn_cut(station->me->plan);
    for (int r = 0; r < prepared->run.count; r++) {
        struct inf_request *request = &prepared->run.requests[r];
        const struct modnn_job *job = prepared->jobs[r];

        if (job != NULL && !request->is_over)
            fail(station, request);
        else if (job == NULL && (request->source == node || *prepared->cut == NULL))
            station_finish(station, request, INF_LOST);
    }
}

const struct station_method modnn_owner_method = {.arrive = owner_arrive,
                                                  .computed = owner_computed,
                                                  .fall_back = owner_falls_back,
                                                  .died = owner_gone};
