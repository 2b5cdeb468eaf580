/* random.c -- reproducible streams.  Seeds are fixed, so no test here flickers; bounds are five standard
 * errors, which a right generator misses once in 1.7 million seeds. */
#include "tests/unit/close.h"

#include "sim/base/random.h"

enum { SOME = 1003, MANY = 1000003 };

static void fill(double *values, int count, uint64_t seed, uint64_t stream)
{
    struct sim_random *random = sim_random_open(seed, stream);

    for (int i = 0; i < count; i++)
        values[i] = sim_random_uniform(random);
    sim_random_close(random);
}

static void one_seed_and_stream_always_give_the_same_numbers(void **state)
{
    double first[SOME], second[SOME];

    (void)state;
    fill(first, SOME, 7, 1000003);
    fill(second, SOME, 7, 1000003);
    assert_memory_equal(first, second, sizeof first);
}

static void neighbouring_seeds_and_streams_have_no_number_in_common(void **state)
{
    static const uint64_t others[][2] = {{7, 12},
                                         {7, 14},
                                         {6, 13},
                                         {8, 13},
                                         {13, 7},
                                         {8, 12},
                                         {0, 0},
                                         {999999999999999, 13},
                                         {7 + (1ull << 32), 13}};
    double base[SOME], other[SOME];

    (void)state;
    fill(base, SOME, 7, 13);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        fill(other, SOME, others[i][0], others[i][1]);
        for (int k = 0; k < SOME; k++)
            assert_true(base[k] != other[k]);
    }
}

static void streams_of_one_seed_do_not_follow_each_other(void **state)
{
    struct sim_random *a = sim_random_open(1, 0), *b = sim_random_open(1, 1);
    double product = 0;

    (void)state;
    for (int i = 0; i < MANY; i++)
        product += (sim_random_uniform(a) - 0.5) * (sim_random_uniform(b) - 0.5);
    sim_random_close(a);
    sim_random_close(b);
    /* each product has mean 0 and variance 1/144 */
    assert_true(fabs(product / MANY) < 5 / (12 * sqrt(MANY)));
}

static void a_draw_in_one_stream_does_not_shift_another(void **state)
{
    double alone[SOME];
    struct sim_random *a = sim_random_open(3, 5), *b = sim_random_open(3, 6);

    (void)state;
    fill(alone, SOME, 3, 5);
    for (int i = 0; i < SOME; i++) {
        for (int k = 0; k < i % 3; k++)
            sim_random_lognormal(b, 0.7);
        assert_true(sim_random_uniform(a) == alone[i]);
    }
    sim_random_close(a);
    sim_random_close(b);
}

static void uniform_numbers_lie_in_zero_to_one_with_mean_a_half(void **state)
{
    struct sim_random *random = sim_random_open(1, 2);
    double sum = 0, least = 1, most = 0;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        const double x = sim_random_uniform(random);

        assert_true(x >= 0 && x < 1);
        sum += x;
        least = fmin(least, x);
        most = fmax(most, x);
    }
    sim_random_close(random);
    assert_true(fabs(sum / MANY - 0.5) < 5 / sqrt(12.0 * MANY));
    assert_true(least < 20.0 / MANY && most > 1 - 20.0 / MANY);
}

/* Mean 1 and variance exp(sigma^2) - 1; half of the numbers lie below exp(-sigma^2 / 2). */
static void lognormal_factors_have_mean_one(void **state)
{
    static const double sigmas[] = {0.05, 0.3, 0.7, 1.3};

    (void)state;
    for (size_t s = 0; s < sizeof sigmas / sizeof sigmas[0]; s++) {
        const double sigma = sigmas[s], median = exp(-sigma * sigma / 2);
        struct sim_random *random = sim_random_open(1, s);
        double sum = 0;
        int below = 0;

        for (int i = 0; i < MANY; i++) {
            const double x = sim_random_lognormal(random, sigma);

            assert_true(x > 0);
            sum += x;
            below += x < median;
        }
        sim_random_close(random);
        assert_true(fabs(sum / MANY - 1) < 5 * sqrt((exp(sigma * sigma) - 1) / MANY));
        assert_true(fabs((double)below / MANY - 0.5) < 5 * 0.5 / sqrt(MANY));
    }
}

static void sigma_zero_is_exactly_one(void **state)
{
    struct sim_random *random = sim_random_open(1, 1);

    (void)state;
    for (int i = 0; i < SOME; i++)
        assert_true(sim_random_lognormal(random, 0) == 1);
    sim_random_close(random);
}

/* Moments 1, 2 and 4 of a standard normal: 0, 1 and 3, with variances 1, 2 and 96 of what is averaged. */
static void normal_numbers_have_the_moments_of_a_normal(void **state)
{
    struct sim_random *random = sim_random_open(1, 4);
    double first = 0, second = 0, fourth = 0;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        const double x = sim_random_normal(random);

        first += x;
        second += x * x;
        fourth += x * x * x * x;
    }
    sim_random_close(random);
    assert_true(fabs(first / MANY) < 5 / sqrt(MANY));
    assert_true(fabs(second / MANY - 1) < 5 * sqrt(2.0 / MANY));
    assert_true(fabs(fourth / MANY - 3) < 5 * sqrt(96.0 / MANY));
}

/* Mean and variance of a gamma of scale 1 are both its shape; of (x - shape)^2 the variance is
 * 2 shape^2 + 6 shape. */
static void gamma_numbers_have_their_shape_for_mean_and_variance(void **state)
{
    static const double shapes[] = {0.1, 1, 7.3};

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        const double shape = shapes[s];
        struct sim_random *random = sim_random_open(2, s);
        double sum = 0, squares = 0;

        for (int i = 0; i < MANY; i++) {
            const double x = sim_random_gamma(random, shape);

            assert_true(x >= 0);
            sum += x;
            squares += (x - shape) * (x - shape);
        }
        sim_random_close(random);
        assert_true(fabs(sum / MANY - shape) < 5 * sqrt(shape / MANY));
        assert_true(fabs(squares / MANY - shape) <
                    5 * sqrt((2 * shape * shape + 6 * shape) / MANY));
    }
}

static void whole_numbers_below_seven_are_each_as_likely(void **state)
{
    struct sim_random *random = sim_random_open(3, 1);
    int counts[7] = {0};

    (void)state;
    for (int i = 0; i < MANY; i++)
        counts[sim_random_below(random, 7)]++; /* outside: the address sanitizer would say so */
    for (int k = 0; k < 7; k++)
        assert_true(fabs(counts[k] / (double)MANY - 1 / 7.0) < 5 * sqrt(6 / 49.0 / MANY));
    for (int i = 0; i < SOME; i++)
        assert_int_equal(sim_random_below(random, 1), 0);
    sim_random_close(random);
}

static void closing_no_stream_is_allowed(void **state)
{
    (void)state;
    sim_random_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_and_stream_always_give_the_same_numbers),
        cmocka_unit_test(neighbouring_seeds_and_streams_have_no_number_in_common),
        cmocka_unit_test(streams_of_one_seed_do_not_follow_each_other),
        cmocka_unit_test(a_draw_in_one_stream_does_not_shift_another),
        cmocka_unit_test(uniform_numbers_lie_in_zero_to_one_with_mean_a_half),
        cmocka_unit_test(lognormal_factors_have_mean_one),
        cmocka_unit_test(sigma_zero_is_exactly_one),
        cmocka_unit_test(normal_numbers_have_the_moments_of_a_normal),
        cmocka_unit_test(gamma_numbers_have_their_shape_for_mean_and_variance),
        cmocka_unit_test(whole_numbers_below_seven_are_each_as_likely),
        cmocka_unit_test(closing_no_stream_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
