/* quantise.c -- clipped ReLU, codes of k bits and their runs of zeros. */
#include "tests/unit/close.h"

#include "algorithms/codecs/quantise.h"
#include "sim/base/random.h"

enum { COUNT = 20011 };

static const struct quantiser four = {.low = 0.5, .high = 3.5, .bits = 4};

static void the_clipped_relu_is_as_in_the_paper(void **state)
{
    (void)state;
    assert_true(quantise_clip(&four, -7) == 0);
    assert_true(quantise_clip(&four, 0.5) == 0);
    assert_true(quantise_clip(&four, 1.75) == 1.25);
    assert_true(quantise_clip(&four, 3.5) == 3);
    assert_true(quantise_clip(&four, 99) == 3);
    assert_close(quantise_round(&four, 1.75), 1.2, 1e-15); /* 6.25 of 15 steps of 0.2 */
    assert_true(quantise_round(&four, 0.59) == 0);
}

/* 3.5 is code 15, two zeros are tokens 0 1, 1.7 is code 6, a zero at the end is not sent. */
static void three_numbers_are_these_two_bytes(void **state)
{
    const double values[] = {3.5, 0, -1, 1.7, 0};
    unsigned char bytes[8];
    size_t size;
    struct sim_error err = {0};

    (void)state;
    assert_int_equal(quantise_most_bytes(&four, 5), 4);
    assert_true(quantise_encode(&four, values, 5, bytes, &size, &err));
    assert_int_equal(size, 2);
    assert_int_equal(bytes[0], 15 | 0 << 4);
    assert_int_equal(bytes[1], 1 | 6 << 4);
}

static void fill(double *values, size_t count, double density, uint64_t seed,
                 const struct quantiser *q)
{
    struct sim_random *random = sim_random_open(seed, 3);
    const double range = q->high - q->low;

    for (size_t i = 0; i < count; i++)
        values[i] = sim_random_uniform(random) < density
                        ? q->low + range * (0.55 + sim_random_uniform(random))
                        : q->low - sim_random_uniform(random);
    sim_random_close(random);
}

static void what_comes_back_is_the_rounded_number_at_any_width_and_density(void **state)
{
    static double values[COUNT], back[COUNT];
    static unsigned char bytes[2 * COUNT];
    static const double densities[] = {0, 0.001, 0.03, 0.5, 0.97, 1};

    (void)state;
    for (int bits = 1; bits <= 8; bits++)
        for (size_t d = 0; d < sizeof densities / sizeof densities[0]; d++)
            for (size_t count = COUNT - 5; count <= COUNT; count++) {
                const struct quantiser q = {.low = 0.1, .high = 2.3, .bits = bits};
                struct sim_error err = {0};
                size_t size;

                fill(values, count, densities[d], d, &q);
                assert_true(quantise_encode(&q, values, count, bytes, &size, &err));
                assert_true(size <= quantise_most_bytes(&q, count));
                assert_true(quantise_decode(&q, bytes, size, back, count, &err));
                for (size_t i = 0; i < count; i++)
                    assert_true(back[i] == quantise_round(&q, values[i]));
            }
}

/* A zero before each code, and one at the end or none. */
static void the_worst_case_fits_the_most_bytes(void **state)
{
    double values[7];
    unsigned char bytes[16];
    struct sim_error err = {0};

    (void)state;
    for (size_t count = 0; count <= 7; count++) {
        size_t size;

        for (size_t i = 0; i < count; i++)
            values[i] = i % 2 ? 3.5 : 0;
        memset(bytes, 0xa5, sizeof bytes);
        assert_true(quantise_encode(&four, values, count, bytes, &size, &err));
        assert_true(size <= quantise_most_bytes(&four, count));
        assert_int_equal(bytes[quantise_most_bytes(&four, count)], 0xa5);
    }
}

/* The mean of 40 sizes within five of its own standard errors, and the zeros at the end (2 tokens) and half a byte
 * of padding beside it. */
static void sizes_are_as_expected_on_average(void **state)
{
    enum { DRAWS = 40 };
    static double values[COUNT];
    static unsigned char bytes[2 * COUNT];
    static const double densities[] = {0.02, 0.2, 0.5, 0.97, 1};

    (void)state;
    for (size_t d = 0; d < sizeof densities / sizeof densities[0]; d++) {
        double sum = 0, squares = 0, mean;

        for (uint64_t seed = 0; seed < DRAWS; seed++) {
            struct sim_error err = {0};
            size_t size;

            fill(values, COUNT, densities[d], 40 * d + seed, &four);
            assert_true(quantise_encode(&four, values, COUNT, bytes, &size, &err));
            sum += (double)size;
            squares += (double)size * (double)size;
        }
        mean = sum / DRAWS;
        assert_true(fabs(mean - quantise_expected_bytes(&four, COUNT, densities[d])) <=
                    5 * sqrt(fmax(0, squares / DRAWS - mean * mean) / DRAWS) + 1.5);
    }
    assert_true(quantise_expected_bytes(&four, COUNT, 0) == 0);
}

static void numbers_that_are_none_and_streams_too_long_are_refused(void **state)
{
    const double bad[] = {1, INFINITY}, values[] = {0, 3, 3};
    unsigned char bytes[8];
    double back[2];
    size_t size;
    struct sim_error err[2] = {0};

    (void)state;
    assert_false(quantise_encode(&four, bad, 2, bytes, &size, &err[0]));
    assert_non_null(strstr(err[0].text, "Number 2 of 2 of the activations is inf"));
    assert_true(quantise_encode(&four, values, 3, bytes, &size, &err[1]));
    assert_false(quantise_decode(&four, bytes, size, back, 2, &err[1]));
    assert_string_equal(err[1].text, "A stream of activations goes on after the last of 2.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clipped_relu_is_as_in_the_paper),
        cmocka_unit_test(three_numbers_are_these_two_bytes),
        cmocka_unit_test(what_comes_back_is_the_rounded_number_at_any_width_and_density),
        cmocka_unit_test(the_worst_case_fits_the_most_bytes),
        cmocka_unit_test(sizes_are_as_expected_on_average),
        cmocka_unit_test(numbers_that_are_none_and_streams_too_long_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
