/* Fast equals full: thousands of random cases of everything whose steps are given as data.
 *
 * With numbers as arguments only the cases of those numbers are simulated, and what ran is told. */
#include "tests/fixtures/random_case.h"
#include "tests/fixtures/same_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 20000, CASES = 2000, MOST_WORKERS = 33 };

static void hold(uint64_t number, bool tells)
{
    static struct random_case drawn;
    struct same_run same;
    char name[160];

    random_case_draw(&drawn, number, MOST_WORKERS);
    snprintf(name, sizeof name, "case %llu (%s on a %s)", (unsigned long long)number,
             drawn.algorithm, platform_shape_names[drawn.shape]);
    runs_are_the_same(name, drawn.text, &same);
    if (tells)
        printf("# %s: %s, %s\n", name, same.was_fast ? "fast" : "full", same.why);
    if (drawn.is_tcp && (same.was_fast || strstr(same.why, "cross traffic") == NULL))
        fail_msg("%s runs fast with network: tcp, or says %s", name, same.why);
    if (drawn.is_alone && !drawn.is_tcp && !same.was_fast)
        fail_msg("%s runs in full, since %s, though all are alone:\n%s", name, same.why,
                 drawn.text);
    if (number % 5 == 0)
        runs_are_repeatable(name, drawn.text);
}

static void fast_equals_full(void **state)
{
    (void)state;
    for (uint64_t number = FIRST; number < FIRST + CASES; number++)
        hold(number, false);
}

static int cases_asked_for;
static char **numbers_asked_for;

static void the_cases_asked_for(void **state)
{
    (void)state;
    for (int i = 0; i < cases_asked_for; i++)
        hold(strtoull(numbers_asked_for[i], NULL, 10), true);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(fast_equals_full)},
                            some[] = {cmocka_unit_test(the_cases_asked_for)};

    cases_asked_for = argc - 1;
    numbers_asked_for = argv + 1;
    return argc > 1 ? cmocka_run_group_tests(some, NULL, NULL)
                    : cmocka_run_group_tests(all, NULL, NULL);
}
