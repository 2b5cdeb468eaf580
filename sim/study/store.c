#include "sim/study/store.h"

#include "sim/base/file.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { STORE_VERSION = 1, APPLICATION_ID = 0x646d6c73 /* "dmls" */, BUSY_MILLISECONDS = 10000 };

struct sim_store {
    sqlite3 *base;
};

static const char schema[] =
    "create table if not exists points(hash text primary key, number integer not null,"
    " settings text not null, scenario text not null, exit_code integer not null, error text not "
    "null,"
    " wall_seconds real not null, summary text);"
    "create table if not exists notes(name text primary key, value text not null);";

static bool refuse(struct sim_store *store, const char *path, struct sim_error *err)
{
    return sim_fail(err, "%s: %s.", path,
                    store->base == NULL ? "cannot be opened" : sqlite3_errmsg(store->base));
}

static int pragma(struct sim_store *store, const char *name)
{
    sqlite3_stmt *statement;
    char text[64];
    int value = -1;

    sqlite3_snprintf(sizeof text, text, "pragma %s", name);
    if (sqlite3_prepare_v2(store->base, text, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static bool is_ours(struct sim_store *store, const char *path, bool is_new, struct sim_error *err)
{
    char text[128];
    const int version = is_new ? STORE_VERSION : pragma(store, "user_version");

    if (!is_new && pragma(store, "application_id") != APPLICATION_ID)
        return sim_fail(err, "%s: is no store of dmlsim, so it is left alone.", path);
    if (version != STORE_VERSION)
        return sim_fail(err, "%s: was written in format %d; this dmlsim reads format %d.", path,
                        version, STORE_VERSION);
    sqlite3_snprintf(sizeof text, text, "pragma application_id=%d; pragma user_version=%d",
                     APPLICATION_ID, STORE_VERSION);
    if ((is_new && sqlite3_exec(store->base, text, NULL, NULL, NULL) != SQLITE_OK) ||
        sqlite3_exec(store->base, "pragma journal_mode=wal", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(store->base, schema, NULL, NULL, NULL) != SQLITE_OK)
        return refuse(store, path, err);
    return true;
}

/* The time-out comes first, so that two sweeps on one store wait for each other. */
static bool open_base(struct sim_store *store, const char *path, bool create, struct sim_error *err)
{
    const int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);

    return (sqlite3_open_v2(path, &store->base, flags, NULL) == SQLITE_OK &&
            sqlite3_busy_timeout(store->base, BUSY_MILLISECONDS) == SQLITE_OK &&
            sqlite3_exec(store->base, "pragma synchronous=normal", NULL, NULL, NULL) ==
                SQLITE_OK) ||
           refuse(store, path, err);
}

bool sim_store_open(struct sim_store **store, const char *path, bool create, struct sim_error *err)
{
    const bool is_new = !sim_file_exists(path);

    *store = NULL;
    if (is_new && !create)
        return sim_fail(err, "%s: there is no such file.", path);
    if (sim_is_directory(path))
        return sim_fail(err, "%s: is a directory; a store was expected.", path);
    *store = calloc(1, sizeof **store);
    if (*store != NULL && open_base(*store, path, create, err) &&
        is_ours(*store, path, is_new, err))
        return true;
    sim_store_close(*store);
    *store = NULL;
    return false;
}

void sim_store_close(struct sim_store *store)
{
    if (store == NULL)
        return;
    sqlite3_close(store->base);
    free(store);
}

bool sim_store_has(struct sim_store *store, const char *hash)
{
    sqlite3_stmt *statement;
    bool found = false;

    if (sqlite3_prepare_v2(store->base, "select 1 from points where hash=? and exit_code=0", -1,
                           &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, hash, -1, SQLITE_STATIC);
        found = sqlite3_step(statement) == SQLITE_ROW;
    }
    sqlite3_finalize(statement);
    return found;
}

/* Run a statement whose parameters are bound; finalizes it. */
static bool finish(struct sim_store *store, sqlite3_stmt *statement, struct sim_error *err)
{
    const bool done = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;

    if (!done)
        sim_fail(err, "A result cannot be stored: %s.", sqlite3_errmsg(store->base));
    sqlite3_finalize(statement);
    return done;
}

bool sim_store_put(struct sim_store *store, const struct sim_stored *point, struct sim_error *err)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->base, "insert or replace into points values(?,?,?,?,?,?,?,?)", -1,
                           &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, point->hash, -1, SQLITE_STATIC);
        sqlite3_bind_int(statement, 2, point->number);
        sqlite3_bind_text(statement, 3, point->settings, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 4, point->scenario, -1, SQLITE_STATIC);
        sqlite3_bind_int(statement, 5, point->exit_code);
        sqlite3_bind_text(statement, 6, point->error, -1, SQLITE_STATIC);
        sqlite3_bind_double(statement, 7, point->wall_seconds);
        sqlite3_bind_text(statement, 8, point->summary, -1, SQLITE_STATIC);
    }
    return finish(store, statement, err);
}

bool sim_store_note(struct sim_store *store, const char *name, const char *value,
                    struct sim_error *err)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->base, "insert or replace into notes values(?,?)", -1, &statement,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
    }
    return finish(store, statement, err);
}

static const char *column(sqlite3_stmt *statement, int i)
{
    return (const char *)sqlite3_column_text(statement, i);
}

const char *sim_store_noted(struct sim_store *store, const char *name, struct sim_arena *arena)
{
    sqlite3_stmt *statement;
    const char *value = "";

    if (sqlite3_prepare_v2(store->base, "select value from notes where name=?", -1, &statement,
                           NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) == SQLITE_ROW)
            value = sim_text(arena, "%s", column(statement, 0));
    }
    sqlite3_finalize(statement);
    return value;
}

void sim_store_each(struct sim_store *store,
                    bool (*visit)(void *context, const struct sim_stored *point), void *context)
{
    static const char query[] =
        "select hash,number,settings,scenario,exit_code,error,wall_seconds,summary"
        " from points order by number,hash";
    sqlite3_stmt *statement;
    bool go_on = sqlite3_prepare_v2(store->base, query, -1, &statement, NULL) == SQLITE_OK;

    while (go_on && sqlite3_step(statement) == SQLITE_ROW) {
        const struct sim_stored point = {column(statement, 0),
                                         sqlite3_column_int(statement, 1),
                                         column(statement, 2),
                                         column(statement, 3),
                                         sqlite3_column_int(statement, 4),
                                         column(statement, 5),
                                         sqlite3_column_double(statement, 6),
                                         column(statement, 7)};

        go_on = visit(context, &point);
    }
    sqlite3_finalize(statement);
}
