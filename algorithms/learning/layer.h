/* layer.h -- which part of a parameter vector, or of a gradient, is one layer's. */
#ifndef LEARNING_LAYER_H
#define LEARNING_LAYER_H

#include <stdbool.h>
#include <stddef.h>

struct layer {
    const char *name;     /* "dense2.weights" */
    size_t offset, count; /* in numbers */
    bool is_last;         /* of the layer that gives the classes */
};

#endif
