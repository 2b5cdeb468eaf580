/* cost.h -- how long a layer takes on a device: a roofline with a smooth knee.
 *
 * Williams, Waterman and Patterson, Roofline: an insightful visual performance model for multicore
 * architectures, CACM 2009.  MODEL.md has the defaults, and where they come from. */
#ifndef SIM_WORKLOAD_COST_H
#define SIM_WORKLOAD_COST_H

#include "sim/workload/model.h"

struct sim_device; /* sim/platform/device.h */

enum sim_pass { SIM_FORWARD, SIM_BACKWARD };

/* Seconds of that pass over `batch` samples on a device that does nothing else:
 *
 *     overhead + sqrt(T_flop^2 + T_byte^2)
 *
 * T_flop = flop / (speed x efficiency), T_byte = bytes / (memory bandwidth x byte_efficiency), 0 when the
 * device does not tell its bandwidth.  A measured layer takes its own seconds, in proportion to the batch, on
 * the reference device, and longer on a slower one.  A layer of kind input takes no time. */
double sim_layer_seconds(const struct sim_device *device, const struct sim_layer *layer, int batch,
                         enum sim_pass pass);

/* Bytes between the device and its memory in that pass. */
double sim_layer_memory_bytes(const struct sim_layer *layer, int batch, enum sim_pass pass);

#endif
