#include "algorithms/inference/ddnn/joining.h"

#include <string.h>

/* What is shared by all: its trails and its counters are written to. */
static struct joining *joining_of(const struct station *station)
{
    return (struct joining *)(uintptr_t)station->me->plan->prepared;
}

enum kind { A_SAMPLE, A_SCORE, A_QUESTION, A_FEATURE, A_REFUSAL, AN_ANSWER };

/* What a station has that joins what several send. */
struct joint {
    struct gatherer *gatherer;
    bool next_is_gone; /* who would go on from here is dead */
};

/* How far the gateway, or the edge, is with a request. */
enum phase { GATHERS, COMPUTES, HAS_ASKED };

static int peer_of(const struct sim_plan *plan, const char *role, int index)
{
    return sim_role(plan, role)->peers[index];
}

static int gateway_of(const struct sim_plan *plan)
{
    return peer_of(plan, "gateway", 0);
}

/* To whom devices send their features. */
static int joiner_of(const struct sim_plan *plan)
{
    const struct joining *joining = plan->prepared;

    return peer_of(plan, joining->has_edge ? "edge" : "cloud", 0);
}

/* Which device is that, or -1? */
static int device_of(const struct sim_plan *plan, int peer)
{
    const struct sim_group *devices = sim_role(plan, "device");
    const int index = peer - devices->peers[0];

    return index >= 0 && index < devices->size ? index : -1;
}

static bool falls_back_locally(const struct station *station)
{
    return inf_run_of(station->me->plan)->options->on_loss == INF_LOCAL;
}

static struct parcel *part_of(struct station *station, struct inf_request *request, int kind,
                              int part, const struct trail *trail)
{
    struct parcel *parcel = station_parcel(station, request, kind);

    parcel->is_part = true;
    parcel->part = part;
    parcel->own = trail_take(&joining_of(station)->trails, sim_now(station->me), trail);
    return parcel;
}

static void drop(struct station *station, struct parcel *parcel)
{
    if (parcel->own != NULL)
        trail_give(&joining_of(station)->trails, parcel->own);
    station_drop(station, parcel);
}

/* A device that is dead need not be asked: nobody waits for what it would send. */
static bool is_spared(struct station *station, struct parcel *parcel, int to)
{
    if (parcel->own != NULL)
        trail_give(&joining_of(station)->trails, parcel->own);
    return parcel->kind == A_QUESTION && sim_is_dead(station->me, to);
}

/* ---- a device ---- */

static void device_arrive(struct station *station, struct parcel *parcel, int from)
{
    const struct sim_plan *plan = station->me->plan;
    const struct joining *joining = joining_of(station);
    const double now = sim_now(station->me);

    (void)from;
    if (parcel->request->is_over) {
        drop(station, parcel);
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

static const struct station_method device_method = {.spare = is_spared,
                                                    .arrive = device_arrive,
                                                    .computed = device_computed,
                                                    .fall_back = device_falls_back};

/* ---- the gateway ---- */

static bool is_sure(const struct station *station, const struct gathering *gathering, int exit)
{
    return joining_of(station)->judge(joining_of(station), gathering->request, exit,
                                      gathering->has);
}

static void finish_here(struct station *station, struct gathering *gathering,
                        enum inf_outcome outcome)
{
    struct joint *gateway = station->own;

    is_sure(station, gathering, 0); /* what it says counts, sure or not */
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
                part_of(station, gathering->request, A_QUESTION, d, gathering->trail);

            station_send(station, peer_of(plan, "device", d), parcel, joining->question_bytes,
                         INF_NO_STAGE);
        }
}

/* All that will come has come. */
static void begin(struct station *station, struct gathering *gathering, enum joining_tier tier)
{
    struct parcel *parcel = station_parcel(station, gathering->request, A_FEATURE);

    gathering->phase = COMPUTES;
    parcel->is_part = true;
    station_compute(station, parcel, joining_of(station)->flop[tier], INF_NO_STAGE, INF_NO_STAGE);
}

static struct gathering *gathering_of(const struct station *station,
                                      const struct inf_request *request)
{
    return ((const struct joint *)station->own)->gatherer->of_request[request->number];
}

/* A device's part has come; the gathering if it was the last. */
static struct gathering *take(struct station *station, const struct parcel *parcel, int stage)
{
    struct joint *joint = station->own;
    struct gathering *gathering;

    joining_of(station)->device_bytes += parcel->bytes;
    trail_book(parcel->own, stage, sim_now(station->me));
    gatherer_prune(joint->gatherer);
    gathering = gatherer_add(joint->gatherer, parcel->request, parcel->part, parcel->own);
    return gathering->missing == 0 && gathering->phase == GATHERS ? gathering : NULL;
}

static void gateway_arrive(struct station *station, struct parcel *parcel, int from)
{
    struct inf_request *request = parcel->request;
    struct joint *gateway = station->own;

    (void)from;
    if (request->is_over) {
        drop(station, parcel);
    } else if (parcel->kind == A_SCORE) {
        struct gathering *gathering = take(station, parcel, SCORES);

        if (gathering != NULL)
            begin(station, gathering, AT_GATEWAY);
        station_drop(station, parcel); /* its trail is the gathering's */
    } else if (parcel->kind == A_REFUSAL) {
        go_without(station, gathering_of(station, request));
        drop(station, parcel);
    } else {
        trail_book(parcel->own, ANSWER, sim_now(station->me));
        trail_end(parcel->own, request);
        request->exit = parcel->part;
        station_finish(station, request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
        gatherer_release(gateway->gatherer, gathering_of(station, request));
        drop(station, parcel);
    }
}

static void gateway_computed(struct station *station, struct parcel *parcel)
{
    struct gathering *gathering = gathering_of(station, parcel->request);

    if (gathering != NULL && !parcel->request->is_over) {
        trail_book_computed(gathering->trail, parcel, GATEWAY_WAIT, GATEWAY, sim_now(station->me));
        if (is_sure(station, gathering, 0))
            finish_here(station, gathering, INF_ANSWERED);
        else
            ask(station, gathering);
    }
    station_drop(station, parcel);
}

/* A question that does not reach its device. */
static bool gateway_falls_back(struct station *station, struct parcel *parcel, int to)
{
    struct gathering *gathering = gathering_of(station, parcel->request);

    (void)to;
    if (gathering != NULL)
        go_without(station, gathering);
    drop(station, parcel);
    return true;
}

/* Devices are not waited for when they are dead; if those that were left are whole without them, they go on. */
static void lose_device(struct station *station, int device, enum joining_tier tier)
{
    struct joint *joint = station->own;
    struct gathering *next;

    gatherer_do_without(joint->gatherer, device);
    for (struct gathering *g = joint->gatherer->open; g != NULL; g = next) {
        next = g->next;
        if (g->phase == GATHERS && g->missing == 0 && !g->request->is_over)
            begin(station, g, tier);
    }
}

/* Nobody sees anything any more. */
static void give_up_all(struct station *station)
{
    const struct inf_run *run = inf_run_of(station->me->plan);

    for (int i = 0; i < run->count; i++) {
        struct gathering *gathering = gathering_of(station, &run->requests[i]);

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
        lose_device(station, device, AT_GATEWAY);
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

static const struct station_method gateway_method = {.spare = is_spared,
                                                     .arrive = gateway_arrive,
                                                     .computed = gateway_computed,
                                                     .fall_back = gateway_falls_back,
                                                     .died = gateway_gone};

/* ---- edge and cloud ---- */

static void answer(struct station *station, struct gathering *gathering, int exit, bool falls_back)
{
    struct joint *joint = station->own;
    struct parcel *parcel = part_of(station, gathering->request, AN_ANSWER, exit, gathering->trail);

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
        is_sure(station, gathering, 1);
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
        drop(station, parcel);
        return;
    }
    gathering = take(station, parcel, FEATURES);
    if (gathering != NULL)
        begin(station, gathering, AT_EDGE);
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
    struct gathering *gathering = gathering_of(station, parcel->request);
    struct joint *edge = station->own;

    if (gathering == NULL || gathering->request->is_over) {
        station_drop(station, parcel);
        return;
    }
    trail_book_computed(gathering->trail, parcel, EDGE_WAIT, EDGE, sim_now(station->me));
    station_drop(station, parcel);
    gathering->phase = HAS_ASKED;
    keep_who_was_there(station, gathering);
    if (is_sure(station, gathering, 1))
        answer(station, gathering, 1, false);
    else if (edge->next_is_gone)
        edge_goes_without(station, gathering);
    else
        station_send(station, peer_of(plan, "cloud", 0),
                     part_of(station, gathering->request, A_FEATURE, 0, gathering->trail),
                     joining_of(station)->edge_bytes, INF_NO_STAGE);
}

/* What it has made does not reach the cloud; an answer is sent again. */
static bool edge_falls_back(struct station *station, struct parcel *parcel, int to)
{
    struct gathering *gathering = gathering_of(station, parcel->request);

    (void)to;
    if (parcel->kind == AN_ANSWER)
        return false;
    if (gathering != NULL)
        edge_goes_without(station, gathering);
    drop(station, parcel);
    return true;
}

static void edge_gone(struct station *station, int peer)
{
    struct joint *edge = station->own;
    const int device = device_of(station->me->plan, peer);
    struct gathering *next;

    if (device >= 0) {
        lose_device(station, device, AT_EDGE);
        return;
    }
    edge->next_is_gone = true;
    for (struct gathering *g = edge->gatherer->open; g != NULL; g = next) {
        next = g->next;
        if (g->phase == HAS_ASKED && !g->request->is_over)
            edge_goes_without(station, g);
    }
}

static const struct station_method edge_method = {.spare = is_spared,
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
        drop(station, parcel);
        return;
    }
    if (joining_of(station)->has_edge) {
        trail_book(parcel->own, BACKHAUL, sim_now(station->me));
        gathering = gatherer_add(cloud->gatherer, parcel->request, 0, parcel->own);
    } else {
        gathering = take(station, parcel, FEATURES);
    }
    if (gathering != NULL)
        begin(station, gathering, AT_CLOUD);
    station_drop(station, parcel);
}

static void cloud_computed(struct station *station, struct parcel *parcel)
{
    const struct joining *joining = joining_of(station);
    struct gathering *gathering = gathering_of(station, parcel->request);

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
        lose_device(station, device, AT_CLOUD);
}

static const struct station_method cloud_method = {
    .spare = is_spared, .arrive = cloud_arrive, .computed = cloud_computed, .died = cloud_gone};

/* ---- roles ---- */

static struct station *open_joint(struct sim_peer *me, const struct station_method *method,
                                  int members)
{
    struct joint *joint = sim_new(me->plan->arena, struct joint, 1);
    struct station *station = station_open(me, method, joint);
    const struct joining *joining = joining_of(station);

    joint->gatherer = gatherer_open(me->plan, members, &joining_of(station)->trails);
    for (int d = 0; members == joining->devices && d < members; d++)
        if (joining->is_lost[d])
            gatherer_do_without(joint->gatherer, d);
    return station;
}

static void hear_all(struct station *station, const char *role, bool are_clients)
{
    const struct sim_group *group = sim_role(station->me->plan, role);

    for (int i = 0; i < group->size; i++)
        station_hear(station, group->peers[i], are_clients);
}

void joining_act_as_gateway(struct sim_peer *me)
{
    const struct joining *joining = me->plan->prepared;
    struct station *station = open_joint(me, &gateway_method, joining->devices);

    hear_all(station, "device", false);
    hear_all(station, "edge", false);
    hear_all(station, "cloud", false);
    station_own(station, SIM_NOBODY);
    station_run(station);
}

/* Who is lost opens no ear, and no sample comes to it. */
void joining_act_as_device(struct sim_peer *me)
{
    struct station *station = station_open(me, &device_method, NULL);

    if (!joining_of(station)->is_lost[me->index]) {
        hear_all(station, "gateway", true);
        station_arrivals(station, SIM_NOBODY, false);
    }
    station_run(station);
}

void joining_act_as_edge(struct sim_peer *me)
{
    const struct joining *joining = me->plan->prepared;
    struct station *station = open_joint(me, &edge_method, joining->devices);

    hear_all(station, "device", true);
    hear_all(station, "cloud", false);
    station_run(station);
}

void joining_act_as_cloud(struct sim_peer *me)
{
    const struct joining *joining = me->plan->prepared;
    struct station *station =
        open_joint(me, &cloud_method, joining->has_edge ? 1 : joining->devices);

    hear_all(station, joining->has_edge ? "edge" : "device", true);
    station_run(station);
}

/* ---- before, and laws ---- */

int joining_exits(const struct joining *joining)
{
    return joining->has_edge ? 3 : 2;
}

void joining_prepare(struct sim_plan *plan, struct joining *joining)
{
    sim_cast(plan, "gateway", 1);
    sim_cast(plan, "device", joining->devices);
    sim_cast(plan, "edge", joining->has_edge);
    sim_cast(plan, "cloud", 1);
    joining->trails.arena = plan->arena;
    inf_prepare(plan, &joining->run, 1, JOINING_STAGES, joining_exits(joining));
}

static double seconds_at(const struct sim_plan *plan, int peer, enum joining_tier tier)
{
    return ((const struct joining *)plan->prepared)->flop[tier] / sim_flop_per_second(plan, peer);
}

double joining_alone_seconds(const struct sim_plan *plan, int exit)
{
    const struct joining *joining = plan->prepared;
    const struct sim_group *devices = sim_role(plan, "device");
    const int gateway = gateway_of(plan), joiner = joiner_of(plan);
    const int cloud = peer_of(plan, "cloud", 0), answers = exit == 1 ? joiner : cloud;
    double scores = 0, features = 0, seconds;

    for (int d = 0; d < devices->size; d++) {
        const int device = devices->peers[d];

        if (joining->is_lost[d])
            continue;
        scores = fmax(scores, seconds_at(plan, device, AT_DEVICE) +
                                  sim_alone_seconds(plan, device, gateway, joining->score_bytes));
        features =
            fmax(features, sim_alone_seconds(plan, gateway, device, joining->question_bytes) +
                               sim_alone_seconds(plan, device, joiner, joining->feature_bytes));
    }
    seconds = scores + seconds_at(plan, gateway, AT_GATEWAY);
    if (exit == 0)
        return seconds;
    seconds += features + seconds_at(plan, joiner, joining->has_edge ? AT_EDGE : AT_CLOUD);
    if (joining->has_edge && exit == 2)
        seconds += sim_alone_seconds(plan, joiner, cloud, joining->edge_bytes) +
                   seconds_at(plan, cloud, AT_CLOUD);
    return seconds + sim_alone_seconds(plan, answers, gateway, joining->answer_bytes);
}

static bool to_gateway(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *devices = sim_role(plan, "device");

    if (i >= devices->size)
        return false;
    *edge = (struct sim_edge){devices->peers[i], gateway_of(plan)};
    return true;
}

/* While one device is still asked, another may be sending. */
static bool asked_and_on(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *devices = sim_role(plan, "device");

    if (i >= 2 * devices->size)
        return false;
    if (i % 2 == 0)
        *edge = (struct sim_edge){gateway_of(plan), devices->peers[i / 2]};
    else
        *edge = (struct sim_edge){devices->peers[i / 2], joiner_of(plan)};
    return true;
}

/* What edge and cloud send, they send alone. */
bool joining_is_uncontended(const struct sim_plan *plan)
{
    const int devices = sim_role(plan, "device")->size;

    return sim_is_uncontended(plan, to_gateway, devices) &&
           sim_is_uncontended(plan, asked_and_on, devices);
}

int64_t joining_bytes(const struct joining *joining, int exit)
{
    int64_t bytes = 0;

    for (int d = 0; d < joining->devices; d++)
        if (!joining->is_lost[d])
            bytes += joining->score_bytes +
                     (exit > 0 ? joining->question_bytes + joining->feature_bytes : 0);
    if (exit > 0)
        bytes += joining->answer_bytes;
    return bytes + (joining->has_edge && exit == 2 ? joining->edge_bytes : 0);
}
