/* tell.c -- what a platform holds, as plain data. */
#include "sim/engine/engine.h"
#include "sim/engine/run.h"
#include "sim/platform/device.h"

#include <string.h>

/* What a layer's time depends on beside the speed. */
static json_t *layers_json(const struct sim_device *device)
{
    json_t *kinds = json_object();

    for (const struct sim_kind_efficiency *kind = device->kinds; kind != NULL; kind = kind->next)
        json_object_set_new(kinds, kind->kind, json_real(kind->efficiency));
    return json_pack("{s:f, s:f, s:f, s:f, s:o}", "memory_bytes_per_second",
                     device->memory_bytes_per_second, "flop_efficiency", device->flop_efficiency,
                     "byte_efficiency", device->byte_efficiency, "overhead_seconds",
                     device->layer_overhead_seconds, "kind_efficiency", kinds);
}

static json_t *host_json(const struct sim_world *world, int h)
{
    const struct world_host *host = &world->hosts[h];
    const double memory = world->devices[h].memory_bytes;
    const char *watts = sg_host_get_property_value(host->host, "wattage_per_state");

    return json_pack("{s:s, s:f, s:i, s:o, s:o, s:o}", "name", host->name, "flop_per_second",
                     host->flop_per_second, "cores", sg_host_core_count(host->host), "memory_bytes",
                     memory > 0 ? json_real(memory) : json_null(), "watts",
                     watts != NULL ? json_string(watts) : json_null(), "layers",
                     layers_json(&world->devices[h]));
}

/* A Wi-Fi link has a rate for each station, and none of its own. */
static json_t *link_json(const struct world_link *link)
{
    return json_pack("{s:s, s:o, s:f, s:s}", "name", link->name, "bytes_per_second",
                     link->is_wifi ? json_null() : json_real(link->bytes_per_second),
                     "latency_seconds", link->latency_seconds, "sharing",
                     link->is_wifi      ? "wifi"
                     : link->is_fatpipe ? "fatpipe"
                                        : "shared");
}

json_t *sim_tell_platform(const struct sim_scenario *scenario,
                          const struct sim_platform_facts *facts, struct sim_arena *arena,
                          struct sim_error *err)
{
    struct sim_world *world = sim_new(arena, struct sim_world, 1);
    volatile bool platform_is_fine;
    json_t *hosts, *links;

    if (!world_load(world, scenario, facts, false, &platform_is_fine, arena, err))
        return NULL;
    hosts = json_array();
    for (int h = 0; h < world->host_count; h++)
        json_array_append_new(hosts, host_json(world, h));
    links = json_array();
    for (int i = 0; i < world->link_count; i++)
        json_array_append_new(links, link_json(&world->links[i]));
    return json_pack("{s:o, s:o}", "hosts", hosts, "links", links);
}

/* ---- routes ---- */

static int host_named(const struct sim_world *world, const char *name)
{
    for (int h = 0; h < world->host_count; h++)
        if (strcmp(world->hosts[h].name, name) == 0)
            return h;
    return -1;
}

static json_t *route_json(const struct sim_world *world, int from, int to,
                          const struct route *route)
{
    json_t *links = json_array();

    for (int i = 0; i < route->count; i++)
        json_array_append_new(links, json_string(world->links[route->links[i]].name));
    return json_pack("{s:s, s:s, s:o}", "from", world->hosts[from].name, "to",
                     world->hosts[to].name, "links", links);
}

static json_t *routes_json(struct sim_world *world, const int *hosts, int count)
{
    json_t *routes = json_array();

    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            const struct route *route = i == j ? NULL : world_route(world, hosts[i], hosts[j]);

            if (route != NULL)
                json_array_append_new(routes, route_json(world, hosts[i], hosts[j], route));
        }
    return routes;
}

json_t *sim_tell_routes(const struct sim_scenario *scenario, const struct sim_platform_facts *facts,
                        const char *const *hosts, struct sim_arena *arena, struct sim_error *err)
{
    struct sim_world *world = sim_new(arena, struct sim_world, 1);
    volatile bool platform_is_fine;
    int count = 0, *places;

    if (!world_load(world, scenario, facts, false, &platform_is_fine, arena, err))
        return NULL;
    while (hosts[count] != NULL)
        count++;
    places = sim_new(arena, int, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        places[i] = host_named(world, hosts[i]);
        if (places[i] < 0) {
            sim_fail(err, "%s: there is no host '%s' in this platform.", scenario->platform,
                     hosts[i]);
            return NULL;
        }
    }
    return routes_json(world, places, count);
}
