/* Several in one process are as each alone: random cases of everything whose steps are given as data.
 *
 * With numbers as arguments only the cases of those numbers are simulated. */
#include "tests/fixtures/nested.h"
#include "tests/fixtures/random_case.h"

#include <stdio.h>

enum { FIRST = 70000, CASES = 150, MOST_WORKERS = 17 };

#define SET(...)                                                                                   \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* In whatever order fast and full follow each other. */
static int told_of(uint64_t number)
{
    const char *const *const settings[] = {SET("seed=1234567"), SET("simulation=full"),
                                           SET("seed=7654321"), SET("seed=1234567")};
    struct random_case drawn;
    char name[64];

    random_case_draw(&drawn, number, MOST_WORKERS);
    snprintf(name, sizeof name, "case %llu", (unsigned long long)number);
    return nested_are_as_alone(name, drawn.text, settings, 4);
}

static void nested_are_alike(void **state)
{
    int told = 0;

    (void)state;
    for (uint64_t number = FIRST; number < FIRST + CASES; number++)
        told += told_of(number);
    assert_true(told >
                2 * CASES); /* half of the platforms have watts, which SimGrid counts in full */
}

static void tell(uint64_t number)
{
    printf("# case %llu: %d told\n", (unsigned long long)number, told_of(number));
}

int main(int argc, char **argv)
{
    return random_cases_main(argc, argv, nested_are_alike, tell);
}
