/* platform_graph.c -- which links meet where, told by routes alone: graphs drawn by hand; and their text. */
#include "tests/unit/close.h"

#include "analysis/platform_graph.h"

enum { MOST_ROUTES = 12, MOST_LINKS = 5 };

/* Routes as from, to, links ending in -1. */
struct drawn {
    const char *name;
    int hosts, links, route_count;
    struct {
        int from, to, links[MOST_LINKS];
    } routes[MOST_ROUTES];
    int switches, shared, arcs, two_way;
};

static struct drawn graphs[] = {
    /* links 2h up, 2h + 1 down */
    {"three hosts round a switch, a link each way",
     3,
     6,
     6,
     {{0, 1, {0, 3, -1}},
      {1, 0, {2, 1, -1}},
      {0, 2, {0, 5, -1}},
      {2, 0, {4, 1, -1}},
      {1, 2, {2, 5, -1}},
      {2, 1, {4, 3, -1}}},
     1,
     0,
     6,
     0},
    {"the same with links that carry both ways",
     3,
     3,
     6,
     {{0, 1, {0, 1, -1}},
      {1, 0, {1, 0, -1}},
      {0, 2, {0, 2, -1}},
      {2, 0, {2, 0, -1}},
      {1, 2, {1, 2, -1}},
      {2, 1, {2, 1, -1}}},
     1,
     0,
     3,
     3},
    {"two pairs behind two links: the long routes are told first, the short ones say where links "
     "meet",
     4,
     6,
     12,
     {{0, 2, {0, 4, 5, 2, -1}},
      {2, 0, {2, 5, 4, 0, -1}},
      {1, 3, {1, 4, 5, 3, -1}},
      {3, 1, {3, 5, 4, 1, -1}},
      {0, 3, {0, 4, 5, 3, -1}},
      {3, 0, {3, 5, 4, 0, -1}},
      {1, 2, {1, 4, 5, 2, -1}},
      {2, 1, {2, 5, 4, 1, -1}},
      {0, 1, {0, 1, -1}},
      {1, 0, {1, 0, -1}},
      {2, 3, {2, 3, -1}},
      {3, 2, {3, 2, -1}}},
     3,
     0,
     6,
     6},
    {"one cable between two hosts", 2, 1, 2, {{0, 1, {0, -1}}, {1, 0, {0, -1}}}, 0, 0, 1, 1},
    {"a bus is a place, and what joins hosts to it is no link",
     3,
     1,
     4,
     {{0, 1, {0, -1}}, {1, 0, {0, -1}}, {1, 2, {0, -1}}, {2, 0, {0, -1}}},
     0,
     1,
     3,
     3},
    {"hosts with cards of their own on a bus",
     3,
     4,
     6,
     {{0, 1, {0, 3, 1, -1}},
      {1, 0, {1, 3, 0, -1}},
      {0, 2, {0, 3, 2, -1}},
      {2, 0, {2, 3, 0, -1}},
      {1, 2, {1, 3, 2, -1}},
      {2, 1, {2, 3, 1, -1}}},
     0,
     1,
     3,
     3},
    {"a ring of links passes through hosts",
     3,
     3,
     6,
     {{0, 1, {0, -1}},
      {1, 2, {1, -1}},
      {2, 0, {2, -1}},
      {0, 2, {0, 1, -1}},
      {1, 0, {1, 2, -1}},
      {2, 1, {2, 0, -1}}},
     0,
     0,
     3,
     0},
    {"without routes hosts stand alone", 2, 0, 0, {{0, 0, {0}}}, 0, 0, 0, 0},
};

static struct analysis_graph graph_of(const struct drawn *drawn, struct sim_arena *arena)
{
    struct analysis_route *routes = sim_new(arena, struct analysis_route, MOST_ROUTES);

    for (int r = 0; r < drawn->route_count; r++) {
        int count = 0;

        while (drawn->routes[r].links[count] >= 0)
            count++;
        routes[r] = (struct analysis_route){drawn->routes[r].from, drawn->routes[r].to,
                                            drawn->routes[r].links, count};
    }
    return analysis_graph_of(routes, drawn->route_count, drawn->hosts, drawn->links, arena);
}

/* Can one go along the route's links from node to node, in the graph? */
static bool leads(const struct analysis_graph *graph, const int *links, int place, int to)
{
    if (*links < 0)
        return place == to;
    if (graph->nodes[place].kind == ANALYSIS_SHARED_LINK && graph->nodes[place].of == *links)
        return leads(graph, links + 1, place, to);
    for (int a = 0; a < graph->arc_count; a++) {
        const struct analysis_arc *arc = &graph->arcs[a];
        const int next = arc->link >= 0 ? 1 : 0;

        if ((arc->link == *links || arc->link < 0) && arc->from == place && place != arc->to &&
            (next || graph->nodes[arc->to].of == *links) && leads(graph, links + next, arc->to, to))
            return true;
        if ((arc->link == *links || arc->link < 0) && arc->is_two_way && arc->to == place &&
            (next || graph->nodes[arc->from].of == *links) &&
            leads(graph, links + next, arc->from, to))
            return true;
    }
    return false;
}

static int count_kind(const struct analysis_graph *graph, enum analysis_node_kind kind)
{
    int count = 0;

    for (int n = 0; n < graph->node_count; n++)
        count += graph->nodes[n].kind == kind;
    return count;
}

static void links_meet_where_they_were_drawn(void **state)
{
    const struct drawn *drawn = *state;
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_graph graph = graph_of(drawn, arena);
    int two_way = 0;

    for (int a = 0; a < graph.arc_count; a++)
        two_way += graph.arcs[a].is_two_way;
    assert_int_equal(count_kind(&graph, ANALYSIS_HOST), drawn->hosts);
    assert_int_equal(count_kind(&graph, ANALYSIS_SWITCH), drawn->switches);
    assert_int_equal(count_kind(&graph, ANALYSIS_SHARED_LINK), drawn->shared);
    assert_int_equal(graph.arc_count, drawn->arcs);
    assert_int_equal(two_way, drawn->two_way);
    for (int r = 0; r < drawn->route_count && drawn->shared == 0; r++)
        assert_true(
            leads(&graph, drawn->routes[r].links, drawn->routes[r].from, drawn->routes[r].to));
    sim_arena_close(arena);
}

static void its_text_tells_width_colour_and_names(void **state)
{
    static const char *const hosts[] = {"a\"b", "phone<1>", "c"}, *const no_notes[] = {NULL};
    static const char *const links[] = {"0u", "0d", "1u", "1d", "2u", "2d"};
    static const double bytes[] = {7e6, 3.5e6, 0, 7e6, 7e6, 7e6};
    static const double busy[] = {0.73, 0.39, 0, 1, 0.2, 0.1999};
    const struct analysis_graph_look look = {"<title>", no_notes, hosts, links, bytes, busy};
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_graph graph = graph_of(&graphs[0], arena);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    analysis_graph_write(out, &graph, &look, arena);
    fclose(out);
    assert_non_null(strstr(text, "&lt;title&gt;"));
    assert_non_null(strstr(text, "label=\"a\\\"b\""));
    assert_non_null(strstr(text, "color=\"#1F5A93\" penwidth=2.80 tooltip=\"0u\"")); /* 60-80 % */
    assert_non_null(strstr(text, "color=\"#6FA8D6\" penwidth=1.70 tooltip=\"0d\"")); /* half */
    assert_non_null(strstr(text, "color=\"#CCCCCC\" penwidth=0.40 tooltip=\"1u\""));
    assert_non_null(strstr(text, "color=\"#08264F\" penwidth=2.80 tooltip=\"1d\""));
    assert_non_null(strstr(text, "color=\"#6FA8D6\" penwidth=2.80 tooltip=\"2u\""));
    assert_non_null(strstr(text, "color=\"#A9CCE8\" penwidth=2.80 tooltip=\"2d\""));
    free(text);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(its_text_tells_width_colour_and_names)};

    return RUN_CASES(links_meet_where_they_were_drawn, graphs) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
