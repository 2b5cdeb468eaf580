/* table.c -- a table of layers as a CSV file: its columns, read and written. */
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/base/units.h"
#include "sim/workload/model.h"
#include "sim/workload/shape.h"

#include <math.h>
#include <string.h>

enum column {
    NAME,
    KIND,
    INPUT,
    OUTPUT,
    READS,
    PARAMETERS,
    MACS,
    FORWARD_FLOP,
    BACKWARD_FLOP,
    ACTIVATION_BYTES,
    KERNEL,
    STRIDE,
    PADDING,
    FORWARD_SECONDS,
    BACKWARD_SECONDS,
    MEASURED_BATCH,
    BYTES_PER_PARAMETER,
    INPUT_BYTES,
    COLUMNS
};

static const struct {
    const char *name;
    enum sim_unit unit;
    bool is_text, is_whole;
    double least, most;
} columns[COLUMNS] = {
    [NAME] = {"name", SIM_UNIT_NONE, .is_text = true},
    [KIND] = {"kind", SIM_UNIT_NONE, .is_text = true},
    [INPUT] = {"input", SIM_UNIT_NONE, .is_text = true},
    [OUTPUT] = {"output", SIM_UNIT_NONE, .is_text = true},
    [READS] = {"reads", SIM_UNIT_NONE, .is_text = true},
    [PARAMETERS] = {"parameters", SIM_UNIT_NONE, .is_whole = true, .most = 1e15},
    [MACS] = {"macs", SIM_UNIT_NONE, .is_whole = true, .most = 1e15},
    [FORWARD_FLOP] = {"forward_flop", SIM_UNIT_FLOP, .most = 1e30},
    [BACKWARD_FLOP] = {"backward_flop", SIM_UNIT_FLOP, .most = 1e30},
    [ACTIVATION_BYTES] = {"activation_bytes", SIM_UNIT_BYTES, .is_whole = true, .most = 1e15},
    [KERNEL] = {"kernel", SIM_UNIT_NONE, .is_whole = true, .least = 1, .most = 1e6},
    [STRIDE] = {"stride", SIM_UNIT_NONE, .is_whole = true, .least = 1, .most = 1e6},
    [PADDING] = {"padding", SIM_UNIT_NONE, .is_whole = true, .most = 1e6},
    [FORWARD_SECONDS] = {"forward_seconds", SIM_UNIT_SECONDS, .most = 1e9},
    [BACKWARD_SECONDS] = {"backward_seconds", SIM_UNIT_SECONDS, .most = 1e9},
    [MEASURED_BATCH] = {"measured_batch", SIM_UNIT_NONE, .is_whole = true, .least = 1, .most = 1e9},
    [BYTES_PER_PARAMETER] = {"bytes_per_parameter", SIM_UNIT_NONE, .is_whole = true, .least = 1,
                             .most = 16},
    [INPUT_BYTES] = {"input_bytes", SIM_UNIT_BYTES, .is_whole = true, .most = 1e15},
};

/* A file under reading. */
struct table {
    struct sim_csv csv;
    int places[COLUMNS]; /* of each column in a row; -1: not there */
    int width;           /* columns that the head names */
    struct sim_layer *layers;
    int count, room;
    int bytes_per_parameter; /* 0: no row has said */
    double input_bytes;      /* of all rows */
};

/* One row: the texts of its fields, NULL where there is no such column, and the numbers of those that are numbers. */
struct row {
    const char *texts[COLUMNS];
    double numbers[COLUMNS]; /* negative: the field is empty */
};

/* ---- the head ---- */

static bool take_columns(struct table *table, const char *const *head)
{
    const char *names[COLUMNS];

    for (int c = 0; c < COLUMNS; c++)
        names[c] = columns[c].name;
    return sim_csv_columns(&table->csv, head, table->width, names, COLUMNS,
                           "; a table of layers has name, kind, parameters, macs, forward_flop, "
                           "activation_bytes and others.",
                           table->places);
}

static bool read_head(struct table *table)
{
    const char *const *fields;
    bool fine;

    if (!sim_csv_row(&table->csv, &fields, &table->width))
        return false;
    if (fields == NULL)
        return sim_fail(table->csv.err, "%s: holds no table of layers.", table->csv.path);
    fine = take_columns(table, fields);
    if (fine && table->places[NAME] < 0)
        fine = sim_fail(table->csv.err, "%s:%d: the column 'name' is missing.", table->csv.path,
                        table->csv.line);
    if (fine && table->places[FORWARD_FLOP] < 0 && table->places[MACS] < 0 &&
        table->places[FORWARD_SECONDS] < 0)
        fine = sim_fail(table->csv.err,
                        "%s:%d: one of the columns 'forward_flop', 'macs' (1 MAC is 2 flop) and "
                        "'forward_seconds' must be there: what does a layer cost?",
                        table->csv.path, table->csv.line);
    return fine;
}

/* ---- a row ---- */

static const char *text_of(const struct row *row, enum column c)
{
    return row->texts[c] == NULL ? "" : row->texts[c];
}

static double given_or(double number, double otherwise)
{
    return number < 0 ? otherwise : number;
}

static bool wrong(const struct table *table, enum column c, const char *complaint)
{
    return sim_fail(table->csv.err, "%s:%d: column '%s': %s", table->csv.path, table->csv.line,
                    columns[c].name, complaint);
}

static bool read_number(const struct table *table, enum column c, struct row *row)
{
    const char *text = text_of(row, c), *unit = sim_unit_name(columns[c].unit);
    struct sim_arena *arena = table->csv.arena;
    double value;

    row->numbers[c] = -1;
    if (*text == '\0')
        return true;
    if (!sim_parse_quantity(text, columns[c].unit, &value))
        return wrong(table, c,
                     sim_text(arena, "'%s' is no %s; write it as in %s.", text,
                              *unit == '\0' ? "number" : unit,
                              *unit == '\0' ? "8" : sim_unit_example(columns[c].unit)));
    if (value < columns[c].least || value > columns[c].most)
        return wrong(table, c,
                     sim_text(arena, "%s is out of bounds: at least %g and at most %g.", text,
                              columns[c].least, columns[c].most));
    if (columns[c].is_whole && value != floor(value))
        return wrong(table, c, sim_text(arena, "%s is no whole number.", text));
    row->numbers[c] = value;
    return true;
}

static bool read_shape(const struct table *table, enum column c, const struct row *row)
{
    int64_t numbers;

    return *text_of(row, c) == '\0' || sim_shape_size(text_of(row, c), &numbers) ||
           wrong(table, c,
                 sim_text(table->csv.arena, "'%s' is no shape; write it as in 3x224x224.",
                          text_of(row, c)));
}

static bool read_name(const struct table *table, const struct row *row)
{
    const char *name = text_of(row, NAME);

    if (*name == '\0')
        return wrong(table, NAME, "the layer has no name.");
    if (strcspn(name, " \t\r\n") != strlen(name))
        return wrong(table, NAME,
                     sim_text(table->csv.arena,
                              "'%s' holds a blank, but blanks separate the names in 'reads'.",
                              name));
    return true;
}

/* 1 MAC is 2 flop: a table that gives one of the two gives both, one that gives both must not mix them up. */
static bool costs_make_sense(const struct table *table, struct row *row)
{
    double *macs = &row->numbers[MACS], *flop = &row->numbers[FORWARD_FLOP];

    if (*macs < 0 && *flop < 0 && row->numbers[FORWARD_SECONDS] < 0)
        return sim_fail(table->csv.err,
                        "%s:%d: layer '%s' has neither forward_flop nor macs nor forward_seconds; "
                        "write 0 if it costs nothing.",
                        table->csv.path, table->csv.line, text_of(row, NAME));
    if (*macs >= 0 && *flop >= 0 && *flop < 2 * *macs)
        return wrong(table, FORWARD_FLOP,
                     sim_text(table->csv.arena, "%s flop are too few for %s MACs: 1 MAC is 2 flop.",
                              text_of(row, FORWARD_FLOP), text_of(row, MACS)));
    if (*flop < 0)
        *flop = *macs < 0 ? 0 : 2 * *macs;
    if (*macs < 0)
        *macs = floor(*flop / 2);
    return *macs <= columns[MACS].most ||
           wrong(table, FORWARD_FLOP, "these are more flop than can be counted as MACs.");
}

/* How often a window fits along a side, and once more where it may hang over the end (Caffe's pools do). */
static bool fits(const struct sim_window *window, int64_t in, int64_t out)
{
    const int64_t room = in + 2 * (int64_t)window->padding - window->kernel;

    return room >= 0 && (out == room / window->stride + 1 ||
                         out == (room + window->stride - 1) / window->stride + 1);
}

static struct sim_window window_of(const struct row *row)
{
    if (row->numbers[KERNEL] < 0)
        return (struct sim_window){0};
    return (struct sim_window){.kernel = (int)row->numbers[KERNEL],
                               .stride = (int)given_or(row->numbers[STRIDE], 1),
                               .padding = (int)given_or(row->numbers[PADDING], 0)};
}

static bool window_makes_sense(const struct table *table, const struct row *row)
{
    const struct sim_window window = window_of(row);
    int64_t in[3], out[3];

    if (window.kernel == 0)
        return (row->numbers[STRIDE] < 0 && row->numbers[PADDING] < 0) ||
               wrong(table, KERNEL, "a stride or a padding tells nothing without a kernel.");
    if (window.padding >= window.kernel)
        return wrong(table, PADDING,
                     sim_text(table->csv.arena,
                              "%d is as much as the kernel, %d: some windows would read nothing.",
                              window.padding, window.kernel));
    if (sim_shape_sides(text_of(row, INPUT), in, 3) != 3 ||
        sim_shape_sides(text_of(row, OUTPUT), out, 3) != 3 ||
        (fits(&window, in[1], out[1]) && fits(&window, in[2], out[2])))
        return true;
    return wrong(table, KERNEL,
                 sim_text(table->csv.arena,
                          "a window of %d, stride %d, padding %d does not make %s of %s.",
                          window.kernel, window.stride, window.padding, text_of(row, OUTPUT),
                          text_of(row, INPUT)));
}

static bool read_row(const struct table *table, const char *const *fields, int count,
                     struct row *row)
{
    bool fine = true;

    if (count != table->width)
        return sim_fail(table->csv.err, "%s:%d: this row has %d fields, but there are %d columns.",
                        table->csv.path, table->csv.line, count, table->width);
    for (int c = 0; c < COLUMNS; c++) {
        row->texts[c] = table->places[c] < 0 ? NULL : fields[table->places[c]];
        fine &= columns[c].is_text || read_number(table, (enum column)c, row);
    }
    fine &= read_name(table, row) & read_shape(table, INPUT, row) & read_shape(table, OUTPUT, row);
    return fine && costs_make_sense(table, row) && window_makes_sense(table, row);
}

/* ---- rows become layers ---- */

static struct sim_layer layer_of(const struct row *row)
{
    int64_t numbers = 0;

    sim_shape_size(text_of(row, OUTPUT), &numbers);
    return (struct sim_layer){
        .name = text_of(row, NAME),
        .kind = *text_of(row, KIND) == '\0' ? "layer" : text_of(row, KIND),
        .input = text_of(row, INPUT),
        .output = text_of(row, OUTPUT),
        .reads = text_of(row, READS),
        .parameters = (int64_t)given_or(row->numbers[PARAMETERS], 0),
        .macs = (int64_t)row->numbers[MACS],
        .forward_flop = row->numbers[FORWARD_FLOP],
        .backward_flop = given_or(row->numbers[BACKWARD_FLOP], 2 * row->numbers[FORWARD_FLOP]),
        .activation_bytes = (int64_t)given_or(row->numbers[ACTIVATION_BYTES], 4 * (double)numbers),
        .forward_seconds = row->numbers[FORWARD_SECONDS],
        .backward_seconds = row->numbers[BACKWARD_SECONDS],
        .measured_batch = (int)given_or(row->numbers[MEASURED_BATCH], 1),
        .window = window_of(row),
    };
}

static void append(struct table *table, const struct sim_layer *layer)
{
    if (table->count == table->room) {
        struct sim_layer *old = table->layers;

        table->room = 2 * table->room + 64;
        table->layers = sim_new(table->csv.arena, struct sim_layer, (size_t)table->room);
        for (int i = 0; i < table->count; i++)
            table->layers[i] = old[i];
    }
    table->layers[table->count++] = *layer;
}

static bool take_row(struct table *table, const struct row *row)
{
    const struct sim_layer layer = layer_of(row);
    const int bytes = (int)given_or(row->numbers[BYTES_PER_PARAMETER], 4);

    if (table->bytes_per_parameter != 0 && table->bytes_per_parameter != bytes)
        return wrong(table, BYTES_PER_PARAMETER,
                     sim_text(table->csv.arena, "it is %d here and %d above; one model has one.",
                              bytes, table->bytes_per_parameter));
    table->bytes_per_parameter = bytes;
    table->input_bytes += given_or(row->numbers[INPUT_BYTES], 0);
    if (table->input_bytes > columns[INPUT_BYTES].most)
        return wrong(table, INPUT_BYTES, "all rows together are out of bounds.");
    append(table, &layer);
    return true;
}

static bool read_rows(struct table *table)
{
    const char *const *fields;
    struct row row = {0};
    bool fine = true, is_read;
    int count;

    while ((is_read = sim_csv_row(&table->csv, &fields, &count)) && fields != NULL)
        fine &= read_row(table, fields, count, &row) && take_row(table, &row);
    return fine && is_read &&
           (table->count > 0 ||
            sim_fail(table->csv.err, "%s: the table holds no layer.", table->csv.path));
}

const struct sim_model *sim_model_parse(struct sim_arena *arena, const char *path, const char *text,
                                        size_t length, struct sim_error *err)
{
    struct table table = {0};
    struct sim_model model;

    if (!sim_csv_open(&table.csv, path, text, length, arena, err) || !read_head(&table) ||
        !read_rows(&table))
        return NULL;
    model = (struct sim_model){.name = sim_stem_of(arena, path),
                               .layer_count = table.count,
                               .layers = table.layers,
                               .input_bytes = (int64_t)table.input_bytes,
                               .bytes_per_parameter = table.bytes_per_parameter};
    return sim_model_complete(arena, &model, path, err);
}

/* ---- writing ---- */

static void write_number(FILE *file, double value)
{
    putc(',', file);
    if (value >= 0)
        sim_csv_number(file, value);
}

static void write_text(FILE *file, const char *text)
{
    putc(',', file);
    sim_csv_text(file, text);
}

static void write_layer(FILE *file, const struct sim_layer *layer, int bytes_per_parameter,
                        int64_t input_bytes)
{
    sim_csv_text(file, layer->name);
    write_text(file, layer->kind);
    write_text(file, layer->input);
    write_text(file, layer->output);
    write_text(file, layer->reads);
    write_number(file, (double)layer->parameters);
    write_number(file, (double)layer->macs);
    write_number(file, layer->forward_flop);
    write_number(file, layer->backward_flop);
    write_number(file, (double)layer->activation_bytes);
    write_number(file, layer->window.kernel > 0 ? layer->window.kernel : -1);
    write_number(file, layer->window.kernel > 0 ? layer->window.stride : -1);
    write_number(file, layer->window.kernel > 0 ? layer->window.padding : -1);
    write_number(file, layer->forward_seconds);
    write_number(file, layer->backward_seconds);
    write_number(file, layer->measured_batch == 0 ? 1 : layer->measured_batch);
    write_number(file, bytes_per_parameter);
    write_number(file, (double)input_bytes);
    putc('\n', file);
}

void sim_model_write(FILE *file, const struct sim_model *model)
{
    for (int c = 0; c < COLUMNS; c++)
        fprintf(file, "%s%s", c > 0 ? "," : "", columns[c].name);
    putc('\n', file);
    for (int i = 0; i < model->layer_count; i++)
        write_layer(file, &model->layers[i], model->bytes_per_parameter,
                    i == 0 ? model->input_bytes : 0);
}
