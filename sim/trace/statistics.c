/* statistics.c -- what the rows of an algorithm's tables say in a few numbers: mean and quantiles of columns. */
#include "sim/base/fit.h"
#include "sim/trace/record.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *prefix;
    double share;
} quantiles[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}};
enum { QUANTILES = sizeof quantiles / sizeof quantiles[0] };

/* Where a column stands in a row; behind the last where there is none of that name. */
static size_t place_of(const struct sim_table_record *table, const char *column)
{
    size_t c = 0;

    while (c < table->column_count && strcmp(table->table->columns[c], column) != 0)
        c++;
    return c + 2;
}

/* What a column holds but for gaps and the warm-up, ascending; how many. */
static size_t take_column(const struct sim_table_record *table, const char *column, int warm_up,
                          double *values)
{
    const size_t width = table->column_count + 2;
    const size_t place = place_of(table, column), request = place_of(table, "request");
    size_t count = 0;

    for (size_t r = 0; r < table->row_count; r++) {
        const double *row = table->rows + r * width;

        if (!isnan(row[place]) && (request == width || row[request] >= warm_up))
            values[count++] = row[place];
    }
    sim_sort(values, count);
    return count;
}

static void add(struct sim_record *record, const char *name, double value)
{
    record->statistics[record->statistic_count++] = (struct sim_statistic){name, value};
}

static void summarise(struct sim_record *record, struct sim_arena *arena,
                      const struct sim_table_record *table, const char *column, int warm_up)
{
    double *values = sim_new(arena, double, table->row_count + 1);
    const size_t count = take_column(table, column, warm_up, values);

    if (count == 0)
        return;

    add(record, sim_text(arena, "mean_%s", column), sim_mean(values, count).value);
    for (int q = 0; q < QUANTILES; q++)
        add(record, sim_text(arena, "%s_%s", quantiles[q].prefix, column),
            sim_quantile(values, count, quantiles[q].share));
}

void sim_record_statistics(struct sim_record *record, struct sim_arena *arena, int warm_up)
{
    size_t columns = 0;

    for (int t = 0; t < record->table_count; t++)
        for (const char *const *c = record->tables[t].table->summarised; c != NULL && *c != NULL;
             c++)
            columns++;
    record->statistics = sim_new(arena, struct sim_statistic, columns * (1 + QUANTILES) + 1);
    for (int t = 0; t < record->table_count; t++)
        for (const char *const *c = record->tables[t].table->summarised; c != NULL && *c != NULL;
             c++)
            summarise(record, arena, &record->tables[t], *c, warm_up);
}
