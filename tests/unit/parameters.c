/* parameters.c -- values from a table of parameters, and whether the shipped tables are sound. */
#include "tests/unit/reading.h"

#include "sim/scenario/parameters.h"

#include <limits.h>

struct values {
    int count;
    int64_t bytes;
    double seconds, ratio, flop_per_byte;
    int choice;
    struct sim_numbers numbers;
    struct sim_grid grid;
    const char *file;
};

static const char *const choices[] = {"red", "green", "blue", NULL};

static const struct sim_parameter rows[] = {
    {SIM_COUNT(struct values, count), .value = "7", .least = 1, .most = 1003, .help = "a count"},
    {SIM_BYTES(struct values, bytes), .value = "100MB", .least = 10, .most = 1e17, .help = "bytes"},
    {SIM_SECONDS(struct values, seconds), .value = "50us", .least = 1e-6, .most = 60,
     .help = "seconds"},
    {SIM_RATIO(struct values, ratio), .value = "0.25", .least = -0.5, .most = 0.5,
     .help = "a ratio"},
    {SIM_FLOP_PER_BYTE(struct values, flop_per_byte), .value = "0.1", .least = 0, .most = 7,
     .help = "flop"},
    {SIM_CHOICE(struct values, choice), .value = "green", .choices = choices, .help = "a colour"},
    {SIM_NUMBERS(struct values, numbers), .value = "", .least = -2, .most = 1009, .help = "a list"},
    {SIM_GRID(struct values, grid), .value = "3x3", .least = 1, .most = 17, .help = "a grid"},
    {SIM_FILE(struct values, file), .value = "", .help = "a file"},
    {0}};

enum { COUNT, BYTES, SECONDS, RATIO, FLOP_PER_BYTE, CHOICE, NUMBERS, GRID, A_FILE };

struct reads {
    const char *name;
    int row;
    const char *text, *json; /* what stands in the field afterwards; NULL if it is refused */
    const char *complaint;
};

static struct reads reads[] = {
    {"a count", COUNT, "13", "13", NULL},
    {"a count at its least", COUNT, "1", "1", NULL},
    {"a count at its most", COUNT, "1003", "1003", NULL},
    {"a count with an exponent", COUNT, "1e3", "1000", NULL},
    {"a count below its least", COUNT, "0", NULL,
     "0 is out of bounds: at least 1 and at most 1003"},
    {"a count above its most", COUNT, "1004", NULL,
     "1004 is out of bounds: at least 1 and at most 1003"},
    {"a count far above what an int holds", COUNT, "3e9", NULL,
     "3e9 is out of bounds: at least 1 and at most 1003"},
    {"a count and a half", COUNT, "7.5", NULL, "7.5 is no whole number"},
    {"a count of a unit", COUNT, "7kB", NULL, "'7kB' is no number; write it as in 8"},
    {"an empty count", COUNT, "", NULL, "'' is no number; write it as in 8"},
    {"bytes", BYTES, "1000003", "1000003", NULL},
    {"bytes with a unit", BYTES, "123.4kB", "123400", NULL},
    {"as many bytes as a double counts", BYTES, "9007199254740992", "9007199254740992", NULL},
    {"bytes in Ki", BYTES, "7KiB", "7168", NULL},
    {"a third of a byte", BYTES, "10.3", NULL, "10.3 is no whole number of bytes"},
    {"bytes below their least", BYTES, "7", NULL,
     "7 is out of bounds: at least 10 and at most 1e+17 bytes"},
    {"bytes in seconds", BYTES, "7s", NULL, "'7s' is no bytes; write it as in 100MB"},
    {"seconds", SECONDS, "7ms", "0.0070000000000000001", NULL},
    {"whole seconds", SECONDS, "1m", "60", NULL},
    {"seconds below their least", SECONDS, "1ns", NULL,
     "1ns is out of bounds: at least 1e-06 and at most 60 seconds"},
    {"seconds above their most", SECONDS, "61", NULL,
     "61 is out of bounds: at least 1e-06 and at most 60 seconds"},
    {"seconds in bytes", SECONDS, "7B", NULL, "'7B' is no seconds; write it as in 50us"},
    {"a ratio", RATIO, "0.1", "0.10000000000000001", NULL},
    {"a negative ratio", RATIO, "-0.5", "-0.5", NULL},
    {"a ratio above its most", RATIO, "0.51", NULL,
     "0.51 is out of bounds: at least -0.5 and at most 0.5"},
    {"a ratio that is NaN", RATIO, "nan", NULL, "'nan' is no number; write it as in 0.5"},
    {"flop per byte", FLOP_PER_BYTE, "7", "7", NULL},
    {"flop per byte with a unit", FLOP_PER_BYTE, "7f", NULL,
     "'7f' is no number; write it as in 0.5"},
    {"the first choice", CHOICE, "red", "\"red\"", NULL},
    {"the last choice", CHOICE, "blue", "\"blue\"", NULL},
    {"no choice", CHOICE, "Red", NULL, "'Red' is none of its choices: red, green, blue"},
    {"no numbers", NUMBERS, "", "[]", NULL},
    {"one number", NUMBERS, "17", "[17]", NULL},
    {"numbers", NUMBERS, "13, 0.5,-2", "[13, 0.5, -2]", NULL},
    {"a list with a gap", NUMBERS, "13,,7", NULL, "'' is no number; write a list as in [3, 1]"},
    {"a list with a word", NUMBERS, "13, many", NULL,
     "'many' is no number; write a list as in [3, 1]"},
    {"a list with one too large", NUMBERS, "13,1010", NULL,
     "1010 is out of bounds: at least -2 and at most 1009"},
    {"a grid", GRID, "7x13", "\"7x13\"", NULL},
    {"a grid of one side", GRID, "7", NULL, "'7' is no rows x columns; write it as in 3x4"},
    {"a grid with a star", GRID, "7*13", NULL, "'7*13' is no rows x columns; write it as in 3x4"},
    {"a grid that is too fine", GRID, "7x18", NULL,
     "7x18 is out of bounds: at least 1x1 and at most 17x17"},
    {"a grid of nothing", GRID, "0x7", NULL,
     "0x7 is out of bounds: at least 1x1 and at most 17x17"},
    {"a file", A_FILE, "a/b.csv", "\"a/b.csv\"", NULL},
    {"a choice by number", CHOICE, "1", NULL, "'1' is none of its choices: red, green, blue"},
};

static void reads_as(void **state)
{
    const struct reads *r = *state;
    struct values values, before;
    char complaint[256] = "", *json;
    json_t *value;

    sim_parameters_default(rows, &values);
    before = values;
    if (r->json == NULL) {
        assert_false(
            sim_parameter_read(&rows[r->row], r->text, &values, complaint, sizeof complaint));
        assert_string_equal(complaint, r->complaint);
        assert_memory_equal(&values, &before, sizeof values);
        return;
    }
    assert_true(sim_parameter_read(&rows[r->row], r->text, &values, complaint, sizeof complaint));
    assert_string_equal(complaint, "");
    value = sim_parameter_json(&rows[r->row], &values);
    json = json_dumps(value, JSON_ENCODE_ANY);
    assert_string_equal(json, r->json);
    free(json);
    json_decref(value);
}

static void defaults_fill_every_field(void **state)
{
    struct values values;

    (void)state;
    memset(&values, 0xa5, sizeof values);
    sim_parameters_default(rows, &values);
    assert_int_equal(values.count, 7);
    assert_int_equal(values.bytes, 100000000);
    assert_close(values.seconds, 50e-6, 1e-15);
    assert_close(values.ratio, 0.25, 0);
    assert_close(values.flop_per_byte, 0.1, 0);
    assert_int_equal(values.choice, 1);
    assert_true(values.grid.rows == 3 && values.grid.columns == 3);
}

static void a_complaint_never_writes_past_its_room(void **state)
{
    struct values values;
    char small[12], text[301];

    (void)state;
    memset(text, 'q', 300);
    text[300] = '\0';
    sim_parameters_default(rows, &values);
    for (int row = COUNT; row <= GRID; row++) {
        if (row == NUMBERS)
            continue;
        memset(small, '!', sizeof small);
        assert_false(sim_parameter_read(&rows[row], text, &values, small, sizeof small - 1));
        assert_int_equal(small[10], '\0');
        assert_int_equal(small[11], '!');
    }
}

static void a_parameter_is_found_by_its_whole_name(void **state)
{
    (void)state;
    assert_ptr_equal(sim_parameter_find(rows, "seconds"), &rows[SECONDS]);
    assert_null(sim_parameter_find(rows, "second"));
    assert_null(sim_parameter_find(rows, ""));
}

static void kinds_and_bounds_are_told_in_words(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_string_equal(sim_kind_name(SIM_KIND_COUNT), "count");
    assert_string_equal(sim_kind_name(SIM_KIND_FLOP_PER_BYTE), "flop per byte");
    assert_string_equal(sim_kind_name(SIM_KIND_CHOICE), "choice");
    assert_string_equal(sim_parameter_bounds(&rows[COUNT], arena), "1 to 1003");
    assert_string_equal(sim_parameter_bounds(&rows[RATIO], arena), "-0.5 to 0.5");
    assert_string_equal(sim_parameter_bounds(&rows[GRID], arena), "1x1 to 17x17");
    assert_string_equal(sim_parameter_bounds(&rows[CHOICE], arena), "red|green|blue");
    sim_arena_close(arena);
}

/* ---- the shipped tables; one test for each algorithm ---- */

static size_t size_of(enum sim_kind kind)
{
    switch (kind) {
    case SIM_KIND_COUNT:
    case SIM_KIND_CHOICE: return sizeof(int);
    case SIM_KIND_BYTES: return sizeof(int64_t);
    case SIM_KIND_NUMBERS: return sizeof(struct sim_numbers);
    case SIM_KIND_GRID: return sizeof(struct sim_grid);
    case SIM_KIND_FILE: return sizeof(const char *);
    default: return sizeof(double);
    }
}

static size_t align_of(enum sim_kind kind)
{
    return kind == SIM_KIND_NUMBERS ? _Alignof(struct sim_numbers)
           : kind == SIM_KIND_GRID  ? _Alignof(struct sim_grid)
                                    : size_of(kind);
}

static void is_told(const char *text)
{
    assert_non_null(text);
    assert_true(text[0] != '\0' && text[0] != ' ' && text[strlen(text) - 1] != ' ');
    assert_null(strchr(text, '\n'));
}

static void is_name(const char *text)
{
    is_told(text);
    assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(text));
}

static void check_parameter(const struct sim_algorithm *a, const struct sim_parameter *row)
{
    void *values = calloc(1, a->parameters_size);
    char complaint[256] = "";

    is_name(row->name);
    assert_string_not_equal(row->name, "name"); /* which would hide the algorithm's own */
    assert_ptr_equal(sim_parameter_find(a->parameters, row->name), row);
    is_told(row->help);
    is_told(row->source); /* who says the default; SIM_OURS where nobody else does */
    assert_true(row->offset + size_of(row->kind) <= a->parameters_size);
    assert_int_equal(row->offset % align_of(row->kind), 0);
    for (const struct sim_parameter *other = a->parameters; other < row; other++)
        assert_true(other->offset + size_of(other->kind) <= row->offset ||
                    row->offset + size_of(row->kind) <= other->offset);
    assert_int_equal(row->choices != NULL, row->kind == SIM_KIND_CHOICE);
    if (row->kind != SIM_KIND_CHOICE && row->kind != SIM_KIND_FILE)
        assert_true(row->least <= row->most);
    if (row->kind == SIM_KIND_COUNT)
        assert_true(row->least >= INT_MIN && row->most <= INT_MAX);
    if (row->kind == SIM_KIND_BYTES)
        assert_true(row->least >= 0 && row->most <= 9007199254740992.0);
    assert_non_null(row->value);
    if (!sim_parameter_read(row, row->value, values, complaint, sizeof complaint))
        fail_msg("the default of %s.%s: %s", a->name, row->name, complaint);
    free(values);
}

static void check_role(const struct sim_algorithm *a, const struct sim_role *role)
{
    is_name(role->name);
    assert_string_not_equal(role->name, "share"); /* a key of `hosts:` */
    is_told(role->help);
    assert_non_null(role->act);
    for (const struct sim_role *other = a->roles; other < role; other++)
        assert_string_not_equal(other->name, role->name);
}

static void check_law(const struct sim_algorithm *a, const struct sim_law *law)
{
    is_told(law->quantity);
    is_told(law->formula);
    assert_non_null(law->theory);
    assert_non_null(law->simulated);
    assert_true(law->tolerance >= 0 && law->tolerance < 0.01);
    assert_in_range(law->unit, SIM_UNIT_NONE, SIM_UNIT_JOULES);
    if (law->holds != NULL)
        is_told(law->assumes);
    for (const struct sim_law *other = a->laws; other < law; other++)
        assert_string_not_equal(other->quantity, law->quantity);
}

static void is_sound(void **state)
{
    const struct sim_algorithm *a = *state;
    int parameters = 0, roles = 0, laws = 0;

    is_name(a->name);
    is_told(a->summary);
    is_told(a->paper);
    is_told(a->counts);
    assert_non_null(a->prepare);
    for (; a->parameters[parameters].name != NULL; parameters++)
        check_parameter(a, &a->parameters[parameters]);
    for (; a->roles[roles].name != NULL; roles++)
        check_role(a, &a->roles[roles]);
    for (; a->laws[laws].quantity != NULL; laws++)
        check_law(a, &a->laws[laws]);
    assert_true(parameters > 0 && roles > 0 && laws > 0);
    assert_ptr_equal(sim_find_algorithm(&shipped, a->name), a); /* no two of one name */
}

static int check_shipped(void)
{
    struct CMUnitTest tests[256] = {{0}};
    char names[256][80];
    size_t count = 0;

    for (; sim_algorithms[count] != NULL && count < 256; count++) {
        snprintf(names[count], sizeof names[count], "the tables of %s are sound",
                 sim_algorithms[count]->name);
        tests[count] = (struct CMUnitTest){names[count], is_sound, NULL, NULL, NULL};
        memcpy(&tests[count].initial_state, &sim_algorithms[count], sizeof(void *));
    }
    return _cmocka_run_group_tests("shipped algorithms", tests, count, NULL, NULL);
}

static void there_are_algorithms_and_an_unknown_one_is_not_found(void **state)
{
    (void)state;
    assert_non_null(sim_algorithms[0]);
    assert_non_null(sim_find_algorithm(&shipped, "ring_allreduce"));
    assert_null(sim_find_algorithm(&shipped, "ring_allreduc"));
    assert_null(sim_find_algorithm(&shipped, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_fill_every_field),
        cmocka_unit_test(a_complaint_never_writes_past_its_room),
        cmocka_unit_test(a_parameter_is_found_by_its_whole_name),
        cmocka_unit_test(kinds_and_bounds_are_told_in_words),
        cmocka_unit_test(there_are_algorithms_and_an_unknown_one_is_not_found),
    };

    return RUN_CASES(reads_as, reads) + cmocka_run_group_tests(tests, NULL, NULL) + check_shipped();
}
