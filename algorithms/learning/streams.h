/* streams.h -- the random streams of learning: far from those of peers, which are small numbers.
 *
 * What a data set holds, who gets which part and what a model starts from must not change when a peer is
 * added or draws once more, so each has a stream of its own (sim/base/random.h). */
#ifndef LEARNING_STREAMS_H
#define LEARNING_STREAMS_H

#include <stdint.h>

enum learning_stream {
    LEARNING_DATA,
    LEARNING_SPLIT,
    LEARNING_PARTITION,
    LEARNING_WEIGHTS,
    LEARNING_PARTITION_SIZES
};

static inline uint64_t learning_stream(enum learning_stream what)
{
    return UINT64_C(0x6c6561726e000000) + what;
}

/* The weights of one of a system's chains (network.h): another chain more changes none of them. */
static inline uint64_t learning_chain_stream(uint32_t chain)
{
    return UINT64_C(0x636861696e000000) + chain;
}

/* The order of samples in one epoch, for whoever has that number. */
static inline uint64_t learning_epoch_stream(uint32_t who, uint32_t epoch)
{
    return UINT64_C(0x8000000000000000) + ((uint64_t)who << 32) + epoch;
}

#endif
