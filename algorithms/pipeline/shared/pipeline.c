/* pipeline.c -- from parameters to workers: the schedule, where messages go, who sums what, and the cuts. */
#include "algorithms/pipeline/shared/pipeline.h"

#include "algorithms/pipeline/shared/user_schedule.h"

#include <math.h>
#include <string.h>

const char *const pipeline_yes_or_no[] = {[PIPELINE_NO] = "no", [PIPELINE_YES] = "yes", NULL};

int pipeline_peer(const struct layout *layout, int worker, int rank)
{
    return worker * layout->ranks +
           rank; /* the only role: peers are numbered in order of casting */
}

/* ---- what belongs together ---- */

static bool check_times(const struct sim_plan *plan, struct sim_error *err)
{
    const struct pipeline *own = plan->parameters;
    const bool has_parts = own->input_gradient_seconds > 0 || own->weight_gradient_seconds > 0;

    if (plan->model != NULL)
        return (own->forward_seconds == 0 && own->backward_seconds == 0 && !has_parts &&
                own->boundary_bytes == 0 && own->parameter_bytes == 0 &&
                own->activation_bytes == 0) ||
               sim_fail(err,
                        "The workload says how long stages compute and how large they are: leave "
                        "out algorithm.forward_seconds, backward_seconds, "
                        "input_gradient_seconds, weight_gradient_seconds, boundary_bytes, "
                        "parameter_bytes and activation_bytes, or the workload.");
    if (own->stage_layers.count > 0)
        return sim_fail(err,
                        "algorithm.stage_layers speaks of the layers of a workload, and there is "
                        "none.");
    if (own->forward_seconds == 0)
        return sim_fail(err, "Say how long a stage computes: algorithm.forward_seconds and "
                             "algorithm.backward_seconds, or a workload with a model.");
    if (has_parts && own->backward_seconds > 0)
        return sim_fail(err,
                        "algorithm.backward_seconds is the whole of the backward pass: give it, or "
                        "its parts input_gradient_seconds and weight_gradient_seconds, not both.");
    if (!has_parts && own->backward_seconds == 0)
        return sim_fail(err, "algorithm.backward_seconds is missing, or its parts "
                             "input_gradient_seconds and weight_gradient_seconds.");
    return true;
}

static bool check_split(const struct sim_plan *plan, const struct schedule *schedule,
                        struct sim_error *err)
{
    const struct pipeline *own = plan->parameters;

    return !schedule->is_split || plan->model != NULL || own->backward_seconds == 0 ||
           sim_fail(err,
                    "%s splits the backward pass: give algorithm.input_gradient_seconds and "
                    "algorithm.weight_gradient_seconds instead of backward_seconds.",
                    plan->algorithm->name);
}

static bool check_replicas(const struct sim_plan *plan, const struct pipeline_kind *kind,
                           struct sim_error *err)
{
    const struct pipeline *own = plan->parameters;
    const struct sim_numbers *list = &own->replicas;

    for (int i = 0; i < list->count; i++)
        if (list->values[i] != floor(list->values[i]))
            return sim_fail(err, "algorithm.replicas: %g is no whole number.", list->values[i]);
    if (list->count > 1 && list->count != own->stages)
        return sim_fail(
            err,
            "algorithm.replicas lists %d numbers for %d stages: give one for each stage, "
            "or one for all.",
            list->count, own->stages);
    for (int i = 1; i < list->count && !kind->may_differ; i++)
        if (list->values[i] != list->values[0])
            return sim_fail(err,
                            "algorithm.replicas: in %s all stages have as many replicas; pipedream "
                            "lets them differ.",
                            plan->algorithm->name);
    return list->count > 0 || sim_fail(err, "algorithm.replicas is empty.");
}

/* ---- where messages go ---- */

struct places {
    int *of[2]; /* [forward or not][chunk x micro-batch]: the number of that message, by receiver */
    int *count_for; /* [workers] */
};

static size_t place_of(const struct schedule *schedule, const struct operation *operation)
{
    return (size_t)operation->chunk * (size_t)schedule->microbatches +
           (size_t)operation->microbatch;
}

/* The worker that waits for what this operation yields; -1: none, or itself. */
static int receiver(const struct schedule *schedule, int worker, const struct operation *operation)
{
    const int part = schedule_part(schedule, worker, operation);
    const int next = operation->kind == FORWARD ? part + 1 : part - 1;
    int to;

    if (operation->kind == WEIGHT_GRADIENT || next < 0 ||
        next == schedule->stages * schedule->chunks)
        return -1;
    to = schedule_worker(schedule, next, operation->microbatch);
    return to == worker ? -1 : to;
}

static int inbox_for(struct sim_arena *arena, struct worker *worker, int from)
{
    struct inbox *larger;

    for (int i = 0; i < worker->inbox_count; i++)
        if (worker->inboxes[i].from == from)
            return i;
    larger = sim_new(arena, struct inbox, (size_t)worker->inbox_count + 1);
    if (worker->inbox_count > 0)
        memcpy(larger, worker->inboxes, (size_t)worker->inbox_count * sizeof *larger);
    worker->inboxes = larger;
    larger[worker->inbox_count].from = from;
    return worker->inbox_count++;
}

/* In which place of its pair's messages each message is sent. */
static void number_messages(struct sim_arena *arena, struct layout *layout, struct places *all)
{
    const struct schedule *schedule = layout->schedule;
    const size_t room = (size_t)schedule->chunks * (size_t)schedule->microbatches;

    for (int w = 0; w < schedule->workers; w++) {
        struct worker *worker = &layout->workers[w];
        struct places *places = &all[w];

        places->of[0] = sim_new(arena, int, room);
        places->of[1] = sim_new(arena, int, room);
        places->count_for = sim_new(arena, int, (size_t)schedule->workers);
        for (int i = 0; i < worker->work_count; i++) {
            struct work *work = &worker->works[i];
            const int to = receiver(schedule, w, &work->operation);

            work->to = to;
            if (to < 0)
                continue;
            places->of[work->operation.kind == FORWARD][place_of(schedule, &work->operation)] =
                places->count_for[to]++;
            worker->sent_count++;
        }
    }
}

static void address_messages(struct sim_arena *arena, struct layout *layout,
                             const struct places *all)
{
    const struct schedule *schedule = layout->schedule;

    for (int w = 0; w < schedule->workers; w++) {
        struct worker *worker = &layout->workers[w];

        for (int i = 0; i < worker->work_count; i++) {
            struct work *work = &worker->works[i];
            enum operation_kind kind;
            const int part = schedule_source(schedule, w, &work->operation, &kind);
            const struct operation source = {(short)kind, (short)(part / schedule->stages),
                                             work->operation.microbatch};
            const int from =
                part < 0 ? w : schedule_worker(schedule, part, work->operation.microbatch);

            work->inbox = -1;
            if (from == w)
                continue;
            work->inbox = inbox_for(arena, worker, from);
            work->place = all[from].of[kind == FORWARD][place_of(schedule, &source)];
            worker->inboxes[work->inbox].count++;
        }
    }
}

static void lay_out(struct sim_arena *arena, struct layout *layout)
{
    const struct schedule *schedule = layout->schedule;
    struct places *places = sim_new(arena, struct places, (size_t)schedule->workers);

    layout->workers = sim_new(arena, struct worker, (size_t)schedule->workers);
    for (int w = 0; w < schedule->workers; w++) {
        const struct order *order = &schedule->orders[w];
        struct worker *worker = &layout->workers[w];

        worker->stage = schedule->stage_of[w];
        worker->replica = w - schedule->first_worker[worker->stage];
        worker->work_count = order->count;
        worker->works = sim_new(arena, struct work, (size_t)order->count + 1);
        for (int i = 0; i < order->count; i++)
            worker->works[i].operation = order->operations[i];
    }
    number_messages(arena, layout, places);
    address_messages(arena, layout, places);
}

static void group(struct sim_arena *arena, struct layout *layout)
{
    const struct schedule *schedule = layout->schedule;

    layout->replicas_of =
        sim_new(arena, struct sim_group, (size_t)(schedule->stages * layout->ranks));
    layout->ranks_of = sim_new(arena, struct sim_group, (size_t)schedule->workers);
    for (int s = 0; s < schedule->stages; s++)
        for (int t = 0; t < layout->ranks; t++) {
            int *peers = sim_new(arena, int, (size_t)schedule->replicas[s]);

            for (int r = 0; r < schedule->replicas[s]; r++)
                peers[r] = pipeline_peer(layout, schedule->first_worker[s] + r, t);
            layout->replicas_of[s * layout->ranks + t] =
                (struct sim_group){"replicas", schedule->replicas[s], peers};
        }
    for (int w = 0; w < schedule->workers; w++) {
        int *peers = sim_new(arena, int, (size_t)layout->ranks);

        for (int t = 0; t < layout->ranks; t++)
            peers[t] = pipeline_peer(layout, w, t);
        layout->ranks_of[w] = (struct sim_group){"ranks", layout->ranks, peers};
    }
}

/* ---- prepare ---- */

enum { MOST_OPERATIONS = 20 * 1000 * 1000 };

static struct schedule *open_schedule(const struct sim_plan *plan, const struct pipeline_kind *kind,
                                      struct sim_error *err)
{
    const struct pipeline *own = plan->parameters;
    const int chunks = kind->chunks == 0 ? 1 : kind->chunks;
    int *replicas = sim_new(plan->arena, int, (size_t)own->stages);
    double operations;

    for (int s = 0; s < own->stages; s++)
        replicas[s] = (int)own->replicas.values[own->replicas.count > 1 ? s : 0];
    operations = 3.0 * own->stages * chunks * own->microbatches * replicas[0];
    if (operations > MOST_OPERATIONS) {
        sim_fail(
            err,
            "%d stages x %d micro-batches x %d replicas are %.3g operations an iteration, more "
            "than the %d that a schedule may have.",
            own->stages, own->microbatches, replicas[0], operations, MOST_OPERATIONS);
        return NULL;
    }
    return schedule_new(plan->arena, own->stages, chunks, own->microbatches * replicas[0], replicas,
                        kind->is_split);
}

/* Every gradient is summed with those of as many micro-batches. */
static bool divides(const struct schedule *schedule, struct sim_error *err)
{
    for (int s = 0; s < schedule->stages; s++)
        if (schedule->microbatches % schedule->replicas[s] != 0)
            return sim_fail(err,
                            "%d micro-batches (microbatches x replicas of stage 0) cannot be dealt "
                            "evenly to the %d replicas of stage %d.",
                            schedule->microbatches, schedule->replicas[s], s);
    return true;
}

/* Can all those who sum do it in that way?  One alone sums nothing. */
static bool sums_fit(const struct pipeline *own, const struct schedule *schedule,
                     struct sim_error *err)
{
    const enum reduce_choice choice = (enum reduce_choice)own->allreduce;

    for (int s = 0; s < schedule->stages; s++)
        if (schedule->replicas[s] > 1 &&
            !reduce_fits(choice, schedule->replicas[s], own->members_per_node, err))
            return false;
    return own->tensor_width == 1 ||
           reduce_fits(choice, own->tensor_width, own->members_per_node, err);
}

bool pipeline_prepare(struct sim_plan *plan, const struct pipeline_kind *kind,
                      struct sim_error *err)
{
    const struct pipeline *own = plan->parameters;
    struct layout *layout = sim_new(plan->arena, struct layout, 1);
    struct schedule *schedule;

    plan->prepared = layout;
    if (!check_times(plan, err) || !check_replicas(plan, kind, err))
        return false;
    schedule = open_schedule(plan, kind, err);
    if (schedule == NULL || !divides(schedule, err))
        return false;
    if (kind->file != NULL) {
        if (!user_schedule_read(schedule, kind->file, err))
            return false;
    } else {
        schedule_write(schedule, kind->order);
    }
    if (!check_split(plan, schedule, err) || !schedule_check(schedule, err) ||
        !sums_fit(own, schedule, err))
        return false;
    layout->schedule = schedule;
    layout->ranks = own->tensor_width;
    layout->parts = schedule->stages * schedule->chunks;
    layout->part = sim_new(plan->arena, struct part, (size_t)layout->parts);
    layout->is_asynchronous = kind->is_asynchronous;
    lay_out(plan->arena, layout);
    group(plan->arena, layout);
    sim_cast(plan, "stage", schedule->workers * layout->ranks);
    layout->report = pipeline_report_open(plan);
    return pupil_prepare(plan, layout, &layout->learning, err);
}
