/* stream.c -- several collectives of one peer at once, and beside its computations.
 *
 * Lane l runs in slot l % at_once, after lane l - at_once: a slot's lanes follow one another at every peer,
 * so the messages of a slot are matched first to first, as those of a single collective are.  (Lane 0 of
 * the engine's channels is left to what roles send by themselves.) */
#include "sim/engine/background.h"
#include "sim/engine/collective.h"
#include "sim/engine/engine.h"

#include <assert.h>

/* What a slot has under way. */
enum { SEND, RECEIVE, ADD, KINDS };

struct slot {
    const struct sim_lane *lane; /* NULL: free */
    int number;                  /* of that lane, in the order in which they were added */
    int stage, s, rank;
    struct sim_step step;
    struct sim_activity *waits[KINDS];
};

struct waiting_lane {
    struct waiting_lane *next;
    const struct sim_lane *lane;
};

struct sim_stream {
    struct peer *peer;
    int at_once, begun;
    struct slot *slots;
    struct sim_activity **all; /* room for the activities of all slots, and one more */
    struct waiting_lane *first, **last;
    enum sim_status status; /* the first failure */
    struct sim_stream *next_spare;
    bool adds, has_begun;          /* a lane that computes was added; any was */
    struct background *background; /* NULL: this file sees to the lanes */
};

/* ---- a slot ---- */

static const struct sim_stage *stage_of(const struct slot *slot)
{
    return &slot->lane->stages[slot->stage];
}

static void enter_stage(struct sim_stream *stream, struct slot *slot, int stage)
{
    slot->stage = stage;
    slot->s = 0;
    if (stage == slot->lane->count)
        return;
    stream->peer->tells += stage_of(slot)->buffer.values != NULL;
    slot->rank = collective_place(stage_of(slot)->group, stream->peer->open.number);
}

static bool is_under_way(const struct slot *slot)
{
    return slot->waits[SEND] != NULL || slot->waits[RECEIVE] != NULL || slot->waits[ADD] != NULL;
}

/* Start the next step that moves anything; at the end of the lane the slot is free. */
static void move_on(struct sim_stream *stream, struct slot *slot)
{
    struct peer *peer = stream->peer;

    while (slot->lane != NULL && !is_under_way(slot)) {
        const struct sim_stage *stage;

        if (slot->stage == slot->lane->count) {
            slot->lane = NULL;
            break;
        }
        stage = stage_of(slot);
        slot->step = (struct sim_step){0};
        if (!stage->steps(stage->group->size, slot->rank, slot->s, &slot->step)) {
            enter_stage(stream, slot, slot->stage + 1);
            continue;
        }
        peer->step = slot->s++;
        collective_start(peer, stage->group, &slot->step, &stage->buffer,
                         1 + (int)(slot - stream->slots), &slot->waits[SEND],
                         &slot->waits[RECEIVE]);
    }
}

/* Both transfers of a step have ended: add what came. */
static void add_up(struct sim_stream *stream, struct slot *slot)
{
    const double flop = collective_flop(&stage_of(slot)->buffer, &slot->step);

    if (flop > 0)
        slot->waits[ADD] = sim_start_compute(&stream->peer->open, flop);
}

static void fail_all(struct sim_stream *stream, enum sim_status status)
{
    if (stream->status == SIM_OK)
        stream->status = status;
    stream->first = NULL;
    stream->last = &stream->first;
    for (int i = 0; i < stream->at_once; i++) {
        for (int kind = 0; kind < KINDS; kind++)
            if (stream->slots[i].waits[kind] != NULL)
                sim_cancel(&stream->peer->open, stream->slots[i].waits[kind]);
        stream->slots[i] = (struct slot){0};
    }
}

/* One of a slot's activities has ended. */
static void take(struct sim_stream *stream, struct slot *slot, int kind)
{
    struct sim_message arrived = {0};
    const enum sim_status status =
        sim_wait(&stream->peer->open, slot->waits[kind], kind == RECEIVE ? &arrived : NULL);

    slot->waits[kind] = NULL;
    if (status != SIM_OK) {
        fail_all(stream, status);
        return;
    }
    if (kind == RECEIVE)
        collective_combine(stream->peer->engine, &stage_of(slot)->buffer, &slot->step,
                           arrived.payload);
    if (kind != ADD && slot->waits[SEND] == NULL && slot->waits[RECEIVE] == NULL)
        add_up(stream, slot);
}

/* ---- all slots ---- */

static const struct sim_lane *take_waiting(struct sim_stream *stream)
{
    struct engine *engine = stream->peer->engine;
    struct waiting_lane *waiting = stream->first;

    stream->first = waiting->next;
    if (stream->first == NULL)
        stream->last = &stream->first;
    waiting->next = engine->spare_waiting;
    engine->spare_waiting = waiting;
    return waiting->lane;
}

/* Let the lanes that wait begin, in their order, as far as their slots are free. */
static void begin_lanes(struct sim_stream *stream)
{
    while (stream->first != NULL) {
        struct slot *slot = &stream->slots[stream->begun % stream->at_once];

        if (slot->lane != NULL)
            return;
        slot->lane = take_waiting(stream);
        slot->number = stream->begun++;
        enter_stage(stream, slot, 0);
        move_on(stream, slot);
    }
}

static int collect(struct sim_stream *stream)
{
    int open = 0;

    for (int i = 0; i < stream->at_once; i++)
        for (int kind = 0; kind < KINDS; kind++) {
            stream->all[i * KINDS + kind] = stream->slots[i].waits[kind];
            open += stream->all[i * KINDS + kind] != NULL;
        }
    return open;
}

/* Something of slot `place / KINDS` has ended. */
static void go_on(struct sim_stream *stream, int place)
{
    struct slot *slot = &stream->slots[place / KINDS];
    const double now = sim_now(&stream->peer->open);

    take(stream, slot, place % KINDS);
    for (int kind = SEND; kind <= RECEIVE; kind++) /* most transfers of a step end together */
        if (slot->waits[kind] != NULL && activity_has_ended(slot->waits[kind], now)) {
            account_beside(stream->peer, slot->waits[kind], now);
            slot->waits[kind]->is_accounted = true;
            take(stream, slot, kind);
        }
    move_on(stream, slot);
    begin_lanes(stream);
    stream->peer->step = SIM_NO_STEP;
}

/* ---- what roles see ---- */

struct sim_stream *sim_stream_open(struct sim_peer *me, int at_once)
{
    struct peer *peer = (struct peer *)me;
    struct sim_arena *arena = peer->engine->arena;
    struct sim_stream *stream = sim_new(arena, struct sim_stream, 1);

    assert(at_once > 0);
    stream->peer = peer;
    stream->at_once = at_once;
    stream->slots = sim_new(arena, struct slot, (size_t)at_once);
    stream->all = sim_new(arena, struct sim_activity *, (size_t)at_once * KINDS + 1);
    stream->last = &stream->first;
    return stream;
}

/* Lanes may be followed ahead of the clock where they take turns. */
static void begin_stream(struct sim_stream *stream, const struct sim_lane *first)
{
    struct peer *peer = stream->peer;
    const char *why = NULL;

    stream->has_begun = true;
    if (stream->at_once > 1)
        why = "several tables of steps are followed at once";
    else if (peer->engine->have_own_clocks)
        why = "tables of steps are followed beside the operations of a schedule";
    else if (ahead_may(peer, collective_adds(first), &why))
        stream->background = background_open(peer);
    engine_tell_why(peer->engine, why);
}

static struct waiting_lane *take_spare(struct engine *engine)
{
    struct waiting_lane *waiting = engine->spare_waiting;

    if (waiting == NULL)
        return sim_new(engine->arena, struct waiting_lane, 1);
    engine->spare_waiting = waiting->next;
    return waiting;
}

void sim_stream_add(struct sim_stream *stream, const struct sim_lane *lane)
{
    struct peer *peer = stream->peer;
    const char *phase = peer->phase_name;
    struct waiting_lane *waiting;

    if (stream->status != SIM_OK)
        return;
    if (!stream->has_begun)
        begin_stream(stream, lane);
    stream->adds |= collective_adds(lane);
    if (stream->background != NULL) {
        background_add(stream->background, lane);
        return;
    }
    peer_catch_up(peer); /* yields to others, so nothing of the engine may be held before */
    waiting = take_spare(peer->engine);
    *waiting = (struct waiting_lane){NULL, lane};
    *stream->last = waiting;
    stream->last = &waiting->next;
    begin_lanes(stream);
    peer->step = SIM_NO_STEP;
    sim_phase(&peer->open, phase); /* steps have others */
}

enum sim_status sim_stream_compute(struct sim_stream *stream, double flop)
{
    struct peer *peer = stream->peer;
    const char *phase = peer->phase_name; /* steps of the lanes have others */
    const double begin = sim_now(&peer->open);
    const int last = stream->at_once * KINDS;
    struct sim_activity *work;
    int ended;

    if (collect(stream) == 0) {
        sim_compute(&peer->open, flop);
        return stream->status;
    }
    if (flop == 0)
        return stream->status;
    work = stream->adds ? sim_start_compute(&peer->open, flop)
                        : sim_start_sole_compute(&peer->open, flop);
    do {
        collect(stream);
        stream->all[last] = work;
        ended = activity_wait_any(peer, stream->all, last + 1, -1);
        if (ended == last)
            break;
        account_beside(peer, stream->all[ended], sim_now(&peer->open));
        stream->all[ended]->is_accounted = true;
        go_on(stream, ended);
    } while (true);
    activity_consume(work, NULL);
    sim_phase(&peer->open, phase);
    account_computing(peer, flop, begin, sim_now(&peer->open));
    return stream->status;
}

/* The time is that of the step that ended, whatever other lanes began in the meantime. */
static void wait_for_one(struct sim_stream *stream)
{
    const double begin = sim_now(&stream->peer->open);
    const int ended = activity_wait_any(stream->peer, stream->all, stream->at_once * KINDS, -1);

    sim_phase(&stream->peer->open, stream->slots[ended / KINDS].step.phase);
    account_activity(stream->peer, stream->all[ended], begin, sim_now(&stream->peer->open));
    go_on(stream, ended);
}

int sim_stream_ended(const struct sim_stream *stream)
{
    int ended = stream->begun;

    if (stream->background != NULL)
        return background_ended(stream->background);
    for (int i = 0; i < stream->at_once; i++)
        if (stream->slots[i].lane != NULL && stream->slots[i].number < ended)
            ended = stream->slots[i].number;
    return ended;
}

enum sim_status sim_stream_wait(struct sim_stream *stream, int count)
{
    if (stream->background != NULL)
        background_wait(stream->background, count);
    while (stream->status == SIM_OK && sim_stream_ended(stream) < count && collect(stream) > 0)
        wait_for_one(stream);
    return stream->status;
}

enum sim_status sim_stream_finish(struct sim_stream *stream)
{
    enum sim_status status;

    if (stream->background != NULL)
        background_wait(stream->background, background_added(stream->background));
    while (collect(stream) > 0)
        wait_for_one(stream);
    status = stream->status;
    stream->status = SIM_OK;
    return status;
}

static struct sim_stream *spare_stream(struct sim_peer *me, int at_once)
{
    struct sim_stream **place = &((struct peer *)me)->engine->spare_streams, *stream;

    while (*place != NULL && (*place)->at_once != at_once)
        place = &(*place)->next_spare;
    if (*place == NULL)
        return sim_stream_open(me, at_once);
    stream = *place;
    *place = stream->next_spare;
    *stream = (struct sim_stream){.peer = (struct peer *)me,
                                  .at_once = at_once,
                                  .slots = stream->slots,
                                  .all = stream->all,
                                  .status = stream->status};
    stream->last = &stream->first;
    return stream;
}

static enum sim_status one_lane(struct sim_peer *me, const struct sim_lane *lane)
{
    enum sim_status status = SIM_OK;

    for (int i = 0; i < lane->count && status == SIM_OK; i++)
        status = sim_collective(me, lane->stages[i].group, lane->stages[i].steps,
                                &lane->stages[i].buffer);
    return status;
}

enum sim_status sim_lanes(struct sim_peer *me, const struct sim_lane *lanes, int count, int at_once)
{
    struct sim_stream *stream;
    enum sim_status status = SIM_OK;

    if (at_once > count)
        at_once = count;
    if (at_once <= 1) {
        for (int l = 0; l < count && status == SIM_OK; l++)
            status = one_lane(me, &lanes[l]);
        return status;
    }
    stream = spare_stream(me, at_once);
    for (int l = 0; l < count; l++)
        sim_stream_add(stream, &lanes[l]);
    status = sim_stream_finish(stream);
    stream->next_spare = stream->peer->engine->spare_streams;
    stream->peer->engine->spare_streams = stream;
    return status;
}
