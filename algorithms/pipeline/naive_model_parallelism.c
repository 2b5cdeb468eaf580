/* naive_model_parallelism -- layers split over devices, one mini-batch at a time: only one device works at any moment.
 *
 * What pipelines are measured against (Huang et al., GPipe, NeurIPS 2019, section 2.2; Narayanan et al., PipeDream,
 * SOSP 2019, figure 2).  Closed forms: M mini-batches take M K (F+B) and 2M(K-1) hops; utilisation is 1/K.
 *
 * `microbatches` counts the mini-batches of an iteration.  A slow stage costs what it is slower; a dead one ends the
 * run. */
#include "algorithms/pipeline/shared/pipeline.h"

static const struct sim_parameter parameters[] = {
    PIPELINE_STAGES, PIPELINE_MICROBATCHES, PIPELINE_PARAMETERS, {0}};

static void order(const struct desk *desk)
{
    for (int m = 0; m < desk->count; m++) {
        schedule_add(desk, FORWARD, m, 0);
        schedule_add(desk, BACKWARD, m, 0);
    }
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    return pipeline_prepare(plan, &(struct pipeline_kind){.order = order}, err);
}

/* ---- laws ---- */

/* The next mini-batch may go forward as soon as its stage has gone backward, but stage 0 is the last to do so; each
 * stage's own time therefore lacks the way of the first mini-batch to it and of the last one from it. */
static double iteration(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);

    return own->microbatches * (own->stages * pipeline_work_seconds(plan) +
                                2 * (own->stages - 1) * pipeline_hop_seconds(plan));
}

static double utilisation(const struct sim_plan *plan)
{
    return pipeline_own(plan)->microbatches * pipeline_work_seconds(plan) / iteration(plan);
}

static double utilisation_of(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "utilisation");
}

static const struct sim_law laws[] = {
    PIPELINE_LAWS,
    {"seconds of an iteration", SIM_UNIT_SECONDS, "M (K(F+B) + 2(K-1) hop)", iteration,
     pipeline_iteration_seconds, .tolerance = 1e-9, .holds = pipeline_is_uniform,
     .assumes = "uniform stages given directly, equal hosts, network: textbook, no replicas, no "
                "jitter, no faults"},
    {"utilisation", SIM_UNIT_NONE, "M(F+B) / seconds of an iteration: 1/K without hops",
     utilisation, utilisation_of, .tolerance = 1e-6, .holds = pipeline_is_uniform,
     .assumes = "the same"},
    {0}};

SIM_ALGORITHM(naive_model_parallelism) = {
    .name = "naive_model_parallelism",
    .summary = "layers split over devices, one mini-batch at a time",
    .paper =
        "Huang et al., GPipe, NeurIPS 2019, section 2.2; Narayanan et al., PipeDream, SOSP 2019",
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
