/* figure_tiles.c -- one image in tiles, with halos and without: who computes, who waits for a neighbour's rows. */
#include "analysis/lessons/events.h"
#include "analysis/lessons/figures.h"
#include "analysis/lessons/write.h"

#include <math.h>
#include <string.h>

enum { COMPUTES = 0, RECEIVES = 1, MOST_NODES = 64 };

static int is_of_node(const struct lesson_event *event)
{
    return strncmp(event->peer, "node-", 5) == 0;
}

static int nodes_of(const struct lesson_events *events)
{
    int count = 0;

    for (int i = 0; i < events->count; i++)
        if (is_of_node(&events->list[i]) && lesson_number_in_name(events->list[i].peer) >= count)
            count = lesson_number_in_name(events->list[i].peer) + 1;
    return count;
}

/* Bars of one run below each other; until when nodes compute. */
static double add_nodes(json_t *figure, const struct lesson_events *events, const char *label,
                        int first_row, struct sim_arena *arena)
{
    const int count = nodes_of(events);
    double last = 0;

    for (int n = 0; n < count; n++)
        figure_row(figure, sim_text(arena, "%s %d", label, n + 1));
    for (int i = 0; i < events->count; i++) {
        const struct lesson_event *event = &events->list[i];
        const int computes = strcmp(event->kind, "compute") == 0,
                  receives = strcmp(event->kind, "receive") == 0 && event->bytes > 0;

        if (!is_of_node(event) || event->end <= event->start || (!computes && !receives))
            continue;
        figure_bar(figure, first_row + lesson_number_in_name(event->peer), event->start, event->end,
                   computes ? COMPUTES : RECEIVES, "");
        if (computes)
            last = fmax(last, event->end);
    }
    return last;
}

/* When the slowest node has ended its `number`-th computation; 0 where it never does. */
static double ended(const struct lesson_events *events, int number)
{
    int counts[MOST_NODES] = {0};
    double last = 0;

    for (int i = 0; i < events->count; i++) {
        const struct lesson_event *event = &events->list[i];

        if (is_of_node(event) && strcmp(event->kind, "compute") == 0 &&
            ++counts[lesson_number_in_name(event->peer)] == number)
            last = fmax(last, event->end);
    }
    return last;
}

static double halo_bytes_until(const struct lesson_move *moves, int count, double now)
{
    double bytes = 0;

    for (int i = 0; i < count; i++)
        if (moves[i].from_is_like_to && moves[i].end <= now)
            bytes += moves[i].bytes;
    return bytes;
}

static void add_steps(json_t *figure, const struct lesson_events *events, double others_ready,
                      const char *const labels[2], struct sim_arena *arena)
{
    struct lesson_move *moves;
    const int move_count = lesson_moves(events, &moves, arena);
    bool is_told = false;
    double now;

    for (int layer = 1; (now = ended(events, layer)) > 0; layer++) {
        const double bytes = halo_bytes_until(moves, move_count, now);
        const char *others = "";

        if (now > others_ready && !is_told) {
            others = sim_text(arena, " (%s was ready with all its tiles after %s.)", labels[1],
                              lesson_written(arena, others_ready, LESSON_SECONDS));
            is_told = true;
        }
        figure_step(
            figure, now,
            sim_text(arena,
                     "%s: layer %d is done on all nodes after %s; %s of halos have crossed "
                     "the air.%s",
                     labels[0], layer, lesson_written(arena, now, LESSON_SECONDS),
                     lesson_written(arena, bytes, LESSON_BYTES), others),
            json_pack("[[s, s]]", "halos until now", lesson_written(arena, bytes, LESSON_BYTES)));
    }
}

json_t *figure_tiles(struct lesson_bench *bench, const char *const runs[2],
                     const char *const labels[2])
{
    struct sim_arena *arena = lesson_arena(bench);
    struct lesson_events events[2];
    struct sim_error err = {0};
    double ready[2];
    json_t *figure;

    for (int i = 0; i < 2; i++)
        if (!lesson_events_read(&events[i], lesson_folder(bench, runs[i]), arena, &err))
            return lesson_fail(bench, &err);
    figure = figure_of("gantt");
    json_object_set_new(figure, "kinds", json_pack("[s, s]", "computes", "receives"));
    ready[0] = add_nodes(figure, &events[0], labels[0], 0, arena);
    ready[1] = add_nodes(figure, &events[1], labels[1], nodes_of(&events[0]), arena);
    json_object_set_new(figure, "seconds", json_real(fmax(ready[0], ready[1])));
    add_steps(figure, &events[0], ready[1], labels, arena);
    return figure;
}
