/* How a child ended is judged by all that is known of it: its reply, and the exit code of its process. */
#include "sim/study/simulate.h"
#include "tests/unit/close.h"

#include <string.h>

#define ENDING_OF(code)                                                                            \
    "\n{\"code\":" #code ",\"error\":\"It broke a law.\",\"wall_seconds\":1.5,\"next\":0}"

static const char leak[] = "==77==WARNING: ASan is ignoring requested __asan_handle_no_return\n"
                           "=================================================================\n"
                           "==77==ERROR: LeakSanitizer: detected memory leaks\n"
                           "\n"
                           "Direct leak of 80 byte(s) in 1 object(s) allocated from:\n"
                           "    #0 0x7f00 in malloc\n"
                           "    #1 0x5500 in prepare algorithms/ring.c:12\n"
                           "    #2 0x5501 in main\n"
                           "\n"
                           "Indirect leak of 81 byte(s) in 1 object(s) allocated from:\n";

struct judged {
    struct sim_arena *arena;
    int code;
    const char *summary;
    struct sim_error err;
};

static struct judged judge(struct sim_outcome outcome)
{
    const struct sim_scenario scenario = {.path = "ring.yaml", .platform = "star.xml"};
    volatile bool platform_is_fine = true;
    struct sim_simulation simulation = {.scenario = &scenario,
                                        .platform_is_fine = &platform_is_fine};
    struct judged judged = {.arena = sim_arena_open()};
    double wall_seconds;

    outcome.reply_length = strlen(outcome.reply);
    judged.code = sim_simulation_ended(&simulation, &outcome, &judged.summary, &wall_seconds,
                                       judged.arena, &judged.err);
    return judged;
}

static void a_reply_is_believed_where_the_exit_code_says_the_same(void **state)
{
    struct judged done = judge((struct sim_outcome){.reply = "{\"bytes\":7}" ENDING_OF(0)}),
                  broken = judge((struct sim_outcome){.reply = "{}" ENDING_OF(1), .exit_code = 1}),
                  again = judge((struct sim_outcome){.reply = ENDING_OF(3), .exit_code = 3});

    (void)state;
    assert_int_equal(done.code, 0);
    assert_string_equal(done.summary, "{\"bytes\":7}");
    assert_int_equal(done.err.count, 0);
    assert_int_equal(broken.code, 1);
    assert_string_equal(broken.summary, "{}");
    assert_string_equal(broken.err.text, "It broke a law.");
    assert_int_equal(again.code, SIM_AGAIN);
    sim_arena_close(done.arena);
    sim_arena_close(broken.arena);
    sim_arena_close(again.arena);
}

static void a_process_that_leaks_has_failed_whatever_its_reply_says(void **state)
{
    struct judged judged = judge((struct sim_outcome){
        .reply = "{\"bytes\":7}" ENDING_OF(0), .exit_code = SIM_LEAKED, .complaints = leak});

    (void)state;
    assert_int_equal(judged.code, 1);
    assert_null(judged.summary);
    assert_string_equal(judged.err.text,
                        "The simulation of ring.yaml told of exit code 0, but its process ended "
                        "with 23: ERROR: LeakSanitizer: detected memory leaks; Direct leak "
                        "of 80 byte(s) in 1 object(s) allocated from:; #0 0x7f00 in malloc; "
                        "#1 0x5500 in prepare algorithms/ring.c:12; #2 0x5501 in main");
    sim_arena_close(judged.arena);
}

/* Broken laws are no excuse, nor is it one that it is to be started again. */
static void a_leak_is_told_before_what_the_reply_tells(void **state)
{
    static const char *const replies[] = {"{}" ENDING_OF(1), ENDING_OF(2), ENDING_OF(3)};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct judged judged =
            judge((struct sim_outcome){.reply = replies[i], .exit_code = SIM_LEAKED});
        char expected[128];

        snprintf(expected, sizeof expected,
                 "The simulation of ring.yaml told of exit code %d, but its process ended with 23.",
                 i + 1);
        assert_int_equal(judged.code, 1);
        assert_null(judged.summary);
        assert_string_equal(judged.err.text, expected);
        sim_arena_close(judged.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_believed_where_the_exit_code_says_the_same),
        cmocka_unit_test(a_process_that_leaks_has_failed_whatever_its_reply_says),
        cmocka_unit_test(a_leak_is_told_before_what_the_reply_tells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
