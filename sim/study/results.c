#include "sim/study/results.h"

#include "sim/base/names.h"
#include "sim/base/units.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 1800 /* SQLite holds 2,000 */ };

struct sim_results {
    sqlite3 *base;
    struct sim_arena *arena;
    json_t *rows;   /* an object a point, with all columns that it has */
    json_t *shown;  /* column to true, in order: what is set and what came out */
    json_t *hidden; /* likewise: what the scenario says besides */
    const char **columns;
};

/* ---- a point as a flat row ---- */

/* A quantity as a number, if the text is one; else the text. */
static json_t *value_of(const char *text)
{
    char *end;
    double number = strtod(text, &end);

    if (end != text && *end == '\0')
        return json_real(number);
    for (int unit = SIM_UNIT_BYTES; unit <= SIM_UNIT_JOULES; unit++)
        if (sim_parse_quantity(text, (enum sim_unit)unit, &number))
            return json_real(number);
    return json_string(text);
}

static bool is_single(const json_t *value)
{
    return json_is_number(value) || json_is_string(value) || json_is_boolean(value);
}

static void put(struct sim_results *results, json_t *row, json_t *columns, const char *name,
                json_t *value)
{
    if (json_object_size(columns) < MOST_COLUMNS) {
        json_object_set_new(row, name, value);
        json_object_set_new(columns, name, json_true());
    } else {
        json_decref(value);
    }
    (void)results;
}

/* All single values below `object`, with dotted names, that the row does not have yet. */
static void put_flat(struct sim_results *results, json_t *row, json_t *columns, const char *prefix,
                     json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach (object, key, value) {
        const char *name = *prefix == '\0' ? key : sim_text(results->arena, "%s.%s", prefix, key);

        if (json_is_object(value))
            put_flat(results, row, columns, name, value);
        else if (is_single(value) && json_object_get(row, name) == NULL)
            put(results, row, columns, name, json_incref(value));
    }
}

/* The value of a dotted key, if the scenario resolves it to a single one. */
static json_t *find(json_t *object, const char *key)
{
    while (json_is_object(object)) {
        const char *dot = strchr(key, '.');
        json_t *whole = json_object_get(object, key);

        if (whole != NULL || dot == NULL)
            return whole;
        object = json_object_getn(object, key, (size_t)(dot - key));
        key = dot + 1;
    }
    return NULL;
}

static void put_settings(struct sim_results *results, json_t *row, json_t *settings,
                         json_t *scenario)
{
    const char *key;
    json_t *text;

    json_object_foreach (settings, key, text) {
        json_t *resolved = find(scenario, key);

        put(results, row, results->shown, key,
            json_is_number(resolved) ? json_incref(resolved) : value_of(json_string_value(text)));
    }
}

static void put_laws(struct sim_results *results, json_t *row, json_t *laws)
{
    json_t *law;
    size_t i;

    json_array_foreach (laws, i, law) {
        const char *quantity = json_string_value(json_object_get(law, "quantity"));
        json_t *theory = json_object_get(law, "theory"), *error = json_object_get(law, "error");

        if (!json_is_number(theory) || !json_is_number(error))
            continue;
        put(results, row, results->shown, sim_text(results->arena, "laws.%s.theory", quantity),
            json_incref(theory));
        put(results, row, results->shown, sim_text(results->arena, "laws.%s.error", quantity),
            json_incref(error));
    }
}

static void put_summary(struct sim_results *results, json_t *row, json_t *summary)
{
    json_t *ran = json_object_get(json_object_get(summary, "simulation"), "ran");
    const char *key;
    json_t *value;

    json_object_foreach (summary, key, value)
        if (json_is_number(value) && json_object_get(row, key) == NULL)
            put(results, row, results->shown, key, json_incref(value));
    if (ran != NULL) /* summaries of earlier versions say nothing of it */
        put(results, row, results->shown, "simulation", json_incref(ran));
    put_flat(results, row, results->shown, "busiest_card",
             json_object_get(summary, "busiest_card"));
    put_flat(results, row, results->shown, "metrics", json_object_get(summary, "metrics"));
    put_laws(results, row, json_object_get(summary, "laws"));
}

static bool add_row(void *context, const struct sim_stored *stored)
{
    struct sim_results *results = context;
    json_t *row = json_object(), *settings = json_loads(stored->settings, 0, NULL),
           *scenario = json_loads(stored->scenario, 0, NULL),
           *summary = stored->summary == NULL ? NULL : json_loads(stored->summary, 0, NULL);

    put(results, row, results->shown, "number", json_integer(stored->number));
    put_settings(results, row, settings, scenario);
    put(results, row, results->shown, "exit_code", json_integer(stored->exit_code));
    put(results, row, results->shown, "error", json_string(stored->error));
    put(results, row, results->shown, "wall_seconds", json_real(stored->wall_seconds));
    put_summary(results, row, summary);
    put_flat(results, row, results->hidden, "", scenario);
    put(results, row, results->hidden, "hash", json_string(stored->hash));
    json_array_append_new(results->rows, row);
    json_decref(settings);
    json_decref(scenario);
    json_decref(summary);
    return true;
}

/* ---- the table in SQLite, for conditions ---- */

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot == NULL ? name : dot + 1;
}

/* Short names that only one column ends with, and that are no column's whole name. */
static json_t *short_names(struct sim_results *results, json_t *names)
{
    json_t *found = json_object(), *value;
    const char *name;
    void *next;

    json_object_foreach (names, name, value) {
        const char *last = last_part(name);

        if (json_object_get(names, last) == NULL)
            json_object_set_new(found, last,
                                json_object_get(found, last) == NULL ? json_string(name)
                                                                     : json_null());
    }
    json_object_foreach_safe(found, next, name, value) if (json_is_null(value))
        json_object_del(found, name);
    (void)results;
    return found;
}

static bool execute(struct sim_results *results, char *text, struct sim_error *err)
{
    const bool fine =
        sqlite3_exec(results->base, text, NULL, NULL, NULL) == SQLITE_OK ||
        sim_fail(err, "The table of results cannot be made: %s.", sqlite3_errmsg(results->base));

    sqlite3_free(text);
    return fine;
}

/* Columns have no type: each value keeps its own, and SQL does not compare case of names. */
static bool create(struct sim_results *results, json_t *names, struct sim_error *err)
{
    sqlite3_str *table = sqlite3_str_new(results->base), *view = sqlite3_str_new(results->base);
    json_t *shorts = short_names(results, names), *value;
    const char *name, *separator = "";
    char *texts[2];

    sqlite3_str_appendall(table, "create table points(");
    sqlite3_str_appendall(view, "create view results as select rowid as place,*");
    json_object_foreach (names, name, value) {
        sqlite3_str_appendf(table, "%s\"%w\"", separator, name);
        separator = ",";
    }
    json_object_foreach (shorts, name, value)
        sqlite3_str_appendf(view, ",\"%w\" as \"%w\"", json_string_value(value), name);
    sqlite3_str_appendall(table, ")");
    sqlite3_str_appendall(view, " from points");
    texts[0] = sqlite3_str_finish(table);
    texts[1] = sqlite3_str_finish(view);
    json_decref(shorts);
    if (execute(results, texts[0], err))
        return execute(results, texts[1], err);
    sqlite3_free(texts[1]);
    return false;
}

static void bind(sqlite3_stmt *statement, int place, const json_t *value)
{
    if (json_is_integer(value))
        sqlite3_bind_int64(statement, place, json_integer_value(value));
    else if (json_is_real(value))
        sqlite3_bind_double(statement, place, json_real_value(value));
    else if (json_is_boolean(value))
        sqlite3_bind_int(statement, place, json_is_true(value));
    else if (json_is_string(value))
        sqlite3_bind_text(statement, place, json_string_value(value), -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, place);
}

static bool fill(struct sim_results *results, json_t *names, struct sim_error *err)
{
    sqlite3_str *text = sqlite3_str_new(results->base);
    sqlite3_stmt *statement;
    char *insert;
    json_t *row, *value;
    const char *name;
    size_t i;
    bool fine;

    sqlite3_str_appendall(text, "insert into points values(?");
    for (i = 1; i < json_object_size(names); i++)
        sqlite3_str_appendall(text, ",?");
    sqlite3_str_appendall(text, ")");
    insert = sqlite3_str_finish(text);
    fine = sqlite3_prepare_v2(results->base, insert, -1, &statement, NULL) == SQLITE_OK;
    sqlite3_free(insert);
    json_array_foreach (results->rows, i, row) {
        int place = 0;

        json_object_foreach (names, name, value)
            bind(statement, ++place, json_object_get(row, name));
        fine =
            fine && sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK;
    }
    if (!fine)
        sim_fail(err, "The table of results cannot be filled: %s.", sqlite3_errmsg(results->base));
    sqlite3_finalize(statement);
    return fine;
}

/* SQL takes "Loss" and "loss" for one name: the second gets a number. */
static json_t *distinct_names(const struct sim_results *results)
{
    json_t *names = json_object();

    json_object_update(names, results->shown);
    json_object_update_missing(names, results->hidden);
    return names;
}

static bool make_base(struct sim_results *results, struct sim_error *err)
{
    json_t *names = distinct_names(results);
    const bool fine = (sqlite3_open(":memory:", &results->base) == SQLITE_OK ||
                       sim_fail(err, "There is no memory for a table of results.")) &&
                      create(results, names, err) && fill(results, names, err);

    json_decref(names);
    return fine;
}

struct sim_results *sim_results_open(struct sim_store *store, struct sim_arena *arena,
                                     struct sim_error *err)
{
    struct sim_results *results = sim_new(arena, struct sim_results, 1);
    const char *name;
    json_t *value;
    int count = 0;

    *results = (struct sim_results){
        .arena = arena, .rows = json_array(), .shown = json_object(), .hidden = json_object()};
    json_object_set_new(results->hidden, "hash", json_true());
    if (!sim_store_each(store, add_row, results, err) || !make_base(results, err)) {
        sim_results_close(results);
        return NULL;
    }
    results->columns = sim_new(arena, const char *, json_object_size(results->shown) + 1);
    json_object_foreach (results->shown, name, value)
        results->columns[count++] = name;
    return results;
}

void sim_results_close(struct sim_results *results)
{
    if (results == NULL)
        return;
    sqlite3_close(results->base);
    json_decref(results->rows);
    json_decref(results->shown);
    json_decref(results->hidden);
}

const char *const *sim_results_columns(const struct sim_results *results)
{
    return results->columns;
}

/* ---- conditions ---- */

/* SQLite takes a name in double quotes that is no column for a text, and says so of names without quotes only. */
static bool refuse(struct sim_results *results, const char *where, struct sim_error *err)
{
    const char *said = sqlite3_errmsg(results->base), *name = strstr(said, "no such column: ");
    json_t *names = distinct_names(results), *value;
    const char **all = sim_new(results->arena, const char *, json_object_size(names));
    const char *key;
    int count = 0;

    if (name == NULL) {
        sim_fail(err, "--where '%s': is no condition: %s.", where, said);
    } else {
        name += strlen("no such column: ");
        json_object_foreach (names, key, value)
            all[count++] = strchr(name, '.') == NULL ? last_part(key) : key;
        sim_fail(err, "--where '%s': there is no column '%s'%s", where, name,
                 sim_did_you_mean(results->arena, name, all, count,
                                  "; 'dmlsim results FILE.db --columns' lists them."));
    }
    json_decref(names);
    return false;
}

static json_t *row_at(const struct sim_results *results, size_t place)
{
    json_t *row = json_array_get(results->rows, place), *shown = json_object(), *value;

    for (const char **name = results->columns; *name != NULL; name++) {
        value = json_object_get(row, *name);
        json_object_set_new(shown, *name, value == NULL ? json_null() : json_incref(value));
    }
    json_object_set(shown, "hash", json_object_get(row, "hash"));
    return shown;
}

json_t *sim_results_select(struct sim_results *results, const char *where, struct sim_error *err)
{
    char *text = sqlite3_mprintf("select place from results where (%s\n) order by place",
                                 where == NULL ? "1" : where);
    const char *rest = "";
    sqlite3_stmt *statement = NULL;
    json_t *rows = NULL;
    int state = sqlite3_prepare_v2(results->base, text, -1, &statement, &rest);

    if (state == SQLITE_OK && (statement == NULL || *rest != '\0')) {
        sim_fail(err, "--where '%s': is more than one condition.", where);
    } else if (state == SQLITE_OK) {
        rows = json_array();
        while ((state = sqlite3_step(statement)) == SQLITE_ROW)
            json_array_append_new(rows,
                                  row_at(results, (size_t)sqlite3_column_int64(statement, 0) - 1));
    }
    if (state != SQLITE_DONE && state != SQLITE_OK) {
        refuse(results, where, err);
        json_decref(rows);
        rows = NULL;
    }
    sqlite3_finalize(statement);
    sqlite3_free(text);
    return rows;
}
