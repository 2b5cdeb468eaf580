#include "algorithms/learning/partition.h"
#include "algorithms/learning/shuffle.h"
#include "algorithms/learning/streams.h"

#include <math.h>
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
