#include "sim/engine/fluid.h"

#include "sim/engine/fair.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>

struct fluid_flow {
    struct fair_flow fair; /* first, so that what fair_solve finds is a flow of ours */
    double bytes;          /* left at `since` */
    double since;
    bool is_moving; /* its latency is over */
    int place;      /* in the heap */
    int64_t order;
    void *context;
    struct fluid_flow *next; /* spare */
    int room;                /* for uses */
};

/* What happens to a flow next: its latency is over, or it ends. */
struct turn {
    double at;
    struct fluid_flow *flow;
};

struct fluid {
    struct sim_arena *arena;
    struct fair_net *net;
    bool *is_shared;    /* by link; the others are fat pipes */
    struct turn *turns; /* a heap */
    int turn_count, turn_room;
    int64_t started;
    double changed_at; /* by who broke off; INFINITY: rates are what they should be */
    struct fluid_flow **ended;
    int ended_told, ended_count, ended_room;
    struct fluid_flow *spare;
};

struct fluid *fluid_open(struct sim_arena *arena, int links)
{
    struct fluid *fluid = sim_new(arena, struct fluid, 1);

    fluid->arena = arena;
    fluid->net = fair_open(arena, links);
    fluid->is_shared = sim_new(arena, bool, (size_t)links);
    fluid->changed_at = INFINITY;
    return fluid;
}

void fluid_share(struct fluid *fluid, int link, double bytes_per_second)
{
    assert(bytes_per_second > 0);
    fluid->is_shared[link] = true;
    fair_set_capacity(fluid->net, link, bytes_per_second);
}

double fluid_rate(const struct fluid_flow *flow)
{
    return flow->fair.rate;
}

/* ---- the next turn: a heap by time, then by order of starting ---- */

static bool is_before(const struct turn *a, const struct turn *b)
{
    return a->at < b->at || (a->at == b->at && a->flow->order < b->flow->order);
}

static void put(struct fluid *fluid, int place, struct turn turn)
{
    fluid->turns[place] = turn;
    turn.flow->place = place;
}

static void sift_up(struct fluid *fluid, int place)
{
    const struct turn turn = fluid->turns[place];

    while (place > 0 && is_before(&turn, &fluid->turns[(place - 1) / 2])) {
        put(fluid, place, fluid->turns[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(fluid, place, turn);
}

static void sift_down(struct fluid *fluid, int place)
{
    const struct turn turn = fluid->turns[place];

    for (int child; (child = 2 * place + 1) < fluid->turn_count; place = child) {
        if (child + 1 < fluid->turn_count &&
            is_before(&fluid->turns[child + 1], &fluid->turns[child]))
            child++;
        if (!is_before(&fluid->turns[child], &turn))
            break;
        put(fluid, place, fluid->turns[child]);
    }
    put(fluid, place, turn);
}

static void turns_add(struct fluid *fluid, struct fluid_flow *flow, double at)
{
    if (fluid->turn_count == fluid->turn_room)
        fluid->turns =
            fair_grown(fluid->arena, fluid->turns, sizeof *fluid->turns, &fluid->turn_room);
    fluid->turns[fluid->turn_count] = (struct turn){at, flow};
    sift_up(fluid, fluid->turn_count++);
}

static void turns_move(struct fluid *fluid, const struct fluid_flow *flow, double at)
{
    const bool sooner = at < fluid->turns[flow->place].at;

    fluid->turns[flow->place].at = at;
    if (sooner)
        sift_up(fluid, flow->place);
    else
        sift_down(fluid, flow->place);
}

static void turns_remove(struct fluid *fluid, const struct fluid_flow *flow)
{
    const int place = flow->place;
    const struct turn last = fluid->turns[--fluid->turn_count];

    if (last.flow == flow)
        return;
    put(fluid, place, last);
    sift_up(fluid, place);
    sift_down(fluid, last.flow->place);
}

/* ---- flows ---- */

static struct fluid_flow *take_spare(struct fluid *fluid, int room)
{
    struct fluid_flow *flow = fluid->spare;
    struct fair_use *uses;

    if (flow == NULL) {
        flow = sim_new(fluid->arena, struct fluid_flow, 1);
    } else {
        fluid->spare = flow->next;
    }
    uses = flow->fair.uses;
    if (flow->room < room) {
        flow->room = room;
        uses = sim_new(fluid->arena, struct fair_use, (size_t)room);
    }
    room = flow->room;
    *flow = (struct fluid_flow){.fair.uses = uses, .room = room};
    return flow;
}

static void lay_spare(struct fluid *fluid, struct fluid_flow *flow)
{
    flow->next = fluid->spare;
    fluid->spare = flow;
}

static void add_use(struct fair_flow *flow, int link)
{
    int u = 0;

    while (u < flow->count && flow->uses[u].link != link)
        u++;
    if (u == flow->count)
        flow->uses[flow->count++] = (struct fair_use){.link = link};
    flow->uses[u].times++;
}

static void take_way(const struct fluid *fluid, struct fair_flow *flow, const struct fluid_way *way)
{
    flow->weight = way->latency_seconds > 0 ? 1 / way->latency_seconds : 1;
    flow->cap = way->bytes_per_second;
    for (int i = 0; i < way->count; i++)
        if (fluid->is_shared[way->links[i]])
            add_use(flow, way->links[i]);
    for (int u = 0; u < flow->count; u++)
        flow->cap =
            fmin(flow->cap, fair_capacity(fluid->net, flow->uses[u].link) / flow->uses[u].times);
}

struct fluid_flow *fluid_start(struct fluid *fluid, const struct fluid_way *way, double bytes,
                               double now, void *context)
{
    struct fluid_flow *flow = take_spare(fluid, way->count);

    assert(bytes >= 0 && way->latency_seconds >= 0);
    flow->bytes = bytes;
    flow->order = fluid->started++;
    flow->context = context;
    take_way(fluid, &flow->fair, way);
    turns_add(fluid, flow, now + way->latency_seconds);
    return flow;
}

/* ---- time goes by ---- */

static void begin_to_move(struct fluid *fluid, struct fluid_flow *flow, double now)
{
    flow->is_moving = true;
    flow->since = now;
    fair_add(fluid->net, &flow->fair);
    turns_move(fluid, flow, INFINITY);
}

/* Those that started first are told first, and most end in this order. */
static void keep_ended(struct fluid *fluid, struct fluid_flow *flow)
{
    int place = fluid->ended_count++;

    if (place == fluid->ended_room)
        fluid->ended =
            fair_grown(fluid->arena, fluid->ended, sizeof(struct fluid_flow *), &fluid->ended_room);
    for (; place > fluid->ended_told && fluid->ended[place - 1]->order > flow->order; place--)
        fluid->ended[place] = fluid->ended[place - 1];
    fluid->ended[place] = flow;
}

static void end(struct fluid *fluid, struct fluid_flow *flow)
{
    turns_remove(fluid, flow);
    if (flow->is_moving)
        fair_remove(fluid->net, &flow->fair);
    keep_ended(fluid, flow);
}

static double bytes_left(const struct fluid_flow *flow, double now)
{
    return fmax(0, flow->bytes - flow->fair.rate * (now - flow->since));
}

/* From now on the flow has the rate that was found for it. */
static void settle(struct fluid *fluid, struct fluid_flow *flow, double now)
{
    flow->bytes = bytes_left(flow, now);
    flow->since = now;
    flow->fair.rate = flow->fair.share;
    turns_move(fluid, flow, now + flow->bytes / flow->fair.rate);
}

static void share_out(struct fluid *fluid, double now)
{
    struct fair_flow **found;
    const int count = fair_solve(fluid->net, &found);

    for (int i = 0; i < count; i++)
        if (found[i]->share != found[i]->rate)
            settle(fluid, (struct fluid_flow *)found[i], now);
}

double fluid_next(const struct fluid *fluid)
{
    const double next = fluid->turn_count > 0 ? fluid->turns[0].at : INFINITY;

    return fmin(fluid->changed_at, next);
}

/* Times that differ in their last digits only are one. */
static double soon(double now)
{
    return now * (1 + 4 * DBL_EPSILON);
}

void fluid_advance(struct fluid *fluid, double now)
{
    while (fluid->turn_count > 0 && fluid->turns[0].at <= soon(now)) {
        struct fluid_flow *flow = fluid->turns[0].flow;

        if (!flow->is_moving && flow->bytes > 0)
            begin_to_move(fluid, flow, now);
        else
            end(fluid, flow);
    }
    if (fair_has_changed(fluid->net))
        share_out(fluid, now);
    fluid->changed_at = INFINITY;
}

void *fluid_ended(struct fluid *fluid)
{
    struct fluid_flow *flow;

    if (fluid->ended_told == fluid->ended_count) {
        fluid->ended_told = fluid->ended_count = 0;
        return NULL;
    }
    flow = fluid->ended[fluid->ended_told++];
    lay_spare(fluid, flow);
    return flow->context;
}

double fluid_break_off(struct fluid *fluid, struct fluid_flow *flow, double now)
{
    const double left = bytes_left(flow, now);

    turns_remove(fluid, flow);
    if (flow->is_moving) {
        fair_remove(fluid->net, &flow->fair);
        fluid->changed_at = now;
    }
    lay_spare(fluid, flow);
    return left;
}
