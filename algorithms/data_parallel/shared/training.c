#include "algorithms/data_parallel/shared/training.h"

#include "algorithms/learning/batches.h"
#include "algorithms/learning/streams.h"

#include <math.h>
#include <string.h>

enum { BYTES_PER_NUMBER = 4 }; /* float32 on the wire, as all these papers send */

const char *const training_learning_choices[] = {
    [LEARNING_OFF] = "off", [LEARNING_SOFTMAX] = "softmax", [LEARNING_MLP] = "mlp", NULL};

static const char *const learning_columns[] = {"iterations", "bytes", "test_loss_nats",
                                               "test_accuracy", NULL};
const struct sim_table training_tables[] = {
    {TRAINING_TABLE, "the small model, tested: what it knows after so many seconds and bytes",
     learning_columns},
    {0}};

struct agreement {
    const double *first; /* the parameters of the first to settle */
    int settled;
    double apart;
};

/* ---- preparing ---- */

static bool open_learner(struct sim_plan *plan, struct job *job, struct sim_error *err)
{
    const struct training *training = plan->parameters;
    double *first;

    job->data = data_set_open(plan->arena, (enum data_choice)training->data, plan->seed, err);
    if (job->data == NULL)
        return false;
    job->learner = learner_open(plan->arena, job->data->set, &training->hidden_width,
                                training->learning == LEARNING_MLP ? 1 : 0);
    job->number_count = job->learner->parameter_count;
    job->wire_factor = (double)job->gradient_bytes / ((double)job->number_count * BYTES_PER_NUMBER);
    first = sim_new(plan->arena, double, job->number_count);
    learner_initialise(job->learner, first, plan->seed);
    job->first_parameters = first;
    job->agreement = sim_new(plan->arena, struct agreement, 1);
    job->batches = batches_open(plan->arena, job->data->train, plan->seed, 0);
    sim_remark(plan,
               "Seconds and bytes are those of %s; loss and accuracy those of a small model (%s on "
               "%s, %zu numbers).",
               plan->model != NULL ? plan->model->name : "gradient_bytes and compute_seconds",
               training_learning_choices[training->learning], data_set_choices[training->data],
               job->number_count);
    return true;
}

bool training_prepare(struct sim_plan *plan, struct job *job, struct sim_error *err)
{
    const struct training *training = plan->parameters;

    *job = (struct job){
        .gradient_bytes = training->gradient_bytes,
        .wire_factor = 1,
        .sgd = {.rate = training->learning_rate, .momentum = training->momentum},
    };
    if (plan->model != NULL) {
        if (training->gradient_bytes > 0 || training->compute_seconds > 0)
            return sim_fail(err,
                            "algorithm.%s: the workload says how large a gradient is and how "
                            "long it is computed; leave this out, or the workload.",
                            training->gradient_bytes > 0 ? "gradient_bytes" : "compute_seconds");
        job->gradient_bytes = sim_model_total(plan->model).parameter_bytes;
    }
    return training->learning == LEARNING_OFF || open_learner(plan, job, err);
}

/* ---- what codecs ask for ---- */

/* A fully connected layer has a weight for each of its MACs; what it has besides are offsets. */
static int64_t weights_of(const struct sim_layer *row)
{
    const bool is_full = strcmp(row->kind, "fc") == 0 && row->macs < row->parameters;

    return is_full ? row->macs : row->parameters;
}

static int add_layer(struct layer *layers, int count, const char *name, int64_t numbers)
{
    const struct layer *before = count > 0 ? &layers[count - 1] : NULL;

    if (numbers == 0)
        return count;
    layers[count] = (struct layer){.name = name,
                                   .offset = before == NULL ? 0 : before->offset + before->count,
                                   .count = (size_t)numbers};
    return count + 1;
}

static const struct layer *layers_of(const struct sim_plan *plan, int *count)
{
    const struct sim_model *model = plan->model;
    struct layer *layers = sim_new(plan->arena, struct layer, 2 * (size_t)model->layer_count);
    int last = 0;

    *count = 0;
    for (int l = 0; l < model->layer_count; l++) {
        const struct sim_layer *row = &model->layers[l];
        const int64_t weights = weights_of(row);

        if (row->parameters > 0)
            last = *count;
        *count = add_layer(layers, *count, row->name, weights);
        *count = add_layer(layers, *count, row->name, row->parameters - weights);
    }
    for (int l = last; l < *count; l++)
        layers[l].is_last = true;
    return layers;
}

const struct layer *training_layers(const struct sim_plan *plan, const struct job *job, int *count)
{
    struct layer *only;

    if (job->learner != NULL) {
        *count = job->learner->layer_count;
        return job->learner->layers;
    }
    if (plan->model != NULL)
        return layers_of(plan, count);
    only = sim_new(plan->arena, struct layer, 1);
    *only = (struct layer){
        .name = "all",
        .count = (size_t)((job->gradient_bytes + BYTES_PER_NUMBER - 1) / BYTES_PER_NUMBER)};
    *count = 1;
    return only;
}

/* The product before the quotient: what comes out even is not rounded up. */
int64_t training_wire_bytes(const struct job *job, size_t encoded_bytes)
{
    const double dense_bytes = (double)job->number_count * BYTES_PER_NUMBER;

    return (int64_t)ceil((double)encoded_bytes * (double)job->gradient_bytes / dense_bytes);
}

/* ---- computing ---- */

double training_compute_seconds(const struct sim_plan *plan, int peer)
{
    const struct training *training = plan->parameters;
    const struct sim_device *device = sim_device_of(plan, peer);
    double seconds = 0;

    if (plan->model == NULL)
        return training->compute_seconds;
    for (int l = 0; l < plan->model->layer_count; l++)
        for (int pass = SIM_FORWARD; pass <= SIM_BACKWARD; pass++)
            seconds += sim_layer_seconds(device, &plan->model->layers[l], plan->batch,
                                         (enum sim_pass)pass);
    return seconds;
}

double training_flop(struct sim_peer *me)
{
    const struct training *training = me->parameters;
    const struct sim_model *model = me->plan->model;
    double flop = 0;

    if (model == NULL)
        flop = sim_flop_for(me, training->compute_seconds);
    else
        for (int l = 0; l < model->layer_count; l++)
            flop += sim_layer_cost_flop(me, &model->layers[l], me->plan->batch, SIM_FORWARD) +
                    sim_layer_cost_flop(me, &model->layers[l], me->plan->batch, SIM_BACKWARD);
    return flop * sim_jitter(me, training->compute_jitter);
}

/* ---- learning ---- */

struct replica *training_replica(const struct sim_peer *me, const struct job *job)
{
    const struct training *training = me->parameters;
    struct sim_arena *arena = me->plan->arena;
    struct replica *replica;

    if (job->learner == NULL)
        return NULL;
    replica = sim_new(arena, struct replica, 1);
    replica->parameters = sim_new(arena, double, job->number_count);
    replica->gradient = sim_new(arena, double, job->number_count);
    replica->velocity = sim_new(arena, double, job->number_count);
    replica->samples = sim_new(arena, int, (size_t)training->mini_batch);
    memcpy(replica->parameters, job->first_parameters, job->number_count * sizeof(double));
    return replica;
}

void training_gradient(const struct sim_peer *me, const struct job *job, struct replica *replica,
                       int iteration)
{
    const struct training *training = me->parameters;

    if (replica == NULL)
        return;
    batches_take(job->batches,
                 ((int64_t)iteration * training->workers + me->index) * training->mini_batch,
                 training->mini_batch, replica->samples);
    learner_gradient(job->learner, replica->parameters, replica->samples, training->mini_batch,
                     replica->gradient);
}

void training_step(const struct job *job, struct replica *replica, int workers, int iteration)
{
    if (replica == NULL)
        return;
    for (size_t i = 0; i < job->number_count; i++)
        replica->gradient[i] /= workers;
    sgd_step(&job->sgd, iteration, replica->parameters, replica->gradient, replica->velocity,
             job->number_count);
}

/* FNV-1a (Fowler, Noll, Vo) over the bytes, in as many bits as a number of JSON has for sure: two runs
 * whose models are the same, bit for bit, have the same. */
static double checksum(const double *parameters, size_t count)
{
    const unsigned char *bytes = (const unsigned char *)parameters;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < count * sizeof *parameters; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (double)(hash >> 12);
}

void training_tell(struct sim_peer *me, const struct job *job, const double *parameters, int done,
                   bool is_last)
{
    const struct training *training = me->parameters;
    struct learner_score score;

    if (job->learner == NULL || (done % training->evaluate_every != 0 && !is_last))
        return;
    score = learner_evaluate(job->learner, parameters, job->data->test);
    sim_row(me, TRAINING_TABLE,
            (const double[]){done, (double)sim_bytes_until_now(me), score.loss, score.accuracy});
    sim_note(me, "test_loss_nats", score.loss);
    sim_note(me, "test_accuracy", score.accuracy);
    if (is_last) {
        sim_note(me, "wire_factor", job->wire_factor);
        sim_note(me, "weights_checksum", checksum(parameters, job->number_count));
        sim_note(me, "weights_projection", learner_projection(parameters, job->number_count));
    }
}

void training_settle(struct sim_peer *me, const struct job *job, const struct replica *replica)
{
    const struct training *training = me->parameters;
    struct agreement *agreement = job->agreement;

    if (replica == NULL)
        return;
    if (agreement->settled++ == 0)
        agreement->first = replica->parameters;
    for (size_t i = 0; i < job->number_count; i++)
        agreement->apart =
            fmax(agreement->apart, fabs(replica->parameters[i] - agreement->first[i]));
    if (agreement->settled == training->workers)
        sim_note(me, "models_apart", agreement->apart);
}

void training_count_again(double *sum, double *before, int times)
{
    *sum += times * (*sum - *before);
    *before = *sum;
}
