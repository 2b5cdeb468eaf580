/* search.c -- searches of functions whose least value was worked out by hand; and that they ask for no more than they need. */
#include "tests/unit/close.h"

#include "analysis/search.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <string.h>

/* A function under search, and how often it was asked. */
struct asked {
    double (*function)(const double *at);
    int calls, batches, most; /* most: it says stop after so many; 0: never */
};

static bool objective(void *context, double *const *points, int count, double *values)
{
    struct asked *asked = context;

    asked->batches++;
    for (int p = 0; p < count; p++) {
        if (asked->most > 0 && asked->calls == asked->most)
            return false;
        asked->calls++;
        values[p] = asked->function(points[p]);
    }
    return true;
}

/* The arena of the result is closed by the caller. */
static struct analysis_search search_of(struct asked *asked,
                                        const struct analysis_coordinate *coordinates, int count)
{
    return (struct analysis_search){.coordinates = coordinates,
                                    .count = count,
                                    .objective = objective,
                                    .context = asked,
                                    .arena = sim_arena_open()};
}

/* ---- lists ---- */

static double bowl(const double *at)
{
    return pow(at[0] - 3, 2) + pow(at[1] - 5, 2) + 7;
}

static void every_combination_is_asked_for_once_in_one_batch(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{7, false}, {8, false}};
    struct asked asked = {.function = bowl};
    struct analysis_search search = search_of(&asked, coordinates, 2);

    (void)state;
    assert_true(analysis_search_points(&search) == 56);
    analysis_search_all(&search);
    assert_int_equal(asked.calls, 56);
    assert_int_equal(asked.batches, 1);
    assert_true(search.best[0] == 3 && search.best[1] == 5 && search.least == 7);
    sim_arena_close(search.arena);
}

/* From (NaN, NaN), which is (0, 0): 11 + 13 points a round, until one brings nothing. */
static double slanted(const double *at)
{
    const double x = isnan(at[0]) ? 0 : at[0], y = isnan(at[1]) ? 0 : at[1];

    return pow(x - 4, 2) + pow(y - 9, 2) + 0.25 * (x - 4) * (y - 9) + 0.7;
}

/* So slanted that the whole numbers have traps, where both steps go up and only one of both at once goes down. */
static double steep(const double *at)
{
    const double x = isnan(at[0]) ? 0 : at[0], y = isnan(at[1]) ? 0 : at[1];

    return pow(x - 4, 2) + pow(y - 9, 2) + 1.3 * (x - 4) * (y - 9) + 0.7;
}

static void lists_in_turn_reach_the_least(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{11, false}, {13, false}};
    struct asked asked = {.function = slanted};
    struct analysis_search search = search_of(&asked, coordinates, 2);

    (void)state;
    analysis_search_in_turn(&search);
    assert_true(search.best[0] == 4 && search.best[1] == 9);
    assert_close(search.least, 0.7, 1e-12);
    assert_true(asked.calls < 11 * 13 * 2 && asked.calls % 24 == 0);
    assert_false(search.was_ended);
    sim_arena_close(search.arena);
}

static void of_the_best_no_single_change_is_better(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{11, false}, {13, false}};
    struct asked asked = {.function = steep};
    struct analysis_search search = search_of(&asked, coordinates, 2);

    (void)state;
    analysis_search_in_turn(&search);
    assert_close(search.least, steep(search.best), 1e-12);
    assert_true(search.least < 2.7); /* (4, 9) alone has 0.7 */
    for (int c = 0; c < 2; c++)
        for (int place = 0; place < coordinates[c].count; place++) {
            double other[ANALYSIS_MOST_COORDINATES];

            memcpy(other, search.best, sizeof other);
            other[c] = place;
            assert_true(steep(other) >= search.least);
        }
    sim_arena_close(search.arena);
}

/* What stands in the scenario (NaN) may be better than all that is listed, and is left all the same. */
static double best_unset(const double *at)
{
    return isnan(at[0]) || isnan(at[1]) ? 1 : 10 + at[0] + at[1];
}

static void every_key_gets_a_listed_value(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{3, false}, {5, false}};
    struct asked asked = {.function = best_unset};
    struct analysis_search search = search_of(&asked, coordinates, 2);

    (void)state;
    analysis_search_in_turn(&search);
    assert_true(search.best[0] == 0 && search.best[1] == 0 && search.least == 10);
    sim_arena_close(search.arena);
}

/* (N - 2 + k)(a + G / (k B)): k* = sqrt((N - 2) G / (a B)), here sqrt(30 * 1000003 / 27) = 1054.09...; place k - 1. */
static double pipelined(const double *at)
{
    const double k = at[0] + 1;

    return (30 + k) * (27 + 1000003 / k);
}

static void of_a_long_row_of_numbers_few_are_asked_for(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{4000, true}};
    struct asked asked = {.function = pipelined};
    struct analysis_search search = search_of(&asked, coordinates, 1);

    (void)state;
    analysis_search_in_turn(&search);
    assert_true(search.best[0] == 1053);
    assert_true(asked.calls < 100);
    sim_arena_close(search.arena);
}

static double fails_but_at_six(const double *at)
{
    return at[0] == 6 ? 3.25 : INFINITY;
}

static double fails(const double *at)
{
    (void)at;
    return INFINITY;
}

static void points_that_fail_are_passed_over(void **state)
{
    static const struct analysis_coordinate list[] = {{9, false}}, range[] = {{0, false}};
    struct asked one = {.function = fails_but_at_six}, none = {.function = fails};
    struct analysis_search search = search_of(&one, list, 1), lost = search_of(&none, list, 1);
    struct analysis_search lost_range = search_of(&none, range, 1);

    (void)state;
    analysis_search_all(&search);
    assert_true(search.best[0] == 6 && search.least == 3.25);
    analysis_search_in_turn(&search);
    assert_true(search.best[0] == 6 && search.least == 3.25);
    analysis_search_in_turn(&lost);
    assert_true(isinf(lost.least));
    analysis_search_in_turn(&lost_range);
    assert_true(isinf(lost_range.least));
    sim_arena_close(search.arena);
    sim_arena_close(lost.arena);
    sim_arena_close(lost_range.arena);
}

static void a_search_ends_when_it_is_told_to(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{11, false}, {0, false}};
    struct asked asked = {.function = bowl, .most = 17};
    struct analysis_search search = search_of(&asked, coordinates, 2);

    (void)state;
    asked.function = slanted;
    analysis_search_in_turn(&search);
    assert_true(search.was_ended);
    assert_int_equal(asked.calls, 17);
    assert_true(isfinite(search.least));
    sim_arena_close(search.arena);
}

/* ---- ranges ---- */

static double inside(const double *at)
{
    return 2.5 + pow(at[0] - 0.3717, 2);
}

static double rising(const double *at)
{
    return 1 + at[0];
}

static double falling(const double *at)
{
    return 3 - at[0];
}

/* So near to the end that the scan sees nothing of it. */
static double near_the_end(const double *at)
{
    return fabs(at[0] - 0.031);
}

static double flat(const double *at)
{
    (void)at;
    return 7;
}

/* Two low points of the scan are equal: 0.375 and 0.5. */
static double between(const double *at)
{
    return pow(at[0] - 0.4375, 2);
}

struct valley {
    const char *name;
    double (*function)(const double *at);
    double at;
    int most_calls;
};

static struct valley valleys[] = {
    {"a minimum inside", inside, 0.3717, 30},
    {"the lower end", rising, 0, 20},
    {"the upper end", falling, 1, 20},
    {"a minimum beside the end", near_the_end, 0.031, 60},
    {"a minimum between two equal points", between, 0.4375, 30},
    {"nothing to find", flat, 0, 20},
};

static void one_range_has_its_minimum(void **state)
{
    static const struct analysis_coordinate range[] = {{0, false}};
    const struct valley *valley = *state;
    struct asked asked = {.function = valley->function};
    struct analysis_search search = search_of(&asked, range, 1);

    analysis_search_in_turn(&search);
    assert_true(fabs(search.best[0] - valley->at) < 2e-3);
    assert_true(search.least <= valley->function(&valley->at) + 1e-3);
    assert_true(asked.calls <= valley->most_calls);
    sim_arena_close(search.arena);
}

/* Least at (0.62, 0.17), a third coordinate is a list that is best at 2. */
static double mixed(const double *at)
{
    const double x = isnan(at[0]) ? 0.5 : at[0], y = isnan(at[2]) ? 0.5 : at[2];

    return pow(x - 0.62, 2) + 3 * pow(y - 0.17, 2) + 0.5 * fabs(at[1] - 2) + 1.25;
}

static void several_ranges_and_a_list_are_searched_together(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{0, false}, {5, false}, {0, false}};
    struct asked asked = {.function = mixed};
    struct analysis_search search = search_of(&asked, coordinates, 3);

    (void)state;
    analysis_search_in_turn(&search);
    assert_true(search.best[1] == 2);
    assert_true(fabs(search.best[0] - 0.62) < 5e-3 && fabs(search.best[2] - 0.17) < 5e-3);
    assert_true(search.least - 1.25 < 1e-4);
    sim_arena_close(search.arena);
}

/* The minimum lies in a corner: the simplex is mirrored there and stays between the ends. */
static double corner(const double *at)
{
    if (at[0] < 0 || at[0] > 1 || at[1] < 0 || at[1] > 1)
        fail_msg("(%g, %g) is outside", at[0], at[1]);
    return 4 + at[0] + 2 * (1 - at[1]);
}

static void ranges_are_never_left(void **state)
{
    static const struct analysis_coordinate coordinates[] = {{0, false}, {0, false}};
    struct asked asked = {.function = corner};
    struct analysis_search search = search_of(&asked, coordinates, 2);

    (void)state;
    analysis_search_in_turn(&search);
    assert_true(search.least < 4.01);
    sim_arena_close(search.arena);
}

static void numbers_are_mirrored_at_both_ends(void **state)
{
    (void)state;
    assert_close(analysis_search_fold(0.3), 0.3, 1e-12);
    assert_close(analysis_search_fold(-0.3), 0.3, 1e-12);
    assert_close(analysis_search_fold(1.2), 0.8, 1e-12);
    assert_close(analysis_search_fold(2.4), 0.4, 1e-12);
    assert_close(analysis_search_fold(-3.7), 0.3, 1e-12);
    assert_true(analysis_search_fold(1) == 1 && analysis_search_fold(0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_is_asked_for_once_in_one_batch),
        cmocka_unit_test(lists_in_turn_reach_the_least),
        cmocka_unit_test(of_the_best_no_single_change_is_better),
        cmocka_unit_test(every_key_gets_a_listed_value),
        cmocka_unit_test(of_a_long_row_of_numbers_few_are_asked_for),
        cmocka_unit_test(points_that_fail_are_passed_over),
        cmocka_unit_test(a_search_ends_when_it_is_told_to),
        cmocka_unit_test(several_ranges_and_a_list_are_searched_together),
        cmocka_unit_test(ranges_are_never_left),
        cmocka_unit_test(numbers_are_mirrored_at_both_ends),
    };
    int failures;

    gsl_set_error_handler_off();
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    return failures + RUN_CASES(one_range_has_its_minimum, valleys);
}
