/* samples.c -- points drawn from ranges: where they lie, and that the same seed draws them again. */
#include "tests/unit/close.h"

#include "sim/study/samples.h"

#include <string.h>

enum { POINTS = 137 };

static json_t *draw(enum sim_sampling sampling, const char *text, struct sim_arena *arena)
{
    json_t *spec = json_loads(text, 0, NULL);
    struct sim_error err = {0};
    json_t *points = sim_samples_draw("here", sampling, spec, arena, &err);

    assert_string_equal(err.text, "");
    json_decref(spec);
    return points;
}

static double number_of(const json_t *points, size_t i, const char *key)
{
    const json_t *value = json_object_get(json_array_get(points, i), key);

    return json_is_string(value) ? strtod(json_string_value(value), NULL)
                                 : json_number_value(value);
}

static const char spec[] = "{\"points\": 137, \"seed\": 7331, \"over\": {"
                           "\"x\": {\"from\": -3, \"to\": 11},"
                           "\"b\": {\"from\": \"3MBps\", \"to\": \"900MBps\", \"scale\": \"log\"},"
                           "\"n\": {\"from\": 2, \"to\": 6, \"whole\": true},"
                           "\"w\": [\"p\", \"q\", \"r\"]}}";

static void every_point_lies_in_its_ranges(void **state)
{
    static const enum sim_sampling samplings[] = {SIM_SAMPLE_RANDOM, SIM_SAMPLE_LATIN_HYPERCUBE,
                                                  SIM_SAMPLE_SOBOL};
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (int s = 0; s < 3; s++) {
        json_t *points = draw(samplings[s], spec, arena);

        assert_int_equal(json_array_size(points), POINTS);
        for (size_t i = 0; i < POINTS; i++) {
            const double n = number_of(points, i, "n");

            assert_true(number_of(points, i, "x") >= -3 && number_of(points, i, "x") < 11);
            assert_true(number_of(points, i, "b") >= 3 && number_of(points, i, "b") <= 900);
            assert_true(n == 2 || n == 3 || n == 4 || n == 5 || n == 6);
        }
        json_decref(points);
    }
    sim_arena_close(arena);
}

/* McKay, Beckman and Conover: each of the n equal parts of a range, be they equal in ratio, holds one point. */
static void a_latin_hypercube_has_one_point_in_each_part(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    json_t *points = draw(SIM_SAMPLE_LATIN_HYPERCUBE, spec, arena);
    int in_x[POINTS] = {0}, in_b[POINTS] = {0};

    (void)state;
    for (size_t i = 0; i < POINTS; i++) {
        in_x[(int)(POINTS * (number_of(points, i, "x") + 3) / 14)]++;
        in_b[(int)(POINTS * log(number_of(points, i, "b") / 3) / log(300))]++;
    }
    for (int i = 0; i < POINTS; i++) {
        assert_int_equal(in_x[i], 1);
        assert_int_equal(in_b[i], 1);
    }
    json_decref(points);
    sim_arena_close(arena);
}

/* Of 137 shuffled parts, those of x and b fall together in one place on average: not in all, as without shuffling. */
static void its_keys_are_shuffled_against_each_other(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    json_t *points = draw(SIM_SAMPLE_LATIN_HYPERCUBE, spec, arena);
    int together = 0;

    (void)state;
    for (size_t i = 0; i < POINTS; i++)
        together += (int)(POINTS * (number_of(points, i, "x") + 3) / 14) ==
                    (int)(POINTS * log(number_of(points, i, "b") / 3) / log(300));
    assert_true(together < 8);
    json_decref(points);
    sim_arena_close(arena);
}

static void the_same_seed_draws_the_same_and_another_others(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const enum sim_sampling samplings[] = {SIM_SAMPLE_RANDOM, SIM_SAMPLE_LATIN_HYPERCUBE,
                                           SIM_SAMPLE_SOBOL};

    (void)state;
    for (int s = 0; s < 3; s++) {
        json_t *first = draw(samplings[s], spec, arena), *second = draw(samplings[s], spec, arena);
        char *other_spec = strdup(spec);
        json_t *other;

        memcpy(strstr(other_spec, "7331"), "7332", 4);
        other = draw(samplings[s], other_spec, arena);
        assert_true(json_equal(first, second));
        assert_false(json_equal(first, other));
        json_decref(first);
        json_decref(second);
        json_decref(other);
        free(other_spec);
    }
    sim_arena_close(arena);
}

/* 1,000 uniform points: their mean is within five standard deviations, 14 / sqrt(12 x 1000), of the middle. */
static void random_points_are_spread_evenly(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    json_t *points =
        draw(SIM_SAMPLE_RANDOM,
             "{\"points\": 1000, \"seed\": 91, \"over\": {\"x\": {\"from\": -3, \"to\": 11},"
             " \"n\": {\"from\": 1, \"to\": 3, \"whole\": true}}}",
             arena);
    double sum = 0;
    int counts[4] = {0};

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        sum += number_of(points, i, "x");
        counts[(int)number_of(points, i, "n")]++;
    }
    assert_true(fabs(sum / 1000 - 4) < 5 * 14 / sqrt(12000));
    for (int n = 1; n <= 3; n++) /* a third each, deviation 14.9 */
        assert_true(abs(counts[n] - 333) < 75);
    json_decref(points);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_lies_in_its_ranges),
        cmocka_unit_test(a_latin_hypercube_has_one_point_in_each_part),
        cmocka_unit_test(its_keys_are_shuffled_against_each_other),
        cmocka_unit_test(the_same_seed_draws_the_same_and_another_others),
        cmocka_unit_test(random_points_are_spread_evenly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
