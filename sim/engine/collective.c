/* collective.c -- runs a table of steps on a group of peers: one consumer of the table among several. */
#include "sim/engine/engine.h"

#include <assert.h>
#include <string.h>

int64_t sim_part_begin(int64_t size, int k, int n)
{
    const int64_t whole = size / n, rest = size % n;

    return k * whole + (k < rest ? k : rest);
}

int64_t sim_largest_chunk(int64_t bytes, int n)
{
    return (bytes + n - 1) / n;
}

struct sim_range sim_chunk(int n, int k)
{
    return (struct sim_range){.first = (k % n + n) % n, .count = 1, .of = n};
}

/* A range is at most two runs: up to the end, and from the beginning. */
struct run {
    int64_t begin, length;
};

static int cut(int64_t size, struct sim_range range, struct run runs[2])
{
    const int end = range.first + range.count;
    const int first_end = end < range.of ? end : range.of;

    assert(range.first >= 0 && range.first < range.of && range.count >= 0 &&
           range.count <= range.of);
    runs[0].begin = sim_part_begin(size, range.first, range.of);
    runs[0].length = sim_part_begin(size, first_end, range.of) - runs[0].begin;
    runs[1].begin = 0;
    runs[1].length = end > range.of ? sim_part_begin(size, end - range.of, range.of) : 0;
    return 2;
}

static int64_t length_of(int64_t size, struct sim_range range)
{
    struct run runs[2];

    cut(size, range, runs);
    return runs[0].length + runs[1].length;
}

/* ---- real values ---- */

/* Snapshots of what is sent, since the sender may change it before it is read; by power of two. */
struct spare_values {
    struct spare_values *next;
    int power;
    double values[];
};

static struct spare_values *take_values(struct engine *engine, size_t count)
{
    struct spare_values *spare;
    int power = 0;

    while (((size_t)1 << power) < count)
        power++;
    spare = engine->spare_values[power];
    if (spare != NULL) {
        engine->spare_values[power] = spare->next;
        return spare;
    }
    spare = sim_arena_take(engine->arena, 1, sizeof *spare + ((size_t)1 << power) * sizeof(double));
    spare->power = power;
    return spare;
}

static void *snapshot(struct engine *engine, const struct sim_buffer *buffer,
                      struct sim_range range)
{
    struct spare_values *copy;
    struct run runs[2];

    if (buffer->values == NULL)
        return NULL;
    cut((int64_t)buffer->count, range, runs);
    copy = take_values(engine, (size_t)(runs[0].length + runs[1].length));
    memcpy(copy->values, buffer->values + runs[0].begin, (size_t)runs[0].length * sizeof(double));
    memcpy(copy->values + runs[0].length, buffer->values, (size_t)runs[1].length * sizeof(double));
    return copy;
}

static void combine(struct engine *engine, const struct sim_buffer *buffer,
                    const struct sim_step *step, struct spare_values *arrived)
{
    const double *value = arrived == NULL ? NULL : arrived->values;
    struct run runs[2];

    if (buffer->values == NULL || arrived == NULL)
        return;
    cut((int64_t)buffer->count, step->receive, runs);
    for (int r = 0; r < 2; r++)
        for (int64_t i = runs[r].begin; i < runs[r].begin + runs[r].length; i++)
            buffer->values[i] = (step->combine == SIM_SUM ? buffer->values[i] : 0) + *value++;
    arrived->next = engine->spare_values[arrived->power];
    engine->spare_values[arrived->power] = arrived;
}

/* ---- running the table ---- */

static enum sim_status do_step(struct sim_peer *me, const struct sim_group *group,
                               const struct sim_step *step, const struct sim_buffer *buffer)
{
    struct engine *engine = ((struct peer *)me)->engine;
    struct sim_activity *send = NULL, *receive = NULL;
    enum sim_status got = SIM_OK, gave = SIM_OK;
    struct sim_message arrived = {0};

    if (step->to != SIM_NOBODY)
        send = sim_start_send(me, group->peers[step->to],
                              (struct sim_message){length_of(buffer->bytes, step->send),
                                                   snapshot(engine, buffer, step->send)});
    if (step->from != SIM_NOBODY)
        receive = sim_start_receive(me, group->peers[step->from]);
    if (receive != NULL)
        got = sim_wait(me, receive, &arrived);
    if (send != NULL)
        gave = sim_wait(me, send, NULL);
    if (got != SIM_OK || gave != SIM_OK)
        return got != SIM_OK ? got : gave;
    if (receive != NULL)
        combine(engine, buffer, step, arrived.payload);
    if (receive != NULL && step->combine == SIM_SUM)
        sim_compute(me, buffer->flop_per_byte * (double)length_of(buffer->bytes, step->receive));
    return SIM_OK;
}

static int place_in(const struct sim_group *group, int number)
{
    int place = 0;

    while (place < group->size && group->peers[place] != number)
        place++;
    assert(place < group->size && "a collective is for members of its group");
    return place;
}

enum sim_status sim_collective(struct sim_peer *me, const struct sim_group *group, sim_steps *steps,
                               const struct sim_buffer *buffer)
{
    struct peer *peer = (struct peer *)me;
    const int rank = place_in(group, me->number);
    enum sim_status status = SIM_OK;
    struct sim_step step;

    for (int s = 0; status == SIM_OK && steps(group->size, rank, s, &step); s++) {
        peer->step = s;
        sim_phase(me, step.phase);
        status = do_step(me, group, &step, buffer);
    }
    peer->step = SIM_NO_STEP;
    return status;
}
