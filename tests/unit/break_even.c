/* break_even.c -- the line on a map where a value breaks even, by hand. */
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

int main(void)
{
    struct CMUnitTest tests[sizeof maps / sizeof maps[0]];

    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
        tests[i] = (struct CMUnitTest){.name = maps[i].name,
                                       .test_func = the_line_runs_along_these_edges,
                                       .initial_state = &maps[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
