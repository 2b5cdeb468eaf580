/* pads.c -- asynchronous secure aggregation: pads hide each vector, and their weighed sum comes off exactly. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/pads.h"

enum { CLIENTS = 7, COUNT = 1009 };

static const struct secure how = {
    .clients = CLIENTS, .bits = 61, .fraction_bits = 23, .weight_bits = 11};

static uint64_t seed_of(int k)
{
    return UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(k + 3);
}

static double number(int k, int i)
{
    return 19.7 * sin(1 + 0.37 * k + 1.13 * i);
}

/* What arrives is unlike the numbers; what is left of the sum is the sum of whole multiples, in whole weights. */
static void the_weighed_sum_is_exact(void **state)
{
    static uint64_t words[COUNT], sum[COUNT], pads[COUNT], zero[COUNT];
    static int64_t exact[COUNT];
    static double x[COUNT], values[COUNT];
    struct sim_error err = {0};
    int same = 0;

    (void)state;
    for (int k = 0; k < CLIENTS; k++) {
        const uint64_t weight = pads_weight(&how, 1 / sqrt(1 + k));

        for (int i = 0; i < COUNT; i++) {
            x[i] = number(k, i);
            exact[i] += (int64_t)weight * llround(ldexp(x[i], how.fraction_bits));
        }
        assert_true(secure_quantise(&how, x, COUNT, words, &err));
        for (int i = 0; i < COUNT; i++)
            zero[i] = words[i];
        pads_add(&how, seed_of(k), 1, words, COUNT);
        for (int i = 0; i < COUNT; i++)
            same += words[i] >> 60 == zero[i] >> 60;
        pads_weigh(&how, sum, words, weight, COUNT);
        pads_add(&how, seed_of(k), weight, pads, COUNT);
    }
    assert_true(abs(same - CLIENTS * COUNT / 2) < 5 * sqrt(CLIENTS * COUNT) / 2);
    pads_remove(&how, sum, pads, COUNT);
    secure_restore(&how, sum, COUNT, values);
    for (int i = 0; i < COUNT; i++)
        assert_true(values[i] == ldexp((double)exact[i], -how.fraction_bits));
}

static void a_weight_is_the_nearest_whole_number(void **state)
{
    const struct secure none = {.clients = 1, .bits = 32};

    (void)state;
    assert_int_equal(pads_weight(&how, 1), 2048);
    assert_int_equal(pads_weight(&how, 0), 0);
    assert_int_equal(pads_weight(&how, 1 / sqrt(3)), 1182); /* 1182.41 */
    assert_int_equal(pads_weight(&none, 1), 1);
}

/* 2^60 / 7 / 2^11 multiples of 2^-23 have room, one more has not. */
static void weights_take_room_in_the_sum(void **state)
{
    const double most = ldexp(1, 60 - 11 - 23) / 7;
    uint64_t word;

    (void)state;
    assert_true(secure_quantise(&how, &(double){most - 1e-6}, 1, &word, &(struct sim_error){0}));
    assert_false(secure_quantise(&how, &(double){most + 1e-6}, 1, &word, &(struct sim_error){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_weighed_sum_is_exact),
        cmocka_unit_test(a_weight_is_the_nearest_whole_number),
        cmocka_unit_test(weights_take_room_in_the_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
