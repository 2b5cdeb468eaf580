/* sparse.h -- how many bytes sparse gradients and their sums take, where there are no numbers: learning off.
 *
 * A message is what dgc_compress sends, in expectation (dgc_expected_bytes).  A sum of such messages holds the
 * places of several workers, which may have some in common; it travels dense where that takes fewer bytes. */
#ifndef DATA_PARALLEL_SPARSE_H
#define DATA_PARALLEL_SPARSE_H

#include "algorithms/codecs/dgc.h"

/* Of w workers that send k of n numbers each, the sum holds */
enum sparse_merging {
    SPARSE_WORST_CASE, /* min(n, w k): no place in common (Lin et al., ICLR 2018, section 4.3) */
    SPARSE_BY_CHANCE,  /* n (1 - (1 - k/n)^w): each choice of places as likely */
};
extern const char *const sparse_mergings[]; /* NULL-ended, for a SIM_CHOICE parameter */

struct sparse {
    struct dgc_settings dgc;
    enum sparse_merging merging;
    const struct layer *layers;
    int layer_count;
    int64_t number_count;   /* of all layers */
    int64_t gradient_bytes; /* G, dense */
};

/* At one sparsity; at sparsity 0 all is dense. */
struct sparse_sizes {
    double sparsity;
    int64_t message; /* M, of one worker */
    int64_t sum;     /* U, of all */

    /* Of a part of N, of those with fewer numbers and of the first number_count % N, which have one more, with
     * the sum over 1 .. N workers in it; NULL where they are not wanted, or dense. */
    int64_t *part[2];
};

/* Fill in the rest of `sizes`, whose sparsity is given; parts only if they are wanted. */
void sparse_size(struct sim_arena *arena, const struct sparse *sparse, bool with_parts,
                 struct sparse_sizes *sizes);

/* Bytes that all parts take round a ring: each is sent N-1 times on its way to being a sum, with 1 .. N-1
 * workers in it, and N-1 times as one. */
double sparse_ring_bytes(const struct sparse *sparse, const struct sparse_sizes *sizes);

#endif
