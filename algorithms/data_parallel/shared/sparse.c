#include "algorithms/data_parallel/shared/sparse.h"

#include "algorithms/codecs/run_length.h"
#include "algorithms/codecs/top_k.h"

#include <math.h>

const char *const sparse_mergings[] = {
    [SPARSE_WORST_CASE] = "worst_case", [SPARSE_BY_CHANCE] = "by_chance", NULL};

/* A sum over `workers` of `kept` numbers each, out of `count` that take `dense_bytes`. */
static int64_t sum_bytes(enum sparse_merging merging, double count, double kept, int workers,
                         double dense_bytes)
{
    const double filled = merging == SPARSE_WORST_CASE
                              ? fmin(count, kept * workers)
                              : count * (1 - pow(1 - kept / count, workers));

    return (int64_t)ceil(fmin(run_length_expected_bytes(count, filled), dense_bytes));
}

/* The k of all layers, as thresholds out of samples let pass of them. */
static double kept_of(const struct sparse *sparse, double sparsity)
{
    double kept = 0;

    for (int l = 0; l < sparse->layer_count; l++) {
        const size_t count = sparse->layers[l].count;

        kept += top_k_expected(count, top_k_count(count, sparsity), sparse->dgc.sample_share);
    }
    return kept;
}

static int64_t *size_part(struct sim_arena *arena, const struct sparse *sparse, double count,
                          double kept)
{
    const double share = count / (double)sparse->number_count;
    int64_t *bytes = sim_new(arena, int64_t, (size_t)sparse->dgc.workers + 1);

    for (int w = 1; w <= sparse->dgc.workers && count > 0; w++)
        bytes[w] = sum_bytes(sparse->merging, count, kept * share, w,
                             (double)sparse->gradient_bytes * share);
    return bytes;
}

void sparse_size(struct sim_arena *arena, const struct sparse *sparse, bool with_parts,
                 struct sparse_sizes *sizes)
{
    const double count = (double)sparse->number_count;
    const double kept = kept_of(sparse, sizes->sparsity);
    const int64_t fewer = sparse->number_count / sparse->dgc.workers;

    sizes->message = sizes->sum = sparse->gradient_bytes;
    if (sizes->sparsity == 0 || sparse->number_count == 0)
        return;
    sizes->message = (int64_t)ceil(
        dgc_expected_bytes(&sparse->dgc, sparse->layers, sparse->layer_count, sizes->sparsity));
    sizes->sum = sum_bytes(sparse->merging, count, kept, sparse->dgc.workers,
                           (double)sparse->gradient_bytes);
    for (int more = 0; more <= 1 && with_parts; more++)
        sizes->part[more] = size_part(arena, sparse, (double)(fewer + more), kept);
}

double sparse_ring_bytes(const struct sparse *sparse, const struct sparse_sizes *sizes)
{
    const int n = sparse->dgc.workers;
    const double larger = (double)(sparse->number_count % n);
    double bytes = 0;

    for (int w = 1; w < n; w++)
        bytes += larger * (double)(sizes->part[1][w] + sizes->part[1][n]) +
                 (n - larger) * (double)(sizes->part[0][w] + sizes->part[0][n]);
    return bytes;
}
