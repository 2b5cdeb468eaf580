/* FedMARL: its latency by hand numbers, episodes that are alike, agents that learn what they are paid for, and the
 * way of their weights from one run to another. */
#include "tests/fixtures/simulate.h"

#include "sim/base/file.h"
#include "sim/study/child.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

static const char head[] = "platform: platforms/phones_to_cloud.xml\n"
                           "hosts: {server: [cloud], client: [\"phone-*\"]}\n"
                           "trace: summary\n";

/* The scenario of `algorithm` with these rest of parameters and keys; `name` is fedmarl or another. */
static const char *scenario(const char *name, const char *parameters, const char *keys)
{
    static char text[2048];

    snprintf(text, sizeof text, "%salgorithm: {name: %s, %s}\n%s\n", head, name, parameters, keys);
    return text;
}

static struct simulated run_of(const char *name, const char *parameters, const char *keys)
{
    struct simulated run = simulate(scenario(name, parameters, keys), NULL);

    if (run.code != 0)
        fail_msg("%s, %s: %s", parameters, keys, run.err.text);
    return run;
}

/* How many laws the run has checked; each that is checked and does not hold has failed the run. */
static int laws_checked(const struct simulated *run)
{
    const json_t *laws = json_object_get(run->summary, "laws"), *law;
    size_t i;
    int count = 0;

    json_array_foreach (laws, i, law)
        count += json_is_true(json_object_get(law, "checked"));
    return count;
}

#define TIMING                                                                                     \
    "clients: 3, clients_per_round: 3, local_epochs: 4, model_bytes: 1000003, "                    \
    "samples_per_client: 37, compute_seconds_per_sample: 3ms, flop_per_byte: 0, "                  \
    "report_bytes: 1013, decision_bytes: 17, policy: "
#define LEARNT LEARNT_OF("5", "")
#define LEARNT_OF(m, more)                                                                         \
    "clients: 5, clients_per_round: " m more                                                       \
    ", local_epochs: 3, batch_size: 10, compute_seconds_per_sample: 1ms, learning: softmax, "      \
    "learning_rate: 0.02"
#define AGENTS "agent_batch: 8, learn_steps: 2, explore_share: 0.6"

/* ---- latency ---- */

/* Phones 0, 1, 2 of platforms/phones_to_cloud.xml: Wi-Fi; 5, 15 and 50 Gflop/s. */
struct phone {
    double latency, epoch_seconds;
};
static const struct phone phones[] = {
    {0.015, 37 * 0.003 * 10}, {0.016, 37 * 0.003 * 50 / 15}, {0.017, 37 * 0.003}};
static const double down = 54.97e6 / 8, up = 18.88e6 / 8;

static double probing(const struct phone *phone)
{
    return 2 * phone->latency + 1000003 / down + phone->epoch_seconds + 1013 / up;
}

/* From the decision on. */
static double rest(const struct phone *phone, bool is_kept)
{
    return 2 * phone->latency + 17 / down + (is_kept ? 3 * phone->epoch_seconds + 1000003 / up : 0);
}

static double latency_by_hand(bool is_kept)
{
    double first = 0, then = 0;

    for (int i = 0; i < 3; i++) {
        first = fmax(first, probing(&phones[i]));
        then = fmax(then, rest(&phones[i], is_kept));
    }
    return first + then;
}

static void a_round_takes_the_slowest_probing_and_then_the_slowest_that_is_kept(void **state)
{
    struct simulated kept = run_of("fedmarl", TIMING "keep_all", "iterations: 3"),
                     dropped = run_of("fedmarl", TIMING "drop_all", "iterations: 3");

    (void)state;
    assert_close(seconds_of(&kept), 3 * latency_by_hand(true), 1e-12);
    assert_close(seconds_of(&dropped), 3 * latency_by_hand(false), 1e-12);
    assert_true(metric_of(&kept, "bytes_up") == 3 * 3 * (1000003 + 1013));
    assert_true(metric_of(&dropped, "bytes_up") == 3 * 3 * 1013);
    assert_true(metric_of(&kept, "keep_rate") == 1 && metric_of(&dropped, "keep_rate") == 0);
    simulated_release(&kept);
    simulated_release(&dropped);
}

static void the_law_of_latency_holds_whoever_is_kept(void **state)
{
    static const char *const more[] = {
        "random, keep_rate: 0.3, sizes: zipf",
        "random, compute_jitter: 0.4, speed_sigma: 0.7, probe_epochs: 2, episodes: 3",
        "random, stragglers: 0.4, straggler_work: all, straggler_slowdown: 3.7",
        "random, keep_rate: 0, probe_epochs: 4"};

    (void)state;
    for (int i = 0; i < 4; i++) {
        char parameters[512];
        struct simulated run;

        snprintf(parameters, sizeof parameters, TIMING "%s", more[i]);
        run = run_of("fedmarl", parameters, "iterations: 7\nseed: 11");
        assert_int_equal(laws_checked(&run), 5);
        simulated_release(&run);
    }
}

/* ---- learning ---- */

static void who_keeps_all_learns_what_fedavg_learns(void **state)
{
    struct simulated ours = run_of("fedmarl", LEARNT ", policy: keep_all", "iterations: 6"),
                     fedavg = run_of("fedavg", LEARNT, "iterations: 6");

    (void)state;
    assert_true(metric_of(&ours, "test_loss_nats") == metric_of(&fedavg, "test_loss_nats"));
    assert_true(metric_of(&ours, "uploads") == metric_of(&fedavg, "uploads"));
    assert_true(seconds_of(&ours) >
                seconds_of(&fedavg)); /* nobody goes on before all have probed */
    simulated_release(&ours);
    simulated_release(&fedavg);
}

static void who_drops_all_learns_nothing(void **state)
{
    struct simulated one = run_of("fedmarl", LEARNT ", policy: drop_all", "iterations: 1"),
                     many = run_of("fedmarl", LEARNT ", policy: drop_all", "iterations: 6");

    (void)state;
    assert_true(metric_of(&one, "test_loss_nats") == metric_of(&many, "test_loss_nats"));
    assert_true(metric_of(&many, "uploads") == 0);
    simulated_release(&one);
    simulated_release(&many);
}

/* ---- episodes ---- */

static void every_episode_is_the_first_one_again(void **state)
{
    const char *const paid = LEARNT ", policy: keep_all, w1: 7, w2: 0.013, w3: 1e-6, episodes: ";
    char parameters[512];
    struct simulated one, four;

    (void)state;
    snprintf(parameters, sizeof parameters, "%s1", paid);
    one = run_of("fedmarl", parameters, "iterations: 5");
    snprintf(parameters, sizeof parameters, "%s4", paid);
    four = run_of("fedmarl", parameters, "iterations: 5");
    assert_true(metric_of(&four, "test_loss_nats") == metric_of(&one, "test_loss_nats"));
    assert_close(metric_of(&four, "return"), metric_of(&one, "return"), 1e-9);
    assert_close(seconds_of(&four), 4 * seconds_of(&one), 1e-9);
    assert_true(metric_of(&four, "rounds") == 20);
    simulated_release(&one);
    simulated_release(&four);
}

/* What the slowest phone begins in 5 of 23 seconds takes longer. */
static void a_profile_begins_anew_with_its_period_and_only_then(void **state)
{
    static const char faults[] = "iterations: 3\nfaults: [{peer: client-0, at: 1, for: 5, every: "
                                 "23, factor: 0.21}]";
    struct simulated one = run_of("fedmarl", TIMING "keep_all", faults),
                     alike = run_of("fedmarl", TIMING "keep_all, episodes: 2, profile_period: 23",
                                    faults),
                     unlike = run_of("fedmarl", TIMING "keep_all, episodes: 2", faults);
    const double seconds = metric_of(&one, "episode_seconds");

    (void)state;
    assert_close(metric_of(&alike, "episode_seconds"), seconds, 1e-9);
    assert_close(seconds_of(&alike), 23 * ceil(seconds / 23) + seconds, 1e-9);
    assert_true(fabs(metric_of(&unlike, "episode_seconds") - seconds) > 0.1);
    simulated_release(&one);
    simulated_release(&alike);
    simulated_release(&unlike);
}

/* ---- agents ---- */

/* Simulate into a folder; the last value of a metric. */
static double metric_in(const char *folder, const char *parameters, const char *keys,
                        const char *metric)
{
    struct simulated run = {.code = 2, .arena = sim_arena_open()};
    const struct sim_catalogue catalogue = {sim_algorithms, "."};
    const char *text = scenario("fedmarl", parameters, keys);
    struct sim_scenario read;
    struct sim_simulation simulation = {.scenario = &read, .folder = folder};
    double value;

    sim_child_guard();
    assert_true(sim_make_directories(folder, &run.err));
    if (sim_scenario_parse(&read, "test.yaml", text, strlen(text), NULL, &catalogue, run.arena,
                           &run.err)) {
        run.code = sim_simulate(&simulation, run.arena, &run.summary, &run.err);
        sim_scenario_release(&read);
    }
    if (run.code != 0)
        fail_msg("%s: %s", parameters, run.err.text);
    value = metric_of(&run, metric);
    simulated_release(&run);
    return value;
}

/* Where only bytes are paid for, the best is known: to drop all. */
static void agents_learn_what_they_are_paid_for(void **state)
{
    const char *const train = LEARNT ", " AGENTS ", w1: 0, w3: 1e-4, agent_rate: 0.01, "
                                     "target_every: 20, episodes: 60, agent_width: 32";
    const char *const use = LEARNT ", agent_width: 32, agents: build/fedmarl-a/agents.bin";

    (void)state;
    metric_in("build/fedmarl-a", train, "iterations: 5", "return");
    assert_true(metric_in("build/fedmarl-b", use, "iterations: 5", "keep_rate") == 0);
    sim_remove_tree("build/fedmarl-a");
    sim_remove_tree("build/fedmarl-b");
}

static void agents_in_use_learn_no_more(void **state)
{
    const char *const frozen = LEARNT ", agent_width: 7, w2: 0.1, agents: "
                                      "build/fedmarl-c/agents.bin, episodes: ";
    char parameters[512];
    double once, often;

    (void)state;
    metric_in("build/fedmarl-c", LEARNT ", agent_width: 7, " AGENTS ", w2: 0.1, episodes: 6",
              "iterations: 4", "return");
    snprintf(parameters, sizeof parameters, "%s1", frozen);
    once = metric_in("build/fedmarl-d", parameters, "iterations: 4", "return");
    snprintf(parameters, sizeof parameters, "%s5", frozen);
    often = metric_in("build/fedmarl-d", parameters, "iterations: 4", "return");
    assert_close(often, once, 1e-9);
    assert_false(sim_file_exists("build/fedmarl-d/agents.bin"));
    sim_remove_tree("build/fedmarl-c");
    sim_remove_tree("build/fedmarl-d");
}

static void losses_and_deadlines_stop_no_episode(void **state)
{
    static const char *const some[] = {
        LEARNT_OF("5", ", drop_out: 0.5"), LEARNT_OF("5", ", round_deadline: 2.3"),
        LEARNT_OF("2", ", drop_out: 0.9"), LEARNT_OF("5", ", compression: top_k"),
        LEARNT_OF("4", ", over_selection: 1.25, stragglers: 0.5, straggler_work: all")};

    (void)state;
    for (int i = 0; i < 5; i++) {
        char parameters[512];
        struct simulated run;

        snprintf(parameters, sizeof parameters, "%s, " AGENTS ", w2: 0.1, w3: 1e-6, episodes: 6",
                 some[i]);
        run = run_of("fedmarl", parameters, "iterations: 5");
        assert_true(metric_of(&run, "rounds") == 30);
        simulated_release(&run);
    }
}

/* In steps of one sample the mean over clients is n E / K whoever has how many.  With this seed
 * a slow phone has the largest part, 1 / H(5) of all; messages take the rest of its time. */
static void sizes_of_learning_clients_may_follow_a_power_law(void **state)
{
    static const char keep[] = "clients: 5, clients_per_round: 5, local_epochs: 1, batch_size: 1, "
                               "speed_sigma: 0, compute_seconds_per_sample: 1ms, learning: "
                               "softmax, learning_rate: 1e-4, policy: keep_all, partition: iid, "
                               "sizes: ";
    char parameters[512];
    struct simulated equal, zipf;

    (void)state;
    snprintf(parameters, sizeof parameters, "%sequal", keep);
    equal = run_of("fedmarl", parameters, "iterations: 1\nseed: 3");
    snprintf(parameters, sizeof parameters, "%szipf", keep);
    zipf = run_of("fedmarl", parameters, "iterations: 1\nseed: 3");
    assert_close(metric_of(&zipf, "updates_per_client"), metric_of(&equal, "updates_per_client"),
                 1e-12);
    assert_close(seconds_of(&zipf) / seconds_of(&equal),
                 5 / (1 + 1 / 2. + 1 / 3. + 1 / 4. + 1 / 5.), 2e-2);
    simulated_release(&equal);
    simulated_release(&zipf);
}

/* ---- what is refused ---- */

static void refused(const char *parameters, const char *sentence)
{
    struct simulated run = simulate(scenario("fedmarl", parameters, "iterations: 4"), NULL);

    if (run.code != 2 || strstr(run.err.text, sentence) == NULL)
        fail_msg("%s: exit %d, %s", parameters, run.code, run.err.text);
    simulated_release(&run);
}

static void what_does_not_belong_together_is_refused(void **state)
{
    (void)state;
    refused(TIMING "learned",
            "algorithm.policy: agents learn from loss and accuracy; with learning off there are "
            "none.");
    refused(TIMING "keep_all, probe_epochs: 5",
            "algorithm.probe_epochs: of 4 local epochs 5 cannot be for probing.");
    refused(TIMING "keep_all, agents: LICENSE",
            "algorithm.agents: with policy: keep_all no agents are asked.");
    refused(LEARNT ", evaluate_every: 2", "algorithm.evaluate_every: each round is paid by the "
                                          "accuracy it gains, so it must be 1.");
    refused(LEARNT ", episodes: 2, target_accuracy: 0.5",
            "algorithm.target_accuracy: all episodes have all their rounds");
    refused(TIMING "keep_all, episodes: 16777216",
            "algorithm.episodes: 16777216 episodes of 4 rounds are more than 16777216 rounds.");
    refused(LEARNT ", stragglers: 0.5",
            "algorithm.straggler_work: whoever has probed does all epochs or is dropped, so "
            "stragglers are only slower: it must be all.");
    refused(LEARNT ", sizes: uniform",
            "algorithm.sizes: with learning on the partition says how many samples a client has; "
            "zipf goes with partition: iid or dominant_label.");
    refused(LEARNT ", agents: LICENSE", "LICENSE: no file of trained agents");
    refused(LEARNT ", agents: missing.bin", "there is no file 'missing.bin'");
}

static void agents_of_other_sizes_are_refused(void **state)
{
    (void)state;
    metric_in("build/fedmarl-e", LEARNT ", agent_width: 7", "iterations: 2", "return");
    refused(LEARNT ", agent_width: 8, agents: build/fedmarl-e/agents.bin",
            "holds 5 agents with 7 hidden units in 5 networks; this run has 5 agents with 8 hidden "
            "units in 5 networks.");
    sim_remove_tree("build/fedmarl-e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_takes_the_slowest_probing_and_then_the_slowest_that_is_kept),
        cmocka_unit_test(the_law_of_latency_holds_whoever_is_kept),
        cmocka_unit_test(who_keeps_all_learns_what_fedavg_learns),
        cmocka_unit_test(who_drops_all_learns_nothing),
        cmocka_unit_test(every_episode_is_the_first_one_again),
        cmocka_unit_test(a_profile_begins_anew_with_its_period_and_only_then),
        cmocka_unit_test(agents_learn_what_they_are_paid_for),
        cmocka_unit_test(agents_in_use_learn_no_more),
        cmocka_unit_test(losses_and_deadlines_stop_no_episode),
        cmocka_unit_test(sizes_of_learning_clients_may_follow_a_power_law),
        cmocka_unit_test(what_does_not_belong_together_is_refused),
        cmocka_unit_test(agents_of_other_sizes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
