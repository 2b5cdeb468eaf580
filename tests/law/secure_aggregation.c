/* Secure aggregation: what its trips and masked numbers weigh, and that the server's sum is the plain one. */
#include "tests/fixtures/shipped.h"

#include "algorithms/federated/rules/secure.h"

#include <stdio.h>

/* FedProx chooses 10 phones a round; 610 numbers, which summed ten times need 36 bits each. */
static void bytes_are_those_of_the_paper(void **state)
{
    const double keys_up = 2 * 32 + 2 * 9 * 32 + 10 * 32, keys_down = 2 * 9 * 32 + 2 * 9 * 32;
    const double numbers = 610 * 36 / 8.0, turns = 10 * 10;
    struct simulated run =
        shipped_fine("fedprox", NULL, "iterations=10 algorithm.secure_aggregation=yes");

    (void)state;
    assert_close(keys_up + keys_down + numbers, secure_bytes(10, 610, 32, 256), 0);
    assert_close(number_at(run.summary, "bytes"), turns * (2440 + keys_up + keys_down + numbers),
                 0);
    assert_close(number_at(run.summary, "messages"), turns * (1 + 1 + 2 * 3), 0);
    simulated_release(&run);
}

/* 24 bits behind the point, weights of some hundred samples: 1e-6 after ten rounds is what rounding can make. */
static void same_model(const char *name, const char *words)
{
    char masked[512];
    struct simulated plain = shipped_fine(name, NULL, words), secure;

    snprintf(masked, sizeof masked, "%s algorithm.secure_aggregation=yes", words);
    secure = shipped_fine(name, NULL, masked);
    assert_close(metric_of(&secure, "test_loss_nats"), metric_of(&plain, "test_loss_nats"), 1e-6);
    assert_close(metric_of(&secure, "weights_projection"), metric_of(&plain, "weights_projection"),
                 1e-6);
    assert_true(metric_of(&secure, "weights_projection") !=
                metric_of(&plain, "weights_projection")); /* it was really rounded */
    assert_close(metric_of(&secure, "uploads"), metric_of(&plain, "uploads"), 0);
    assert_true(metric_of(&secure, "round_seconds") > metric_of(&plain, "round_seconds"));
    simulated_release(&plain);
    simulated_release(&secure);
}

static void the_sum_of_masked_updates_is_the_sum(void **state)
{
    (void)state;
    same_model("fedprox", "iterations=5");
    same_model("fedprox", "iterations=5 algorithm.aggregation=plain");
    same_model("oort", "iterations=5");
    same_model("cmfl", "iterations=4");
}

/* Masks that survivors share with those who are gone are taken off. */
static void who_drops_out_takes_no_sum_along(void **state)
{
    (void)state;
    same_model("fedprox", "iterations=6 algorithm.drop_out=0.4");
}

static void where_nothing_is_summed_nothing_is_masked(void **state)
{
    static const char *const cases[][2] = {{"fedasync", ""},
                                           {"fedbuff", ""},
                                           {"heterofl", ""},
                                           {"fedprox", "algorithm.compression=ternary "}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char words[128];

        snprintf(words, sizeof words, "%salgorithm.secure_aggregation=yes", cases[i][1]);
        shipped_fails(cases[i][0], NULL, words, 2, "masks cancel in a sum over the clients of one");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_the_paper),
        cmocka_unit_test(the_sum_of_masked_updates_is_the_sum),
        cmocka_unit_test(who_drops_out_takes_no_sum_along),
        cmocka_unit_test(where_nothing_is_summed_nothing_is_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
