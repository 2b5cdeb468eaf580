#include "sim/base/csv.h"

#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sim_csv_text(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

void sim_csv_number(FILE *file, double value)
{
    char text[32];

    if (value == floor(value) && fabs(value) < 1e15 && !(value == 0 && signbit(value))) {
        fprintf(file, "%lld", (long long)value); /* as %.15g has it, but most of a table is whole */
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, file);
}

/* ---- reading ---- */

static bool is_text(const struct sim_csv *csv)
{
    int line = 1;

    for (const char *at = csv->at; at < csv->end;) {
        const size_t n = sim_utf8_length(at, (size_t)(csv->end - at));

        if (n == 0)
            return sim_fail(csv->err, "%s:%d: this is no text: a byte here is not UTF-8.",
                            csv->path, line);
        line += *at == '\n';
        at += n;
    }
    return true;
}

static void pass_line(struct sim_csv *csv)
{
    const char *newline = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));

    csv->at = newline == NULL ? csv->end : newline + 1;
    csv->next_line++;
}

bool sim_csv_open(struct sim_csv *csv, const char *path, const char *text, size_t length,
                  struct sim_arena *arena, struct sim_error *err)
{
    const size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    *csv = (struct sim_csv){.path = path,
                            .at = text + mark,
                            .end = text + length,
                            .line = 1,
                            .next_line = 1,
                            .arena = arena,
                            .err = err};
    if (!is_text(csv))
        return false;
    while (csv->at < csv->end && *csv->at == '#')
        pass_line(csv);
    return true;
}

static bool at_line_end(const struct sim_csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' ||
           (*csv->at == '\r' && (csv->at + 1 == csv->end || csv->at[1] == '\n'));
}

/* Where the quotes that opened before `at` close; NULL if they never do. */
static const char *closing_quotes(const struct sim_csv *csv)
{
    const char *at = csv->at;

    while ((at = memchr(at, '"', (size_t)(csv->end - at))) != NULL) {
        if (at + 1 == csv->end || at[1] != '"')
            return at;
        at += 2;
    }
    return NULL;
}

/* What stands in quotes; `at` is behind the first of them, and afterwards behind the last. */
static const char *quoted(struct sim_csv *csv)
{
    const char *close = closing_quotes(csv);
    size_t length = 0;
    char *text;

    if (close == NULL) {
        sim_fail(csv->err, "%s:%d: the quotes that open in this row never close.", csv->path,
                 csv->line);
        return NULL;
    }
    text = sim_new(csv->arena, char, (size_t)(close - csv->at) + 1);
    for (; csv->at < close; csv->at++) {
        csv->at += *csv->at == '"'; /* the first of two that stand for one */
        csv->next_line += *csv->at == '\n';
        text[length++] = *csv->at;
    }
    csv->at = close + 1;
    return text;
}

static const char *field(struct sim_csv *csv)
{
    const char *begin = csv->at, *text;

    if (csv->at < csv->end && *csv->at == '"') {
        csv->at++;
        text = quoted(csv);
        if (text != NULL && !at_line_end(csv) && *csv->at != ',') {
            sim_fail(csv->err, "%s:%d: behind closing quotes a comma was expected.", csv->path,
                     csv->next_line);
            return NULL;
        }
        return text;
    }
    while (!at_line_end(csv) && *csv->at != ',' && *csv->at != '"')
        csv->at++;
    if (!at_line_end(csv) && *csv->at == '"') {
        sim_fail(csv->err,
                 "%s:%d: quotes inside a field: put the whole of it in quotes, and double those "
                 "inside.",
                 csv->path, csv->next_line);
        return NULL;
    }
    return sim_text_copy(csv->arena, begin, (size_t)(csv->at - begin));
}

/* Room for one more field, and for the NULL that ends them. */
static const char **longer(struct sim_arena *arena, const char **row, int count, int *room)
{
    const char **twice;

    if (count + 1 < *room)
        return row;
    *room = 2 * *room + 16;
    twice = sim_new(arena, const char *, (size_t)*room);
    for (int i = 0; i < count; i++)
        twice[i] = row[i];
    return twice;
}

bool sim_csv_load(struct sim_csv *csv, const char *path, size_t most_bytes, struct sim_arena *arena,
                  struct sim_error *err)
{
    size_t length;
    const char *text = sim_file_read(arena, path, most_bytes, &length, err);

    return text != NULL && sim_csv_open(csv, path, text, length, arena, err);
}

bool sim_csv_row(struct sim_csv *csv, const char *const **fields, int *count)
{
    const char **row = NULL;
    int room = 0;

    *count = 0;
    *fields = NULL;
    while (csv->at < csv->end && at_line_end(csv))
        pass_line(csv);
    if (csv->at == csv->end)
        return true;
    csv->line = csv->next_line;
    for (;; csv->at++) {
        row = longer(csv->arena, row, *count, &room);
        if ((row[(*count)++] = field(csv)) == NULL)
            return false;
        if (at_line_end(csv))
            break;
    }
    if (csv->at < csv->end)
        pass_line(csv);
    *fields = row;
    return true;
}

int sim_csv_place(const char *const *head, int count, const char *name)
{
    for (int c = 0; head != NULL && c < count; c++)
        if (strcmp(head[c], name) == 0)
            return c;
    return -1;
}

static bool take_column(const struct sim_csv *csv, const char *name, int place,
                        const char *const *names, int name_count, const char *otherwise,
                        int *places)
{
    const int n = sim_csv_place(names, name_count, name);

    if (n < 0)
        return sim_fail(csv->err, "%s:%d: there is no column '%s'%s", csv->path, csv->line, name,
                        sim_did_you_mean(csv->arena, name, names, (size_t)name_count, otherwise));
    if (places[n] >= 0)
        return sim_fail(csv->err, "%s:%d: the column '%s' is there twice.", csv->path, csv->line,
                        name);
    places[n] = place;
    return true;
}

bool sim_csv_columns(const struct sim_csv *csv, const char *const *head, int count,
                     const char *const *names, int name_count, const char *otherwise, int *places)
{
    bool fine = true;

    for (int n = 0; n < name_count; n++)
        places[n] = -1;
    for (int i = 0; i < count; i++)
        fine &= take_column(csv, head[i], i, names, name_count, otherwise, places);
    return fine;
}

size_t sim_csv_most_rows(const struct sim_csv *csv)
{
    return (size_t)(csv->end - csv->at) / 2 + 1;
}
