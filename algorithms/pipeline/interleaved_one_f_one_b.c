/* interleaved_one_f_one_b -- 1F1B where each stage holds v chunks of the model, so that the bubble is v times smaller.
 *
 * Paper: Narayanan et al., Efficient large-scale language model training on GPU clusters using Megatron-LM, SC 2021
 * (section 2.2.2).
 *
 * Chunk c of stage s is part c K + s.  Micro-batches go in groups of K, each group through all chunks; stage s begins
 * with min(2(K-s-1) + (v-1)K, M v) forwards.  An iteration takes (M + (K-1)/v)(F+B), F and B of the whole stage, and
 * 2(vK-1) hops: those of one micro-batch through all parts and back; all others are behind computation.
 *
 * M is a multiple of K.  A slow stage is waited for by all; a dead one ends the run. */
#include "algorithms/pipeline/shared/pipeline.h"

static const struct sim_parameter parameters[] = {
    PIPELINE_STAGES,
    PIPELINE_MICROBATCHES,
    {SIM_COUNT(struct pipeline, chunks), SIM_DEFAULT("2", SIM_TEACHING), .least = 1, .most = 1024,
     .help = "v, the chunks of the model on each stage"},
    PIPELINE_PARAMETERS,
    {0}};

/* The k-th micro-batch and chunk that a stage passes forward; backward the chunks come in the other order. */
static int microbatch_at(const struct desk *desk, int k)
{
    const int group = desk->stages * desk->schedule->chunks;

    return k / group * desk->stages + k % desk->stages;
}

static int chunk_at(const struct desk *desk, int k)
{
    return k % (desk->stages * desk->schedule->chunks) / desk->stages;
}

static void forward(const struct desk *desk, int k)
{
    schedule_add(desk, FORWARD, microbatch_at(desk, k), chunk_at(desk, k));
}

static void backward(const struct desk *desk, int k)
{
    schedule_add(desk, BACKWARD, microbatch_at(desk, k),
                 desk->schedule->chunks - 1 - chunk_at(desk, k));
}

static int warm_up_of(const struct desk *desk)
{
    const int all = desk->count * desk->schedule->chunks;
    const int ahead =
        2 * (desk->stages - desk->stage - 1) + (desk->schedule->chunks - 1) * desk->stages;

    return ahead < all ? ahead : all;
}

static void order(const struct desk *desk)
{
    const int all = desk->count * desk->schedule->chunks, warm_up = warm_up_of(desk);

    for (int k = 0; k < warm_up; k++)
        forward(desk, k);
    for (int k = warm_up; k < all; k++) {
        forward(desk, k);
        backward(desk, k - warm_up);
    }
    for (int k = all - warm_up; k < all; k++)
        backward(desk, k);
}

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct pipeline *own = plan->parameters;

    if (own->microbatches % own->stages != 0)
        return sim_fail(
            err,
            "algorithm.microbatches is %d, but micro-batches go in groups of as many as "
            "there are stages: take a multiple of %d.",
            own->microbatches, own->stages);
    return pipeline_prepare(plan, &(struct pipeline_kind){.order = order, .chunks = own->chunks},
                            err);
}

/* ---- laws ---- */

static double iteration(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);

    return (own->microbatches + (own->stages - 1.0) / own->chunks) * pipeline_work_seconds(plan) +
           2.0 * (own->chunks * own->stages - 1) * pipeline_hop_seconds(plan);
}

/* Only then are all hops but those of one micro-batch behind a chunk's F or B.  Without a second chunk this is 1F1B. */
static bool has_short_hops(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);
    const double hop = pipeline_hop_seconds(plan) * own->chunks;

    return pipeline_is_uniform(plan) &&
           (hop == 0 || (own->chunks > 1 && hop <= own->forward_seconds &&
                         hop <= pipeline_work_seconds(plan) - own->forward_seconds));
}

static double bubble(const struct sim_plan *plan)
{
    return 1 - pipeline_own(plan)->microbatches * pipeline_work_seconds(plan) / iteration(plan);
}

/* Of stage 0, in pairs of micro-batch and chunk. */
static double peak(const struct sim_plan *plan)
{
    const struct pipeline *own = pipeline_own(plan);
    const int all = own->microbatches * own->chunks;
    const int warm_up = 2 * (own->stages - 1) + (own->chunks - 1) * own->stages;

    return warm_up + 1 < all ? warm_up + 1 : all;
}

static const struct sim_law laws[] = {
    PIPELINE_LAWS,
    {"seconds of an iteration", SIM_UNIT_SECONDS, "(M + (K-1)/v)(F+B) + 2(vK-1) hop", iteration,
     pipeline_iteration_seconds, .tolerance = 1e-9, .holds = has_short_hops,
     .assumes =
         "uniform stages given directly, equal hosts, network: textbook, v > 1 and hops of at "
         "most F/v and B/v where they take time, no replicas, no jitter, no faults"},
    {"bubble of the total", SIM_UNIT_NONE,
     "1 - M(F+B) / seconds of an iteration: (K-1)/(vM+K-1) without hops", bubble, pipeline_bubble,
     .tolerance = 1e-6, .holds = has_short_hops, .assumes = "the same"},
    {"peak micro-batches", SIM_UNIT_NONE,
     "min(2(K-1) + (v-1)K + 1, vM) pairs of micro-batch and chunk", peak,
     pipeline_peak_microbatches, .tolerance = 0},
    {0}};

SIM_ALGORITHM(interleaved_one_f_one_b) = {
    .name = "interleaved_one_f_one_b",
    .summary = "1F1B with v chunks of the model on each stage",
    .paper =
        "Narayanan et al., Efficient large-scale language model training on GPU clusters using "
        "Megatron-LM, SC 2021",
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
