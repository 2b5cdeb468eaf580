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
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* In `sources`: the input of the network.  `reads` calls it "input", unless a layer has that name. */
enum { SIM_MODEL_INPUT = -1 };

/* What one output reads of the rows, and likewise of the columns: output i reads inputs i x stride - padding to
 * i x stride - padding + kernel - 1, those that there are.  All 0: no window, or none that is the same both ways. */
struct sim_window {
    int kernel, stride, padding;
};

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
        backward_seconds;     /* measured, for `measured_batch` samples; negative: not measured */
    int measured_batch;       /* 1 unless the table says */
    struct sim_window window; /* of a convolution or a pool */

    /* Filled in by sim_model_complete. */
    const int *sources; /* places of the layers that it reads, all before it, or SIM_MODEL_INPUT */
    int source_count;
    int64_t input_bytes;     /* of all that it reads */
    int64_t parameter_bytes; /* parameters x bytes_per_parameter */
};

struct sim_model {
    const char *name;
    int layer_count;
    const struct sim_layer *layers;
    int64_t input_bytes; /* 0 when not known; numbers as long as parameters unless the table says */
    int bytes_per_parameter; /* 4 */
};

struct sim_model_totals {
    int64_t parameters, macs, activation_bytes, parameter_bytes;
    double forward_flop, backward_flop;
};

/* Sums over all layers. */
struct sim_model_totals sim_model_total(const struct sim_model *model);

/* What crosses a cut behind layer `place` (SIM_MODEL_INPUT: before the first): bytes of one sample, and in
 * *tensors how many there are.  A network can be cut in two where it is one. */
int64_t sim_model_crossing(const struct sim_model *model, int place, int *tensors);

/* ---- having one ---- */

enum { SIM_MODEL_MOST_BYTES = 20 * 1000 * 1000 };

/* The file that `name_or_path` means, NULL if there is none.  A name is one of dmlsim's own,
 * scenarios/models/NAME.csv, or models/NAME.csv beside a scenario; what holds a slash or ends in .csv or
 * .onnx is a path.  Looked for here, then in each of `folders` (NULL-ended, or NULL). */
const char *sim_model_find(struct sim_arena *arena, const char *const *folders,
                           const char *name_or_path);
bool sim_model_is_path(const char *name_or_path);

/* The names that sim_model_find knows, NULL-ended, in natural order. */
const char *const *sim_model_names(struct sim_arena *arena, const char *const *folders);

/* The model of that name, looked for here only, or the file of that path: .csv or .onnx.  NULL, with a
 * sentence that names line and column where there are any, when it cannot be had. */
const struct sim_model *sim_model_load(struct sim_arena *arena, const char *name_or_path,
                                       struct sim_error *err);

/* The same from the text of a CSV file; `path` names it in sentences. */
const struct sim_model *sim_model_parse(struct sim_arena *arena, const char *path, const char *text,
                                        size_t length, struct sim_error *err);

/* Work out what stands at the foot of struct sim_layer: a copy of `model` that has it, or NULL with a
 * sentence where names are not unique, a layer reads none before it, or sums cannot be counted. */
const struct sim_model *sim_model_complete(struct sim_arena *arena, const struct sim_model *model,
                                           const char *path, struct sim_error *err);

/* As a CSV file that reads back as the same table. */
void sim_model_write(FILE *file, const struct sim_model *model);

/* How to read an ONNX file. */
struct sim_onnx_options {
    const char
        *input_shapes; /* "x:1x3x224x224,h:1x10", for symbolic dimensions; NULL: 1 for each */
    bool strict;       /* refuse an operator that is not known; else it is counted at zero flop */
    void (*warn)(void *context, const char *sentence);
    void *context;
};

/* NULL, with a sentence, when it cannot be read.  What it gives is not complete yet. */
const struct sim_model *sim_onnx_load(struct sim_arena *arena, const char *path,
                                      const struct sim_onnx_options *options,
                                      struct sim_error *err);

#endif
