/* fedavg_totals.c -- what FedAvg sends and computes: McMahan et al., AISTATS 2017, tables 1, 2 and 4.
 *
 * The paper publishes rounds to an accuracy, and updates per client and round, u = nE / (KB); n = 60,000 samples on
 * K = 100 clients, of which 10 are chosen (C = 0.1).  Of its rounds follow the bytes, 2 R m G with G = 4 bytes a
 * number: 199,210 numbers of the 2NN, 1,663,370 of the CNN.  Rounds go in, bytes and u come out; both are gated
 * without tolerance, u as the paper prints it. */
#include "tests/fixtures/simulate.h"
#include "tests/published/published.h"

enum { G_2NN = 4 * 199210, G_CNN = 4 * 1663370 };

/* Batches of 0 are all that a client has: the paper's infinity. */
static const struct row {
    const char *name;
    int model_bytes, epochs, batch, rounds;
    double u, bytes; /* bytes: 0 where only u is compared */
} rows[] = {
    {"table 1, 2NN 97 %, IID, E 1, B 10", G_2NN, 1, 10, 87, 60, 1386501600},
    {"table 2, CNN 99 %, IID, FedSGD", G_CNN, 1, 0, 626, 1, 83301569600},
    {"table 2, CNN 99 %, IID, E 5, B 10", G_CNN, 5, 10, 20, 300, 2661392000},
    {"table 2, CNN 99 %, non-IID, E 5, B 10", G_CNN, 5, 10, 229, 300, 30472938400},
    {"table 2, E 5, B inf", G_CNN, 5, 0, 3, 5, 0},
    {"table 2, E 1, B 50", G_CNN, 1, 50, 3, 12, 0},
    {"table 2, E 20, B inf", G_CNN, 20, 0, 3, 20, 0},
    {"table 2, E 1, B 10", G_CNN, 1, 10, 3, 60, 0},
    {"table 2, E 5, B 50", G_CNN, 5, 50, 3, 60, 0},
    {"table 2, E 20, B 50", G_CNN, 20, 50, 3, 240, 0},
    {"table 2, E 20, B 10", G_CNN, 20, 10, 3, 1200, 0},
    {"table 4, 2NN, E 10, B inf", G_2NN, 10, 0, 3, 10, 0},
    {"table 4, 2NN, E 10, B 50", G_2NN, 10, 50, 3, 120, 0},
    {"table 4, 2NN, E 10, B 10", G_2NN, 10, 10, 3, 600, 0},
};

static struct simulated run_of(const struct row *row)
{
    char text[1024];
    struct simulated run;

    snprintf(text, sizeof text,
             "platform: platforms/phones_to_cloud.xml\nnetwork: textbook\n"
             "hosts: {server: [cloud], client: [\"phone-*\"]}\n"
             "algorithm: {name: fedavg, clients: 100, clients_per_round: 10, local_epochs: %d, "
             "batch_size: %d, model_bytes: %d, samples_per_client: 600, "
             "compute_seconds_per_sample: 25us}\niterations: %d\ntrace: none\n",
             row->epochs, row->batch, row->model_bytes, row->rounds);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", row->name, run.err.text);
    return run;
}

static void compare(const struct row *row)
{
    struct simulated run = run_of(row);
    char name[96];

    snprintf(name, sizeof name, "%s: u", row->name);
    assert_true(print_published(name, row->u, metric_of(&run, "updates_per_client")) == 0);
    snprintf(name, sizeof name, "%s: bytes", row->name);
    if (row->bytes > 0)
        assert_true(print_published(name, row->bytes, number_at(run.summary, "bytes")) == 0);
    simulated_release(&run);
}

static void bytes_and_updates_are_those_of_the_paper(void **state)
{
    (void)state;
    print_published_head("FedAvg, MNIST on 100 clients, 10 a round");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        compare(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_updates_are_those_of_the_paper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
