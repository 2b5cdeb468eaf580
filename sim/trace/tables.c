/* tables.c -- the CSV files of a run directory, and which files there are at which trace level. */
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/peer.h"
#include "sim/trace/writers.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

FILE *sim_open_in(const struct sim_written_run *run, const char *name, const char **path,
                  struct sim_error *err)
{
    FILE *file;

    *path = sim_text(run->arena, "%s/%s", run->folder, name);
    file = fopen(*path, "w");
    if (file == NULL)
        sim_fail(err, "%s: cannot be written: %s.", *path, strerror(errno));
    return file;
}

bool sim_write_links(const struct sim_written_run *run, struct sim_error *err)
{
    const struct sim_record *record = run->record;
    const char *path;
    FILE *file = sim_open_in(run, "links.csv", &path, err);

    if (file == NULL)
        return false;
    fputs("link,bandwidth_bytes_per_second,latency_seconds,bytes,messages,busy_share,peak_"
          "transfers\n",
          file);
    for (int i = 0; i < record->link_count; i++) {
        const struct sim_link_record *link = &record->links[i];
        const double could = link->bytes_per_second * record->totals.seconds;

        sim_csv_text(file, link->name);
        putc(',', file);
        sim_csv_number(file, link->bytes_per_second);
        putc(',', file);
        sim_csv_number(file, link->latency_seconds);
        fprintf(file, ",%lld,%lld,", (long long)link->bytes, (long long)link->messages);
        sim_csv_number(file, could > 0 ? (double)link->bytes / could : 0);
        fprintf(file, ",%d\n", link->peak_transfers);
    }
    return sim_file_close(file, path, err);
}

bool sim_write_phases(const struct sim_written_run *run, struct sim_error *err)
{
    const struct sim_record *record = run->record;
    const char *path;
    FILE *file = sim_open_in(run, "phases.csv", &path, err);

    if (file == NULL)
        return false;
    fputs("phase,link,bytes,bandwidth_bound_seconds\n", file);
    for (int p = 0; p < record->phase_count; p++)
        for (int i = 0; i < record->link_count; i++) {
            const struct sim_link_record *link = &record->links[i];

            if (link->phase_bytes[p] == 0)
                continue;
            sim_csv_text(file, record->phases[p]);
            putc(',', file);
            sim_csv_text(file, link->name);
            fprintf(file, ",%lld,", (long long)link->phase_bytes[p]);
            sim_csv_number(file, (double)link->phase_bytes[p] / link->bytes_per_second);
            putc('\n', file);
        }
    return sim_file_close(file, path, err);
}

bool sim_write_metrics(const struct sim_written_run *run, struct sim_error *err)
{
    const struct sim_record *record = run->record;
    const char *path;
    FILE *file = sim_open_in(run, "metrics.csv", &path, err);

    if (file == NULL)
        return false;
    fputs("seconds,peer,metric,value\n", file);
    for (size_t i = 0; i < record->note_count; i++) {
        sim_csv_number(file, record->notes[i].at);
        fprintf(file, ",%s,", record->peers[record->notes[i].peer].name);
        sim_csv_text(file, record->notes[i].name);
        putc(',', file);
        sim_csv_number(file, record->notes[i].value);
        putc('\n', file);
    }
    return sim_file_close(file, path, err);
}

static void write_cell(FILE *file, const char *const *words, double value)
{
    if (words != NULL)
        fputs(words[(int)value], file);
    else if (!isnan(value)) /* nothing to say here: an empty field */
        sim_csv_number(file, value);
}

static bool write_own_table(const struct sim_written_run *run, const struct sim_table_record *table,
                            struct sim_error *err)
{
    const size_t width = table->column_count + 2;
    const char *path;
    FILE *file = sim_open_in(run, sim_text(run->arena, "%s.csv", table->table->name), &path, err);

    if (file == NULL)
        return false;
    fputs("seconds,peer", file);
    for (size_t c = 0; c < table->column_count; c++)
        fprintf(file, ",%s", table->table->columns[c]);
    putc('\n', file);
    for (size_t r = 0; r < table->row_count; r++) {
        const double *row = table->rows + r * width;

        sim_csv_number(file, row[0]);
        fprintf(file, ",%s", run->record->peers[(int)row[1]].name);
        for (size_t c = 2; c < width; c++) {
            putc(',', file);
            write_cell(file, table->table->words == NULL ? NULL : table->table->words[c - 2],
                       row[c]);
        }
        putc('\n', file);
    }
    return sim_file_close(file, path, err);
}

bool sim_write_own_tables(const struct sim_written_run *run, struct sim_error *err)
{
    for (int i = 0; i < run->record->table_count; i++)
        if (!write_own_table(run, &run->record->tables[i], err))
            return false;
    return true;
}

static bool write_outputs(const struct sim_written_run *run, struct sim_error *err)
{
    for (const struct sim_output_record *output = run->record->outputs; output != NULL;
         output = output->next) {
        const char *path;
        FILE *file = sim_open_in(run, output->name, &path, err);

        if (file == NULL)
            return false;
        fwrite(output->bytes, 1, output->size, file); /* what fails shows when it is closed */
        if (!sim_file_close(file, path, err))
            return false;
    }
    return true;
}

static void write_event(FILE *file, const struct sim_record *record, const struct sim_event *event)
{
    sim_csv_number(file, event->begin);
    putc(',', file);
    sim_csv_number(file, event->end);
    fprintf(file, ",%s,", record->peers[event->peer].name);
    sim_csv_text(file, record->peers[event->peer].host);
    putc(',', file);
    sim_csv_text(file, record->phases[event->phase]);
    fprintf(file, ",%s,%s,%lld,", sim_doing_names[event->doing],
            event->other == SIM_NOBODY ? "" : record->peers[event->other].name,
            (long long)event->bytes);
    sim_csv_number(file, event->flop);
    if (event->step == SIM_NO_STEP)
        fputs(",\n", file);
    else
        fprintf(file, ",%d\n", event->step);
}

bool sim_write_events(const struct sim_written_run *run, struct sim_error *err)
{
    const char *path;
    FILE *file = sim_open_in(run, "events.csv", &path, err);

    if (file == NULL)
        return false;
    fputs("start,end,peer,host,phase,kind,other_peer,bytes,flop,step\n", file);
    for (int64_t i = 0; i < run->record->event_count; i++)
        write_event(file, run->record, run->events[i]);
    return sim_file_close(file, path, err);
}

/* ---- all files ---- */

static int by_time(const void *a, const void *b)
{
    const struct sim_event *x = *(const struct sim_event *const *)a;
    const struct sim_event *y = *(const struct sim_event *const *)b;

    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    if (x->peer != y->peer)
        return x->peer < y->peer ? -1 : 1;
    if (x->end != y->end)
        return x->end < y->end ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static const struct sim_event **sort_events(const struct sim_record *record,
                                            struct sim_arena *arena)
{
    const struct sim_event **events =
        sim_new(arena, const struct sim_event *, (size_t)record->event_count);
    int64_t n = 0;

    for (const struct sim_event_chunk *c = record->first_events; c != NULL; c = c->next)
        for (int i = 0; i < c->count; i++)
            events[n++] = &c->events[i];
    qsort(events, (size_t)n, sizeof events[0], by_time); /* NOLINT(bugprone-sizeof-expression) */
    return events;
}

static const struct {
    bool (*write)(const struct sim_written_run *run, struct sim_error *err);
    enum sim_trace_level from;
} files[] = {
    {sim_write_summary, SIM_TRACE_NONE},       {sim_write_links, SIM_TRACE_SUMMARY},
    {sim_write_phases, SIM_TRACE_SUMMARY},     {sim_write_metrics, SIM_TRACE_SUMMARY},
    {sim_write_own_tables, SIM_TRACE_SUMMARY}, {write_outputs, SIM_TRACE_SUMMARY},
    {sim_write_events, SIM_TRACE_FULL},        {sim_write_chrome_trace, SIM_TRACE_FULL},
    {sim_write_paje, SIM_TRACE_PAJE},
};

bool sim_write_run(const struct sim_scenario *scenario, const struct sim_record *record,
                   const json_t *summary, const char *folder, struct sim_arena *arena,
                   struct sim_error *err)
{
    const struct sim_written_run run = {scenario, record, summary, sort_events(record, arena),
                                        folder,   arena};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (scenario->trace >= files[i].from && !files[i].write(&run, err))
            return false;
    return true;
}
