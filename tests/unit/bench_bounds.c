/* bench_bounds.c -- what `make bench` says of a tool that was ended early: bounds and verdicts, never a measurement. */
#include "tests/unit/close.h"

#include "tests/bench/point.h"

#include <math.h>

static struct figure more(double value)
{
    return (struct figure){value, MORE};
}

static struct figure less(double value)
{
    return (struct figure){value, LESS};
}

static void is(struct figure figure, struct figure expected)
{
    assert_int_equal(figure_is_known(figure), figure_is_known(expected));
    if (!figure_is_known(expected))
        return;
    assert_int_equal(figure.is, expected.is);
    assert_true(figure.value == expected.value);
}

static void quotients_keep_the_side_of_their_bounds(void **state)
{
    (void)state;
    is(figure_quotient(figure_exact(6), figure_exact(3)), figure_exact(2));
    is(figure_quotient(more(6), figure_exact(3)), more(2));
    is(figure_quotient(figure_exact(6), more(3)), less(2));
    is(figure_quotient(figure_exact(6), less(3)), more(2));
    is(figure_quotient(more(6), less(3)), more(2));
    is(figure_quotient(less(6), more(3)), less(2));
    is(figure_quotient(more(6), more(3)), figure_unknown());
    is(figure_quotient(less(6), less(3)), figure_unknown());
    is(figure_quotient(figure_unknown(), more(3)), figure_unknown());
}

static void the_smaller_of_two_is_no_larger_than_either(void **state)
{
    (void)state;
    is(figure_smaller(figure_exact(3), figure_exact(2)), figure_exact(2));
    is(figure_smaller(figure_exact(2), more(3)), figure_exact(2));
    is(figure_smaller(figure_exact(3), more(2)), more(2));
    is(figure_smaller(more(3), more(2)), more(2));
    is(figure_smaller(less(3), more(2)), less(3));
    is(figure_smaller(figure_exact(2), less(3)), less(2));
    is(figure_smaller(figure_exact(3), less(2)), less(2));
    is(figure_smaller(figure_exact(3), figure_unknown()), less(3));
    is(figure_smaller(figure_unknown(), more(3)), figure_unknown());
    is(figure_smaller(figure_unknown(), figure_unknown()), figure_unknown());
}

static void a_bound_decides_only_on_its_own_side(void **state)
{
    (void)state;
    assert_int_equal(figure_meets(figure_exact(4), AT_LEAST, 4), MET);
    assert_int_equal(figure_meets(figure_exact(3.9), AT_LEAST, 4), MISSED);
    assert_int_equal(figure_meets(more(4), AT_LEAST, 4), MET);
    assert_int_equal(figure_meets(more(3), AT_LEAST, 4), UNDECIDED);
    assert_int_equal(figure_meets(less(5), AT_LEAST, 4), UNDECIDED);
    assert_int_equal(figure_meets(less(3), AT_LEAST, 4), MISSED);
    assert_int_equal(figure_meets(figure_exact(4), AT_MOST, 4), MET);
    assert_int_equal(figure_meets(more(5), AT_MOST, 4), MISSED);
    assert_int_equal(figure_meets(more(3), AT_MOST, 4), UNDECIDED);
    assert_int_equal(figure_meets(less(3), AT_MOST, 4), MET);
    assert_int_equal(figure_meets(less(5), AT_MOST, 4), UNDECIDED);
    assert_int_equal(figure_meets(figure_unknown(), AT_LEAST, 4), MISSED);
    assert_int_equal(figure_meets(figure_unknown(), AT_MOST, 4), MISSED);
}

static void an_undecided_goal_does_not_fail_the_bench(void **state)
{
    struct bench bench = {
        .arena = sim_arena_open(), .complaints = json_array(), .goals = json_array()};
    const json_t *goal;

    (void)state;
    bench_goal_of(&bench, "open", more(3), AT_LEAST, 4, "x");
    assert_false(bench.failed);
    bench_goal_of(&bench, "missed", less(3), AT_LEAST, 4, "x");
    assert_true(bench.failed);
    goal = json_array_get(bench.goals, 0);
    assert_true(json_is_null(json_object_get(goal, "met")));
    assert_string_equal(json_string_value(json_object_get(goal, "value_is")), "at least");
    assert_true(json_is_false(json_object_get(json_array_get(bench.goals, 1), "met")));
    assert_int_equal(json_array_size(bench.complaints), 1);
    json_decref(bench.goals);
    json_decref(bench.complaints);
    sim_arena_close(bench.arena);
}

static struct samples one(double seconds, enum end end)
{
    return (struct samples){.count = 1,
                            .of[0] = {.cpu_seconds = seconds,
                                      .wall_seconds = seconds,
                                      .peak_bytes = 1e6,
                                      .simulated_seconds = end == ENDED ? 1 : NAN,
                                      .end = end,
                                      .death = end == DIED ? "died of it" : NULL}};
}

static double number(const json_t *json, const char *part, const char *key)
{
    const json_t *value = json_object_get(json_object_get(json, part), key);

    assert_true(json_is_real(value));
    return json_real_value(value);
}

/* SMPI was ended, replay died, bare came to its end; the next point follows from that. */
static void json_has_bounds_in_fields_of_their_own(void **state)
{
    static struct point points[2] = {{.shape = "star", .n = 4096}, {.shape = "star", .n = 16384}};
    const json_t *small, *large, *smpi;
    json_t *json;

    (void)state;
    points[0].tools[DMLSIM] = one(0.25, ENDED);
    points[0].tools[SMPI] = one(60, OVER);
    points[0].tools[REPLAY] = one(2, DIED);
    points[0].tools[BARE] = one(50, ENDED);
    points[1].tools[DMLSIM] = one(1, ENDED);
    points[1].follows_from[SMPI] = points[1].follows_from[REPLAY] = &points[0];
    json = table_json(points, 2);
    small = json_array_get(json, 0);
    large = json_array_get(json, 1);

    smpi = json_object_get(small, "smpi");
    assert_true(json_is_true(json_object_get(smpi, "over")));
    assert_null(json_object_get(smpi, "cpu_seconds"));
    assert_null(json_object_get(smpi, "dmlsim_is_faster_by"));
    assert_null(json_object_get(smpi, "follows_from_workers"));
    assert_close(number(smpi, "at_least", "cpu_seconds"), 60, 1e-12);
    assert_close(number(smpi, "at_least", "dmlsim_is_faster_by"), 240, 1e-12);
    assert_close(number(smpi, "at_least", "peak_bytes"), 1e6, 1e-12);
    assert_close(number(smpi, "at_most", "messages_per_cpu_second"), 2.0 * 4096 * 4095 / 60, 1e-12);

    smpi = json_object_get(large, "smpi");
    assert_int_equal(json_integer_value(json_object_get(smpi, "follows_from_workers")), 4096);
    assert_close(number(smpi, "at_least", "dmlsim_is_faster_by"), 60, 1e-12);
    assert_true(json_is_null(json_object_get(json_object_get(smpi, "at_least"), "peak_bytes")));

    assert_string_equal(
        json_string_value(json_object_get(json_object_get(small, "replay"), "died")), "died of it");
    assert_null(json_object_get(json_object_get(small, "replay"), "dmlsim_is_faster_by"));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(large, "replay"), "died")), "died of it");
    assert_close(
        json_real_value(json_object_get(json_object_get(small, "bare"), "dmlsim_is_faster_by")),
        200, 1e-12);
    assert_null(json_object_get(large, "bare"));
    assert_null(json_object_get(small, "full"));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotients_keep_the_side_of_their_bounds),
        cmocka_unit_test(the_smaller_of_two_is_no_larger_than_either),
        cmocka_unit_test(a_bound_decides_only_on_its_own_side),
        cmocka_unit_test(an_undecided_goal_does_not_fail_the_bench),
        cmocka_unit_test(json_has_bounds_in_fields_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
