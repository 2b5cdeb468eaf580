/* reward.c -- FedMARL's reward and its round latency law, against numbers by hand. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/reward.h"

#define KEEPS AGENT_KEEPS
#define DROPS AGENT_DROPS

static const struct round_cost costs[] = {
    {3.1, 12.4, 2.2, 1000003},
    {7.3, 29.2, 0.9, 1000003},
    {1.9, 7.6, 23.5, 390607},
    {2.6, 10.4, 4.1, 98922},
};

static void a_round_lasts_as_its_slowest_probe_and_its_slowest_kept_client(void **state)
{
    const enum agent_action all[] = {KEEPS, KEEPS, KEEPS, KEEPS}, none[4] = {0};
    const enum agent_action first[] = {KEEPS, DROPS, DROPS, KEEPS};
    const enum agent_action slow_link[] = {DROPS, DROPS, KEEPS, DROPS};

    (void)state;
    /* 31.1 s is that of client 2 by its upload, not the 30.1 s of client 1 by its computation */
    assert_close(round_seconds(costs, all, 4), 7.3 + 31.1, 1e-15);
    /* client 1 is dropped, but its probe holds everybody up */
    assert_close(round_seconds(costs, first, 4), 7.3 + 14.6, 1e-15);
    assert_close(round_seconds(costs, slow_link, 4), 7.3 + 31.1, 1e-15);
    assert_true(round_seconds(costs, none, 4) == 7.3);
    assert_true(round_seconds(costs, all, 0) == 0);
}

static void bytes_are_those_of_the_kept(void **state)
{
    const enum agent_action some[] = {KEEPS, DROPS, DROPS, KEEPS}, none[4] = {0};

    (void)state;
    assert_true(round_bytes(costs, some, 4) == 1098925);
    assert_true(round_bytes(costs, none, 4) == 0);
}

static void the_reward_is_gain_less_time_less_bytes(void **state)
{
    const struct reward reward = {REWARD_LINEAR, 50, 0.1, 2e-7};
    const struct reward sigmoid = {.utility = REWARD_SIGMOID, .accuracy_weight = 2};

    (void)state;
    assert_close(reward_of_round(&reward, 0.61, 0.74, 21.9, 1098925), 6.5 - 2.19 - 0.219785, 1e-14);
    assert_close(reward_of_round(&reward, 0.74, 0.61, 0, 0), -6.5, 1e-14);
    assert_close(reward_of_round(&sigmoid, 0, 1, 99, 99), 20 - 40 / (1 + exp(0.35)), 1e-14);
}

/* The sigmoid rewards the same gain more, the higher the accuracy already is; the recalled sign would fine it. */
static void both_utilities_rise_and_the_sigmoid_most_near_the_end(void **state)
{
    double gain = 0;

    (void)state;
    assert_true(reward_utility(REWARD_LINEAR, 0.37) == 0.37);
    assert_true(reward_utility(REWARD_SIGMOID, 1) == 0);
    for (double x = 0; x < 0.99; x += 0.01) {
        const double now =
            reward_utility(REWARD_SIGMOID, x + 0.01) - reward_utility(REWARD_SIGMOID, x);

        assert_true(now > gain);
        gain = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_lasts_as_its_slowest_probe_and_its_slowest_kept_client),
        cmocka_unit_test(bytes_are_those_of_the_kept),
        cmocka_unit_test(the_reward_is_gain_less_time_less_bytes),
        cmocka_unit_test(both_utilities_rise_and_the_sigmoid_most_near_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
