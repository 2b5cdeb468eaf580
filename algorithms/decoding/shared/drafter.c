/* drafter.c -- the role `draft`: a model on a host of its own that does what the target orders. */
#include "algorithms/decoding/shared/server.h"

/* What it proposes is drawn in the order of drafts (server.c), so that it does not depend on whose message was first. */
static void compute(struct sim_peer *me, struct dec_order *order, const char *phase)
{
    const struct dec_cost *cost = &dec_run_of(me->plan)->draft_costs[me->index];
    const double begin = sim_now(me);
    double seconds = 0;

    sim_phase(me, phase);
    for (int s = 0; s < order->step_count; s++)
        seconds += dec_step_seconds(me->plan, me->number, cost, &order->steps[s]);
    sim_compute(me, seconds * sim_flop_per_second(me->plan, me->number));
    order->computed_seconds = sim_now(me) - begin;
    sim_phase(me, "await target");
}

/* True while somebody could still ask. */
static bool serve(struct sim_peer *me, int target)
{
    struct sim_message message;
    struct dec_order *order;

    if (sim_wait(me, sim_start_hearing(me, target), &message) != SIM_OK)
        return !sim_has_finished(me, target) &&
               (!sim_is_dead(me, target) || sim_will_return(me, target));
    order = message.payload;
    if (order->kind != DEC_ORDER_ROWS)
        compute(me, order, order->kind == DEC_ORDER_READ ? "prefill" : "draft");
    if (order->kind != DEC_ORDER_READ)
        (void)sim_send(
            me, target,
            (struct sim_message){order->answer_bytes, NULL}); /* the target sees it fail, too */
    return true;
}

void dec_act_as_draft(struct sim_peer *me)
{
    const int target = sim_role(me->plan, "target")->peers[0];

    sim_phase(me, "await target");
    while (serve(me, target))
        ;
}
