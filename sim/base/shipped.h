/* shipped.h -- where the files are that come with dmlsim. */
#ifndef SIM_SHIPPED_H
#define SIM_SHIPPED_H

#include "sim/base/arena.h"

/* The folder that holds platforms/ and scenarios/: the tree that this program was built in, or where it is
 * installed; in the arena.  It does not depend on the folder that the user stands in. */
const char *sim_shipped_folder(struct sim_arena *arena);

#endif
