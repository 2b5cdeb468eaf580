/* deep_gradient_compression -- N workers send each other only the largest of what their gradients have added up
 * to, a thousandth of it, and keep the rest for later.
 *
 * On each worker, layer by layer: the gradient is clipped (local clipping), goes through a momentum of its own
 * (momentum correction) and is added up; what is largest, by a threshold out of a sample, is sent as values and run
 * lengths and forgotten there, with its momentum (factor masking).  The sparsity grows in the first epochs (warm-up).
 * All add what was sent, divide it by N and make the same step of plain descent.
 *
 * Paper: Lin, Han, Mao, Wang, Dally, Deep gradient compression: reducing the communication bandwidth for
 * distributed training, ICLR 2018 (Algorithm 1; sections 3.1 to 3.3; section 4.3 for the model of times).  The gradient
 * of a worker is here the mean over its samples, so the sum is divided by N.
 *
 * Algorithm 1 says "all-reduce" and no more.  With messages of M bytes (6 a number, k numbers):
 *   allgather          every message goes once round a ring, N(N-1)M bytes (the authors' code gathers, too); each
 *                      worker adds them in the order of workers.
 *   parameter_server   one server adds the messages and answers with the sum, encoded once more, U bytes: (N-1)(M+U)
 *                      colocated, N(M+U) dedicated.  The paper does not say what is pulled; a dense sum would cost what
 *                      compression saves.
 *   ring               reduce-scatter and all-gather of N parts; a part is encoded anew at every hop, with the places of
 *                      s workers after s-1 hops.  In the paper's model the density doubles at every aggregation
 *                      step in the worst case, as both sides have added up as many workers; a ring adds one worker to
 *                      s, so the density doubles at the first hop and grows by as much at each of the others.
 * A sum travels dense where that takes fewer bytes.  Sums are 32-bit floats at each hop, as all is on a real wire.
 *
 * Closed forms, with learning off: M is the mean over all choices of places (run_length.h), and so are U and the parts,
 * for as many places as shared/sparse.h says.  With learning on, M is what was really encoded, x wire_factor; laws
 * of bytes and seconds are then not checked.
 *
 * N counts the workers; the server is none of them.  compression: off sends dense gradients the same way, not
 * clipped, with the momentum in the descent: N(N-1)G, 2(N-1)G or 2NG, 2(N-1)G bytes.
 * Not modelled: the time it takes to choose and to encode; overlap with the backward pass.
 * A slow worker holds all up.  A dead one, or a dead server, ends the run (exit code 1). */
#include "algorithms/collectives/collectives.h"
#include "algorithms/data_parallel/shared/balance.h"
#include "algorithms/data_parallel/shared/sparse.h"
#include "algorithms/data_parallel/shared/star.h"
#include "algorithms/data_parallel/shared/training.h"

#include <assert.h>
#include <string.h>

struct deep_gradient_compression {
    struct training training;
    int compression, transport, placement, merging;
    double sparsity, sample_share, clip_norm;
    int momentum_masking, nesterov;
    int warm_up_epochs, iterations_per_epoch;
};

enum { OFF, ON };
enum { RING, ALLGATHER, PARAMETER_SERVER };

static const char *const off_or_on[] = {[OFF] = "off", [ON] = "on", NULL};
static const char *const transports[] = {
    [RING] = "ring", [ALLGATHER] = "allgather", [PARAMETER_SERVER] = "parameter_server", NULL};

static const struct sim_parameter parameters[] = {
    TRAINING_PARAMETERS,
    {SIM_CHOICE(struct deep_gradient_compression, compression),
     SIM_DEFAULT("on", "Lin et al. 2018"), .choices = off_or_on, .help = "off: dense gradients"},
    {SIM_CHOICE(struct deep_gradient_compression, transport),
     SIM_DEFAULT("allgather", "the authors' code"), .choices = transports,
     .help = "how what is sent is added up"},
    {SIM_CHOICE(struct deep_gradient_compression, placement), SIM_DEFAULT("colocated", SIM_OURS),
     .choices = star_placements, .help = "with the first worker, or on a host of its own"},
    {SIM_CHOICE(struct deep_gradient_compression, merging),
     SIM_DEFAULT("worst_case", "Lin et al. 2018"), .choices = sparse_mergings,
     .help = "learning off: how far sums of sparse gradients fill up"},
    {SIM_RATIO(struct deep_gradient_compression, sparsity), SIM_DEFAULT("0.999", "Lin et al. 2018"),
     .least = 0, .most = 0.999999, .help = "share of each layer that is kept back"},
    {SIM_RATIO(struct deep_gradient_compression, sample_share),
     SIM_DEFAULT("0.01", "Lin et al. 2018"), .least = 1e-6, .most = 1,
     .help = "of a layer, for its threshold; 1: the exact threshold"},
    {SIM_RATIO(struct deep_gradient_compression, clip_norm), SIM_DEFAULT("0", SIM_NEUTRAL),
     .least = 0, .most = 1e9, .help = "local clipping to this / sqrt(N) on a worker; 0: none"},
    {SIM_CHOICE(struct deep_gradient_compression, momentum_masking),
     SIM_DEFAULT("on", "Lin et al. 2018"), .choices = off_or_on,
     .help = "forget the momentum of what is sent"},
    {SIM_CHOICE(struct deep_gradient_compression, nesterov), SIM_DEFAULT("off", SIM_OURS),
     .choices = off_or_on, .help = "Nesterov's momentum"},
    {SIM_COUNT(struct deep_gradient_compression, warm_up_epochs), SIM_DEFAULT("0", SIM_NEUTRAL),
     .least = 0, .most = 1000, .help = "epochs of sparsity 75 %, 93.75 %, ... (the paper: 4)"},
    {SIM_COUNT(struct deep_gradient_compression, iterations_per_epoch),
     SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0, .most = 1 << 30,
     .help = "for the warm-up; 0: as samples have it"},
    {0}};

/* ---- what is worked out once ---- */

struct cluster {
    struct job job;
    struct sparse sparse;
    struct sparse_sizes *epochs; /* [warm_up_epochs + 1]: the last holds from then on */
    int iterations_per_epoch;
    struct balance *balance;
};

static const struct cluster *cluster_of(const struct sim_plan *plan)
{
    return plan->prepared;
}

static const struct sparse_sizes *sizes_at(const struct sim_plan *plan, int iteration)
{
    const struct deep_gradient_compression *own = plan->parameters;
    const struct cluster *cluster = cluster_of(plan);
    const int epoch = own->warm_up_epochs > 0 ? iteration / cluster->iterations_per_epoch : 0;

    return &cluster->epochs[epoch < own->warm_up_epochs ? epoch : own->warm_up_epochs];
}

static struct dgc_settings settings_of(const struct deep_gradient_compression *own)
{
    return (struct dgc_settings){
        .momentum = own->training.momentum,
        .nesterov = own->nesterov == ON,
        .masks_momentum = own->momentum_masking == ON,
        .clip_norm = own->clip_norm,
        .workers = own->training.workers,
        .sample_share = own->sample_share,
    };
}

static void open_sparse(struct sim_plan *plan, struct cluster *cluster)
{
    const struct deep_gradient_compression *own = plan->parameters;
    struct sparse *sparse = &cluster->sparse;

    sparse->dgc = settings_of(own);
    sparse->merging = (enum sparse_merging)own->merging;
    sparse->gradient_bytes = cluster->job.gradient_bytes;
    sparse->layers = training_layers(plan, &cluster->job, &sparse->layer_count);
    for (int l = 0; l < sparse->layer_count; l++)
        sparse->number_count += (int64_t)sparse->layers[l].count;
    cluster->epochs = sim_new(plan->arena, struct sparse_sizes, (size_t)own->warm_up_epochs + 1);
    for (int e = 0; e <= own->warm_up_epochs; e++) {
        if (own->compression == ON)
            cluster->epochs[e].sparsity = dgc_sparsity(e, own->warm_up_epochs, own->sparsity);
        sparse_size(plan->arena, sparse, own->transport == RING, &cluster->epochs[e]);
    }
}

/* ---- a worker ---- */

struct desk {
    struct sim_peer *me;
    const struct deep_gradient_compression *own;
    const struct job *job;
    int workers;
    int64_t encoded_bytes; /* of its own messages, on the wire */

    /* With learning off the rest is NULL, or holds NULL. */
    struct replica *replica; /* its gradient becomes the sum */
    struct dgc *dgc;
    struct dgc_message *own_message[2]; /* in turn: the last to read one may be an iteration late */
    struct dgc_message **blocks;        /* [workers]: allgather */
    struct dgc_message **hops; /* [workers]: ring, what is sent in each step, and the end */
    uint32_t *places;
};

/* Between a codec and itself there is nothing to be refused. */
static void add_message(const struct dgc_message *message, double *sum)
{
    struct sim_error err = {0};
    const bool is_good = dgc_add(message, sum, &err);

    assert(is_good);
    (void)is_good;
}

static void set_to_message(const struct dgc_message *message, double *sum)
{
    memset(sum, 0, message->count * sizeof *sum);
    add_message(message, sum);
}

static struct desk *open_desk(struct sim_peer *me)
{
    const struct cluster *cluster = cluster_of(me->plan);
    const size_t count = cluster->job.number_count;
    struct sim_arena *arena = me->plan->arena;
    struct desk *desk = sim_new(arena, struct desk, 1);

    desk->me = me;
    desk->own = me->parameters;
    desk->job = &cluster->job;
    desk->workers = desk->own->training.workers;
    desk->blocks = sim_new(arena, struct dgc_message *, (size_t)desk->workers);
    desk->hops = sim_new(arena, struct dgc_message *, (size_t)desk->workers);
    desk->replica = training_replica(me, desk->job);
    if (desk->replica == NULL)
        return desk;
    desk->dgc =
        dgc_open(arena, &cluster->sparse.dgc, cluster->sparse.layers, cluster->sparse.layer_count);
    for (int i = 0; i < 2; i++)
        desk->own_message[i] = dgc_message_open(arena, count);
    for (int i = 0; i < desk->workers && desk->own->transport == RING; i++)
        desk->hops[i] = dgc_message_open(arena, count / (size_t)desk->workers + 1);
    desk->places = sim_new(arena, uint32_t, count);
    return desk;
}

/* What a message has on the wire: what was encoded, or with learning off `expected_bytes`. */
static struct sim_message on_the_wire(const struct desk *desk, struct dgc_message *message,
                                      int64_t expected_bytes)
{
    if (message == NULL)
        return (struct sim_message){expected_bytes, NULL};
    return (struct sim_message){training_wire_bytes(desk->job, message->byte_count), message};
}

static void take_dense(const double *values, struct dgc_message *message)
{
    memcpy(message->dense, values, message->count * sizeof *values);
    message->is_dense = true;
    message->sent = message->count;
    message->byte_count = message->count * sizeof(float);
}

/* Algorithm 1, lines 5 to 13: what this worker sends. */
static struct sim_message compress(struct desk *desk, int iteration)
{
    const struct sparse_sizes *sizes = sizes_at(desk->me->plan, iteration);
    struct dgc_message *message = desk->own_message[iteration % 2];
    struct sim_error err = {0};

    if (desk->replica == NULL)
        return on_the_wire(desk, NULL, sizes->message);
    if (desk->own->compression == OFF)
        take_dense(desk->replica->gradient, message);
    else if (!dgc_compress(desk->dgc, desk->replica->gradient, sizes->sparsity,
                           sim_random(desk->me), message, &err))
        sim_give_up(desk->me, "%s", err.text);
    return on_the_wire(desk, message, 0);
}

static void pay_for_adding(const struct desk *desk, int64_t bytes)
{
    sim_compute(desk->me, desk->own->training.flop_per_byte * (double)bytes);
}

/* One step round the ring. */
static struct sim_message pass(struct desk *desk, struct sim_message sent)
{
    const struct sim_group *group = sim_role(desk->me->plan, "worker");
    const int place = desk->me->index, n = desk->workers;
    struct sim_message received = {0};

    if (sim_exchange(desk->me, group->peers[(place + 1) % n], sent,
                     group->peers[(place + n - 1) % n], &received) != SIM_OK)
        sim_give_up(desk->me, "a neighbour in the ring is dead or out of reach");
    return received;
}

/* ---- allgather ---- */

static void gather(struct desk *desk, struct sim_message sent)
{
    const int n = desk->workers;
    int64_t others_bytes = 0;

    sim_phase(desk->me, "gather");
    desk->blocks[desk->me->index] = sent.payload;
    for (int s = 0; s < n - 1; s++) {
        sent = pass(desk, sent);
        desk->blocks[(desk->me->index + 2 * n - 1 - s) % n] = sent.payload;
        others_bytes += sent.bytes;
    }
    pay_for_adding(desk, others_bytes);
    if (desk->replica == NULL)
        return;
    set_to_message(desk->blocks[0], desk->replica->gradient);
    for (int w = 1; w < n; w++)
        add_message(desk->blocks[w], desk->replica->gradient);
}

/* ---- parameter server ---- */

static void push_and_pull(struct desk *desk, struct sim_message pushed)
{
    const struct sim_message pulled = star_push(desk->me, pushed);

    if (desk->replica != NULL)
        set_to_message(pulled.payload, desk->replica->gradient);
}

static void server(struct sim_peer *me)
{
    struct desk *desk = open_desk(me);
    const int iterations = me->plan->iterations;
    struct star *star = star_open(me, iterations);

    for (int i = 0; i < iterations; i++) {
        struct dgc_message *answer = desk->own_message[0];

        star_gather(star, desk->own->training.flop_per_byte);
        for (int w = 0; w < star->workers && desk->replica != NULL; w++)
            (w == 0 ? set_to_message : add_message)(star->payloads[w], desk->replica->gradient);
        if (desk->replica != NULL && desk->own->compression == ON)
            dgc_encode_sum(desk->replica->gradient, desk->places, answer);
        else if (desk->replica != NULL)
            take_dense(desk->replica->gradient, answer);
        star_answer(star, on_the_wire(desk, answer, sizes_at(me->plan, i)->sum));
    }
}

/* ---- ring ---- */

static double *part_of(const struct desk *desk, int part)
{
    return desk->replica->gradient +
           sim_part_begin((int64_t)desk->job->number_count, part, desk->workers);
}

/* A part with the sum over `workers` of them, encoded into `hop`. */
static struct sim_message encode_part(struct desk *desk, int part, int workers, int hop,
                                      const struct sparse_sizes *sizes)
{
    const struct sim_plan *plan = desk->me->plan;
    const int64_t wire_count = cluster_of(plan)->sparse.number_count;
    const bool is_large = part < wire_count % desk->workers;
    struct dgc_message *message;

    if (desk->replica == NULL)
        return on_the_wire(desk, NULL, wire_count == 0 ? 0 : sizes->part[is_large][workers]);
    message = desk->hops[hop];
    message->count = (size_t)(part_of(desk, part + 1) - part_of(desk, part));
    dgc_encode_sum(part_of(desk, part), desk->places, message);
    return on_the_wire(desk, message, 0);
}

/* Every part goes round once to be added up, encoded anew at each hop, and once more to be known to all.  Who
 * ends up with a sum decodes it as the others do, or his model would not be theirs. */
static void reduce_sparse(struct desk *desk, const struct sparse_sizes *sizes)
{
    const int n = desk->workers, index = desk->me->index;
    struct sim_message message;

    sim_phase(desk->me, "share-reduce");
    for (int s = 0; s < n - 1; s++) {
        message = pass(desk, encode_part(desk, (index + n - s) % n, s + 1, s, sizes));
        if (message.payload != NULL)
            add_message(message.payload, part_of(desk, (index + 2 * n - s - 1) % n));
        pay_for_adding(desk, message.bytes);
    }
    sim_phase(desk->me, "share-only");
    message = encode_part(desk, (index + 1) % n, n, n - 1, sizes);
    for (int s = 0; s < n; s++) {
        if (message.payload != NULL)
            set_to_message(message.payload, part_of(desk, (index + 1 + n - s) % n));
        if (s < n - 1)
            message = pass(desk, message);
    }
}

static void reduce(struct desk *desk, const struct dgc_message *message, int iteration)
{
    const struct sparse_sizes *sizes = sizes_at(desk->me->plan, iteration);
    struct sim_buffer buffer = {.bytes = desk->job->gradient_bytes,
                                .values = desk->replica == NULL ? NULL : desk->replica->gradient,
                                .count = desk->job->number_count,
                                .flop_per_byte = desk->own->training.flop_per_byte};

    if (message != NULL && desk->own->compression == ON)
        set_to_message(message, desk->replica->gradient);
    if (sizes->sparsity > 0 && desk->workers > 1)
        reduce_sparse(desk, sizes);
    else if (sim_collective(desk->me, sim_role(desk->me->plan, "worker"), ring_allreduce_steps,
                            &buffer) != SIM_OK)
        sim_give_up(desk->me, "a neighbour in the ring is dead or out of reach");
}

/* ---- the role ---- */

static void exchange(struct desk *desk, int iteration)
{
    const struct sim_message message = compress(desk, iteration);

    desk->encoded_bytes += message.bytes;
    if (desk->own->transport == ALLGATHER)
        gather(desk, message);
    else if (desk->own->transport == PARAMETER_SERVER)
        push_and_pull(desk, message);
    else
        reduce(desk, message.payload, iteration);
}

static void tell(struct desk *desk, int done)
{
    const int iterations = desk->me->plan->iterations;

    if (desk->me->index != 0)
        return;
    sim_note(desk->me, "sparsity", sizes_at(desk->me->plan, done - 1)->sparsity);
    if (desk->replica != NULL)
        training_tell(desk->me, desk->job, desk->replica->parameters, done, done == iterations);
    if (done == iterations && desk->encoded_bytes > 0)
        sim_note(desk->me, "compression_ratio",
                 (double)desk->job->gradient_bytes * iterations / (double)desk->encoded_bytes);
}

static void worker(struct sim_peer *me)
{
    struct desk *desk = open_desk(me);

    for (int i = 0; i < me->plan->iterations; i++) {
        sim_phase(me, "compute");
        training_gradient(me, desk->job, desk->replica, i);
        sim_compute(me, training_flop(me));
        exchange(desk, i);
        training_step(desk->job, desk->replica, desk->workers, i);
        tell(desk, i + 1);
    }
    training_settle(me, desk->job, desk->replica);
    if (desk->replica != NULL && desk->own->compression == ON)
        balance_settle(me, cluster_of(me->plan)->balance, desk->job, desk->dgc,
                       desk->replica->parameters);
}

static const struct sim_role roles[] = {
    {"worker", worker,
     "computes a gradient, sends the largest of what has added up, keeps the rest"},
    {"server", server, "with transport: parameter_server: adds what is sent, answers with the sum"},
    {0}};

static bool belongs_together(const struct deep_gradient_compression *own, struct sim_error *err)
{
    if (own->placement != STAR_COLOCATED && own->transport != PARAMETER_SERVER)
        return sim_fail(err,
                        "algorithm.placement is %s, but there is no server to place with "
                        "transport: %s.",
                        star_placements[own->placement], transports[own->transport]);
    if (own->iterations_per_epoch > 0 && own->warm_up_epochs == 0)
        return sim_fail(err,
                        "algorithm.iterations_per_epoch is %d, but epochs are counted for the "
                        "warm-up only, and warm_up_epochs is 0.",
                        own->iterations_per_epoch);
    return own->nesterov == OFF || own->training.momentum > 0 ||
           sim_fail(err, "algorithm.nesterov is on, but momentum is 0: there is none to look "
                         "ahead with.");
}

/* An epoch is over when as many samples were seen as there are. */
static bool find_epochs(const struct sim_plan *plan, struct cluster *cluster, struct sim_error *err)
{
    const struct deep_gradient_compression *own = plan->parameters;
    const int64_t each = (int64_t)own->training.workers * own->training.mini_batch;

    cluster->iterations_per_epoch = own->iterations_per_epoch;
    if (own->iterations_per_epoch > 0 || own->warm_up_epochs == 0)
        return true;
    if (cluster->job.learner == NULL)
        return sim_fail(err, "algorithm.iterations_per_epoch is 0, but without learning there are "
                             "no samples to count an epoch by: say how many iterations of "
                             "warm-up have one sparsity.");
    cluster->iterations_per_epoch = (int)((cluster->job.data->train.count + each - 1) / each);
    return true;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct deep_gradient_compression *own = plan->parameters;
    struct cluster *cluster = sim_new(plan->arena, struct cluster, 1);

    plan->prepared = cluster;
    if (own->transport == PARAMETER_SERVER)
        star_cast(plan, own->training.workers, (enum star_placement)own->placement);
    else
        sim_cast(plan, "worker", own->training.workers);
    if (!belongs_together(own, err) || !training_prepare(plan, &cluster->job, err) ||
        !find_epochs(plan, cluster, err))
        return false;
    cluster->job.sgd.nesterov = own->nesterov == ON;
    if (own->compression == ON) /* the momentum is in what is sent */
        cluster->job.sgd.momentum = 0;
    cluster->balance = balance_open(plan->arena, cluster->job.number_count);
    open_sparse(plan, cluster);
    return true;
}

/* ---- laws ---- */

static double remote_workers(const struct deep_gradient_compression *own)
{
    return star_remote_workers(own->training.workers, (enum star_placement)own->placement);
}

static double iteration_bytes(const struct sim_plan *plan, const struct sparse_sizes *sizes)
{
    const struct deep_gradient_compression *own = plan->parameters;
    const double n = own->training.workers;

    if (own->transport == RING)
        return sizes->part[0] != NULL ? sparse_ring_bytes(&cluster_of(plan)->sparse, sizes)
                                      : 2 * (n - 1) * (double)cluster_of(plan)->job.gradient_bytes;
    if (own->transport == PARAMETER_SERVER)
        return remote_workers(own) * (double)(sizes->message + sizes->sum);
    return n * (n - 1) * (double)sizes->message;
}

/* The sum of something over all iterations: as many as have the same sparsity at a time. */
static double over_iterations(const struct sim_plan *plan,
                              double (*of)(const struct sim_plan *, const struct sparse_sizes *))
{
    const struct deep_gradient_compression *own = plan->parameters;
    const int each = cluster_of(plan)->iterations_per_epoch;
    double sum = 0;
    int next;

    for (int i = 0, e = 0; i < plan->iterations; i = next, e++) {
        next = e < own->warm_up_epochs && plan->iterations - i > each ? i + each : plan->iterations;
        sum += (next - i) * of(plan, sizes_at(plan, i));
    }
    return sum;
}

static bool sizes_are_known(const struct sim_plan *plan)
{
    const struct deep_gradient_compression *own = plan->parameters;

    return own->training.learning == LEARNING_OFF || own->compression == OFF;
}

static double all_bytes(const struct sim_plan *plan)
{
    return over_iterations(plan, iteration_bytes);
}

static bool bytes_hold(const struct sim_plan *plan)
{
    return sizes_are_known(plan) && sim_has_own_hosts(plan);
}

static double all_messages(const struct sim_plan *plan)
{
    const struct deep_gradient_compression *own = plan->parameters;
    const double n = own->training.workers;

    return plan->iterations * (own->transport == PARAMETER_SERVER ? 2 * remote_workers(own)
                               : own->transport == RING           ? 2 * n * (n - 1)
                                                                  : n * (n - 1));
}

static bool edges(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct sim_group *workers = sim_role(plan, "worker");

    if (((const struct deep_gradient_compression *)plan->parameters)->transport == PARAMETER_SERVER)
        return star_edges(plan, i, edge);
    if (i >= workers->size)
        return false;
    *edge = (struct sim_edge){workers->peers[i], workers->peers[(i + 1) % workers->size]};
    return true;
}

/* Workers that passed the smaller parts begin the next iteration earlier, and longest paths no longer meet. */
static bool seconds_hold(const struct sim_plan *plan)
{
    const struct deep_gradient_compression *own = plan->parameters;
    const struct cluster *cluster = cluster_of(plan);
    const int64_t cut =
        own->compression == OFF ? cluster->job.gradient_bytes : cluster->sparse.number_count;
    struct sim_switch found;

    return sizes_are_known(plan) && own->training.compute_jitter == 0 &&
           (own->transport != RING || plan->iterations <= 1 || cut % own->training.workers == 0) &&
           sim_is_one_switch(plan, edges, &found);
}

/* The journey of a larger part. */
static double ring_seconds(const struct sim_plan *plan, const struct sparse_sizes *sizes,
                           const struct sim_switch *on)
{
    const struct training *training = plan->parameters;
    const int64_t gradient = cluster_of(plan)->job.gradient_bytes,
                  numbers = cluster_of(plan)->sparse.number_count;
    const int n = training->workers;
    double seconds = 0;

    for (int s = 1; s < n; s++) {
        const int64_t *part = sizes->part[numbers % n > 0];
        const bool sparse = sizes->part[0] != NULL;
        const double dense = (double)sim_largest_chunk(gradient, n);
        const double added = sparse ? (double)part[s] : dense;
        const double shared = sparse ? (double)part[n] : dense;

        seconds += 2 * on->latency_seconds + (added + shared) / on->bytes_per_second +
                   training->flop_per_byte * added / on->flop_per_second;
    }
    return seconds;
}

static double iteration_seconds(const struct sim_plan *plan, const struct sparse_sizes *sizes)
{
    const struct deep_gradient_compression *own = plan->parameters;
    const double others = own->training.workers - 1, message = (double)sizes->message;
    struct sim_switch on = {0};
    double adding; /* N-1 messages, at the server or at each worker */

    sim_is_one_switch(plan, edges, &on);
    if (own->transport == RING)
        return ring_seconds(plan, sizes, &on);
    adding = others > 0 ? others * own->training.flop_per_byte * message / on.flop_per_second : 0;
    if (own->transport == ALLGATHER && others > 0)
        return others * (on.latency_seconds + message / on.bytes_per_second) + adding;
    return own->transport == PARAMETER_SERVER && remote_workers(own) > 0
               ? 2 * on.latency_seconds + adding +
                     remote_workers(own) * (message + (double)sizes->sum) / on.bytes_per_second
               : 0;
}

static double ideal_seconds(const struct sim_plan *plan)
{
    return plan->iterations * training_compute_seconds(plan, sim_role(plan, "worker")->peers[0]) +
           over_iterations(plan, iteration_seconds);
}

static const struct sim_law laws[] = {
    {"bytes on the network", SIM_UNIT_BYTES,
     "allgather N(N-1)M; parameter_server (N-1)(M+U) colocated, N(M+U) dedicated; ring: of all "
     "parts and hops; dense M = U = G, ring 2(N-1)G",
     all_bytes, sim_total_bytes, .tolerance = 0, .holds = bytes_hold,
     .assumes = "learning off or compression off, every peer has the host that it was cast on, "
                "and none dies"},
    {"messages", SIM_UNIT_NONE,
     "allgather N(N-1); parameter_server 2(N-1) colocated, 2N dedicated; ring 2N(N-1)",
     all_messages, sim_total_messages, .tolerance = 0, .holds = sim_has_own_hosts,
     .assumes = "every peer has the host that it was cast on, and none dies"},
    {"seconds", SIM_UNIT_SECONDS,
     "C + allgather (N-1)(a + M/B + fM/P); parameter_server 2a + R(M+U)/B + (N-1)fM/P, R = N-1 or "
     "N; ring sum of 2a + (m_s + m_N)/B + f m_s/P over s = 1 .. N-1 workers in a part",
     ideal_seconds, sim_total_seconds, .tolerance = 1e-9, .holds = seconds_hold,
     .assumes = "learning off or compression off, one full-duplex switch, network: textbook, equal "
                "hosts, no jitter, no faults; ring: one iteration or equal parts"},
    {0}};

SIM_ALGORITHM(deep_gradient_compression) = {
    .name = "deep_gradient_compression",
    .summary = "N workers exchange the largest thousandth of their gradients, and keep the rest",
    .paper = "Lin, Han, Mao, Wang, Dally, Deep gradient compression: reducing the communication "
             "bandwidth for distributed training, ICLR 2018",
    .counts = "N workers; the server is not among them",
    .parameters_size = sizeof(struct deep_gradient_compression),
    .parameters = parameters,
    .roles = roles,
    .laws = laws,
    .tables = training_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
};
