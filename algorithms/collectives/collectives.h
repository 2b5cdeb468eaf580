/* collectives.h -- the tables of steps that systems share; each is explained in the file of its name.
 *
 * sim_collective(me, group, ring_allreduce_steps, &buffer) runs one. */
#ifndef COLLECTIVES_H
#define COLLECTIVES_H

#include "sim/peer.h"

sim_steps ring_allreduce_steps;

#endif
