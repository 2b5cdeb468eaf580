/* FedProx's facts, those that hold whatever the data drawn: Synthetic of 30 devices, 10 clients a round, batches of 10,
 * 20 epochs, rate 0.01, softmax regression (Li et al., MLSys 2020, sections 5.2 and 5.3, figures 1 and 2).
 *
 * (i)   mu = 0 and no stragglers: FedProx is FedAvg, number by number.
 * (ii)  Synthetic IID: mu = 1 converges more slowly than mu = 0.
 * (iii) Synthetic(0, 0), (.5, .5) and (1, 1), 0 and 90 % stragglers: the training loss with mu = 1 is at most 5 % above
 *       FedAvg's.
 * (iv)  The same without stragglers: gradients are less unlike at the model of mu = 1 than at FedAvg's.
 * (v)   With mu = 1 90 % stragglers change the training loss on (1, 1) by less than 5 %.
 * Seeds and the 5 % of (iii) were written down before the first run, which had 50 rounds: there (iii) and (iv) failed
 * without stragglers in one case of nine, draw 301 of (.5, .5); in it they held after 100 rounds, and after 200.  The
 * paper has 200, here 3 minutes of CPU; 100 are judged.  All numbers are printed; accuracies of one draw say nothing,
 * and are not judged. */
#include "tests/fixtures/simulate.h"

#include <stdio.h>

static const int seeds[] = {301, 302, 303};
enum { DRAWS = sizeof seeds / sizeof seeds[0] };
enum { FEW_ROUNDS = 20, ROUNDS = 100 }; /* few: (i) and (ii), which name no number */

enum { IID, S_0_0, S_05_05, S_1_1, SETS };
static const struct {
    const char *name, *words;
} sets[SETS] = {
    [IID] = {"IID", "data: synthetic_iid"},
    [S_0_0] = {"(0, 0)", "data: synthetic, alpha: 0, beta: 0"},
    [S_05_05] = {"(.5, .5)", "data: synthetic, alpha: 0.5, beta: 0.5"},
    [S_1_1] = {"(1, 1)", "data: synthetic, alpha: 1, beta: 1"},
};

enum { AVG, PROX_0, PROX_1, METHODS };
static const char *const methods[METHODS] = {"fedavg", "fedprox, mu: 0", "fedprox, mu: 1"};

struct outcome {
    double loss, accuracy, dissimilarity;
};

static struct outcome outcome_of(int method, int set, int draw, double stragglers, int rounds)
{
    char text[1024];
    struct simulated run;
    struct outcome outcome;

    snprintf(text, sizeof text,
             "platform: platforms/phones_to_cloud.xml\nnetwork: textbook\n"
             "hosts: {server: [cloud], client: [\"phone-*\"]}\n"
             "algorithm: {name: %s, clients: 30, clients_per_round: 10, local_epochs: 20, "
             "batch_size: 10, learning_rate: 0.01, learning: softmax, %s, stragglers: %g, "
             "compute_seconds_per_sample: 1ms, evaluate_every: %d, dissimilarity: yes}\n"
             "iterations: %d\nseed: %d\ntrace: none\n",
             methods[method], sets[set].words, stragglers, rounds, rounds, seeds[draw]);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s", run.err.text);
    outcome = (struct outcome){metric_of(&run, "train_loss_nats"), metric_of(&run, "test_accuracy"),
                               metric_of(&run, "gradient_dissimilarity")};
    simulated_release(&run);
    printf("# %5d  %-9s %3.0f %%  %-15s %8.4f %8.4f %9.4f\n", seeds[draw], sets[set].name,
           100 * stragglers, methods[method], outcome.loss, outcome.accuracy,
           outcome.dissimilarity);
    return outcome;
}

static void head(const char *fact)
{
    printf("# %s\n# %5s  %-9s %5s  %-15s %8s %8s %9s\n", fact, "draw", "Synthetic", "strag.",
           "method", "loss", "accuracy", "unlike");
}

static void without_mu_and_stragglers_fedprox_is_fedavg(void **state)
{
    (void)state;
    head("(i) mu = 0, no stragglers");
    for (int draw = 0; draw < DRAWS; draw++) {
        const struct outcome avg = outcome_of(AVG, S_0_0, draw, 0, FEW_ROUNDS);
        const struct outcome prox = outcome_of(PROX_0, S_0_0, draw, 0, FEW_ROUNDS);

        assert_true(avg.loss == prox.loss && avg.accuracy == prox.accuracy &&
                    avg.dissimilarity == prox.dissimilarity);
    }
}

static void where_all_are_alike_the_term_slows(void **state)
{
    (void)state;
    head("(ii) IID");
    for (int draw = 0; draw < DRAWS; draw++)
        assert_true(outcome_of(PROX_1, IID, draw, 0, FEW_ROUNDS).loss >
                    outcome_of(PROX_0, IID, draw, 0, FEW_ROUNDS).loss);
}

/* (iii), (iv) and (v) on one data set of one draw. */
static void judge(int set, int draw)
{
    const struct outcome avg = outcome_of(AVG, set, draw, 0, ROUNDS),
                         prox = outcome_of(PROX_1, set, draw, 0, ROUNDS);
    const struct outcome avg_late = outcome_of(AVG, set, draw, 0.9, ROUNDS);
    const struct outcome prox_late = outcome_of(PROX_1, set, draw, 0.9, ROUNDS);

    assert_true(prox.loss <= 1.05 * avg.loss && prox_late.loss <= 1.05 * avg_late.loss);
    assert_true(prox.dissimilarity < avg.dissimilarity);
    if (set == S_1_1)
        assert_close(prox_late.loss, prox.loss, 0.05);
}

static void where_they_are_unlike_the_term_helps(void **state)
{
    (void)state;
    head("(iii), (iv), (v)");
    for (int draw = 0; draw < DRAWS; draw++)
        for (int set = S_0_0; set <= S_1_1; set++)
            judge(set, draw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_mu_and_stragglers_fedprox_is_fedavg),
        cmocka_unit_test(where_all_are_alike_the_term_slows),
        cmocka_unit_test(where_they_are_unlike_the_term_helps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
