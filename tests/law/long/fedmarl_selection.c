/* FedMARL's frozen agents beside other systems, on its own objective: w1 (accuracy gained) - w2 seconds - w3 bytes up.
 *
 * Training, evaluation, weights w and the agents' settings are those of scenarios/studies/fedmarl, committed before the
 * runs that are judged here, and so are the seeds; w was set on seeds 1 to 5, which are not among them.  Each policy is
 * trained in a run of its own, on the clients and data with which it is then compared ("same"), and asked
 * once more where another seed deals the data ("unseen").  All intervals are of 95 %, Student's t over the seeds;
 * what is compared is the difference within a seed.
 *
 * The lecture has FedMARL > random dropping > FedAvg.  What is printed is what comes out; asserted is what held by more
 * than the interval when it first ran: FedMARL above FedAvg, and above its own two extremes, so that w leaves
 * something to decide.  Five seeds take about 100 s; FEDMARL_SEEDS=15 in the environment takes 15.  Those 15 gave
 * FedMARL 3.27, random dropping 2.82, FedAvg 1.62: random dropping > FedAvg held (1.21, interval 0.67 .. 1.74), FedMARL
 * > random dropping did not, nor was it refuted (0.45, -0.17 .. 1.06).  FedMARL makes all clients probe, which
 * random dropping does not pay for, and beats a coin of its own keep rate that pays for it, too (0.71, 0.18 .. 1.25).
 * On data that they have not seen its agents are no better than that coin. */
#include "tests/fixtures/simulate.h"

#include "sim/base/file.h"
#include "sim/base/fit.h"
#include "sim/study/child.h"
#include "sim/study/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct sim_algorithm *const sim_algorithms[];

enum { FIRST_SEED = 101, FEW_SEEDS = 5, MOST_SEEDS = 100, UNSEEN = 1000 };

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

/* Each seed's outcomes, row by row. */
struct comparison {
    int seeds;
    struct outcome of[ROWS][MOST_SEEDS];
};

static int seed_count(void)
{
    const char *text = getenv("FEDMARL_SEEDS");
    const int count = text == NULL ? FEW_SEEDS : atoi(text);

    assert_in_range(count, 2, MOST_SEEDS);
    return count;
}

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

static void run_seed(struct comparison *comparison, int s)
{
    const int seed = FIRST_SEED + s;
    const double first = evaluate(rows[DROP_ALL].algorithm, 0, 0, seed).accuracy;
    const double unseen = evaluate(rows[DROP_ALL].algorithm, 0, 0, seed + UNSEEN).accuracy;
    double rate = 0;

    train(seed);
    for (int r = 0; r < ROWS; r++) {
        const bool is_unseen = r == UNSEEN_FEDMARL;

        comparison->of[r][s] = evaluate(rows[r].algorithm, rate, is_unseen ? unseen : first,
                                        seed + (is_unseen ? UNSEEN : 0));
        if (r == FEDMARL)
            rate = comparison->of[r][s].keep_rate;
    }
    sim_remove_tree(folder);
}

/* By how much row a is better than row b, within a seed; NONE: what a has. */
enum { NONE = -1 };
static struct sim_estimate better_by(const struct comparison *comparison, int a, int b)
{
    double values[MOST_SEEDS];

    for (int s = 0; s < comparison->seeds; s++)
        values[s] = comparison->of[a][s].gain - (b == NONE ? 0 : comparison->of[b][s].gain);
    return sim_mean(values, (size_t)comparison->seeds);
}

static void print_row(const struct comparison *comparison, int r)
{
    const struct sim_estimate gain = better_by(comparison, r, NONE),
                              more = better_by(comparison, FEDMARL, r);
    struct outcome mean = {0};

    printf("# | %-29s |", rows[r].name);
    for (int s = 0; s < comparison->seeds; s++) {
        const struct outcome *outcome = &comparison->of[r][s];

        printf(" %.2f", outcome->gain);
        mean.accuracy += outcome->accuracy / comparison->seeds;
        mean.seconds += outcome->seconds / comparison->seeds;
        mean.bytes += outcome->bytes / comparison->seeds;
        mean.keep_rate += outcome->keep_rate / comparison->seeds;
    }
    printf(" | %.2f (%.2f .. %.2f) | %.3f | %.0f s | %.1f MB | %.2f | %.2f (%.2f .. %.2f) |\n",
           gain.value, gain.low, gain.high, mean.accuracy, mean.seconds, mean.bytes / 1e6,
           mean.keep_rate, more.value, more.low, more.high);
}

static bool is_better(const struct comparison *comparison, int a, int b)
{
    const struct sim_estimate more = better_by(comparison, a, b);

    printf("# %s > %s: %s (%.2f, interval %.2f .. %.2f)\n", rows[a].name, rows[b].name,
           more.low > 0    ? "held"
           : more.high < 0 ? "not held, it is the other way round"
                           : "neither held nor refuted",
           more.value, more.low, more.high);
    return more.low > 0;
}

static void fedmarl_is_better_than_fedavg_on_its_own_objective(void **state)
{
    static struct comparison comparison;
    bool is_above_fedavg, is_above_keeping, is_above_dropping;

    (void)state;
    comparison.seeds = seed_count();
    for (int s = 0; s < comparison.seeds; s++)
        run_seed(&comparison, s);
    printf("# | | return, seed by seed from %d | mean | accuracy | seconds | up | uploads | "
           "FedMARL, same data is better by |\n",
           FIRST_SEED);
    for (int r = 0; r < ROWS; r++)
        print_row(&comparison, r);
    is_better(&comparison, FEDMARL, DROPPING);
    is_better(&comparison, DROPPING, FEDAVG);
    is_better(&comparison, FEDMARL, RANDOM);
    is_above_fedavg = is_better(&comparison, FEDMARL, FEDAVG);
    is_above_keeping = is_better(&comparison, FEDMARL, KEEP_ALL);
    is_above_dropping = is_better(&comparison, FEDMARL, DROP_ALL);
    assert_true(is_above_fedavg && is_above_keeping && is_above_dropping);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fedmarl_is_better_than_fedavg_on_its_own_objective),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
