#include "algorithms/pipeline/shared/user_schedule.h"

#include "sim/base/csv.h"
#include "sim/base/file.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 200 * 1000 * 1000 };

struct columns {
    int stage, operation, microbatch, chunk; /* -1: not there */
};

static bool read_head(struct sim_csv *csv, const char *const *fields, int count,
                      struct columns *columns)
{
    *columns = (struct columns){-1, -1, -1, -1};
    for (int i = 0; i < count; i++) {
        int *column = strcmp(fields[i], "stage") == 0        ? &columns->stage
                      : strcmp(fields[i], "operation") == 0  ? &columns->operation
                      : strcmp(fields[i], "microbatch") == 0 ? &columns->microbatch
                      : strcmp(fields[i], "chunk") == 0      ? &columns->chunk
                                                             : NULL;

        if (column == NULL)
            return sim_fail(
                csv->err,
                "%s:%d: there is no column '%s' in a schedule; it has stage, operation, "
                "microbatch and, if stages have several, chunk.",
                csv->path, csv->line, fields[i]);
        *column = i;
    }
    return (columns->stage >= 0 && columns->operation >= 0 && columns->microbatch >= 0) ||
           sim_fail(csv->err,
                    "%s:%d: the first line must name the columns: stage,operation,microbatch.",
                    csv->path, csv->line);
}

/* A whole number 0 .. most - 1. */
static bool read_number(const struct sim_csv *csv, const char *text, const char *what, int most,
                        int *number)
{
    char *end;
    const long value = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value < 0 || value >= most)
        return sim_fail(csv->err, "%s:%d: %s '%s' must be a whole number from 0 to %d.", csv->path,
                        csv->line, what, text, most - 1);
    *number = (int)value;
    return true;
}

static int kind_of(const char *text, bool is_split)
{
    if (strcmp(text, "F") == 0)
        return FORWARD;
    if (strcmp(text, "W") == 0)
        return WEIGHT_GRADIENT;
    return strcmp(text, "B") == 0 ? is_split ? INPUT_GRADIENT : BACKWARD : -1;
}

static bool read_row(struct schedule *schedule, struct sim_csv *csv, const char *const *fields,
                     const struct columns *columns)
{
    const int kind = kind_of(fields[columns->operation], schedule->is_split);
    int stage = 0, microbatch = 0, chunk = 0;

    if (kind < 0)
        return sim_fail(csv->err, "%s:%d: operation '%s' is none of F, B and W.", csv->path,
                        csv->line, fields[columns->operation]);
    if (!read_number(csv, fields[columns->stage], "stage", schedule->stages, &stage) ||
        !read_number(csv, fields[columns->microbatch], "microbatch",
                     schedule->microbatches / schedule->replicas[0], &microbatch) ||
        (columns->chunk >= 0 &&
         !read_number(csv, fields[columns->chunk], "chunk", schedule->chunks, &chunk)))
        return false;
    for (int r = 0; r < schedule->replicas[stage]; r++) {
        const struct desk desk = {.schedule = schedule, .stage = stage, .replica = r};

        schedule_add(&desk, (enum operation_kind)kind, microbatch, chunk);
    }
    return true;
}

/* Whether B is the whole backward pass must be known before the first B. */
static bool read_rows(struct schedule *schedule, struct sim_csv csv, bool only_looks)
{
    const char *const *fields;
    struct columns columns = {-1, -1, -1, -1};
    int count, width;

    if (!sim_csv_row(&csv, &fields, &width))
        return false;
    if (fields == NULL)
        return sim_fail(csv.err, "%s: there is no line in it.", csv.path);
    if (!read_head(&csv, fields, width, &columns))
        return false;
    while (sim_csv_row(&csv, &fields, &count) && fields != NULL) {
        if (count != width)
            return sim_fail(csv.err, "%s:%d: %d fields where the first line has %d.", csv.path,
                            csv.line, count, width);
        if (only_looks)
            schedule->is_split |= strcmp(fields[columns.operation], "W") == 0;
        else if (!read_row(schedule, &csv, fields, &columns))
            return false;
    }
    return fields == NULL;
}

bool user_schedule_read(struct schedule *schedule, const char *path, struct sim_error *err)
{
    size_t length;
    const char *text = sim_file_read(schedule->arena, path, MOST_BYTES, &length, err);
    struct sim_csv csv;

    return text != NULL && sim_csv_open(&csv, path, text, length, schedule->arena, err) &&
           read_rows(schedule, csv, true) && read_rows(schedule, csv, false);
}
