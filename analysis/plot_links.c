/* plot_links.c -- figure `links`: what each link carried, the busiest first. */
#include "analysis/csv.h"
#include "analysis/plot.h"
#include "analysis/scale.h"
#include "sim/base/names.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_LINKS = 40, NAME_LETTERS = 26 };

struct link {
    const char *name;
    double bytes, busy_share;
};

/* All links that carried something. */
struct links {
    struct link *list;
    int count, room, unused;
};

static int by_busy_share(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->busy_share != y->busy_share)
        return x->busy_share > y->busy_share ? -1 : 1;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return sim_natural_order(x->name, y->name);
}

static void add_link(struct links *links, const struct link *link, struct sim_arena *arena)
{
    if (link->bytes == 0) {
        links->unused++;
        return;
    }
    if (links->count == links->room) {
        struct link *larger = sim_new(arena, struct link, (size_t)links->room * 2 + 64);

        for (int i = 0; i < links->count; i++)
            larger[i] = links->list[i];
        links->list = larger;
        links->room = links->room * 2 + 64;
    }
    links->list[links->count] = *link;
    links->list[links->count++].name = sim_text(arena, "%s", link->name);
}

static bool read_links(struct links *links, const char *path, struct sim_arena *arena,
                       struct sim_error *err)
{
    struct analysis_csv *csv = analysis_csv_open(path, arena, err);
    int name, bytes, busy;

    if (csv == NULL)
        return false;
    name = analysis_csv_column(csv, "link");
    bytes = analysis_csv_column(csv, "bytes");
    busy = analysis_csv_column(csv, "busy_share");
    while (analysis_csv_next(csv)) {
        const struct link link = {analysis_csv_text(csv, name), analysis_csv_number(csv, bytes),
                                  analysis_csv_number(csv, busy)};

        add_link(links, &link, arena);
    }
    if (links->count > 0)
        qsort(links->list, (size_t)links->count, sizeof *links->list, by_busy_share);
    return analysis_csv_close(csv, err);
}

/* Links that are equally busy share the place of the bottleneck; rounding must not choose one. */
static bool is_bottleneck(const struct links *links, int i)
{
    return links->list[i].busy_share >= links->list[0].busy_share * (1 - 1e-9);
}

static int count_bottlenecks(const struct links *links)
{
    int count = 0;

    while (count < links->count && is_bottleneck(links, count))
        count++;
    return count;
}

static const char *note_on_links(const struct links *links, int shown, struct sim_arena *arena)
{
    const char *note =
        "Percentages: bytes over what the link could have carried in the simulated time.";

    if (links->count > shown)
        note = sim_text(arena, "%s %d of %d links are shown; none of the others is busier.", note,
                        shown, links->count);
    if (links->unused > 0)
        note = sim_text(arena, "%s %d link%s carried nothing.", note, links->unused,
                        analysis_plural(links->unused));
    return note;
}

static void write_rows(struct analysis_figure *figure, const struct links *links, int shown,
                       struct analysis_scale scale, struct sim_arena *arena)
{
    analysis_block(figure, "links",
                   sim_text(arena, "row  %s  busy_percent  is_bottleneck", scale.unit));
    fputs("set ytics (", figure->script);
    for (int i = 0; i < shown; i++) {
        const struct link *link = &links->list[i];

        fputs(i > 0 ? ", " : "", figure->script);
        analysis_quote(figure->script, analysis_shorten(link->name, NAME_LETTERS, arena));
        fprintf(figure->script, " %d", i);
        fprintf(figure->data, "%d ", i);
        analysis_number(figure->data, link->bytes * scale.factor);
        fprintf(figure->data, " %.3g %d\n", link->busy_share * 100, is_bottleneck(links, i));
    }
    fprintf(figure->script, ") scale 0 font ',%g'\n", shown > 20 ? 5.5 : 6.5);
}

static void write_plot(struct analysis_figure *figure, int bottlenecks, bool has_others,
                       struct sim_arena *arena)
{
    const char *title = bottlenecks == 1
                            ? "bottleneck: the busiest link"
                            : sim_text(arena, "bottleneck: %d links, equally busy", bottlenecks);

    analysis_figure_plot(figure);
    fputs("plot 'links.dat' index 'links' using ($2/2):1:(0):2:($1-0.36):($1+0.36):"
          "($4 == 1 ? 0x0072B2 : 0xA9CCE8) with boxxyerror linecolor rgb variable notitle, \\\n"
          "     '' index 'links' using 2:1:(sprintf($3 < 10 ? ' %.1f %%' : ' %.0f %%', $3)) "
          "with labels left font ',6' notitle, \\\n"
          "     NaN with boxes linecolor rgb 0x0072B2 title ",
          figure->script);
    analysis_quote(figure->script, title);
    fputs(has_others ? ", \\\n     NaN with boxes linecolor rgb 0xA9CCE8 title 'other links'\n"
                     : "\n",
          figure->script);
}

static bool draw_links(struct analysis_figures *all, const struct analysis_run *run,
                       const struct links *links, struct sim_error *err)
{
    const int shown = links->count < MOST_LINKS ? links->count : MOST_LINKS;
    const int bottlenecks = count_bottlenecks(links), key_rows = bottlenecks < shown ? 2 : 1;
    const struct analysis_look look = {
        .name = "links",
        .width = 3.6,
        .key_rows = key_rows,
        .height = 1.05 + 0.11 * key_rows + shown * (shown > 20 ? 0.1 : 0.125),
        .title = sim_text(all->arena, "%s: bytes on each link, busiest first", run->title),
        .notes = {note_on_links(links, shown, all->arena), run->origin}};
    struct analysis_figure *figure = analysis_figure_begin(all, &look, err);
    struct analysis_scale scale;
    double most = 0;

    if (figure == NULL)
        return false;
    for (int i = 0; i < shown; i++)
        most = fmax(most, links->list[i].bytes);
    scale = analysis_scale_for(most, SIM_UNIT_BYTES);
    fprintf(figure->script,
            "set style fill solid 1 noborder\nset xlabel 'bytes carried (%s)'\nset key maxcols 1\n"
            "set grid noytics\nset yrange [%g:-0.7]\nset xrange [0:%.9g]\n",
            scale.unit, shown - 0.3, most * scale.factor * 1.14);
    write_rows(figure, links, shown, scale, all->arena);
    write_plot(figure, bottlenecks, bottlenecks < shown, all->arena);
    return analysis_figure_end(figure, err);
}

bool analysis_plot_links(struct analysis_figures *all, const struct analysis_run *run,
                         struct sim_error *err)
{
    struct links links = {0};

    if (!read_links(&links, sim_text(all->arena, "%s/links.csv", run->folder), all->arena, err))
        return false;
    return links.count == 0 ||
           draw_links(all, run, &links, err); /* or nothing crossed the network */
}
