#include "algorithms/learning/adam.h"

#include <math.h>

struct adam adam_open(struct sim_arena *arena, double rate, size_t count)
{
    return (struct adam){.rate = rate,
                         .b1 = 0.9,
                         .b2 = 0.999,
                         .epsilon = 1e-8,
                         .count = count,
                         .mean = sim_new(arena, double, count),
                         .magnitude = sim_new(arena, double, count)};
}

void adam_step(struct adam *adam, double *parameters, const double *gradient)
{
    const double t = (double)++adam->steps;
    const double mean_share = 1 - pow(adam->b1, t), magnitude_share = 1 - pow(adam->b2, t);

    for (size_t i = 0; i < adam->count; i++) {
        const double g = gradient[i];

        adam->mean[i] = adam->b1 * adam->mean[i] + (1 - adam->b1) * g;
        adam->magnitude[i] = adam->b2 * adam->magnitude[i] + (1 - adam->b2) * g * g;
        parameters[i] -= adam->rate * (adam->mean[i] / mean_share) /
                         (sqrt(adam->magnitude[i] / magnitude_share) + adam->epsilon);
    }
}
