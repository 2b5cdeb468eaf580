#include "algorithms/learning/partition.h"
#include "algorithms/learning/shuffle.h"
#include "algorithms/learning/streams.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DRAWS = 1000 };

static int *shuffled(struct sim_arena *arena, struct sample_list samples, struct sim_random *random)
{
    int *order = sim_new(arena, int, (size_t)samples.count);

    if (samples.count > 0)
        memcpy(order, samples.numbers, (size_t)samples.count * sizeof *order);
    shuffle(order, samples.count, random);
    return order;
}

/* Where piece k of n begins in `count` things: the first count % n pieces are one longer. */
static int piece_begin(int count, int n, int k)
{
    return k * (count / n) + (k < count % n ? k : count % n);
}

static bool are_enough(struct sample_list samples, long pieces, const char *what,
                       struct sim_error *err)
{
    return (long)samples.count >= pieces ||
           sim_fail(err, "%d samples cannot be dealt to %ld %s: each needs at least one.",
                    samples.count, pieces, what);
}

bool partition_iid(struct sim_arena *arena, struct sample_list samples, int parts, uint64_t seed,
                   struct partition *partition, struct sim_error *err)
{
    struct sample_list *lists = sim_new(arena, struct sample_list, (size_t)parts);
    struct sim_random *random;
    const int *order;

    if (!are_enough(samples, parts, "parts", err))
        return false;
    random = sim_random_open(seed, learning_stream(LEARNING_PARTITION));
    order = shuffled(arena, samples, random);
    sim_random_close(random);
    for (int k = 0; k < parts; k++) {
        const int begin = piece_begin(samples.count, parts, k);

        lists[k] =
            (struct sample_list){order + begin, piece_begin(samples.count, parts, k + 1) - begin};
    }
    *partition = (struct partition){parts, lists};
    return true;
}

/* The numbers in `order`, by label; those of one label stay in their order. */
static int *by_label(struct sim_arena *arena, const struct data_set *set, const int *order,
                     int count)
{
    int *sorted = sim_new(arena, int, (size_t)count), at = 0;

    for (int c = 0; c < set->class_count; c++)
        for (int i = 0; i < count; i++)
            if (set->labels[order[i]] == c)
                sorted[at++] = order[i];
    return sorted;
}

bool partition_label_shards(struct sim_arena *arena, const struct data_set *set,
                            struct sample_list samples, int parts, int shards_per_part,
                            uint64_t seed, struct partition *partition, struct sim_error *err)
{
    const long shards = (long)parts * shards_per_part;
    struct sample_list *lists = sim_new(arena, struct sample_list, (size_t)parts);
    int *dealt = sim_new(arena, int, (size_t)samples.count), at = 0, *shard;
    struct sim_random *random;
    const int *sorted;

    if (!are_enough(samples, shards, "shards", err))
        return false;
    random = sim_random_open(seed, learning_stream(LEARNING_PARTITION));
    sorted = by_label(arena, set, shuffled(arena, samples, random), samples.count);
    shard = sim_new(arena, int, (size_t)shards);
    for (int i = 0; i < shards; i++)
        shard[i] = i;
    shuffle(shard, (int)shards, random);
    sim_random_close(random);
    for (int k = 0; k < parts; k++) {
        lists[k].numbers = dealt + at;
        for (int s = 0; s < shards_per_part; s++) {
            const int which = shard[k * shards_per_part + s];
            const int end = piece_begin(samples.count, (int)shards, which + 1);

            for (int i = piece_begin(samples.count, (int)shards, which); i < end; i++)
                dealt[at++] = sorted[i];
        }
        lists[k].count = (int)(dealt + at - lists[k].numbers);
    }
    *partition = (struct partition){parts, lists};
    return true;
}

/* Ends of the parts' shares of one label's `count` samples, drawn from the Dirichlet. */
static void draw_ends(int *ends, double *shares, int parts, int count, double concentration,
                      struct sim_random *random)
{
    double sum = 0, below = 0;

    for (int k = 0; k < parts; k++)
        sum += shares[k] = sim_random_gamma(random, concentration);
    for (int k = 0; k < parts; k++) {
        below += shares[k];
        ends[k] = sum > 0 ? (int)floor(below / sum * count) : 0;
    }
    ends[parts - 1] = count; /* rounding, or a concentration so small that all shares are 0 */
}

struct dealing {
    int *part_of; /* of each sample, in the order of `sorted` */
    int *counts;  /* of each part */
    int *ends;
    double *shares;
};

static bool deal_labels(const struct dealing *dealing, const struct data_set *set,
                        const int *sorted, int count, int parts, double concentration,
                        struct sim_random *random)
{
    memset(dealing->counts, 0, (size_t)parts * sizeof *dealing->counts);
    for (int first = 0, end; first < count; first = end) {
        for (end = first; end < count && set->labels[sorted[end]] == set->labels[sorted[first]];)
            end++;
        draw_ends(dealing->ends, dealing->shares, parts, end - first, concentration, random);
        for (int i = first, k = 0; i < end; i++) {
            while (i - first >= dealing->ends[k])
                k++;
            dealing->part_of[i] = k;
            dealing->counts[k]++;
        }
    }
    for (int k = 0; k < parts; k++)
        if (dealing->counts[k] == 0)
            return false;
    return true;
}

static struct partition gather(struct sim_arena *arena, const struct dealing *dealing,
                               const int *sorted, int count, int parts)
{
    struct sample_list *lists = sim_new(arena, struct sample_list, (size_t)parts);
    int *dealt = sim_new(arena, int, (size_t)count), at = 0;

    for (int k = 0; k < parts; k++) {
        lists[k] = (struct sample_list){dealt + at, dealing->counts[k]};
        for (int i = 0; i < count; i++)
            if (dealing->part_of[i] == k)
                dealt[at++] = sorted[i];
    }
    return (struct partition){parts, lists};
}

bool partition_dirichlet(struct sim_arena *arena, const struct data_set *set,
                         struct sample_list samples, int parts, double concentration, uint64_t seed,
                         struct partition *partition, struct sim_error *err)
{
    const struct dealing dealing = {
        sim_new(arena, int, (size_t)samples.count), sim_new(arena, int, (size_t)parts),
        sim_new(arena, int, (size_t)parts), sim_new(arena, double, (size_t)parts)};
    struct sim_random *random;
    const int *sorted;
    int draws = 0;

    if (!are_enough(samples, parts, "parts", err))
        return false;
    random = sim_random_open(seed, learning_stream(LEARNING_PARTITION));
    sorted = by_label(arena, set, shuffled(arena, samples, random), samples.count);
    while (draws < MOST_DRAWS &&
           !deal_labels(&dealing, set, sorted, samples.count, parts, concentration, random))
        draws++;
    sim_random_close(random);
    if (draws == MOST_DRAWS)
        return sim_fail(err,
                        "A Dirichlet of concentration %g left a part of %d empty 1000 times; a "
                        "larger concentration, or fewer parts, would do.",
                        concentration, parts);
    *partition = gather(arena, &dealing, sorted, samples.count, parts);
    return true;
}

/* ---- unequal sizes ---- */

/* A number that is owed to a part beyond the whole ones. */
struct remainder {
    double left;
    int rank;
};

static int by_remainder(const void *a, const void *b)
{
    const struct remainder *one = a, *other = b;

    if (one->left != other->left)
        return one->left < other->left ? 1 : -1;
    return one->rank - other->rank;
}

const int *partition_power_law(struct sim_arena *arena, int count, int parts, double exponent,
                               uint64_t seed, struct sim_error *err)
{
    int *ranks = sim_new(arena, int, (size_t)parts), *sizes = sim_new(arena, int, (size_t)parts);
    struct remainder *remainders = sim_new(arena, struct remainder, (size_t)parts);
    struct sim_random *random;
    double sum = 0;
    int dealt = parts;

    if (!are_enough((struct sample_list){.count = count}, parts, "parts", err))
        return NULL;
    if (!(exponent >= 0 && isfinite(exponent))) {
        sim_fail(err, "Sizes cannot follow a power law of exponent %g; it must be at least 0.",
                 exponent);
        return NULL;
    }
    for (int r = 0; r < parts; r++) {
        ranks[r] = r;
        sum += pow(r + 1, -exponent);
    }
    random = sim_random_open(seed, learning_stream(LEARNING_PARTITION_SIZES));
    shuffle(ranks, parts, random);
    sim_random_close(random);
    for (int r = 0; r < parts; r++) {
        const double owed = pow(r + 1, -exponent) / sum * (count - parts);

        sizes[ranks[r]] = 1 + (int)floor(owed);
        dealt += (int)floor(owed);
        remainders[r] = (struct remainder){owed - floor(owed), r};
    }
    qsort(remainders, (size_t)parts, sizeof *remainders, by_remainder);
    for (int i = 0; i < count - dealt; i++)
        sizes[ranks[remainders[i % parts].rank]]++;
    return sizes;
}

void partition_sized(struct sim_arena *arena, struct sample_list samples, int parts,
                     const int *sizes, uint64_t seed, struct partition *partition)
{
    struct sample_list *lists = sim_new(arena, struct sample_list, (size_t)parts);
    struct sim_random *random = sim_random_open(seed, learning_stream(LEARNING_PARTITION));
    const int *order = shuffled(arena, samples, random);

    sim_random_close(random);
    for (int k = 0; k < parts; k++) {
        lists[k] = (struct sample_list){order, sizes[k]};
        order += sizes[k];
    }
    *partition = (struct partition){parts, lists};
}

/* ---- one label above all ---- */

/* The samples of a label, in the order in which they are dealt. */
struct stock {
    const int *numbers;
    int count;
};

struct dominance {
    struct stock *stocks; /* of the labels that occur */
    int labels;
    int parts;
    const int *sizes; /* of the parts, as asked for */
    int *first;       /* the label of each part: a place in `stocks` */
    int *next;        /* of the others, the one that has the first odd sample */
    int *demand;      /* of each label */
    double share;
};

static int scaled(const struct dominance *d, int part, double factor)
{
    return (int)floor(factor * d->sizes[part]);
}

/* How many of the i-th label has a part that is cut to `size`. */
static int wanted(const struct dominance *d, int part, int size, int label)
{
    const int dominant = (int)lround(d->share * size), others = d->labels - 1;
    const int place = (label - d->first[part] - 1 + d->labels) % d->labels; /* among the others */

    assert(others > 0);
    if (label == d->first[part])
        return dominant;
    return (size - dominant) / others +
           ((place - d->next[part] + others) % others < (size - dominant) % others);
}

static void add_up(const struct dominance *d, double factor)
{
    memset(d->demand, 0, (size_t)d->labels * sizeof *d->demand);
    for (int k = 0; k < d->parts; k++)
        for (int c = 0; c < d->labels; c++)
            d->demand[c] += wanted(d, k, scaled(d, k, factor), c);
}

/* 1, or less: lowered by the worst shortage until no label is short.  Whole numbers make it a loop. */
static double fitting_factor(const struct dominance *d)
{
    double factor = 1;

    for (;;) {
        double tight = 1;

        add_up(d, factor);
        for (int c = 0; c < d->labels; c++)
            if (d->demand[c] > d->stocks[c].count)
                tight = fmin(tight, (double)d->stocks[c].count / d->demand[c]);
        if (!(tight < 1))
            return factor;
        factor *= tight;
    }
}

static void find_stocks(struct sim_arena *arena, const struct data_set *set, const int *sorted,
                        int count, struct dominance *d)
{
    d->stocks = sim_new(arena, struct stock, (size_t)set->class_count);
    for (int first = 0, end; first < count; first = end) {
        for (end = first; end < count && set->labels[sorted[end]] == set->labels[sorted[first]];)
            end++;
        d->stocks[d->labels++] = (struct stock){sorted + first, end - first};
    }
}

static void draw_labels(struct dominance *d, struct sim_random *random)
{
    for (int k = 0; k < d->parts; k++) {
        d->first[k] = (int)sim_random_below(random, (uint32_t)d->labels);
        d->next[k] = (int)sim_random_below(random, (uint32_t)d->labels - 1);
    }
}

static bool deal_dominant(struct sim_arena *arena, const struct dominance *d, double factor,
                          struct partition *partition, struct sim_error *err)
{
    struct sample_list *lists = sim_new(arena, struct sample_list, (size_t)d->parts);

    for (int k = 0; k < d->parts; k++) {
        const int size = scaled(d, k, factor);
        int *numbers = sim_new(arena, int, (size_t)size + 1), at = 0;

        if (size == 0)
            return sim_fail(
                err,
                "Part %d of %d would have no sample: with %g of each part of one label, "
                "only %.3g of the sizes can be had; fewer parts would do.",
                k + 1, d->parts, d->share, factor);
        for (int c = 0; c < d->labels; c++)
            for (int left = wanted(d, k, size, c); left > 0; left--) {
                numbers[at++] = *d->stocks[c].numbers++;
                d->stocks[c].count--;
            }
        lists[k] = (struct sample_list){numbers, size};
    }
    *partition = (struct partition){d->parts, lists};
    return true;
}

static int *equal_sizes(struct sim_arena *arena, int count, int parts)
{
    int *sizes = sim_new(arena, int, (size_t)parts);

    for (int k = 0; k < parts; k++)
        sizes[k] = piece_begin(count, parts, k + 1) - piece_begin(count, parts, k);
    return sizes;
}

bool partition_dominant_label(struct sim_arena *arena, const struct data_set *set,
                              struct sample_list samples, int parts, const int *sizes, double share,
                              uint64_t seed, struct partition *partition, struct sim_error *err)
{
    struct dominance d = {.parts = parts,
                          .sizes = sizes ? sizes : equal_sizes(arena, samples.count, parts),
                          .first = sim_new(arena, int, (size_t)parts),
                          .next = sim_new(arena, int, (size_t)parts),
                          .share = share};
    struct sim_random *random;

    if (!are_enough(samples, parts, "parts", err))
        return false;
    if (!(share >= 0 && share <= 1))
        return sim_fail(err, "A part cannot have %g of its samples of one label; 0 to 1 it may be.",
                        share);
    random = sim_random_open(seed, learning_stream(LEARNING_PARTITION));
    find_stocks(arena, set, by_label(arena, set, shuffled(arena, samples, random), samples.count),
                samples.count, &d);
    if (d.labels > 1)
        draw_labels(&d, random);
    sim_random_close(random);
    if (d.labels < 2)
        return sim_fail(err,
                        "All %d samples have one label: no part can have another for the rest.",
                        samples.count);
    d.demand = sim_new(arena, int, (size_t)d.labels);
    return deal_dominant(arena, &d, fitting_factor(&d), partition, err);
}
