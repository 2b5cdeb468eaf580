/* plot_platform.c -- figure `platform_graph`: bytes on the links of the platform's own graph, laid out by graphviz. */
#include "analysis/csv.h"
#include "analysis/platform_graph.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/file.h"
#include "sim/study/simulate.h"

#include <string.h>

enum { MOST_HOSTS = 32, MOST_NODES = 100, LEAST_HOSTS = 4 };

static const double figure_width = 3.54; /* inches: 9 cm */

/* All that the figure is made of. */
struct picture {
    const char **hosts; /* those that are shown, NULL-ended */
    int host_count, all_hosts;
    json_t *link_places; /* name -> place in what follows */
    const char **links;
    double *bytes, *busy_shares;
    int link_count, room;
    struct analysis_route *routes;
    int route_count;
    struct analysis_graph graph;
    struct sim_arena *arena;
};

/* ---- reading ---- */

/* The hosts of the peers, each once. */
static const char **hosts_of(const json_t *peers, int *count, struct sim_arena *arena)
{
    const char **hosts = sim_new(arena, const char *, json_array_size(peers) + 1);
    json_t *known = json_object(), *peer;
    size_t i;

    *count = 0;
    json_array_foreach (peers, i, peer) {
        const char *host = analysis_text(peer, "host");

        if (json_object_get(known, host) == NULL)
            hosts[(*count)++] = host;
        json_object_set_new(known, host, json_true());
    }
    json_decref(known);
    return hosts;
}

/* The first and the last ones, `most` together. */
static void choose_hosts(struct picture *picture, const char *const *all, int most)
{
    picture->host_count = picture->all_hosts < most ? picture->all_hosts : most;
    picture->hosts = sim_new(picture->arena, const char *, (size_t)picture->host_count + 1);
    for (int h = 0; h < picture->host_count; h++)
        picture->hosts[h] =
            all[h < (picture->host_count + 1) / 2 ? h
                                                  : h + picture->all_hosts - picture->host_count];
}

static int link_named(struct picture *picture, const char *name)
{
    const json_t *place = json_object_get(picture->link_places, name);

    if (place != NULL)
        return (int)json_integer_value(place);
    if (picture->link_count == picture->room) {
        const char **larger = sim_new(picture->arena, const char *, (size_t)picture->room * 2 + 64);

        for (int l = 0; l < picture->link_count; l++)
            larger[l] = picture->links[l];
        picture->links = larger;
        picture->room = picture->room * 2 + 64;
    }
    picture->links[picture->link_count] = sim_text(picture->arena, "%s", name);
    json_object_set_new(picture->link_places, name, json_integer(picture->link_count));
    return picture->link_count++;
}

static int host_named(const struct picture *picture, const char *name)
{
    int h = 0;

    while (strcmp(picture->hosts[h], name) != 0)
        h++;
    return h;
}

static void take_routes(struct picture *picture, const json_t *told)
{
    const json_t *route;
    size_t r, l;

    picture->link_count = picture->room = 0;
    json_object_clear(picture->link_places);
    picture->route_count = (int)json_array_size(told);
    picture->routes =
        sim_new(picture->arena, struct analysis_route, (size_t)picture->route_count + 1);
    json_array_foreach (told, r, route) {
        const json_t *links = json_object_get(route, "links"), *link;
        int *places = sim_new(picture->arena, int, json_array_size(links) + 1);

        json_array_foreach (links, l, link)
            places[l] = link_named(picture, json_string_value(link));
        picture->routes[r] = (struct analysis_route){
            host_named(picture, analysis_text(route, "from")),
            host_named(picture, analysis_text(route, "to")), places, (int)json_array_size(links)};
    }
}

/* What links.csv says of those links. */
static bool read_loads(struct picture *picture, const char *path, struct sim_error *err)
{
    struct analysis_csv *csv = analysis_csv_open(path, picture->arena, err);
    int name, bytes, busy;

    if (csv == NULL)
        return false;
    picture->bytes = sim_new(picture->arena, double, (size_t)picture->link_count + 1);
    picture->busy_shares = sim_new(picture->arena, double, (size_t)picture->link_count + 1);
    name = analysis_csv_column(csv, "link");
    bytes = analysis_csv_column(csv, "bytes");
    busy = analysis_csv_column(csv, "busy_share");
    while (analysis_csv_next(csv)) {
        const json_t *place = json_object_get(picture->link_places, analysis_csv_text(csv, name));

        if (place == NULL)
            continue;
        picture->bytes[json_integer_value(place)] = analysis_csv_number(csv, bytes);
        picture->busy_shares[json_integer_value(place)] = analysis_csv_number(csv, busy);
    }
    return analysis_csv_close(csv, err);
}

/* The graph between as many hosts as leave it legible. */
static bool find_graph(struct picture *picture, const char *platform, const char *const *all,
                       struct sim_error *err)
{
    int most = MOST_HOSTS;

    do {
        json_t *told;

        choose_hosts(picture, all, most);
        if (sim_tell_routes_file(platform, picture->hosts, &told, picture->arena, err) != 0)
            return false;
        take_routes(picture, told);
        json_decref(told);
        picture->graph =
            analysis_graph_of(picture->routes, picture->route_count, picture->host_count,
                              picture->link_count, picture->arena);
        most = picture->host_count / 2;
    } while (picture->graph.node_count > MOST_NODES && most >= LEAST_HOSTS);
    return true;
}

/* ---- drawing ---- */

static const char *note_on_hosts(const struct picture *picture)
{
    if (picture->host_count == picture->all_hosts)
        return "";
    return sim_text(
        picture->arena,
        "Of %d hosts with a peer the first %d and the last %d are shown, with the links "
        "between them.",
        picture->all_hosts, (picture->host_count + 1) / 2, picture->host_count / 2);
}

static bool has_shared_links(const struct picture *picture)
{
    for (int n = 0; n < picture->graph.node_count; n++)
        if (picture->graph.nodes[n].kind == ANALYSIS_SHARED_LINK)
            return true;
    return false;
}

static const char *note_on_widths(const struct picture *picture)
{
    struct analysis_scale scale;
    double most = 0;

    for (int l = 0; l < picture->link_count; l++)
        most = picture->bytes[l] > most ? picture->bytes[l] : most;
    scale = analysis_scale_for(most, SIM_UNIT_BYTES);
    return sim_text(
        picture->arena,
        "Width: bytes carried, at most %s %s on a link. Colour: bytes over what it could "
        "have carried in the simulated time. Dots: switches%s.",
        analysis_three_digits(most * scale.factor, picture->arena), scale.unit,
        has_shared_links(picture) ? "; ovals: links that many share" : "");
}

static bool draw(struct analysis_figures *all, const struct analysis_run *run,
                 const struct picture *picture, struct sim_error *err)
{
    const struct analysis_look look = {
        .width = figure_width,
        .notes = {note_on_widths(picture), run->origin, note_on_hosts(picture)}};
    const struct analysis_graph_look graph_look = {
        .title = sim_text(all->arena, "%s: bytes on the links of the platform", run->title),
        .notes = analysis_broken_notes(&look, all->arena),
        .host_names = picture->hosts,
        .link_names = picture->links,
        .bytes = picture->bytes,
        .busy_shares = picture->busy_shares};
    struct analysis_figure *figure = analysis_graph_begin(all, "platform_graph", err);

    if (figure == NULL)
        return false;
    analysis_graph_write(figure->script, &picture->graph, &graph_look, all->arena);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_platform(struct analysis_figures *all, const struct analysis_run *run,
                            struct sim_error *err)
{
    const char *platform = analysis_text(run->summary, "platform");
    const json_t *peers = json_object_get(run->summary, "peers");
    struct picture picture = {.arena = all->arena, .link_places = json_object()};
    const char **hosts = hosts_of(peers, &picture.all_hosts, all->arena);
    struct sim_error why = {0};
    bool fine = true;

    if (!sim_file_exists(platform))
        analysis_leave_out(all,
                           sim_text(all->arena,
                                    "platform_graph is left out: %s, the platform of this run, "
                                    "is not there (any more).",
                                    platform));
    else if (!find_graph(&picture, platform, hosts, &why))
        analysis_leave_out(all, sim_text(all->arena, "platform_graph is left out: %s", why.text));
    else if (picture.link_count > 0)
        fine = read_loads(&picture, sim_text(all->arena, "%s/links.csv", run->folder), err) &&
               draw(all, run, &picture, err);
    json_decref(picture.link_places);
    return fine;
}
