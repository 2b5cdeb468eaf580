/* plot_schedule.c -- figure `schedule` of a pipeline's run: a Gantt chart of its operations, a row a stage.
 *
 * Kinds differ in lightness, for grey print; chunks of an interleaved schedule are shades of their kind's colour.
 * Boxes carry micro-batch numbers where these fit.  More operations than boxes can show are drawn as shares: each
 * row then is a stack of what took which part of its time. */
#include "analysis/operations.h"
#include "analysis/plot.h"
#include "analysis/scale.h"

#include <math.h>
#include <string.h>

/* MOST_A_ROW: with more, later iterations are left out; MOST_BOXES: each takes some 300 bytes of SVG. */
enum {
    MOST_ROWS = 96,
    MOST_A_ROW = 240,
    MOST_BOXES = 9000,
    MOST_PARTS = 320,
    OPERATIONS_A_PART = 8
};

/* Inches: the widest figure is as wide as a page in landscape. */
static const double least_width = 5.4, most_width = 10, shares_width = 7.2;
static const double margins = 0.33, least_box = 0.018;
static const double digit_em = 0.636, margin = 0.012; /* of a number in a box, in DejaVu Sans */

/* Points: the first one with which all numbers fit, else the last. */
static const double fonts[] = {5, 4};

/* Numbers in fewer boxes than one in so many would only puzzle. */
enum { NUMBERED = 3 };

/* Shares that differ by less are drawn as one bar; so are those that differ by an operation. */
static const double ALIKE = 0.03;

static const char *const names[ANALYSIS_OPERATION_KINDS] = {"forward", "backward", "input gradient",
                                                            "weight gradient"};

struct shade {
    int red, green, blue;
};

/* Of the first chunk and of the last. */
static const struct shade shades[ANALYSIS_OPERATION_KINDS][2] = {
    {{0x1B, 0x4F, 0x8A}, {0x3A, 0x73, 0xB2}},
    {{0xEE, 0x9E, 0x48}, {0xFB, 0xD3, 0xA0}},
    {{0x35, 0xA0, 0x8A}, {0x6C, 0xC6, 0xB2}},
    {{0xE9, 0xD2, 0x7C}, {0xF6, 0xE8, 0xB4}}};

struct chart {
    const struct analysis_run *run;
    struct analysis_operations all;
    int iterations;    /* that are drawn */
    int step, shown;   /* every step-th row is */
    double seconds;    /* of what is drawn */
    double width;      /* of the figure */
    double beside;     /* inches of that which are not the plot's: names of rows and margins */
    double font;       /* points, of numbers in boxes */
    bool are_shares;   /* instead of boxes */
    bool are_numbered; /* some boxes are */
    struct analysis_scale scale;
    struct sim_arena *arena;
};

/* ---- what to draw ---- */

static const struct analysis_operation_row *row_at(const struct chart *chart, int place)
{
    return &chart->all.rows[place * chart->step];
}

static int drawn_operations(const struct chart *chart, const struct analysis_operation_row *row)
{
    return analysis_operations_until(row, chart->iterations);
}

static const char *row_name(const struct chart *chart, const struct analysis_operation_row *row)
{
    const char *name = sim_text(chart->arena, "stage %d", row->stage);

    if (chart->all.replicas > 1)
        name = sim_text(chart->arena, "%s, replica %d", name, row->replica);
    if (chart->all.ranks > 1)
        name = sim_text(chart->arena, "%s, rank %d", name, row->rank);
    return name;
}

static double name_points(const struct chart *chart)
{
    return chart->shown > 24 ? 5 : 6.5;
}

static void choose_margin(struct chart *chart)
{
    size_t letters = 0;

    for (int r = 0; r < chart->shown; r++) {
        const size_t length = strlen(row_name(chart, row_at(chart, r)));

        letters = length > letters ? length : letters;
    }
    chart->beside = margins + (double)letters * name_points(chart) * 0.56 / 72;
}

static double inches_of(const struct chart *chart, const struct analysis_operation *operation)
{
    return (operation->end - operation->begin) / chart->seconds * (chart->width - chart->beside);
}

/* As many iterations as a reader can follow. */
static void choose_iterations(struct chart *chart)
{
    int longest = 1;

    for (int r = 0; r < chart->all.row_count; r++) {
        const int count = analysis_operations_until(&chart->all.rows[r], 1);

        longest = count > longest ? count : longest;
    }
    chart->iterations = MOST_A_ROW / longest > 1 ? MOST_A_ROW / longest : 1;
    if (chart->iterations > chart->all.iterations)
        chart->iterations = chart->all.iterations;
    for (int r = 0; r < chart->all.row_count; r++) {
        const struct analysis_operation_row *row = &chart->all.rows[r];
        const int count = drawn_operations(chart, row);

        for (int i = 0; i < count; i++)
            chart->seconds = fmax(chart->seconds, row->list[i].end);
    }
}

static int digits_of(int number)
{
    return number < 10 ? 1 : 1 + digits_of(number / 10);
}

static double needed_inches(const struct chart *chart, const struct analysis_operation *operation)
{
    return digits_of(operation->microbatch) * chart->font / 72 * digit_em + margin;
}

/* How wide the figure has to be for all numbers to fit. */
static double width_for_numbers(const struct chart *chart)
{
    double width = least_width;

    for (int r = 0; r < chart->shown; r++) {
        const struct analysis_operation_row *row = row_at(chart, r);
        const int count = drawn_operations(chart, row);

        for (int i = 0; i < count; i++) {
            const struct analysis_operation *operation = &row->list[i];
            const double seconds = operation->end - operation->begin;

            if (seconds > 0)
                width = fmax(width, needed_inches(chart, operation) * chart->seconds / seconds +
                                        chart->beside);
        }
    }
    return width;
}

static void choose_width(struct chart *chart)
{
    for (size_t f = 0; f < sizeof fonts / sizeof fonts[0]; f++) {
        chart->font = fonts[f];
        chart->width = width_for_numbers(chart);
        if (chart->width <= most_width)
            return;
    }
    chart->width = most_width;
}

static bool fits(const struct chart *chart, const struct analysis_operation *operation)
{
    return inches_of(chart, operation) >= needed_inches(chart, operation) * (1 - 1e-9);
}

/* Boxes would be too many, or most of them too narrow to be seen. */
static void choose_boxes(struct chart *chart)
{
    long boxes = 0, narrow = 0, numbered = 0;

    for (int r = 0; r < chart->shown; r++) {
        const struct analysis_operation_row *row = row_at(chart, r);
        const int count = drawn_operations(chart, row);

        boxes += count;
        for (int i = 0; i < count; i++) {
            narrow += inches_of(chart, &row->list[i]) < least_box;
            numbered += fits(chart, &row->list[i]);
        }
    }
    chart->are_shares = boxes > MOST_BOXES || 2 * narrow > boxes;
    chart->are_numbered = !chart->are_shares && NUMBERED * numbered >= boxes;
    if (chart->are_shares)
        chart->width = fmin(chart->width, shares_width);
}

/* ---- numbers ---- */

static void write_row_spans(const struct chart *chart, struct analysis_figure *figure)
{
    analysis_block(figure, "rows", "begin end row");
    for (int r = 0; r < chart->shown; r++) {
        fputs("0 ", figure->data);
        analysis_number(figure->data, chart->seconds * chart->scale.factor);
        fprintf(figure->data, " %d\n", r);
    }
}

/* number: 0 where it does not fit, else 1. */
static void write_boxes(const struct chart *chart, struct analysis_figure *figure)
{
    analysis_block(figure, "boxes", "begin end row kind chunk microbatch number");
    for (int r = 0; r < chart->shown; r++) {
        const struct analysis_operation_row *row = row_at(chart, r);
        const int count = drawn_operations(chart, row);

        for (int i = 0; i < count; i++) {
            const struct analysis_operation *operation = &row->list[i];

            analysis_number(figure->data, operation->begin * chart->scale.factor);
            putc(' ', figure->data);
            analysis_number(figure->data, operation->end * chart->scale.factor);
            fprintf(figure->data, " %d %d %d %d %d\n", r, operation->kind, operation->chunk,
                    operation->microbatch, chart->are_numbered && fits(chart, operation));
        }
    }
}

static double longest_operation(const struct chart *chart)
{
    double longest = 0;

    for (int r = 0; r < chart->shown; r++) {
        const struct analysis_operation_row *row = row_at(chart, r);
        const int count = drawn_operations(chart, row);

        for (int i = 0; i < count; i++)
            longest = fmax(longest, row->list[i].end - row->list[i].begin);
    }
    return longest;
}

/* Parts that are long beside an operation, or their shares would be its noise. */
static int count_parts(const struct chart *chart, double longest)
{
    const double parts = chart->seconds / (OPERATIONS_A_PART * longest);

    return parts < 1 ? 1 : parts < MOST_PARTS ? (int)parts : MOST_PARTS;
}

/* Is `part` like the mean of the parts [first, part)? */
static bool is_alike(double (*shares)[ANALYSIS_OPERATION_KINDS], int first, int part,
                     double tolerance)
{
    for (int k = 0; k < ANALYSIS_OPERATION_KINDS; k++) {
        double mean = 0;

        for (int p = first; p < part; p++)
            mean += shares[p][k] / (part - first);
        if (fabs(shares[part][k] - mean) > tolerance)
            return false;
    }
    return true;
}

/* Parts [first, end) of a row as one bar a kind, stacked; together they have the height of a row. */
static void write_stack(const struct chart *chart, FILE *data, int r,
                        double (*shares)[ANALYSIS_OPERATION_KINDS], int first, int end, int parts)
{
    const double part = chart->seconds * chart->scale.factor / parts;
    double low = 0;

    for (int k = 0; k < ANALYSIS_OPERATION_KINDS; k++) {
        double share = 0;

        for (int p = first; p < end; p++)
            share += shares[p][k] / (end - first);
        if (share < 1e-6)
            continue;
        analysis_number(data, first * part);
        putc(' ', data);
        analysis_number(data, end * part);
        fprintf(data, " %d %.4f %.4f %d\n", r, low, fmin(1, low + share), k);
        low += share;
    }
}

/* A part has an operation more or less than the next: shares that differ by that are alike. */
static void write_shares(const struct chart *chart, struct analysis_figure *figure)
{
    const double longest = longest_operation(chart);
    const int parts = count_parts(chart, longest);
    const double tolerance = fmax(ALIKE, 1.001 * longest * parts / chart->seconds);
    double(*shares)[ANALYSIS_OPERATION_KINDS] =
        sim_arena_take(chart->arena, (size_t)parts, sizeof *shares);

    analysis_block(figure, "shares", "begin end row low high kind");
    for (int r = 0; r < chart->shown; r++) {
        const struct analysis_operation_row *row = row_at(chart, r);
        int first = 0;

        analysis_operation_shares(row, drawn_operations(chart, row), chart->seconds, parts, shares);
        for (int p = 1; p <= parts; p++)
            if (p == parts || !is_alike(shares, first, p, tolerance)) {
                write_stack(chart, figure->data, r, shares, first, p, parts);
                first = p;
            }
    }
}

/* ---- the script ---- */

static int mixed(int first, int last, int chunk, int chunks)
{
    return chunks == 1 ? first : first + (last - first) * chunk / (chunks - 1);
}

/* colour[1 + chunks * kind + chunk] */
static void write_colours(const struct chart *chart, FILE *script)
{
    const int chunks = chart->all.chunks;

    fprintf(script, "chunks = %d\narray colour[%d] = [", chunks, ANALYSIS_OPERATION_KINDS * chunks);
    for (int k = 0; k < ANALYSIS_OPERATION_KINDS; k++)
        for (int c = 0; c < chunks; c++) {
            const struct shade *first = &shades[k][0], *last = &shades[k][1];

            fprintf(script, "%s0x%02X%02X%02X", k + c > 0 ? ", " : "",
                    (unsigned)mixed(first->red, last->red, c, chunks),
                    (unsigned)mixed(first->green, last->green, c, chunks),
                    (unsigned)mixed(first->blue, last->blue, c, chunks));
        }
    fputs("]\n", script);
}

static void write_settings(const struct chart *chart, FILE *script)
{
    fprintf(script,
            "set xlabel 'time (%s)'\nset xrange [0:%.9g]\nset yrange [%g:-0.6]\nset grid noytics\n",
            chart->scale.unit, chart->seconds * chart->scale.factor, chart->shown - 0.4);
    write_colours(chart, script);
    fputs("set ytics (", script);
    for (int r = 0; r < chart->shown; r++) {
        fputs(r > 0 ? ", " : "", script);
        analysis_quote(script, row_name(chart, row_at(chart, r)));
        fprintf(script, " %d", r);
    }
    fprintf(script, ") scale 0 font ',%g'\n", name_points(chart));
}

static void write_key(const struct chart *chart, FILE *script)
{
    for (int k = 0; k < ANALYSIS_OPERATION_KINDS; k++)
        if (chart->all.has_kind[k])
            fprintf(script,
                    ", \\\n     NaN with boxes fill solid 1 noborder linecolor rgb "
                    "colour[%d*chunks+1] title '%s'",
                    k, names[k]);
    fputs(", \\\n     NaN with boxes fill solid 1 noborder linecolor rgb 0xECECEC title 'idle'\n",
          script);
}

/* Dark boxes have white numbers. */
static void write_plot(const struct chart *chart, struct analysis_figure *figure)
{
    analysis_figure_plot(figure);
    fputs("plot 'schedule.dat' index 'rows' using (($1+$2)/2):3:1:2:($3-0.42):($3+0.42) "
          "with boxxyerror fill solid 1 noborder linecolor rgb 0xECECEC notitle, \\\n",
          figure->script);
    if (chart->are_shares)
        fputs("     '' index 'shares' using (($1+$2)/2):3:1:2:($3+0.42-0.84*$4):($3+0.42-0.84*$5):"
              "(colour[$6*chunks+1]) with boxxyerror fill solid 1 noborder linecolor rgb "
              "variable notitle",
              figure->script);
    else
        fputs("     '' index 'boxes' using (($1+$2)/2):3:1:2:($3-0.42):($3+0.42):"
              "(colour[$4*chunks+$5+1]) with boxxyerror fill solid 1 border linecolor rgb "
              "'#333333' linewidth 0.35 linecolor rgb variable notitle",
              figure->script);
    if (chart->are_numbered)
        fprintf(figure->script,
                ", \\\n     '' index 'boxes' using ($7 == 1 ? ($1+$2)/2 : NaN):3:6:"
                "($4 == 0 ? 0xFFFFFF : 0x000000) with labels center font ',%g' "
                "textcolor rgb variable notitle",
                chart->font);
    write_key(chart, figure->script);
}

/* ---- words ---- */

static const json_t *algorithm_of(const struct chart *chart)
{
    return json_object_get(json_object_get(chart->run->summary, "scenario"), "algorithm");
}

static const char *title_of(const struct chart *chart)
{
    const json_t *metrics = json_object_get(chart->run->summary, "metrics");
    const char *title = sim_text(chart->arena, "%s, K = %d, M = %d",
                                 analysis_text(chart->run->summary, "algorithm"), chart->all.stages,
                                 chart->all.microbatches);

    if (json_object_get(metrics, "bubble_of_total") == NULL)
        return title;
    return sim_text(chart->arena, "%s: bubble %.1f %% of the total, %.1f %% of ideal", title,
                    100 * analysis_value(metrics, "bubble_of_total"),
                    100 * analysis_value(metrics, "bubble_of_ideal"));
}

static const char *note_on_boxes(const struct chart *chart)
{
    const bool recomputes = strcmp(analysis_text(algorithm_of(chart), "recompute"), "yes") == 0;
    const char *note =
        chart->are_shares
            ? "Too many operations for a box each: the height of a colour is its share of the time."
        : chart->are_numbered ? "Numbers are micro-batches."
                              : "A box is the operation of one micro-batch.";

    if (chart->all.chunks > 1 && !chart->are_shares)
        note = sim_text(chart->arena, "%s Chunks 0 to %d: the later, the lighter.", note,
                        chart->all.chunks - 1);
    return recomputes
               ? sim_text(chart->arena, "%s Backward begins with what is computed again.", note)
               : note;
}

static const char *note_on_rest(const struct chart *chart)
{
    const int iterations =
        (int)analysis_value(json_object_get(chart->run->summary, "scenario"), "iterations");
    const char *note = "";

    if (chart->step > 1)
        note = sim_text(chart->arena, "Of %d rows every %d. is shown. ", chart->all.row_count,
                        chart->step);
    if (iterations > chart->iterations)
        note = sim_text(chart->arena, "%sThe first %d of %d iterations.", note, chart->iterations,
                        iterations);
    return note;
}

static struct analysis_look look_of(const struct chart *chart)
{
    const double pitch = chart->shown > 40 ? 0.085 : chart->shown > 16 ? 0.14 : 0.19; /* inches */
    struct analysis_look look = {.name = "schedule",
                                 .title = title_of(chart),
                                 .width = chart->width,
                                 .height = 1.15 + chart->shown * pitch,
                                 .key_rows = 1};

    look.notes[0] = sim_text(chart->arena, "%s K stages, M micro-batches an iteration. %s",
                             note_on_boxes(chart), note_on_rest(chart));
    look.notes[1] = sim_text(chart->arena, "%s; %s", chart->run->title, chart->run->origin);
    return look;
}

bool analysis_plot_schedule(struct analysis_figures *all, const struct analysis_run *run,
                            const struct analysis_operations *operations, struct sim_error *err)
{
    struct chart chart = {.run = run, .arena = all->arena, .all = *operations};
    struct analysis_figure *figure;
    struct analysis_look look;

    chart.step = (chart.all.row_count + MOST_ROWS - 1) / MOST_ROWS;
    chart.shown = chart.all.row_count == 0 ? 0 : (chart.all.row_count - 1) / chart.step + 1;
    choose_iterations(&chart);
    if (chart.seconds == 0)
        return true; /* nothing took any time: there is nothing to see */
    chart.scale = analysis_scale_for(chart.seconds, SIM_UNIT_SECONDS);
    choose_margin(&chart);
    choose_width(&chart);
    choose_boxes(&chart);
    look = look_of(&chart);
    figure = analysis_figure_begin(all, &look, err);
    if (figure == NULL)
        return false;
    write_settings(&chart, figure->script);
    write_row_spans(&chart, figure);
    if (chart.are_shares)
        write_shares(&chart, figure);
    else
        write_boxes(&chart, figure);
    write_plot(&chart, figure);
    return analysis_figure_end(figure, err);
}
