/* contour.c -- levels of contours, and the lines: where they cross is worked out by hand. */
#include "tests/unit/close.h"

#include "analysis/contour.h"

struct range {
    const char *name;
    double least, most;
    bool is_log;
    int count;
    double levels[ANALYSIS_MOST_LEVELS];
};

static struct range ranges[] = {
    {"half a decade in steps of one", 1.3, 6.2, false, 5, {2, 3, 4, 5, 6}},
    {"a small span far from zero", 1003.1, 1003.9, false, 4, {1003.2, 1003.4, 1003.6, 1003.8}},
    {"bounds are no levels", 0, 10, false, 4, {2, 4, 6, 8}},
    {"below zero", -6, 4.1, false, 5, {-4, -2, 0, 2, 4}},
    {"two decades, in 1, 2, 5", 0.07, 3.3, true, 5, {0.1, 0.2, 0.5, 1, 2}},
    {"five decades, in tens", 0.03, 4321, true, 5, {0.1, 1, 10, 100, 1000}},
    {"less than a decade is no matter for logarithms", 1.3, 6.2, true, 5, {2, 3, 4, 5, 6}},
    {"twelve decades, every other", 3e-6, 3e6, true, 6, {1e-4, 1e-2, 1, 1e2, 1e4, 1e6}},
    {"no span, no level", 7, 7, false, 0, {0}},
};

static void levels_are_round(void **state)
{
    const struct range *range = *state;
    double levels[ANALYSIS_MOST_LEVELS];

    assert_int_equal(analysis_contour_levels(range->least, range->most, range->is_log, levels),
                     range->count);
    for (int i = 0; i < range->count; i++)
        assert_near(levels[i], range->levels[i], 1e-9 * (range->most - range->least));
}

/* The plane 3 x + 2 y: at 7.1 the line runs from (7.1 / 3, 0) down to the left, through (1.1 / 3, 3). */
static void a_plane_has_a_straight_line(void **state)
{
    double values[12], length = 0;
    const double at[] = {0, 1, 2};
    struct analysis_edge pieces[12];
    int count;

    (void)state;
    for (int r = 0; r < 3; r++)
        for (int c = 0; c < 4; c++)
            values[r * 4 + c] = 3 * c + 2 * r;
    count = analysis_contour(values, at, 3, 4, 7.1, false, pieces);
    assert_int_equal(count, 3); /* two squares of the first row, or of the second, and one more */
    for (int i = 0; i < count; i++) {
        assert_close(3 * pieces[i].x + 2 * pieces[i].y, 7.1, 1e-12);
        assert_near(3 * pieces[i].width + 2 * pieces[i].height, 0, 1e-12);
        length += hypot(pieces[i].width, pieces[i].height);
    }
    assert_close(length, hypot(2 * 2 / 3.0, 2), 1e-12);
}

/* Between 1 and 100 the logarithm of 10 is half way; linearly it would be a tenth. */
static void logarithms_are_linear(void **state)
{
    static const double values[] = {1, 100, 1, 100}, at[] = {0, 1};
    struct analysis_edge pieces[4];

    (void)state;
    assert_int_equal(analysis_contour(values, at, 2, 2, 10, true, pieces), 1);
    assert_close(pieces[0].x, 0.5, 1e-12);
    assert_int_equal(analysis_contour(values, at, 2, 2, 10.9, false, pieces), 1);
    assert_close(pieces[0].x, 0.1, 1e-12);
}

/* Corners 9 1 / 2 8: the middle is 5, above 4, so that the two low corners are cut off, each by a line of its own. */
static void a_saddle_is_parted_by_its_middle(void **state)
{
    static const double values[] = {9, 1, 2, 8}, at[] = {0, 1};
    struct analysis_edge pieces[4];

    (void)state;
    assert_int_equal(analysis_contour(values, at, 2, 2, 4, false, pieces), 2);
    assert_close(pieces[0].x, 5 / 8.0, 1e-12); /* top side, to the right one */
    assert_close(pieces[0].x + pieces[0].width, 1, 1e-12);
    assert_close(pieces[0].y + pieces[0].height, 3 / 7.0, 1e-12);
    assert_int_equal(analysis_contour(values, at, 2, 2, 6, false, pieces), 2);
    assert_close(pieces[0].x, 3 / 8.0, 1e-12); /* top side, to the left one */
    assert_near(pieces[0].x + pieces[0].width, 0, 1e-12);
    assert_close(pieces[0].y + pieces[0].height, 3 / 7.0, 1e-12);
}

static void gaps_and_other_blocks_have_no_lines(void **state)
{
    static const double values[] = {1, 3, 1, 3}, gap[] = {1, 3, NAN, 3};
    static const double at[] = {0, 1}, apart[] = {0, 2};
    struct analysis_edge pieces[4];

    (void)state;
    assert_int_equal(analysis_contour(values, at, 2, 2, 2, false, pieces), 1);
    assert_int_equal(analysis_contour(gap, at, 2, 2, 2, false, pieces), 0);
    assert_int_equal(analysis_contour(values, apart, 2, 2, 2, false, pieces), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_plane_has_a_straight_line),
                                       cmocka_unit_test(logarithms_are_linear),
                                       cmocka_unit_test(a_saddle_is_parted_by_its_middle),
                                       cmocka_unit_test(gaps_and_other_blocks_have_no_lines)};

    return RUN_CASES(levels_are_round, ranges) + cmocka_run_group_tests(tests, NULL, NULL);
}
