/* pareto.c -- fronts by hand, and one against the definition, point by point. */
#include "tests/unit/close.h"

#include "analysis/pareto.h"
#include "sim/base/random.h"

enum { MOST = 9 };

struct hand {
    const char *name;
    bool more_x, more_y;
    int count;
    double x[MOST], y[MOST];
    int on_front, front[MOST];
};

static struct hand hands[] = {
    {"less of both",
     false,
     false,
     6,
     {3, 1, 2, 4, 1.5, 9},
     {3, 9, 5, 2.5, 9.5, 2.5},
     4,
     {1, 2, 0, 3}},
    {"less time, more accuracy",
     false,
     true,
     5,
     {10, 20, 15, 30, 25},
     {0.71, 0.83, 0.69, 0.91, 0.83},
     3,
     {0, 1, 3}},
    {"more of x, less of y", true, false, 4, {1, 2, 3, 2.5}, {1, 2, 3, 4}, 3, {0, 1, 2}},
    {"more of both", true, true, 4, {1, 2, 3, 2.5}, {4, 3, 3, 1}, 2, {0, 2}},
    {"equal points are on it together", false, false, 4, {2, 1, 2, 2}, {3, 7, 3, 4}, 3, {1, 0, 2}},
    {"of equal x only the best y", false, false, 3, {1, 1, 1}, {7, 5, 6}, 1, {1}},
    {"a point without a number takes no part", false, false, 3, {NAN, 1, 2}, {0, 3, NAN}, 1, {1}},
    {"no points", false, false, 0, {0}, {0}, 0, {0}},
};

static void is_the_front(void **state)
{
    const struct hand *hand = *state;
    struct sim_arena *arena = sim_arena_open();
    int front[MOST];

    assert_int_equal(analysis_pareto_front(hand->x, hand->y, hand->count, hand->more_x,
                                           hand->more_y, front, arena),
                     hand->on_front);
    for (int i = 0; i < hand->on_front; i++)
        assert_int_equal(front[i], hand->front[i]);
    sim_arena_close(arena);
}

/* 500 points on a grid of 23 values, so that there are equal ones. */
static void none_is_beaten_and_all_others_are(void **state)
{
    enum { POINTS = 500 };
    struct sim_random *random = sim_random_open(77, 1);
    struct sim_arena *arena = sim_arena_open();
    double x[POINTS], y[POINTS];
    int front[POINTS], count;

    (void)state;
    for (int i = 0; i < POINTS; i++) {
        x[i] = sim_random_below(random, 23) + sim_random_below(random, 230) / 10.0;
        y[i] = 40 - x[i] / 2 + sim_random_below(random, 23);
    }
    count = analysis_pareto_front(x, y, POINTS, false, true, front, arena);
    assert_true(count > 3);
    for (int i = 0, at = 0; i < POINTS; i++) {
        bool is_beaten = false, is_on_front = false;

        for (int j = 0; j < POINTS; j++)
            is_beaten |= x[j] <= x[i] && y[j] >= y[i] && (x[j] < x[i] || y[j] > y[i]);
        for (at = 0; at < count; at++)
            is_on_front |= front[at] == i;
        assert_int_equal(is_on_front, !is_beaten);
    }
    for (int f = 1; f < count; f++)
        assert_true(x[front[f - 1]] <= x[front[f]]);
    sim_random_close(random);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(none_is_beaten_and_all_others_are)};

    return RUN_CASES(is_the_front, hands) + cmocka_run_group_tests(tests, NULL, NULL);
}
