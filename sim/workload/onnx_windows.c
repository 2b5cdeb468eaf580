/* onnx_windows.c -- operators that slide a window: convolutions, their transposes, pools; in 1, 2, 3 dimensions. */
#include "sim/workload/onnx.h"
#include "sim/workload/onnx_operators.h"

#include <string.h>

enum { MOST_WINDOW = 1000000 }; /* that a table of layers can hold */

/* The window of one node; `dimensions` of space. */
struct window {
    int dimensions;
    int64_t size[SIM_ONNX_MOST_RANK], stride[SIM_ONNX_MOST_RANK], dilation[SIM_ONNX_MOST_RANK];
    int64_t before[SIM_ONNX_MOST_RANK], after[SIM_ONNX_MOST_RANK]; /* padding */
    enum { PADS_GIVEN, PADS_SAME, PADS_NONE } pads;
    bool round_up;
};

/* An attribute with one number a dimension, or `otherwise` for all. */
static bool per_dimension(struct sim_onnx_node *node, const char *name, int count,
                          int64_t otherwise, int64_t least, int64_t *numbers)
{
    const struct sim_onnx_list list = sim_onnx_list(node, name, -1);

    for (int d = 0; d < count; d++)
        numbers[d] = otherwise;
    if (!list.there || list.count == 0)
        return true;
    if (!list.known || list.count != count)
        return sim_onnx_wrong(node, "its %s has %d numbers; %d are needed", name, list.count,
                              count);
    for (int d = 0; d < count; d++) {
        if (list.items[d] < least || list.items[d] > INT32_MAX)
            return sim_onnx_wrong(node, "%lld is no number for its %s", (long long)list.items[d],
                                  name);
        numbers[d] = list.items[d];
    }
    return true;
}

/* Strides, dilations, pads; not the size. */
static bool read_window(struct sim_onnx_node *node, int dimensions, struct window *window)
{
    const char *pads = sim_onnx_word(node, "auto_pad", "NOTSET");
    int64_t both[2 * SIM_ONNX_MOST_RANK] = {0};

    window->dimensions = dimensions;
    window->round_up = sim_onnx_int(node, "ceil_mode", 0) != 0;
    window->pads = strncmp(pads, "SAME_", 5) == 0 ? PADS_SAME
                   : strcmp(pads, "VALID") == 0   ? PADS_NONE
                                                  : PADS_GIVEN;
    if (!per_dimension(node, "strides", dimensions, 1, 1, window->stride) ||
        !per_dimension(node, "dilations", dimensions, 1, 1, window->dilation))
        return false;
    if (window->pads == PADS_GIVEN && !per_dimension(node, "pads", 2 * dimensions, 0, 0, both))
        return false;
    for (int d = 0; d < dimensions; d++) {
        window->before[d] = both[d];
        window->after[d] = both[dimensions + d];
    }
    return true;
}

/* How often the window fits in dimension d. */
static bool places(struct sim_onnx_node *node, const struct window *w, int d, int64_t in,
                   int64_t *out)
{
    const int64_t reach = w->dilation[d] * (w->size[d] - 1) + 1;
    const int64_t padded = in + w->before[d] + w->after[d], room = padded - reach;

    if (w->pads == PADS_SAME) {
        *out = in == 0 ? 0 : (in - 1) / w->stride[d] + 1;
        return true;
    }
    if (room < 0)
        return sim_onnx_wrong(node, "its window is %lld wide, its padded input %lld",
                              (long long)reach, (long long)padded);
    *out = room / w->stride[d] + 1;
    /* Rounded up: one more, if it begins within the input or the padding before it. */
    if (w->round_up && room % w->stride[d] != 0 && *out * w->stride[d] < in + w->before[d])
        ++*out;
    return true;
}

/* A table has one kernel, stride and padding for both ways of an image; other windows stay unknown to it.  What
 * auto_pad adds may be one more behind than before. */
static struct sim_window both_ways(const struct window *window, const struct sim_onnx_tensor *x)
{
    const int64_t *size = window->size, *stride = window->stride, *before = window->before;

    for (int d = 0; d < window->dimensions; d++)
        if (size[d] != size[0] || stride[d] != stride[0] || before[d] != before[0] ||
            window->after[d] != before[0] || window->dilation[d] != 1 ||
            size[d] > x->dims[2 + d] + 2 * before[d])
            return (struct sim_window){0};
    if (window->dimensions != 2 || window->pads == PADS_SAME || before[0] >= size[0] ||
        size[0] > MOST_WINDOW || stride[0] > MOST_WINDOW)
        return (struct sim_window){0};
    return (struct sim_window){(int)size[0], (int)stride[0], (int)before[0]};
}

static bool slide(struct sim_onnx_node *node, const struct window *window,
                  const struct sim_onnx_tensor *x, int64_t channels)
{
    int64_t dims[SIM_ONNX_MOST_RANK] = {x->dims[0], channels};

    for (int d = 0; d < window->dimensions; d++)
        if (!places(node, window, d, x->dims[2 + d], &dims[2 + d]))
            return false;
    node->window = both_ways(window, x);
    return sim_onnx_shape(node, 0, x->rank, dims);
}

static bool has_space(struct sim_onnx_node *node, const struct sim_onnx_tensor *x)
{
    return x->rank >= 3 || sim_onnx_wrong(node,
                                          "its input has %d dimensions; it needs a batch, "
                                          "channels and one of space at least",
                                          x->rank);
}

/* The window's size is that of the weights; kernel_shape may say it once more. */
static bool size_of_weights(struct sim_onnx_node *node, const struct sim_onnx_tensor *x,
                            const struct sim_onnx_tensor *w, struct window *window)
{
    const int dimensions = x->rank - 2;
    int64_t said[SIM_ONNX_MOST_RANK];

    if (w->rank != x->rank)
        return sim_onnx_wrong(node, "its weights have %d dimensions, its input has %d", w->rank,
                              x->rank);
    for (int d = 0; d < w->rank; d++)
        if (w->dims[d] < 1 || w->dims[d] > INT32_MAX)
            return sim_onnx_wrong(node, "dimension %d of its weights is %lld", d,
                                  (long long)w->dims[d]);
    memcpy(window->size, w->dims + 2, (size_t)dimensions * sizeof *window->size);
    if (!per_dimension(node, "kernel_shape", dimensions, 0, 1, said))
        return false;
    for (int d = 0; d < dimensions; d++)
        if (said[d] != 0 && said[d] != window->size[d])
            return sim_onnx_wrong(node, "its kernel_shape says %lld, its weights %lld",
                                  (long long)said[d], (long long)window->size[d]);
    return read_window(node, dimensions, window);
}

/* `product` times what one output (of Conv) or one input (of ConvTranspose) costs: a filter's numbers. */
static bool count_macs(struct sim_onnx_node *node, int64_t places_taken,
                       const struct sim_onnx_tensor *w)
{
    int64_t filter = 1;

    for (int d = 1; d < w->rank; d++)
        filter *= w->dims[d]; /* a part of a tensor that was counted */
    node->macs = places_taken;
    return sim_onnx_times(node, &node->macs, filter);
}

static bool convolve(struct sim_onnx_node *node, int weights)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0), *w = sim_onnx_known(node, weights);
    const int64_t groups = sim_onnx_int(node, "group", 1);
    struct window window = {0};
    int64_t channels;

    node->cost_unknown = x == NULL || w == NULL;
    if (node->cost_unknown)
        return true;
    if (!has_space(node, x) || !size_of_weights(node, x, w, &window))
        return false;
    if (groups < 1 || w->dims[0] % groups != 0)
        return sim_onnx_wrong(node, "%lld filters cannot be split into %lld groups",
                              (long long)w->dims[0], (long long)groups);
    if (__builtin_mul_overflow(w->dims[1], groups, &channels) || x->dims[1] != channels)
        return sim_onnx_wrong(node, "its input has %lld channels, its weights %lld in %lld groups",
                              (long long)x->dims[1], (long long)w->dims[1], (long long)groups);
    if (!slide(node, &window, x, w->dims[0]))
        return false;
    if (node->out_count == 0 || node->out[0] == NULL)
        return true;
    return count_macs(node, sim_onnx_elements(node->out[0]), w);
}

bool sim_onnx_conv(struct sim_onnx_node *node)
{
    return convolve(node, 1);
}

/* x, its scale, its zero, w, ... */
bool sim_onnx_quantised_conv(struct sim_onnx_node *node)
{
    return convolve(node, 3);
}

/* ---- the transpose: every input is spread over a window ---- */

/* (in - 1) x stride + output_padding + reach - pads; or output_shape; or, with auto_pad, in x stride. */
static bool spread(struct sim_onnx_node *node, const struct window *w, int d, int64_t more,
                   int64_t said, int64_t in, int64_t *out)
{
    const int64_t reach = w->dilation[d] * (w->size[d] - 1) + 1;

    if (said > 0) {
        *out = said;
        return true;
    }
    if (w->pads == PADS_SAME) {
        *out = in;
        return sim_onnx_times(node, out, w->stride[d]);
    }
    *out = in - 1;
    if (!sim_onnx_times(node, out, w->stride[d]))
        return false;
    if (__builtin_add_overflow(*out, reach + more - w->before[d] - w->after[d], out))
        return sim_onnx_wrong(node, "its output is larger than 64 bits can count");
    return true;
}

bool sim_onnx_conv_transpose(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0), *w = sim_onnx_known(node, 1);
    const int64_t groups = sim_onnx_int(node, "group", 1);
    int64_t dims[SIM_ONNX_MOST_RANK], more[SIM_ONNX_MOST_RANK] = {0};
    int64_t said[SIM_ONNX_MOST_RANK] = {0};
    struct window window = {0};

    node->cost_unknown = x == NULL || w == NULL;
    if (node->cost_unknown)
        return true;
    if (!has_space(node, x) || !size_of_weights(node, x, w, &window) ||
        !per_dimension(node, "output_padding", window.dimensions, 0, 0, more) ||
        !per_dimension(node, "output_shape", window.dimensions, 0, 1, said))
        return false;
    if (x->dims[1] != w->dims[0] || groups < 1 || groups > x->dims[1])
        return sim_onnx_wrong(node, "its input has %lld channels, its weights %lld in %lld groups",
                              (long long)x->dims[1], (long long)w->dims[0], (long long)groups);
    dims[0] = x->dims[0];
    dims[1] = w->dims[1] * groups; /* both below 2^31 */
    for (int d = 0; d < window.dimensions; d++)
        if (!spread(node, &window, d, more[d], said[d], x->dims[2 + d], &dims[2 + d]))
            return false;
    return sim_onnx_shape(node, 0, x->rank, dims) && count_macs(node, sim_onnx_elements(x), w);
}

/* ---- pools ---- */

bool sim_onnx_pool(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    struct window window = {0};

    if (x == NULL)
        return true;
    if (!has_space(node, x) || !read_window(node, x->rank - 2, &window))
        return false;
    if (sim_onnx_attribute(node, "kernel_shape") == NULL)
        return sim_onnx_wrong(node, "has no kernel_shape");
    if (!per_dimension(node, "kernel_shape", window.dimensions, 1, 1, window.size) ||
        !slide(node, &window, x, x->dims[1]))
        return false;
    /* A second output tells which input was the largest. */
    return node->out_count == 0 || node->out[0] == NULL || sim_onnx_same(node, 1, node->out[0]);
}

bool sim_onnx_global_pool(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    int64_t dims[SIM_ONNX_MOST_RANK];

    if (x == NULL)
        return true;
    if (x->rank < 2)
        return sim_onnx_wrong(node, "its input has %d dimensions; it needs two at least", x->rank);
    for (int d = 0; d < x->rank; d++)
        dims[d] = d < 2 ? x->dims[d] : 1;
    return sim_onnx_shape(node, 0, x->rank, dims);
}

/* MaxUnpool: the pool's input again, unless output_shape tells. */
bool sim_onnx_unpool(struct sim_onnx_node *node)
{
    const struct sim_onnx_tensor *x = sim_onnx_known(node, 0);
    const struct sim_onnx_list said = sim_onnx_list(node, "", 2);
    struct window window = {0};
    int64_t dims[SIM_ONNX_MOST_RANK];

    if (said.there)
        return !said.known || sim_onnx_shape(node, 0, said.count, said.items);
    if (x == NULL)
        return true;
    if (!has_space(node, x) || !read_window(node, x->rank - 2, &window) ||
        !per_dimension(node, "kernel_shape", window.dimensions, 1, 1, window.size))
        return false;
    dims[0] = x->dims[0];
    dims[1] = x->dims[1];
    for (int d = 0; d < window.dimensions; d++)
        if (!spread(node, &window, d, 0, 0, x->dims[2 + d], &dims[2 + d]))
            return false;
    return sim_onnx_shape(node, 0, x->rank, dims);
}
