/* What cutting an image in tiles costs in accuracy, before and after retraining: ADCNN's small network, five seeds of the
 * digits in 2 x 2 and 4 x 4 tiles. */
#include "tests/fixtures/shipped.h"

#include <stdio.h>

static const int seeds[] = {20231, 31847, 47303, 58921, 69109};
enum { SEEDS = sizeof seeds / sizeof seeds[0], FORMS = 5 };

static const char *const forms[FORMS] = {"accuracy_undivided", "accuracy_cut", "accuracy_retrained",
                                         "accuracy_clipped", "accuracy_coded"};

static void add_run(const char *words, int seed, double *means, double *share)
{
    char all[512];
    struct simulated run;

    snprintf(all, sizeof all,
             "seed=%d algorithm.nodes=4 requests.arrival=fixed requests.rate=1 requests.count=100 "
             "%s",
             seed, words);
    run = shipped_fine("adcnn_table3", NULL, all);
    for (int f = 0; f < FORMS; f++)
        means[f] += metric_of(&run, forms[f]);
    *share += metric_of(&run, "coded_share");
    simulated_release(&run);
}

static void mean_of_seeds(const char *what, const char *words, double *means)
{
    double share = 0;

    for (int f = 0; f < FORMS; f++)
        means[f] = 0;
    for (int s = 0; s < SEEDS; s++)
        add_run(words, seeds[s], means, &share);
    for (int f = 0; f < FORMS; f++)
        means[f] /= SEEDS;
    printf("# %s: undivided %.4f, cut %.4f, retrained %.4f, clipped %.4f, coded %.4f; %.4f of the "
           "bytes\n",
           what, means[0], means[1], means[2], means[3], means[4], share / SEEDS);
}

static void retraining_gives_back_what_few_tiles_cost(void **state)
{
    double means[FORMS];

    (void)state;
    skip_without_digits();
    mean_of_seeds("digits, 2 x 2 tiles", "algorithm.learning=digits algorithm.tiles=4", means);
    assert_true(means[1] < means[0] - 0.3);
    assert_true(means[4] > means[0] - 0.03);
}

/* A tile of 2 x 2 pixels is all edge. */
static void tiles_that_are_all_edge_cost_more_than_retraining_gives(void **state)
{
    double means[FORMS];

    (void)state;
    skip_without_digits();
    mean_of_seeds("digits, 4 x 4 tiles", "algorithm.learning=digits algorithm.tiles=16", means);
    assert_true(means[1] < 0.3);
    assert_true(means[4] > means[1] + 0.3 && means[4] < means[0] - 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retraining_gives_back_what_few_tiles_cost),
        cmocka_unit_test(tiles_that_are_all_edge_cost_more_than_retraining_gives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
