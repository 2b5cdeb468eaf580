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

    assert(layer->kernel > 0 && layer->stride > 0 && layer->filters > 0);
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
    const double *input; /* of y.first and x.first */
    size_t output;       /* likewise, within a channel */
    size_t row;          /* from an output row to the next, in the input */
};

static struct meeting meet(const struct convolution *layer, struct image_shape output,
                           const double *channel, int ky, int kx)
{
    const int down = ky - layer->padding.top, right = kx - layer->padding.left;
    const int stride = layer->stride, width = layer->input.width;
    struct meeting at = {.y = inside(output.height, stride, down, layer->input.height),
                         .x = inside(output.width, stride, right, width),
                         .row = (size_t)stride * (size_t)width};

    if (at.y.count == 0 || at.x.count == 0)
        return (struct meeting){.input = channel};
    at.input = channel + (size_t)(at.y.first * stride + down) * (size_t)width +
               (size_t)(at.x.first * stride + right);
    at.output = (size_t)at.y.first * (size_t)output.width + (size_t)at.x.first;
    return at;
}

static void add_strided(double *restrict y, const double *restrict x, double a, int count,
                        int stride)
{
    for (int i = 0; i < count; i++)
        y[i] += a * x[(size_t)i * (size_t)stride];
}

/* One channel of the input into one of the output; `weights` are kernel x kernel. */
static void add_channel(const struct convolution *layer, struct image_shape output,
                        const double *weights, const double *channel, double *z)
{
    for (int k = 0; k < layer->kernel * layer->kernel; k++) {
        const struct meeting at =
            meet(layer, output, channel, k / layer->kernel, k % layer->kernel);
        const double *from = at.input;
        double *to = z + at.output;

        for (int y = 0; y < at.y.count; y++, from += at.row, to += output.width)
            if (layer->stride == 1)
                vector_add_scaled(to, from, weights[k], (size_t)at.x.count);
            else
                add_strided(to, from, weights[k], at.x.count, layer->stride);
    }
}

void convolution_forward(const struct convolution *layer, const double *weights,
                         const double *offsets, const double *input, double *output)
{
    const struct image_shape shape = convolution_output(layer);
    const size_t area = (size_t)shape.height * (size_t)shape.width;
    const size_t step = (size_t)layer->input.height * (size_t)layer->input.width;
    const size_t kernel = (size_t)layer->kernel * (size_t)layer->kernel;

    for (int f = 0; f < layer->filters; f++, output += area) {
        for (size_t i = 0; i < area; i++)
            output[i] = offsets[f];
        for (int c = 0; c < layer->input.channels; c++, weights += kernel)
            add_channel(layer, shape, weights, input + (size_t)c * step, output);
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
static void add_kernel_gradient(const struct convolution *layer, struct image_shape output,
                                const double *channel, const double *d, double *gradient)
{
    for (int k = 0; k < layer->kernel * layer->kernel; k++) {
        const struct meeting at =
            meet(layer, output, channel, k / layer->kernel, k % layer->kernel);
        const double *x = at.input, *of_row = d + at.output;
        double sum = 0;

        for (int y = 0; y < at.y.count; y++, x += at.row, of_row += output.width)
            sum += layer->stride == 1 ? vector_dot(of_row, x, (size_t)at.x.count)
                                      : dot_strided(of_row, x, at.x.count, layer->stride);
        gradient[k] += sum;
    }
}

/* Back to one channel of the input, which is at `e`. */
static void add_channel_gradient(const struct convolution *layer, struct image_shape output,
                                 const double *weights, const double *d, double *e)
{
    for (int k = 0; k < layer->kernel * layer->kernel; k++) {
        const struct meeting at = meet(layer, output, e, k / layer->kernel, k % layer->kernel);
        const double *of_row = d + at.output;
        double *to = e + (at.input - e);

        for (int y = 0; y < at.y.count; y++, to += at.row, of_row += output.width)
            if (layer->stride == 1)
                vector_add_scaled(to, of_row, weights[k], (size_t)at.x.count);
            else
                scatter_strided(to, of_row, weights[k], at.x.count, layer->stride);
    }
}

void convolution_backward(const struct convolution *layer, const double *weights,
                          const double *input, const double *output_gradient,
                          double *weight_gradient, double *offset_gradient, double *input_gradient)
{
    const struct image_shape shape = convolution_output(layer);
    const size_t area = (size_t)shape.height * (size_t)shape.width;
    const size_t step = (size_t)layer->input.height * (size_t)layer->input.width;
    const size_t kernel = (size_t)layer->kernel * (size_t)layer->kernel;
    const double *d = output_gradient;

    if (input_gradient != NULL)
        memset(input_gradient, 0, image_size(layer->input) * sizeof *input_gradient);
    for (int f = 0; f < layer->filters; f++, d += area) {
        for (size_t i = 0; i < area; i++)
            offset_gradient[f] += d[i];
        for (int c = 0; c < layer->input.channels; c++) {
            add_kernel_gradient(layer, shape, input + (size_t)c * step, d, weight_gradient);
            if (input_gradient != NULL)
                add_channel_gradient(layer, shape, weights, d, input_gradient + (size_t)c * step);
            weights += kernel;
            weight_gradient += kernel;
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
