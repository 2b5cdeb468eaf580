#include "algorithms/inference/rules/products.h"

#include "sim/base/random.h"

static int64_t part_begin(int64_t size, int k, int n)
{
    return size / n * k + (k < size % n ? k : size % n);
}

static int64_t group_size(int64_t size, int group, int groups)
{
    return part_begin(size, group + 1, groups) - part_begin(size, group, groups);
}

static int groups_of(int64_t size)
{
    return size < PRODUCTS_GROUPS ? (int)size : PRODUCTS_GROUPS;
}

/* ---- which weights are left ---- */

static double within(const struct products_pruning *p)
{
    return p->communities == 1 ? p->density : p->density * p->clustered * p->communities;
}

static double between(const struct products_pruning *p)
{
    return p->communities == 1 ? 0 : p->density * (1 - p->clustered) / (1 - 1.0 / p->communities);
}

bool products_can_be(const struct products_pruning *pruning)
{
    return within(pruning) <= 1 && between(pruning) <= 1;
}

/* As many in each community as in any other, in random order. */
static int *communities_of(struct sim_arena *arena, int count, int communities,
                           struct sim_random *random)
{
    int *of = sim_new(arena, int, (size_t)count);

    for (int i = 0; i < count; i++) {
        const int other = (int)sim_random_below(random, (uint32_t)i + 1);

        of[i] = of[other];
        of[other] = i % communities;
    }
    return of;
}

struct weights_left products_draw(struct sim_arena *arena, int inputs, int outputs,
                                  const struct products_pruning *pruning, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, UINT64_C(0x70726e65));
    const int *of_input = communities_of(arena, inputs, pruning->communities, random);
    const int *of_output = communities_of(arena, outputs, pruning->communities, random);
    bool *is_left = sim_new(arena, bool, (size_t)inputs *(size_t)outputs);

    for (int i = 0; i < inputs; i++)
        for (int j = 0; j < outputs; j++)
            is_left[i * outputs + j] =
                sim_random_uniform(random) <
                (of_input[i] == of_output[j] ? within(pruning) : between(pruning));
    sim_random_close(random);
    return (struct weights_left){inputs, outputs, is_left};
}

/* ---- who does what ---- */

struct products products_dense(struct sim_arena *arena, int64_t inputs, int64_t outputs,
                               const double *capabilities, int nodes)
{
    struct products_part *parts = sim_new(arena, struct products_part, (size_t)nodes);
    struct products products = {.nodes = nodes, .parts = parts};
    const int groups = groups_of(outputs);
    const struct weights_left none = {1, groups, NULL};
    const struct co_clusters clusters = co_cluster_in_order(arena, &none, capabilities, nodes);

    for (int g = 0; g < groups; g++)
        parts[clusters.of_output[g]].outputs += group_size(outputs, g, groups);
    for (int n = 0; n < nodes; n++) {
        parts[n].inputs = parts[n].outputs > 0 ? inputs : 0;
        parts[n].share = (double)parts[n].outputs / (double)outputs;
        products.numbers += parts[n].inputs + parts[n].outputs;
    }
    products.numbers_in_order = products.numbers_without_fgcp = products.numbers;
    return products;
}

/* From groups to numbers; *parts, if not NULL, has room for all nodes. */
static int64_t count(const struct weights_left *weights, const struct cross_partition *partition,
                     int64_t inputs, int64_t outputs, struct products_part *parts)
{
    struct products_part all = {0};

    for (int n = 0; n < partition->nodes; n++) {
        struct products_part part = {0};

        for (int i = 0; i < weights->inputs; i++)
            if (partition->input_goes_to[i * partition->nodes + n])
                part.inputs += group_size(inputs, i, weights->inputs);
        for (int j = 0; j < weights->outputs; j++)
            if (partition->sum_comes_from[j * partition->nodes + n])
                part.outputs += group_size(outputs, j, weights->outputs);
        for (int i = 0; i < weights->inputs; i++)
            for (int j = 0; j < weights->outputs; j++)
                if (partition->multiplies[i * weights->outputs + j] == n)
                    part.share += (double)group_size(inputs, i, weights->inputs) / (double)inputs *
                                  (double)group_size(outputs, j, weights->outputs) /
                                  (double)outputs;
        if (parts != NULL)
            parts[n] = part;
        all.inputs += part.inputs;
        all.outputs += part.outputs;
    }
    return all.inputs + all.outputs;
}

struct products products_sparse(struct sim_arena *arena, int64_t inputs, int64_t outputs,
                                const double *capabilities, int nodes,
                                const struct products_pruning *pruning, uint64_t seed)
{
    struct products_part *parts = sim_new(arena, struct products_part, (size_t)nodes);
    const struct weights_left weights =
        products_draw(arena, groups_of(inputs), groups_of(outputs), pruning, seed);
    const struct co_clusters in_order = co_cluster_in_order(arena, &weights, capabilities, nodes);
    const struct co_clusters clusters = co_cluster(arena, &weights, capabilities, nodes);
    const struct cross_partition plain = cross_partition(arena, &weights, &in_order, false);
    const struct cross_partition coarse = cross_partition(arena, &weights, &clusters, false);
    const struct cross_partition fine = cross_partition(arena, &weights, &clusters, true);

    return (struct products){.nodes = nodes,
                             .parts = parts,
                             .numbers = count(&weights, &fine, inputs, outputs, parts),
                             .numbers_in_order = count(&weights, &plain, inputs, outputs, NULL),
                             .numbers_without_fgcp =
                                 count(&weights, &coarse, inputs, outputs, NULL)};
}
