/* zb_h2 -- zero bubble: twice the memory of 1F1B, and next to no bubble.
 *
 * Paper: Qi et al., Zero bubble pipeline parallelism, ICLR 2024 (section 2.3, figure 3).
 *
 * Stage s begins with min(2(K-s)-1, M) forwards; then B of micro-batch j, W of j - 2s, and the next forward.  With
 * enough micro-batches an iteration takes M(F+B+W) + (K-1)(F+B-2W) and 2(K-1) hops, and a stage stores at most 2K-1
 * micro-batches.
 *
 * K counts the stages.  A slow stage is waited for by all; a dead one ends the run.
 * Not modelled: that steps of the optimizer are validated afterwards (section 4): no stage waits for the others'. */
#include "algorithms/pipeline/shared/pipeline.h"

static const struct sim_parameter parameters[] = {
    PIPELINE_STAGES, PIPELINE_MICROBATCHES, PIPELINE_PARAMETERS, {0}};

static void order(const struct desk *desk)
{
    const int ahead = 2 * (desk->stages - desk->stage) - 1, late = 2 * desk->stage;
    const int warm_up = ahead < desk->count ? ahead : desk->count;
    int weights = 0;

    for (int m = 0; m < warm_up; m++)
        schedule_add(desk, FORWARD, m, 0);
    for (int j = 0; j < desk->count; j++) {
        schedule_add(desk, INPUT_GRADIENT, j, 0);
        if (j >= late)
            schedule_add(desk, WEIGHT_GRADIENT, weights++, 0);
        if (warm_up + j < desk->count)
            schedule_add(desk, FORWARD, warm_up + j, 0);
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
                                2 * own->weight_gradient_seconds + 2 * pipeline_hop_seconds(plan));
}

/* W is not so long, nor are hops, that stages wait for more than the formula says. */
static bool is_even(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);

    return pipeline_is_uniform(plan) && own->recompute == PIPELINE_NO &&
           own->microbatches >= 2 * own->stages - 1 &&
           pipeline_hop_seconds(plan) <= own->weight_gradient_seconds &&
           own->weight_gradient_seconds <= own->forward_seconds &&
           own->weight_gradient_seconds <= own->input_gradient_seconds;
}

static double peak(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);
    const int most = 2 * own->stages - 1;

    return own->microbatches < most ? own->microbatches : most;
}

static const struct sim_law laws[] = {
    PIPELINE_LAWS,
    {"seconds of an iteration", SIM_UNIT_SECONDS, "M(F+B+W) + (K-1)(F+B-2W+2 hop)", iteration,
     pipeline_iteration_seconds, .tolerance = 1e-9, .holds = is_even,
     .assumes =
         "uniform stages given directly, W at most F and B, M >= 2K-1, hops of at most W, equal "
         "hosts, network: textbook, no replicas, no jitter, no faults"},
    {"peak micro-batches", SIM_UNIT_NONE, "min(2K-1, M)", peak, pipeline_peak_microbatches,
     .tolerance = 0},
    {0}};

SIM_ALGORITHM(zb_h2) = {
    .name = "zb_h2",
    .summary = "split backward pass and early forwards: next to no bubble for twice the memory",
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
