/* chrome.c -- trace.json, the Chrome trace event format ("Trace Event Format", Google, 2016): opens in
 * Perfetto and chrome://tracing.  A process is a host, a thread is a peer, or what it does beside (tracks.h);
 * times are microseconds.
 *
 * A table of the algorithm's own with a column of words and a column begin_seconds tells of intervals: row by row,
 * from begin_seconds to the row's own time.  They get a thread of their own beside their peer's.  Such an interval
 * is called by its word and the numbers between the two columns, last first: "forward 3.1" is micro-batch 3 of chunk
 * 1.  A number that is the same in all rows says nothing, and is left out. */
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/peer.h"
#include "sim/trace/tracks.h"
#include "sim/trace/writers.h"

#include <math.h>
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

/* ---- intervals of the algorithm's own tables ---- */

/* Which columns of a table, counted without seconds and peer, name its intervals. */
struct intervals {
    const struct sim_table_record *table;
    size_t word, begin;
    bool *is_constant; /* [column_count] */
};

static double value_at(const struct sim_table_record *table, size_t row, size_t column)
{
    return table->rows[row * (table->column_count + 2) + 2 + column];
}

static bool is_constant(const struct sim_table_record *table, size_t column)
{
    size_t r = 1;

    while (r < table->row_count && value_at(table, r, column) == value_at(table, 0, column))
        r++;
    return r >= table->row_count;
}

/* False: the table tells of no intervals. */
static bool find_intervals(struct intervals *intervals, const struct sim_table_record *table,
                           struct sim_arena *arena)
{
    size_t word = 0, begin = 0;

    if (table->table->words == NULL || table->row_count == 0)
        return false;
    while (word < table->column_count && table->table->words[word] == NULL)
        word++;
    while (begin < table->column_count &&
           strcmp(table->table->columns[begin], "begin_seconds") != 0)
        begin++;
    *intervals =
        (struct intervals){table, word, begin, sim_new(arena, bool, table->column_count + 1)};
    for (size_t c = 0; c < table->column_count; c++)
        intervals->is_constant[c] = is_constant(table, c);
    return word < table->column_count && begin < table->column_count;
}

static const char *interval_name(const struct intervals *intervals, size_t row,
                                 struct sim_arena *arena)
{
    const struct sim_table_record *table = intervals->table;
    const char *word =
        table->table->words[intervals->word][(int)value_at(table, row, intervals->word)];
    const char *numbers = "";

    for (size_t c = intervals->begin; c-- > intervals->word + 1;)
        if (!intervals->is_constant[c])
            numbers = sim_text(arena, "%s%s%g", numbers, *numbers == '\0' ? " " : ".",
                               value_at(table, row, c));
    return sim_text(arena, "%s%s", word, numbers);
}

static void write_interval(FILE *file, const struct intervals *intervals, size_t row, int process,
                           int track, struct sim_arena *arena)
{
    const struct sim_table_record *table = intervals->table;
    const double end = table->rows[row * (table->column_count + 2)];
    const double begin = value_at(table, row, intervals->begin);
    bool is_first = true;

    fprintf(file, ",\n{\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"name\":", process, track + 1);
    write_string(file, interval_name(intervals, row, arena));
    fputs(",\"cat\":", file);
    write_string(file, table->table->name);
    fputs(",\"ts\":", file);
    sim_csv_number(file, begin * 1e6);
    fputs(",\"dur\":", file);
    sim_csv_number(file, (end - begin) * 1e6);
    fputs(",\"args\":{", file);
    for (size_t c = 0; c < table->column_count; c++) {
        if (table->table->words[c] != NULL || c == intervals->begin ||
            isnan(value_at(table, row, c)))
            continue;
        fprintf(file, "%s\"%s\":", is_first ? "" : ",", table->table->columns[c]);
        sim_csv_number(file, value_at(table, row, c));
        is_first = false;
    }
    fputs("}}", file);
}

/* *track: the first line that is free; the one after the last line of this table when it returns. */
static void write_intervals(FILE *file, const struct intervals *intervals,
                            const struct sim_record *record, const int *processes, int *track,
                            struct sim_arena *arena)
{
    const struct sim_table_record *table = intervals->table;
    int *tracks = sim_new(arena, int, (size_t)record->peer_count);

    for (size_t r = 0; r < table->row_count; r++) {
        const int peer = (int)table->rows[r * (table->column_count + 2) + 1];

        if (tracks[peer] == 0) {
            tracks[peer] = (*track)++;
            fputs(",\n", file);
            write_thread_name(
                file, processes[peer], tracks[peer],
                sim_text(arena, "%s %s", record->peers[peer].name, table->table->name));
        }
        write_interval(file, intervals, r, processes[peer], tracks[peer], arena);
    }
}

static void write_tables(FILE *file, const struct sim_written_run *run, const int *processes,
                         int track)
{
    for (int t = 0; t < run->record->table_count; t++) {
        struct intervals intervals;

        if (find_intervals(&intervals, &run->record->tables[t], run->arena))
            write_intervals(file, &intervals, run->record, processes, &track, run->arena);
    }
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
    write_tables(file, run, processes, tracks.count);
    fputs("\n]}\n", file);
    return sim_file_close(file, path, err);
}
