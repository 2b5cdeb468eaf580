/* sgd.c -- steps of gradient descent against what they are by hand. */
#include "tests/unit/close.h"

#include "algorithms/learning/sgd.h"

/* w = 1, g = 0.5 then -0.25, rate 0.1, momentum 0.9:
 *   plain momentum: u = 0.5, w = 0.95; u = 0.45 - 0.25 = 0.2, w = 0.93
 *   Nesterov: u = 0.5, d + m u = 0.95, w = 0.905; u = 0.2, d + m u = -0.07, w = 0.912 */
static void two_steps_of_momentum_are_as_by_hand(void **state)
{
    const struct sgd plain = {.rate = 0.1, .momentum = 0.9};
    const struct sgd nesterov = {.rate = 0.1, .momentum = 0.9, .nesterov = true};
    const double g[] = {0.5, -0.25};
    double w = 1, u = 0;

    (void)state;
    sgd_step(&plain, 0, &w, &g[0], &u, 1);
    assert_close(w, 0.95, 1e-15);
    sgd_step(&plain, 1, &w, &g[1], &u, 1);
    assert_close(w, 0.93, 1e-15);
    w = 1;
    u = 0;
    sgd_step(&nesterov, 0, &w, &g[0], &u, 1);
    assert_close(w, 0.905, 1e-15);
    sgd_step(&nesterov, 1, &w, &g[1], &u, 1);
    assert_close(w, 0.912, 1e-15);
}

static void without_momentum_a_step_is_the_rate_times_the_gradient(void **state)
{
    const struct sgd sgd = {.rate = 0.3};
    double w = 0.7;
    const double g = 1.1;

    (void)state;
    sgd_step(&sgd, 0, &w, &g, NULL, 1);
    assert_true(w == 0.7 - 0.3 * 1.1);
}

static void decay_draws_weights_to_zero(void **state)
{
    const struct sgd sgd = {.rate = 0.1, .decay = 0.01};
    double w = 2;
    const double g = 0;

    (void)state;
    sgd_step(&sgd, 0, &w, &g, NULL, 1);
    assert_close(w, 2 * (1 - 0.001), 1e-15);
}

static void the_rate_warms_up_and_then_falls_in_steps(void **state)
{
    const struct sgd sgd = {.rate = 0.8, .warm_up = 4, .step_every = 10, .step_factor = 0.1};
    const struct sgd constant = {.rate = 0.8};

    (void)state;
    assert_close(sgd_rate(&sgd, 0), 0.2, 1e-15);
    assert_close(sgd_rate(&sgd, 2), 0.6, 1e-15);
    assert_true(sgd_rate(&sgd, 3) == 0.8);
    assert_true(sgd_rate(&sgd, 9) == 0.8);
    assert_close(sgd_rate(&sgd, 10), 0.08, 1e-15);
    assert_close(sgd_rate(&sgd, 29), 0.008, 1e-15);
    assert_true(sgd_rate(&constant, 0) == 0.8 && sgd_rate(&constant, 1000003) == 0.8);
}

static void clipping_leaves_short_gradients_alone_and_shortens_long_ones(void **state)
{
    double g[] = {3, -4, 12}, zeros[] = {0, 0};

    (void)state;
    assert_true(sgd_norm(g, 3) == 13);
    assert_true(sgd_clip(g, 3, 13) == 1 && g[0] == 3 && g[1] == -4 && g[2] == 12);
    assert_true(sgd_clip(g, 3, 0) == 1 && g[2] == 12);
    assert_close(sgd_clip(g, 3, 6.5), 0.5, 1e-15);
    assert_close(g[1], -2, 1e-15);
    assert_true(sgd_clip(zeros, 2, 1) == 1 && zeros[0] == 0);
    assert_true(sgd_clip(NULL, 0, 1) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_steps_of_momentum_are_as_by_hand),
        cmocka_unit_test(without_momentum_a_step_is_the_rate_times_the_gradient),
        cmocka_unit_test(decay_draws_weights_to_zero),
        cmocka_unit_test(the_rate_warms_up_and_then_falls_in_steps),
        cmocka_unit_test(clipping_leaves_short_gradients_alone_and_shortens_long_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
