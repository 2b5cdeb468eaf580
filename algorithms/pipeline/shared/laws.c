/* laws.c -- closed forms that pipelines share, and what they assume. */
#include "algorithms/pipeline/shared/pipeline.h"

#include <math.h>

/* ---- the longest way ---- */

static double operation_seconds(const void *context, int worker, const struct operation *operation)
{
    return pipeline_operation_seconds(context, worker, operation);
}

/* Parts do not matter but for their boundary: neighbours in the ring of stages have one size of it, or the law says
 * nothing (see same_boundaries). */
static double hop_between(const void *context, int from, int to, bool is_gradient)
{
    const struct sim_plan *plan = context;
    const struct layout *layout = pipeline_layout(plan);
    const struct pipeline *own = plan->parameters;
    const int cut = layout->schedule->stage_of[is_gradient ? to : from];

    return fmax(own->hop_seconds,
                sim_alone_seconds(plan, pipeline_peer(layout, from, 0),
                                  pipeline_peer(layout, to, 0), layout->part[cut].boundary_bytes));
}

static bool same_boundaries(const struct layout *layout)
{
    const int stages = layout->schedule->stages;

    for (int v = stages; v + 1 < layout->parts; v++)
        if (layout->part[v].boundary_bytes != layout->part[v % stages].boundary_bytes)
            return false;
    return true;
}

static struct schedule_times times_of(const struct sim_plan *plan)
{
    const struct schedule_costs costs = {operation_seconds, hop_between, plan};

    return schedule_time(pipeline_layout(plan)->schedule, &costs, plan->iterations);
}

double pipeline_law_seconds(const struct sim_plan *plan)
{
    return times_of(plan).seconds;
}

static bool has_replicas(const struct layout *layout)
{
    return layout->schedule->workers > layout->schedule->stages;
}

bool pipeline_law_seconds_hold(const struct sim_plan *plan)
{
    const struct pipeline *own = plan->parameters;
    const struct layout *layout = pipeline_layout(plan);

    return plan->network_is_textbook && plan->is_alone && plan->is_undisturbed &&
           sim_has_own_hosts(plan) && !has_replicas(layout) && layout->ranks == 1 &&
           own->compute_jitter == 0 && same_boundaries(layout);
}

/* ---- bytes ---- */

double pipeline_law_bytes(const struct sim_plan *plan)
{
    const struct layout *layout = pipeline_layout(plan);
    const struct schedule *schedule = layout->schedule;
    double bytes = 0;

    for (int v = 0; v < layout->parts; v++) {
        const int replicas = schedule->replicas[v % schedule->stages];
        /* asynchronous: as many sums as a replica has backward passes */
        const double sums = layout->is_asynchronous ? (double)schedule->microbatches / replicas : 1;

        if (schedule->stages > 1)
            bytes += 2.0 * schedule->microbatches * (double)layout->part[v].boundary_bytes;
        bytes += sums * 2.0 * (replicas - 1) * (double)layout->part[v].parameter_bytes;
    }
    return bytes * plan->iterations;
}

bool pipeline_law_bytes_hold(const struct sim_plan *plan)
{
    const struct pipeline *own = plan->parameters;
    const struct layout *layout = pipeline_layout(plan);

    for (int s = 0; s < own->stages; s++)
        if (!reduce_is_optimal((enum reduce_choice)own->allreduce, layout->schedule->replicas[s]))
            return false;
    return sim_has_own_hosts(plan) && layout->ranks == 1;
}

/* ---- what closed forms are made of ---- */

double pipeline_work_seconds(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);

    return own->forward_seconds + own->backward_seconds + own->input_gradient_seconds +
           own->weight_gradient_seconds +
           (own->recompute == PIPELINE_YES ? own->forward_seconds : 0);
}

double pipeline_iteration_seconds(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "iteration_seconds");
}

double pipeline_peak_microbatches(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "peak_microbatches");
}

double pipeline_bubble(const struct sim_totals *totals)
{
    return sim_largest_metric(totals, "bubble_of_total");
}

/* ---- assumptions ---- */

bool pipeline_is_uniform(const struct sim_plan *plan)
{
    const struct layout *layout = pipeline_layout(plan);
    const int peers = layout->schedule->workers * layout->ranks;
    double hop;

    if (plan->model != NULL || !pipeline_law_seconds_hold(plan))
        return false;
    for (int p = 1; p < peers; p++)
        if (sim_seconds_on(plan, p, 1) != sim_seconds_on(plan, 0, 1))
            return false;
    if (peers < 2)
        return true;
    hop = hop_between(plan, 0, 1, false);
    for (int s = 0; s + 1 < layout->schedule->stages; s++)
        if (hop_between(plan, s, s + 1, false) != hop || hop_between(plan, s + 1, s, true) != hop)
            return false;
    return layout->schedule->chunks == 1 ||
           (hop_between(plan, layout->schedule->stages - 1, 0, false) == hop &&
            hop_between(plan, 0, layout->schedule->stages - 1, true) == hop);
}

double pipeline_hop_seconds(const struct sim_plan *plan)
{
    return pipeline_layout(plan)->schedule->stages < 2 ? 0 : hop_between(plan, 0, 1, false);
}
