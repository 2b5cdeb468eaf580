/* optimise.c -- dmlsim optimise: which values of a study's keys make a number least, or most; and the way there. */
#include "analysis/asking.h"
#include "analysis/gnuplot.h"
#include "analysis/path.h"
#include "analysis/scale.h"
#include "analysis/space.h"
#include "sim/base/file.h"
#include "sim/base/json.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_option options[] = {
    {"minimise", 0, "METRIC",
     "look for the least of it: seconds (unless given), bytes, joules, or another number of the "
     "summary"},
    {"maximise", 0, "METRIC", "look for the most of it"},
    {"over", 0, "KEYS",
     "keys of the study, as in algorithm.gamma,algorithm.microbatches: all unless given"},
    {"exhaustive", 0, NULL, "simulate every combination, however many they are"},
    {"evaluations", 0, "N", "stop after so many points: 200"},
    {"out", 'o', "FILE.db",
     "the store of all that is simulated, instead of out/STUDY.optimise.db; figure and path.csv go "
     "to FILE.plots beside it"},
    ANALYSIS_ASKING_OPTIONS,
    SIM_SETTING_OPTIONS,
    {0}};

enum { EVALUATIONS = 200, MOST_EVALUATIONS = 100000, MOST_COMBINATIONS = 100000 };

/* One call. */
struct optimise {
    const struct sim_call *call;
    struct sim_sweep asked;
    struct sim_scenario base;
    struct analysis_space space;
    struct analysis_search search;
    struct analysis_path path;
    json_t *trial_of; /* settings as text -> number of the trial */
    int most, simulated, code;
    bool is_cut, is_json; /* cut: the evaluations are used up */
    const char *method, *folder;
    struct sim_error *err;
};

/* ---- evaluating ---- */

static const char *const *values_of(const struct optimise *optimise, const json_t *settings)
{
    struct sim_arena *arena = optimise->call->arena;
    const char **values = sim_new(arena, const char *, (size_t)optimise->path.key_count);

    for (int k = 0; k < optimise->path.key_count; k++) {
        const json_t *value = json_object_get(settings, optimise->path.keys[k]);

        values[k] = value == NULL ? "" : sim_json_shown(arena, value);
    }
    return values;
}

/* A point with a broken law has a result, but none to go by. */
static void add_trial(struct optimise *optimise, const struct sim_question *question)
{
    struct sim_arena *arena = optimise->call->arena;
    json_t *summary = question->summary == NULL ? NULL : json_loads(question->summary, 0, NULL);
    struct analysis_trial trial = {.values = values_of(optimise, question->settings),
                                   .value = analysis_metric_of(summary, optimise->path.metric),
                                   .exit_code = question->exit_code,
                                   .error = question->error};

    if (question->exit_code != 0)
        trial.value = NAN;
    else if (isnan(trial.value))
        trial.error = sim_text(arena, "it has no %s.", optimise->path.metric);
    json_object_set_new(optimise->trial_of, sim_json_shown(arena, question->settings),
                        json_integer(optimise->path.count));
    analysis_path_add(&optimise->path, trial, arena);
    if (!optimise->is_json)
        analysis_path_print(stdout, &optimise->path, optimise->path.count - 1, arena);
    json_decref(summary);
}

/* A metric that no point has so far is a slip of the pen; better told now than after all of them. */
static bool metric_is_known(struct optimise *optimise, const struct sim_question *questions,
                            int count)
{
    struct sim_arena *arena = optimise->call->arena;
    json_t **summaries = sim_new(arena, json_t *, (size_t)count + 1);
    bool is_known = true;

    for (int t = 0; t < optimise->path.count; t++)
        if (!isnan(optimise->path.trials[t].value))
            return true;
    for (int q = 0; q < count; q++)
        summaries[q] =
            questions[q].summary == NULL ? NULL : json_loads(questions[q].summary, 0, NULL);
    is_known =
        analysis_metric_is_known(summaries, count, optimise->path.metric, arena, optimise->err);
    for (int q = 0; q < count; q++)
        json_decref(summaries[q]);
    return is_known;
}

/* Ask for settings that were not asked for before. */
static bool ask_new(struct optimise *optimise, struct sim_question *questions, int count)
{
    struct sim_arena *arena = optimise->call->arena;
    int simulated = 0;

    optimise->code = 2;
    if (count > 0) {
        if (!sim_questions_read(&optimise->asked, questions, count, arena, optimise->err))
            return false;
        optimise->code = sim_questions_answer(&optimise->asked, questions, count, &simulated, arena,
                                              optimise->err);
        optimise->simulated += simulated;
        if (optimise->code != 0)
            return false;
    }
    for (int q = 0; q < count; q++)
        add_trial(optimise, &questions[q]);
    fflush(stdout);
    optimise->code = metric_is_known(optimise, questions, count) ? 0 : 2;
    return optimise->code == 0;
}

static bool is_asked(const struct optimise *optimise, const struct sim_question *questions,
                     int count, const json_t *settings)
{
    for (int q = 0; q < count; q++)
        if (json_equal(questions[q].settings, settings))
            return true;
    return json_object_get(optimise->trial_of, sim_json_shown(optimise->call->arena, settings)) !=
           NULL;
}

static void take_values(const struct optimise *optimise, json_t *const *settings, int count,
                        double *values)
{
    for (int p = 0; p < count; p++) {
        const json_t *trial =
            json_object_get(optimise->trial_of, sim_json_shown(optimise->call->arena, settings[p]));
        const double value =
            trial == NULL ? NAN : optimise->path.trials[json_integer_value(trial)].value;

        values[p] = isnan(value) ? INFINITY : optimise->path.is_most ? -value : value;
    }
}

/* The function that is searched: points that were asked for once are remembered. */
static bool evaluate(void *context, double *const *points, int count, double *values)
{
    struct optimise *optimise = context;
    struct sim_arena *arena = optimise->call->arena;
    json_t **settings = sim_new(arena, json_t *, (size_t)count);
    struct sim_question *questions = sim_new(arena, struct sim_question, (size_t)count);
    int fresh = 0;
    bool fine;

    for (int p = 0; p < count; p++) {
        settings[p] = analysis_space_settings(&optimise->space, points[p], arena);
        if (is_asked(optimise, questions, fresh, settings[p]))
            continue;
        if (optimise->path.count + fresh > optimise->most)
            optimise->is_cut = true;
        else
            questions[fresh++].settings = settings[p];
    }
    fine = ask_new(optimise, questions, fresh) && !optimise->is_cut;
    take_values(optimise, settings, count, values);
    for (int p = 0; p < count; p++)
        json_decref(settings[p]);
    return fine;
}

/* ---- searching ---- */

static void name_method(struct optimise *optimise)
{
    struct sim_arena *arena = optimise->call->arena;
    const double points = analysis_search_points(&optimise->search);
    int lists = 0, ranges = 0;

    for (int c = 0; c < optimise->space.count; c++)
        if (optimise->space.coordinates[c].count > 0)
            lists++;
        else
            ranges++;
    if (points <= ANALYSIS_EXHAUSTIVE_POINTS || sim_option_given(optimise->call, "exhaustive"))
        optimise->method = sim_text(arena, "every combination: %.0f", points);
    else
        optimise->method = sim_text(arena, "%s%s%s",
                                    lists == 1  ? "the values of a list"
                                    : lists > 0 ? "one list after the other"
                                                : "",
                                    lists > 0 && ranges > 0 ? ", and " : "",
                                    ranges == 1  ? "Brent's method after a scan"
                                    : ranges > 1 ? "the simplex of Nelder and Mead after a scan"
                                                 : "");
}

static bool may_be_exhaustive(const struct optimise *optimise, struct sim_error *err)
{
    const double points = analysis_search_points(&optimise->search);

    if (!sim_option_given(optimise->call, "exhaustive"))
        return true;
    if (isinf(points))
        return sim_fail(err, "--exhaustive: a range has no end of values; give the study a grid of "
                             "them, or leave it out.");
    return points <= MOST_COMBINATIONS ||
           sim_fail(err, "--exhaustive: %.0f combinations are more than %d; leave it out.", points,
                    MOST_COMBINATIONS);
}

/* --exhaustive says how many there are to be. */
static bool read_evaluations(struct optimise *optimise, struct sim_error *err)
{
    const char *text = sim_option_value(optimise->call, "evaluations");
    char *end;
    long most;

    optimise->most =
        sim_option_given(optimise->call, "exhaustive") ? MOST_EVALUATIONS : EVALUATIONS;
    if (text == NULL)
        return true;
    most = strtol(text, &end, 10);
    optimise->most = (int)most;
    return (end != text && *end == '\0' && most >= 1 && most <= MOST_EVALUATIONS) ||
           sim_fail(err, "--evaluations=%s must be a whole number from 1 to %d.", text,
                    MOST_EVALUATIONS);
}

static void search(struct optimise *optimise)
{
    optimise->search = (struct analysis_search){.coordinates = optimise->space.coordinates,
                                                .count = optimise->space.count,
                                                .objective = evaluate,
                                                .context = optimise,
                                                .arena = optimise->call->arena};
    if (analysis_search_points(&optimise->search) <= ANALYSIS_EXHAUSTIVE_POINTS ||
        sim_option_given(optimise->call, "exhaustive"))
        analysis_search_all(&optimise->search);
    else
        analysis_search_in_turn(&optimise->search);
}

/* ---- telling ---- */

static void print_gain(const struct optimise *optimise)
{
    const struct analysis_path *path = &optimise->path;
    const enum sim_unit unit = analysis_unit_of_metric(path->metric);
    const double base = path->trials[0].value, best = path->trials[path->best].value;
    char text[SIM_QUANTITY_SIZE];

    printf("\nbest: %s (evaluation %d)", sim_format_quantity(text, best, unit), path->best);
    if (best == base)
        printf(", as the scenario has it");
    else if (base > 0 && best > 0)
        printf(", %.3g %% %s than as it is (%s)", 100 * fabs(best / base - 1),
               best < base ? "less" : "more", sim_format_quantity(text, base, unit));
    putchar('\n');
    for (int k = 0; k < path->key_count; k++)
        if (*path->trials[path->best].values[k] != '\0')
            printf("  --set '%s=%s'\n", path->keys[k], path->trials[path->best].values[k]);
}

static void print_end(const struct optimise *optimise)
{
    const struct analysis_path *path = &optimise->path;
    int failed = 0;

    for (int t = 0; t < path->count; t++)
        failed += isnan(path->trials[t].value);
    if (path->best >= 0)
        print_gain(optimise);
    if (optimise->is_cut)
        printf("stopped after %d points; --evaluations allows more\n", path->count - 1);
    printf("\n%d points: %d simulated, %d were there, %d failed\nmethod: %s\nstore: %s\n",
           path->count, optimise->simulated, path->count - optimise->simulated, failed,
           optimise->method, optimise->asked.out);
    if (optimise->folder != NULL)
        printf("%s/optimise.{png,svg,pdf}\n%s/path.csv\n", optimise->folder, optimise->folder);
}

static json_t *trial_json(const struct analysis_path *path, int trial)
{
    const struct analysis_trial *one = &path->trials[trial];
    json_t *settings = json_object();

    for (int k = 0; k < path->key_count; k++)
        if (*one->values[k] != '\0')
            json_object_set_new(settings, path->keys[k], json_string(one->values[k]));
    return json_pack("{s:i, s:o, s:o, s:o, s:i, s:s}", "evaluation", trial, "settings", settings,
                     "value", isnan(one->value) ? json_null() : json_real(one->value), "best",
                     isnan(one->best) ? json_null() : json_real(one->best), "exit_code",
                     one->exit_code, "error", one->error);
}

static void print_json(const struct optimise *optimise)
{
    const struct analysis_path *path = &optimise->path;
    json_t *trials = json_array(), *all;

    for (int t = 1; t < path->count; t++)
        json_array_append_new(trials, trial_json(path, t));
    all = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:i, s:s}", "scenario",
                    optimise->asked.path, "metric", path->metric, "sense",
                    path->is_most ? "maximise" : "minimise", "method", optimise->method, "base",
                    trial_json(path, 0), "best",
                    path->best < 0 ? json_null() : trial_json(path, path->best), "evaluations",
                    trials, "was_cut", optimise->is_cut, "simulated", optimise->simulated, "store",
                    optimise->asked.out);
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

/* ---- figure and CSV ---- */

static int draw(struct optimise *optimise, struct sim_error *err)
{
    struct sim_arena *arena = optimise->call->arena;
    const char *folder = analysis_asking_folder(&optimise->asked, arena);
    struct analysis_figures all;
    int code;

    if (!analysis_path_write(&optimise->path, folder, arena, err) ||
        !analysis_figures_begin(&all, folder, arena, err))
        return 2;
    if (!analysis_plot_path(&all, &optimise->path, err)) {
        analysis_figures_abandon(&all);
        return 2;
    }
    code = analysis_figures_draw(&all, err);
    if (code == 0)
        optimise->folder = folder;
    return code;
}

/* ---- the whole ---- */

static bool read_metric(struct optimise *optimise, struct sim_error *err)
{
    const char *least = sim_option_value(optimise->call, "minimise");
    const char *most = sim_option_value(optimise->call, "maximise");

    optimise->path.is_most = most != NULL;
    optimise->path.metric = analysis_metric_name(most != NULL    ? most
                                                 : least != NULL ? least
                                                                 : "seconds");
    return least == NULL || most == NULL ||
           sim_fail(err, "optimise: --minimise and --maximise ask for two things; give one.");
}

static bool prepare(struct optimise *optimise, struct sim_error *err)
{
    const struct sim_call *call = optimise->call;
    const char **keys = sim_new(call->arena, const char *, ANALYSIS_MOST_COORDINATES);
    json_t *value;
    size_t i;

    if (!read_metric(optimise, err) || !analysis_asking(&optimise->asked, call, "optimise", err) ||
        !sim_scenario_read(&optimise->base, optimise->asked.path, optimise->asked.settings,
                           call->catalogue, call->arena, err) ||
        !analysis_space_read(&optimise->space, &optimise->base, sim_option_value(call, "over"),
                             call->arena, err))
        return false;
    for (int k = 0; k < optimise->space.count; k++)
        keys[k] = optimise->space.axes[k].key;
    analysis_path_begin(&optimise->path, keys, optimise->space.count, call->arena);
    for (int k = 0; k < optimise->space.count; k++)
        json_array_foreach (optimise->space.axes[k].values, i, value)
            analysis_path_widen(&optimise->path, k, sim_json_shown(call->arena, value),
                                call->arena);
    optimise->path.title = optimise->base.name;
    optimise->path.origin =
        sim_text(call->arena, "network: %s; platform: %s; seed %lld.", optimise->base.network.name,
                 sim_stem_of(call->arena, optimise->base.platform), (long long)optimise->base.seed);
    optimise->search.coordinates = optimise->space.coordinates;
    optimise->search.count = optimise->space.count;
    if (!may_be_exhaustive(optimise, err) || !read_evaluations(optimise, err))
        return false;
    name_method(optimise);
    return true;
}

/* The scenario as it is comes first, to compare with. */
static bool ask_base(struct optimise *optimise)
{
    json_t *nothing = json_object();
    struct sim_question base = {.settings = nothing};
    const bool fine = ask_new(optimise, &base, 1);

    json_decref(nothing);
    return fine;
}

static int find(struct optimise *optimise, struct sim_error *err)
{
    int drawn;

    if (!optimise->is_json)
        analysis_path_print_head(stdout, &optimise->path, sim_colours(stdout));
    if (!ask_base(optimise))
        return optimise->code;
    search(optimise);
    if (optimise->code != 0)
        return optimise->code;
    drawn = optimise->path.best < 0 ? 0 : draw(optimise, err);
    if (optimise->is_json)
        print_json(optimise);
    else
        print_end(optimise);
    if (optimise->path.best < 0) {
        sim_fail(
            err, "%s: no point of the search has a result; the first says: %s",
            optimise->asked.path,
            analysis_first_sentence(optimise->path.trials[optimise->path.count > 1 ? 1 : 0].error,
                                    optimise->call->arena));
        return 1;
    }
    return drawn;
}

static int run(const struct sim_call *call)
{
    struct optimise *optimise = sim_new(call->arena, struct optimise, 1);
    struct sim_error err = {0};
    int code = 2;

    optimise->call = call;
    optimise->err = &err;
    optimise->is_json = sim_option_given(call, "json");
    optimise->trial_of = json_object();
    if (prepare(optimise, &err))
        code = find(optimise, &err);
    json_decref(optimise->trial_of);
    analysis_space_release(&optimise->space);
    sim_scenario_release(&optimise->base);
    fflush(stdout);
    return sim_complain(&err, code);
}

SIM_COMMAND(optimise) = {
    .name = "optimise",
    .arguments = "STUDY.yaml",
    .summary = "find the values of a study's keys that make a number least, or most",
    .description =
        "The study lists what each key may be: values (grid, list), or a range (linspace, "
        "logspace, "
        "a sample with from and to). Up to 64 combinations of values are all simulated; of more, "
        "one key is tried after the other until none gets better, and ranges are searched by "
        "Brent's method (one) or a simplex (several), which find a minimum, not always the least "
        "of "
        "all. Other keys of the study stay as the scenario has them. Every evaluation is printed "
        "with the best so far; figure 'optimise' and path.csv have them, too. What the store has "
        "is not simulated again. As in: --minimise seconds --over "
        "algorithm.gamma,algorithm.microbatches.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
