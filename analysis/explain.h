/* explain.h -- what `dmlsim explain` says of runs of one kind. */
#ifndef ANALYSIS_EXPLAIN_H
#define ANALYSIS_EXPLAIN_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <jansson.h>

/* Of a pipeline's run: the order of operations, its bubble, and where stages wait.  False, with a sentence, when
 * a file of the run is damaged. */
bool analysis_explain_pipeline(const json_t *summary, const char *folder, struct sim_arena *arena,
                               struct sim_error *err);

#endif
