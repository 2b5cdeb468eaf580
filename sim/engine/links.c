/* links.c -- which transfers cross a link, and when.
 *
 * While every transfer is alone on its links (struct engine, is_alone), each link knows the spans of time in which it
 * is taken, and two that overlap are found whatever the order in which they are told: peers may be ahead of one another.
 * Spans that lie behind every clock are forgotten. */
#include "sim/engine/engine.h"

#include <assert.h>
#include <math.h>
#include <simgrid/engine.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4 };

/* ---- what no peer can come before ---- */

static double clock_of(const struct peer *peer)
{
    return peer->is_ahead ? peer->clock : sim_now(&peer->open);
}

static double find_horizon(const struct engine *engine)
{
    double horizon = INFINITY;

    for (int i = 0; i < engine->record->peer_count; i++)
        if (!engine->peers[i].is_finished)
            horizon = fmin(horizon, clock_of(&engine->peers[i]));
    return horizon;
}

/* To look at all clocks takes as long as there are peers, so it is done once for as many spans. */
static bool renew_horizon(struct engine *engine)
{
    if (engine->spans_until_horizon > 0)
        return false;
    engine->horizon = find_horizon(engine);
    engine->spans_until_horizon = engine->record->peer_count;
    return true;
}

/* ---- the spans of one link ---- */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Most transfers that cross a link at once, where they do not share it. */
static void count_peak(struct link_load *load)
{
    const int count = load->span_count;
    double *begins = load->sorted, *ends = begins + count;

    for (int i = 0; i < count; i++) {
        begins[i] = load->spans[i].begin;
        ends[i] = load->spans[i].end;
    }
    qsort(begins, (size_t)count, sizeof *begins, by_value);
    qsort(ends, (size_t)count, sizeof *ends, by_value);
    for (int b = 0, e = 0; b < count; b++) {
        while (e < b && ends[e] <= engine_soon(begins[b]))
            e++;
        if (b + 1 - e > load->peak)
            load->peak = b + 1 - e;
    }
}

static void forget(struct link_load *load, double horizon)
{
    int kept = 0;

    if (load->is_fatpipe)
        count_peak(load);
    for (int i = 0; i < load->span_count; i++)
        if (load->spans[i].end > horizon)
            load->spans[kept++] = load->spans[i];
    load->span_count = kept;
}

static void make_room(struct engine *engine, struct link_load *load)
{
    const int room = load->span_room;
    struct span *spans;

    if (load->span_count < room)
        return;
    if (room > 0)
        forget(load, engine->horizon);
    if (load->span_count > room / 2 && renew_horizon(engine))
        forget(load, engine->horizon);
    if (room > 0 && load->span_count <= room / 2)
        return;
    load->span_room = room == 0 ? FIRST_ROOM : 2 * room;
    spans = sim_new(engine->arena, struct span, (size_t)load->span_room);
    if (load->span_count > 0)
        memcpy(spans, load->spans, (size_t)load->span_count * sizeof *spans);
    load->spans = spans;
    if (load->is_fatpipe)
        load->sorted = sim_new(engine->arena, double, 2 * (size_t)load->span_room);
}

static void insert(struct engine *engine, struct link_load *load, int place, struct span span)
{
    const int before = load->span_count;

    make_room(engine, load);
    place -= before - load->span_count; /* what was forgotten lay before it */
    if (place < 0)
        place = 0;
    memmove(load->spans + place + 1, load->spans + place,
            (size_t)(load->span_count - place) * sizeof *load->spans);
    load->spans[place] = span;
    load->span_count++;
    engine->spans_until_horizon--;
}

/* The first span that ends after `begin`. */
static int first_after(const struct link_load *load, double begin)
{
    int low = 0, high = load->span_count;

    if (high == 0 || load->spans[high - 1].end <= engine_soon(begin))
        return high;
    while (low < high) {
        const int middle = (low + high) / 2;

        if (load->spans[middle].end <= engine_soon(begin))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* False when the link is taken at a time between. */
static bool take_link(struct engine *engine, struct link_load *load, struct span span)
{
    const int place = load->is_fatpipe ? load->span_count : first_after(load, span.begin);

    if (load->is_wifi)
        return false;
    if (!load->is_fatpipe) {
        load->peak = 1;
        if (place < load->span_count && load->spans[place].begin < span.end &&
            engine_soon(load->spans[place].begin) < span.end)
            return false;
        if (place > 0 && load->spans[place - 1].end >= span.begin) {
            load->spans[place - 1].end = fmax(span.end, load->spans[place - 1].end);
            return true;
        }
    }
    insert(engine, load, place, span);
    return true;
}

/* ---- the links of a route ---- */

void links_count(const struct channel *channel, struct engine *engine)
{
    for (int i = 0; i < channel->route->count; i++) {
        struct link_load *load = &engine->loads[channel->route->links[i]];

        if (++load->now > load->peak)
            load->peak = load->now;
    }
}

void links_uncount(const struct channel *channel, struct engine *engine)
{
    for (int i = 0; i < channel->route->count; i++)
        engine->loads[channel->route->links[i]].now--;
}

int links_take(const struct channel *channel, struct engine *engine, double begin, double end)
{
    for (int i = 0; i < channel->route->count; i++)
        if (!take_link(engine, &engine->loads[channel->route->links[i]], (struct span){begin, end}))
            return channel->route->links[i];
    return ALL_TAKEN;
}

void links_keep(struct engine *engine, int link, double begin, double end)
{
    const bool was_free = take_link(engine, &engine->loads[link], (struct span){begin, end});

    assert(was_free);
    (void)was_free;
}

bool links_are_free_from(const struct channel *channel, const struct engine *engine, double begin)
{
    for (int i = 0; i < channel->route->count; i++) {
        const struct link_load *load = &engine->loads[channel->route->links[i]];

        if (load->is_wifi || load->is_fatpipe || first_after(load, begin) < load->span_count)
            return false;
    }
    return true;
}

static void leave_link(struct engine *engine, struct link_load *load, double from, double until)
{
    int place = 0;
    double end;

    while (place < load->span_count &&
           (load->spans[place].end <= from || load->spans[place].begin >= until))
        place++;
    if (place == load->span_count)
        return;
    end = load->spans[place].end;
    load->spans[place].end = from;
    if (end > until)
        insert(engine, load, place + 1, (struct span){until, end});
}

void links_move(struct engine *engine, double from, double seconds)
{
    for (int l = 0; l < engine->record->link_count; l++) {
        struct link_load *load = &engine->loads[l];

        if (load->span_count > 0)
            forget(load, from);
        for (int i = 0; i < load->span_count; i++) {
            load->spans[i].begin += seconds;
            load->spans[i].end += seconds;
        }
    }
}

void links_leave(const struct channel *channel, struct engine *engine, double from, double until)
{
    for (int i = 0; i < channel->route->count; i++)
        leave_link(engine, &engine->loads[channel->route->links[i]], from, until);
}

void links_close(struct engine *engine)
{
    for (int l = 0; l < engine->record->link_count && engine->is_alone; l++)
        if (engine->loads[l].span_count > 0 && engine->loads[l].is_fatpipe)
            count_peak(&engine->loads[l]);
}
