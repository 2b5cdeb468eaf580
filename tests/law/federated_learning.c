/* Federated learning with real numbers: what is learnt, when the target is reached, and who is unlike whom. */
#include "tests/fixtures/shipped.h"

#include "sim/base/file.h"
#include "sim/study/child.h"
#include "sim/study/simulate.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A third of the data, which is what takes time. */
#define SMALL "algorithm.clients=12 "

static void fedprox_without_its_term_learns_what_fedavg_learns(void **state)
{
    static const char words[] = SMALL
        "algorithm.model_bytes=0 algorithm.learning=softmax iterations=4 "
        "algorithm.stragglers=0 algorithm.local_epochs=2 algorithm.compute_seconds_per_sample=1ms";
    struct simulated avg = shipped_fine("fedavg", NULL, words);
    char more[512];
    struct simulated prox, near;

    (void)state;
    snprintf(more, sizeof more, "%s algorithm.mu=0", words);
    prox = shipped_fine("fedprox", NULL, more);
    snprintf(more, sizeof more, "%s algorithm.mu=1", words);
    near = shipped_fine("fedprox", NULL, more);
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
                                           "algorithm.clients=12",
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
    static const char words[] = SMALL "iterations=5 algorithm.local_epochs=2";
    const double plain = 50 * 2440;
    struct simulated run;
    char more[256];

    (void)state;
    /* 61 of 610 numbers, each with its place; codes of two bits, and scalers of two layers */
    snprintf(more, sizeof more, "%s algorithm.compression=top_k", words);
    run = shipped_fine("fedprox", NULL, more);
    assert_true(number_at(run.summary, "bytes") == plain + 50 * 61 * 8);
    assert_true(metric_of(&run, "test_accuracy") > 0.2);
    simulated_release(&run);
    snprintf(more, sizeof more, "%s algorithm.compression=ternary", words);
    run = shipped_fine("fedprox", NULL, more);
    assert_true(number_at(run.summary, "bytes") == plain + 50 * (150 + 4 + 3 + 4));
    assert_true(metric_of(&run, "test_accuracy") > 0.2);
    simulated_release(&run);
    run = shipped_fine("fedavg", NULL, "iterations=5 algorithm.compression=top_k");
    assert_true(number_at(run.summary, "bytes") == 50 * (796840.0 + 19921 * 8));
    simulated_release(&run);
}

static void a_target_ends_the_run(void **state)
{
    static const char words[] = SMALL "iterations=30 algorithm.local_epochs=2";
    struct simulated run;
    char more[256];

    (void)state;
    snprintf(more, sizeof more, "%s algorithm.target_accuracy=0.5", words);
    run = shipped_fine("fedprox", NULL, more);
    assert_true(metric_of(&run, "target_reached") == 1);
    assert_true(metric_of(&run, "rounds") < 30);
    assert_true(metric_of(&run, "test_accuracy") >= 0.5);
    assert_true(metric_of(&run, "seconds_to_target") == seconds_of(&run));
    assert_true(metric_of(&run, "bytes_to_target") == number_at(run.summary, "bytes"));
    simulated_release(&run);
}

static const char *remark_of(const struct simulated *run)
{
    const json_t *remarks = json_object_get(run->summary, "remarks");

    return json_array_size(remarks) == 1 ? json_string_value(json_array_get(remarks, 0)) : "";
}

static void a_target_that_is_not_reached_is_a_sentence(void **state)
{
    struct simulated run =
        shipped_fine("fedprox", NULL, SMALL "iterations=2 algorithm.target_accuracy=0.9973");

    (void)state;
    assert_true(metric_of(&run, "target_reached") == 0);
    assert_non_null(strstr(remark_of(&run),
                           "The target accuracy 0.9973 was not reached in 2 rounds; the best was"));
    assert_null(json_object_get(json_object_get(run.summary, "metrics"), "bytes_to_target"));
    simulated_release(&run);
    run = shipped_fine("fedprox", NULL, SMALL "iterations=2 algorithm.target_accuracy=0.02");
    assert_string_equal(remark_of(&run), "");
    simulated_release(&run);
}

/* Of turns, not of hosts that nobody has chosen. */
static void joules_to_the_target_are_those_of_the_clients(void **state)
{
    struct simulated run = shipped_fine(
        "fedprox", "hosts={server: [node-0-gpu-0], client: [\"node-*\"]}",
        SMALL "platform=platforms/gpu_cluster.xml iterations=2 algorithm.target_accuracy=0.02");

    (void)state;
    assert_true(metric_of(&run, "joules_to_target") > 0);
    assert_true(metric_of(&run, "joules_to_target") == metric_of(&run, "client_joules"));
    assert_true(metric_of(&run, "joules_to_target") < number_at(run.summary, "joules"));
    simulated_release(&run);
}

/* One client's gradient is that of all; where inputs have one mean clients are less unlike. */
static void dissimilarity_tells_who_is_unlike(void **state)
{
    static const char words[] =
        SMALL "iterations=1 algorithm.stragglers=0 algorithm.local_epochs=1 "
              "algorithm.dissimilarity=yes algorithm.learning_rate=0";
    char more[256];
    double alike, unlike;

    (void)state;
    snprintf(more, sizeof more, "%s algorithm.clients=1 algorithm.clients_per_round=1", words);
    assert_true(shipped_metric("fedprox", more, "gradient_dissimilarity") == 0);
    unlike = shipped_metric("fedprox", words, "gradient_dissimilarity");
    snprintf(more, sizeof more, "%s algorithm.data=synthetic_iid", words);
    alike = shipped_metric("fedprox", more, "gradient_dissimilarity");
    assert_true(alike > 0 && unlike > 10 * alike);
    shipped_fails("fedavg", NULL, "algorithm.dissimilarity=yes", 2, "there are no gradients");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fedprox_without_its_term_learns_what_fedavg_learns),
        cmocka_unit_test(fedprox_without_its_term_does_what_fedavg_does),
        cmocka_unit_test(compressed_updates_send_less_and_still_teach),
        cmocka_unit_test(a_target_ends_the_run),
        cmocka_unit_test(a_target_that_is_not_reached_is_a_sentence),
        cmocka_unit_test(joules_to_the_target_are_those_of_the_clients),
        cmocka_unit_test(dissimilarity_tells_who_is_unlike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
