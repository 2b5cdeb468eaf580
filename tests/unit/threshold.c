/* Draft & Verify's controller, worked out by hand. */
#include "algorithms/decoding/shared/threshold.h"
#include "tests/unit/close.h"

/* Threshold .6 at first, at most 12 drafts; the figures are the recurrence by hand, to six and to four digits. */
static void the_threshold_goes_its_way(void **state)
{
    static const struct dec_controller controller = {.5, .9, .01, .9, 12};
    static const struct {
        int accepted, drafted;
        double rate, threshold;
    } rows[] = {{3, 4, .375, .601},    {12, 12, .6875, .602},   {5, 8, .65625, .603},
                {2, 2, .828125, .604}, {12, 12, .914062, .604}, {7, 7, .957031, .603},
                {0, 1, .478516, .604}, {9, 10, .689258, .605}};
    struct dec_threshold threshold = {.threshold = .6};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        dec_threshold_update(&controller, rows[i].accepted, rows[i].drafted, &threshold);
        assert_near(threshold.rate, rows[i].rate, 1e-6);
        assert_near(threshold.threshold, rows[i].threshold, 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_threshold_goes_its_way)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
