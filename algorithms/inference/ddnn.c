/* ddnn -- a deep neural network distributed over devices, edge and cloud: all devices see a sample, each in its own way.
 *
 * Each device computes the first layers of what it sees, and sends the scores of a small head to the gateway, which
 * joins them (the local aggregator).  If it is sure enough, that is the answer: the local exit.  If not, it asks the
 * devices for their features, which are bits, and these go to the cloud, which joins them, goes on and answers.  With an
 * edge tier they go to the edge, which has an exit of its own and sends on what it has made of them.
 *
 * Paper: Teerapittayanon, McDanel, Kung, Distributed deep neural networks over the cloud, the edge and end devices,
 * ICDCS 2017.
 *
 *   bytes of a device for a sample   c = 4 |C| + (1 - l) f o / 8           (equation 1)
 *
 * with |C| classes, l the share of samples that leave at the local exit, f filters and o outputs of each.  The gateway's
 * question and the answers of edge and cloud are messages too; the paper counts no bytes for them, and neither do we
 * unless the scenario says so.
 *
 * N counts the devices; gateway, edge and cloud are none of them.  A device that is lost, or dies, is not waited for.
 * With on_loss: local the gateway, or the edge, answers with what it has itself where it cannot ask on.  Requests that
 * the gateway owns are lost with it. */
#include "algorithms/inference/shared/joining.h"
#include "algorithms/learning/shuffle.h"
#include "sim/base/random.h"

#include <string.h>

enum { BYTES_PER_SCORE = 4, BITS_PER_BYTE = 8 };
static const char *const no_yes[] = {"no", "yes", NULL};

struct ddnn {
    struct inference common;
    int devices, edge_tier;
    struct sim_numbers lost_devices;
    double local_exit_share, edge_exit_share;
    int classes, filters, outputs;
    int64_t edge_bytes, question_bytes, answer_bytes;
    struct sim_numbers tier_flop;
};

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct ddnn, devices), .value = "6", .least = 1, .most = 4096,
     .help = "N, the devices that all see each sample"},
    {SIM_CHOICE(struct ddnn, edge_tier), .value = "no", .choices = no_yes,
     .help = "do features go to an edge with an exit of its own, before the cloud"},
    {SIM_NUMBERS(struct ddnn, lost_devices), .value = "", .least = 0, .most = 4095,
     .help = "devices that are silent from the first, by number from 0"},
    {SIM_RATIO(struct ddnn, local_exit_share), .value = "0.6082", .least = 0, .most = 1,
     .help = "l, share of the requests that leave at the local exit"},
    {SIM_RATIO(struct ddnn, edge_exit_share), .value = "0", .least = 0, .most = 1,
     .help = "share of them that leave at the edge, with edge_tier"},
    {SIM_COUNT(struct ddnn, classes), .value = "3", .least = 2, .most = 1 << 20,
     .help = "|C|, classes: a score of 4 bytes for each"},
    {SIM_COUNT(struct ddnn, filters), .value = "4", .least = 1, .most = 1 << 16,
     .help = "f, filters of a device"},
    {SIM_COUNT(struct ddnn, outputs), .value = "256", .least = 1, .most = 1 << 24,
     .help = "o, outputs of each filter, of a bit each"},
    {SIM_BYTES(struct ddnn, edge_bytes), .value = "128", .least = 0, .most = 1e15,
     .help = "bytes of what the edge sends on to the cloud"},
    {SIM_BYTES(struct ddnn, question_bytes), .value = "0", .least = 0, .most = 1e12,
     .help = "bytes with which the gateway asks a device for its features; the paper counts none"},
    {SIM_BYTES(struct ddnn, answer_bytes), .value = "0", .least = 0, .most = 1e12,
     .help = "bytes of an answer of edge or cloud to the gateway; the paper counts none"},
    {SIM_NUMBERS(struct ddnn, tier_flop), .value = "", .least = 0, .most = 1e18,
     .help = "flop for a sample of a device, the gateway, the edge (with edge_tier) and the cloud; "
             "empty: 227328, 18, 1e7, 1e7"},
    {0}};

struct prepared {
    struct joining joining; /* first: it begins with struct inf_run */
    bool *is_lost;          /* [devices] */
    int present;            /* those that are not */
    int *exit_of;           /* [requests], if no device dies */
};

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- before ---- */

static bool devices_make_sense(const struct ddnn *own, struct prepared *prepared,
                               struct sim_error *err)
{
    prepared->present = own->devices;
    for (int i = 0; i < own->lost_devices.count; i++) {
        const double device = own->lost_devices.values[i];

        if (device != floor(device) || device >= own->devices)
            return sim_fail(err,
                            "algorithm.lost_devices: %g is none of the %d devices, which are "
                            "numbered from 0.",
                            device, own->devices);
        if (prepared->is_lost[(int)device])
            return sim_fail(err, "algorithm.lost_devices: device %g is named twice.", device);
        prepared->is_lost[(int)device] = true;
        prepared->present--;
    }
    return prepared->present > 0 ||
           sim_fail(err,
                    "algorithm.lost_devices: all %d devices are lost, so nobody sees anything.",
                    own->devices);
}

static bool edge_makes_sense(const struct ddnn *own, struct sim_error *err)
{
    if (!own->edge_tier && own->edge_exit_share > 0)
        return sim_fail(err, "algorithm.edge_exit_share: without edge_tier there is no edge to "
                             "leave at; set edge_tier: yes, or leave it out.");
    if (own->edge_exit_share + own->local_exit_share > 1 + 1e-12)
        return sim_fail(err,
                        "algorithm.local_exit_share and edge_exit_share add up to %g, more than "
                        "all requests.",
                        own->edge_exit_share + own->local_exit_share);
    return own->common.battery_joules == 0 ||
           sim_fail(err, "algorithm.battery_joules: the gateway cannot tell a device whose battery "
                         "is empty from one that is slow, so ddnn has no batteries; to lose a "
                         "device, name it in lost_devices or in faults.");
}

static bool read_flop(const struct ddnn *own, struct prepared *prepared, struct sim_error *err)
{
    /* A device: 3 x 3 x 3 products for each of 4 x 32 x 32 outputs, and 1024 x 3 of its head; the gateway: the highest
     * of 6 x 3 scores.  The paper does not say how wide its cloud is: a round figure. */
    static const double otherwise[JOINING_TIERS] = {227328, 18, 1e7, 1e7};
    const int tiers = own->edge_tier ? JOINING_TIERS : JOINING_TIERS - 1;

    memcpy(prepared->joining.flop, otherwise, sizeof otherwise);
    if (own->tier_flop.count == 0)
        return true;
    if (own->tier_flop.count != tiers)
        return sim_fail(err,
                        "algorithm.tier_flop: one for device, gateway,%s and cloud are %d, and "
                        "here are %d.",
                        own->edge_tier ? " edge" : "", tiers, own->tier_flop.count);
    for (int i = 0; i < tiers; i++)
        prepared->joining.flop[!own->edge_tier && i == AT_EDGE ? AT_CLOUD : i] =
            own->tier_flop.values[i];
    return true;
}

/* Shares are met to the nearest request, in a random order: they are given, not drawn. */
static void deal_exits(const struct sim_plan *plan, struct prepared *prepared)
{
    const struct ddnn *own = plan->parameters;
    const int count = prepared->joining.run.count;
    const int local = (int)lround(own->local_exit_share * count);
    const int edge = (int)lround((own->local_exit_share + own->edge_exit_share) * count);
    struct sim_random *random = sim_random_open(plan->seed, UINT64_C(0x64646e6e));

    for (int i = 0; i < count; i++)
        prepared->exit_of[i] = i < local ? 0 : i < edge ? 1 : joining_exits(&prepared->joining) - 1;
    shuffle(prepared->exit_of, count, random);
    sim_random_close(random);
}

static bool judge(const struct joining *joining, struct inf_request *request, int exit,
                  const bool *has)
{
    const struct prepared *prepared = (const struct prepared *)(const void *)joining;

    (void)has;
    return prepared->exit_of[request->number] == exit;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct ddnn *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);
    struct joining *joining = &prepared->joining;

    prepared->is_lost = sim_new(plan->arena, bool, (size_t)own->devices);
    *joining = (struct joining){
        .devices = own->devices,
        .has_edge = own->edge_tier,
        .is_lost = prepared->is_lost,
        .score_bytes = (int64_t)own->classes * BYTES_PER_SCORE,
        .feature_bytes = ((int64_t)own->filters * own->outputs + BITS_PER_BYTE - 1) / BITS_PER_BYTE,
        .edge_bytes = own->edge_bytes,
        .question_bytes = own->question_bytes,
        .answer_bytes = own->answer_bytes,
        .judge = judge};
    if (!devices_make_sense(own, prepared, err) || !edge_makes_sense(own, err) ||
        !read_flop(own, prepared, err))
        return false;
    joining_prepare(plan, joining);
    prepared->exit_of = sim_new(plan->arena, int, (size_t)joining->run.count);
    deal_exits(plan, prepared);
    return true;
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    return inf_placed(plan, "device", err);
}

/* ---- roles ---- */

/* c: bytes that a device sends on average for a sample. */
static void act_as_gateway(struct sim_peer *me)
{
    const struct prepared *prepared = prepared_of(me->plan);
    const struct joining *joining = &prepared->joining;

    joining_act_as_gateway(me);
    sim_note(me, "bytes_per_device_and_sample",
             (double)joining->device_bytes / ((double)prepared->present * joining->run.count));
}

static const struct sim_role roles[] = {JOINING_ROLES(act_as_gateway), {0}};

/* ---- tables and laws ---- */

static const char *const columns[] = {INF_COLUMNS, JOINING_STAGE_COLUMNS, NULL};
static const char *const *const words[INF_COLUMN_COUNT + JOINING_STAGES] = {INF_WORDS};
static const char *const summarised[] = {INF_SUMMARISED, JOINING_STAGE_COLUMNS, NULL};
static const struct sim_table tables[] = {{"requests", INF_TABLE_HELP, columns, words, summarised},
                                          {0}};

static double all_bytes(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);
    double bytes = 0;

    for (int i = 0; i < prepared->joining.run.count; i++)
        bytes += (double)joining_bytes(&prepared->joining, prepared->exit_of[i]);
    return bytes;
}

/* Equation 1. */
static double device_bytes(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);
    const int count = prepared->joining.run.count;
    int local = 0;

    for (int i = 0; i < count; i++)
        local += prepared->exit_of[i] == 0;
    return (double)prepared->joining.score_bytes +
           (1 - (double)local / count) * (double)prepared->joining.feature_bytes;
}

static double device_bytes_met(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "bytes_per_device_and_sample");
}

static bool all_are_answered(const struct sim_plan *plan)
{
    return sim_has_own_hosts(plan) && plan->is_undisturbed && plan->requests->horizon_seconds == 0;
}

static double mean_alone_seconds(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);
    const int first = plan->requests->warm_up, count = prepared->joining.run.count;
    double sum = 0;

    for (int i = first; i < count; i++)
        sum += joining_alone_seconds(plan, prepared->exit_of[i]);
    return sum / (count - first);
}

/* Seconds below that share of the clock's are lost in its last digits. */
#define TOLD_BY_CLOCK 1e-9

/* Each is answered before the next one comes, and no transfer slows another. */
static bool never_queues(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);
    const struct inf_run *run = &prepared->joining.run;

    if (!all_are_answered(plan) || plan->requests->warm_up >= run->count ||
        !joining_is_uncontended(plan))
        return false;
    for (int i = 0; i + 1 < run->count; i++)
        if (run->requests[i].arrived_at + joining_alone_seconds(plan, prepared->exit_of[i]) >
            run->requests[i + 1].arrived_at)
            return false;
    return mean_alone_seconds(plan) >= TOLD_BY_CLOCK * run->requests[run->count - 1].arrived_at;
}

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "for each request: scores of all devices; where it goes on, questions, features of all "
     "devices, what the edge makes of them, and an answer",
     all_bytes, sim_total_bytes, .tolerance = 0, .holds = all_are_answered,
     .assumes =
         "every peer has a host of its own, nothing is disturbed, and all requests are answered"},
    {"bytes of a device for a sample", SIM_UNIT_BYTES, "4 |C| + (1-l) ceil(f o / 8)", device_bytes,
     device_bytes_met, .tolerance = 1e-12, .holds = all_are_answered,
     .assumes =
         "every peer has a host of its own, nothing is disturbed, and all requests are answered"},
    {"mean latency", SIM_UNIT_SECONDS,
     "sum over exits of p_n t_n: shares of requests, and the seconds of one alone, which are those "
     "of the slowest device",
     mean_alone_seconds, inf_mean_latency_seconds, .tolerance = 1e-6, .holds = never_queues,
     .assumes = "every peer has a host of its own, nothing is disturbed, network: textbook, all "
                "devices can talk at once without slowing each other, and each request is answered "
                "before the next one comes"},
    {0}};

SIM_ALGORITHM(ddnn) = {
    .name = "ddnn",
    .summary = "devices that all see a sample, a local exit where they are joined, edge and cloud",
    .paper = "Teerapittayanon, McDanel, Kung, Distributed deep neural networks over the cloud, the "
             "edge and end devices, ICDCS 2017",
    .counts = "N devices; gateway, edge and cloud are none of them",
    .parameters_size = sizeof(struct ddnn),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = tables,
    .takes_requests = true,
    .prepare = prepare,
    .placed = placed,
};
