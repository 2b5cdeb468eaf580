/* relevance.c -- CMFL: which share of the signs agrees, and from when on that is enough. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/relevance.h"
#include "sim/base/random.h"

static void relevance_is_the_share_of_equal_signs(void **state)
{
    const double update[] = {0.3, -2, 5e-200, -1, 7, -0.1, 4};
    const double previous[] = {9, -1e-300, 3e-200, 1, -7, 0.1, 4};

    (void)state;
    assert_true(relevance_of(update, previous, 7) == 4.0 / 7);
    assert_true(relevance_of(update, update, 7) == 1);
    assert_true(relevance_of(update, previous, 1) == 1);
}

static void zero_has_no_sign_not_even_zeros(void **state)
{
    const double zeros[] = {0, -0.0, 0}, update[] = {0, 1, -1};

    (void)state;
    assert_true(relevance_of(zeros, zeros, 3) == 0);
    assert_true(relevance_of(update, zeros, 3) == 0);
    assert_true(relevance_of(zeros, update, 3) == 0);
    assert_true(relevance_of(update, update, 3) == 2.0 / 3);
}

/* Half, within five standard deviations, of 40,009 signs. */
static void unrelated_updates_agree_in_half_of_their_signs(void **state)
{
    enum { COUNT = 40009 };
    static double a[COUNT], b[COUNT];
    struct sim_random *random = sim_random_open(11, 4);

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        a[i] = sim_random_normal(random);
        b[i] = sim_random_normal(random);
    }
    assert_true(fabs(relevance_of(a, b, COUNT) - 0.5) < 5 * 0.5 / sqrt(COUNT));
    sim_random_close(random);
}

static void thresholds_stay_or_fall_with_the_root_of_the_round(void **state)
{
    const struct relevance constant = {RELEVANCE_CONSTANT, 0.57};
    const struct relevance falling = {RELEVANCE_FALLING, 0.57};

    (void)state;
    assert_true(relevance_threshold(&constant, 1) == 0.57);
    assert_true(relevance_threshold(&constant, 97) == 0.57);
    assert_true(relevance_threshold(&falling, 1) == 0.57);
    assert_close(relevance_threshold(&falling, 97), 0.57 / sqrt(97), 1e-15);
}

static void all_upload_in_round_one_and_then_those_that_reach_the_threshold(void **state)
{
    const struct relevance half = {RELEVANCE_CONSTANT, 0.5}, none = {RELEVANCE_CONSTANT, 1.001};
    const struct relevance all = {RELEVANCE_CONSTANT, 0}, falling = {RELEVANCE_FALLING, 0.8};

    (void)state;
    assert_true(relevance_uploads(&none, 1, 0));
    for (int round = 2; round < 40; round++) {
        assert_false(relevance_uploads(&none, round, 1));
        assert_true(relevance_uploads(&all, round, 0));
        assert_true(relevance_uploads(&half, round, 0.5));
        assert_false(relevance_uploads(&half, round, 0.4999));
        assert_int_equal(relevance_uploads(&falling, round, 0.3), round >= 8); /* (8/3)^2 = 7.1 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relevance_is_the_share_of_equal_signs),
        cmocka_unit_test(zero_has_no_sign_not_even_zeros),
        cmocka_unit_test(unrelated_updates_agree_in_half_of_their_signs),
        cmocka_unit_test(thresholds_stay_or_fall_with_the_root_of_the_round),
        cmocka_unit_test(all_upload_in_round_one_and_then_those_that_reach_the_threshold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
