/* memory.h -- what a worker has in the memory of its device, as far as a system counts it. */
#ifndef DATA_PARALLEL_MEMORY_H
#define DATA_PARALLEL_MEMORY_H

#include "sim/peer.h"

struct memory {
    double held_bytes, peak_bytes;
};

/* So many bytes more.  If the host's property `memory` is less, the run ends, and says so: "`what` need 20 GB here,
 * but the memory of its host is 16 GB: `advice`" -- unless
 * the scenario allows that. */
void memory_hold(struct sim_peer *me, struct memory *memory, double bytes, const char *what,
                 const char *advice);

void memory_let_go(struct memory *memory, double bytes);

#endif
