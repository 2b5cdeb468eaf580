/* Federated learning beyond its closed forms: who is waited for, who is late, who is dead, and what is learnt. */
#include "tests/fixtures/simulate.h"

#include "sim/base/file.h"
#include "sim/study/child.h"
#include "sim/study/simulate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SETTINGS = 24 };

/* A shipped scenario with settings separated by blanks, and one that may hold some (or is NULL). */
static struct simulated with(const char *name, const char *whole, const char *words)
{
    static char text[1024], path[64];
    const char *settings[MOST_SETTINGS + 1] = {whole == NULL ? "seed=1" : whole};
    char *rest = NULL;
    int count = 1;

    snprintf(path, sizeof path, "scenarios/%s.yaml", name);
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        if (count < MOST_SETTINGS)
            settings[count++] = word;
    return simulate_file(path, settings);
}

static struct simulated fine(const char *name, const char *whole, const char *words)
{
    struct simulated run = with(name, whole, words);

    if (run.code != 0)
        fail_msg("%s %s: %s", name, words, run.err.text);
    return run;
}

static double metric(const char *name, const char *words, const char *metric)
{
    struct simulated run = fine(name, NULL, words);
    const double value = metric_of(&run, metric);

    simulated_release(&run);
    return value;
}

static void fails(const char *name, const char *whole, const char *words, int code,
                  const char *sentence)
{
    struct simulated run = with(name, whole, words);

    if (run.code != code || strstr(run.err.text, sentence) == NULL)
        fail_msg("%s %s: exit code %d and '%s', not %d and '%s'", name, words, run.code,
                 run.err.text, code, sentence);
    simulated_release(&run);
}

static double number(const struct simulated *run, const char *key)
{
    return number_at(run->summary, key);
}

/* ---- laws ---- */

static void fedavg_sends_mcmahans_total(void **state)
{
    struct simulated run = fine("fedavg", NULL, "");

    (void)state;
    assert_true(number(&run, "bytes") == 1386501600.0);
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
            run = fine(names[n], NULL, words);
            assert_true(number(&run, "bytes") > 0);
            simulated_release(&run);
        }
}

static void a_straggler_that_is_not_slower_changes_nothing(void **state)
{
    struct simulated none = fine("fedavg", NULL, "iterations=9");
    struct simulated same =
        fine("fedavg", NULL, "iterations=9 algorithm.stragglers=0.5 algorithm.straggler_work=all");
    struct simulated slow =
        fine("fedavg", NULL,
             "iterations=9 algorithm.stragglers=0.5 algorithm.straggler_work=all "
             "algorithm.straggler_slowdown=100");

    (void)state;
    assert_true(seconds_of(&none) == seconds_of(&same));
    assert_true(number(&none, "bytes") == number(&same, "bytes"));
    assert_true(seconds_of(&slow) > seconds_of(&none));
    simulated_release(&none);
    simulated_release(&same);
    simulated_release(&slow);
}

/* ---- who is waited for ---- */

static void over_selection_refuses_the_slowest(void **state)
{
    struct simulated run = fine("fedavg", NULL, "algorithm.over_selection=1.3");
    struct simulated plain = fine("fedavg", NULL, "");
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
    struct simulated run = fine("fedavg", NULL, "algorithm.round_deadline=7.3 iterations=20");

    (void)state;
    assert_true(metric_of(&run, "round_seconds") <= 7.3 + 1e-3);
    assert_true(metric_of(&run, "uploads") < 200);
    simulated_release(&run);
    fails("fedavg", NULL, "algorithm.round_deadline=10ms iterations=3", 1,
          "in none of 3 rounds an update has arrived");
}

static void too_small_a_share_abandons_the_round(void **state)
{
    (void)state;
    assert_true(metric("fedavg", "algorithm.drop_out=0.5 algorithm.minimum_fraction=0.6",
                       "rounds_abandoned") > 5);
    assert_true(metric("fedavg", "algorithm.minimum_fraction=1", "rounds_abandoned") == 0);
}

static void who_vanishes_is_dropped(void **state)
{
    struct simulated run = fine("fedavg", NULL, "algorithm.drop_out=0.3");

    (void)state;
    assert_true(metric_of(&run, "dropped") + metric_of(&run, "uploads") == 870);
    assert_true(metric_of(&run, "dropped") > 870 * 0.3 - 5 * 14 &&
                metric_of(&run, "dropped") < 870 * 0.3 + 5 * 14); /* five deviations */
    simulated_release(&run);
    fails("fedavg", NULL, "algorithm.drop_out=1", 1, "in none of 87 rounds an update has arrived");
}

static void fedavg_drops_stragglers_and_fedprox_keeps_them(void **state)
{
    static const char words[] = "algorithm.local_epochs=5 algorithm.stragglers=0.9 "
                                "algorithm.learning=off algorithm.model_bytes=12345 iterations=10";

    (void)state;
    assert_true(metric("fedavg", words, "uploads") == 10);
    assert_true(metric("fedprox", words, "uploads") == 100);
}

/* ---- deaths ---- */

static void dead_clients_are_dropped(void **state)
{
    struct simulated run = fine(
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
    struct simulated gone = fine("fedavg", "faults=[{host: phone-1, at: 3, factor: 0}]",
                                 "iterations=30 algorithm.clients=2 algorithm.clients_per_round=2");
    struct simulated back = fine("fedavg", "faults=[{host: phone-1, at: 3, for: 5, factor: 0}]",
                                 "iterations=30 algorithm.clients=2 algorithm.clients_per_round=2");

    (void)state;
    assert_true(metric_of(&back, "uploads") > metric_of(&gone, "uploads"));
    simulated_release(&gone);
    simulated_release(&back);
}

static void the_server_waits_for_somebody_to_come_back(void **state)
{
    struct simulated run =
        fine("fedavg", "faults=[{host: \"phone-*\", at: 20, for: 500, factor: 0}]",
             "iterations=10 algorithm.clients=12");

    (void)state;
    assert_true(seconds_of(&run) > 500);
    assert_true(metric_of(&run, "rounds") == 10);
    simulated_release(&run);
}

static void nobody_left_is_a_sentence(void **state)
{
    (void)state;
    fails("fedavg", "faults=[{host: \"phone-*\", at: 20, factor: 0}]", "algorithm.clients=12", 1,
          "no client is available, and none will come back");
    fails("fedavg", "faults=[{host: cloud, at: 20, factor: 0}]", "algorithm.clients=12", 1,
          "the server is dead");
}

static void a_cut_link_drops_its_client(void **state)
{
    struct simulated run = fine("fedavg",
                                "faults=[{link: phone-1-up, at: 3, for: 40, factor: 0}, "
                                "{link: phone-2-down, at: 20, for: 40, factor: 0}]",
                                "iterations=30 algorithm.clients=12");

    (void)state;
    assert_true(metric_of(&run, "dropped") >= 1);
    assert_true(metric_of(&run, "rounds") == 30);
    simulated_release(&run);
}

/* ---- learning ---- */

static void fedprox_without_its_term_learns_what_fedavg_learns(void **state)
{
    static const char words[] =
        "algorithm.clients=30 algorithm.model_bytes=0 algorithm.learning=softmax iterations=4 "
        "algorithm.stragglers=0 algorithm.local_epochs=2 algorithm.compute_seconds_per_sample=1ms";
    struct simulated avg = fine("fedavg", NULL, words);
    char more[512];
    struct simulated prox, near;

    (void)state;
    snprintf(more, sizeof more, "%s algorithm.mu=0", words);
    prox = fine("fedprox", NULL, more);
    snprintf(more, sizeof more, "%s algorithm.mu=1", words);
    near = fine("fedprox", NULL, more);
    assert_true(seconds_of(&avg) == seconds_of(&prox));
    assert_true(metric_of(&avg, "train_loss_nats") == metric_of(&prox, "train_loss_nats"));
    assert_true(metric_of(&avg, "train_loss_nats") != metric_of(&near, "train_loss_nats"));
    simulated_release(&avg);
    simulated_release(&prox);
    simulated_release(&near);
}

/* The events of a run, as text in the arena. */
static const char *events_of(const char *name, const char *const *settings, struct sim_arena *arena)
{
    extern const struct sim_algorithm *const sim_algorithms[];
    const struct sim_catalogue catalogue = {sim_algorithms, "."};
    const char *folder = sim_text(arena, "build/events-of-%s-%ld", name, (long)getpid());
    struct sim_error err = {0};
    struct sim_scenario scenario;
    struct sim_simulation simulation = {.scenario = &scenario, .folder = folder};
    json_t *summary = NULL;
    const char *text;
    size_t length;

    sim_child_guard();
    if (!sim_make_directories(folder, &err) ||
        !sim_scenario_read(&scenario, sim_text(arena, "scenarios/%s.yaml", name), settings,
                           &catalogue, arena, &err) ||
        sim_simulate(&simulation, arena, &summary, &err) != 0)
        fail_msg("%s: %s", name, err.text);
    json_decref(summary);
    sim_scenario_release(&scenario);
    text = sim_file_read(arena, sim_text(arena, "%s/events.csv", folder), 1 << 24, &length, &err);
    sim_remove_tree(folder);
    if (text == NULL)
        fail_msg("%s", err.text);
    return text;
}

static void fedprox_without_its_term_does_what_fedavg_does(void **state)
{
    static const char *const settings[] = {"iterations=4",
                                           "trace=full",
                                           "algorithm.clients=30",
                                           "algorithm.clients_per_round=10",
                                           "algorithm.model_bytes=0",
                                           "algorithm.learning=softmax",
                                           "algorithm.stragglers=0",
                                           "algorithm.local_epochs=2",
                                           "algorithm.batch_size=10",
                                           "algorithm.compute_jitter=0.4",
                                           "algorithm.compute_seconds_per_sample=1ms",
                                           NULL};
    const char *with_mu[16] = {"algorithm.mu=0"};
    struct sim_arena *arena = sim_arena_open();
    const char *avg, *prox;

    (void)state;
    memcpy(with_mu + 1, settings, sizeof settings);
    avg = events_of("fedavg", settings, arena);
    prox = events_of("fedprox", with_mu, arena);
    assert_true(strlen(avg) > 10000);
    assert_string_equal(avg, prox);
    sim_arena_close(arena);
}

static void compressed_updates_send_less_and_still_teach(void **state)
{
    static const char words[] = "iterations=5 algorithm.local_epochs=2";
    const double plain = 50 * 2440;
    struct simulated run;
    char more[256];

    (void)state;
    /* 61 of 610 numbers, each with its place; codes of two bits, and scalers of two layers */
    snprintf(more, sizeof more, "%s algorithm.compression=top_k", words);
    run = fine("fedprox", NULL, more);
    assert_true(number(&run, "bytes") == plain + 50 * 61 * 8);
    assert_true(metric_of(&run, "test_accuracy") > 0.2);
    simulated_release(&run);
    snprintf(more, sizeof more, "%s algorithm.compression=ternary", words);
    run = fine("fedprox", NULL, more);
    assert_true(number(&run, "bytes") == plain + 50 * (150 + 4 + 3 + 4));
    assert_true(metric_of(&run, "test_accuracy") > 0.2);
    simulated_release(&run);
    run = fine("fedavg", NULL, "iterations=5 algorithm.compression=top_k");
    assert_true(number(&run, "bytes") == 50 * (796840.0 + 19921 * 8));
    simulated_release(&run);
}

static void a_target_ends_the_run(void **state)
{
    static const char words[] = "iterations=30 algorithm.local_epochs=2";
    struct simulated run;
    char more[256];

    (void)state;
    snprintf(more, sizeof more, "%s algorithm.target_accuracy=0.5", words);
    run = fine("fedprox", NULL, more);
    assert_true(metric_of(&run, "target_reached") == 1);
    assert_true(metric_of(&run, "rounds") < 30);
    assert_true(metric_of(&run, "test_accuracy") >= 0.5);
    assert_true(metric_of(&run, "seconds_to_target") == seconds_of(&run));
    assert_true(metric_of(&run, "bytes_to_target") == number(&run, "bytes"));
    simulated_release(&run);
    assert_true(metric("fedprox", "iterations=2 algorithm.target_accuracy=1", "target_reached") ==
                0);
}

/* ---- bad input ---- */

static void what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    fails("fedavg", NULL, "algorithm.clients_per_round=101", 2, "cannot be chosen from 100");
    fails("fedavg", NULL, "algorithm.stragglers=0.5", 2, "a straggler does 1 .. E-1 epochs");
    fails("fedavg", NULL, "algorithm.model_bytes=0", 2, "nothing says how large the model is");
    fails("fedavg", NULL, "algorithm.target_accuracy=0.9", 2, "there is no accuracy");
    fails("fedavg", NULL, "algorithm.sizes=uniform algorithm.size_spread=1.5", 2, "at most 1");
    fails("fedprox", NULL, "algorithm.adaptive_mu=yes algorithm.evaluate_every=2", 2,
          "mu follows the training loss");
    fails("fedprox", NULL, "algorithm.partition=label_shards algorithm.shards_per_client=65000", 2,
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
        cmocka_unit_test(fedprox_without_its_term_learns_what_fedavg_learns),
        cmocka_unit_test(fedprox_without_its_term_does_what_fedavg_does),
        cmocka_unit_test(compressed_updates_send_less_and_still_teach),
        cmocka_unit_test(a_target_ends_the_run),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
