#include "analysis/operations.h"

#include "analysis/csv.h"
#include "sim/base/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[ANALYSIS_OPERATION_KINDS] = {"forward", "backward", "input_gradient",
                                                            "weight_gradient"};

/* ---- reading ---- */

bool analysis_has_operations(const char *folder, struct sim_arena *arena)
{
    static const char *const columns[] = {"seconds",    "peer",         "iteration", "stage",
                                          "replica",    "rank",         "operation", "chunk",
                                          "microbatch", "begin_seconds"};
    const char *path = sim_text(arena, "%s/operations.csv", folder);
    struct sim_error ignored = {0};
    struct analysis_csv *csv;
    bool has_all = true;

    if (!sim_file_exists(path))
        return false;
    csv = analysis_csv_open(path, arena, &ignored);
    if (csv == NULL)
        return true; /* whoever reads it tells why that cannot be */
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        has_all &= analysis_csv_has(csv, columns[i]);
    analysis_csv_close(csv, &ignored);
    return has_all;
}

static struct analysis_operation_row *row_of(struct analysis_operations *all, const char *peer,
                                             const int place[3], struct sim_arena *arena)
{
    struct analysis_operation_row *row;

    for (int i = 0; i < all->row_count; i++) {
        row = &all->rows[i];
        if (row->stage == place[0] && row->replica == place[1] && row->rank == place[2])
            return row;
    }
    if (all->row_count == all->row_room) {
        const int room = 2 * all->row_room + 16;
        struct analysis_operation_row *rows =
            sim_new(arena, struct analysis_operation_row, (size_t)room);

        if (all->row_count > 0)
            memcpy(rows, all->rows, (size_t)all->row_count * sizeof *rows);
        all->rows = rows;
        all->row_room = room;
    }
    row = &all->rows[all->row_count++];
    *row = (struct analysis_operation_row){.peer = sim_text(arena, "%s", peer),
                                           .stage = place[0],
                                           .replica = place[1],
                                           .rank = place[2],
                                           .totals = {NAN, NAN, NAN, NAN, NAN, NAN}};
    return row;
}

static void add(struct analysis_operation_row *row, const struct analysis_operation *operation,
                struct sim_arena *arena)
{
    if (row->count == row->room) {
        const int room = 2 * row->room + 64;
        struct analysis_operation *list = sim_new(arena, struct analysis_operation, (size_t)room);

        if (row->count > 0)
            memcpy(list, row->list, (size_t)row->count * sizeof *list);
        row->list = list;
        row->room = room;
    }
    row->list[row->count++] = *operation;
}

static void reach(int *count, int number)
{
    if (*count <= number)
        *count = number + 1;
}

static void count_numbers(struct analysis_operations *all, const int place[3],
                          const struct analysis_operation *operation)
{
    reach(&all->stages, place[0]);
    reach(&all->replicas, place[1]);
    reach(&all->ranks, place[2]);
    reach(&all->chunks, operation->chunk);
    reach(&all->microbatches, operation->microbatch);
    reach(&all->iterations, operation->iteration);
    all->has_kind[operation->kind] = true;
}

/* ANALYSIS_OPERATION_KINDS if it is none. */
static short kind_of(const char *text)
{
    short kind = 0;

    while (kind < ANALYSIS_OPERATION_KINDS && strcmp(text, kinds[kind]) != 0)
        kind++;
    return kind;
}

static bool read_rows(struct analysis_operations *all, struct analysis_csv *csv, const char *path,
                      struct sim_arena *arena, struct sim_error *err)
{
    const int end = analysis_csv_column(csv, "seconds"), peer = analysis_csv_column(csv, "peer");
    const int begin = analysis_csv_column(csv, "begin_seconds");
    const int kind = analysis_csv_column(csv, "operation");
    const int chunk = analysis_csv_column(csv, "chunk");
    const int microbatch = analysis_csv_column(csv, "microbatch");
    const int iteration = analysis_csv_column(csv, "iteration");
    const int columns[3] = {analysis_csv_column(csv, "stage"), analysis_csv_column(csv, "replica"),
                            analysis_csv_column(csv, "rank")};

    while (analysis_csv_next(csv)) {
        const struct analysis_operation operation = {
            .begin = analysis_csv_number(csv, begin),
            .end = analysis_csv_number(csv, end),
            .kind = kind_of(analysis_csv_text(csv, kind)),
            .chunk = (short)analysis_csv_number(csv, chunk),
            .microbatch = (int)analysis_csv_number(csv, microbatch),
            .iteration = (int)analysis_csv_number(csv, iteration)};
        int place[3];

        for (int i = 0; i < 3; i++)
            place[i] = (int)analysis_csv_number(csv, columns[i]);
        if (operation.kind == ANALYSIS_OPERATION_KINDS || operation.chunk < 0 ||
            operation.microbatch < 0 || operation.iteration < 0 || place[0] < 0 || place[1] < 0 ||
            place[2] < 0)
            return sim_fail(err, "%s: has an operation '%s' of a kind or number that cannot be.",
                            path, analysis_csv_text(csv, kind));
        count_numbers(all, place, &operation);
        add(row_of(all, analysis_csv_text(csv, peer), place, arena), &operation, arena);
    }
    return true;
}

static double number_or_nothing(struct analysis_csv *csv, const char *name)
{
    const int column = analysis_csv_column(csv, name);

    return *analysis_csv_text(csv, column) == '\0' ? NAN : analysis_csv_number(csv, column);
}

/* A stages.csv with other columns tells nothing. */
static bool read_totals(struct analysis_operations *all, const char *folder,
                        struct sim_arena *arena, struct sim_error *err)
{
    static const char *const names[6] = {"compute_seconds", "wait_seconds", "reduce_seconds",
                                         "send_seconds",    "weight_bytes", "peak_memory_bytes"};
    const char *path = sim_text(arena, "%s/stages.csv", folder);
    struct analysis_csv *csv;
    bool has_all;

    if (!sim_file_exists(path))
        return true;
    csv = analysis_csv_open(path, arena, err);
    if (csv == NULL)
        return false;
    has_all = analysis_csv_has(csv, "peer");
    for (int i = 0; i < 6; i++)
        has_all &= analysis_csv_has(csv, names[i]);
    while (has_all && analysis_csv_next(csv)) {
        const char *peer = analysis_csv_text(csv, analysis_csv_column(csv, "peer"));
        double values[6];
        int r = 0;

        for (int i = 0; i < 6; i++)
            values[i] = number_or_nothing(csv, names[i]);
        while (r < all->row_count && strcmp(all->rows[r].peer, peer) != 0)
            r++;
        if (r < all->row_count)
            all->rows[r].totals = (struct analysis_stage_totals){values[0], values[1], values[2],
                                                                 values[3], values[4], values[5]};
    }
    return analysis_csv_close(csv, err);
}

static int by_place(const void *a, const void *b)
{
    const struct analysis_operation_row *x = a, *y = b;

    if (x->stage != y->stage)
        return x->stage < y->stage ? -1 : 1;
    if (x->replica != y->replica)
        return x->replica < y->replica ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

bool analysis_operations_read(struct analysis_operations *all, const char *folder,
                              struct sim_arena *arena, struct sim_error *err)
{
    const char *path = sim_text(arena, "%s/operations.csv", folder);
    struct analysis_csv *csv = analysis_csv_open(path, arena, err);
    bool fine;

    *all = (struct analysis_operations){0};
    if (csv == NULL)
        return false;
    fine = read_rows(all, csv, path, arena, err);
    if (!analysis_csv_close(csv, err) || !fine)
        return false;
    if (all->row_count > 0)
        qsort(all->rows, (size_t)all->row_count, sizeof *all->rows, by_place);
    return read_totals(all, folder, arena, err);
}

/* ---- asking ---- */

int analysis_operations_until(const struct analysis_operation_row *row, int iterations)
{
    int count = 0;

    while (count < row->count && row->list[count].iteration < iterations)
        count++;
    return count;
}

void analysis_operation_shares(const struct analysis_operation_row *row, int operations,
                               double seconds, int count,
                               double (*shares)[ANALYSIS_OPERATION_KINDS])
{
    const double width = seconds / count;

    memset(shares, 0, (size_t)count * sizeof *shares);
    for (int i = 0; i < operations; i++) {
        const struct analysis_operation *operation = &row->list[i];
        int part = (int)(operation->begin / width);

        for (; part < count && part * width < operation->end; part++) {
            const double from = fmax(operation->begin, part * width);
            const double to = fmin(operation->end, (part + 1) * width);

            shares[part][operation->kind] += fmax(0, to - from) / width;
        }
    }
}

/* How much of [from, to] the operations of the first iteration leave free.  Less than a 1e-9th of `to` is what
 * rounding of sums leaves. */
static double free_seconds(const struct analysis_operation_row *row, double from, double to)
{
    const int count = analysis_operations_until(row, 1);
    double left = fmax(0, to - from);

    for (int i = 0; i < count; i++)
        left -= fmax(0, fmin(row->list[i].end, to) - fmax(row->list[i].begin, from));
    return left > 1e-9 * to ? left : 0;
}

struct analysis_waits analysis_waits_of(const struct analysis_operation_row *row, double from,
                                        double to)
{
    const int count = analysis_operations_until(row, 1);
    double first_backward = to, last_forward = from, middle;

    for (int i = count - 1; i >= 0; i--)
        if (row->list[i].kind != ANALYSIS_FORWARD)
            first_backward = row->list[i].begin;
    for (int i = 0; i < count; i++)
        if (row->list[i].kind == ANALYSIS_FORWARD)
            last_forward = row->list[i].end;
    middle = fmax(first_backward, last_forward);
    return (struct analysis_waits){.warm_up = free_seconds(row, from, first_backward),
                                   .steady = free_seconds(row, first_backward, middle),
                                   .drain = free_seconds(row, middle, to)};
}

/* begins[micro-batch] and ends[] of the forward passes, or of the others on which a stage before waits. */
static void take_times(const struct analysis_operation_row *row, bool is_forward, int microbatches,
                       double *begins, double *ends)
{
    const int count = analysis_operations_until(row, 1);

    for (int m = 0; m < microbatches; m++)
        begins[m] = ends[m] = NAN;
    for (int i = 0; i < count; i++) {
        const struct analysis_operation *operation = &row->list[i];

        if (operation->chunk != 0 || operation->kind == ANALYSIS_WEIGHT_GRADIENT ||
            (operation->kind == ANALYSIS_FORWARD) != is_forward)
            continue;
        begins[operation->microbatch] = operation->begin;
        ends[operation->microbatch] = operation->end;
    }
}

double analysis_least_hop(const struct analysis_operations *all, struct sim_arena *arena)
{
    const size_t room = (size_t)all->microbatches + 1;
    double *times[4]; /* of a stage and the one before it: begins, ends */
    const struct analysis_operation_row *before = NULL;
    double least = NAN;

    for (int i = 0; i < 4; i++)
        times[i] = sim_new(arena, double, room);
    for (int r = 0; r < all->row_count; r++) {
        const struct analysis_operation_row *row = &all->rows[r];

        if (row->replica != 0 || row->rank != 0)
            continue;
        for (int forward = 0; forward < 2 && before != NULL; forward++) {
            take_times(before, forward, all->microbatches, times[0], times[1]);
            take_times(row, forward, all->microbatches, times[2], times[3]);
            for (int m = 0; m < all->microbatches; m++)
                least =
                    fmin(least, forward ? times[2][m] - times[1][m] : times[0][m] - times[3][m]);
        }
        before = row;
    }
    return least;
}
