/* one_f_one_b -- a pipeline with a flush whose stages take turns: one forward, one backward.
 *
 * Paper: Narayanan et al., Memory-efficient pipeline-parallel DNN training (PipeDream-Flush), ICML 2021; Narayanan et
 * al., Efficient large-scale language model training on GPU clusters using Megatron-LM, SC 2021 (section 2.2).
 *
 * Stage s begins with min(K-s-1, M) forwards, then alternates, then drains.  As long as gpipe without hops, but a
 * stage stores at most min(K-s, M) micro-batches.  With hops and K | M an iteration takes
 * (M+K-1)(F+B) + hop (2(K-1)M/K + 2(K-2)): each round of K micro-batches waits for the way there and back.
 *
 * A slow stage is waited for by all; a dead one ends the run. */
#include "algorithms/pipeline/shared/pipeline.h"

static const struct sim_parameter parameters[] = {
    PIPELINE_STAGES, PIPELINE_MICROBATCHES, PIPELINE_PARAMETERS, {0}};

static void order(const struct desk *desk)
{
    const int ahead = desk->stages - desk->stage - 1;
    const int warm_up = ahead < desk->count ? ahead : desk->count;

    for (int m = 0; m < warm_up; m++)
        schedule_add(desk, FORWARD, m, 0);
    for (int m = warm_up; m < desk->count; m++) {
        schedule_add(desk, FORWARD, m, 0);
        schedule_add(desk, BACKWARD, m - warm_up, 0);
    }
    for (int m = desk->count - warm_up; m < desk->count; m++)
        schedule_add(desk, BACKWARD, m, 0);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return pipeline_prepare(plan, &(struct pipeline_kind){.order = order}, err);
}

/* ---- laws ---- */

static double iteration(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);
    const double m = own->microbatches, k = own->stages, hop = pipeline_hop_seconds(plan);

    return (m + k - 1) * pipeline_work_seconds(plan) +
           (k > 1 ? hop * (2 * (k - 1) * m / k + 2 * (k - 2)) : 0);
}

/* A hop that is long beside F and B is not the only thing that a round waits for. */
static bool has_short_hops(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);
    const double hop = pipeline_hop_seconds(plan);

    return pipeline_is_uniform(plan) && (hop == 0 || own->microbatches % own->stages == 0) &&
           2 * hop <= own->forward_seconds &&
           2 * hop <= pipeline_work_seconds(plan) - own->forward_seconds;
}

static double bubble(const struct sim_plan *plan)
{
    return 1 - pipeline_own(plan)->microbatches * pipeline_work_seconds(plan) / iteration(plan);
}

static double peak(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);

    return own->microbatches < own->stages ? own->microbatches : own->stages;
}

static const struct sim_law laws[] = {
    PIPELINE_LAWS,
    {"seconds of an iteration", SIM_UNIT_SECONDS, "(M+K-1)(F+B) + hop (2(K-1)M/K + 2(K-2))",
     iteration, pipeline_iteration_seconds, .tolerance = 1e-9, .holds = has_short_hops,
     .assumes =
         "uniform stages given directly, equal hosts, network: textbook, hops of at most F/2 and "
         "B/2, K divides M where they take time, no replicas, no jitter, no faults"},
    {"bubble of the total", SIM_UNIT_NONE,
     "1 - M(F+B) / seconds of an iteration: (K-1)/(M+K-1) without hops", bubble, pipeline_bubble,
     .tolerance = 1e-6, .holds = has_short_hops, .assumes = "the same"},
    {"peak micro-batches", SIM_UNIT_NONE, "min(K, M)", peak, pipeline_peak_microbatches,
     .tolerance = 0},
    {0}};

SIM_ALGORITHM(one_f_one_b) = {
    .name = "one_f_one_b",
    .summary = "K stages that alternate forward and backward, with a flush",
    .paper = "Narayanan et al., Memory-efficient pipeline-parallel DNN training, ICML 2021",
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
