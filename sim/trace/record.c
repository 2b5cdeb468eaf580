#include "sim/trace/record.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const char *const sim_doing_names[SIM_DOINGS] = {
    [SIM_COMPUTING] = "compute", [SIM_SENDING] = "send", [SIM_RECEIVING] = "receive",
    [SIM_WAITING] = "wait",      [SIM_IDLING] = "idle",
};

void sim_record_event(struct sim_record *record, struct sim_arena *arena,
                      const struct sim_event *event)
{
    struct sim_event_chunk *last = record->last_events;

    if (last == NULL || last->count == SIM_EVENTS_A_CHUNK) {
        struct sim_event_chunk *fresh = sim_new(arena, struct sim_event_chunk, 1);

        if (last == NULL)
            record->first_events = fresh;
        else
            last->next = fresh;
        record->last_events = last = fresh;
    }
    last->events[last->count] = *event;
    last->events[last->count++].number = record->event_count++;
}

void sim_record_output(struct sim_record *record, struct sim_arena *arena, const char *name,
                       const void *bytes, size_t size)
{
    struct sim_output_record **at = &record->outputs;
    char *copy = sim_new(arena, char, size + 1);

    memcpy(copy, bytes, size);
    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (*at == NULL)
        *at = sim_new(arena, struct sim_output_record, 1);
    (*at)->name = name;
    (*at)->bytes = copy;
    (*at)->size = size;
}

void sim_record_note(struct sim_record *record, struct sim_arena *arena,
                     const struct sim_note_event *note)
{
    if (record->note_count == record->note_room) {
        const size_t room = record->note_room > 0 ? 2 * record->note_room : 64;
        struct sim_note_event *notes = sim_new(arena, struct sim_note_event, room);

        if (record->note_count > 0)
            memcpy(notes, record->notes, record->note_count * sizeof *notes);
        record->notes = notes;
        record->note_room = room;
    }
    record->notes[record->note_count++] = *note;
}

void sim_record_list(struct sim_record *record, struct sim_arena *arena, const char *name,
                     const double *values, int count)
{
    struct sim_list_record **at = &record->lists;
    double *copy = sim_new(arena, double, (size_t)count + 1);

    while (*at != NULL && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (*at == NULL)
        *at = sim_new(arena, struct sim_list_record, 1);
    for (int i = 0; i < count; i++)
        copy[i] = values[i];
    (*at)->name = name;
    (*at)->count = count;
    (*at)->values = copy;
}

/* ---- tables of the algorithm's own ---- */

void sim_record_tables(struct sim_record *record, struct sim_arena *arena,
                       const struct sim_table *tables)
{
    if (tables == NULL)
        return;
    while (tables[record->table_count].name != NULL)
        record->table_count++;
    record->tables = sim_new(arena, struct sim_table_record, (size_t)record->table_count);
    for (int i = 0; i < record->table_count; i++) {
        record->tables[i].table = &tables[i];
        while (tables[i].columns[record->tables[i].column_count] != NULL)
            record->tables[i].column_count++;
    }
}

static struct sim_table_record *table_named(struct sim_record *record, const char *name)
{
    int i = 0;

    while (i < record->table_count && strcmp(record->tables[i].table->name, name) != 0)
        i++;
    assert(i < record->table_count && "an algorithm declares its tables");
    return &record->tables[i];
}

const char *const *sim_record_remarks(struct sim_arena *arena, const char *const *remarks,
                                      const char *sentence)
{
    size_t count = 0;
    const char **more;

    while (remarks != NULL && remarks[count] != NULL)
        count++;
    more = sim_new(arena, const char *, count + 2);
    for (size_t i = 0; i < count; i++)
        more[i] = remarks[i];
    more[count] = sim_text(arena, "%s", sentence);
    return more;
}

void sim_record_row(struct sim_record *record, struct sim_arena *arena, const char *table,
                    double at, int peer, const double *values)
{
    struct sim_table_record *to = table_named(record, table);
    const size_t width = to->column_count + 2;
    double *row;

    if (to->row_count == to->row_room) {
        const size_t room = to->row_room > 0 ? 2 * to->row_room : 64;
        double *rows = sim_new(arena, double, room *width);

        if (to->row_count > 0)
            memcpy(rows, to->rows, to->row_count * width * sizeof *rows);
        to->rows = rows;
        to->row_room = room;
    }
    row = to->rows + to->row_count++ * width;
    row[0] = at;
    row[1] = peer;
    memcpy(row + 2, values, to->column_count * sizeof *values);
}

/* ---- the order of time ---- */

struct moment {
    double seconds;
    size_t place;
};

static int by_time(const void *a, const void *b)
{
    const struct moment *one = a, *other = b;

    if (one->seconds != other->seconds)
        return one->seconds < other->seconds ? -1 : 1;
    return (one->place > other->place) - (one->place < other->place);
}

/* `count` elements of `size` bytes, each with its time as a double at `offset`. */
static void put_in_order(struct sim_arena *arena, void *elements, size_t count, size_t size,
                         size_t offset)
{
    struct moment *moments = sim_new(arena, struct moment, count + 1);
    char *from = elements, *sorted;
    bool in_order = true;

    for (size_t i = 0; i < count; i++) {
        moments[i].place = i;
        memcpy(&moments[i].seconds, from + i * size + offset, sizeof moments[i].seconds);
        in_order &= i == 0 || moments[i - 1].seconds <= moments[i].seconds;
    }
    if (in_order)
        return;
    qsort(moments, count, sizeof *moments, by_time);
    sorted = sim_arena_take(arena, count, size);
    for (size_t i = 0; i < count; i++)
        memcpy(sorted + i * size, from + moments[i].place * size, size);
    memcpy(from, sorted, count * size);
}

void sim_record_in_order(struct sim_record *record, struct sim_arena *arena)
{
    put_in_order(arena, record->notes, record->note_count, sizeof *record->notes,
                 offsetof(struct sim_note_event, at));
    for (int t = 0; t < record->table_count; t++) {
        const struct sim_table_record *table = &record->tables[t];

        put_in_order(arena, table->rows, table->row_count,
                     (2 + table->column_count) * sizeof *table->rows, 0);
    }
}
