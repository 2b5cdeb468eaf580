/* common_parts.c -- names lose what they share, in whole words, and never all of themselves. */
#include "tests/unit/close.h"

#include "analysis/common_parts.h"

#include <string.h>

struct names {
    const char *title, *given[3], *expected[3];
    int count;
};

static struct names cases[] = {
    {"a folder and an ending go",
     {"platforms/fat_tree.xml", "platforms/two_racks.xml"},
     {"fat_tree", "two_racks"},
     2},
    {"a last word goes",
     {"ring_allreduce", "rabenseifner_allreduce", "double_binary_tree_allreduce"},
     {"ring", "rabenseifner", "double_binary_tree"},
     3},
    {"half a word stays", {"ring_a", "rabenseifner_ba"}, {"ring_a", "rabenseifner_ba"}, 2},
    {"a name that is the common part keeps it", {"a_b", "a_b_c"}, {"b", "b_c"}, 2},
    {"an ending alone stays", {".xml", "a.xml"}, {".xml", "a.xml"}, 2},
    {"a head that is a whole name stays", {"a/", "a/b"}, {"a/", "a/b"}, 2},
    {"an empty name stays", {"", "_x"}, {"", "_x"}, 2},
    {"one name stays", {"a/b.c"}, {"a/b.c"}, 1},
};

static void names_lose_what_they_share(void **state)
{
    const struct names *names = *state;
    struct sim_arena *arena = sim_arena_open();
    const char **shorter = analysis_without_common_parts(names->given, names->count, arena);

    for (int i = 0; i < names->count; i++)
        assert_string_equal(shorter[i], names->expected[i]);
    sim_arena_close(arena);
}

int main(void)
{
    struct CMUnitTest tests[sizeof cases / sizeof cases[0]];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        tests[i] = (struct CMUnitTest){.name = cases[i].title,
                                       .test_func = names_lose_what_they_share,
                                       .initial_state = &cases[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
