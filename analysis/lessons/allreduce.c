/* Lesson 1: a gradient is summed by a parameter server, and round a ring. */
#include "analysis/lessons/bench.h"
#include "analysis/lessons/figures.h"

#define SUM_ALONE "algorithm.compute_seconds=0", "algorithm.flop_per_byte=0"

static const char *const as_shipped[] = {SUM_ALONE, NULL};
static const char *const sixteen[] = {SUM_ALONE, "algorithm.workers=16",
                                      "platform.cluster[switch].radical=0-15", NULL};
static const char *const eight_servers[] = {SUM_ALONE, "algorithm.servers=8", NULL};
static const char *const small[] = {SUM_ALONE, "algorithm.gradient_bytes=8kB", NULL};

static const struct lesson_run runs[] = {{"server", "parameter_server", as_shipped},
                                         {"ring", "ring_allreduce", as_shipped},
                                         {"small server", "parameter_server", small},
                                         {"small ring", "ring_allreduce", small},
                                         {"ring of 16", "ring_allreduce", sixteen},
                                         {"eight servers", "parameter_server", eight_servers},
                                         {0}};

/* ---- closed forms: N workers, G bytes, a latency, B bandwidth ---- */

static double all_bytes(struct lesson_bench *bench)
{
    return 2 * (lesson_value(bench, "N") - 1) * lesson_value(bench, "G");
}

static double all_bytes_of_16(struct lesson_bench *bench)
{
    return 2 * (lesson_look(bench, "ring of 16", "scenario/algorithm/workers") - 1) *
           lesson_value(bench, "G");
}

static double server_card(struct lesson_bench *bench)
{
    return (lesson_value(bench, "N") - 1) * lesson_value(bench, "G");
}

static double ring_card(struct lesson_bench *bench)
{
    return all_bytes(bench) / lesson_value(bench, "N");
}

/* A worker's host is a server's, too: N-1 pushes of its shard come, and N-1 of its own shards go. */
static double shared_card(struct lesson_bench *bench)
{
    const double servers = lesson_look(bench, "eight servers", "scenario/algorithm/servers");
    const double shard = lesson_value(bench, "G") / servers;

    return (lesson_value(bench, "N") - 1) * shard + lesson_value(bench, "G") - shard;
}

static double seconds_of_server(struct lesson_bench *bench, double bytes)
{
    return 2 * (lesson_value(bench, "a") +
                (lesson_value(bench, "N") - 1) * bytes / lesson_value(bench, "B"));
}

static double seconds_of_ring(struct lesson_bench *bench, double bytes)
{
    const double n = lesson_value(bench, "N");

    return 2 * (n - 1) * (lesson_value(bench, "a") + bytes / n / lesson_value(bench, "B"));
}

static double server_seconds(struct lesson_bench *bench)
{
    return seconds_of_server(bench, lesson_value(bench, "G"));
}

static double ring_seconds(struct lesson_bench *bench)
{
    return seconds_of_ring(bench, lesson_value(bench, "G"));
}

static double latency(struct lesson_bench *bench)
{
    return 2 * lesson_look(bench, "ring", "links.csv max latency_seconds");
}

static double times_sooner(struct lesson_bench *bench)
{
    return lesson_value(bench, "server_seconds") / lesson_value(bench, "ring_seconds");
}

static double closed_times(struct lesson_bench *bench)
{
    return server_seconds(bench) / ring_seconds(bench);
}

static double small_times(struct lesson_bench *bench)
{
    return lesson_look(bench, "small ring", "simulated_seconds") /
           lesson_look(bench, "small server", "simulated_seconds");
}

static double closed_small_times(struct lesson_bench *bench)
{
    const double bytes = lesson_value(bench, "small_G");

    return seconds_of_ring(bench, bytes) / seconds_of_server(bench, bytes);
}

static const struct lesson_number numbers[] = {
    {"N", LESSON_NUMBER, "ring", "scenario/algorithm/workers"},
    {"G", LESSON_BYTES, "ring", "scenario/algorithm/gradient_bytes"},
    {"small_G", LESSON_BYTES, "small ring", "scenario/algorithm/gradient_bytes"},
    {"a", LESSON_SECONDS, .compute = latency},
    {"B", LESSON_RATE, "ring", "links.csv max bandwidth_bytes_per_second"},
    {"server_bytes", LESSON_BYTES, "server", "bytes"},
    {"ring_bytes", LESSON_BYTES, "ring", "bytes"},
    {"server_card", LESSON_BYTES, "server", "busiest_card/bytes"},
    {"ring_card", LESSON_BYTES, "ring", "busiest_card/bytes"},
    {"server_seconds", LESSON_SECONDS, "server", "simulated_seconds"},
    {"ring_seconds", LESSON_SECONDS, "ring", "simulated_seconds"},
    {"ring_messages", LESSON_NUMBER, "ring", "messages"},
    {"server_messages", LESSON_NUMBER, "server", "messages"},
    {"times", LESSON_TIMES, .compute = times_sooner},
    {"bytes_of_16", LESSON_BYTES, "ring of 16", "bytes"},
    {"shared_card", LESSON_BYTES, "eight servers", "busiest_card/bytes"},
    {"small_times", LESSON_TIMES, .compute = small_times},
    {"closed_bytes", LESSON_BYTES, .compute = all_bytes},
    {"closed_server_card", LESSON_BYTES, .compute = server_card},
    {"closed_ring_card", LESSON_BYTES, .compute = ring_card},
    {"closed_server_seconds", LESSON_SECONDS, .compute = server_seconds},
    {"closed_ring_seconds", LESSON_SECONDS, .compute = ring_seconds},
    {"closed_times", LESSON_TIMES, .compute = closed_times},
    {"closed_bytes_of_16", LESSON_BYTES, .compute = all_bytes_of_16},
    {"closed_shared_card", LESSON_BYTES, .compute = shared_card},
    {"closed_small_times", LESSON_TIMES, .compute = closed_small_times},
    {0}};

static const struct lesson_row rows[] = {
    {"bytes in all, parameter server", "server_bytes", "closed_bytes", "2(N-1)G"},
    {"bytes in all, ring", "ring_bytes", "closed_bytes", "2(N-1)G"},
    {"busiest card one way, server", "server_card", "closed_server_card", "(N-1)G"},
    {"busiest card one way, ring", "ring_card", "closed_ring_card", "2(N-1)G/N"},
    {"time, parameter server", "server_seconds", "closed_server_seconds", "2(a + (N-1)G/B)"},
    {"time, ring", "ring_seconds", "closed_ring_seconds", "2(N-1)(a + G/N/B)"},
    {"server's time / ring's time", "times", "closed_times", "about N, for large G"},
    {0}};

static const char *const explanation[] = {
    "Both move the same {ring_bytes}: 2 (N-1) G = 2 x ({N} - 1) x {G:b} = {closed_bytes:b} bytes. "
    "With the server each of "
    "the other N-1 workers pushes G and pulls G; round the ring each of N workers sends 2(N-1) "
    "chunks of G/N.",
    "What differs is who carries them. Through the card of the server's host go {server_card} each "
    "way, every gradient in and every sum out; the other cards are idle most of the time. Round "
    "the ring all {N} "
    "cards carry {ring_card} "
    "each way at the same time, and that is less than 2G however many workers there are.",
    "The ring pays with steps: 2(N-1) of them, one latency each, and {ring_messages} messages "
    "where the server needs "
    "{server_messages}. With small gradients latency is all there is: see exercise 3.",
    NULL};

static json_t *figure(struct lesson_bench *bench)
{
    static const char *const both[] = {"server", "ring"};
    static const char *const labels[] = {"parameter server", "ring"};

    return figure_exchange(bench, both, labels);
}

/* ---- what the sliders move among ---- */

static const char *const workers[] = {"2", "4", "8", "16", NULL};
static const char *const gradients[] = {"8kB", "1MB", "100MB", NULL};
static const char *const bandwidths[] = {"1Gbps", "10Gbps", "100Gbps", NULL};
static const char *const latencies[] = {"1us", "25us", "1ms", NULL};

static const struct lesson_axis axes[] = {
    {"N, workers", "algorithm.workers", workers, 2},
    {"G, gradient", "algorithm.gradient_bytes", gradients, 2},
    {"bandwidth of a link", "platform.cluster[switch].bw", bandwidths, 1},
    {"latency of a link", "platform.cluster[switch].lat", latencies, 1}};

static const char *const of_all[] = {SUM_ALONE, "platform.cluster[switch].radical=0-15",
                                     "trace=full", NULL};

static const struct lesson_grid grid = {
    {"parameter_server", "ring_allreduce"}, of_all, axes, sizeof axes / sizeof axes[0]};

const struct lesson lesson_allreduce = {
    .name = "allreduce",
    .title = "2(N-1)G: parameter server against ring",
    .summary = "both move 2(N-1)G bytes, and one of them scales",
    .question = "{N} workers each hold a gradient of {G}, and all need the sum. A parameter server "
                "collects the gradients and "
                "sends the sum back; a ring all-reduce passes chunks from neighbour to neighbour. "
                "Both move 2(N-1)G bytes in all. "
                "Every host has one card: {B} each way, {a} to any other.",
    .prediction = {"How many times sooner has the ring done it than the server (1: no difference)?",
                   "times", "The ring takes {ring_seconds}, the server {server_seconds}."},
    .runs = runs,
    .exercises_from = "ring of 16",
    .numbers = numbers,
    .rows = rows,
    .explanation = explanation,
    .exercises = {{"Sixteen workers, G = {G}, ring: how many bytes cross the network in all?",
                   "bytes_of_16", "closed_bytes_of_16", 0.01,
                   "2 (16 - 1) G: twice as many workers, a little more than twice as many bytes."},
                  {"Eight parameter servers, one beside each of the {N} workers, each for one "
                   "eighth of the keys: how many "
                   "bytes does the busiest card carry one way?",
                   "shared_card", "closed_shared_card", 0.01,
                   "(N-1) G/N of pushes for its own shard, and (N-1) G/N of its own pushes to the "
                   "others: the ring's "
                   "2(N-1)G/N. It is not the server that does not scale, it is one card."},
                  {"G = {small_G}: how many times as long as the server does the ring take?",
                   "small_times", "closed_small_times", 0.02,
                   "Almost nothing but latency: 2(N-1) of them one after the other, against the "
                   "server's two."}},
    .figure_title = "Chunk by chunk",
    .figure = figure,
    .grid = &grid,
};
