/* directory.h -- a run directory is replaced as a whole or not at all.
 *
 * It is written under a name of its own beside the target, which takes its place in one step.  A folder
 * that is no run directory is never touched. */
#ifndef SIM_TRACE_DIRECTORY_H
#define SIM_TRACE_DIRECTORY_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

struct sim_directory {
    const char *target;  /* where it shall be */
    const char *partial; /* where it is being written */
    const char *made;    /* the outermost folder that had to be made for it, or NULL */
};

/* Make the folder to write to.  Refuses, with a sentence, a target that is something else, or that
 * cannot be written. */
bool sim_directory_begin(struct sim_directory *directory, const char *target,
                         struct sim_arena *arena, struct sim_error *err);

/* Put it in place of what may stand there. */
bool sim_directory_commit(const struct sim_directory *directory, struct sim_error *err);

/* Leave everything as it was. */
void sim_directory_abandon(const struct sim_directory *directory);

/* Does `path` hold a summary.json of ours? */
bool sim_is_run_directory(struct sim_arena *arena, const char *path);

#endif
