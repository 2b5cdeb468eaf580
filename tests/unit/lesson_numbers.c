/* lesson_numbers.c -- numbers of lessons: as they are written, as readers type them, and as tables have them. */
#include "analysis/lessons/tables.h"
#include "analysis/lessons/write.h"
#include "sim/base/file.h"
#include "tests/fixtures/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void written(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_string_equal(lesson_written(arena, 1.4e9, LESSON_BYTES), "1.400 GB");
    assert_string_equal(lesson_written(arena, 0.1407, LESSON_SECONDS), "140.7 ms");
    assert_string_equal(lesson_written(arena, 3 / 11.0, LESSON_SHARE), "27.27 %");
    assert_string_equal(lesson_written(arena, 7.9614, LESSON_TIMES), "7.961");
    assert_string_equal(lesson_written(arena, 3.9999999999999996, LESSON_NUMBER), "4");
    assert_string_equal(lesson_written(arena, -0.0, LESSON_NUMBER), "0");
    assert_string_equal(lesson_written(arena, 1.25e9, LESSON_RATE), "1.250 GB/s");
    sim_arena_close(arena);
}

static double parsed(const char *text, enum lesson_unit unit)
{
    struct sim_error err = {0};
    double value = -17;

    if (lesson_parse(text, unit, "It", &value, &err)) {
        assert_int_equal(err.count, 0);
        return value;
    }
    assert_int_equal(err.count, 1);
    assert_non_null(strstr(err.text, "It must be "));
    return NAN;
}

static void read_from_readers(void **state)
{
    static const char *const wrong[] = {"", "many", "0x10", "inf", "nan", "1e999", "%", "1.4GBx"};

    (void)state;
    assert_close(parsed("1.4 GB", LESSON_BYTES), 1.4e9, 1e-15);
    assert_close(parsed("1400000000", LESSON_BYTES), 1.4e9, 1e-15);
    assert_close(parsed("160.7 ms", LESSON_SECONDS), 0.1607, 1e-12);
    assert_close(parsed("27.27 %", LESSON_SHARE), 0.2727, 1e-12);
    assert_close(parsed("0.2727", LESSON_SHARE), 0.2727, 1e-12);
    assert_close(parsed("7.5x", LESSON_TIMES), 7.5, 0);
    assert_close(parsed("-3", LESSON_NUMBER), -3, 0);
    assert_true(isnan(parsed("7.5x", LESSON_NUMBER)));
    assert_true(isnan(parsed("3MB", LESSON_SECONDS)));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        for (int unit = LESSON_NUMBER; unit <= LESSON_TIMES; unit++)
            assert_true(isnan(parsed(wrong[i], (enum lesson_unit)unit)));
}

/* What is written can be given back. */
static void there_and_back(void **state)
{
    static const double values[] = {1.2345e-7, 0.03217, 0.9999, 17.25, 1234.5, 98765432.1};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        for (int unit = LESSON_NUMBER; unit <= LESSON_TIMES; unit++) {
            const char *text = lesson_written(arena, values[i], (enum lesson_unit)unit);

            if (unit != LESSON_RATE) /* B/s is for eyes, Bps for programs */
                assert_close(parsed(text, (enum lesson_unit)unit), values[i], 1e-3);
        }
    sim_arena_close(arena);
}

static void what_is_right(void **state)
{
    const struct lesson_exercise whole = {.tolerance = 0}, near = {.tolerance = 0.02};

    (void)state;
    assert_true(lesson_is_right(4, 4.0000000000000009, lesson_tolerance(&whole)));
    assert_false(lesson_is_right(5, 4, lesson_tolerance(&whole)));
    assert_true(lesson_is_right(1.019, 1, lesson_tolerance(&near)));
    assert_false(lesson_is_right(1.021, 1, lesson_tolerance(&near)));
    assert_true(lesson_is_right(0, 0, lesson_tolerance(&near)));
}

/* ---- tables ---- */

static double asked(const char *where, const char *complaint)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const double value = lesson_table_number("build/lesson_numbers", where, arena, &err);

    if (complaint == NULL)
        assert_int_equal(err.count, 0);
    else
        assert_non_null(strstr(err.text, complaint));
    sim_arena_close(arena);
    return value;
}

static void tables(void **state)
{
    struct sim_error err = {0};
    FILE *file;

    (void)state;
    assert_true(sim_make_directories("build/lesson_numbers", &err));
    file = fopen("build/lesson_numbers/t.csv", "w");
    assert_non_null(file);
    fputs("peer,a,b\nnode-1,3,0.5\nnode-12,7,0.25\ncentral-0,11,8\nnode-1,2,1\n", file);
    fclose(file);
    assert_close(asked("t.csv sum a", NULL), 23, 0);
    assert_close(asked("t.csv max a peer=node-*", NULL), 7, 0);
    assert_close(asked("t.csv min a", NULL), 2, 0);
    assert_close(asked("t.csv mean a peer=node-1", NULL), 2.5, 0);
    assert_close(asked("t.csv median a", NULL), 5, 0);
    assert_close(asked("t.csv max a+b", NULL), 19, 0);
    assert_close(asked("t.csv count a peer=node-* b=1", NULL), 1, 0);
    assert_close(asked("t.csv row:1 b peer=node-*", NULL), 0.25, 0);
    assert_close(asked("t.csv sum a peer=nobody", NULL), 0, 0);
    assert_true(isnan(asked("t.csv max a peer=nobody", NULL)));
    assert_true(isnan(asked("t.csv row:7 a", NULL)));
    assert_true(isnan(asked("t.csv max c", "has no column 'c'")));
    assert_true(isnan(asked("none.csv max a", "cannot be read")));
    assert_true(isnan(asked("t.csv max peer", "is no number")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written),        cmocka_unit_test(read_from_readers),
        cmocka_unit_test(there_and_back), cmocka_unit_test(what_is_right),
        cmocka_unit_test(tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
