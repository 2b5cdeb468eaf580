/* Fast equals full: thousands of random cases of everything whose steps are given as data.
 *
 * With numbers as arguments only the cases of those numbers are simulated, and what ran is told. */
#include "tests/fixtures/random_case.h"
#include "tests/fixtures/same_run.h"

#include <stdio.h>

enum { FIRST = 20000, CASES = 2000, MOST_WORKERS = 33 };

static void fast_equals_full(void **state)
{
    (void)state;
    for (uint64_t number = FIRST; number < FIRST + CASES; number++)
        random_case_holds(number, MOST_WORKERS, number % 5 == 0);
}

static void tell(uint64_t number)
{
    const struct same_run same = random_case_holds(number, MOST_WORKERS, true);

    printf("# case %llu: %s, %s\n", (unsigned long long)number, same.was_fast ? "fast" : "full",
           same.why);
}

int main(int argc, char **argv)
{
    return random_cases_main(argc, argv, fast_equals_full, tell);
}
