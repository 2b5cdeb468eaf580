/* What simulators of federated learning before this one got wrong, each as a test: model sizes that nobody sent (Falafels),
 * bytes taken for bits one way, noise of mean 0, an epoch too many and a deadlock at the end (FedDES), seconds
 * that do not know the model (FedScale), stragglers that hang on the client before (FedProx's code), or on luck
 * (Flower's baseline). */
#include "tests/fixtures/simulate.h"

#include "algorithms/federated/shared/federated.h"
#include "sim/base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A star of a server and 19 clients; `parameters` go before what a test does not say. */
static struct simulated on_star(const char *parameters, int rounds, const char *folder)
{
    static const char *const others[][2] = {{"clients_per_round", "1"},
                                            {"model_bytes", "1013027"},
                                            {"samples_per_client", "71"},
                                            {"flop_per_byte", "0"}};
    struct simulated run;
    char text[1024];
    int at = snprintf(text, sizeof text,
                      "platform: %s\nnetwork: textbook\niterations: %d\n"
                      "algorithm: {name: fedavg, clients: 19, compute_seconds_per_sample: 1.3ms%s",
                      star_platform(20, 37), rounds, parameters);

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strstr(parameters, others[i][0]) == NULL)
            at += snprintf(text + at, sizeof text - (size_t)at, ", %s: %s", others[i][0],
                           others[i][1]);
    snprintf(text + at, sizeof text - (size_t)at, "}\n");
    run = folder == NULL ? simulate(text, NULL) : simulate_into(text, folder);
    if (run.code != 0)
        fail_msg("%s: %s", parameters, run.err.text);
    return run;
}

static double seconds(const char *parameters)
{
    struct simulated run = on_star(parameters, 1, NULL);
    const double value = seconds_of(&run);

    simulated_release(&run);
    return value;
}

static double bytes(const char *parameters)
{
    struct simulated run = on_star(parameters, 1, NULL);
    const double value = number_at(run.summary, "bytes");

    simulated_release(&run);
    return value;
}

/* ---- sizes ---- */

static void the_model_counts_in_bytes_both_ways(void **state)
{
    (void)state;
    assert_true(bytes("") == 2 * 1013027.0);
    assert_true(bytes(", trainable_share: 0.5") == 2 * 506514.0);
    /* 37 us host to host, 123.4 MB/s */
    assert_close(seconds(""), 2 * (37e-6 + 1013027 / 123.4e6) + 71 * 1.3e-3, 1e-9);
    assert_close(seconds(", trainable_share: 0.5") - seconds(""), -2 * 506513 / 123.4e6, 1e-9);
}

static void the_server_s_link_is_shared(void **state)
{
    const double one = seconds(""), ten = seconds(", clients_per_round: 10");

    (void)state;
    assert_close(ten - one, 9 * 2 * 1013027 / 123.4e6, 1e-6);
}

/* ---- computation ---- */

static void epochs_and_samples_count_exactly(void **state)
{
    const double one = seconds("");

    (void)state;
    assert_close(seconds(", local_epochs: 7") - one, 6 * 71 * 1.3e-3, 1e-9);
    assert_close(seconds(", samples_per_client: 72") - one, 1.3e-3, 1e-9);
    assert_close(seconds(", batch_size: 1000") - one, 0,
                 1e-9); /* fewer samples than a batch holds */
}

/* Adding up 1013027 bytes at 3 flop a byte on the star's hosts takes what the host says. */
static void what_the_server_adds_up_takes_time(void **state)
{
    const double one = seconds("") - seconds(", flop_per_byte: 3");

    (void)state;
    assert_true(one < 0);
    assert_close(seconds("") - seconds(", flop_per_byte: 6"), 2 * one, 1e-9);
}

static double seconds_of_model(const char *model)
{
    struct simulated run;
    char text[512];
    double value;

    snprintf(text, sizeof text,
             "platform: %s\nnetwork: textbook\nworkload: {model: %s, batch: 10}\n"
             "algorithm: {name: fedavg, clients: 3, clients_per_round: 3, samples_per_client: 11}\n"
             "iterations: 1\n",
             star_platform(4, 37), model);
    run = simulate(text, NULL);
    if (run.code != 0)
        fail_msg("%s: %s", model, run.err.text);
    value = metric_of(&run, "round_seconds") - number_at(run.summary, "bytes") / 123.4e6;
    simulated_release(&run);
    return value;
}

static void a_larger_model_computes_longer(void **state)
{
    (void)state;
    assert_true(seconds_of_model("vgg16") > 2 * seconds_of_model("resnet50"));
    assert_true(seconds_of_model("resnet50") > 0);
}

/* ---- noise ---- */

/* Column `name` of clients.csv; how many rows. */
static int column_of(const char *folder, const char *name, double *values, int most)
{
    char path[256], line[1024];
    int column = -1, at = 0, count = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/clients.csv", folder);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (char *rest = line, *word; (word = strsep(&rest, ",\n")) != NULL; at++)
        if (strcmp(word, name) == 0)
            column = at;
    assert_true(column >= 0);
    while (count < most && fgets(line, sizeof line, file) != NULL) {
        char *rest = line, *word = NULL;

        for (int i = 0; i <= column; i++)
            word = strsep(&rest, ",\n");
        assert_non_null(word);
        values[count++] = strtod(word, NULL);
    }
    fclose(file);
    return count;
}

enum { ROUNDS = 400, MOST = 19 * ROUNDS };

static void read_column(const char *parameters, int rounds, const char *name, double *values,
                        int *count)
{
    struct sim_error err = {0};
    char folder[64];
    struct simulated run;

    snprintf(folder, sizeof folder, "build/defects-%ld", (long)getpid());
    assert_true(sim_make_directories(folder, &err));
    run = on_star(parameters, rounds, folder);
    simulated_release(&run);
    *count = column_of(folder, name, values, MOST);
    sim_remove_tree(folder);
}

static double values[MOST], others[MOST];

static void noise_has_mean_1_and_is_never_negative(void **state)
{
    const double sigma = 0.43, one = 71 * 1.3e-3;
    const double deviation = sqrt(exp(sigma * sigma) - 1);
    double sum = 0;
    int count, again;

    (void)state;
    read_column(", clients_per_round: 19, compute_jitter: 0.43", ROUNDS, "compute_seconds", values,
                &count);
    assert_int_equal(count, MOST);
    for (int i = 0; i < count; i++) {
        assert_true(values[i] > 0);
        sum += values[i] / one;
    }
    assert_true(fabs(sum / count - 1) < 5 * deviation / sqrt(count));
    assert_true(fabs(sum / count - 1) > 0);
    read_column(", clients_per_round: 19, compute_jitter: 0.43", ROUNDS, "compute_seconds", others,
                &again);
    assert_int_equal(count, again);
    assert_memory_equal(values, others, (size_t)count * sizeof *values);
}

/* ---- stragglers ---- */

/* Exactly round(x m) of the chosen, in every round; never all of them by luck. */
static void stragglers_are_exactly_a_share_of_the_chosen(void **state)
{
    static const struct {
        const char *parameters;
        int chosen, straggle;
    } cases[] = {{", clients_per_round: 10, local_epochs: 9, stragglers: 0.5", 10, 5},
                 {", clients_per_round: 10, local_epochs: 9, stragglers: 0.9", 10, 9},
                 {", clients_per_round: 7, local_epochs: 9, stragglers: 0.31", 7, 2}};

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        int count, dropped[40] = {0}, seen[40] = {0};

        read_column(cases[c].parameters, 40, "action", values, &count);
        read_column(cases[c].parameters, 40, "round", others, &count);
        for (int i = 0; i < count; i++) {
            seen[(int)others[i] - 1]++;
            dropped[(int)others[i] - 1] += values[i] == FED_DROPPED;
        }
        for (int r = 0; r < 40; r++) {
            assert_int_equal(seen[r], cases[c].chosen);
            assert_int_equal(dropped[r], cases[c].straggle);
        }
    }
}

/* 1 .. E-1, each about as often; the client that was asked before has no say in it. */
static void a_straggler_s_epochs_are_drawn_evenly(void **state)
{
    enum { EPOCHS = 5, STRAGGLERS = 17 }; /* round(0.9 x 19) */
    double often[EPOCHS] = {0}, products = 0;
    int count, kept = 0;

    (void)state;
    read_column(", clients_per_round: 19, local_epochs: 5, stragglers: 0.9", ROUNDS, "epochs",
                values, &count);
    for (int i = 0; i < count; i++)
        if (values[i] < EPOCHS)
            values[kept++] = values[i];
    assert_int_equal(kept, STRAGGLERS * ROUNDS);
    for (int i = 0; i < kept; i++) {
        assert_true(values[i] >= 1);
        often[(int)values[i]]++;
        if (i > 0)
            products += (values[i] - 2.5) * (values[i - 1] - 2.5) / 1.25; /* variance of 1 .. 4 */
    }
    for (int e = 1; e < EPOCHS; e++) /* five deviations of a share of 1/4 */
        assert_true(fabs(often[e] / kept - 0.25) < 5 * sqrt(0.25 * 0.75 / kept));
    assert_true(fabs(products / kept) < 5 / sqrt(kept));
}

static void a_straggler_factor_of_1_changes_nothing(void **state)
{
    int count, again;

    (void)state;
    read_column(", clients_per_round: 10, compute_jitter: 0.2", 20, "seconds", values, &count);
    read_column(
        ", clients_per_round: 10, compute_jitter: 0.2, stragglers: 0.7, straggler_work: all, "
        "straggler_slowdown: 1",
        20, "seconds", others, &again);
    assert_int_equal(count, again);
    assert_memory_equal(values, others, (size_t)count * sizeof *values);
    read_column(
        ", clients_per_round: 10, compute_jitter: 0.2, stragglers: 0.7, straggler_work: all, "
        "straggler_slowdown: 1.01",
        20, "seconds", others, &again);
    assert_memory_not_equal(values, others, (size_t)count * sizeof *values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_counts_in_bytes_both_ways),
        cmocka_unit_test(the_server_s_link_is_shared),
        cmocka_unit_test(epochs_and_samples_count_exactly),
        cmocka_unit_test(what_the_server_adds_up_takes_time),
        cmocka_unit_test(a_larger_model_computes_longer),
        cmocka_unit_test(noise_has_mean_1_and_is_never_negative),
        cmocka_unit_test(stragglers_are_exactly_a_share_of_the_chosen),
        cmocka_unit_test(a_straggler_s_epochs_are_drawn_evenly),
        cmocka_unit_test(a_straggler_factor_of_1_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
