#include "analysis/intervals.h"

#include "analysis/csv.h"
#include "analysis/plot.h"

#include <assert.h>
#include <string.h>

const char *const analysis_kinds[ANALYSIS_KINDS] = {"compute", "send", "receive", "wait", "idle"};

static void lane_add(struct analysis_lane *lane, struct analysis_interval interval,
                     struct sim_arena *arena)
{
    if (lane->count == lane->room) {
        struct analysis_interval *larger =
            sim_new(arena, struct analysis_interval, (size_t)lane->room * 2 + 32);

        if (lane->list != NULL)
            memcpy(larger, lane->list, (size_t)lane->count * sizeof *larger);
        lane->list = larger;
        lane->room = lane->room * 2 + 32;
    }
    assert(lane->list != NULL);
    lane->list[lane->count++] = interval;
}

/* ---- reading ---- */

static short kind_of(const char *name)
{
    for (int kind = 0; kind < ANALYSIS_KINDS; kind++)
        if (strcmp(analysis_kinds[kind], name) == 0)
            return (short)kind;
    return ANALYSIS_KINDS - 1;
}

/* Phases beyond the last that there is room for count as the last. */
static short phase_of(struct analysis_trace *trace, const char *name, struct sim_arena *arena)
{
    for (int i = 0; i < trace->phase_count; i++)
        if (strcmp(trace->phases[i], name) == 0)
            return (short)i;
    if (trace->phase_count == ANALYSIS_MOST_PHASES)
        return ANALYSIS_MOST_PHASES - 1;
    trace->phases[trace->phase_count] = sim_text(arena, "%s", name);
    return (short)trace->phase_count++;
}

static json_t *rows_by_name(const struct analysis_rows *rows, const char *const *names)
{
    json_t *places = json_object();

    for (int i = 0; i < rows->peers; i++)
        if (rows->place_of[i] >= 0)
            json_object_set_new(places, names[i], json_integer(rows->place_of[i]));
    return places;
}

static void read_rows(struct analysis_trace *trace, struct analysis_csv *csv, const json_t *places,
                      struct sim_arena *arena)
{
    const int start = analysis_csv_column(csv, "start"), end = analysis_csv_column(csv, "end");
    const int peer = analysis_csv_column(csv, "peer"), phase = analysis_csv_column(csv, "phase");
    const int kind = analysis_csv_column(csv, "kind");

    while (analysis_csv_next(csv)) {
        const json_t *place = json_object_get(places, analysis_csv_text(csv, peer));
        struct analysis_interval interval = {.begin = analysis_csv_number(csv, start),
                                             .end = analysis_csv_number(csv, end)};

        if (place == NULL || interval.end <= interval.begin)
            continue;
        interval.phase = phase_of(trace, analysis_csv_text(csv, phase), arena);
        interval.kind = kind_of(analysis_csv_text(csv, kind));
        lane_add(&trace->lanes[json_integer_value(place)], interval, arena);
        trace->interval_count++;
    }
}

bool analysis_trace_read(struct analysis_trace *trace, const char *path,
                         const struct analysis_rows *rows, const char *const *names,
                         struct sim_arena *arena, struct sim_error *err)
{
    struct analysis_csv *csv = analysis_csv_open(path, arena, err);
    json_t *places;

    if (csv == NULL)
        return false;
    *trace =
        (struct analysis_trace){.lane_count = rows->shown,
                                .lanes = sim_new(arena, struct analysis_lane, (size_t)rows->shown)};
    places = rows_by_name(rows, names);
    read_rows(trace, csv, places, arena);
    json_decref(places);
    return analysis_csv_close(csv, err);
}

/* ---- several things at once ---- */

/* Times are sums: what follows may seem to begin a rounding before the end. */
static bool begins_before(const struct analysis_interval *interval, double end)
{
    return interval->begin < end * (1 - 1e-12);
}

bool analysis_lane_overlaps(const struct analysis_lane *lane)
{
    double end = 0;

    for (int i = 0; i < lane->count; i++) {
        if (begins_before(&lane->list[i], end))
            return true;
        end = lane->list[i].end > end ? lane->list[i].end : end;
    }
    return false;
}

static enum analysis_track track_of(short kind)
{
    static const enum analysis_track tracks[ANALYSIS_KINDS] = {
        ANALYSIS_OWN, ANALYSIS_SENDS, ANALYSIS_RECEIVES, ANALYSIS_OWN, ANALYSIS_OWN};

    return tracks[kind];
}

struct analysis_lane analysis_lane_track(const struct analysis_lane *lane,
                                         enum analysis_track track, struct sim_arena *arena)
{
    struct analysis_lane made = {0};

    for (int i = 0; i < lane->count; i++) {
        const struct analysis_interval *interval = &lane->list[i];
        struct analysis_interval *last = made.count > 0 ? &made.list[made.count - 1] : NULL;

        if (track_of(interval->kind) != track)
            continue;
        if (last == NULL || !begins_before(interval, last->end))
            lane_add(&made, *interval, arena);
        else if (interval->end > last->end)
            last->end = interval->end;
    }
    return made;
}

/* ---- making fewer ---- */

/* A run of short intervals on its way to become one. */
struct heap {
    double begin, end, seconds[ANALYSIS_KINDS];
    bool is_open;
};

static void join(struct analysis_lane *lane, struct analysis_interval interval,
                 struct sim_arena *arena)
{
    struct analysis_interval *last = lane->count > 0 ? &lane->list[lane->count - 1] : NULL;

    if (last != NULL && last->kind == interval.kind && last->phase == interval.phase &&
        interval.begin - last->end <= 1e-9 * interval.end)
        last->end = interval.end;
    else
        lane_add(lane, interval, arena);
}

/* What no interval tells of is idle, which is drawn as nothing: it needs no interval here either. */
static void close_heap(struct analysis_lane *lane, struct heap *heap, struct sim_arena *arena)
{
    short most = ANALYSIS_KINDS - 1;
    double told = 0;

    if (!heap->is_open)
        return;
    for (int kind = 0; kind < ANALYSIS_KINDS; kind++)
        told += heap->seconds[kind];
    heap->seconds[ANALYSIS_KINDS - 1] += heap->end - heap->begin - told;
    for (int kind = 0; kind < ANALYSIS_KINDS; kind++)
        if (heap->seconds[kind] > heap->seconds[most])
            most = (short)kind;
    join(lane, (struct analysis_interval){heap->begin, heap->end, most, 0}, arena);
    *heap = (struct heap){0};
}

struct analysis_lane analysis_lane_thinned(const struct analysis_lane *lane, double least,
                                           struct sim_arena *arena)
{
    struct analysis_lane thinned = {0};
    struct heap heap = {0};

    for (int i = 0; i < lane->count; i++) {
        struct analysis_interval interval = lane->list[i];

        interval.phase = 0;
        if (heap.is_open &&
            (interval.begin >= heap.begin + least || interval.end - interval.begin >= least))
            close_heap(&thinned, &heap, arena);
        if (interval.end - interval.begin >= least) {
            join(&thinned, interval, arena);
            continue;
        }
        if (!heap.is_open)
            heap = (struct heap){.begin = interval.begin, .is_open = true};
        heap.end = interval.end;
        heap.seconds[interval.kind] += interval.end - interval.begin;
    }
    close_heap(&thinned, &heap, arena);
    return thinned;
}

/* Is an interval beside what the peer itself does?  `at` goes over `own` as the intervals go over time. */
static bool is_beside(const struct analysis_interval *interval, const struct analysis_lane *own,
                      int *at)
{
    while (*at < own->count && !begins_before(interval, own->list[*at].end))
        ++*at;
    return track_of(interval->kind) != ANALYSIS_OWN && *at < own->count &&
           begins_before(&own->list[*at], interval->end);
}

struct analysis_lane analysis_lane_phases(const struct analysis_lane *lane, struct sim_arena *arena)
{
    const struct analysis_lane own = analysis_lane_track(lane, ANALYSIS_OWN, arena);
    struct analysis_lane phases = {0};
    int at = 0;

    for (int i = 0; i < lane->count; i++) {
        const struct analysis_interval *interval = &lane->list[i];
        struct analysis_interval *last = phases.count > 0 ? &phases.list[phases.count - 1] : NULL;

        if (is_beside(interval, &own, &at) || (last != NULL && interval->end <= last->end))
            continue;
        if (last != NULL && last->phase == interval->phase)
            last->end = interval->end;
        else
            lane_add(&phases, *interval, arena);
    }
    return phases;
}
