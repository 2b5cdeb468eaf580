/* numbers.c -- lists of points to simulate, from a file. */
#include "tests/unit/close.h"

#include "sim/study/sweep.h"

#include <unistd.h>

static const char path[] = "/tmp/dmlsim-numbers-XXXXXX";

static bool read_list(const char *text, struct sim_sweep *sweep, struct sim_arena *arena,
                      struct sim_error *err)
{
    char name[sizeof path];
    FILE *file;
    bool fine;

    strcpy(name, path);
    file = fdopen(mkstemp(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    *sweep = (struct sim_sweep){0};
    *err = (struct sim_error){0};
    fine = sim_sweep_read_numbers(name, sweep, arena, err);
    unlink(name);
    return fine;
}

static void numbers_are_read_one_a_line(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_sweep sweep;
    struct sim_error err;

    (void)state;
    assert_true(read_list("0\n100003\n8999999999999999\n17", &sweep, arena, &err));
    assert_int_equal(sweep.number_count, 4);
    assert_true(sweep.numbers[0] == 0 && sweep.numbers[1] == 100003);
    assert_true(sweep.numbers[2] == 8999999999999999 && sweep.numbers[3] == 17);
    assert_true(read_list("7\n", &sweep, arena, &err));
    assert_int_equal(sweep.number_count, 1);
    sim_arena_close(arena);
}

static void what_is_no_number_is_told_with_its_line(void **state)
{
    static const char *const wrong[] = {"3\nfour\n", "3\n-4\n",  "3\n\n",
                                        "3\n 4\n",   "3\n4 5\n", "3\n99999999999999999999\n"};
    struct sim_arena *arena = sim_arena_open();
    struct sim_sweep sweep;
    struct sim_error err;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(read_list(wrong[i], &sweep, arena, &err));
        assert_int_equal(err.count, 1);
        assert_non_null(strstr(err.text, ":2: '"));
    }
    assert_non_null(
        strstr(err.text, ":2: '99999999999999999999' is no number of a point; they count from 0."));
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read_one_a_line),
        cmocka_unit_test(what_is_no_number_is_told_with_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
