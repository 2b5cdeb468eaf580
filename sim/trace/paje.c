/* paje.c -- trace.paje, Paje's format ("Paje trace file format", Schnorr, 2014), for ViTE and PajeNG.
 * One container a peer, whose state is what it does, and one for each thing that it does beside (tracks.h). */
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/trace/tracks.h"
#include "sim/trace/writers.h"

#include <stdlib.h>

static const char header[] =
    "%EventDef PajeDefineContainerType 0\n%  Alias string\n%  Type string\n%  Name "
    "string\n%EndEventDef\n"
    "%EventDef PajeDefineStateType 1\n%  Alias string\n%  Type string\n%  Name "
    "string\n%EndEventDef\n"
    "%EventDef PajeDefineEntityValue 2\n%  Alias string\n%  Type string\n%  Name string\n"
    "%  Color color\n%EndEventDef\n"
    "%EventDef PajeCreateContainer 3\n%  Time date\n%  Alias string\n%  Type string\n"
    "%  Container string\n%  Name string\n%EndEventDef\n"
    "%EventDef PajeDestroyContainer 4\n%  Time date\n%  Type string\n%  Name string\n%EndEventDef\n"
    "%EventDef PajeSetState 5\n%  Time date\n%  Type string\n%  Container string\n%  Value string\n"
    "%EndEventDef\n"
    "0 P 0 peer\n1 D P doing\n";

/* Okabe and Ito's colours, which the colour-blind can tell apart. */
static const char *const colours[SIM_DOINGS] = {
    [SIM_COMPUTING] = "0.00 0.45 0.70", [SIM_SENDING] = "0.90 0.62 0.00",
    [SIM_RECEIVING] = "0.00 0.62 0.45", [SIM_WAITING] = "0.80 0.47 0.65",
    [SIM_IDLING] = "0.85 0.85 0.85",
};

static void set_state(FILE *file, double at, int track, int doing)
{
    fputs("5 ", file);
    sim_csv_number(file, at);
    fprintf(file, " D p%d d%d\n", track, doing);
}

/* A track does something else from now on. */
struct change {
    double at;
    int64_t number; /* of the interval; its end comes before the begin of a later one */
    int track, doing;
};

static int by_time(const void *a, const void *b)
{
    const struct change *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* From the last interval to the first: idle is set only where the track's next one does not follow at once. */
static int64_t list_changes(struct change *changes, const struct sim_written_run *run,
                            const struct sim_tracks *tracks)
{
    double *next_begin = sim_new(run->arena, double, (size_t)tracks->count);
    int64_t count = 0;

    for (int t = 0; t < tracks->count; t++)
        next_begin[t] = run->record->totals.seconds;
    for (int64_t i = run->record->event_count - 1; i >= 0; i--) {
        const struct sim_event *event = run->events[i];
        const int track = tracks->of_event[i];

        if (event->end <= event->begin)
            continue;
        if (event->end < next_begin[track])
            changes[count++] = (struct change){event->end, i, track, SIM_IDLING};
        changes[count++] = (struct change){event->begin, i, track, event->doing};
        next_begin[track] = event->begin;
    }
    return count;
}

/* States in order of time, idle between them; Paje wants dates that never fall. */
static void write_states(FILE *file, const struct sim_written_run *run,
                         const struct sim_tracks *tracks)
{
    struct change *changes =
        sim_new(run->arena, struct change, (size_t)run->record->event_count * 2);
    const int64_t count = list_changes(changes, run, tracks);

    qsort(changes, (size_t)count, sizeof *changes, by_time);
    for (int64_t i = 0; i < count; i++)
        set_state(file, changes[i].at, changes[i].track, changes[i].doing);
    for (int t = 0; t < tracks->count; t++)
        set_state(file, run->record->totals.seconds, t, SIM_IDLING);
}

bool sim_write_paje(const struct sim_written_run *run, struct sim_error *err)
{
    const struct sim_record *record = run->record;
    const char *path;
    FILE *file = sim_open_in(run, "trace.paje", &path, err);
    const struct sim_tracks tracks = sim_tracks_of(record, run->events, run->arena);

    if (file == NULL)
        return false;
    fputs(header, file);
    for (int d = 0; d < SIM_DOINGS; d++)
        fprintf(file, "2 d%d D \"%s\" \"%s\"\n", d, sim_doing_names[d], colours[d]);
    for (int t = 0; t < tracks.count; t++)
        fprintf(file, "3 0 p%d P 0 \"%s\"\n", t, tracks.list[t].name);
    write_states(file, run, &tracks);
    for (int i = 0; i < tracks.count; i++) {
        fputs("4 ", file);
        sim_csv_number(file, record->totals.seconds);
        fprintf(file, " P p%d\n", i);
    }
    return sim_file_close(file, path, err);
}
