#include "algorithms/data_parallel/shared/balance.h"

#include <math.h>

struct balance {
    double *taken_in, *kept; /* sums over the workers that have settled */
    int settled;
};

struct balance *balance_open(struct sim_arena *arena, size_t count)
{
    struct balance *balance = sim_new(arena, struct balance, 1);

    balance->taken_in = sim_new(arena, double, count);
    balance->kept = sim_new(arena, double, count);
    return balance;
}

void balance_settle(struct sim_peer *me, struct balance *balance, const struct job *job,
                    const struct dgc *dgc, const double *parameters)
{
    const int workers = ((const struct training *)me->parameters)->workers;
    const double rate = job->sgd.rate;
    double most = 0, error = 0;

    for (size_t i = 0; i < job->number_count; i++) {
        balance->taken_in[i] += dgc_taken_in(dgc)[i];
        balance->kept[i] += dgc_kept(dgc)[i];
    }
    if (++balance->settled < workers || rate == 0)
        return;
    for (size_t i = 0; i < job->number_count; i++) {
        const double moved = (job->first_parameters[i] - parameters[i]) * workers / rate;

        most = fmax(most, fabs(balance->taken_in[i]));
        error = fmax(error, fabs(balance->taken_in[i] - balance->kept[i] - moved));
    }
    sim_note(me, "residual_error", most > 0 ? error / most : error);
}
