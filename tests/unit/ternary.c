/* ternary.c -- TernGrad's codes: the bytes, the mean, the scaler, the server's sum. */
#include "tests/unit/close.h"

#include "algorithms/codecs/ternary.h"

enum { COUNT = 1003 };

static void fill(double *values, size_t count, uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, 8);

    for (size_t i = 0; i < count; i++)
        values[i] = 0.01 * sim_random_normal(random);
    sim_random_close(random);
}

static struct ternary_scale measure(const double *values, size_t count, double c)
{
    struct ternary_scale scale;
    struct sim_error err = {0};

    if (!ternary_measure(values, count, c, &scale, &err))
        fail_msg("%s", err.text);
    return scale;
}

/* Numbers that are 0 or as large as the scaler are certain: 1, -1, 0, 1 | -1 are the codes 1 2 0 1 | 2. */
static void certain_numbers_are_these_bytes(void **state)
{
    const double values[] = {0.75, -0.75, 0, 0.75, -0.75};
    const struct ternary_scale scale = measure(values, 5, 0);
    struct sim_random *random = sim_random_open(1, 1);
    unsigned char bytes[2];
    double back[5];

    (void)state;
    assert_int_equal(ternary_bytes(5), 2);
    assert_true(scale.scaler == 0.75f);
    ternary_encode(values, 5, &scale, random, bytes);
    assert_int_equal(bytes[0], 1 | 2 << 2 | 0 << 4 | 1 << 6);
    assert_int_equal(bytes[1], 2);
    ternary_decode(bytes, 5, scale.scaler, back);
    assert_memory_equal(back, values, sizeof values);
    sim_random_close(random);
}

/* Each decoded number is s b: mean |g|, variance s |g| - g^2.  Over D draws every one of 1,003 means must lie
 * within 5.5 of its standard errors (a right codec fails once in 26,000 seeds), and all of them together
 * within 5 of theirs. */
static void the_mean_of_what_is_decoded_is_the_gradient(void **state)
{
    enum { DRAWS = 20000 };
    double values[COUNT], sums[COUNT] = {0}, back[COUNT], deviation = 0, variance = 0;
    unsigned char bytes[COUNT];
    struct ternary_scale scale;
    struct sim_random *random = sim_random_open(2, 2);

    (void)state;
    fill(values, COUNT, 4);
    scale = measure(values, COUNT, 0);
    for (int d = 0; d < DRAWS; d++) {
        ternary_encode(values, COUNT, &scale, random, bytes);
        ternary_decode(bytes, COUNT, scale.scaler, back);
        for (int i = 0; i < COUNT; i++)
            sums[i] += back[i];
    }
    for (int i = 0; i < COUNT; i++) {
        const double g = fabs(values[i]), spread = g * (scale.scaler - g) / DRAWS;

        assert_true(fabs(sums[i] / DRAWS - values[i]) <= 5.5 * sqrt(spread) + 1e-12);
        deviation += sums[i] / DRAWS - values[i];
        variance += spread;
    }
    assert_true(fabs(deviation) <= 5 * sqrt(variance));
    sim_random_close(random);
}

static void a_scaler_that_others_share_keeps_the_mean(void **state)
{
    enum { DRAWS = 200000 };
    const double value = -0.3;
    const struct ternary_scale shared = {.bound = INFINITY, .scaler = 1.7f};
    struct sim_random *random = sim_random_open(3, 3);
    double sum = 0, back;

    (void)state;
    for (int d = 0; d < DRAWS; d++) {
        unsigned char byte;

        ternary_encode(&value, 1, &shared, random, &byte);
        ternary_decode(&byte, 1, shared.scaler, &back);
        sum += back;
    }
    assert_true(fabs(sum / DRAWS + 0.3) <= 5 * sqrt(0.3 * (1.7 - 0.3) / DRAWS));
    sim_random_close(random);
}

/* 1,002 numbers of +-1 and one of 100: sigma^2 = (1002 + 10^4) / 1003 - (100 / 1003)^2. */
static void outliers_are_clipped_to_c_sigma(void **state)
{
    const double sigma = sqrt((1002 + 1e4) / COUNT - (100.0 / COUNT) * (100.0 / COUNT));
    double values[COUNT];
    struct ternary_scale scale;

    (void)state;
    for (int i = 0; i < COUNT - 1; i++)
        values[i] = i % 2 ? 1 : -1;
    values[COUNT - 1] = 100;
    scale = measure(values, COUNT, 2.5);
    assert_close(scale.bound, 2.5 * sigma, 1e-14);
    assert_true(scale.scaler == nextafterf((float)(2.5 * sigma), INFINITY) ||
                scale.scaler == (float)(2.5 * sigma));
    assert_true((double)scale.scaler >= scale.bound);
    assert_true(measure(values, COUNT, 0).scaler == 100);
}

static void numbers_without_spread_are_not_clipped(void **state)
{
    const double one[] = {-0.1}, alike[] = {0.5, 0.5, 0.5}, zeros[] = {0, -0.0, 0};
    struct ternary_scale scale = measure(one, 1, 2.5);
    struct sim_random *random = sim_random_open(1, 1);
    unsigned char byte;
    double back[3];

    (void)state;
    assert_true(isinf(scale.bound) && (double)scale.scaler >= 0.1);
    assert_close(scale.scaler, 0.1, 1e-7);
    assert_true(measure(alike, 3, 2.5).scaler == 0.5f);
    scale = measure(zeros, 3, 2.5);
    assert_true(scale.scaler == 0);
    ternary_encode(zeros, 3, &scale, random, &byte);
    assert_int_equal(byte, 0);
    ternary_decode(&byte, 3, scale.scaler, back);
    assert_true(back[0] == 0 && back[1] == 0 && back[2] == 0);
    scale = measure(NULL, 0, 2.5);
    assert_true(scale.scaler == 0 && ternary_bytes(0) == 0);
    sim_random_close(random);
}

static void numbers_that_are_none_are_refused(void **state)
{
    const double nan_second[] = {1, NAN}, infinite[] = {-INFINITY}, large[] = {1, 2, 1e39};
    struct ternary_scale scale;
    struct sim_error err[3] = {0};

    (void)state;
    assert_false(ternary_measure(nan_second, 2, 2.5, &scale, &err[0]));
    assert_string_equal(err[0].text, "Number 2 of 2 of the gradient is nan: training has diverged; "
                                     "a smaller learning rate may help.");
    assert_false(ternary_measure(infinite, 1, 2.5, &scale, &err[1]));
    assert_string_equal(err[1].text, "Number 1 of 1 of the gradient is -inf: training has "
                                     "diverged; a smaller learning rate may help.");
    assert_false(ternary_measure(large, 3, 2.5, &scale, &err[2]));
    assert_string_equal(err[2].text,
                        "Number 3 of 3 of the gradient is 1e+39, which a 32-bit float on the wire "
                        "cannot hold: training has diverged; a smaller learning rate may help.");
}

/* Three workers, four numbers, shared scaler 0.9: their codes add up to 2 -2 0 1, the average is
 * 0.6 -0.6 0 0.3, and a weight of 1 becomes 0.94 at a rate of 0.1 (the example of TernGrad's authors). */
static void three_workers_average_to_the_authors_example(void **state)
{
    static const double gradients[3][4] = {
        {0.9, -0.9, 0, 0}, {0.9, -0.9, 0.9, 0.9}, {0, 0, -0.9, 0}};
    static const double average[] = {0.6, -0.6, 0, 0.3};
    const struct ternary_scale shared = {.bound = INFINITY, .scaler = 0.9f};
    struct sim_random *random = sim_random_open(1, 1);
    unsigned char codes[1], pulled[2];
    int levels[4] = {0};
    double back[4];

    (void)state;
    for (int w = 0; w < 3; w++) {
        double certain[4];

        for (int i = 0; i < 4; i++)
            certain[i] = gradients[w][i] / 0.9 * (double)0.9f;
        ternary_encode(certain, 4, &shared, random, codes);
        ternary_add(codes, 4, levels);
    }
    assert_true(levels[0] == 2 && levels[1] == -2 && levels[2] == 0 && levels[3] == 1);
    assert_int_equal(ternary_level_bits(3), 3); /* 7 levels */
    assert_int_equal(ternary_level_bytes(4, 3), 2);
    ternary_levels_encode(levels, 4, 3, pulled);
    /* 5 1 3 4 in 3 bits each, the first lowest: 100 011 001 101 */
    assert_int_equal(pulled[0] | pulled[1] << 8, 4 << 9 | 3 << 6 | 1 << 3 | 5);
    ternary_levels_decode(pulled, 4, 3, shared.scaler, back);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(back[i] - average[i]) <= 1e-7);
    assert_close(1 - 0.1 * back[0], 0.94, 1e-7);
    sim_random_close(random);
}

static void levels_of_any_number_of_workers_come_back(void **state)
{
    (void)state;
    for (int workers = 1; workers <= 33; workers++) {
        int levels[COUNT];
        unsigned char bytes[COUNT];
        double back[COUNT];

        for (int i = 0; i < COUNT; i++)
            levels[i] = i * i % (2 * workers + 1) - workers;
        assert_int_equal(ternary_level_bits(workers), (int)ceil(log2(2 * workers + 1)));
        ternary_levels_encode(levels, COUNT, workers, bytes);
        ternary_levels_decode(bytes, COUNT, workers, 1, back);
        for (int i = 0; i < COUNT; i++)
            assert_true(back[i] == (double)levels[i] / workers);
    }
}

/* bvlc_alexnet's 60,965,224 parameters, the 4096 x 1000 weights of the classes as floats: DGC's Table 3 prints
 * 29.18 MB for it (and 232.56 for the dense 60,965,224 floats), in 2^20 bytes. */
static void alexnet_takes_29_18_mib(void **state)
{
    const size_t all = 60965224, classes = 4096 * 1000;
    const double mib = 1048576;

    (void)state;
    assert_true(fabs((double)all * 4 / mib - 232.56) < 0.005);
    assert_true(fabs((double)(ternary_bytes(all - classes) + 4 * classes) / mib - 29.18) < 0.005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certain_numbers_are_these_bytes),
        cmocka_unit_test(the_mean_of_what_is_decoded_is_the_gradient),
        cmocka_unit_test(a_scaler_that_others_share_keeps_the_mean),
        cmocka_unit_test(outliers_are_clipped_to_c_sigma),
        cmocka_unit_test(numbers_without_spread_are_not_clipped),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(three_workers_average_to_the_authors_example),
        cmocka_unit_test(levels_of_any_number_of_workers_come_back),
        cmocka_unit_test(alexnet_takes_29_18_mib),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
