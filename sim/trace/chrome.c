/* chrome.c -- trace.json, the Chrome trace event format ("Trace Event Format", Google, 2016): opens in
 * Perfetto and chrome://tracing.  A process is a host, a thread is a peer, or what it does beside (tracks.h);
 * times are microseconds. */
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/peer.h"
#include "sim/trace/tracks.h"
#include "sim/trace/writers.h"

#include <string.h>

/* A JSON string; names come from platform files and may hold anything. */
static void write_string(FILE *file, const char *text)
{
    json_t *string = json_string(text);

    json_dumpf(string, file, JSON_ENCODE_ANY);
    json_decref(string);
}

/* Peers of one host share a process: the first of them lends its number. */
static int process_of(const struct sim_record *record, int peer)
{
    int first = 0;

    while (strcmp(record->peers[first].host, record->peers[peer].host) != 0)
        first++;
    return first + 1;
}

static void write_thread_name(FILE *file, int process, int track, const char *name)
{
    fprintf(file,
            "{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%d,\"tid\":%d,\"args\":{\"name\":",
            process, track + 1);
    write_string(file, name);
    fputs("}}", file);
}

static void write_names(FILE *file, const struct sim_record *record, const int *processes,
                        const struct sim_tracks *tracks)
{
    for (int i = 0; i < record->peer_count; i++) {
        fprintf(file, "{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":",
                processes[i]);
        write_string(file, record->peers[i].host);
        fputs("}},\n", file);
        write_thread_name(file, processes[i], i, record->peers[i].name);
        fputs(i + 1 < record->peer_count ? ",\n" : "", file);
    }
    for (int t = record->peer_count; t < tracks->count; t++) {
        fputs(",\n", file);
        write_thread_name(file, processes[tracks->list[t].peer], t, tracks->list[t].name);
    }
}

static void write_event(FILE *file, const struct sim_record *record, const struct sim_event *event,
                        int process, int track)
{
    fprintf(file, ",\n{\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"name\":\"%s\",\"cat\":", process,
            track + 1, sim_doing_names[event->doing]);
    write_string(file, record->phases[event->phase]);
    fputs(",\"ts\":", file);
    sim_csv_number(file, event->begin * 1e6);
    fputs(",\"dur\":", file);
    sim_csv_number(file, (event->end - event->begin) * 1e6);
    fputs(",\"args\":{\"phase\":", file);
    write_string(file, record->phases[event->phase]);
    if (event->other != SIM_NOBODY)
        fprintf(file, ",\"other\":\"%s\",\"bytes\":%lld", record->peers[event->other].name,
                (long long)event->bytes);
    if (event->flop > 0) {
        fputs(",\"flop\":", file);
        sim_csv_number(file, event->flop);
    }
    if (event->step != SIM_NO_STEP)
        fprintf(file, ",\"step\":%d", event->step);
    fputs("}}", file);
}

static void write_note(FILE *file, const struct sim_note_event *note, int process)
{
    fprintf(file, ",\n{\"ph\":\"C\",\"pid\":%d,\"name\":", process);
    write_string(file, note->name);
    fputs(",\"ts\":", file);
    sim_csv_number(file, note->at * 1e6);
    fputs(",\"args\":{\"value\":", file);
    sim_csv_number(file, note->value);
    fputs("}}", file);
}

bool sim_write_chrome_trace(const struct sim_written_run *run, struct sim_error *err)
{
    const struct sim_record *record = run->record;
    const char *path;
    FILE *file = sim_open_in(run, "trace.json", &path, err);
    int *processes = sim_new(run->arena, int, (size_t)record->peer_count);
    const struct sim_tracks tracks = sim_tracks_of(record, run->events, run->arena);

    if (file == NULL)
        return false;
    for (int i = 0; i < record->peer_count; i++)
        processes[i] = process_of(record, i);
    fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n", file);
    write_names(file, record, processes, &tracks);
    for (int64_t i = 0; i < record->event_count; i++)
        write_event(file, record, run->events[i], processes[run->events[i]->peer],
                    tracks.of_event[i]);
    for (size_t i = 0; i < record->note_count; i++)
        write_note(file, &record->notes[i], processes[record->notes[i].peer]);
    fputs("\n]}\n", file);
    return sim_file_close(file, path, err);
}
