#include "analysis/learning.h"

#include "analysis/plot.h"
#include "analysis/scale.h"

#include <math.h>
#include <string.h>

static const double figure_width = 5.4, panels_inches = 2.45, top_inches = 0.26, key_inches = 0.11;
static const double letter_inches = 0.1135;   /* high, with what lies between lines */
static const double inches_a_letter = 0.0542; /* of the key, as gnuplot reckons */

enum { MOST_MARKERS = 40, LABEL_LETTERS = 48 };

/* ---- whose numbers they are ---- */

static const char *quantity(double value, enum sim_unit unit, struct sim_arena *arena)
{
    const struct analysis_scale scale = analysis_scale_for(value, unit);

    return sim_text(arena, "%.4g %s", value * scale.factor, scale.unit);
}

/* Of a federated system: the small model itself goes over the network unless something else is stated. */
static const char *federated_timing_of(const json_t *algorithm, bool is_short,
                                       struct sim_arena *arena)
{
    const double bytes = analysis_value(algorithm, "model_bytes");

    if (bytes <= 0)
        return is_short ? "its own size" : "that model's own bytes";
    return sim_text(arena, is_short ? "a model of %s" : "a model of %s each way",
                    quantity(bytes, SIM_UNIT_BYTES, arena));
}

static const char *timing_of(const json_t *algorithm, const json_t *workload, bool is_short,
                             struct sim_arena *arena)
{
    const char *model = analysis_text(workload, "model");
    const double bytes = analysis_value(algorithm, "gradient_bytes");
    const double seconds = analysis_value(algorithm, "compute_seconds");

    if (*model != '\0')
        return is_short ? model
                        : sim_text(arena, "%s in batches of %.0f", model,
                                   analysis_value(workload, "batch"));
    if (json_object_get(algorithm, "clients_per_round") != NULL)
        return federated_timing_of(algorithm, is_short, arena);
    if (bytes <= 0)
        return "";
    if (is_short || seconds <= 0)
        return sim_text(arena, "gradients of %s", quantity(bytes, SIM_UNIT_BYTES, arena));
    return sim_text(arena, "gradients of %s that take %s to compute",
                    quantity(bytes, SIM_UNIT_BYTES, arena),
                    quantity(seconds, SIM_UNIT_SECONDS, arena));
}

static const char *short_learner_of(const json_t *algorithm, struct sim_arena *arena)
{
    const char *kind = analysis_text(algorithm, "learning");

    if (*kind == '\0' || strcmp(kind, "off") == 0)
        return "";
    return sim_text(arena, "a small %s learns the data set %s", kind,
                    analysis_text(algorithm, "data"));
}

static const char *learner_of(const json_t *algorithm, struct sim_arena *arena)
{
    const char *kind = analysis_text(algorithm, "learning");
    const char *data = analysis_text(algorithm, "data");

    if (strcmp(kind, "mlp") == 0 || strcmp(kind, "perceptron") == 0)
        kind = sim_text(arena, "a perceptron with %.0f hidden neurons",
                        analysis_value(algorithm, "hidden_width"));
    else if (strcmp(kind, "softmax") == 0)
        kind = "softmax regression";
    else
        return "";
    return sim_text(arena, "%s on the data set %s", kind, data);
}

struct analysis_pace analysis_pace_of(const json_t *scenario, struct sim_arena *arena)
{
    const json_t *algorithm = json_object_get(scenario, "algorithm");
    const json_t *workload = json_object_get(scenario, "workload");

    /* copies: the JSON may go */
    return (struct analysis_pace){
        .timing = sim_text(arena, "%s", timing_of(algorithm, workload, false, arena)),
        .short_timing = sim_text(arena, "%s", timing_of(algorithm, workload, true, arena)),
        .learner = learner_of(algorithm, arena),
        .short_learner = short_learner_of(algorithm, arena)};
}

struct analysis_pace analysis_common_pace(struct analysis_pace a, struct analysis_pace b)
{
    return (struct analysis_pace){
        .timing = strcmp(a.timing, b.timing) == 0 ? a.timing : "",
        .short_timing = strcmp(a.short_timing, b.short_timing) == 0 ? a.short_timing : "",
        .learner = strcmp(a.learner, b.learner) == 0 ? a.learner : "",
        .short_learner = strcmp(a.short_learner, b.short_learner) == 0 ? a.short_learner : ""};
}

/* ---- curves ---- */

void analysis_curve_add(struct analysis_curve *curve, struct analysis_test test,
                        struct sim_arena *arena)
{
    if (curve->count == curve->room) {
        struct analysis_test *larger =
            sim_new(arena, struct analysis_test, (size_t)curve->room * 2 + 16);

        for (int i = 0; i < curve->count; i++)
            larger[i] = curve->tests[i];
        curve->tests = larger;
        curve->room = curve->room * 2 + 16;
    }
    curve->tests[curve->count++] = test;
}

/* The columns of the data, and what the axes are called. */
enum column { SECONDS, BYTES, ACCURACY, LOSS, JOULES, COLUMNS };

static double value_of(const struct analysis_test *test, enum column column)
{
    switch (column) {
    case SECONDS: return test->seconds;
    case BYTES: return test->bytes;
    case JOULES: return test->joules;
    case ACCURACY: return test->accuracy * 100;
    default: return test->loss;
    }
}

/* One axis. */
struct range {
    double least, most; /* of what is shown, in its own unit */
    bool is_log;
    struct analysis_scale scale;
};

struct panels {
    const struct analysis_learning *learning;
    struct range ranges[COLUMNS];
    int shown, most_tests; /* curves; tests of the longest */
    int across;            /* 2, or 3 with joules */
    struct sim_arena *arena;
};

static void widen(struct range *range, const struct analysis_test *test, enum column column)
{
    const bool is_loss = column == LOSS;

    range->least = fmin(range->least, is_loss ? test->loss_low : test->accuracy_low * 100);
    range->most = fmax(range->most, is_loss ? test->loss_high : test->accuracy_high * 100);
}

static struct range range_of(const struct panels *panels, enum column column)
{
    struct range range = {INFINITY, -INFINITY, false, {1, ""}};

    for (int c = 0; c < panels->shown; c++)
        for (int i = 0; i < panels->learning->curves[c].count; i++) {
            const double value = value_of(&panels->learning->curves[c].tests[i], column);

            range.least = fmin(range.least, value);
            range.most = fmax(range.most, value);
            if (panels->learning->has_intervals && (column == ACCURACY || column == LOSS))
                widen(&range, &panels->learning->curves[c].tests[i], column);
        }
    if (!isfinite(range.least) || !isfinite(range.most))
        range.least = range.most = 0;
    if (column == SECONDS || column == BYTES || column == JOULES) {
        static const enum sim_unit units[COLUMNS] = {
            [SECONDS] = SIM_UNIT_SECONDS, [BYTES] = SIM_UNIT_BYTES, [JOULES] = SIM_UNIT_JOULES};

        range.is_log =
            panels->learning->are_final && range.least > 0 && range.most > 20 * range.least;
        range.scale = analysis_scale_for(range.is_log ? sqrt(range.least * range.most) : range.most,
                                         units[column]);
    }
    return range;
}

/* Do all tests of all curves say what they took? */
static bool knows_joules(const struct panels *panels)
{
    for (int c = 0; c < panels->shown; c++)
        for (int i = 0; i < panels->learning->curves[c].count; i++)
            if (!isfinite(panels->learning->curves[c].tests[i].joules))
                return false;
    return true;
}

static struct panels panels_of(const struct analysis_learning *learning, struct sim_arena *arena)
{
    struct panels panels = {.learning = learning, .arena = arena};

    panels.shown =
        learning->curve_count < ANALYSIS_LINE_TYPES ? learning->curve_count : ANALYSIS_LINE_TYPES;
    panels.across = knows_joules(&panels) ? 3 : 2;
    for (int column = 0; column < COLUMNS; column++)
        panels.ranges[column] = range_of(&panels, (enum column)column);
    for (int c = 0; c < panels.shown; c++)
        if (learning->curves[c].count > panels.most_tests)
            panels.most_tests = learning->curves[c].count;
    return panels;
}

/* ---- numbers ---- */

static void write_numbers(const struct panels *panels, struct analysis_figure *figure)
{
    for (int c = 0; c < panels->shown; c++) {
        const struct analysis_curve *curve = &panels->learning->curves[c];

        const int columns = panels->across == 3 ? COLUMNS : JOULES;

        analysis_block(figure, sim_text(panels->arena, "curve_%d", c + 1),
                       sim_text(panels->arena,
                                "time (%s)  bytes on the network (%s)  test accuracy (%%)  test "
                                "loss (nats)%s%s%s",
                                panels->ranges[SECONDS].scale.unit,
                                panels->ranges[BYTES].scale.unit,
                                panels->across == 3 ? "  energy of clients (" : "",
                                panels->across == 3 ? panels->ranges[JOULES].scale.unit : "",
                                panels->across == 3 ? ")" : ""));
        for (int i = 0; i < curve->count; i++)
            for (int column = 0; column < columns; column++) {
                analysis_number(figure->data, value_of(&curve->tests[i], (enum column)column) *
                                                  panels->ranges[column].scale.factor);
                putc(column + 1 < columns ? ' ' : '\n', figure->data);
            }
    }
}

/* Of means over seeds. */
static void write_intervals(const struct panels *panels, struct analysis_figure *figure)
{
    for (int c = 0; c < panels->shown && panels->learning->has_intervals; c++) {
        const struct analysis_curve *curve = &panels->learning->curves[c];

        analysis_block(figure, sim_text(panels->arena, "intervals_%d", c + 1),
                       "columns as above, and 95 % intervals of accuracy (%) and loss: from, to");
        for (int i = 0; i < curve->count; i++) {
            const struct analysis_test *test = &curve->tests[i];
            const double values[] = {test->seconds * panels->ranges[SECONDS].scale.factor,
                                     test->bytes * panels->ranges[BYTES].scale.factor,
                                     test->accuracy * 100,
                                     test->loss,
                                     test->joules * panels->ranges[JOULES].scale.factor,
                                     test->accuracy_low * 100,
                                     test->accuracy_high * 100,
                                     test->loss_low,
                                     test->loss_high};

            for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
                fputs(v > 0 ? " " : "", figure->data);
                analysis_number(figure->data, values[v]);
            }
            putc('\n', figure->data);
        }
    }
}

/* ---- the script ---- */

static void write_x_range(const struct range *range, FILE *script)
{
    const double least = range->least * range->scale.factor;
    const double most = range->most * range->scale.factor;

    if (range->is_log)
        fprintf(script, "set logscale x\nset format x '%%g'\nset xrange [%.9g:%.9g]\n", least / 1.5,
                most * 1.5);
    else
        fprintf(script, "unset logscale x\nset format x '%%g'\nset xrange [0:%.9g]\n",
                most > 0 ? most * 1.04 : 1);
}

/* No accuracy is above 100 %; a hair more, so that a curve there is not cut. */
static void write_y_range(const struct range *range, enum column y, FILE *script)
{
    const double limit = y == ACCURACY ? 101 : INFINITY;
    const double gap = range->most > range->least ? 0.1 * (range->most - range->least)
                                                  : 0.1 * fabs(range->most) + 0.01;

    fprintf(script, "set yrange [%.9g:%.9g]\n", fmax(0, range->least - gap),
            fmin(limit, range->most + gap));
}

/* Left: over seconds; then over bytes, and over joules; above: accuracy, below: loss. */
static void write_panel(const struct panels *panels, const struct analysis_figure *figure,
                        enum column x, enum column y)
{
    static const char *const names[COLUMNS] = {
        [SECONDS] = "time", [BYTES] = "bytes on the network", [JOULES] = "energy of clients"};
    static const double lefts[2][3] = {{0.105, 0.565}, {0.105, 0.41, 0.715}};
    static const double widths[2] = {0.41, 0.265};
    const int place = x == SECONDS ? 0 : x == BYTES ? 1 : 2, many = panels->across == 3;
    const char *style = panels->most_tests > MOST_MARKERS ? "lines" : "linespoints";
    const bool is_right = x != SECONDS, is_low = y == LOSS;
    FILE *script = figure->script;

    fprintf(
        script,
        "set lmargin at screen %g\nset rmargin at screen %g\nset tmargin at screen top-%g*share\n"
        "set bmargin at screen top-%g*share\n",
        lefts[many][place], lefts[many][place] + widths[many], is_low ? 0.54 : 0.0,
        is_low ? 1.0 : 0.46);
    write_x_range(&panels->ranges[x], script);
    write_y_range(&panels->ranges[y], y, script);
    fprintf(script, is_low ? "set xlabel '%s (%s)'\n" : "set format x ''\nunset xlabel\n", names[x],
            panels->ranges[x].scale.unit);
    fprintf(script,
            is_right ? "set format y ''\nunset ylabel\n" : "set format y '%%g'\nset ylabel '%s'\n",
            y == ACCURACY ? "test accuracy (%)" : "test loss (nats)");
    fputs("plot ", script);
    for (int c = 0; c < panels->shown; c++)
        fprintf(script, "%s'learning.dat' index 'curve_%d' using %d:%d with %s linetype %d notitle",
                c > 0 ? ", \\\n     " : "", c + 1, x + 1, y + 1, style, c + 1);
    for (int c = 0; c < panels->shown && panels->learning->has_intervals; c++)
        fprintf(script,
                ", \\\n     'learning.dat' index 'intervals_%d' using %d:%d:(0):($%d-$%d) with "
                "vectors nohead linetype %d dashtype 1 notitle",
                c + 1, x + 1, y == ACCURACY ? 6 : 8, y == ACCURACY ? 7 : 9, y == ACCURACY ? 6 : 8,
                c + 1);
}

/* The first plot has the key, and title and small print, which would be drawn again with every plot; it is as wide
 * as all panels, so that the key is. */
static void write_key(const struct panels *panels, FILE *script)
{
    fputs("set lmargin at screen 0.02\nset rmargin at screen 0.98\nset tmargin at screen 0.9\n"
          "set bmargin at screen 0.5\nset border 0\nset tics scale 0\nset format ''\nunset grid\n"
          "unset xlabel\nunset ylabel\nunset logscale\nplot [0:1] [0:1] NaN notitle",
          script);
    for (int c = 0; c < panels->shown && panels->learning->curve_count > 1; c++) {
        fprintf(script, ", \\\n     NaN with %s linetype %d title ",
                panels->most_tests > MOST_MARKERS ? "lines" : "linespoints", c + 1);
        analysis_quote(script, analysis_shorten(panels->learning->curves[c].label, LABEL_LETTERS,
                                                panels->arena));
    }
    fputs("\nunset label\n", script);
}

static void write_plot(const struct panels *panels, struct analysis_figure *figure,
                       const struct analysis_look *look)
{
    analysis_figure_plot(figure);
    fputs("set multiplot\nset key at screen 0.5, screen 1-0.2/height top center\n", figure->script);
    write_key(panels, figure->script);
    analysis_frame(figure->script, look, panels->arena);
    fputs("unset label\nunset key\n", figure->script);
    for (int p = 0; p < 2 * panels->across; p++) {
        static const enum column over[] = {SECONDS, BYTES, JOULES};

        write_panel(panels, figure, over[p % panels->across], p < panels->across ? ACCURACY : LOSS);
        putc('\n', figure->script);
    }
    fputs("unset multiplot\n", figure->script);
    analysis_frame(figure->script, look, panels->arena);
}

/* ---- words ---- */

static const char *or_else(const char *text, const char *other)
{
    return *text == '\0' ? other : text;
}

static int key_columns(const struct panels *panels)
{
    size_t longest = 8;
    int columns;

    for (int c = 0; c < panels->shown; c++) {
        const char *label =
            analysis_shorten(panels->learning->curves[c].label, LABEL_LETTERS, panels->arena);

        longest = strlen(label) > longest ? strlen(label) : longest;
    }
    columns = (int)((figure_width - 0.75) / (((double)longest + 9) * inches_a_letter));
    return columns < 1 ? 1 : columns;
}

/* Under the panels: tics, axis, small print. */
static double bottom_inches(const struct analysis_look *look, const struct panels *panels)
{
    return (3.5 + 0.86 * analysis_note_lines(look, panels->arena)) * letter_inches;
}

static struct analysis_look look_of(const struct panels *panels, int columns)
{
    const struct analysis_learning *learning = panels->learning;
    const int rows = learning->curve_count < 2 ? 0 : (panels->shown + columns - 1) / columns;
    struct analysis_look look = {.name = "learning", .width = figure_width, .key_rows = rows};

    look.title = sim_text(panels->arena, "%s: %s, at the pace of %s", learning->title,
                          or_else(learning->pace.short_learner, "what a small model learns"),
                          or_else(learning->pace.short_timing, "a big one"));
    look.notes[0] = sim_text(panels->arena,
                             "Small learner, big model: seconds and bytes are those of %s; "
                             "accuracy and loss are those of "
                             "%s, which really learns.",
                             or_else(learning->pace.timing, "the workload of each"),
                             or_else(learning->pace.learner, "a small model"));
    look.notes[1] = panels->shown == learning->curve_count
                        ? learning->note
                        : sim_text(panels->arena, "%s The first %d of %d are shown.",
                                   learning->note, panels->shown, learning->curve_count);
    look.notes[2] = learning->origin;
    look.height = top_inches + key_inches * rows + panels_inches + bottom_inches(&look, panels);
    return look;
}

bool analysis_plot_learning(struct analysis_figures *all, const struct analysis_learning *learning,
                            struct sim_error *err)
{
    const struct panels panels = panels_of(learning, all->arena);
    const int columns = key_columns(&panels);
    const struct analysis_look look = look_of(&panels, columns);
    struct analysis_figure *figure = analysis_figure_begin(all, &look, err);

    if (figure == NULL)
        return false;
    fprintf(figure->script,
            "top = 1 - %.3f/height     # of the panels, on the screen\n"
            "share = top - %.3f/height # of the height that they have\n"
            "set key maxcols %d\n",
            top_inches + key_inches * look.key_rows, bottom_inches(&look, &panels), columns);
    analysis_line_types(figure->script);
    write_numbers(&panels, figure);
    write_intervals(&panels, figure);
    write_plot(&panels, figure, &look);
    return analysis_figure_end(figure, err);
}
