/* edge_and_cloud.c -- features are joined; the edge has an exit of its own, the cloud always answers. */
#include "algorithms/inference/ddnn/parties.h"

#include <string.h>

static void answer(struct station *station, struct gathering *gathering, int exit, bool falls_back)
{
    struct joint *joint = station->own;
    struct parcel *parcel =
        joining_part(station, gathering->request, AN_ANSWER, exit, gathering->trail);

    parcel->falls_back = falls_back;
    station_send(station, gateway_of(station->me->plan), parcel, joining_of(station)->answer_bytes,
                 INF_NO_STAGE);
    gatherer_release(joint->gatherer, gathering);
}

static void edge_goes_without(struct station *station, struct gathering *gathering)
{
    struct joint *edge = station->own;

    if (falls_back_locally(station)) {
        trail_book(gathering->trail, BACKHAUL, sim_now(station->me));
        joining_is_sure(station, gathering, 1);
        answer(station, gathering, 1, true);
    } else {
        station_finish(station, gathering->request, INF_LOST);
        gatherer_release(edge->gatherer, gathering);
    }
}

static void edge_arrive(struct station *station, struct parcel *parcel, int from)
{
    struct gathering *gathering;

    (void)from;
    if (parcel->request->is_over) {
        joining_drop(station, parcel);
        return;
    }
    gathering = joining_take(station, parcel, FEATURES);
    if (gathering != NULL)
        joining_begin(station, gathering, AT_EDGE);
    station_drop(station, parcel);
}

/* The cloud goes on from those devices' features. */
static void keep_who_was_there(struct station *station, const struct gathering *gathering)
{
    const size_t size = (size_t)joining_of(station)->devices * sizeof *gathering->has;
    bool *has = sim_new(station->me->plan->arena, bool, size);

    memcpy(has, gathering->has, size);
    gathering->request->own = has;
}

static void edge_computed(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    struct gathering *gathering = joining_gathering(station, parcel->request);
    struct joint *edge = station->own;

    if (gathering == NULL || gathering->request->is_over) {
        station_drop(station, parcel);
        return;
    }
    trail_book_computed(gathering->trail, parcel, EDGE_WAIT, EDGE, sim_now(station->me));
    station_drop(station, parcel);
    gathering->phase = HAS_ASKED;
    keep_who_was_there(station, gathering);
    if (joining_is_sure(station, gathering, 1))
        answer(station, gathering, 1, false);
    else if (edge->next_is_gone)
        edge_goes_without(station, gathering);
    else
        station_send(station, peer_of(plan, "cloud", 0),
                     joining_part(station, gathering->request, A_FEATURE, 0, gathering->trail),
                     joining_of(station)->edge_bytes, INF_NO_STAGE);
}

/* What it has made does not reach the cloud; an answer is sent again. */
static bool edge_falls_back(struct station *station, struct parcel *parcel, int to)
{
    struct gathering *gathering = joining_gathering(station, parcel->request);

    (void)to;
    if (parcel->kind == AN_ANSWER)
        return false;
    if (gathering != NULL)
        edge_goes_without(station, gathering);
    joining_drop(station, parcel);
    return true;
}

static void edge_gone(struct station *station, int peer)
{
    struct joint *edge = station->own;
    const int device = device_of(station->me->plan, peer);
    struct gathering *next;

    if (device >= 0) {
        joining_lose_device(station, device, AT_EDGE);
        return;
    }
    edge->next_is_gone = true;
    for (struct gathering *g = edge->gatherer->open; g != NULL; g = next) {
        next = g->next;
        if (g->phase == HAS_ASKED && !g->request->is_over)
            edge_goes_without(station, g);
    }
}

const struct station_method joining_edge_method = {.spare = joining_is_spared,
                                                   .arrive = edge_arrive,
                                                   .computed = edge_computed,
                                                   .fall_back = edge_falls_back,
                                                   .died = edge_gone};

static void cloud_arrive(struct station *station, struct parcel *parcel, int from)
{
    struct joint *cloud = station->own;
    struct gathering *gathering;

    (void)from;
    if (parcel->request->is_over) {
        joining_drop(station, parcel);
        return;
    }
    if (joining_of(station)->has_edge) {
        trail_book(parcel->own, BACKHAUL, sim_now(station->me));
        gathering = gatherer_add(cloud->gatherer, parcel->request, 0, parcel->own);
    } else {
        gathering = joining_take(station, parcel, FEATURES);
    }
    if (gathering != NULL)
        joining_begin(station, gathering, AT_CLOUD);
    station_drop(station, parcel);
}

static void cloud_computed(struct station *station, struct parcel *parcel)
{
    const struct joining *joining = joining_of(station);
    struct gathering *gathering = joining_gathering(station, parcel->request);

    if (gathering != NULL && !parcel->request->is_over) {
        const int last = joining_exits(joining) - 1;

        trail_book_computed(gathering->trail, parcel, CLOUD_WAIT, CLOUD, sim_now(station->me));
        joining->judge(joining, parcel->request, last,
                       joining->has_edge ? parcel->request->own : gathering->has);
        answer(station, gathering, last, false);
    }
    station_drop(station, parcel);
}

static void cloud_gone(struct station *station, int peer)
{
    const int device = device_of(station->me->plan, peer);

    if (device >= 0)
        joining_lose_device(station, device, AT_CLOUD);
}

const struct station_method joining_cloud_method = {.spare = joining_is_spared,
                                                    .arrive = cloud_arrive,
                                                    .computed = cloud_computed,
                                                    .died = cloud_gone};
