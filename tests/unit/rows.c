/* rows.c -- the CSV of a run directory read back: quotes, long records, and every way in which it is damaged. */
#include "tests/unit/close.h"

#include "analysis/csv.h"

#include <unistd.h>

/* A file of that text, open; it has no name any more. */
static struct analysis_csv *open_text(const char *text, struct sim_arena *arena,
                                      struct sim_error *err)
{
    char *path = sim_text(arena, "/tmp/dmlsim-XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    struct analysis_csv *csv;

    fputs(text, file);
    fclose(file);
    csv = analysis_csv_open(path, arena, err);
    unlink(path);
    return csv;
}

static void quoted_fields_may_hold_commas_quotes_and_lines(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct analysis_csv *csv = open_text("name,value\n\"a,b\",7\n\"say \"\"no\"\"\",1e-3\n"
                                         "\"two\nlines and a long, long, long tail\",-0.5\n",
                                         arena, &err);
    const int value = analysis_csv_column(csv, "value"), name = analysis_csv_column(csv, "name");

    (void)state;
    assert_true(analysis_csv_next(csv));
    assert_string_equal(analysis_csv_text(csv, name), "a,b");
    assert_close(analysis_csv_number(csv, value), 7, 0);
    assert_true(analysis_csv_next(csv));
    assert_string_equal(analysis_csv_text(csv, name), "say \"no\"");
    assert_true(analysis_csv_next(csv));
    assert_string_equal(analysis_csv_text(csv, name), "two\nlines and a long, long, long tail");
    assert_close(analysis_csv_number(csv, value), -0.5, 0);
    assert_false(analysis_csv_next(csv));
    assert_true(analysis_csv_close(csv, &err));
    sim_arena_close(arena);
}

struct damage {
    const char *name, *text, *said; /* what follows the file's name */
};

static struct damage damages[] = {
    {"an empty file", "", ": has no head of columns."},
    {"a column that is missing", "a,b\n1,2\n",
     ": has no column 'value', so it was not written by this dmlsim."},
    {"a row with a field too many", "name,value\nx,1\nx,2,3\n",
     ":3: this row has 3 fields; the head has 2."},
    {"a row cut short", "name,value\nx\n", ":2: this row has 1 fields; the head has 2."},
    {"a quote that is never closed", "name,value\n\"x,1\n",
     ":2: this row has 1 fields; the head has 2."},
    {"a number that is none", "name,value\nx,seven\n",
     ":2: 'seven' in column 'value' is no number."},
    {"a number without end", "name,value\nx,inf\n", ":2: 'inf' in column 'value' is no number."},
    {"a number with a tail", "name,value\nx,7kg\n", ":2: '7kg' in column 'value' is no number."},
    {"a number that is missing", "name,value\nx,\n", ":2: '' in column 'value' is no number."},
};

static void is_told_once_at_the_end(void **state)
{
    const struct damage *c = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    struct analysis_csv *csv = open_text(c->text, arena, &err);
    const int value = analysis_csv_column(csv, "value");

    while (analysis_csv_next(csv))
        analysis_csv_number(csv, value);
    assert_false(analysis_csv_next(csv));
    assert_int_equal(err.count, 0);
    assert_false(analysis_csv_close(csv, &err));
    assert_int_equal(err.count, 1);
    assert_string_equal(err.text + strlen("/tmp/dmlsim-XXXXXX"), c->said);
    sim_arena_close(arena);
}

static void a_file_that_is_not_there_is_told_at_once(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    (void)state;
    assert_null(analysis_csv_open("no/where.csv", arena, &err));
    assert_string_equal(err.text, "no/where.csv: cannot be read: No such file or directory.");
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(quoted_fields_may_hold_commas_quotes_and_lines),
        cmocka_unit_test(a_file_that_is_not_there_is_told_at_once),
    };

    return RUN_CASES(is_told_once_at_the_end, damages) + cmocka_run_group_tests(others, NULL, NULL);
}
