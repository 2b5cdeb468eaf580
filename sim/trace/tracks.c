#include "sim/trace/tracks.h"

#include <assert.h>
#include <string.h>

/* What one line shows: each is a line of its own where a peer does several things at once. */
enum { OWN, SENDS, RECEIVES, SORTS };

static const char *const sort_names[SORTS] = {"also computes", "sends", "receives"};

static int sort_of(const struct sim_event *event)
{
    return event->doing == SIM_SENDING ? SENDS : event->doing == SIM_RECEIVING ? RECEIVES : OWN;
}

/* Times are sums: what follows may seem to begin a rounding before the end. */
static bool begins_before(const struct sim_event *event, double until)
{
    return event->begin < until * (1 - 1e-12);
}

static const bool *who_overlaps(const struct sim_record *record,
                                const struct sim_event *const *events, struct sim_arena *arena)
{
    bool *overlaps = sim_new(arena, bool, (size_t)record->peer_count);
    double *until = sim_new(arena, double, (size_t)record->peer_count);

    for (int64_t i = 0; i < record->event_count; i++) {
        const struct sim_event *event = events[i];

        overlaps[event->peer] |=
            event->end > event->begin && begins_before(event, until[event->peer]);
        if (event->end > until[event->peer])
            until[event->peer] = event->end;
    }
    return overlaps;
}

static int add_track(struct sim_tracks *tracks, int peer, const char *name, struct sim_arena *arena)
{
    if (tracks->count == tracks->room) {
        struct sim_track *larger = sim_new(arena, struct sim_track, (size_t)tracks->room * 2 + 16);

        if (tracks->count > 0)
            memcpy(larger, tracks->list, (size_t)tracks->count * sizeof *larger);
        tracks->list = larger;
        tracks->room = tracks->room * 2 + 16;
    }
    tracks->list[tracks->count] = (struct sim_track){.peer = peer, .name = name, .next = -1};
    return tracks->count++;
}

static const char *name_of(const struct sim_record *record, int peer, int sort, int number,
                           struct sim_arena *arena)
{
    const char *name = sim_text(arena, "%s %s", record->peers[peer].name, sort_names[sort]);

    return number < 2 ? name : sim_text(arena, "%s (%d)", name, number);
}

/* The first free line of that sort, from `first` on; a new one where none is free. */
static int free_track(struct sim_tracks *tracks, const struct sim_record *record,
                      const struct sim_event *event, int *first, struct sim_arena *arena)
{
    const int sort = sort_of(event);
    int last = -1, number = sort == OWN ? 0 : 1, made;

    assert(tracks->list != NULL);
    for (int t = *first; t >= 0; t = tracks->list[t].next, number++) {
        if (!begins_before(event, tracks->list[t].until))
            return t;
        last = t;
    }
    made = add_track(tracks, event->peer, name_of(record, event->peer, sort, number, arena), arena);
    if (last < 0)
        *first = made;
    else
        tracks->list[last].next = made;
    return made;
}

struct sim_tracks sim_tracks_of(const struct sim_record *record,
                                const struct sim_event *const *events, struct sim_arena *arena)
{
    const bool *overlaps = who_overlaps(record, events, arena);
    int *first = sim_new(arena, int, (size_t)record->peer_count *SORTS);
    int *of_event = sim_new(arena, int, (size_t)record->event_count);
    struct sim_tracks tracks = {.of_event = of_event};

    for (int p = 0; p < record->peer_count; p++) {
        first[p * SORTS + SENDS] = first[p * SORTS + RECEIVES] = -1;
        first[p * SORTS + OWN] = add_track(&tracks, p, record->peers[p].name, arena);
    }
    for (int64_t i = 0; i < record->event_count; i++) {
        const struct sim_event *event = events[i];
        int *from = &first[event->peer * SORTS + sort_of(event)];

        of_event[i] = event->peer;
        if (overlaps[event->peer] && event->end > event->begin)
            of_event[i] = free_track(&tracks, record, event, from, arena);
        assert(tracks.list != NULL);
        if (event->end > tracks.list[of_event[i]].until)
            tracks.list[of_event[i]].until = event->end;
    }
    return tracks;
}
