/* units.c -- quantities as users spell them, and back. */
#include "tests/unit/close.h"

#include "sim/base/units.h"

#include <float.h>

struct spelt {
    const char *text;
    enum sim_unit unit;
    double value;
};

static const struct spelt spelt_right[] = {
    /* bare numbers */
    {"0", SIM_UNIT_NONE, 0},
    {"7", SIM_UNIT_NONE, 7},
    {"-7", SIM_UNIT_NONE, -7},
    {"+7", SIM_UNIT_NONE, 7},
    {"0.25", SIM_UNIT_NONE, 0.25},
    {".5", SIM_UNIT_NONE, 0.5},
    {"5.", SIM_UNIT_NONE, 5},
    {"1.5e3", SIM_UNIT_NONE, 1500},
    {"1.5E-3", SIM_UNIT_NONE, 0.0015},
    {"2e+2", SIM_UNIT_NONE, 200},
    {"007", SIM_UNIT_NONE, 7},
    {"1.7976931348623157e308", SIM_UNIT_NONE, DBL_MAX},
    {"1000003", SIM_UNIT_BYTES, 1000003},
    {"1000003", SIM_UNIT_FLOP, 1000003},
    {"0.125", SIM_UNIT_SECONDS, 0.125},
    {"123.4e6", SIM_UNIT_BYTES_PER_SECOND, 123.4e6},
    {"123.4e6", SIM_UNIT_FLOP_PER_SECOND, 123.4e6},
    {"90", SIM_UNIT_WATTS, 90},
    {"90", SIM_UNIT_JOULES, 90},
    /* bytes and bits, with every prefix */
    {"7B", SIM_UNIT_BYTES, 7},
    {"7 B", SIM_UNIT_BYTES, 7},
    {"24b", SIM_UNIT_BYTES, 3},
    {"7kB", SIM_UNIT_BYTES, 7e3},
    {"7MB", SIM_UNIT_BYTES, 7e6},
    {"7GB", SIM_UNIT_BYTES, 7e9},
    {"7TB", SIM_UNIT_BYTES, 7e12},
    {"7PB", SIM_UNIT_BYTES, 7e15},
    {"7EB", SIM_UNIT_BYTES, 7e18},
    {"7KiB", SIM_UNIT_BYTES, 7168},
    {"7MiB", SIM_UNIT_BYTES, 7340032},
    {"7GiB", SIM_UNIT_BYTES, 7516192768},
    {"7TiB", SIM_UNIT_BYTES, 7696581394432},
    {"7PiB", SIM_UNIT_BYTES, 7881299347898368},
    {"7EiB", SIM_UNIT_BYTES, 8070450532247928832.0},
    {"8kb", SIM_UNIT_BYTES, 1000},
    {"8Kib", SIM_UNIT_BYTES, 1024},
    {"1.5e2MB", SIM_UNIT_BYTES, 150e6},
    {"1E5B", SIM_UNIT_BYTES, 1e5},
    {"1EB", SIM_UNIT_BYTES, 1e18},
    {"100 MB", SIM_UNIT_BYTES, 100e6},
    {"-5MB", SIM_UNIT_BYTES, -5e6},
    /* flop */
    {"7f", SIM_UNIT_FLOP, 7},
    {"7flop", SIM_UNIT_FLOP, 7},
    {"1.3Gf", SIM_UNIT_FLOP, 1.3e9},
    {"1.3Gflop", SIM_UNIT_FLOP, 1.3e9},
    {"3Kif", SIM_UNIT_FLOP, 3072},
    /* seconds take names, not prefixes */
    {"7s", SIM_UNIT_SECONDS, 7},
    {"7ms", SIM_UNIT_SECONDS, 7e-3},
    {"7us", SIM_UNIT_SECONDS, 7e-6},
    {"7ns", SIM_UNIT_SECONDS, 7e-9},
    {"7ps", SIM_UNIT_SECONDS, 7e-12},
    {"7m", SIM_UNIT_SECONDS, 420},
    {"7h", SIM_UNIT_SECONDS, 25200},
    {"7d", SIM_UNIT_SECONDS, 604800},
    {"7w", SIM_UNIT_SECONDS, 4233600},
    {"1.5 h", SIM_UNIT_SECONDS, 5400},
    /* rates */
    {"7Bps", SIM_UNIT_BYTES_PER_SECOND, 7},
    {"123.4MBps", SIM_UNIT_BYTES_PER_SECOND, 123.4e6},
    {"10Gbps", SIM_UNIT_BYTES_PER_SECOND, 1.25e9},
    {"8bps", SIM_UNIT_BYTES_PER_SECOND, 1},
    {"3MiBps", SIM_UNIT_BYTES_PER_SECOND, 3145728},
    {"8Mibps", SIM_UNIT_BYTES_PER_SECOND, 1048576},
    {"7f", SIM_UNIT_FLOP_PER_SECOND, 7},
    {"98.7Gf", SIM_UNIT_FLOP_PER_SECOND, 98.7e9},
    {"98.7Gflops", SIM_UNIT_FLOP_PER_SECOND, 98.7e9},
    /* power and energy */
    {"250W", SIM_UNIT_WATTS, 250},
    {"1.3kW", SIM_UNIT_WATTS, 1300},
    {"10kJ", SIM_UNIT_JOULES, 1e4},
    {"7J", SIM_UNIT_JOULES, 7},
};

static void every_spelling_of_a_quantity_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spelt_right / sizeof spelt_right[0]; i++) {
        const struct spelt *s = &spelt_right[i];
        double value = -99;

        if (!sim_parse_quantity(s->text, s->unit, &value))
            fail_msg("'%s' was refused", s->text);
        assert_close_at(value, s->value, 1e-15, s->text, __FILE__, __LINE__);
    }
}

static const struct spelt spelt_wrong[] = {
    {"", SIM_UNIT_NONE, 0},
    {" ", SIM_UNIT_NONE, 0},
    {"12 ", SIM_UNIT_NONE, 0},
    {" 12", SIM_UNIT_NONE, 0},
    {"nan", SIM_UNIT_NONE, 0},
    {"NaN", SIM_UNIT_SECONDS, 0},
    {"-nan", SIM_UNIT_NONE, 0},
    {"inf", SIM_UNIT_NONE, 0},
    {"-inf", SIM_UNIT_NONE, 0},
    {"infinity", SIM_UNIT_SECONDS, 0},
    {".inf", SIM_UNIT_NONE, 0},
    {"0x10", SIM_UNIT_NONE, 0},
    {"0x1p3", SIM_UNIT_NONE, 0},
    {"0x10", SIM_UNIT_BYTES, 0},
    {"1e999", SIM_UNIT_NONE, 0},
    {"-1e999", SIM_UNIT_NONE, 0},
    {"1e308EB", SIM_UNIT_BYTES, 0},
    {"1e999B", SIM_UNIT_BYTES, 0},
    {"1.5.2", SIM_UNIT_NONE, 0},
    {"--1", SIM_UNIT_NONE, 0},
    {"+-1", SIM_UNIT_NONE, 0},
    {"-", SIM_UNIT_NONE, 0},
    {".", SIM_UNIT_NONE, 0},
    {"-.", SIM_UNIT_NONE, 0},
    {"e5", SIM_UNIT_NONE, 0},
    {".e5", SIM_UNIT_NONE, 0},
    {"1e", SIM_UNIT_NONE, 0},
    {"1e+", SIM_UNIT_NONE, 0},
    {"1,5", SIM_UNIT_NONE, 0},
    {"1_000", SIM_UNIT_NONE, 0},
    {"1/2", SIM_UNIT_NONE, 0},
    {"50%", SIM_UNIT_NONE, 0},
    {"7k", SIM_UNIT_NONE, 0},
    {"7B", SIM_UNIT_NONE, 0},
    {"MB", SIM_UNIT_BYTES, 0},
    {"B", SIM_UNIT_BYTES, 0},
    {"7KB", SIM_UNIT_BYTES, 0},
    {"7mB", SIM_UNIT_BYTES, 0},
    {"7M", SIM_UNIT_BYTES, 0},
    {"7Mi", SIM_UNIT_BYTES, 0},
    {"7gb", SIM_UNIT_BYTES, 0},
    {"7 M B", SIM_UNIT_BYTES, 0},
    {"7  MB", SIM_UNIT_BYTES, 0},
    {"7\tMB", SIM_UNIT_BYTES, 0},
    {"7MB ", SIM_UNIT_BYTES, 0},
    {"7MBB", SIM_UNIT_BYTES, 0},
    {"7bytes", SIM_UNIT_BYTES, 0},
    {"7ZB", SIM_UNIT_BYTES, 0},
    {"7iB", SIM_UNIT_BYTES, 0},
    {"7BiB", SIM_UNIT_BYTES, 0},
    {"7MBps", SIM_UNIT_BYTES, 0},
    {"7MkB", SIM_UNIT_BYTES, 0},
    {"100MB 3", SIM_UNIT_BYTES, 0},
    {"7MB", SIM_UNIT_BYTES_PER_SECOND, 0},
    {"7B/s", SIM_UNIT_BYTES_PER_SECOND, 0},
    {"7ks", SIM_UNIT_SECONDS, 0},
    {"7Ms", SIM_UNIT_SECONDS, 0},
    {"7S", SIM_UNIT_SECONDS, 0},
    {"7min", SIM_UNIT_SECONDS, 0},
    {"7sec", SIM_UNIT_SECONDS, 0},
    {"1h30m", SIM_UNIT_SECONDS, 0},
    {"7Gflops", SIM_UNIT_FLOP, 0},
    {"7Gflop", SIM_UNIT_FLOP_PER_SECOND, 0},
    {"7F", SIM_UNIT_FLOP, 0},
    {"7w", SIM_UNIT_WATTS, 0},
    {"7Wh", SIM_UNIT_JOULES, 0},
    {"0.0000000000000000000000000000000000000000000000000000000000001", SIM_UNIT_NONE, 0},
};

static void what_is_no_quantity_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spelt_wrong / sizeof spelt_wrong[0]; i++) {
        double value = -99;

        if (sim_parse_quantity(spelt_wrong[i].text, spelt_wrong[i].unit, &value))
            fail_msg("'%s' was read as %.17g", spelt_wrong[i].text, value);
        assert_true(value == -99);
    }
}

static void a_thousand_is_k_and_1024_is_Ki_and_neither_is_the_other(void **state)
{
    double value;

    (void)state;
    assert_true(sim_parse_quantity("1kB", SIM_UNIT_BYTES, &value));
    assert_close(value, 1000, 0);
    assert_true(sim_parse_quantity("1KiB", SIM_UNIT_BYTES, &value));
    assert_close(value, 1024, 0);
    assert_false(sim_parse_quantity("1KB", SIM_UNIT_BYTES, &value));
    assert_false(sim_parse_quantity("1kiB", SIM_UNIT_BYTES, &value));
}

static void a_number_too_small_for_a_double_is_refused_and_not_made_zero(void **state)
{
    double value = -99;

    (void)state;
    assert_false(sim_parse_quantity("1e-999", SIM_UNIT_SECONDS, &value));
    assert_true(value == -99);
    assert_true(sim_parse_quantity("0e-999", SIM_UNIT_SECONDS, &value));
    assert_true(value == 0);
}

static void every_unit_reads_its_own_example(void **state)
{
    (void)state;
    for (int unit = SIM_UNIT_NONE; unit <= SIM_UNIT_JOULES; unit++) {
        double value = 0;

        assert_true(
            sim_parse_quantity(sim_unit_example((enum sim_unit)unit), (enum sim_unit)unit, &value));
        assert_true(value > 0);
        assert_int_equal(*sim_unit_name((enum sim_unit)unit) == '\0', unit == SIM_UNIT_NONE);
    }
}

static const struct {
    double value;
    enum sim_unit unit;
    const char *text;
} shown[] = {
    {1.4e9, SIM_UNIT_BYTES, "1.400 GB"},
    {1000003, SIM_UNIT_BYTES, "1.000 MB"},
    {1003, SIM_UNIT_BYTES, "1.003 kB"},
    {999, SIM_UNIT_BYTES, "999 B"},
    {0, SIM_UNIT_BYTES, "0 B"},
    {999.96, SIM_UNIT_BYTES, "1.000 kB"},
    {999949, SIM_UNIT_BYTES, "999.9 kB"},
    {999960, SIM_UNIT_BYTES, "1.000 MB"},
    {7e18, SIM_UNIT_BYTES, "7.000 EB"},
    {-3.2e9, SIM_UNIT_BYTES, "-3.200 GB"},
    {1.75e8, SIM_UNIT_FLOP, "175.0 Mflop"},
    {1e10, SIM_UNIT_FLOP_PER_SECOND, "10.00 Gflop/s"},
    {123.4e6, SIM_UNIT_BYTES_PER_SECOND, "123.4 MB/s"},
    {250, SIM_UNIT_WATTS, "250 W"},
    {128.873, SIM_UNIT_JOULES, "128.9 J"},
    {12345, SIM_UNIT_JOULES, "12.35 kJ"},
    {112, SIM_UNIT_NONE, "112"},
    {0.25, SIM_UNIT_NONE, "0.25"},
    {0, SIM_UNIT_SECONDS, "0 s"},
    {0.16066, SIM_UNIT_SECONDS, "160.7 ms"},
    {50e-6, SIM_UNIT_SECONDS, "50.00 us"},
    {7.123e-9, SIM_UNIT_SECONDS, "7.123 ns"},
    {7, SIM_UNIT_SECONDS, "7.000 s"},
    {61, SIM_UNIT_SECONDS, "1.017 min"},
    {3661, SIM_UNIT_SECONDS, "1.017 h"},
    {-0.5, SIM_UNIT_SECONDS, "-500.0 ms"},
    {0.48085, SIM_UNIT_SECONDS, "480.9 ms"},
};

static void a_quantity_is_shown_with_four_digits_and_a_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        char text[SIM_QUANTITY_SIZE];

        assert_ptr_equal(sim_format_quantity(text, shown[i].value, shown[i].unit), text);
        assert_string_equal(text, shown[i].text);
    }
}

static void seconds_round_up_into_the_next_scale_and_never_end_in_a_bare_point(void **state)
{
    char text[SIM_QUANTITY_SIZE];

    (void)state;
    assert_string_equal(sim_format_quantity(text, 0.99996, SIM_UNIT_SECONDS), "1.000 s");
    assert_string_equal(sim_format_quantity(text, 999.96e-9, SIM_UNIT_SECONDS), "1.000 us");
    assert_string_equal(sim_format_quantity(text, 3.7e6, SIM_UNIT_SECONDS), "1028 h");
}

static void no_quantity_overflows_the_text_it_is_shown_in(void **state)
{
    static const double extremes[] = {DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, INFINITY, -INFINITY, NAN};

    (void)state;
    for (size_t i = 0; i < sizeof extremes / sizeof extremes[0]; i++)
        for (int unit = SIM_UNIT_NONE; unit <= SIM_UNIT_JOULES; unit++) {
            char text[SIM_QUANTITY_SIZE];

            sim_format_quantity(text, extremes[i], (enum sim_unit)unit);
            assert_in_range(strlen(text), 1, SIM_QUANTITY_SIZE - 2);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_of_a_quantity_is_read),
        cmocka_unit_test(what_is_no_quantity_is_refused_and_changes_nothing),
        cmocka_unit_test(a_thousand_is_k_and_1024_is_Ki_and_neither_is_the_other),
        cmocka_unit_test(a_number_too_small_for_a_double_is_refused_and_not_made_zero),
        cmocka_unit_test(every_unit_reads_its_own_example),
        cmocka_unit_test(a_quantity_is_shown_with_four_digits_and_a_prefix),
        cmocka_unit_test(seconds_round_up_into_the_next_scale_and_never_end_in_a_bare_point),
        cmocka_unit_test(no_quantity_overflows_the_text_it_is_shown_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
