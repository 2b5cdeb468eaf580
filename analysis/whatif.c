/* whatif.c -- dmlsim whatif: a scenario with one input other than it is, and another, and which of them matters. */
#include "analysis/asking.h"
#include "analysis/gnuplot.h"
#include "analysis/scale.h"
#include "analysis/tornado.h"
#include "analysis/vary.h"
#include "sim/base/file.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct sim_option options[] = {
    {"vary", 'v', "KEY=VALUES",
     "one key and what it shall be, value by value: 4,8,16, or factors of what it is: x0.5,x2; as "
     "often as there are keys"},
    {"metric", 'm', "NAME",
     "another number of the summary than simulated_seconds: bytes, joules, ..."},
    {"out", 'o', "FILE.db",
     "the store of all that is simulated, instead of out/SCENARIO.whatif.db; the figure goes to "
     "FILE.plots beside it"},
    ANALYSIS_ASKING_OPTIONS,
    SIM_SETTING_OPTIONS,
    {0}};

enum { MOST_INPUTS = 24, WIDEST_LABEL = 44 };

/* A question, answered. */
struct answer {
    const struct sim_question *question;
    const struct analysis_variation *variation; /* NULL: the base */
    const char *key;                            /* of that input */
    json_t *summary;                            /* owned; NULL without a result */
    double value;                               /* of the metric; NaN */
};

/* One call. */
struct whatif {
    const struct sim_call *call;
    struct sim_sweep asked;
    struct sim_scenario base;
    const char *metric;
    struct analysis_input inputs[MOST_INPUTS];
    int input_count;
    struct sim_question *questions; /* the base, then every variation, input by input */
    struct answer *answers;         /* beside them */
    int count, simulated, worst;
    struct analysis_swing swings[MOST_INPUTS]; /* of all inputs, ordered */
    const char *folder;                        /* of the figure; NULL: none was drawn */
    json_t *nothing;                           /* the settings of the base */
};

/* ---- asking ---- */

/* Each input once: two bars of one key would each tell half of it. */
static bool is_new(const struct whatif *whatif, struct sim_error *err)
{
    const int last = whatif->input_count - 1;

    for (int i = 0; i < last; i++)
        if (strcmp(whatif->inputs[i].key, whatif->inputs[last].key) == 0)
            return sim_fail(err, "--vary names %s twice; give all of its values at once.",
                            whatif->inputs[i].key);
    return true;
}

static bool read_inputs(struct whatif *whatif, struct sim_error *err)
{
    const char **texts = sim_option_values(whatif->call, "vary");
    bool fine = true;

    if (*texts == NULL)
        return sim_fail(err, "whatif: --vary is missing, as in --vary "
                             "'platform.link[uplink].bandwidth=x0.5,x2' or --vary "
                             "algorithm.workers=4,8.");
    for (; *texts != NULL; texts++) {
        if (whatif->input_count == MOST_INPUTS)
            return sim_fail(err, "whatif: at most %d keys can be varied at a time.", MOST_INPUTS);
        fine &= analysis_input_read(&whatif->inputs[whatif->input_count++], *texts, &whatif->asked,
                                    &whatif->base, whatif->call->arena, err) &&
                is_new(whatif, err);
    }
    return fine;
}

static void make_questions(struct whatif *whatif)
{
    struct sim_arena *arena = whatif->call->arena;
    int at = 1;

    whatif->count = 1;
    for (int i = 0; i < whatif->input_count; i++)
        whatif->count += whatif->inputs[i].count;
    whatif->questions = sim_new(arena, struct sim_question, (size_t)whatif->count);
    whatif->answers = sim_new(arena, struct answer, (size_t)whatif->count);
    whatif->nothing = json_object();
    whatif->questions[0].settings = whatif->nothing;
    for (int i = 0; i < whatif->input_count; i++)
        for (int v = 0; v < whatif->inputs[i].count; v++, at++) {
            whatif->answers[at].variation = &whatif->inputs[i].variations[v];
            whatif->answers[at].key = whatif->inputs[i].key;
            whatif->questions[at].settings = whatif->inputs[i].variations[v].settings;
        }
    for (int q = 0; q < whatif->count; q++)
        whatif->answers[q].question = &whatif->questions[q];
}

/* An input none of whose values can be read was not meant so: then nothing is simulated. */
static bool all_inputs_make_sense(const struct whatif *whatif, struct sim_error *err)
{
    bool fine = true;
    int at = 1;

    for (int i = 0; i < whatif->input_count; at += whatif->inputs[i].count, i++) {
        int wrong = 0;

        for (int v = 0; v < whatif->inputs[i].count; v++)
            wrong += whatif->questions[at + v].exit_code == 2;
        if (wrong == whatif->inputs[i].count)
            fine =
                sim_fail(err, "%s",
                         analysis_first_sentence(whatif->questions[at].error, whatif->call->arena));
    }
    return fine;
}

static bool ask(struct whatif *whatif, struct sim_error *err)
{
    struct sim_arena *arena = whatif->call->arena;

    if (!sim_scenario_read(&whatif->base, whatif->asked.path, whatif->asked.settings,
                           whatif->asked.catalogue, arena, err) ||
        !read_inputs(whatif, err))
        return false;
    make_questions(whatif);
    if (!sim_questions_read(&whatif->asked, whatif->questions, whatif->count, arena, err))
        return false;
    if (whatif->questions[0].exit_code != 0)
        return sim_fail(err, "%s", whatif->questions[0].error);
    return all_inputs_make_sense(whatif, err);
}

/* ---- answers ---- */

static void measure_swing(struct whatif *whatif, int input, int from)
{
    const struct analysis_input *asked = &whatif->inputs[input];
    struct sim_arena *arena = whatif->call->arena;
    double *values = sim_new(arena, double, (size_t)asked->count);
    const char **labels = sim_new(arena, const char *, (size_t)asked->count);
    struct analysis_swing *swing = &whatif->swings[input];

    *swing = (struct analysis_swing){
        .key = asked->key, .input = input, .values = values, .labels = labels};
    for (int v = 0; v < asked->count; v++)
        if (!isnan(whatif->answers[from + v].value)) {
            values[swing->count] = whatif->answers[from + v].value;
            labels[swing->count++] = asked->variations[v].label;
        }
    analysis_swing_measure(swing, whatif->answers[0].value);
}

static bool take_answers(struct whatif *whatif, struct sim_error *err)
{
    json_t **summaries = sim_new(whatif->call->arena, json_t *, (size_t)whatif->count);
    int at = 1;

    for (int q = 0; q < whatif->count; q++) {
        struct answer *answer = &whatif->answers[q];
        const char *text = answer->question->summary;

        answer->summary = summaries[q] = text == NULL ? NULL : json_loads(text, 0, NULL);
        answer->value = analysis_metric_of(answer->summary, whatif->metric);
        whatif->worst = answer->question->exit_code > whatif->worst ? answer->question->exit_code
                                                                    : whatif->worst;
    }
    if (whatif->answers[0].summary == NULL)
        return sim_fail(err, "%s", whatif->questions[0].error);
    if (!analysis_metric_is_known(summaries, whatif->count, whatif->metric, whatif->call->arena,
                                  err))
        return false;
    if (isnan(whatif->answers[0].value))
        return sim_fail(err,
                        "%s: the scenario as it is has no %s, so there is nothing to compare with.",
                        whatif->asked.path, whatif->metric);
    for (int i = 0; i < whatif->input_count; at += whatif->inputs[i++].count)
        measure_swing(whatif, i, at);
    analysis_swing_order(whatif->swings, whatif->input_count);
    return true;
}

static int first_answer_of(const struct whatif *whatif, int input)
{
    int at = 1;

    for (int i = 0; i < input; i++)
        at += whatif->inputs[i].count;
    return at;
}

static double ratio_of(const struct whatif *whatif, const struct answer *answer)
{
    const double base = whatif->answers[0].value;

    return base == 0 ? NAN : answer->value / base;
}

/* ---- the table ---- */

/* What the table has a column of. */
struct table {
    const struct whatif *whatif;
    FILE *out;
    int width, gap;               /* gap: where the name of the metric is longer than its numbers */
    bool has_seconds, has_joules; /* seconds: where the metric is another number */
};

static void print_value(FILE *out, double value, enum sim_unit unit)
{
    char text[SIM_QUANTITY_SIZE];

    fprintf(out, "%14s", isnan(value) ? "-" : sim_format_quantity(text, value, unit));
}

/* What a factor comes to, with its unit: "625MBps" has one, "0.025" of a key in seconds is 25.00 ms. */
static const char *value_text(const char *key, const char *value, struct sim_arena *arena)
{
    const enum sim_unit unit = analysis_unit_of_key(key);
    char text[SIM_QUANTITY_SIZE];
    double number;

    return unit != SIM_UNIT_NONE && sim_parse_quantity(value, SIM_UNIT_NONE, &number)
               ? sim_text(arena, "%s", sim_format_quantity(text, number, unit))
               : value;
}

static const char *label_of(const struct answer *answer, struct sim_arena *arena)
{
    const struct analysis_variation *variation = answer->variation;

    if (variation == NULL)
        return "as it is";
    return *variation->value == '\0' ? sim_text(arena, "  %s", variation->label)
                                     : sim_text(arena, "  %s (%s)", variation->label,
                                                value_text(answer->key, variation->value, arena));
}

static void print_row(const struct table *table, const struct answer *answer)
{
    struct sim_arena *arena = table->whatif->call->arena;
    const char *label = analysis_shorten(label_of(answer, arena), table->width, arena);

    fprintf(table->out, "%-*s%*s", table->width, label, table->gap, "");
    if (answer->summary == NULL) {
        fprintf(table->out, "  failed (%d): %s\n", answer->question->exit_code,
                analysis_first_sentence(answer->question->error, arena));
        return;
    }
    print_value(table->out, answer->value, analysis_unit_of_metric(table->whatif->metric));
    if (isnan(ratio_of(table->whatif, answer)))
        fprintf(table->out, "%9s", "-");
    else
        fprintf(table->out, "%9.4g", ratio_of(table->whatif, answer));
    if (table->has_seconds)
        print_value(table->out, analysis_metric_of(answer->summary, "simulated_seconds"),
                    SIM_UNIT_SECONDS);
    print_value(table->out, analysis_metric_of(answer->summary, "bytes"), SIM_UNIT_BYTES);
    if (table->has_joules)
        print_value(table->out, analysis_metric_of(answer->summary, "joules"), SIM_UNIT_JOULES);
    fputs(answer->question->exit_code == 0 ? "\n" : "  LAW BROKEN\n", table->out);
}

static int width_of(const struct whatif *whatif)
{
    int width = 12;

    for (int i = 0; i < whatif->input_count; i++)
        width = (int)fmax(width, (double)strlen(whatif->inputs[i].key));
    for (int q = 0; q < whatif->count; q++)
        width =
            (int)fmax(width, (double)strlen(label_of(&whatif->answers[q], whatif->call->arena)));
    return width < WIDEST_LABEL ? width : WIDEST_LABEL;
}

static void print_head(const struct table *table)
{
    const bool colours = sim_colours(table->out);
    const char *metric = table->has_seconds ? table->whatif->metric : "simulated";

    fprintf(table->out, "%s%-*s%*s%9s", colours ? "\033[1m" : "", table->width, "setting",
            table->gap + 14, metric, "ratio");
    if (table->has_seconds)
        fprintf(table->out, "%14s", "simulated");
    fprintf(table->out, "%14s", "bytes");
    if (table->has_joules)
        fprintf(table->out, "%14s", "joules");
    fputs(colours ? "\033[0m\n" : "\n", table->out);
}

static void print_ranking(const struct whatif *whatif)
{
    const enum sim_unit unit = analysis_unit_of_metric(whatif->metric);
    char least[SIM_QUANTITY_SIZE], most[SIM_QUANTITY_SIZE];

    printf("\nwhat matters most, by the swing of %s:\n", whatif->metric);
    for (int i = 0; i < whatif->input_count; i++) {
        const struct analysis_swing *swing = &whatif->swings[i];

        sim_format_quantity(least, swing->least, unit);
        sim_format_quantity(most, swing->most, unit);
        if (swing->count == 0)
            printf("%3d. %s: no value of it has a result\n", i + 1, swing->key);
        else if (swing->most == swing->least)
            printf("%3d. %s changes nothing\n", i + 1, swing->key);
        else if (strcmp(least, most) == 0)
            printf("%3d. %s changes next to nothing\n", i + 1, swing->key);
        else
            printf("%3d. %s: %s (%s) to %s (%s)\n", i + 1, swing->key, least,
                   *swing->least_label ? swing->least_label : "as it is", most,
                   *swing->most_label ? swing->most_label : "as it is");
    }
}

static void print_files(const struct whatif *whatif)
{
    int asked = 0;

    for (int q = 0; q < whatif->count; q++)
        asked += whatif->questions[q].identity != NULL;
    printf("\n%d simulated, %d were there\nstore: %s\n", whatif->simulated,
           asked - whatif->simulated, whatif->asked.out);
    if (whatif->folder != NULL)
        printf("%s/tornado.{png,svg,pdf}\n", whatif->folder);
}

static void print_table(const struct whatif *whatif)
{
    struct table table = {.whatif = whatif,
                          .out = stdout,
                          .width = width_of(whatif),
                          .has_seconds = strcmp(whatif->metric, "simulated_seconds") != 0};

    for (int q = 0; q < whatif->count; q++)
        table.has_joules |= analysis_metric_of(whatif->answers[q].summary, "joules") > 0;
    table.has_joules &= strcmp(whatif->metric, "joules") != 0;
    if (table.has_seconds)
        table.gap = (int)fmax(0, (double)strlen(whatif->metric) + 2 - 14);
    print_head(&table);
    print_row(&table, &whatif->answers[0]);
    for (int i = 0; i < whatif->input_count; i++) {
        const int input = whatif->swings[i].input;

        printf("%s\n", whatif->inputs[input].key);
        for (int v = 0; v < whatif->inputs[input].count; v++)
            print_row(&table, &whatif->answers[first_answer_of(whatif, input) + v]);
    }
    print_ranking(whatif);
    print_files(whatif);
}

/* ---- JSON ---- */

/* A number, or null where there is none. */
static json_t *number_or_null(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *answer_json(const struct whatif *whatif, const struct answer *answer)
{
    const struct analysis_variation *variation = answer->variation;

    return json_pack("{s:s, s:O, s:o, s:o, s:o, s:o, s:o, s:i, s:s}", "value",
                     variation == NULL ? "as it is" : variation->label, "settings",
                     answer->question->settings, whatif->metric, number_or_null(answer->value),
                     "ratio", number_or_null(ratio_of(whatif, answer)), "simulated",
                     number_or_null(analysis_metric_of(answer->summary, "simulated_seconds")),
                     "network_bytes", number_or_null(analysis_metric_of(answer->summary, "bytes")),
                     "host_joules", number_or_null(analysis_metric_of(answer->summary, "joules")),
                     "exit_code", answer->question->exit_code, "error", answer->question->error);
}

static void print_json(const struct whatif *whatif)
{
    json_t *inputs = json_array(), *all;

    for (int i = 0; i < whatif->input_count; i++) {
        const struct analysis_swing *swing = &whatif->swings[i];
        const int from = first_answer_of(whatif, swing->input);
        json_t *rows = json_array();

        for (int v = 0; v < whatif->inputs[swing->input].count; v++)
            json_array_append_new(rows, answer_json(whatif, &whatif->answers[from + v]));
        json_array_append_new(inputs, json_pack("{s:s, s:f, s:f, s:f, s:o}", "key", swing->key,
                                                "swing", swing->most - swing->least, "least",
                                                swing->least, "most", swing->most, "values", rows));
    }
    all = json_pack("{s:s, s:s, s:o, s:o, s:s}", "scenario", whatif->asked.path, "metric",
                    whatif->metric, "base", answer_json(whatif, &whatif->answers[0]), "inputs",
                    inputs, "store", whatif->asked.out);
    if (whatif->folder != NULL)
        json_object_set_new(
            all, "figure",
            json_string(sim_text(whatif->call->arena, "%s/tornado.png", whatif->folder)));
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

/* ---- the figure ---- */

static const char *origin_of(const struct whatif *whatif)
{
    const json_t *summary = whatif->answers[0].summary;
    const char *network = json_string_value(json_object_get(summary, "network"));
    const char *version = json_string_value(json_object_get(summary, "dmlsim"));

    return sim_text(whatif->call->arena, "network: %s; platform: %s; seed %lld; dmlsim %s.",
                    network == NULL ? "" : network,
                    sim_stem_of(whatif->call->arena, whatif->base.platform),
                    (long long)whatif->base.seed, version == NULL ? "" : version);
}

/* Inputs that changed something have a bar; the figure of none would be empty. */
static int draw(struct whatif *whatif, struct sim_error *err)
{
    struct sim_arena *arena = whatif->call->arena;
    const char *folder = analysis_asking_folder(&whatif->asked, arena);
    struct analysis_tornado tornado = {.title = whatif->base.name,
                                       .metric = whatif->metric,
                                       .base = whatif->answers[0].value,
                                       .swings = whatif->swings,
                                       .origin = origin_of(whatif)};
    struct analysis_figures all;
    int code;

    while (tornado.count < whatif->input_count && whatif->swings[tornado.count].count > 0)
        tornado.count++;
    if (tornado.count == 0 || whatif->swings[0].most == whatif->swings[0].least)
        return 0;
    if (!analysis_figures_begin(&all, folder, arena, err))
        return 2;
    if (!analysis_plot_tornado(&all, &tornado, err)) {
        analysis_figures_abandon(&all);
        return 2;
    }
    code = analysis_figures_draw(&all, err);
    if (code == 0)
        whatif->folder = folder;
    return code;
}

/* ---- the whole ---- */

static int answer(struct whatif *whatif, struct sim_error *err)
{
    int code, drawn;

    whatif->asked.shows_progress = isatty(STDERR_FILENO);
    code = sim_questions_answer(&whatif->asked, whatif->questions, whatif->count,
                                &whatif->simulated, whatif->call->arena, err);
    if (code != 0)
        return code;
    if (!take_answers(whatif, err))
        return whatif->worst > 0 ? whatif->worst : 2;
    drawn = draw(whatif, err);
    if (sim_option_given(whatif->call, "json"))
        print_json(whatif);
    else
        print_table(whatif);
    return drawn > whatif->worst ? drawn : whatif->worst;
}

static void release(struct whatif *whatif)
{
    for (int q = 0; q < whatif->count; q++)
        json_decref(whatif->answers[q].summary);
    for (int i = 0; i < whatif->input_count; i++)
        analysis_input_release(&whatif->inputs[i]);
    json_decref(whatif->nothing);
    sim_scenario_release(&whatif->base);
}

static int run(const struct sim_call *call)
{
    struct whatif *whatif = sim_new(call->arena, struct whatif, 1);
    const char *metric = sim_option_value(call, "metric");
    struct sim_error err = {0};
    int code = 2;

    whatif->call = call;
    whatif->metric = analysis_metric_name(metric == NULL ? "seconds" : metric);
    if (analysis_asking(&whatif->asked, call, "whatif", &err) && ask(whatif, &err))
        code = answer(whatif, &err);
    release(whatif);
    fflush(stdout);
    return sim_complain(&err, code);
}

SIM_COMMAND(whatif) = {
    .name = "whatif",
    .arguments = "SCENARIO.yaml",
    .summary = "change one input at a time: which of them matters most?",
    .description =
        "Every --vary names a key and values of it, or factors of what it is: "
        "--vary 'platform.link[uplink].bandwidth=x0.5,x2,x10' --vary "
        "algorithm.compression=off. Each value is "
        "laid over the scenario alone and simulated; the table tells what came of it beside the "
        "scenario as it is, the input with the largest swing first, and the figure 'tornado' draws "
        "the swings as bars. A factor of a pattern (link[*]) changes each element by its own "
        "value. "
        "A value that fails is a row that says so. What the store has is not simulated again.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
