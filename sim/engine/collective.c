/* collective.c -- runs a table of steps on a group of peers: one consumer of the table among several. */
#include "sim/engine/collective.h"

#include "sim/engine/ahead.h"

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

struct sim_range sim_whole(void)
{
    return (struct sim_range){.first = 0, .count = 1, .of = 1};
}

/* ---- the pieces of a range ---- */

struct piece {
    int64_t begin, length;
};

/* The next piece of the range, from place *at on; false when there is none left. */
static bool next_piece(int64_t size, struct sim_range range, int *at, struct piece *piece)
{
    int part, count;

    while (range.mask != 0 && *at < range.count && (*at & range.mask) == 0)
        ++*at;
    if (*at >= range.count)
        return false;
    part = (range.first + *at) % range.of;
    count = range.of - part < range.count - *at ? range.of - part : range.count - *at;
    if (range.mask != 0)
        count = 1;
    *at += count;
    piece->begin = sim_part_begin(size, part, range.of);
    piece->length = sim_part_begin(size, part + count, range.of) - piece->begin;
    return true;
}

int64_t collective_length(int64_t size, struct sim_range range)
{
    struct piece piece;
    int64_t length = 0;

    assert(range.first >= 0 && range.first < range.of && range.count >= 0 &&
           range.count <= range.of);
    for (int at = 0; next_piece(size, range, &at, &piece);)
        length += piece.length;
    return length;
}

struct sim_buffer sim_slice(const struct sim_buffer *whole, struct sim_range part)
{
    const int64_t count = (int64_t)whole->count;
    const int64_t begin = sim_part_begin(count, part.first, part.of);
    struct sim_buffer slice = *whole;

    assert(part.mask == 0 && part.first + part.count <= part.of);
    slice.bytes = collective_length(whole->bytes, part);
    slice.count = (size_t)collective_length(count, part);
    if (whole->values != NULL)
        slice.values = whole->values + begin;
    if (whole->original != NULL)
        slice.original = whole->original + begin;
    return slice;
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
                      const struct sim_step *step)
{
    const double *values = step->sends_original ? buffer->original : buffer->values;
    const int64_t count = (int64_t)buffer->count;
    struct spare_values *copy;
    struct piece piece;
    double *next;

    if (buffer->values == NULL)
        return NULL;
    copy = take_values(engine, (size_t)collective_length(count, step->send));
    next = copy->values;
    for (int at = 0; next_piece(count, step->send, &at, &piece); next += piece.length)
        memcpy(next, values + piece.begin, (size_t)piece.length * sizeof(double));
    return copy;
}

void collective_combine(struct engine *engine, const struct sim_buffer *buffer,
                        const struct sim_step *step, void *arrived_values)
{
    struct spare_values *arrived = arrived_values;
    const int64_t count = (int64_t)buffer->count;
    const double *value = arrived == NULL ? NULL : arrived->values;
    struct piece piece;

    if (buffer->values == NULL || arrived == NULL)
        return;
    for (int at = 0; next_piece(count, step->receive, &at, &piece);)
        for (int64_t i = piece.begin; i < piece.begin + piece.length; i++)
            buffer->values[i] = (step->combine == SIM_SUM ? buffer->values[i] : 0) + *value++;
    arrived->next = engine->spare_values[arrived->power];
    engine->spare_values[arrived->power] = arrived;
}

double collective_flop(const struct sim_buffer *buffer, const struct sim_step *step)
{
    if (step->from == SIM_NOBODY || step->combine != SIM_SUM)
        return 0;
    return buffer->flop_per_byte * (double)collective_length(buffer->bytes, step->receive);
}

/* ---- one step, in any lane ---- */

struct sim_message collective_message(struct engine *engine, const struct sim_buffer *buffer,
                                      const struct sim_step *step)
{
    return (struct sim_message){collective_length(buffer->bytes, step->send),
                                snapshot(engine, buffer, step)};
}

void collective_start(struct peer *peer, const struct sim_group *group, const struct sim_step *step,
                      const struct sim_buffer *buffer, int lane, struct sim_activity **send,
                      struct sim_activity **receive)
{
    *send = *receive = NULL;
    sim_phase(&peer->open, step->phase);
    if (step->to != SIM_NOBODY)
        *send = peer_start_send(peer, group->peers[step->to], lane,
                                collective_message(peer->engine, buffer, step));
    if (step->from != SIM_NOBODY)
        *receive = peer_start_receive(peer, group->peers[step->from], lane);
}

int collective_place(const struct sim_group *group, int number)
{
    int place = 0;

    if (number < group->size && group->peers[number] == number) /* as most groups are */
        return number;
    while (place < group->size && group->peers[place] != number)
        place++;
    assert(place < group->size && "a collective is for members of its group");
    return place;
}

/* ---- one collective alone: the peer blocks in each step ---- */

static enum sim_status do_step(struct sim_peer *me, const struct sim_group *group,
                               const struct sim_step *step, const struct sim_buffer *buffer)
{
    struct peer *peer = (struct peer *)me;
    struct sim_activity *send, *receive;
    enum sim_status got = SIM_OK, gave = SIM_OK;
    struct sim_message arrived = {0};

    collective_start(peer, group, step, buffer, 0, &send, &receive);
    if (receive != NULL)
        got = sim_wait(me, receive, &arrived);
    if (send != NULL)
        gave = sim_wait(me, send, NULL);
    if (got != SIM_OK || gave != SIM_OK)
        return got != SIM_OK ? got : gave;
    if (receive != NULL)
        collective_combine(peer->engine, buffer, step, arrived.payload);
    sim_compute(me, collective_flop(buffer, step));
    return SIM_OK;
}

enum sim_status sim_collective(struct sim_peer *me, const struct sim_group *group, sim_steps *steps,
                               const struct sim_buffer *buffer)
{
    struct peer *peer = (struct peer *)me;
    const int rank = collective_place(group, me->number);
    enum sim_status status = SIM_OK;
    struct sim_step step = {0};
    const char *why;

    peer->tells += buffer->values != NULL;
    if (ahead_may(peer, buffer->flop_per_byte > 0, &why)) {
        ahead_collective(peer, group, steps, buffer);
        return SIM_OK;
    }
    engine_tell_why(peer->engine, why);
    for (int s = 0; status == SIM_OK && steps(group->size, rank, s, &step); s++) {
        peer->step = s;
        status = do_step(me, group, &step, buffer);
        step = (struct sim_step){0};
    }
    peer->step = SIM_NO_STEP;
    return status;
}

bool collective_adds(const struct sim_lane *lane)
{
    for (int s = 0; s < lane->count; s++)
        if (lane->stages[s].buffer.flop_per_byte > 0)
            return true;
    return false;
}
