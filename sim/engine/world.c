/* world.c -- the platform as SimGrid loaded it, in an order of our own: SimGrid's depends on a hash. */
#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/engine/engine.h"

#include <math.h>
#include <simgrid/plugins/energy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xbt/config.h>
#include <xbt/log.h>

enum { LONGEST_ROUTE = 256 };

/* SimGrid's first complaint, in one line: what follows it is for those who debug SimGrid. */
static const char *tidy(char *complaint, const char *path)
{
    static const char prefix[] = "Parse error at ";
    const size_t length = strlen(path);

    complaint[strcspn(complaint, "\n")] = '\0';
    if (strncmp(complaint, prefix, sizeof prefix - 1) == 0)
        complaint += sizeof prefix - 1;
    if (strncmp(complaint, path, length) == 0 && complaint[length] == ':')
        complaint += length + 1;
    return complaint;
}

static int by_host_name(const void *a, const void *b)
{
    return sim_natural_order(((const struct world_host *)a)->name,
                             ((const struct world_host *)b)->name);
}

static int by_link_name(const void *a, const void *b)
{
    return sim_natural_order(((const struct world_link *)a)->name,
                             ((const struct world_link *)b)->name);
}

static void take_hosts(struct sim_world *world)
{
    sg_host_t *hosts = sg_host_list();

    world->host_count = (int)sg_host_count();
    world->hosts = sim_new(world->arena, struct world_host, (size_t)world->host_count);
    world->host_names = sim_new(world->arena, const char *, (size_t)world->host_count);
    for (int i = 0; i < world->host_count; i++)
        world->hosts[i] = (struct world_host){
            .name = sg_host_get_name(hosts[i]),
            .host = hosts[i],
            .flop_per_second = sg_host_get_speed(hosts[i]),
            .draws_power = sg_host_get_property_value(hosts[i], "wattage_per_state") != NULL,
        };
    free(hosts);
    qsort(world->hosts, (size_t)world->host_count, sizeof *world->hosts, by_host_name);
    for (int i = 0; i < world->host_count; i++) {
        world->host_names[i] = world->hosts[i].name;
        world->draws_power |= world->hosts[i].draws_power;
    }
}

static void take_links(struct sim_world *world)
{
    const size_t count = sg_link_count();
    sg_link_t *links = sg_link_list();

    world->links = sim_new(world->arena, struct world_link, count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(sg_link_get_name(links[i]), "__loopback__") != 0)
            world->links[world->link_count++] = (struct world_link){
                .name = sg_link_get_name(links[i]),
                .link = links[i],
                .bytes_per_second = sg_link_get_bandwidth(links[i]),
                .latency_seconds = sg_link_get_latency(links[i]),
                .is_fatpipe = s4u_link_is_fatpipe(links[i]),
                .is_wifi = s4u_link_is_wifi(links[i]),
            };
    free(links);
    qsort(world->links, (size_t)world->link_count, sizeof *world->links, by_link_name);
    for (int i = 0; i < world->link_count; i++)
        sg_link_set_data(world->links[i].link, (void *)(uintptr_t)(i + 1));
}

static void prepare_wifi(const struct sim_world *world)
{
    sg_host_t *hosts = sg_host_list();

    for (int i = 0; i < world->link_count; i++)
        if (world->links[i].is_wifi)
            s4u_link_use_first_rate(world->links[i].link, hosts, world->host_count);
    free(hosts);
}

static bool values_make_sense(const struct sim_world *world, struct sim_error *err)
{
    bool fine = true;

    for (int i = 0; i < world->host_count; i++)
        if (!(world->hosts[i].flop_per_second > 0))
            fine = sim_fail(err, "%s: host %s has speed %g flop/s; it must be greater than 0.",
                            world->platform, world->hosts[i].name, world->hosts[i].flop_per_second);
    for (int i = 0; i < world->link_count; i++) {
        const struct world_link *link = &world->links[i];

        if (!link->is_wifi && !(link->bytes_per_second > 0))
            fine = sim_fail(err, "%s: link %s has bandwidth %g B/s; it must be greater than 0.",
                            world->platform, link->name, link->bytes_per_second);
        if (link->latency_seconds < 0)
            fine = sim_fail(err, "%s: link %s has latency %g s; it must not be negative.",
                            world->platform, link->name, link->latency_seconds);
    }
    return fine;
}

/* By default SimGrid takes all that ends within 10 us for simultaneous, which swallows whole messages. */
static const char precision[] = "surf/precision:1e-12";

/* Its lazy solver, the default, loses links: of two flows that leave a host at one instant, the second is
 * not seen by the links that it does not share with the first, so that these carry more than they can
 * (System::update_modified_cnst_set_from_variable visits a flow's first link only; 3.32 to 4.1). */
static const char *const our_options[] = {precision, "network/optim:Full", NULL};

/* An edited platform lives in memory; its name there is the kernel's, so SimGrid must be told where the profiles lie
 * that the file names. */
static const char *path_to_load(const struct sim_scenario *scenario,
                                const struct sim_platform_facts *facts, struct sim_arena *arena,
                                struct sim_error *err)
{
    const int descriptor = facts->edited == NULL ? -1 : memfd_create("platform", 0);
    size_t written = 0;

    if (facts->edited == NULL)
        return scenario->platform;
    while (descriptor >= 0 && written < facts->edited_length) {
        const ssize_t more =
            write(descriptor, facts->edited + written, facts->edited_length - written);

        if (more <= 0)
            break;
        written += (size_t)more;
    }
    if (descriptor < 0 || written < facts->edited_length) {
        sim_fail(err, "%s: this machine has no memory left for its edited copy.",
                 scenario->platform);
        return NULL;
    }
    sg_cfg_set_string("path", sim_folder_of(arena, scenario->platform));
    return sim_text(arena, "/proc/self/fd/%d", descriptor);
}

bool world_load(struct sim_world *world, const struct sim_scenario *scenario,
                const struct sim_platform_facts *facts, bool with_energy,
                volatile bool *platform_is_fine, struct sim_arena *arena, struct sim_error *err)
{
    char complaint[2048] = "";
    const char *path;

    *world = (struct sim_world){
        .arena = arena, .platform_is_fine = platform_is_fine, .platform = scenario->platform};
    xbt_log_control_set("root.thres:error root.fmt:%m%n");
    if (!s4u_start(our_options, scenario->network.options, complaint, sizeof complaint))
        return sim_fail(err, "%s: network: SimGrid refuses its options: %s.", scenario->path,
                        tidy(complaint, ""));
    if (with_energy)
        sg_host_energy_plugin_init();
    path = path_to_load(scenario, facts, arena, err);
    if (path == NULL)
        return false;
    if (!s4u_load(path, complaint, sizeof complaint))
        return sim_fail(err, "%s:%s", scenario->platform, tidy(complaint, path));
    take_hosts(world);
    take_links(world);
    if (world->host_count == 0)
        return sim_fail(err, "%s: there is no host in this platform.", scenario->platform);
    prepare_wifi(world);
    *platform_is_fine = values_make_sense(world, err) && devices_read(world, err);
    return *platform_is_fine;
}

const struct route *world_route(struct sim_world *world, int from, int to)
{
    sg_link_t links[LONGEST_ROUTE];
    struct route *route;
    double latency_seconds = 0;
    int count;

    *world->platform_is_fine = false;
    count = s4u_route(world->hosts[from].host, world->hosts[to].host, links, LONGEST_ROUTE,
                      &latency_seconds);
    *world->platform_is_fine = true;
    if (count < 0)
        return NULL;
    route = sim_arena_take(world->arena, 1, sizeof *route + (size_t)count * sizeof(int));
    route->bytes_per_second = INFINITY;
    for (int i = 0; i < count; i++) {
        const uintptr_t place = (uintptr_t)sg_link_get_data(links[i]);

        route->bytes_per_second = fmin(route->bytes_per_second, sg_link_get_bandwidth(links[i]));
        if (place > 0)
            route->links[route->count++] = (int)place - 1;
    }
    route->latency_seconds = latency_seconds;
    return route;
}

/* ---- what laws ask ---- */

bool sim_has_own_hosts(const struct sim_plan *plan)
{
    return !plan->casting->is_shared && !plan->somebody_may_die;
}

/* The card of a host: its first link outwards and its last inwards, as far as pairs have shown them. */
struct card {
    int out, in; /* links + 1; 0: not seen yet */
};

struct finding {
    struct sim_switch found;
    struct card *cards; /* by host */
    int *user; /* by link: host + 1 of the one card that it belongs to, outwards positive */
    bool is_any;
};

static bool claim(struct finding *finding, int link, int host, bool outwards)
{
    struct card *card = &finding->cards[host];
    int *seen = outwards ? &card->out : &card->in;
    const int user = outwards ? host + 1 : -(host + 1);

    if (*seen == 0)
        *seen = link + 1;
    if (finding->user[link] == 0)
        finding->user[link] = user;
    return *seen == link + 1 && finding->user[link] == user;
}

static bool is_alike(struct finding *finding, const struct sim_switch *seen)
{
    if (!finding->is_any)
        finding->found = *seen;
    finding->is_any = true;
    return finding->found.latency_seconds == seen->latency_seconds &&
           finding->found.bytes_per_second == seen->bytes_per_second &&
           finding->found.flop_per_second == seen->flop_per_second;
}

/* One link out of a host, one into the other, both of the switch's speed; fat pipes between them never
 * narrow anything if they are as wide. */
static bool fits(struct sim_world *world, struct finding *finding, int from, int to)
{
    const struct route *route = world_route(world, from, to);
    const struct world_link *first, *last;

    if (route == NULL || route->count < 2)
        return false;
    first = &world->links[route->links[0]];
    last = &world->links[route->links[route->count - 1]];
    for (int i = 1; i < route->count - 1; i++) {
        const struct world_link *between = &world->links[route->links[i]];

        if (!between->is_fatpipe || between->bytes_per_second < first->bytes_per_second)
            return false;
    }
    if (first->is_wifi || last->is_wifi || first->bytes_per_second != last->bytes_per_second ||
        world->hosts[from].flop_per_second != world->hosts[to].flop_per_second)
        return false;
    return claim(finding, route->links[0], from, true) &&
           claim(finding, route->links[route->count - 1], to, false) &&
           is_alike(finding, &(struct sim_switch){route->latency_seconds, first->bytes_per_second,
                                                  world->hosts[from].flop_per_second});
}

bool sim_is_one_switch(const struct sim_plan *plan, sim_edges *edges, struct sim_switch *found)
{
    struct sim_world *world = plan->world;
    struct finding finding = {
        .found = {0, 1, 1},
        .cards = sim_new(plan->arena, struct card, (size_t)world->host_count),
        .user = sim_new(plan->arena, int, (size_t)world->link_count),
    };
    struct sim_edge edge;

    if (!plan->network_is_textbook || !plan->is_undisturbed || plan->casting->is_shared)
        return false;
    for (int i = 0; edges(plan, i, &edge); i++) {
        const int from = plan->casting->peers[edge.from].host,
                  to = plan->casting->peers[edge.to].host;

        if (from != to && !fits(world, &finding, from, to))
            return false;
    }
    *found = finding.found;
    return true;
}

double sim_alone_seconds(const struct sim_plan *plan, int from, int to, int64_t bytes)
{
    const struct sim_way way = sim_way_between(plan, from, to);

    return way.latency_seconds + (double)bytes / way.bytes_per_second;
}

struct sim_way sim_way_between(const struct sim_plan *plan, int from, int to)
{
    const struct sim_cast_peer *peers = plan->casting->peers;
    const struct route *route = peers[from].host == peers[to].host
                                    ? NULL
                                    : world_route(plan->world, peers[from].host, peers[to].host);

    return route == NULL ? (struct sim_way){0, INFINITY}
                         : (struct sim_way){route->latency_seconds, route->bytes_per_second};
}

/* Who crosses a link: how many pairs, whether more than two hosts, and the widest way. */
struct crossing {
    int count, a, b;
    bool is_shared;
    double widest;
};

static void cross(struct crossing *crossing, int from, int to, double bytes_per_second)
{
    const int a = from < to ? from : to, b = from < to ? to : from;

    if (crossing->count++ > 0 && (crossing->a != a || crossing->b != b))
        crossing->is_shared = true;
    crossing->a = a;
    crossing->b = b;
    crossing->widest = fmax(crossing->widest, bytes_per_second);
}

static bool has_room(const struct world_link *link, const struct crossing *crossing, int at_once)
{
    const int most = crossing->count < at_once ? crossing->count : at_once;

    if (crossing->count > 0 && link->is_wifi)
        return false;
    return !crossing->is_shared || link->is_fatpipe ||
           link->bytes_per_second >= most * crossing->widest;
}

bool sim_is_uncontended(const struct sim_plan *plan, sim_edges *edges, int at_once)
{
    struct sim_world *world = plan->world;
    struct crossing *crossings = sim_new(plan->arena, struct crossing, (size_t)world->link_count);
    struct sim_edge edge;

    if (!plan->network_is_textbook || !plan->is_undisturbed || plan->casting->is_shared)
        return false;
    for (int i = 0; edges(plan, i, &edge); i++) {
        const int from = plan->casting->peers[edge.from].host,
                  to = plan->casting->peers[edge.to].host;
        const struct route *route = from == to ? NULL : world_route(world, from, to);

        for (int l = 0; route != NULL && l < route->count; l++)
            cross(&crossings[route->links[l]], from, to, route->bytes_per_second);
    }
    for (int l = 0; l < world->link_count; l++)
        if (!has_room(&world->links[l], &crossings[l], at_once))
            return false;
    return true;
}
