/* keys.h -- a key range of a parameter server: what it holds, and whom it may answer when.
 *
 * Pure bookkeeping, without time: the server's role tells it who has pushed and who has died, and asks what
 * follows.  A clock is an iteration; a worker has pushed `c` clocks when its gradients of clocks 0 .. c-1
 * have arrived.
 *
 *   bsp, bounded_delay   the pushes of one clock are averaged when all who count have pushed it; a worker is
 *                        answered its clock when that is done (Li et al., OSDI 2014, section 3.5; that a
 *                        worker may run ahead by the delay is the worker's affair)
 *   asynchronous         each push is applied as it comes, and answered at once
 *   stale_synchronous    likewise, but a worker is answered only while it is at most `delay` clocks ahead
 *                        of the slowest who counts (Ho et al., NIPS 2013) */
#ifndef DATA_PARALLEL_KEYS_H
#define DATA_PARALLEL_KEYS_H

#include "algorithms/learning/sgd.h"
#include "sim/base/arena.h"

enum consistency { BSP, ASYNCHRONOUS, BOUNDED_DELAY, STALE_SYNCHRONOUS };

extern const char *const consistency_choices[];

struct keys_of; /* what is known of one worker */

struct keys {
    enum consistency consistency;
    int delay, workers;
    int done;           /* clocks that are complete: 0 .. done-1 */
    size_t count;       /* numbers; 0 with learning off */
    double *parameters; /* count */
    double *velocity;
    const struct sgd *sgd;
    struct keys_of *of; /* [workers] */
    int slots;          /* clocks that may be open at once */
    double **sums;      /* [slots] of count */
    int *pushes;        /* [slots]: how many are in the sum */
    int64_t updates;
};

/* `parameters` (count numbers, copied) are where it begins. */
struct keys *keys_open(struct sim_arena *arena, enum consistency consistency, int delay,
                       int workers, const double *parameters, size_t count, const struct sgd *sgd);

/* A worker's gradient of that clock has arrived.  False when it comes too late and is not used. */
bool keys_push(struct keys *keys, int worker, int clock, const double *gradient);

/* It is dead: nobody waits for it any more. */
void keys_drop(struct keys *keys, int worker);

/* It is there again, and is waited for; its next push is of this clock or of an earlier one. */
void keys_return(struct keys *keys, int worker);

/* Take up the state of a replica: `done` clocks are complete, with those parameters. */
void keys_restore(struct keys *keys, int done, const int *pushed, const double *parameters);

/* Complete the next clock, if everyone who counts has pushed it; false when there is nothing to complete.
 * (Without clocks that are averaged, only `done` moves.) */
bool keys_complete(struct keys *keys);

/* A worker that may be answered, which then counts as answered: its number, and in *clock the clocks that
 * it has finished with the answer.  -1: none. */
int keys_answer(struct keys *keys, int *clock);

bool keys_is_dead(const struct keys *keys, int worker);

/* Would a push of that clock be the first in its sum? */
bool keys_is_first(const struct keys *keys, int clock);

/* Clocks that this worker has pushed. */
int keys_pushed(const struct keys *keys, int worker);

/* Has everyone who counts been answered all of `clocks`? */
bool keys_are_finished(const struct keys *keys, int clocks);

#endif
