/* arena.h -- memory that lives as long as one run, and is freed at one place.
 *
 * SimGrid kills blocked actors without running their C clean-up, so nothing that an actor allocates
 * may need a free of its own.  All memory is zeroed.  Out of memory ends the process with a sentence:
 * no caller could go on. */
#ifndef SIM_ARENA_H
#define SIM_ARENA_H

#include <stddef.h>

struct sim_arena; /* opaque; owns every block handed out */

struct sim_arena *sim_arena_open(void);
void sim_arena_close(struct sim_arena *arena); /* NULL is allowed */

/* `count` zeroed elements of `size` bytes, aligned for any type. */
void *sim_arena_take(struct sim_arena *arena, size_t count, size_t size);

/* One zeroed array: struct peer *peers = sim_new(arena, struct peer, n). */
#define sim_new(arena, type, count) ((type *)sim_arena_take(arena, count, sizeof(type)))

/* A formatted string that lives in the arena. */
char *sim_text(struct sim_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first `length` bytes of `text`, ended with NUL. */
char *sim_text_copy(struct sim_arena *arena, const char *text, size_t length);

#endif
