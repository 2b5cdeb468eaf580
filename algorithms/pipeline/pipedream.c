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
 * Closed forms: in the steady state a minibatch takes as long as the slowest stage, max_s (F_s + B_s) / R_s, or, where
 * hops are long, as the way of one from a stage to the last and back over those that the stage has in flight; a stage
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
    {SIM_COUNT(struct pipeline, microbatches), SIM_DEFAULT("32", SIM_TEACHING), .least = 1,
     .most = 1 << 20, .help = "M, the minibatches of the run, for each replica of stage 0"},
    {SIM_CHOICE(struct pipeline, weights),
     SIM_DEFAULT("stashing", "Narayanan et al. 2019: weight stashing"),
     .choices = pipeline_weights_choices,
     .help = "which version of the weights a minibatch meets: that of its forward pass on each "
             "stage, that of stage 0, or the newest"},
    {SIM_SECONDS(struct pipeline, predicted_seconds), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,
     .most = 1e9,
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

/* What the closed forms of the steady state assume in any case. */
static bool is_plain(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);
    const struct layout *layout = pipeline_layout(plan);

    return sim_has_own_hosts(plan) && plan->is_undisturbed && plan->is_alone &&
           plan->network_is_textbook && layout->ranks == 1 && own->compute_jitter == 0 &&
           layout->schedule->microbatches >=
               8 * noam(layout->schedule) * layout->schedule->replicas[0] &&
           pipeline_window(layout->schedule) % noam(layout->schedule) == 0;
}

/* From the last worker of a stage to the first of the next. */
static double hop_behind(const struct sim_plan *plan, int stage)
{
    const struct schedule *schedule = pipeline_layout(plan)->schedule;
    const int64_t bytes = pipeline_layout(plan)->part[stage].boundary_bytes;
    double longest = pipeline_own(plan)->hop_seconds;

    for (int r = 0; r < schedule->replicas[stage]; r++)
        for (int o = 0; o < schedule->replicas[stage + 1]; o++)
            longest =
                fmax(longest, sim_alone_seconds(plan, schedule->first_worker[stage] + r,
                                                schedule->first_worker[stage + 1] + o, bytes));
    return longest;
}

/* Without replicas, with any hops; or with replicas, if neither hops nor sums take time. */
static bool has_steady_state(const struct sim_plan *plan)
{
    const struct layout *layout = pipeline_layout(plan);
    const struct schedule *schedule = layout->schedule;
    bool holds = is_plain(plan);

    for (int s = 0; s < schedule->stages && holds && schedule->workers > schedule->stages; s++)
        holds = (schedule->replicas[s] == 1 || layout->part[s].parameter_bytes == 0) &&
                (s + 1 == schedule->stages || hop_behind(plan, s) == 0);
    return holds;
}

static double both_seconds(const struct sim_plan *plan, int worker)
{
    return pipeline_operation_seconds(plan, worker, &(struct operation){FORWARD, 0, 0}) +
           pipeline_operation_seconds(plan, worker, &(struct operation){BACKWARD, 0, 0});
}

/* Stage s has `flight` minibatches under way, each of which comes back after F and B of all stages behind it and two
 * hops for each; and no stage is faster than its own F and B. */
static double steady_seconds(const struct sim_plan *plan)
{
    const struct schedule *schedule = pipeline_layout(plan)->schedule;
    double slowest = 0, way = 0;

    for (int w = 0; w < schedule->workers; w++)
        slowest = fmax(slowest, both_seconds(plan, w) / schedule->replicas[schedule->stage_of[w]]);
    for (int s = schedule->stages - 1; s >= 0 && schedule->workers == schedule->stages; s--) {
        way += both_seconds(plan, s) + (s + 1 < schedule->stages ? 2 * hop_behind(plan, s) : 0);
        slowest = fmax(slowest, way / (warm_up_of(schedule, s) + 1));
    }
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
    {"seconds of a minibatch in the steady state", SIM_UNIT_SECONDS,
     "max over stages of (F+B)/R, and of the way there and back / minibatches in flight",
     steady_seconds, minibatch_seconds, .tolerance = 1e-9, .holds = has_steady_state,
     .assumes = "network: textbook, transfers alone on their links, M >= 8 NOAM, no jitter, no "
                "faults; with "
                "replicas, hops and sums that take no time"},
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
