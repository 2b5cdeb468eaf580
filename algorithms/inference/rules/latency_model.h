/* latency_model.h -- how long layers take, learnt from measurements: a curve for each kind of layer and each side.
 *
 * Kang et al., Neurosurgeon, ASPLOS 2017, section 5.1: for each type of layer a regression on what configures it, with
 * a linear or a logarithmic function, the latter for the plateau that performance reaches.  What configures a layer is
 * here its MACs, or, for kinds without (pools, norms), the bytes of its output. */
#ifndef INFERENCE_RULES_LATENCY_MODEL_H
#define INFERENCE_RULES_LATENCY_MODEL_H

#include "sim/base/fit.h"
#include "sim/workload/model.h"

enum latency_side { LATENCY_DEVICE, LATENCY_SERVER, LATENCY_SIDES };
extern const char *const latency_side_names[]; /* "device", "server" */

enum latency_form { LATENCY_LINEAR, LATENCY_LOGARITHMIC };

/* seconds = alpha + beta x, or alpha + beta ln x */
struct latency_curve {
    enum latency_side side;
    const char *kind;
    enum latency_form form;
    struct sim_line line;
    size_t count; /* measurements */
    struct latency_curve *next;
};

struct latency_model {
    struct latency_curve *curves;
};

/* From a CSV file with the columns side, kind, macs, activation_bytes, seconds.  Both forms are fitted by least squares
 * of relative errors (weights 1 / seconds^2); as both have two coefficients, the one with the smaller chi^2 is taken.
 * NULL with a sentence that names the line where a field makes no sense, or the kind of which there are fewer than
 * three measurements, or all of one size. */
const struct latency_model *latency_model_read(struct sim_arena *arena, const char *path,
                                               struct sim_error *err);

/* Seconds of a layer for one sample, never less than 0; a layer of kind `input` takes none.  NaN where nothing of its
 * kind was measured on that side. */
double latency_model_seconds(const struct latency_model *model, enum latency_side side,
                             const struct sim_layer *layer);

#endif
