/* convolution.h -- plain direct convolution and max pooling of one image, forward and backward.
 *
 * An image is channels x height x width doubles, row by row.  The sum of an output begins with its offset; then come
 * its products by channel, kernel row and kernel column, in this order, whatever the size of the image is.  So tiles
 * that hold the halo they need give the outputs of the whole image bit for bit, on every machine: no BLAS is asked
 * (vector.h).  What lies outside is zero and is not added at all; each side has a padding of its own, so a tile pads
 * only where the image ends, or, where its neighbours shall not be asked (fully decomposable spatial partition, Zhang
 * et al., ICPP 2020), at all sides. */
#ifndef LEARNING_CONVOLUTION_H
#define LEARNING_CONVOLUTION_H

#include <stddef.h>

struct image_shape {
    int channels, height, width;
};
size_t image_size(struct image_shape shape); /* numbers */

struct image_padding { /* rows and columns of zeros, >= 0 */
    int top, bottom, left, right;
};

/* ---- convolution ---- */

enum { CONVOLUTION_MOST_KERNEL = 16 };

struct convolution {
    struct image_shape input;
    int filters; /* output channels */
    int kernel;  /* rows, and columns: 1 .. CONVOLUTION_MOST_KERNEL */
    int stride;
    struct image_padding padding;
};

/* filters x floor((height + top + bottom - kernel) / stride + 1) x the like; the kernel must fit in. */
struct image_shape convolution_output(const struct convolution *layer);

/* filters x channels x kernel x kernel numbers, in this order; offsets: filters numbers. */
size_t convolution_weights(const struct convolution *layer);

/* Products of a forward pass; those with the padding count, as in tables of layers. */
double convolution_products(const struct convolution *layer);

void convolution_forward(const struct convolution *layer, const double *weights,
                         const double *offsets, const double *input, double *output);

/* From the gradient of the outputs: those of weights and offsets are added to what is there, that of the input is
 * written (NULL: not wanted). */
void convolution_backward(const struct convolution *layer, const double *weights,
                          const double *input, const double *output_gradient,
                          double *weight_gradient, double *offset_gradient, double *input_gradient);

/* ---- max pooling, without padding: rows and columns that fill no window are left out ---- */

struct pooling {
    struct image_shape input;
    int kernel, stride;
};

struct image_shape pooling_output(const struct pooling *layer);

/* places[i]: which number of the input is output i; of equal ones the first. */
void pooling_forward(const struct pooling *layer, const double *input, double *output, int *places);

/* The gradient of the input, written. */
void pooling_backward(const struct pooling *layer, const int *places, const double *output_gradient,
                      double *input_gradient);

#endif
