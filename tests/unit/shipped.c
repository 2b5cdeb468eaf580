/* shipped.c -- what comes with dmlsim is found from wherever the user stands. */
#include "tests/unit/close.h"

#include "sim/base/file.h"
#include "sim/base/shipped.h"

#include <unistd.h>

static void platforms_and_scenarios_are_found_from_any_folder(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    char here[4096];

    (void)state;
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir("/"), 0);
    assert_true(sim_is_directory(sim_text(arena, "%s/platforms", sim_shipped_folder(arena))));
    assert_true(sim_is_directory(sim_text(arena, "%s/scenarios", sim_shipped_folder(arena))));
    assert_int_equal(chdir(here), 0);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(platforms_and_scenarios_are_found_from_any_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
