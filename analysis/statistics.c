#include "analysis/statistics.h"

#include "sim/base/random.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

enum { RESAMPLES = 2000, MOST_EXACT_RANKS = 200 };

static const double rounding = 1e-12;
static const double tail = 0.025;

static double *copy_of(const double *values, size_t count, struct sim_arena *arena)
{
    double *copy = sim_new(arena, double, count);

    for (size_t i = 0; i < count; i++)
        copy[i] = values[i];
    return copy;
}

/* ---- one sample ---- */

static bool is_constant_beside(const double *values, size_t count, double size)
{
    for (size_t i = 1; i < count; i++)
        if (fabs(values[i] - values[0]) > rounding * size)
            return false;
    return true;
}

static double largest(const double *values, size_t count)
{
    double most = 0;

    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(values[i]));
    return most;
}

bool analysis_is_constant(const double *values, size_t count)
{
    return is_constant_beside(values, count, largest(values, count));
}

struct sim_estimate analysis_bootstrap(const double *values, size_t count, unsigned seed,
                                       struct sim_arena *arena)
{
    struct sim_random *random = sim_random_open(seed, 0);
    double *means = sim_new(arena, double, RESAMPLES);

    assert(count > 0);
    for (int r = 0; r < RESAMPLES; r++) {
        double sum = 0;

        for (size_t i = 0; i < count; i++)
            sum += values[sim_random_below(random, (uint32_t)count)];
        means[r] = sum / (double)count;
    }
    sim_random_close(random);
    sim_sort(means, RESAMPLES);
    return (struct sim_estimate){gsl_stats_mean(values, 1, count),
                                 sim_quantile(means, RESAMPLES, tail),
                                 sim_quantile(means, RESAMPLES, 1 - tail)};
}

struct analysis_sample analysis_sample_of(const double *values, size_t count,
                                          struct sim_arena *arena)
{
    double *ascending = copy_of(values, count, arena);
    struct analysis_sample sample = {.count = count, .mean = sim_mean(values, count)};

    assert(count > 0);
    sim_sort(ascending, count);
    sample.is_constant = analysis_is_constant(values, count);
    sample.median = sim_quantile(ascending, count, 0.5);
    sample.low_quartile = sim_quantile(ascending, count, 0.25);
    sample.high_quartile = sim_quantile(ascending, count, 0.75);
    sample.deviation = count < 2 ? NAN : gsl_stats_sd(values, 1, count);
    sample.bootstrap = sample.is_constant
                           ? (struct sim_estimate){sample.mean.value, -INFINITY, INFINITY}
                           : analysis_bootstrap(values, count, 1, arena);
    return sample;
}

/* ---- pairs ---- */

struct rank {
    double size;
    bool is_positive;
    int twice; /* the rank, times two: ties share halves */
};

static int by_size(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;

    return x->size < y->size ? -1 : x->size > y->size;
}

/* Ranks of the sizes of the differences but zeros, ties sharing the mean of theirs.  Returns how many there are. */
static size_t give_ranks(struct rank *ranks, const double *differences, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (differences[i] != 0)
            ranks[n++] = (struct rank){fabs(differences[i]), differences[i] > 0, 0};
    if (n > 0)
        qsort(ranks, n, sizeof *ranks, by_size);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && ranks[to].size == ranks[from].size; to++)
            continue;
        for (size_t i = from; i < to; i++)
            ranks[i].twice = (int)(from + 1 + to);
    }
    return n;
}

/* How likely each sum of ranks is if every sign is a coin's: signs are added one rank after the other. */
static double exact_probability(const struct rank *ranks, size_t n, int twice_sum,
                                struct sim_arena *arena)
{
    const int total = (int)(n * (n + 1));
    double *likely = sim_new(arena, double, (size_t)total + 1);
    double below = 0, above = 0;

    likely[0] = 1;
    for (size_t i = 0; i < n; i++)
        for (int s = total; s >= 0; s--)
            likely[s] = 0.5 * (likely[s] + (s >= ranks[i].twice ? likely[s - ranks[i].twice] : 0));
    for (int s = 0; s <= total; s++) {
        below += s <= twice_sum ? likely[s] : 0;
        above += s >= twice_sum ? likely[s] : 0;
    }
    return fmin(1, 2 * fmin(below, above));
}

/* Mean 0 and variance sum of rank^2 / 4 of the sum of positive ranks, a half taken off for continuity. */
static double normal_probability(const struct rank *ranks, size_t n, int twice_sum)
{
    const double mean = (double)n * (double)(n + 1) / 4;
    double variance = 0, distance = fabs(twice_sum / 2.0 - mean) - 0.5;

    for (size_t i = 0; i < n; i++)
        variance += ranks[i].twice / 2.0 * ranks[i].twice / 2.0 / 4;
    return distance <= 0 ? 1 : 2 * gsl_cdf_ugaussian_Q(distance / sqrt(variance));
}

double analysis_signed_rank(const double *differences, size_t count, struct sim_arena *arena)
{
    struct rank *ranks = sim_new(arena, struct rank, count + 1);
    const size_t n = give_ranks(ranks, differences, count);
    int twice_sum = 0;

    for (size_t i = 0; i < n; i++)
        twice_sum += ranks[i].is_positive ? ranks[i].twice : 0;
    if (n == 0)
        return 1;
    return n <= MOST_EXACT_RANKS ? exact_probability(ranks, n, twice_sum, arena)
                                 : normal_probability(ranks, n, twice_sum);
}

struct analysis_pairs analysis_pairs_of(const double *a, const double *b, size_t count,
                                        struct sim_arena *arena)
{
    const double size = fmax(largest(a, count), largest(b, count));
    double *differences = sim_new(arena, double, count), statistic;
    struct analysis_pairs pairs = {.count = count};

    assert(count >= 2);
    for (size_t i = 0; i < count; i++) {
        differences[i] = a[i] - b[i];
        if (fabs(differences[i]) <= rounding * size) /* of two sums of the same terms */
            differences[i] = 0;
        pairs.zeros += differences[i] == 0;
    }
    pairs.is_constant = is_constant_beside(differences, count, size);
    pairs.difference = sim_mean(differences, count);
    pairs.deviation = gsl_stats_sd(differences, 1, count);
    pairs.effect_size = pairs.difference.value / pairs.deviation;
    statistic = pairs.effect_size * sqrt((double)count);
    pairs.t_probability = 2 * gsl_cdf_tdist_Q(fabs(statistic), (double)count - 1);
    pairs.wilcoxon_probability = analysis_signed_rank(differences, count, arena);
    return pairs;
}
