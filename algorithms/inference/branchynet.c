/* branchynet -- a network with exits: what is sure of its answer early, leaves early.
 *
 * Behind some layers stands a head of its own, an exit.  A sample goes from exit to exit until one is sure enough of
 * what it says; the last one always answers.  The parts of the network may lie on three tiers: what is not sure on the
 * device goes on at its edge, and from there to the cloud.
 *
 * Paper: Teerapittayanon, McDanel, Kung, BranchyNet: Fast inference via early exiting from deep neural networks, ICPR
 * 2016.
 *
 * N counts the devices; edges and the cloud are none of them.  A request that exits behind a tier boundary sends a
 * tensor over it, and its answer straight back.  A link that dies: on_loss; with on_loss: local whoever cannot go on
 * answers with what its own last exit said.
 *
 * Where a request leaves is drawn (exit_rates), or comes of real inference: a small network is trained with the joint
 * loss (rules/exits.h), request r shows test sample r, and what its exits say of that decides.
 *
 * Without queues the mean latency is E[t] = sum_n p_n t_n: shares of exits, and seconds alone to each.
 *
 * Not modelled: batches; requests that overtake others in a queue. */
#include "algorithms/inference/shared/leaving.h"
#include "algorithms/inference/shared/segments.h"
#include "algorithms/inference/shared/station.h"

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
    struct sim_numbers exit_rates, tiers, cut_bytes;
    struct sim_numbers segment_flop, exit_seconds, exit_layers, head_flop;
    int64_t sample_bytes, answer_bytes;
    int learning, confidence;
    struct sim_numbers thresholds, exit_weights;
    int epochs, train_samples, batch;
    double learning_rate;
};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct branchynet, devices),
     SIM_DEFAULT("6", "the devices and edge servers of platforms/device_edge_cloud.xml"),
     .least = 1, .most = 1 << 20, .help = "N, the devices that requests come to"},
    {SIM_COUNT(struct branchynet, edges),
     SIM_DEFAULT("2", "the devices and edge servers of platforms/device_edge_cloud.xml"),
     .least = 1, .most = 1 << 20, .help = "edge servers; the first devices belong to the first"},
    {SIM_NUMBERS(struct branchynet, exit_rates),
     SIM_DEFAULT("", SIM_TEACHING ", where nothing else says"), .least = 0, .most = 1,
     .help = "share of the requests that leave at each exit; they add up to 1; with learning off; "
             "empty: 0.6, 0.3, 0.1"},
    {SIM_NUMBERS(struct branchynet, tiers), SIM_DEFAULT("", SIM_OURS ": an exit a tier"),
     .least = 0, .most = SEGMENTS_TIERS - 1,
     .help = "where each exit is: 0 the device, 1 its edge, 2 the cloud; empty: 0, 1, 2"},
    {SIM_NUMBERS(struct branchynet, segment_flop),
     SIM_DEFAULT("", SIM_TEACHING ", where nothing else says"), .least = 0, .most = 1e18,
     .help = "flop from the exit before to each exit, its head included; empty: as exit_seconds, "
             "the workload or the learned network say; else 1e8, 1e9, 1e10"},
    {SIM_NUMBERS(struct branchynet, exit_seconds), SIM_DEFAULT("", SIM_ELSEWHERE), .least = 0,
     .most = 1e9,
     .help = "instead: seconds from the start to each exit, each segment measured on the host that "
             "computes it, without the network"},
    {SIM_NUMBERS(struct branchynet, exit_layers), SIM_DEFAULT("", SIM_ELSEWHERE), .least = 1,
     .most = 1e9,
     .help = "with a workload: the number of its layer, from 1, behind which each exit but the "
             "last stands"},
    {SIM_NUMBERS(struct branchynet, head_flop), SIM_DEFAULT("", SIM_ELSEWHERE), .least = 0,
     .most = 1e18, .help = "with a workload: flop of the head of each exit but the last"},
    {SIM_NUMBERS(struct branchynet, cut_bytes), SIM_DEFAULT("", SIM_ELSEWHERE), .least = 0,
     .most = 1e15,
     .help = "bytes of the tensor that goes on behind each exit but the last; empty: as the layers "
             "say"},
    {SIM_BYTES(struct branchynet, sample_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,
     .most = 1e15,
     .help = "bytes of a sample, where the first exit is not on the device; 0: as the layers say"},
    {SIM_BYTES(struct branchynet, answer_bytes),
     SIM_DEFAULT("40", SIM_OURS ": ten classes of 4 bytes"), .least = 0, .most = 1e12,
     .help = "bytes of an answer"},
    {SIM_CHOICE(struct branchynet, learning), SIM_DEFAULT("off", SIM_NEUTRAL),
     .choices = leaving_learning_choices,
     .help = "the data that a network of three exits learns, to decide by real inference who "
             "leaves where"},
    {SIM_NUMBERS(struct branchynet, thresholds), SIM_DEFAULT("", SIM_OURS), .least = -1e3,
     .most = 1e3,
     .help = "T of each exit but the last, in nats; with learning; empty: 0.5, 0.5 (-0.5, -0.5)"},
    {SIM_CHOICE(struct branchynet, confidence),
     SIM_DEFAULT("entropy", "the authors' code; the paper's formula lacks the minus sign"),
     .choices = leaving_confidence_choices,
     .help = "what leaves: entropy -sum y ln y less than T, or its negative sum y ln y greater"},
    {SIM_NUMBERS(struct branchynet, exit_weights), SIM_DEFAULT("", "the authors' code: all alike"),
     .least = 0, .most = 1e6,
     .help = "w of each exit in the joint loss; with learning; empty: 1, 1, 1"},
    {SIM_COUNT(struct branchynet, epochs), SIM_DEFAULT("0", SIM_OURS), .least = 0, .most = 1 << 20,
     .help = "with learning; 0: 12 of the digits, 1 of Fashion-MNIST"},
    {SIM_COUNT(struct branchynet, train_samples), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1 << 30, .help = "samples to learn from; 0: all that there are"},
    {SIM_COUNT(struct branchynet, batch), SIM_DEFAULT("0", SIM_OURS), .least = 0, .most = 1 << 16,
     .help = "samples of a step of Adam, with learning; 0: 16"},
    {SIM_RATIO(struct branchynet, learning_rate),
     SIM_DEFAULT("0", SIM_OURS ": the paper's 0.001 learns too little in so few steps"), .least = 0,
     .most = 10, .help = "of Adam, with learning; 0: 0.003"},
    {0}};

struct prepared {
    struct inf_run run; /* first: inf_run_of */
    struct segments segments;
    struct leaving leaving;
    double *flop; /* [peers x exits] */
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

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct branchynet *own = plan->parameters;
    const struct segments_options costs = {.segment_flop = &own->segment_flop,
                                           .exit_seconds = &own->exit_seconds,
                                           .exit_layers = &own->exit_layers,
                                           .head_flop = &own->head_flop,
                                           .tiers = &own->tiers,
                                           .cut_bytes = &own->cut_bytes,
                                           .sample_bytes = own->sample_bytes};
    const struct leaving_options who = {.learning = own->learning,
                                        .confidence = own->confidence,
                                        .exit_rates = &own->exit_rates,
                                        .thresholds = &own->thresholds,
                                        .exit_weights = &own->exit_weights,
                                        .epochs = own->epochs,
                                        .train_samples = own->train_samples,
                                        .batch = own->batch,
                                        .learning_rate = own->learning_rate};
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);
    int exits;

    if (!leaving_prepare(&prepared->leaving, plan, &who, err))
        return false;
    exits = prepared->leaving.exits;
    if (!segments_prepare(&prepared->segments, plan, exits, &costs, prepared->leaving.lesson, err))
        return false;
    sim_cast(plan, "device", own->devices);
    sim_cast(plan, "edge", own->edges);
    sim_cast(plan, "cloud", 1);
    inf_prepare(plan, &prepared->run, own->devices, STAGES, exits);
    prepared->flop = sim_new(plan->arena, double,
                             ((size_t)own->devices + (size_t)own->edges + 1) * (size_t)exits);
    return true;
}

static const char *const role_of_tier[SEGMENTS_TIERS] = {"device", "edge", "cloud"};

static bool fits_memory(struct sim_plan *plan, struct sim_error *err)
{
    for (int tier = 0; tier < SEGMENTS_TIERS; tier++) {
        const double bytes = segments_memory_bytes(&prepared_of(plan)->segments, tier);
        const struct sim_group *group = sim_role(plan, role_of_tier[tier]);

        for (int i = 0; i < group->size; i++)
            if (!sim_fits_memory(plan, group->peers[i], bytes, "the layers of its exits",
                                 "move exits to another tier", err))
                return false;
    }
    return true;
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct prepared *prepared = prepared_of(plan);
    const int exits = prepared->segments.count;

    if (!inf_placed(plan, "device", err) || !fits_memory(plan, err))
        return false;
    for (int e = 0; e < exits; e++) {
        const struct segment *segment = &prepared->segments.segments[e];
        const struct sim_group *group = sim_role(plan, role_of_tier[segment->tier]);

        for (int i = 0; i < group->size; i++)
            prepared->flop[(size_t)group->peers[i] * (size_t)exits + (size_t)e] =
                segment_flop(plan, segment, group->peers[i]);
    }
    return true;
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

static const struct segment *segment_of(const struct sim_plan *plan, int exit)
{
    return &prepared_of(plan)->segments.segments[exit];
}

static double flop_of(const struct sim_plan *plan, int peer, int exit)
{
    const struct prepared *prepared = prepared_of(plan);

    return prepared->flop[(size_t)peer * (size_t)prepared->segments.count + (size_t)exit];
}

/* Who computes what leads to that exit, for requests of that device. */
static int peer_of(const struct sim_plan *plan, int exit, int device)
{
    const int tier = segment_of(plan, exit)->tier;
    const int index = tier == 0 ? device : tier == 1 ? edge_of(plan, device) : 0;

    return sim_role(plan, role_of_tier[tier])->peers[index];
}

/* Here, or by whoever has the next exit; past the edge where that has none. */
static void go_on(struct station *station, struct parcel *parcel)
{
    static const int waits[SEGMENTS_TIERS] = {DEVICE_WAIT, EDGE_WAIT, CLOUD_WAIT};
    static const int works[SEGMENTS_TIERS] = {DEVICE, EDGE, CLOUD};
    const struct sim_plan *plan = station->me->plan;
    const int tier = tier_of(station->me), exit = parcel->part, me = station->me->number;

    if (segment_of(plan, exit)->tier == tier)
        station_compute(station, parcel, flop_of(plan, me, exit), waits[tier], works[tier]);
    else
        station_send(station, peer_of(plan, exit, parcel->request->source), parcel,
                     segment_of(plan, exit)->bytes, tier == 0 ? UPLINK : BACKHAUL);
}

static void answer(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    const struct prepared *prepared = prepared_of(plan);
    struct inf_request *request = parcel->request;

    request->exit = parcel->part;
    request->correct = leaving_is_right(&prepared->leaving, request->number, request->exit);
    if (request->owner == station->me->number) {
        station_finish(station, request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
        station_drop(station, parcel);
        return;
    }
    parcel->kind = REPLY;
    station_send(station, request->owner, parcel, options_of(plan)->answer_bytes, ANSWER);
}

static void arrive(struct station *station, struct parcel *parcel, int from)
{
    (void)from;
    if (parcel->request->is_over) {
        station_drop(station, parcel);
    } else if (parcel->kind == REPLY) {
        station_finish(station, parcel->request, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
        station_drop(station, parcel);
    } else {
        go_on(station, parcel);
    }
}

static void computed(struct station *station, struct parcel *parcel)
{
    if (parcel->part == prepared_of(station->me->plan)->leaving.exit_of[parcel->request->number]) {
        answer(station, parcel);
        return;
    }
    parcel->part++;
    go_on(station, parcel);
}

/* Whoever cannot go on answers with what its own last exit said; an answer itself is sent again. */
static bool fall_back(struct station *station, struct parcel *parcel, int to)
{
    const struct prepared *prepared = prepared_of(station->me->plan);
    const int tier = tier_of(station->me);
    int last = -1;

    (void)to;
    for (int e = 0; e < prepared->segments.count; e++)
        if (prepared->segments.segments[e].tier <= tier)
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

/* t_n of a request that comes to that device, if there is no other. */
static double alone_seconds(const struct sim_plan *plan, int device, int exit)
{
    const int asks = sim_role(plan, "device")->peers[device];
    double seconds = 0;
    int at = asks;

    for (int e = 0; e <= exit; e++) {
        const int next = peer_of(plan, e, device);

        if (next != at)
            seconds += sim_alone_seconds(plan, at, next, segment_of(plan, e)->bytes);
        seconds += flop_of(plan, next, e) / sim_flop_per_second(plan, next);
        at = next;
    }
    return at == asks ? seconds
                      : seconds + sim_alone_seconds(plan, at, asks, options_of(plan)->answer_bytes);
}

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

/* What each exit would get right if all left there. */
static void tell_accuracy(struct sim_peer *me)
{
    const struct prepared *prepared = prepared_of(me->plan);
    double accuracies[EXITS];

    if (prepared->leaving.lesson == NULL)
        return;
    for (int e = 0; e < EXITS; e++)
        accuracies[e] = exit_lesson_accuracy(prepared->leaving.lesson, e);
    sim_note_list(me, "exit_accuracies", accuracies, EXITS);
}

/* How many times longer requests would have taken on average if all had gone to the last exit, each alone. */
static void tell_gain(struct sim_peer *me)
{
    const struct prepared *prepared = prepared_of(me->plan);
    double to_last = 0, taken = 0;

    for (int i = me->plan->requests->warm_up; i < prepared->run.count; i++) {
        const struct inf_request *request = &prepared->run.requests[i];

        if (request->outcome != INF_ANSWERED)
            continue;
        to_last += alone_seconds(me->plan, request->source, prepared->segments.count - 1);
        taken += request->finished_at - request->arrived_at;
    }
    if (taken > 0)
        sim_note(me, "gain", to_last / taken);
}

/* It ends last of all: everybody is its client. */
static void act_as_cloud(struct sim_peer *me)
{
    struct station *station = station_open(me, &method, NULL);

    hear_all(station, "device", true);
    hear_all(station, "edge", true);
    station_run(station);
    tell_accuracy(me);
    tell_gain(me);
}

static const struct sim_role roles[] = {
    {"device", act_as_device, .help = "asks, and computes the first exits"},
    {"edge", act_as_edge, .help = "goes on where its devices are not sure"},
    {"cloud", act_as_cloud, .help = "answers what is left"},
    {0}};

/* ---- tables and laws ---- */

INF_STAGE_COLUMNS(STAGES, "device_wait_seconds", "device_seconds", "uplink_seconds",
                  "edge_wait_seconds", "edge_seconds", "backhaul_seconds", "cloud_wait_seconds",
                  "cloud_seconds", "answer_seconds");
static const struct sim_table tables[] = {INF_REQUESTS(), {0}};

static double all_bytes(const struct sim_plan *plan)
{
    const struct branchynet *own = plan->parameters;
    const struct prepared *prepared = plan->prepared;
    double bytes = 0;

    for (int i = 0; i < prepared->run.count; i++) {
        int tier = 0;

        for (int e = 0; e <= prepared->leaving.exit_of[i]; e++)
            if (segment_of(plan, e)->tier != tier) {
                tier = segment_of(plan, e)->tier;
                bytes += (double)segment_of(plan, e)->bytes;
            }
        bytes += tier > 0 ? (double)own->answer_bytes : 0;
    }
    return bytes;
}

/* The sum over exits of p_n t_n is the mean over requests of their own t_n: devices may differ. */
static double mean_alone_seconds(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;
    const int first = plan->requests->warm_up;
    double sum = 0;

    for (int i = first; i < prepared->run.count; i++)
        sum += alone_seconds(plan, prepared->run.requests[i].source, prepared->leaving.exit_of[i]);
    return sum / (prepared->run.count - first);
}

/* Seconds below that share of the clock's are lost in its last digits. */
#define TOLD_BY_CLOCK 1e-9

/* Each is answered before the next one comes. */
static bool never_queues(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;
    const int count = prepared->run.count;
    const double horizon = plan->requests->horizon_seconds;

    if (!sim_has_own_hosts(plan) || !plan->is_undisturbed || !plan->network_is_textbook ||
        options_of(plan)->common.battery_joules > 0 || plan->requests->warm_up >= count)
        return false;
    for (int i = 0; i < count; i++) {
        const struct inf_request *request = &prepared->run.requests[i];
        const double end = request->arrived_at +
                           alone_seconds(plan, request->source, prepared->leaving.exit_of[i]);

        if (i + 1 < count ? end > request[1].arrived_at : horizon > 0 && end > horizon)
            return false;
    }
    return mean_alone_seconds(plan) >= TOLD_BY_CLOCK * prepared->run.requests[count - 1].arrived_at;
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
    {"mean latency", SIM_UNIT_SECONDS,
     "sum over exits of p_n t_n: shares of requests, and the seconds of one alone",
     mean_alone_seconds, inf_mean_latency_seconds, .tolerance = 1e-6, .holds = never_queues,
     .assumes = "every peer has a host of its own, nothing is disturbed, network: textbook, and "
                "each request is answered before the next one comes, in no less than a "
                "billionth of the whole run"},
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
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
