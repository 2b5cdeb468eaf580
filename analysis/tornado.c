#include "analysis/tornado.h"

#include "analysis/asking.h"
#include "analysis/scale.h"
#include "analysis/vary.h"

#include <math.h>
#include <string.h>

enum { KEY_LETTERS = 26, LABEL_LETTERS = 14 };

/* A bar that is shorter than this share of the axis cannot be seen, so nobody would know what its labels are at. */
static const double SEEN = 2e-3;

/* Inches: a column of 9 cm. */
static const double WIDTH = 3.54, ROW = 0.24, LETTER = 0.052;

/* ---- the bars ---- */

void analysis_swing_measure(struct analysis_swing *swing, double base)
{
    swing->least = swing->most = base;
    swing->least_label = swing->most_label = "";
    for (int i = 0; i < swing->count; i++) {
        if (swing->values[i] < swing->least) {
            swing->least = swing->values[i];
            swing->least_label = swing->labels[i];
        }
        if (swing->values[i] > swing->most) {
            swing->most = swing->values[i];
            swing->most_label = swing->labels[i];
        }
    }
}

void analysis_swing_order(struct analysis_swing *swings, int count)
{
    for (int i = 1; i < count; i++) { /* by insertion: stable, and they are few */
        const struct analysis_swing one = swings[i];
        int at = i;

        for (; at > 0 && swings[at - 1].most - swings[at - 1].least < one.most - one.least; at--)
            swings[at] = swings[at - 1];
        swings[at] = one;
    }
}

/* ---- the figure ---- */

/* All that the axes need to know; values as shown. */
struct layout {
    struct analysis_scale scale;
    double least, most; /* of all bars */
    double left, right; /* ends of the axis */
    double tic;         /* from one to the next */
    int key_letters;
};

static int letters_of(const char *text, int most)
{
    const int length = (int)strlen(text);

    return length < most ? length : most;
}

/* 1, 2 or 5 times a power of ten, so that there are three to six of them in `span`. */
static double tic_of(double span)
{
    const double power = pow(10, floor(log10(span / 3)));
    const double share = span / 3 / power;

    return power * (share >= 5 ? 5 : share >= 2 ? 2 : 1);
}

/* Labels stand outside the bars, so the axis is longer than they are. */
static struct layout lay_out(const struct analysis_tornado *tornado)
{
    struct layout layout = {.least = INFINITY, .most = -INFINITY};
    int before = 0, behind = 0;
    double inches;

    for (int i = 0; i < tornado->count; i++) {
        const struct analysis_swing *swing = &tornado->swings[i];

        layout.least = fmin(layout.least, swing->least);
        layout.most = fmax(layout.most, swing->most);
        before = (int)fmax(before, letters_of(swing->least_label, LABEL_LETTERS));
        behind = (int)fmax(behind, letters_of(swing->most_label, LABEL_LETTERS));
        layout.key_letters =
            (int)fmax(layout.key_letters, letters_of(analysis_short_key(swing->key), KEY_LETTERS));
    }
    layout.scale = analysis_scale_for(fmax(fabs(layout.least), fabs(layout.most)),
                                      analysis_unit_of_metric(tornado->metric));
    layout.least *= layout.scale.factor;
    layout.most *= layout.scale.factor;
    inches = WIDTH - 0.35 - LETTER * (layout.key_letters + before + behind + 4);
    layout.left = layout.least - (layout.most - layout.least) * LETTER * (before + 1.5) / inches;
    layout.right = layout.most + (layout.most - layout.least) * LETTER * (behind + 1.5) / inches;
    layout.tic = tic_of(layout.right - layout.left);
    return layout;
}

static void write_data(struct analysis_figure *figure, const struct analysis_tornado *tornado,
                       const struct layout *layout, struct sim_arena *arena)
{
    const double factor = layout->scale.factor;

    analysis_block(figure, "bars",
                   sim_text(arena, "row  least  base  most (%s)", layout->scale.unit));
    for (int i = 0; i < tornado->count; i++)
        fprintf(figure->data, "%d %.9g %.9g %.9g\n", i, tornado->swings[i].least * factor,
                tornado->base * factor, tornado->swings[i].most * factor);
}

static bool is_inside(const struct analysis_swing *swing, double value)
{
    return value > swing->least && value < swing->most;
}

static bool has_inner_values(const struct analysis_tornado *tornado)
{
    for (int i = 0; i < tornado->count; i++)
        for (int v = 0; v < tornado->swings[i].count; v++)
            if (is_inside(&tornado->swings[i], tornado->swings[i].values[v]))
                return true;
    return false;
}

/* The values between the ends of the bars, of which there are some. */
static void write_inner_values(struct analysis_figure *figure,
                               const struct analysis_tornado *tornado, const struct layout *layout,
                               struct sim_arena *arena)
{
    analysis_block(figure, "values",
                   sim_text(arena, "row  the other values (%s)", layout->scale.unit));
    for (int i = 0; i < tornado->count; i++)
        for (int v = 0; v < tornado->swings[i].count; v++)
            if (is_inside(&tornado->swings[i], tornado->swings[i].values[v]))
                fprintf(figure->data, "%d %.9g\n", i,
                        tornado->swings[i].values[v] * layout->scale.factor);
}

static void write_label(FILE *script, const char *text, double x, int row, bool is_left,
                        struct sim_arena *arena)
{
    if (*text == '\0')
        return;
    fputs("set label ", script);
    analysis_quote(script, analysis_shorten(text, LABEL_LETTERS, arena));
    fprintf(script, " at first %.9g, first %d %s offset character %s,0 font ',6'\n", x, row,
            is_left ? "right" : "left", is_left ? "-0.5" : "0.5");
}

static void write_axes(FILE *script, const struct analysis_tornado *tornado,
                       const struct layout *layout, struct sim_arena *arena)
{
    const double first = ceil(layout->left / layout->tic) * layout->tic;

    fprintf(script,
            "set style fill solid 1 noborder\nset border 1\nset grid noytics\n"
            "set yrange [%g:-0.6]\nset xrange [%.9g:%.9g]\nset xtics %.9g, %.9g\nset ytics (",
            tornado->count - 0.4, layout->left, layout->right,
            layout->least >= 0 ? fmax(0, first) : first, layout->tic);
    for (int i = 0; i < tornado->count; i++) {
        fputs(i > 0 ? ", " : "", script);
        analysis_quote(script, analysis_shorten(analysis_short_key(tornado->swings[i].key),
                                                KEY_LETTERS, arena));
        fprintf(script, " %d", i);
    }
    fputs(") scale 0\nset xlabel ", script);
    analysis_quote(script, analysis_metric_label(tornado->metric, layout->scale.unit, arena));
    putc('\n', script);
    for (int i = 0; i < tornado->count; i++) {
        const struct analysis_swing *swing = &tornado->swings[i];

        if ((swing->most - swing->least) * layout->scale.factor <
            SEEN * (layout->most - layout->least))
            continue;
        write_label(script, swing->least_label, swing->least * layout->scale.factor, i, true,
                    arena);
        write_label(script, swing->most_label, swing->most * layout->scale.factor, i, false, arena);
    }
    fprintf(script,
            "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead front linecolor rgb "
            "'#000000' linewidth 1 dashtype (6,4)\n",
            tornado->base * layout->scale.factor, tornado->base * layout->scale.factor);
}

bool analysis_plot_tornado(struct analysis_figures *all, const struct analysis_tornado *tornado,
                           struct sim_error *err)
{
    const struct layout layout = lay_out(tornado);
    const struct analysis_look look = {
        .name = "tornado",
        .width = WIDTH,
        .height = 1.25 + ROW * tornado->count,
        .key_rows = 1,
        .title = sim_text(all->arena, "%s: which input matters most", tornado->title),
        .notes = {sim_text(all->arena, "Each input is varied alone; dashed: all as it is, %s.%s",
                           analysis_shown(tornado->base, layout.scale, all->arena),
                           has_inner_values(tornado) ? " White lines: the other values." : ""),
                  tornado->origin}};
    struct analysis_figure *figure = analysis_figure_begin(all, &look, err);

    if (figure == NULL)
        return false;
    write_axes(figure->script, tornado, &layout, all->arena);
    write_data(figure, tornado, &layout, all->arena);
    if (has_inner_values(tornado))
        write_inner_values(figure, tornado, &layout, all->arena);
    analysis_figure_plot(figure);
    fputs("plot 'tornado.dat' index 'bars' using 3:1:2:3:($1-0.32):($1+0.32) with boxxyerror "
          "fillcolor rgb '#0072B2' title 'less than the base', \\\n"
          "     '' index 'bars' using 3:1:3:4:($1-0.32):($1+0.32) with boxxyerror fillcolor rgb "
          "'#E69F00' title 'more'",
          figure->script);
    if (has_inner_values(tornado))
        fputs(", \\\n     '' index 'values' using 2:($1-0.32):(0):(0.64) with vectors nohead "
              "linecolor rgb '#FFFFFF' linewidth 0.8 notitle",
              figure->script);
    putc('\n', figure->script);
    return analysis_figure_end(figure, err);
}
