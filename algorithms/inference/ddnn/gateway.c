/* gateway.c -- the local exit: scores are joined, and what is not sure goes on. */
#include "algorithms/inference/ddnn/parties.h"

static void finish_here(struct station *station, struct gathering *gathering,
                        enum inf_outcome outcome)
{
    struct joint *gateway = station->own;

    joining_is_sure(station, gathering, 0); /* what it says counts, sure or not */
    gathering->request->exit = 0;
    trail_end(gathering->trail, gathering->request);
    station_finish(station, gathering->request, outcome);
    gatherer_release(gateway->gatherer, gathering);
}

/* It has asked, or would, and nobody goes on. */
static void go_without(struct station *station, struct gathering *gathering)
{
    struct joint *gateway = station->own;

    if (falls_back_locally(station)) {
        trail_book(gathering->trail, FEATURES, sim_now(station->me));
        finish_here(station, gathering, INF_FELL_BACK);
    } else {
        station_finish(station, gathering->request, INF_LOST);
        gatherer_release(gateway->gatherer, gathering);
    }
}

static void ask(struct station *station, struct gathering *gathering)
{
    const struct sim_plan *plan = station->me->plan;
    const struct joining *joining = joining_of(station);
    const struct joint *gateway = station->own;

    gathering->phase = HAS_ASKED;
    if (gateway->next_is_gone || gateway->gatherer->gone_count == joining->devices) {
        go_without(station, gathering);
        return;
    }
    for (int d = 0; d < joining->devices; d++)
        if (!gateway->gatherer->is_gone[d]) {
            struct parcel *parcel =
                joining_part(station, gathering->request, A_QUESTION, d, gathering->trail);

            station_send(station, peer_of(plan, "device", d), parcel, joining->question_bytes,
                         INF_NO_STAGE);
        }
}

static void gateway_arrive(struct station *station, struct parcel *parcel, int from)
{
    struct inf_request *request = parcel->request;
    struct joint *gateway = station->own;

    (void)from;
    if (request->is_over) {
        joining_drop(station, parcel);
    } else if (parcel->kind == A_SCORE) {
        struct gathering *gathering = joining_take(station, parcel, SCORES);

        if (gathering != NULL)
            joining_begin(station, gathering, AT_GATEWAY);
        station_drop(station, parcel); /* its trail is the gathering's */
    } else if (parcel->kind == A_REFUSAL) {
        go_without(station, joining_gathering(station, request));
        joining_drop(station, parcel);
    } else {
        trail_book(parcel->own, ANSWER, sim_now(station->me));
        trail_end(parcel->own, request);
        request->exit = parcel->part;
        station_finish(station, request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
        gatherer_release(gateway->gatherer, joining_gathering(station, request));
        joining_drop(station, parcel);
    }
}

static void gateway_computed(struct station *station, struct parcel *parcel)
{
    struct gathering *gathering = joining_gathering(station, parcel->request);

    if (gathering != NULL && !parcel->request->is_over) {
        trail_book_computed(gathering->trail, parcel, GATEWAY_WAIT, GATEWAY, sim_now(station->me));
        if (joining_is_sure(station, gathering, 0))
            finish_here(station, gathering, INF_ANSWERED);
        else
            ask(station, gathering);
    }
    station_drop(station, parcel);
}

/* A question that does not reach its device. */
static bool gateway_falls_back(struct station *station, struct parcel *parcel, int to)
{
    struct gathering *gathering = joining_gathering(station, parcel->request);

    (void)to;
    if (gathering != NULL)
        go_without(station, gathering);
    joining_drop(station, parcel);
    return true;
}

/* Nobody sees anything any more. */
static void give_up_all(struct station *station)
{
    const struct inf_run *run = inf_run_of(station->me->plan);

    for (int i = 0; i < run->count; i++) {
        struct gathering *gathering = joining_gathering(station, &run->requests[i]);

        if (run->requests[i].is_over || (gathering != NULL && gathering->phase == COMPUTES))
            continue;
        if (gathering != NULL && gathering->phase == HAS_ASKED)
            go_without(station, gathering);
        else
            station_finish(station, &run->requests[i], INF_LOST);
    }
}

static void gateway_gone(struct station *station, int peer)
{
    struct joint *gateway = station->own;
    const int device = device_of(station->me->plan, peer);
    struct gathering *next;

    if (device >= 0) {
        joining_lose_device(station, device, AT_GATEWAY);
        if (gateway->gatherer->gone_count == gateway->gatherer->members)
            give_up_all(station);
        return;
    }
    if (peer != joiner_of(station->me->plan))
        return; /* the edge says what becomes of what the cloud had */
    gateway->next_is_gone = true;
    for (struct gathering *g = gateway->gatherer->open; g != NULL; g = next) {
        next = g->next;
        if (g->phase == HAS_ASKED && !g->request->is_over)
            go_without(station, g);
    }
}

const struct station_method joining_gateway_method = {.spare = joining_is_spared,
                                                      .arrive = gateway_arrive,
                                                      .computed = gateway_computed,
                                                      .fall_back = gateway_falls_back,
                                                      .died = gateway_gone};
