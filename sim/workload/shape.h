/* shape.h -- shapes as text: "3x224x224". */
#ifndef SIM_WORKLOAD_SHAPE_H
#define SIM_WORKLOAD_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

/* How many numbers a tensor of that shape has, in *numbers; false when the text is no shape, or has more
 * than can be counted in bytes. */
bool sim_shape_size(const char *text, int64_t *numbers);

/* Its sides, at most so many of them, and how many there are; 0 when the text is no shape or has more. */
int sim_shape_sides(const char *text, int64_t *sides, int most);

#endif
