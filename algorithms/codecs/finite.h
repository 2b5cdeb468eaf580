/* finite.h -- what codecs refuse: numbers that are none, or that 32 bits cannot hold. */
#ifndef CODECS_FINITE_H
#define CODECS_FINITE_H

#include "sim/base/error.h"

#include <stddef.h>

/* False, with a sentence that names the first bad one, unless every number is finite and rounds to a finite
 * 32-bit float.  `what` they are: "gradient". */
bool codec_is_finite(const double *values, size_t count, const char *what, struct sim_error *err);

#endif
