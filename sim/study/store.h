/* store.h -- the results of a study: one SQLite file, written point by point, so that a killed sweep
 * loses at most the points in flight (a power cut: those of the last second, too), and the next one goes on where it stopped. */
#ifndef SIM_STUDY_STORE_H
#define SIM_STUDY_STORE_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <jansson.h>

struct sim_store; /* opaque; a child process must not use what its parent opened */

/* One point as stored; texts live until the next call. */
struct sim_stored {
    const char *hash; /* of resolved scenario, platform file and version */
    int64_t number;   /* place in the study */
    const char *
        settings; /* JSON object of dotted keys and values: what tells the points of a store apart */
    const char *scenario; /* resolved, JSON */
    int exit_code;
    const char *error; /* sentences, or "" */
    double wall_seconds;
    const char *summary; /* summary.json, or NULL */
};

/* Open a store, made if it is missing and `create`.  Refuses what is no store of this version. */
bool sim_store_open(struct sim_store **store, const char *path, bool create, struct sim_error *err);
void sim_store_close(struct sim_store *store); /* NULL is allowed */

/* Is the point there, and done (exit code 0)? */
bool sim_store_has(struct sim_store *store, const char *hash);

/* Store a point, in the place of the one with these settings, if there is one (it was made from another version of the
 * scenario, the platform or the program); survives a SIGKILL from when it returns true. */
bool sim_store_put(struct sim_store *store, const struct sim_stored *point, struct sim_error *err);

/* What is put between the two is stored with sim_store_end: all of it, or, unless it is `fine`, nothing. */
bool sim_store_begin(struct sim_store *store, struct sim_error *err);
bool sim_store_end(struct sim_store *store, bool fine, struct sim_error *err);

/* Bring what was put so far to the disk, so that it survives a power cut, too. */
void sim_store_sync(struct sim_store *store);

/* A name and a value about the study as a whole ("title"). */
bool sim_store_note(struct sim_store *store, const char *name, const char *value,
                    struct sim_error *err);
const char *sim_store_noted(struct sim_store *store, const char *name, struct sim_arena *arena);

/* Take over the points of another store.  Of two with equal settings the one that is done stays, else that of `path`.
 * Refuses a store of another study. */
bool sim_store_merge(struct sim_store *store, const char *path, struct sim_error *err);

/* Every point in order of number, until `visit` returns false.  False, with a sentence, if the file is damaged. */
bool sim_store_each(struct sim_store *store,
                    bool (*visit)(void *context, const struct sim_stored *point), void *context,
                    struct sim_error *err);

#endif
