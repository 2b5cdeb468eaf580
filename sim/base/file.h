/* file.h -- whole files in, whole files out.
 *
 * A file that is written here appears complete under its name or not at all. */
#ifndef SIM_FILE_H
#define SIM_FILE_H

#include "sim/base/arena.h"
#include "sim/base/error.h"

#include <stdio.h>

/* The text of `path`, ended with NUL, in the arena; its length in *length.  Refuses, with a sentence,
 * what is missing, a folder, no regular file, unreadable, empty or longer than `most_bytes`. */
const char *sim_file_read(struct sim_arena *arena, const char *path, size_t most_bytes,
                          size_t *length, struct sim_error *err);

/* All that was written to `file` so far, from its start; closes it.  For files that are private to
 * the process, such as tmpfile(): NULL is a failure of the machine. */
char *sim_file_take(struct sim_arena *arena, FILE *file, size_t *length);

bool sim_file_exists(const char *path);
bool sim_is_directory(const char *path);

/* Make `path` and the folders above it. */
bool sim_make_directories(const char *path, struct sim_error *err);

/* Delete a folder and what is in it; a missing one is no error. */
void sim_remove_tree(const char *path);

/* Folder part of a path ("." if it has none), in the arena. */
const char *sim_folder_of(struct sim_arena *arena, const char *path);

/* File name of a path without folder and last extension. */
const char *sim_stem_of(struct sim_arena *arena, const char *path);

/* A path without the slashes at its end, in the arena; "/" stays. */
const char *sim_without_slash(struct sim_arena *arena, const char *path);

/* A new file that will be `path`, but is PATH.unfinished until sim_file_end; NULL with a sentence. */
FILE *sim_file_begin(struct sim_arena *arena, const char *path, struct sim_error *err);

/* Close it and give it its name, or, when that cannot be done or is not wanted any more, remove it: false, with
 * a sentence unless *err has one. */
bool sim_file_end(struct sim_arena *arena, FILE *file, const char *path, struct sim_error *err);

/* Flush and close; false, with a sentence, if anything written to `file` did not reach the disk. */
bool sim_file_close(FILE *file, const char *path, struct sim_error *err);

#endif
