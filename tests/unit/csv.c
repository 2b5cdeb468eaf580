/* csv.c -- comma-separated values: quoting, and numbers that read back as they were. */
#include "tests/unit/close.h"

#include "sim/base/csv.h"

#include <float.h>

static void text_of(const char *field, char *out, size_t size)
{
    FILE *file = fmemopen(out, size, "w");

    out[0] = '\0'; /* which fmemopen leaves alone if nothing is written */
    sim_csv_text(file, field);
    fclose(file);
}

static void number_of(double value, char *out, size_t size)
{
    FILE *file = fmemopen(out, size, "w");

    sim_csv_number(file, value);
    fclose(file);
}

static void a_field_is_quoted_only_if_it_must_be(void **state)
{
    static const char *const fields[][2] = {{"node-7", "node-7"},
                                            {"", ""},
                                            {" a b ", " a b "},
                                            {"a;b", "a;b"},
                                            {"a,b", "\"a,b\""},
                                            {"\"", "\"\"\"\""},
                                            {"say \"7\"", "\"say \"\"7\"\"\""},
                                            {"a\nb", "\"a\nb\""},
                                            {"a\r", "\"a\r\""},
                                            {",", "\",\""},
                                            {"\xc3\xa9", "\xc3\xa9"},
                                            {"it's", "it's"}};
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        text_of(fields[i][0], text, sizeof text);
        assert_string_equal(text, fields[i][1]);
    }
}

static void plain_numbers_are_written_plainly(void **state)
{
    static const struct {
        double value;
        const char *text;
    } numbers[] = {{0, "0"},
                   {-0.0, "-0"},
                   {7, "7"},
                   {-7, "-7"},
                   {0.1, "0.1"},
                   {0.3, "0.3"},
                   {1000003, "1000003"},
                   {123.4e6, "123400000"},
                   {1e22, "1e+22"},
                   {5e-05, "5e-05"},
                   {0.1 + 0.2, "0.30000000000000004"},
                   {1.0 / 3, "0.3333333333333333"},
                   {9007199254740993.0, "9007199254740992"},
                   {DBL_MAX, "1.7976931348623157e+308"}};
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        number_of(numbers[i].value, text, sizeof text);
        assert_string_equal(text, numbers[i].text);
    }
}

/* Doubles of every size: random bits, the same on every machine (Knuth's MMIX generator). */
static double next_double(uint64_t *seed)
{
    double value;

    do {
        uint64_t bits;

        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        bits = *seed;
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        bits = (bits & 0xffffffff00000000u) | *seed >> 32;
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

static void every_number_reads_back_as_the_same_double(void **state)
{
    static const double edges[] = {DBL_MIN,     DBL_MAX, -DBL_MAX,  5e-324,
                                   DBL_EPSILON, 0x1p-44, 0x1p53 - 1};
    uint64_t seed = 7;
    char text[64];

    (void)state;
    for (int i = 0; i < 100003; i++) {
        const double value = i < 7 ? edges[i] : next_double(&seed);

        number_of(value, text, sizeof text);
        assert_true(strtod(text, NULL) == value);
        assert_in_range(strlen(text), 1, 24);
    }
}

/* The number with one significant digit fewer, correctly rounded, must be another one. */
static void no_number_has_a_digit_more_than_it_needs(void **state)
{
    uint64_t seed = 1003;

    (void)state;
    for (int i = 0; i < 100003; i++) {
        const double value = next_double(&seed);
        char text[64], shorter[64];
        int digits = 0;

        if (fabs(value) < DBL_MIN)
            continue;
        number_of(value, text, sizeof text);
        for (const char *c = text; *c != '\0' && *c != 'e'; c++)
            digits += *c >= '0' && *c <= '9';
        if (fabs(value) < 1 && fabs(value) >= 1e-4)
            digits -= (int)strspn(text + (value < 0), "0.") - 1;
        snprintf(shorter, sizeof shorter, "%.*e", digits - 2, value);
        assert_true(strtod(shorter, NULL) != value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_quoted_only_if_it_must_be),
        cmocka_unit_test(plain_numbers_are_written_plainly),
        cmocka_unit_test(every_number_reads_back_as_the_same_double),
        cmocka_unit_test(no_number_has_a_digit_more_than_it_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
