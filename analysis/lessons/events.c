#include "analysis/lessons/events.h"

#include "analysis/csv.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 8, MOST_WORDS = 1024 };

static const char *const names[COLUMNS] = {"start", "end",  "peer",       "host",
                                           "phase", "kind", "other_peer", "bytes"};

struct reading {
    struct lesson_events *events;
    int room;
    struct sim_arena *arena;
    const char *words[MOST_WORDS]; /* that were seen: few, again and again */
    int word_count;
};

static const char *kept(struct reading *reading, const char *word)
{
    for (int i = 0; i < reading->word_count; i++)
        if (strcmp(reading->words[i], word) == 0)
            return reading->words[i];
    word = sim_text(reading->arena, "%s", word);
    assert(reading->word_count < MOST_WORDS); /* lessons have a hundred peers at most */
    return reading->words[reading->word_count++] = word;
}

static struct lesson_event *new_event(struct reading *reading)
{
    struct lesson_events *events = reading->events;

    if (events->count == reading->room) {
        struct lesson_event *list;

        reading->room = 2 * reading->room + 256;
        list = sim_new(reading->arena, struct lesson_event, (size_t)reading->room);
        if (events->count > 0)
            memcpy(list, events->list, (size_t)events->count * sizeof *list);
        events->list = list;
    }
    return &events->list[events->count++];
}

static void name_other_hosts(struct lesson_events *events)
{
    for (int i = 0; i < events->count; i++) {
        events->list[i].other_host = "";
        for (int j = 0; j < events->count && events->list[i].other_host[0] == '\0'; j++)
            if (strcmp(events->list[j].peer, events->list[i].other_peer) == 0)
                events->list[i].other_host = events->list[j].host;
    }
}

bool lesson_events_read(struct lesson_events *events, const char *folder, struct sim_arena *arena,
                        struct sim_error *err)
{
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/events.csv", folder), arena, err);
    struct reading reading = {.events = events, .arena = arena};
    int columns[COLUMNS];

    *events = (struct lesson_events){0};
    if (csv == NULL)
        return false;
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = analysis_csv_column(csv, names[i]);
    while (analysis_csv_next(csv)) {
        struct lesson_event *event = new_event(&reading);

        event->start = analysis_csv_number(csv, columns[0]);
        event->end = analysis_csv_number(csv, columns[1]);
        event->peer = kept(&reading, analysis_csv_text(csv, columns[2]));
        event->host = kept(&reading, analysis_csv_text(csv, columns[3]));
        event->phase = kept(&reading, analysis_csv_text(csv, columns[4]));
        event->kind = kept(&reading, analysis_csv_text(csv, columns[5]));
        event->other_peer = kept(&reading, analysis_csv_text(csv, columns[6]));
        event->bytes = analysis_csv_number(csv, columns[7]);
    }
    if (!analysis_csv_close(csv, err))
        return false;
    name_other_hosts(events);
    return true;
}

/* The send of that receive: as many of the same two peers stand before it. */
static const struct lesson_event *send_of(const struct lesson_events *events, int receive)
{
    const struct lesson_event *there = &events->list[receive];
    int before = 0;

    for (int i = 0; i < receive; i++)
        before += strcmp(events->list[i].kind, "receive") == 0 &&
                  events->list[i].peer == there->peer &&
                  events->list[i].other_peer == there->other_peer;
    for (int i = 0; i < events->count; i++) {
        const struct lesson_event *event = &events->list[i];

        if (strcmp(event->kind, "send") == 0 && event->peer == there->other_peer &&
            event->other_peer == there->peer && before-- == 0)
            return event;
    }
    return NULL;
}

static bool are_alike(const char *a, const char *b)
{
    const size_t length = strcspn(a, "-");

    return length == strcspn(b, "-") && strncmp(a, b, length) == 0;
}

int lesson_moves(const struct lesson_events *events, struct lesson_move **moves,
                 struct sim_arena *arena)
{
    int count = 0;

    *moves = sim_new(arena, struct lesson_move, (size_t)events->count + 1);
    for (int i = 0; i < events->count; i++) {
        const struct lesson_event *here = &events->list[i], *there;

        if (strcmp(here->kind, "receive") != 0 || here->bytes <= 0 ||
            strcmp(here->host, here->other_host) == 0)
            continue;
        there = send_of(events, i);
        (*moves)[count++] = (struct lesson_move){
            .start = there != NULL && there->start < here->start ? there->start : here->start,
            .end = there != NULL && there->end > here->end ? there->end : here->end,
            .bytes = here->bytes,
            .from = lesson_number_in_name(here->other_host),
            .to = lesson_number_in_name(here->host),
            .from_is_like_to = are_alike(here->peer, here->other_peer)};
    }
    return count;
}

int lesson_number_in_name(const char *name)
{
    const char *at = name + strlen(name);

    while (at > name && isdigit((unsigned char)at[-1]))
        at--;
    return *at == '\0' ? -1 : atoi(at);
}
