/* break_even.c -- the line on a map where a value breaks even, and how colours diverge around it, by hand. */
#include "tests/unit/close.h"

#include "analysis/break_even.h"

#include <math.h>

enum { MOST_CELLS = 16 };

/* A map with its line drawn by hand. */
struct map {
    const char *name;
    int rows, columns;
    double at[4], values[MOST_CELLS], level;
    int count;
    struct analysis_edge edges[2 * MOST_CELLS];
};

static struct map maps[] = {
    {"a step down to the right",
     2,
     3,
     {0, 1},
     {1.73, 1.21, 0.64, /**/ 1.18, 0.87, 0.31},
     1,
     3,
     {{1.5, -0.5, 0, 1}, {0.5, 0.5, 1, 0}, {0.5, 0.5, 0, 1}}},
    {"an island has four sides",
     3,
     3,
     {0, 1, 2},
     {0.2, 0.3, 0.4, /**/ 0.5, 7.1, 0.6, /**/ 0.7, 0.8, 0.9},
     1,
     4,
     {{0.5, 0.5, 1, 0}, {0.5, 0.5, 0, 1}, {1.5, 0.5, 0, 1}, {0.5, 1.5, 1, 0}}},
    {"rows under headings of their own are no neighbours", 2, 1, {1, 3}, {0.4, 1.9}, 1, 0, {{0}}},
    {"below the first heading rows stand later",
     2,
     1,
     {1, 2},
     {0.4, 1.9},
     1,
     1,
     {{-0.5, 1.5, 1, 0}}},
    {"a cell without a value has no side", 1, 3, {0}, {0.37, NAN, 2.3}, 1, 0, {{0}}},
    {"another level", 1, 2, {0}, {2.9, 3.1}, 3.0071, 1, {{0.5, -0.5, 0, 1}}},
    {"the level itself is not below", 1, 2, {0}, {1, 1.5}, 1, 0, {{0}}},
    {"nor is what rounding makes of it", 1, 2, {0}, {1 - 3e-13, 1.5}, 1, 0, {{0}}},
    {"but a millionth is", 1, 2, {0}, {1 - 1e-6, 1.5}, 1, 1, {{0.5, -0.5, 0, 1}}},
    {"a level of zero parts losses from gains",
     1,
     3,
     {0},
     {-0.21, 0, 0.73},
     0,
     1,
     {{0.5, -0.5, 0, 1}}},
};

static void the_line_runs_along_these_edges(void **state)
{
    const struct map *map = *state;
    struct analysis_edge edges[2 * MOST_CELLS];

    assert_int_equal(
        analysis_break_even(map->values, map->at, map->rows, map->columns, map->level, edges),
        map->count);
    for (int i = 0; i < map->count; i++) {
        assert_close(edges[i].x, map->edges[i].x, 1e-12);
        assert_close(edges[i].y, map->edges[i].y, 1e-12);
        assert_close(edges[i].width, map->edges[i].width, 1e-12);
        assert_close(edges[i].height, map->edges[i].height, 1e-12);
    }
}

/* Most is the farther one: 4.7 times the level, against 1/2 of it. */
static void half_and_twice_are_equally_far(void **state)
{
    const struct analysis_divergence d = analysis_divergence_of(1.37 / 2, 1.37 * 4.7, 1.37);

    (void)state;
    assert_true(d.is_log);
    assert_close(analysis_diverged(&d, 1.37), 0.5, 1e-12);
    assert_close(analysis_diverged(&d, 1.37 * 4.7), 1, 1e-12);
    assert_close(analysis_diverged(&d, 1.37 / 4.7), 0, 1e-12);
    assert_close(analysis_diverged(&d, 2.74) - 0.5, 0.5 * log(2) / log(4.7), 1e-12);
    assert_close(analysis_diverged(&d, 1.37 / 2) - 0.5, -0.5 * log(2) / log(4.7), 1e-12);
}

static void the_least_may_be_the_farther_one(void **state)
{
    const struct analysis_divergence d = analysis_divergence_of(0.125, 3, 1);

    (void)state;
    assert_close(analysis_diverged(&d, 0.125), 0, 1e-12);
    assert_close(d.extent, 8, 1e-12);
}

static void what_is_not_positive_diverges_by_differences(void **state)
{
    const struct analysis_divergence d = analysis_divergence_of(-0.3, 0.9, 0);

    (void)state;
    assert_false(d.is_log);
    assert_close(analysis_diverged(&d, -0.3), 1.0 / 3, 1e-12);
    assert_close(analysis_diverged(&d, 0.9), 1, 1e-12);
}

static void places_and_values_are_the_same_way_back(void **state)
{
    const struct analysis_divergence all[] = {analysis_divergence_of(0.29, 5.71, 1),
                                              analysis_divergence_of(-2.3, 0.7, 0.1)};

    (void)state;
    for (int i = 0; i < 2; i++)
        for (int p = 0; p <= 7; p++)
            assert_close(analysis_diverged(&all[i], analysis_converged(&all[i], p / 7.0)), p / 7.0,
                         1e-12);
}

static void equal_values_have_a_scale_all_the_same(void **state)
{
    const struct analysis_divergence one = analysis_divergence_of(1, 1, 1);
    const struct analysis_divergence zero = analysis_divergence_of(0, 0, 0);

    (void)state;
    assert_close(analysis_diverged(&one, 1), 0.5, 1e-12);
    assert_close(analysis_diverged(&zero, 0), 0.5, 1e-12);
    assert_true(analysis_converged(&one, 1) > analysis_converged(&one, 0));
    assert_true(analysis_converged(&zero, 1) > analysis_converged(&zero, 0));
}

int main(void)
{
    enum { MAPS = sizeof maps / sizeof maps[0], OTHERS = 5 };
    struct CMUnitTest tests[MAPS + OTHERS] = {
        cmocka_unit_test(half_and_twice_are_equally_far),
        cmocka_unit_test(the_least_may_be_the_farther_one),
        cmocka_unit_test(what_is_not_positive_diverges_by_differences),
        cmocka_unit_test(places_and_values_are_the_same_way_back),
        cmocka_unit_test(equal_values_have_a_scale_all_the_same)};

    for (int i = 0; i < MAPS; i++)
        tests[OTHERS + i] = (struct CMUnitTest){.name = maps[i].name,
                                                .test_func = the_line_runs_along_these_edges,
                                                .initial_state = &maps[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
