#include "algorithms/decoding/shared/shards.h"

void dec_target_compute(struct sim_peer *me, const struct dec_step *steps, int count)
{
    const struct dec_cost *cost = &dec_run_of(me->plan)->target_cost;
    double seconds = 0;

    for (int s = 0; s < count; s++)
        seconds += dec_step_seconds(me->plan, me->number, cost, &steps[s]);
    sim_compute(me, seconds * sim_flop_per_second(me->plan, me->number));
}

double dec_target_seconds(const struct sim_plan *plan, const struct dec_step *step)
{
    return dec_step_seconds(plan, sim_role(plan, "target")->peers[0],
                            &dec_run_of(plan)->target_cost, step);
}

void dec_act_as_shard(struct sim_peer *me)
{
    (void)me;
}
