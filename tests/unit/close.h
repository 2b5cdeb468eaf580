/* close.h -- what cmocka 1.1.5 has no assertion for: doubles, and tables of cases.
 *
 * Also includes cmocka and the four headers that it needs before it. */
#ifndef TESTS_UNIT_CLOSE_H
#define TESTS_UNIT_CLOSE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline void assert_close_at(double actual, double expected, double relative,
                                   const char *what, const char *file, int line)
{
    if (fabs(actual - expected) <= relative * fabs(expected)) /* false for NaN */
        return;
    print_error("%s is %.17g, not %.17g within %g of it\n", what, actual, expected, relative);
    _fail(file, line);
}

/* `actual` differs from `expected` by at most `relative` times it; relative 0 is exact. */
#define assert_close(actual, expected, relative)                                                   \
    assert_close_at((actual), (expected), (relative), #actual, __FILE__, __LINE__)

static inline void assert_near_at(double actual, double expected, double distance, const char *what,
                                  const char *file, int line)
{
    if (fabs(actual - expected) <= distance) /* false for NaN */
        return;
    print_error("%s is %.17g, not %.17g within %g\n", what, actual, expected, distance);
    _fail(file, line);
}

/* The same with an absolute distance: for figures printed with so many digits, and for sigmas. */
#define assert_near(actual, expected, distance)                                                    \
    assert_near_at((actual), (expected), (distance), #actual, __FILE__, __LINE__)

/* Run `check` once for each of `count` cases of `size` bytes, whose first member is the case's name:
 * a sentence.  *state is the case.  Returns the number of failures. */
static inline int run_cases(const char *group, CMUnitTestFunction check, void *cases, size_t count,
                            size_t size)
{
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    int failures;

    for (size_t i = 0; i < count; i++) {
        tests[i].initial_state = (char *)cases + i * size;
        tests[i].name = *(const char **)tests[i].initial_state;
        tests[i].test_func = check;
    }
    failures = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
    free(tests);
    return failures;
}

#define RUN_CASES(check, cases)                                                                    \
    run_cases(#cases, check, cases, sizeof(cases) / sizeof((cases)[0]), sizeof((cases)[0]))

#endif
