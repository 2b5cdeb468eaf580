/* options.h -- the parameters that all federated systems share. */
#ifndef FEDERATED_OPTIONS_H
#define FEDERATED_OPTIONS_H

#include "algorithms/learning/data_set.h"
#include "sim/algorithm.h"
#include "sim/base/spread.h"

enum fed_learning { FED_NO_LEARNING, FED_SOFTMAX, FED_PERCEPTRON };
enum fed_partition { FED_OWN_DATA, FED_IID, FED_LABEL_SHARDS, FED_DIRICHLET, FED_DOMINANT_LABEL };
enum fed_sizes { FED_EQUAL, FED_UNIFORM, FED_LOGNORMAL, FED_ZIPF };
enum fed_straggling { FED_PARTIAL, FED_ALL_EPOCHS };
enum fed_compression { FED_NOT_COMPRESSED, FED_TOP_K, FED_TERNARY };
enum fed_aggregation { FED_WEIGHTED, FED_PLAIN };
enum fed_no_yes { FED_NO, FED_YES };

extern const char *const fed_learning_choices[], *const fed_partition_choices[],
                                                     *const fed_size_choices[],
                                                         *const fed_compression_choices[],
                                                             *const fed_straggling_choices[],
                                                                 *const fed_aggregation_choices[],
                                                                     *const fed_no_yes_choices[];

/* The first field of every system's parameters. */
struct federated {
    int clients, clients_per_round;
    double over_selection, minimum_fraction;
    double round_deadline, retry_seconds;
    int local_epochs, batch_size;
    int64_t model_bytes;
    double trainable_share, sparsity;
    int secure_aggregation;
    int compression;
    double compute_seconds_per_sample, compute_jitter, speed_sigma;
    int speed_distribution;
    int samples_per_client, sizes;
    double size_spread;
    double stragglers, straggler_slowdown, drop_out;
    double flop_per_byte;
    int straggler_work;
    int aggregation;
    int learning, data, partition;
    int shards_per_client;
    double concentration, dominant_share, alpha, beta;
    int hidden_width, evaluate_every;
    double learning_rate, momentum, target_accuracy;
    int dissimilarity;
};

/* Rows of the parameter table, with that default for `aggregation`. */
#define FED_PARAMETERS FED_PARAMETERS_WITH("samples")
#define FED_PARAMETERS_WITH(aggregation_)                                                          \
    {SIM_COUNT(struct federated, clients),                                                         \
     SIM_DEFAULT("100", "McMahan et al. 2017, MNIST: K = 100, C = 0.1, 600 samples, two shards"),  \
     .least = 1, .most = 1 << 20, .help = "K, the number of clients, each on a host of its own"},  \
        {SIM_COUNT(struct federated, clients_per_round),                                           \
         SIM_DEFAULT("10",                                                                         \
                     "McMahan et al. 2017, MNIST: K = 100, C = 0.1, 600 samples, two shards"),     \
         .least = 1, .most = 1 << 20,                                                              \
         .help = "m = max(C K, 1), the updates that a round waits for"},                           \
        {SIM_RATIO(struct federated, over_selection), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,   \
         .most = 1e3,                                                                              \
         .help = "clients chosen for each update that is waited for (1.3 in production)"},         \
        {SIM_RATIO(struct federated, minimum_fraction), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0, \
         .most = 1, .help = "share of m below which a round is abandoned, and the model kept"},    \
        {SIM_SECONDS(struct federated, round_deadline), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0, \
         .most = 1e9, .help = "after which a round is closed with what has arrived; 0: none"},     \
        {SIM_SECONDS(struct federated, retry_seconds), SIM_DEFAULT("1", SIM_OURS), .least = 1e-3,  \
         .most = 1e9, .help = "after which the server looks again when no client is available"},   \
        {SIM_COUNT(struct federated, local_epochs),                                                \
         SIM_DEFAULT("1", "McMahan et al. 2017: E = 1, B = 10 of their grid"), .least = 1,         \
         .most = 1 << 16, .help = "E, passes of a client over its samples in a round"},            \
        {SIM_COUNT(struct federated, batch_size),                                                  \
         SIM_DEFAULT("10", "McMahan et al. 2017: E = 1, B = 10 of their grid"), .least = 0,        \
         .most = 1 << 30, .help = "B, samples of a step of descent; 0: all that the client has"},  \
        {SIM_BYTES(struct federated, model_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,    \
         .most = 1e15,                                                                             \
         .help = "G, the model each way; 0: that of the workload, or 4 bytes a number of the "     \
                 "learner"},                                                                       \
        {SIM_RATIO(struct federated, trainable_share), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 0,  \
         .most = 1,                                                                                \
         .help = "of the model's bytes that are sent: parameter-efficient fine-tuning"},           \
        {SIM_CHOICE(struct federated, secure_aggregation), SIM_DEFAULT("no", SIM_NEUTRAL),         \
         .choices = fed_no_yes_choices,                                                            \
         .help = "updates are masked, so that the server learns their sum alone; not with "        \
                 "compression"},                                                                   \
        {SIM_CHOICE(struct federated, compression), SIM_DEFAULT("none", SIM_NEUTRAL),              \
         .choices = fed_compression_choices,                                                       \
         .help = "of updates on their way up: none, the largest changes, ternary codes"},          \
        {SIM_RATIO(struct federated, sparsity), SIM_DEFAULT("0.9", SIM_OURS), .least = 0,          \
         .most = 1, .help = "share of changes that top_k leaves out"},                             \
        {SIM_SECONDS(struct federated, compute_seconds_per_sample), SIM_DEFAULT("0", SIM_NEUTRAL), \
         .least = 0, .most = 1e9,                                                                  \
         .help = "of an epoch, on the fastest client's host; leave it out with a workload"},       \
        {SIM_RATIO(struct federated, compute_jitter), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,   \
         .most = 10,                                                                               \
         .help = "sigma of the lognormal factor (mean 1) on a client's training in a round"},      \
        {SIM_RATIO(struct federated, speed_sigma), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,      \
         .most = 10,                                                                               \
         .help = "spread of clients' speeds, each a factor of median 1 on that of its host; 0: "   \
                 "none; lognormal: sigma; uniform: half width / median (less than 1); zipf: "      \
                 "exponent"},                                                                      \
        {SIM_CHOICE(struct federated, speed_distribution), SIM_DEFAULT("lognormal", SIM_OURS),     \
         .choices = sim_spread_names,                                                              \
         .help = "of those factors: lognormal, uniform or zipf; needs speed_sigma"},               \
        {SIM_COUNT(struct federated, samples_per_client),                                          \
         SIM_DEFAULT("600",                                                                        \
                     "McMahan et al. 2017, MNIST: K = 100, C = 0.1, 600 samples, two shards"),     \
         .least = 1, .most = 1 << 28,                                                              \
         .help = "n / K, the mean; with learning on the partition says"},                          \
        {SIM_CHOICE(struct federated, sizes), SIM_DEFAULT("equal", SIM_NEUTRAL),                   \
         .choices = fed_size_choices,                                                              \
         .help =                                                                                   \
             "how samples are spread over clients; with learning on only equal or zipf, of iid "   \
             "and dominant_label"},                                                                \
        {SIM_RATIO(struct federated, size_spread), SIM_DEFAULT("1", SIM_OURS), .least = 0,         \
         .most = 10,                                                                               \
         .help = "uniform: half width / mean (at most 1); lognormal: sigma; zipf: exponent"},      \
        {SIM_RATIO(struct federated, stragglers), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,       \
         .most = 1, .help = "share of the chosen who are stragglers, anew in each round"},         \
        {SIM_CHOICE(struct federated, straggler_work),                                             \
         SIM_DEFAULT("partial", "Li et al. 2020 (FedProx), their code: 1 to E - 1 epochs"),        \
         .choices = fed_straggling_choices,                                                        \
         .help = "what stragglers do: 1 .. E-1 epochs, drawn anew each round, or all of them"},    \
        {SIM_RATIO(struct federated, straggler_slowdown), SIM_DEFAULT("1", SIM_NEUTRAL),           \
         .least = 1, .most = 1e6, .help = "how much longer an epoch of a straggler takes"},        \
        {SIM_RATIO(struct federated, drop_out), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,         \
         .most = 1, .help = "probability that a client vanishes in a round, while it trains"},     \
        {SIM_FLOP_PER_BYTE(struct federated, flop_per_byte),                                       \
         SIM_DEFAULT("0.25", "one addition for each number of 4 bytes"), .least = 0, .most = 1e6,  \
         .help = "cost of adding an update at the server (one flop per 4-byte number)"},           \
        {SIM_CHOICE(struct federated, aggregation),                                                \
         SIM_DEFAULT(aggregation_, "McMahan et al. 2017: n_k; cmfl: public programs, heterofl: "   \
                                   "Diao et al. 2021: all alike"),                                 \
         .choices = fed_aggregation_choices, .help = "weights of the mean: n_k, or all alike"},    \
        {SIM_CHOICE(struct federated, learning), SIM_DEFAULT("off", SIM_NEUTRAL),                  \
         .choices = fed_learning_choices,                                                          \
         .help = "the model that really learns: none, softmax regression, a perceptron"},          \
        {SIM_CHOICE(struct federated, data), SIM_DEFAULT("synthetic", SIM_OURS ": needs no file"), \
         .choices = data_set_choices, .help = "what it learns from"},                              \
        {SIM_CHOICE(struct federated, partition), SIM_DEFAULT("own", SIM_OURS ": needs no file"),  \
         .choices = fed_partition_choices,                                                         \
         .help = "who has which samples; own: as Synthetic gives them to its devices"},            \
        {SIM_COUNT(struct federated, shards_per_client),                                           \
         SIM_DEFAULT("2",                                                                          \
                     "McMahan et al. 2017, MNIST: K = 100, C = 0.1, 600 samples, two shards"),     \
         .least = 1, .most = 1 << 16, .help = "of label_shards"},                                  \
        {SIM_RATIO(struct federated, concentration), SIM_DEFAULT("0.5", SIM_OURS), .least = 1e-6,  \
         .most = 1e6, .help = "of dirichlet: small is unlike, large is alike"},                    \
        {SIM_RATIO(struct federated, dominant_share),                                              \
         SIM_DEFAULT("0.8", "Zhang et al. 2022 (FedMARL), retold: 80 %"), .least = 0, .most = 1,   \
         .help = "of dominant_label: share of a client's samples that are of one label"},          \
        {SIM_RATIO(struct federated, alpha),                                                       \
         SIM_DEFAULT("1", "Li et al. 2020 (FedProx): Synthetic(1, 1)"), .least = 0, .most = 100,   \
         .help = "of Synthetic(alpha, beta): a standard deviation, as in FedProx's code"},         \
        {SIM_RATIO(struct federated, beta),                                                        \
         SIM_DEFAULT("1", "Li et al. 2020 (FedProx): Synthetic(1, 1)"), .least = 0, .most = 100,   \
         .help = "of Synthetic(alpha, beta): a standard deviation, as in FedProx's code"},         \
        {SIM_COUNT(struct federated, hidden_width), SIM_DEFAULT("32", SIM_OURS), .least = 1,       \
         .most = 1 << 16, .help = "neurons of the perceptron's hidden layer"},                     \
        {SIM_COUNT(struct federated, evaluate_every), SIM_DEFAULT("1", SIM_OURS), .least = 1,      \
         .most = 1 << 30, .help = "rounds from one test of the model to the next"},                \
        {SIM_RATIO(struct federated, learning_rate),                                               \
         SIM_DEFAULT("0.01", "Li et al. 2020 (FedProx), Synthetic: 0.01"), .least = 0,             \
         .most = 1e3, .help = "eta"},                                                              \
        {SIM_RATIO(struct federated, momentum), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,         \
         .most = 0.999999, .help = "of a client's descent, forgotten after each round"},           \
        {SIM_CHOICE(struct federated, dissimilarity), SIM_DEFAULT("no", SIM_NEUTRAL),              \
         .choices = fed_no_yes_choices,                                                            \
         .help = "measure at the end how far clients' gradients are from that of all samples"},    \
    {                                                                                              \
        SIM_RATIO(struct federated, target_accuracy), SIM_DEFAULT("0", SIM_NEUTRAL),               \
            .least = 0, .most = 1,                                                                 \
            .help = "test accuracy at which the run ends; 0: after all rounds"                     \
    }

#endif
