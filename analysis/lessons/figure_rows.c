/* figure_rows.c -- tables of a run as bars: the clients of a round, the requests of an inference. */
#include "analysis/csv.h"
#include "analysis/lessons/figures.h"
#include "analysis/lessons/write.h"

#include <stdlib.h>

enum { MOST_ROWS = 256, MOST_PARTS = 8 };

/* A row of a table whose parts follow each other in time. */
struct strip {
    double parts[MOST_PARTS], total;
    int name, exit;
};

struct strips {
    struct strip list[MOST_ROWS];
    int count;
};

/* What to read: columns of parts, the column that names a row, and the one that tells how it ended. */
struct wanted {
    const char *file, *name, *exit;
    const char *parts[MOST_PARTS];
    int part_count;
    const char *key; /* only rows in which this column */
    double value;    /* is at most this */
};

static bool read_strips(struct strips *strips, const struct wanted *wanted, const char *folder,
                        struct sim_arena *arena, struct sim_error *err)
{
    struct analysis_csv *csv =
        analysis_csv_open(sim_text(arena, "%s/%s", folder, wanted->file), arena, err);
    int columns[MOST_PARTS], name, exit_column, key;

    if (csv == NULL)
        return false;
    for (int p = 0; p < wanted->part_count; p++)
        columns[p] = analysis_csv_column(csv, wanted->parts[p]);
    name = analysis_csv_column(csv, wanted->name);
    exit_column = analysis_csv_column(csv, wanted->exit);
    key = analysis_csv_column(csv, wanted->key);
    while (analysis_csv_next(csv) && strips->count < MOST_ROWS) {
        struct strip *strip = &strips->list[strips->count];

        if (analysis_csv_number(csv, key) > wanted->value)
            continue;
        *strip = (struct strip){.name = (int)analysis_csv_number(csv, name),
                                .exit = (int)analysis_csv_number(csv, exit_column)};
        for (int p = 0; p < wanted->part_count; p++)
            strip->total += strip->parts[p] = analysis_csv_number(csv, columns[p]);
        strips->count++;
    }
    return analysis_csv_close(csv, err);
}

static double add_strip(json_t *figure, int row, const struct strip *strip, int part_count)
{
    double at = 0;

    for (int p = 0; p < part_count; p++) {
        if (strip->parts[p] > 0)
            figure_bar(figure, row, at, at + strip->parts[p], p, "");
        at += strip->parts[p];
    }
    return at;
}

static json_t *one_counter(const char *label, const char *value)
{
    return json_pack("[[s, s]]", label, value);
}

/* ---- a federated round ---- */

static int by_total(const void *a, const void *b)
{
    const struct strip *x = a, *y = b;

    if (x->total != y->total)
        return x->total < y->total ? -1 : 1;
    return x->name - y->name;
}

json_t *figure_round(struct lesson_bench *bench, const char *run)
{
    static const struct wanted wanted = {"clients.csv",
                                         "client",
                                         "action",
                                         {"download_seconds", "compute_seconds", "upload_seconds"},
                                         3,
                                         "round",
                                         1};
    struct sim_arena *arena = lesson_arena(bench);
    struct strips *clients = sim_new(arena, struct strips, 1);
    struct sim_error err = {0};
    json_t *figure;
    double last = 0;

    if (!read_strips(clients, &wanted, lesson_folder(bench, run), arena, &err))
        return lesson_fail(bench, &err);
    qsort(clients->list, (size_t)clients->count, sizeof *clients->list, by_total);
    figure = figure_of("gantt");
    json_object_set_new(figure, "kinds", json_pack("[s, s, s]", "download", "training", "upload"));
    for (int i = 0; i < clients->count; i++) {
        const struct strip *client = &clients->list[i];

        figure_row(figure, sim_text(arena, "phone %d", client->name));
        last = add_strip(figure, i, client, wanted.part_count);
        figure_step(
            figure, last,
            sim_text(arena, "Phone %d is back after %s: %d of %d updates have arrived%s.",
                     client->name, lesson_written(arena, last, LESSON_SECONDS), i + 1,
                     clients->count,
                     i + 1 < clients->count ? "; the server waits" : ", and the round ends"),
            one_counter("updates that arrived",
                        sim_text(arena, "%d of %d", i + 1, clients->count)));
    }
    json_object_set_new(figure, "seconds", json_real(last));
    return figure;
}

/* ---- requests ---- */

static void add_request(json_t *figure, const struct strips *requests, int i, double mean,
                        struct sim_arena *arena)
{
    static const char *const places[] = {"the device itself", "its edge", "the cloud"};
    const struct strip *request = &requests->list[i];
    json_t *step;

    figure_row(figure, sim_text(arena, "request %d", request->name + 1));
    step = figure_step(
        figure, 0,
        sim_text(arena, "Request %d: %s is sure enough, and the answer is there after %s.",
                 request->name + 1, places[request->exit],
                 lesson_written(arena, request->total, LESSON_SECONDS)),
        one_counter("mean latency until now", lesson_written(arena, mean, LESSON_SECONDS)));
    json_object_set_new(step, "rows", json_integer(i + 1));
}

json_t *figure_requests(struct lesson_bench *bench, const char *run, int count)
{
    const struct wanted wanted = {"requests.csv",
                                  "request",
                                  "exit",
                                  {"device_seconds", "uplink_seconds", "edge_seconds",
                                   "backhaul_seconds", "cloud_seconds", "answer_seconds"},
                                  6,
                                  "request",
                                  count - 1};
    struct sim_arena *arena = lesson_arena(bench);
    struct strips *requests = sim_new(arena, struct strips, 1);
    struct sim_error err = {0};
    double longest = 0, sum = 0;
    json_t *figure;

    if (!read_strips(requests, &wanted, lesson_folder(bench, run), arena, &err))
        return lesson_fail(bench, &err);
    figure = figure_of("gantt");
    json_object_set_new(figure, "kinds",
                        json_pack("[s, s, s, s, s, s]", "device", "to the edge", "edge",
                                  "to the cloud", "cloud", "answer"));
    for (int i = 0; i < requests->count; i++) {
        const double total = add_strip(figure, i, &requests->list[i], wanted.part_count);

        sum += total;
        longest = total > longest ? total : longest;
        add_request(figure, requests, i, sum / (i + 1), arena);
    }
    for (size_t i = 0; i < json_array_size(json_object_get(figure, "steps")); i++)
        json_object_set_new(json_array_get(json_object_get(figure, "steps"), i), "seconds",
                            json_real(longest));
    json_object_set_new(figure, "seconds", json_real(longest));
    return figure;
}
