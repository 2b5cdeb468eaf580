/* tile_allocation.c -- ADCNN's Algorithms 2 and 3: tiles go where they are done soonest. */
#include "tests/unit/close.h"

#include "algorithms/inference/rules/tile_allocation.h"
#include "sim/base/random.h"

enum { MOST_NODES = 5 };

static void allocation_is(int tiles, const double *s, const int *most, int nodes,
                          const int *expected)
{
    int allotted[16];

    assert_true(nodes <= 16);
    tile_allocate(tiles, s, most, nodes, allotted);
    for (int k = 0; k < nodes; k++)
        assert_int_equal(allotted[k], expected[k]);
}

/* Section 7.3 of the paper. */
static void sixty_four_tiles_on_the_papers_nodes(void **state)
{
    const double equal[] = {1, 1, 1, 1, 1, 1, 1, 1};
    const double slowed[] = {1, 1, 1, 1, 0.45, 0.45, 0.24, 0.24};

    (void)state;
    allocation_is(64, equal, NULL, 8, (const int[]){8, 8, 8, 8, 8, 8, 8, 8});
    allocation_is(64, slowed, NULL, 8, (const int[]){12, 12, 12, 12, 5, 5, 3, 3});
}

static double least_makespan(int tiles, const double *s, int nodes, int node, double so_far)
{
    double least = INFINITY;

    if (node == nodes - 1)
        return fmax(so_far, tiles / s[node]);
    for (int x = 0; x <= tiles; x++)
        least =
            fmin(least, least_makespan(tiles - x, s, nodes, node + 1, fmax(so_far, x / s[node])));
    return least;
}

/* Against all ways to deal them. */
static void no_other_allocation_is_done_sooner(void **state)
{
    struct sim_random *random = sim_random_open(29, 3);

    (void)state;
    for (int trial = 0; trial < 60; trial++) {
        const int nodes = 2 + trial % (MOST_NODES - 1), tiles = 1 + trial % 13;
        double s[MOST_NODES];
        int allotted[MOST_NODES], sum = 0;

        for (int k = 0; k < nodes; k++)
            s[k] = 0.05 + sim_random_uniform(random);
        assert_int_equal(tile_allocate(tiles, s, NULL, nodes, allotted), tiles);
        for (int k = 0; k < nodes; k++)
            sum += allotted[k];
        assert_int_equal(sum, tiles);
        assert_close(tile_makespan(allotted, s, nodes), least_makespan(tiles, s, nodes, 0, 0),
                     1e-12);
    }
    sim_random_close(random);
}

static void who_has_no_room_gets_no_more(void **state)
{
    const double s[] = {1, 0.37, 1};
    const int most[] = {3, 100, 2}, little[] = {3, 4, 2};
    int allotted[3];

    (void)state;
    allocation_is(11, s, most, 3, (const int[]){3, 6, 2});
    assert_int_equal(tile_allocate(11, s, little, 3, allotted), 9);
}

static void who_gave_nothing_back_gets_nothing_unless_nobody_did(void **state)
{
    const double one[] = {0, 0.3, 0}, none[] = {0, 0, 0};

    (void)state;
    allocation_is(7, one, NULL, 3, (const int[]){0, 7, 0});
    allocation_is(7, none, NULL, 3, (const int[]){3, 2, 2});
}

static void statistics_forget_with_gamma(void **state)
{
    (void)state;
    assert_close(tile_statistic(8, 3, 0.9), 3.5, 1e-15);
    assert_true(tile_statistic(8, 3, 0) == 8);
    assert_true(tile_statistic(8, 3, 1) == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixty_four_tiles_on_the_papers_nodes),
        cmocka_unit_test(no_other_allocation_is_done_sooner),
        cmocka_unit_test(who_has_no_room_gets_no_more),
        cmocka_unit_test(who_gave_nothing_back_gets_nothing_unless_nobody_did),
        cmocka_unit_test(statistics_forget_with_gamma),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
