/* dissimilarity.c -- how unlike the clients are, by what their samples would have the model do. */
#include "algorithms/federated/shared/server.h"

#include <string.h>

/* f is the mean of all F_k by samples; two passes, so that where all are alike nothing but rounding is left. */
double fed_dissimilarity(const struct fed_server *server)
{
    const struct fed *fed = server->fed;
    const size_t numbers = fed->number_count;
    double *of_all = sim_new(server->me->plan->arena, double, numbers);
    double *of_client = sim_new(server->me->plan->arena, double, numbers);
    double samples = 0, sum = 0;

    for (int k = 0; k < server->clients; k++)
        samples += fed->devices[k].samples.count;
    memset(of_all, 0, numbers * sizeof *of_all);
    for (int k = 0; k < server->clients; k++) {
        const struct sample_list *part = &fed->devices[k].samples;

        learner_gradient(fed->learner, server->model, part->numbers, part->count, of_client);
        for (size_t i = 0; i < numbers; i++)
            of_all[i] += part->count / samples * of_client[i];
    }
    for (int k = 0; k < server->clients; k++) {
        const struct sample_list *part = &fed->devices[k].samples;

        learner_gradient(fed->learner, server->model, part->numbers, part->count, of_client);
        for (size_t i = 0; i < numbers; i++)
            sum += (of_all[i] - of_client[i]) * (of_all[i] - of_client[i]);
    }
    return sum / server->clients;
}
