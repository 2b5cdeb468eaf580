/* reading.h -- a scenario read from a text in memory, for the tests of the reader.
 *
 * The current directory is the root of the repository, which is also the data folder. */
#ifndef TESTS_UNIT_READING_H
#define TESTS_UNIT_READING_H

#include "tests/unit/close.h"

#include "sim/base/file.h"
#include "sim/scenario/scenario.h"

#include <unistd.h>

extern const struct sim_algorithm *const sim_algorithms[]; /* the table that make generates */

static const struct sim_catalogue shipped = {sim_algorithms, "."};

/* What the tests vary is appended to these. */
#define PLATFORM "platform: platforms/one_switch.xml\n"
#define RING     "algorithm: ring_allreduce\n"

/* One reading and all that it owns. */
struct reading {
    struct sim_arena *arena;
    struct sim_scenario scenario;
    struct sim_error err;
    bool fine;
};

static inline void read_bytes(struct reading *r, const char *path, const char *text, size_t length,
                              const char *const *settings, const struct sim_catalogue *catalogue)
{
    r->arena = sim_arena_open();
    r->err = (struct sim_error){0};
    r->fine = sim_scenario_parse(&r->scenario, path, text, length, settings, catalogue, r->arena,
                                 &r->err);
    assert_int_equal(r->fine, r->err.count == 0);
    assert_int_equal(r->fine, r->err.text[0] == '\0');
}

static inline void read_text(struct reading *r, const char *text, const char *const *settings)
{
    read_bytes(r, "t.yaml", text, strlen(text), settings, &shipped);
}

/* The same from a folder whose name is no UTF-8, with an empty p.xml beside it. */
static inline void read_in_odd_folder(struct reading *r, const char *text)
{
    char folder[] = "/tmp/dmlsim-XXXXXX";
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const char *below;

    assert_non_null(mkdtemp(folder));
    below = sim_text(arena, "%s/\xff", folder);
    assert_true(sim_make_directories(below, &err));
    fclose(fopen(sim_text(arena, "%s/p.xml", below), "w"));
    read_bytes(r, sim_text(arena, "%s/t.yaml", below), text, strlen(text), NULL, &shipped);
    sim_remove_tree(folder);
    sim_arena_close(arena);
}

static inline void finish(struct reading *r)
{
    sim_scenario_release(&r->scenario);
    sim_arena_close(r->arena);
}

static inline void assert_begins_with(const char *text, const char *beginning)
{
    if (strncmp(text, beginning, strlen(beginning)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", text, beginning);
}

#endif
