/* error.c -- sentences that are collected, and what happens when they no longer fit. */
#include "tests/unit/close.h"

#include "sim/base/error.h"

enum { ROOM = sizeof((struct sim_error *)0)->text - 1 };

/* A sentence of exactly `length` letters. */
static bool fail_at_length(struct sim_error *err, int length)
{
    return sim_fail(err, "%*s.", length - 1, "x");
}

static void a_complaint_is_false_counted_and_formatted(void **state)
{
    struct sim_error err = {0};

    (void)state;
    assert_false(sim_fail(&err, "%s:%d: %d hosts are not %s.", "f.yaml", 7, 1000003, "enough"));
    assert_int_equal(err.count, 1);
    assert_string_equal(err.text, "f.yaml:7: 1000003 hosts are not enough.");
}

static void complaints_stand_one_a_line_without_a_newline_at_the_end(void **state)
{
    struct sim_error err = {0};

    (void)state;
    sim_fail(&err, "One.");
    sim_fail(&err, "Two.");
    sim_fail(&err, "Three.");
    assert_int_equal(err.count, 3);
    assert_string_equal(err.text, "One.\nTwo.\nThree.");
}

static void a_percent_sign_in_an_argument_is_only_text(void **state)
{
    struct sim_error err = {0};

    (void)state;
    sim_fail(&err, "%s", "100%n%s");
    assert_string_equal(err.text, "100%n%s");
}

static void a_sentence_that_no_longer_fits_is_counted_but_not_cut(void **state)
{
    struct sim_error err = {0};
    char before[sizeof err.text];

    (void)state;
    for (int i = 0; i < 4; i++)
        fail_at_length(&err, 1003);
    assert_int_equal(strlen(err.text), 4 * 1003 + 3);
    strcpy(before, err.text);
    fail_at_length(&err, 1003);
    assert_int_equal(err.count, 5);
    assert_string_equal(err.text, before);
}

static void a_short_sentence_still_finds_the_room_that_a_long_one_did_not(void **state)
{
    struct sim_error err = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        fail_at_length(&err, 1003);
    sim_fail(&err, "The last.");
    assert_int_equal(err.count, 6);
    assert_string_equal(err.text + strlen(err.text) - 11, ".\nThe last.");
}

static void a_sentence_may_fill_the_room_to_the_last_byte_and_no_further(void **state)
{
    struct sim_error exact = {0}, over = {0};

    (void)state;
    fail_at_length(&exact, 1003);
    fail_at_length(&exact, ROOM - 1003 - 1);
    assert_int_equal(strlen(exact.text), ROOM);
    fail_at_length(&over, 1003);
    fail_at_length(&over, ROOM - 1003);
    assert_int_equal(strlen(over.text), 1003);
    assert_int_equal(over.count, 2);
    sim_fail(&exact, "No room.");
    assert_int_equal(exact.count, 3);
    assert_int_equal(strlen(exact.text), ROOM);
}

static void a_single_sentence_longer_than_the_room_is_kept_as_far_as_it_goes(void **state)
{
    struct sim_error err = {0};

    (void)state;
    fail_at_length(&err, 2 * ROOM);
    assert_int_equal(err.count, 1);
    assert_int_equal(strlen(err.text), ROOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complaint_is_false_counted_and_formatted),
        cmocka_unit_test(complaints_stand_one_a_line_without_a_newline_at_the_end),
        cmocka_unit_test(a_percent_sign_in_an_argument_is_only_text),
        cmocka_unit_test(a_sentence_that_no_longer_fits_is_counted_but_not_cut),
        cmocka_unit_test(a_short_sentence_still_finds_the_room_that_a_long_one_did_not),
        cmocka_unit_test(a_sentence_may_fill_the_room_to_the_last_byte_and_no_further),
        cmocka_unit_test(a_single_sentence_longer_than_the_room_is_kept_as_far_as_it_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
