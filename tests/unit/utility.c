/* utility.c -- Oort: utilities by hand, and whom the selection draws how often. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/utility.h"

static const struct utility_rule plain = {
    .penalty = 2, .uncertainty = 0.1, .clip = 1, .cut_off = 1};

static void statistical_utility_is_samples_times_the_root_of_the_mean_square(void **state)
{
    const double losses[] = {1, 2, 3.5};

    (void)state;
    assert_close(utility_statistical(losses, 3), 3 * sqrt(17.25 / 3), 1e-15);
    assert_close(utility_of_mean_square(17.25 / 3, 3), utility_statistical(losses, 3), 1e-15);
    assert_true(utility_statistical(NULL, 0) == 0);
}

static void only_the_slow_are_punished(void **state)
{
    (void)state;
    assert_true(utility_penalty(2, 30, 29) == 1);
    assert_true(utility_penalty(2, 30, 30) == 1);
    assert_close(utility_penalty(2, 30, 75), 0.16, 1e-15);
    assert_true(utility_penalty(0, 30, 75) == 1);
    assert_true(utility_penalty(2, INFINITY, 1e9) == 1);
}

static void uncertainty_grows_with_absence_and_exploration_falls_to_its_least(void **state)
{
    (void)state;
    assert_true(utility_uncertainty(0.1, 1, 1) == 0);
    assert_close(utility_uncertainty(0.1, 97, 13), sqrt(0.1 * log(97) / 13), 1e-15);
    assert_true(utility_uncertainty(0.1, 97, 13) > utility_uncertainty(0.1, 97, 14));
    assert_close(utility_exploration(0.9, 0.98, 0.3, 1), 0.882, 1e-15);
    assert_close(utility_exploration(0.9, 0.98, 0.3, 17), 0.9 * pow(0.98, 17), 1e-15);
    assert_true(utility_exploration(0.9, 0.98, 0.3, 55) == 0.3);
}

/* Statistical 10, 20, 30, 110: the quantile 0.9 is 30 + 0.7 x 80 = 86. */
static void utilities_are_as_by_hand(void **state)
{
    const struct utility_client clients[] = {
        {true, 3, 10, 5, 9}, {true, 5, 20, 50, 9},   {true, 0, 7777, 5, 9},
        {true, 7, 30, 5, 9}, {false, 7, 9999, 5, 9}, {true, 2, 110, 5, 9},
    };
    struct utility_rule rule = {.penalty = 2, .uncertainty = 0.1, .clip = 0.9, .cut_off = 0.95};
    struct sim_arena *arena = sim_arena_open();
    struct utility_space *space = utility_open(arena, 6);
    double u[6];

    (void)state;
    utility_of_clients(&rule, clients, 6, 11, 20, space, u);
    assert_close(u[0], 10 + sqrt(0.1 * log(11) / 3), 1e-15);
    assert_close(u[1], (20 + sqrt(0.1 * log(11) / 5)) * 0.16, 1e-14);
    assert_true(isnan(u[2]) && isnan(u[4]));
    assert_close(u[5], 86 + sqrt(0.1 * log(11) / 2), 1e-14);
    rule.is_scaled = true;
    utility_of_clients(&rule, clients, 6, 11, 20, space, u);
    assert_close(u[0], sqrt(0.1 * log(11) / 3), 1e-15);
    assert_close(u[3], 20.0 / 76 + sqrt(0.1 * log(11) / 7), 1e-14);
    assert_close(u[5], 1 + sqrt(0.1 * log(11) / 2), 1e-14);
    utility_of_clients(&rule, clients, 1, 1, 20, space, u);
    assert_true(u[0] == 0.5);
    sim_arena_close(arena);
}

/* ---- selection --------------------------------------------------------------------------------- */

enum { CLIENTS = 37 };

/* Every third one is new, every seventh is away. */
static void make_clients(struct utility_client *clients, struct sim_random *random)
{
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = (struct utility_client){
            .is_available = i % 7 != 0,
            .last_round = i % 3 == 0 ? 0 : 1 + i % 5,
            .statistical = 100 * sim_random_uniform(random),
            .seconds = 10 + 90 * sim_random_uniform(random),
            .prior = 1 + sim_random_uniform(random),
        };
}

static void count_chosen(const struct utility_client *clients, const int *chosen, int count,
                         int *fresh)
{
    *fresh = 0;
    for (int i = 0; i < count; i++) {
        assert_true(chosen[i] >= 0 && chosen[i] < CLIENTS);
        assert_true(i == 0 || chosen[i] > chosen[i - 1]);
        assert_true(clients[chosen[i]].is_available);
        *fresh += clients[chosen[i]].last_round == 0;
    }
}

/* 31 are available, because 0, 7, ... 35 are away; 11 of them are new. */
static void the_new_are_their_share_and_either_kind_fills_up(void **state)
{
    static const struct {
        int wanted;
        double exploration;
        int count, fresh;
    } cases[] = {{10, 0.3, 10, 3}, {10, 0, 10, 0},    {8, 1, 8, 8},   {20, 0.9, 20, 11},
                 {25, 0, 25, 5},   {99, 0.5, 31, 11}, {0, 0.5, 0, 0}, {7, 0.5, 7, 3}};
    struct sim_arena *arena = sim_arena_open();
    struct utility_space *space = utility_open(arena, CLIENTS);
    struct sim_random *random = sim_random_open(6, 6);
    struct utility_client clients[CLIENTS];
    int chosen[99], fresh;

    (void)state;
    make_clients(clients, random);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++)
        for (int again = 0; again < 50; again++) {
            const int count = utility_select(&plain, clients, CLIENTS, cases[c].wanted, 9,
                                             cases[c].exploration, 40, random, space, chosen);

            count_chosen(clients, chosen, count, &fresh);
            assert_int_equal(count, cases[c].count);
            assert_int_equal(fresh, cases[c].fresh);
        }
    sim_random_close(random);
    sim_arena_close(arena);
}

/* Two of four; cut-off 0.5 of the second best (60) leaves 20 out.  Without replacement, by weight 100, 60, 40:
 * P(first in) = 100/200 + 60/200 x 100/140 + 40/200 x 100/160 = 0.839286. */
static void exploited_clients_are_drawn_in_proportion_above_the_cut_off(void **state)
{
    enum { DRAWS = 40000 };
    const struct utility_client clients[] = {
        {true, 1, 40, 5, 0}, {true, 1, 100, 5, 0}, {true, 1, 20, 5, 0}, {true, 1, 60, 5, 0}};
    const struct utility_rule rule = {.clip = 1, .cut_off = 0.5};
    const double expected[] = {0.2 + 0.5 * 0.4 + 0.3 * 40 / 140,
                               0.5 + 0.3 * 100 / 140 + 0.2 * 0.625, 0,
                               0.3 + 0.5 * 0.6 + 0.2 * 0.375};
    struct sim_arena *arena = sim_arena_open();
    struct utility_space *space = utility_open(arena, 4);
    struct sim_random *random = sim_random_open(8, 8);
    int chosen[2], hits[4] = {0};

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        assert_int_equal(
            utility_select(&rule, clients, 4, 2, 1, 0, INFINITY, random, space, chosen), 2);
        hits[chosen[0]]++;
        hits[chosen[1]]++;
    }
    for (int i = 0; i < 4; i++)
        assert_true(fabs(hits[i] / (double)DRAWS - expected[i]) <=
                    5 * sqrt(expected[i] * (1 - expected[i]) / DRAWS));
    sim_random_close(random);
    sim_arena_close(arena);
}

/* Cut-off 1: the best, and nobody else. */
static void with_a_full_cut_off_the_best_are_chosen(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct utility_space *space = utility_open(arena, CLIENTS);
    struct sim_random *random = sim_random_open(7, 6);
    struct utility_client clients[CLIENTS];
    double utilities[CLIENTS], worst = INFINITY;
    int chosen[6], better = 0;

    (void)state;
    make_clients(clients, random);
    utility_of_clients(&plain, clients, CLIENTS, 9, 40, space, utilities);
    assert_int_equal(utility_select(&plain, clients, CLIENTS, 6, 9, 0, 40, random, space, chosen),
                     6);
    for (int i = 0; i < 6; i++)
        worst = fmin(worst, utilities[chosen[i]]);
    for (int i = 0; i < CLIENTS; i++)
        better += utilities[i] >= worst; /* false for NaN */
    assert_int_equal(better, 6);
    sim_random_close(random);
    sim_arena_close(arena);
}

/* Priors 3 and 1, but the first takes twice the preferred time: 3/4 and 1. */
static void new_clients_are_drawn_by_prior_and_speed(void **state)
{
    enum { DRAWS = 40000 };
    const struct utility_client clients[] = {
        {true, 0, 0, 80, 3}, {true, 0, 0, 5, 1}, {true, 0, 0, 5, 0}};
    struct sim_arena *arena = sim_arena_open();
    struct utility_space *space = utility_open(arena, 3);
    struct sim_random *random = sim_random_open(9, 8);
    int chosen[3], hits[3] = {0};

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        assert_int_equal(utility_select(&plain, clients, 3, 1, 1, 1, 40, random, space, chosen), 1);
        hits[chosen[0]]++;
    }
    assert_int_equal(hits[2], 0);
    assert_true(fabs(hits[0] / (double)DRAWS - 3.0 / 7) < 5 * 0.495 / sqrt(DRAWS));
    assert_int_equal(utility_select(&plain, clients, 3, 3, 1, 1, 40, random, space, chosen), 3);
    sim_random_close(random);
    sim_arena_close(arena);
}

static void the_pacer_gives_more_time_when_a_window_gains_less_than_the_one_before(void **state)
{
    const double falls[] = {9, 8, 7, 6, 5, 4}, rises[] = {1, 2, 3, 4, 5, 6};

    (void)state;
    assert_true(utility_pace(falls, 6, 3, 40, 2.5) == 42.5);
    assert_true(utility_pace(rises, 6, 3, 40, 2.5) == 40);
    assert_true(utility_pace(falls, 5, 2, 40, 2.5) == 40);     /* not at the end of a window */
    assert_true(utility_pace(falls + 3, 3, 3, 40, 2.5) == 40); /* no window before */
    assert_true(utility_pace(falls, 6, 2, 40, 2.5) == 42.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistical_utility_is_samples_times_the_root_of_the_mean_square),
        cmocka_unit_test(only_the_slow_are_punished),
        cmocka_unit_test(uncertainty_grows_with_absence_and_exploration_falls_to_its_least),
        cmocka_unit_test(utilities_are_as_by_hand),
        cmocka_unit_test(the_new_are_their_share_and_either_kind_fills_up),
        cmocka_unit_test(exploited_clients_are_drawn_in_proportion_above_the_cut_off),
        cmocka_unit_test(with_a_full_cut_off_the_best_are_chosen),
        cmocka_unit_test(new_clients_are_drawn_by_prior_and_speed),
        cmocka_unit_test(the_pacer_gives_more_time_when_a_window_gains_less_than_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
