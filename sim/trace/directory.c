#include "sim/trace/directory.h"

#include "sim/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As our own files do: a summary of many peers has megabytes. */
static bool begins_with_us(const char *path)
{
    char start[64];
    FILE *file = fopen(path, "r");
    const size_t length = file == NULL ? 0 : fread(start, 1, sizeof start - 1, file);
    int key = 0;

    start[length] = '\0';
    if (file != NULL)
        fclose(file);
    sscanf(start, " { \"dmlsim\" : \"%n", &key);
    return key > 0;
}

bool sim_is_run_directory(struct sim_arena *arena, const char *path)
{
    const char *file = sim_text(arena, "%s/summary.json", path);
    json_t *summary;
    bool is_ours = begins_with_us(file);

    if (is_ours)
        return true;
    summary = json_load_file(file, 0, NULL); /* somebody may have sorted its keys */
    is_ours = json_is_string(json_object_get(summary, "dmlsim"));
    json_decref(summary);
    return is_ours;
}

static bool is_empty(const char *path)
{
    DIR *folder = opendir(path);
    int entries = 0;

    if (folder == NULL)
        return false;
    while (readdir(folder) != NULL)
        entries++;
    closedir(folder);
    return entries <= 2;
}

/* What a killed run of an earlier day may have left beside the target. */
static void sweep_up(const char *folder, const char *prefix, struct sim_arena *arena)
{
    DIR *open_folder = opendir(folder);
    const struct dirent *entry;

    while (open_folder != NULL && (entry = readdir(open_folder)) != NULL) {
        const size_t length = strlen(prefix);
        char *end;
        long pid;

        if (strncmp(entry->d_name, prefix, length) != 0)
            continue;
        pid = strtol(entry->d_name + length, &end, 10);
        if (*end == '\0' && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
            sim_remove_tree(sim_text(arena, "%s/%s", folder, entry->d_name));
    }
    if (open_folder != NULL)
        closedir(open_folder);
}

/* The outermost folder of the path that is not there yet; NULL if all of it is. */
static const char *first_missing(const char *path, struct sim_arena *arena)
{
    for (size_t i = 1; path[i - 1] != '\0'; i++) {
        const char *part = sim_text_copy(arena, path, i);

        if ((path[i] == '/' || path[i] == '\0') && !sim_file_exists(part))
            return part;
    }
    return NULL;
}

bool sim_directory_begin(struct sim_directory *directory, const char *target,
                         struct sim_arena *arena, struct sim_error *err)
{
    const char *folder, *name, *prefix;

    target = sim_without_slash(arena, target);
    folder = sim_folder_of(arena, target);
    name = strrchr(target, '/') == NULL ? target : strrchr(target, '/') + 1;
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return sim_fail(err, "--out %s: give the run directory a name of its own.", target);
    if (sim_file_exists(target) && !sim_is_directory(target))
        return sim_fail(err,
                        "%s: is a file; a run directory was expected, and nothing is overwritten.",
                        target);
    if (sim_is_directory(target) && !is_empty(target) && !sim_is_run_directory(arena, target))
        return sim_fail(
            err,
            "%s: is a directory, but no run directory (it has no summary.json of ours), "
            "so it is left alone.",
            target);
    directory->made = first_missing(folder, arena);
    if (!sim_make_directories(folder, err))
        return false;
    prefix = sim_text(arena, ".%s.partial-", name);
    sweep_up(folder, prefix, arena);
    directory->target = target;
    directory->partial = sim_text(arena, "%s/%s%ld", folder, prefix, (long)getpid());
    sim_remove_tree(directory->partial);
    if (mkdir(directory->partial, 0777) != 0)
        return sim_fail(err, "%s: nothing can be written here: %s.", folder, strerror(errno));
    return true;
}

bool sim_directory_commit(const struct sim_directory *directory, struct sim_error *err)
{
    /* Exchange first: at every moment the target is either the old result or the new one. */
    if (renameat2(AT_FDCWD, directory->partial, AT_FDCWD, directory->target, RENAME_EXCHANGE) ==
        0) {
        sim_remove_tree(directory->partial);
        return true;
    }
    if (errno != ENOENT)
        sim_remove_tree(directory->target); /* a file system without exchange */
    if (rename(directory->partial, directory->target) == 0)
        return true;
    sim_fail(err, "%s: cannot be put in place: %s.", directory->target, strerror(errno));
    sim_remove_tree(directory->partial);
    return false;
}

void sim_directory_abandon(const struct sim_directory *directory)
{
    char folder[4096];
    char *slash;

    sim_remove_tree(directory->partial);
    snprintf(folder, sizeof folder, "%s", directory->partial);
    while (directory->made != NULL && (slash = strrchr(folder, '/')) != NULL &&
           (size_t)(slash - folder) >= strlen(directory->made)) {
        *slash = '\0';
        if (rmdir(folder) != 0)
            return;
    }
}
