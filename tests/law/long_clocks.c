/* Runs of hours and weeks, whose clock's last digit is more than the precision that short runs ask of SimGrid. */
#include "tests/fixtures/simulate.h"

#include <stdio.h>

/* Two phones compute side by side as SimGrid times it.  In each of these cases the end of a computation came out a
 * digit away from the clock that had been moved there, and SimGrid did not see it. */
static void computations_end_whatever_the_last_digit_of_the_clock(void **state)
{
    static const double seconds[] = {16886.29558,  16624.2302,  19058.12922, 40761.26092,
                                     157200.21116, 623881.1177, 1115352.1208};

    (void)state;
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        char text[512];
        struct simulated run;

        snprintf(text, sizeof text,
                 "platform: platforms/phones_to_cloud.xml\n"
                 "hosts: {server: [cloud], client: [\"phone-*\"]}\n"
                 "algorithm: {name: fedavg, clients: 2, clients_per_round: 2, model_bytes: 1MB, "
                 "samples_per_client: 1, compute_seconds_per_sample: %.17g, flop_per_byte: 0}\n"
                 "simulation: full\n"
                 "iterations: 3\n",
                 seconds[i]);
        run = simulate(text, NULL);
        if (run.code != 0)
            fail_msg("%.17g s: %s", seconds[i], run.err.text);
        assert_true(seconds_of(&run) >= 3 * seconds[i]);
        assert_true(number_at(run.summary, "messages") == 12);
        simulated_release(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computations_end_whatever_the_last_digit_of_the_clock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
