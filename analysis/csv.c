#include "analysis/csv.h"

#include "sim/base/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 64 };

struct analysis_csv {
    const char *path;
    struct sim_arena *arena;
    FILE *file;
    char *row; /* malloc'd by getline, cut into fields in place */
    size_t room;
    long line; /* of the row's end */
    char *fields[MOST_COLUMNS];
    int field_count, column_count;
    const char *names[MOST_COLUMNS];
    const char *damage; /* the first one, a sentence; NULL: none */
};

static void damaged(struct analysis_csv *csv, const char *sentence)
{
    if (csv->damage == NULL)
        csv->damage = sentence;
}

static int count_quotes(const char *text)
{
    int quotes = 0;

    for (; *text != '\0'; text++)
        quotes += *text == '"';
    return quotes;
}

/* One record, which goes over several lines if a quoted field does. */
static bool read_row(struct analysis_csv *csv)
{
    char *more = NULL;
    size_t more_room = 0;
    ssize_t length = getline(&csv->row, &csv->room, csv->file);

    csv->line++;
    while (length > 0 && count_quotes(csv->row) % 2 == 1) {
        const ssize_t added = getline(&more, &more_room, csv->file);

        if (added <= 0)
            break;
        csv->line++;
        if (csv->room < (size_t)(length + added) + 1) {
            csv->room = (size_t)(length + added) * 2;
            csv->row = realloc(csv->row, csv->room);
            if (csv->row == NULL)
                abort(); /* no memory */
        }
        memcpy(csv->row + length, more, (size_t)added + 1);
        length += added;
    }
    free(more);
    if (length > 0)
        csv->row[length - (csv->row[length - 1] == '\n')] = '\0';
    return length > 0;
}

/* Take one field from `from`, unquoted in place; returns where the next one starts, or NULL. */
static char *take_field(char *from, char **field)
{
    char *to = from;
    bool quoted = false;

    *field = from;
    for (; *from != '\0' && (quoted || *from != ','); from++) {
        if (*from != '"')
            *to++ = *from;
        else if (quoted && from[1] == '"')
            *to++ = *from++;
        else
            quoted = !quoted;
    }
    from = *from == ',' ? from + 1 : NULL;
    *to = '\0';
    return from;
}

static bool split_row(struct analysis_csv *csv)
{
    char *from = csv->row;

    csv->field_count = 0;
    while (from != NULL && csv->field_count < MOST_COLUMNS)
        from = take_field(from, &csv->fields[csv->field_count++]);
    return from == NULL;
}

struct analysis_csv *analysis_csv_open(const char *path, struct sim_arena *arena,
                                       struct sim_error *err)
{
    struct analysis_csv *csv = sim_new(arena, struct analysis_csv, 1);

    *csv = (struct analysis_csv){.path = path, .arena = arena, .file = fopen(path, "re")};
    if (csv->file == NULL) {
        sim_fail(err, "%s: cannot be read: %s.", path, strerror(errno));
        return NULL;
    }
    if (!read_row(csv) || !split_row(csv)) {
        damaged(csv, sim_text(arena, "%s: has no head of columns.", path));
        return csv;
    }
    csv->column_count = csv->field_count;
    for (int i = 0; i < csv->column_count; i++)
        csv->names[i] = sim_text(arena, "%s", csv->fields[i]);
    return csv;
}

bool analysis_csv_has(const struct analysis_csv *csv, const char *name)
{
    for (int i = 0; i < csv->column_count; i++)
        if (strcmp(csv->names[i], name) == 0)
            return true;
    return false;
}

int analysis_csv_column(struct analysis_csv *csv, const char *name)
{
    for (int i = 0; i < csv->column_count; i++)
        if (strcmp(csv->names[i], name) == 0)
            return i;
    damaged(csv,
            sim_text(csv->arena, "%s: has no column '%s', so it was not written by this dmlsim.",
                     csv->path, name));
    return 0;
}

bool analysis_csv_next(struct analysis_csv *csv)
{
    if (csv->damage != NULL || !read_row(csv))
        return false;
    if (split_row(csv) && csv->field_count == csv->column_count)
        return true;
    damaged(csv, sim_text(csv->arena, "%s:%ld: this row has %d fields; the head has %d.", csv->path,
                          csv->line, csv->field_count, csv->column_count));
    return false;
}

const char *analysis_csv_text(const struct analysis_csv *csv, int column)
{
    return csv->fields[column];
}

double analysis_csv_number(struct analysis_csv *csv, int column)
{
    const char *text = csv->fields[column];
    char *end;
    const double value = strtod(text, &end);

    if (end != text && *end == '\0' && isfinite(value))
        return value;
    damaged(csv, sim_text(csv->arena, "%s:%ld: '%s' in column '%s' is no number.", csv->path,
                          csv->line, text, csv->names[column]));
    return 0;
}

/* What diverges is written as inf, what is not known as nothing. */
double analysis_csv_number_or_gap(struct analysis_csv *csv, int column)
{
    const char *text = csv->fields[column];
    char *end;

    if (*text == '\0' || (!isfinite(strtod(text, &end)) && end != text && *end == '\0'))
        return NAN;
    return analysis_csv_number(csv, column);
}

bool analysis_csv_close(struct analysis_csv *csv, struct sim_error *err)
{
    const char *damage = csv->damage;

    fclose(csv->file);
    free(csv->row);
    return damage == NULL || sim_fail(err, "%s", damage);
}

bool analysis_csv_holds(const char *path, const char *const *columns, struct sim_arena *arena)
{
    struct sim_error ignored = {0};
    struct analysis_csv *csv =
        sim_file_exists(path) ? analysis_csv_open(path, arena, &ignored) : NULL;
    bool has_all = csv != NULL;

    for (; has_all && *columns != NULL; columns++)
        has_all = analysis_csv_has(csv, *columns);
    return (csv == NULL || analysis_csv_close(csv, &ignored)) && has_all;
}
