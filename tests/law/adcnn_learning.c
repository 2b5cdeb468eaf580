/* adcnn_learning.c -- ADCNN: what cutting an image in tiles costs in accuracy, and what late tiles do. */
#include "tests/fixtures/shipped.h"

#include <math.h>

static void cutting_costs_accuracy_and_retraining_gives_it_back(void **state)
{
    struct simulated run;

    (void)state;
    skip_without_digits();
    run = shipped_fine("adcnn_table3", NULL,
                       "algorithm.learning=digits algorithm.tiles=4 algorithm.nodes=4 "
                       "algorithm.map_bytes=802816 requests.arrival=fixed requests.rate=1 "
                       "algorithm.time_limit=1 algorithm.epochs=[3,2,1,1] requests.count=360");
    assert_true(metric_of(&run, "accuracy_undivided") > 0.88);
    assert_true(metric_of(&run, "accuracy_cut") < metric_of(&run, "accuracy_undivided") - 0.1);
    assert_true(metric_of(&run, "accuracy_retrained") >
                metric_of(&run, "accuracy_undivided") - 0.05);
    assert_true(metric_of(&run, "accuracy_coded") > metric_of(&run, "accuracy_undivided") - 0.05);
    assert_close(metric_of(&run, "accuracy"), metric_of(&run, "accuracy_coded"), 0.005);
    assert_true(metric_of(&run, "coded_share") < 0.125);
    /* 360 images in, and coded maps out: a byte more for each message at most */
    assert_true(fabs(number_at(run.summary, "bytes") -
                     360 * (308555 + 802816 * metric_of(&run, "coded_share"))) < 360 * 4);
    simulated_release(&run);
}

static void missing_tiles_cost_accuracy(void **state)
{
    static const char words[] = "algorithm.learning=digits algorithm.tiles=4 algorithm.nodes=4 "
                                "requests.arrival=fixed requests.rate=1 requests.count=60 "
                                "algorithm.epochs=[2,1,1,1] ";
    struct simulated all, some;

    (void)state;
    skip_without_digits();
    all = shipped_fine("adcnn_table3", "algorithm.time_limit=10", words);
    some = shipped_fine("adcnn_table3",
                        "faults=[{host: device-2, at: 0, every: 1, for: 0.9, factor: 0.2}]", words);
    assert_true(metric_of(&some, "missing_tiles") > 30);
    assert_true(metric_of(&some, "accuracy") < metric_of(&all, "accuracy") - 0.1);
    simulated_release(&all);
    simulated_release(&some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting_costs_accuracy_and_retraining_gives_it_back),
        cmocka_unit_test(missing_tiles_cost_accuracy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
