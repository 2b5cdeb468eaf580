/* intersect.c -- HeteroFL: which numbers narrow models hold, and their mean. */
#include "tests/unit/close.h"

#include "algorithms/federated/rules/intersect.h"
#include "algorithms/learning/learner.h"
#include "sim/base/random.h"

static void hidden_layers_are_cut_to_the_next_whole_unit(void **state)
{
    const int widths[] = {784, 200, 37, 10};
    int narrow[4];

    (void)state;
    intersect_widths(widths, 3, 0.125, narrow);
    assert_int_equal(narrow[0], 784);
    assert_int_equal(narrow[1], 25);
    assert_int_equal(narrow[2], 5); /* 4.625 */
    assert_int_equal(narrow[3], 10);
    assert_int_equal(intersect_units(200, 0.0625), 13);
    assert_int_equal(intersect_units(3, 0.0625), 1);
    assert_int_equal(intersect_units(37, 1), 37);
    assert_int_equal(intersect_units(30, 0.1), 3); /* 3.0000000000000004 or not */
    assert_int_equal(intersect_units(70, 0.1), 7); /* 7.000000000000001 */
    assert_int_equal(intersect_units(1, 1e-12), 1);
}

/* 2-3-2, weights 0..5, offsets 6..8, weights 9..14, offsets 15, 16; the second hidden unit and the third are cut. */
static void a_slice_lies_where_it_does_by_hand(void **state)
{
    const int widths[] = {2, 3, 2}, narrow[] = {2, 1, 2};
    const uint32_t by_hand[] = {0, 3, 6, 9, 10, 15, 16};
    const int classes[] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1, 0, 1, 0, 1, 0, 1};
    uint32_t where[7];
    int class_of[17];

    (void)state;
    assert_int_equal(intersect_count(widths, 2), 17);
    assert_int_equal(intersect_count(narrow, 2), 7);
    intersect_where(widths, narrow, 2, where);
    assert_memory_equal(where, by_hand, sizeof by_hand);
    intersect_classes(widths, 2, class_of);
    assert_memory_equal(class_of, classes, sizeof classes);
}

/* The layout is the learner's: a narrow network does what the wide one does whose other units are dead. */
static void a_slice_computes_what_the_wide_network_does_without_the_rest(void **state)
{
    const int hidden[] = {11, 7}, narrow_hidden[] = {4, 3};
    const int labels[5] = {0, 1, 2, 3, 1}, numbers[] = {0, 1, 2, 3, 4};
    double features[5 * 3];
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(2, 2);
    const struct data_set set = {
        .count = 5, .feature_count = 3, .class_count = 4, .features = features, .labels = labels};
    const struct learner *wide, *narrow;
    double *whole, *part, *alone, *unused;
    uint32_t *where;

    (void)state;
    for (int i = 0; i < 15; i++)
        features[i] = sim_random_normal(random);
    wide = learner_open(arena, &set, hidden, 2);
    narrow = learner_open(arena, &set, narrow_hidden, 2);
    whole = sim_new(arena, double, wide->parameter_count);
    alone = sim_new(arena, double, wide->parameter_count);
    unused = sim_new(arena, double, wide->parameter_count);
    part = sim_new(arena, double, narrow->parameter_count);
    where = sim_new(arena, uint32_t, narrow->parameter_count);
    assert_int_equal(intersect_count(narrow->widths, 3), narrow->parameter_count);
    for (size_t i = 0; i < wide->parameter_count; i++)
        whole[i] = sim_random_normal(random);
    intersect_where(wide->widths, narrow->widths, 3, where);
    intersect_take(whole, where, narrow->parameter_count, part);
    for (size_t i = 0; i < narrow->parameter_count; i++)
        alone[where[i]] = part[i];
    assert_close(learner_gradient(narrow, part, numbers, 5, unused),
                 learner_gradient(wide, alone, numbers, 5, unused), 1e-13);
    sim_random_close(random);
    sim_arena_close(arena);
}

/* Three clients hold 5, 3 and 2 of seven numbers; number 6 nobody. */
static void each_number_is_the_mean_over_its_holders(void **state)
{
    static const uint32_t a[] = {0, 1, 2, 3, 4}, b[] = {0, 2, 5}, c[] = {2, 5};
    static const double x[] = {1, 2, 3, 4, 5}, y[] = {3, 7, -1}, z[] = {-1, 4};
    const struct intersect_part parts[] = {{5, a, x, NULL}, {3, b, y, NULL}, {2, c, z, NULL}};
    double model[] = {9, 9, 9, 9, 9, 9, 0.123};
    struct sim_arena *arena = sim_arena_open();
    struct intersect all = intersect_open(arena, 7, NULL);

    (void)state;
    for (int i = 0; i < 3; i++)
        intersect_add(&all, &parts[i]);
    assert_int_equal(intersect_mean(&all, model), 6);
    assert_true(model[0] == 2 && model[1] == 2 && model[2] == 3 && model[3] == 4);
    assert_true(model[4] == 5 && model[5] == 1.5 && model[6] == 0.123);
    intersect_clear(&all);
    assert_int_equal(intersect_mean(&all, model), 0);
    assert_true(model[0] == 2);
    intersect_add(&all, &parts[2]);
    assert_int_equal(intersect_mean(&all, model), 2);
    assert_true(model[2] == -1 && model[5] == 4 && model[0] == 2);
    sim_arena_close(arena);
}

/* Full width, all labels: the plain mean, which with equal sample counts is FedAvg's. */
static void of_whole_models_it_is_the_plain_mean(void **state)
{
    enum { COUNT = 1009, CLIENTS = 7 };
    static double values[CLIENTS][COUNT], model[COUNT];
    struct sim_arena *arena = sim_arena_open();
    struct sim_random *random = sim_random_open(3, 2);
    struct intersect all = intersect_open(arena, COUNT, NULL);

    (void)state;
    for (int k = 0; k < CLIENTS; k++) {
        for (int i = 0; i < COUNT; i++)
            values[k][i] = sim_random_normal(random);
        intersect_add(&all, &(struct intersect_part){.count = COUNT, .values = values[k]});
    }
    assert_int_equal(intersect_mean(&all, model), COUNT);
    for (int i = 0; i < COUNT; i++) {
        double mean = 0;

        for (int k = 0; k < CLIENTS; k++)
            mean += 600.0 / (600 * CLIENTS) * values[k][i];
        assert_true(fabs(model[i] - mean) < 1e-14);
    }
    sim_random_close(random);
    sim_arena_close(arena);
}

static void a_class_is_learnt_from_its_owners_only(void **state)
{
    static const int classes[] = {-1, 0, 1, 2, -1};
    static const double x[] = {1, 1, 1, 1, 1}, y[] = {3, 3, 3, 3, 3};
    const bool first[] = {true, false, false}, both[] = {true, true, false};
    const struct intersect_part parts[] = {{5, NULL, x, first}, {5, NULL, y, both}};
    double model[] = {9, 9, 9, 9, 9}, free_for_all[] = {9, 9, 9, 9, 9};
    struct sim_arena *arena = sim_arena_open();
    struct intersect apart = intersect_open(arena, 5, classes);
    struct intersect together = intersect_open(arena, 5, NULL);

    (void)state;
    for (int i = 0; i < 2; i++) {
        intersect_add(&apart, &parts[i]);
        intersect_add(&together, &parts[i]);
    }
    assert_int_equal(intersect_mean(&apart, model), 4);
    assert_true(model[0] == 2 && model[1] == 2 && model[2] == 3 && model[3] == 9 && model[4] == 2);
    assert_int_equal(intersect_mean(&together, free_for_all), 5);
    assert_true(free_for_all[3] == 2);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_layers_are_cut_to_the_next_whole_unit),
        cmocka_unit_test(a_slice_lies_where_it_does_by_hand),
        cmocka_unit_test(a_slice_computes_what_the_wide_network_does_without_the_rest),
        cmocka_unit_test(each_number_is_the_mean_over_its_holders),
        cmocka_unit_test(of_whole_models_it_is_the_plain_mean),
        cmocka_unit_test(a_class_is_learnt_from_its_owners_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
