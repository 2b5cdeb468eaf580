#include "analysis/platform_graph.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

/* One link while the graph is found. */
struct link {
    int ends[2];              /* places; -1: not met yet */
    int first_from, first_to; /* of the route that met it first */
    bool goes[2];             /* some route crosses it forward, backward */
    int shared_place;         /* of a link that is a place itself; else -1 */
};

/* Places are known by numbers that may turn out to be one (union-find): hosts first, then what is met. */
struct search {
    const struct analysis_route *routes;
    struct link *links;
    int *parents; /* of places */
    int host_count, link_count, place_count, room;
    int *joins; /* pairs of places that a shared link joins to others */
    int join_count, join_room;
    bool *is_solid; /* a host or a shared link: no two of these can be one place */
    struct sim_arena *arena;
};

static int find(const struct search *search, int place)
{
    while (search->parents[place] != place)
        place = search->parents[place];
    return place;
}

static int new_place(struct search *search, bool is_solid)
{
    assert(search->place_count < search->room);
    search->parents[search->place_count] = search->place_count;
    search->is_solid[search->place_count] = is_solid;
    return search->place_count++;
}

/* Two places are one; false where that cannot be. */
static bool unite(struct search *search, int a, int b)
{
    a = find(search, a);
    b = find(search, b);
    if (a == b)
        return true;
    if (search->is_solid[a] && search->is_solid[b])
        return false;
    if (search->is_solid[b])
        search->parents[a] = b;
    else
        search->parents[b] = a;
    return true;
}

/* Is it a shared link?  Hosts come first, and what is solid stands for its set. */
static bool is_shared(const struct search *search, int place)
{
    return search->is_solid[place] && place >= search->host_count;
}

/* At a shared link everything meets: what is a place of its own is joined by a line. */
static void attach(struct search *search, int a, int b)
{
    a = find(search, a);
    b = find(search, b);
    if (unite(search, a, b))
        return;
    for (int j = 0; j < search->join_count; j++)
        if ((find(search, search->joins[2 * j]) == a &&
             find(search, search->joins[2 * j + 1]) == b) ||
            (find(search, search->joins[2 * j]) == b &&
             find(search, search->joins[2 * j + 1]) == a))
            return;
    assert(search->join_count < search->join_room);
    search->joins[2 * search->join_count] = a;
    search->joins[2 * search->join_count++ + 1] = b;
}

/* Is the end of a link where the route goes on: at its last host, or at an end of the next link? */
static bool goes_on(const struct search *search, int end, const struct analysis_route *route, int i)
{
    const struct link *next;

    end = find(search, end);
    if (i + 1 == route->count)
        return end == find(search, route->to);
    next = &search->links[route->links[i + 1]];
    if (next->shared_place >= 0)
        return end == find(search, next->shared_place);
    return next->ends[0] >= 0 &&
           (end == find(search, next->ends[0]) || end == find(search, next->ends[1]));
}

/* Which way a route at `place` crosses its link `i`: 0 forward, as it was met first, or 1.  Where neither end is known to be
 * here, the other one may be known to be there; else the way back of the route that met it first crosses it backward. */
static int way_of(const struct search *search, int place, const struct analysis_route *route, int i)
{
    const struct link *link = &search->links[route->links[i]];

    for (int way = 0; way < 2; way++)
        if (find(search, link->ends[way]) == place)
            return way;
    for (int way = 0; way < 2; way++)
        if (goes_on(search, link->ends[1 - way], route, i) &&
            !goes_on(search, link->ends[way], route, i))
            return way;
    return link->first_from == route->to && link->first_to == route->from;
}

/* From `*place` over link `i` of the route; false where its end cannot be here. */
static bool cross(struct search *search, const struct analysis_route *route, int i, int *place)
{
    struct link *link = &search->links[route->links[i]];
    int way = 0;

    if (link->shared_place >= 0) {
        attach(search, *place, link->shared_place);
        *place = find(search, link->shared_place);
        return true;
    }
    if (link->ends[0] < 0) {
        link->ends[0] = *place;
        link->ends[1] = new_place(search, false);
        link->first_from = route->from;
        link->first_to = route->to;
    } else {
        way = way_of(search, *place, route, i);
        if (is_shared(search, *place))
            attach(search, *place, link->ends[way]);
        else if (!unite(search, *place, link->ends[way]))
            return false;
    }
    link->goes[way] = true;
    *place = find(search, link->ends[1 - way]);
    return true;
}

/* Follow a route; a link that would have to be in two places at once is returned, -1 if there is none. */
static int follow(struct search *search, const struct analysis_route *route)
{
    int place = route->from;

    for (int i = 0; i < route->count; i++)
        if (!cross(search, route, i, &place))
            return route->links[i];
    if (route->count == 0)
        return -1;
    if (is_shared(search, find(search, place))) {
        attach(search, place, route->to);
        return -1;
    }
    return unite(search, place, route->to) ? -1 : route->links[route->count - 1];
}

/* ---- all routes ---- */

static int by_length(const void *a, const void *b, void *context)
{
    const struct analysis_route *routes = context;
    const int x = *(const int *)a, y = *(const int *)b;

    return routes[x].count != routes[y].count ? routes[x].count - routes[y].count : x - y;
}

static void begin(struct search *search)
{
    search->place_count = search->join_count = 0;
    for (int h = 0; h < search->host_count; h++)
        new_place(search, true);
    for (int l = 0; l < search->link_count; l++) {
        const bool is_place = search->links[l].shared_place >= 0;

        search->links[l] = (struct link){
            {-1, -1}, -1, -1, {false, false}, is_place ? new_place(search, true) : -1};
    }
}

/* A link both of whose ends are one place; -1 if there is none. */
static int loop_of(const struct search *search)
{
    for (int l = 0; l < search->link_count; l++) {
        const struct link *link = &search->links[l];

        if (link->shared_place < 0 && link->ends[0] >= 0 &&
            find(search, link->ends[0]) == find(search, link->ends[1]))
            return l;
    }
    return -1;
}

/* Short routes first: they tell most surely where links meet.  Where a link is in the way, it is a place, and all begins
 * anew. */
static void find_places(struct search *search, const int *order, int count)
{
    int in_the_way;

    do {
        begin(search);
        in_the_way = -1;
        for (int r = 0; r < count && in_the_way < 0; r++)
            in_the_way = follow(search, &search->routes[order[r]]);
        if (in_the_way < 0)
            in_the_way = loop_of(search);
        if (in_the_way >= 0)
            search->links[in_the_way].shared_place = 0; /* any: begin() gives it one */
    } while (in_the_way >= 0);
}

/* ---- the graph ---- */

/* The node of a place, made if it is the first time. */
static int node_of(struct analysis_graph *graph, const struct search *search, int *nodes, int place)
{
    place = find(search, place);
    if (nodes[place] == 0) {
        graph->nodes[graph->node_count++] = (struct analysis_node){ANALYSIS_SWITCH, -1};
        nodes[place] = graph->node_count;
    }
    return nodes[place] - 1;
}

static struct analysis_graph build(const struct search *search, struct sim_arena *arena)
{
    struct analysis_graph graph = {
        .nodes = sim_new(arena, struct analysis_node, (size_t)search->place_count + 1),
        .arcs = sim_new(arena, struct analysis_arc,
                        (size_t)search->link_count + (size_t)search->join_count + 1)};
    int *nodes = sim_new(arena, int, (size_t)search->place_count + 1); /* node + 1; 0: none yet */

    for (int h = 0; h < search->host_count; h++) {
        graph.nodes[graph.node_count++] = (struct analysis_node){ANALYSIS_HOST, h};
        nodes[find(search, h)] = graph.node_count;
    }
    for (int l = 0; l < search->link_count; l++)
        if (search->links[l].shared_place >= 0) {
            graph.nodes[graph.node_count++] = (struct analysis_node){ANALYSIS_SHARED_LINK, l};
            nodes[find(search, search->links[l].shared_place)] = graph.node_count;
        }
    for (int l = 0; l < search->link_count; l++) {
        const struct link *link = &search->links[l];

        if (link->shared_place < 0 && link->ends[0] >= 0)
            graph.arcs[graph.arc_count++] = (struct analysis_arc){
                node_of(&graph, search, nodes, link->ends[0]),
                node_of(&graph, search, nodes, link->ends[1]), l, link->goes[0] && link->goes[1]};
    }
    for (int j = 0; j < search->join_count; j++)
        graph.arcs[graph.arc_count++] = (struct analysis_arc){
            node_of(&graph, search, nodes, search->joins[2 * j]),
            node_of(&graph, search, nodes, search->joins[2 * j + 1]), -1, true};
    return graph;
}

struct analysis_graph analysis_graph_of(const struct analysis_route *routes, int route_count,
                                        int host_count, int link_count, struct sim_arena *arena)
{
    struct search search = {.routes = routes,
                            .host_count = host_count,
                            .link_count = link_count,
                            .room = host_count + 2 * link_count,
                            .arena = arena};
    int *order = sim_new(arena, int, (size_t)route_count + 1);

    search.links = sim_new(arena, struct link, (size_t)link_count + 1);
    search.parents = sim_new(arena, int, (size_t)search.room + 1);
    search.is_solid = sim_new(arena, bool, (size_t)search.room + 1);
    for (int r = 0; r < route_count; r++) {
        order[r] = r;
        search.join_room += 2 * routes[r].count + 1;
    }
    search.joins = sim_new(arena, int, 2 * (size_t)search.join_room + 2);
    for (int l = 0; l < link_count; l++)
        search.links[l].shared_place = -1;
    if (route_count > 0)
        qsort_r(order, (size_t)route_count, sizeof *order, by_length, (void *)(uintptr_t)routes);
    find_places(&search, order, route_count);
    return build(&search, arena);
}
