/* Federated learning beyond its closed forms: who is waited for, who is late, and who is dead. */
#include "tests/fixtures/shipped.h"

#include <stdio.h>
#include <string.h>

/* ---- laws ---- */

static void fedavg_sends_mcmahans_total(void **state)
{
    struct simulated run = shipped_fine("fedavg", NULL, "");

    (void)state;
    assert_true(number_at(run.summary, "bytes") == 1386501600.0);
    assert_true(metric_of(&run, "updates_per_client") == 60);
    simulated_release(&run);
}

static void laws_hold_in_other_shapes(void **state)
{
    static const char *const shapes[] = {
        "algorithm.clients=37 algorithm.clients_per_round=7 algorithm.model_bytes=1000003",
        "algorithm.clients=1 algorithm.clients_per_round=1",
        "algorithm.local_epochs=5 algorithm.batch_size=0 algorithm.compute_jitter=0.7",
        "algorithm.sizes=lognormal algorithm.size_spread=2 algorithm.speed_sigma=0.6",
        "algorithm.sizes=zipf algorithm.trainable_share=0.017",
        "algorithm.sizes=uniform algorithm.samples_per_client=3 algorithm.clients=100 "
        "algorithm.clients_per_round=100",
    };
    static const char *const names[] = {"fedavg", "random_dropping"};

    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int n = 0; n < 2; n++) {
            char words[256];
            struct simulated run;

            snprintf(words, sizeof words,
                     "iterations=3 algorithm.learning=off "
                     "algorithm.model_bytes=12345 %s",
                     shapes[s]);
            run = shipped_fine(names[n], NULL, words);
            assert_true(number_at(run.summary, "bytes") > 0);
            simulated_release(&run);
        }
}

static void a_straggler_that_is_not_slower_changes_nothing(void **state)
{
    struct simulated none = shipped_fine("fedavg", NULL, "iterations=9");
    struct simulated same = shipped_fine(
        "fedavg", NULL, "iterations=9 algorithm.stragglers=0.5 algorithm.straggler_work=all");
    struct simulated slow =
        shipped_fine("fedavg", NULL,
                     "iterations=9 algorithm.stragglers=0.5 algorithm.straggler_work=all "
                     "algorithm.straggler_slowdown=100");

    (void)state;
    assert_true(seconds_of(&none) == seconds_of(&same));
    assert_true(number_at(none.summary, "bytes") == number_at(same.summary, "bytes"));
    assert_true(seconds_of(&slow) > seconds_of(&none));
    simulated_release(&none);
    simulated_release(&same);
    simulated_release(&slow);
}

/* ---- who is waited for ---- */

static void over_selection_refuses_the_slowest(void **state)
{
    struct simulated run = shipped_fine("fedavg", NULL, "algorithm.over_selection=1.3");
    struct simulated plain = shipped_fine("fedavg", NULL, "");
    const double taken = metric_of(&run, "uploads") - metric_of(&run, "late");

    (void)state;
    assert_true(metric_of(&run, "downloads") <= 87 * 13);
    assert_true(metric_of(&run, "late") > 0);
    assert_true(taken == 870);
    assert_true(metric_of(&run, "round_seconds") < metric_of(&plain, "round_seconds"));
    simulated_release(&run);
    simulated_release(&plain);
}

static void a_deadline_bounds_a_round(void **state)
{
    struct simulated run =
        shipped_fine("fedavg", NULL, "algorithm.round_deadline=7.3 iterations=20");

    (void)state;
    assert_true(metric_of(&run, "round_seconds") <= 7.3 + 1e-3);
    assert_true(metric_of(&run, "uploads") < 200);
    simulated_release(&run);
    shipped_fails("fedavg", NULL, "algorithm.round_deadline=10ms iterations=3", 1,
                  "in none of 3 rounds an update has arrived");
}

static void too_small_a_share_abandons_the_round(void **state)
{
    (void)state;
    assert_true(shipped_metric("fedavg", "algorithm.drop_out=0.5 algorithm.minimum_fraction=0.6",
                               "rounds_abandoned") > 5);
    assert_true(shipped_metric("fedavg", "algorithm.minimum_fraction=1", "rounds_abandoned") == 0);
}

static void who_vanishes_is_dropped(void **state)
{
    struct simulated run = shipped_fine("fedavg", NULL, "algorithm.drop_out=0.3");

    (void)state;
    assert_true(metric_of(&run, "dropped") + metric_of(&run, "uploads") == 870);
    assert_true(metric_of(&run, "dropped") > 870 * 0.3 - 5 * 14 &&
                metric_of(&run, "dropped") < 870 * 0.3 + 5 * 14); /* five deviations */
    simulated_release(&run);
    shipped_fails("fedavg", NULL, "algorithm.drop_out=1", 1,
                  "in none of 87 rounds an update has arrived");
}

static void fedavg_drops_stragglers_and_fedprox_keeps_them(void **state)
{
    static const char words[] = "algorithm.local_epochs=5 algorithm.stragglers=0.9 "
                                "algorithm.learning=off algorithm.model_bytes=12345 iterations=10";

    (void)state;
    assert_true(shipped_metric("fedavg", words, "uploads") == 10);
    assert_true(shipped_metric("fedprox", words, "uploads") == 100);
}

/* ---- deaths ---- */

static void dead_clients_are_dropped(void **state)
{
    struct simulated run = shipped_fine(
        "fedavg", "faults=[{host: phone-6, at: 20, factor: 0}, {host: phone-8, at: 3, factor: 0}]",
        "iterations=30 algorithm.clients=12");

    (void)state;
    assert_true(metric_of(&run, "rounds") == 30);
    assert_true(metric_of(&run, "dropped") >= 1);
    assert_true(metric_of(&run, "uploads") + metric_of(&run, "dropped") == 300);
    simulated_release(&run);
}

static void who_is_repaired_takes_part_again(void **state)
{
    struct simulated gone =
        shipped_fine("fedavg", "faults=[{host: phone-1, at: 3, factor: 0}]",
                     "iterations=30 algorithm.clients=2 algorithm.clients_per_round=2");
    struct simulated back =
        shipped_fine("fedavg", "faults=[{host: phone-1, at: 3, for: 5, factor: 0}]",
                     "iterations=30 algorithm.clients=2 algorithm.clients_per_round=2");

    (void)state;
    assert_true(metric_of(&back, "uploads") > metric_of(&gone, "uploads"));
    simulated_release(&gone);
    simulated_release(&back);
}

static void the_server_waits_for_somebody_to_come_back(void **state)
{
    struct simulated run =
        shipped_fine("fedavg", "faults=[{host: \"phone-*\", at: 20, for: 500, factor: 0}]",
                     "iterations=10 algorithm.clients=12");

    (void)state;
    assert_true(seconds_of(&run) > 500);
    assert_true(metric_of(&run, "rounds") == 10);
    simulated_release(&run);
}

static void nobody_left_is_a_sentence(void **state)
{
    (void)state;
    shipped_fails("fedavg", "faults=[{host: \"phone-*\", at: 20, factor: 0}]",
                  "algorithm.clients=12", 1, "no client is available, and none will come back");
    shipped_fails("fedavg", "faults=[{host: cloud, at: 20, factor: 0}]", "algorithm.clients=12", 1,
                  "the server is dead");
}

static void a_cut_link_drops_its_client(void **state)
{
    struct simulated run = shipped_fine("fedavg",
                                        "faults=[{link: phone-1-up, at: 3, for: 40, factor: 0}, "
                                        "{link: phone-2-down, at: 20, for: 40, factor: 0}]",
                                        "iterations=30 algorithm.clients=12");

    (void)state;
    assert_true(metric_of(&run, "dropped") >= 1);
    assert_true(metric_of(&run, "rounds") == 30);
    simulated_release(&run);
}

/* ---- bad input ---- */

static void what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    shipped_fails("fedavg", NULL, "algorithm.clients_per_round=101", 2,
                  "cannot be chosen from 100");
    shipped_fails("fedavg", NULL, "algorithm.stragglers=0.5", 2,
                  "a straggler does 1 .. E-1 epochs");
    shipped_fails("fedavg", NULL, "algorithm.model_bytes=0", 2,
                  "nothing says how large the model is");
    shipped_fails("fedavg", NULL, "algorithm.target_accuracy=0.9", 2, "there is no accuracy");
    shipped_fails("fedavg", NULL, "algorithm.sizes=uniform algorithm.size_spread=1.5", 2,
                  "at most 1");
    shipped_fails("fedprox", NULL, "algorithm.adaptive_mu=yes algorithm.evaluate_every=2", 2,
                  "mu follows the training loss");
    shipped_fails("fedprox", NULL,
                  "algorithm.partition=label_shards algorithm.shards_per_client=65000", 2,
                  "samples cannot be dealt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fedavg_sends_mcmahans_total),
        cmocka_unit_test(laws_hold_in_other_shapes),
        cmocka_unit_test(a_straggler_that_is_not_slower_changes_nothing),
        cmocka_unit_test(over_selection_refuses_the_slowest),
        cmocka_unit_test(a_deadline_bounds_a_round),
        cmocka_unit_test(too_small_a_share_abandons_the_round),
        cmocka_unit_test(who_vanishes_is_dropped),
        cmocka_unit_test(fedavg_drops_stragglers_and_fedprox_keeps_them),
        cmocka_unit_test(dead_clients_are_dropped),
        cmocka_unit_test(who_is_repaired_takes_part_again),
        cmocka_unit_test(the_server_waits_for_somebody_to_come_back),
        cmocka_unit_test(nobody_left_is_a_sentence),
        cmocka_unit_test(a_cut_link_drops_its_client),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
