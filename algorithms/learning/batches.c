#include "algorithms/learning/batches.h"
#include "algorithms/learning/shuffle.h"
#include "algorithms/learning/streams.h"

#include <assert.h>
#include <string.h>

struct batches {
    struct sample_list samples;
    uint64_t seed;
    uint32_t who;
    int64_t epoch; /* that `order` is of; -1: none yet */
    int *order;
};

struct batches *batches_open(struct sim_arena *arena, struct sample_list samples, uint64_t seed,
                             uint32_t who)
{
    struct batches *batches = sim_new(arena, struct batches, 1);

    assert(samples.count > 0);
    *batches = (struct batches){samples, seed, who, -1, sim_new(arena, int, (size_t)samples.count)};
    return batches;
}

static void turn_to(struct batches *batches, int64_t epoch)
{
    struct sim_random *random;

    if (epoch == batches->epoch)
        return;
    random = sim_random_open(batches->seed, learning_epoch_stream(batches->who, (uint32_t)epoch));
    memcpy(batches->order, batches->samples.numbers,
           (size_t)batches->samples.count * sizeof *batches->order);
    shuffle(batches->order, batches->samples.count, random);
    sim_random_close(random);
    batches->epoch = epoch;
}

void batches_take(struct batches *batches, int64_t first, int count, int *numbers)
{
    for (int i = 0; i < count; i++) {
        turn_to(batches, (first + i) / batches->samples.count);
        numbers[i] = batches->order[(first + i) % batches->samples.count];
    }
}
