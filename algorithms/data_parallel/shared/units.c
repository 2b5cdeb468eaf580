#include "algorithms/data_parallel/shared/units.h"

struct units units_by_layers(const struct sim_plan *plan, int bytes_per_number, int64_t least_bytes)
{
    const struct sim_model *model = plan->model;
    struct units units = {.all = sim_new(plan->arena, struct unit, (size_t)model->layer_count)};
    struct unit *unit = units.all;

    for (int l = 0; l < model->layer_count; l++) {
        const int64_t bytes = model->layers[l].parameters * bytes_per_number;

        if (bytes > 0 && unit->bytes > 0 && unit->bytes >= least_bytes)
            (++unit)->first_layer = l;
        unit->bytes += bytes;
        unit->last_layer = l;
        units.bytes += bytes;
    }
    units.count = (int)(unit - units.all) + 1;
    return units;
}

struct units units_evenly(const struct sim_plan *plan, int64_t bytes, int count)
{
    struct units units = {sim_new(plan->arena, struct unit, (size_t)count), count, bytes};

    for (int u = 0; u < count; u++)
        units.all[u].bytes = sim_part_begin(bytes, u + 1, count) - sim_part_begin(bytes, u, count);
    return units;
}

static double share_of(const struct units *units, enum sim_pass pass)
{
    return (pass == SIM_FORWARD ? 1.0 : 2.0) / 3 / units->count;
}

double unit_flop(const struct sim_peer *me, const struct units *units, int u, enum sim_pass pass,
                 double compute_seconds)
{
    const struct sim_model *model = me->plan->model;
    double flop = 0;

    if (model == NULL)
        return sim_flop_for(me, compute_seconds) * share_of(units, pass);
    for (int l = units->all[u].first_layer; l <= units->all[u].last_layer; l++)
        flop += sim_layer_cost_flop(me, &model->layers[l], me->plan->batch, pass);
    return flop;
}

double unit_seconds(const struct sim_plan *plan, int peer, const struct units *units, int u,
                    enum sim_pass pass, double compute_seconds)
{
    double seconds = 0;

    if (plan->model == NULL)
        return compute_seconds * share_of(units, pass);
    for (int l = units->all[u].first_layer; l <= units->all[u].last_layer; l++)
        seconds += sim_layer_seconds(sim_device_of(plan, peer), &plan->model->layers[l],
                                     plan->batch, pass);
    return seconds;
}
