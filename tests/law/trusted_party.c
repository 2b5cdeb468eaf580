/* Secure aggregation where there are no rounds: what the trusted party hears and says, and that what is left of the
 * sum is the sum. */
#include "tests/fixtures/federated.h"
#include "tests/fixtures/shipped.h"

#include <math.h>
#include <stdio.h>

#define MASKED "algorithm.secure_aggregation=yes"
#define FEWER  "algorithm.clients=13 algorithm.evaluate_every=99 "

/* Versions of five updates: 610 numbers of 32 bits times weights of 12, which summed five times need 47 bits each.
 * A key goes down with the model, a key and a sealed seed come up; to the trusted party go those and a weight of 2
 * bytes, a request of 8, and back comes the sum of masks. */
static void bytes_of_the_trusted_party_are_those_that_it_states(void **state)
{
    const double masked = ceil(610 * 47 / 8.0), versions = 11;
    struct simulated run = shipped_fine("fedbuff", NULL, FEWER "iterations=11 " MASKED);
    const double downloads = metric_of(&run, "downloads"), uploads = metric_of(&run, "uploads");

    (void)state;
    assert_true(uploads >= 55);
    assert_close(number_at(run.summary, "bytes"), downloads * (2440 + 32) + uploads * (masked + 64),
                 0);
    assert_close(number_at(run.summary, "messages"), downloads + uploads, 0);
    assert_close(number_at(run.summary, "local_bytes"), versions * (5 * 66 + 8 + masked), 0);
    assert_close(metric_of(&run, "trusted_messages"), versions * (5 + 2), 0);
    simulated_release(&run);
}

/* One update a version, weighed when it is unmasked: 32 bits a number, as without masks. */
static void a_sum_of_one_costs_a_trusted_party_and_hides_nothing(void **state)
{
    struct simulated run = shipped_fine("fedasync", NULL, FEWER "iterations=13 " MASKED);
    const double downloads = metric_of(&run, "downloads"), uploads = metric_of(&run, "uploads");

    (void)state;
    assert_close(number_at(run.summary, "bytes"), downloads * (2440 + 32) + uploads * (2440 + 64),
                 0);
    assert_close(number_at(run.summary, "local_bytes"), 13 * (66 + 8 + 2440), 0);
    assert_close(metric_of(&run, "trusted_messages"), 13 * 3, 0);
    assert_true(simulated_says(&run, "a sum of one hides nothing from the server"));
    simulated_release(&run);
}

/* Nobody is stale where all work for every version: weights are then exact, and what is left is rounding, at most
 * 2^-25 a number and version. */
static void the_trusted_party_leaves_the_sum(void **state)
{
    static const char all[] =
        "algorithm.clients=5 algorithm.concurrency=5 algorithm.evaluate_every=99 iterations=6";
    char words[256];

    (void)state;
    masked_is_plain("fedbuff", all);
    snprintf(words, sizeof words, "%s algorithm.normalisation=weights algorithm.aggregation=plain",
             all);
    masked_is_plain("fedbuff", words);
    masked_is_plain("fedasync", FEWER "algorithm.concurrency=3 iterations=17");
}

/* A weight 1 / sqrt(1 + d) is rounded to a multiple of 2^-12: to 2^-13 sqrt(1 + d) of itself, and so is what a version
 * adds.  Over the versions the change of the loss may be off by as much, in the first order. */
static void staleness_in_whole_weights_is_off_by_their_rounding(void **state)
{
    static const char *const cases[] = {
        FEWER "iterations=5",
        FEWER "iterations=5 algorithm.normalisation=weights algorithm.aggregation=plain",
        FEWER "iterations=5 algorithm.drop_out=0.4"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct simulated plain = shipped_fine("fedbuff", NULL, cases[i]), secure;
        const double first = shipped_metric(
            "fedbuff", FEWER "iterations=1 algorithm.server_learning_rate=0", "test_loss_nats");
        const double change = fabs(metric_of(&plain, "test_loss_nats") - first);
        const double staleness = metric_of(&plain, "largest_staleness");
        char words[256];

        snprintf(words, sizeof words, "%s " MASKED, cases[i]);
        secure = shipped_fine("fedbuff", NULL, words);
        assert_true(staleness > 0);
        assert_true(
            fabs(metric_of(&secure, "test_loss_nats") - metric_of(&plain, "test_loss_nats")) <=
            ldexp(sqrt(1 + staleness), -13) * change);
        assert_true(metric_of(&secure, "mean_staleness") == metric_of(&plain, "mean_staleness"));
        simulated_release(&plain);
        simulated_release(&secure);
    }
}

/* Abandoned buffers are forgotten: their masks are not in the next sum. */
static void masks_of_an_abandoned_buffer_are_in_no_sum(void **state)
{
    static const char hasty[] =
        FEWER "iterations=20 algorithm.round_deadline=7.3 algorithm.minimum_fraction=1 "
              "algorithm.speed_sigma=0.5 algorithm.compute_seconds_per_sample=10ms";
    char words[256];
    struct simulated plain = shipped_fine("fedbuff", NULL, hasty), secure;

    (void)state;
    snprintf(words, sizeof words, "%s " MASKED, hasty);
    secure = shipped_fine("fedbuff", NULL, words);
    assert_true(metric_of(&secure, "rounds_abandoned") > 0);
    assert_true(metric_of(&secure, "rounds_abandoned") < 20);
    assert_true(metric_of(&secure, "rounds_abandoned") == metric_of(&plain, "rounds_abandoned"));
    assert_close(metric_of(&secure, "test_loss_nats"), metric_of(&plain, "test_loss_nats"), 1e-3);
    simulated_release(&plain);
    simulated_release(&secure);
}

/* A buffer of one is opened when nobody else is left, and the run says what that means. */
static void a_small_buffer_is_opened_bare(void **state)
{
    struct simulated run = shipped_fine("fedbuff", NULL,
                                        "iterations=9 algorithm.clients=1 algorithm.concurrency=1 "
                                        "algorithm.clients_per_round=1 " MASKED);

    (void)state;
    assert_true(simulated_says(&run, "a sum of one hides nothing from the server"));
    simulated_release(&run);
    run = shipped_fine("fedbuff", NULL, "iterations=9 algorithm.round_deadline=0.7 " MASKED);
    assert_true(
        simulated_says(&run, "610 numbers of the masked sum are those of one client alone"));
    simulated_release(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_the_trusted_party_are_those_that_it_states),
        cmocka_unit_test(a_sum_of_one_costs_a_trusted_party_and_hides_nothing),
        cmocka_unit_test(the_trusted_party_leaves_the_sum),
        cmocka_unit_test(staleness_in_whole_weights_is_off_by_their_rounding),
        cmocka_unit_test(masks_of_an_abandoned_buffer_are_in_no_sum),
        cmocka_unit_test(a_small_buffer_is_opened_bare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
