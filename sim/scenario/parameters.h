/* parameters.h -- values of parameters, from their tables: one place for bounds, units and defaults. */
#ifndef SIM_SCENARIO_PARAMETERS_H
#define SIM_SCENARIO_PARAMETERS_H

#include "sim/algorithm.h"

#include <jansson.h>

/* Read `text` into the field of `values` that the row describes.  A list is "3, 1"; the path of a file is taken as it
 * is, and borrowed.  False with what is wrong, as the end
 * of a sentence, in complaint[size]. */
bool sim_parameter_read(const struct sim_parameter *row, const char *text, void *values,
                        char *complaint, size_t size);

/* Fill every field with its default; defaults are ours, so a bad one is an assert. */
void sim_parameters_default(const struct sim_parameter *rows, void *values);

/* The field as JSON: a number in the base unit, or a choice's name.  The caller owns it. */
json_t *sim_parameter_json(const struct sim_parameter *row, const void *values);

const struct sim_parameter *sim_parameter_find(const struct sim_parameter *rows, const char *name);

/* In words, for show and the manual: "count", "bytes", "ratio", "choice"; "1 to 1048576". */
const char *sim_kind_name(enum sim_kind kind);
const char *sim_parameter_bounds(const struct sim_parameter *row, struct sim_arena *arena);

#endif
