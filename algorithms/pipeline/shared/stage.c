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
    int iteration;

    struct sim_stream *stream; /* of gradients; NULL: no replicas */
    struct sim_lane **lanes;   /* [chunks] */
    int lane_count;            /* of each chunk's gradient */
    int lanes_added;
    int *left;                   /* by chunk: operations until its gradient is whole */
    struct sim_lane *rank_lanes; /* of the ranks' sums, by part of this stage */
    double reduced_seconds, held_bytes;
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

    for (int i = 0; i < worker->inbox_count && iteration < stage->me->plan->iterations; i++) {
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

    if (work->inbox < 0)
        return;
    inbox = &stage->worker->inboxes[work->inbox];
    if (sim_wait(stage->me,
                 stage->inboxes[work->inbox]
                               [(stage->iteration % INBOX_ROUNDS) * inbox->count + work->place],
                 &message) != SIM_OK)
        fail(stage, inbox->from);
    parcel = message.payload;
    ready_at = parcel->sent_at + stage->own->hop_seconds;
    if (ready_at > sim_now(stage->me))
        sim_sleep(stage->me, ready_at - sim_now(stage->me));
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
    parcel = &stage->parcels[(stage->iteration % PARCEL_ROUNDS) * rounds + stage->sent];
    parcel->sent_at = sim_now(stage->me);
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

static void add_gradient(struct stage *stage, int chunk)
{
    for (int l = 0; l < stage->lane_count; l++)
        sim_stream_add(stage->stream, &stage->lanes[chunk][l]);
    stage->lanes_added += stage->lane_count;
}

static void wait_for_gradients(struct stage *stage)
{
    const double begin = sim_now(stage->me);

    sim_phase(stage->me, "all-reduce");
    if (sim_stream_wait(stage->stream, stage->lanes_added) != SIM_OK)
        sim_give_up(stage->me,
                    "a replica of stage %d is dead or out of reach, and gradients are "
                    "summed over all of them",
                    stage->worker->stage);
    stage->reduced_seconds += sim_now(stage->me) - begin;
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
    if (stage->stream == NULL || !completes_weights(operation))
        return;
    if (!stage->layout->is_asynchronous && --stage->left[operation->chunk] > 0)
        return;
    if (stage->own->overlap == PIPELINE_YES || stage->layout->is_asynchronous)
        add_gradient(stage, operation->chunk);
    if (stage->own->overlap == PIPELINE_NO && stage->layout->is_asynchronous)
        wait_for_gradients(stage);
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

/* The flush: weights change when all gradients of the iteration are summed. */
static void end_gradients(struct stage *stage)
{
    if (stage->stream == NULL || stage->layout->is_asynchronous)
        return;
    for (int c = stage->layout->schedule->chunks - 1; c >= 0 && stage->own->overlap == PIPELINE_NO;
         c--)
        add_gradient(stage, c);
    wait_for_gradients(stage);
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
    else if (sim_stream_compute(stage->stream, flop) != SIM_OK)
        sim_give_up(stage->me,
                    "a replica of stage %d is dead or out of reach, and gradients are "
                    "summed over all of them",
                    stage->worker->stage);
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
    began_at = sim_now(stage->me);
    sim_phase(stage->me, phases[operation->kind]);
    if (stage->layout->ranks > 1 && operation->kind != WEIGHT_GRADIENT)
        compute_together(stage, operation, flop);
    else
        compute(stage, flop);
    send_result(stage, work);
    pipeline_tell_operation(stage->me, stage->iteration, operation, began_at, began_at - came_at);
    after_backward(stage, operation);
}

/* ---- the role ---- */

static struct sim_lane *lay(struct stage *stage, const struct sim_group *group, int place,
                            int64_t bytes)
{
    const enum reduce_choice choice = (enum reduce_choice)stage->own->allreduce;
    struct sim_lane *lanes =
        sim_new(stage->me->plan->arena, struct sim_lane, (size_t)reduce_lane_count(choice));

    reduce_lay(stage->me->plan->arena, group, place, choice, stage->own->members_per_node,
               (struct sim_buffer){.bytes = bytes}, lanes);
    return lanes;
}

static void lay_sums(struct stage *stage)
{
    const struct layout *layout = stage->layout;
    const int lanes = reduce_lane_count((enum reduce_choice)stage->own->allreduce);
    const struct sim_group *replicas =
        &layout->replicas_of[stage->worker->stage * layout->ranks + stage->rank];
    struct sim_arena *arena = stage->me->plan->arena;

    stage->lane_count = lanes;
    stage->lanes = sim_new(arena, struct sim_lane *, (size_t)stage->layout->schedule->chunks);
    stage->left = sim_new(arena, int, (size_t)stage->layout->schedule->chunks);
    stage->rank_lanes =
        sim_new(arena, struct sim_lane, (size_t)(stage->layout->schedule->chunks * lanes));
    if (replicas->size > 1)
        stage->stream = sim_stream_open(stage->me, lanes);
    for (int c = 0; c < stage->layout->schedule->chunks; c++) {
        const struct part *part =
            &layout->part[c * layout->schedule->stages + stage->worker->stage];
        const double wide = fmax((double)part->boundary_bytes, part->input_bytes);
        const struct sim_lane *own =
            lay(stage, &layout->ranks_of[stage->number], stage->rank, (int64_t)wide);

        for (int l = 0; l < lanes; l++)
            stage->rank_lanes[c * lanes + l] = own[l];
        if (replicas->size > 1)
            stage->lanes[c] = lay(stage, replicas, stage->worker->replica,
                                  (part->parameter_bytes + layout->ranks - 1) / layout->ranks);
    }
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
            stage->flop[kind][c] = sim_own_flop_for(
                me, pipeline_operation_seconds(me->plan, stage->number,
                                               &(struct operation){(short)kind, (short)c, 0}));
    }
    stage->inboxes = sim_new(arena, struct sim_activity **, (size_t)stage->worker->inbox_count + 1);
    for (int i = 0; i < stage->worker->inbox_count; i++)
        stage->inboxes[i] = sim_new(arena, struct sim_activity *,
                                    (size_t)(INBOX_ROUNDS * stage->worker->inboxes[i].count));
    stage->sends =
        sim_new(arena, struct sim_activity *, (size_t)(2 * stage->worker->sent_count) + 1);
    stage->parcels =
        sim_new(arena, struct parcel, (size_t)(PARCEL_ROUNDS * stage->worker->sent_count) + 1);
    lay_sums(stage);
}

static void act(struct sim_peer *me)
{
    struct stage stage;

    open_stage(&stage, me);
    listen(&stage, 0);
    for (int i = 0; i < me->plan->iterations; i++) {
        stage.iteration = i;
        stage.sent = 0;
        listen(&stage, i + 1);
        begin_gradients(&stage);
        for (int k = 0; k < stage.worker->work_count; k++)
            operate(&stage, &stage.worker->works[k]);
        end_gradients(&stage);
        finish_sends(&stage, i - 1);
    }
    if (stage.stream != NULL)
        wait_for_gradients(&stage);
    pipeline_tell_reduced(me, stage.reduced_seconds);
    pipeline_tell_end(me);
    finish_sends(&stage, me->plan->iterations - 1);
}

const struct sim_role pipeline_roles[] = {
    {"stage", act, "does the operations of its stage in the order of the schedule"}, {0}};
