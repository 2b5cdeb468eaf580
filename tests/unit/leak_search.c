/* A leak in a child is found where LeakSanitizer is built in, and which children are searched is no accident. */
#include "tests/fixtures/leak_search.h"

#include "sim/study/child.h"
#include "tests/unit/close.h"

#include <stdlib.h>

extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void *volatile kept;

/* Memory that nothing points to any more; other calls overwrite what registers and stack still know. */
static int leak(void *context, FILE *reply, int terminal)
{
    (void)context;
    (void)terminal;
    for (int i = 0; i < 100; i++)
        kept = malloc(1000003);
    kept = NULL;
    fputs("done", reply);
    return 0;
}

static void a_leak_in_a_child_is_told_where_there_is_who_looks_for_it(void **state)
{
    const bool is_searched = __lsan_do_recoverable_leak_check != NULL;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct sim_child child;
    struct sim_outcome outcome;

    (void)state;
    assert_true(sim_child_start(&child, leak, NULL, &err));
    assert_int_equal(sim_child_wait(&child, 1, arena, &outcome), 0);
    assert_int_equal(outcome.exit_code, is_searched ? SIM_LEAKED : 0);
    assert_true(is_searched == (strstr(outcome.complaints, "LeakSanitizer") != NULL));
    sim_arena_close(arena);
}

static void a_share_is_searched(void **state)
{
    int searched = 0, of_every_fourth = 0;

    (void)state;
    unsetenv("EVERY_LEAK");
    for (int i = 1; i <= LEAK_SEARCH_FIRST; i++)
        assert_true(leak_search_includes(i));
    for (int i = 1; i <= 100 * LEAK_SEARCH_SHARE; i++) {
        searched += leak_search_includes(i);
        of_every_fourth += i % 4 == 0 && leak_search_includes(i);
    }
    assert_int_equal(searched, 100 + LEAK_SEARCH_FIRST - LEAK_SEARCH_FIRST / LEAK_SEARCH_SHARE);
    assert_true(of_every_fourth >= 25);
    setenv("EVERY_LEAK", "1", 1);
    assert_true(leak_search_includes(LEAK_SEARCH_FIRST + 1));
    unsetenv("EVERY_LEAK");
    assert_false(leak_search_includes(LEAK_SEARCH_SHARE * LEAK_SEARCH_FIRST + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leak_in_a_child_is_told_where_there_is_who_looks_for_it),
        cmocka_unit_test(a_share_is_searched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
