/* staleness.c -- how much late updates count: FedAsync's and FedBuff's rules. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/staleness.h"

static const struct staleness constant = {.form = STALENESS_CONSTANT, .a = 9, .b = 9};
static const struct staleness polynomial = {.form = STALENESS_POLYNOMIAL, .a = 0.5};
static const struct staleness hinge = {.form = STALENESS_HINGE, .a = 10, .b = 4};

static void the_three_forms_are_as_in_the_paper(void **state)
{
    (void)state;
    assert_true(staleness_factor(&constant, 1000003) == 1);
    assert_close(staleness_factor(&polynomial, 6), 1 / sqrt(7), 1e-15);
    assert_true(staleness_factor(&hinge, 4) == 1);
    assert_close(staleness_factor(&hinge, 5), 1.0 / 11, 1e-15);
    assert_close(staleness_factor(&hinge, 17), 1.0 / 131, 1e-15);
}

static void fresh_updates_count_fully_and_later_ones_never_more(void **state)
{
    const struct staleness *const all[] = {&constant, &polynomial, &hinge};

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(staleness_factor(all[i], 0) == 1);
        for (int64_t d = 0; d < 50; d++)
            assert_true(staleness_factor(all[i], d + 1) <= staleness_factor(all[i], d));
    }
}

/* A simulator multiplied s into its mixing weight round after round, so that it went to 0. */
static void what_came_late_before_does_not_make_the_next_one_count_less(void **state)
{
    double fresh = 0;

    (void)state;
    for (int round = 0; round < 1000; round++) {
        assert_close(staleness_mixing(&polynomial, 0.9, 6), 0.9 / sqrt(7), 1e-15);
        fresh = staleness_mixing(&polynomial, 0.9, 0);
    }
    assert_true(fresh == 0.9);
}

static void mixing_draws_the_model_to_the_update(void **state)
{
    double model[] = {1, -2}, same[] = {0.1, 0.7}, all[] = {3, 3};
    const double update[] = {3, 5};

    (void)state;
    staleness_mix(model, update, 2, 0.25);
    assert_close(model[0], 1.5, 1e-15);
    assert_close(model[1], -0.25, 1e-15);
    staleness_mix(same, update, 2, 0);
    assert_true(same[0] == 0.1 && same[1] == 0.7);
    staleness_mix(all, update, 2, 1);
    assert_true(all[0] == 3 && all[1] == 5);
}

/* Staleness 0, 3, 8: 1, 1/2, 1/3, which sum to 11/6. */
static void both_norms_of_a_buffer_are_as_by_hand(void **state)
{
    const int64_t versions[] = {0, 3, 8};
    double goal[3], sum[3];

    (void)state;
    staleness_buffer_weights(BUFFER_BY_GOAL, versions, 3, goal);
    staleness_buffer_weights(BUFFER_BY_WEIGHT, versions, 3, sum);
    for (int i = 0; i < 3; i++) {
        assert_close(goal[i], 1.0 / (3 * (i + 1)), 1e-15);
        assert_close(sum[i], 6.0 / (11 * (i + 1)), 1e-15);
    }
}

static void without_lateness_both_norms_are_the_plain_mean(void **state)
{
    const int64_t versions[7] = {0};
    double goal[7], sum[7];

    (void)state;
    staleness_buffer_weights(BUFFER_BY_GOAL, versions, 7, goal);
    staleness_buffer_weights(BUFFER_BY_WEIGHT, versions, 7, sum);
    for (int i = 0; i < 7; i++)
        assert_true(goal[i] == 1.0 / 7 && sum[i] == 1.0 / 7);
}

static void differences_are_added_times_their_factor(void **state)
{
    double model[] = {1, 2};
    const double difference[] = {0.5, -3};

    (void)state;
    staleness_add(model, difference, 2, 0.3);
    assert_close(model[0], 1.15, 1e-15);
    assert_close(model[1], 1.1, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_three_forms_are_as_in_the_paper),
        cmocka_unit_test(fresh_updates_count_fully_and_later_ones_never_more),
        cmocka_unit_test(what_came_late_before_does_not_make_the_next_one_count_less),
        cmocka_unit_test(mixing_draws_the_model_to_the_update),
        cmocka_unit_test(both_norms_of_a_buffer_are_as_by_hand),
        cmocka_unit_test(without_lateness_both_norms_are_the_plain_mean),
        cmocka_unit_test(differences_are_added_times_their_factor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
