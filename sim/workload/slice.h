/* slice.h -- a network made narrower: the first channels of each hidden layer.
 *
 * Diao, Ding, Tarokh, "HeteroFL: Computation and Communication Efficient Federated Learning for Heterogeneous
 * Clients", ICLR 2021, section 3: at rate r a hidden layer of n channels keeps ceil(r n); what enters the network
 * and what leaves it stay whole. */
#ifndef SIM_WORKLOAD_SLICE_H
#define SIM_WORKLOAD_SLICE_H

#include "sim/workload/model.h"

/* A copy of `model`, which must be complete, at that rate: shapes, parameters, MACs, flop and bytes of each layer.
 *
 *   conv            k c_in c_out weights and e c_out numbers beside (bias, norm); k and e follow from the table
 *   fc, matmul      the same with all that is read (flattened), or with the last side of each token
 *   depthwise       e numbers for each channel, and as many channels as are read
 *   embedding       rows x width
 *   norm, pool, add and what else keeps its channels: as many as are read; numbers for each channel
 *   concat, reshape the channels of what is read, added up or times a whole number
 *
 * Layers behind the last conv, fc or matmul of a branch keep that one's channels: it is the class layer.  flop
 * beyond 2 x MACs shrink as the output does; backward flop keep their ratio to forward flop.
 *
 * NULL with a sentence for a rate outside 0 .. 1, and for what cannot be sliced by a table: attention (its heads
 * are not in it), convolutions in groups, sums of unlike widths, unknown kinds and shapes, measured seconds. */
const struct sim_model *sim_model_slice(struct sim_arena *arena, const struct sim_model *model,
                                        double rate, struct sim_error *err);

#endif
