#include "sim/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_readable_text(const char *path, int fd, size_t most_bytes, size_t *length,
                             struct sim_error *err)
{
    struct stat status;

    if (fd < 0)
        return sim_fail(err, "%s: cannot be read: %s.", path, strerror(errno));
    if (fstat(fd, &status) != 0)
        return sim_fail(err, "%s: cannot be read: %s.", path, strerror(errno));
    if (S_ISDIR(status.st_mode))
        return sim_fail(err, "%s: is a directory; a file was expected.", path);
    if (!S_ISREG(status.st_mode))
        return sim_fail(err, "%s: is not a regular file.", path);
    if (status.st_size == 0)
        return sim_fail(err, "%s: is empty.", path);
    if ((size_t)status.st_size > most_bytes)
        return sim_fail(err, "%s: is %.1f MB long; at most %.1f MB are read.", path,
                        (double)status.st_size / 1e6, (double)most_bytes / 1e6);
    *length = (size_t)status.st_size;
    return true;
}

const char *sim_file_read(struct sim_arena *arena, const char *path, size_t most_bytes,
                          size_t *length, struct sim_error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;

    if (is_readable_text(path, fd, most_bytes, length, err)) {
        size_t got = 0;
        ssize_t n = 1;

        text = sim_new(arena, char, *length + 1);
        while (got < *length && (n = read(fd, text + got, *length - got)) > 0)
            got += (size_t)n;
        if (n < 0) {
            sim_fail(err, "%s: cannot be read: %s.", path, strerror(errno));
            text = NULL;
        }
        *length = got;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

char *sim_file_take(struct sim_arena *arena, FILE *file, size_t *length)
{
    char *text = NULL;
    long end;

    if (fflush(file) == 0 && fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0) {
        rewind(file);
        text = sim_new(arena, char, (size_t)end + 1);
        *length = fread(text, 1, (size_t)end, file);
    }
    fclose(file);
    return text;
}

bool sim_file_exists(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0;
}

bool sim_is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool sim_make_directories(const char *path, struct sim_error *err)
{
    char part[4096];
    const size_t length = strlen(path);

    if (length == 0 || length >= sizeof part)
        return sim_fail(err, "'%s' is no name for a directory.", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && !(errno == EEXIST && sim_is_directory(part)))
            return sim_fail(err, "%s: this directory cannot be made: %s.", part, strerror(errno));
    }
    return true;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

void sim_remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *sim_folder_of(struct sim_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return ".";
    return slash == path ? "/" : sim_text_copy(arena, path, (size_t)(slash - path));
}

const char *sim_stem_of(struct sim_arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');

    return sim_text_copy(arena, name,
                         dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

const char *sim_without_slash(struct sim_arena *arena, const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return sim_text_copy(arena, path, length);
}

bool sim_file_close(FILE *file, const char *path, struct sim_error *err)
{
    const bool failed = ferror(file) != 0;

    if (fclose(file) != 0 || failed)
        return sim_fail(err, "%s: cannot be written: %s.", path,
                        errno != 0 ? strerror(errno) : "the disk may be full");
    return true;
}

static const char *unfinished(struct sim_arena *arena, const char *path)
{
    return sim_text(arena, "%s.unfinished", path);
}

FILE *sim_file_begin(struct sim_arena *arena, const char *path, struct sim_error *err)
{
    FILE *file = fopen(unfinished(arena, path), "w");

    if (file == NULL)
        sim_fail(err, "%s: cannot be written: %s.", unfinished(arena, path), strerror(errno));
    return file;
}

bool sim_file_end(struct sim_arena *arena, FILE *file, const char *path, struct sim_error *err)
{
    if (err->count > 0)
        fclose(file);
    else if (sim_file_close(file, unfinished(arena, path), err)) {
        if (rename(unfinished(arena, path), path) == 0)
            return true;
        sim_fail(err, "%s: cannot be written: %s.", path, strerror(errno));
    }
    remove(unfinished(arena, path));
    return false;
}
