/* report.c -- what pipelines tell: each operation, each stage, and the bubble of the whole. */
#include "algorithms/pipeline/shared/pipeline.h"

#include "sim/base/whole.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* What a peer has spent in all iterations. */
struct spent {
    double compute_seconds, wait_seconds, reduce_seconds;
};

struct peer_report {
    struct spent spent, spent_before; /* until now, and when the iteration under way began */
    int iteration, turn;              /* its number, and its place among those that are done */
    bool has_begun;                   /* an operation of it */
    double began_at, ended_at;        /* of the iteration under way */
    double held_bytes, weight_bytes;  /* weights and what rests on them: all the time */
    int in_flight;
};

/* An iteration that was done, and those that went as it did. */
struct turn {
    double longest_seconds; /* of all peers */
    int repeats;
};

struct pipeline_report {
    int left;
    int64_t
        through; /* micro-batches that have gone backward through the last part, where weights change by that */
    double window_at, through_at;
    int worst_staleness;
    struct turn *turns;
    int turn_count, turn_room;
    struct peer_report *peers;
};

struct pipeline_report *pipeline_report_open(const struct sim_plan *plan)
{
    struct pipeline_report *report = sim_new(plan->arena, struct pipeline_report, 1);

    report->left = sim_role(plan, "stage")->size;
    report->peers = sim_new(plan->arena, struct peer_report, (size_t)report->left);
    return report;
}

/* ---- an iteration ---- */

static struct turn *next_turn(struct pipeline_report *report, struct sim_arena *arena)
{
    struct turn *larger;

    if (report->turn_count == report->turn_room) {
        report->turn_room = 2 * report->turn_room + 4;
        larger = sim_new(arena, struct turn, (size_t)report->turn_room);
        if (report->turn_count > 0)
            memcpy(larger, report->turns, (size_t)report->turn_count * sizeof *larger);
        report->turns = larger;
    }
    return &report->turns[report->turn_count++];
}

static void count_again(double *sum, double before, int times)
{
    *sum += times * (*sum - before);
}

void pipeline_tell_turn(struct sim_peer *me, const struct sim_turn *turn)
{
    struct pipeline_report *report = pipeline_layout(me->plan)->report;
    struct peer_report *peer = &report->peers[me->number];
    struct spent *spent = &peer->spent;

    if (turn->skipped > 0)
        report->turns[peer->turn].repeats = turn->skipped;
    count_again(&spent->compute_seconds, peer->spent_before.compute_seconds, turn->skipped);
    count_again(&spent->wait_seconds, peer->spent_before.wait_seconds, turn->skipped);
    count_again(&spent->reduce_seconds, peer->spent_before.reduce_seconds, turn->skipped);
    peer->spent_before = *spent;
    peer->turn += turn->number > 0;
    if (peer->turn == report->turn_count)
        *next_turn(report, me->plan->arena) = (struct turn){0};
    peer->iteration = turn->number;
    peer->has_begun = false;
}

/* ---- an operation ---- */

static const char *const kinds[] = {[FORWARD] = "forward",
                                    [BACKWARD] = "backward",
                                    [INPUT_GRADIENT] = "input_gradient",
                                    [WEIGHT_GRADIENT] = "weight_gradient",
                                    NULL};

static const char *const operation_columns[] = {"iteration",  "stage",         "replica",
                                                "rank",       "operation",     "chunk",
                                                "microbatch", "begin_seconds", NULL};
static const char *const *const operation_words[] = {NULL,  NULL, NULL, NULL,
                                                     kinds, NULL, NULL, NULL};
static const char *const stage_columns[] = {"stage",
                                            "replica",
                                            "rank",
                                            "first_layer",
                                            "last_layer",
                                            "compute_seconds",
                                            "wait_seconds",
                                            "reduce_seconds",
                                            "send_seconds",
                                            "peak_microbatches",
                                            "weight_bytes",
                                            "peak_memory_bytes",
                                            NULL};

static const char *const update_columns[] = {
    "stage", "replica", "microbatch", "version_met", "version_newest", "staleness", NULL};

const struct sim_table pipeline_tables[] = {
    {"operations",
     "when each operation began and (seconds) ended; of the first iteration, with "
     "--trace full of all",
     operation_columns, operation_words},
    {"stages", "what each stage did, all iterations together, and what its memory held at most",
     stage_columns, NULL},
    {"updates",
     "each update of a stage's weights without a flush: which version its gradient was "
     "computed with, and how many updates there were in between",
     update_columns, NULL},
    {PUPIL_TABLE, "the small model on samples that nobody learns from", pupil_columns, NULL},
    {0}};

static void hold(struct sim_peer *me, struct peer_report *report, double bytes)
{
    if (bytes == 0)
        return;
    report->held_bytes += bytes;
    sim_note(me, "memory_bytes", report->held_bytes);
    sim_note(me, "activation_bytes", report->held_bytes - report->weight_bytes);
}

/* What an operation took when it began is told at its end, just before what it lets go. */
static void tell_memory(struct sim_peer *me, struct peer_report *report, int worker,
                        const struct operation *operation)
{
    const int before = report->in_flight;

    report->in_flight += operation->kind == FORWARD;
    report->in_flight -= operation->kind == BACKWARD || operation->kind == INPUT_GRADIENT;
    if (report->in_flight != before)
        sim_note(me, "microbatches_in_flight", report->in_flight);
    hold(me, report, pipeline_taken_bytes(me->plan, worker, operation));
    hold(me, report, -pipeline_freed_bytes(me->plan, worker, operation));
}

void pipeline_tell_operation(struct sim_peer *me, const struct operation *operation,
                             double began_at, double waited_seconds)
{
    const struct layout *layout = pipeline_layout(me->plan);
    struct peer_report *report = &layout->report->peers[me->number];
    const int worker = me->number / layout->ranks;
    struct turn *turn = &layout->report->turns[report->turn];

    if (report->ended_at == 0) {
        report->held_bytes = report->weight_bytes = pipeline_static_bytes(me->plan, worker);
        sim_note(me, "weight_bytes", report->weight_bytes);
    }
    if (!report->has_begun)
        report->began_at = began_at;
    report->has_begun = true;
    report->ended_at = sim_now(me);
    turn->longest_seconds = fmax(turn->longest_seconds, report->ended_at - report->began_at);
    report->spent.compute_seconds += report->ended_at - began_at;
    report->spent.wait_seconds += waited_seconds;
    if (report->iteration > 0 && !me->plan->keeps_events)
        return;
    sim_row(me, "operations",
            (const double[]){report->iteration, layout->workers[worker].stage,
                             layout->workers[worker].replica, me->number % layout->ranks,
                             operation->kind, operation->chunk, operation->microbatch, began_at});
    tell_memory(me, report, worker, operation);
}

void pipeline_tell_reduced(struct sim_peer *me, double seconds)
{
    pipeline_layout(me->plan)->report->peers[me->number].spent.reduce_seconds += seconds;
}

/* ---- weights ---- */

void pipeline_tell_update(struct sim_peer *me, int64_t microbatch, int met, int newest)
{
    const struct layout *layout = pipeline_layout(me->plan);
    const struct worker *worker = &layout->workers[me->number / layout->ranks];

    if (newest - met > layout->report->worst_staleness)
        layout->report->worst_staleness = newest - met;
    if (!layout->is_asynchronous || me->number % layout->ranks != 0)
        return;
    if (pipeline_own(me->plan)->weights !=
        WEIGHTS_NEWEST) /* from that which is taken leave of to the newest */
        sim_note(me, "weight_versions", newest - met + 1);
    sim_row(me, "updates",
            (const double[]){worker->stage, worker->replica, (double)microbatch, met, newest,
                             newest - met});
}

void pipeline_tell_through(struct sim_peer *me)
{
    const struct layout *layout = pipeline_layout(me->plan);
    struct pipeline_report *report = layout->report;
    const int64_t all = (int64_t)layout->schedule->microbatches * me->plan->iterations;

    if (me->number % layout->ranks != 0 || !(layout->is_asynchronous || layout->learning != NULL))
        return;
    sim_let_time_pass(me); /* it counts, and looks at, what all have done by now */
    report->through++;
    if (report->through == all - pipeline_window(layout->schedule))
        report->window_at = sim_now(me);
    report->through_at = sim_now(me);
    if (layout->learning != NULL && report->through < all)
        pupil_tell(me, layout->learning, report->through, false);
}

int pipeline_window(const struct schedule *schedule)
{
    const int half = schedule->microbatches / 2;
    int round = 1;

    for (int w = 0; w < schedule->workers && round <= half; w++)
        round = sim_least_multiple(sim_least_multiple(round, schedule_peak(schedule, w)),
                                   schedule->replicas[schedule->stage_of[w]]);
    assert(round > 0); /* every worker has one in flight at least */
    return round <= half ? half / round * round : half;
}

/* ---- a stage ---- */

/* What its messages of one iteration need on their way, each alone. */
static double sending_seconds(const struct sim_peer *me)
{
    const struct layout *layout = pipeline_layout(me->plan);
    const int own = me->number / layout->ranks, rank = me->number % layout->ranks;
    const struct worker *worker = &layout->workers[own];
    double seconds = 0;

    for (int i = 0; i < worker->work_count; i++) {
        const struct work *work = &worker->works[i];
        const int part = schedule_part(layout->schedule, own, &work->operation);
        const int cut = work->operation.kind == FORWARD ? part : part - 1;

        if (work->to >= 0)
            seconds +=
                sim_alone_seconds(me->plan, me->number, pipeline_peer(layout, work->to, rank),
                                  layout->part[cut].boundary_bytes);
    }
    return seconds;
}

static void tell_stage(struct sim_peer *me)
{
    const struct layout *layout = pipeline_layout(me->plan);
    const struct peer_report *report = &layout->report->peers[me->number];
    const int own = me->number / layout->ranks;
    const struct worker *worker = &layout->workers[own];
    const struct part *first = &layout->part[worker->stage];
    const bool has_layers = me->plan->model != NULL && layout->parts == layout->schedule->stages;
    const double sent = sending_seconds(me) * me->plan->iterations;
    const double peak_bytes = pipeline_peak_bytes(me->plan, own);

    sim_row(me, "stages",
            (const double[]){worker->stage, worker->replica, me->number % layout->ranks,
                             has_layers ? first->first_layer : NAN,
                             has_layers ? first->last_layer : NAN, report->spent.compute_seconds,
                             report->spent.wait_seconds, report->spent.reduce_seconds, sent,
                             schedule_peak(layout->schedule, own),
                             pipeline_static_bytes(me->plan, own), peak_bytes});
    sim_note(me, "peak_memory_bytes", peak_bytes);
}

/* ---- the whole ---- */

/* Without a flush: from one minibatch to the next at the last stage, late in the run; its first half is the way to the
 * steady state. */
static void tell_steady_state(struct sim_peer *me)
{
    const struct layout *layout = pipeline_layout(me->plan);
    const struct pipeline_report *report = layout->report;
    const struct pipeline *own = me->parameters;
    const int window = pipeline_window(layout->schedule);
    const double seconds = window > 0 ? (report->through_at - report->window_at) / window : 0;

    sim_note(me, "minibatch_seconds", seconds);
    sim_note(me, "worst_staleness", report->worst_staleness);
    if (own->predicted_seconds > 0) {
        sim_note(me, "predicted_minibatch_seconds", own->predicted_seconds);
        sim_note(me, "prediction_error", own->predicted_seconds / seconds - 1);
    }
}

/* bubble_of_total = (cost - ideal) / cost, bubble_of_ideal = (cost - ideal) / ideal: cost is the longest time of a
 * stage from its first operation to its last, ideal the mean over stages of the time in which they compute. */
static void tell_all(struct sim_peer *me)
{
    const struct layout *layout = pipeline_layout(me->plan);
    const struct schedule *schedule = layout->schedule;
    const char *text = schedule_text(schedule);
    const int peers = schedule->workers * layout->ranks, iterations = me->plan->iterations;
    double cost = 0, ideal = 0, peak_bytes = 0;
    int peak = 0;

    for (int t = 0; t < layout->report->turn_count; t++)
        cost += (1 + layout->report->turns[t].repeats) * layout->report->turns[t].longest_seconds /
                iterations;
    for (int p = 0; p < peers; p++)
        ideal += layout->report->peers[p].spent.compute_seconds / peers / iterations;
    for (int w = 0; w < schedule->workers; w++) {
        peak = schedule_peak(schedule, w) > peak ? schedule_peak(schedule, w) : peak;
        peak_bytes = fmax(peak_bytes, pipeline_peak_bytes(me->plan, w));
    }
    sim_note(me, "iteration_seconds", cost);
    sim_note(me, "bubble_of_total", cost > 0 ? (cost - ideal) / cost : 0);
    sim_note(me, "bubble_of_ideal", ideal > 0 ? (cost - ideal) / ideal : 0);
    sim_note(me, "utilisation", cost > 0 ? ideal / cost : 1);
    sim_note(me, "peak_microbatches", peak);
    sim_note(me, "peak_memory_bytes", peak_bytes); /* of all, after each peer's own */
    sim_note(me, "microbatches_per_second",
             (double)schedule->microbatches * iterations / sim_now(me));
    if (me->plan->model != NULL)
        sim_note(me, "samples_per_second",
                 (double)schedule->microbatches * me->plan->batch * iterations / sim_now(me));
    sim_output(me, "schedule.txt", text, strlen(text));
    if (layout->is_asynchronous)
        tell_steady_state(me);
    if (layout->learning != NULL)
        pupil_tell(me, layout->learning, layout->report->through, true);
}

void pipeline_tell_end(struct sim_peer *me)
{
    struct pipeline_report *report = pipeline_layout(me->plan)->report;

    sim_let_time_pass(me);
    tell_stage(me);
    if (--report->left == 0)
        tell_all(me);
}
