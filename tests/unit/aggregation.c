/* aggregation.c -- how scores and features are joined, when an exit is sure, and features of one bit. */
#include "tests/unit/noise.h"

#include "algorithms/inference/rules/aggregation.h"

enum { MEMBERS = 3, CHANNELS = 2, PIXELS = 6, COUNT = CHANNELS * PIXELS };
static const struct image_shape part = {CHANNELS, 2, 3};

struct joined {
    struct aggregation how;
    struct aggregation_stash *stash;
    double *parameters, parts[MEMBERS * COUNT], weights[COUNT];
};

static struct joined join(struct sim_arena *arena, enum aggregator kind)
{
    struct joined j = {.how = aggregation_of(arena, kind, MEMBERS, part)};

    j.stash = aggregation_stash_open(arena, &j.how);
    j.parameters = sim_new(arena, double, aggregation_parameters(&j.how) + 1);
    random_vector(j.parameters, aggregation_parameters(&j.how), 71);
    random_vector(j.parts, MEMBERS * COUNT, 72);
    random_vector(j.weights, COUNT, 73);
    return j;
}

/* A weighted sum of what comes out, which has `weights` as its gradient. */
static double sum_of(struct joined *j)
{
    const double *output = aggregation_forward(&j->how, j->parameters, j->parts, j->stash);
    double sum = 0;

    for (int i = 0; i < COUNT; i++)
        sum += j->weights[i] * output[i];
    return sum;
}

static void the_highest_and_the_mean_are_of_each_number(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct joined highest = join(arena, AGGREGATE_MAX), mean = join(arena, AGGREGATE_MEAN);

    (void)state;
    sum_of(&highest);
    sum_of(&mean);
    for (int i = 0; i < COUNT; i++) {
        const double a = highest.parts[i], b = highest.parts[COUNT + i],
                     c = highest.parts[2 * COUNT + i];

        assert_true(highest.stash->output[i] == fmax(a, fmax(b, c)));
        assert_close(mean.stash->output[i], (a + b + c) / 3, 1e-15);
    }
    assert_int_equal(aggregation_parameters(&highest.how), 0);
    sim_arena_close(arena);
}

/* Channels of the parts one behind the other; at each pixel the same weights. */
static void concatenation_is_a_linear_layer_at_each_pixel(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct joined j = join(arena, AGGREGATE_CONCATENATE);
    const int inputs = MEMBERS * CHANNELS;
    const double *output, *offsets = j.parameters + CHANNELS * inputs;

    (void)state;
    assert_int_equal(aggregation_parameters(&j.how), CHANNELS * inputs + CHANNELS);
    output = aggregation_forward(&j.how, j.parameters, j.parts, j.stash);
    for (int f = 0; f < CHANNELS; f++)
        for (int p = 0; p < PIXELS; p++) {
            double sum = offsets[f];

            for (int c = 0; c < inputs; c++)
                sum += j.parameters[f * inputs + c] * j.parts[c * PIXELS + p];
            assert_close(output[f * PIXELS + p], sum, 1e-12);
        }
    sim_arena_close(arena);
}

static void check_slopes(struct joined *j, double *numbers, const double *gradient, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double held = numbers[i], h = 1e-6;
        double above, below;

        numbers[i] = held + h;
        above = sum_of(j);
        numbers[i] = held - h;
        below = sum_of(j);
        numbers[i] = held;
        assert_true(fabs((above - below) / (2 * h) - gradient[i]) <= 1e-7);
    }
}

static void gradients_are_those_of_finite_differences(void **state)
{
    (void)state;
    for (int kind = AGGREGATE_MAX; kind <= AGGREGATE_CONCATENATE; kind++) {
        struct sim_arena *arena = sim_arena_open();
        struct joined j = join(arena, (enum aggregator)kind);
        const size_t count = aggregation_parameters(&j.how);
        double *gradient = sim_new(arena, double, count + 1), of_parts[MEMBERS * COUNT];

        sum_of(&j);
        aggregation_backward(&j.how, j.parameters, j.stash, j.weights, gradient, of_parts);
        check_slopes(&j, j.parts, of_parts, MEMBERS * COUNT);
        check_slopes(&j, j.parameters, gradient, count);
        sim_arena_close(arena);
    }
}

/* Equal highest numbers: the first is the one that learns. */
static void of_equal_numbers_the_first_is_the_highest(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct joined j = join(arena, AGGREGATE_MAX);
    double of_parts[MEMBERS * COUNT];

    (void)state;
    for (int i = 0; i < MEMBERS * COUNT; i++)
        j.parts[i] = 0.31;
    sum_of(&j);
    aggregation_backward(&j.how, NULL, j.stash, j.weights, NULL, of_parts);
    for (int i = 0; i < MEMBERS * COUNT; i++)
        assert_true(of_parts[i] == (i < COUNT ? j.weights[i] : 0));
    sim_arena_close(arena);
}

static void doubt_goes_from_0_to_1(void **state)
{
    static const double sure[4] = {0, 1, 0, 0}, none[4] = {0.25, 0.25, 0.25, 0.25};
    static const double some[3] = {0.7, 0.2, 0.1};

    (void)state;
    assert_true(aggregation_doubt(sure, 4) == 0);
    assert_close(aggregation_doubt(none, 4), 1, 1e-15);
    assert_close(aggregation_doubt(some, 3),
                 -(0.7 * log(0.7) + 0.2 * log(0.2) + 0.1 * log(0.1)) / log(3), 1e-15);
}

static void a_bit_is_a_sign_and_its_gradient_passes_between_minus_one_and_one(void **state)
{
    static const double x[6] = {-1.25, -1, -0.0625, 0, 0.875, 1.0625}, d[6] = {3, 5, 7, 11, 13, 17};
    static const double bits[6] = {-1, -1, -1, 1, 1, 1}, passed[6] = {0, 5, 7, 11, 13, 0};
    double b[6], gradient[6];

    (void)state;
    bits_forward(x, b, 6);
    bits_backward(x, d, gradient, 6);
    for (int i = 0; i < 6; i++) {
        assert_true(b[i] == bits[i]);
        assert_true(gradient[i] == passed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_highest_and_the_mean_are_of_each_number),
        cmocka_unit_test(concatenation_is_a_linear_layer_at_each_pixel),
        cmocka_unit_test(gradients_are_those_of_finite_differences),
        cmocka_unit_test(of_equal_numbers_the_first_is_the_highest),
        cmocka_unit_test(doubt_goes_from_0_to_1),
        cmocka_unit_test(a_bit_is_a_sign_and_its_gradient_passes_between_minus_one_and_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
