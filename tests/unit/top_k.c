/* top_k.c -- the choice of the largest: ties, zeros, edges, and what a sampled threshold may choose. */
#include "tests/unit/close.h"

#include "algorithms/codecs/top_k.h"

enum { MOST = 20011 };

static struct sim_arena *arena;
static struct top_k *work;
static double values[MOST];
static uint32_t chosen[MOST], again[MOST];

static int set_up(void **state)
{
    (void)state;
    arena = sim_arena_open();
    work = top_k_open(arena, MOST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

struct example {
    const char *name;
    double values[8];
    size_t count, k, found;
    uint32_t chosen[8];
};

static struct example examples[] = {
    {"signs do not count", {1, -3, 2, -0.5}, 4, 2, 2, {1, 2}},
    {"of equals the earlier is chosen", {2, -2, 2, 1, 2}, 5, 2, 2, {0, 1}},
    {"of equals at the end of a list too", {1, -2, 7, 2, 2}, 5, 3, 3, {1, 2, 3}},
    {"zeros are never chosen", {0, 5, 0, -1, 0}, 5, 4, 2, {1, 3}},
    {"nor a negative zero", {-0.0, 0, -0.0}, 3, 2, 0, {0}},
    {"nothing of nothing", {0}, 0, 3, 0, {0}},
    {"none of some", {1, 2}, 2, 0, 0, {0}},
    {"one of one", {-7}, 1, 1, 1, {0}},
    {"more than there are", {3, 1, 2}, 3, 9, 3, {0, 1, 2}},
    {"the least numbers that there are", {5e-324, 0, -5e-324}, 3, 1, 1, {0}},
};

static void the_largest_are_chosen(void **state)
{
    const struct example *e = *state;

    assert_int_equal(top_k_exact(work, e->values, e->count, e->k, chosen), e->found);
    assert_memory_equal(chosen, e->chosen, e->found * sizeof *chosen);
    assert_int_equal(top_k_sampled(work, e->values, e->count, e->k, 0.01, NULL, chosen), e->found);
    assert_memory_equal(chosen, e->chosen, e->found * sizeof *chosen);
}

static void at_least_one_of_any_is_kept(void **state)
{
    (void)state;
    assert_int_equal(top_k_count(0, 0.999), 0);
    assert_int_equal(top_k_count(1, 0.999), 1);
    assert_int_equal(top_k_count(320, 0.999), 1);
    assert_int_equal(top_k_count(1000003, 0.999), 1000);
    assert_int_equal(top_k_count(2048, 0.984375), 32);
    assert_int_equal(top_k_count(7, 0), 7);
}

/* Of some magnitudes there are many: every tenth value is one of four. */
static void draw(uint64_t seed)
{
    struct sim_random *random = sim_random_open(seed, 3);

    for (int i = 0; i < MOST; i++)
        values[i] = i % 10 == 0 ? (double)sim_random_below(random, 4) - 1.5
                                : sim_random_normal(random) * exp(sim_random_normal(random));
    sim_random_close(random);
}

/* Nobody left out is larger than anybody chosen. */
static void assert_largest(const uint32_t *places, size_t found)
{
    double least = INFINITY, most = 0;
    size_t next = 0;

    for (size_t i = 0; i < found; i++) {
        assert_true(i == 0 || places[i] > places[i - 1]);
        least = fmin(least, fabs(values[places[i]]));
    }
    for (uint32_t i = 0; i < MOST; i++) {
        if (next < found && places[next] == i)
            next++;
        else
            most = fmax(most, fabs(values[i]));
    }
    assert_int_equal(next, found);
    assert_true(most <= least);
}

static void nobody_left_out_is_larger_than_anybody_chosen(void **state)
{
    static const size_t ks[] = {1, 7, 20, 313, 5000, MOST - 1, MOST};

    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        draw(seed);
        for (size_t i = 0; i < sizeof ks / sizeof ks[0]; i++) {
            assert_int_equal(top_k_exact(work, values, MOST, ks[i], chosen), ks[i]);
            assert_largest(chosen, ks[i]);
        }
    }
}

/* With a sample of m that holds r of the k, the share above its r-th largest is Beta(r, m - r + 1): mean about
 * r / m, deviation about sqrt(r) / m.  With m = 2002, k = 1000 of 20011: r = 100, so between half and all of
 * the k are found unless the sample is five deviations off. */
static void a_sampled_threshold_finds_nearly_k_and_never_more(void **state)
{
    struct sim_random *random = sim_random_open(9, 9);
    size_t sum = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        size_t found;

        draw(seed);
        found = top_k_sampled(work, values, MOST, 1000, 0.1, random, chosen);
        assert_in_range(found, 500, 1000);
        assert_largest(chosen, found);
        sum += found;
    }
    assert_true(sum > 40 * 900);
    sim_random_close(random);
}

/* 300 samples for one vector of different numbers: the mean within five of its own standard errors, and one. */
static void a_sampled_threshold_finds_as_many_as_expected(void **state)
{
    static const struct {
        size_t k;
        double share;
    } cases[] = {{1000, 0.1}, {200, 0.01}, {20, 0.1}, {5000, 0.003}, {20000, 0.01}};
    struct sim_random *random = sim_random_open(9, 10);

    (void)state;
    for (int i = 0; i < MOST; i++)
        values[i] = sim_random_normal(random);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        double sum = 0, squares = 0, mean, error;

        for (int d = 0; d < 300; d++) {
            const double found = (double)top_k_sampled(work, values, MOST, cases[c].k,
                                                       cases[c].share, random, chosen);

            sum += found;
            squares += found * found;
        }
        mean = sum / 300;
        error = sqrt(fmax(0, squares / 300 - mean * mean) / 300);
        assert_true(fabs(mean - top_k_expected(MOST, cases[c].k, cases[c].share)) <= 5 * error + 1);
    }
    assert_true(top_k_expected(MOST, 20, 0.001) == 20); /* exact: no sample */
    assert_true(top_k_expected(MOST, 20, 1) == 20);
    assert_true(top_k_expected(7, 9, 0.5) == 7);
    sim_random_close(random);
}

static void a_sample_too_small_to_hold_one_of_them_is_not_used(void **state)
{
    (void)state;
    draw(1);
    /* 0.1 % of 20011 is 21 numbers: of 20 wanted they would hold 0.02.  NULL: no number is drawn. */
    assert_int_equal(top_k_sampled(work, values, MOST, 20, 0.001, NULL, chosen), 20);
    assert_int_equal(top_k_exact(work, values, MOST, 20, again), 20);
    assert_memory_equal(chosen, again, 20 * sizeof *chosen);
}

static void the_same_stream_chooses_the_same(void **state)
{
    struct sim_random *a = sim_random_open(4, 5), *b = sim_random_open(4, 5);
    size_t found;

    (void)state;
    draw(2);
    found = top_k_sampled(work, values, MOST, 500, 0.01, a, chosen);
    assert_int_equal(top_k_sampled(work, values, MOST, 500, 0.01, b, again), found);
    assert_memory_equal(chosen, again, found * sizeof *chosen);
    sim_random_close(a);
    sim_random_close(b);
}

/* Where a beta distribution is as good as normal, which samples of hundreds of thousands are, the two forms are one. */
static void what_is_expected_of_large_samples_is_known_too(void **state)
{
    double
        found[3]; /* with 99,900 and 99,974 of the sample above the threshold, and with 100,048 */

    (void)state;
    for (size_t i = 0; i < 3; i++)
        found[i] = top_k_expected(27000000 + i * 20000, 9990000 + i * 7400, 0.01);
    assert_true(fabs(found[2] - 2 * found[1] + found[0]) < 0.1);
    assert_true(top_k_expected(198813269, 73594731, 0.01) < 73594731);
    assert_true(top_k_expected(198813269, 73594731, 0.01) > 0.999 * 73594731);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_least_one_of_any_is_kept),
        cmocka_unit_test(nobody_left_out_is_larger_than_anybody_chosen),
        cmocka_unit_test(a_sampled_threshold_finds_nearly_k_and_never_more),
        cmocka_unit_test(a_sampled_threshold_finds_as_many_as_expected),
        cmocka_unit_test(a_sample_too_small_to_hold_one_of_them_is_not_used),
        cmocka_unit_test(the_same_stream_chooses_the_same),
        cmocka_unit_test(what_is_expected_of_large_samples_is_known_too),
    };
    int failures;

    set_up(NULL);
    failures = RUN_CASES(the_largest_are_chosen, examples);
    tear_down(NULL);
    return failures + cmocka_run_group_tests(tests, set_up, tear_down);
}
