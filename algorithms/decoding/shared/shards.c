#include "algorithms/decoding/shared/shards.h"

#include "algorithms/collectives/collectives.h"

struct dec_shards *dec_shards_cast(struct sim_plan *plan, int ranks, int stages)
{
    struct dec_shards *shards = sim_new(plan->arena, struct dec_shards, 1);
    int next = 0;

    *shards = (struct dec_shards){.ranks = ranks, .stages = stages};
    if (ranks * stages > 1)
        sim_cast(plan, "shard", ranks * stages - 1);
    shards->groups = sim_new(plan->arena, struct sim_group, (size_t)stages);
    for (int s = 0; s < stages; s++) {
        int *peers = sim_new(plan->arena, int, (size_t)ranks);

        for (int r = 0; r < ranks; r++)
            peers[r] = s == 0 && r == 0 ? sim_role(plan, "target")->peers[0]
                                        : sim_role(plan, "shard")->peers[next++];
        shards->groups[s] = (struct sim_group){"stage", ranks, peers};
    }
    return shards;
}

static const struct dec_shards *shards_of(const struct sim_plan *plan)
{
    return dec_run_of(plan)->shards;
}

static int64_t hidden_bytes(const struct sim_plan *plan, const struct dec_step *step)
{
    return dec_hidden_bytes(&dec_run_of(plan)->target_cost, step->rows);
}

/* Where the layers of a stage end, as a share of all; the first stages have one more where they do not come out even. */
static double end_of_stage(const struct sim_plan *plan, int stage)
{
    const int layers = dec_layers(&dec_run_of(plan)->target_cost);

    return stage < 0 ? 0
                     : (double)sim_part_begin(layers, stage + 1, shards_of(plan)->stages) / layers;
}

/* The share of all layers that this stage runs of a step. */
static double share_of_stage(const struct sim_plan *plan, int stage, const struct dec_step *step)
{
    const double begin = end_of_stage(plan, stage - 1), end = end_of_stage(plan, stage);

    return step->is_spread ? step->layer_share * (end - begin)
                           : fmax(0, fmin(end, step->layer_from + step->layer_share) -
                                         fmax(begin, step->layer_from));
}

/* Nothing of the step is left for the stages behind this one. */
static bool ends_at(const struct sim_plan *plan, int stage, const struct dec_step *step)
{
    return stage == shards_of(plan)->stages - 1 ||
           (!step->is_spread &&
            step->layer_from + step->layer_share <= end_of_stage(plan, stage) + 1e-9);
}

/* What this stage computes of a step on that peer's device, in seconds. */
static double stage_seconds(const struct sim_plan *plan, int peer, int stage,
                            const struct dec_step *step)
{
    struct dec_step part = *step;

    if (shards_of(plan)->stages == 1)
        return dec_step_seconds(plan, peer, &dec_run_of(plan)->target_cost, step);
    part.layer_share = share_of_stage(plan, stage, step);
    if (!ends_at(plan, stage, step)) {
        part.skips_head = true;
        part.extra_parameters = 0; /* heads and adapters stand behind the last layer of a step */
    }
    return part.layer_share > 0
               ? dec_step_seconds(plan, peer, &dec_run_of(plan)->target_cost, &part)
               : 0;
}

/* All-reduces of that stage: two for each of its layers that the step runs. */
static int sums_of_stage(const struct sim_plan *plan, int stage, const struct dec_step *step)
{
    const int layers = dec_layers(&dec_run_of(plan)->target_cost);

    return 2 * (int)ceil(share_of_stage(plan, stage, step) * layers - 1e-9);
}

/* ---- one stage of one step ---- */

static void needs(struct sim_peer *me, enum sim_status status)
{
    if (status != SIM_OK)
        sim_give_up(me, "%s cannot reach another device of the target: a step cannot be finished.",
                    sim_host_name(me->plan, me->number));
}

/* Half a layer, then the sum; twice for each layer. */
static void run_stage(struct sim_peer *me, int stage, const struct dec_step *step)
{
    const struct sim_plan *plan = me->plan;
    const struct dec_shards *shards = shards_of(plan);
    const double flop =
        stage_seconds(plan, me->number, stage, step) * sim_flop_per_second(plan, me->number);
    const struct sim_buffer buffer = {.bytes = hidden_bytes(plan, step)};
    const int sums = shards->ranks == 1 ? 0 : sums_of_stage(plan, stage, step);

    if (sums == 0)
        sim_compute(me, flop);
    for (int i = 0; i < sums; i++) {
        sim_compute(me, flop / sums);
        needs(me, sim_collective(me, &shards->groups[stage], ring_allreduce_steps, &buffer));
    }
}

/* To whom goes what this rank has: the same rank of the next stage; where the step ends, only the first's, to the target. */
static void hand_on(struct sim_peer *me, int stage, int rank, struct dec_step *step)
{
    const struct dec_shards *shards = shards_of(me->plan);

    if (!ends_at(me->plan, stage, step))
        needs(me, sim_send(me, shards->groups[stage + 1].peers[rank],
                           (struct sim_message){hidden_bytes(me->plan, step), step}));
    else if (stage > 0 && me->number == shards->groups[stage].peers[0])
        needs(me, sim_send(me, shards->groups[0].peers[0],
                           (struct sim_message){DEC_TOKEN_BYTES * step->rows, NULL}));
}

/* ---- roles ---- */

/* The ranks of the first stage learn which tokens there are; then the target is a rank like them. */
static void compute_on_all(struct sim_peer *me, struct dec_step *step)
{
    const struct dec_shards *shards = shards_of(me->plan);
    int last = 0;

    for (int r = 1; r < shards->ranks; r++)
        needs(me, sim_send(me, shards->groups[0].peers[r],
                           (struct sim_message){DEC_TOKEN_BYTES * step->rows, step}));
    run_stage(me, 0, step);
    hand_on(me, 0, 0, step);
    while (!ends_at(me->plan, last, step))
        last++;
    if (last > 0)
        needs(me, sim_receive(me, shards->groups[last].peers[0], NULL));
}

void dec_target_compute(struct sim_peer *me, struct dec_step *steps, int count)
{
    const struct dec_cost *cost = &dec_run_of(me->plan)->target_cost;
    double seconds = 0;

    if (shards_of(me->plan)->ranks * shards_of(me->plan)->stages > 1) {
        for (int s = 0; s < count; s++)
            compute_on_all(me, &steps[s]);
        return;
    }
    for (int s = 0; s < count; s++)
        seconds += dec_step_seconds(me->plan, me->number, cost, &steps[s]);
    sim_compute(me, seconds * sim_flop_per_second(me->plan, me->number));
}

/* The step is copied at once: whoever sent it may have another one before this rank is done.  The copy outlives this turn, for
 * the next stage may read it later; it has read it before the next step comes, as that waits for the last stage. */
void dec_act_as_shard(struct sim_peer *me)
{
    const struct dec_shards *shards = shards_of(me->plan);
    const int place = me->index + 1, stage = place / shards->ranks, rank = place % shards->ranks;
    const int before = shards->groups[stage > 0 ? stage - 1 : 0].peers[stage > 0 ? rank : 0];
    struct dec_step *step = sim_new(me->plan->arena, struct dec_step, 1);
    struct sim_message message;

    sim_phase(me, "await target");
    while (sim_wait(me, sim_start_hearing(me, before), &message) == SIM_OK) {
        *step = *(const struct dec_step *)message.payload;
        sim_phase(me, "verify");
        run_stage(me, stage, step);
        hand_on(me, stage, rank, step);
        sim_phase(me, "await target");
    }
}

/* ---- the closed form ---- */

/* Of a message that all ranks send to the next at once, if it takes all of them the same; else NaN. */
static double ring_seconds(const struct sim_plan *plan, const struct sim_group *group,
                           int64_t bytes)
{
    double seconds = NAN;

    for (int r = 0; r < group->size; r++) {
        const double one =
            sim_alone_seconds(plan, group->peers[r], group->peers[(r + 1) % group->size], bytes);

        if (r > 0 && fabs(one - seconds) > 1e-12 * seconds)
            return NAN;
        seconds = one;
    }
    return seconds;
}

static bool ring_edges(const struct sim_plan *plan, int i, struct sim_edge *edge)
{
    const struct dec_shards *shards = shards_of(plan);
    const struct sim_group *group;

    if (i >= shards->ranks * shards->stages)
        return false;
    group = &shards->groups[i / shards->ranks];
    *edge =
        (struct sim_edge){group->peers[i % shards->ranks], group->peers[(i + 1) % shards->ranks]};
    return true;
}

/* All ranks of the stage compute alike, and wait for each other twice a layer. */
static double alone_seconds(const struct sim_plan *plan, int stage, const struct dec_step *step)
{
    const struct dec_shards *shards = shards_of(plan);
    const struct sim_group *group = &shards->groups[stage];
    const int64_t bytes = hidden_bytes(plan, step);
    double seconds = 0;

    for (int r = 0; r < shards->ranks; r++)
        seconds = fmax(seconds, stage_seconds(plan, group->peers[r], stage, step));
    if (shards->ranks == 1)
        return seconds;
    if (bytes % shards->ranks != 0)
        return NAN;
    return seconds + sums_of_stage(plan, stage, step) * 2 * (shards->ranks - 1) *
                         ring_seconds(plan, group, bytes / shards->ranks);
}

/* Ranks of the first stage are told one after the other, and nobody gets past the first sum before the last of them. */
double dec_target_seconds(const struct sim_plan *plan, const struct dec_step *step)
{
    const struct dec_shards *shards = shards_of(plan);
    const int *first = shards->groups[0].peers;
    double seconds = 0;

    if (step->rows == 0)
        return 0;
    if (shards->ranks > 1 && !sim_is_uncontended(plan, ring_edges, shards->ranks * shards->stages))
        return NAN;
    for (int r = 1; r < shards->ranks; r++)
        seconds += sim_alone_seconds(plan, first[0], first[r], DEC_TOKEN_BYTES * step->rows);
    for (int s = 0, ends = 0; !ends; s++) {
        const int *peers = shards->groups[s].peers;

        seconds += alone_seconds(plan, s, step);
        ends = ends_at(plan, s, step);
        if (!ends)
            seconds += sim_alone_seconds(plan, peers[0], shards->groups[s + 1].peers[0],
                                         hidden_bytes(plan, step));
        else if (s > 0)
            seconds += sim_alone_seconds(plan, peers[0], first[0], DEC_TOKEN_BYTES * step->rows);
    }
    return seconds;
}
