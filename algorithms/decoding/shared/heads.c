#include "algorithms/decoding/shared/heads.h"

#include "sim/base/csv.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1000 * 1000 };

static bool read_share(const struct sim_csv *csv, const char *field, double least, double *share)
{
    char *end;

    *share = strtod(field, &end);
    return (end != field && *end == '\0' && *share >= least && *share <= 1) ||
           sim_fail(csv->err,
                    "%s:%d: '%s' is no share from %g to 1; shares are cumulative, so that they "
                    "never fall from rank to rank.",
                    csv->path, csv->line, field, least);
}

static bool read_head(const struct sim_csv *csv, const char *const *fields, int count,
                      struct heads *heads)
{
    double *row = heads->cumulative + (size_t)heads->heads * (size_t)heads->ranks;
    char *end;

    if (count != heads->ranks + 1)
        return sim_fail(csv->err, "%s:%d: this row has %d fields, and the first line %d.",
                        csv->path, csv->line, count, heads->ranks + 1);
    if (strtol(fields[0], &end, 10) != heads->heads || end == fields[0] || *end != '\0')
        return sim_fail(csv->err,
                        "%s:%d: heads are numbered from 0 on, row by row; '%s' is not %d.",
                        csv->path, csv->line, fields[0], heads->heads);
    for (int r = 0; r < heads->ranks; r++)
        if (!read_share(csv, fields[r + 1], r > 0 ? row[r - 1] : 0, &row[r]))
            return false;
    heads->heads++;
    return true;
}

bool heads_read(struct heads *heads, const char *path, struct sim_arena *arena,
                struct sim_error *err)
{
    struct sim_csv csv;
    const char *const *fields;
    int count;

    if (!sim_csv_load(&csv, path, MOST_BYTES, arena, err) || !sim_csv_row(&csv, &fields, &count))
        return false;
    if (fields == NULL || count < 2 || strcmp(fields[0], "head") != 0)
        return sim_fail(err, "%s: its first line must be head, top1, top2, ...", path);
    *heads = (struct heads){.ranks = count - 1};
    heads->cumulative = sim_new(arena, double, sim_csv_most_rows(&csv) * (size_t)heads->ranks);
    for (;;) {
        if (!sim_csv_row(&csv, &fields, &count))
            return false;
        if (fields == NULL)
            return heads->heads > 0 || sim_fail(err, "%s: there is no head in it.", path);
        if (!read_head(&csv, fields, count, heads))
            return false;
    }
}
