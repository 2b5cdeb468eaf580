#include "algorithms/federated/rules/staleness.h"

#include <math.h>

double staleness_factor(const struct staleness *staleness, int64_t versions)
{
    const double d = (double)versions, late = d - staleness->b;

    switch (staleness->form) {
    case STALENESS_CONSTANT: return 1;
    case STALENESS_POLYNOMIAL: return pow(d + 1, -staleness->a);
    case STALENESS_HINGE: return late <= 0 ? 1 : 1 / (staleness->a * late + 1);
    }
    return NAN; /* no other form */
}

double staleness_mixing(const struct staleness *staleness, double alpha, int64_t versions)
{
    return alpha * staleness_factor(staleness, versions);
}

void staleness_mix(double *model, const double *update, size_t count, double mixing)
{
    for (size_t i = 0; i < count; i++)
        model[i] = (1 - mixing) * model[i] + mixing * update[i];
}

double staleness_buffer_weight(int64_t versions)
{
    return 1 / sqrt(1 + (double)versions);
}

void staleness_buffer_weights(enum buffer_norm norm, const int64_t *versions, int count,
                              double *weights)
{
    double sum = 0;

    for (int i = 0; i < count; i++) {
        weights[i] = staleness_buffer_weight(versions[i]);
        sum += weights[i];
    }
    for (int i = 0; i < count; i++)
        weights[i] /= norm == BUFFER_BY_GOAL ? count : sum;
}

void staleness_add(double *model, const double *difference, size_t count, double factor)
{
    for (size_t i = 0; i < count; i++)
        model[i] += factor * difference[i];
}
