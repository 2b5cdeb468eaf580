#include "algorithms/learning/sgd.h"

#include <math.h>

double sgd_rate(const struct sgd *sgd, int64_t step)
{
    const int64_t falls = sgd->step_every > 0 ? step / sgd->step_every : 0;
    double rate = sgd->rate;

    if (step < sgd->warm_up)
        rate *= (double)(step + 1) / (double)sgd->warm_up;
    if (falls > 0)
        rate *= pow(sgd->step_factor, (double)falls);
    return rate;
}

/* Small learners spend much of their time here.  -O2 does several numbers at a time only where none are left over. */
static void descend(double *restrict parameters, const double *restrict gradient, double rate,
                    size_t count)
{
    const size_t even = count & ~(size_t)3;

    for (size_t i = 0; i < even; i++)
        parameters[i] -= rate * gradient[i];
    for (size_t i = even; i < count; i++)
        parameters[i] -= rate * gradient[i];
}

void sgd_step(const struct sgd *sgd, int64_t step, double *parameters, const double *gradient,
              double *u, size_t count)
{
    const double rate = sgd_rate(sgd, step), m = sgd->momentum, decay = sgd->decay;

    if (m == 0 && decay == 0) {
        descend(parameters, gradient, rate, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const double d = decay == 0 ? gradient[i] : gradient[i] + decay * parameters[i];

        if (m == 0) {
            parameters[i] -= rate * d;
            continue;
        }
        u[i] = m * u[i] + d;
        parameters[i] -= rate * (sgd->nesterov ? d + m * u[i] : u[i]);
    }
}

double sgd_norm(const double *vector, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += vector[i] * vector[i];
    return sqrt(sum);
}

double sgd_clip(double *gradient, size_t count, double most_norm)
{
    const double norm = most_norm > 0 ? sgd_norm(gradient, count) : 0;

    if (most_norm == 0 || norm <= most_norm)
        return 1;
    for (size_t i = 0; i < count; i++)
        gradient[i] *= most_norm / norm;
    return most_norm / norm;
}
