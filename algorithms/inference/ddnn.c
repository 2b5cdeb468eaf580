/* ddnn -- a network distributed over devices, edge and cloud: all devices see a sample, each in its own way.
 *
 * Each device computes the first layers of what it sees, and sends the scores of a small head to the gateway, which
 * joins them (the local aggregator).  If it is sure enough, that is the answer: the local exit.  If not, it asks the
 * devices for their features, which are bits, and these go to the cloud, which joins them, goes on and answers.  With
 * an edge tier they go to the edge, which has an exit of its own and sends on what it has made of them.
 *
 * Paper: Teerapittayanon, McDanel, Kung, Distributed deep neural networks over the cloud, the edge and end devices,
 * ICDCS 2017.
 *
 *   bytes of a device for a sample   c = 4 |C| + (1 - l) f o / 8
 *
 * with |C| classes, l the share of samples that leave at the local exit, f filters and o outputs of each.  The
 * gateway's question and the answers of edge and cloud are messages too; the paper counts no bytes for them, and
 * neither do we unless the scenario says so.
 *
 * N counts the devices; gateway, edge and cloud are none of them.  A device that is lost, or dies, is not waited for.
 * With on_loss: local the gateway, or the edge, answers with what it has itself where it cannot ask on.  Requests that
 * the gateway owns are lost with it.  Not modelled: batches, and samples that only some devices are shown. */
#include "algorithms/inference/rules/view_lesson.h"
#include "algorithms/inference/ddnn/joining.h"
#include "algorithms/learning/shuffle.h"
#include "sim/base/random.h"

#include <string.h>

enum { BYTES_PER_SCORE = 4, BITS_PER_BYTE = 8, MOST_LEARNING = 64 };
enum learning { NO_LEARNING, DIGITS, FASHION };
static const char *const learning_choices[] = {"off", "digits", "fashion_mnist", NULL};
static const char *const no_yes[] = {"no", "yes", NULL};

struct ddnn {
    struct inference common;
    int devices, edge_tier;
    struct sim_numbers lost_devices, local_exit_share, edge_exit_share;
    int classes, filters, outputs;
    int64_t edge_bytes, question_bytes, answer_bytes;
    struct sim_numbers tier_flop;
    int learning, score_aggregator, feature_aggregator, views;
    double view_noise, blank_share;
    struct sim_numbers thresholds;
    int epochs, train_samples, batch;
    double learning_rate;
};

/* What only learning knows, and what it is unless the scenario says otherwise. */
static const double DEFAULT_SHARE = 0.6082, DEFAULT_NOISE = 0.3, DEFAULT_BLANK_SHARE = 0.1,
                    DEFAULT_THRESHOLD = 0.3;

static const struct sim_parameter parameters[] = {
    INF_PARAMETERS,
    {SIM_COUNT(struct ddnn, devices),
     SIM_DEFAULT("6", "Teerapittayanon et al. 2017: six cameras, four filters, three classes"),
     .least = 1, .most = 4096, .help = "N, the devices that all see each sample"},
    {SIM_CHOICE(struct ddnn, edge_tier), SIM_DEFAULT("no", SIM_NEUTRAL), .choices = no_yes,
     .help = "do features go to an edge with an exit of its own, before the cloud"},
    {SIM_NUMBERS(struct ddnn, lost_devices), SIM_DEFAULT("", SIM_NEUTRAL), .least = 0, .most = 4095,
     .help = "devices that are silent from the first, by number from 0"},
    {SIM_NUMBERS(struct ddnn, local_exit_share),
     SIM_DEFAULT("", "Teerapittayanon et al. 2017, table II, T = 0.8"), .least = 0, .most = 1,
     .help = "l, share of the requests that leave at the local exit; with learning off; empty: "
             "0.6082, as with T = 0.8 in the paper"},
    {SIM_NUMBERS(struct ddnn, edge_exit_share), SIM_DEFAULT("", SIM_NEUTRAL), .least = 0, .most = 1,
     .help = "share of them that leave at the edge, with edge_tier and learning off; empty: 0"},
    {SIM_COUNT(struct ddnn, classes),
     SIM_DEFAULT("0", "Teerapittayanon et al. 2017: six cameras, four filters, three classes"),
     .least = 0, .most = 1 << 20,
     .help = "|C|, classes: a score of 4 bytes for each; 0: as the data say, with learning off 3"},
    {SIM_COUNT(struct ddnn, filters),
     SIM_DEFAULT("4", "Teerapittayanon et al. 2017: six cameras, four filters, three classes"),
     .least = 1, .most = 1 << 16, .help = "f, filters of a device"},
    {SIM_COUNT(struct ddnn, outputs), SIM_DEFAULT("0", "Teerapittayanon et al. 2017: 16 x 16"),
     .least = 0, .most = 1 << 24,
     .help = "o, outputs of each filter, of a bit each; 0: as the network has, with learning off "
             "256"},
    {SIM_BYTES(struct ddnn, edge_bytes), SIM_DEFAULT("0", SIM_OURS ": as many as a device sends"),
     .least = 0, .most = 1e15,
     .help = "bytes of what the edge sends on to the cloud; 0: as the network has, with learning "
             "off 128"},
    {SIM_BYTES(struct ddnn, question_bytes),
     SIM_DEFAULT("0", "Teerapittayanon et al. 2017 counts none"), .least = 0, .most = 1e12,
     .help = "bytes with which the gateway asks a device for its features; the paper counts none"},
    {SIM_BYTES(struct ddnn, answer_bytes),
     SIM_DEFAULT("0", "Teerapittayanon et al. 2017 counts none"), .least = 0, .most = 1e12,
     .help = "bytes of an answer of edge or cloud to the gateway; the paper counts none"},
    {SIM_NUMBERS(struct ddnn, tier_flop),
     SIM_DEFAULT(
         "", "device and gateway: the layers of Teerapittayanon et al. 2017; edge and cloud: ours"),
     .least = 0, .most = 1e18,
     .help = "flop for a sample of a device, the gateway, the edge (with edge_tier) and the cloud; "
             "empty: as the learned network needs, with learning off 227328, 18, 1e7, 1e7"},
    {SIM_CHOICE(struct ddnn, learning), SIM_DEFAULT("off", SIM_NEUTRAL),
     .choices = learning_choices,
     .help = "the data that a network learns from, to decide by real inference who leaves where"},
    {SIM_NUMBERS(struct ddnn, thresholds), SIM_DEFAULT("", SIM_OURS), .least = 0, .most = 1,
     .help =
         "T of the local exit, and of the edge's: it leaves where its normalised entropy is not "
         "more; with learning; empty: 0.3"},
    {SIM_CHOICE(struct ddnn, score_aggregator),
     SIM_DEFAULT("mp", "Teerapittayanon et al. 2017: MP and CC, their best pair"),
     .choices = aggregator_choices,
     .help = "how the gateway joins scores: highest, mean, or concatenation and a linear layer"},
    {SIM_CHOICE(struct ddnn, feature_aggregator),
     SIM_DEFAULT("cc", "Teerapittayanon et al. 2017: MP and CC, their best pair"),
     .choices = aggregator_choices, .help = "how edge or cloud joins features"},
    {SIM_CHOICE(struct ddnn, views), SIM_DEFAULT("mixed", SIM_OURS), .choices = view_choices,
     .help = "what devices see of an image: a quadrant, three quarters of rows and columns, noise "
             "over it, or these by turns"},
    {SIM_RATIO(struct ddnn, view_noise), SIM_DEFAULT("0.3", SIM_OURS), .least = 0, .most = 100,
     .help = "standard deviation of the noise; the brightest pixel is 1"},
    {SIM_RATIO(struct ddnn, blank_share), SIM_DEFAULT("0.1", SIM_OURS), .least = 0, .most = 1,
     .help = "share of all views that are blank"},
    {SIM_COUNT(struct ddnn, epochs), SIM_DEFAULT("0", SIM_OURS), .least = 0, .most = 1 << 20,
     .help = "with learning; 0: 6 of the digits, 1 of Fashion-MNIST"},
    {SIM_COUNT(struct ddnn, train_samples), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1 << 30,
     .help = "samples to learn from; 0: all that there are, of Fashion-MNIST 3000"},
    {SIM_COUNT(struct ddnn, batch), SIM_DEFAULT("0", SIM_OURS), .least = 0, .most = 1 << 16,
     .help = "samples of a step of Adam, with learning; 0: 16"},
    {SIM_RATIO(struct ddnn, learning_rate), SIM_DEFAULT("0", SIM_OURS), .least = 0, .most = 10,
     .help = "of Adam, with learning; 0: 0.01"},
    {0}};

struct prepared {
    struct joining joining; /* first: it begins with struct inf_run */
    bool *is_lost;          /* [devices] */
    bool *has;              /* [devices]: those that are not */
    int present;
    const struct view_lesson *lesson; /* NULL: exits are dealt as shares say */
    struct view_verdict *verdicts;    /* [lesson->shown], if no device dies */
    double thresholds[VIEW_MOST_EXITS];
    int *exit_of; /* [requests], if no device dies */
};

static const struct prepared *prepared_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

/* ---- what a scenario says ---- */

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
    for (int d = 0; d < own->devices; d++)
        prepared->has[d] = !prepared->is_lost[d];
    return prepared->present > 0 ||
           sim_fail(err,
                    "algorithm.lost_devices: all %d devices are lost, so nobody sees anything.",
                    own->devices);
}

static double share_of(const struct sim_numbers *share, double otherwise)
{
    return share->count > 0 ? share->values[0] : otherwise;
}

static bool shares_make_sense(const struct ddnn *own, struct sim_error *err)
{
    const double edge = share_of(&own->edge_exit_share, 0);
    const double sum = share_of(&own->local_exit_share, DEFAULT_SHARE) + edge;

    if (own->local_exit_share.count > 1 || own->edge_exit_share.count > 1)
        return sim_fail(err, "algorithm.local_exit_share and edge_exit_share are one number each.");
    if (own->learning != NO_LEARNING)
        return (own->local_exit_share.count == 0 && own->edge_exit_share.count == 0) ||
               sim_fail(err, "algorithm.local_exit_share, edge_exit_share: with learning the "
                             "network itself says who leaves where; leave them out.");
    if (!own->edge_tier && edge > 0)
        return sim_fail(err, "algorithm.edge_exit_share: without edge_tier there is no edge to "
                             "leave at; set edge_tier: yes, or leave it out.");
    return sum <= 1 + 1e-12 || sim_fail(err,
                                        "algorithm.local_exit_share and edge_exit_share add up to "
                                        "%g, more than all requests.",
                                        sum);
}

/* What changes nothing is refused. */
static bool is_of_use(const struct ddnn *own, struct sim_error *err)
{
    const char *without = own->thresholds.count > 0                          ? "thresholds"
                          : own->score_aggregator != AGGREGATE_MAX           ? "score_aggregator"
                          : own->feature_aggregator != AGGREGATE_CONCATENATE ? "feature_aggregator"
                          : own->views != VIEW_MIXED                         ? "views"
                          : own->view_noise != DEFAULT_NOISE                 ? "view_noise"
                          : own->blank_share != DEFAULT_BLANK_SHARE          ? "blank_share"
                          : own->epochs > 0                                  ? "epochs"
                          : own->train_samples > 0                           ? "train_samples"
                          : own->batch > 0                                   ? "batch"
                          : own->learning_rate > 0                           ? "learning_rate"
                                                                             : NULL;
    const char *with = own->classes > 0      ? "classes"
                       : own->outputs > 0    ? "outputs"
                       : own->edge_bytes > 0 ? "edge_bytes"
                                             : NULL;

    if (own->learning == NO_LEARNING && without != NULL)
        return sim_fail(err,
                        "algorithm.%s: with learning off nothing learns or infers, and "
                        "local_exit_share says who leaves where; leave it out, or choose "
                        "learning: digits.",
                        without);
    if (own->learning != NO_LEARNING && with != NULL)
        return sim_fail(err,
                        "algorithm.%s: with learning the data and the network say that; leave "
                        "it out.",
                        with);
    if (!own->edge_tier && own->edge_bytes > 0)
        return sim_fail(err, "algorithm.edge_bytes: without edge_tier there is no edge; set "
                             "edge_tier: yes, or leave it out.");
    return own->common.battery_joules == 0 ||
           sim_fail(err, "algorithm.battery_joules: the gateway cannot tell a device whose battery "
                         "is empty from one that is slow, so ddnn has no batteries; to lose a "
                         "device, name it in lost_devices or in faults.");
}

static bool read_flop(const struct ddnn *own, struct prepared *prepared, struct sim_error *err)
{
    const int tiers = own->edge_tier ? JOINING_TIERS : JOINING_TIERS - 1;
    double *flop = prepared->joining.flop;

    if (own->tier_flop.count != 0 && own->tier_flop.count != tiers)
        return sim_fail(err,
                        "algorithm.tier_flop: one for device, gateway,%s and cloud are %d, and "
                        "here are %d.",
                        own->edge_tier ? " edge" : "", tiers, own->tier_flop.count);
    for (int i = 0; i < own->tier_flop.count; i++)
        flop[!own->edge_tier && i == AT_EDGE ? AT_CLOUD : i] = own->tier_flop.values[i];
    return true;
}

/* Shares are met to the nearest request, in a random order: they are given, not drawn. */
static void deal_exits(const struct sim_plan *plan, struct prepared *prepared)
{
    const struct ddnn *own = plan->parameters;
    const int count = prepared->joining.run.count;
    const double share = share_of(&own->local_exit_share, DEFAULT_SHARE);
    const int local = (int)lround(share * count);
    const int edge = (int)lround((share + share_of(&own->edge_exit_share, 0)) * count);
    struct sim_random *random = sim_random_open(plan->seed, UINT64_C(0x64646e6e));

    for (int i = 0; i < count; i++)
        prepared->exit_of[i] = i < local ? 0 : i < edge ? 1 : joining_exits(&prepared->joining) - 1;
    shuffle(prepared->exit_of, count, random);
    sim_random_close(random);
}

/* ---- what a learned network says ---- */

static bool learns_within_bounds(const struct ddnn *own, struct sim_error *err)
{
    const int thresholds = own->thresholds.count, most = own->edge_tier ? 2 : 1;

    if (thresholds > 0 && thresholds != most)
        return sim_fail(err, "algorithm.thresholds: one for %s, and here are %d.",
                        own->edge_tier ? "the local exit and one for the edge's" : "the local exit",
                        thresholds);
    return (own->devices <= MOST_LEARNING && own->filters <= MOST_LEARNING) ||
           sim_fail(err,
                    "algorithm.devices, filters: with learning at most %d of each; here are %d "
                    "and %d.",
                    MOST_LEARNING, own->devices, own->filters);
}

static bool learn(const struct sim_plan *plan, struct prepared *prepared, struct sim_error *err)
{
    const struct ddnn *own = plan->parameters;
    const bool is_digits = own->learning == DIGITS;
    const struct view_lesson_options how = {
        .data = is_digits ? DATA_DIGITS : DATA_FASHION_MNIST,
        .devices = own->devices,
        .filters = own->filters,
        .scores = (enum aggregator)own->score_aggregator,
        .features = (enum aggregator)own->feature_aggregator,
        .has_edge = own->edge_tier,
        .views = (enum view_kind)own->views,
        .noise = own->view_noise,
        .blank_share = own->blank_share,
        .epochs = own->epochs > 0 ? own->epochs
                  : is_digits     ? 6
                                  : 1,
        .batch = own->batch > 0 ? own->batch : 16,
        .train_samples = own->train_samples > 0 ? own->train_samples
                         : is_digits            ? 0
                                                : 3000,
        .rate = own->learning_rate > 0 ? own->learning_rate : 0.01,
        .seed = plan->seed,
        .shown = plan->requests->count};

    for (int e = 0; e < VIEW_MOST_EXITS; e++)
        prepared->thresholds[e] =
            e < own->thresholds.count ? own->thresholds.values[e] : DEFAULT_THRESHOLD;
    if (!learns_within_bounds(own, err))
        return false;
    prepared->lesson = view_lesson_open(plan->arena, &how, err);
    if (prepared->lesson == NULL)
        return false;
    prepared->verdicts = sim_new(plan->arena, struct view_verdict, (size_t)prepared->lesson->shown);
    for (int i = 0; i < prepared->lesson->shown; i++)
        prepared->verdicts[i] = view_lesson_ask(prepared->lesson, i, prepared->has);
    return true;
}

/* Request r shows test sample r, and they begin anew where there are no more. */
static int sample_of(const struct prepared *prepared, int request)
{
    return request % prepared->lesson->shown;
}

static bool is_sure(const struct prepared *prepared, const struct view_verdict *verdict, int exit)
{
    return exit == joining_exits(&prepared->joining) - 1 ||
           verdict->doubt[exit] <= prepared->thresholds[exit];
}

static void infer_exits(struct prepared *prepared)
{
    for (int i = 0; i < prepared->joining.run.count; i++)
        while (
            !is_sure(prepared, &prepared->verdicts[sample_of(prepared, i)], prepared->exit_of[i]))
            prepared->exit_of[i]++;
}

/* Where a device has died since, the network is asked anew, without what it would have seen. */
static bool judge(const struct joining *joining, struct inf_request *request, int exit,
                  const bool *has)
{
    const struct prepared *prepared = (const struct prepared *)(const void *)joining;
    const struct view_lesson *lesson = prepared->lesson;
    struct view_verdict verdict;
    int sample;

    if (lesson == NULL)
        return prepared->exit_of[request->number] == exit;
    sample = sample_of(prepared, request->number);
    verdict = memcmp(has, prepared->has, (size_t)joining->devices * sizeof *has) == 0
                  ? prepared->verdicts[sample]
                  : view_lesson_ask(lesson, sample, has);
    request->correct = verdict.class[exit] == lesson->labels[sample];
    return is_sure(prepared, &verdict, exit);
}

/* ---- before ---- */

/* Without learning, the paper's network: of a device 3 x 3 x 3 products for each of 4 x 32 x 32 outputs, and 1024 x 3
 * of its head; the gateway's highest of 6 x 3 scores.  How wide edge and cloud are it does not say: round figures. */
static void cost_as_paper(const struct ddnn *own, struct joining *joining)
{
    static const double flop[JOINING_TIERS] = {227328, 18, 1e7, 1e7};
    const int64_t outputs = own->outputs > 0 ? own->outputs : 256;

    memcpy(joining->flop, flop, sizeof flop);
    joining->score_bytes = (int64_t)(own->classes > 0 ? own->classes : 3) * BYTES_PER_SCORE;
    joining->feature_bytes = (own->filters * outputs + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
    joining->edge_bytes = own->edge_bytes > 0 ? own->edge_bytes : 128;
}

static void cost_as_learned(const struct view_lesson *lesson, struct joining *joining)
{
    joining->flop[AT_DEVICE] = lesson->device_flop;
    joining->flop[AT_GATEWAY] = lesson->gateway_flop;
    joining->flop[AT_EDGE] = lesson->edge_flop;
    joining->flop[AT_CLOUD] = lesson->cloud_flop;
    joining->score_bytes = lesson->score_bytes;
    joining->feature_bytes = lesson->feature_bytes;
    joining->edge_bytes = lesson->edge_bytes;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct ddnn *own = plan->parameters;
    struct prepared *prepared = sim_new(plan->arena, struct prepared, 1);
    struct joining *joining = &prepared->joining;

    prepared->is_lost = sim_new(plan->arena, bool, (size_t)own->devices);
    prepared->has = sim_new(plan->arena, bool, (size_t)own->devices);
    *joining = (struct joining){.devices = own->devices,
                                .has_edge = own->edge_tier,
                                .is_lost = prepared->is_lost,
                                .question_bytes = own->question_bytes,
                                .answer_bytes = own->answer_bytes,
                                .judge = judge};
    if (!devices_make_sense(own, prepared, err) || !shares_make_sense(own, err) ||
        !is_of_use(own, err) || (own->learning != NO_LEARNING && !learn(plan, prepared, err)))
        return false;
    if (prepared->lesson != NULL)
        cost_as_learned(prepared->lesson, joining);
    else
        cost_as_paper(own, joining);
    if (!read_flop(own, prepared, err))
        return false;
    joining_prepare(plan, joining);
    prepared->exit_of = sim_new(plan->arena, int, (size_t)joining->run.count);
    if (prepared->lesson != NULL)
        infer_exits(prepared);
    else
        deal_exits(plan, prepared);
    return true;
}

static bool placed(struct sim_plan *plan, struct sim_error *err)
{
    return inf_placed(plan, "device", err);
}

/* ---- roles ---- */

/* What each exit would get right if all samples left there, and no device died. */
static void tell_accuracies(struct sim_peer *me, const struct prepared *prepared)
{
    static const char *const names[][VIEW_MOST_EXITS] = {
        {"local_accuracy", "cloud_accuracy"},
        {"local_accuracy", "edge_accuracy", "cloud_accuracy"}};
    const struct view_lesson *lesson = prepared->lesson;
    const int exits = joining_exits(&prepared->joining);

    for (int e = 0; lesson != NULL && e < exits; e++) {
        int right = 0;

        for (int i = 0; i < lesson->shown; i++)
            right += prepared->verdicts[i].class[e] == lesson->labels[i];
        sim_note(me, names[exits - 2][e], (double)right / lesson->shown);
    }
}

/* c: bytes that a device sends on average for a sample. */
static void act_as_gateway(struct sim_peer *me)
{
    const struct prepared *prepared = prepared_of(me->plan);
    const struct joining *joining = &prepared->joining;

    joining_act_as_gateway(me);
    tell_accuracies(me, prepared);
    sim_note(me, "bytes_per_device_and_sample",
             (double)joining->device_bytes / ((double)prepared->present * joining->run.count));
}

static const struct sim_role roles[] = {JOINING_ROLES(act_as_gateway), {0}};

/* ---- tables and laws ---- */

INF_STAGE_COLUMNS(JOINING_STAGES, JOINING_STAGE_COLUMNS);
static const struct sim_table tables[] = {INF_REQUESTS(), {0}};

static double all_bytes(const struct sim_plan *plan)
{
    const struct prepared *prepared = prepared_of(plan);
    double bytes = 0;

    for (int i = 0; i < prepared->joining.run.count; i++)
        bytes += (double)joining_bytes(&prepared->joining, prepared->exit_of[i]);
    return bytes;
}

/* c. */
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
