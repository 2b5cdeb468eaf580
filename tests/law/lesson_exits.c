/* lesson_exits.c -- the lesson of early exits: latencies by hand, accuracy by real inference. */
#include "analysis/lessons/bench.h"
#include "tests/fixtures/lesson.h"
#include "tests/fixtures/shipped.h"

static void exits(void **state)
{
    struct made_lesson *made;
    /* 10^8, 10^9, 10^10 flop on the device, its edge and the cloud; the network as scenarios/branchynet.yaml has it */
    double p0, p1, p2, t0, t1, t2;

    (void)state;
    skip_without_digits();
    made = lesson_made(&lesson_exits, false);
    lesson_is_sound(made, false, 1e-9);
    p0 = lesson_value(made->bench, "p0");
    p1 = lesson_value(made->bench, "p1");
    p2 = lesson_value(made->bench, "p2");
    t0 = lesson_value(made->bench, "t0");
    t1 = lesson_value(made->bench, "t1");
    t2 = lesson_value(made->bench, "t2");
    assert_close(p0 + p1 + p2, 1, 1e-12);
    lesson_says(made, "t0", 5e-3, 1e-9);
    assert_true(t0 < t1 && t1 < t2);
    lesson_says(made, "latency", p0 * t0 + p1 * t1 + p2 * t2, 1e-9);
    /* who asks for more certainty waits longer, and is right more often */
    assert_true(lesson_value(made->bench, "strict_latency") > lesson_value(made->bench, "latency"));
    assert_true(lesson_value(made->bench, "latency") > lesson_value(made->bench, "lax_latency"));
    assert_true(lesson_value(made->bench, "strict_p0") < p0 &&
                p0 < lesson_value(made->bench, "lax_p0"));
    assert_true(lesson_value(made->bench, "accuracy") > lesson_value(made->bench, "lax_accuracy"));
    lesson_released(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
