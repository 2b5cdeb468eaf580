/* FedMARL's frozen agents beside other systems, on its own objective: w1 (accuracy gained) - w2 seconds - w3 bytes up.
 *
 * Training, evaluation, weights w and the agents' settings are those of scenarios/studies/fedmarl, committed before the
 * runs that are judged here, and so are the seeds; w was set on seeds 1 to 5, which are not among them.  Each policy is
 * trained in a run of its own, on the clients and data with which it is then compared ("same"), and asked
 * once more where another seed deals the data ("unseen").  All intervals are of 95 %, Student's t over the seeds;
 * what is compared is the difference within a seed.
 *
 * The lecture has FedMARL > random dropping > FedAvg.  What is printed is what comes out. */
#include "tests/fixtures/simulate.h"

#include "sim/base/file.h"
#include "sim/base/fit.h"
#include "sim/study/child.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

static const int seeds[] = {101, 102, 103, 104, 105};
enum { SEEDS = sizeof seeds / sizeof seeds[0], UNSEEN = 1000 };

static const char training[] = "scenarios/studies/fedmarl/training.yaml";
static const char evaluation[] = "scenarios/studies/fedmarl/evaluation.yaml";
static const char folder[] = "build/fedmarl-selection";
static const double w1 = 10, w2 = 0.008, w3 = 2e-8;

#define AGENTS                                                                                     \
    "fedmarl, agents: build/fedmarl-selection/agents.bin, agent_width: 32, w1: 10, w2: 0.008, "    \
    "w3: 2e-8"

enum { FEDMARL, UNSEEN_FEDMARL, KEEP_ALL, DROP_ALL, RANDOM, FEDAVG, DROPPING, SAME_DROPPING };
struct row {
    const char *name, *algorithm; /* %s: the learned keep rate */
};
static const struct row rows[] = {
    [FEDMARL] = {"FedMARL, same data", AGENTS},
    [UNSEEN_FEDMARL] = {"FedMARL, unseen data", AGENTS},
    [KEEP_ALL] = {"FedMARL, keep all", "fedmarl, policy: keep_all"},
    [DROP_ALL] = {"FedMARL, drop all", "fedmarl, policy: drop_all"},
    [RANDOM] = {"FedMARL, random, learned rate", "fedmarl, policy: random, keep_rate: %s"},
    [FEDAVG] = {"FedAvg", "fedavg"},
    [DROPPING] = {"random dropping, half", "random_dropping, keep_rate: 0.5"},
    [SAME_DROPPING] = {"random dropping, learned rate", "random_dropping, keep_rate: %s"},
    {"FedProx, mu 1", "fedprox, mu: 1"},
    {"HeteroFL, by speed", "heterofl, levels: [1, 0.5, 0.25], level_choice: speed"},
    {"CMFL", "cmfl, threshold: 0.8, threshold_form: falling"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

struct outcome {
    double gain, accuracy, seconds, bytes, keep_rate;
};

static void train(int seed)
{
    struct simulated run = {.code = 2, .arena = sim_arena_open()};
    const struct sim_catalogue catalogue = {sim_algorithms, "."};
    const char *const settings[] = {sim_text(run.arena, "seed=%d", seed), NULL};
    struct sim_scenario scenario;
    struct sim_simulation simulation = {.scenario = &scenario, .folder = folder};

    sim_child_guard();
    assert_true(sim_make_directories(folder, &run.err));
    if (sim_scenario_read(&scenario, training, settings, &catalogue, run.arena, &run.err)) {
        run.code = sim_simulate(&simulation, run.arena, &run.summary, &run.err);
        sim_scenario_release(&scenario);
    }
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    simulated_release(&run);
}

/* `first` is the accuracy of the model that all begin with. */
static struct outcome evaluate(const char *algorithm, double keep_rate, double first, int seed)
{
    char name[256], rate[32], value[300], number[32];
    const char *const settings[] = {value, number, NULL};
    const char *const place = strstr(algorithm, "%s");
    struct outcome outcome;
    struct simulated run;

    snprintf(rate, sizeof rate, "%.4f", keep_rate);
    snprintf(name, sizeof name, "%.*s%s",
             place == NULL ? (int)strlen(algorithm) : (int)(place - algorithm), algorithm,
             place == NULL ? "" : rate);
    snprintf(value, sizeof value, "algorithm={name: %s}", name);
    snprintf(number, sizeof number, "seed=%d", seed);
    run = simulate_file(evaluation, settings);
    if (run.code != 0)
        fail_msg("%s: %s", name, run.err.text);
    outcome =
        (struct outcome){.accuracy = metric_of(&run, "test_accuracy"),
                         .seconds = seconds_of(&run),
                         .bytes = metric_of(&run, "bytes_up"),
                         .keep_rate = metric_of(&run, "uploads") / metric_of(&run, "downloads")};
    outcome.gain = w1 * (outcome.accuracy - first) - w2 * outcome.seconds - w3 * outcome.bytes;
    if (strncmp(name, AGENTS, strlen(AGENTS)) == 0)
        assert_close(outcome.gain, metric_of(&run, "return"), 1e-9); /* what the agents count */
    simulated_release(&run);
    return outcome;
}

static void run_seed(int s, struct outcome outcomes[ROWS][SEEDS])
{
    const double first = evaluate(rows[DROP_ALL].algorithm, 0, 0, seeds[s]).accuracy;
    const double unseen = evaluate(rows[DROP_ALL].algorithm, 0, 0, seeds[s] + UNSEEN).accuracy;
    double rate = 0;

    train(seeds[s]);
    for (int r = 0; r < ROWS; r++) {
        const bool is_unseen = r == UNSEEN_FEDMARL;

        outcomes[r][s] = evaluate(rows[r].algorithm, rate, is_unseen ? unseen : first,
                                  seeds[s] + (is_unseen ? UNSEEN : 0));
        if (r == FEDMARL)
            rate = outcomes[r][s].keep_rate;
    }
    sim_remove_tree(folder);
}

static struct sim_estimate of_gains(const struct outcome *outcomes, const struct outcome *less)
{
    double values[SEEDS];

    for (int s = 0; s < SEEDS; s++)
        values[s] = outcomes[s].gain - (less == NULL ? 0 : less[s].gain);
    return sim_mean(values, SEEDS);
}

static void print_row(const struct row *row, const struct outcome *outcomes,
                      const struct outcome *fedmarl)
{
    const struct sim_estimate gain = of_gains(outcomes, NULL), more = of_gains(fedmarl, outcomes);
    struct outcome mean = {0};

    for (int s = 0; s < SEEDS; s++) {
        mean.accuracy += outcomes[s].accuracy / SEEDS;
        mean.seconds += outcomes[s].seconds / SEEDS;
        mean.bytes += outcomes[s].bytes / SEEDS;
        mean.keep_rate += outcomes[s].keep_rate / SEEDS;
    }
    printf("# | %-29s |", row->name);
    for (int s = 0; s < SEEDS; s++)
        printf(" %6.2f", outcomes[s].gain);
    printf(" | %6.2f (%5.2f .. %5.2f) | %.3f | %5.0f s | %5.1f MB | %.2f | %6.2f (%5.2f .. %5.2f) "
           "|\n",
           gain.value, gain.low, gain.high, mean.accuracy, mean.seconds, mean.bytes / 1e6,
           mean.keep_rate, more.value, more.low, more.high);
}

static void print_order(const char *what, const struct sim_estimate *more)
{
    printf("# %s: %s (%.2f, interval %.2f .. %.2f)\n", what,
           more->low > 0    ? "held"
           : more->high < 0 ? "not held, it is the other way round"
                            : "not held, nor refuted",
           more->value, more->low, more->high);
}

static void fedmarl_is_compared_on_its_own_objective(void **state)
{
    static struct outcome outcomes[ROWS][SEEDS];
    struct sim_estimate over_dropping, over_fedavg, over_keeping, over_nothing, dropping;

    (void)state;
    for (int s = 0; s < SEEDS; s++)
        run_seed(s, outcomes);
    printf("# | | return, seeds 101 to 105 | mean | accuracy | seconds | up | uploads | FedMARL is "
           "better by |\n");
    for (int r = 0; r < ROWS; r++)
        print_row(&rows[r], outcomes[r], outcomes[FEDMARL]);
    over_dropping = of_gains(outcomes[FEDMARL], outcomes[DROPPING]);
    over_fedavg = of_gains(outcomes[FEDMARL], outcomes[FEDAVG]);
    over_keeping = of_gains(outcomes[RANDOM], outcomes[KEEP_ALL]);
    over_nothing = of_gains(outcomes[RANDOM], outcomes[DROP_ALL]);
    dropping = of_gains(outcomes[DROPPING], outcomes[FEDAVG]);
    print_order("FedMARL > random dropping", &over_dropping);
    print_order("random dropping > FedAvg", &dropping);
    print_order("FedMARL > FedAvg", &over_fedavg);
    print_order("neither extreme is best: random > keep all", &over_keeping);
    print_order("neither extreme is best: random > drop all", &over_nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fedmarl_is_compared_on_its_own_objective),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
