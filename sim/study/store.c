#include "sim/study/store.h"

#include "sim/base/file.h"

#include <sqlite3.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STORE_VERSION = 1, APPLICATION_ID = 0x646d6c73 /* "dmls" */, BUSY_MILLISECONDS = 10000 };

/* Statements that each point runs: prepared once. */
enum kept { BEGIN, HAS, FORGET, INSERT, COMMIT, KEPT };

struct sim_store {
    sqlite3 *base;
    sqlite3_stmt *kept[KEPT]; /* NULL until the first use */
    const char *path;         /* for sentences */
    bool is_begun;            /* a transaction of several puts */
};

static const char schema[] =
    "create table if not exists points(hash text primary key, number integer not null,"
    " settings text not null, scenario text not null, exit_code integer not null, error text not "
    "null,"
    " wall_seconds real not null, summary text);"
    "create index if not exists points_settings on points(settings);"
    "create table if not exists notes(name text primary key, value text not null);";

/* Of new stores, for sim_store_each; in older ones it sorts. */
static const char order[] = "create index if not exists points_in_order on points(number,hash)";

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

/* A file without a single table: just made, by us or by a sweep that begins at this instant. */
static bool is_empty(struct sim_store *store)
{
    sqlite3_stmt *statement;
    bool is_empty = false;

    if (sqlite3_prepare_v2(store->base, "select 1 from sqlite_master", -1, &statement, NULL) ==
        SQLITE_OK)
        is_empty = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return is_empty;
}

/* A row is some 6 KB with 8 peers: of SQLite's usual pages each would take two, and as many calls to the kernel.  While another
 * sweep switches SQLite refuses at once, whatever the time-out. */
static bool switch_to_log(struct sim_store *store)
{
    int code = SQLITE_BUSY;

    for (int waited = 0; code == SQLITE_BUSY && waited < BUSY_MILLISECONDS; waited++) {
        code = sqlite3_exec(store->base, "pragma page_size=16384; pragma journal_mode=wal", NULL,
                            NULL, NULL);
        if (code == SQLITE_BUSY)
            sqlite3_sleep(1);
    }
    return code == SQLITE_OK;
}

/* Mark and tables appear at once, so that who comes second sees both or none. */
static bool furnish(struct sim_store *store, const char *path, struct sim_error *err)
{
    char text[128];

    sqlite3_snprintf(sizeof text, text,
                     "begin immediate; pragma application_id=%d; pragma user_version=%d",
                     APPLICATION_ID, STORE_VERSION);
    return (switch_to_log(store) &&
            sqlite3_exec(store->base, text, NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(store->base, schema, NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(store->base, order, NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(store->base, "commit", NULL, NULL, NULL) == SQLITE_OK) ||
           refuse(store, path, err);
}

static bool is_ours(struct sim_store *store, const char *path, bool create, struct sim_error *err)
{
    if (create && is_empty(store) && !furnish(store, path, err))
        return false;
    if (pragma(store, "application_id") != APPLICATION_ID)
        return sim_fail(err, "%s: is no store of dmlsim, or is damaged, so it is left alone.",
                        path);
    if (pragma(store, "user_version") != STORE_VERSION)
        return sim_fail(err, "%s: was written in format %d; this dmlsim reads format %d.", path,
                        pragma(store, "user_version"), STORE_VERSION);
    return sqlite3_exec(store->base, schema, NULL, NULL, NULL) == SQLITE_OK ||
           refuse(store, path, err);
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
    *store = NULL;
    if (!create && !sim_file_exists(path))
        return sim_fail(err, "%s: there is no such file.", path);
    if (sim_is_directory(path))
        return sim_fail(err, "%s: is a directory; a store was expected.", path);
    *store = calloc(1, sizeof **store);
    if (*store != NULL && ((*store)->path = strdup(path)) != NULL &&
        open_base(*store, path, create, err) && is_ours(*store, path, create, err))
        return true;
    sim_store_close(*store);
    *store = NULL;
    return false;
}

void sim_store_close(struct sim_store *store)
{
    if (store == NULL)
        return;
    for (int i = 0; i < KEPT; i++)
        sqlite3_finalize(store->kept[i]);
    sqlite3_close(store->base);
    free((char *)(uintptr_t)store->path);
    free(store);
}

/* NULL when it cannot be prepared: sqlite3_errmsg says why. */
static sqlite3_stmt *kept(struct sim_store *store, enum kept which)
{
    static const char *const texts[KEPT] = {
        /* Immediately: a transaction that begins to read cannot wait for its turn to write. */
        [BEGIN] = "begin immediate",
        [HAS] = "select 1 from points where hash=? and exit_code=0",
        [FORGET] = "delete from points where settings=?",
        [INSERT] = "insert or replace into points values(?,?,?,?,?,?,?,?)",
        [COMMIT] = "commit",
    };

    if (store->kept[which] == NULL)
        sqlite3_prepare_v3(store->base, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                           &store->kept[which], NULL);
    return store->kept[which];
}

bool sim_store_has(struct sim_store *store, const char *hash)
{
    sqlite3_stmt *statement = kept(store, HAS);
    bool found;

    sqlite3_bind_text(statement, 1, hash, -1, SQLITE_STATIC);
    found = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_reset(statement);
    return found;
}

/* Run a statement whose parameters are bound. */
static bool step(struct sim_store *store, sqlite3_stmt *statement, struct sim_error *err)
{
    const bool done = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;

    if (!done)
        sim_fail(err, "%s: a result cannot be stored: %s.", store->path,
                 sqlite3_errmsg(store->base));
    sqlite3_reset(statement);
    return done;
}

/* The same for one that is not kept. */
static bool finish(struct sim_store *store, sqlite3_stmt *statement, struct sim_error *err)
{
    const bool done = step(store, statement, err);

    sqlite3_finalize(statement);
    return done;
}

static bool run_text(struct sim_store *store, const char *text, struct sim_error *err)
{
    return sqlite3_exec(store->base, text, NULL, NULL, NULL) == SQLITE_OK ||
           sim_fail(err, "%s: %s.", store->path, sqlite3_errmsg(store->base));
}

bool sim_store_begin(struct sim_store *store, struct sim_error *err)
{
    store->is_begun = step(store, kept(store, BEGIN), err);
    return store->is_begun;
}

bool sim_store_end(struct sim_store *store, bool fine, struct sim_error *err)
{
    store->is_begun = false;
    if (fine && step(store, kept(store, COMMIT), err))
        return true;
    sqlite3_exec(store->base, "rollback", NULL, NULL, NULL);
    return false;
}

static bool forget_equal(struct sim_store *store, const char *settings, struct sim_error *err)
{
    sqlite3_stmt *statement = kept(store, FORGET);

    sqlite3_bind_text(statement, 1, settings, -1, SQLITE_STATIC);
    return step(store, statement, err);
}

static bool insert(struct sim_store *store, const struct sim_stored *point, struct sim_error *err)
{
    sqlite3_stmt *statement = kept(store, INSERT);

    sqlite3_bind_text(statement, 1, point->hash, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, point->number);
    sqlite3_bind_text(statement, 3, point->settings, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, point->scenario, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 5, point->exit_code);
    sqlite3_bind_text(statement, 6, point->error, -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, 7, point->wall_seconds);
    sqlite3_bind_text(statement, 8, point->summary, -1, SQLITE_STATIC);
    return step(store, statement, err);
}

bool sim_store_put(struct sim_store *store, const struct sim_stored *point, struct sim_error *err)
{
    const bool is_alone = !store->is_begun;
    bool fine;

    if (is_alone && !sim_store_begin(store, err))
        return false;
    fine = forget_equal(store, point->settings, err) && insert(store, point, err);
    return is_alone ? sim_store_end(store, fine, err) : fine;
}

/* A checkpoint brings the log to the disk, then the pages.  Readers and writers go on; what they are in the way of comes
 * with the next one. */
void sim_store_sync(struct sim_store *store)
{
    sqlite3_wal_checkpoint_v2(store->base, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
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

bool sim_store_each(struct sim_store *store,
                    bool (*visit)(void *context, const struct sim_stored *point), void *context,
                    struct sim_error *err)
{
    static const char query[] =
        "select hash,number,settings,scenario,exit_code,error,wall_seconds,summary"
        " from points order by number,hash";
    sqlite3_stmt *statement;
    int state = sqlite3_prepare_v2(store->base, query, -1, &statement, NULL);
    bool goes_on = state == SQLITE_OK;

    while (goes_on && (state = sqlite3_step(statement)) == SQLITE_ROW) {
        const struct sim_stored point = {column(statement, 0),
                                         sqlite3_column_int64(statement, 1),
                                         column(statement, 2),
                                         column(statement, 3),
                                         sqlite3_column_int(statement, 4),
                                         column(statement, 5),
                                         sqlite3_column_double(statement, 6),
                                         column(statement, 7)};

        goes_on = visit(context, &point);
    }
    if (state != SQLITE_DONE && state != SQLITE_ROW)
        sim_fail(err, "%s: is damaged: %s.", store->path, sqlite3_errmsg(store->base));
    sqlite3_finalize(statement);
    return state == SQLITE_DONE || state == SQLITE_ROW;
}

/* ---- one store out of several ---- */

static bool attach(struct sim_store *store, const char *path, struct sim_error *err)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store->base, "attach ? as other", -1, &statement, NULL) == SQLITE_OK)
        sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
    return finish(store, statement, err);
}

/* Is there a row?  `text` selects a study that is not the same. */
static bool selects_nothing(struct sim_store *store, const char *text)
{
    sqlite3_stmt *statement;
    bool is_empty = false;

    if (sqlite3_prepare_v2(store->base, text, -1, &statement, NULL) == SQLITE_OK)
        is_empty = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    return is_empty;
}

static bool is_same_study(struct sim_store *store, const char *path, struct sim_error *err)
{
    return selects_nothing(store, "select 1 from notes a join other.notes b using(name)"
                                  " where name='name' and a.value<>b.value") ||
           sim_fail(err, "%s: holds another study than %s, so they are not merged.", path,
                    store->path);
}

bool sim_store_merge(struct sim_store *store, const char *path, struct sim_error *err)
{
    static const char take[] =
        "create temp table taken as select hash,settings from other.points o where not"
        " (o.exit_code<>0 and exists (select 1 from main.points p where p.settings=o.settings and"
        "  p.exit_code=0));"
        "delete from main.points where settings in (select settings from taken);"
        "insert or replace into main.points select * from other.points"
        " where hash in (select hash from taken);"
        "insert or replace into main.notes select * from other.notes;"
        "drop table taken;";
    struct sim_store *other;
    bool fine;

    if (!sim_store_open(&other, path, false, err)) /* looks at its format; folds its log back */
        return false;
    sim_store_close(other);
    if (!attach(store, path, err))
        return false;
    fine = is_same_study(store, path, err) && sim_store_begin(store, err) &&
           sim_store_end(store, run_text(store, take, err), err);
    sqlite3_exec(store->base, "detach other", NULL, NULL, NULL);
    return fine;
}
