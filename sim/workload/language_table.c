/* language_table.c -- language models as rows of a CSV file: found, read, and their totals worked out. */
#include "sim/base/csv.h"
#include "sim/base/file.h"
#include "sim/base/names.h"
#include "sim/base/units.h"
#include "sim/workload/language.h"
#include "sim/workload/model.h"

#include <math.h>
#include <string.h>

static const char OWN_TABLE[] = "scenarios/language/models.csv";

/* Above it JSON readers disagree on whole numbers. */
static const double MOST_COUNTED = 1e15;

enum column {
    NAME,
    LAYERS,
    HIDDEN,
    HEADS,
    KV_HEADS,
    HEAD_SIZE,
    FFN,
    VOCABULARY,
    POSITIONS,
    GATED,
    TIED,
    BIASES,
    ENCODER,
    BYTES_PER_NUMBER,
    SOURCE,
    COLUMNS
};

enum sort { TEXT, NUMBER, YES_OR_NO };

static const struct {
    const char *name;
    enum sort sort;
    bool is_needed;
    double least, most, otherwise; /* what an empty field is; negative: it follows from others */
} columns[COLUMNS] = {
    [NAME] = {"name", TEXT, .is_needed = true},
    [LAYERS] = {"layers", NUMBER, true, 1, 1e4},
    [HIDDEN] = {"hidden", NUMBER, true, 1, 1e6},
    [HEADS] = {"heads", NUMBER, true, 1, 1e5},
    [KV_HEADS] = {"kv_heads", NUMBER, false, 1, 1e5, -1},
    [HEAD_SIZE] = {"head_size", NUMBER, false, 1, 1e6, -1},
    [FFN] = {"ffn", NUMBER, true, 1, 1e7},
    [VOCABULARY] = {"vocabulary", NUMBER, true, 1, 1e7},
    [POSITIONS] = {"positions", NUMBER, false, 0, 1e8, 0},
    [GATED] = {"gated", YES_OR_NO, false, 0, 1, 1},
    [TIED] = {"tied", YES_OR_NO, false, 0, 1, 0},
    [BIASES] = {"biases", YES_OR_NO, false, 0, 1, 0},
    [ENCODER] = {"encoder", YES_OR_NO, false, 0, 1, 0},
    [BYTES_PER_NUMBER] = {"bytes_per_number", NUMBER, false, 1, 16, 2},
    [SOURCE] = {"source", TEXT},
};

/* A file under reading. */
struct table {
    struct sim_csv csv;
    int places[COLUMNS]; /* of each column in a row; -1: not there */
    int width;
    const struct sim_language_model **models;
    int count;
};

/* ---- totals ---- */

struct counts {
    double linear, head, all, kv_bytes;
};

/* A norm has a factor for each number, and with biases a summand. */
static struct counts totals_of(const struct sim_language_model *model)
{
    const double hidden = model->hidden, ffn = model->ffn, layers = model->layers;
    const double width = (double)model->heads * model->head_size;
    const double kv_width = (double)model->kv_heads * model->head_size;
    const double attention = 2 * hidden * (width + kv_width);
    const double mlp = (model->is_gated ? 3 : 2) * hidden * ffn;
    const double norm = (model->has_biases ? 2 : 1) * hidden;
    const double biases =
        model->has_biases ? width + 2 * kv_width + hidden + (model->is_gated ? 2 : 1) * ffn + hidden
                          : 0;
    const double layer = attention + mlp + 2 * norm + biases;
    const double encoder = model->has_encoder ? layers * layer + norm : 0;
    const double looking_at_it = model->has_encoder ? attention + norm : 0;
    struct counts counts = {.head = hidden * model->vocabulary};

    counts.linear = layers * (attention + mlp + (model->has_encoder ? attention : 0));
    counts.all = encoder + layers * (layer + looking_at_it) + norm +
                 (model->is_tied ? 1 : 2) * counts.head + hidden * model->positions;
    counts.kv_bytes = 2 * layers * kv_width * model->bytes_per_number;
    return counts;
}

/* ---- sentences ---- */

static bool wrong(const struct table *table, enum column c, const char *complaint)
{
    return sim_fail(table->csv.err, "%s:%d: column '%s': %s", table->csv.path, table->csv.line,
                    columns[c].name, complaint);
}

/* ---- the head ---- */

static bool is_of_layers(const char *const *fields, int count)
{
    static const char *const theirs[] = {"kind", "macs", "forward_flop", "forward_seconds"};

    for (int i = 0; i < count; i++)
        for (size_t t = 0; t < sizeof theirs / sizeof theirs[0]; t++)
            if (strcmp(fields[i], theirs[t]) == 0)
                return true;
    return false;
}

static bool take_columns(struct table *table, const char *const *head)
{
    const char *names[COLUMNS];

    for (int c = 0; c < COLUMNS; c++)
        names[c] = columns[c].name;
    return sim_csv_columns(
        &table->csv, head, table->width, names, COLUMNS,
        "; a language model has name, layers, hidden, heads, ffn, vocabulary and others.",
        table->places);
}

static bool read_head(struct table *table)
{
    const char *const *fields;
    bool fine;

    if (!sim_csv_row(&table->csv, &fields, &table->width))
        return false;
    if (fields == NULL)
        return sim_fail(table->csv.err, "%s: holds no table of language models.", table->csv.path);
    if (is_of_layers(fields, table->width))
        return sim_fail(table->csv.err,
                        "%s:%d: this is a table of layers, but a language model is one row: name, "
                        "layers, hidden, heads, ffn, vocabulary and others.",
                        table->csv.path, table->csv.line);
    fine = take_columns(table, fields);
    for (int c = 0; c < COLUMNS && fine; c++)
        if (columns[c].is_needed && table->places[c] < 0)
            fine = sim_fail(table->csv.err, "%s:%d: the column '%s' is missing.", table->csv.path,
                            table->csv.line, columns[c].name);
    return fine;
}

/* ---- a row ---- */

static const char *text_of(const struct table *table, const char *const *fields, enum column c)
{
    return table->places[c] < 0 ? "" : fields[table->places[c]];
}

static bool read_yes_or_no(const struct table *table, enum column c, const char *text,
                           double *value)
{
    *value = strcmp(text, "yes") == 0;
    return *value == 1 || strcmp(text, "no") == 0 ||
           wrong(table, c, sim_text(table->csv.arena, "'%s' must be yes or no.", text));
}

static bool read_number(const struct table *table, enum column c, const char *text, double *value)
{
    struct sim_arena *arena = table->csv.arena;

    if (!sim_parse_quantity(text, SIM_UNIT_NONE, value))
        return wrong(table, c, sim_text(arena, "'%s' is no number; write it as in 8.", text));
    if (*value < columns[c].least || *value > columns[c].most)
        return wrong(table, c,
                     sim_text(arena, "%s is out of bounds: at least %g and at most %g.", text,
                              columns[c].least, columns[c].most));
    return *value == floor(*value) ||
           wrong(table, c, sim_text(arena, "%s is no whole number.", text));
}

static bool read_field(const struct table *table, const char *const *fields, enum column c,
                       double *value)
{
    const char *text = text_of(table, fields, c);

    *value = columns[c].otherwise;
    if (*text == '\0')
        return !columns[c].is_needed || wrong(table, c, "the field is empty.");
    if (columns[c].sort == NUMBER)
        return read_number(table, c, text, value);
    return columns[c].sort == TEXT || read_yes_or_no(table, c, text, value);
}

static bool heads_make_sense(const struct table *table, const struct sim_language_model *model)
{
    struct sim_arena *arena = table->csv.arena;

    if (model->head_size == 0)
        return wrong(table, HEADS,
                     sim_text(arena, "%d do not divide %d, the hidden width; say head_size.",
                              model->heads, model->hidden));
    return model->heads % model->kv_heads == 0 ||
           wrong(table, KV_HEADS,
                 sim_text(arena, "%d do not divide the %d heads.", model->kv_heads, model->heads));
}

static bool take_totals(const struct table *table, struct sim_language_model *model)
{
    const struct counts counts = totals_of(model);

    if (counts.all > MOST_COUNTED || counts.kv_bytes > MOST_COUNTED)
        return sim_fail(table->csv.err,
                        "%s:%d: these are more parameters, or keys and values, than can be "
                        "counted: %g at most.",
                        table->csv.path, table->csv.line, MOST_COUNTED);
    model->linear_parameters = (int64_t)counts.linear;
    model->head_parameters = (int64_t)counts.head;
    model->parameters = (int64_t)counts.all;
    model->kv_bytes_per_token = (int64_t)counts.kv_bytes;
    return true;
}

static struct sim_language_model model_of(const double numbers[COLUMNS])
{
    struct sim_language_model model = {
        .layers = (int)numbers[LAYERS],
        .hidden = (int)numbers[HIDDEN],
        .heads = (int)numbers[HEADS],
        .kv_heads = (int)(numbers[KV_HEADS] < 0 ? numbers[HEADS] : numbers[KV_HEADS]),
        .head_size = (int)numbers[HEAD_SIZE],
        .ffn = (int)numbers[FFN],
        .vocabulary = (int)numbers[VOCABULARY],
        .positions = (int)numbers[POSITIONS],
        .is_gated = numbers[GATED] == 1,
        .is_tied = numbers[TIED] == 1,
        .has_biases = numbers[BIASES] == 1,
        .has_encoder = numbers[ENCODER] == 1,
        .bytes_per_number = (int)numbers[BYTES_PER_NUMBER],
    };

    if (numbers[HEAD_SIZE] < 0)
        model.head_size = model.hidden % model.heads == 0 ? model.hidden / model.heads : 0;
    return model;
}

static bool is_new(const struct table *table, const char *name)
{
    for (int i = 0; i < table->count; i++)
        if (strcmp(table->models[i]->name, name) == 0)
            return wrong(table, NAME,
                         sim_text(table->csv.arena, "'%s' is the name of a row above.", name));
    return true;
}

static bool read_row(struct table *table, const char *const *fields, int count)
{
    struct sim_language_model *model = sim_new(table->csv.arena, struct sim_language_model, 1);
    double numbers[COLUMNS];
    bool fine = true;

    if (count != table->width)
        return sim_fail(table->csv.err, "%s:%d: this row has %d fields, but there are %d columns.",
                        table->csv.path, table->csv.line, count, table->width);
    for (int c = 0; c < COLUMNS; c++)
        fine &= read_field(table, fields, (enum column)c, &numbers[c]);
    if (!fine || !is_new(table, text_of(table, fields, NAME)))
        return false;
    *model = model_of(numbers);
    model->name = text_of(table, fields, NAME);
    model->source = text_of(table, fields, SOURCE);
    if (!heads_make_sense(table, model) || !take_totals(table, model))
        return false;
    table->models[table->count++] = model;
    return true;
}

const struct sim_language_model *const *sim_language_parse(struct sim_arena *arena,
                                                           const char *path, const char *text,
                                                           size_t length, struct sim_error *err)
{
    struct table table = {0};
    const char *const *fields;
    bool fine, is_read;
    int width;

    fine = sim_csv_open(&table.csv, path, text, length, arena, err) && read_head(&table);
    if (!fine)
        return NULL;
    /* a row has at least a letter and its end */
    table.models = sim_new(arena, const struct sim_language_model *, length / 2 + 2);
    while ((is_read = sim_csv_row(&table.csv, &fields, &width)) && fields != NULL)
        fine &= read_row(&table, fields, width);
    if (fine && is_read && table.count == 0)
        fine = sim_fail(err, "%s: the table holds no language model.", path);
    return fine && is_read ? table.models : NULL;
}

/* ---- finding one ---- */

/* Here, then in each of the folders; NULL if nowhere. */
static const char *find_own(struct sim_arena *arena, const char *const *folders)
{
    if (sim_file_exists(OWN_TABLE))
        return OWN_TABLE;
    for (; folders != NULL && *folders != NULL; folders++) {
        const char *path = sim_text(arena, "%s/%s", *folders, OWN_TABLE);

        if (sim_file_exists(path))
            return path;
    }
    return NULL;
}

static const struct sim_language_model *const *read_file(struct sim_arena *arena, const char *path,
                                                         struct sim_error *err)
{
    size_t length;
    const char *text = sim_file_read(arena, path, SIM_LANGUAGE_MOST_BYTES, &length, err);

    return text == NULL ? NULL : sim_language_parse(arena, path, text, length, err);
}

const struct sim_language_model *const *sim_language_models(struct sim_arena *arena,
                                                            const char *const *folders,
                                                            struct sim_error *err)
{
    static const struct sim_language_model *const none[] = {NULL};
    const char *path = find_own(arena, folders);
    const struct sim_language_model *const *models =
        path == NULL ? none : read_file(arena, path, err);

    return models == NULL ? none : models;
}

static const struct sim_language_model *named(const struct sim_language_model *const *models,
                                              const char *name)
{
    while (*models != NULL && strcmp((*models)->name, name) != 0)
        models++;
    return *models;
}

/* The rest of "there is no language model 'x'". */
static const char *nearest(struct sim_arena *arena, const struct sim_language_model *const *models,
                           const char *name)
{
    size_t count = 0;
    const char **names;

    while (models[count] != NULL)
        count++;
    names = sim_new(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        names[i] = models[i]->name;
    return sim_did_you_mean(arena, name, names, count, "; 'dmlsim list models' names them.");
}

const char *sim_language_lack(struct sim_arena *arena, const char *const *folders,
                              const char *name_or_path)
{
    struct sim_error unread = {0}; /* whoever loads it is told */
    const struct sim_language_model *const *models = sim_language_models(arena, folders, &unread);
    const char *found = sim_model_find(arena, folders, name_or_path);

    if (sim_model_is_path(name_or_path))
        return found != NULL ? NULL
                             : sim_text(arena,
                                        "there is no file '%s', neither here, nor beside the "
                                        "scenario, nor among dmlsim's own.",
                                        name_or_path);
    if (unread.count > 0 || named(models, name_or_path) != NULL)
        return NULL;
    if (found != NULL)
        return sim_text(arena,
                        "'%s' is a table of layers, not a language model, of which 'dmlsim list "
                        "models' names some.",
                        name_or_path);
    return sim_text(arena, "there is no language model '%s'%s", name_or_path,
                    nearest(arena, models, name_or_path));
}

/* The one row of a user's own file. */
static const struct sim_language_model *load_file(struct sim_arena *arena, const char *path,
                                                  struct sim_error *err)
{
    const char *dot = strrchr(path, '.');
    const struct sim_language_model *const *models;

    if (dot != NULL && strcmp(dot, ".onnx") == 0) {
        sim_fail(err, "%s: a language model is a CSV file of one row, not an ONNX file.", path);
        return NULL;
    }
    models = read_file(arena, path, err);
    if (models != NULL && models[1] != NULL) {
        sim_fail(err, "%s: holds more than one language model, and which is meant cannot be said.",
                 path);
        return NULL;
    }
    return models == NULL ? NULL : models[0];
}

const struct sim_language_model *sim_language_load(struct sim_arena *arena,
                                                   const char *const *folders,
                                                   const char *name_or_path, const char **called,
                                                   struct sim_error *err)
{
    const char *lack = sim_language_lack(arena, folders, name_or_path);
    const bool is_path = sim_model_is_path(name_or_path);
    const char *found;

    if (lack != NULL) {
        sim_fail(err, "%c%s", lack[0] == 't' ? 'T' : lack[0], lack + 1);
        return NULL;
    }
    found = is_path ? sim_model_find(arena, folders, name_or_path) : name_or_path;
    if (called != NULL)
        *called = found;
    return is_path ? load_file(arena, found, err)
                   : named(sim_language_models(arena, folders, err), found);
}
