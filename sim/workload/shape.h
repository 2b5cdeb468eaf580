/* shape.h -- shapes as text: "3x224x224". */
#ifndef SIM_WORKLOAD_SHAPE_H
#define SIM_WORKLOAD_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

/* How many numbers a tensor of that shape has, in *numbers; false when the text is no shape, or has more
 * than can be counted in bytes. */
bool sim_shape_size(const char *text, int64_t *numbers);

#endif
