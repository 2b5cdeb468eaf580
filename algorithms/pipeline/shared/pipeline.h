/* pipeline.h -- what all pipelined systems share: the parts of the model, the workers, and the actors that run any
 * schedule (stage.c).
 *
 * A system is a file with its order of operations (schedule_order), its parameter rows and its laws; see gpipe.c.
 *
 * The model is given in one of two ways: `workload` with a table of layers, cut in contiguous parts; or uniform
 * parts given directly (forward_seconds and the rest).  `batch` of the workload is one micro-batch.
 *
 * Roles: `stage`, one peer for each device.  Peers of a stage lie side by side: stage 0 replica 0 rank 0, rank 1, ...,
 * replica 1, ..., stage 1 ...; so `hosts: {stage: [...]}` places them in that order. */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "algorithms/collectives/shared/reduce.h"
#include "algorithms/pipeline/shared/pupil.h"
#include "algorithms/pipeline/shared/schedule.h"
#include "sim/peer.h"

/* The first field of every system's parameters. */
struct pipeline {
    int stages, microbatches;
    int chunks; /* of interleaved_one_f_one_b and a user's own; 0: one */
    double forward_seconds, backward_seconds, input_gradient_seconds, weight_gradient_seconds;
    double hop_seconds, compute_jitter;
    int64_t boundary_bytes, parameter_bytes, activation_bytes, kept_bytes;
    double optimizer_ratio;
    int recompute;
    struct sim_numbers stage_layers, replicas;
    int allreduce, members_per_node, overlap;
    int tensor_width, tensor_layers;
    int learning, data; /* of the small model */
    int hidden_layers, hidden_width, mini_batch, evaluate_every;
    double learning_rate, momentum;
    int weights;              /* enum pipeline_weights */
    double predicted_seconds; /* pipedream: by a planner, of a minibatch */
};

extern const char *const pipeline_yes_or_no[];
enum { PIPELINE_NO, PIPELINE_YES };

#define PIPELINE_STAGES                                                                            \
    {                                                                                              \
        SIM_COUNT(struct pipeline, stages), SIM_DEFAULT("4", SIM_TEACHING),                        \
            .least = 1, .most = 4096,                                                              \
            .help = "K (or P), the stages that the model is cut in, each on a host of its own"     \
    }
#define PIPELINE_MICROBATCHES                                                                      \
    {                                                                                              \
        SIM_COUNT(struct pipeline, microbatches), SIM_DEFAULT("8", SIM_TEACHING),                  \
            .least = 1, .most = 1 << 20,                                                           \
            .help = "M, the micro-batches of an iteration, for each replica of the pipeline"       \
    }

/* Rows of the parameter table that all have, but for stages, microbatches and chunks. */
#define PIPELINE_PARAMETERS                                                                        \
    {SIM_SECONDS(struct pipeline, forward_seconds), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,   \
     .most = 1e9,                                                                                  \
     .help =                                                                                       \
         "F: a micro-batch forward through a stage, on the fastest host; not with a workload"},    \
        {SIM_SECONDS(struct pipeline, backward_seconds), SIM_DEFAULT("0", SIM_ELSEWHERE),          \
         .least = 0, .most = 1e9, .help = "B: the same backward; or give its two parts, below"},   \
        {SIM_SECONDS(struct pipeline, input_gradient_seconds), SIM_DEFAULT("0", SIM_ELSEWHERE),    \
         .least = 0, .most = 1e9,                                                                  \
         .help = "B of a split backward pass: the gradient of a stage's input"},                   \
        {SIM_SECONDS(struct pipeline, weight_gradient_seconds), SIM_DEFAULT("0", SIM_ELSEWHERE),   \
         .least = 0, .most = 1e9,                                                                  \
         .help = "W of a split backward pass: the gradient of a stage's weights"},                 \
        {SIM_SECONDS(struct pipeline, hop_seconds), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,     \
         .most = 1e6,                                                                              \
         .help = "least time from stage to stage, as if measured; the platform may need longer"},  \
        {SIM_RATIO(struct pipeline, compute_jitter), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,    \
         .most = 10, .help = "sigma of the lognormal factor (mean 1) on every operation"},         \
        {SIM_BYTES(struct pipeline, boundary_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,  \
         .most = 1e15,                                                                             \
         .help = "activations of a micro-batch between two stages; not with a workload"},          \
        {SIM_BYTES(struct pipeline, parameter_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0, \
         .most = 1e15, .help = "parameters of a stage; not with a workload"},                      \
        {SIM_BYTES(struct pipeline, activation_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE),            \
         .least = 0, .most = 1e15,                                                                 \
         .help = "what a stage stores of a micro-batch until its backward pass; not with a "       \
                 "workload"},                                                                      \
        {SIM_BYTES(struct pipeline, kept_bytes), SIM_DEFAULT("0", SIM_ELSEWHERE), .least = 0,      \
         .most = 1e15,                                                                             \
         .help = "what of it is still stored between B and W of a split backward pass"},           \
        {SIM_RATIO(struct pipeline, optimizer_ratio), SIM_DEFAULT("0", SIM_NEUTRAL), .least = 0,   \
         .most = 100,                                                                              \
         .help = "bytes of the optimizer's states for each byte of parameters; 2 is Adam"},        \
        {SIM_CHOICE(struct pipeline, recompute), SIM_DEFAULT("no", SIM_NEUTRAL),                   \
         .choices = pipeline_yes_or_no,                                                            \
         .help = "re-materialization: store only a stage's input, and compute F again before B"},  \
        {SIM_NUMBERS(struct pipeline, stage_layers), SIM_DEFAULT("", SIM_ELSEWHERE), .least = 1,   \
         .most = 1e6,                                                                              \
         .help = "layers of the workload in each part; left out: the slowest part is made short"}, \
        {SIM_NUMBERS(struct pipeline, replicas), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,        \
         .most = 4096,                                                                             \
         .help = "data parallelism: replicas of every stage, or a list with one for each"},        \
        {SIM_CHOICE(struct pipeline, allreduce), SIM_DEFAULT("ring", SIM_OURS),                    \
         .choices = reduce_choices,                                                                \
         .help = "how replicas, and the ranks of a tensor-parallel stage, sum"},                   \
        {SIM_COUNT(struct pipeline, members_per_node),                                             \
         SIM_DEFAULT("8", SIM_OURS ": the GPUs of a node of platforms/gpu_cluster.xml"),           \
         .least = 1, .most = 1 << 20,                                                              \
         .help = "peers of a node, for the all-reduces rails and leaders; of a group, for bcube"}, \
        {SIM_CHOICE(struct pipeline, overlap), SIM_DEFAULT("yes", "Narayanan et al. 2019"),        \
         .choices = pipeline_yes_or_no,                                                            \
         .help = "sum gradients of replicas beside the operations that are left"},                 \
        {SIM_COUNT(struct pipeline, tensor_width), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 1,      \
         .most = 4096, .help = "tensor parallelism: devices that share each layer of a stage"},    \
        {SIM_COUNT(struct pipeline, tensor_layers), SIM_DEFAULT("1", SIM_NEUTRAL), .least = 0,     \
         .most = 1 << 20,                                                                          \
         .help = "transformer layers of a stage: two all-reduces each, each way; not with a "      \
                 "workload"},                                                                      \
        {SIM_CHOICE(struct pipeline, learning), SIM_DEFAULT("off", SIM_NEUTRAL),                   \
         .choices = pupil_learning_choices,                                                        \
         .help = "a small perceptron that really learns, its layers on the same stages"},          \
        {SIM_CHOICE(struct pipeline, data), SIM_DEFAULT("synthetic", SIM_OURS ": needs no file"),  \
         .choices = data_set_choices, .help = "what it learns from"},                              \
        {SIM_COUNT(struct pipeline, hidden_layers), SIM_DEFAULT("3", SIM_OURS), .least = 0,        \
         .most = 256, .help = "its hidden layers; at least one less than there are parts"},        \
        {SIM_COUNT(struct pipeline, hidden_width), SIM_DEFAULT("32", SIM_OURS), .least = 1,        \
         .most = 1 << 16, .help = "neurons of each"},                                              \
        {SIM_COUNT(struct pipeline, mini_batch), SIM_DEFAULT("8", SIM_OURS), .least = 1,           \
         .most = 1 << 20, .help = "its samples in a micro-batch"},                                 \
        {SIM_COUNT(struct pipeline, evaluate_every), SIM_DEFAULT("10", SIM_OURS), .least = 1,      \
         .most = 1 << 30, .help = "micro-batches from one test of it to the next"},                \
        {SIM_RATIO(struct pipeline, learning_rate), SIM_DEFAULT("0.1", SIM_OURS), .least = 0,      \
         .most = 1e3, .help = "its step size"},                                                    \
    {                                                                                              \
        SIM_RATIO(struct pipeline, momentum), SIM_DEFAULT("0", SIM_NEUTRAL),                       \
            .least = 0, .most = 0.999999, .help = "of its descent"                                 \
    }

/* ---- what prepare works out ---- */

/* One part of the model, on whatever device: what is the same for all of its replicas. */
struct part {
    int first_layer, last_layer; /* of the workload's model; last < first: an empty part */
    int64_t boundary_bytes;      /* that leave it, of a micro-batch */
    int64_t parameter_bytes;
    double activation_bytes, input_bytes, kept_bytes; /* stored of a micro-batch */
    int tensor_layers;
};

/* An operation, and where its input comes from. */
struct work {
    struct operation operation;
    int inbox, place; /* the place-th message of that inbox in every iteration; inbox -1: none */
    int to;           /* worker that its result goes to; -1: none */
};

struct inbox {
    int from, count; /* worker; messages in an iteration */
};

struct worker {
    int stage, replica;
    int inbox_count, sent_count; /* sent in an iteration */
    struct inbox *inboxes;
    int work_count;
    struct work *works;
};

struct pipeline_report; /* report.c */

struct layout {
    const struct schedule *schedule;
    int parts, ranks; /* ranks: tensor_width */
    struct part *part;
    struct worker *workers;
    struct sim_group *replicas_of; /* [stages x ranks]: who sums gradients */
    struct sim_group *ranks_of;    /* [workers]: who shares layers */
    bool is_asynchronous;          /* weights change after every backward pass: pipedream */
    const int *versions;           /* [stages] of weights in memory; NULL: one each */
    struct pipeline_report *report;
    struct pipeline_learning *learning; /* NULL: off */
};

/* What a system tells of itself. */
struct pipeline_kind {
    schedule_order *order;
    int chunks;           /* of a stage; 0: one */
    bool is_split;        /* backward as B and W */
    bool is_asynchronous; /* no flush */
    bool may_differ;      /* in the number of replicas from stage to stage */
    const char *file;     /* the user's own schedule instead of `order`; NULL: none */
};

/* Cast the stages, write the schedule and check it.  False with a sentence. */
bool pipeline_prepare(struct sim_plan *plan, const struct pipeline_kind *kind,
                      struct sim_error *err);

/* Cut the model for the devices that the stages have; does what each holds at its peak fit?  `placed` of all. */
bool pipeline_placed(struct sim_plan *plan, struct sim_error *err);

static inline const struct layout *pipeline_layout(const struct sim_plan *plan)
{
    return plan->prepared;
}

static inline const struct pipeline *pipeline_own(const struct sim_plan *plan)
{
    return plan->parameters;
}

/* Number of the peer that is rank `rank` of that worker. */
int pipeline_peer(const struct layout *layout, int worker, int rank);

extern const struct sim_role pipeline_roles[];
extern const struct sim_table pipeline_tables[];

/* Seconds of an operation on its worker's device, without jitter and all-reduces. */
double pipeline_operation_seconds(const struct sim_plan *plan, int worker,
                                  const struct operation *operation);

/* ---- memory, in bytes, of one rank of a worker ---- */

double pipeline_static_bytes(const struct sim_plan *plan,
                             int worker); /* weights and what rests on them */
/* How much more (or less) it holds once it has begun, and once it has ended, that operation. */
double pipeline_taken_bytes(const struct sim_plan *plan, int worker,
                            const struct operation *operation);
double pipeline_freed_bytes(const struct sim_plan *plan, int worker,
                            const struct operation *operation);
double pipeline_peak_bytes(const struct sim_plan *plan, int worker);

/* ---- report.c ---- */

struct pipeline_report *pipeline_report_open(const struct sim_plan *plan);

/* An iteration begins, and those that are skipped went as the one before. */
void pipeline_tell_turn(struct sim_peer *me, const struct sim_turn *turn);

/* An operation is over: it began then, after the worker had waited so long. */
void pipeline_tell_operation(struct sim_peer *me, const struct operation *operation,
                             double began_at, double waited_seconds);

/* Minibatches at the end of a run without a flush over which its steady state is measured: of its second half as many
 * as make whole rounds of what each stage has in flight; all of it, where rounds are longer. */
int pipeline_window(const struct schedule *schedule);

/* Seconds that the peer spent in all-reduces of gradients beyond its operations. */
void pipeline_tell_reduced(struct sim_peer *me, double seconds);

/* An update of weights, by the micro-batch (from the start of the run) whose gradient it is the last to take: which
 * version its forward pass met, and which the update takes away. */
void pipeline_tell_update(struct sim_peer *me, int64_t microbatch, int met, int newest);

/* The last part has gone backward with one more micro-batch. */
void pipeline_tell_through(struct sim_peer *me);

/* The peer has come to its end; the last one notes what concerns all. */
void pipeline_tell_end(struct sim_peer *me);

/* ---- laws ---- */

/* M of each pipeline, K, and one hop between neighbouring stages (a + S/B, or hop_seconds if that is more). */
double pipeline_hop_seconds(const struct sim_plan *plan);

/* F and all of the backward pass of a stage, given directly, with recomputation. */
double pipeline_work_seconds(const struct sim_plan *plan);

double pipeline_law_seconds(const struct sim_plan *plan);
bool pipeline_law_seconds_hold(const struct sim_plan *plan);
double pipeline_law_bytes(const struct sim_plan *plan);
bool pipeline_law_bytes_hold(const struct sim_plan *plan);
double pipeline_law_peak(const struct sim_plan *plan);
double pipeline_iteration_seconds(const struct sim_totals *totals);
double pipeline_peak_microbatches(const struct sim_totals *totals);
double pipeline_bubble(const struct sim_totals *totals); /* bubble_of_total */

/* Uniform parts given directly, equal hosts, nothing that disturbs: what the closed forms of one iteration assume. */
bool pipeline_is_uniform(const struct sim_plan *plan);

#define PIPELINE_LAWS                                                                              \
    {"seconds",                                                                                    \
     SIM_UNIT_SECONDS,                                                                             \
     "longest way through the operations and hops of the schedule",                                \
     pipeline_law_seconds,                                                                         \
     sim_total_seconds,                                                                            \
     .tolerance = 1e-9,                                                                            \
     .holds = pipeline_law_seconds_hold,                                                           \
     .assumes = "network: textbook, transfers alone on their links, one host a stage, no "         \
                "replicas, tensor_width: 1, no jitter, no faults"},                                \
    {                                                                                              \
        "bytes on the network", SIM_UNIT_BYTES,                                                    \
            "T sum over cuts of 2 M R S + 2 (R-1) sum of parameter bytes", pipeline_law_bytes,     \
            sim_total_bytes,                                                                       \
            .tolerance = 0, .holds = pipeline_law_bytes_hold,                                      \
            .assumes = "one host a peer, none dies, tensor_width: 1, an all-reduce of the least "  \
                       "bytes"                                                                     \
    }

#endif
