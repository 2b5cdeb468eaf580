/* gpipe -- all micro-batches forward, then all backward, then a step: a pipeline with a flush.
 *
 * Paper: Huang et al., GPipe: efficient training of giant neural networks using pipeline parallelism, NeurIPS 2019
 * (section 2.2 for the schedule, 2.3 for re-materialization and the bubble).
 *
 * Closed forms: an iteration takes (M+K-1)(F+B) and 2(K-1) hops; without hops the bubble is (K-1)/(M+K-1) of the
 * total and (K-1)/M of the ideal.  A stage stores M micro-batches at its peak; with recompute only their inputs, and
 * one whole, and B is F + B.
 *
 * K counts the stages; backward passes go from the last micro-batch to the first.
 * Not modelled: batch normalisation over micro-batches, the step of the optimizer.
 * A slow stage is waited for by all, in every micro-batch; a dead one ends the run. */
#include "algorithms/pipeline/shared/pipeline.h"

static const struct sim_parameter parameters[] = {
    PIPELINE_STAGES, PIPELINE_MICROBATCHES, PIPELINE_PARAMETERS, {0}};

static void order(const struct desk *desk)
{
    for (int m = 0; m < desk->count; m++)
        schedule_add(desk, FORWARD, m, 0);
    for (int m = desk->count - 1; m >= 0; m--)
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

    return (own->microbatches + own->stages - 1) * pipeline_work_seconds(plan) +
           2 * (own->stages - 1) * pipeline_hop_seconds(plan);
}

static double bubble(const struct sim_plan *plan)
{
    return 1 - pipeline_own(plan)->microbatches * pipeline_work_seconds(plan) / iteration(plan);
}

static double peak(const struct sim_plan *plan)
{
    return pipeline_own(plan)->microbatches;
}

static const struct sim_law laws[] = {
    PIPELINE_LAWS,
    {"seconds of an iteration", SIM_UNIT_SECONDS, "(M+K-1)(F+B) + 2(K-1) hop", iteration,
     pipeline_iteration_seconds, .tolerance = 1e-9, .holds = pipeline_is_uniform,
     .assumes = "uniform stages given directly, equal hosts, network: textbook, no replicas, no "
                "jitter, no faults"},
    {"bubble of the total", SIM_UNIT_NONE,
     "1 - M(F+B) / seconds of an iteration: (K-1)/(M+K-1) without hops", bubble, pipeline_bubble,
     .tolerance = 1e-6, .holds = pipeline_is_uniform, .assumes = "the same"},
    {"peak micro-batches", SIM_UNIT_NONE, "M", peak, pipeline_peak_microbatches, .tolerance = 0},
    {0}};

SIM_ALGORITHM(gpipe) = {
    .name = "gpipe",
    .summary = "K stages, all micro-batches forward, then all backward, then a step",
    .paper = "Huang et al., GPipe: efficient training of giant neural networks using pipeline "
             "parallelism, NeurIPS 2019",
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
