/* tracks.c -- intervals of a peer that does several things at once, on lines where none overlaps another. */
#include "tests/unit/close.h"

#include "sim/trace/tracks.h"

static struct sim_peer_record peers[] = {{.name = "worker-0"}, {.name = "worker-1"}};

static struct sim_tracks tracks_of(const struct sim_event *list, int count, struct sim_arena *arena)
{
    const struct sim_record record = {.peers = peers, .peer_count = 2, .event_count = count};
    const struct sim_event **events = sim_new(arena, const struct sim_event *, (size_t)count);

    for (int i = 0; i < count; i++)
        events[i] = &list[i];
    return sim_tracks_of(&record, events, arena);
}

static void assert_tracks(const struct sim_tracks *tracks, const int *expected, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(tracks->of_event[i], expected[i]);
}

static void a_peer_that_does_one_thing_at_a_time_has_one_line(void **state)
{
    static const struct sim_event events[] = {
        {.begin = 0, .end = 3, .peer = 0, .doing = SIM_COMPUTING},
        {.begin = 0, .end = 2, .peer = 1, .doing = SIM_SENDING},
        {.begin = 2, .end = 2, .peer = 1, .doing = SIM_RECEIVING},
        {.begin = 2, .end = 7, .peer = 1, .doing = SIM_WAITING},
        {.begin = 3 - 4e-16, .end = 5, .peer = 0, .doing = SIM_RECEIVING}};
    static const int expected[] = {0, 1, 1, 1, 0};
    struct sim_arena *arena = sim_arena_open();
    const struct sim_tracks tracks = tracks_of(events, 5, arena);

    (void)state;
    assert_int_equal(tracks.count, 2);
    assert_tracks(&tracks, expected, 5);
    sim_arena_close(arena);
}

static void what_happens_beside_computing_has_lines_of_its_own(void **state)
{
    static const struct sim_event events[] = {
        {.begin = 0, .end = 2, .peer = 1, .doing = SIM_SENDING},
        {.begin = 0, .end = 2, .peer = 1, .doing = SIM_RECEIVING},
        {.begin = 0, .end = 9, .peer = 1, .doing = SIM_COMPUTING},
        {.begin = 1, .end = 3, .peer = 1, .doing = SIM_SENDING},
        {.begin = 2, .end = 2.5, .peer = 1, .doing = SIM_COMPUTING},
        {.begin = 2.5, .end = 4, .peer = 1, .doing = SIM_SENDING},
        {.begin = 9, .end = 11, .peer = 1, .doing = SIM_WAITING}};
    static const int expected[] = {2, 3, 1, 4, 5, 2, 1};
    struct sim_arena *arena = sim_arena_open();
    const struct sim_tracks tracks = tracks_of(events, 7, arena);

    (void)state;
    assert_tracks(&tracks, expected, 7);
    assert_int_equal(tracks.count, 6);
    assert_string_equal(tracks.list[1].name, "worker-1");
    assert_string_equal(tracks.list[2].name, "worker-1 sends");
    assert_string_equal(tracks.list[3].name, "worker-1 receives");
    assert_string_equal(tracks.list[4].name, "worker-1 sends (2)");
    assert_string_equal(tracks.list[5].name, "worker-1 also computes");
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_that_does_one_thing_at_a_time_has_one_line),
        cmocka_unit_test(what_happens_beside_computing_has_lines_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
