/* Children of a nest are its opener's, see what was prepared, and end alone. */
#include "sim/study/nest.h"
#include "tests/unit/close.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

/* What the nest makes of it, and its opener does not see. */
struct secret {
    int number;
    pid_t opener;
};

static bool treble(void *context)
{
    struct secret *secret = context;

    secret->number *= 3;
    return true;
}

static bool refuse(void *context)
{
    (void)context;
    return false;
}

static bool die(void *context)
{
    (void)context;
    abort();
}

/* "abort" is done; whatever else is told back, with the number, which no other child finds changed. */
static int answer(void *context, const char *request, size_t length, FILE *reply, int terminal)
{
    struct secret *secret = context;

    (void)terminal;
    if (length == 5 && memcmp(request, "abort", 5) == 0) {
        fputs("these are last words\n", stderr);
        abort();
    }
    fprintf(reply, "%.*s %d %s", (int)length, request, secret->number++,
            getppid() == secret->opener ? "yours" : "another's");
    return length == 3 ? 1 : 0;
}

static bool becomes_ready(struct sim_nest *nest)
{
    const struct timespec moment = {.tv_nsec = 1000 * 1000};

    for (int i = 0; i < 10000 && !sim_nest_is_ready(nest) && nest->pid > 0; i++)
        nanosleep(&moment, NULL);
    return sim_nest_is_ready(nest);
}

static struct sim_outcome ask(struct sim_nest *nest, const char *request, struct sim_arena *arena)
{
    struct sim_child child;
    struct sim_outcome outcome;

    assert_true(sim_nest_start(nest, &child, request, strlen(request)));
    assert_int_equal(sim_child_wait(&child, 1, arena, &outcome), 0);
    return outcome;
}

static void open_nest(struct sim_nest *nest, struct secret *secret)
{
    *secret = (struct secret){.number = 1234567, .opener = getpid()};
    assert_true(sim_nest_open(nest, treble, answer, secret));
    assert_true(becomes_ready(nest));
}

static void each_child_begins_with_what_was_prepared(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_nest nest;
    struct secret secret;

    (void)state;
    open_nest(&nest, &secret);
    assert_int_equal(secret.number, 1234567);
    for (int i = 0; i < 50; i++)
        assert_string_equal(ask(&nest, "hello", arena).reply, "hello 3703701 yours");
    assert_int_equal(ask(&nest, "one", arena).exit_code, 1);
    sim_nest_close(&nest);
    sim_arena_close(arena);
}

static void a_child_that_dies_takes_nobody_along(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_outcome outcome;
    struct sim_nest nest;
    struct secret secret;

    (void)state;
    open_nest(&nest, &secret);
    outcome = ask(&nest, "abort", arena);
    assert_int_equal(outcome.signal, SIGABRT);
    assert_string_equal(outcome.complaints, "these are last words\n");
    outcome = ask(&nest, "still there?", arena);
    assert_int_equal(outcome.signal, 0);
    assert_string_equal(outcome.reply, "still there? 3703701 yours");
    assert_string_equal(outcome.complaints, "");
    sim_nest_close(&nest);
    sim_arena_close(arena);
}

static void several_are_under_way_at_once_and_outlive_the_nest(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_child children[7];
    struct sim_nest nest;
    struct secret secret;
    int seen = 0;

    (void)state;
    open_nest(&nest, &secret);
    for (int i = 0; i < 7; i++)
        assert_true(sim_nest_start(&nest, &children[i], "abcdefg", (size_t)i + 1));
    sim_nest_close(&nest);
    for (int i = 0; i < 7; i++) {
        struct sim_outcome outcome;
        const int which = sim_child_wait(children, 7, arena, &outcome);

        assert_true(which >= 0);
        assert_string_equal(outcome.reply,
                            sim_text(arena, "%.*s 3703701 yours", which + 1, "abcdefg"));
        seen |= 1 << which;
    }
    assert_int_equal(seen, 127);
    sim_arena_close(arena);
}

static void a_nest_that_was_not_prepared_is_never_ready(void **state)
{
    sim_nest_prepare *const fails[] = {refuse, die};
    struct secret secret = {0};
    struct sim_nest nest;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(sim_nest_open(&nest, fails[i], answer, &secret));
        assert_false(becomes_ready(&nest));
        assert_int_equal(nest.pid, 0);
        sim_nest_close(&nest);
    }
}

static void a_nest_that_was_killed_says_so(void **state)
{
    struct sim_nest nest;
    struct secret secret;
    struct sim_child child = {0};

    (void)state;
    open_nest(&nest, &secret);
    kill(nest.pid, SIGKILL);
    assert_false(sim_nest_start(&nest, &child, "anybody?", 8));
    assert_int_equal(child.pid, 0);
    assert_false(sim_nest_is_ready(&nest));
}

static void what_is_too_long_is_not_cut(void **state)
{
    enum { MOST = SIM_NEST_MOST_BYTES - 1 }; /* and the NUL, which ask() sends, too */
    struct sim_arena *arena = sim_arena_open();
    char *request = sim_new(arena, char, SIM_NEST_MOST_BYTES + 2);
    struct sim_nest nest;
    struct secret secret;
    struct sim_child child = {0};

    (void)state;
    open_nest(&nest, &secret);
    memset(request, 'x', SIM_NEST_MOST_BYTES + 1);
    assert_false(sim_nest_start(&nest, &child, request, SIM_NEST_MOST_BYTES + 1));
    assert_false(sim_nest_start(&nest, &child, request, 0));
    request[MOST] = '\0';
    assert_int_equal(ask(&nest, request, arena).reply_length, MOST + strlen(" 3703701 yours"));
    sim_nest_close(&nest);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_child_begins_with_what_was_prepared),
        cmocka_unit_test(a_child_that_dies_takes_nobody_along),
        cmocka_unit_test(several_are_under_way_at_once_and_outlive_the_nest),
        cmocka_unit_test(a_nest_that_was_not_prepared_is_never_ready),
        cmocka_unit_test(a_nest_that_was_killed_says_so),
        cmocka_unit_test(what_is_too_long_is_not_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
