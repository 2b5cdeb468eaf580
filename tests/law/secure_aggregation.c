/* Secure aggregation: what its trips and masked numbers weigh, and that the server's sum is the plain one. */
#include "tests/fixtures/federated.h"
#include "tests/fixtures/shipped.h"

#include "algorithms/federated/rules/secure.h"

#define MASKED "algorithm.secure_aggregation=yes"
#define SELDOM "algorithm.evaluate_every=99 "

/* FedProx chooses 10 phones a round; 610 numbers, which summed ten times need 36 bits each. */
static void bytes_are_those_of_the_paper(void **state)
{
    const double keys_up = 2 * 32 + 2 * 9 * 32 + 10 * 32, keys_down = 2 * 9 * 32 + 2 * 9 * 32;
    const double numbers = 610 * 36 / 8.0, turns = 10 * 10;
    struct simulated run =
        shipped_fine("fedprox", NULL, SELDOM "algorithm.local_epochs=2 iterations=10 " MASKED);

    (void)state;
    assert_close(keys_up + keys_down + numbers, secure_bytes(10, 610, 32, 256), 0);
    assert_close(number_at(run.summary, "bytes"), turns * (2440 + keys_up + keys_down + numbers),
                 0);
    assert_close(number_at(run.summary, "messages"), turns * (1 + 1 + 2 * 3), 0);
    simulated_release(&run);
}

static void the_sum_of_masked_updates_is_the_sum(void **state)
{
    (void)state;
    masked_is_plain("fedprox", "algorithm.local_epochs=2 " SELDOM "iterations=5");
    masked_is_plain("fedprox",
                    "algorithm.local_epochs=2 " SELDOM "iterations=5 algorithm.aggregation=plain");
    masked_is_plain("oort", SELDOM "iterations=5");
    masked_is_plain("cmfl", SELDOM "iterations=3");
}

/* Masks that survivors share with those who are gone are taken off. */
static void who_drops_out_takes_no_sum_along(void **state)
{
    (void)state;
    masked_is_plain("fedprox",
                    "algorithm.local_epochs=2 " SELDOM "iterations=6 algorithm.drop_out=0.4");
}

/* Keys of those who were not waited for come in while the server makes its last model: they have crossed the network,
 * and the laws of bytes and messages count them. */
static void keys_that_come_too_late_are_counted(void **state)
{
    struct simulated run = shipped_fine(
        "oort", NULL,
        "iterations=2 seed=3 " MASKED " algorithm.over_selection=1.9 algorithm.compute_jitter=0.8 "
        "algorithm.flop_per_byte=1e5");

    (void)state;
    assert_true(number_at(run.summary, "messages") > 2 * 19 * 2);
    simulated_release(&run);
}

static void what_differs_from_client_to_client_is_not_masked(void **state)
{
    static const char *const names[] = {"fedasync", "fedbuff", "heterofl", "fedprox"};

    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        shipped_fails(names[n], NULL, MASKED " algorithm.compression=ternary", 2,
                      "masks cancel where all send the same numbers");
        shipped_fails(names[n], NULL, MASKED " algorithm.compression=top_k", 2,
                      "use compression: none");
    }
    shipped_fails("fedbuff", "hosts={server: [cloud], client: [\"phone-*\"], trusted: [phone-99]}",
                  MASKED, 2, "lives on the hosts of another role");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_the_paper),
        cmocka_unit_test(the_sum_of_masked_updates_is_the_sum),
        cmocka_unit_test(who_drops_out_takes_no_sum_along),
        cmocka_unit_test(keys_that_come_too_late_are_counted),
        cmocka_unit_test(what_differs_from_client_to_client_is_not_masked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
