/* statistics_command.c -- dmlsim statistics: what the replications of a study say, place by place. */
#include "analysis/points_inside.h"
#include "analysis/replications.h"
#include "analysis/scale.h"
#include "analysis/statistics_print.h"
#include "sim/base/names.h"
#include "sim/cli/command.h"

#include <math.h>
#include <string.h>

static const struct sim_option options[] = {
    {"quantity", 'q', "NAME",
     "seconds, bytes or a metric of the runs ('dmlsim run' prints them); seconds"},
    {"compare", 0, "KEY=A,B",
     "two values of a key, pair by pair: points that are equal in the seed and all else"},
    {"fit", 0, "MODEL",
     "over the first axis of numbers: amdahl, power or alpha_beta (over the first one in bytes)"},
    {"json", 0, NULL, "print it as JSON"},
    {0}};

static struct analysis_choice choice_of(const char *quantity)
{
    const bool is_built_in =
        quantity == NULL || strcmp(quantity, "seconds") == 0 || strcmp(quantity, "bytes") == 0;

    return (struct analysis_choice){is_built_in ? NULL : quantity, NULL, NULL};
}

static struct analysis_asked asked_of(const struct analysis_study *study, const char *quantity)
{
    if (quantity == NULL || strcmp(quantity, "seconds") == 0)
        return (struct analysis_asked){study, "seconds", ANALYSIS_SECONDS, SIM_UNIT_SECONDS};
    if (strcmp(quantity, "bytes") == 0)
        return (struct analysis_asked){study, "bytes", ANALYSIS_BYTES, SIM_UNIT_BYTES};
    return (struct analysis_asked){study, quantity, ANALYSIS_CHOSEN, study->chosen_unit};
}

/* ---- fits ---- */

static bool find_model(enum analysis_model *model, const char *name, struct sim_arena *arena,
                       struct sim_error *err)
{
    for (int m = 0; m < ANALYSIS_MODELS; m++)
        if (strcmp(name, analysis_model_names[m]) == 0) {
            *model = (enum analysis_model)m;
            return true;
        }
    return sim_fail(err, "there is no --fit '%s'%s", name,
                    sim_did_you_mean(arena, name, analysis_model_names, ANALYSIS_MODELS,
                                     "; say amdahl, power or alpha_beta."));
}

/* The key that the model is over. */
static int axis_of(const struct analysis_study *study, enum analysis_model model)
{
    const int first = analysis_first_axis(study);

    if (model != ANALYSIS_ALPHA_BETA)
        return first != ANALYSIS_NO_KEY && study->keys[first].is_numeric ? first : ANALYSIS_NO_KEY;
    for (int k = 0; k < study->key_count; k++)
        if (analysis_key_varies(study, k) && study->keys[k].is_numeric &&
            study->keys[k].unit == SIM_UNIT_BYTES)
            return k;
    return ANALYSIS_NO_KEY;
}

static bool fit_all(struct analysis_fits *fits, const struct analysis_asked *asked,
                    const char *model, struct sim_arena *arena, struct sim_error *err)
{
    if (!find_model(&fits->model, model, arena, err))
        return false;
    fits->axis = axis_of(asked->study, fits->model);
    if (fits->axis == ANALYSIS_NO_KEY)
        return sim_fail(err,
                        "--fit %s: the study has no axis of %s, which every point sets to one of "
                        "several numbers.",
                        model, fits->model == ANALYSIS_ALPHA_BETA ? "bytes" : "numbers");
    fits->series = analysis_places_of(asked->study, asked->quantity, fits->axis, arena);
    fits->list = sim_new(arena, struct analysis_cost_fit, fits->series.count);
    fits->why_not = sim_new(arena, const char *, fits->series.count);
    for (size_t i = 0; i < fits->series.count; i++) {
        const struct analysis_place *series = &fits->series.list[i];
        struct sim_error reason = {0};

        if (!analysis_fit_cost(fits->model, series->x, series->values, series->count,
                               &fits->list[i], arena, &reason))
            fits->why_not[i] = sim_text(arena, "%s", reason.text);
    }
    return true;
}

/* ---- the whole ---- */

static int run(const struct sim_call *call)
{
    const char *path = call->arguments[0], *quantity = sim_option_value(call, "quantity");
    const char *compare = sim_option_value(call, "compare"), *fit = sim_option_value(call, "fit");
    const struct analysis_choice choice = choice_of(quantity);
    struct analysis_study study;
    struct analysis_asked asked;
    struct analysis_places places;
    struct analysis_contest contest;
    struct analysis_fits fits = {0};
    struct sim_error err = {0};

    if (!analysis_study_read(&study, path, &choice, call->arena, &err))
        return sim_complain(&err, 2);
    asked = asked_of(&study, quantity);
    if ((compare != NULL &&
         !analysis_contest_of(&contest, &study, asked.quantity, compare, call->arena, &err)) ||
        (fit != NULL && !fit_all(&fits, &asked, fit, call->arena, &err)))
        return sim_complain(&err, 2);
    places = analysis_places_of(&study, asked.quantity, ANALYSIS_NO_KEY, call->arena);
    (sim_option_given(call, "json") ? analysis_statistics_json : analysis_statistics_text)(
        stdout, &asked, &places, compare == NULL ? NULL : &contest, fit == NULL ? NULL : &fits,
        call->arena);
    fflush(stdout);
    return 0;
}

SIM_COMMAND(statistics) = {
    .name = "statistics",
    .arguments = "STUDY.db",
    .summary = "what the replications of a study say: means, intervals, pairs, fitted models",
    .description =
        "Points of a study that differ in nothing but the seed are replications of one place. Of "
        "each place: how many there are, mean, median, quartiles, and the interval that holds the "
        "mean in 95 of 100 such studies, once with Student's t and once by bootstrap (2,000 "
        "samples). Where nothing is random all replications are equal, and no interval is shown. "
        "--compare pairs the points of two values of a key that are equal in the seed and all "
        "else: the mean difference with its interval, p of the paired t test and of Wilcoxon's "
        "signed-rank test, and Cohen's d of the pairs. --fit fits T = T1 (s + (1 - s) / N) "
        "(amdahl), T = c N^k (power) or T = a + S / B (alpha_beta) to all points of a series, "
        "each by its relative error, with intervals of 95 %.",
    .options = options,
    .least_arguments = 1,
    .most_arguments = 1,
    .run = run,
};
