/* device.c -- what a layer costs on the host of a peer. */
#include "sim/platform/device.h"

#include "sim/engine/engine.h"
#include "sim/workload/language.h"

#include <math.h>
#include <simgrid/plugins/energy.h>
#include <stdlib.h>
#include <string.h>
#include <xbt/dict.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In alphabetical order, so that complaints have an order of their own. */
static bool read_properties(struct sim_device *device, struct sim_world *world, sg_host_t host,
                            struct sim_error *err)
{
    xbt_dict_t properties = sg_host_get_properties(host);
    const size_t count = properties == NULL ? 0 : (size_t)xbt_dict_length(properties);
    const char **names = sim_new(world->arena, const char *, count + 1);
    xbt_dict_cursor_t cursor = NULL;
    bool fine = true;
    char *name;
    void *value;
    size_t n = 0;

    xbt_dict_foreach(properties, cursor, name, value) names[n++] =
        sim_text(world->arena, "%s", name);
    qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; i < n; i++)
        fine &= sim_device_set(device, world->platform, names[i],
                               sg_host_get_property_value(host, names[i]), world->arena, err);
    xbt_dict_free(&properties);
    return fine;
}

bool devices_read(struct sim_world *world, struct sim_error *err)
{
    bool fine = true;

    world->devices = sim_new(world->arena, struct sim_device, (size_t)world->host_count);
    for (int h = 0; h < world->host_count; h++) {
        const struct world_host *host = &world->hosts[h];

        world->devices[h] = sim_device_plain(host->name, host->flop_per_second);
        fine &= read_properties(&world->devices[h], world, host->host, err);
    }
    return fine;
}

void devices_take_reference(const struct sim_plan *plan)
{
    double fastest = 0;

    for (int i = 0; i < plan->casting->peer_count; i++) {
        const double speed = plan->world->devices[plan->casting->peers[i].host].flop_per_second;

        fastest = speed > fastest ? speed : fastest;
    }
    for (int h = 0; h < plan->world->host_count; h++)
        plan->world->devices[h].reference_flop_per_second = fastest;
}

const struct sim_device *sim_device_of(const struct sim_plan *plan, int peer)
{
    return &plan->world->devices[plan->casting->peers[peer].host];
}

double sim_seconds_on(const struct sim_plan *plan, int peer, double seconds)
{
    const struct sim_device *device = sim_device_of(plan, peer);

    return seconds * device->reference_flop_per_second / device->flop_per_second;
}

double sim_flop_per_second(const struct sim_plan *plan, int peer)
{
    return sim_device_of(plan, peer)->flop_per_second;
}

double sim_memory_bytes(const struct sim_plan *plan, int peer)
{
    return sim_device_of(plan, peer)->memory_bytes;
}

bool sim_fits_memory(struct sim_plan *plan, int peer, double bytes, const char *what,
                     const char *advice, struct sim_error *err)
{
    const struct sim_device *device = sim_device_of(plan, peer);
    const double missing = bytes - device->memory_bytes;
    char needed[SIM_QUANTITY_SIZE], more[SIM_QUANTITY_SIZE], there[SIM_QUANTITY_SIZE];
    const char *sentence;

    if (device->memory_bytes == 0 || missing <= 0)
        return true;
    sentence = sim_text(plan->arena, "%s need %s on host %s, %s more than its memory of %s", what,
                        sim_format_quantity(needed, bytes, SIM_UNIT_BYTES), device->name,
                        sim_format_quantity(more, missing, SIM_UNIT_BYTES),
                        sim_format_quantity(there, device->memory_bytes, SIM_UNIT_BYTES));
    if (!plan->allows_oom)
        return sim_fail(err, "%s: %s, or go on with --allow-oom.", sentence, advice);
    sim_remark(plan, "%s; it goes on all the same (allow_oom).", sentence);
    return true;
}

double sim_language_seconds(const struct sim_plan *plan, int peer,
                            const struct sim_language_model *model,
                            const struct sim_language_step *step)
{
    return sim_language_step_seconds(sim_device_of(plan, peer), model, step);
}

double sim_layer_cost_seconds(const struct sim_peer *me, const struct sim_layer *layer, int batch,
                              enum sim_pass pass)
{
    return sim_layer_seconds(sim_device_of(me->plan, me->number), layer, batch, pass);
}

double sim_layer_cost_flop(const struct sim_peer *me, const struct sim_layer *layer, int batch,
                           enum sim_pass pass)
{
    const struct sim_device *device = sim_device_of(me->plan, me->number);

    return sim_layer_seconds(device, layer, batch, pass) * device->flop_per_second;
}

const char *sim_host_name(const struct sim_plan *plan, int peer)
{
    return plan->world->host_names[plan->casting->peers[peer].host];
}

double world_busy_watts(const struct world_host *host)
{
    const double epsilon = sg_host_get_wattmin_at(host->host, 0);

    return epsilon + (sg_host_get_wattmax_at(host->host, 0) - epsilon) /
                         (double)sg_host_core_count(host->host);
}

double sim_busy_watts(const struct sim_plan *plan, int peer)
{
    const struct world_host *host = &plan->world->hosts[plan->casting->peers[peer].host];

    return host->draws_power ? world_busy_watts(host) : NAN;
}

double sim_radio_joules_of(const struct sim_plan *plan, int peer, double seconds,
                           int64_t sent_bytes, int64_t received_bytes)
{
    return sim_device_radio_joules(sim_device_of(plan, peer), seconds, sent_bytes, received_bytes);
}

bool sim_states_watts(const struct sim_plan *plan, int peer)
{
    return plan->world->hosts[plan->casting->peers[peer].host].draws_power;
}
