/* slurm_collect.c -- the stores of tasks that have ended, into one. */
#include "sim/base/file.h"
#include "sim/study/slurm.h"
#include "sim/study/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int is_store(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name);

    return length > 3 && strcmp(entry->d_name + length - 3, ".db") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void remove_store(const char *path, struct sim_arena *arena)
{
    remove(path);
    remove(sim_text(arena, "%s-wal", path));
    remove(sim_text(arena, "%s-shm", path));
}

/* A task that was killed before its first point may leave a file with nothing in it: a store of no points. */
static bool take(struct sim_store *store, const char *path, struct sim_error *err)
{
    struct sim_store *other;

    if (!sim_store_open(&other, path, true, err))
        return false;
    sim_store_close(other);
    return sim_store_merge(store, path, err);
}

bool sim_slurm_collect(const struct sim_slurm *slurm, struct sim_arena *arena,
                       struct sim_error *err)
{
    const char *folder = sim_slurm_folder(slurm, arena);
    struct sim_store *store = NULL;
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_store, by_name);
    bool fine = true;

    if (count < 0)
        return errno == ENOENT ||
               sim_fail(err, "%s: cannot be listed: %s.", folder, strerror(errno));
    if (count > 0)
        fine = sim_store_open(&store, slurm->store, true, err);
    for (int i = 0; i < count; i++) {
        const char *path = sim_text(arena, "%s/%s", folder, entries[i]->d_name);

        if (store != NULL && take(store, path, err))
            remove_store(path, arena);
        else
            fine = false;
        free(entries[i]);
    }
    free(entries);
    sim_store_close(store);
    return fine;
}
