/* common_parts.h -- names without what all of them have in common, so that they fit beside each other. */
#ifndef ANALYSIS_COMMON_PARTS_H
#define ANALYSIS_COMMON_PARTS_H

#include "sim/base/arena.h"

/* "platforms/fat_tree.xml", "platforms/two_racks.xml" -> "fat_tree", "two_racks".  Only whole words go: what
 * ends, or begins, with one of / _ - and the full stop.  No name becomes empty, and no two become one. */
const char **analysis_without_common_parts(const char *const *names, int count,
                                           struct sim_arena *arena);

#endif
