/* dgc.h -- what one worker of deep gradient compression keeps and sends: Lin, Han, Mao, Wang, Dally, ICLR 2018,
 * Algorithm 1 and section 3.
 *
 *   g <- the gradient, clipped to the norm threshold N^-1/2        local gradient clipping
 *   u <- m u + g;  v <- v + u      (Nesterov: u <- m (u + g);  v <- v + u + g)      momentum correction
 *   per layer, mask <- the largest |v|, by a sampled threshold (top_k.h)
 *   send v where mask (run_length.h);  v <- 0 there;  u <- 0 there      momentum factor masking
 *
 * Nothing is lost: what was sent and what is kept in v add up to all that was ever added to v.  The wire
 * has 32 bits for a number, so v keeps what rounding took off instead of exactly 0 (in the paper all is single
 * precision, and that is 0).
 *
 * Sparsity 0 sends v whole, as doubles, untouched by any rounding: without momentum and clipping that is the
 * gradient bit for bit.  It counts 4 bytes a number all the same, as every dense gradient here: on a real
 * machine all numbers would be single.  With masking it forgets all momentum, as the algorithm then says: a system
 * whose compression is off leaves this out and keeps one u for the sum. */
#ifndef CODECS_DGC_H
#define CODECS_DGC_H

#include "algorithms/learning/layer.h"
#include "sim/base/arena.h"
#include "sim/base/error.h"
#include "sim/base/random.h"

#include <stddef.h>
#include <stdint.h>

struct dgc_settings {
    double momentum; /* m; 0: none, and u is not used */
    bool nesterov;
    bool masks_momentum; /* factor masking; the paper: yes */
    double clip_norm;    /* threshold, of the sum over workers; 0: no clipping */
    int workers;         /* N */
    double sample_share; /* of a layer, for its threshold: 0.001 to 0.01 in the paper; 1: exact */
};

struct dgc; /* u, v and workspace of one worker; lives in the arena */

/* For gradients with those layers, one after another from 0 (borrowed). */
struct dgc *dgc_open(struct sim_arena *arena, const struct dgc_settings *settings,
                     const struct layer *layers, int layer_count);

/* A gradient, or a sum of some, on its way.  It belongs to who made it, and others read it: whoever sends it
 * must not compress into it again before the last of them has. */
struct dgc_message {
    size_t count;         /* numbers of the gradient */
    size_t sent;          /* of them that are in it */
    size_t byte_count;    /* on the wire */
    bool is_dense;        /* then `dense` holds it, else `bytes` */
    unsigned char *bytes; /* a run-length stream */
    double *dense;
};
struct dgc_message *dgc_message_open(struct sim_arena *arena, size_t count);

/* Take in a gradient, and fill `message` with what is to be sent at that sparsity (0 .. 1, exclusive).
 * A gradient that is not finite is refused with a sentence before anything is changed; one that makes v
 * too large for 32 bits is refused after. */
bool dgc_compress(struct dgc *dgc, const double *gradient, double sparsity,
                  struct sim_random *random, struct dgc_message *message, struct sim_error *err);

/* Add a message to `sum`, of message->count numbers. */
bool dgc_add(const struct dgc_message *message, double *sum, struct sim_error *err);

/* Fill `message` with a sum of gradients, message->count numbers: those that are not zero (in 32 bits), or all
 * of them as they are, where that takes fewer bytes.  `places` is room for as many. */
void dgc_encode_sum(const double *sum, uint32_t *places, struct dgc_message *message);

/* Bytes of a message on average, without its numbers: layer-wise choices (top_k_expected), each choice of
 * places as likely.  For runs without learning. */
double dgc_expected_bytes(const struct dgc_settings *settings, const struct layer *layers,
                          int layer_count, double sparsity);

/* What is kept back: v; and all that was ever added to v, whether sent or kept. */
const double *dgc_kept(const struct dgc *dgc);
const double *dgc_taken_in(const struct dgc *dgc);

/* Warm-up: 1 - 4^-(epoch + 1), that is 75, 93.75, 98.4375, 99.6 %, in the first `warm_up` epochs, but never
 * above `final`, which holds from then on (section 3.3). */
double dgc_sparsity(int epoch, int warm_up, double final);

#endif
