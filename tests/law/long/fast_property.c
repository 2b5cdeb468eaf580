/* Fast equals full: thousands of random cases of everything whose steps are given as data.
 *
 * With numbers as arguments only the cases of those numbers are simulated, and what ran is told. */
#include "tests/fixtures/random_case.h"
#include "tests/fixtures/same_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 20000, CASES = 2000, MOST_WORKERS = 33 };

static void fast_equals_full(void **state)
{
    (void)state;
    for (uint64_t number = FIRST; number < FIRST + CASES; number++)
        random_case_holds(number, MOST_WORKERS, number % 5 == 0);
}

static int cases_asked_for;
static char **numbers_asked_for;

static void the_cases_asked_for(void **state)
{
    (void)state;
    for (int i = 0; i < cases_asked_for; i++) {
        const struct same_run same =
            random_case_holds(strtoull(numbers_asked_for[i], NULL, 10), MOST_WORKERS, true);

        printf("# case %s: %s, %s\n", numbers_asked_for[i], same.was_fast ? "fast" : "full",
               same.why);
    }
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
