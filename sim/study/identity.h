/* identity.h -- what makes two simulations the same one: the resolved scenario, the platform's file, and the version of
 * dmlsim.  Stores know points by it. */
#ifndef SIM_STUDY_IDENTITY_H
#define SIM_STUDY_IDENTITY_H

#include "sim/scenario/scenario.h"

enum { SIM_IDENTITY_SIZE = 17 };

/* The platform hashed last: points vary little but numbers, and most have the platform of the point before.  Begins as
 * {.arena = ...}, which outlives it. */
struct sim_identifier {
    struct sim_arena *arena;
    const char *platform;
    uint64_t platform_hash;
};

/* The hash of a scenario that is to be simulated, as 16 digits: FNV-1a (Fowler, Noll, Vo 1991), 64 bits.
 * Returns the text of the resolved scenario that was hashed, in `arena`. */
const char *sim_identify(struct sim_identifier *identifier, const struct sim_scenario *scenario,
                         char identity[SIM_IDENTITY_SIZE], struct sim_arena *arena);

#endif
