#include "algorithms/data_parallel/shared/keys.h"

#include <limits.h>
#include <string.h>

const char *const consistency_choices[] = {[BSP] = "bsp",
                                           [ASYNCHRONOUS] = "asynchronous",
                                           [BOUNDED_DELAY] = "bounded_delay",
                                           [STALE_SYNCHRONOUS] = "stale_synchronous",
                                           NULL};

struct keys_of {
    int pushed, answered; /* clocks */
    bool counts;          /* others wait for it */
    bool is_dead;
};

static bool averages(const struct keys *keys)
{
    return keys->consistency == BSP || keys->consistency == BOUNDED_DELAY;
}

struct keys *keys_open(struct sim_arena *arena, enum consistency consistency, int delay,
                       int workers, const double *parameters, size_t count, const struct sgd *sgd)
{
    struct keys *keys = sim_new(arena, struct keys, 1);

    *keys = (struct keys){.consistency = consistency,
                          .delay = delay,
                          .workers = workers,
                          .count = count,
                          .sgd = sgd,

                          .slots = (consistency == BOUNDED_DELAY ? delay : 0) + 1};
    keys->of = sim_new(arena, struct keys_of, (size_t)workers);
    keys->sums = sim_new(arena, double *, (size_t)keys->slots);
    keys->pushes = sim_new(arena, int, (size_t)keys->slots);
    keys->parameters = sim_new(arena, double, count);
    keys->velocity = sim_new(arena, double, count);
    for (int s = 0; s < keys->slots; s++)
        keys->sums[s] = sim_new(arena, double, count);
    for (int w = 0; w < workers; w++)
        keys->of[w].counts = true;
    if (count > 0)
        memcpy(keys->parameters, parameters, count * sizeof *parameters);
    return keys;
}

/* ---- pushes ---- */

/* A push of its own: a step of 1 / workers, so that one of each is as much as one averaged clock. */
static void apply(struct keys *keys, const double *gradient)
{
    if (keys->count == 0)
        return;
    for (size_t i = 0; i < keys->count; i++)
        keys->sums[0][i] = gradient[i] / keys->workers;
    sgd_step(keys->sgd, keys->updates, keys->parameters, keys->sums[0], keys->velocity,
             keys->count);
}

static void add(struct keys *keys, int clock, const double *gradient)
{
    double *sum = keys->sums[clock % keys->slots];

    if (keys->pushes[clock % keys->slots]++ == 0)
        memset(sum, 0, keys->count * sizeof *sum);
    for (size_t i = 0; i < keys->count; i++)
        sum[i] += gradient[i];
}

bool keys_push(struct keys *keys, int worker, int clock, const double *gradient)
{
    struct keys_of *of = &keys->of[worker];

    /* Known already: it was answered by a server that died, or not at all, or came back too late. */
    if (clock < (averages(keys) ? keys->done : of->pushed)) {
        of->pushed = averages(keys) ? keys->done : of->pushed;
        of->answered = of->pushed - 1;
        return false;
    }
    if (clock > of->pushed)
        of->answered =
            clock; /* it was dead for the clocks between, and expects no answers to them */
    of->pushed = clock + 1;
    if (averages(keys)) {
        add(keys, clock, gradient);
        return true;
    }
    apply(keys, gradient);
    keys->updates++;
    return true;
}

/* ---- who is there ---- */

void keys_drop(struct keys *keys, int worker)
{
    keys->of[worker].counts = false;
    keys->of[worker].is_dead = true;
}

void keys_return(struct keys *keys, int worker)
{
    keys->of[worker].is_dead = false;
    keys->of[worker].counts = true;
    keys->of[worker].pushed = keys->of[worker].answered = keys->done;
}

/* Workers may have turned to this replica before its last copy is taken: what they pushed of clocks that
 * the copy has already is in it, but they still wait for as many answers. */
void keys_restore(struct keys *keys, int done, const int *pushed, const double *parameters)
{
    if (averages(keys) && done <= keys->done)
        return;
    for (int clock = keys->done; clock < done && clock < keys->done + keys->slots; clock++)
        keys->pushes[clock % keys->slots] = 0;
    for (int w = 0; w < keys->workers; w++) {
        struct keys_of *of = &keys->of[w];
        const int known = averages(keys) ? done : pushed[w];
        const int expected = of->pushed - of->answered;

        if (of->pushed < known)
            of->pushed = known;
        of->answered = of->pushed - expected;
    }
    keys->done = done;
    if (keys->count > 0)
        memcpy(keys->parameters, parameters, keys->count * sizeof *parameters);
}

bool keys_is_dead(const struct keys *keys, int worker)
{
    return keys->of[worker].is_dead;
}

bool keys_is_first(const struct keys *keys, int clock)
{
    return averages(keys) && keys->pushes[clock % keys->slots] == 0;
}

int keys_pushed(const struct keys *keys, int worker)
{
    return keys->of[worker].pushed;
}

/* The clocks that all who count have pushed; INT_MAX when nobody counts. */
static int slowest(const struct keys *keys)
{
    int least = INT_MAX;

    for (int w = 0; w < keys->workers; w++)
        if (keys->of[w].counts && keys->of[w].pushed < least)
            least = keys->of[w].pushed;
    return least;
}

/* ---- what follows ---- */

static void average(struct keys *keys)
{
    const int slot = keys->done % keys->slots;

    for (size_t i = 0; i < keys->count; i++)
        keys->sums[slot][i] /= keys->pushes[slot];
    if (keys->count > 0 && keys->pushes[slot] > 0)
        sgd_step(keys->sgd, keys->done, keys->parameters, keys->sums[slot], keys->velocity,
                 keys->count);
    keys->pushes[slot] = 0;
    keys->updates++;
}

bool keys_complete(struct keys *keys)
{
    const int least = slowest(keys);

    if (least == INT_MAX || least <= keys->done)
        return false;
    if (averages(keys))
        average(keys);
    keys->done++;
    return true;
}

static bool may_answer(const struct keys *keys, const struct keys_of *of)
{
    if (of->is_dead || of->answered >= of->pushed)
        return false;
    switch (keys->consistency) {
    case ASYNCHRONOUS: return true;
    case STALE_SYNCHRONOUS: return of->pushed - slowest(keys) <= keys->delay;
    default: return of->answered < keys->done;
    }
}

int keys_answer(struct keys *keys, int *clock)
{
    for (int w = 0; w < keys->workers; w++) {
        struct keys_of *of = &keys->of[w];

        if (!may_answer(keys, of))
            continue;
        of->answered = averages(keys) ? of->answered + 1 : of->pushed;
        *clock = of->answered;
        return w;
    }
    return -1;
}

bool keys_are_finished(const struct keys *keys, int clocks)
{
    for (int w = 0; w < keys->workers; w++)
        if (keys->of[w].counts && keys->of[w].answered < clocks)
            return false;
    return true;
}
