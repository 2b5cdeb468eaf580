/* edit.h -- a platform file with a few values other than it has: what if this link were wider?
 *
 * Every element of SimGrid's XML can be named by its kind and its id: link[uplink].bandwidth, host[edge-*].speed.
 * What is no attribute of hosts or links is a property of theirs: host[phone-3].memory. */
#ifndef SIM_PLATFORM_EDIT_H
#define SIM_PLATFORM_EDIT_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stddef.h>

struct sim_platform_edit {
    const char *element; /* "link" */
    const char *id;      /* a pattern, as in faults */
    const char *attribute, *value;
};

/* Take "link[uplink]" apart; false when it is none. */
bool sim_platform_edit_target(struct sim_arena *arena, const char *text,
                              struct sim_platform_edit *edit);

/* Is it a bandwidth or a latency of links?  SimGrid can change those of a platform that it has loaded. */
bool sim_platform_edit_tunes(const struct sim_platform_edit *edit);

/* The others, in the arena; how many in *lasting. */
const struct sim_platform_edit *sim_platform_edits_that_last(const struct sim_platform_edit *edits,
                                                             int count, int *lasting,
                                                             struct sim_arena *arena);

/* The text of that file with the edits, in the arena; its length in *length.  NULL, with a sentence, where the file cannot
 * be read, or has nothing of that name. */
const char *sim_platform_edited(const char *path, const struct sim_platform_edit *edits, int count,
                                size_t *length, struct sim_arena *arena, struct sim_error *err);

/* What stands where `target` would write, in the file with those edits: one entry for each element that is meant, with
 * its own id; `value` is NULL where the element has no such attribute or property.  Returns their number; 0, with a
 * sentence, where there is none or the file cannot be read. */
int sim_platform_values(const char *path, const struct sim_platform_edit *edits, int count,
                        const struct sim_platform_edit *target,
                        const struct sim_platform_edit **values, struct sim_arena *arena,
                        struct sim_error *err);

#endif
