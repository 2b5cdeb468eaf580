/* branchynet -- a network with exits: what is sure of its answer early, leaves early.
 *
 * Behind some layers stands a head of its own, an exit.  A sample goes from exit to exit until one is sure enough of
 * what it says; the last one always answers.  The parts of the network may lie on three tiers: what is not sure on the
 * device goes on at its edge, and from there to the cloud.
 *
 * Paper: Teerapittayanon, McDanel, Kung, BranchyNet: Fast inference via early exiting from deep neural networks, ICPR
 * 2016.
 *
 * N counts the devices; edges and the cloud are none of them.  A request that exits behind a tier boundary sends
 * cut_bytes over it, and its answer straight back.  A link that dies: on_loss.  With on_loss: local whoever
 * cannot go on answers with what its last exit said. */
#include "algorithms/inference/shared/station.h"
#include "sim/base/random.h"

#include <string.h>

enum { TIERS = 3, MOST_EXITS = 16 };
enum stage {
    DEVICE_WAIT,
    DEVICE,
    UPLINK,
    EDGE_WAIT,
    EDGE,
    BACKHAUL,
    CLOUD_WAIT,
    CLOUD,
    ANSWER,
    STAGES
};

struct branchynet {
    struct inference common;
    int devices, edges;
    struct sim_numbers exit_rates, segment_flop, tiers, cut_bytes;
    int64_t answer_bytes;
};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct branchynet, devices), .value = "6", .least = 1, .most = 1 << 20,
     .help = "N, the devices that requests come to"},
    {SIM_COUNT(struct branchynet, edges), .value = "2", .least = 1, .most = 1 << 20,
     .help = "edge servers; the first devices belong to the first"},
    {SIM_NUMBERS(struct branchynet, exit_rates), .value = "0.6, 0.3, 0.1", .least = 0, .most = 1,
     .help = "share of the requests that leave at each exit; they add up to 1"},
    {SIM_NUMBERS(struct branchynet, segment_flop), .value = "1e8, 1e9, 1e10", .least = 0,
     .most = 1e18, .help = "flop from the exit before to each exit, its head included"},
    {SIM_NUMBERS(struct branchynet, tiers), .value = "0, 1, 2", .least = 0, .most = TIERS - 1,
     .help = "where each exit is: 0 the device, 1 its edge, 2 the cloud"},
    {SIM_NUMBERS(struct branchynet, cut_bytes), .value = "12544, 6272", .least = 0, .most = 1e15,
     .help = "bytes of the tensor that goes on behind each exit but the last"},
    {SIM_BYTES(struct branchynet, answer_bytes), .value = "40", .least = 0, .most = 1e12,
     .help = "bytes of an answer"},
    {0}};

struct prepared {
    struct inf_run run; /* first: inf_run_of */
    int exits;
    int *exit_of; /* [requests] */
};

static const struct branchynet *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- before ---- */

static bool exits_make_sense(const struct branchynet *own, struct sim_error *err)
{
    const int exits = own->exit_rates.count;
    double sum = 0;

    if (exits < 1 || exits > MOST_EXITS || own->segment_flop.count != exits ||
        own->tiers.count != exits || own->cut_bytes.count != exits - 1)
        return sim_fail(
            err,
            "branchynet: exit_rates, segment_flop and tiers have a number for each exit "
            "(1 to %d), cut_bytes one less; here they have %d, %d, %d and %d.",
            MOST_EXITS, exits, own->segment_flop.count, own->tiers.count, own->cut_bytes.count);
    for (int e = 0; e < exits; e++) {
        sum += own->exit_rates.values[e];
        if (own->tiers.values[e] != floor(own->tiers.values[e]) ||
            (e > 0 && own->tiers.values[e] < own->tiers.values[e - 1]))
            return sim_fail(err, "branchynet: tiers must be whole and never go down: 0 the device, "
                                 "1 its edge, 2 the cloud.");
    }
    return fabs(sum - 1) <= 1e-9 ||
           sim_fail(err, "branchynet: exit_rates add up to %g, but every request leaves somewhere.",
                    sum);
}

static void draw_exits(const struct sim_plan *plan, struct prepared *prepared)
{
    const struct branchynet *own = plan->parameters;
    struct sim_random *random = sim_random_open(plan->seed, UINT64_C(0x65786974));

    prepared->exit_of = sim_new(plan->arena, int, (size_t)prepared->run.count);
    for (int i = 0; i < prepared->run.count; i++) {
        double left = sim_random_uniform(random);
        int exit = 0;

        while (exit < prepared->exits - 1 && (left -= own->exit_rates.values[exit]) >= 0)
            exit++;
        prepared->exit_of[i] = exit;
    }
    sim_random_close(random);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct branchynet *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);

    if (!exits_make_sense(own, err))
        return false;
    sim_cast(plan, "device", own->devices);
    sim_cast(plan, "edge", own->edges);
    sim_cast(plan, "cloud", 1);
    prepared->exits = own->exit_rates.count;
    inf_prepare(plan, &prepared->run, own->devices, STAGES, prepared->exits);
    draw_exits(plan, prepared);
    return true;
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    return inf_placed(plan, "device", err);
}

/* ---- on the way ---- */

/* parcel->part is the next exit; a parcel that is an ANSWER goes home. */
enum kind { SAMPLE, REPLY };

static int edge_of(const struct sim_plan *plan, int device)
{
    const struct branchynet *own = options_of(plan);

    return (int)((int64_t)device * own->edges / own->devices);
}

static int tier_of(const struct sim_peer *me)
{
    return me->role[0] == 'd' ? 0 : me->role[0] == 'e' ? 1 : 2;
}

static void compute_next(struct station *station, struct parcel *parcel)
{
    static const int waits[TIERS] = {DEVICE_WAIT, EDGE_WAIT, CLOUD_WAIT};
    static const int works[TIERS] = {DEVICE, EDGE, CLOUD};
    const struct branchynet *own = options_of(station->me->plan);
    const int tier = tier_of(station->me);

    station_compute(station, parcel, own->segment_flop.values[parcel->part], waits[tier],
                    works[tier]);
}

static void answer(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    struct inf_request *request = parcel->request;

    request->exit = parcel->part;
    if (request->owner == station->me->number) {
        station_finish(station, request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
        station_drop(station, parcel);
        return;
    }
    parcel->kind = REPLY;
    station_send(station, request->owner, parcel, options_of(plan)->answer_bytes, ANSWER);
}

/* To where the next exit is; past the edge where that has none. */
static void go_on(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    const struct branchynet *own = options_of(plan);
    const int tier = tier_of(station->me), next = (int)own->tiers.values[parcel->part + 1];
    const int64_t bytes = (int64_t)own->cut_bytes.values[parcel->part++];

    if (next == tier)
        compute_next(station, parcel);
    else if (next == 1)
        station_send(station, sim_role(plan, "edge")->peers[edge_of(plan, parcel->request->source)],
                     parcel, bytes, UPLINK);
    else
        station_send(station, sim_role(plan, "cloud")->peers[0], parcel, bytes,
                     tier == 0 ? UPLINK : BACKHAUL);
}

static void arrive(struct station *station, struct parcel *parcel, int from)
{
    (void)from;
    if (parcel->request->is_over) {
        station_drop(station, parcel);
    } else if (parcel->kind == REPLY) {
        station_finish(station, parcel->request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
        station_drop(station, parcel);
    } else if ((int)options_of(station->me->plan)->tiers.values[parcel->part] !=
               tier_of(station->me)) {
        parcel->part--; /* its first exit is not here: the sample itself goes on */
        go_on(station, parcel);
    } else {
        compute_next(station, parcel);
    }
}

static void computed(struct station *station, struct parcel *parcel)
{
    if (parcel->part == prepared_of(station->me->plan)->exit_of[parcel->request->number])
        answer(station, parcel);
    else
        go_on(station, parcel);
}

/* Whoever cannot go on answers with what its own last exit said; an answer itself is sent again. */
static bool fall_back(struct station *station, struct parcel *parcel, int to)
{
    const struct branchynet *own = options_of(station->me->plan);
    const int tier = tier_of(station->me);
    int last = -1;

    (void)to;
    for (int e = 0; e < own->tiers.count && (int)own->tiers.values[e] <= tier; e++)
        last = e;
    if (parcel->kind == REPLY || last < 0)
        return false;
    parcel->part = last;
    parcel->falls_back = true;
    answer(station, parcel);
    return true;
}

static const struct station_method method = {
    .arrive = arrive, .computed = computed, .fall_back = fall_back};

/* ---- roles ---- */

static void hear_all(struct station *station, const char *role, bool are_clients)
{
    const struct sim_group *group = sim_role(station->me->plan, role);

    for (int i = 0; i < group->size; i++)
        station_hear(station, group->peers[i], are_clients);
}

static void act_as_device(struct sim_peer *me)
{
    struct station *station = station_open(me, &method, NULL);

    station_hear(station, sim_role(me->plan, "edge")->peers[edge_of(me->plan, me->index)], false);
    hear_all(station, "cloud", false);
    station_arrivals(station, me->index, true);
    station_has_battery(station);
    station_run(station);
}

static void act_as_edge(struct sim_peer *me)
{
    const struct sim_group *devices = sim_role(me->plan, "device");
    struct station *station = station_open(me, &method, NULL);

    for (int d = 0; d < devices->size; d++)
        if (edge_of(me->plan, d) == me->index)
            station_hear(station, devices->peers[d], true);
    station_run(station);
}

static void act_as_cloud(struct sim_peer *me)
{
    struct station *station = station_open(me, &method, NULL);

    hear_all(station, "device", true);
    hear_all(station, "edge", true);
    station_run(station);
}

static const struct sim_role roles[] = {
    {"device", act_as_device, .help = "asks, and computes the first exits"},
    {"edge", act_as_edge, .help = "goes on where its devices are not sure"},
    {"cloud", act_as_cloud, .help = "answers what is left"},
    {0}};

/* ---- tables and laws ---- */

#define STAGE_COLUMNS                                                                              \
    "device_wait_seconds", "device_seconds", "uplink_seconds", "edge_wait_seconds",                \
        "edge_seconds", "backhaul_seconds", "cloud_wait_seconds", "cloud_seconds",                 \
        "answer_seconds"
static const char *const columns[] = {INF_COLUMNS, STAGE_COLUMNS, NULL};
static const char *const *const words[INF_COLUMN_COUNT + STAGES] = {INF_WORDS};
static const char *const summarised[] = {INF_SUMMARISED, STAGE_COLUMNS, NULL};
static const struct sim_table tables[] = {{"requests", INF_TABLE_HELP, columns, words, summarised},
                                          {0}};

static double all_bytes(const struct sim_plan *plan)
{
    const struct branchynet *own = plan->parameters;
    const struct prepared *prepared = plan->prepared;
    double bytes = 0;

    for (int i = 0; i < prepared->run.count; i++) {
        int tier = 0;

        if (own->tiers.values[0] > 0)
            return NAN; /* the sample itself would cross: no scenario says how large it is */
        for (int e = 1; e <= prepared->exit_of[i]; e++)
            if ((int)own->tiers.values[e] != tier) {
                tier = (int)own->tiers.values[e];
                bytes += own->cut_bytes.values[e - 1];
            }
        bytes += tier > 0 ? (double)own->answer_bytes : 0;
    }
    return bytes;
}

static bool has_own_hosts(const struct sim_plan *plan)
{
    return sim_has_own_hosts(plan) && plan->is_undisturbed &&
           plan->requests->horizon_seconds == 0 && options_of(plan)->common.battery_joules == 0;
}

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "cut_bytes of each tier boundary that a request crosses, and its answer", all_bytes,
     sim_total_bytes, .tolerance = 0, .holds = has_own_hosts,
     .assumes =
         "every peer has a host of its own, nothing is disturbed, and all requests are answered"},
    {0}};

SIM_ALGORITHM(branchynet) = {
    .name = "branchynet",
    .summary = "early exits on device, edge and cloud: what is sure of its answer leaves early",
    .paper = "Teerapittayanon, McDanel, Kung, BranchyNet: Fast inference via early exiting from "
             "deep neural networks, ICPR 2016",
    .counts = "N devices; edges and the cloud are none of them",
    .parameters_size = sizeof(struct branchynet),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
