/* paje.c -- trace.paje, Paje's format ("Paje trace file format", Schnorr, 2014), for ViTE and PajeNG.
 * One container a peer, whose state is what it does. */
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/trace/writers.h"

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

static void set_state(FILE *file, double at, int peer, int doing)
{
    fputs("5 ", file);
    sim_csv_number(file, at);
    fprintf(file, " D p%d d%d\n", peer, doing);
}

/* States in order of time, idle between them; Paje wants dates that never fall. */
static void write_states(FILE *file, const struct sim_written_run *run)
{
    const int64_t count = run->record->event_count;

    for (int64_t i = 0; i < count; i++)
        if (run->events[i]->end > run->events[i]->begin)
            set_state(file, run->events[i]->begin, run->events[i]->peer, run->events[i]->doing);
    for (int i = 0; i < run->record->peer_count; i++)
        set_state(file, run->record->totals.seconds, i, SIM_IDLING);
}

bool sim_write_paje(const struct sim_written_run *run, struct sim_error *err)
{
    const struct sim_record *record = run->record;
    const char *path;
    FILE *file = sim_open_in(run, "trace.paje", &path, err);

    if (file == NULL)
        return false;
    fputs(header, file);
    for (int d = 0; d < SIM_DOINGS; d++)
        fprintf(file, "2 d%d D \"%s\" \"%s\"\n", d, sim_doing_names[d], colours[d]);
    for (int i = 0; i < record->peer_count; i++)
        fprintf(file, "3 0 p%d P 0 \"%s\"\n", i, record->peers[i].name);
    write_states(file, run);
    for (int i = 0; i < record->peer_count; i++) {
        fputs("4 ", file);
        sim_csv_number(file, record->totals.seconds);
        fprintf(file, " P p%d\n", i);
    }
    return sim_file_close(file, path, err);
}
