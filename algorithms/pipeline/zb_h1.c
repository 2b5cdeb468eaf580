/* zb_h1 -- zero bubble, with the memory of 1F1B: W, the gradient of the weights, fills what was the bubble.
 *
 * Paper: Qi et al., Zero bubble pipeline parallelism, ICLR 2024 (section 2.3, figure 2).
 *
 * The order is that of 1F1B with the backward pass split in B (gradient of the input), on which the stage before
 * waits, and W, on which nobody does; stage s does W of micro-batch j - s after B of j, the rest at the end.  An
 * iteration takes M(F+B+W) + (K-1)(F+B-W) without hops (M >= K), and 4(K-1) hops more with them (M >= 2K): the first
 * round of micro-batches waits for them there and back, and so does the second.  A stage stores at most K.
 *
 * K counts the stages.  A slow stage is waited for by all; a dead one ends the run.
 * Not modelled: that steps of the optimizer are validated afterwards (section 4): no stage waits for the others'. */
#include "algorithms/pipeline/shared/pipeline.h"

static const struct sim_parameter parameters[] = {
    PIPELINE_STAGES, PIPELINE_MICROBATCHES, PIPELINE_PARAMETERS, {0}};

static void order(const struct desk *desk)
{
    const int ahead = desk->stages - desk->stage - 1, late = desk->stage;
    const int warm_up = ahead < desk->count ? ahead : desk->count;
    int weights = 0;

    for (int m = 0; m < warm_up; m++)
        schedule_add(desk, FORWARD, m, 0);
    for (int j = 0; j < desk->count; j++) {
        if (warm_up + j < desk->count)
            schedule_add(desk, FORWARD, warm_up + j, 0);
        schedule_add(desk, INPUT_GRADIENT, j, 0);
        if (j >= late)
            schedule_add(desk, WEIGHT_GRADIENT, weights++, 0);
    }
    while (weights < desk->count)
        schedule_add(desk, WEIGHT_GRADIENT, weights++, 0);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return pipeline_prepare(plan, &(struct pipeline_kind){.order = order, .is_split = true}, err);
}

/* ---- laws ---- */

static double iteration(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);

    return own->microbatches * pipeline_work_seconds(plan) +
           (own->stages - 1) * (own->forward_seconds + own->input_gradient_seconds -
                                own->weight_gradient_seconds + 4 * pipeline_hop_seconds(plan));
}

/* W is not so long, nor are hops, that stages wait for more than the formula says. */
static bool is_even(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);
    const double hop = pipeline_hop_seconds(plan);

    return pipeline_is_uniform(plan) && own->recompute == PIPELINE_NO &&
           own->microbatches >= (hop > 0 ? 2 : 1) * own->stages &&
           2 * hop <= own->weight_gradient_seconds &&
           own->weight_gradient_seconds <= own->forward_seconds &&
           own->weight_gradient_seconds <= own->input_gradient_seconds;
}

static double peak(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);

    return own->microbatches < own->stages ? own->microbatches : own->stages;
}

static const struct sim_law laws[] = {
    PIPELINE_LAWS,
    {"seconds of an iteration", SIM_UNIT_SECONDS, "M(F+B+W) + (K-1)(F+B-W+4 hop)", iteration,
     pipeline_iteration_seconds, .tolerance = 1e-9, .holds = is_even,
     .assumes =
         "uniform stages given directly, W at most F and B, M >= K (2K where hops take time), hops "
         "of at most W/2, equal hosts, network: textbook, no replicas, no jitter, no faults"},
    {"peak micro-batches", SIM_UNIT_NONE, "min(K, M)", peak, pipeline_peak_microbatches,
     .tolerance = 0},
    {0}};

SIM_ALGORITHM(zb_h1) = {
    .name = "zb_h1",
    .summary = "1F1B with the backward pass split, so that weight gradients fill the bubble",
    .paper = "Qi et al., Zero bubble pipeline parallelism, ICLR 2024",
    .counts = "K stages, each a worker",
    .parameters_size = sizeof(struct pipeline),
    .parameters = parameters,
    .roles = pipeline_roles,
    .laws = laws,
    .tables = pipeline_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
    .placed = pipeline_placed,
};
