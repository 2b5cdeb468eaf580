/* learner.c -- the loss, and whole passes as one stage of all layers (dense.c).
 *
 * Loss: mean of log sum_c exp(z_c) - z_label; its gradient by the scores is (softmax(Z) - onehot) / n. */
#include "algorithms/learning/learner.h"
#include "algorithms/learning/dense.h"
#include "algorithms/learning/softmax.h"
#include "algorithms/learning/streams.h"
#include "sim/base/random.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct learner_workspace { /* for DENSE_CHUNK samples */
    struct dense all;      /* every layer */
    struct dense_stash *stash;
    double *delta; /* DENSE_CHUNK x classes: the gradient of the scores */
};

static const struct learner_options plain = {.scaler = 1};

/* OpenBLAS adds in another order when it has another number of threads; gslcblas has no such function. */
extern void openblas_set_num_threads(int count) __attribute__((weak));

static struct layer *layer_table(struct sim_arena *arena, struct learner *learner)
{
    struct layer *layers = sim_new(arena, struct layer, 2 * (size_t)learner->depth);

    for (int l = 0; l < learner->depth; l++) {
        const size_t inputs = (size_t)learner->widths[l], outputs = (size_t)learner->widths[l + 1];
        const bool is_last = l == learner->depth - 1;
        const size_t at = learner->parameter_count;

        layers[2 * l] = (struct layer){sim_text(arena, "dense%d.weights", l + 1), at,
                                       inputs * outputs, is_last};
        layers[2 * l + 1] = (struct layer){sim_text(arena, "dense%d.offsets", l + 1),
                                           at + inputs * outputs, outputs, is_last};
        learner->parameter_count += (inputs + 1) * outputs;
    }
    return layers;
}

static struct learner_workspace *workspace(struct sim_arena *arena, const struct learner *learner)
{
    struct learner_workspace *space = sim_new(arena, struct learner_workspace, 1);

    space->all = dense_of(learner, 0, learner->depth - 1);
    space->stash = dense_stash_open(arena, &space->all, DENSE_CHUNK);
    space->delta = sim_new(arena, double, (size_t)DENSE_CHUNK *(size_t)learner->set->class_count);
    return space;
}

const struct learner *learner_open(struct sim_arena *arena, const struct data_set *set,
                                   const int *hidden, int hidden_count)
{
    struct learner *learner = sim_new(arena, struct learner, 1);
    int *widths = sim_new(arena, int, (size_t)hidden_count + 2);

    if (openblas_set_num_threads != NULL)
        openblas_set_num_threads(1);
    widths[0] = set->feature_count;
    for (int l = 0; l < hidden_count; l++)
        widths[l + 1] = hidden[l];
    widths[hidden_count + 1] = set->class_count;
    learner->set = set;
    learner->depth = hidden_count + 1;
    learner->widths = widths;
    learner->layer_count = 2 * learner->depth;
    learner->layers = layer_table(arena, learner);
    learner->workspace = workspace(arena, learner);
    return learner;
}

void learner_initialise(const struct learner *learner, double *parameters, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, learning_stream(LEARNING_WEIGHTS));

    memset(parameters, 0, learner->parameter_count * sizeof *parameters);
    for (int l = 0; l < learner->depth; l++) {
        const struct layer *weights = &learner->layers[2 * l];
        const int inputs = learner->widths[l], outputs = learner->widths[l + 1];
        const double deviation = sqrt(2.0 / inputs), bound = sqrt(6.0 / (inputs + outputs));

        for (size_t i = 0; i < weights->count; i++)
            parameters[weights->offset + i] = weights->is_last
                                                  ? bound * (2 * sim_random_uniform(random) - 1)
                                                  : deviation * sim_random_normal(random);
    }
    sim_random_close(random);
}

/* Scores of `n` <= DENSE_CHUNK samples, n x classes, in the workspace. */
static const double *forward(const struct learner *learner, const double *parameters,
                             const int *numbers, int n, double scaler)
{
    struct learner_workspace *space = learner->workspace;

    data_set_rows(learner->set, numbers, n, space->stash->x[0]);
    return dense_forward(&space->all, parameters, n, scaler, space->stash);
}

/* One sample's loss. */
static double loss_of(const double *scores, int classes, int label, int of, double *gradient)
{
    const double loss = softmax_cross_entropy(scores, classes, label, gradient);

    gradient[label] -= 1;
    for (int c = 0; c < classes; c++)
        gradient[c] /= of;
    return loss;
}

/* The masked scores stand where their gradient will. */
static double masked_loss_of(const double *scores, int classes, int label, int of,
                             const bool *present, double *gradient)
{
    double loss;

    for (int c = 0; c < classes; c++)
        gradient[c] = present[c] ? scores[c] : 0;
    loss = loss_of(gradient, classes, label, of, gradient);
    for (int c = 0; c < classes; c++)
        gradient[c] = present[c] ? gradient[c] : 0;
    return loss;
}

/* Losses are added up chunk by chunk, as learner_gradient meets them, so that both give the same bytes. */
double learner_loss(const struct learner *learner, const double *scores, const int *numbers,
                    int count, int of, const struct learner_options *options, double *gradient)
{
    const bool *present = options == NULL ? NULL : options->label_present;
    const int classes = learner->set->class_count, *labels = learner->set->labels;
    double loss = 0, of_chunk = 0;

    assert(count > 0 && of >= count);
    for (int i = 0; i < count; i++, scores += classes, gradient += classes) {
        if (i % DENSE_CHUNK == 0) {
            loss += of_chunk;
            of_chunk = 0;
        }
        of_chunk += present == NULL ? loss_of(scores, classes, labels[numbers[i]], of, gradient)
                                    : masked_loss_of(scores, classes, labels[numbers[i]], of,
                                                     present, gradient);
    }
    return loss + of_chunk;
}

double learner_gradient_with(const struct learner *learner, const double *parameters,
                             const int *numbers, int count, const struct learner_options *options,
                             double *gradient)
{
    struct learner_workspace *space = learner->workspace;
    double loss = 0;

    assert(count > 0);
    if (options == NULL)
        options = &plain;
    memset(gradient, 0, learner->parameter_count * sizeof *gradient);
    for (int first = 0; first < count; first += DENSE_CHUNK) {
        const int n = count - first < DENSE_CHUNK ? count - first : DENSE_CHUNK;
        const double *scores = forward(learner, parameters, numbers + first, n, options->scaler);

        loss += learner_loss(learner, scores, numbers + first, n, count, options, space->delta);
        dense_backward(&space->all, parameters, space->stash, space->delta, gradient, NULL);
    }
    return loss / count;
}

double learner_gradient(const struct learner *learner, const double *parameters, const int *numbers,
                        int count, double *gradient)
{
    return learner_gradient_with(learner, parameters, numbers, count, NULL, gradient);
}

double learner_projection(const double *parameters, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += parameters[i] * (1 + 0.25 * (double)(i * 2654435761u % 1024) / 1024);
    return sum;
}

struct learner_score learner_evaluate(const struct learner *learner, const double *parameters,
                                      struct sample_list samples)
{
    const int classes = learner->set->class_count;
    struct learner_score score = {0, 0};
    int right = 0;

    assert(samples.count > 0);
    for (int first = 0; first < samples.count; first += DENSE_CHUNK) {
        const int n = samples.count - first < DENSE_CHUNK ? samples.count - first : DENSE_CHUNK;
        const double *scores = forward(learner, parameters, samples.numbers + first, n, 1);

        for (int i = 0; i < n; i++) {
            const int label = learner->set->labels[samples.numbers[first + i]];

            score.loss += softmax_cross_entropy(scores + i * classes, classes, label, NULL);
            right += softmax_highest(scores + i * classes, classes) == label;
        }
    }
    score.loss /= samples.count;
    score.accuracy = (double)right / samples.count;
    return score;
}
