/* learner.c -- forward and backward passes on GSL's CBLAS interface.
 *
 * X_0 are the features (n x w_0); Z_l = X_l W_l + b_l; X_{l+1} = max(0, Z_l); the last Z are the scores.
 * Loss: mean of log sum_c exp(z_c) - z_label.  D_last = (softmax(Z) - onehot) / n;
 * dW_l = X_l^T D_l;  db_l = column sums of D_l;  D_{l-1} = (D_l W_l^T) where X_l > 0. */
#include "algorithms/learning/learner.h"
#include "algorithms/learning/streams.h"
#include "sim/base/random.h"

#include <assert.h>
#include <gsl/gsl_cblas.h>
#include <math.h>
#include <string.h>

enum { CHUNK = 256 }; /* samples in the workspace at once */

struct learner_workspace {
    double **x;             /* depth + 1 matrices, CHUNK x widths[l]; the last holds the scores */
    double *delta, *before; /* CHUNK x the largest width: D_l and D_{l-1} */
};

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
    int widest = 0;

    space->x = sim_new(arena, double *, (size_t)learner->depth + 1);
    for (int l = 0; l <= learner->depth; l++) {
        space->x[l] = sim_new(arena, double, (size_t)CHUNK *(size_t)learner->widths[l]);
        if (learner->widths[l] > widest)
            widest = learner->widths[l];
    }
    space->delta = sim_new(arena, double, (size_t)CHUNK *(size_t)widest);
    space->before = sim_new(arena, double, (size_t)CHUNK *(size_t)widest);
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

static const double *weights_of(const struct learner *learner, const double *parameters, int l)
{
    return parameters + learner->layers[2 * l].offset;
}

static const double *offsets_of(const struct learner *learner, const double *parameters, int l)
{
    return parameters + learner->layers[2 * l + 1].offset;
}

/* Scores of `n` <= CHUNK samples, n x classes, in the workspace; so are the X_l. */
static const double *forward(const struct learner *learner, const double *parameters,
                             const int *numbers, int n)
{
    double **x = learner->workspace->x;

    data_set_rows(learner->set, numbers, n, x[0]);
    for (int l = 0; l < learner->depth; l++) {
        const int in = learner->widths[l], out = learner->widths[l + 1];

        for (int i = 0; i < n; i++)
            memcpy(x[l + 1] + (size_t)i * (size_t)out, offsets_of(learner, parameters, l),
                   (size_t)out * sizeof(double));
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, out, in, 1, x[l], in,
                    weights_of(learner, parameters, l), out, 1, x[l + 1], out);
        for (int i = 0; i < n * out && l < learner->depth - 1; i++)
            x[l + 1][i] = x[l + 1][i] < 0 ? 0 : x[l + 1][i]; /* NaN stays NaN */
    }
    return x[learner->depth];
}

/* Cross-entropy of one sample; the highest score is taken out first, so that no exp overflows.  Fills
 * `shares`, the softmax, if it is not NULL. */
static double cross_entropy(const double *scores, int classes, int label, double *shares)
{
    double highest = scores[0], sum = 0;

    assert(classes > 0);
    for (int c = 1; c < classes; c++)
        highest = fmax(highest, scores[c]);
    for (int c = 0; c < classes; c++)
        sum += exp(scores[c] - highest);
    for (int c = 0; c < classes && shares != NULL; c++)
        shares[c] = exp(scores[c] - highest) / sum;
    return log(sum) + highest - scores[label];
}

/* Adds the gradient of what went through `forward` last; D_last is in workspace->delta. */
static void backward(const struct learner *learner, const double *parameters, int n,
                     double *gradient)
{
    struct learner_workspace *space = learner->workspace;
    double *delta = space->delta, *before = space->before;

    for (int l = learner->depth - 1; l >= 0; l--) {
        const int in = learner->widths[l], out = learner->widths[l + 1];
        double *offsets = gradient + learner->layers[2 * l + 1].offset, *done = delta;

        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, n, 1, space->x[l], in, delta,
                    out, 1, gradient + learner->layers[2 * l].offset, out);
        for (int i = 0; i < n; i++)
            for (int c = 0; c < out; c++)
                offsets[c] += delta[i * out + c];
        if (l > 0)
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, in, out, 1, delta, out,
                        weights_of(learner, parameters, l), out, 0, before, in);
        for (int i = 0; i < n * in && l > 0; i++)
            before[i] = space->x[l][i] > 0 ? before[i] : 0;
        delta = before;
        before = done;
    }
}

/* The sum of the losses of a chunk; its share of the gradient of a mean over `of` samples is added. */
static double chunk_gradient(const struct learner *learner, const double *parameters,
                             const int *numbers, int n, int of, double *gradient)
{
    const int classes = learner->set->class_count;
    const double *scores = forward(learner, parameters, numbers, n);
    double loss = 0;

    for (int i = 0; i < n; i++) {
        const int label = learner->set->labels[numbers[i]];
        double *delta = learner->workspace->delta + i * classes;

        loss += cross_entropy(scores + i * classes, classes, label, delta);
        delta[label] -= 1;
        for (int c = 0; c < classes; c++)
            delta[c] /= of;
    }
    backward(learner, parameters, n, gradient);
    return loss;
}

double learner_gradient(const struct learner *learner, const double *parameters, const int *numbers,
                        int count, double *gradient)
{
    double loss = 0;

    assert(count > 0);
    memset(gradient, 0, learner->parameter_count * sizeof *gradient);
    for (int first = 0; first < count; first += CHUNK)
        loss += chunk_gradient(learner, parameters, numbers + first,
                               count - first < CHUNK ? count - first : CHUNK, count, gradient);
    return loss / count;
}

static int highest_of(const double *scores, int classes)
{
    int best = 0;

    for (int c = 1; c < classes; c++)
        if (scores[c] > scores[best])
            best = c;
    return best;
}

struct learner_score learner_evaluate(const struct learner *learner, const double *parameters,
                                      struct sample_list samples)
{
    const int classes = learner->set->class_count;
    struct learner_score score = {0, 0};
    int right = 0;

    assert(samples.count > 0);
    for (int first = 0; first < samples.count; first += CHUNK) {
        const int n = samples.count - first < CHUNK ? samples.count - first : CHUNK;
        const double *scores = forward(learner, parameters, samples.numbers + first, n);

        for (int i = 0; i < n; i++) {
            const int label = learner->set->labels[samples.numbers[first + i]];

            score.loss += cross_entropy(scores + i * classes, classes, label, NULL);
            right += highest_of(scores + i * classes, classes) == label;
        }
    }
    score.loss /= samples.count;
    score.accuracy = (double)right / samples.count;
    return score;
}
