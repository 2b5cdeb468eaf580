/* ddnn_table2.c -- bytes of a device for a sample: Teerapittayanon, McDanel, Kung, ICDCS 2017, table II.
 *
 * Six devices, |C| = 3, f = 4 filters of 16 x 16 binary outputs, 171 samples to test.  The paper prints the share that
 * left at the local exit for each threshold; so many samples leave here, and bytes are counted in the messages of the
 * devices.  Gated: all eight, to the byte.  What T leads to which share is learning on pictures that we do not have. */
#include "tests/fixtures/simulate.h"
#include "tests/published/published.h"

#include <math.h>

enum { SAMPLES = 171, RAW_BYTES = 3 * 32 * 32 };

static double bytes(int leave)
{
    char text[512];
    struct simulated run;
    double value;

    snprintf(text, sizeof text,
             "platform: platforms/cameras.xml\n"
             "hosts: {device: [\"camera-*\"], gateway: [gateway], cloud: [cloud]}\n"
             "algorithm: {name: ddnn, local_exit_share: %.17g}\n"
             "requests: {arrival: fixed, rate: 10, count: %d}\ntrace: none\n",
             (double)leave / SAMPLES, SAMPLES);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", text, run.err.text);
    value = metric_of(&run, "bytes_per_device_and_sample");
    assert_close(number_at(run.summary, "bytes"), 6 * SAMPLES * value, 1e-12);
    simulated_release(&run);
    return value;
}

static void table_2(void **state)
{
    static const struct {
        double threshold;
        int leave; /* of 171 */
        const char *percent;
        double published;
    } rows[] = {{0.1, 0, "0.00", 140},   {0.3, 1, "0.58", 139},   {0.5, 3, "1.75", 138},
                {0.6, 5, "2.92", 136},   {0.7, 39, "22.81", 111}, {0.8, 104, "60.82", 62},
                {0.9, 142, "83.04", 34}, {1.0, 171, "100.00", 12}};

    (void)state;
    print_published_head(
        "DDNN, table II: bytes of a device for a sample (gated: all, to the byte)");
    for (int i = 0; i < 8; i++) {
        const double ours = bytes(rows[i].leave);
        char what[64], percent[16];

        snprintf(percent, sizeof percent, "%.2f", 100.0 * rows[i].leave / SAMPLES);
        assert_string_equal(percent, rows[i].percent);
        snprintf(what, sizeof what, "T = %.1f, %s %% leave", rows[i].threshold, percent);
        print_published(what, rows[i].published, ours);
        assert_true(round(ours) == rows[i].published);
    }
}

/* "over 20x": against the picture itself, 3 x 32 x 32 bytes. */
static void twenty_times_less_than_the_picture(void **state)
{
    (void)state;
    assert_true(RAW_BYTES / bytes(0) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_2),
                                       cmocka_unit_test(twenty_times_less_than_the_picture)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
