/* user_pipeline -- a pipeline with a flush whose order of operations is the user's own, as a CSV file.
 *
 * Columns stage, operation (F, B, W) and microbatch, and chunk where stages have several; each stage does its rows from
 * top to bottom (algorithms/pipeline/shared/user_schedule.h).  What waits for what is as in all other pipelines
 * (shared/schedule.h); a schedule that cannot come to its end is refused, with the operations that wait for each other.
 * Every run directory holds the order that was run as schedule.txt.
 *
 * Papers to try: Li and Hoefler, Chimera, SC 2021; Qi et al., Pipeline parallelism with controllable memory, 2024.
 * A slow stage is waited for by all; a dead one ends the run. */
#include "algorithms/pipeline/shared/pipeline.h"

struct user {
    struct pipeline pipeline;
    const char *schedule;
};

static const struct sim_parameter parameters[] = {
    {SIM_FILE(struct user, schedule), SIM_DEFAULT("", SIM_ELSEWHERE),
     .help = "a CSV file with columns stage, operation, microbatch and, if need be, chunk"},
    PIPELINE_STAGES,
    PIPELINE_MICROBATCHES,
    {SIM_COUNT(struct pipeline, chunks), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1, .most = 1024,
     .help = "chunks of the model on each stage: chunk c of stage s is part c K + s"},
    PIPELINE_PARAMETERS,
    {0}};

static bool prepare(struct sim_plan *plan, struct sim_error *err)
{
    const struct user *own = plan->parameters;

    if (*own->schedule == '\0')
        return sim_fail(
            err, "algorithm.schedule is missing: the CSV file with the order of operations.");
    return pipeline_prepare(
        plan, &(struct pipeline_kind){.file = own->schedule, .chunks = own->pipeline.chunks}, err);
}

static const struct sim_law laws[] = {PIPELINE_LAWS, {0}};

SIM_ALGORITHM(user_pipeline) = {
    .name = "user_pipeline",
    .summary = "a pipeline whose order of operations is a CSV file of the user's own",
    .paper = "none: the schedule is the user's",
    .counts = "K stages, each a worker",
    .parameters_size = sizeof(struct user),
    .parameters = parameters,
    .roles = pipeline_roles,
    .laws = laws,
    .tables = pipeline_tables,
    .workload = SIM_MAY_HAVE_WORKLOAD,
    .prepare = prepare,
    .placed = pipeline_placed,
};
