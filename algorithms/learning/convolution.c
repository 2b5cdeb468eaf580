/* convolution.c -- rows of the output, each the sum of rows of the input (convolution.h).
 *
 *   z[f][y][x] = b[f] + sum over c, ky, kx of w[f][c][ky][kx] input[c][y s + ky - top][x s + kx - left] */
#include "algorithms/learning/convolution.h"
#include "algorithms/learning/vector.h"

#include <assert.h>
#include <string.h>

size_t image_size(struct image_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

struct image_shape convolution_output(const struct convolution *layer)
{
    const struct image_padding *pad = &layer->padding;
    const int rows = layer->input.height + pad->top + pad->bottom - layer->kernel;
    const int columns = layer->input.width + pad->left + pad->right - layer->kernel;

    assert(layer->kernel > 0 && layer->kernel <= CONVOLUTION_MOST_KERNEL);
    assert(layer->stride > 0 && layer->filters > 0);
    assert(pad->top >= 0 && pad->bottom >= 0 && pad->left >= 0 && pad->right >= 0);
    assert(rows >= 0 && columns >= 0);
    return (struct image_shape){.channels = layer->filters,
                                .height = rows / layer->stride + 1,
                                .width = columns / layer->stride + 1};
}

size_t convolution_weights(const struct convolution *layer)
{
    return (size_t)layer->filters * (size_t)layer->input.channels * (size_t)layer->kernel *
           (size_t)layer->kernel;
}

double convolution_products(const struct convolution *layer)
{
    const struct image_shape output = convolution_output(layer);

    return (double)convolution_weights(layer) * output.height * output.width;
}

/* Outputs first .. first + count - 1 of a row, or of a column, whose input at one kernel position is no padding. */
struct span {
    int first, count;
};

static struct span inside(int outputs, int stride, int shift, int inputs)
{
    const int first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    const int last = inputs - 1 - shift < 0 ? -1 : (inputs - 1 - shift) / stride;
    const int end = last + 1 < outputs ? last + 1 : outputs;

    return (struct span){.first = first, .count = end > first ? end - first : 0};
}

/* What is met at one position of a kernel: rows of the output beside rows of the input. */
struct meeting {
    struct span y, x;
    size_t input, output; /* of y.first and x.first, within a channel */
};

enum { MOST_POSITIONS = CONVOLUTION_MOST_KERNEL * CONVOLUTION_MOST_KERNEL };

/* A convolution, and what is met at each position of its kernel, row by row. */
struct plan {
    const struct convolution *layer;
    struct image_shape output;
    int positions;
    size_t row;          /* from an output row to the next, in the input */
    size_t area, pixels; /* of a channel of the output, and of the input */
    struct meeting at[MOST_POSITIONS];
};

static void plan_for(struct plan *plan, const struct convolution *layer)
{
    const int kernel = layer->kernel, stride = layer->stride, width = layer->input.width;

    plan->layer = layer;
    plan->output = convolution_output(layer);
    plan->positions = kernel * kernel;
    plan->row = (size_t)stride * (size_t)width;
    plan->area = (size_t)plan->output.height * (size_t)plan->output.width;
    plan->pixels = (size_t)layer->input.height * (size_t)width;
    for (int k = 0; k < plan->positions; k++) {
        const int down = k / kernel - layer->padding.top, right = k % kernel - layer->padding.left;
        struct meeting *at = &plan->at[k];

        *at = (struct meeting){.y = inside(plan->output.height, stride, down, layer->input.height),
                               .x = inside(plan->output.width, stride, right, width)};
        if (at->y.count == 0 || at->x.count == 0) {
            at->y.count = 0;
            continue;
        }
        at->input = (size_t)(at->y.first * stride + down) * (size_t)width +
                    (size_t)(at->x.first * stride + right);
        at->output = (size_t)at->y.first * (size_t)plan->output.width + (size_t)at->x.first;
    }
}

static void add_strided(double *restrict y, const double *restrict x, double a, int count,
                        int stride)
{
    for (int i = 0; i < count; i++)
        y[i] += a * x[(size_t)i * (size_t)stride];
}

/* One channel of the input into one of the output. */
static void add_channel(const struct plan *plan, const double *weights, const double *channel,
                        double *z)
{
    const int stride = plan->layer->stride;

    for (int k = 0; k < plan->positions; k++) {
        const struct meeting *at = &plan->at[k];
        const double *from = channel + at->input;
        double *to = z + at->output;

        for (int y = 0; y < at->y.count; y++, from += plan->row, to += plan->output.width)
            if (stride == 1)
                vector_add_scaled(to, from, weights[k], (size_t)at->x.count);
            else
                add_strided(to, from, weights[k], at->x.count, stride);
    }
}

void convolution_forward(const struct convolution *layer, const double *weights,
                         const double *offsets, const double *input, double *output)
{
    struct plan plan;

    plan_for(&plan, layer);
    for (int f = 0; f < layer->filters; f++, output += plan.area) {
        for (size_t i = 0; i < plan.area; i++)
            output[i] = offsets[f];
        for (int c = 0; c < layer->input.channels; c++, weights += plan.positions)
            add_channel(&plan, weights, input + (size_t)c * plan.pixels, output);
    }
}

static double dot_strided(const double *d, const double *x, int count, int stride)
{
    double sum = 0;

    for (int i = 0; i < count; i++)
        sum += d[i] * x[(size_t)i * (size_t)stride];
    return sum;
}

static void scatter_strided(double *restrict e, const double *restrict d, double a, int count,
                            int stride)
{
    for (int i = 0; i < count; i++)
        e[(size_t)i * (size_t)stride] += a * d[i];
}

/* The gradient of one kernel of weights: products of the outputs' gradient and the input. */
static void add_kernel_gradient(const struct plan *plan, const double *channel, const double *d,
                                double *gradient)
{
    const int stride = plan->layer->stride;

    for (int k = 0; k < plan->positions; k++) {
        const struct meeting *at = &plan->at[k];
        const double *x = channel + at->input, *of_row = d + at->output;
        double sum = 0;

        for (int y = 0; y < at->y.count; y++, x += plan->row, of_row += plan->output.width)
            sum += stride == 1 ? vector_dot(of_row, x, (size_t)at->x.count)
                               : dot_strided(of_row, x, at->x.count, stride);
        gradient[k] += sum;
    }
}

/* Back to one channel of the input, whose gradient is at `e`. */
static void add_channel_gradient(const struct plan *plan, const double *weights, const double *d,
                                 double *e)
{
    const int stride = plan->layer->stride;

    for (int k = 0; k < plan->positions; k++) {
        const struct meeting *at = &plan->at[k];
        const double *of_row = d + at->output;
        double *to = e + at->input;

        for (int y = 0; y < at->y.count; y++, to += plan->row, of_row += plan->output.width)
            if (stride == 1)
                vector_add_scaled(to, of_row, weights[k], (size_t)at->x.count);
            else
                scatter_strided(to, of_row, weights[k], at->x.count, stride);
    }
}

void convolution_backward(const struct convolution *layer, const double *weights,
                          const double *input, const double *output_gradient,
                          double *weight_gradient, double *offset_gradient, double *input_gradient)
{
    const double *d = output_gradient;
    struct plan plan;

    plan_for(&plan, layer);
    if (input_gradient != NULL)
        memset(input_gradient, 0, image_size(layer->input) * sizeof *input_gradient);
    for (int f = 0; f < layer->filters; f++, d += plan.area) {
        for (size_t i = 0; i < plan.area; i++)
            offset_gradient[f] += d[i];
        for (int c = 0; c < layer->input.channels; c++) {
            const size_t at = (size_t)c * plan.pixels;

            add_kernel_gradient(&plan, input + at, d, weight_gradient);
            if (input_gradient != NULL)
                add_channel_gradient(&plan, weights, d, input_gradient + at);
            weights += plan.positions;
            weight_gradient += plan.positions;
        }
    }
}

/* ---- max pooling ---- */

struct image_shape pooling_output(const struct pooling *layer)
{
    const int rows = layer->input.height - layer->kernel;
    const int columns = layer->input.width - layer->kernel;

    assert(layer->kernel > 0 && layer->stride > 0 && rows >= 0 && columns >= 0);
    return (struct image_shape){.channels = layer->input.channels,
                                .height = rows / layer->stride + 1,
                                .width = columns / layer->stride + 1};
}

/* The place of the highest number of the window that begins at `corner`. */
static int highest_of(const struct pooling *layer, const double *input, int corner)
{
    int best = corner;

    for (int y = 0; y < layer->kernel; y++)
        for (int x = 0; x < layer->kernel; x++) {
            const int place = corner + y * layer->input.width + x;

            if (input[place] > input[best])
                best = place;
        }
    return best;
}

void pooling_forward(const struct pooling *layer, const double *input, double *output, int *places)
{
    const struct image_shape shape = pooling_output(layer), of = layer->input;

    for (int c = 0; c < shape.channels; c++)
        for (int y = 0; y < shape.height; y++)
            for (int x = 0; x < shape.width; x++) {
                const int row = c * of.height + y * layer->stride;

                *places = highest_of(layer, input, row * of.width + x * layer->stride);
                *output++ = input[*places++];
            }
}

void pooling_backward(const struct pooling *layer, const int *places, const double *output_gradient,
                      double *input_gradient)
{
    const size_t outputs = image_size(pooling_output(layer));

    memset(input_gradient, 0, image_size(layer->input) * sizeof *input_gradient);
    for (size_t i = 0; i < outputs; i++)
        input_gradient[places[i]] += output_gradient[i];
}
