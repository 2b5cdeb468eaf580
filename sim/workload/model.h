/* model.h -- a neural network as a table of layers: what it costs, whoever runs it.
 *
 * All counts are for one sample, unless a name says otherwise.  1 MAC = 2 flop; a number is called MACs or
 * flop, never either.  A table comes from a CSV file (scenarios/models/, or the user's own) or from an ONNX
 * file; both give the same struct. */
#ifndef SIM_WORKLOAD_MODEL_H
#define SIM_WORKLOAD_MODEL_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_layer {
    const char *name;
    const char *kind; /* conv, fc, pool, norm, relu, attention, ...: <kind>_efficiency of a host */
    const char *input,
        *output; /* shapes as text, "3x224x224", without the batch; "" when not known */
    const char
        *reads; /* names of the layers that it reads, separated by blanks; "" : the one before */
    int64_t parameters;
    int64_t macs;
    double forward_flop;
    double
        backward_flop; /* gradients of inputs and of weights; 2 x forward unless the table says */
    int64_t activation_bytes; /* its output, 4 bytes a number unless the table says */
    double forward_seconds,
        backward_seconds; /* measured, for the batch of the table; negative: not measured */
};

struct sim_model {
    const char *name;
    int layer_count;
    const struct sim_layer *layers;
    int64_t input_bytes;
    int bytes_per_parameter; /* 4 */
};

struct sim_model_totals {
    int64_t parameters, macs, activation_bytes, parameter_bytes;
    double forward_flop, backward_flop;
};

/* Sums over all layers. */
struct sim_model_totals sim_model_total(const struct sim_model *model);

/* The model of that name among dmlsim's own (scenarios/models/NAME.csv), or the file of that path: .csv or
 * .onnx.  NULL, with a sentence that names line and column where there are any, when it cannot be had. */
const struct sim_model *sim_model_load(struct sim_arena *arena, const char *name_or_path,
                                       struct sim_error *err);

/* How to read an ONNX file. */
struct sim_onnx_options {
    const char
        *input_shapes; /* "x:1x3x224x224,h:1x10", for symbolic dimensions; NULL: 1 for each */
    bool strict;       /* refuse an operator that is not known; else it is counted at zero flop */
    void (*warn)(void *context, const char *sentence);
    void *context;
};

/* NULL, with a sentence, when it cannot be read. */
const struct sim_model *sim_onnx_load(struct sim_arena *arena, const char *path,
                                      const struct sim_onnx_options *options,
                                      struct sim_error *err);

#endif
