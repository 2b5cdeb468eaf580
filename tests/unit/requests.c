/* When users ask: arrivals by process and by trace, and to which source. */
#include "tests/unit/close.h"

#include "sim/base/fit.h"
#include "sim/workload/requests.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct drawn {
    struct sim_requests requests;
    struct sim_arena *arena;
    struct sim_error err;
    bool fine;
};

static struct drawn draw(struct sim_requests asked, uint64_t seed)
{
    struct drawn drawn = {.requests = asked, .arena = sim_arena_open()};

    drawn.fine = sim_requests_draw(&drawn.requests, seed, drawn.arena, &drawn.err);
    return drawn;
}

static void one_request_comes_at_once(void **state)
{
    struct drawn drawn = draw((struct sim_requests){.arrival = SIM_ARRIVAL_ONE}, 7);

    (void)state;
    assert_true(drawn.fine);
    assert_int_equal(drawn.requests.count, 1);
    assert_true(drawn.requests.at_seconds[0] == 0);
    assert_int_equal(sim_request_source(&drawn.requests, 0, 5), 0);
    sim_arena_close(drawn.arena);
}

static void a_fixed_rate_keeps_its_distance_and_sources_take_turns(void **state)
{
    struct drawn drawn =
        draw((struct sim_requests){.arrival = SIM_ARRIVAL_FIXED, .rate = 12.8, .limit = 731}, 7);

    (void)state;
    assert_int_equal(drawn.requests.count, 731);
    for (int i = 0; i < 731; i++) {
        assert_true(fabs(drawn.requests.at_seconds[i] - i / 12.8) < 1e-12);
        assert_int_equal(sim_request_source(&drawn.requests, i, 7), i % 7);
    }
    sim_arena_close(drawn.arena);
}

static void the_horizon_is_not_reached(void **state)
{
    struct drawn drawn = draw(
        (struct sim_requests){.arrival = SIM_ARRIVAL_FIXED, .rate = 8, .horizon_seconds = 2.5}, 7);

    (void)state;
    assert_int_equal(drawn.requests.count, 20); /* 0, 0.125, ..., 2.375 */
    sim_arena_close(drawn.arena);
}

/* Kolmogorov's distance of n draws from their distribution is below 1.95 / sqrt(n) but once in a thousand seeds. */
static void gaps_of_a_poisson_process_are_exponential(void **state)
{
    enum { COUNT = 20011 };
    static double gaps[COUNT];
    struct drawn drawn = draw(
        (struct sim_requests){.arrival = SIM_ARRIVAL_POISSON, .rate = 37.1, .limit = COUNT}, 9103);
    double before = 0, distance = 0;

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        gaps[i] = drawn.requests.at_seconds[i] - before;
        before = drawn.requests.at_seconds[i];
    }
    sim_sort(gaps, COUNT);
    for (int i = 0; i < COUNT; i++) {
        const double share = 1 - exp(-37.1 * gaps[i]);

        distance =
            fmax(distance, fmax(fabs(share - (double)i / COUNT), fabs(share - (i + 1.0) / COUNT)));
    }
    assert_true(distance < 1.95 / sqrt(COUNT));
    sim_arena_close(drawn.arena);
}

static void sources_of_a_poisson_process_are_equally_likely(void **state)
{
    enum { COUNT = 21007, SOURCES = 7 };
    struct drawn drawn =
        draw((struct sim_requests){.arrival = SIM_ARRIVAL_POISSON, .rate = 3, .limit = COUNT}, 421);
    double counts[SOURCES] = {0}, chi_square = 0;

    (void)state;
    for (int i = 0; i < COUNT; i++)
        counts[sim_request_source(&drawn.requests, i, SOURCES)]++;
    for (int s = 0; s < SOURCES; s++)
        chi_square += pow(counts[s] - (double)COUNT / SOURCES, 2) / ((double)COUNT / SOURCES);
    assert_true(chi_square < 22.46); /* 0.1 % of chi^2 with 6 degrees of freedom */
    sim_arena_close(drawn.arena);
}

static void a_seed_draws_the_same_again_and_another_seed_something_else(void **state)
{
    const struct sim_requests asked = {.arrival = SIM_ARRIVAL_POISSON, .rate = 3, .limit = 50};
    struct drawn a = draw(asked, 17), b = draw(asked, 17), c = draw(asked, 18);

    (void)state;
    assert_memory_equal(a.requests.at_seconds, b.requests.at_seconds, 50 * sizeof(double));
    assert_true(a.requests.at_seconds[0] != c.requests.at_seconds[0]);
    sim_arena_close(a.arena);
    sim_arena_close(b.arena);
    sim_arena_close(c.arena);
}

/* ---- traces ---- */

static const char *write_trace(const char *text)
{
    static const char path[] = "build/requests_trace.csv";
    FILE *file = fopen(path, "w");

    fputs(text, file);
    fclose(file);
    return path;
}

static struct drawn draw_trace(const char *text, struct sim_requests asked)
{
    asked.arrival = SIM_ARRIVAL_TRACE;
    asked.file = write_trace(text);
    return draw(asked, 1);
}

static void a_trace_says_when_and_who(void **state)
{
    struct drawn drawn =
        draw_trace("source,arrived_seconds\n3,0.25\n0,0.25\n11,7.75\n", (struct sim_requests){0});

    (void)state;
    assert_true(drawn.fine);
    assert_int_equal(drawn.requests.count, 3);
    assert_true(drawn.requests.at_seconds[2] == 7.75);
    assert_int_equal(sim_request_source(&drawn.requests, 0, 4), 3);
    assert_int_equal(sim_request_source(&drawn.requests, 2, 4), 3); /* counted round */
    sim_arena_close(drawn.arena);
}

static void a_trace_is_cut_by_count_and_by_horizon(void **state)
{
    static const char text[] = "arrived_seconds\n0.5\n1.5\n2.5\n3.5\n";
    struct drawn two = draw_trace(text, (struct sim_requests){.limit = 2});
    struct drawn three = draw_trace(text, (struct sim_requests){.horizon_seconds = 3.5});

    (void)state;
    assert_int_equal(two.requests.count, 2);
    assert_int_equal(three.requests.count, 3);
    assert_int_equal(sim_request_source(&three.requests, 2, 2), 0); /* in turn */
    sim_arena_close(two.arena);
    sim_arena_close(three.arena);
}

static void what_is_wrong_in_a_trace_is_said_with_its_line(void **state)
{
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"at,who\n1,2\n", ":1: the first line must name the columns"},
        {"arrived_seconds\n2\n1\n", ":3: arrived_seconds must be a number of seconds, not before"},
        {"arrived_seconds\nsoon\n", ":2: arrived_seconds must be"},
        {"arrived_seconds,source\n1,-1\n", ":2: source must be the number of a source"},
        {"arrived_seconds,source\n1,0.5\n", ":2: source must be the number of a source"},
        {"arrived_seconds\n", "no request arrives."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct drawn drawn = draw_trace(cases[i].text, (struct sim_requests){0});

        assert_false(drawn.fine);
        if (strstr(drawn.err.text, cases[i].said) == NULL)
            fail_msg("%s: %s", cases[i].text, drawn.err.text);
        sim_arena_close(drawn.arena);
    }
}

static void more_than_can_be_simulated_is_refused(void **state)
{
    struct drawn drawn = draw(
        (struct sim_requests){.arrival = SIM_ARRIVAL_POISSON, .rate = 1e6, .horizon_seconds = 3600},
        1);

    (void)state;
    assert_false(drawn.fine);
    assert_non_null(strstr(drawn.err.text, "requests would arrive"));
    sim_arena_close(drawn.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_request_comes_at_once),
        cmocka_unit_test(a_fixed_rate_keeps_its_distance_and_sources_take_turns),
        cmocka_unit_test(the_horizon_is_not_reached),
        cmocka_unit_test(gaps_of_a_poisson_process_are_exponential),
        cmocka_unit_test(sources_of_a_poisson_process_are_equally_likely),
        cmocka_unit_test(a_seed_draws_the_same_again_and_another_seed_something_else),
        cmocka_unit_test(a_trace_says_when_and_who),
        cmocka_unit_test(a_trace_is_cut_by_count_and_by_horizon),
        cmocka_unit_test(what_is_wrong_in_a_trace_is_said_with_its_line),
        cmocka_unit_test(more_than_can_be_simulated_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
