#include "algorithms/codecs/top_k.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>

struct top_k {
    double *magnitudes; /* shuffled by the selection */
    uint32_t *places;   /* that reach the sampled threshold */
    size_t most;
};

struct top_k *top_k_open(struct sim_arena *arena, size_t most)
{
    struct top_k *work = sim_new(arena, struct top_k, 1);

    assert(most < UINT32_MAX);
    work->magnitudes = sim_new(arena, double, most);
    work->places = sim_new(arena, uint32_t, most);
    work->most = most;
    return work;
}

size_t top_k_count(size_t count, double sparsity)
{
    const double kept = round((1 - sparsity) * (double)count);

    return count == 0 ? 0 : kept < 1 ? 1 : (size_t)kept;
}

/* The k-th largest of n magnitudes, k >= 1, by quickselect. */
static double kth_largest(double *magnitudes, size_t n, size_t k)
{
    return gsl_stats_select(magnitudes, 1, n, n - k);
}

/* The k largest among the `n` places given, which ascend; `chosen` may be `places` itself. */
static size_t choose(struct top_k *work, const double *values, const uint32_t *places, size_t n,
                     size_t k, uint32_t *chosen)
{
    size_t above = 0, count = 0, ties;
    double least;

    if (k == 0 || n == 0)
        return 0;
    if (k > n)
        k = n;
    for (size_t i = 0; i < n; i++)
        work->magnitudes[i] = fabs(values[places[i]]);
    least = kth_largest(work->magnitudes, n, k);
    for (size_t i = 0; i < n; i++)
        above += fabs(values[places[i]]) > least;
    ties = least > 0 ? k - above : 0;
    for (size_t i = 0; i < n; i++) {
        const double magnitude = fabs(values[places[i]]);

        if (magnitude > least || (magnitude == least && ties > 0)) {
            ties -= magnitude == least;
            chosen[count++] = places[i];
        }
    }
    return count;
}

size_t top_k_exact(struct top_k *work, const double *values, size_t count, size_t k,
                   uint32_t *chosen)
{
    assert(count <= work->most);
    for (size_t i = 0; i < count; i++)
        work->places[i] = (uint32_t)i;
    return choose(work, values, work->places, count, k, chosen);
}

/* A sample of `size` numbers, whose `rank`-th largest is the threshold. */
struct sample {
    double size, rank;
};

/* False where a sample is of no use: the choice is then exact. */
static bool is_sampled(size_t count, size_t k, double share, struct sample *sample)
{
    sample->size = ceil(share * (double)count);
    sample->rank = floor((double)k * sample->size / (double)count);
    return k < count && sample->rank >= 1 && sample->size < (double)count;
}

size_t top_k_sampled(struct top_k *work, const double *values, size_t count, size_t k, double share,
                     struct sim_random *random, uint32_t *chosen)
{
    size_t survivors = 0;
    struct sample sample;
    double threshold;

    assert(count <= work->most);
    if (!is_sampled(count, k, share, &sample))
        return top_k_exact(work, values, count, k, chosen);
    for (size_t i = 0; i < (size_t)sample.size; i++)
        work->magnitudes[i] = fabs(values[sim_random_below(random, (uint32_t)count)]);
    threshold = kth_largest(work->magnitudes, (size_t)sample.size, (size_t)sample.rank);
    for (size_t i = 0; i < count; i++)
        if (fabs(values[i]) >= threshold)
            work->places[survivors++] = (uint32_t)i;
    return choose(work, values, work->places, survivors, k, chosen);
}

/* E[min(k, X)] for X of that mean and deviation, normal. */
static double least_expected(double k, double mean, double deviation)
{
    const double z = (k - mean) / deviation;

    return k - deviation * (z * gsl_cdf_ugaussian_P(z) + gsl_ran_ugaussian_pdf(z));
}

/* From so many on to both sides a beta distribution is normal: its skewness is at most 2 / sqrt(this).  GSL's incomplete
 * beta function does not converge there. */
static const double MANY = 1e5;

/* E[min(k, n B)] = n r/(m+1) P(B' < k/n) + k P(B > k/n), B ~ Beta(r, m-r+1), B' ~ Beta(r+1, m-r+1). */
double top_k_expected(size_t count, size_t k, double share)
{
    const double n = (double)count, wanted = (double)(k < count ? k : count);
    struct sample sample;
    double others;

    if (!is_sampled(count, k, share, &sample))
        return wanted;
    others = sample.size - sample.rank + 1;
    if (sample.rank > MANY && others > MANY) {
        const double mean = sample.rank / (sample.size + 1);

        return least_expected(wanted, n * mean, n * sqrt(mean * (1 - mean) / (sample.size + 2)));
    }
    return n * sample.rank / (sample.size + 1) *
               gsl_cdf_beta_P(wanted / n, sample.rank + 1, others) +
           wanted * gsl_cdf_beta_Q(wanted / n, sample.rank, others);
}
