/* The bookkeeping of a parameter server's key range: who is answered when, and what is in the sum. */
#include "algorithms/data_parallel/shared/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct sgd sgd = {.rate = 0.5};
static const double zeros[2] = {0, 0};

static struct keys *keys_with(struct sim_arena *arena, enum consistency consistency, int delay,
                              int workers)
{
    return keys_open(arena, consistency, delay, workers, zeros, 2, &sgd);
}

static void push(struct keys *keys, int worker, int clock, double a, double b)
{
    const double gradient[2] = {a, b};

    assert_true(keys_push(keys, worker, clock, gradient));
}

static int answers(struct keys *keys, int *clocks)
{
    int worker, clock, mask = 0;

    while ((worker = keys_answer(keys, &clock)) >= 0) {
        mask |= 1 << worker;
        if (clocks != NULL)
            clocks[worker] = clock;
    }
    return mask;
}

static void bsp_answers_all_when_all_have_pushed(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, BSP, 0, 3);
    int clocks[3];

    (void)state;
    assert_true(keys_is_first(keys, 0));
    push(keys, 2, 0, 3, 7);
    assert_false(keys_is_first(keys, 0));
    push(keys, 0, 0, 1, 4);
    assert_false(keys_complete(keys));
    assert_int_equal(answers(keys, NULL), 0);
    push(keys, 1, 0, 5, 1);
    assert_true(keys_complete(keys));
    assert_false(keys_complete(keys));
    assert_int_equal(answers(keys, clocks), 7);
    assert_int_equal(clocks[1], 1);
    assert_true(keys->parameters[0] == -0.5 * 3 && keys->parameters[1] == -0.5 * 4);
    assert_true(keys_are_finished(keys, 1));
    assert_false(keys_are_finished(keys, 2));
    sim_arena_close(arena);
}

static void a_delay_keeps_the_sums_of_clocks_apart(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, BOUNDED_DELAY, 2, 2);

    (void)state;
    push(keys, 0, 0, 1, 0);
    push(keys, 0, 1, 10, 0);
    push(keys, 0, 2, 100, 0);
    push(keys, 1, 0, 3, 0);
    assert_true(keys_complete(keys));
    assert_false(keys_complete(keys));
    assert_true(keys->parameters[0] == -1);
    push(keys, 1, 1, 30, 0);
    assert_true(keys_complete(keys));
    assert_true(keys->parameters[0] == -1 - 10);
    assert_int_equal(answers(keys, NULL), 3); /* both, for both clocks */
    assert_false(keys_are_finished(keys, 3));
    sim_arena_close(arena);
}

static void asynchronous_answers_each_at_once(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, ASYNCHRONOUS, 0, 2);

    (void)state;
    for (int clock = 0; clock < 3; clock++) {
        push(keys, 1, clock, 2, 0);
        assert_int_equal(answers(keys, NULL), 2);
    }
    assert_true(keys->parameters[0] == -0.5 * 2 / 2 * 3);
    sim_arena_close(arena);
}

static void nobody_gets_further_ahead_than_the_staleness(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, STALE_SYNCHRONOUS, 2, 2);
    int clocks[2] = {0, 0};

    (void)state;
    for (int clock = 0; clock < 2; clock++) {
        push(keys, 0, clock, 1, 1);
        assert_int_equal(answers(keys, NULL), 1);
    }
    push(keys, 0, 2, 1, 1); /* three clocks ahead of one who has none */
    assert_int_equal(answers(keys, NULL), 0);
    push(keys, 1, 0, 1, 1);
    assert_int_equal(answers(keys, clocks), 3);
    assert_int_equal(clocks[0], 3);
    assert_int_equal(clocks[1], 1);
    sim_arena_close(arena);
}

static void who_is_dead_is_not_waited_for_and_who_returns_is(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, BSP, 0, 2);
    int clocks[2] = {0, 0};

    (void)state;
    push(keys, 0, 0, 2, 0);
    keys_drop(keys, 1);
    assert_true(keys_complete(keys));
    assert_true(keys->parameters[0] == -1); /* the mean of those who pushed */
    assert_int_equal(answers(keys, NULL), 1);
    keys_return(keys, 1);
    push(keys, 0, 1, 2, 0);
    assert_false(keys_complete(keys));
    push(keys, 1, 1, 4, 0);
    assert_true(keys_complete(keys));
    assert_true(keys->parameters[0] == -1 - 1.5);
    assert_int_equal(answers(keys, clocks), 3);
    assert_int_equal(clocks[1], 2);
    sim_arena_close(arena);
}

static void a_push_for_a_clock_that_is_over_is_answered_but_not_used(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, BSP, 0, 2);
    const double late[2] = {99, 99};
    int clocks[2] = {0, 0};

    (void)state;
    keys_drop(keys, 1);
    push(keys, 0, 0, 2, 0);
    assert_true(keys_complete(keys));
    assert_int_equal(answers(keys, NULL), 1);
    keys_return(keys, 1);
    assert_false(keys_push(keys, 1, 0, late));
    assert_int_equal(answers(keys, clocks), 2);
    assert_int_equal(clocks[1], 1);
    assert_true(keys->parameters[0] == -1);
    sim_arena_close(arena);
}

static void a_replica_goes_on_from_the_copy(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, BSP, 0, 2);
    const double copy[2] = {7, 11};

    (void)state;
    keys_restore(keys, 5, NULL, copy);
    assert_int_equal(keys->done, 5);
    assert_int_equal(answers(keys, NULL), 0);
    push(keys, 0, 5, 2, 0);
    push(keys, 1, 5, 2, 0);
    assert_true(keys_complete(keys));
    assert_true(keys->parameters[0] == 6);
    assert_int_equal(answers(keys, NULL), 3);
    sim_arena_close(arena);
}

static void a_copy_that_is_taken_late_forgets_nobody(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct keys *keys = keys_with(arena, BSP, 0, 2);
    const double copy[2] = {7, 11};
    int clocks[2] = {0, 0};

    (void)state;
    push(keys, 0, 0, 2, 0); /* of a clock that the copy has */
    keys_restore(keys, 1, NULL, copy);
    assert_true(keys->parameters[0] == 7);
    assert_int_equal(answers(keys, clocks), 1);
    assert_int_equal(clocks[0], 1);
    push(keys, 0, 1, 2, 0);
    keys_restore(keys, 1, NULL, zeros); /* an old one changes nothing */
    push(keys, 1, 1, 4, 0);
    assert_true(keys_complete(keys));
    assert_true(keys->parameters[0] == 7 - 1.5);
    assert_int_equal(answers(keys, NULL), 3);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bsp_answers_all_when_all_have_pushed),
        cmocka_unit_test(a_delay_keeps_the_sums_of_clocks_apart),
        cmocka_unit_test(asynchronous_answers_each_at_once),
        cmocka_unit_test(nobody_gets_further_ahead_than_the_staleness),
        cmocka_unit_test(who_is_dead_is_not_waited_for_and_who_returns_is),
        cmocka_unit_test(a_push_for_a_clock_that_is_over_is_answered_but_not_used),
        cmocka_unit_test(a_replica_goes_on_from_the_copy),
        cmocka_unit_test(a_copy_that_is_taken_late_forgets_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
