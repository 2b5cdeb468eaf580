/* Lesson 2: GPipe's bubble. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

#define ONE_BATCH "iterations=1", "algorithm.recompute=no"

static const char *const as_shipped[] = {ONE_BATCH, NULL};
static const char *const one[] = {ONE_BATCH, "algorithm.microbatches=1", NULL};
static const char *const many[] = {ONE_BATCH, "algorithm.microbatches=32", NULL};
static const char *const eight_stages[] = {ONE_BATCH, "algorithm.stages=8", NULL};
static const char *const alternating[] = {"iterations=1", "algorithm.microbatches=8", NULL};

static const struct lesson_run runs[] = {
    {"pipe", "gpipe", as_shipped}, {"1F1B", "one_f_one_b", alternating},    {"naive", "gpipe", one},
    {"many", "gpipe", many},       {"eight stages", "gpipe", eight_stages}, {0}};

/* ---- closed forms: K stages, M micro-batches, F and B seconds, hop from stage to stage ---- */

static double share(double stages, double microbatches)
{
    return (stages - 1) / (microbatches + stages - 1);
}

static double hop(struct lesson_bench *bench)
{
    return 2 * lesson_look(bench, "pipe", "links.csv max latency_seconds") +
           lesson_look(bench, "pipe", "scenario/algorithm/boundary_bytes") /
               lesson_look(bench, "pipe", "links.csv max bandwidth_bytes_per_second");
}

static double work(struct lesson_bench *bench)
{
    return lesson_value(bench, "F") + lesson_value(bench, "backward");
}

static double bubble(struct lesson_bench *bench)
{
    return share(lesson_value(bench, "K"), lesson_value(bench, "M"));
}

static double seconds(struct lesson_bench *bench)
{
    const double k = lesson_value(bench, "K");

    return (lesson_value(bench, "M") + k - 1) * work(bench) + 2 * (k - 1) * hop(bench);
}

static double bubble_of_many(struct lesson_bench *bench)
{
    return share(lesson_value(bench, "K"),
                 lesson_look(bench, "many", "scenario/algorithm/microbatches"));
}

static double bubble_of_naive(struct lesson_bench *bench)
{
    return share(lesson_value(bench, "K"),
                 lesson_look(bench, "naive", "scenario/algorithm/microbatches"));
}

static double seconds_of_eight(struct lesson_bench *bench)
{
    const double k = lesson_look(bench, "eight stages", "scenario/algorithm/stages");

    return (lesson_value(bench, "M") + k - 1) * work(bench) + 2 * (k - 1) * hop(bench);
}

static double most_stored(struct lesson_bench *bench)
{
    return lesson_value(bench, "M");
}

static const struct lesson_number numbers[] = {
    {"K", LESSON_NUMBER, "pipe", "scenario/algorithm/stages"},
    {"M", LESSON_NUMBER, "pipe", "scenario/algorithm/microbatches"},
    {"F", LESSON_SECONDS, "pipe", "scenario/algorithm/forward_seconds"},
    {"backward", LESSON_SECONDS, "pipe", "scenario/algorithm/backward_seconds"},
    {"hop", LESSON_SECONDS, .compute = hop},
    {"bubble", LESSON_SHARE, "pipe", "metrics/bubble_of_total"},
    {"seconds", LESSON_SECONDS, "pipe", "metrics/iteration_seconds"},
    {"stored", LESSON_NUMBER, "pipe", "metrics/peak_microbatches"},
    {"naive_bubble", LESSON_SHARE, "naive", "metrics/bubble_of_total"},
    {"many_bubble", LESSON_SHARE, "many", "metrics/bubble_of_total"},
    {"eight_seconds", LESSON_SECONDS, "eight stages", "metrics/iteration_seconds"},
    {"alternating_bubble", LESSON_SHARE, "1F1B", "metrics/bubble_of_total"},
    {"closed_bubble", LESSON_SHARE, .compute = bubble},
    {"closed_seconds", LESSON_SECONDS, .compute = seconds},
    {"closed_stored", LESSON_NUMBER, .compute = most_stored},
    {"closed_naive", LESSON_SHARE, .compute = bubble_of_naive},
    {"closed_many", LESSON_SHARE, .compute = bubble_of_many},
    {"closed_eight", LESSON_SECONDS, .compute = seconds_of_eight},
    {0}};

static const struct lesson_row rows[] = {
    {"bubble: share of idle time", "bubble", "closed_bubble", "(K-1)/(M+K-1), without hops"},
    {"time of a batch", "seconds", "closed_seconds", "(M+K-1)(F+B) + 2(K-1) hop"},
    {"micro-batches stored at most", "stored", "closed_stored", "M"},
    {0}};

static const char *const explanation[] = {
    "The last stage cannot begin before the first micro-batch has gone through the K-1 stages "
    "before it, and when its own "
    "work ends, the K-1 stages before it still have theirs to end: each stage is idle for K-1 "
    "micro-batches' time, and busy "
    "for M. So the bubble is (K-1)/(M+K-1) = {closed_bubble}.",
    "The simulation says {bubble}, a little more: a tensor needs {hop} from stage to stage, which "
    "the formula of the lecture "
    "leaves out.",
    "More micro-batches make the bubble small. What they cost is memory: GPipe stores the "
    "activations of all M until "
    "their backward passes, here {stored}. 1F1B has much the same bubble, {alternating_bubble}, "
    "and stores K of them at "
    "most: the next lesson.",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    return figure_pipeline(bench, "pipe", false);
}

/* ---- what the slider moves among ---- */

static json_t *figure_of_run(struct lesson_bench *bench, const char *run)
{
    return figure_pipeline(bench, run, false);
}

static const char *const variant_runs[] = {"naive", "pipe", "many", NULL};
static const char *const variant_values[] = {"1", "8", "32", NULL};
static const struct lesson_variants variants = {"M, micro-batches", variant_runs, variant_values, 1,
                                                figure_of_run};

const struct lesson lesson_bubble = {
    .name = "bubble",
    .title = "GPipe's bubble",
    .summary = "why a pipeline of K stages is idle for K-1 micro-batches",
    .question = "A model is cut in {K} stages, each on a device of its own. A batch is cut in {M} "
                "micro-batches; each needs {F} "
                "forward and {backward} backward on every stage. GPipe sends all forward, then all "
                "backward.",
    .prediction =
        {"Which share of the time is a stage idle?", "bubble",
         "The stages wait for each other while the pipe fills, and again while it drains."},
    .runs = runs,
    .exercises_from = "naive",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises =
        {{"One micro-batch, that is naive model parallelism, on {K} stages: which share of the "
          "time is a stage idle?",
          "naive_bubble", "closed_naive", 0.02,
          "(K-1)/(1+K-1) = (K-1)/K: one stage works at a time."},
         {"32 micro-batches on {K} stages: which share is idle?", "many_bubble", "closed_many",
          0.04,
          "(K-1)/(32+K-1): four times as many micro-batches, less than a third of the bubble."},
         {"{M} micro-batches on 8 stages, each as slow as before: how long does a batch take?",
          "eight_seconds", "closed_eight", 0.02,
          "(M+8-1)(F+B), and 14 hops: each stage more adds one micro-batch's time, and a hop each "
          "way."}},
    .figure_title = "Forward and backward, slot by slot",
    .figure = figure,
    .variants = &variants,
};
