#include "algorithms/data_parallel/shared/shards.h"

#include <math.h>
#include <string.h>

/* Numbers `begin` .. `end` - 1 of P. */
struct span {
    size_t begin, end;
};

static struct span unit_of(const struct shards *shards, int u)
{
    const int64_t all = (int64_t)shards->job->number_count;

    return (struct span){(size_t)sim_part_begin(all, u, shards->units),
                         (size_t)sim_part_begin(all, u + 1, shards->units)};
}

static struct span shard_of(const struct shards *shards, int u)
{
    const struct span unit = unit_of(shards, u);
    const int64_t count = (int64_t)(unit.end - unit.begin);

    return (struct span){unit.begin + (size_t)sim_part_begin(count, shards->place, shards->parts),
                         unit.begin +
                             (size_t)sim_part_begin(count, shards->place + 1, shards->parts)};
}

struct shards *shards_open(const struct sim_peer *me, const struct job *job, int units, int place,
                           int parts)
{
    struct sim_arena *arena = me->plan->arena;
    struct shards *shards = sim_new(arena, struct shards, 1);

    *shards = (struct shards){.job = job,
                              .replica = training_replica(me, job),
                              .units = units,
                              .place = place,
                              .parts = parts,
                              .first = sim_new(arena, size_t, (size_t)units + 1)};
    if (shards->replica == NULL)
        return NULL;
    for (int u = 0; u < units; u++)
        shards->first[u + 1] =
            shards->first[u] + shard_of(shards, u).end - shard_of(shards, u).begin;
    shards->master = sim_new(arena, double, shards->first[units]);
    shards->velocity = sim_new(arena, double, shards->first[units]);
    shards->seen = sim_new(arena, double, job->number_count);
    for (int u = 0; u < units; u++)
        memcpy(shards->master + shards->first[u], job->first_parameters + shard_of(shards, u).begin,
               (shards->first[u + 1] - shards->first[u]) * sizeof(double));
    return shards;
}

struct sim_buffer shards_buffer(const struct shards *shards, int u, double *vector)
{
    const struct span unit = unit_of(shards, u);

    return (struct sim_buffer){.values = vector + unit.begin, .count = unit.end - unit.begin};
}

void shards_lay_out(const struct shards *shards, int u, double *vector)
{
    if (shards != NULL)
        memcpy(vector + shard_of(shards, u).begin, shards->master + shards->first[u],
               (shards->first[u + 1] - shards->first[u]) * sizeof(double));
}

void shards_forget(struct shards *shards)
{
    for (size_t i = 0; shards != NULL && i < shards->job->number_count; i++)
        shards->replica->parameters[i] = NAN;
}

void shards_learn(const struct sim_peer *me, struct shards *shards, int iteration)
{
    if (shards == NULL)
        return;
    training_gradient(me, shards->job, shards->replica, iteration);
    memcpy(shards->seen, shards->replica->parameters,
           shards->job->number_count * sizeof *shards->seen);
    shards_forget(shards);
}

bool shards_are_back(const struct shards *shards)
{
    return shards == NULL || memcmp(shards->seen, shards->replica->parameters,
                                    shards->job->number_count * sizeof *shards->seen) == 0;
}

void shards_step(struct shards *shards, int workers, int iteration)
{
    for (int u = 0; shards != NULL && u < shards->units; u++) {
        const struct span shard = shard_of(shards, u);
        double *gradient = shards->replica->gradient;

        for (size_t i = shard.begin; i < shard.end; i++)
            gradient[i] /= workers;
        sgd_step(&shards->job->sgd, iteration, shards->master + shards->first[u],
                 gradient + shard.begin, shards->velocity + shards->first[u],
                 shard.end - shard.begin);
    }
}
