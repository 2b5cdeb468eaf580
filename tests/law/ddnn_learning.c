/* DDNN by real inference: thresholds, devices that die, and what views and aggregators change. */
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>

#define LEARNS                                                                                     \
    "algorithm.learning=digits algorithm.epochs=1 algorithm.train_samples=160 requests.count=150 "

static void the_threshold_decides_who_leaves(void **state)
{
    struct simulated all, none, some;

    (void)state;
    skip_without_digits();
    all = shipped_fine("ddnn", NULL, LEARNS "algorithm.thresholds=1");
    none = shipped_fine("ddnn", NULL, LEARNS "algorithm.thresholds=0");
    some = shipped_fine("ddnn", NULL, LEARNS "algorithm.thresholds=0.71");
    assert_close(metric_of(&all, "accuracy"), metric_of(&all, "local_accuracy"), 1e-12);
    assert_close(metric_of(&none, "accuracy"), metric_of(&none, "cloud_accuracy"), 1e-12);
    assert_close(metric_of(&all, "bytes_per_device_and_sample"), 40, 1e-12);
    assert_close(metric_of(&none, "bytes_per_device_and_sample"), 48, 1e-12); /* 4 x 16 bits */
    assert_true(metric_of(&some, "bytes_per_device_and_sample") > 40);
    assert_true(metric_of(&some, "bytes_per_device_and_sample") < 48);
    simulated_release(&all);
    simulated_release(&none);
    simulated_release(&some);
}

/* A device that dies at once is a device that is lost from the first. */
static void who_dies_sees_a_blank(void **state)
{
    static const char died[] = "faults=[{peer: device-1, at: 1us, factor: 0}]";
    static const char *const tiers[] = {"algorithm.edge_tier=no",
                                        "algorithm.edge_tier=yes hosts.edge=edge"};

    (void)state;
    skip_without_digits();
    for (int t = 0; t < 2; t++) {
        char words[256], lost_words[256];
        struct simulated dead, lost;

        snprintf(words, sizeof words, LEARNS "%s", tiers[t]);
        snprintf(lost_words, sizeof lost_words, LEARNS "%s algorithm.lost_devices=[1]", tiers[t]);
        dead = shipped_fine("ddnn", died, words);
        lost = shipped_fine("ddnn", NULL, lost_words);
        assert_close(metric_of(&dead, "accuracy"), metric_of(&lost, "accuracy"), 1e-12);
        assert_true(metric_of(&lost, "accuracy") !=
                    shipped_metric("ddnn", words, "accuracy")); /* it would have had a say */
        simulated_release(&dead);
        simulated_release(&lost);
    }
}

/* One number of what the two exits say. */
static double learned(const char *words)
{
    char all[512];
    struct simulated run;
    double value;

    snprintf(all, sizeof all, LEARNS "%s", words);
    run = shipped_fine("ddnn", NULL, all);
    value = metric_of(&run, "cloud_accuracy") + M_PI * metric_of(&run, "local_accuracy") +
            1e-3 * metric_of(&run, "bytes_per_device_and_sample");
    simulated_release(&run);
    return value;
}

static void views_and_aggregators_matter(void **state)
{
    static const char *const words[] = {
        "algorithm.views=quadrants",       "algorithm.views=crops",
        "algorithm.views=noise",           "algorithm.view_noise=0.9",
        "algorithm.blank_share=0.6",       "algorithm.score_aggregator=ap",
        "algorithm.feature_aggregator=ap", "algorithm.filters=3"};
    double before;

    (void)state;
    skip_without_digits();
    before = learned("");
    for (int i = 0; i < 8; i++)
        assert_true(learned(words[i]) != before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_threshold_decides_who_leaves),
        cmocka_unit_test(who_dies_sees_a_blank),
        cmocka_unit_test(views_and_aggregators_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
