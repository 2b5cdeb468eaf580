/* tiles.c -- fused tiles: their regions, the work they do twice, and grids that make no sense. */
#include "tests/unit/yolo.h"

#include "algorithms/inference/rules/tiles.h"

static struct tiles open_grid(int down, int across)
{
    struct tiles tiles;
    struct sim_error err = {0};

    if (!tiles_open(arena, &yolo, down, across, &tiles, &err))
        fail_msg("%s", err.text);
    return tiles;
}

/* 38 rows in three: 13, 13, 12.  The halo grows by 2 rows at 38, 2 x 2 more at 76, 2 x 4 at 152, 4 at 304 and 608:
 * at the frame 16 + 16 + 8 + 8 + 8 + 2 + 1 = 59 on each side. */
static void a_tile_is_traced_back_to_the_frame(void **state)
{
    const struct tiles tiles = open_grid(3, 3);

    (void)state;
    assert_int_equal(tiles.count, 9);
    assert_span(tiles_region_of(&tiles, 16, 4)->rows, 13, 26);
    assert_span(tiles_region_of(&tiles, 16, 5)->columns, 26, 38);
    assert_span(tiles_region_of(&tiles, 0, 4)->rows, 13 * 16 - 59, 26 * 16 + 59);
    assert_span(tiles_region_of(&tiles, 0, 0)->rows, 0, 13 * 16 + 59);
    assert_span(tiles_region_of(&tiles, 0, 5)->columns, 26 * 16 - 59, 608);
    assert_int_equal(tiles_first_bytes(&tiles, 4), INT64_C(12) * 326 * 326);
    assert_int_equal(tiles_last_bytes(&tiles, 5), INT64_C(4) * 256 * 13 * 12);
}

static void one_tile_is_the_whole_and_twice_nothing(void **state)
{
    const struct tiles tiles = open_grid(1, 1);

    (void)state;
    assert_close(tiles_redundancy(&tiles), 1, 0);
    assert_int_equal(tiles_total_bytes(&tiles),
                     2 * INT64_C(12) * 608 * 608 + INT64_C(4) * 256 * 38 * 38);
    assert_int_equal(tiles_largest_bytes(&tiles), INT64_C(4) * 608 * 608 * (32 + 8));
}

static void finer_grids_send_and_compute_more_and_hold_less(void **state)
{
    (void)state;
    for (int n = 1; n < 6; n++) {
        const struct tiles coarse = open_grid(n, n), fine = open_grid(n + 1, n + 1);

        assert_true(tiles_total_bytes(&fine) > tiles_total_bytes(&coarse));
        assert_true(tiles_redundancy(&fine) > tiles_redundancy(&coarse));
        assert_true(tiles_largest_bytes(&fine) < tiles_largest_bytes(&coarse));
    }
}

struct refusal {
    const char *name;
    int down, across;
    const char *said;
};

static struct refusal refusals[] = {
    {"more tiles than pixels", 39, 3,
     "a grid of 39 rows of tiles cuts a last map of 38: it has more tiles than pixels."},
    {"a last tile that would be empty", 3, 30,
     "a grid of 30 columns of tiles gives 2 of 38 to each, so that 19 are enough and the last "
     "would be empty; ask for 19."},
    {"a tile smaller than its halo", 13, 2,
     "a tile has 48 rows of the frame for its own, and needs 59 more of them on one side: it is "
     "smaller than its halo; ask for a coarser grid, or for fewer layers."},
};

static void is_refused(void **state)
{
    const struct refusal *refusal = *state;
    struct tiles tiles;
    struct sim_error err = {0};

    open_yolo(NULL);
    assert_false(tiles_open(arena, &yolo, refusal->down, refusal->across, &tiles, &err));
    assert_string_equal(err.text, refusal->said);
    close_yolo(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tile_is_traced_back_to_the_frame),
        cmocka_unit_test(one_tile_is_the_whole_and_twice_nothing),
        cmocka_unit_test(finer_grids_send_and_compute_more_and_hold_less),
    };

    return cmocka_run_group_tests(tests, open_yolo, close_yolo) + RUN_CASES(is_refused, refusals);
}
