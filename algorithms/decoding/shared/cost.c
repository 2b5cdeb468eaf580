#include "algorithms/decoding/shared/cost.h"

#include "sim/base/csv.h"
#include "sim/base/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct dec_curve {
    int count;
    double *tokens, *seconds;
};

enum { MOST_CURVE_BYTES = 1000 * 1000 };

/* ---- measured tables ---- */

static bool read_number(const struct sim_csv *csv, const char *text, double least, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return (end != text && *end == '\0' && isfinite(*value) && *value >= least) ||
           sim_fail(csv->err, "%s:%d: '%s' is no number of %g or more.", csv->path, csv->line, text,
                    least);
}

static bool read_row(struct sim_csv *csv, const char *const *fields, int count,
                     const int columns[2], struct dec_curve *curve)
{
    double tokens, seconds;

    if (columns[0] >= count || columns[1] >= count)
        return sim_fail(csv->err, "%s:%d: this row has %d fields, too few.", csv->path, csv->line,
                        count);
    if (!read_number(csv, fields[columns[0]], 1, &tokens) ||
        !read_number(csv, fields[columns[1]], 0, &seconds))
        return false;
    if (curve->count > 0 && tokens <= curve->tokens[curve->count - 1])
        return sim_fail(csv->err, "%s:%d: tokens must ascend from row to row.", csv->path,
                        csv->line);
    curve->tokens[curve->count] = tokens;
    curve->seconds[curve->count++] = seconds;
    return true;
}

const struct dec_curve *dec_curve_read(const char *path, struct sim_arena *arena,
                                       struct sim_error *err)
{
    struct dec_curve *curve = sim_new(arena, struct dec_curve, 1);
    struct sim_csv csv;
    const char *const *fields;
    int count, columns[2];

    if (!sim_csv_load(&csv, path, MOST_CURVE_BYTES, arena, err) ||
        !sim_csv_row(&csv, &fields, &count))
        return NULL;
    columns[0] = sim_csv_place(fields, count, "tokens");
    columns[1] = sim_csv_place(fields, count, "seconds");
    if (columns[0] < 0 || columns[1] < 0) {
        sim_fail(err, "%s: its first line must name the columns tokens and seconds.", path);
        return NULL;
    }
    curve->tokens = sim_new(arena, double, sim_csv_most_rows(&csv));
    curve->seconds = sim_new(arena, double, sim_csv_most_rows(&csv));
    for (;;) {
        if (!sim_csv_row(&csv, &fields, &count))
            return NULL;
        if (fields == NULL)
            break;
        if (!read_row(&csv, fields, count, columns, curve))
            return NULL;
    }
    if (curve->count == 0) {
        sim_fail(err, "%s: there is no row below its first line.", path);
        return NULL;
    }
    return curve;
}

double dec_curve_seconds(const struct dec_curve *curve, int64_t rows)
{
    const double x = (double)rows;
    int i = 1;

    if (curve->count == 1 || x <= curve->tokens[0])
        return curve->seconds[0];
    while (i < curve->count - 1 && x > curve->tokens[i])
        i++;
    return curve->seconds[i - 1] + (curve->seconds[i] - curve->seconds[i - 1]) *
                                       (x - curve->tokens[i - 1]) /
                                       (curve->tokens[i] - curve->tokens[i - 1]);
}

/* ---- steps ---- */

void dec_step_add(struct dec_step *step, int64_t rows, int64_t context_tokens)
{
    step->rows += rows;
    step->sequences += rows > 0;
    step->context_tokens += (double)context_tokens;
    step->attended_tokens += (double)rows * ((double)context_tokens + (double)rows / 2);
}

static struct sim_language_step language_step(const struct dec_cost *cost,
                                              const struct dec_step *step)
{
    return (struct sim_language_step){.rows = step->rows,
                                      .context_tokens = step->context_tokens,
                                      .attended_tokens = step->attended_tokens,
                                      .layer_share = step->layer_share,
                                      .skips_head = step->skips_head,
                                      .extra_parameters = step->extra_parameters,
                                      .tensor_parallel =
                                          cost->tensor_parallel > 0 ? cost->tensor_parallel : 1};
}

double dec_step_seconds(const struct sim_plan *plan, int peer, const struct dec_cost *cost,
                        const struct dec_step *step)
{
    struct sim_language_step words;

    if (step->rows == 0)
        return 0;
    if (cost->curve != NULL)
        return step->layer_share * dec_curve_seconds(cost->curve, step->rows) + step->extra_seconds;
    if (cost->model == NULL)
        return step->layer_share * cost->step_seconds + step->extra_seconds;
    words = language_step(cost, step);
    return sim_language_step_seconds(sim_device_of(plan, peer), cost->model, &words);
}

int dec_layers(const struct dec_cost *cost)
{
    return cost->model != NULL ? cost->model->layers : 0;
}

int64_t dec_hidden_bytes(const struct dec_cost *cost, int64_t rows)
{
    return cost->model != NULL ? sim_language_hidden_bytes(cost->model, rows) : 0;
}

/* Each of the devices that share a layer reads and computes its part. */
double dec_step_memory_bytes(const struct dec_cost *cost, const struct dec_step *step)
{
    const struct sim_language_step words = language_step(cost, step);

    return cost->model != NULL && step->rows > 0
               ? words.tensor_parallel * sim_language_step_memory_bytes(cost->model, &words)
               : 0;
}

double dec_step_flop(const struct dec_cost *cost, const struct dec_step *step)
{
    const struct sim_language_step words = language_step(cost, step);

    return cost->model != NULL && step->rows > 0
               ? words.tensor_parallel * sim_language_step_flop(cost->model, &words)
               : 0;
}
