/* pipedream -- asynchronous 1F1B: no flush; every backward pass is followed by an update, and older weights are stashed
 * for the micro-batches that met them.
 *
 * Paper: Narayanan et al., PipeDream: generalized pipeline parallelism for DNN training, SOSP 2019 (section 3.2 for
 * 1F1B and its round robin over replicas, 3.3 for weight stashing and vertical sync).
 *
 * A stage with R replicas gives minibatch b to replica b mod R, forward and backward.  A stage begins with
 * floor((W_s - 1) / R_s) forwards, W_s the workers from this stage to the last, then alternates one forward and one
 * backward, then drains; so NOAM = ceil(W / R_0) minibatches are under way for each replica of the input stage.
 *
 * Closed forms: in the steady state a minibatch takes as long as the slowest stage, max_s (F_s + B_s) / R_s; a stage
 * holds one version of its weights for each minibatch that it has in flight; the gradient of stage s of K is
 * K - s - 1 updates old.
 *
 * M counts the minibatches of the run, for each replica of the input stage: there are no iterations, since nothing
 * flushes.  Replicas sum the gradients of a round; with overlap: yes beside the next forward pass.
 * A slow stage sets the pace of all; a dead one, or a dead replica, ends the run. */
#include "algorithms/pipeline/shared/pipeline.h"

#include <math.h>

static const struct sim_parameter parameters[] = {
    PIPELINE_STAGES,
    {SIM_COUNT(struct pipeline, microbatches), .value = "32", .least = 1, .most = 1 << 20,
     .help = "M, the minibatches of the run, for each replica of stage 0"},
    {SIM_CHOICE(struct pipeline, weights), .value = "stashing", .choices = pipeline_weights_choices,
     .help = "which version of the weights a minibatch meets: that of its forward pass on each "
             "stage, that of stage 0, or the newest"},
    {SIM_SECONDS(struct pipeline, predicted_seconds), .value = "0", .least = 0, .most = 1e9,
     .help = "what a planner promised for a minibatch, to stand beside what is simulated"},
    PIPELINE_PARAMETERS,
    {0}};

static int warm_up_of(const struct schedule *schedule, int stage)
{
    return (schedule->workers - schedule->first_worker[stage] - 1) / schedule->replicas[stage];
}

static void order(const struct desk *desk)
{
    const int ahead = warm_up_of(desk->schedule, desk->stage);
    const int warm_up = ahead < desk->count ? ahead : desk->count;

    for (int m = 0; m < warm_up; m++)
        schedule_add(desk, FORWARD, m, 0);
    for (int m = 0; m < desk->count; m++) {
        if (warm_up + m < desk->count)
            schedule_add(desk, FORWARD, warm_up + m, 0);
        schedule_add(desk, BACKWARD, m, 0);
    }
}

static int noam(const struct schedule *schedule)
{
    return warm_up_of(schedule, 0) + 1;
}

/* Weights in memory: those of all minibatches in flight, unless nobody asks for older ones. */
static int *versions_of(const struct sim_plan *plan, const struct schedule *schedule)
{
    const struct pipeline *own = plan->parameters;
    int *versions = sim_new(plan->arena, int, (size_t)schedule->stages);

    for (int s = 0; s < schedule->stages; s++)
        versions[s] = own->weights == WEIGHTS_NEWEST          ? 1
                      : own->weights == WEIGHTS_VERTICAL_SYNC ? noam(schedule)
                                                              : warm_up_of(schedule, s) + 1;
    return versions;
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct pipeline_kind kind = {.order = order, .is_asynchronous = true, .may_differ = true};
    struct layout *layout;

    if (plan->iterations != 1)
        return sim_fail(err,
                        "pipedream never flushes, so there are no iterations: leave them out, and "
                        "give algorithm.microbatches as many minibatches as shall pass.");
    if (!pipeline_prepare(plan, &kind, err))
        return false;
    layout = sim_new(plan->arena, struct layout, 1);
    *layout = *pipeline_layout(plan);
    layout->versions = versions_of(plan, layout->schedule);
    plan->prepared = layout;
    return true;
}

/* ---- laws ---- */

static bool has_steady_state(const struct sim_plan *plan)
{
    const struct layout *layout = pipeline_layout(plan);
    const struct schedule *schedule = layout->schedule;
    bool is_free = sim_has_own_hosts(plan) && plan->is_undisturbed && plan->is_alone &&
                   plan->network_is_textbook && layout->ranks == 1 &&
                   ((const struct pipeline *)plan->parameters)->compute_jitter == 0 &&
                   ((const struct pipeline *)plan->parameters)->hop_seconds == 0 &&
                   schedule->microbatches >= 8 * noam(schedule) * schedule->replicas[0];

    for (int s = 0; s < schedule->stages && is_free; s++)
        is_free = schedule->replicas[s] == 1 || layout->part[s].parameter_bytes == 0;
    for (int w = 0; w < schedule->workers && is_free; w++)
        for (int o = 0; o < schedule->workers && is_free; o++)
            is_free = schedule->stage_of[o] != schedule->stage_of[w] + 1 ||
                      sim_alone_seconds(plan, w, o,
                                        layout->part[schedule->stage_of[w]].boundary_bytes) == 0;
    return is_free;
}

static double slowest_stage(const struct sim_plan *plan)
{
    const struct schedule *schedule = pipeline_layout(plan)->schedule;
    double slowest = 0;

    for (int w = 0; w < schedule->workers; w++)
        slowest = fmax(slowest,
                       (pipeline_operation_seconds(plan, w, &(struct operation){FORWARD, 0, 0}) +
                        pipeline_operation_seconds(plan, w, &(struct operation){BACKWARD, 0, 0})) /
                           schedule->replicas[schedule->stage_of[w]]);
    return slowest;
}

static double minibatch_seconds(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "minibatch_seconds");
}

/* On the worker that holds most: where replicas differ, that need not be stage 0's. */
static double in_flight(const struct sim_plan *plan)
{
    const struct schedule *schedule = pipeline_layout(plan)->schedule;
    double most = 0;

    for (int s = 0; s < schedule->stages; s++)
        most = fmax(most, fmin(warm_up_of(schedule, s) + 1.0,
                               (double)schedule->microbatches / schedule->replicas[s]));
    return most;
}

static bool is_straight(const struct sim_plan *plan)
{
    const struct schedule *schedule = pipeline_layout(plan)->schedule;

    return schedule->workers == schedule->stages &&
           ((const struct pipeline *)plan->parameters)->weights != WEIGHTS_VERTICAL_SYNC;
}

static double oldest(const struct sim_plan *plan)
{
    return in_flight(plan) - 1;
}

static double worst_staleness(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "worst_staleness");
}

static const struct sim_law laws[] = {
    PIPELINE_LAWS,
    {"seconds of a minibatch in the steady state", SIM_UNIT_SECONDS, "max over stages (F+B)/R",
     slowest_stage, minibatch_seconds, .tolerance = 1e-9, .holds = has_steady_state,
     .assumes = "network: textbook, hops and sums of gradients that take no time, M >= 8 NOAM, no "
                "jitter, no faults"},
    {"minibatches in flight", SIM_UNIT_NONE, "NOAM = ceil(workers / replicas of stage 0)",
     in_flight, pipeline_peak_microbatches, .tolerance = 0},
    {"age of the oldest gradient, in updates", SIM_UNIT_NONE, "K - 1", oldest, worst_staleness,
     .tolerance = 0, .holds = is_straight, .assumes = "no replicas, weights: stashing or newest"},
    {0}};

SIM_ALGORITHM(pipedream) = {
    .name = "pipedream",
    .summary = "asynchronous 1F1B with weight stashing, over replicated stages, without a flush",
    .paper = "Narayanan et al., PipeDream: generalized pipeline parallelism for DNN training, SOSP "
             "2019",
    .counts = "K stages of R_s replicas, each a worker",
    .parameters_size = sizeof(struct pipeline),
    .parameters = parameters,
    .roles = pipeline_roles,
    .laws = laws,
    .tables = pipeline_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
    .placed = pipeline_placed,
};
