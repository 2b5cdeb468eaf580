/* lesson_exits_answers.c -- the exercises of early exits, each of which trains a network. */
#include "analysis/lessons/bench.h"
#include "tests/fixtures/lesson.h"
#include "tests/fixtures/shipped.h"

static void answers(void **state)
{
    struct made_lesson *made;

    (void)state;
    skip_without_digits();
    made = lesson_made(&lesson_exits, true);
    lesson_is_sound(made, true, 1e-9);
    lesson_says(made, "all_latency", 5e-3, 1e-9);
    lesson_says(made, "nobody_bytes", 300 * (12544 + 6272 + 40), 0);
    lesson_released(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
