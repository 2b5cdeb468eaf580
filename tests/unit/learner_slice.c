/* learner_slice.c -- HeteroFL's narrower learners: which numbers they hold, what they compute, and how they become one. */
#include "tests/unit/noise.h"

#include "algorithms/learning/slice.h"

enum { HIDDEN = 2 };

static const int hidden[HIDDEN] = {13, 6};

struct level {
    const char *name;
    double rate;
    int widths[HIDDEN + 2];
};

/* Levels a to e, and a rate that is no power of two: ceil(0.3 x 13) = 4, ceil(0.3 x 6) = 2. */
static struct level levels[] = {
    {"rate 1", 1, {FEATURES, 13, 6, CLASSES}},
    {"rate 1/2", 0.5, {FEATURES, 7, 3, CLASSES}},
    {"rate 1/4", 0.25, {FEATURES, 4, 2, CLASSES}},
    {"rate 1/8", 0.125, {FEATURES, 2, 1, CLASSES}},
    {"rate 1/16", 0.0625, {FEATURES, 1, 1, CLASSES}},
    {"rate 0.3", 0.3, {FEATURES, 4, 2, CLASSES}},
};

static const struct learner_slice *slice_at(struct sim_arena *arena, double rate)
{
    return learner_slice_open(arena, learner_open(arena, noise(arena), hidden, HIDDEN), rate);
}

/* Number (layer, row, column) of a learner's vector says where it stands; row -1 is the offsets. */
static double *labelled(struct sim_arena *arena, const struct learner *learner)
{
    double *vector = sim_new(arena, double, learner->parameter_count);
    size_t at = 0;

    for (int l = 0; l < learner->depth; l++) {
        for (int row = 0; row < learner->widths[l]; row++)
            for (int column = 0; column < learner->widths[l + 1]; column++)
                vector[at++] = 1e6 * l + 1e3 * row + column;
        for (int column = 0; column < learner->widths[l + 1]; column++)
            vector[at++] = 1e6 * l - 1e3 + column;
    }
    assert_int_equal(at, learner->parameter_count);
    return vector;
}

static void it_holds_the_first_outputs_of_each_hidden_layer_and_their_inputs(void **state)
{
    const struct level *level = *state;
    struct sim_arena *arena = sim_arena_open();
    const struct learner_slice *slice = slice_at(arena, level->rate);
    double *narrow = sim_new(arena, double, slice->learner->parameter_count);

    assert_int_equal(slice->learner->depth, HIDDEN + 1);
    assert_memory_equal(slice->learner->widths, level->widths, sizeof level->widths);
    learner_slice_take(slice, labelled(arena, slice->wide), narrow);
    assert_memory_equal(narrow, labelled(arena, slice->learner),
                        slice->learner->parameter_count * sizeof *narrow);
    sim_arena_close(arena);
}

static void taken_and_merged_it_is_as_it_was_and_the_rest_untouched(void **state)
{
    const struct level *level = *state;
    struct sim_arena *arena = sim_arena_open();
    const struct learner_slice *slice = slice_at(arena, level->rate);
    const size_t count = slice->wide->parameter_count, held = slice->learner->parameter_count;
    double *wide = sim_new(arena, double, count), *narrow = sim_new(arena, double, held);
    double *sums = sim_new(arena, double, count), *weights = sim_new(arena, double, count);
    double *merged = sim_new(arena, double, count);
    size_t same = 0;

    random_vector(wide, count, 41);
    random_vector(merged, count, 42);
    learner_slice_take(slice, wide, narrow);
    learner_slice_add(slice, narrow, 1, NULL, sums, weights);
    learner_slice_merge(sums, weights, merged, count);
    for (size_t i = 0; i < held; i++)
        assert_true(merged[slice->places[i]] == wide[slice->places[i]]);
    for (size_t i = 0; i < count; i++)
        same += merged[i] == wide[i];
    assert_int_equal(same, held);
    for (size_t i = 1; i < held; i++)
        assert_true(slice->places[i - 1] < slice->places[i]);
    sim_arena_close(arena);
}

/* Hidden units that are not in the slice give 0 once their weights and offsets are 0: then the wide learner
 * computes what the narrow does. */
static void it_computes_what_the_wide_one_does_without_the_other_units(void **state)
{
    const struct level *level = *state;
    struct sim_arena *arena = sim_arena_open();
    const struct learner_slice *slice = slice_at(arena, level->rate);
    const size_t count = slice->wide->parameter_count, held = slice->learner->parameter_count;
    double *w = sim_new(arena, double, count), *cut = sim_new(arena, double, count);
    double *g = sim_new(arena, double, count), *narrow = sim_new(arena, double, held);
    double *of_narrow = sim_new(arena, double, held), loss;
    const int *numbers = every_third(arena, 301);

    random_vector(w, count, 44);
    for (size_t i = 0; i < held; i++)
        cut[slice->places[i]] = w[slice->places[i]];
    learner_slice_take(slice, w, narrow);
    loss = learner_gradient(slice->learner, narrow, numbers, 301, of_narrow);
    assert_close(learner_gradient(slice->wide, cut, numbers, 301, g), loss, 1e-13);
    for (size_t i = 0; i < held; i++)
        assert_true(fabs(g[slice->places[i]] - of_narrow[i]) <= 1e-13);
    sim_arena_close(arena);
}

static void a_slice_of_rate_1_is_the_identity(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct learner_slice *slice = slice_at(arena, 1);

    (void)state;
    assert_int_equal(slice->learner->parameter_count, slice->wide->parameter_count);
    for (size_t i = 0; i < slice->wide->parameter_count; i++)
        assert_int_equal(slice->places[i], i);
    sim_arena_close(arena);
}

static void slices_lie_within_each_other(void **state)
{
    struct sim_arena *arena = sim_arena_open();

    (void)state;
    for (double rate = 1; rate > 0.0625; rate /= 2) {
        const struct learner_slice *larger = slice_at(arena, rate);
        const struct learner_slice *smaller = slice_at(arena, rate / 2);
        size_t j = 0;

        for (size_t i = 0; i < smaller->learner->parameter_count; i++) {
            while (j < larger->learner->parameter_count && larger->places[j] < smaller->places[i])
                j++;
            assert_true(j < larger->learner->parameter_count);
            assert_int_equal(larger->places[j], smaller->places[i]);
        }
    }
    sim_arena_close(arena);
}

/* The paper's means over who holds a number (weight 1), by hand: 2 clients of rate 1/2 that hold 0.7 and 1.9, one
 * of rate 1/4 that holds 11.3 and knows classes 0, 2 and 3 only. */
static void a_number_is_the_mean_of_those_who_hold_it(void **state)
{
    static const bool present[CLASSES] = {true, false, true, true, false};
    struct sim_arena *arena = sim_arena_open();
    const struct learner_slice *half = slice_at(arena, 0.5), *quarter = slice_at(arena, 0.25);
    const size_t count = half->wide->parameter_count;
    double *sums = sim_new(arena, double, count), *weights = sim_new(arena, double, count);
    double *wide = sim_new(arena, double, count), *narrow = sim_new(arena, double, count);
    const double values[] = {0.7, 1.9, 11.3};

    (void)state;
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < count; i++)
            narrow[i] = values[k];
        learner_slice_add(k < 2 ? half : quarter, narrow, 1, k < 2 ? NULL : present, sums, weights);
    }
    for (size_t i = 0; i < count; i++)
        wide[i] = -5.3;
    learner_slice_merge(sums, weights, wide, count);
    /* 7-13-6-5: layer 1 has 7 x 13 + 13 numbers, layer 2 has 13 x 6 + 6; the last begins at 188 */
    assert_close(wide[3], (0.7 + 1.9 + 11.3) / 3, 1e-15); /* of outputs 0 to 3: all three */
    assert_close(wide[6], (0.7 + 1.9) / 2, 1e-15);        /* to 6: the halves */
    assert_true(wide[7] == -5.3);                         /* nobody's */
    assert_close(wide[188], (0.7 + 1.9 + 11.3) / 3, 1e-15);
    assert_close(wide[189], (0.7 + 1.9) / 2, 1e-15); /* class 1 is not the third client's */
    assert_close(wide[188 + 6 * 5 + 3], (0.7 + 1.9 + 11.3) / 3, 1e-15); /* offsets */
    assert_close(wide[188 + 6 * 5 + 4], (0.7 + 1.9) / 2, 1e-15);
    sim_arena_close(arena);
}

/* FedAvg's weights n_k: (120 x 0.7 + 37 x 1.9) / 157. */
static void weights_weigh(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    const struct learner_slice *slice = slice_at(arena, 1);
    const size_t count = slice->wide->parameter_count;
    double *sums = sim_new(arena, double, count), *weights = sim_new(arena, double, count);
    double *wide = sim_new(arena, double, count), *narrow = sim_new(arena, double, count);

    (void)state;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < count; i++)
            narrow[i] = k == 0 ? 0.7 : 1.9;
        learner_slice_add(slice, narrow, k == 0 ? 120 : 37, NULL, sums, weights);
    }
    learner_slice_merge(sums, weights, wide, count);
    for (size_t i = 0; i < count; i++)
        assert_close(wide[i], (120 * 0.7 + 37 * 1.9) / 157, 1e-15);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_of_rate_1_is_the_identity),
        cmocka_unit_test(slices_lie_within_each_other),
        cmocka_unit_test(a_number_is_the_mean_of_those_who_hold_it),
        cmocka_unit_test(weights_weigh),
    };

    return RUN_CASES(it_holds_the_first_outputs_of_each_hidden_layer_and_their_inputs, levels) +
           RUN_CASES(taken_and_merged_it_is_as_it_was_and_the_rest_untouched, levels) +
           RUN_CASES(it_computes_what_the_wide_one_does_without_the_other_units, levels) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
