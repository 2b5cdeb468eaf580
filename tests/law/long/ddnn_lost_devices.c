/* DDNN with a device lost: the paper has at least 95 % right whichever of its six cameras fails, of 97 %.
 *
 * Ours see a digit each in its own way.  Gated: with any one device lost more is right than with that device alone, and
 * than by guessing; and on average a lost device costs something.  What each costs is printed, and in MODEL.md. */
#include "tests/fixtures/shipped.h"

#include <stdio.h>

enum { DEVICES = 6 };

static double accuracy(const char *lost, const char *metric)
{
    char words[128];
    struct simulated run;
    double value;

    snprintf(words, sizeof words, "requests.count=359 algorithm.learning=digits %s", lost);
    run = shipped_fine("ddnn", NULL, words);
    value = metric_of(&run, metric);
    simulated_release(&run);
    return value;
}

static void any_one_device_may_be_lost(void **state)
{
    double all, mean = 0;

    (void)state;
    skip_without_digits();
    all = accuracy("", "accuracy");
    printf("# accuracy with all devices %.4f (the paper: 0.97)\n", all);
    for (int d = 0; d < DEVICES; d++) {
        char lost[64], others[64] = "algorithm.lost_devices=[";
        double without, alone;

        snprintf(lost, sizeof lost, "algorithm.lost_devices=[%d]", d);
        for (int o = 0, at = 24; o < DEVICES; o++)
            if (o != d)
                at += snprintf(others + at, sizeof others - (size_t)at, "%d%s", o,
                               o == DEVICES - 1 || (d == DEVICES - 1 && o == d - 1) ? "]" : ",");
        without = accuracy(lost, "accuracy");
        alone = accuracy(others, "accuracy");
        printf("# without device %d: %.4f (the paper: >= 0.95); with it alone: %.4f\n", d, without,
               alone);
        assert_true(without > alone);
        assert_true(without > 0.1);
        mean += without / DEVICES;
    }
    assert_true(mean < all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_one_device_may_be_lost)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
