/* platform_graph_dot.c -- the graph of a platform in graphviz's language. */
#include "analysis/platform_graph.h"
#include "analysis/scale.h"

#include <math.h>
#include <string.h>

enum { STEPS = 5, FIRST_DARK = 2, MOST_NODES_OF_A_COLUMN = 18 };

/* From light to dark blue, so that it reads in grey, too; the last is near black. */
static const char *const colours[STEPS] = {"#A9CCE8", "#6FA8D6", "#3B7FB8", "#1F5A93", "#08264F"};
static const char *const idle_colour = "#CCCCCC";

static const double least_width = 0.6, most_width = 2.8, idle_width = 0.4; /* points */

/* Text between quotes. */
static void write_quoted(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        putc((unsigned char)*text < ' ' ? '?' : *text, out);
    }
    putc('"', out);
}

/* Text of a label in graphviz's HTML. */
static void write_html(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        default: putc((unsigned char)*text < ' ' ? '?' : *text, out);
        }
}

/* ---- title, key, small print ---- */

static void write_key(FILE *out)
{
    fputs("<TR><TD ALIGN=\"LEFT\"><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"2\" "
          "CELLPADDING=\"0\"><TR><TD>busy:</TD>",
          out);
    for (int i = 0; i < STEPS; i++)
        fprintf(out,
                "<TD BGCOLOR=\"%s\" WIDTH=\"12\" HEIGHT=\"5\" FIXEDSIZE=\"TRUE\"></TD><TD>%d-%d "
                "%%</TD>",
                colours[i], 100 / STEPS * i, 100 / STEPS * (i + 1));
    fprintf(out,
            "<TD BGCOLOR=\"%s\" WIDTH=\"12\" HEIGHT=\"2\" FIXEDSIZE=\"TRUE\"></TD><TD>unused</TD>"
            "</TR></TABLE></TD></TR>\n",
            idle_colour);
}

static void write_label(FILE *out, const struct analysis_graph_look *look)
{
    fputs("  labelloc=t labeljust=l\n  label=<<TABLE BORDER=\"0\" CELLBORDER=\"0\" "
          "CELLSPACING=\"0\" CELLPADDING=\"1\">\n<TR><TD ALIGN=\"LEFT\"><FONT POINT-SIZE=\"7\">",
          out);
    write_html(out, look->title);
    fputs("</FONT></TD></TR>\n", out);
    write_key(out);
    for (int i = 0; look->notes[i] != NULL; i++) {
        fputs("<TR><TD ALIGN=\"LEFT\"><FONT COLOR=\"#555555\">", out);
        write_html(out, look->notes[i]);
        fputs("</FONT></TD></TR>\n", out);
    }
    fputs("</TABLE>>\n", out);
}

/* ---- nodes and links ---- */

/* 0 .. STEPS - 1 */
static int step_of(double busy_share)
{
    const int step = (int)floor(busy_share * STEPS);

    return step >= STEPS ? STEPS - 1 : step;
}

static const char *colour_of(double bytes, double busy_share)
{
    return bytes == 0 ? idle_colour : colours[step_of(busy_share)];
}

static const char *size_of(double bytes, struct sim_arena *arena)
{
    const struct analysis_scale scale = analysis_scale_for(bytes, SIM_UNIT_BYTES);

    return sim_text(arena, "%s %s", analysis_three_digits(bytes * scale.factor, arena), scale.unit);
}

/* A link that is a place tells its bytes in words. */
static void write_shared(FILE *out, int link, const struct analysis_graph_look *look,
                         struct sim_arena *arena)
{
    const double bytes = look->bytes[link], busy = look->busy_shares[link];

    fprintf(out, "shape=ellipse style=filled fillcolor=\"%s\" fontcolor=\"%s\" label=",
            colour_of(bytes, busy), bytes > 0 && step_of(busy) >= FIRST_DARK ? "white" : "black");
    write_quoted(out, sim_text(arena, "%s, %s", look->link_names[link], size_of(bytes, arena)));
}

static void write_node(FILE *out, const struct analysis_node *node, int number,
                       const struct analysis_graph_look *look, struct sim_arena *arena)
{
    fprintf(out, "  n%d [", number);
    switch (node->kind) {
    case ANALYSIS_HOST:
        fputs("label=", out);
        write_quoted(out, look->host_names[node->of]);
        break;
    case ANALYSIS_SHARED_LINK: write_shared(out, node->of, look, arena); break;
    default:
        fputs("shape=circle style=filled fillcolor=\"#444444\" label=\"\" width=0.09 height=0.09",
              out);
    }
    fputs("]\n", out);
}

static double most_bytes(const struct analysis_graph *graph, const double *bytes)
{
    double most = 0;

    for (int a = 0; a < graph->arc_count; a++)
        if (graph->arcs[a].link >= 0)
            most = fmax(most, bytes[graph->arcs[a].link]);
    return most;
}

static void write_arc(FILE *out, const struct analysis_arc *arc,
                      const struct analysis_graph_look *look, double most)
{
    const double bytes = arc->link < 0 ? 0 : look->bytes[arc->link];

    fprintf(out, "  n%d -> n%d [", arc->from, arc->to);
    if (arc->link < 0) { /* what it carries is told by the shared link */
        fputs("dir=none color=\"#888888\" penwidth=0.7]\n", out);
        return;
    }
    fprintf(out, "color=\"%s\" penwidth=%.2f", colour_of(bytes, look->busy_shares[arc->link]),
            bytes == 0 ? idle_width : least_width + (most_width - least_width) * bytes / most);
    if (arc->is_two_way)
        fputs(" dir=none", out);
    fputs(" tooltip=", out);
    write_quoted(out, look->link_names[arc->link]);
    fputs("]\n", out);
}

void analysis_graph_write(FILE *out, const struct analysis_graph *graph,
                          const struct analysis_graph_look *look, struct sim_arena *arena)
{
    const double most = most_bytes(graph, look->bytes);

    fprintf(out,
            "digraph platform {\n"
            "  layout=neato overlap=false splines=true start=1 sep=\"+3\" outputorder=edgesfirst\n"
            "  size=\"%s\" pad=0.05 bgcolor=white fontname=\"DejaVu Sans\" fontsize=6\n"
            "  node [shape=box style=\"filled,rounded\" fillcolor=\"#F2F2F2\" color=\"#444444\" "
            "penwidth=0.5 fontname=\"DejaVu Sans\" fontsize=6 margin=\"0.03,0.02\" width=0.1 "
            "height=0.12]\n"
            "  edge [len=0.55 arrowsize=0.3 fontname=\"DejaVu Sans\" fontsize=6]\n",
            graph->node_count > MOST_NODES_OF_A_COLUMN ? "5.4,7" : "3.54,6");
    write_label(out, look);
    for (int n = 0; n < graph->node_count; n++)
        write_node(out, &graph->nodes[n], n, look, arena);
    for (int a = 0; a < graph->arc_count; a++)
        write_arc(out, &graph->arcs[a], look, most);
    fputs("}\n", out);
}
