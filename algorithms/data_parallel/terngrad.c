/* terngrad -- N workers push gradients of three levels, -s, 0 and s, and pull their average.
 *
 * On each worker, layer by layer: the gradient is clipped to 2.5 sigma, and each number g becomes s sign(g) with
 * probability |g|/s, else 0, which is g on average.  Workers first agree on the largest s of each layer (scaler
 * sharing): then the server adds codes, and the average of N has the levels -N .. N.  The weights that give the
 * classes stay floats.  Every worker keeps the parameters, and makes the step itself (parameter localization).
 *
 * Paper: Wen, Xu, Yan, Wu, Wang, Chen, Li, TernGrad: ternary gradients to reduce communication in distributed deep
 * learning, NIPS 2017 (Algorithm 1; eq. 1 and 2 for the codes, 8 for clipping; section 3.3 for layers and scalers).
 *
 * Closed forms, for n ternary and m float numbers: a worker pushes P = n/4 + 4m bytes and pulls L = n ceil(log2(2N +
 * 1))/8 + 4m, each layer rounded up to bytes; before that it pushes and pulls s = 4 bytes a ternary layer.  R (2s + P
 * + L) bytes in all, R = N-1 workers with a colocated server, N with a dedicated one.  Sizes do not depend on
 * numbers: with learning on they are what was really packed, x wire_factor (the scalers excepted: a layer has one,
 * however large it is).
 *
 * scaler_sharing: off pushes the scalers with the codes, and pulls the average as floats: R (s + P + G) bytes, but one
 * round trip less.  compression: off pushes and pulls dense gradients, as a parameter server: 2RG.
 *
 * N counts the workers; the server is none of them.  Without a workload or a learner nothing is known of layers: all
 * is one ternary layer.  Adding a push costs the server what adding a dense one would, number by number.
 * Not modelled: the time it takes to draw and to pack; gradients pushed layer by layer behind the backward pass.
 * A slow worker holds all up, twice an iteration.  A dead one, or a dead server, ends the run (exit code 1). */
#include "algorithms/codecs/bits.h"
#include "algorithms/codecs/ternary.h"
#include "algorithms/data_parallel/shared/star.h"
#include "algorithms/data_parallel/shared/training.h"

#include <string.h>

struct terngrad {
    struct training training;
    int compression, placement, scaler_sharing;
    double clip_sigmas;
};

enum { OFF, ON };

static const char *const off_or_on[] = {[OFF] = "off", [ON] = "on", NULL};

static const struct sim_parameter parameters[] = {
    TRAINING_PARAMETERS,
    {SIM_CHOICE(struct terngrad, compression), SIM_DEFAULT("on", "Wen et al. 2017"),
     .choices = off_or_on, .help = "off: dense gradients, pushed and pulled the same way"},
    {SIM_CHOICE(struct terngrad, placement), SIM_DEFAULT("colocated", SIM_OURS),
     .choices = star_placements,
     .help = "the server on the host of the first worker, or on one of its own"},
    {SIM_CHOICE(struct terngrad, scaler_sharing), SIM_DEFAULT("on", "Wen et al. 2017"),
     .choices = off_or_on,
     .help = "agree on a layer's scaler first, so that the average is codes, too"},
    {SIM_RATIO(struct terngrad, clip_sigmas), SIM_DEFAULT("2.5", "Wen et al. 2017: 2.5"),
     .least = 0, .most = 1e6,
     .help = "c: numbers are clipped to c standard deviations of their layer; 0: not"},
    {0}};

/* ---- what is worked out once ---- */

enum { FLOAT_BYTES = 4, MOST_WORKERS = 32767 /* levels of 16 bits */ };

struct cluster {
    struct job job;
    const struct layer *layers; /* as training_layers has them */
    int layer_count;
    int64_t push_bytes, pull_bytes, scaler_bytes; /* on the wire */
};

static const struct cluster *cluster_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static bool shares_scalers(const struct terngrad *own)
{
    return own->compression == ON && own->scaler_sharing == ON;
}

/* The class weights come before their offsets, which are ternary. */
static bool is_float(const struct layer *layers, int l)
{
    return layers[l].is_last && (l == 0 || !layers[l - 1].is_last);
}

static int ternary_layers(const struct layer *layers, int layer_count)
{
    int count = 0;

    for (int l = 0; l < layer_count; l++)
        count += !is_float(layers, l);
    return count;
}

static size_t pushed_layer_bytes(const struct cluster *cluster, int l)
{
    const size_t count = cluster->layers[l].count;

    return is_float(cluster->layers, l) ? count * FLOAT_BYTES : ternary_bytes(count);
}

/* What comes back: levels, or floats where workers do not share their scalers. */
static size_t pulled_layer_bytes(const struct cluster *cluster, const struct terngrad *own, int l)
{
    const size_t count = cluster->layers[l].count;

    return is_float(cluster->layers, l) || !shares_scalers(own)
               ? count * FLOAT_BYTES
               : ternary_level_bytes(count, own->training.workers);
}

static int64_t on_the_wire(const struct job *job, size_t packed_bytes)
{
    return job->learner != NULL ? training_wire_bytes(job, packed_bytes) : (int64_t)packed_bytes;
}

/* One scaler for each ternary layer of the workload, or of the learner where there is none. */
static int64_t scaler_bytes(const struct sim_plan *plan, const struct cluster *cluster)
{
    const struct job without_learner = {.gradient_bytes = cluster->job.gradient_bytes};
    const struct layer *layers = cluster->layers;
    int count = cluster->layer_count;

    if (plan->model != NULL)
        layers = training_layers(plan, &without_learner, &count);
    return (int64_t)ternary_layers(layers, count) * TERNARY_SCALER_BYTES;
}

static void size_messages(const struct sim_plan *plan, struct cluster *cluster)
{
    const struct terngrad *own = plan->parameters;
    size_t push = 0, pull = 0;

    cluster->push_bytes = cluster->pull_bytes = cluster->job.gradient_bytes;
    if (own->compression == OFF)
        return;
    for (int l = 0; l < cluster->layer_count; l++) {
        push += pushed_layer_bytes(cluster, l);
        pull += pulled_layer_bytes(cluster, own, l);
    }
    cluster->scaler_bytes = scaler_bytes(plan, cluster);
    cluster->push_bytes =
        on_the_wire(&cluster->job, push) + (own->scaler_sharing == ON ? 0 : cluster->scaler_bytes);
    cluster->pull_bytes = on_the_wire(&cluster->job, pull);
}

/* ---- packets: layers one after another, as codes, levels or floats ---- */

struct packet {
    float *scalers; /* [layers]: of codes */
    unsigned char *bytes;
    double *dense; /* with compression: off */
};

static struct packet *packet_open(const struct sim_peer *me)
{
    const struct cluster *cluster = cluster_of(me->plan);
    struct sim_arena *arena = me->plan->arena;
    struct packet *packet = sim_new(arena, struct packet, 1);

    packet->scalers = sim_new(arena, float, (size_t)cluster->layer_count);
    packet->bytes = sim_new(arena, unsigned char, cluster->job.number_count *FLOAT_BYTES);
    packet->dense = sim_new(arena, double, cluster->job.number_count);
    return packet;
}

static void put_floats(const double *values, size_t count, unsigned char *bytes)
{
    for (size_t i = 0; i < count; i++)
        bits_put_float(bytes + i * FLOAT_BYTES, (float)values[i]);
}

static void add_floats(const unsigned char *bytes, size_t count, double *sum)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += bits_get_float(bytes + i * FLOAT_BYTES);
}

/* ---- worker ---- */

struct desk {
    struct sim_peer *me;
    const struct terngrad *own;
    const struct cluster *cluster;
    struct replica *replica;       /* NULL with learning off, and so is what follows */
    struct ternary_scale *scales;  /* [layers] */
    struct packet *scalers, *sent; /* the first holds scalers only */
};

static struct desk *open_desk(struct sim_peer *me)
{
    struct desk *desk = sim_new(me->plan->arena, struct desk, 1);

    desk->me = me;
    desk->own = me->parameters;
    desk->cluster = cluster_of(me->plan);
    desk->replica = training_replica(me, &desk->cluster->job);
    if (desk->replica == NULL)
        return desk;
    desk->scales =
        sim_new(me->plan->arena, struct ternary_scale, (size_t)desk->cluster->layer_count);
    desk->scalers = packet_open(me);
    desk->sent = packet_open(me);
    return desk;
}

/* Algorithm 1, line 3: clip, and find the scaler of each layer. */
static void measure(struct desk *desk)
{
    const struct cluster *cluster = desk->cluster;
    struct sim_error err = {0};

    for (int l = 0; l < cluster->layer_count && desk->replica != NULL; l++) {
        const struct layer *layer = &cluster->layers[l];

        if (!ternary_measure(desk->replica->gradient + layer->offset, layer->count,
                             desk->own->clip_sigmas, &desk->scales[l], &err))
            sim_give_up(desk->me, "%s", err.text);
        desk->scalers->scalers[l] = desk->scales[l].scaler;
    }
}

/* Section 3.3: all use the largest scaler of any. */
static void share_scalers(struct desk *desk)
{
    const struct sim_message shared =
        star_push(desk->me, (struct sim_message){desk->cluster->scaler_bytes, desk->scalers});
    const struct packet *packet = shared.payload;

    for (int l = 0; l < desk->cluster->layer_count && desk->replica != NULL; l++)
        desk->scales[l].scaler = packet->scalers[l];
}

static void ternarize(struct desk *desk)
{
    const struct cluster *cluster = desk->cluster;
    unsigned char *bytes = desk->replica != NULL ? desk->sent->bytes : NULL;

    for (int l = 0; l < cluster->layer_count && desk->replica != NULL; l++) {
        const struct layer *layer = &cluster->layers[l];
        const double *gradient = desk->replica->gradient + layer->offset;

        desk->sent->scalers[l] = desk->scales[l].scaler;
        if (is_float(cluster->layers, l))
            put_floats(gradient, layer->count, bytes);
        else
            ternary_encode(gradient, layer->count, &desk->scales[l], sim_random(desk->me), bytes);
        bytes += pushed_layer_bytes(cluster, l);
    }
}

/* The average that was pulled becomes the gradient. */
static void take_average(struct desk *desk, const struct packet *pulled)
{
    const struct cluster *cluster = desk->cluster;
    const unsigned char *bytes = desk->replica != NULL ? pulled->bytes : NULL;

    for (int l = 0; l < cluster->layer_count && desk->replica != NULL; l++) {
        const struct layer *layer = &cluster->layers[l];
        double *average = desk->replica->gradient + layer->offset;

        memset(average, 0, layer->count * sizeof *average);
        if (is_float(cluster->layers, l) || !shares_scalers(desk->own))
            add_floats(bytes, layer->count, average);
        else
            ternary_levels_decode(bytes, layer->count, desk->own->training.workers,
                                  desk->scales[l].scaler, average);
        bytes += pulled_layer_bytes(cluster, desk->own, l);
    }
}

static void step_compressed(struct desk *desk, int iteration)
{
    struct sim_message pulled;

    measure(desk);
    if (shares_scalers(desk->own))
        share_scalers(desk);
    ternarize(desk);
    pulled = star_push(desk->me, (struct sim_message){desk->cluster->push_bytes, desk->sent});
    take_average(desk, pulled.payload);
    training_step(&desk->cluster->job, desk->replica, 1, iteration);
}

static void step_dense(struct desk *desk, int iteration)
{
    const struct job *job = &desk->cluster->job;
    const size_t size = job->number_count * sizeof(double);
    struct sim_message pulled;

    if (desk->replica != NULL)
        memcpy(desk->sent->dense, desk->replica->gradient, size);
    pulled = star_push(desk->me, (struct sim_message){desk->cluster->push_bytes, desk->sent});
    if (desk->replica != NULL)
        memcpy(desk->replica->gradient, ((const struct packet *)pulled.payload)->dense, size);
    training_step(job, desk->replica, desk->own->training.workers, iteration);
}

static void tell(struct desk *desk, int done)
{
    const struct cluster *cluster = desk->cluster;
    const bool is_last = done == desk->me->plan->iterations;

    if (desk->me->index != 0)
        return;
    if (desk->replica != NULL)
        training_tell(desk->me, &cluster->job, desk->replica->parameters, done, is_last);
    if (is_last && cluster->push_bytes > 0 && cluster->pull_bytes > 0) {
        const double gradient = (double)cluster->job.gradient_bytes;

        sim_note(desk->me, "push_ratio", gradient / (double)cluster->push_bytes);
        sim_note(desk->me, "pull_ratio", gradient / (double)cluster->pull_bytes);
    }
}

static void worker(struct sim_peer *me)
{
    struct desk *desk = open_desk(me);

    for (int i = 0; i < me->plan->iterations; i++) {
        sim_phase(me, "compute");
        training_gradient(me, &desk->cluster->job, desk->replica, i);
        sim_compute(me, training_flop(me));
        if (desk->own->compression == ON)
            step_compressed(desk, i);
        else
            step_dense(desk, i);
        tell(desk, i + 1);
    }
    training_settle(me, &desk->cluster->job, desk->replica);
}

/* ---- server ---- */

struct counter {
    struct sim_peer *me;
    const struct terngrad *own;
    const struct cluster *cluster;
    struct star *star;
    struct packet *scalers, *answer; /* the first holds scalers only */
    double *sum;
    int *levels;
};

static struct counter *open_counter(struct sim_peer *me)
{
    struct sim_arena *arena = me->plan->arena;
    struct counter *counter = sim_new(arena, struct counter, 1);

    counter->me = me;
    counter->own = me->parameters;
    counter->cluster = cluster_of(me->plan);
    counter->star = star_open(me, me->plan->iterations * (shares_scalers(counter->own) ? 2 : 1));
    counter->scalers = packet_open(me);
    counter->answer = packet_open(me);
    counter->sum = sim_new(arena, double, counter->cluster->job.number_count);
    counter->levels = sim_new(arena, int, counter->cluster->job.number_count);
    return counter;
}

/* What a worker pushed in this round; NULL with learning off. */
static const struct packet *pushed_by(const struct counter *counter, int worker)
{
    return counter->star->payloads[worker];
}

static void largest_scalers(struct counter *counter)
{
    float *largest = counter->scalers->scalers;

    memset(largest, 0, (size_t)counter->cluster->layer_count * sizeof *largest);
    for (int w = 0; w < counter->star->workers && pushed_by(counter, w) != NULL; w++)
        for (int l = 0; l < counter->cluster->layer_count; l++)
            if (pushed_by(counter, w)->scalers[l] > largest[l])
                largest[l] = pushed_by(counter, w)->scalers[l];
}

/* One layer of the average, into `bytes` of the answer; it begins at `pushed_at` in every push. */
static void average_layer(struct counter *counter, int l, size_t pushed_at, unsigned char *bytes)
{
    const struct layer *layer = &counter->cluster->layers[l];
    const int workers = counter->star->workers;
    const bool is_ternary = !is_float(counter->cluster->layers, l);
    const bool has_levels = is_ternary && shares_scalers(counter->own);
    double *sum = counter->sum, *values = counter->answer->dense;

    memset(sum, 0, layer->count * sizeof *sum);
    memset(counter->levels, 0, layer->count * sizeof *counter->levels);
    for (int w = 0; w < workers; w++) {
        const struct packet *pushed = pushed_by(counter, w);

        if (has_levels) {
            ternary_add(pushed->bytes + pushed_at, layer->count, counter->levels);
        } else if (is_ternary) {
            ternary_decode(pushed->bytes + pushed_at, layer->count, pushed->scalers[l], values);
            for (size_t i = 0; i < layer->count; i++)
                sum[i] += values[i];
        } else {
            add_floats(pushed->bytes + pushed_at, layer->count, sum);
        }
    }
    for (size_t i = 0; i < layer->count; i++)
        sum[i] /= workers;
    if (has_levels)
        ternary_levels_encode(counter->levels, layer->count, workers, bytes);
    else
        put_floats(sum, layer->count, bytes);
}

/* Algorithm 1, line 6. */
static void average(struct counter *counter)
{
    const struct cluster *cluster = counter->cluster;
    size_t pushed_at = 0, pulled_at = 0;

    for (int l = 0; l < cluster->layer_count && pushed_by(counter, 0) != NULL; l++) {
        average_layer(counter, l, pushed_at, counter->answer->bytes + pulled_at);
        pushed_at += pushed_layer_bytes(cluster, l);
        pulled_at += pulled_layer_bytes(cluster, counter->own, l);
    }
}

static void add_dense(struct counter *counter)
{
    const size_t count = counter->cluster->job.number_count;
    double *sum = counter->answer->dense;

    memset(sum, 0, count * sizeof *sum);
    for (int w = 0; w < counter->star->workers && pushed_by(counter, w) != NULL; w++)
        for (size_t i = 0; i < count; i++)
            sum[i] += pushed_by(counter, w)->dense[i];
}

static void server(struct sim_peer *me)
{
    struct counter *counter = open_counter(me);
    const struct cluster *cluster = counter->cluster;
    const double gradient_flop =
        counter->own->training.flop_per_byte * (double)cluster->job.gradient_bytes;

    for (int i = 0; i < me->plan->iterations; i++) {
        if (shares_scalers(counter->own)) {
            star_gather(counter->star, 0);
            largest_scalers(counter);
            star_answer(counter->star,
                        (struct sim_message){cluster->scaler_bytes, counter->scalers});
        }
        star_gather(counter->star,
                    cluster->push_bytes == 0 ? 0 : gradient_flop / (double)cluster->push_bytes);
        if (counter->own->compression == ON)
            average(counter);
        else
            add_dense(counter);
        star_answer(counter->star, (struct sim_message){cluster->pull_bytes, counter->answer});
    }
}

static const struct sim_role roles[] = {
    {"worker", worker, "computes a gradient, pushes it in three levels, pulls the average"},
    {"server", server, "finds the largest scalers, averages the codes"},
    {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct terngrad *own = plan->parameters;
    struct cluster *cluster = sim_new(plan->arena, struct cluster, 1);

    plan->prepared = cluster;
    if (shares_scalers(own) && own->training.workers > MOST_WORKERS)
        return sim_fail(err,
                        "algorithm.workers is %d, but the sum of more than %d ternary gradients "
                        "does not fit in levels of 16 bits; scaler_sharing: off has none.",
                        own->training.workers, MOST_WORKERS);
    star_cast(plan, own->training.workers, (enum star_placement)own->placement);
    if (!training_prepare(plan, &cluster->job, err))
        return false;
    cluster->layers = training_layers(plan, &cluster->job, &cluster->layer_count);
    size_messages(plan, cluster);
    return true;
}

/* ---- laws ---- */

static double remote_workers(const struct sim_plan *plan)
{
    const struct terngrad *own = plan->parameters;

    return star_remote_workers(own->training.workers, (enum star_placement)own->placement);
}

static double round_trips(const struct sim_plan *plan)
{
    return shares_scalers(plan->parameters) ? 2 : 1;
}

/* Of one worker in one iteration, both ways. */
static double worker_bytes(const struct sim_plan *plan)
{
    const struct cluster *cluster = cluster_of(plan);
    const double scalers = shares_scalers(plan->parameters) ? 2 * (double)cluster->scaler_bytes : 0;

    return scalers + (double)cluster->push_bytes + (double)cluster->pull_bytes;
}

static double all_bytes(const struct sim_plan *plan)
{
    return plan->iterations * remote_workers(plan) * worker_bytes(plan);
}

static double all_messages(const struct sim_plan *plan)
{
    return plan->iterations * remote_workers(plan) * 2 * round_trips(plan);
}

static bool on_one_switch(const struct sim_plan *plan)
{
    struct sim_switch found;

    return ((const struct training *)plan->parameters)->compute_jitter == 0 &&
           sim_is_one_switch(plan, star_edges, &found);
}

static double ideal_seconds(const struct sim_plan *plan)
{
    const struct training *training = plan->parameters;
    const double compute = training_compute_seconds(plan, sim_role(plan, "worker")->peers[0]);
    const double gradient = (double)cluster_of(plan)->job.gradient_bytes;
    struct sim_switch on = {0};

    sim_is_one_switch(plan, star_edges, &on);
    if (remote_workers(plan) == 0)
        return plan->iterations * compute;
    return plan->iterations *
           (compute + round_trips(plan) * 2 * on.latency_seconds +
            remote_workers(plan) * worker_bytes(plan) / on.bytes_per_second +
            (training->workers - 1) * training->flop_per_byte * gradient / on.flop_per_second);
}

static const char own_hosts[] = "every peer has the host that placement says, and none dies";

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "R(2s + P + L), R = N-1 colocated, N dedicated; without sharing R(s + P + G); dense 2RG",
     all_bytes, sim_total_bytes, .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"messages", SIM_UNIT_NONE, "4R, without sharing or dense 2R", all_messages, sim_total_messages,
     .tolerance = 0, .holds = sim_has_own_hosts, .assumes = own_hosts},
    {"seconds", SIM_UNIT_SECONDS,
     "C + 4a + R(2s + P + L)/B + (N-1) f G/S; without sharing or dense 2a", ideal_seconds,
     sim_total_seconds, .tolerance = 1e-9, .holds = on_one_switch,
     .assumes = "one full-duplex switch, network: textbook, equal hosts, no jitter, no faults"},
    {0}};

SIM_ALGORITHM(terngrad) = {
    .name = "terngrad",
    .summary = "N workers push gradients in codes of 2 bits, and pull the average in few more",
    .paper = "Wen, Xu, Yan, Wu, Wang, Chen, Li, TernGrad: ternary gradients to reduce "
             "communication in distributed deep learning, NIPS 2017",
    .counts = "N workers; the server is not among them",
    .parameters_size = sizeof(struct terngrad),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = training_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
