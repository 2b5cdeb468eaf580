/* Lesson 6: a network with early exits, and the threshold that decides who leaves. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

#define DIGITS                                                                                     \
    "algorithm.learning=digits", "algorithm.exit_rates=[]", "algorithm.epochs=5",                  \
        "algorithm.learning_rate=0.006"

enum { FIRST = 24 }; /* pictures in the figure */

static const char *const middle[] = {DIGITS, "algorithm.thresholds=[0.5, 0.5]", NULL};
static const char *const strict[] = {DIGITS, "algorithm.thresholds=[0.05, 0.05]", NULL};
static const char *const lax[] = {DIGITS, "algorithm.thresholds=[1.5, 1.5]", NULL};
static const char *const nobody[] = {DIGITS, "algorithm.thresholds=[0, 0]", NULL};
static const char *const all[] = {DIGITS, "algorithm.thresholds=[3, 3]", NULL};

static const struct lesson_run runs[] = {
    {"0.5", "branchynet", middle}, {"0.05", "branchynet", strict}, {"1.5", "branchynet", lax},
    {"0", "branchynet", nobody},   {"3", "branchynet", all},       {0}};

static double sum_of(struct lesson_bench *bench, const char *p0, const char *p1, const char *p2)
{
    return lesson_value(bench, p0) * lesson_value(bench, "t0") +
           lesson_value(bench, p1) * lesson_value(bench, "t1") +
           lesson_value(bench, p2) * lesson_value(bench, "t2");
}

/* ---- closed forms: p_n of the requests leave at exit n, after t_n ---- */

static double mean_latency(struct lesson_bench *bench)
{
    return sum_of(bench, "p0", "p1", "p2");
}

static double latency_of_cloud(struct lesson_bench *bench)
{
    return lesson_value(bench, "t2");
}

static double latency_of_device(struct lesson_bench *bench)
{
    return lesson_value(bench, "t0");
}

/* Every request crosses both cuts, and its answer comes straight back. */
static double bytes_to_cloud(struct lesson_bench *bench)
{
    return lesson_value(bench, "requests") *
           (lesson_look(bench, "0", "scenario/algorithm/cut_bytes/0") +
            lesson_look(bench, "0", "scenario/algorithm/cut_bytes/1") +
            lesson_look(bench, "0", "scenario/algorithm/answer_bytes"));
}

static const struct lesson_number numbers[] = {
    {"requests", LESSON_NUMBER, "0.5", "metrics/requests_answered"},
    {"p0", LESSON_SHARE, "0.5", "metrics/exit_shares/0"},
    {"p1", LESSON_SHARE, "0.5", "metrics/exit_shares/1"},
    {"p2", LESSON_SHARE, "0.5", "metrics/exit_shares/2"},
    {"t0", LESSON_SECONDS, "1.5", "requests.csv min latency_seconds exit=0"},
    {"t1", LESSON_SECONDS, "0.5", "requests.csv min latency_seconds exit=1"},
    {"t2", LESSON_SECONDS, "0.05", "requests.csv min latency_seconds exit=2"},
    {"cut0", LESSON_BYTES, "0.5", "scenario/algorithm/cut_bytes/0"},
    {"cut1", LESSON_BYTES, "0.5", "scenario/algorithm/cut_bytes/1"},
    {"answer", LESSON_BYTES, "0.5", "scenario/algorithm/answer_bytes"},
    {"latency", LESSON_SECONDS, "0.5", "metrics/mean_latency_seconds"},
    {"accuracy", LESSON_SHARE, "0.5", "metrics/accuracy"},
    {"bytes", LESSON_BYTES, "0.5", "bytes"},
    {"strict_latency", LESSON_SECONDS, "0.05", "metrics/mean_latency_seconds"},
    {"strict_accuracy", LESSON_SHARE, "0.05", "metrics/accuracy"},
    {"strict_p0", LESSON_SHARE, "0.05", "metrics/exit_shares/0"},
    {"lax_latency", LESSON_SECONDS, "1.5", "metrics/mean_latency_seconds"},
    {"lax_accuracy", LESSON_SHARE, "1.5", "metrics/accuracy"},
    {"lax_p0", LESSON_SHARE, "1.5", "metrics/exit_shares/0"},
    {"nobody_latency", LESSON_SECONDS, "0", "metrics/mean_latency_seconds"},
    {"nobody_bytes", LESSON_BYTES, "0", "bytes"},
    {"all_latency", LESSON_SECONDS, "3", "metrics/mean_latency_seconds"},
    {"closed_latency", LESSON_SECONDS, .compute = mean_latency},
    {"closed_nobody", LESSON_SECONDS, .compute = latency_of_cloud},
    {"closed_all", LESSON_SECONDS, .compute = latency_of_device},
    {"closed_bytes", LESSON_BYTES, .compute = bytes_to_cloud},
    {0}};

static const struct lesson_row rows[] = {
    {"T = 0.05: mean latency", "strict_latency", NULL, "simulation alone"},
    {"T = 0.05: accuracy", "strict_accuracy", NULL, "real inference"},
    {"T = 0.5: mean latency", "latency", "closed_latency", "sum of p_n t_n"},
    {"T = 0.5: accuracy", "accuracy", NULL, "real inference"},
    {"T = 1.5: mean latency", "lax_latency", NULL, "simulation alone"},
    {"T = 1.5: accuracy", "lax_accuracy", NULL, "real inference"},
    {0}};

static const char *const explanation[] = {
    "A small network really learns the digits here, with three exits, and each of {requests} "
    "pictures is really judged: at every exit "
    "the entropy of the answer, -sum y ln y, is compared with T. Below it the exit is sure enough, "
    "and the picture leaves.",
    "At T = 0.5 {p0} leave on the device, {p1} at the edge and {p2} in the cloud. So the mean "
    "latency is the sum of "
    "p_n t_n = {closed_latency}, with t = {t0}, {t1} and {t2}: the tensor of the layers' cut and "
    "the answer cross the network.",
    "The threshold trades time for accuracy. At 0.05 it takes {strict_latency} and "
    "{strict_accuracy} are right; at 1.5, "
    "{lax_latency} and {lax_accuracy}, for {lax_p0} never leave the device. Which one is best is "
    "not a question of "
    "networks alone: dmlsim sweep scenarios/studies/branchynet_thresholds.yaml draws the whole "
    "curve.",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    return figure_requests(bench, "0.5", FIRST);
}

/* ---- what the slider moves among ---- */

static json_t *figure_of_run(struct lesson_bench *bench, const char *run)
{
    return figure_requests(bench, run, FIRST);
}

static const char *const thresholds[] = {"0", "0.05", "0.5", "1.5", "3", NULL};
static const struct lesson_variants variants = {"T, threshold in nats", thresholds, thresholds, 2,
                                                figure_of_run};

const struct lesson lesson_exits = {
    .name = "exits",
    .title = "Early exit and the threshold",
    .summary = "easy pictures leave on the device; the threshold says which are easy",
    .question = "A network lies on a device, its edge server and a cloud, with an exit on each. "
                "With the threshold T = 0.5 nats, {p0} of the "
                "pictures leave on the device, after {t0}; {p1} at the edge, after {t1}; the "
                "others in the cloud, after {t2}.",
    .prediction = {"How long does an answer take on average?", "latency",
                   "p_0 t_0 + p_1 t_1 + p_2 t_2 = {closed_latency}."},
    .runs = runs,
    .exercises_from = "0",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises = {{"T = 0: no entropy is below it. How long does an answer take on average?",
                   "nobody_latency", "closed_nobody", 0.01, "All go on to the cloud: t_2."},
                  {"T = 3, and ten digits: the largest entropy that there is is ln 10 = 2.3 nats. "
                   "How long does an answer take on average?",
                   "all_latency", "closed_all", 0.01,
                   "All leave on the device: t_0, right or wrong."},
                  {"T = 0, {requests} pictures: how many bytes cross the network? (The tensors "
                   "have {cut0:b} and {cut1:b} "
                   "bytes, an answer has {answer:b}.)",
                   "nobody_bytes", "closed_bytes", 0.01,
                   "Each picture: both tensors, and an answer."}},
    .figure_title = "Where the first 24 pictures leave",
    .figure = figure,
    .variants = &variants,
};
