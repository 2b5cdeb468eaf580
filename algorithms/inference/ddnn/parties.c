/* parties.c -- how a part of a request is sent, taken, and not waited for any more. */
#include "algorithms/inference/ddnn/parties.h"

struct parcel *joining_part(struct station *station, struct inf_request *request, int kind,
                            int part, const struct trail *trail)
{
    struct parcel *parcel = station_parcel(station, request, kind);

    parcel->is_part = true;
    parcel->part = part;
    parcel->own = trail_take(&joining_of(station)->trails, sim_now(station->me), trail);
    return parcel;
}

void joining_drop(struct station *station, struct parcel *parcel)
{
    if (parcel->own != NULL)
        trail_give(&joining_of(station)->trails, parcel->own);
    station_drop(station, parcel);
}

bool joining_is_spared(struct station *station, struct parcel *parcel, int to)
{
    if (parcel->own != NULL)
        trail_give(&joining_of(station)->trails, parcel->own);
    return parcel->kind == A_QUESTION && sim_is_dead(station->me, to);
}

bool joining_is_sure(const struct station *station, const struct gathering *gathering, int exit)
{
    return joining_of(station)->judge(joining_of(station), gathering->request, exit,
                                      gathering->has);
}

void joining_begin(struct station *station, struct gathering *gathering, enum joining_tier tier)
{
    struct parcel *parcel = station_parcel(station, gathering->request, A_FEATURE);

    gathering->phase = COMPUTES;
    parcel->is_part = true;
    station_compute(station, parcel, joining_of(station)->flop[tier], INF_NO_STAGE, INF_NO_STAGE);
}

struct gathering *joining_gathering(const struct station *station,
                                    const struct inf_request *request)
{
    return ((const struct joint *)station->own)->gatherer->of_request[request->number];
}

struct gathering *joining_take(struct station *station, const struct parcel *parcel, int stage)
{
    struct joint *joint = station->own;
    struct gathering *gathering;

    joining_of(station)->device_bytes += parcel->bytes;
    trail_book(parcel->own, stage, sim_now(station->me));
    gatherer_prune(joint->gatherer);
    gathering = gatherer_add(joint->gatherer, parcel->request, parcel->part, parcel->own);
    return gathering->missing == 0 && gathering->phase == GATHERS ? gathering : NULL;
}

void joining_lose_device(struct station *station, int device, enum joining_tier tier)
{
    struct joint *joint = station->own;
    struct gathering *next;

    gatherer_do_without(joint->gatherer, device);
    for (struct gathering *g = joint->gatherer->open; g != NULL; g = next) {
        next = g->next;
        if (g->phase == GATHERS && g->missing == 0 && !g->request->is_over)
            joining_begin(station, g, tier);
    }
}
