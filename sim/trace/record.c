#include "sim/trace/record.h"

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
