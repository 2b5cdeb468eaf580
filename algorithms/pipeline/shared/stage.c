/* stage.c -- the actors: a worker does its operations in the order of the schedule, whatever the schedule is.
 *
 * An operation begins when its input is there and the one before is over.  Results are sent while the next operation
 * computes; receives are posted an iteration ahead, so that no transfer waits for its receiver.  Rank t of a stage
 * talks to rank t of the next, each with the whole activations (no scatter and gather between stages).
 *
 * Replicas of a stage sum their gradients: after the last backward operation of each chunk (flush), or after every
 * backward pass (asynchronous).  With overlap: yes that goes on beside the operations that are left.
 *
 * A slow stage holds up all others, each schedule in its own way; a dead one ends the run. */
#include "algorithms/pipeline/shared/pipeline.h"

#include <math.h>

/* What travels with the bytes. */
struct parcel {
    double sent_at;
    int version;    /* that stage 0 had when this micro-batch passed it forward */
    double *values; /* activations or gradients, with learning on */
};

/* Sends of iteration i are known to be over at the end of i + 1, and read by the end of i + 3. */
enum { PARCEL_ROUNDS = 4, INBOX_ROUNDS = 2 };

struct stage {
    struct sim_peer *me;
    const struct layout *layout;
    const struct pipeline *own;
    const struct worker *worker;
    int number, rank;              /* of the worker */
    double *flop[OPERATION_KINDS]; /* [chunks] */

    struct sim_activity ***inboxes; /* [inbox][INBOX_ROUNDS x count] */
    struct sim_activity **sends;    /* [2 x sent_count] */
    struct parcel *parcels;         /* [PARCEL_ROUNDS x sent_count] */
    int sent;                       /* in this iteration */
    int iteration;                  /* of those that are really done: 0, 1, ... */

    struct sim_lane
        *lanes;     /* [chunks x lane_count], the last chunk's gradient first; NULL: no replicas */
    int lane_count; /* of each chunk's gradient */
    struct sim_stream *stream; /* of gradients that are summed beside operations; NULL: of none */
    int lanes_added;
    int *left;                   /* by chunk: operations until its gradient is whole */
    struct sim_lane *rank_lanes; /* of the ranks' sums, by part of this stage */

    /* Weights: how many updates there were, and which version each micro-batch met going forward. */
    int version;
    int *met;                     /* [micro-batches of the iteration x chunks] */
    int64_t pending;              /* micro-batch whose gradient waits for its update; -1: none */
    struct pupil *pupil;          /* NULL: learning off */
    const struct parcel *arrived; /* input of the operation under way; NULL: none */
};

static void fail(const struct stage *stage, int worker)
{
    const struct worker *other = &stage->layout->workers[worker];

    sim_give_up(
        stage->me,
        "stage %d (replica %d) is dead or out of reach, and every micro-batch passes through "
        "it",
        other->stage, other->replica);
}

/* ---- messages ---- */

static void listen(struct stage *stage, int iteration)
{
    const struct worker *worker = stage->worker;

    for (int i = 0; i < worker->inbox_count; i++) {
        const struct inbox *inbox = &worker->inboxes[i];
        struct sim_activity **at = stage->inboxes[i] + (iteration % INBOX_ROUNDS) * inbox->count;

        for (int k = 0; k < inbox->count; k++)
            at[k] = sim_start_receive(stage->me,
                                      pipeline_peer(stage->layout, inbox->from, stage->rank));
    }
}

/* Until the operation's input is there. */
static void take_input(struct stage *stage, const struct work *work)
{
    const struct inbox *inbox;
    const struct parcel *parcel;
    struct sim_message message;
    double ready_at;

    stage->arrived = NULL;
    if (work->inbox < 0)
        return;
    inbox = &stage->worker->inboxes[work->inbox];
    if (sim_wait(stage->me,
                 stage->inboxes[work->inbox]
                               [(stage->iteration % INBOX_ROUNDS) * inbox->count + work->place],
                 &message) != SIM_OK)
        fail(stage, inbox->from);
    stage->arrived = parcel = message.payload;
    ready_at = parcel->sent_at + stage->own->hop_seconds;
    if (ready_at > sim_now(stage->me))
        sim_sleep(stage->me, ready_at - sim_now(stage->me));
}

static struct parcel *next_parcel(const struct stage *stage)
{
    return &stage->parcels[(stage->iteration % PARCEL_ROUNDS) * stage->worker->sent_count +
                           stage->sent];
}

static void send_result(struct stage *stage, const struct work *work)
{
    const struct layout *layout = stage->layout;
    const int part = schedule_part(layout->schedule, stage->number, &work->operation);
    const int rounds = stage->worker->sent_count;
    /* a gradient is as large as the activation that it is the gradient of */
    const int cut = work->operation.kind == FORWARD ? part : part - 1;
    struct parcel *parcel;

    if (work->to < 0)
        return;
    parcel = next_parcel(stage);
    parcel->sent_at = sim_now(stage->me);
    parcel->version = stage->version;
    if (stage->worker->stage > 0 || work->operation.chunk > 0)
        parcel->version = stage->arrived == NULL ? 0 : stage->arrived->version;
    stage->sends[(stage->iteration % 2) * rounds + stage->sent++] =
        sim_start_send(stage->me, pipeline_peer(layout, work->to, stage->rank),
                       (struct sim_message){layout->part[cut].boundary_bytes, parcel});
}

static void finish_sends(struct stage *stage, int iteration)
{
    const int rounds = stage->worker->sent_count;

    for (int k = 0; k < rounds && iteration >= 0; k++)
        if (sim_wait(stage->me, stage->sends[(iteration % 2) * rounds + k], NULL) != SIM_OK)
            sim_give_up(stage->me,
                        "a neighbour of stage %d is dead or out of reach, and every "
                        "micro-batch passes through it",
                        stage->worker->stage);
}

/* ---- gradients of replicas ---- */

static struct sim_lane *lanes_of(const struct stage *stage, int chunk)
{
    return &stage->lanes[(stage->layout->schedule->chunks - 1 - chunk) * stage->lane_count];
}

static void add_gradient(struct stage *stage, int chunk)
{
    for (int l = 0; l < stage->lane_count; l++)
        sim_stream_add(stage->stream, &lanes_of(stage, chunk)[l]);
    stage->lanes_added += stage->lane_count;
}

/* The newest weights take what the replicas have summed. */
static void update(struct stage *stage, int64_t microbatch, int met, int microbatches)
{
    if (stage->pupil != NULL)
        pupil_update(stage->pupil, microbatches);
    pipeline_tell_update(stage->me, microbatch, met, stage->version);
    stage->version++;
}

static int *met_by(const struct stage *stage, const struct operation *operation)
{
    const struct schedule *schedule = stage->layout->schedule;

    return &stage->met[operation->chunk * schedule->microbatches + operation->microbatch];
}

static int64_t since_start(const struct stage *stage, int microbatch)
{
    return (int64_t)stage->iteration * stage->layout->schedule->microbatches + microbatch;
}

static void check_replicas(const struct stage *stage, enum sim_status status)
{
    if (status != SIM_OK)
        sim_give_up(stage->me,
                    "a replica of stage %d is dead or out of reach, and gradients are "
                    "summed over all of them",
                    stage->worker->stage);
}

static void wait_for_gradients(struct stage *stage)
{
    const double begin = sim_now(stage->me);

    sim_phase(stage->me, "all-reduce");
    check_replicas(stage, sim_stream_wait(stage->stream, stage->lanes_added));
    pipeline_tell_reduced(stage->me, sim_now(stage->me) - begin);
    if (stage->pending >= 0) {
        const struct operation operation = {.microbatch = (int)stage->pending};

        update(stage, stage->pending, *met_by(stage, &operation),
               stage->layout->schedule->replicas[stage->worker->stage]);
        stage->pending = -1;
    }
}

/* Before an operation: a new gradient needs the sum of the last one to be over. */
static void before_backward(struct stage *stage, const struct operation *operation)
{
    if (stage->stream != NULL && stage->layout->is_asynchronous && operation->kind != FORWARD)
        wait_for_gradients(stage);
}

static bool completes_weights(const struct operation *operation)
{
    return operation->kind == BACKWARD || operation->kind == WEIGHT_GRADIENT;
}

static void after_backward(struct stage *stage, const struct operation *operation)
{
    const struct schedule *schedule = stage->layout->schedule;

    if (!completes_weights(operation))
        return;
    if (schedule_part(schedule, stage->number, operation) == stage->layout->parts - 1)
        pipeline_tell_through(stage->me);
    if (stage->layout->is_asynchronous) {
        if (stage->stream == NULL) {
            update(stage, operation->microbatch, *met_by(stage, operation), 1);
            return;
        }
        stage->pending = operation->microbatch;
        add_gradient(stage, operation->chunk);
        if (stage->own->overlap == PIPELINE_NO)
            wait_for_gradients(stage);
    } else if (stage->stream != NULL && --stage->left[operation->chunk] == 0 &&
               stage->own->overlap == PIPELINE_YES) {
        add_gradient(stage, operation->chunk);
    }
}

static void begin_gradients(struct stage *stage)
{
    const struct worker *worker = stage->worker;

    for (int c = 0; c < stage->layout->schedule->chunks && stage->stream != NULL; c++)
        stage->left[c] = 0;
    for (int i = 0; i < worker->work_count && stage->stream != NULL; i++)
        stage->left[worker->works[i].operation.chunk] +=
            completes_weights(&worker->works[i].operation);
}

static void sum_gradients(struct stage *stage)
{
    const double begin = sim_now(stage->me);

    sim_phase(stage->me, "all-reduce");
    check_replicas(stage, sim_lanes(stage->me, stage->lanes,
                                    stage->layout->schedule->chunks * stage->lane_count,
                                    stage->lane_count));
    pipeline_tell_reduced(stage->me, sim_now(stage->me) - begin);
}

/* The flush: weights change when all gradients of the iteration are summed. */
static void end_gradients(struct stage *stage)
{
    if (stage->lanes == NULL || stage->layout->is_asynchronous)
        return;
    if (stage->own->overlap == PIPELINE_YES)
        wait_for_gradients(stage);
    else
        sum_gradients(stage);
}

/* ---- computing ---- */

static const char *const phases[] = {[FORWARD] = "forward",
                                     [BACKWARD] = "backward",
                                     [INPUT_GRADIENT] = "input gradient",
                                     [WEIGHT_GRADIENT] = "weight gradient"};

static void compute(struct stage *stage, double flop)
{
    if (stage->stream == NULL)
        sim_compute(stage->me, flop);
    else
        check_replicas(stage, sim_stream_compute(stage->stream, flop));
}

/* Two all-reduces in each layer of a transformer, forward and again backward (Shoeybi et al., Megatron-LM, 2019,
 * section 3); none for the gradients of weights, which are each rank's own. */
static void compute_together(struct stage *stage, const struct operation *operation, double flop)
{
    const struct part *part =
        &stage->layout->part[schedule_part(stage->layout->schedule, stage->number, operation)];
    const bool again = stage->own->recompute == PIPELINE_YES && operation->kind != FORWARD;
    const int sums = (again ? 4 : 2) * part->tensor_layers;

    for (int s = 0; s < sums; s++) {
        sim_phase(stage->me, phases[operation->kind]);
        compute(stage, flop / sums);
        sim_phase(stage->me, "tensor all-reduce");
        if (sim_lanes(stage->me,
                      stage->rank_lanes +
                          operation->chunk *
                              reduce_lane_count((enum reduce_choice)stage->own->allreduce),
                      reduce_lane_count((enum reduce_choice)stage->own->allreduce),
                      reduce_lane_count((enum reduce_choice)stage->own->allreduce)) != SIM_OK)
            sim_give_up(stage->me,
                        "a rank of stage %d is dead or out of reach, and its layers need "
                        "them all",
                        stage->worker->stage);
    }
    if (sums == 0)
        compute(stage, flop);
}

/* Which version of the weights an operation computes with (pupil.h). */
static int version_for(const struct stage *stage, const struct operation *operation)
{
    const struct schedule *schedule = stage->layout->schedule;
    const enum pipeline_weights weights = (enum pipeline_weights)stage->own->weights;

    if (operation->kind != FORWARD)
        return weights == WEIGHTS_NEWEST ? stage->version : *met_by(stage, operation);
    if (weights != WEIGHTS_VERTICAL_SYNC || stage->arrived == NULL ||
        !stage->layout->is_asynchronous)
        return stage->version;
    /* versions count rounds of a stage's replicas */
    return (int)((int64_t)stage->arrived->version * schedule->replicas[0] /
                 schedule->replicas[stage->worker->stage]);
}

static void learn(struct stage *stage, const struct work *work)
{
    const struct operation *operation = &work->operation;
    const int version = version_for(stage, operation);
    const double *in = stage->arrived == NULL ? NULL : stage->arrived->values;
    double *out = work->to < 0 ? NULL : next_parcel(stage)->values;
    const int64_t microbatch = since_start(stage, operation->microbatch);

    if (operation->kind == FORWARD)
        *met_by(stage, operation) = version;
    if (stage->pupil == NULL)
        return;
    if (operation->kind == FORWARD)
        pupil_forward(stage->pupil, operation->chunk, microbatch, version, in, out);
    else
        pupil_backward(stage->pupil, (enum operation_kind)operation->kind, operation->chunk,
                       microbatch, version, in, out);
}

static void operate(struct stage *stage, const struct work *work)
{
    const struct operation *operation = &work->operation;
    const double came_at = sim_now(stage->me);
    const double flop = stage->flop[operation->kind][operation->chunk] *
                        sim_jitter(stage->me, stage->own->compute_jitter);
    double began_at;

    sim_phase(stage->me, phases[operation->kind]);
    take_input(stage, work);
    before_backward(stage, operation);
    learn(stage, work);
    began_at = sim_now(stage->me);
    sim_phase(stage->me, phases[operation->kind]);
    if (stage->layout->ranks > 1 && operation->kind != WEIGHT_GRADIENT)
        compute_together(stage, operation, flop);
    else
        compute(stage, flop);
    send_result(stage, work);
    pipeline_tell_operation(stage->me, operation, began_at, began_at - came_at);
    after_backward(stage, operation);
}

/* ---- the role ---- */

static void lay(const struct stage *stage, const struct sim_group *group, int place,
                struct sim_buffer buffer, struct sim_lane *lanes)
{
    reduce_lay(stage->me->plan->arena, group, place, (enum reduce_choice)stage->own->allreduce,
               stage->own->members_per_node, buffer, lanes);
}

static struct sim_buffer gradient_of(const struct stage *stage, int chunk, const struct part *part)
{
    const int ranks = stage->layout->ranks;
    struct sim_buffer buffer = {.bytes = (part->parameter_bytes + ranks - 1) / ranks};

    if (stage->pupil != NULL)
        buffer.values = pupil_gradient(stage->pupil, chunk, &buffer.count);
    return buffer;
}

static void lay_sums(struct stage *stage)
{
    const struct layout *layout = stage->layout;
    const struct sim_group *replicas =
        &layout->replicas_of[stage->worker->stage * layout->ranks + stage->rank];
    const size_t chunks = (size_t)layout->schedule->chunks,
                 each = (size_t)reduce_lane_count((enum reduce_choice)stage->own->allreduce);
    struct sim_arena *arena = stage->me->plan->arena;

    stage->lane_count = (int)each;
    stage->left = sim_new(arena, int, chunks);
    stage->rank_lanes = sim_new(arena, struct sim_lane, chunks * each);
    if (replicas->size > 1) {
        stage->lanes = sim_new(arena, struct sim_lane, chunks * each);
        if (layout->is_asynchronous || stage->own->overlap == PIPELINE_YES)
            stage->stream = sim_stream_open(stage->me, stage->lane_count);
    }
    for (int c = 0; c < layout->schedule->chunks; c++) {
        const struct part *part =
            &layout->part[c * layout->schedule->stages + stage->worker->stage];
        const double wide = fmax((double)part->boundary_bytes, part->input_bytes);

        lay(stage, &layout->ranks_of[stage->number], stage->rank,
            (struct sim_buffer){.bytes = (int64_t)wide}, &stage->rank_lanes[c * stage->lane_count]);
        if (stage->lanes != NULL)
            lay(stage, replicas, stage->worker->replica, gradient_of(stage, c, part),
                lanes_of(stage, c));
    }
}

static size_t largest_boundary(const struct layout *layout)
{
    size_t largest = 1;

    for (int v = 0; v < layout->parts; v++)
        if (pupil_boundary(layout->learning, v) > largest)
            largest = pupil_boundary(layout->learning, v);
    return largest;
}

static void open_stage(struct stage *stage, struct sim_peer *me)
{
    struct sim_arena *arena = me->plan->arena;
    const struct layout *layout = pipeline_layout(me->plan);

    *stage = (struct stage){.me = me,
                            .layout = layout,
                            .own = me->parameters,
                            .number = me->number / layout->ranks,
                            .rank = me->number % layout->ranks};
    stage->worker = &layout->workers[stage->number];
    for (int kind = 0; kind < OPERATION_KINDS; kind++) {
        stage->flop[kind] = sim_new(arena, double, (size_t)stage->layout->schedule->chunks);
        for (int c = 0; c < stage->layout->schedule->chunks; c++)
            stage->flop[kind][c] =
                sim_flop_per_second(me->plan, me->number) *
                pipeline_operation_seconds(me->plan, stage->number,
                                           &(struct operation){(short)kind, (short)c, 0});
    }
    stage->inboxes = sim_new(arena, struct sim_activity **, (size_t)stage->worker->inbox_count + 1);
    for (int i = 0; i < stage->worker->inbox_count; i++)
        stage->inboxes[i] = sim_new(arena, struct sim_activity *,
                                    (size_t)(INBOX_ROUNDS * stage->worker->inboxes[i].count));
    stage->sends =
        sim_new(arena, struct sim_activity *, (size_t)(2 * stage->worker->sent_count) + 1);
    stage->parcels =
        sim_new(arena, struct parcel, (size_t)(PARCEL_ROUNDS * stage->worker->sent_count) + 1);
    stage->met = sim_new(arena, int,
                         (size_t)layout->schedule->chunks *(size_t)layout->schedule->microbatches);
    stage->pending = -1;
    stage->pupil = pupil_open(me, layout->learning, layout, stage->number);
    for (int k = 0; k < PARCEL_ROUNDS * stage->worker->sent_count && stage->pupil != NULL; k++)
        stage->parcels[k].values = sim_new(arena, double, largest_boundary(layout));
    lay_sums(stage);
}

static void iterate(struct stage *stage, bool is_last)
{
    stage->sent = 0;
    if (!is_last)
        listen(stage, stage->iteration + 1);
    begin_gradients(stage);
    for (int k = 0; k < stage->worker->work_count; k++)
        operate(stage, &stage->worker->works[k]);
    end_gradients(stage);
    finish_sends(stage, stage->iteration - 1);
}

static void act(struct sim_peer *me)
{
    struct stage stage;

    open_stage(&stage, me);
    listen(&stage, 0);
    for (struct sim_turn turn = {.is_unlike = stage.pupil != NULL}; sim_next_turn(me, &turn);
         stage.iteration++) {
        pipeline_tell_turn(me, &turn);
        iterate(&stage, turn.number + 1 == me->plan->iterations);
    }
    if (stage.stream != NULL)
        wait_for_gradients(&stage);
    pipeline_tell_end(me);
    finish_sends(&stage, stage.iteration - 1);
}

const struct sim_role pipeline_roles[] = {
    {.name = "stage",
     .act = act,
     .help = "does the operations of its stage in the order of the schedule",
     .keeps_to_messages = true},
    {0}};
