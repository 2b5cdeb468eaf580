#include "algorithms/inference/shared/leaving.h"
#include "algorithms/inference/shared/segments.h"
#include "sim/base/random.h"
#include "sim/workload/requests.h"

#include <math.h>

const char *const leaving_learning_choices[] = {"off", "digits", "fashion_mnist", NULL};
const char *const leaving_confidence_choices[] = {"entropy", "negative_entropy", NULL};

/* ---- drawn ---- */

static const struct sim_numbers default_rates = {3, {0.6, 0.3, 0.1}};

static bool rates_make_sense(const struct sim_numbers *rates, struct sim_error *err)
{
    double sum = 0;

    if (rates->count > SEGMENTS_MOST)
        return sim_fail(err, "algorithm.exit_rates: at most %d exits, and here are %d.",
                        SEGMENTS_MOST, rates->count);
    for (int e = 0; e < rates->count; e++)
        sum += rates->values[e];
    return fabs(sum - 1) <= 1e-9 ||
           sim_fail(err,
                    "algorithm.exit_rates: they add up to %g, but every request leaves somewhere.",
                    sum);
}

static const int *draw_exits(const struct sim_plan *plan, const struct sim_numbers *rates)
{
    struct sim_random *random = sim_random_open(plan->seed, UINT64_C(0x65786974)); /* "exit" */
    int *exit_of = sim_new(plan->arena, int, (size_t)plan->requests->count);

    for (int i = 0; i < plan->requests->count; i++) {
        double left = sim_random_uniform(random);

        while (exit_of[i] < rates->count - 1 && (left -= rates->values[exit_of[i]]) >= 0)
            exit_of[i]++;
    }
    sim_random_close(random);
    return exit_of;
}

/* ---- by inference ---- */

/* What only learning knows is refused without it. */
static bool is_without_learning(const struct leaving_options *options, struct sim_error *err)
{
    const char *given = options->thresholds->count > 0                       ? "thresholds"
                        : options->exit_weights->count > 0                   ? "exit_weights"
                        : options->confidence == CONFIDENCE_NEGATIVE_ENTROPY ? "confidence"
                        : options->epochs > 0                                ? "epochs"
                        : options->train_samples > 0                         ? "train_samples"
                        : options->batch > 0                                 ? "batch"
                        : options->learning_rate > 0                         ? "learning_rate"
                                                                             : NULL;

    return given == NULL ||
           sim_fail(err,
                    "algorithm.%s: with learning off nothing learns or infers, and exit_rates "
                    "says who leaves where; leave it out, or choose learning: digits.",
                    given);
}

static bool lists_fit(const struct leaving_options *options, struct sim_error *err)
{
    const int thresholds = options->thresholds->count, weights = options->exit_weights->count;
    double sum = 0;

    if (options->exit_rates->count > 0)
        return sim_fail(err, "algorithm.exit_rates: with learning the network itself says who "
                             "leaves where; leave it out.");
    if (thresholds != 0 && thresholds != EXITS - 1)
        return sim_fail(err,
                        "algorithm.thresholds: one for each of the %d exits but the last, and "
                        "here are %d.",
                        EXITS, thresholds);
    for (int e = 0; e < thresholds; e++)
        if (options->confidence == CONFIDENCE_ENTROPY ? options->thresholds->values[e] < 0
                                                      : options->thresholds->values[e] > 0)
            return sim_fail(err,
                            "algorithm.thresholds: %g lets nothing leave, whatever the "
                            "network says: entropy is never below 0, its negative never "
                            "above; write 0 for that.",
                            options->thresholds->values[e]);
    if (weights != 0 && weights != EXITS)
        return sim_fail(err, "algorithm.exit_weights: one for each of %d exits, and here are %d.",
                        EXITS, weights);
    for (int e = 0; e < weights; e++)
        sum += options->exit_weights->values[e];
    return weights == 0 || sum > 0 ||
           sim_fail(err, "algorithm.exit_weights: all are 0, so nothing would learn.");
}

static const struct exit_lesson *learn(const struct sim_plan *plan,
                                       const struct leaving_options *options, struct sim_error *err)
{
    const bool is_digits = options->learning == LEAVING_DIGITS;
    struct exit_lesson_options how = {
        .data = is_digits ? DATA_DIGITS : DATA_FASHION_MNIST,
        .epochs = options->epochs > 0 ? options->epochs : (is_digits ? 12 : 1),
        .batch = options->batch > 0 ? options->batch : 16,
        .train_samples = options->train_samples,
        .rate = options->learning_rate > 0 ? options->learning_rate : 0.003,
        .seed = plan->seed,
        .shown = plan->requests->count};

    for (int e = 0; e < EXITS; e++)
        how.weights[e] = options->exit_weights->count > 0 ? options->exit_weights->values[e] : 1;
    return exit_lesson_open(plan->arena, &how, err);
}

/* Samples begin anew where there are no more. */
static int sample_of(const struct exit_lesson *lesson, int request)
{
    return request % lesson->shown;
}

static const int *infer_exits(const struct sim_plan *plan, const struct leaving_options *options,
                              const struct exit_lesson *lesson)
{
    const double otherwise = options->confidence == CONFIDENCE_ENTROPY ? 0.5 : -0.5;
    int *exit_of = sim_new(plan->arena, int, (size_t)plan->requests->count);
    double thresholds[EXITS - 1];

    for (int e = 0; e < EXITS - 1; e++)
        thresholds[e] = options->thresholds->count > 0 ? options->thresholds->values[e] : otherwise;
    for (int i = 0; i < plan->requests->count; i++)
        exit_of[i] = exit_taken(lesson->verdicts[sample_of(lesson, i)].entropy, EXITS,
                                options->confidence, thresholds);
    return exit_of;
}

/* ---- both ---- */

static bool learn_and_infer(struct leaving *leaving, const struct sim_plan *plan,
                            const struct leaving_options *options, struct sim_error *err)
{
    if (!lists_fit(options, err))
        return false;
    leaving->exits = EXITS;
    leaving->lesson = learn(plan, options, err);
    if (leaving->lesson == NULL)
        return false;
    leaving->exit_of = infer_exits(plan, options, leaving->lesson);
    return true;
}

bool leaving_prepare(struct leaving *leaving, const struct sim_plan *plan,
                     const struct leaving_options *options, struct sim_error *err)
{
    const struct sim_numbers *rates =
        options->exit_rates->count > 0 ? options->exit_rates : &default_rates;

    *leaving = (struct leaving){.exits = rates->count};
    if (options->learning != LEAVING_DRAWN)
        return learn_and_infer(leaving, plan, options, err);
    if (!is_without_learning(options, err) || !rates_make_sense(rates, err))
        return false;
    leaving->exit_of = draw_exits(plan, rates);
    return true;
}

double leaving_is_right(const struct leaving *leaving, int request, int exit)
{
    const struct exit_lesson *lesson = leaving->lesson;

    if (lesson == NULL)
        return NAN;
    request = sample_of(lesson, request);
    return lesson->verdicts[request].class[exit] == lesson->labels[request];
}
