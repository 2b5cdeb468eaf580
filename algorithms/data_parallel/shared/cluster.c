#include "algorithms/data_parallel/shared/cluster.h"

const struct cluster *cluster_of(const struct sim_peer *me)
{
    return me->plan->prepared;
}

size_t cluster_numbers(const struct job *job, const struct parameter_server *ps, int range)
{
    const int64_t all = (int64_t)job->number_count;

    return (size_t)(sim_part_begin(all, range + 1, ps->servers) -
                    sim_part_begin(all, range, ps->servers));
}

size_t cluster_first_number(const struct job *job, const struct parameter_server *ps, int range)
{
    return (size_t)sim_part_begin((int64_t)job->number_count, range, ps->servers);
}

struct parcel *parcel_take(struct sim_peer *me, enum parcel_kind kind, int range, int clock)
{
    const struct parameter_server *ps = me->parameters;
    const struct cluster *cluster = cluster_of(me);
    struct parcel *parcel = *cluster->spare;
    struct sim_arena *arena = me->plan->arena;

    if (parcel != NULL) {
        *cluster->spare = parcel->next;
    } else {
        parcel = sim_new(arena, struct parcel, 1);
        parcel->values = sim_new(arena, double, cluster_numbers(&cluster->job, ps, 0));
        parcel->pushed =
            ps->replicas > 0 ? sim_new(arena, int, (size_t)ps->training.workers) : NULL;
    }
    parcel->kind = kind;
    parcel->range = range;
    parcel->clock = clock;
    return parcel;
}

void parcel_put_back(struct sim_peer *me, struct parcel *parcel)
{
    parcel->next = *cluster_of(me)->spare;
    *cluster_of(me)->spare = parcel;
}

int64_t cluster_shard_bytes(const struct sim_plan *plan, int range)
{
    const struct parameter_server *ps = plan->parameters;
    const int64_t gradient = ((const struct cluster *)plan->prepared)->job.gradient_bytes;

    return sim_part_begin(gradient, range + 1, ps->servers) -
           sim_part_begin(gradient, range, ps->servers);
}
