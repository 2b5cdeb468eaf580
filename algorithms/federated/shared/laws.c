#include "algorithms/federated/shared/federated.h"

/* Messages are counted by the server, bytes by the network. */
double fed_message_bytes(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);

    return (double)(fed->tally->downloads + fed->tally->uploads) * (double)fed->model_bytes;
}

/* Also those of clients on the server's host. */
double fed_all_bytes(const struct sim_totals *totals)
{
    return (double)(totals->bytes + totals->local_bytes);
}

bool fed_is_whole(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);
    const struct federated *options = fed->options;

    return !fed->method->may_leave_out && !plan->somebody_may_die && plan->is_undisturbed &&
           options->drop_out == 0 && options->round_deadline == 0 &&
           fed_chosen(options) == fed_goal(options) && options->target_accuracy == 0 &&
           (options->stragglers == 0 || fed->method->takes_partial_work);
}

double fed_whole_bytes(const struct sim_plan *plan)
{
    const struct fed *fed = fed_of(plan);

    return 2.0 * plan->iterations * fed_goal(fed->options) * (double)fed->model_bytes;
}
