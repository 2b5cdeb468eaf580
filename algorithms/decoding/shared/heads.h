/* heads.h -- how often the guesses of Medusa's heads are right: a table of heads and ranks.
 *
 * A CSV file whose first line is head, top1, top2, ...: the share of tokens that are among the first 1, 2, ... guesses of that
 * head; heads from 0 on, the one of the token behind the next first (Cai et al., Medusa, ICML 2024). */
#ifndef DECODING_HEADS_H
#define DECODING_HEADS_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdbool.h>

struct heads {
    int heads, ranks;
    double *cumulative; /* [heads x ranks] */
};

/* False with a sentence. */
bool heads_read(struct heads *heads, const char *path, struct sim_arena *arena,
                struct sim_error *err);

#endif
