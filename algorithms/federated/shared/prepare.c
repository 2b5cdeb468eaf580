/* prepare.c -- before the first round: data, learner, devices, and what does not belong together. */
#include "algorithms/federated/shared/federated.h"
#include "algorithms/learning/partition.h"
#include "sim/workload/model.h"

enum { BYTES_PER_NUMBER = 4 }; /* float32 on the wire, as all these papers send */

const char *const fed_learning_choices[] = {"off", "softmax", "perceptron", NULL};
const char *const fed_partition_choices[] = {
    "own", "iid", "label_shards", "dirichlet", "dominant_label", NULL};
const char *const fed_size_choices[] = {"equal", "uniform", "lognormal", "zipf", NULL};
const char *const fed_compression_choices[] = {"none", "top_k", "ternary", NULL};
const char *const fed_straggling_choices[] = {"partial", "all", NULL};
const char *const fed_aggregation_choices[] = {"samples", "plain", NULL};
const char *const fed_no_yes_choices[] = {"no", "yes", NULL};

static bool belongs_together(const struct sim_plan *plan, struct sim_error *err)
{
    const struct federated *options = plan->parameters;
    bool fine = true;

    if (fed_goal(options) > options->clients)
        fine = sim_fail(err,
                        "algorithm.clients_per_round: a round of %d clients cannot be chosen from "
                        "%d.",
                        fed_goal(options), options->clients);
    if (options->stragglers > 0 && options->straggler_work == FED_PARTIAL &&
        options->local_epochs < 2)
        fine = sim_fail(err, "algorithm.stragglers: a straggler does 1 .. E-1 epochs; with "
                             "local_epochs: 1 there are none to leave out.");
    if (plan->model != NULL &&
        (options->model_bytes > 0 || options->compute_seconds_per_sample > 0))
        fine = sim_fail(err,
                        "algorithm.%s: the workload says how large the model is and how long it "
                        "is computed; leave this out, or the workload.",
                        options->model_bytes > 0 ? "model_bytes" : "compute_seconds_per_sample");
    if (plan->model == NULL && options->model_bytes == 0 && options->learning == FED_NO_LEARNING)
        fine = sim_fail(err, "algorithm.model_bytes: with learning off and no workload nothing "
                             "says how large the model is.");
    if (options->sizes == FED_UNIFORM && options->size_spread > 1)
        fine = sim_fail(err, "algorithm.size_spread: half the width of uniform sizes is at most "
                             "their mean, so at most 1.");
    if (!sim_spread_is_possible((enum sim_spread)options->speed_distribution, options->speed_sigma))
        fine = sim_fail(err, "algorithm.speed_sigma: half the width of uniform speeds is less than "
                             "their median, so less than 1.");
    if (options->speed_distribution != SIM_SPREAD_LOGNORMAL && options->speed_sigma == 0)
        fine = sim_fail(err, "algorithm.speed_distribution: with speed_sigma: 0 all clients are "
                             "alike; say how far their speeds lie apart, or leave this out.");
    if (options->learning != FED_NO_LEARNING && options->sizes != FED_EQUAL &&
        (options->sizes != FED_ZIPF ||
         (options->partition != FED_IID && options->partition != FED_DOMINANT_LABEL)))
        fine =
            sim_fail(err, "algorithm.sizes: with learning on the partition says how many samples "
                          "a client has; zipf goes with partition: iid or dominant_label.");
    if (options->target_accuracy > 0 && options->learning == FED_NO_LEARNING)
        fine = sim_fail(err, "algorithm.target_accuracy: with learning off there is no accuracy.");
    if (options->secure_aggregation == FED_YES && options->compression != FED_NOT_COMPRESSED)
        fine = sim_fail(err, "algorithm.secure_aggregation: masks cancel where all send the same "
                             "numbers, and each client keeps others of its largest, or scales its "
                             "codes by itself; use compression: none.");
    if (options->dissimilarity == FED_YES && options->learning == FED_NO_LEARNING)
        fine = sim_fail(err, "algorithm.dissimilarity: with learning off there are no gradients.");
    return fine;
}

/* ---- samples ---- */

/* NULL in *sizes: equal parts. */
static bool open_sizes(struct sim_plan *plan, const struct fed *fed, const int **sizes,
                       struct sim_error *err)
{
    const struct federated *options = plan->parameters;

    *sizes = NULL;
    if (options->sizes == FED_EQUAL)
        return true;
    *sizes = partition_power_law(plan->arena, fed->data->train.count, options->clients,
                                 options->size_spread, plan->seed, err);
    return *sizes != NULL;
}

static bool deal_at_random(struct sim_plan *plan, struct fed *fed, struct sim_error *err)
{
    const struct sample_list train = fed->data->train;
    const int k = fed->options->clients, *sizes;

    if (!open_sizes(plan, fed, &sizes, err))
        return false;
    if (sizes == NULL)
        return partition_iid(plan->arena, train, k, plan->seed, &fed->parts, err);
    partition_sized(plan->arena, train, k, sizes, plan->seed, &fed->parts);
    return true;
}

static bool deal_by_label(struct sim_plan *plan, struct fed *fed, struct sim_error *err)
{
    const int *sizes;

    return open_sizes(plan, fed, &sizes, err) &&
           partition_dominant_label(plan->arena, fed->data->set, fed->data->train,
                                    fed->options->clients, sizes, fed->options->dominant_share,
                                    plan->seed, &fed->parts, err);
}

static bool open_parts(struct sim_plan *plan, struct fed *fed, struct sim_error *err)
{
    const struct federated *options = plan->parameters;
    const struct data_set *set = fed->data->set;
    const struct sample_list train = fed->data->train;
    const int k = options->clients;

    switch ((enum fed_partition)options->partition) {
    case FED_IID: return deal_at_random(plan, fed, err);
    case FED_LABEL_SHARDS:
        return partition_label_shards(plan->arena, set, train, k, options->shards_per_client,
                                      plan->seed, &fed->parts, err);
    case FED_DIRICHLET:
        return partition_dirichlet(plan->arena, set, train, k, options->concentration, plan->seed,
                                   &fed->parts, err);
    case FED_DOMINANT_LABEL: return deal_by_label(plan, fed, err);
    default:
        if (!data_set_has_devices((enum data_choice)options->data))
            return sim_fail(err,
                            "algorithm.partition: only Synthetic is made device by device; "
                            "say how %s is dealt to clients: iid, label_shards, dirichlet or "
                            "dominant_label.",
                            data_set_choices[options->data]);
        fed->parts = fed->data->train_of;
        return true;
    }
}

static const struct learning_data *open_data(struct sim_plan *plan, struct sim_error *err)
{
    const struct federated *options = plan->parameters;
    const struct synthetic how = {.alpha = options->alpha,
                                  .beta = options->beta,
                                  .devices = options->clients,
                                  .features = 60,
                                  .classes = 10};

    return data_set_open_as(plan->arena, (enum data_choice)options->data, &how, plan->seed, err);
}

static bool open_learner(struct sim_plan *plan, struct fed *fed, struct sim_error *err)
{
    const struct federated *options = plan->parameters;
    double *first;

    fed->data = open_data(plan, err);
    if (fed->data == NULL || !open_parts(plan, fed, err))
        return false;
    fed->learner = learner_open(plan->arena, fed->data->set, &options->hidden_width,
                                options->learning == FED_PERCEPTRON ? 1 : 0);
    fed->number_count = fed->learner->parameter_count;
    first = sim_new(plan->arena, double, fed->number_count);
    learner_initialise(fed->learner, first, plan->seed);
    fed->first = first;
    fed->sgd = (struct sgd){.rate = options->learning_rate, .momentum = options->momentum};
    if (fed->model_bytes == 0)
        fed->model_bytes = (int64_t)fed->number_count * BYTES_PER_NUMBER;
    else
        sim_remark(plan,
                   "Seconds and bytes are those of %s; loss and accuracy those of a small model "
                   "(%s on %s, %zu numbers).",
                   plan->model != NULL ? plan->model->name : "model_bytes",
                   fed_learning_choices[options->learning], data_set_choices[options->data],
                   fed->number_count);
    return true;
}

/* ---- devices ---- */

/* Sizes relative to their mean. */
static double relative_size(const struct federated *options, int client, struct sim_random *random)
{
    switch ((enum fed_sizes)options->sizes) {
    case FED_UNIFORM: return 1 + options->size_spread * (2 * sim_random_uniform(random) - 1);
    case FED_LOGNORMAL: return sim_random_lognormal(random, options->size_spread);
    case FED_ZIPF: return pow(client + 1, -options->size_spread);
    default: return 1;
    }
}

/* Of Zipf the sum over all clients is K times the mean; the others have the mean 1. */
static double size_scale(const struct federated *options)
{
    double sum = 0;

    if (options->sizes != FED_ZIPF)
        return 1;
    for (int k = 0; k < options->clients; k++)
        sum += relative_size(options, k, NULL);
    return options->clients / sum;
}

static void open_devices(struct sim_plan *plan, struct fed *fed)
{
    const struct federated *options = plan->parameters;
    struct sim_random *sizes = fed_random(plan, FED_SIZES, 0, 0);
    struct sim_random *speeds = fed_random(plan, FED_SPEEDS, 0, 0);
    const double scale = size_scale(options);

    fed->devices = sim_new(plan->arena, struct fed_device, (size_t)options->clients);
    for (int k = 0; k < options->clients; k++) {
        struct fed_device *device = &fed->devices[k];
        const double size = options->samples_per_client * scale * relative_size(options, k, sizes);

        device->slowness = 1 / sim_spread_draw(speeds, (enum sim_spread)options->speed_distribution,
                                               options->speed_sigma);
        device->samples.count = size < 1 ? 1 : size > 1e9 ? 1000000000 : (int)lround(size);
        if (fed->learner != NULL)
            device->samples = fed->parts.parts[k];
    }
    sim_random_close(sizes);
    sim_random_close(speeds);
}

static void cast_trusted(struct sim_plan *plan)
{
    const struct federated *options = plan->parameters;

    sim_cast_beside(plan, "trusted", 1, "server");
    if (fed_goal(options) == 1)
        sim_remark(plan, "Secure aggregation of one update at a time: a sum of one hides nothing "
                         "from the server.");
}

bool fed_prepare(struct sim_plan *plan, const struct fed_method *method, struct sim_error *err)
{
    const struct federated *options = plan->parameters;
    struct fed *fed = sim_new(plan->arena, struct fed, 1);

    if (!belongs_together(plan, err))
        return false;
    fed->method = method;
    fed->rounds = method->rounds != NULL ? method->rounds(plan) : plan->iterations;
    fed->options = options;
    fed->model_bytes =
        plan->model != NULL ? sim_model_total(plan->model).parameter_bytes : options->model_bytes;
    fed->tally = sim_new(plan->arena, struct fed_tally, 1);
    fed->is_over = sim_new(plan->arena, bool, 1);
    if (options->learning != FED_NO_LEARNING && !open_learner(plan, fed, err))
        return false;
    fed->model_bytes = (int64_t)ceil((double)fed->model_bytes * options->trainable_share);
    open_devices(plan, fed);
    plan->prepared = fed;
    sim_cast(plan, "server", 1);
    sim_cast(plan, "client", options->clients);
    if (fed_has_trusted(fed))
        cast_trusted(plan);
    return method->prepare == NULL || method->prepare(plan, fed, err);
}
