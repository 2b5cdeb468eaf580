/* What exits know: accuracy rises with depth, and a threshold buys latency with accuracy.
 *
 * Five seeds of the digits, learned 20 times through; Fashion-MNIST once. */
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>

static const int seeds[] = {20231, 31847, 47303, 58921, 69109};
enum { SEEDS = sizeof seeds / sizeof seeds[0], EXITS = 3 };

/* Of the study's scenario with those settings: element `i` of a metric that is a list. */
static double of_list(const struct simulated *run, const char *name, size_t i)
{
    return json_number_value(
        json_array_get(json_object_get(json_object_get(run->summary, "metrics"), name), i));
}

static struct simulated run_with(const char *words, int seed)
{
    char all[512];

    snprintf(all, sizeof all, "seed=%d %s", seed, words);
    return shipped_fine("studies/branchynet_thresholds", NULL, all);
}

static void accuracy_rises_with_depth(void **state)
{
    double means[EXITS] = {0};

    (void)state;
    skip_without_digits();
    for (int s = 0; s < SEEDS; s++) {
        struct simulated run = run_with("algorithm.epochs=20", seeds[s]);

        for (int e = 0; e < EXITS; e++)
            means[e] += of_list(&run, "exit_accuracies", (size_t)e) / SEEDS;
        assert_true(of_list(&run, "exit_accuracies", 0) < of_list(&run, "exit_accuracies", 1));
        simulated_release(&run);
    }
    printf("# digits: mean accuracy of the exits over %d seeds %.4f, %.4f, %.4f\n", SEEDS, means[0],
           means[1], means[2]);
    assert_true(means[0] > 0.75 && means[1] > 0.93);
    assert_true(means[0] < means[1] && means[1] < means[2]);
}

static void accuracy_rises_with_depth_on_images_of_clothes_too(void **state)
{
    struct simulated run = run_with("algorithm.learning=fashion_mnist "
                                    "requests.count=10000",
                                    11);

    (void)state;
    printf("# Fashion-MNIST: accuracy of the exits %.4f, %.4f, %.4f\n",
           of_list(&run, "exit_accuracies", 0), of_list(&run, "exit_accuracies", 1),
           of_list(&run, "exit_accuracies", 2));
    assert_true(of_list(&run, "exit_accuracies", 0) > 0.8);
    assert_true(of_list(&run, "exit_accuracies", 0) < of_list(&run, "exit_accuracies", 1));
    assert_true(of_list(&run, "exit_accuracies", 1) < of_list(&run, "exit_accuracies", 2));
    simulated_release(&run);
}

/* Less and less is computed and sent; where all leave at once, accuracy is that of the first exit. */
static void a_higher_threshold_is_faster_and_in_the_end_less_accurate(void **state)
{
    static const char *const thresholds[] = {"0", "0.05", "0.25", "0.75", "1.5", "3"};
    double latency = INFINITY, first_share = -1, gain = 0, accuracies[6];

    (void)state;
    skip_without_digits();
    for (int t = 0; t < 6; t++) {
        char words[96];
        struct simulated run;

        snprintf(words, sizeof words, "algorithm.thresholds=[%s,%s]", thresholds[t], thresholds[t]);
        run = run_with(words, 1);
        assert_true(metric_of(&run, "mean_latency_seconds") < latency);
        assert_true(of_list(&run, "exit_shares", 0) >= first_share);
        assert_true(metric_of(&run, "gain") > gain);
        latency = metric_of(&run, "mean_latency_seconds");
        first_share = of_list(&run, "exit_shares", 0);
        gain = metric_of(&run, "gain");
        accuracies[t] = metric_of(&run, "accuracy");
        printf("# T = %s: %5.1f %% leave first, accuracy %.4f, %.2f ms, gain %.2f\n", thresholds[t],
               100 * first_share, accuracies[t], 1e3 * latency, gain);
        simulated_release(&run);
    }
    assert_true(accuracies[5] < accuracies[0] - 0.05);
    assert_true(fabs(accuracies[2] - accuracies[0]) < 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accuracy_rises_with_depth),
        cmocka_unit_test(accuracy_rises_with_depth_on_images_of_clothes_too),
        cmocka_unit_test(a_higher_threshold_is_faster_and_in_the_end_less_accurate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
