/* Lesson 3: 1F1B without a flush, and the versions of weights that it needs. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

#define SHORT "algorithm.learning=off", "algorithm.microbatches=12"

static const char *const stashing[] = {SHORT, NULL};
static const char *const flushing[] = {"iterations=3", "algorithm.microbatches=4", NULL};
static const char *const six[] = {SHORT, "algorithm.stages=6", NULL};
static const char *const newest[] = {SHORT, "algorithm.weights=newest", NULL};
static const char *const long_flush[] = {"iterations=1", "algorithm.microbatches=64", NULL};

static const struct lesson_run runs[] = {{"pipedream", "pipedream", stashing},
                                         {"flush", "one_f_one_b", flushing},
                                         {"six", "pipedream", six},
                                         {"newest", "pipedream", newest},
                                         {"64", "one_f_one_b", long_flush},
                                         {0}};

/* What a stage holds of weights beside those that the last stage holds, which needs one version only. */
static double versions_on(struct lesson_bench *bench, const char *where)
{
    return 1 + (lesson_look(bench, "pipedream", where) -
                lesson_look(bench, "pipedream", "stages.csv min weight_bytes")) /
                   lesson_value(bench, "parameters");
}

static double versions_0(struct lesson_bench *bench)
{
    return versions_on(bench, "stages.csv max weight_bytes stage=0");
}

static double versions_1(struct lesson_bench *bench)
{
    return versions_on(bench, "stages.csv max weight_bytes stage=1");
}

static double versions_2(struct lesson_bench *bench)
{
    return versions_on(bench, "stages.csv max weight_bytes stage=2");
}

static double versions_3(struct lesson_bench *bench)
{
    return versions_on(bench, "stages.csv max weight_bytes stage=3");
}

/* ---- closed forms: K stages ---- */

static double closed_0(struct lesson_bench *bench)
{
    return lesson_value(bench, "K");
}

static double closed_1(struct lesson_bench *bench)
{
    return lesson_value(bench, "K") - 1;
}

static double closed_2(struct lesson_bench *bench)
{
    return lesson_value(bench, "K") - 2;
}

static double closed_3(struct lesson_bench *bench)
{
    return lesson_value(bench, "K") - 3;
}

static double closed_six(struct lesson_bench *bench)
{
    return lesson_look(bench, "six", "scenario/algorithm/stages");
}

/* Weights, gradients, and the optimizer's states. */
static double closed_newest(struct lesson_bench *bench)
{
    return lesson_value(bench, "parameters") *
           (2 + lesson_look(bench, "newest", "scenario/algorithm/optimizer_ratio"));
}

static double closed_64(struct lesson_bench *bench)
{
    return lesson_look(bench, "64", "scenario/algorithm/stages");
}

static const struct lesson_number numbers[] = {
    {"K", LESSON_NUMBER, "pipedream", "scenario/algorithm/stages"},
    {"parameters", LESSON_BYTES, "pipedream", "scenario/algorithm/parameter_bytes"},
    {"versions_0", LESSON_NUMBER, .compute = versions_0},
    {"versions_1", LESSON_NUMBER, .compute = versions_1},
    {"versions_2", LESSON_NUMBER, .compute = versions_2},
    {"versions_3", LESSON_NUMBER, .compute = versions_3},
    {"age", LESSON_NUMBER, "pipedream", "updates.csv max staleness"},
    {"weights_0", LESSON_BYTES, "pipedream", "stages.csv max weight_bytes stage=0"},
    {"weights_3", LESSON_BYTES, "pipedream", "stages.csv max weight_bytes stage=3"},
    {"flush_weights", LESSON_BYTES, "flush", "stages.csv max weight_bytes"},
    {"seconds", LESSON_SECONDS, "pipedream", "simulated_seconds"},
    {"flush_seconds", LESSON_SECONDS, "flush", "simulated_seconds"},
    {"batch", LESSON_NUMBER, "flush", "scenario/algorithm/microbatches"},
    {"minibatches", LESSON_NUMBER, "pipedream", "scenario/algorithm/microbatches"},
    {"versions_of_six", LESSON_NUMBER, "six", "metrics/weight_versions"},
    {"weights_newest", LESSON_BYTES, "newest", "stages.csv max weight_bytes stage=0"},
    {"stored_of_64", LESSON_NUMBER, "64", "metrics/peak_microbatches"},
    {"closed_0", LESSON_NUMBER, .compute = closed_0},
    {"closed_1", LESSON_NUMBER, .compute = closed_1},
    {"closed_2", LESSON_NUMBER, .compute = closed_2},
    {"closed_3", LESSON_NUMBER, .compute = closed_3},
    {"closed_six", LESSON_NUMBER, .compute = closed_six},
    {"closed_newest", LESSON_BYTES, .compute = closed_newest},
    {"closed_64", LESSON_NUMBER, .compute = closed_64},
    {0}};

static const struct lesson_row rows[] = {
    {"versions of weights on stage 0", "versions_0", "closed_0", "K - 0"},
    {"versions on stage 1", "versions_1", "closed_1", "K - 1"},
    {"versions on stage 2", "versions_2", "closed_2", "K - 2"},
    {"versions on stage 3", "versions_3", "closed_3", "K - 3"},
    {"age of the oldest gradient, in updates", "age", "closed_1", "K - 1"},
    {"weights, gradients, optimizer on stage 0", "weights_0", NULL, "simulation alone"},
    {"the same with a flush after every batch", "flush_weights", NULL, "simulation alone"},
    {0}};

static const char *const explanation[] = {
    "1F1B: once the pipe is full, each stage takes one forward and one backward pass in turn. "
    "Stage s has K - s minibatches "
    "under way: forward passes that it has made, and whose backward passes have not come back.",
    "Without a flush every backward pass changes the weights at once. A minibatch's backward pass "
    "must meet the weights of "
    "its forward pass, or its gradient is the gradient of nothing. So the first stage keeps "
    "{versions_0} versions, the "
    "last {versions_3}: K - s on stage s. That is {weights_0} on stage 0 against {weights_3} on "
    "the last one.",
    "The gradient of the first stage is as old as {age} updates when it is applied. With a flush "
    "after every {batch} (the schedule of most systems today has one) one version is enough and no "
    "gradient is old, but the pipe runs empty each time: {minibatches} take {flush_seconds} "
    "instead of {seconds}.",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    return figure_pipeline(bench, "pipedream", true);
}

const struct lesson lesson_versions = {
    .name = "versions",
    .title = "1F1B and weight versions",
    .summary = "PipeDream never waits, and keeps K - s versions of the weights on stage s",
    .question = "PipeDream's pipeline of {K} stages never flushes: each stage makes one forward "
                "and one backward pass in turn, and "
                "changes its weights after each backward pass. The backward pass of a minibatch "
                "has to meet the same weights as its "
                "forward pass did.",
    .prediction = {"How many versions of its weights does the first stage have to keep?",
                   "versions_0",
                   "Stages 1, 2 and 3 keep {versions_1}, {versions_2} and {versions_3}."},
    .runs = runs,
    .exercises_from = "six",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises = {{"Six stages: how many versions does the first one keep?", "versions_of_six",
                   "closed_six", 0, "K - 0."},
                  {"With weights: newest nothing is stashed. How many bytes of weights "
                   "({parameters} of parameters a stage), "
                   "gradients and Adam's two states does stage 0 of {K} keep then?",
                   "weights_newest", "closed_newest", 0.01,
                   "One version, one gradient, twice as much for Adam: 4 times the parameters. The "
                   "price: forward and "
                   "backward pass of a minibatch meet different weights."},
                  {"1F1B with a flush, 64 micro-batches, {K} stages: the activations of how many "
                   "does the first stage store at most?",
                   "stored_of_64", "closed_64", 0, "min(K, M) = K; GPipe would store all 64."}},
    .figure_title = "Minibatches, and the versions that they meet",
    .figure = figure,
};
