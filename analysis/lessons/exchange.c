#include "analysis/lessons/exchange.h"

#include "analysis/lessons/events.h"

#include <stdlib.h>

static int by_time(const void *a, const void *b)
{
    const struct lesson_move *x = a, *y = b;
    const int ends = (x->end > y->end) - (x->end < y->end);
    const int starts = (x->start > y->start) - (x->start < y->start);
    const int bytes = (x->bytes > y->bytes) - (x->bytes < y->bytes);

    return ends != 0        ? ends
           : starts != 0    ? starts
           : bytes != 0     ? bytes
           : x->to != y->to ? x->to - y->to
                            : x->from - y->from;
}

static bool are_one_tick(const struct lesson_move *a, const struct lesson_move *b)
{
    return a->end == b->end && a->start == b->start && a->bytes == b->bytes;
}

/* Its place among those that are known. */
static size_t place_of(json_t *patterns, json_t *pattern)
{
    size_t i;
    const json_t *known;

    json_array_foreach (patterns, i, known) {
        if (json_equal(known, pattern)) {
            json_decref(pattern);
            return i;
        }
    }
    json_array_append_new(patterns, pattern);
    return json_array_size(patterns) - 1;
}

static json_t *ticks_of(const struct lesson_move *moves, int count, json_t *patterns)
{
    json_t *ticks = json_array();

    for (int i = 0, next; i < count; i = next) {
        json_t *pattern = json_array();

        for (next = i; next < count && are_one_tick(&moves[next], &moves[i]); next++) {
            json_array_append_new(pattern, json_integer(moves[next].from));
            json_array_append_new(pattern, json_integer(moves[next].to));
        }
        json_array_append_new(ticks, json_pack("[f, f, i, f]", moves[i].start, moves[i].end,
                                               (int)place_of(patterns, pattern), moves[i].bytes));
    }
    return ticks;
}

bool exchange_of_run(json_t *system, json_t *patterns, const json_t *summary, const char *folder,
                     struct sim_arena *arena, struct sim_error *err)
{
    struct lesson_events events;
    struct lesson_move *moves;
    int count;

    if (!lesson_events_read(&events, folder, arena, err))
        return false;
    count = lesson_moves(&events, &moves, arena);
    if (count > 0)
        qsort(moves, (size_t)count, sizeof *moves, by_time);
    json_object_set_new(system, "ticks", ticks_of(moves, count, patterns));
    json_object_set(system, "seconds", json_object_get(summary, "simulated_seconds"));
    json_object_set(system, "bytes", json_object_get(summary, "bytes"));
    json_object_set(system, "messages", json_object_get(summary, "messages"));
    json_object_set(system, "card_bytes",
                    json_object_get(json_object_get(summary, "busiest_card"), "bytes"));
    return true;
}
