/* looking.h -- a platform's XML in memory, as platforms/p.xml, looked at by the guard.
 *
 * The current directory is the root of the repository. */
#ifndef TESTS_UNIT_LOOKING_H
#define TESTS_UNIT_LOOKING_H

#include "tests/unit/close.h"

#include "sim/platform/guard.h"

#define HEAD                                                                                       \
    "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
/* the body begins in line 4 */
#define PLATFORM(body) HEAD "<platform version=\"4.1\">\n" body "</platform>\n"

struct looked {
    struct sim_arena *arena;
    struct sim_platform_facts facts;
    struct sim_error err;
    bool fine;
};

/* From a copy without a NUL at the end, so that a sanitizer sees any look behind it. */
static inline void look(struct looked *l, const char *path, const char *text, size_t length)
{
    char *copy = malloc(length + (length == 0));

    memcpy(copy, text, length);
    l->arena = sim_arena_open();
    l->err = (struct sim_error){0};
    l->fine = sim_guard_platform_text(path, copy, length, &l->facts, l->arena, &l->err);
    free(copy);
    assert_int_equal(l->fine, l->err.count == 0);
    assert_int_equal(l->fine, l->err.text[0] == '\0');
}

static inline void look_at(struct looked *l, const char *text)
{
    look(l, "platforms/p.xml", text, strlen(text));
}

static inline void leave(struct looked *l)
{
    sim_arena_close(l->arena);
}

#endif
