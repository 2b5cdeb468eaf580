/* neurosurgeon -- a network cut in two: the first layers on the device, the others on a server.
 *
 * For each request the device looks at all cuts, with what it knows of layers, of the way to the server and of the
 * server's load, and takes the one that is soonest over, or costs it least energy.  What it knows it has learnt from
 * the answers: how long the last tensor was on its way, how long the server's layers took and how long they stood in
 * line.  Until the first answer it believes the platform.  Whoever computes all at home hears no more answers: probes
 * (probe_bytes) find out whether the way has become better.
 *
 * Paper: Kang, Hauswald, Gao, Rovinski, Mudge, Mars, Tang, Neurosurgeon: Collaborative intelligence between the cloud
 * and mobile edge, ASPLOS 2017, Algorithm 1.
 *
 * N counts the devices; the server is none of them.  A request sends the tensor of its cut, and its answer comes back.
 * A link or a server that dies: on_loss; local computes the rest on the device. */
#include "algorithms/inference/rules/latency_model.h"
#include "algorithms/inference/rules/split.h"
#include "algorithms/inference/shared/station.h"
#include "sim/workload/cost.h"

#include <string.h>

enum stage { DEVICE_WAIT, DEVICE, UPLINK, SERVER_WAIT, SERVER, ANSWER, STAGES };
enum objective { LATENCY, ENERGY };
enum { AUTO = -1 };

static const char *const objectives[] = {"latency", "energy", NULL};

struct neurosurgeon {
    struct inference common;
    int devices, objective;
    const char *split, *measurements;
    double server_load, probe_seconds;
    int64_t probe_bytes, answer_bytes;
};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct neurosurgeon, devices), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,
     .most = 1 << 20, .help = "N, the devices that requests come to, each on a host of its own"},
    {SIM_TEXT(struct neurosurgeon, split), SIM_DEFAULT("auto", "Kang et al. 2017, Algorithm 1"),
     .help = "auto, device (all of it there), cloud (none of it there), or the last layer on the "
             "device"},
    {SIM_CHOICE(struct neurosurgeon, objective),
     SIM_DEFAULT("latency", "Kang et al. 2017, Algorithm 1"), .choices = objectives,
     .help = "what a cut is chosen for: seconds of the request, or joules of the device"},
    {SIM_FILE(struct neurosurgeon, measurements), SIM_DEFAULT("", SIM_NEUTRAL),
     .help = "CSV of measured layers (side, kind, macs, activation_bytes, seconds) from which the "
             "device predicts; none: it knows what layers take"},
    {SIM_RATIO(struct neurosurgeon, server_load), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 0.999, .help = "share of the server that others have; what is left computes for us"},
    {SIM_BYTES(struct neurosurgeon, probe_bytes), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1e12, .help = "bytes of a probe of the way to the server; 0: none is sent"},
    {SIM_SECONDS(struct neurosurgeon, probe_seconds), SIM_DEFAULT("1s", SIM_OURS), .least = 1e-6,
     .most = 1e9,
     .help = "age of what the device knows at which it sends one with its next request"},
    {SIM_BYTES(struct neurosurgeon, answer_bytes),
     SIM_DEFAULT("4kB", SIM_OURS ": 1000 classes of 4 bytes"), .least = 0, .most = 1e12,
     .help = "bytes of an answer"},
    {0}};

/* What a request has met on its way, for its device to learn from. */
struct travel {
    int cut;
    double predicted_seconds;
    double up_seconds, server_wait_seconds, server_slowness;
};

struct prepared {
    struct inf_run run; /* first: inf_run_of */
    const struct split_cut *cuts;
    int fixed_cut; /* AUTO: each request has its own */
    const struct latency_model *learnt;
    struct travel *travels; /* [requests] */
};

static const struct neurosurgeon *options_of(const struct sim_plan *plan)
{
    return plan->parameters;
}

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static int server_of(const struct sim_plan *plan)
{
    return sim_role(plan, "server")->peers[0];
}

/* ---- before ---- */

static bool knows_all_kinds(const struct sim_plan *plan, const struct latency_model *learnt,
                            struct sim_error *err)
{
    const struct neurosurgeon *own = plan->parameters;

    for (int side = 0; side < LATENCY_SIDES; side++)
        for (int l = 0; l < plan->model->layer_count; l++)
            if (isnan(latency_model_seconds(learnt, (enum latency_side)side,
                                            &plan->model->layers[l])))
                return sim_fail(err,
                                "%s: no layer of kind %s was measured on the %s, and %s has some.",
                                own->measurements, plan->model->layers[l].kind,
                                latency_side_names[side], plan->model->name);
    return true;
}

static bool find_split(const struct sim_plan *plan, struct prepared *prepared,
                       struct sim_error *err)
{
    const char *split = options_of(plan)->split;

    prepared->fixed_cut = strcmp(split, "auto") == 0    ? AUTO
                          : strcmp(split, "cloud") == 0 ? 0
                          : strcmp(split, "device") == 0
                              ? plan->model->layer_count
                              : split_behind(plan->model, prepared->cuts, split, err);
    if (err->count > 0)
        return false;
    return prepared->fixed_cut != 0 || prepared->cuts[0].bytes > 0 ||
           sim_fail(err,
                    "split: the model %s does not say how large its input is (input_bytes), "
                    "so it cannot be sent.",
                    plan->model->name);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct neurosurgeon *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);

    sim_cast(plan, "device", own->devices);
    sim_cast(plan, "server", 1);
    inf_prepare(plan, &prepared->run, own->devices, STAGES, 0);
    prepared->cuts = split_cuts(plan->arena, plan->model);
    prepared->travels = sim_new(plan->arena, struct travel, (size_t)prepared->run.count);
    if (!find_split(plan, prepared, err))
        return false;
    if (*own->measurements == '\0')
        return true;
    prepared->learnt = latency_model_read(plan->arena, own->measurements, err);
    return prepared->learnt != NULL && knows_all_kinds(plan, prepared->learnt, err);
}

/* Parameters of the layers that may be computed there. */
static double parameter_bytes(const struct sim_model *model, int first, int end)
{
    double bytes = 0;

    for (int l = first; l < end; l++)
        bytes += (double)model->layers[l].parameter_bytes;
    return bytes;
}

static bool fits(struct sim_plan *plan, struct sim_error *err)
{
    const struct prepared *prepared = prepared_of(plan);
    const struct sim_group *devices = sim_role(plan, "device");
    const int layers = plan->model->layer_count, cut = prepared->fixed_cut;
    const bool may_have_all = cut == AUTO || options_of(plan)->common.on_loss == INF_LOCAL;
    const char *what = sim_text(plan->arena, "the parameters of %s", plan->model->name);

    for (int d = 0; d < devices->size; d++)
        if (!sim_fits_memory(plan, devices->peers[d],
                             parameter_bytes(plan->model, 0, may_have_all ? layers : cut), what,
                             "take a smaller model, or keep less of it there (split)", err))
            return false;
    return sim_fits_memory(plan, server_of(plan),
                           parameter_bytes(plan->model, cut == AUTO ? 0 : cut, layers), what,
                           "take a smaller model, or another host", err);
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    const struct sim_group *devices = sim_role(plan, "device");

    if (options_of(plan)->objective == ENERGY)
        for (int d = 0; d < devices->size; d++)
            if (!sim_states_watts(plan, devices->peers[d]))
                return sim_fail(err,
                                "objective: energy: host %s does not say what it draws; give it "
                                "wattage_per_state in the platform file.",
                                sim_host_name(plan, devices->peers[d]));
    return inf_placed(plan, "device", err) && fits(plan, err);
}

/* ---- what a device knows ---- */

struct desk {
    struct split_view view;
    double learnt_at;
    int last_cut, changes;
    double error_sum; /* of predictions, relative */
    int error_count;
    double *server_seconds; /* [layers], as the platform has them */
};

static double *layer_seconds(const struct sim_plan *plan, int peer)
{
    double *seconds = sim_new(plan->arena, double, (size_t)plan->model->layer_count);

    for (int l = 0; l < plan->model->layer_count; l++)
        seconds[l] = sim_layer_seconds(sim_device_of(plan, peer), &plan->model->layers[l],
                                       plan->batch, SIM_FORWARD);
    return seconds;
}

static double *predicted_seconds(const struct sim_plan *plan, enum latency_side side, int peer)
{
    const struct latency_model *learnt = prepared_of(plan)->learnt;
    double *seconds = layer_seconds(plan, peer);

    for (int l = 0; learnt != NULL && l < plan->model->layer_count; l++)
        seconds[l] = plan->batch * latency_model_seconds(learnt, side, &plan->model->layers[l]);
    return seconds;
}

/* As the platform has it, with the server's load. */
static struct split_view view_of(const struct sim_plan *plan, int device)
{
    const struct neurosurgeon *own = plan->parameters;
    const struct sim_way up = sim_way_between(plan, device, server_of(plan));
    const struct sim_way down = sim_way_between(plan, server_of(plan), device);

    return (struct split_view){
        .layers = plan->model->layer_count,
        .device_seconds = predicted_seconds(plan, LATENCY_DEVICE, device),
        .server_seconds = predicted_seconds(plan, LATENCY_SERVER, server_of(plan)),
        .cuts = prepared_of(plan)->cuts,
        .batch = plan->batch,
        .up_bytes_per_second = up.bytes_per_second,
        .up_latency_seconds = up.latency_seconds,
        .down_bytes_per_second = down.bytes_per_second,
        .down_latency_seconds = down.latency_seconds,
        .answer_bytes = own->answer_bytes,
        .server_slowness = 1 / (1 - own->server_load),
        .device_watts = sim_busy_watts(plan, device),
        .radio_watts = sim_radio_joules_of(plan, device, 1, 0, 0),
        .send_joules_per_byte = sim_radio_joules_of(plan, device, 0, 1000000, 0) / 1000000,
        .receive_joules_per_byte = sim_radio_joules_of(plan, device, 0, 0, 1000000) / 1000000,
    };
}

static double cost(const struct split_view *view, int cut, enum objective objective)
{
    return objective == ENERGY ? split_joules(view, cut) : split_seconds(view, cut);
}

static int choose(const struct sim_plan *plan, const struct split_view *view)
{
    const int fixed = prepared_of(plan)->fixed_cut;

    if (fixed != AUTO)
        return fixed;
    return split_best(view, options_of(plan)->objective == ENERGY ? split_joules : split_seconds);
}

static void learn(struct station *station, const struct travel *travel, int64_t bytes)
{
    struct desk *desk = station->own;
    const double moving = travel->up_seconds - desk->view.up_latency_seconds;

    desk->learnt_at = sim_now(station->me);
    if (bytes > 0 && moving > 0)
        desk->view.up_bytes_per_second = (double)bytes / moving;
    if (!isnan(travel->server_slowness))
        desk->view.server_slowness = travel->server_slowness;
    desk->view.server_wait_seconds = travel->server_wait_seconds;
}

/* ---- on the way ---- */

/* parcel->part is the cut.  A probe's travel is its own. */
enum kind { TENSOR, REPLY, PROBE, ECHO };

static double flop_of(const struct sim_peer *me, int first, int end)
{
    double flop = 0;

    for (int l = first; l < end; l++)
        flop += sim_layer_cost_flop(me, &me->plan->model->layers[l], me->plan->batch, SIM_FORWARD);
    return flop;
}

static int64_t tensor_bytes(const struct sim_plan *plan, int cut)
{
    return prepared_of(plan)->cuts[cut].bytes * plan->batch;
}

static void probe_if_due(struct station *station, struct inf_request *request)
{
    const struct neurosurgeon *own = options_of(station->me->plan);
    struct desk *desk = station->own;
    struct parcel *parcel;

    if (own->probe_bytes == 0 || sim_now(station->me) - desk->learnt_at < own->probe_seconds)
        return;
    desk->learnt_at =
        sim_now(station->me); /* or each request would send one until the first is back */
    parcel = station_parcel(station, request, PROBE);
    parcel->own = sim_new(station->me->plan->arena, struct travel, 1);
    parcel->is_part = true;
    station_send(station, server_of(station->me->plan), parcel, own->probe_bytes, INF_NO_STAGE);
}

static void begin_request(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    struct desk *desk = station->own;
    struct travel *travel = &prepared_of(plan)->travels[parcel->request->number];

    probe_if_due(station, parcel->request);
    travel->cut = choose(plan, &desk->view);
    travel->predicted_seconds = split_seconds(&desk->view, travel->cut);
    desk->changes += desk->last_cut >= 0 && desk->last_cut != travel->cut;
    desk->last_cut = travel->cut;
    parcel->request->exit = travel->cut;
    parcel->part = travel->cut;
    parcel->own = travel;
    station_compute(station, parcel, flop_of(station->me, 0, travel->cut), DEVICE_WAIT, DEVICE);
}

static void finish(struct station *station, struct parcel *parcel, enum inf_outcome outcome)
{
    struct inf_request *request = parcel->request;
    const struct travel *travel = &prepared_of(station->me->plan)->travels[request->number];
    struct desk *desk = station->own;

    if (outcome == INF_ANSWERED) {
        const double seconds = sim_now(station->me) - request->arrived_at;

        desk->error_sum += fabs(travel->predicted_seconds / seconds - 1);
        desk->error_count++;
    }
    station_drop(station, parcel);
    station_finish(station, request, outcome);
}

static void arrive_at_device(struct station *station, struct parcel *parcel, int from)
{
    if (from == SIM_NOBODY) {
        begin_request(station, parcel);
        return;
    }
    learn(station, parcel->own,
          parcel->kind == ECHO ? options_of(station->me->plan)->probe_bytes
                               : tensor_bytes(station->me->plan, parcel->part));
    if (parcel->kind == ECHO || parcel->request->is_over)
        station_drop(station, parcel);
    else
        finish(station, parcel, INF_ANSWERED);
}

static void computed_by_device(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;

    if (parcel->falls_back || parcel->part == plan->model->layer_count)
        finish(station, parcel, parcel->falls_back ? INF_FELL_BACK : INF_ANSWERED);
    else
        station_send(station, server_of(plan), parcel, tensor_bytes(plan, parcel->part), UPLINK);
}

/* The device goes on where it had stopped. */
static bool fall_back(struct station *station, struct parcel *parcel, int to)
{
    const struct sim_plan *plan = station->me->plan;
    const int cut = prepared_of(plan)->travels[parcel->request->number].cut;

    (void)to;
    if (station->me->number == server_of(plan))
        return false;
    if (parcel->kind == PROBE) {
        station_drop(station, parcel);
        return true;
    }
    parcel->part = cut;
    parcel->falls_back = true;
    parcel->request->exit = plan->model->layer_count;
    station_compute(station, parcel, flop_of(station->me, cut, plan->model->layer_count),
                    DEVICE_WAIT, DEVICE);
    return true;
}

/* A probe that is lost is no loss. */
static bool spare(struct station *station, struct parcel *parcel, int to)
{
    (void)station;
    (void)to;
    return parcel->kind == PROBE || parcel->kind == ECHO;
}

/* A probe computes a ten-thousandth of a second's work, to see how much slower the server is than it was built. */
static const double probe_work_seconds = 1e-4;

static void arrive_at_server(struct station *station, struct parcel *parcel, int from)
{
    const struct sim_plan *plan = station->me->plan;
    const double slowness = 1 / (1 - options_of(plan)->server_load);
    struct travel *travel = parcel->own;
    double flop;

    (void)from;
    if (parcel->request->is_over && parcel->kind == TENSOR) {
        station_drop(station, parcel);
        return;
    }
    travel->up_seconds = sim_now(station->me) - parcel->moving_since;
    if (parcel->kind == PROBE)
        flop = probe_work_seconds * sim_flop_per_second(plan, station->me->number);
    else
        flop = flop_of(station->me, parcel->part, plan->model->layer_count);
    station_compute(station, parcel, flop * slowness,
                    parcel->kind == PROBE ? INF_NO_STAGE : SERVER_WAIT,
                    parcel->kind == PROBE ? INF_NO_STAGE : SERVER);
}

static void computed_by_server(struct station *station, struct parcel *parcel)
{
    const struct sim_plan *plan = station->me->plan;
    const double unloaded = parcel->flop * (1 - options_of(plan)->server_load) /
                            sim_flop_per_second(plan, station->me->number);
    const double took = sim_now(station->me) - parcel->moving_since;
    struct travel *travel = parcel->own;

    travel->server_wait_seconds = parcel->moving_since - parcel->since;
    travel->server_slowness = unloaded > 0 ? took / unloaded : NAN;
    parcel->kind = parcel->kind == PROBE ? ECHO : REPLY;
    station_send(station, parcel->request->owner, parcel,
                 parcel->kind == ECHO ? 0 : options_of(plan)->answer_bytes,
                 parcel->kind == ECHO ? INF_NO_STAGE : ANSWER);
}

static const struct station_method device_method = {.arrive = arrive_at_device,
                                                    .computed = computed_by_device,
                                                    .fall_back = fall_back,
                                                    .spare = spare};
static const struct station_method server_method = {.arrive = arrive_at_server,
                                                    .computed = computed_by_server,
                                                    .fall_back = fall_back,
                                                    .spare = spare};

/* ---- roles ---- */

/* What could have been, as the platform is without disturbances: the baselines beside the choice. */
static void tell_choices(struct sim_peer *me, const struct split_view *view)
{
    const struct neurosurgeon *own = me->plan->parameters;
    const int cut = choose(me->plan, view);
    const bool is_energy = own->objective == ENERGY;

    sim_note(me, "layers_on_device", cut);
    sim_note(me, is_energy ? "device_only_joules" : "device_only_seconds",
             cost(view, view->layers, (enum objective)own->objective));
    if (view->cuts[0].is_legal && view->cuts[0].bytes > 0)
        sim_note(me, is_energy ? "cloud_only_joules" : "cloud_only_seconds",
                 cost(view, 0, (enum objective)own->objective));
    sim_note(me, is_energy ? "planned_joules" : "planned_seconds",
             cost(view, cut, (enum objective)own->objective));
}

static void act_as_device(struct sim_peer *me)
{
    struct desk *desk = sim_new(me->plan->arena, struct desk, 1);
    struct station *station = station_open(me, &device_method, desk);

    *desk = (struct desk){.view = view_of(me->plan, me->number), .last_cut = -1};
    tell_choices(me, &desk->view);

    station_hear(station, server_of(me->plan), false);
    station_arrivals(station, me->index, true);
    station_has_battery(station);
    station_run(station);
    if (desk->error_count > 0)
        sim_note(me, "prediction_error", desk->error_sum / desk->error_count);
    if (prepared_of(me->plan)->fixed_cut == AUTO) {
        sim_note(me, "split_changes", desk->changes);
        sim_note(me, "layers_on_device", desk->last_cut);
    }
}

static void act_as_server(struct sim_peer *me)
{
    const struct sim_group *devices = sim_role(me->plan, "device");
    struct station *station = station_open(me, &server_method, NULL);

    for (int d = 0; d < devices->size; d++)
        station_hear(station, devices->peers[d], true);
    station_run(station);
}

static const struct sim_role roles[] = {
    {"device", act_as_device, .help = "asks, cuts the network, and computes its first layers"},
    {"server", act_as_server, .help = "computes the others"},
    {0}};

/* ---- tables and laws ---- */

INF_STAGE_COLUMNS(STAGES, "device_wait_seconds", "device_seconds", "uplink_seconds",
                  "server_wait_seconds", "server_seconds", "answer_seconds");
static const struct sim_table tables[] = {
    INF_REQUESTS("; exit is the number of layers on the device"), {0}};

static double cut_bytes(const struct sim_plan *plan)
{
    const struct prepared *prepared = plan->prepared;
    double bytes = 0;

    for (int i = 0; i < prepared->run.count; i++)
        if (prepared->travels[i].cut < plan->model->layer_count)
            bytes += (double)(tensor_bytes(plan, prepared->travels[i].cut) +
                              options_of(plan)->answer_bytes);
    return bytes;
}

static bool all_are_answered(const struct sim_plan *plan)
{
    return sim_has_own_hosts(plan) && plan->is_undisturbed &&
           plan->requests->horizon_seconds == 0 && options_of(plan)->probe_bytes == 0 &&
           options_of(plan)->common.battery_joules == 0;
}

/* The first device's request as the platform has it, not as a fitted curve does. */
static double one_request_seconds(const struct sim_plan *plan)
{
    const int device = sim_role(plan, "device")->peers[0];
    struct split_view view = view_of(plan, device);
    const int cut = choose(plan, &view);

    view.device_seconds = layer_seconds(plan, device);
    view.server_seconds = layer_seconds(plan, server_of(plan));
    return split_seconds(&view, cut);
}

static bool is_never_in_line(const struct sim_plan *plan)
{
    const struct sim_requests *asked = plan->requests;

    return all_are_answered(plan) && plan->network_is_textbook && options_of(plan)->devices == 1 &&
           (asked->count == 1 ||
            (asked->arrival == SIM_ARRIVAL_FIXED && 1 / asked->rate > one_request_seconds(plan)));
}

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES, "the tensor of each request's cut, and its answer",
     cut_bytes, sim_total_bytes, .tolerance = 0, .holds = all_are_answered,
     .assumes = "own hosts, nothing disturbed, all requests answered, no probes"},
    {"latency of a request", SIM_UNIT_SECONDS,
     "device (i < c) + a + bytes_c / B + K server (i >= c) + a' + answer / B'", one_request_seconds,
     inf_mean_latency_seconds, .tolerance = 1e-9, .holds = is_never_in_line,
     .assumes = "one device, network: textbook, nothing disturbed, no request waits for another"},
    {0}};

SIM_ALGORITHM(neurosurgeon) = {
    .name = "neurosurgeon",
    .summary = "a network cut in two, where it is soonest over: device first, server after",
    .paper = "Kang, Hauswald, Gao, Rovinski, Mudge, Mars, Tang, Neurosurgeon: Collaborative "
             "intelligence between the cloud and mobile edge, ASPLOS 2017",
    .counts = "N devices; the server is none of them",
    .parameters_size = sizeof(struct neurosurgeon),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .workload = SIM_NEEDS_WORKLOAD,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
