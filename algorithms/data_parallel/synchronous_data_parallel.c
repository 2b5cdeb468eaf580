/* synchronous_data_parallel -- N workers compute the gradient of their share of a batch, sum all gradients by
 * an all-reduce, and make the same step.
 *
 * The backward pass goes through the layers from the last to the first.  As soon as a bucket of gradients is
 * full (bucket_bytes), its all-reduce may begin, while the backward pass goes on: what of the communication
 * lies behind the end of the backward pass is exposed, and is all that data parallelism costs.
 *
 * Papers: Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017 (section 4: gradients
 * aggregated in parallel with backpropagation); Li et al., PyTorch Distributed: experiences on accelerating
 * data parallel training, VLDB 2020 (section 3.2.3: buckets of 25 MB).
 *
 * Closed forms: 2(N-1)G bytes an iteration with the ring, the trees and halving-doubling.  With the ring on one
 * switch an iteration takes the longest way through F, W_1 .. W_b and t_1 .. t_b: bucket i begins when W_i and
 * t_{i-1} are over, t_i = 2(N-1)(a + ceil(G_i/N)/B) + (N-1) f ceil(G_i/N)/S; without overlap it is their sum.
 *
 * N counts the workers; there is no server.  Without a workload the forward pass is a third of
 * compute_seconds, and buckets become full at equal times in the rest.
 * Not modelled: what the optimiser's step costs; that a transfer slows down the device's computation.
 * A slow worker holds all up, at its first bucket.  A dead one ends the run (exit code 1). */
#include "algorithms/collectives/shared/reduce.h"
#include "algorithms/data_parallel/shared/training.h"

struct synchronous {
    struct training training;
    int allreduce, members_per_node, overlap;
    int64_t bucket_bytes;
};

enum { NO, YES };

static const char *const yes_or_no[] = {[NO] = "no", [YES] = "yes", NULL};

static const struct sim_parameter parameters[] = {
    TRAINING_PARAMETERS,
    {SIM_CHOICE(struct synchronous, allreduce), SIM_DEFAULT("ring", SIM_OURS),
     .choices = reduce_choices, .help = "how gradients are summed"},
    {SIM_COUNT(struct synchronous, members_per_node),
     SIM_DEFAULT("8", SIM_OURS ": the GPUs of a node of platforms/gpu_cluster.xml"), .least = 1,
     .most = 1 << 20, .help = "workers of a node, for rails and leaders; of a group, for bcube"},
    {SIM_BYTES(struct synchronous, bucket_bytes),
     SIM_DEFAULT("25MB", "Li et al. 2020 (PyTorch's distributed data parallel): 25 MB"), .least = 1,
     .most = 1e15, .help = "a bucket of gradients is sent when it holds so many bytes"},
    {SIM_CHOICE(struct synchronous, overlap), SIM_DEFAULT("yes", "Li et al. 2020"),
     .choices = yes_or_no, .help = "send buckets while the backward pass goes on"},
    {0}};

/* ---- buckets ---- */

struct bucket {
    int64_t begin, bytes;        /* of the gradient; the first bucket is the first that is full */
    int last_layer, first_layer; /* last_layer >= first_layer; with a workload */
};

/* What is worked out once. */
struct schedule {
    struct job job;
    struct bucket *buckets;
    int count;
};

static const struct schedule *schedule_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static void cut_by_layers(const struct sim_plan *plan, struct schedule *schedule)
{
    const struct synchronous *own = plan->parameters;
    const struct sim_model *model = plan->model;
    int64_t begin = 0;

    schedule->buckets = sim_new(plan->arena, struct bucket, (size_t)model->layer_count);
    for (int l = model->layer_count - 1, last = l; l >= 0; l--) {
        struct bucket *bucket = &schedule->buckets[schedule->count];

        bucket->bytes += model->layers[l].parameter_bytes;
        if (bucket->bytes < own->bucket_bytes && l > 0)
            continue;
        bucket->begin = begin;
        bucket->first_layer = l;
        bucket->last_layer = last;
        begin += bucket->bytes;
        last = l - 1;
        schedule->count++;
    }
}

static void cut_evenly(const struct sim_plan *plan, struct schedule *schedule)
{
    const struct synchronous *own = plan->parameters;
    const int64_t gradient = schedule->job.gradient_bytes;
    const int64_t wanted = (gradient + own->bucket_bytes - 1) / own->bucket_bytes;

    schedule->count = wanted < 1 ? 1 : wanted > 4096 ? 4096 : (int)wanted;
    schedule->buckets = sim_new(plan->arena, struct bucket, (size_t)schedule->count);
    for (int b = 0; b < schedule->count; b++) {
        const int64_t begin = sim_part_begin(gradient, b, schedule->count);

        schedule->buckets[b] = (struct bucket){
            .begin = begin, .bytes = sim_part_begin(gradient, b + 1, schedule->count) - begin};
    }
}

/* ---- what a worker computes ---- */

struct paces {
    double forward_flop;
    double *backward_flop; /* by bucket */
};

static double layers_flop(const struct sim_peer *me, int first, int last, enum sim_pass pass)
{
    double flop = 0;

    for (int l = first; l <= last; l++)
        flop += sim_layer_cost_flop(me, &me->plan->model->layers[l], me->plan->batch, pass);
    return flop;
}

static struct paces measure(const struct sim_peer *me)
{
    const struct synchronous *own = me->parameters;
    const struct schedule *schedule = schedule_of(me->plan);
    struct paces paces = {.backward_flop =
                              sim_new(me->plan->arena, double, (size_t)schedule->count)};

    if (me->plan->model == NULL) {
        const double flop = sim_flop_for(me, own->training.compute_seconds);

        paces.forward_flop = flop / 3;
        for (int b = 0; b < schedule->count; b++)
            paces.backward_flop[b] = flop * 2 / 3 / schedule->count;
        return paces;
    }
    paces.forward_flop = layers_flop(me, 0, me->plan->model->layer_count - 1, SIM_FORWARD);
    for (int b = 0; b < schedule->count; b++)
        paces.backward_flop[b] = layers_flop(me, schedule->buckets[b].first_layer,
                                             schedule->buckets[b].last_layer, SIM_BACKWARD);
    return paces;
}

/* ---- the role ---- */

/* A bucket's part of the learner's gradient: as many of its numbers as of the gradient's bytes. */
static struct sim_buffer buffer_of(const struct sim_peer *me, const struct bucket *bucket,
                                   const struct replica *replica)
{
    const struct synchronous *own = me->parameters;
    const struct job *job = &schedule_of(me->plan)->job;
    const double share =
        job->gradient_bytes > 0 ? (double)job->number_count / (double)job->gradient_bytes : 0;
    const size_t begin = (size_t)((double)bucket->begin * share);
    const size_t end = bucket->begin + bucket->bytes >= job->gradient_bytes
                           ? job->number_count
                           : (size_t)((double)(bucket->begin + bucket->bytes) * share);

    return (struct sim_buffer){.bytes = bucket->bytes,
                               .values = replica == NULL ? NULL : replica->gradient + begin,
                               .count = replica == NULL ? 0 : end - begin,
                               .flop_per_byte = own->training.flop_per_byte};
}

static struct sim_lane *lay_lanes(const struct sim_peer *me, const struct replica *replica)
{
    const struct synchronous *own = me->parameters;
    const struct schedule *schedule = schedule_of(me->plan);
    const enum reduce_choice choice = (enum reduce_choice)own->allreduce;
    const int each = reduce_lane_count(choice);
    struct sim_lane *lanes =
        sim_new(me->plan->arena, struct sim_lane, (size_t)(schedule->count * each));

    for (int b = 0; b < schedule->count; b++)
        reduce_lay(me->plan->arena, sim_role(me->plan, "worker"), me->index, choice,
                   own->members_per_node, buffer_of(me, &schedule->buckets[b], replica),
                   &lanes[b * each]);
    return lanes;
}

static void fail(struct sim_peer *me)
{
    sim_give_up(me, "another worker is dead or out of reach, and an all-reduce needs them all");
}

static void backward(struct sim_peer *me, struct sim_stream *stream, const struct paces *paces,
                     double jitter, const struct sim_lane *lanes)
{
    const struct synchronous *own = me->parameters;
    const int each = reduce_lane_count((enum reduce_choice)own->allreduce);
    const int count = schedule_of(me->plan)->count;

    for (int b = 0; b < count; b++) {
        sim_phase(me, "backward");
        if (sim_stream_compute(stream, paces->backward_flop[b] * jitter) != SIM_OK)
            fail(me);
        for (int l = 0; own->overlap == YES && l < each; l++)
            sim_stream_add(stream, &lanes[b * each + l]);
    }
    for (int l = 0; own->overlap == NO && l < count * each; l++)
        sim_stream_add(stream, &lanes[l]);
}

/* All workers end each iteration together, so the word of one is enough. */
static void tell_times(struct sim_peer *me, double computed_seconds, double exposed_seconds)
{
    const int iterations = me->plan->iterations;
    const double seconds = sim_now(me) / iterations;

    if (me->index != 0 || seconds <= 0)
        return;
    sim_note(me, "iteration_seconds", seconds);
    sim_note(me, "exposed_communication_seconds", exposed_seconds / iterations);
    sim_note(me, "scaling_efficiency", computed_seconds / iterations / seconds);
    if (me->plan->model != NULL)
        sim_note(me, "samples_per_second",
                 sim_role(me->plan, "worker")->size * me->plan->batch / seconds);
}

static void worker(struct sim_peer *me)
{
    const struct synchronous *own = me->parameters;
    const struct job *job = &schedule_of(me->plan)->job;
    struct replica *replica = training_replica(me, job);
    const struct paces paces = measure(me);
    const struct sim_lane *lanes = lay_lanes(me, replica);
    struct sim_stream *stream =
        sim_stream_open(me, reduce_lane_count((enum reduce_choice)own->allreduce));
    double computed_seconds = 0, exposed_seconds = 0, computed_before = 0, exposed_before = 0;

    for (struct sim_turn turn = {0}; sim_next_turn(me, &turn);) {
        const int i = turn.number;
        const double jitter = sim_jitter(me, own->training.compute_jitter), begin = sim_now(me);
        double end;

        training_count_again(&computed_seconds, &computed_before, turn.skipped);
        training_count_again(&exposed_seconds, &exposed_before, turn.skipped);
        training_gradient(me, job, replica, i);
        sim_phase(me, "forward");
        sim_compute(me, paces.forward_flop * jitter);
        backward(me, stream, &paces, jitter, lanes);
        end = sim_now(me);
        if (sim_stream_finish(stream) != SIM_OK)
            fail(me);
        computed_seconds += end - begin;
        exposed_seconds += sim_now(me) - end;
        training_step(job, replica, own->training.workers, i);
        if (me->index == 0 && replica != NULL)
            training_tell(me, job, replica->parameters, i + 1, i + 1 == me->plan->iterations);
    }
    tell_times(me, computed_seconds, exposed_seconds);
}

static const struct sim_role roles[] = {
    {"worker", worker, "computes a gradient, sums it with all others, makes the same step"}, {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct synchronous *own = plan->parameters;
    struct schedule *schedule = sim_new(plan->arena, struct schedule, 1);

    plan->prepared = schedule;
    sim_cast(plan, "worker", own->training.workers);
    if (!reduce_fits((enum reduce_choice)own->allreduce, own->training.workers,
                     own->members_per_node, err) ||
        !training_prepare(plan, &schedule->job, err))
        return false;
    if (plan->model != NULL)
        cut_by_layers(plan, schedule);
    else
        cut_evenly(plan, schedule);
    return true;
}

/* ---- laws ---- */

static double workers_of(const struct sim_plan *plan)
{
    return ((const struct synchronous *)plan->parameters)->training.workers;
}

static double all_bytes(const struct sim_plan *plan)
{
    return 2 * (workers_of(plan) - 1) * (double)schedule_of(plan)->job.gradient_bytes *
           plan->iterations;
}

static bool is_optimal(const struct sim_plan *plan)
{
    const struct synchronous *own = plan->parameters;

    return sim_has_own_hosts(plan) &&
           reduce_is_optimal((enum reduce_choice)own->allreduce, own->training.workers);
}

static double all_messages(const struct sim_plan *plan)
{
    const double n = workers_of(plan);

    return 2 * n * (n - 1) * schedule_of(plan)->count * plan->iterations;
}

static bool is_ring(const struct sim_plan *plan)
{
    return ((const struct synchronous *)plan->parameters)->allreduce == REDUCE_RING &&
           sim_has_own_hosts(plan);
}

static bool to_the_right(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");

    if (i >= workers->size || workers->size == 1)
        return false;
    *edge = (struct sim_edge){workers->peers[i], workers->peers[(i + 1) % workers->size]};
    return true;
}

static double layers_seconds(const struct sim_plan *plan, int first, int last, enum sim_pass pass)
{
    const struct sim_device *device = sim_device_of(plan, sim_role(plan, "worker")->peers[0]);
    double seconds = 0;

    for (int l = first; l <= last; l++)
        seconds += sim_layer_seconds(device, &plan->model->layers[l], plan->batch, pass);
    return seconds;
}

static double ring_seconds(const struct sim_plan *plan, int64_t bytes, const struct sim_switch *on)
{
    const struct synchronous *own = plan->parameters;
    const double n = workers_of(plan);
    const double chunk = (double)sim_largest_chunk(bytes, own->training.workers);

    return n == 1 ? 0
                  : 2 * (n - 1) * (on->latency_seconds + chunk / on->bytes_per_second) +
                        (n - 1) * own->training.flop_per_byte * chunk / on->flop_per_second;
}

/* The longest way through one iteration. */
static double ideal_seconds(const struct sim_plan *plan)
{
    const struct synchronous *own = plan->parameters;
    const struct schedule *schedule = schedule_of(plan);
    const bool has_model = plan->model != NULL;
    double computed, sent = 0, sum = 0;
    struct sim_switch on = {0};

    sim_is_one_switch(plan, to_the_right, &on);
    computed = has_model ? layers_seconds(plan, 0, plan->model->layer_count - 1, SIM_FORWARD)
                         : own->training.compute_seconds / 3;
    for (int b = 0; b < schedule->count; b++) {
        const struct bucket *bucket = &schedule->buckets[b];
        const double seconds = ring_seconds(plan, bucket->bytes, &on);

        computed +=
            has_model ? layers_seconds(plan, bucket->first_layer, bucket->last_layer, SIM_BACKWARD)
                      : own->training.compute_seconds * 2 / 3 / schedule->count;
        sent = (sent > computed ? sent : computed) + seconds;
        sum += seconds;
    }
    return plan->iterations * (own->overlap == YES ? sent : computed + sum);
}

/* Where N does not divide a bucket, some of its parts are a byte shorter than the law has it. */
static const double MOST_OF_BYTES = 1e-6;

static bool bytes_hardly_matter(const struct sim_plan *plan, const struct sim_switch *on)
{
    const struct schedule *schedule = schedule_of(plan);
    const int workers = ((const struct synchronous *)plan->parameters)->training.workers;
    const double byte_seconds = ring_seconds(plan, workers, on) - ring_seconds(plan, 0, on);
    double seconds = 0;

    for (int b = 0; b < schedule->count; b++)
        if (schedule->buckets[b].bytes % workers != 0)
            seconds += byte_seconds * plan->iterations;
    return seconds <= MOST_OF_BYTES * ideal_seconds(plan);
}

/* Additions beside the backward pass would take their share of the processor. */
static bool on_one_switch(const struct sim_plan *plan)
{
    const struct synchronous *own = plan->parameters;
    struct sim_switch found;

    return is_ring(plan) && own->training.compute_jitter == 0 &&
           (own->overlap == NO || own->training.flop_per_byte == 0) &&
           sim_is_one_switch(plan, to_the_right, &found) && bytes_hardly_matter(plan, &found);
}

static const char own_hosts[] = "every worker has a host of its own, and none dies";

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES, "2(N-1)G", all_bytes, sim_total_bytes, .tolerance = 0,
     .holds = is_optimal,
     .assumes = "every worker has a host of its own, none dies, allreduce: ring, a tree, bcube, "
                "hierarchical, or rabenseifner with a power of two"},
    {"messages", SIM_UNIT_NONE, "2N(N-1) for each bucket", all_messages, sim_total_messages,
     .tolerance = 0, .holds = is_ring, .assumes = own_hosts},
    {"seconds", SIM_UNIT_SECONDS,
     "longest way through F, W_i and t_i = 2(N-1)(a + ceil(G_i/N)/B) + (N-1) f ceil(G_i/N)/S",
     ideal_seconds, sim_total_seconds, .tolerance = MOST_OF_BYTES, .holds = on_one_switch,
     .assumes = "allreduce: ring, one full-duplex switch, network: textbook, equal hosts, no "
                "jitter, no faults, N divides the buckets or a byte is less than a millionth, and "
                "with overlap "
                "flop_per_byte: 0"},
    {0}};

SIM_ALGORITHM(synchronous_data_parallel) = {
    .name = "synchronous_data_parallel",
    .summary = "N workers sum their gradients, bucket by bucket, behind the backward pass",
    .paper = "Li et al., PyTorch Distributed: experiences on accelerating data parallel training, "
             "VLDB 2020; Goyal et al., Accurate, large minibatch SGD, 2017",
    .counts = "N workers; there is no server",
    .parameters_size = sizeof(struct synchronous),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = training_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
