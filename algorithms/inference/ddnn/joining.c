/* joining.c -- who plays which role, and what a request takes by theory. */
#include "algorithms/inference/ddnn/parties.h"

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
    struct station *station = open_joint(me, &joining_gateway_method, joining->devices);

    hear_all(station, "device", false);
    hear_all(station, "edge", false);
    hear_all(station, "cloud", false);
    station_own(station, SIM_NOBODY);
    station_run(station);
}

/* Who is lost opens no ear, and no sample comes to it. */
void joining_act_as_device(struct sim_peer *me)
{
    struct station *station = station_open(me, &joining_device_method, NULL);

    if (!joining_of(station)->is_lost[me->index]) {
        hear_all(station, "gateway", true);
        station_arrivals(station, SIM_NOBODY, false);
    }
    station_run(station);
}

void joining_act_as_edge(struct sim_peer *me)
{
    const struct joining *joining = me->plan->prepared;
    struct station *station = open_joint(me, &joining_edge_method, joining->devices);

    hear_all(station, "device", true);
    hear_all(station, "cloud", false);
    station_run(station);
}

void joining_act_as_cloud(struct sim_peer *me)
{
    const struct joining *joining = me->plan->prepared;
    struct station *station =
        open_joint(me, &joining_cloud_method, joining->has_edge ? 1 : joining->devices);

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
