/* platform_graph.h -- the graph of a platform, from the routes between its hosts: which links meet where.
 *
 * SimGrid tells routes, not switches.  A link has two ends; where one link of a route follows another, an end of each is
 * the same place, and the first and the last end of a route are hosts.  What is left are switches and routers without
 * a name.  A link that joins more than two places, as a bus or the air of a Wi-Fi cell, is a place itself. */
#ifndef ANALYSIS_PLATFORM_GRAPH_H
#define ANALYSIS_PLATFORM_GRAPH_H

#include "sim/base/arena.h"

#include <stdbool.h>
#include <stdio.h>

/* Places of hosts and links in the lists that the caller has. */
struct analysis_route {
    int from, to;     /* hosts */
    const int *links; /* [count] */
    int count;
};

enum analysis_node_kind { ANALYSIS_HOST, ANALYSIS_SWITCH, ANALYSIS_SHARED_LINK };

struct analysis_node {
    enum analysis_node_kind kind;
    int of; /* which host or link; of a switch -1 */
};

/* A link, or what joins a host to a shared one. */
struct analysis_arc {
    int from, to; /* nodes */
    int link;     /* -1: it only joins */
    bool is_two_way;
};

struct analysis_graph {
    struct analysis_node *nodes;
    struct analysis_arc *arcs;
    int node_count, arc_count;
};

/* In the arena.  Hosts without a route stand alone; links on no route are left out. */
struct analysis_graph analysis_graph_of(const struct analysis_route *routes, int route_count,
                                        int host_count, int link_count, struct sim_arena *arena);

/* How the graph is drawn. */
struct analysis_graph_look {
    const char *title;
    const char *const *notes; /* lines of small print, NULL-ended */
    const char *const *host_names;
    const char *const *link_names;
    const double *bytes;       /* of each link */
    const double *busy_shares; /* likewise, 0 .. 1 */
};

/* Write it in graphviz's language: width by bytes, colour by busy share, both in five steps for the latter. */
void analysis_graph_write(FILE *out, const struct analysis_graph *graph,
                          const struct analysis_graph_look *look, struct sim_arena *arena);

#endif
