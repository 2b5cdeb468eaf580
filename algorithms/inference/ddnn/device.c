/* device.c -- a device computes what it sees, and sends on what it is asked for. */
#include "algorithms/inference/ddnn/parties.h"

static void device_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct sim_plan *plan = station->me->plan;
    const struct joining *joining = joining_of(station);
    const double now = sim_now(station->me);

    (void)from;
    if (parcel->request->is_over) {
        joining_drop(station, parcel);
    } else if (parcel->kind == A_QUESTION) {
        trail_book(parcel->own, QUESTION, now);
        parcel->kind = A_FEATURE;
        station_send(station, joiner_of(plan), parcel, joining->feature_bytes, INF_NO_STAGE);
    } else {
        parcel->is_part = true;
        parcel->part = station->me->index;
        parcel->own = trail_take(&joining_of(station)->trails, now, NULL);
        station_compute(station, parcel, joining->flop[AT_DEVICE], INF_NO_STAGE, INF_NO_STAGE);
    }
}

static void device_computed(struct station *station, struct parcel *parcel)
{
    trail_book_computed(parcel->own, parcel, DEVICE_WAIT, DEVICE, sim_now(station->me));
    parcel->kind = A_SCORE;
    station_send(station, gateway_of(station->me->plan), parcel, joining_of(station)->score_bytes,
                 INF_NO_STAGE);
}

/* Who cannot send its features says so, and the gateway answers alone; scores are sent again. */
static bool device_falls_back(struct station *station, struct parcel *parcel, int to)
{
    (void)to;
    if (parcel->kind != A_FEATURE)
        return false;
    trail_book(parcel->own, FEATURES, sim_now(station->me));
    parcel->kind = A_REFUSAL;
    station_send(station, gateway_of(station->me->plan), parcel,
                 joining_of(station)->question_bytes, INF_NO_STAGE);
    return true;
}

const struct station_method joining_device_method = {.spare = joining_is_spared,
                                                     .arrive = device_arrive,
                                                     .computed = device_computed,
                                                     .fall_back = device_falls_back};
