/* What is watched reaches the thread that waits, though another one of the process does not block it. */
#include "sim/study/child.h"
#include "tests/unit/close.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static void *wait_for_ever(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}

/* As a library's thread, that there is before main has blocked anything. */
static int start_thread(void **state)
{
    pthread_t thread;

    (void)state;
    if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
        return -1;
    sim_child_guard();
    return 0;
}

static void arrives(int number)
{
    const struct timespec while_nobody_waits = {.tv_nsec = 20 * 1000 * 1000},
                          at_most = {.tv_sec = 5};
    sigset_t set;

    sim_watched_signals(&set);
    assert_int_equal(kill(getpid(), number), 0);
    nanosleep(&while_nobody_waits, NULL);
    assert_int_equal(sigtimedwait(&set, NULL, &at_most), number);
}

static void the_end_of_a_child_is_not_lost(void **state)
{
    (void)state;
    arrives(SIGCHLD);
}

static void an_interruption_is_told_and_kills_nobody(void **state)
{
    (void)state;
    arrives(SIGTERM);
    arrives(SIGINT);
    arrives(SIGHUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_child_is_not_lost),
        cmocka_unit_test(an_interruption_is_told_and_kills_nobody),
    };

    return cmocka_run_group_tests(tests, start_thread, NULL);
}
