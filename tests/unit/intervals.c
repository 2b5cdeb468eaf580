/* intervals.c -- a lane of a Gantt chart with fewer intervals, worked out by hand. */
#include "tests/unit/close.h"

#include "analysis/intervals.h"

enum { COMPUTE, SEND, RECEIVE, WAIT, IDLE };

static struct analysis_lane lane_of(struct analysis_interval *list, int count)
{
    return (struct analysis_lane){.list = list, .count = count, .room = count};
}

static void assert_lane(const struct analysis_lane *lane, const struct analysis_interval *expected,
                        int count)
{
    assert_int_equal(lane->count, count);
    for (int i = 0; i < count; i++) {
        assert_close(lane->list[i].begin, expected[i].begin, 1e-12);
        assert_close(lane->list[i].end, expected[i].end, 1e-12);
        assert_int_equal(lane->list[i].kind, expected[i].kind);
        assert_int_equal(lane->list[i].phase, expected[i].phase);
    }
}

static void long_intervals_stay_and_neighbours_of_one_kind_are_joined(void **state)
{
    struct analysis_interval list[] = {
        {0, 3, COMPUTE, 1}, {3, 5, COMPUTE, 2}, {5, 7, SEND, 2}, {8, 10, SEND, 2}};
    static const struct analysis_interval expected[] = {
        {0, 5, COMPUTE, 0}, {5, 7, SEND, 0}, {8, 10, SEND, 0}};
    const struct analysis_lane lane = lane_of(list, 4);
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_lane thinned = analysis_lane_thinned(&lane, 1, arena);

    (void)state;
    assert_lane(&thinned, expected, 3);
    sim_arena_close(arena);
}

/* Between 0 and 0.9: send 0.3, receive 0.5, nothing 0.1; then a long one. */
static void short_intervals_become_one_of_the_kind_that_takes_most_of_it(void **state)
{
    struct analysis_interval list[] = {
        {0, 0.3, SEND, 0}, {0.3, 0.6, RECEIVE, 0}, {0.7, 0.9, RECEIVE, 0}, {0.9, 7, COMPUTE, 0}};
    static const struct analysis_interval expected[] = {{0, 0.9, RECEIVE, 0}, {0.9, 7, COMPUTE, 0}};
    const struct analysis_lane lane = lane_of(list, 4);
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_lane thinned = analysis_lane_thinned(&lane, 1, arena);

    (void)state;
    assert_lane(&thinned, expected, 2);
    sim_arena_close(arena);
}

static void short_intervals_far_apart_are_mostly_idle(void **state)
{
    struct analysis_interval list[] = {{0, 0.1, SEND, 0}, {0.8, 0.9, SEND, 0}, {1.5, 1.6, WAIT, 0}};
    static const struct analysis_interval expected[] = {{0, 0.9, IDLE, 0}, {1.5, 1.6, WAIT, 0}};
    const struct analysis_lane lane = lane_of(list, 3);
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_lane thinned = analysis_lane_thinned(&lane, 1, arena);

    (void)state;
    assert_lane(&thinned, expected, 2);
    sim_arena_close(arena);
}

static void a_lane_without_intervals_stays_empty(void **state)
{
    const struct analysis_lane none = {0};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    assert_int_equal(analysis_lane_thinned(&none, 1, arena).count, 0);
    assert_int_equal(analysis_lane_phases(&none, arena).count, 0);
    sim_arena_close(arena);
}

static void neighbours_of_one_phase_are_joined_whatever_their_kind(void **state)
{
    struct analysis_interval list[] = {
        {0, 1, COMPUTE, 1}, {1, 2, SEND, 3}, {2, 3, WAIT, 3}, {3, 7, COMPUTE, 1}};
    static const struct analysis_interval expected[] = {
        {0, 1, COMPUTE, 1}, {1, 3, SEND, 3}, {3, 7, COMPUTE, 1}};
    const struct analysis_lane lane = lane_of(list, 4);
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_lane phases = analysis_lane_phases(&lane, arena);

    (void)state;
    assert_lane(&phases, expected, 3);
    sim_arena_close(arena);
}

/* Computing from 0 to 9 with additions in it; two sends at once, and one after the computing. */
static void what_happens_at_once_is_told_apart_by_tracks(void **state)
{
    struct analysis_interval list[] = {{0, 2, SEND, 1},  {0, 9, COMPUTE, 0},
                                       {1, 3, SEND, 1},  {2, 2.5, COMPUTE, 2},
                                       {9, 11, SEND, 3}, {9, 11, RECEIVE, 3}};
    static const struct analysis_interval own[] = {{0, 9, COMPUTE, 0}},
                                          sends[] = {{0, 3, SEND, 1}, {9, 11, SEND, 3}},
                                          phases_expected[] = {{0, 9, COMPUTE, 0},
                                                               {9, 11, SEND, 3}};
    const struct analysis_lane lane = lane_of(list, 6);
    struct sim_arena *arena = sim_arena_open();
    const struct analysis_lane computes = analysis_lane_track(&lane, ANALYSIS_OWN, arena);
    const struct analysis_lane moves = analysis_lane_track(&lane, ANALYSIS_SENDS, arena);
    const struct analysis_lane phases = analysis_lane_phases(&lane, arena);

    (void)state;
    assert_true(analysis_lane_overlaps(&lane));
    assert_false(analysis_lane_overlaps(&moves));
    assert_lane(&computes, own, 1);
    assert_lane(&moves, sends, 2);
    assert_lane(&phases, phases_expected, 2);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_intervals_stay_and_neighbours_of_one_kind_are_joined),
        cmocka_unit_test(short_intervals_become_one_of_the_kind_that_takes_most_of_it),
        cmocka_unit_test(short_intervals_far_apart_are_mostly_idle),
        cmocka_unit_test(a_lane_without_intervals_stays_empty),
        cmocka_unit_test(neighbours_of_one_phase_are_joined_whatever_their_kind),
        cmocka_unit_test(what_happens_at_once_is_told_apart_by_tracks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
