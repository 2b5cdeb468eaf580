/* dense.c -- forward and backward passes of dense layers on GSL's CBLAS interface.
 *
 * Z_l = X_l W_l + b_l; X_{l+1} = max(0, Z_l) / s, the last Z are the scores; E_l is the gradient of X_l.
 * D_l = E_{l+1} / s where X_{l+1} > 0;  E_l = D_l W_l^T;  dW_l = X_l^T D_l;  db_l = column sums of D_l. */
#include "algorithms/learning/dense.h"

#include <assert.h>
#include <gsl/gsl_cblas.h>
#include <string.h>

struct dense dense_of(const struct learner *learner, int first, int last)
{
    const struct layer *layers = learner->layers;
    struct dense stage = {.learner = learner, .first = first, .last = last};

    assert(0 <= first && first <= last && last < learner->depth);
    stage.offset = layers[2 * first].offset;
    stage.count = layers[2 * last + 1].offset + layers[2 * last + 1].count - stage.offset;
    stage.inputs = learner->widths[first];
    stage.outputs = learner->widths[last + 1];
    return stage;
}

struct dense_stash *dense_stash_open(struct sim_arena *arena, const struct dense *stage, int most)
{
    struct dense_stash *stash = sim_new(arena, struct dense_stash, 1);
    const int *widths = stage->learner->widths + stage->first;
    const int layers = stage->last - stage->first + 1;

    assert(most > 0);
    stash->most = most;
    stash->scaler = 1;
    stash->x = sim_new(arena, double *, (size_t)layers + 1);
    stash->d = sim_new(arena, double *, (size_t)layers);
    for (int k = 0; k <= layers; k++)
        stash->x[k] = sim_new(arena, double, (size_t)most *(size_t)widths[k]);
    for (int k = 0; k < layers; k++)
        stash->d[k] = sim_new(arena, double, (size_t)most *(size_t)widths[k + 1]);
    return stash;
}

/* One dense layer of a stage: its shape, and where its numbers stand in the stage's slice. */
struct one {
    int in, out;
    size_t weights, offsets;
    bool gives_scores;
};

static struct one layer_of(const struct dense *stage, int k)
{
    const struct learner *learner = stage->learner;
    const int l = stage->first + k;

    return (struct one){.in = learner->widths[l],
                        .out = learner->widths[l + 1],
                        .weights = learner->layers[2 * l].offset - stage->offset,
                        .offsets = learner->layers[2 * l + 1].offset - stage->offset,
                        .gives_scores = l == learner->depth - 1};
}

/* Rows of the chunk that begins with row `first`. */
static int chunk(int first, int count)
{
    return count - first < DENSE_CHUNK ? count - first : DENSE_CHUNK;
}

static void forward(const struct one *layer, const double *parameters, const double *x, int n,
                    double scaler, double *z)
{
    const int in = layer->in, out = layer->out;

    for (int i = 0; i < n; i++)
        memcpy(z + (size_t)i * (size_t)out, parameters + layer->offsets,
               (size_t)out * sizeof(double));
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, out, in, 1, x, in,
                parameters + layer->weights, out, 1, z, out);
    for (int i = 0; i < n * out && !layer->gives_scores; i++)
        z[i] = z[i] < 0 ? 0 : z[i]; /* NaN stays NaN */
    for (int i = 0; i < n * out && !layer->gives_scores && scaler != 1; i++)
        z[i] /= scaler;
}

const double *dense_forward(const struct dense *stage, const double *parameters, int count,
                            double scaler, struct dense_stash *stash)
{
    const int layers = stage->last - stage->first + 1;

    assert(0 < count && count <= stash->most && scaler > 0);
    stash->count = count;
    stash->scaler = scaler;
    for (int k = 0; k < layers; k++) {
        const struct one layer = layer_of(stage, k);

        for (int first = 0; first < count; first += DENSE_CHUNK)
            forward(&layer, parameters, stash->x[k] + (size_t)first * (size_t)layer.in,
                    chunk(first, count), scaler,
                    stash->x[k + 1] + (size_t)first * (size_t)layer.out);
    }
    return stash->x[layers];
}

/* D_l of E_{l+1}, which may be at the same place. */
static void through_relu(const struct one *layer, const double *x_after, const double *e_after,
                         int count, double scaler, double *d)
{
    const size_t size = (size_t)count * (size_t)layer->out;

    if (layer->gives_scores)
        memmove(d, e_after, size * sizeof *d);
    for (size_t i = 0; i < size && !layer->gives_scores; i++)
        d[i] = x_after[i] > 0 ? e_after[i] : 0;
    for (size_t i = 0; i < size && !layer->gives_scores && scaler != 1; i++)
        d[i] /= scaler;
}

void dense_input_gradient(const struct dense *stage, const double *parameters,
                          struct dense_stash *stash, const double *output_gradient,
                          double *input_gradient)
{
    const double *e = output_gradient;

    for (int k = stage->last - stage->first; k >= 0; k--) {
        const struct one layer = layer_of(stage, k);
        double *before = k > 0 ? stash->d[k - 1] : input_gradient;

        through_relu(&layer, stash->x[k + 1], e, stash->count, stash->scaler, stash->d[k]);
        for (int first = 0; first < stash->count && before != NULL; first += DENSE_CHUNK)
            cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, chunk(first, stash->count),
                        layer.in, layer.out, 1, stash->d[k] + (size_t)first * (size_t)layer.out,
                        layer.out, parameters + layer.weights, layer.out, 0,
                        before + (size_t)first * (size_t)layer.in, layer.in);
        e = before;
    }
}

static void add_weight_gradient(const struct one *layer, const double *x, const double *d, int n,
                                double *gradient)
{
    const int in = layer->in, out = layer->out;
    double *offsets = gradient + layer->offsets;

    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, n, 1, x, in, d, out, 1,
                gradient + layer->weights, out);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < out; c++)
            offsets[c] += d[i * out + c];
}

void dense_weight_gradient(const struct dense *stage, const struct dense_stash *stash,
                           double *gradient)
{
    for (int k = stage->last - stage->first; k >= 0; k--) {
        const struct one layer = layer_of(stage, k);

        for (int first = 0; first < stash->count; first += DENSE_CHUNK)
            add_weight_gradient(&layer, stash->x[k] + (size_t)first * (size_t)layer.in,
                                stash->d[k] + (size_t)first * (size_t)layer.out,
                                chunk(first, stash->count), gradient);
    }
}

void dense_backward(const struct dense *stage, const double *parameters, struct dense_stash *stash,
                    const double *output_gradient, double *gradient, double *input_gradient)
{
    dense_input_gradient(stage, parameters, stash, output_gradient, input_gradient);
    dense_weight_gradient(stage, stash, gradient);
}
