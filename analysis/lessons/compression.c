/* Lesson 4: gradients are compressed, and what that saves on the network. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

/* sample_share 1: the exact threshold, so that what is kept can be counted by hand. */
#define ONCE                                                                                       \
    "iterations=1", "algorithm.warm_up_epochs=0", "algorithm.iterations_per_epoch=0",              \
        "algorithm.sample_share=1"
#define DENSE "algorithm.compression=off", "algorithm.transport=ring"

static const char *const dense[] = {ONCE, DENSE, NULL};
static const char *const sparse[] = {ONCE, NULL};
static const char *const sparse_ring[] = {ONCE, "algorithm.transport=ring", NULL};
static const char *const ninety_nine[] = {ONCE, "algorithm.sparsity=0.99", NULL};
static const char *const three_quarters[] = {ONCE, "algorithm.sparsity=0.75", NULL};
static const char *const four[] = {ONCE, "algorithm.workers=4", NULL};

static const struct lesson_run runs[] = {{"dense", "deep_gradient_compression", dense},
                                         {"sparse", "deep_gradient_compression", sparse},
                                         {"sparse ring", "deep_gradient_compression", sparse_ring},
                                         {"99", "deep_gradient_compression", ninety_nine},
                                         {"75", "deep_gradient_compression", three_quarters},
                                         {"four", "deep_gradient_compression", four},
                                         {0}};

enum { RECORD_BYTES = 6, NUMBER_BYTES = 4 };

/* AlexNet has this many parameters (Krizhevsky, Sutskever, Hinton, NIPS 2012: 60 million; Caffe's bvlc_alexnet). */
static const double PARAMETERS = 60965224;

static double messages(struct lesson_bench *bench, const char *run)
{
    const double n = lesson_look(bench, run, "scenario/algorithm/workers");

    return n * (n - 1);
}

static double message_bytes(struct lesson_bench *bench)
{
    return lesson_value(bench, "sparse_bytes") / messages(bench, "sparse");
}

static double ratio_of_message(struct lesson_bench *bench)
{
    return lesson_value(bench, "G") / message_bytes(bench);
}

static double ratio_of_all(struct lesson_bench *bench)
{
    return lesson_value(bench, "dense_bytes") / lesson_value(bench, "sparse_bytes");
}

static double gradient_bytes(struct lesson_bench *bench)
{
    return lesson_value(bench, "dense_bytes") / (2 * (lesson_value(bench, "N") - 1));
}

static double percent_75(struct lesson_bench *bench)
{
    return lesson_value(bench, "dense_bytes") / lesson_look(bench, "75", "bytes");
}

/* ---- closed forms ---- */

static double closed_message(struct lesson_bench *bench, const char *run)
{
    return RECORD_BYTES * (1 - lesson_look(bench, run, "scenario/algorithm/sparsity")) * PARAMETERS;
}

static double closed_sparse_message(struct lesson_bench *bench)
{
    return closed_message(bench, "sparse");
}

static double closed_sparse(struct lesson_bench *bench)
{
    return messages(bench, "sparse") * closed_message(bench, "sparse");
}

static double closed_99(struct lesson_bench *bench)
{
    return messages(bench, "99") * closed_message(bench, "99");
}

static double closed_four(struct lesson_bench *bench)
{
    return messages(bench, "four") * closed_message(bench, "four");
}

static double closed_dense(struct lesson_bench *bench)
{
    return 2 * (lesson_value(bench, "N") - 1) * NUMBER_BYTES * PARAMETERS;
}

static double closed_ratio_of_message(struct lesson_bench *bench)
{
    return NUMBER_BYTES * PARAMETERS / closed_message(bench, "sparse");
}

static double closed_ratio_of_all(struct lesson_bench *bench)
{
    return closed_dense(bench) / closed_sparse(bench);
}

static double closed_75(struct lesson_bench *bench)
{
    return closed_dense(bench) / (messages(bench, "75") * closed_message(bench, "75"));
}

static const struct lesson_number numbers[] = {
    {"N", LESSON_NUMBER, "sparse", "scenario/algorithm/workers"},
    {"sparsity", LESSON_SHARE, "sparse", "scenario/algorithm/sparsity"},
    {"G", LESSON_BYTES, .compute = gradient_bytes},
    {"dense_bytes", LESSON_BYTES, "dense", "bytes"},
    {"sparse_bytes", LESSON_BYTES, "sparse", "bytes"},
    {"sparse_ring_bytes", LESSON_BYTES, "sparse ring", "bytes"},
    {"message", LESSON_BYTES, .compute = message_bytes},
    {"ratio_of_message", LESSON_TIMES, .compute = ratio_of_message},
    {"ratio_of_all", LESSON_TIMES, .compute = ratio_of_all},
    {"dense_seconds", LESSON_SECONDS, "dense", "simulated_seconds"},
    {"sparse_seconds", LESSON_SECONDS, "sparse", "simulated_seconds"},
    {"compute_seconds", LESSON_SECONDS, "sparse", "events.csv max end phase=compute"},
    {"bytes_99", LESSON_BYTES, "99", "bytes"},
    {"times_75", LESSON_TIMES, .compute = percent_75},
    {"bytes_four", LESSON_BYTES, "four", "bytes"},
    {"closed_message", LESSON_BYTES, .compute = closed_sparse_message},
    {"closed_sparse", LESSON_BYTES, .compute = closed_sparse},
    {"closed_dense", LESSON_BYTES, .compute = closed_dense},
    {"closed_ratio_of_message", LESSON_TIMES, .compute = closed_ratio_of_message},
    {"closed_ratio_of_all", LESSON_TIMES, .compute = closed_ratio_of_all},
    {"closed_99", LESSON_BYTES, .compute = closed_99},
    {"closed_75", LESSON_TIMES, .compute = closed_75},
    {"closed_four", LESSON_BYTES, .compute = closed_four},
    {0}};

static const struct lesson_row rows[] = {
    {"dense, ring: bytes in all", "dense_bytes", "closed_dense", "2(N-1)G"},
    {"sparse: bytes of one message, M", "message", "closed_message", "6 (1-s) G/4"},
    {"one message: how many times smaller", "ratio_of_message", "closed_ratio_of_message",
     "4/(6 (1-s))"},
    {"sparse, all-gather: bytes in all", "sparse_bytes", "closed_sparse", "N(N-1)M"},
    {"in all: how many times fewer bytes", "ratio_of_all", "closed_ratio_of_all", "2G/(N M)"},
    {"sparse, summed round a ring: bytes in all", "sparse_ring_bytes", NULL, "simulation alone"},
    {"time of an iteration, dense", "dense_seconds", NULL, "simulation alone"},
    {"time of an iteration, sparse", "sparse_seconds", NULL, "simulation alone"},
    {0}};

static const char *const explanation[] = {
    "A number that is sent takes 6 bytes, not 4: its value, and 2 bytes for the run of zeros "
    "before it. So a message is "
    "{ratio_of_message} times smaller than a gradient at {sparsity} sparsity, not 1000 times.",
    "And sums of sparse gradients are less sparse: no ring can halve the work by adding on the way "
    "without messages that "
    "grow ({sparse_ring_bytes} in all, against {sparse_bytes}). So every worker sends its message "
    "to every other: N(N-1) "
    "messages where the ring moves 2(N-1) gradients. In all that is {ratio_of_all} times fewer "
    "bytes, and the "
    "advantage shrinks as N grows: 2G/(N M).",
    "Whether it pays is a matter of time: computing takes {compute_seconds} here, and an iteration "
    "{sparse_seconds} instead of "
    "{dense_seconds}. What is not sent is not lost: it stays in a local sum until it is large "
    "enough (Lin et al., ICLR 2018).",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    static const char *const both[] = {"dense", "sparse"};
    static const char *const labels[] = {"dense, ring", "sparse, all-gather"};

    return figure_exchange(bench, both, labels);
}

const struct lesson lesson_compression = {
    .name = "compression",
    .title = "Gradient compression",
    .summary = "one number in a thousand is sent: how many times fewer bytes is that?",
    .question =
        "{N} workers train AlexNet, whose gradient has {G}. Deep gradient compression sends only "
        "the largest numbers of each "
        "layer: at {sparsity} sparsity one in a thousand, each with the run of zeros before it. "
        "Dense gradients are summed round a ring; sparse ones go from every worker to every other.",
    .prediction = {"How many times fewer bytes cross the network in all?", "ratio_of_all",
                   "One message is {ratio_of_message} times smaller, but there are more of them."},
    .runs = runs,
    .exercises_from = "99",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises = {{"99 % sparsity, {N} workers: how many bytes cross the network in an iteration?",
                   "bytes_99", "closed_99", 0.02, "N(N-1) messages of 6 x 0.01 x G/4 bytes."},
                  {"75 % sparsity, as in the first epoch of the warm-up, {N} workers: how many "
                   "times fewer bytes than dense round a ring?",
                   "times_75", "closed_75", 0.02,
                   "Less than 1: compressed, it is more. A quarter of the numbers at 6 bytes is "
                   "0.375 G, and N(N-1) of that "
                   "are more than 2(N-1)G."},
                  {"{sparsity} sparsity, 4 workers: how many bytes in all?", "bytes_four",
                   "closed_four", 0.02,
                   "4 x 3 messages: less than a quarter of what 8 workers send."}},
    .figure_title = "What crosses the network",
    .figure = figure,
};
